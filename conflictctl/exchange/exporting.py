"""The register into a file: every event as an interchange line or a CSV row."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import orjson

from conflictctl.calendar import Moment
from conflictctl.erasure import erased_by, words
from conflictctl.errors import InputRejected, StorageFailed
from conflictctl.events import CLAIM_CASE, KINDS, REFERENCE_FIELDS, Event, claim_of, line_of
from conflictctl.exchange.source import Format
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.register.store import Register

LISTS_OF_REFERENCES = {"strikes", "evidence"}
_BLOCK = 1 << 16
_SHEET_ROWS = 1_048_576
_CELL_LENGTH = 32_767  # characters of UTF-16


def export(
    register: Register,
    out: IO[bytes],
    *,
    format: Format = "jsonl",
    customer: str | None = None,
    kind: str | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    last: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write the events in the order of the register; return how many.

    What the register itself wrote (settings, attestations, checkpoints, notifications) is
    left out.  `customer` takes the entries that concern that customer, `since` and `until`
    those that happened from then and before then, `last` nothing after that `seq`.
    `progress` hears the seq reached of the last one.
    """
    last = register.head().seq if last is None else last

    def chosen() -> Iterator[Event]:
        for event in register.events(kind=kind, customer=customer):
            if event.seq > last:
                return
            if KINDS[event.kind].group == "register":
                continue
            if (since is None or event.at >= since) and (until is None or event.at < until):
                yield event

    lines = _Lines(register)
    if format == "jsonl":
        return _write_jsonl(map(lines.of, _watched(chosen(), progress, last)), out)
    # A header comes first, and only a first reading tells which columns are in use.
    used = {name for event in chosen() for name in event.fields}
    watched = map(lines.of, _watched(chosen(), progress, last))
    return (_write_book if format == "xlsx" else _write_csv)(watched, used, out)


@contextmanager
def open_private(path: Path, *, force: bool = False) -> Iterator[IO[bytes]]:
    """A file of its owner's alone, put in place whole when the block ends.

    Raises InputRejected for a file that exists (unless `force`), StorageFailed where it
    cannot be written, or is a link that leads to somebody else's file.
    """
    from conflictctl.register.sqlite import check_link

    check_link(path)
    if (path.exists() or path.is_symlink()) and not force:
        raise InputRejected(
            Sentence("{path} exists", path=str(path)),
            Sentence("name another file, or overwrite it with --force"),
        )
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageFailed(
            Sentence(
                "{path} cannot be written: {problem}",
                path=str(path),
                problem=error.strerror or str(error),
            ),
            Sentence("check the folder's permissions and the space on the disk"),
        ) from error


