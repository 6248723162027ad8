"""Small files that a command is given: read with a bound, failures in one way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conflictctl.errors import StorageFailed
from conflictctl.wording import Sentence


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Raise StorageFailed for what the operating system says of the file while it is read."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(
            Sentence(
                "{path} cannot be read: {reason}",
                path=str(path),
                reason=error.strerror or str(error),
            ),
            Sentence("check the name of the file and its rights"),
        ) from error


def content_of(path: Path, limit: int) -> bytes:
    """The bytes of a file; of a longer one so many that it shows."""
    with path.open("rb") as file:
        return file.read(limit + 1)
