"""The chain's formulas, the receipts, and the canonical bytes against an oracle."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from conflictctl.register import chain
from conflictctl.register.store import Register

from .conftest import EVERY_KIND, Log

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_canonical_bytes_are_those_of_rfc_8785(value: Any) -> None:
    assert chain.canonical(value) == rfc8785.dumps(value)


def test_the_stored_bodies_are_canonical_and_chained(register: Register, log: Log) -> None:
    log(*EVERY_KIND)
    rows = register.connection.exec_driver_sql("SELECT body, hash FROM events ORDER BY seq")
    previous = sha256(b"conflictctl/v1" + register.origin.encode()).digest()
    for body, link_hash in rows:
        previous = sha256(b"\x02" + previous + body).digest()
        assert link_hash == previous
        assert rfc8785.dumps(json.loads(body)) == body
    assert register.head().hash == previous
    assert register.head().text == f"sha256:{previous.hex()}"


def test_commitments_are_salted_and_fit_what_stands_aside(register: Register, log: Log) -> None:
    log(*EVERY_KIND)
    rows = register.connection.exec_driver_sql(
        "SELECT p.salt, p.data, e.body FROM personal p JOIN events e USING (log, seq)"
    ).all()
    assert len({salt for salt, _, _ in rows}) == len(rows) > 10
    for salt, data, body in rows:
        assert len(salt) == 32
        assert sha256(b"\x03" + salt + data).hexdigest().encode() in body


def test_a_receipt_is_eighty_bits_in_crockfords_letters() -> None:
    assert chain.receipt_text(bytes(32)) == "0000-0000-0000-0000"
    assert chain.receipt_text(b"\xff" * 32) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    assert chain.receipt_text(bytes(range(32))) == "000G-40R4-0M30-E209"


@given(st.binary(min_size=32, max_size=32))
def test_a_receipt_reads_back_as_people_write_it(link_hash: bytes) -> None:
    text = chain.receipt_text(link_hash)
    assert chain.read_receipt(text) == link_hash[:10]
    sloppy = f" {text.lower().replace('-', '').replace('0', 'o').replace('1', 'l')} "
    assert chain.read_receipt(sloppy) == link_hash[:10]


@pytest.mark.parametrize("text", ["", "K7QF", "K7QF-3M2A-9XPD-T6WU", "K7QF-3M2A-9XPD-T6WLL"])
def test_what_is_no_receipt_reads_as_none(text: str) -> None:
    assert chain.read_receipt(text) is None
