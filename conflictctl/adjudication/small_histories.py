"""Small histories in order of size: what could have happened, as far as some policies can tell.

**Who.**  Two consultants of one outlet, one of a second-tier outlet, a manager and a general
manager (and a head of department where a policy speaks of one).  The two consultants are alike,
so that of two histories that differ only in which is which one is enough.

**What.**  Entries of the kinds that the policies speak of, with the fields they look at; each
entry says at most one thing besides what it must.  Managers act on the two alike only, and a
ruling is by the highest instance.  `alphabet` lists them; entries that refer to
others (corrections, decisions, appeals ...) are not among them: `LEFT_OUT`.

**When.**  Whole days, several entries of one day in their order.  Policies hold lengths of time
only against constants (their parameters), so two histories whose days lie on the same side of
every constant are one to them.  For any such class there are days at which each entry stands at
a constant, or one day on either side of it, from another entry or on its day: the solution of
its constraints by shortest paths.  `spreads` gives all of those, so within the alphabet the
enumeration is exhaustive for limits in calendar days.  Limits in hours, months or working days
are tried on the days about them.  A constant of a table, such as a limit by level, is used only
where the history says its key.

**Without a deal** the question is who holds the customer, asked after the last entry at each
such distance; with one, long afterwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

from conflictctl.calendar import DAY, HOUR, MINUTE, Calendar, Moment
from conflictctl.errors import InputRejected
from conflictctl.events import Event, read_line
from conflictctl.people import People
from conflictctl.policy.model import Policy
from conflictctl.policy.program import Program
from conflictctl.policy.quantity import is_time

CUSTOMER = "K1"
TWINS = ("li", "wang")
"""The two consultants who are alike."""

OUTSIDER, MANAGER, GENERAL, HEAD = "zhou", "sun", "gao", "qian"
GUEST = "wu"
"""Somebody of a sister store, where a policy speaks of one."""

SUPERVISOR = "feng"
"""A supervisor, where a policy tells supervisors from consultants."""

OUTLETS = {"shop": "store", "east": "second_tier"}
SISTERS = "sister_store"
LEFT_OUT = (
    "confirm",
    "decision",
    "cancel_order",
    "withdraw_claim",
    "appeal",
    "correction",
    "void",
    "link",
)
"""Kinds that speak of other entries or customers."""

LONG_AFTER = 3653 * DAY
_START = date(2024, 1, 8).toordinal()
_FIRST = 100
"""The number of a history's first entry in the register."""

_OPENING = 10 * HOUR
WORD = re.compile(r"[A-Za-z_]\w*")


class Rows(NamedTuple):
    """A list of rows in a field, as its JSON text: moves are keys of tables."""

    text: str


class Move(NamedTuple):
    """One entry without its day: what somebody does.  `marks` are the words that tell it from
    the plain entry of its kind; `late` ones are entered the day after."""

    kind: str
    by: str
    fields: tuple[tuple[str, Any], ...] = ()
    late: bool = False
    marks: frozenset[str] = frozenset()


class SmallHistory(NamedTuple):
    """Entries with their days (from 0, not falling), and the day of the question.

    `asked` is None where there is a deal: then the question is put long afterwards.
    `later` says by how many minutes an entry is later (or earlier) than entries usually are.
    """

    moves: tuple[Move, ...]
    days: tuple[int, ...]
    asked: int | None
    later: tuple[int, ...] = ()


class Stage(NamedTuple):
    """Where small histories take place: who there is, and the first day of all."""

    calendar: Calendar
    people: People
    people_lines: tuple[Mapping[str, Any], ...]
    first_day: int
    templates: dict[Move, Event]


# ----------------------------------------------------------------------------- the cast


def stage_for(policies: Sequence[Policy], calendar: Calendar) -> Stage:
    """The stage for some policies: a first day on which all are in force, if there is one."""
    begins = [p.applies_from.toordinal() for p in policies if p.applies_from is not None]
    begins += [
        one.since.toordinal()
        for policy in policies
        for parameter in policy.parameters.values()
        for one in parameter.dated
    ]
    first = max([_START, *begins])
    ends = [p.applies_to.toordinal() for p in policies if p.applies_to is not None]
    if ends and first > min(ends):
        first = max(begins, default=min(ends) - 400)
    lines = tuple(cast(policies, calendar.iso(calendar.start_of(first) - 400 * DAY)))
    return Stage(calendar, People(_events(lines)), lines, first, {})


