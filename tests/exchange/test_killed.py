"""An import killed at any moment leaves nothing of itself; run again, it is there once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conflictctl.register.audit import verify
from conflictctl.register.store import create_register, open_register

from .malformed import LINES, jsonl

VISITS = 12_000
COMMAND = [sys.executable, "-c", "from conflictctl.cli.main import main; main()"]


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_killed_imports_and_one_that_ends(tmp_path: Path) -> None:
    chance = random.Random(9)
    file, target = tmp_path / "many.jsonl", tmp_path / "register.db"
    file.write_bytes(
        jsonl(
            [
                *LINES,
                *(
                    {
                        "kind": "call",
                        "id": f"k{n}",
                        "at": "2013-03-05T10:00:00+08:00",
                        "by": "li",
                        "customer": "K1",
                        "direction": "in",
                    }
                    for n in range(VISITS)
                ),
            ]
        )
    )
    create_register(str(target), zone="Asia/Shanghai", clock=lambda: time.time_ns() // 1000).close()
    command = [*COMMAND, "import", str(file), "--attest", "sun", "--db", str(target)]
    started = time.monotonic()
    dry = subprocess.run([*command, "--dry-run"], check=True, capture_output=True)
    whole = time.monotonic() - started
    assert dry.returncode == 0
    for _ in range(6):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.3, 0.95) * whole)
        running.send_signal(signal.SIGKILL)
        running.wait()
        with open_register(str(target)) as register:
            assert register.head().seq in (1, 1 + 1 + len(LINES) + VISITS)
            assert verify(register).ok
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with open_register(str(target)) as register:
        ids = [event.id for event in register.events() if event.id is not None]
        assert sorted(ids) == sorted(
            {*(line["id"] for line in LINES), *(f"k{n}" for n in range(VISITS))}
        )
        assert sum(event.kind == "attestation" for event in register.events()) == 1
        assert verify(register).ok
