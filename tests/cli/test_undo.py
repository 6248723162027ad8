"""`undo`: one's own last entry, shown and voided by the rules of `void`."""

from __future__ import annotations

from pathlib import Path

import pytest

from conflictctl.calendar import DAY
from conflictctl.cli import undo
from tests.reliability.hostile import active_in, everything_taken

from .conftest import Invoke, events_of


def test_the_last_entry_of_ones_own_is_taken_back(invoke: Invoke, showroom: Path) -> None:
    invoke("log-visit", "K1", "--as", "wang")
    invoke("log-visit", "K1", "--as", "wang", "--level", "A", "--note", "typo")
    invoke("log-visit", "K2", "--as", "li")
    done = invoke("undo", "--as", "wang", "--yes", "--reason", "typo")
    assert "reception, level A" in done.stderr
    assert "recorded #" in done.stdout
    visits = events_of(showroom, "visit")
    (void,) = events_of(showroom, "void")
    assert void.fields == {"voids": visits[1].seq, "reason": "typo"}
    assert (void.by, void.customer) == ("wang", "K1")
    invoke("undo", "--as", "wang", "--yes")  # the one before
    assert [e.fields["voids"] for e in events_of(showroom, "void")] == [
        visits[1].seq,
        visits[0].seq,
    ]
    assert "made no entry within a day" in invoke("undo", "--as", "wang", "--yes", code=3).stderr


def test_whoever_entered_it_takes_it_back_and_not_its_author(
    invoke: Invoke, showroom: Path
) -> None:
    invoke("log-visit", "K1", "--as", "desk", "--by", "wang")
    invoke("undo", "--as", "wang", "--yes", code=3)
    invoke("undo", "--as", "desk", "--yes")
    assert len(events_of(showroom, "void")) == 1


def test_somebody_elses_is_refused(invoke: Invoke, showroom: Path) -> None:
    invoke("log-visit", "K1", "--as", "wang", "--id", "v1")
    done = invoke("undo", "--as", "li", "--ref", "v1", "--yes", code=4)
    assert "v1 was entered by Wang" in done.stderr
    assert "may `void` it" in done.stderr
    assert (
        "there is no entry #999"
        in invoke("undo", "--as", "li", "--ref", "#999", "--yes", code=3).stderr
    )
    invoke("undo", "--as", "wang", "--ref", "v1", "--yes")
    again = invoke("undo", "--as", "wang", "--ref", "v1", "--yes", code=3)
    assert "v1 is void already" in again.stderr
    assert len(events_of(showroom, "void")) == 1


def test_what_may_not_be_voided_is_refused(invoke: Invoke, showroom: Path) -> None:
    invoke("customer", "add", "K9", "--name", "Chen", "--as", "wang")
    done = invoke("undo", "--as", "wang", "--yes", code=3)
    assert "introduces K9" in done.stderr
    assert events_of(showroom, "void") == []


def test_an_older_entry_is_named(
    invoke: Invoke, showroom: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke("log-visit", "K1", "--as", "wang", "--id", "v1")
    monkeypatch.setattr(undo, "WITHIN", -DAY)  # as if a day had gone by
    assert "--ref" in invoke("undo", "--as", "wang", "--yes", code=3).stderr
    invoke("undo", "--as", "wang", "--ref", "v1", "--yes")


def test_in_a_script_it_wants_yes(invoke: Invoke, showroom: Path) -> None:
    invoke("log-visit", "K1", "--as", "wang")
    done = invoke("undo", "--as", "wang", code=2)
    assert "--yes answers" in done.stderr
    assert events_of(showroom, "void") == []
    assert "whose entry" in invoke("undo", "--yes", code=4).stderr


def test_a_look_up_before_a_contact_stands(invoke: Invoke, showroom: Path) -> None:
    invoke("log-visit", "K1", "--as", "wang")
    invoke("log-check", "--as", "wang", "--query", "K1")
    invoke("undo", "--as", "wang", "--yes")
    (void,) = events_of(showroom, "void")
    (visit,) = events_of(showroom, "visit")
    assert void.fields["voids"] == visit.seq


def test_nothing_in_an_id_acts_on_the_terminal(invoke: Invoke, showroom: Path) -> None:
    """Ids of registers that another program filled, too."""
    with everything_taken():
        invoke("log-visit", "K1", "--as", "wang", "--id", "v\x1b[2J\ufff9", "--note", "n\x1b[2J")
    done = invoke("undo", "--as", "wang", "--yes")
    assert "v" in done.stderr
    assert active_in(done.stderr) is None