def cast(policies: Sequence[Policy], since: str) -> Iterator[Mapping[str, Any]]:
    """The outlets and staff of small histories as interchange lines."""
    text = "\n".join(policy.text for policy in policies)
    sisters = SISTERS in text
    for outlet, kind in {**OUTLETS, **({"west": SISTERS} if sisters else {})}.items():
        yield {"kind": "outlet", "outlet": outlet, "name": outlet, "type": kind, "at": since}
    staff = {
        **dict.fromkeys(TWINS, ("consultant", "shop", "sales")),
        OUTSIDER: ("consultant", "east", "east"),
        MANAGER: ("manager", "shop", "office"),
        GENERAL: ("general_manager", "shop", "office"),
    }
    if "department_head" in text:
        staff[HEAD] = ("department_head", "shop", "sales")
    if any(map(tells_supervisors, policies)):
        staff[SUPERVISOR] = ("supervisor", "shop", "sales")
    if sisters:
        staff[GUEST] = ("consultant", "west", "west")
    for name, (role, outlet, department) in staff.items():
        line = {"kind": "staff", "staff": name, "name": name, "role": role, "outlet": outlet}
        yield {**line, "department": department, "at": since}


def tells_supervisors(policy: Policy) -> bool:
    """Whether a policy has a list of roles with supervisors and without consultants."""
    return any("supervisor" in row and "consultant" not in row for row in policy.words.values())


def _events(lines: Iterable[Mapping[str, Any]]) -> list[Event]:
    return [_event(line, seq) for seq, line in enumerate(lines, 1)]


def _event(line: Mapping[str, Any], seq: int) -> Event:
    draft = read_line(line)
    at = draft.at or 0
    return Event(
        "main",
        seq,
        draft.id,
        draft.kind,
        at,
        draft.offset,
        at,
        at,
        draft.by,
        draft.recorded_by,
        draft.customer,
        draft.fields,
        1 if draft.vouched else None,
    )


# --------------------------------------------------------------------------- the alphabet


def alphabet(policies: Sequence[Policy]) -> list[Move]:
    """All entries that small histories are made of, the plain ones first."""
    kinds = {kind for p in policies for one in p.classes.values() for kind in one.kinds}
    kinds |= {"order", "close"}
    words = set(WORD.findall("\n".join(policy.text for policy in policies)))
    found = [
        move
        for move in _moves(policies, words)
        if move.kind in kinds | _OF_STAFF and move.marks <= words | _ALWAYS
    ]
    valid = [move for move in found if _is_valid(move)]
    return sorted(dict.fromkeys(valid), key=lambda move: len(move.marks))


_OF_STAFF = frozenset({"staff_left"})
_ALWAYS = frozenset({"level"})
"""A level stands in histories wherever a table is by level, which may not say the word."""

_SELLERS = (*TWINS, OUTSIDER)


def _moves(policies: Sequence[Policy], words: set[str]) -> Iterator[Move]:
    head = HEAD if "department_head" in words else MANAGER
    levels = levels_of(policies)
    for by in _SELLERS:
        yield from _contacts(by, levels)
        for kind in ("claim", "order", "close", "learn"):
            yield Move(kind, by)
        yield _told("card", by, contact="C", title="T", rank=1)._replace(marks=frozenset())
        yield _told("card", by, contact="C", title="T", rank=2)
        for other in _SELLERS:
            if other != by:
                yield _told("inform", by, to=other)
        yield _told("filing", by, to=head)
        yield _told("filing", by, to_outlet="shop")
        yield Move("staff_left", by)
    yield from _acts(head, policies)
    first, second = TWINS
    for share in ({}, {"share": "50"}):
        signers = [{"staff": one, **share} for one in TWINS]
        yield _told("close", first, signers=signers)
    halves = [{"party": one, "share": "50"} for one in TWINS]
    yield _told("agreement", first, parties=[first, second], shares=halves, approved_by=MANAGER)


def _contacts(by: str, levels: Sequence[str]) -> Iterator[Move]:
    elsewhere = "shop" if by == OUTSIDER else "east"
    named = next(one for one in TWINS if one != by)
    yield Move("visit", by)
    for level in levels:
        yield _told("visit", by, level=level)
        yield _told("level", by, level=level)
    yield _told("visit", by, direction="out")
    yield _told("visit", by, asked=True, answer="none")
    yield _told("visit", by, named=by, witness=MANAGER)
    yield _told("visit", by, named=named, witness=MANAGER)
    yield _told("visit", by, outlet=elsewhere)
    yield Move("visit", by, late=True, marks=frozenset({"late"}))
    yield _told("call", by, direction="in")._replace(marks=frozenset())
    yield _told("call", by, direction="out")
    yield _told("followup", by, channel="phone")._replace(marks=frozenset())
    yield _told("followup", by, channel="phone", reached=False)._replace(
        marks=frozenset({"reached"})
    )
    yield _told("followup", by, channel="phone")._replace(late=True, marks=frozenset({"late"}))
    yield _told("accompany", by, to_outlet="shop")


