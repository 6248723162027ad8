"""G2: the power goes at any moment; what the disk had not been told to keep may be gone."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

from tests.reliability.frame import Figures, Line, Scale
from tests.reliability.power.losses import Losses, tried
from tests.reliability.power.work import OURS, Settings, told
from tests.reliability.showroom import scratch

CONTROLS = {
    "DELETE/FULL": Settings("DELETE", "FULL"),
    "TRUNCATE/NORMAL": Settings("TRUNCATE", "NORMAL"),
    "TRUNCATE/OFF": Settings("TRUNCATE", "OFF"),
    "MEMORY/EXTRA": Settings("MEMORY", "EXTRA"),
}
"""Weaker settings, with which the same simulation must find losses."""


def _run(scale: Scale, folder: Path, settings: Settings | None, name: str, states: int) -> Losses:
    """States of several days, each with work of its own."""
    total = Losses()
    for day in range(max(1, states // 400)):
        chance = random.Random(f"{scale.seed} {name} {day}")
        place = scratch(folder / name.replace("/", "-") / str(day))
        work = told(place, chance, 16, settings)
        total += tried(work, chance, min(states, 400), place / "after")
    return total


def _power(scale: Scale) -> Figures:
    with scale.in_memory() as folder:
        ours = _run(scale, folder, OURS, "own", scale.of(800, 10_000))
        controls = {
            name: _run(scale, folder, settings, name, scale.of(200, 1200))
            for name, settings in CONTROLS.items()
        }
    shown = "; ".join(
        f"{name}: {found.lost} lost, {found.corrupt} corrupt of {found.states}"
        for name, found in controls.items()
    )
    return Figures(
        ours.lost == ours.corrupt == 0
        and all(found.lost + found.corrupt for found in controls.values()),
        f"{ours.states} states ({ours.again} of them during recovery) with TRUNCATE/EXTRA, "
        f"SQLite {sqlite3.sqlite_version}: {ours.lost} lost, {ours.corrupt} corrupt; the same "
        f"simulation with weaker settings: {shown}",
    )


LINES = (
    Line(
        "G2",
        "power loss, torn and reordered writes (simulated disk under SQLite)",
        "10,000 states: none corrupt, no acknowledged event lost; weaker settings must fail",
        _power,
    ),
)
