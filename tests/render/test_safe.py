"""Nothing stored is active on a terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflictctl.render.json_text import json_bytes
from conflictctl.render.safe import cell_text, safe

ANY_TEXT = st.text(st.characters(codec=None))
JOINERS = "\u200c\u200d"


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("王强", "José García", "O'Neill-Šimić", "绿茵 4S 展厅", "👩‍👩‍👧 family", "ひろし"):
        assert safe(name) == name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x9b2J", "\\x9b2J"),
        ("gnihtemos\u202eelse", "gnihtemos\\u202eelse"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("half\ud83d", "half\\ud83d"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("line\u2028break", "line\\u2028break"),
    ],
)
def test_what_would_act_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(ANY_TEXT)
def test_nothing_active_is_left_in_any_text(text: str) -> None:
    shown = safe(text)
    assert all(
        unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") or char in JOINERS
        for char in shown
    )
    shown.encode()  # no lone surrogate is left


@given(ANY_TEXT)
def test_safe_text_is_left_alone(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_letters_digits_marks_and_signs_are_never_changed(text: str) -> None:
    assert safe(text) == text


def test_json_escapes_all_that_acts_and_means_the_same() -> None:
    acting = {
        char
        for char in map(chr, (*range(0xD800), *range(0xE000, 0x110000)))
        if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char not in JOINERS
    }
    written = json_bytes("".join(sorted(acting))).decode()
    assert not set(written) & acting
    assert set(json.loads(written)) == acting


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("-王", "'-王"),
        ("\t=1", "\\t=1"),
        ("王\u202e", "王\\u202e"),
        (-1, "-1"),
        (True, "true"),
        (None, ""),
    ],
)
def test_a_cell_is_no_formula_and_acts_nowhere(value: object, cell: str) -> None:
    assert cell_text(value) == cell
