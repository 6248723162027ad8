"""Random commands with faults in between, held against a model: what must be there, in order."""

from __future__ import annotations

import random
import resource
import signal
from collections.abc import Callable
from pathlib import Path

from conflictctl.events import read_line
from conflictctl.register import sqlite
from conflictctl.register.backup import backup, restore
from conflictctl.register.store import open_register
from tests.reliability.frame import Figures, Line, Scale
from tests.reliability.processes import Running, acknowledged, ended, fork, pause, run
from tests.reliability.showroom import call, faults_of, make, now, text


class _World:
    """A register, and the ids of the entries that must be in it, in order."""

    def __init__(self, seed: str, folder: Path) -> None:
        self.chance = random.Random(seed)
        self.folder = folder
        self.path = make(folder / "register.db")
        self.copy = folder / "copy.db"
        self.model: list[str] = []
        self.copied: list[str] | None = None
        self.number = 0

    def lines(self, most: int) -> list[dict[str, object]]:
        count = self.chance.randint(1, most)
        self.number += count
        return [call(f"s{self.number - n}", self.chance) for n in range(count)]

    def there(self) -> list[str]:
        with open_register(str(self.path)) as register:
            return [str(entry.id) for entry in register.events(kind="call")]

    def log(self) -> None:
        lines = self.lines(20)
        done = run(["log", "-", "--as", "sun", "--db", str(self.path)], self.folder, text(*lines))
        assert done.code == 0, done.err
        assert len(list(acknowledged(done.out))) == len(lines)
        self.model += [str(line["id"]) for line in lines]

    def again(self) -> None:
        """What is there already is sent once more."""
        if self.model:
            with open_register(str(self.path)) as register, register.writing(now) as writer:
                entry = register.event(self.chance.choice(self.model))
                assert entry is not None
                same = {
                    name: getattr(entry, name)
                    for name in ("kind", "id", "customer", "by", "recorded_by")
                }
                assert writer.add(read_line({**same, **entry.fields})).already

    def killed(self) -> None:
        lines = self.lines(20)
        child = Running(["log", "-", "--as", "sun", "--db", str(self.path)], self.folder, env={})
        child.feed(text(*lines))
        pause(self.chance.uniform(0.0, 0.12))
        told = len(list(acknowledged(child.kill().out)))
        new = self.there()[len(self.model) :]
        assert told <= len(new), f"{told} acknowledged, {len(new)} there"
        assert new == [str(line["id"]) for line in lines][: len(new)]
        self.model += new

    def full(self) -> None:
        def work() -> None:
            size = self.path.stat().st_size
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            with open_register(str(self.path)) as register, register.writing(now) as writer:
                for number in range(60):
                    writer.add(read_line(call(f"full{number}", self.chance, note="长" * 2000)))

        assert ended([fork(_refused(work))]) == [0], "a full disk was no failure"

    def clock_back(self) -> None:
        moment = now() - self.chance.randint(1, 10**11)
        line = self.lines(1)[0]
        with open_register(str(self.path)) as register, register.writing(lambda: moment) as writer:
            writer.add(read_line(line))
        self.model.append(str(line["id"]))

    def keep(self) -> None:
        with open_register(str(self.path)) as register:
            backup(register, self.copy, overwrite=True)
        self.copied = list(self.model)

    def bring_back(self) -> None:
        if self.copied is not None:
            restore(self.copy, str(self.path), force=True)
            self.model = list(self.copied)


def _refused(work: Callable[[], None]) -> Callable[[], None]:
    def run_it() -> None:
        try:
            work()
        except sqlite.StorageFailed:
            return
        raise AssertionError("nothing was refused")

    return run_it


_DEEDS = (
    *(_World.log,) * 3,
    *(_World.killed,) * 3,
    _World.again,
    _World.full,
    _World.clock_back,
    _World.keep,
    _World.bring_back,
)


def _simulated(scale: Scale) -> Figures:
    world = _World(f"{scale.seed}", scale.folder)
    counts: dict[str, int] = {}
    for step in range(scale.of(60, 600)):
        deed = world.chance.choice(_DEEDS)
        counts[deed.__name__] = counts.get(deed.__name__, 0) + 1
        deed(world)
        if world.there() != world.model:
            return Figures(False, f"seed {scale.seed}, step {step}, {deed.__name__}: not the model")
        fault = faults_of(world.path, {}) if step % 10 == 9 else None
        if fault:
            return Figures(False, f"seed {scale.seed}, step {step}, {deed.__name__}: {fault}")
    shown = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return Figures(True, f"seed {scale.seed}: {shown}; {len(world.model)} entries as in the model")


LINES = (
    Line(
        "simulator",
        "random commands and faults",
        "what a simple model says is there, in order",
        _simulated,
    ),
)
