"""`conflictctl` for a shell, as forks of one process that has the program loaded.

Each command is a process of its own, with its own folder, environment, streams and exit code; only
the start of Python and the imports, most of what a short command costs, are spared.  A start with
nothing loaded is seen by the page that runs without this (`test_docs.py`), by the tests of
starting, and by those of the wheel.

usage: python -m tests.forked FOLDER      makes FOLDER/conflictctl, and serves until its input ends
"""

from __future__ import annotations

import gc
import marshal
import os
import pkgutil
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import conflictctl

_SCRIPT = Path(sys.executable).with_name("conflictctl")
_COMMAND = """\
#!{python} -IS
import _socket, marshal, os, sys
server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
server.connect({address!r})
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
told = marshal.dumps((sys.argv[1:], os.getcwd(), dict(os.environ)))
head = len(told).to_bytes(4, "big")
server.sendmsg([head], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
server.sendall(told)
ended = server.recv(1)
os._exit(ended[0] if ended else 137)
"""


@contextmanager
def serving(folder: Path) -> Iterator[Path]:
    """A folder for the front of PATH, with such a `conflictctl` in it."""
    server = subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder)],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        assert server.stdout.readline() == b"ready\n"
        yield folder
    finally:
        server.stdin.close()
        server.stdout.close()
        server.wait()


def serve(folder: Path) -> None:
    """Fork a command for each that asks, until standard input ends."""
    address = str(folder / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(address)
        door.listen(64)
        command = folder / "conflictctl"
        command.write_text(_COMMAND.format(python=sys.executable, address=address))
        command.chmod(0o755)
        for module in pkgutil.walk_packages(conflictctl.__path__, "conflictctl."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
        gc.freeze()
        os.write(1, b"ready\n")
        running: list[int] = []
        while 0 not in select.select([door, 0], [], [])[0]:
            asked, _ = door.accept()
            child = os.fork()
            if child == 0:
                door.close()
                _answer(asked)
            asked.close()
            running = [child, *(one for one in running if os.waitpid(one, os.WNOHANG)[0] == 0)]


def _answer(asked: socket.socket) -> NoReturn:
    """Be the command, and tell its exit code."""
    code = 70
    try:
        code = _command(asked)
    finally:
        asked.send(bytes([code]))
        os._exit(code)


def _command(asked: socket.socket) -> int:
    head, streams, _, _ = socket.recv_fds(asked, 4, 3)
    size = int.from_bytes(head, "big")
    told = b""
    while len(told) < size:
        told += asked.recv(size - len(told))
    arguments, folder, environment = marshal.loads(told)

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # As Python opens them in a locale of UTF-8, line by line as on a terminal.
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, buffering, "utf-8", errors, closefd=False)  # noqa: SIM115
        for number, mode, buffering, errors in (
            (0, "r", -1, "strict"),
            (1, "w", 1, "strict"),
            (2, "w", 1, "backslashreplace"),
        )
    )
    sys.argv = [str(_SCRIPT), *arguments]
    return _run()


def _run() -> int:
    from conflictctl.cli.main import main

    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
