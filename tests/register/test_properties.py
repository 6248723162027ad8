"""Any valid drafts read back as recorded, and the register verifies."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conflictctl.calendar import DAY, MINUTE, SECOND, iso_text
from conflictctl.errors import InputRejected
from conflictctl.events import KINDS, REFERENCE_FIELDS, Event, read_line
from conflictctl.register.audit import verify
from conflictctl.register.grouping import groups
from conflictctl.register.store import KnownAt, Register, create_register

from .conftest import NINE, SHOWROOM, Clock

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=30)
NAME = TEXT.map(str.strip).filter(bool)
IDENT = st.from_regex(r"[a-z甲乙0-9][a-z0-9_.#-]{0,6}", fullmatch=True)
STAFF = st.sampled_from(["sun", "wang", "li"])
OUTLET = st.sampled_from(["shop", "boshan"])
CUSTOMER = st.sampled_from(["K1", "K2", "K3"])
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
SHARES = st.sampled_from(
    [
        [{"party": "wang", "share": "100"}],
        [{"party": "li", "share": "33.34"}, {"party": "shop", "share": "66.66"}],
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex("[a-z_]{1,5}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=6,
)
REF = st.integers(1, 30).flatmap(
    lambda number: st.sampled_from([number, f"#{number}", f"id{number}", "v", "t"])
)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "amount": st.integers(0, 10**9) | st.sampled_from(["0.50", "199800"]),
    "rank": WHOLE,
    "phones": st.lists(NAME, max_size=3, unique=True),
    "customers": st.lists(CUSTOMER, min_size=2, max_size=3, unique=True),
    "fields": st.dictionaries(st.from_regex("[a-z_]{1,5}", fullmatch=True), JSON, max_size=3),
    "signers": st.sampled_from([["li"], [{"staff": "li", "share": "100"}], ["li", "wang"]]),
    "shares": SHARES,
    "award": SHARES,
    "parties": st.lists(st.sampled_from(["wang", "li", "shop"]), min_size=1, unique=True),
    "jointly_with": st.lists(STAFF, max_size=2, unique=True),
    "strikes": st.lists(REF, max_size=2, unique_by=str),
    "answer": st.booleans() | WHOLE | TEXT,
    "expires_at": st.sampled_from(["2013-05-01T00:00:00+08:00", "2013-05-01T00:00:00.25Z"]),
    "until": st.sampled_from(["2013-03-09", "2013-05-01T00:00:00+08:00"]),
    "size": st.integers(0, 99),
    "value": JSON.filter(lambda value: value is not None),
    "changes": st.fixed_dictionaries(
        {},
        optional={
            "note": TEXT | st.none(),
            "customer": CUSTOMER,
            "by": STAFF,
        },
    ).filter(bool)
    | st.just({"level": None})
    | st.just({"customers": ["K2", "K3"]}),
}
FLAGS = {"asked", "reached", "final"}
FREE = {"note", "query", "reason", "grounds"}
NAMES = {"name", "login", "address", "contact", "title", "product", "file"}


def value_of(kind: str, name: str) -> st.SearchStrategy[Any]:
    field = KINDS[kind].fields[name]
    if field.choices:
        return st.sampled_from(field.choices)
    if field.refers == "event" and name != "strikes":
        return REF
    if kind == "visit" and name == "answer":
        return STAFF | st.just("none")
    if kind == "outlet" and name == "outlet":
        return IDENT
    if kind == "staff" and name == "staff":
        return STAFF | IDENT
    if field.refers in ("staff", "outlet"):
        return VALUES.get(name, STAFF if field.refers == "staff" else OUTLET)
    if name in FLAGS:
        return st.booleans()
    if name in VALUES:
        return VALUES[name]
    if name in NAMES:
        return NAME
    return TEXT if name in FREE else IDENT


@st.composite
def line(draw: st.DrawFn) -> dict[str, Any]:
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    entry: dict[str, Any] = {"kind": kind.name}
    for name, field in kind.fields.items():
        if field.required or draw(st.booleans()):
            entry[name] = draw(value_of(kind.name, name))
    if kind.name == "setting":
        entry["name"] = f"s_{entry['name']}"
    if kind.name == "filing":
        entry.setdefault("to", "sun")
    if kind.customer == "required" or (kind.customer == "optional" and draw(st.booleans())):
        entry["customer"] = draw(CUSTOMER | IDENT if kind.name == "customer" else CUSTOMER)
    if kind.by == "required" or draw(st.booleans()):
        entry["by"] = draw(STAFF)
    if draw(st.booleans()):
        entry["id"] = f"id{draw(st.integers(1, 30))}"
    if draw(st.booleans()):
        at = NINE - draw(st.integers(0, 40 * DAY))
        entry["at"] = iso_text(at, 480)
        entry["recorded_at"] = iso_text(min(at + draw(st.integers(0, 3 * DAY)), NINE), 480)
    return entry


TARGET = {
    "decision": "filing",
    "cancel_order": "order",
    "withdraw_claim": "claim",
    "appeal": "ruling",
}


BEFORE: list[dict[str, Any]] = [
    *SHOWROOM,
    {"kind": "visit", "id": "v", "customer": "K1", "by": "wang", "level": "H"},
    {"kind": "filing", "id": "f", "customer": "K1", "by": "wang", "to": "sun"},
    {"kind": "order", "id": "o", "customer": "K2", "by": "wang"},
    {"kind": "claim", "id": "c", "customer": "K2", "by": "li"},
    {
        "kind": "ruling",
        "id": "r",
        "customer": "K2",
        "by": "sun",
        "instance": "sales_manager",
        "award": [{"party": "li", "share": "100"}],
    },
    {"kind": "together", "id": "t", "customers": ["K1", "K3"], "by": "li"},
]
START = len(BEFORE) + 1


@st.composite
def story(draw: st.DrawFn, most: int = 20) -> list[dict[str, Any]]:
    """Lines most of which are accepted: references mostly name a fitting earlier line."""
    lines = draw(st.lists(line(), min_size=1, max_size=most))
    earlier: list[tuple[str, Any]] = [
        (entry["kind"], entry["id"]) for entry in BEFORE if "id" in entry
    ]
    for entry in lines:
        reference, wanted = REFERENCE_FIELDS.get(entry["kind"]), TARGET.get(entry["kind"])
        fitting = [ref for kind, ref in earlier if wanted in (None, kind)]
        if reference is not None and fitting and draw(st.integers(0, 9)):
            entry[reference] = draw(st.sampled_from(fitting))
            entry.pop("customer", None)
        if "id" in entry:
            earlier.append((entry["kind"], entry["id"]))
    return lines


def record(
    register: Register, clock: Clock, lines: list[dict[str, Any]], *, attested: bool
) -> list[Event]:
    """The events recorded from these lines, without those refused or there already."""
    recorded = []
    with register.writing(clock) as writer:
        for entry in lines:
            try:
                receipt = writer.add(read_line(entry), take_recorded_at=attested)
            except InputRejected:
                continue
            if not receipt.already:
                recorded.append(receipt.event)
    return recorded


def with_register(check: Callable[[Register, Clock], None]) -> None:
    clock = Clock()
    with (
        tempfile.TemporaryDirectory() as folder,
        create_register(str(Path(folder) / "r.db"), zone="Asia/Shanghai", clock=clock) as register,
    ):
        with register.writing(clock) as writer:
            for entry in BEFORE:
                writer.add(read_line(entry))
        clock.now += MINUTE
        check(register, clock)


@settings(max_examples=60, deadline=None)
@given(st.lists(story(12), max_size=3), st.booleans())
def test_what_is_recorded_reads_back_and_verifies(
    blocks: list[list[dict[str, Any]]], attested: bool
) -> None:
    def check(register: Register, clock: Clock) -> None:
        recorded: list[Event] = []
        for block in blocks:
            clock.now += SECOND
            recorded += record(register, clock, block, attested=attested)
        assert list(register.events(after=START)) == recorded
        assert verify(register).problem is None
        for event in recorded:
            assert register.event(event.id if event.id is not None else event.seq) == event
            reference = REFERENCE_FIELDS.get(event.kind)
            if reference is not None and event.get(reference) is not None:
                target = register.event(event.fields[reference])
                assert target is not None
                assert target.seq < event.seq

    with_register(check)


@settings(max_examples=60, deadline=None)
@given(story(25), st.data())
def test_dossiers_hold_each_customers_entries_once(
    lines: list[dict[str, Any]], data: st.DataObject
) -> None:
    def check(register: Register, clock: Clock) -> None:
        record(register, clock, lines, attested=True)
        events = list(register.events())
        cutoff = data.draw(st.sampled_from([None, register.head().seq, START]))
        known_at = KnownAt(cutoff) if cutoff is not None else None
        dossiers = list(register.dossiers(known_at))
        listed = [member for dossier in dossiers for member in dossier.members]
        assert len(listed) == len(set(listed))
        assert [dossier.members[0] for dossier in dossiers] == sorted(
            dossier.members[0] for dossier in dossiers
        )
        assert set(listed) == {
            event.customer
            for event in events
            if event.kind == "customer" and event.seq <= (cutoff or 10**9)
        }
        naive = naive_dossiers([e for e in events if e.seq <= (cutoff or 10**9)])
        for dossier in dossiers:
            assert [event.seq for event in dossier.events] == naive[dossier.members[0]]
            assert register.dossier(dossier.members[-1], known_at) == dossier

    with_register(check)


def naive_dossiers(events: list[Event]) -> dict[str, list[int]]:
    """The places of each group's entries, worked out from the events alone."""
    concerned: dict[int, set[str]] = {}
    places: dict[str | int, int] = {}
    for event in events:
        places[event.seq] = event.seq
        if event.id is not None:
            places[event.id] = event.seq
        names = {event.customer} if event.customer is not None else set()
        names |= set(event.get("customers", ()))
        changes = event.get("changes", {})
        names |= {changes["customer"]} if changes.get("customer") else set()
        names |= set(changes.get("customers") or ())
        for ref in (event.get(REFERENCE_FIELDS.get(event.kind, "")), *event.get("strikes", ())):
            names |= concerned[places[ref]] if ref is not None else set()
        concerned[event.seq] = names
    linked = groups((seq, name) for seq, names in concerned.items() for name in names)
    result: dict[str, list[int]] = {}
    for seq, names in concerned.items():
        for first in {linked.get(name, (name,))[0] for name in names}:
            result.setdefault(first, []).append(seq)
    return result
