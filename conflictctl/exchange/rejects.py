"""The file of rejected rows: the rows as they came, to be mended and imported again."""

from __future__ import annotations

import codecs
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import IO

from conflictctl.errors import StorageFailed
from conflictctl.exchange.source import Format, Source
from conflictctl.wording import Sentence

_OWN_NAME = re.compile(r"\.rejects(-\d+)?\Z")


class Rejects:
    """Created with the first row, readable by its owner alone, never over another file."""

    def __init__(self, wanted: Path, format: Format) -> None:
        """`wanted`: the name to be taken; where it is taken already, it is numbered."""
        self.path: Path | None = None
        self._wanted = wanted
        self._csv = format == "csv"
        self._file: IO[bytes] | None = None

    def write(self, raw: bytes, header: bytes | None) -> None:
        """Add one row; a CSV file begins with the header of the file the row came from."""
        try:
            if self._file is None:
                self.path, self._file = _create(self._wanted)
                if self._csv and header is not None:
                    # The mark tells spreadsheets that this is UTF-8.
                    self._file.write(codecs.BOM_UTF8 + header + b"\n")
            self._file.write(raw + b"\n")
        except OSError as error:
            raise _unwritable(self.path or self._wanted) from error

    def finish(self) -> None:
        """Make the file durable."""
        if self._file is not None:
            try:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
            except OSError as error:
                raise _unwritable(self.path or self._wanted) from error

    def discard(self) -> None:
        """Remove what was written: the import it belongs to did not take place."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        if self.path is not None:
            with suppress(OSError):
                self.path.unlink()
            self.path = None


def default_name(source: Source) -> Path:
    """`march.rejects.jsonl` beside `march.jsonl`; where one may not write, here."""
    stem = _OWN_NAME.sub("", source.path.stem) if source.path is not None else "stdin"
    name = f"{stem}.rejects.{'jsonl' if source.format == 'jsonl' else 'csv'}"
    if source.path is not None and os.access(source.path.parent, os.W_OK):
        return source.path.with_name(name)
    return Path(name)


def _create(wanted: Path) -> tuple[Path, IO[bytes]]:
    number = 1
    path = wanted
    while True:
        try:
            return path, os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except FileExistsError:
            number += 1
            path = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")


def _unwritable(path: Path) -> StorageFailed:
    return StorageFailed(
        Sentence("the rejected rows cannot be written to {path}", path=str(path)),
        Sentence("name another file with --rejects"),
    )
