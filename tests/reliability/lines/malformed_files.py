"""G19: files as nobody should send them are refused row by row, and nothing of them is written."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from conflictctl.calendar import DAY, parse_time
from conflictctl.register.store import create_register, open_register
from tests.exchange import malformed
from tests.exchange.books import spoiled_book
from tests.exchange.malformed import ALWAYS_WRONG, csv_bytes, csv_rows, jsonl, spoiled
from tests.reliability.commands import fault_of, invoke, nobody
from tests.reliability.frame import Figures, Line, Scale, told

_LINES = len(malformed.LINES)
_NOW = parse_time("2013-04-01T09:00:00+08:00")[0]
_TOLD_BY_LINE = re.compile(r"^line \d+", re.MULTILINE)
_WHOLE_FILE = re.compile(r"^error: (?!\d+ of \d+ rows)", re.MULTILINE)


class _File(NamedTuple):
    """A file to be imported.  `wrong`: the line of its only row that is certainly not."""

    what: str
    suffix: str
    data: bytes
    wrong: int | None = None


def _file(chance: random.Random) -> _File:
    way = chance.random()
    if way < 0.3:
        name = chance.choice(list(ALWAYS_WRONG))
        return _File(
            name, ".jsonl", jsonl([*malformed.LINES, ALWAYS_WRONG[name](chance)]), _LINES + 1
        )
    if way < 0.4:
        rows = csv_rows()
        wrong = list(chance.choice(rows[1:]))
        wrong[rows[0].index("kind")] = chance.choice(("vist", "NaN", "\ufeffvisit", "=visit"))
        return _File("row of a CSV", ".csv", csv_bytes([*rows, wrong]), _LINES + 2)
    if way < 0.7:
        return _File("spoiled text", *spoiled(chance))
    return _File("spoiled workbook", *spoiled_book(chance))


def _fault(file: _File, path: Path, empty: Path, *, partial: bool) -> tuple[str | None, int]:
    """What was done wrong with a file, and the exit code."""
    place = path.with_name(f"file{file.suffix}")
    place.write_bytes(file.data)
    shutil.copyfile(empty, path)
    # Where the attester himself is spoiled, it is he who is not permitted.
    options = ["--attest", "sun"] if file.wrong else []
    if partial:
        rejects = path.with_name("rejects")
        rejects.unlink(missing_ok=True)
        options += ["--partial", "--rejects", str(rejects)]
    done = invoke(["import", str(place), "--db", str(path), *options])
    fault = fault_of(done, (0, 3))
    with open_register(str(path)) as register:
        written = register.head().seq - 1
    if fault is not None:
        return fault, done.code
    if file.wrong and (done.code != 3 or f"line {file.wrong}" not in done.err):
        return f"exit {done.code}, line {file.wrong} not told: {done.err[:300]}", done.code
    if done.code == 3:
        if not (_TOLD_BY_LINE.search(done.err) or _WHOLE_FILE.search(done.err)):
            return f"no line is told: {done.err[:300]}", done.code
        if written and not partial:
            return f"{written} entries written", done.code
        if partial and file.wrong and written != 1 + _LINES:
            return f"{written} entries written of {_LINES} good ones", done.code
    return None, done.code


def _measure(scale: Scale) -> Figures:
    chance = random.Random(scale.seed)
    number = scale.of(70, 10_200)
    refused = 0
    kinds: Counter[str] = Counter()
    faults: list[str] = []
    with scale.in_memory() as folder, nobody(folder):
        empty = folder / "empty.db"
        create_register(str(empty), zone="Asia/Shanghai", clock=lambda: _NOW - DAY).close()
        for _ in range(number):
            file = _file(chance)
            partial = chance.random() < 0.2
            fault, code = _fault(file, folder / "r.db", empty, partial=partial)
            refused += code == 3
            kinds[file.suffix] += 1
            if fault is not None:
                faults.append(f"{file.what} {file.suffix}: {fault}")
    said = ", ".join(f"{count} {suffix}" for suffix, count in kinds.most_common())
    return Figures(not faults, told(f"{number} files ({said}), {refused} refused", faults))


LINES = (
    Line(
        "G19",
        "malformed files",
        "bad rows told by line, exit 3, nothing written, no traceback",
        _measure,
    ),
)
