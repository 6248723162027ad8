"""G27: readers who leave, locales and terminals of other encodings, streams that are closed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from conflictctl.cli.app import app
from tests.reliability.commands import ALLOWED, Command, call, every_command
from tests.reliability.frame import Figures, Line, Scale, told
from tests.reliability.processes import fork
from tests.reliability.showroom import EVERY_KIND, make

_PIPE_CLOSED = 141


class _Surroundings(NamedTuple):
    """Where a command runs: its environment, and what is done to its streams in the child."""

    name: str
    env: dict[str, str]
    encoding: str = "utf-8"
    prepare: Callable[[], None] = lambda: None
    argument: str | None = None
    """A text given as an argument, in the bytes of that encoding."""
    codes: frozenset[int] = ALLOWED


def _nobody_reads() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    os.dup2(writing, 1)


def _full() -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)


_SURROUNDINGS = (
    _Surroundings("a reader who left", {}, prepare=_nobody_reads, codes=ALLOWED | {_PIPE_CLOSED}),
    _Surroundings("a full disk behind >", {}, prepare=_full),
    _Surroundings("standard output closed", {}, prepare=lambda: os.close(1)),
    _Surroundings("standard error closed", {}, prepare=lambda: os.close(2)),
    _Surroundings("standard input closed", {}, prepare=lambda: os.close(0)),
    _Surroundings("LC_ALL=C", {"LC_ALL": "C", "PYTHONUTF8": "0"}, "ascii", argument="王"),
    _Surroundings("a GBK terminal", {"LANG": "zh_CN.GBK"}, "gbk", argument="王\u202e"),
    _Surroundings("TERM=dumb", {"TERM": "dumb"}),
)


def _open_streams(encoding: str) -> None:
    """Standard streams as the interpreter opens them; one that is closed is None."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            setattr(sys, name, None)
            continue
        errors = "backslashreplace" if number == 2 else "strict"
        stream = open(number, mode, encoding=encoding, errors=errors, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)


class _Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: bytes
    err: bytes


def _run(words: list[str], around: _Surroundings, folder: Path) -> _Ended:
    files = [folder / "out", folder / "err"]

    def work() -> None:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, file in enumerate(files, 1):
            os.dup2(os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY), number)
        around.prepare()
        for name in [name for name in os.environ if name.startswith(("CONFLICTCTL_", "LC_"))]:
            del os.environ[name]
        os.environ.update({"LANG": "C.UTF-8", "HOME": str(folder), "NO_COLOR": "1"} | around.env)
        _open_streams(around.encoding)
        app(words, prog_name="conflictctl")

    for file in files:
        file.write_bytes(b"")
    child = fork(work)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return _Ended(code, *(file.read_bytes() for file in files))


def _words(command: Command, around: _Surroundings) -> list[str]:
    """The command with what it needs, or with the argument for what it asks for first."""
    if around.argument is None:
        return call(command, None, "", {})
    first = next((one for one in command.parameters if one.param_type_name == "argument"), None)
    # Bytes that are not of the locale's encoding come as surrogates.
    text = around.argument.encode("gbk", "ignore").decode("ascii", "surrogateescape")
    chosen = around.argument if around.encoding == "gbk" else text
    return call(command, first, chosen if first is not None else "", {})


def _fault(around: _Surroundings, ended: _Ended) -> str | None:
    if ended.code not in around.codes:
        return f"exit {ended.code}: {ended.err[-300:]!r}"
    if b"Traceback" in ended.out + ended.err or b"internal error" in ended.err:
        return repr(ended.err[-300:])
    if b"Exception ignored" in ended.err:
        return repr(ended.err[-300:])
    for data in (ended.out, ended.err):
        if around.encoding != "utf-8":
            data.decode(around.encoding)  # raises for what the terminal cannot show
        if b"\x1b" in data:
            return f"an escape code where nobody looks: {data[:200]!r}"
    return None


def _whole_programs(path: Path, folder: Path) -> list[str]:
    """Some commands as a shell starts them, interpreter and all."""
    program = f"{sys.executable} -m conflictctl"
    db = f"--db {path}"
    faults = []
    for line in (
        f"{program} export {db} | head -c 10 >/dev/null",
        f"{program} verdict --all --format jsonl {db} | head -n 0",
        f"LC_ALL=C {program} customer list {db} >/dev/null",
        f"PYTHONIOENCODING=gbk LANG=zh_CN.GBK {program} timeline K1 {db} >/dev/null",
        f"LC_ALL=C PYTHONUTF8=0 {program} customer find \"$(printf '\\315\\365')\" {db} >/dev/null",
        f"{program} status {db} >&-",
        f"{program} customer show nobody {db} 2>&-",
        f"{program} status {db} </dev/null | cat >/dev/null",
        f"TERM=dumb {program} policy show {db} | head -n 1 >/dev/null",
    ):
        done = subprocess.run(
            ["/bin/bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
            capture_output=True, cwd=folder, check=False,
        )  # fmt: skip
        bad = done.returncode not in ALLOWED | {_PIPE_CLOSED}
        if bad or b"Traceback" in done.stderr or b"Exception ignored" in done.stderr:
            faults.append(f"{line}: exit {done.returncode}: {done.stderr[-300:]!r}")
    return faults


def _measure(scale: Scale) -> Figures:
    chance = random.Random(scale.seed)
    commands = list(every_command())
    faults: list[str] = []
    tried = 0
    with scale.in_memory() as folder:
        whole = make(folder / "whole.db", EVERY_KIND)
        path = folder / "r.db"
        for around in _SURROUNDINGS:
            for command in commands if scale.full else chance.sample(commands, 4):
                shutil.copyfile(whole, path)
                for lang in ("en", "zh") if scale.full else (chance.choice(("en", "zh")),):
                    acting = ["--db", str(path), "--as", "sun", "--lang", lang]
                    words = [*_words(command, around), *acting]
                    tried += 1
                    try:
                        fault = _fault(around, _run(words, around, folder))
                    except UnicodeDecodeError as error:
                        fault = str(error)
                    if fault is not None:
                        faults.append(f"{around.name}: {command.path}: {fault}")
        faults += _whole_programs(whole, folder) if scale.full else []
    return Figures(
        not faults,
        told(f"{tried} commands in {len(_SURROUNDINGS)} surroundings", faults),
    )


LINES = (
    Line(
        "G27",
        "readers who leave, closed streams, LC_ALL=C, GBK terminal and arguments, dumb terminals",
        "right exit code, no traceback",
        _measure,
    ),
)
