"""What can be done before one's turn to write is done before it: others wait for its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.sql.compiler import SQLCompiler

from conflictctl.register import sqlite

from .conftest import Invoke

CALL = {"kind": "call", "customer": "K1", "by": "wang", "direction": "in"}


@pytest.mark.parametrize(
    ("command", "stdin"),
    [
        (("log-call", "K1", "--by", "wang", "--direction", "in"), None),
        (("log", "-"), json.dumps(CALL)),
    ],
)
def test_no_statement_is_put_together_while_others_wait(
    showroom: Path,
    invoke: Invoke,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    stdin: str | None,
) -> None:
    turn: list[str] = []
    during: list[str] = []
    begin, commit, make = sqlite.begin, sqlite.commit, SQLCompiler.__init__

    def begun(*arguments: Any) -> None:
        begin(*arguments)
        turn.append("ours")

    def committed(*arguments: Any) -> None:
        assert turn == ["ours"]
        turn.clear()
        commit(*arguments)

    def made(self: SQLCompiler, dialect: Any, statement: Any, *rest: Any, **more: Any) -> None:
        if turn:
            during.append(type(statement).__name__)
        make(self, dialect, statement, *rest, **more)

    monkeypatch.setattr(sqlite, "begin", begun)
    monkeypatch.setattr(sqlite, "commit", committed)
    monkeypatch.setattr(SQLCompiler, "__init__", made)
    assert "recorded #" in invoke(*command, "--as", "sun", stdin=stdin).stdout
    assert during == []
