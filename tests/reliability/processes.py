"""Commands of the program in processes of their own, started fast enough to be killed often.

A child is forked from a process that has everything imported: the command line, the register,
SQLite and the file are the real ones, only the start of Python is spared.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

_IMPORTED = (
    *(f"conflictctl.cli.{name}" for name in ("app", "care", "audit", "write", "log_lines")),
    *(f"conflictctl.cli.{name}" for name in ("exchange", "mend", "customer", "verdict")),
    *(f"conflictctl.register.{name}" for name in ("store", "audit", "backup", "upgrade")),
)


class Killed(NamedTuple):
    """A command's end: its exit code (negative: a signal) and what it had printed."""

    code: int
    out: str
    err: str


class Running:
    """A command in a child process; `feed` writes to its standard input."""

    def __init__(self, arguments: Sequence[str], folder: Path, *, env: dict[str, str]) -> None:
        self._files = [folder / "out", folder / "err"]
        for file in self._files:
            file.write_bytes(b"")
        hear, self._tell = os.pipe()
        os.set_blocking(self._tell, False)
        self.pid = fork(lambda: _run(arguments, hear, self._files, env))
        os.close(hear)

    def feed(self, text: str) -> bool:
        """Hand it some lines; False if it has not taken the earlier ones yet, or is gone."""
        try:
            os.write(self._tell, text.encode())
        except (BlockingIOError, BrokenPipeError):
            return False
        return True

    def end_input(self) -> None:
        """Let it read to the end."""
        if self._tell >= 0:
            os.close(self._tell)
            self._tell = -1

    def running(self) -> bool:
        """Whether it has not ended yet."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def kill(self) -> Killed:
        """End it with kill -9, if it has not ended by itself."""
        os.kill(self.pid, signal.SIGKILL)
        return self.wait()

    def wait(self) -> Killed:
        """Wait for its end."""
        self.end_input()
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return Killed(code, *(file.read_text("utf-8", "replace") for file in self._files))


def run(arguments: Sequence[str], folder: Path, stdin: str = "", **env: str) -> Killed:
    """A command from beginning to end."""
    child = Running(arguments, folder, env=env)
    if stdin:
        os.set_blocking(child._tell, True)
        child.feed(stdin)
    child.end_input()
    return child.wait()


def fork(work: Callable[[], object]) -> int:
    """Do some work in a child; its exit code is 0 unless the work raised."""
    for name in _IMPORTED:
        import_module(name)
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException as error:
        os.write(2, f"{error!r}\n".encode())
    finally:
        os._exit(code)


def ended(children: Sequence[int]) -> list[int]:
    """The exit codes of some children, when all have ended."""
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def _run(arguments: Sequence[str], stdin: int, files: Sequence[Path], env: dict[str, str]) -> None:
    """What the child does; nothing of the person who measures is its own but the machine."""
    import sys

    from conflictctl.cli.app import app

    os.dup2(stdin, 0)
    for number, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), number)
    for handle in range(3, 64):  # what the parent has open is none of the child's business
        try:
            os.close(handle)
        except OSError:
            continue
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, buffering, encoding="utf-8", closefd=False)  # noqa: SIM115
        for number, mode, buffering in ((0, "r", -1), (1, "w", -1), (2, "w", 1))
    )
    for name in [name for name in os.environ if name.startswith(("CONFLICTCTL_", "LC_", "XDG_"))]:
        del os.environ[name]
    os.environ.update({"NO_COLOR": "1", "LANG": "C.UTF-8", "HOME": str(files[0].parent), **env})
    app(list(arguments), prog_name="conflictctl")


def acknowledged(out: str) -> Iterator[tuple[int, str]]:
    """The places and receipts that a command said are durable.  A line cut off says nothing."""
    for line in out.splitlines(keepends=True):
        words = line.split()
        if words[:1] == ["recorded"] and line.endswith("\n"):
            yield int(words[1].removeprefix("#")), words[-1]


def pause(seconds: float) -> None:
    """Wait; for the moments at which somebody is killed."""
    time.sleep(max(0.0, seconds))
