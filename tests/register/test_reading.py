"""What the register answers: dossiers, cards, people, settings, then and now."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflictctl.errors import InputRejected
from conflictctl.register.grouping import groups
from conflictctl.register.store import CustomerCard, KnownAt, Register

from .conftest import EVERY_KIND, Clock, Log


def line(kind: str = "visit", **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "customer": "K1", "by": "wang", **fields}


def link(*customers: str, kind: str = "link", **fields: Any) -> dict[str, Any]:
    relation = {"relation": "same"} if kind == "link" else {}
    return {"kind": kind, "customers": list(customers), "by": "sun", **relation, **fields}


def customer(name: str) -> dict[str, Any]:
    return {"kind": "customer", "customer": name, "name": f"n-{name}", "by": "wang"}


def members(register: Register, name: str, known_at: KnownAt | None = None) -> tuple[str, ...]:
    dossier = register.dossier(name, known_at)
    assert dossier is not None
    return dossier.members


# ---------------------------------------------------------------------------- dossiers


def test_a_dossier_holds_what_concerns_the_customer_in_order(
    register: Register, showroom: Log
) -> None:
    showroom(line(id="v1"), line(customer="K2"), line("call", direction="out"))
    dossier = register.dossier("K1")
    assert dossier is not None
    assert dossier.members == ("K1",)
    assert [event.kind for event in dossier.events] == ["customer", "visit", "call"]


def test_an_unknown_customer_has_no_dossier(register: Register, showroom: Log) -> None:
    showroom(line())
    assert register.dossier("K9") is None


def test_links_join_dossiers_even_when_undone(register: Register, showroom: Log) -> None:
    showroom(link("K1", "K2"), link("K2", "K3", kind="unlink"))
    for name in ("K1", "K2", "K3"):
        dossier = register.dossier(name)
        assert dossier is not None
        assert dossier.members == ("K1", "K2", "K3")
        assert [event.kind for event in dossier.events] == ["customer"] * 3 + ["link", "unlink"]


def test_being_together_and_a_corrected_customer_join_dossiers(
    register: Register, showroom: Log
) -> None:
    showroom(
        line(id="v1"),
        {"kind": "correction", "by": "wang", "corrects": "v1", "changes": {"customer": "K2"}},
    )
    assert members(register, "K2") == ("K1", "K2")
    showroom({"kind": "together", "by": "wang", "customers": ["K2", "K3"]})
    assert members(register, "K1") == ("K1", "K2", "K3")


def test_a_void_of_a_link_and_its_confirmation_stand_in_the_dossier(
    register: Register, showroom: Log
) -> None:
    showroom(
        link("K1", "K2", id="l1"),
        {"kind": "confirm", "by": "li", "on": "l1"},
        {"kind": "void", "by": "sun", "voids": "l1", "reason": "x", "id": "x1"},
        {"kind": "void", "by": "sun", "voids": "x1", "reason": "y"},
    )
    dossier = register.dossier("K2")
    assert dossier is not None
    assert [event.kind for event in dossier.events] == [
        "customer",
        "customer",
        "link",
        "confirm",
        "void",
        "void",
    ]


def test_a_correction_of_a_link_joins_whom_it_names(register: Register, showroom: Log) -> None:
    showroom(
        link("K1", "K2", id="l1"),
        {
            "kind": "correction",
            "by": "sun",
            "corrects": "l1",
            "changes": {"customers": ["K1", "K3"]},
        },
    )
    assert members(register, "K3") == ("K1", "K2", "K3")


def test_a_finding_belongs_to_the_customer_of_what_it_strikes(
    register: Register, showroom: Log
) -> None:
    showroom(
        line(id="v1"),
        {
            "kind": "finding",
            "by": "sun",
            "question": "untrue",
            "subject": "wang",
            "answer": True,
            "strikes": ["v1"],
        },
    )
    dossier = register.dossier("K1")
    assert dossier is not None
    assert dossier.events[-1].kind == "finding"


def test_a_finding_stands_in_the_dossiers_of_all_it_strikes(
    register: Register, showroom: Log
) -> None:
    showroom(
        line(id="v1"),
        line(id="v2", customer="K2"),
        {
            "kind": "finding",
            "by": "sun",
            "customer": "K3",
            "question": "untrue",
            "subject": "wang",
            "answer": True,
            "strikes": ["v1", "v2"],
        },
    )
    assert members(register, "K2") == ("K1", "K2", "K3")


def test_all_dossiers_are_each_customer_once_by_the_smallest_id(
    register: Register, showroom: Log
) -> None:
    showroom(customer("K0"), customer("甲"), link("K3", "K1"), line(customer="甲"))
    found = list(register.dossiers())
    assert [dossier.members for dossier in found] == [("K0",), ("K1", "K3"), ("K2",), ("甲",)]
    for dossier in found:
        for name in dossier.members:
            assert register.dossier(name) == dossier


def test_dossiers_in_small_pages_are_the_same(
    register: Register, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(*EVERY_KIND)
    whole = list(register.dossiers())
    events = list(register.events())
    monkeypatch.setattr("conflictctl.register.store._CHUNK", 1)
    monkeypatch.setattr("conflictctl.register.store._PAGE", 1)
    assert list(register.dossiers()) == whole
    assert [register.dossier(d.members[0]) for d in whole] == whole
    # The page size is part of the statement, so that only a new one sees the change.
    assert list(register.events()) == events


def naive_groups(touching: list[tuple[int, str]]) -> dict[str, tuple[str, ...]]:
    """Join any two sets that share a customer until none do."""
    sets = [
        {name for place, name in touching if place == wanted}
        for wanted in {place for place, _ in touching}
    ]
    joined = True
    while joined:
        joined = False
        for one, other in itertools.combinations(sets, 2):
            if one & other:
                sets.remove(other)
                one |= other
                joined = True
                break
    return {name: tuple(sorted(group)) for group in sets if len(group) > 1 for name in group}


@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from("ABCDEFGHIJ")), max_size=25), st.randoms()
)
def test_groups_are_those_of_a_naive_union_in_any_order(
    touching: list[tuple[int, str]], rnd: random.Random
) -> None:
    expected = naive_groups(touching)
    rnd.shuffle(touching)
    assert groups(touching) == expected


# -------------------------------------------------------------------------- then and now


def test_as_known_then_later_entries_and_links_are_not_there(
    register: Register, showroom: Log, clock: Clock
) -> None:
    showroom(line())
    before, moment = register.head().seq, clock.now
    showroom(link("K1", "K2"), line(level="A"))
    for known_at in (KnownAt(seq=before), KnownAt(moment=moment)):
        dossier = register.dossier("K1", known_at)
        assert dossier is not None
        assert dossier.members == ("K1",)
        assert [event.kind for event in dossier.events] == ["customer", "visit"]
        assert next(register.dossiers(known_at)) == dossier
    assert members(register, "K1", KnownAt()) == ("K1", "K2")


def test_a_customer_not_yet_known_then_has_no_dossier(register: Register, showroom: Log) -> None:
    before = register.head().seq
    showroom(customer("K8"))
    assert register.dossier("K8", KnownAt(seq=before)) is None
    assert [d.members for d in register.dossiers(KnownAt(seq=before))] == [
        ("K1",),
        ("K2",),
        ("K3",),
    ]


def test_people_as_known_then(register: Register, showroom: Log, clock: Clock) -> None:
    before = register.head().seq
    showroom(
        {
            "kind": "staff",
            "staff": "wang",
            "name": "王二",
            "role": "supervisor",
            "outlet": "shop",
            "by": "sun",
        }
    )
    assert register.people().role("wang", clock.now) == "supervisor"
    assert register.people(KnownAt(seq=before)).role("wang", clock.now) == "consultant"


# ------------------------------------------------------------------- people and settings


def test_staff_entries_that_were_corrected_or_voided_count_as_mended(
    register: Register, showroom: Log, clock: Clock
) -> None:
    showroom(
        {
            "kind": "correction",
            "id": "x1",
            "by": "sun",
            "corrects": "#6",
            "changes": {"name": "王五", "role": "clerk"},
        }
    )
    assert register.people().name("wang") == "王五"
    assert register.people().role("wang", clock.now) == "clerk"
    showroom({"kind": "void", "id": "x2", "by": "sun", "voids": "x1", "reason": "r"})
    assert register.people().name("wang") == "王"
    showroom({"kind": "void", "by": "sun", "voids": "x2", "reason": "r"})
    assert register.people().name("wang") == "王五"


def test_a_voided_departure_never_was(register: Register, showroom: Log, clock: Clock) -> None:
    showroom({"kind": "staff_left", "id": "x1", "staff": "li", "by": "sun"})
    assert not register.people().staff["li"].employed(clock.now)
    showroom({"kind": "void", "by": "sun", "voids": "x1", "reason": "r"})
    assert register.people().staff["li"].employed(clock.now)


def test_a_mended_card_is_up_to_date_within_the_block(
    register: Register, showroom: Log, clock: Clock
) -> None:
    from conflictctl.events import read_line

    with register.writing(clock) as writer:
        writer.add(
            read_line(
                {"kind": "correction", "by": "sun", "corrects": "#6", "changes": {"login": "wang5"}}
            )
        )
        assert writer.people.by_login("wang5") == "wang"


def test_the_latest_setting_holds(register: Register, showroom: Log) -> None:
    assert register.settings() == {"timezone": "Asia/Shanghai", "policy": "renault-zibo-2013"}
    showroom({"kind": "setting", "name": "policy", "value": "meiteng-2015"})
    assert register.settings()["policy"] == "meiteng-2015"
    assert register.zone == "Asia/Shanghai"


# -------------------------------------------------------------------------------- cards


def test_cards_are_the_latest_state(register: Register, showroom: Log) -> None:
    showroom(
        {"kind": "customer", "customer": "K1", "name": "赵总", "by": "wang"},
        {"kind": "lost", "customer": "K2", "reason": "wrong_number", "by": "li"},
        {"kind": "lost", "customer": "K3", "reason": "other", "by": "li"},
        {"kind": "reopened", "customer": "K3", "by": "li"},
        {
            "kind": "correction",
            "by": "li",
            "corrects": "#9",
            "changes": {"phones": ["13900139000"]},
        },
    )
    assert list(register.customers()) == [
        CustomerCard("K1", "赵总", ("13800138000",), None),
        CustomerCard("K2", "钱女士", ("13900139000",), "wrong_number"),
        CustomerCard("K3", "周先生", (), None),
    ]
    assert register.names(["K3", "K1", "K9"]) == {"K1": "赵总", "K3": "周先生"}
    assert list(register.customer_ids()) == ["K1", "K2", "K3"]
    assert register.customer_exists("K1")
    assert not register.customer_exists("wang")


def test_cards_in_small_pages_are_the_same(register: Register, showroom: Log) -> None:
    showroom(*(customer(f"C{number:04}") for number in range(1500)))
    ids = [f"C{number:04}" for number in range(1500)] + ["K1", "K2", "K3"]
    assert list(register.customer_ids()) == ids
    assert [card.id for card in register.customers()] == ids
    assert len(register.names(ids)) == 1503


# -------------------------------------------------------------------------------- events


def test_events_by_place_kind_and_customer(register: Register, showroom: Log) -> None:
    showroom(line(id="v1"), line("call", direction="out"), link("K1", "K2"))
    assert [event.seq for event in register.events(after=11)] == [12, 13]
    assert [event.id for event in register.events(kind="visit")] == ["v1"]
    assert [event.kind for event in register.events(customer="K1")] == [
        "customer",
        "visit",
        "call",
        "link",
    ]
    assert [event.kind for event in register.events(customer="K1", after=11)] == ["call", "link"]
    assert [event.kind for event in register.events(customer="K1", kind="call")] == ["call"]


@pytest.mark.parametrize("ref", [11, "#11", "v1"])
def test_an_event_by_any_of_its_names(register: Register, showroom: Log, ref: str | int) -> None:
    showroom(line(id="v1"))
    for name in (ref, f"{register.origin}#11"):
        found = register.event(name)
        assert found is not None
        assert found.seq == 11


@pytest.mark.parametrize("ref", [0, 99, "#99", "#", "#x", "v9", "#-1"])
def test_no_such_event(register: Register, showroom: Log, ref: str | int) -> None:
    showroom(line(id="v1"))
    assert register.event(ref) is None


def test_the_writer_sees_what_it_has_added(register: Register, showroom: Log, clock: Clock) -> None:
    from conflictctl.events import read_line

    showroom(line(id="v0"))
    with register.writing(clock) as writer:
        visit = writer.add(read_line(line(id="v1"))).event
        writer.add(read_line(link("K1", "K2")))
        assert writer.target("v1") == writer.target(visit.seq) == visit
        assert writer.target("#99") is None
        assert [e.id for e in writer.involved_events("K2") if e.id] == ["v0", "v1"]
        assert writer.target("v1") == visit
        assert writer.customer_known("K1")
        assert not writer.customer_known("K9")
        assert writer.involved_events("K9") == []


def test_dry_run_leaves_nothing(register: Register, showroom: Log, clock: Clock) -> None:
    from conflictctl.events import read_line

    before = register.head()
    with pytest.raises(InputRejected), register.writing(clock) as writer:
        writer.add(read_line(line()))
        writer.flush()
        writer.add(read_line(line(customer="K9")))
    assert register.head() == before
