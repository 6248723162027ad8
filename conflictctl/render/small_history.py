"""The smallest history on which two policies differ, in words and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conflictctl.adjudication.backtest import Given
from conflictctl.adjudication.case_text import history_lines
from conflictctl.adjudication.small_histories import LEFT_OUT, Stage, asked_at
from conflictctl.adjudication.smallest_difference import Found, Search
from conflictctl.render.language import list_joined, say, tr
from conflictctl.render.language import term as word
from conflictctl.render.terminal import key_lines
from conflictctl.wording import Sentence, When


def search_lines(search: Search, stage: Stage) -> Iterator[str]:
    """What came of the search: the history and both rulings, or how far it went."""
    found = search.found
    if found is None:
        none = Sentence(
            "No history on which they differ was found: all of up to {entries} entries were tried "
            "({histories} histories).",
            entries=search.exhausted,
            histories=search.tried,
        )
        yield say(none)
        left_out = tr("Not tried: entries that speak of other entries ({kinds}).")
        yield left_out.format(kinds=list_joined([word(kind) for kind in LEFT_OUT]))
        return
    yield say(how_small(search))
    yield ""
    yield from (f"  {line}" for line in history_lines(found.history, stage))
    if found.history.asked is not None:
        asked = Sentence(
            "asked at {moment}: who holds the customer?",
            moment=When(asked_at(found.history, stage)),
        )
        yield f"  {say(asked, None, stage.calendar)}"
    yield ""
    yield from key_lines(
        {tr("under A"): _given(found.result.a), tr("under B"): _given(found.result.b)}
    )


def how_small(search: Search) -> Sentence:
    """Whether the history found is a smallest one."""
    assert search.found is not None
    entries = len(search.found.history.moves)
    if search.smallest:
        return Sentence(
            "The smallest history on which they differ has {entries} entries "
            "({histories} histories tried):",
            entries=entries,
            histories=search.tried,
        )
    return Sentence(
        "They differ on this history of {entries} entries; of the smaller ones, all of up to "
        "{tried} entries were tried ({histories} histories):",
        entries=entries,
        tried=search.exhausted,
        histories=search.tried,
    )


def _given(given: Given | None) -> str:
    if given is None:
        return tr("taken with another")
    who = given.holder or list_joined(
        [part.party + ("" if part.share == "100" else f" {part.share} %") for part in given.credit]
    )
    decides = word(given.referred_to) if given.referred_to is not None else ""
    parts = [word(given.status), who, decides, given.decided_by or ""]
    return "  ".join(part for part in parts if part)


def search_data(search: Search, stage: Stage) -> dict[str, Any]:
    """The same in JSON; the history as interchange-like lines of the compact notation."""
    found: Found | None = search.found
    return {
        "tried": search.tried,
        "exhausted": search.exhausted,
        "smallest": search.smallest,
        "history": None
        if found is None
        else {
            "entries": len(found.history.moves),
            "lines": history_lines(found.history, stage),
            "asked": None
            if found.history.asked is None
            else stage.calendar.iso(asked_at(found.history, stage)),
            "a": _data(found.result.a),
            "b": _data(found.result.b),
        },
    }


def _data(given: Given | None) -> dict[str, Any] | None:
    from conflictctl.render.backtest_report import given_data

    return given_data(given)
