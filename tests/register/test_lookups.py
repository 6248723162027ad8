"""Customers found by keys: whom a walk through all of them would find, and nobody else."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflictctl.identity import Query
from conflictctl.names import readings
from conflictctl.phones import phone_key
from conflictctl.register import lookups
from conflictctl.register.finding import Found, find
from conflictctl.register.store import Register, open_register

from .conftest import Log

NAMES = [
    "王小明",
    "王晓明",
    "单丽娜",
    "吕布",
    "欧阳锋",
    "曾 强",
    "Lee Smith",
    "Ann-Marie 李",
    "王",
    "0x12",
]
PHONES = ["13800138000", "+86 139-0013-9000", "0533-2345678", "+1 415 555 2671", "2345678"]
PHONES += ["13911112222/13922223333", "0533-2345678转801", "10086"]

cards = st.fixed_dictionaries(
    {"name": st.sampled_from(NAMES), "phones": st.lists(st.sampled_from(PHONES), max_size=2)}
)
ids = st.integers(1, 12).map(lambda number: f"K-{number:03d}")
acts = st.one_of(
    st.tuples(st.just("card"), ids, cards),
    st.tuples(st.just("correct"), ids, cards),
    st.tuples(st.just("void"), ids, st.none()),
    st.tuples(st.just("lost"), ids, st.none()),
    st.tuples(st.just("link"), ids, ids),
)


def piece(text: str, first: int, last: int) -> str:
    """A part of a text; where the numbers do not give one, the whole."""
    return text[first:last] or text


texts = st.one_of(
    st.builds(piece, st.sampled_from([*NAMES, *PHONES, "K-003"]), st.integers(0, 9), st.integers()),
    st.builds(
        lambda name, lengths: "".join(
            one[0][: length or None] for one, length in zip(readings(name), lengths, strict=False)
        ),
        st.sampled_from(NAMES),
        st.lists(st.integers(0, 3), min_size=4, max_size=4),
    ),
    ids,
    ids.map(str.lower),
)


@pytest.fixture
def acted(showroom: Log, register: Register) -> Callable[[list[Any]], None]:
    """Records what is done to customers' cards; what makes no sense is left out."""
    entries: dict[str, list[int]] = {}

    def act(what: list[Any]) -> None:
        for kind, customer, rest in what:
            own = entries.setdefault(customer, [])
            if kind == "card":
                line = {"kind": "customer", "customer": customer, "by": "li", **rest}
            elif not own or (kind == "link" and (rest == customer or not entries.get(rest))):
                continue
            elif kind == "correct":
                line = {"kind": "correction", "corrects": own[0], "changes": rest, "by": "li"}
            elif kind == "void":
                if len(own) == 1:
                    continue
                line = {"kind": "void", "voids": own.pop(), "reason": "x", "by": "li"}
            elif kind == "lost":
                line = {"kind": "lost", "customer": customer, "reason": "other", "by": "li"}
            else:
                line = {"kind": "link", "customers": [customer, rest], "relation": "same"}
                line["by"] = "li"
            (receipt,) = showroom(line, allow_duplicates=True)
            if kind in ("card", "correct"):
                own.append(receipt.seq)

    return act


def ranks(found: Found) -> list[int]:
    return [hit.match.rank for hit in found.hits]


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(what=st.lists(acts, max_size=6), text=texts, most=st.integers(1, 4))
def test_the_keys_find_whom_a_walk_finds(
    acted: Callable[[list[Any]], None],
    register: Register,
    what: list[Any],
    text: str,
    most: int,
) -> None:
    acted(what)
    query = Query(text)
    assert find(register, query, 100) == find(register, query, 100, walk=True)
    few, walked = find(register, query, most), find(register, query, most, walk=True)
    assert (ranks(few), few.more) == (ranks(walked), walked.more)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tail=st.integers(0, 10**9 - 1),
    kept=st.integers(0, 3),
    asked=st.integers(0, 3),
    cut=st.integers(1, 10),
)
def test_any_spelling_of_a_number_finds_its_customer(
    showroom: Log, register: Register, tail: int, kept: int, asked: int, cut: int
) -> None:
    number = f"13{tail:09d}"
    spellings = [
        number,
        f"+86 {number[:cut]}-{number[cut:]}",
        f"0086{number[:3]} {number[3:7]} {number[7:]}",
        number.translate({48 + digit: 0xFF10 + digit for digit in range(10)}),
    ]
    showroom(
        {
            "kind": "customer",
            "customer": "K9",
            "name": "x",
            "phones": [spellings[kept]],
            "by": "li",
        },
        allow_duplicates=True,
    )
    assert phone_key(spellings[asked]) == f"+86{number}"
    for text, rank in ((spellings[asked], 1), (number[-4:], 7), (number[:7], 7)):
        hits = find(register, Query(text), 50).hits
        assert [hit.match.rank for hit in hits if hit.card.id == "K9"] == [rank], text


# --------------------------------------------------------------------- how far keys reach


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as raw:
        number: int = raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return number


def found(register: Register, text: str) -> list[str]:
    return [hit.card.id for hit in find(register, Query(text), 50).hits]


def test_the_first_look_up_makes_the_keys_and_the_writer_none(
    showroom: Log, register: Register, path: Path
) -> None:
    assert count(path, "lookups") == 0
    assert found(register, "13800138000") == ["K1"]
    made = count(path, "lookups")
    assert made > 0
    assert lookups.reach(register) == register.head().seq
    showroom({"kind": "customer", "customer": "K8", "name": "吴", "by": "li"})
    assert count(path, "lookups") == made
    assert found(register, "wu") == ["K8"]
    assert count(path, "lookups") > made


