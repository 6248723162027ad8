"""The guide to PostgreSQL does what it says, in both languages."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from .conftest import Invoke, Query

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
GUIDES = [DOCS / "postgresql.md", DOCS / "zh" / "postgresql.md"]
ADDRESS = "postgresql+psycopg://owner@db.example/conflicts"


@pytest.mark.parametrize("guide", GUIDES, ids=["en", "zh"])
def test_every_command_of_the_guide_runs(
    guide: Path,
    invoke: Invoke,
    query: Query,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    invoke("init", "--timezone", "UTC", db="register.db")
    commands = 0
    for block in re.findall(r"^```sh\n(.*?)^```$", guide.read_text("utf-8"), re.M | re.S):
        for line in block.splitlines():
            words = shlex.split(line.replace(ADDRESS, address))
            if words[0] != "conflictctl":
                continue
            if words[1] == "copy":  # instead of `init`
                query("DROP SCHEMA public CASCADE")
                query("CREATE SCHEMA public")
            invoke(*words[1:])
            commands += 1
    assert commands >= 9
