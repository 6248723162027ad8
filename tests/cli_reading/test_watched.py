"""The list of what is due, by those who are watched: the same as by a look at everybody."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from conflictctl.calendar import DAY, HOUR, SECOND, Moment, parse_time
from conflictctl.cli.dues import _of_page, dues
from conflictctl.cli.question import Question
from conflictctl.deadlines import Due
from conflictctl.errors import ConflictctlError
from conflictctl.events import read_line
from conflictctl.policy.model import load_policy
from conflictctl.register import watching
from conflictctl.register.store import Register, open_register
from conflictctl.watch import Watch

from .conftest import AS_OF, Invoke

START = parse_time(AS_OF)[0]
SELLERS = ("chen", "luo", "song", "fang")


@pytest.fixture(autouse=True)
def even_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A month is far below what is worth a table."""
    monkeypatch.setattr(watching, "WORTH_MAKING", 0)
    monkeypatch.setattr(watching, "WORTH_A_MARK", 0)


class Desk:
    """A register that goes on after the month, and its list of what is due."""

    def __init__(self, register: Register) -> None:
        self.register, self.now = register, START
        self.policy, self.settings = load_policy("renault-zibo-2013"), {}

    def question(self, as_of: Moment | None = None, **settings: Any) -> Question:
        return Question(
            self.register,
            self.register.people(),
            self.register.calendar,
            self.policy,
            settings,
            self.now if as_of is None else as_of,
            None,
            self.register.head(),
        )

    def due(self, as_of: Moment | None = None, **settings: Any) -> list[Due]:
        """The list, which is the same as that by a look at everybody."""
        question = self.question(as_of, **settings)
        found = list(dues(question, 2, workers=1, now=as_of is None))
        assert found == list(dues(question, 2, workers=1, walk=True))
        return found

    def planned(self) -> list[str] | None:
        """Whom the next list would look at; None: everybody."""
        question = self.question()
        basis = watching_basis(question)
        return watching.plan(self.register, basis, self.now, question.head.seq).customers

    def covers_everybody(self) -> None:
        """Whoever must be looked at every day is, and whoever the staff decides on is known."""
        question, register = self.question(), self.register
        planned = self.planned()
        assert planned is not None
        mark = watching._mark(register)
        assert mark is not None
        span = {"log": register.log, "after": mark.seq, "last": question.head.seq}
        known = {
            *dict(watching._named(register, Watch.STAFF)),
            *watching._concerned(register, span),
        }
        for families in register.families():
            for members, watch in _of_page(question, 2, families).watches:
                assert watch is Watch.ENTRY or known.issuperset(members)
                assert watch is not Watch.ALWAYS or set(planned).issuperset(members)

    def delivered(self) -> list[str]:
        """Customers at rest who have their car."""
        self.due()
        watched = self.planned() or ()
        return [
            one
            for one in self.register.customer_ids()
            if one not in watched
            and [e.kind for e in self.register.events(customer=one)][-1] == "close"
        ]

    def log(self, **line: Any) -> None:
        self.now += SECOND
        with self.register.writing(lambda: self.now) as writer:
            writer.add(read_line(line), allow_duplicates=True)


def watching_basis(question: Question) -> str:
    from conflictctl.watch import basis_of

    day = question.calendar.day(question.as_of)
    return basis_of(question.policy, question.settings, day)


@pytest.fixture
def desk(month: Path) -> Iterator[Desk]:
    with open_register(str(month)) as register:
        yield Desk(register)


