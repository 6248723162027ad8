"""The night's work in one command, run once, twice, after a gap, and where something fails."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from conflictctl.cli.session import Session
from conflictctl.register.audit import verify
from conflictctl.register.nights import copies, missed_nights
from conflictctl.register.store import open_register

from .conftest import Invoke

ZONE = ZoneInfo("Asia/Shanghai")


class Clock:
    """The machine's clock, set by a test; local times of the register's zone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = datetime(2026, 12, 1, 2, 30, tzinfo=ZONE)
        monkeypatch.setattr(
            Session, "clock", staticmethod(lambda: int(self.now.timestamp()) * 1_000_000)
        )

    def on(self, days: float) -> None:
        self.now += timedelta(days=days)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def run(invoke: Invoke, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = invoke("nightly", "--as", "bai", "--format", "json", *arguments, code=code)
    return dict(json.loads(done.stdout))


def states(summary: dict[str, Any]) -> dict[str, str]:
    return {step["step"]: step["state"] for step in summary["steps"]}


def test_a_night_is_copied_looked_through_and_noted(
    invoke: Invoke, month: Path, clock: Clock
) -> None:
    summary = run(invoke)
    assert (summary["night"], summary["complete"], summary["changed"]) == ("2026-12-01", True, True)
    assert set(states(summary)) == {
        "backup", "overdue", "windows", "cases", "messages", "checkpoint", "night"
    }  # fmt: skip
    assert {name for name, state in states(summary).items() if state != "done"} == {"messages"}
    copy = month.parent / "backups" / f"{month.stem}-2026-12-01.db"
    assert copy.stat().st_mode & 0o777 == 0o600
    with open_register(str(copy)) as kept:
        assert verify(kept).ok
    with open_register(str(month)) as register:
        note = list(register.events(kind="notification"))[-1]
        assert (note.by, note.get("channel"), note.get("subject")) == (
            "bai",
            "nightly",
            "nightly:2026-12-01",
        )
        assert verify(register).ok


def test_a_second_run_of_the_day_changes_nothing_and_says_so(
    invoke: Invoke, month: Path, clock: Clock
) -> None:
    run(invoke)
    before = month.read_bytes()
    clock.on(0.5)
    again = run(invoke)
    assert (again["changed"], again["missed"]) == (False, [])
    assert month.read_bytes() == before
    assert "nothing was changed" in invoke("nightly", "--as", "bai").stdout
    assert "没有任何改动" in invoke("nightly", "--as", "bai", "--lang", "zh").stdout


def test_missed_nights_are_named_in_the_register_s_zone(
    invoke: Invoke, month: Path, clock: Clock
) -> None:
    assert run(invoke)["missed"] == []  # the first run ever: nobody had asked for one
    # Half past midnight in Shanghai is still the day before in UTC.
    clock.now = datetime(2026, 12, 4, 16, 30, tzinfo=UTC)
    summary = run(invoke)
    assert summary["night"] == "2026-12-05"
    assert summary["missed"] == ["2026-12-02", "2026-12-03", "2026-12-04"]
    clock.on(2)
    told = invoke("nightly", "--as", "bai").stdout
    assert "missed: 1 nights without a complete run: 2026-12-06" in told
    clock.on(10)
    assert "2026-12-08 to 2026-12-16" in invoke("nightly", "--as", "bai").stdout


def test_old_copies_go_and_nothing_else_does(invoke: Invoke, month: Path, clock: Clock) -> None:
    folder = month.parent / "elsewhere"
    for _ in range(4):
        run(invoke, "--backup-dir", str(folder), "--keep", "2")
        clock.on(1)
    others = [folder / name for name in ("other-2026-12-01.db", f"{month.stem}-2026.db", "notes")]
    for other in others:
        other.write_text("mine")
    summary = run(invoke, "--backup-dir", str(folder), "--keep", "2")
    assert [path.name[-13:-3] for path in copies(folder, month.stem)] == [
        "2026-12-04",
        "2026-12-05",
    ]
    assert summary["steps"][0]["removed"] == [str(folder / f"{month.stem}-2026-12-03.db")]
    assert all(other.exists() for other in others)


def test_a_failing_step_leaves_the_others_and_the_night_is_missed(
    invoke: Invoke, month: Path, clock: Clock
) -> None:
    run(invoke)
    clock.on(1)
    in_the_way = month.parent / "file"
    in_the_way.write_text("")
    summary = run(invoke, "--backup-dir", str(in_the_way), code=6)
    assert states(summary)["backup"] == "failed"
    assert states(summary)["overdue"] == "done"
    assert "night" not in states(summary)
    clock.on(1)
    assert run(invoke)["missed"] == ["2026-12-02"]


def test_the_same_night_again_once_what_failed_is_mended(
    invoke: Invoke, month: Path, clock: Clock
) -> None:
    in_the_way = month.parent / "file"
    in_the_way.write_text("")
    run(invoke, "--backup-dir", str(in_the_way), code=6)
    in_the_way.unlink()
    assert run(invoke, "--backup-dir", str(in_the_way))["complete"]


def test_exit_codes(invoke: Invoke, month: Path, clock: Clock, register_path: Path) -> None:
    assert "--as STAFF" in invoke("nightly", code=4).stderr
    assert not (month.parent / "backups").exists()
    invoke("nightly", "--as", "bai")
    invoke("nightly", "--as", "bai", "--exit-code", code=1)
    invoke("nightly", "--as", "bai", "--keep", "0", code=2)


def test_a_clock_set_back_misses_nothing(invoke: Invoke, month: Path, clock: Clock) -> None:
    run(invoke)
    clock.on(-3)
    assert run(invoke)["missed"] == []
    with open_register(str(month)) as register:
        day = datetime(2026, 12, 1).toordinal()
        assert missed_nights(register, day) == [day - 2, day - 1]
