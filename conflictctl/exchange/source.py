"""A file to be imported, opened: its digest, its encoding, and its lines as UTF-8.

Everything behind this module sees UTF-8.  A file in another encoding is rewritten into
an unnamed temporary file first; standard input and pipes are kept in one, because a file
is read twice: once for its digest and its encoding, once for its events.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

from conflictctl.errors import InputRejected, StorageFailed, WrongUsage
from conflictctl.wording import Sentence

Format = Literal["jsonl", "csv", "xlsx"]
"""`xlsx` stands for a workbook of any kind: .xlsx, .xlsm, .xlsb, .xls, .ods."""
Progress = Callable[[int, int], None]

BLOCK = 1 << 20
LINE_LIMIT = 2 << 20
"""Bytes of the longest line read; two notes of full length, escaped, fit."""

KnownHead = Callable[[str, str], bool]
"""Whether a text, read in an encoding, begins with headings of a known sheet."""

_BOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # zip (xlsx, ods), OLE (xls, or encrypted)
_SPOOL_IN_MEMORY = 8 << 20
_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
}
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ASK = Sentence("say which encoding it is in, for example --encoding gb18030, or save it as UTF-8")


class Source(NamedTuple):
    """An opened file: `stream` is seekable UTF-8 whose text begins at `start`.

    Of a workbook (`format` xlsx) it is the file's own bytes.
    `path` is None for standard input; `digest` is that of the bytes as they were given,
    `size` the length of `stream` in bytes, `encoding` the one the file was read in.
    """

    path: Path | None
    format: Format
    digest: str
    size: int
    encoding: str
    stream: IO[bytes]
    start: int
    stamp: tuple[int, int]

    @property
    def name(self) -> str:
        """The file's name without its folder; `-` for standard input."""
        return "-" if self.path is None else self.path.name

    def changed(self) -> bool:
        """Whether the file was written to since it was opened."""
        return _stamp(self.stream) != self.stamp


@contextmanager
def open_source(
    path: Path | Literal["-"],
    *,
    encoding: str | None = None,
    format: Format | None = None,
    known: KnownHead | None = None,
) -> Iterator[Source]:
    """Open a file, or standard input for `-`, for two readings.

    `known` says whether a text begins with headings of a known sheet.  With it, workbooks are
    opened too, and UTF-16 without a mark and GB18030 are recognised by their headings.

    Raises WrongUsage where there is no such file, StorageFailed where it may not be read,
    InputRejected where it is no text or its encoding cannot be told with certainty.
    """
    with ExitStack() as stack:
        given = _seekable(path, stack)
        head = given.read(1 << 12)
        if known is not None and head.startswith(_BOOKS):
            digest, size, _ = _survey(given, check_utf8=False)
            yield _book(path, given, digest, size)
            return
        encoding = _named(encoding) or _marked(head)
        if encoding is None and known is not None:
            encoding = _unmarked_utf16(head, known)
        if encoding is None:
            _refuse_binary(head)
        digest, size, clean = _survey(given, check_utf8=encoding is None)
        guessed = encoding is None
        if encoding is None:
            encoding = "utf-8" if clean else _settle(given, size, head, known)
        if encoding == "utf-8":
            stream = given
        else:
            stream = stack.enter_context(_spool())
            size = _transcode(given, encoding, stream, lenient=guessed and known is not None)
        stream.seek(0)
        start = len(codecs.BOM_UTF8) if stream.read(3) == codecs.BOM_UTF8 else 0
        stream.seek(start)
        kind = format or _SUFFIXES.get(Path(path).suffix.lower()) or _looks_like(stream)
        if kind == "xlsx":
            kind = "csv"  # a text that is only named like a workbook
        yield Source(
            None if path == "-" else path,
            kind,
            digest,
            size,
            encoding,
            stream,
            start,
            _stamp(stream),
        )