def marks(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as raw:
        return raw.execute("SELECT seq, as_of, turn FROM watch_marks").fetchall()


def test_a_second_list_looks_at_those_of_whom_something_may_fall_due(desk: Desk) -> None:
    assert desk.planned() is None
    listed = {due.customer for due in desk.due()}
    watched = desk.planned()
    assert watched is not None
    assert listed - {None} <= set(watched)
    assert 0 < len(watched) < 60 < len([*desk.register.customer_ids()])


def test_whoever_an_entry_concerns_is_looked_at_again(desk: Desk) -> None:
    visited = desk.delivered()[0]
    desk.log(kind="visit", customer=visited, by="luo", level="H")
    assert visited in (desk.planned() or ())
    desk.now += 30 * DAY
    assert visited in {due.customer for due in desk.due()}
    desk.log(kind="lost", customer=visited, by="luo", reason="no_interest")
    assert visited not in {due.customer for due in desk.due()}
    assert visited not in (desk.planned() or ())


def test_linked_customers_are_looked_at_together(desk: Desk) -> None:
    first, second = desk.delivered()[:2]
    desk.log(kind="link", customers=[first, second], relation="same", by="bai")
    desk.due()
    desk.log(kind="visit", customer=second, by="luo", level="H")
    desk.now += 30 * DAY
    assert any(due.customer in (first, second) for due in desk.due())


def test_an_earlier_moment_another_reading_and_another_policy_look_at_everybody(
    desk: Desk, month: Path
) -> None:
    desk.due()
    before = marks(month)
    desk.due(desk.now - DAY)
    desk.due(claim_days=5)
    desk.policy = load_policy("account-ownership")
    desk.due()
    assert marks(month) == before
    desk.policy = load_policy("renault-zibo-2013")
    assert desk.planned() is not None


def test_when_the_staff_changes_those_are_looked_at_whose_entries_it_may_decide(desk: Desk) -> None:
    desk.due()
    few = len(desk.planned() or ())
    desk.log(kind="staff_left", staff="luo", by="bai")
    assert len(desk.planned() or ()) > few
    desk.due()
    assert len(desk.planned() or ()) <= few + 3


def test_two_lists_at_a_time_leave_one_table(desk: Desk, month: Path) -> None:
    question = desk.question()
    first, second = dues(question, 2, workers=1), dues(question, 2, workers=1)
    next(first), next(second)
    assert list(first) == list(second)
    assert len(marks(month)) == 1
    desk.due()


def test_a_list_broken_off_while_it_writes_leaves_no_mark_that_serves(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = desk.register.add_rows

    def fail(table: Any, rows: Any) -> None:
        if table.name == "watched":
            raise RuntimeError
        written(table, rows)

    monkeypatch.setattr(desk.register, "add_rows", fail)
    with pytest.raises(RuntimeError):
        list(dues(desk.question(), 2, workers=1))
    monkeypatch.undo()
    assert desk.planned() is None
    desk.due()
    assert watching.WORTH_MAKING
    assert desk.planned() is None  # a month by itself is not worth it


def test_a_list_killed_between_any_two_steps_of_writing_hides_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of those who rested until the staff changed, and of those whose window just ended."""
    desk.due()
    known = desk.planned()
    assert known is not None
    desk.log(kind="visit", customer=desk.delivered()[0], by="luo", level="H")
    desk.log(kind="staff_left", staff="luo", by="bai")
    desk.now += 30 * DAY
    monkeypatch.setattr(watching, "_AT_ONCE", 1)
    own_turn, steps, done = watching._own_turn, 0, False
    while not done:
        taken = 0

        @contextmanager
        def killed(register: Register, mark: Any, *, after: int = steps) -> Iterator[None]:
            nonlocal taken
            if taken == after:
                raise KeyboardInterrupt
            taken += 1
            with own_turn(register, mark):
                yield

        monkeypatch.setattr(watching, "_own_turn", killed)
        try:
            list(dues(desk.question(), 2, workers=1))
            done = True
        except KeyboardInterrupt:
            steps += 1
        monkeypatch.setattr(watching, "_own_turn", own_turn)
        desk.covers_everybody()
    assert steps > 3


def test_a_register_that_takes_no_entries_is_listed_all_the_same(
    desk: Desk, month: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(month, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        listed = desk.due()
        assert marks(month) == []
        other.execute("ROLLBACK")
    assert desk.due() == listed
    assert len(marks(month)) == 1


Act = Callable[[random.Random, Desk, list[str]], dict[str, Any]]


def acts(rng: random.Random, desk: Desk, customers: list[str]) -> dict[str, Any]:
    """An entry such as may come in, right or wrong."""
    one, seller = rng.choice(customers), rng.choice(SELLERS)
    recent = rng.randrange(1, desk.register.head().seq + 1)
    late = {"at": desk.register.calendar.iso(desk.now - rng.choice((0, 0, 0, 2)) * DAY)}
    return rng.choice(
        (
            {"kind": "visit", "customer": one, "by": seller, "level": rng.choice("HABC"), **late},
            {"kind": "followup", "customer": one, "by": seller, "channel": "phone", **late},
            {"kind": "lost", "customer": one, "by": seller, "reason": "no_interest"},
            {"kind": "reopened", "customer": one, "by": seller},
            {"kind": "order", "customer": one, "by": seller},
            {"kind": "close", "customer": one, "by": seller},
            {"kind": "claim", "customer": one, "by": seller},
            {"kind": "filing", "customer": one, "by": seller, "to": "bai"},
            {"kind": "void", "by": "bai", "voids": f"#{recent}", "reason": "?"},
            {
                "kind": "correction",
                "by": "bai",
                "corrects": f"#{recent}",
                "changes": {"customer": rng.choice(customers)},
            },
            {
                "kind": "link",
                "by": "bai",
                "customers": sorted({one, rng.choice(customers)}),
                "relation": rng.choice(("same", "household")),
            },
            {"kind": "staff_left", "staff": seller, "by": "bai"},
            {"kind": "staff_returned", "staff": seller, "by": "bai"},
            {"kind": "staff_moved", "staff": seller, "outlet": "north", "by": "bai"},
            {
                "kind": "reassign",
                "customer": one,
                "by": "bai",
                "to": seller,
                "cause": "left",
            },
        )
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_season_at_the_desk(desk: Desk, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    customers, entered = [*desk.register.customer_ids()], 0
    desk.due()
    for _ in range(12):
        monkeypatch.setattr(watching, "WORTH_A_MARK", rng.choice((0, 0, 3, 1000)))
        for _ in range(rng.randrange(6)):
            try:
                desk.log(**acts(rng, desk, customers))
                entered += 1
            except (ConflictctlError, KeyError):
                continue
        desk.now += rng.choice((HOUR, DAY, DAY, 4 * DAY, 20 * DAY))
        assert desk.planned() is not None
        desk.due()
    assert entered > 10


def test_the_option_looks_at_everybody(invoke: Invoke, month: Path) -> None:
    listed = invoke("overdue", "--format", "json").output
    with closing(sqlite3.connect(month, isolation_level=None)) as raw:
        assert raw.execute("DELETE FROM watched").rowcount > 20
    assert len(invoke("overdue", "--format", "json").output) < len(listed)
    assert invoke("overdue", "--walk", "--format", "json").output == listed