class _Lines:
    """Events as lines that stand on their own: every reference by id."""

    def __init__(self, register: Register) -> None:
        from conflictctl.register.erasing import last_redaction

        self._register = register
        self._origin = register.origin
        self._attesters = register.attesters()
        self._redacted = last_redaction(register) is not None

    def of(self, event: Event) -> dict[str, Any]:
        attester = self._attesters.get(event.attestation) if event.attestation is not None else None
        line = line_of(event, self._origin, attester)
        field = REFERENCE_FIELDS.get(event.kind)
        if field is not None and field in line:
            line[field] = self._portable(line[field])
        for name in LISTS_OF_REFERENCES & line.keys():
            line[name] = [self._portable(ref) for ref in line[name]]
        if "case" in line:
            line["case"] = self._portable_case(line["case"])
        if self._redacted:
            line = {name: self._portable_words(value) for name, value in line.items()}
        if event.kind == "correction":
            line["changes"] = {
                name: self._portable_change(name, value) for name, value in line["changes"].items()
            }
        return line

    def _portable(self, ref: str | int) -> str:
        # The register settles on the id where there is one; a number is one without.
        return f"{self._origin}#{ref}" if isinstance(ref, int) else ref

    def _portable_words(self, value: Any) -> Any:
        """What stands for erased words, so that it names the erasure in any register."""
        if isinstance(value, dict):
            return {name: self._portable_words(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._portable_words(each) for each in value]
        ref = erased_by(value)
        return words(f"{self._origin}{ref}") if ref is not None and ref[0] == "#" else value

    def _portable_case(self, case: str) -> str:
        claim = claim_of(case)
        if claim is None or not claim.startswith("#"):
            return case
        return f"{CLAIM_CASE}{self._origin}{claim}"

    def _portable_change(self, name: str, value: Any) -> Any:
        if name in REFERENCE_FIELDS.values() and isinstance(value, int):
            return self._portable(value)
        if name in LISTS_OF_REFERENCES and isinstance(value, list):
            return [self._portable(ref) for ref in value]
        return value


def _watched(
    events: Iterator[Event], progress: Callable[[int, int], None] | None, last: int
) -> Iterator[Event]:
    if progress is None:
        yield from events
        return
    for event in events:
        if event.seq % 1024 == 0:
            progress(event.seq, last)
        yield event
    progress(last, last)


def _write_jsonl(lines: Iterator[dict[str, Any]], out: IO[bytes]) -> int:
    count = 0
    block = bytearray()
    for line in lines:
        block += orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
        count += 1
        if len(block) > _BLOCK:
            out.write(block)
            block.clear()
    out.write(block)
    return count


def _columns(used: set[str]) -> list[str]:
    from conflictctl.exchange.csvfile import COMMON_COLUMNS, FIELD_COLUMNS

    return [*COMMON_COLUMNS, *(name for name in FIELD_COLUMNS if name in used), "attested_by"]


def _write_book(lines: Iterator[dict[str, Any]], used: set[str], out: IO[bytes]) -> int:
    """A workbook with the cells of the CSV form, every one of them text and none a formula.

    Raises InputRejected where a sheet cannot hold the rows, or a cell its text.
    """
    import xlsxwriter

    from conflictctl.exchange.csvfile import write_cell

    columns = _columns(used)
    # Row after row goes to the disk at once, so that a large export needs little memory.
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    try:
        sheet = book.add_worksheet("events")
        bold = book.add_format({"bold": True, "bottom": 1})
        text = book.add_format({"num_format": "@"})
        sheet.set_column(0, len(columns) - 1, 18, text)
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(columns):
            sheet.write_string(0, place, name, bold)
        count = 0
        for line in lines:
            count += 1
            if count >= _SHEET_ROWS:
                raise InputRejected(
                    Sentence("a sheet holds {rows} rows, and there are more", rows=_SHEET_ROWS),
                    Sentence("choose fewer with --since, or export as CSV"),
                )
            for place, name in enumerate(columns):
                if name in line:
                    cell = write_cell(name, line["kind"], line[name])
                    if len(cell.encode("utf-16-le")) > 2 * _CELL_LENGTH:
                        raise InputRejected(
                            Sentence(
                                "{name} of {event} is longer than the {limit} characters of a cell",
                                name=name,
                                event=line.get("id", "-"),
                                limit=_CELL_LENGTH,
                            ),
                            Sentence("export as CSV"),
                        )
                    sheet.write_string(count, place, cell, text)
    finally:
        book.close()
    return count


def _write_csv(lines: Iterator[dict[str, Any]], used: set[str], out: IO[bytes]) -> int:
    from conflictctl.exchange.csvfile import write_cell

    columns = _columns(used)
    block = io.StringIO(newline="")
    writer = csv.writer(block)
    out.write(codecs.BOM_UTF8)
    writer.writerow(columns)
    count = 0
    for line in lines:
        kind = line["kind"]
        writer.writerow(
            [write_cell(name, kind, line[name]) if name in line else "" for name in columns]
        )
        count += 1
        if block.tell() > _BLOCK:
            _hand_over(block, out)
    _hand_over(block, out)
    return count


def _hand_over(block: io.StringIO, out: IO[bytes]) -> None:
    out.write(block.getvalue().encode("utf-8"))
    block.seek(0)
    block.truncate()
