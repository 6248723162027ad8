"""Staff, roles and units at a moment, replayed from the register."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from conflictctl.calendar import Moment
from conflictctl.events import Event

STAFF_KINDS = ("outlet", "staff", "staff_left", "staff_returned", "staff_moved", "staff_absent")


class Post(NamedTuple):
    """Where somebody works, as what, from a moment on."""

    since: Moment
    role: str
    outlet: str
    department: str | None


class Departure(NamedTuple):
    """Somebody left the company, or moved to another outlet or department."""

    moment: Moment
    cause: str  # left | moved
    event: Event


class Absence(NamedTuple):
    """Somebody was away, perhaps with a stand-in."""

    since: Moment
    until: str | None
    cover: str | None
    event: Event


class Person:
    """One member of staff through time."""

    __slots__ = ("_since", "absences", "departures", "id", "login", "name", "posts", "returns")

    def __init__(self, identity: str) -> None:
        self.id = identity
        self.name = identity
        self.login: str | None = None
        self.posts: list[Post] = []
        self._since: list[tuple[Moment, int]] = []
        self.departures: list[Departure] = []
        self.returns: list[tuple[Moment, Event]] = []
        self.absences: list[Absence] = []

    def _add(self, post: Post, seq: int) -> None:
        # Kept sorted by when it was recorded; at an equal moment the place decides.
        key = (post.since, seq)
        place = bisect_right(self._since, key)
        self.posts.insert(place, post)
        self._since.insert(place, key)

    def post(self, moment: Moment, seq: int = 2**62) -> Post:
        """The post held at a moment (before the entry `seq`); before the first, the first."""
        posts = self.posts
        if len(posts) == 1:
            return posts[0]
        return posts[max(bisect_right(self._since, (moment, seq)) - 1, 0)]

    def employed(self, moment: Moment) -> bool:
        """Whether the person had not left, or was back, at a moment."""
        left = max(
            (d.moment for d in self.departures if d.cause == "left" and d.moment <= moment),
            default=None,
        )
        if left is None:
            return True
        return any(left <= back <= moment for back, _ in self.returns)


class People:
    """All outlets and staff of a register.  A departure counts from when it was recorded."""

    __slots__ = ("departed", "outlet_names", "outlet_types", "staff")

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.staff: dict[str, Person] = {}
        self.outlet_names: dict[str, str] = {}
        self.outlet_types: dict[str, str] = {}
        self.departed: set[str] = set()
        """Everybody who ever left or moved."""
        for event in events:
            self.learn(event)

    def learn(self, event: Event) -> None:
        """Take in one event of the kinds outlet, staff, staff_*; others are ignored."""
        kind = event.kind
        moment = event.recorded_at
        if kind == "outlet":
            self.outlet_names[event.fields["outlet"]] = event.fields["name"]
            self.outlet_types[event.fields["outlet"]] = event.fields["type"]
            return
        if not kind.startswith("staff"):
            return
        person = self.staff.get(event.fields["staff"])
        if person is None:
            person = self.staff[event.fields["staff"]] = Person(event.fields["staff"])
        if kind == "staff":
            person.name = event.get("name", person.id)
            person.login = event.get("login", person.login)
            role, outlet = event.fields["role"], event.fields["outlet"]
            department = event.get("department")
            if person.posts:
                self._moved(person, person.posts[-1], outlet, department, moment, event)
            person._add(Post(moment, role, outlet, department), event.seq)
        elif kind == "staff_moved":
            last = person.posts[-1]
            outlet = event.get("outlet", last.outlet)
            department = event.get("department", last.department)
            self._moved(person, last, outlet, department, moment, event)
            person._add(Post(moment, event.get("role", last.role), outlet, department), event.seq)
        elif kind == "staff_left":
            person.departures.append(Departure(moment, "left", event))
            self.departed.add(person.id)
        elif kind == "staff_returned":
            person.returns.append((moment, event))
        elif kind == "staff_absent":
            person.absences.append(Absence(event.at, event.get("until"), event.get("cover"), event))

    def _moved(
        self,
        person: Person,
        last: Post,
        outlet: str,
        department: str | None,
        moment: Moment,
        event: Event,
    ) -> None:
        # Only a change of outlet or department counts as a change of post (调岗).
        if event.kind == "staff_moved" and (outlet, department) != (last.outlet, last.department):
            person.departures.append(Departure(moment, "moved", event))
            self.departed.add(person.id)

    def role(self, staff: str, moment: Moment) -> str | None:
        """The role of a member of staff at a moment; None for somebody unknown."""
        person = self.staff.get(staff)
        return person.post(moment).role if person is not None and person.posts else None

    def outlet(self, staff: str, moment: Moment) -> str | None:
        """The outlet a member of staff belonged to at a moment."""
        person = self.staff.get(staff)
        return person.post(moment).outlet if person is not None and person.posts else None

    def department(self, staff: str, moment: Moment) -> str | None:
        """The department a member of staff belonged to at a moment."""
        person = self.staff.get(staff)
        return person.post(moment).department if person is not None and person.posts else None

    def outlet_type(self, outlet: str | None) -> str | None:
        """store, second_tier or sister_store; None for an outlet unknown."""
        return self.outlet_types.get(outlet) if outlet is not None else None

    def name(self, identity: str) -> str:
        """The name of a member of staff or an outlet; the id itself if there is none."""
        person = self.staff.get(identity)
        if person is not None:
            return person.name
        return self.outlet_names.get(identity, identity)

    def with_login(self, login: str) -> list[str]:
        """Everybody on the staff with this operating-system login."""
        return [person.id for person in self.staff.values() if person.login == login]

    def by_login(self, login: str) -> str | None:
        """The one member of staff with this operating-system login, if exactly one has it."""
        found = self.with_login(login)
        return found[0] if len(found) == 1 else None