def numbered_lines(source: Source, progress: Progress | None = None) -> Iterator[tuple[int, bytes]]:
    """Every line of a source without its end, with its number from 1; see `_split`."""
    source.stream.seek(source.start)
    return _split(source.stream, source.size - source.start, progress)


def _split(
    stream: IO[bytes], size: int, progress: Progress | None = None
) -> Iterator[tuple[int, bytes]]:
    """Lines in bounded memory: one longer than LINE_LIMIT comes cut, but still longer.

    Reads `size` bytes and no more, even if the file grows meanwhile.
    """
    number = done = 0
    tail = b""
    while block := stream.read(min(BLOCK, size - done)):
        pieces = block.split(b"\n")
        pieces[0] = tail + pieces[0]
        tail = pieces.pop()
        for piece in pieces:
            number += 1
            yield number, piece
        tail = tail[: LINE_LIMIT + 1]
        done += len(block)
        if progress is not None:
            progress(done, size)
    if tail:
        yield number + 1, tail


# ------------------------------------------------------------------------- opening


def _stamp(stream: IO[bytes]) -> tuple[int, int]:
    """Size and time of the last change of a file; equal for ever for a private one."""
    if isinstance(stream, io.BufferedReader):
        state = os.fstat(stream.fileno())
        return state.st_size, state.st_mtime_ns
    return 0, 0


def _book(path: Path | Literal["-"], stream: IO[bytes], digest: str, size: int) -> Source:
    stream.seek(0)
    return Source(
        None if path == "-" else path, "xlsx", digest, size, "-", stream, 0, _stamp(stream)
    )


def _seekable(path: Path | Literal["-"], stack: ExitStack) -> IO[bytes]:
    if path == "-":
        given: IO[bytes] = sys.stdin.buffer
        regular = False
    else:
        try:
            given = stack.enter_context(path.open("rb"))
        except (FileNotFoundError, NotADirectoryError):
            raise WrongUsage(
                Sentence("there is no file {path}", path=str(path)),
                Sentence("check the name; - reads standard input"),
            ) from None
        except IsADirectoryError:
            raise WrongUsage(
                Sentence("{path} is a folder", path=str(path)),
                Sentence("name the file in it"),
            ) from None
        except (OSError, ValueError):
            raise StorageFailed(
                Sentence("{path} cannot be read", path=str(path)),
                Sentence("check who may read it"),
            ) from None
        regular = stat.S_ISREG(Path(path).stat().st_mode)
    if regular:
        return given
    spool = stack.enter_context(_spool())
    while block := given.read(BLOCK):
        spool.write(block)
    spool.seek(0)
    return spool


def _spool() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY)


def _survey(stream: IO[bytes], *, check_utf8: bool) -> tuple[str, int, bool]:
    """Digest, size, and whether all of it is UTF-8 (False when not asked)."""
    stream.seek(0)
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = 0
    clean = check_utf8
    while block := stream.read(BLOCK):
        digest.update(block)
        size += len(block)
        if clean:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                clean = False
    if clean:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            clean = False
    return f"sha256:{digest.hexdigest()}", size, clean


def _looks_like(stream: IO[bytes]) -> Format:
    place = stream.tell()
    head = stream.read(1 << 12).lstrip()
    stream.seek(place)
    return "jsonl" if head[:1] in (b"{", b"[") else "csv"


# ------------------------------------------------------------------------ encodings


def _named(encoding: str | None) -> str | None:
    if encoding is None:
        return None
    try:
        codec: Any = codecs.lookup(encoding)
    except (LookupError, ValueError):
        codec = None
    if codec is None or not codec._is_text_encoding:
        raise WrongUsage(
            Sentence("there is no encoding {encoding}", encoding=encoding),
            Sentence("--encoding takes for example utf-8, gb18030, big5, utf-16"),
        )
    # GB18030 holds all of its two forerunners, and Windows calls it by their names.
    return {"gbk": "gb18030", "gb2312": "gb18030", "utf-8-sig": "utf-8"}.get(
        codec.name, str(codec.name)
    )


