"""Commands run in this process, on one register."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from typer.testing import CliRunner, Result

from conflictctl.cli.app import app
from conflictctl.render.language import set_language


class Invoke(Protocol):
    """Runs a command in this process and demands an exit code."""

    def __call__(
        self,
        *arguments: str,
        code: int = 0,
        stdin: str | bytes | None = None,
        env: dict[str, str] | None = None,
    ) -> Result: ...


def invoking(register: Path | str) -> Iterator[Invoke]:
    """For a fixture to yield from: `invoke("verdict", "C-020", code=0)` on a register."""

    def run(
        *arguments: str,
        code: int = 0,
        stdin: str | bytes | None = None,
        env: dict[str, str] | None = None,
    ) -> Result:
        result = CliRunner().invoke(
            app,
            list(arguments),
            input=stdin,
            env={"CONFLICTCTL_DB": str(register), **(env or {})},
        )
        assert result.exit_code == code, (arguments, result.exit_code, result.output)
        assert "Traceback" not in result.output
        assert "internal error" not in result.output
        return result

    yield run
    set_language("en")
