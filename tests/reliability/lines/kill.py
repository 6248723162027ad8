"""G1: kill -9 at random moments; what a command had acknowledged is there.  G24: imports."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from conflictctl.register.store import open_register
from tests.reliability.frame import Figures, Line, Scale
from tests.reliability.processes import Running, acknowledged, pause, run
from tests.reliability.showroom import call, faults_of, make, now, text

_MEETING = "2013-03-01T10:00:00+08:00"


class _Attack:
    """One register, and what was acknowledged of it so far."""

    def __init__(self, scale: Scale) -> None:
        self.chance = random.Random(scale.seed)
        self.folder = scale.folder
        self.path = make(scale.folder / "register.db")
        self.known: dict[int, str] = {}
        self.number = 0
        self.startup = self._startup()

    def _startup(self) -> float:
        """Seconds that a command needs here before it writes: kills must fall on both sides."""
        begin = time.monotonic()
        run(
            [
                "log-call",
                "K1",
                "--direction",
                "in",
                "--by",
                "li",
                "--as",
                "sun",
                "--db",
                str(self.path),
            ],
            self.folder,
        )
        return time.monotonic() - begin

    def lines(self, number: int, **more: str) -> list[dict[str, object]]:
        self.number += 1
        return [call(f"c{self.number}-{n}", self.chance, **more) for n in range(number)]

    def start(self, *arguments: str) -> Running:
        return Running([*arguments, "--db", str(self.path)], self.folder, env={})


def _log_lines(attack: _Attack) -> None:
    """`log -`, fed in bursts, killed somewhere in the first tenths of a second after its start."""
    child = attack.start("log", "-", "--as", "sun")
    end = time.monotonic() + attack.chance.uniform(0.03, attack.startup + 0.3)
    while time.monotonic() < end:
        child.feed(text(*attack.lines(attack.chance.choice((1, 1, 2, 30)))))
        pause(attack.chance.uniform(0, 0.02))
    attack.known |= dict(acknowledged(child.kill().out))


def _one_entry(attack: _Attack) -> None:
    """One `log-call`, killed before, in or after its writing."""
    child = attack.start("log-call", "K1", "--direction", "in", "--by", "li", "--as", "sun")
    end = time.monotonic() + attack.chance.uniform(0.0, 1.5 * attack.startup)
    while time.monotonic() < end and child.running():
        pause(0.001)
    attack.known |= dict(acknowledged(child.kill().out))


def _import(attack: _Attack) -> None:
    """An `import` killed; done or not, it is there wholly or not at all."""
    file = attack.folder / "import.jsonl"
    entries = attack.lines(200, at=_MEETING)
    file.write_text(text(*entries), "utf-8")
    child = attack.start("import", str(file), "--attest", "sun")
    end = time.monotonic() + attack.chance.uniform(0.0, 2.5 * attack.startup)
    while time.monotonic() < end and child.running():
        pause(0.001)
    ended = child.kill()
    with open_register(str(attack.path)) as register:
        there = sum(register.event(str(entry["id"])) is not None for entry in entries)
    if there not in (0, len(entries)) or (ended.code == 0 and there == 0):
        raise AssertionError(f"{there} of {len(entries)} entries of a killed import (exit {ended})")


_WRITING: tuple[Callable[[_Attack], None], ...] = (_log_lines, _log_lines, _one_entry, _import)


def _killed(scale: Scale) -> Figures:
    attack = _Attack(scale)
    kills = scale.of(40, 420)
    for number in range(kills):
        _WRITING[number % len(_WRITING)](attack)
        if number % 10 == 9:
            fault = faults_of(attack.path, attack.known)
            if fault:
                return Figures(False, f"after {number + 1} kills: {fault}")
    fault = faults_of(attack.path, attack.known)
    return Figures(
        fault is None and len(attack.known) >= kills,
        f"{kills} kills in log -, log-call and import, {len(attack.known)} entries acknowledged, "
        f"{fault or 'none lost, register verifies'}",
    )


def _imported_again(scale: Scale) -> Figures:
    attack = _Attack(scale)
    entries = attack.lines(scale.of(300, 3000), at=_MEETING)
    unnamed = [{**entry, "customer": "K1", "id": None} for entry in entries[:50]]
    lines = [*entries, *({k: v for k, v in entry.items() if v is not None} for entry in unnamed)]
    for number, entry in enumerate(lines[len(entries) :]):
        entry["note"] = f"n{number}"
    file = attack.folder / "many.jsonl"
    file.write_text(text(*lines), "utf-8")
    with open_register(str(attack.path)) as register:
        before = register.head().seq
    arguments = ["import", str(file), "--attest", "sun", "--db", str(attack.path)]
    begin = now()
    assert run([*arguments, "--dry-run"], attack.folder).code == 0
    whole = (now() - begin) / 1e6
    kills = scale.of(10, 100)
    for _ in range(kills):
        child = Running(arguments, attack.folder, env={})
        pause(attack.chance.uniform(0.1, 1.3) * whole)
        child.kill()
    again = [run(arguments, attack.folder) for _ in range(3)]
    if any(done.code for done in again):
        return Figures(False, f"an import fails: {again[-1].err}")
    held, found = _once(attack.path, before, len(lines))
    return Figures(
        held, f"{kills} imports of {len(lines)} entries killed, then 3 repeated: {found}"
    )


def _once(path: Path, before: int, expected: int) -> tuple[bool, str]:
    with open_register(str(path)) as register:
        entries = list(register.events(after=before))
    calls = [entry for entry in entries if entry.kind == "call"]
    attested = sum(entry.kind == "attestation" for entry in entries)
    fault = faults_of(path, {})
    held = len(calls) == expected and attested == 1 and fault is None
    return held, fault or f"{len(calls)} entries and {attested} attestation are there, each once"


LINES = (
    Line(
        "G1",
        "kill -9 at random moments of writing",
        "400 kills: no acknowledged event lost, register verifies",
        _killed,
    ),
    Line("G24", "import repeated or killed half-way", "exactly once", _imported_again),
)