def _acts(head: str, policies: Sequence[Policy]) -> Iterator[Move]:
    causes = sorted({cause for p in policies for cause in p.holding.get("grounds", {})})
    questions = {q.question for policy in policies for q in policy.findings.values()}
    highest = {name: None for p in policies for name in [*p.instances.get("powers", {})][-1:]}
    for to in TWINS:
        yield _told("notice", head, to=to)
        yield _told("demand", head, to=to)
        for cause in causes or ("other",):
            yield _told("reassign", head, to=to, cause=cause)
        for question in sorted(questions):
            yield _told("finding", head, question=question, subject=to, answer=True, grounds="-")
        for instance in highest:
            award = [{"party": to, "share": "100"}]
            yield _told("ruling", GENERAL, instance=instance, award=award, reason="-")
    yield Move("demand", head)


def _told(kind: str, by: str, **fields: Any) -> Move:
    frozen = tuple(
        (name, Rows(json.dumps(value)) if isinstance(value, list) else value)
        for name, value in fields.items()
    )
    return Move(kind, by, frozen, marks=frozenset(fields) & _MARKING)


_MARKING = frozenset(
    {
        "level",
        "direction",
        "asked",
        "answer",
        "named",
        "witness",
        "outlet",
        "to_outlet",
        "reached",
        "rank",
        "signers",
    }
)


def _is_valid(move: Move) -> bool:
    try:
        read_line(_line(move, "2024-01-08T10:00:00+08:00"))
    except InputRejected:
        return False
    return True


def _line(move: Move, at: str) -> dict[str, Any]:
    line = {"kind": move.kind, "at": at, "by": move.by, **fields_of(move)}
    if move.kind == "staff_left":
        return {"kind": move.kind, "at": at, "staff": move.by, "by": MANAGER}
    if move.kind == "decision":
        line["on"] = "e0"
    return {**line, "customer": CUSTOMER}


def fields_of(move: Move) -> dict[str, Any]:
    """The fields of a move as interchange lines have them."""
    return {
        name: json.loads(value.text) if isinstance(value, Rows) else value
        for name, value in move.fields
    }


def levels_of(policies: Sequence[Policy]) -> tuple[str, ...]:
    """The keys of tables of time limits: the levels that customers may have."""
    keys: dict[str, None] = {}
    for policy in policies:
        for parameter in policy.parameters.values():
            if parameter.type == "table" and is_time(parameter.unit):
                keys.update(dict.fromkeys(parameter.default or ()))
    return tuple(keys)


# --------------------------------------------------------------------------- the days


def constants(programs: Sequence[Program]) -> dict[str | None, frozenset[int]]:
    """The limits of time of some policies in days; under a key, those of that key alone."""
    found: dict[str | None, frozenset[int]] = {None: frozenset()}
    for program in programs:
        for name in program.values:
            for key, days in limits_of(program, name).items():
                found[key] = found.get(key, frozenset()) | days
    return found


def limits_of(program: Program, name: str) -> dict[str | None, frozenset[int]]:
    """The days that a parameter stands for, by the keys of a table; empty if it is no time."""
    parameter, value = program.policy.parameters.get(name), program.values.get(name)
    if parameter is None or value is None or not is_time(parameter.unit):
        return {}
    rows = value.items() if isinstance(value, Mapping) else [(None, value)]
    return {key: frozenset(_in_days(int(amount), parameter.unit or "")) for key, amount in rows}


