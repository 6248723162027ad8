"""Nothing stored is active on a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflictctl.render.safe import safe

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