def _marked(head: bytes) -> str | None:
    return next((name for mark, name in _BOMS if head.startswith(mark)), None)


def _refuse_binary(head: bytes) -> None:
    if head.startswith(_BOOKS):
        raise InputRejected(
            Sentence("this is an Excel workbook, not a text file"),
            Sentence("save the sheet as CSV UTF-8 and import that"),
        )
    # One in a line is that line's fault; many are the other half of UTF-16.
    if 4 * head.count(0) > len(head):
        raise InputRejected(
            Sentence("the file holds NUL bytes: it is no text, or UTF-16 without a mark"), _ASK
        )


def _unmarked_utf16(head: bytes, known: KnownHead) -> str | None:
    """UTF-16 without a mark: its commas and digits hold NUL bytes, and its headings are known."""
    if b"\0" not in head:
        return None
    whole = head[: len(head) // 2 * 2]
    for encoding in ("utf-16-le", "utf-16-be"):
        if known(whole.decode(encoding, "replace"), encoding):
            return encoding
    return None


def _transcode(given: IO[bytes], encoding: str, into: IO[bytes], *, lenient: bool = False) -> int:
    """Rewrite as UTF-8, line ends untouched; return the size in bytes.

    `lenient`: what cannot be read becomes U+FFFD, for the row to be refused by itself.
    """
    given.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("replace" if lenient else "strict")
    size = 0
    line = 1
    while True:
        block = given.read(BLOCK)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            raise InputRejected(
                Sentence("line {line} is not {encoding}", line=line, encoding=encoding), _ASK
            ) from None
        line += text.count("\n")
        # Lone surrogates can come out of UTF-16 only; what reads the line refuses them.
        size += into.write(text.encode("utf-8", "surrogatepass"))
        if not block:
            return size


def _settle(stream: IO[bytes], size: int, head: bytes, known: KnownHead | None) -> str:
    """The encoding of a file that is not UTF-8 throughout, where it can be told.

    `utf-8` where most lines beyond ASCII are UTF-8: the others are damaged, and refused
    one by one.  `gb18030` where none is surely UTF-8, all can be read as GB18030, and
    nearly every character so read is of the everyday set: GB18030 reads Big5 or damaged
    UTF-8 without complaint, but into rare characters.  Headings that are `known` settle it,
    whatever a damaged line says.
    """
    if known is not None:
        for encoding in ("utf-8", "gb18030"):
            if known(head.decode(encoding, "replace"), encoding):
                return encoding
    good = surely = characters = everyday = 0
    bad = first_bad = 0
    legible = True
    stream.seek(0)
    for number, raw in _split(stream, size):
        if raw.isascii():
            continue
        if _decodes(raw, "utf-8"):
            good += 1
            surely += sum(byte > 0x7F for byte in raw) >= _NO_ACCIDENT
            continue
        bad += 1
        first_bad = first_bad or number
        legible = legible and _decodes(raw, "gb18030")
        if legible:
            beyond = [char for char in raw.decode("gb18030") if char > "\x7f"]
            characters += len(beyond)
            everyday += sum(map(_everyday, beyond))
    if good > bad:
        return "utf-8"
    if legible and not surely and everyday >= 0.8 * characters:
        return "gb18030"
    raise InputRejected(
        Sentence(
            "line {line} is not UTF-8, and what the file is instead cannot be told with certainty",
            line=first_bad,
        ),
        _ASK,
    )


# A line of GB18030 with six Chinese characters is valid UTF-8 once in some 100,000.
_NO_ACCIDENT = 12


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _everyday(char: str) -> bool:
    """Whether a character is of GB 2312, the set of 1980, and not a private one."""
    code = char.encode("gb18030")
    return len(code) == 2 and min(code) >= 0xA1 and not "\ue000" <= char <= "\uf8ff"