def _in_days(amount: int, unit: str) -> set[int]:
    """The numbers of calendar days about which a limit lies."""
    if unit == "minutes":
        return {amount // 1440}
    if unit == "hours":
        return {amount // 24}
    if unit == "months":
        return {28 * amount, 30 * amount, 31 * amount}
    if unit == "working_days":
        return {amount, amount + 2 * (amount // 5), amount + 2 * (amount // 5) + 2}
    return {amount}


def gaps(days: Iterable[int]) -> tuple[int, ...]:
    """Each constant, a day on either side of it, and none or one day at all."""
    near = {0, 1, *(day + step for day in days for step in (-1, 0, 1))}
    return tuple(sorted(gap for gap in near if gap >= 0))


@lru_cache(maxsize=256)
def spreads(number: int, between: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """All days of so many entries at which each lies one of some gaps from another.

    The first is day 0 and none is before the one that precedes it.  Shortest spreads first.
    """
    partial: set[tuple[int | None, ...]] = {(0, *[None] * (number - 1))}
    for _ in range(number - 1):
        partial = {
            (*days[:place], day, *days[place + 1 :])
            for days in partial
            for place, known in enumerate(days)
            if known is None
            for day in _days_for(place, days, between)
        }
    complete = {tuple(day for day in days if day is not None) for days in partial}
    return tuple(sorted(complete, key=lambda days: (days[-1], days)))


def _days_for(place: int, days: Sequence[int | None], between: Sequence[int]) -> set[int]:
    """The days on which an entry may stand, beside those that have their day already."""
    before = max(day for day in days[:place] if day is not None)
    after = min((day for day in days[place:] if day is not None), default=None)
    found = set()
    for other, day in enumerate(days):
        if day is None:
            continue
        for gap in between:
            one = day + gap if other < place else day - gap
            if one >= before and (after is None or one <= after):
                found.add(one)
    return found


# ----------------------------------------------------------------------- the enumeration


def histories(
    size: int,
    moves: Sequence[Move],
    limits: Mapping[str | None, frozenset[int]],
    wanted: Callable[[Sequence[Move]], bool] | None = None,
) -> Iterator[SmallHistory]:
    """Every history of so many entries, in the order of the moves; only of moves `wanted`."""
    for chosen in product(moves, repeat=size):
        if not _in_order_of_names(chosen) or (wanted is not None and not wanted(chosen)):
            continue
        has_deal = any(move.kind in ("order", "close") for move in chosen)
        said = {value for move in chosen for _, value in move.fields if isinstance(value, str)}
        days = set(limits.get(None, ())).union(*(limits.get(key, ()) for key in said))
        between = gaps(days)
        if has_deal:
            for spread in spreads(size, between):
                yield SmallHistory(chosen, spread, None)
        else:
            for spread in spreads(size + 1, between):
                yield SmallHistory(chosen, spread[:-1], spread[-1])


def _in_order_of_names(moves: Sequence[Move]) -> bool:
    """Whether the first of the twins to be named is the first of them."""
    first, second = TWINS
    for move in moves:
        named = [move.by, *(value for _, value in move.fields)]
        for one in named:
            if one == first:
                return True
            if one == second:
                return False
            if isinstance(one, Rows):
                return True  # an award or an agreement: not worth looking into
    return True


def events_of_small(history: SmallHistory, stage: Stage) -> list[Event]:
    """The events of a small history as a register would hold them."""
    calendar, templates = stage.calendar, stage.templates
    found = []
    for place, (move, day) in enumerate(zip(history.moves, history.days, strict=True)):
        template = templates.get(move)
        if template is None:
            template = templates[move] = _event({**_line(move, "2024-01-08T10:00:00+08:00")}, 1)
        at = moment_on(calendar, stage.first_day + day, place)
        if history.later:
            at += history.later[place] * MINUTE
        recorded = at
        if move.late:
            recorded = max(at, moment_on(calendar, stage.first_day + day + 1, -6))
        decided = filing_before(history, place)
        if decided is not None:
            template = template._replace(fields={**template.fields, "on": name_at(decided)})
        elif move.kind == "filing":
            template = template._replace(id=name_at(place))
        found.append(
            template._replace(seq=_FIRST + place, at=at, recorded_at=recorded, appended_at=recorded)
        )
    return found


def name_at(place: int) -> str:
    """The id of an entry that others speak of."""
    return f"e{place + 1}"


def filing_before(history: SmallHistory, place: int) -> int | None:
    """The place of the filing that a decision speaks of: the latest; None for other entries."""
    if history.moves[place].kind != "decision":
        return None
    return max((n for n in range(place) if history.moves[n].kind == "filing"), default=None)


def moment_on(calendar: Calendar, day: int, place: int) -> Moment:
    """When the entry at a place of a history happens: by day, ten minutes after the last."""
    return calendar.start_of(day) + _OPENING + 10 * MINUTE * place


def asked_at(history: SmallHistory, stage: Stage) -> Moment:
    """When the question is put: as `policy test` puts it where the case does not say."""
    if history.asked is not None:
        return moment_on(stage.calendar, stage.first_day + history.asked, 40)
    last = stage.first_day + history.days[-1] + 1
    return moment_on(stage.calendar, last, 0) + LONG_AFTER


def people_of(history: SmallHistory, events: Sequence[Event], stage: Stage) -> People:
    """The cast, knowing who leaves in this history."""
    if not any(move.kind in _OF_STAFF for move in history.moves):
        return stage.people
    people = People(_events(stage.people_lines))
    for event in events:
        people.learn(event)
    return people