def test_entries_that_are_no_cards_are_not_noted_one_by_one(
    showroom: Log, register: Register
) -> None:
    found(register, "K1")
    reached = lookups.reach(register)
    showroom({"kind": "visit", "customer": "K1", "by": "wang"})
    found(register, "K1")
    assert lookups.reach(register) == reached


@pytest.mark.parametrize("pragma", ["query_only = 1", "max_page_count = 1"])
@pytest.mark.parametrize("indexed", [True, False])
def test_a_register_that_takes_no_writing_is_walked_through(
    showroom: Log, register: Register, path: Path, pragma: str, indexed: bool
) -> None:
    if indexed:
        found(register, "K1")
    made = count(path, "lookups")
    # More than the file has room for.
    showroom(
        {"kind": "visit", "id": "v1", "customer": "K1", "by": "wang"},
        {"kind": "correction", "corrects": "v1", "changes": {"note": "x"}, "by": "wang"},
        *(
            {"kind": "customer", "customer": f"N{number}", "name": f"郑{number}号", "by": "li"}
            for number in range(400)
        ),
    )
    register.connection.exec_driver_sql(f"PRAGMA {pragma}")
    assert found(register, "郑7号") == ["N7"]
    assert found(register, "zheng7") == []
    assert found(register, "13800138000") == ["K1"]
    assert len(found(register, "zheng")) == 50
    assert found(register, "政") == []
    assert count(path, "lookups") == made


def test_a_look_up_does_not_wait_long_for_a_writer(
    showroom: Log, register: Register, path: Path
) -> None:
    found(register, "K1")
    showroom({"kind": "customer", "customer": "K8", "name": "吴", "by": "li"})
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        assert found(register, "吴") == ["K8"]
        raw.execute("ROLLBACK")
    assert lookups.reach(register) < register.head().seq


def test_keys_made_otherwise_are_made_anew(
    showroom: Log, register: Register, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(lookups, "KEYS_VERSION", 0)
        earlier.setattr(lookups, "keys_of", lambda customer, name, phones: {"nother"})
        assert found(register, "钱女士") == []
        assert count(path, "lookups") == 3
    assert lookups.reach(register) == 0
    assert found(register, "钱女士") == ["K2"]
    assert lookups.reach(register) == register.head().seq
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT * FROM lookups WHERE key = 'nother'").fetchall() == []
    assert register.connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_pages_end_where_the_next_begins(
    showroom: Log, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register.place, "cards_at_once", 2)
    heard: list[tuple[int, int]] = []
    lookups.catch_up(register, lambda done, total: heard.append((done, total)))
    assert len(heard) > 2
    assert [done for done, _ in heard] == sorted({done for done, _ in heard})
    assert found(register, "周先生") == ["K3"]


def test_keys_go_with_the_personal_data_they_were_made_of(
    showroom: Log, register: Register, path: Path
) -> None:
    showroom(
        {"kind": "customer", "customer": "K1", "name": "赵敏", "phones": [], "by": "wang"},
        {"kind": "redaction", "customer": "K1", "by": "sun", "reason": "asked for"},
    )
    assert found(register, "赵敏") == ["K1"]
    register.connection.exec_driver_sql(
        "DELETE FROM personal WHERE seq IN (SELECT seq FROM events WHERE customer = 'K1')"
    )
    with closing(sqlite3.connect(path)) as raw:
        left = {row[0] for row in raw.execute("SELECT key FROM lookups")}
    assert not any("赵" in key or "13800138000" in key or "zhao" in key for key in left)
    assert "n钱女士" in left
    assert count(path, "lookup_cards") == 2
    assert found(register, "赵敏") == found(register, "13800138000") == []
    assert found(register, "K1") == ["K1"]


def test_what_is_erased_while_keys_are_made_gets_none(
    showroom: Log, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = lookups._page
    turns: list[int] = []

    def slow(opened: Register, after: int, head: int) -> Any:
        made = page(opened, after, head)
        if not turns:
            showroom({"kind": "redaction", "customer": "K1", "by": "sun", "reason": "asked for"})
            opened.connection.exec_driver_sql(
                "DELETE FROM personal WHERE seq IN (SELECT seq FROM events WHERE customer = 'K1')"
            )
        turns.append(after)
        return made

    monkeypatch.setattr(lookups, "_page", slow)
    assert found(register, "13800138000") == []
    assert found(register, "钱女士") == ["K2"]
    assert turns[:2] == [0, 0]


def test_two_who_make_keys_at_once_make_them_once(
    showroom: Log, register: Register, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = lookups._page
    others: list[list[str]] = []

    def overtaken(opened: Register, after: int, head: int) -> Any:
        made = page(opened, after, head)
        if opened is register and not others:
            with open_register(str(path)) as other:
                others.append(found(other, "钱女士"))
        return made

    monkeypatch.setattr(lookups, "_page", overtaken)
    assert found(register, "钱女士") == ["K2"]
    assert others == [["K2"]]
    assert count(path, "lookup_cards") == 3


def test_whoever_bears_a_common_name_is_found_among_the_best(
    showroom: Log, register: Register
) -> None:
    showroom(
        *(
            {"kind": "customer", "customer": f"W{number}", "name": f"王{number:03d}", "by": "li"}
            for number in range(300)
        ),
        {"kind": "customer", "customer": "X1", "name": "小王", "by": "li"},
        {"kind": "customer", "customer": "X2", "name": "王", "by": "li"},
    )
    answer = find(register, Query("王"), 10)
    assert answer.more
    assert answer.hits[0].card.id == "X2"
    assert ranks(answer) == [2] + [5] * 9
    assert not find(register, Query("王"), 302).more
    assert find(register, Query("wang"), 5).more
