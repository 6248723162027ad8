"""Files in and out: `import` and `export`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from conflictctl.cli.options import explained, one_of
from conflictctl.cli.progress import WORTH_A_BAR, progress_bar
from conflictctl.cli.session import Session, session_of, system_zone
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.render.language import language, say, shown, term, tr
from conflictctl.wording import N_, Sentence, Who

if TYPE_CHECKING:
    from conflictctl.calendar import Moment
    from conflictctl.exchange.importing import ImportReport, Rejection
    from conflictctl.exchange.sheet.reading import BookTable, Plan
    from conflictctl.people import People
    from conflictctl.register.store import Register

_SHOWN = 20
_WARNINGS_SHOWN = 5
_UNDERSTOOD = 5
_BYTES_WORTH_A_BAR = 1_000_000


@explained(
    N_(
        "Read events from a file of JSON Lines, CSV or Excel.\n\n"
        "A sheet with headings of its own (a reception sheet, an export of another system) is read "
        "by a mapping: --list-mappings shows those there are, --mapping FILE takes one of your "
        "own, and where only one fits it need not be named.  --dry-run shows the first rows as "
        "they are understood, --template writes an empty sheet to fill in.\n\n"
        "The file is taken in whole or not at all: if any row is not acceptable, all such rows are "
        "listed and nothing is recorded.  With --partial the good rows are recorded and the others "
        "written to a file, to be mended there and imported.  Importing a file again adds "
        "nothing.\n\n"
        "Without --attest nobody answers for the file: what it tells counts as entered now, and so "
        "late.  Whoever is named by --attest (manager, department head or general manager) answers "
        "for its times and for what it says of others.\n\n"
        "  conflictctl import march.jsonl --attest sun\n"
        "  conflictctl import reception.xlsx --attest sun --dry-run\n"
        "  conflictctl import --template reception.xlsx"
    )
)
def import_file(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help=N_("The file; - reads standard input."))
    ] = "",
    mapping: Annotated[
        str | None,
        typer.Option(
            "--mapping",
            metavar="NAME|FILE",
            help=N_("How the sheet's headings and words are to be read."),
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(
            "--sheet", metavar="NAME", help=N_("Which sheet of a workbook; the first if left out.")
        ),
    ] = None,
    list_mappings: Annotated[
        bool, typer.Option("--list-mappings", help=N_("List the mappings there are."))
    ] = False,
    template: Annotated[
        str | None,
        typer.Option(
            "--template",
            metavar="FILE",
            help=N_("Write an empty sheet for a mapping (reception if none is named)."),
        ),
    ] = None,
    attest: Annotated[
        str | None,
        typer.Option("--attest", metavar="STAFF", help=N_("Who answers for the file, and acts.")),
    ] = None,
    partial: Annotated[
        bool,
        typer.Option("--partial", help=N_("Record the good rows and write the others to a file.")),
    ] = False,
    rejects: Annotated[
        str | None,
        typer.Option("--rejects", metavar="FILE", help=N_("Write rejected rows to this file.")),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=N_("Only say what would be recorded and rejected."))
    ] = False,
    allow_duplicates: Annotated[
        bool,
        typer.Option(
            "--allow-duplicates",
            help=N_("Record rows without an id even if the same is there already."),
        ),
    ] = False,
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding",
            metavar="NAME",
            help=N_("The file's encoding, where it is not recognised: utf-8, gb18030, big5 …"),
        ),
    ] = None,
    all_reasons: Annotated[
        bool,
        typer.Option("--all-reasons", help=N_("List every rejected row, not only the first 20.")),
    ] = False,
    manifest: Annotated[
        str | None,
        typer.Option(
            "--manifest",
            metavar="MANIFEST",
            help=N_("Take the file only if it is just what this manifest of an export names."),
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="jsonl|csv|xlsx",
            parser=one_of("--format", "jsonl", "csv", "xlsx"),
            help=N_("The form of the file; told by its name if left out."),
        ),
    ] = None,
) -> None:
    """Open the file and the register, take the one into the other, say what became of it."""
    session = session_of(ctx)
    if list_mappings:
        _list_mappings()
        return
    if template is not None:
        _write_template(session, Path(template), mapping or "reception")
        return
    if not file:
        raise WrongUsage(
            Sentence("no file is named"),
            Sentence("`conflictctl import FILE`; - reads standard input"),
        )
    from conflictctl.exchange.importing import take_in
    from conflictctl.exchange.sheet.plan import knows, planned
    from conflictctl.exchange.source import open_source

    if manifest is not None:
        _check_manifest(manifest, file)
    with (
        open_source(
            "-" if file == "-" else Path(file),
            encoding=encoding,
            format=form,  # type: ignore[arg-type]
            known=knows(mapping),
        ) as source,
        planned(source, mapping, sheet) as plan,
        _register(session, dry_run) as register,
    ):
        if attest is not None:
            session.check_login(attest, register.people())
        understood = _Understood(register)
        listed = _Listed(register, limit=None if all_reasons else _SHOWN)
        worth = source.size > _BYTES_WORTH_A_BAR and not all_reasons
        with progress_bar(tr("reading"), worth=worth) as progress:
            report = take_in(
                register,
                source,
                plan,
                clock=session.clock,
                attest=attest,
                actor=session.actor(register.people(), "staff") if attest is None else None,
                partial=partial,
                rejects=Path(rejects) if rejects is not None else None,
                dry_run=dry_run,
                allow_duplicates=allow_duplicates,
                progress=progress,
                on_rejection=listed.add,
                on_row=understood.add if dry_run else None,
                in_words=lambda reason: say(reason, None, register.calendar),
            )
        _show_plan(plan)
        understood.show()
        listed.show()
        for remark in report.remarks:
            print(tr("note:"), say(remark), file=sys.stderr)
        _show_report(report, register, dry_run=dry_run, partial=partial)


def _list_mappings() -> None:
    from conflictctl.exchange.sheet.mapping import presets

    for mapping in presets():
        print(f"{mapping.id:<20} {say(mapping.title)}")
        print(f"{'':<20} {say(mapping.checked)}")


def _write_template(session: Session, path: Path, mapping: str) -> None:
    from conflictctl.exchange.exporting import open_private
    from conflictctl.exchange.sheet.mapping import load_mapping
    from conflictctl.exchange.sheet.template import write_template

    chosen = load_mapping(mapping)
    people = None if session.missing() else session.open().people()
    with open_private(path) as out:
        write_template(chosen, people, out, chinese=language() == "zh", in_words=say)
    print(say(Sentence("wrote an empty sheet to {path}", path=str(path))), file=sys.stderr)


def _show_plan(plan: Plan | BookTable | None) -> None:
    """Which mapping reads the sheet, and what of the sheet is not read."""
    if plan is None or not plan.of_customers:
        return
    told = [Sentence("read by the mapping {mapping}", mapping=plan.mapping.id)]
    if plan.layout.unused:
        told.append(Sentence("columns that are not read: {columns}", columns=plan.layout.unused))
    if plan.grid.others:
        told.append(
            Sentence("sheets that are not read: {sheets} (--sheet)", sheets=plan.grid.others)
        )
    for sentence in told:
        print(tr("note:"), say(sentence), file=sys.stderr)


class _Understood:
    """The first rows of a sheet as they are understood, for a dry run."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._kept: list[tuple[int, list[dict[str, Any]]]] = []

    def add(self, line: int, entries: list[dict[str, Any]]) -> None:
        if len(self._kept) < _UNDERSTOOD:
            self._kept.append((line, entries))

    def show(self) -> None:
        people = self._register.people()
        for line, entries in self._kept:
            print(say(Sentence("line {line} is understood as", line=line)))
            for entry in entries:
                print("  " + "  ".join(self._fields(entry, people)))

    @staticmethod
    def _fields(entry: dict[str, Any], people: People) -> Iterator[str]:
        yield term(entry["kind"])
        for name, value in entry.items():
            if name not in ("kind", "id"):
                text = shown(Who(value) if name in ("by", "recorded_by") else value, people)
                yield f"{name}={text}"


@contextmanager
def _register(session: Session, dry_run: bool) -> Iterator[Register]:
    """The session's register; for a dry run on none, an empty one for the time being."""
    if not (dry_run and session.missing()):
        yield session.open_or_create()
        return
    from tempfile import TemporaryDirectory

    from conflictctl.register.store import create_register

    with (
        TemporaryDirectory() as folder,
        create_register(
            str(Path(folder) / "register.db"), zone=system_zone() or "UTC", clock=session.clock
        ) as register,
    ):
        yield register


class _Listed:
    """The first rejected rows, shown when the progress bar is gone; all at once if asked."""

    def __init__(self, register: Register, limit: int | None) -> None:
        self._register = register
        self._limit = limit
        self._kept: list[Rejection] = []

    def add(self, rejection: Rejection) -> None:
        if self._limit is None:
            self._print(rejection)
        elif len(self._kept) < self._limit:
            self._kept.append(rejection)

    def show(self) -> None:
        for rejection in self._kept:
            self._print(rejection)

    def _print(self, rejection: Rejection) -> None:
        text = (
            Sentence("line {line}: {reason}", line=rejection.line, reason=rejection.reason)
            if rejection.id is None
            else Sentence(
                "line {line}, id {id}: {reason}",
                line=rejection.line,
                id=rejection.id,
                reason=rejection.reason,
            )
        )
        print(say(text, None, self._register.calendar), file=sys.stderr)


def _show_report(report: ImportReport, register: Register, *, dry_run: bool, partial: bool) -> None:
    for warned in report.warnings[:_WARNINGS_SHOWN]:
        _tell(
            tr("warning:"),
            Sentence("line {line}: {reason}", line=warned.line, reason=warned.reason),
            register,
        )
    if report.warned > _WARNINGS_SHOWN:
        _tell(
            tr("warning:"),
            Sentence("{count} rows in all were taken in that have no effect", count=report.warned),
            register,
        )
    if report.rejected and not (partial or dry_run):
        raise _rejected(report, recorded=False)
    print(say(_summary(report, dry_run)))
    if report.attestation is not None:
        print(say(Sentence("the attestation is #{seq}", seq=report.attestation)))
    if report.rejected:
        raise _rejected(report, recorded=not dry_run)


def _summary(report: ImportReport, dry_run: bool) -> Sentence:
    counts = {"recorded": report.recorded, "already": report.already, "rejected": report.rejected}
    if dry_run:
        return Sentence(
            "would record: {recorded}, already there: {already}, rejected: {rejected}", **counts
        )
    if not report.recorded:
        return Sentence("nothing new; already there: {already}, rejected: {rejected}", **counts)
    return Sentence(
        "recorded: {recorded} (#{first} to #{last}), already there: {already}, "
        "rejected: {rejected}",
        first=report.first_seq,
        last=report.last_seq,
        **counts,
    )


def _rejected(report: ImportReport, *, recorded: bool) -> InputRejected:
    count, read = report.rejected, report.read
    if not recorded:
        return InputRejected(
            Sentence(
                "{count} of {read} rows are not acceptable, and nothing was recorded",
                count=count,
                read=read,
            ),
            Sentence("mend them and import the file again; --partial records the others"),
        )
    return InputRejected(
        Sentence(
            "{count} of {read} rows were rejected; they are in {path}",
            count=count,
            read=read,
            path=str(report.rejects_path),
        ),
        Sentence("mend them there and import that file"),
    )


def _tell(label: str, sentence: Sentence, register: Register) -> None:
    print(label, say(sentence, register.people(), register.calendar), file=sys.stderr)


# -------------------------------------------------------------------------- export


@explained(
    N_(
        "Write events as JSON Lines, CSV or Excel, to a file or standard output.\n\n"
        "What the register itself wrote (settings, attestations) is left out.  Imported into an "
        "empty register with --attest, the file gives the same rulings.\n\n"
        "  conflictctl export backup.jsonl\n"
        "  conflictctl export --format csv --customer K7 > k7.csv"
    )
)
def export(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help=N_("The file; - is standard output."))
    ] = "-",
    customer: Annotated[
        str | None,
        typer.Option("--customer", metavar="ID", help=N_("Only what concerns this customer.")),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help=N_("Only events of this kind."))
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help=N_("Only what happened from then on.")),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help=N_("Only what happened before then.")),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help=N_("Overwrite the file if it exists."))
    ] = False,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="jsonl|csv|xlsx",
            parser=one_of("--format", "jsonl", "csv", "xlsx"),
            help=N_("The form of the file; told by its name if left out."),
        ),
    ] = None,
    manifest: Annotated[
        str | None,
        typer.Option(
            "--manifest",
            metavar="MANIFEST",
            help=N_("Also write what the file is to be; `import --manifest` checks it."),
        ),
    ] = None,
) -> None:
    """Choose the events and write them."""
    from conflictctl.cli.times import read_at
    from conflictctl.exchange.exporting import export as write
    from conflictctl.exchange.exporting import open_private
    from conflictctl.exchange.manifest import write_manifest

    if manifest is not None and (file == "-" or Path(manifest) == Path(file)):
        raise WrongUsage(
            Sentence("--manifest names a file beside the export"),
            Sentence("write for example: export all.jsonl --manifest all.manifest.json"),
        )
    session = session_of(ctx)
    register = session.open()
    now, calendar = session.clock(), register.calendar
    _check_choice(register, customer, kind)

    def moment(text: str | None) -> Moment | None:
        return None if text is None else read_at(text, now, calendar, allow_future=True)

    if form is None:
        suffix = Path(file).suffix.lower()
        form = suffix[1:] if suffix in (".csv", ".xlsx") else "jsonl"
    head = register.head()
    worth = file != "-" and head.seq > WORTH_A_BAR
    with nullcontext() if manifest is None else open_private(Path(manifest), force=force) as beside:
        with (
            progress_bar(tr("writing"), worth=worth) as progress,
            (
                nullcontext(_standard_output(form))
                if file == "-"
                else open_private(Path(file), force=force)
            ) as out,
        ):
            count = write(
                register,
                out,
                format=form,  # type: ignore[arg-type]
                customer=customer,
                kind=kind,
                since=moment(since),
                until=moment(until),
                last=head.seq,
                progress=progress,
            )
        if beside is not None:
            chosen = {"customer": customer, "kind": kind, "since": since, "until": until}
            write_manifest(
                beside,
                Path(file),
                events=count,
                origin=register.origin,
                head=head,
                chosen=chosen,
            )
    if file != "-":
        print(
            say(Sentence("wrote {count} events to {path}", count=count, path=file)), file=sys.stderr
        )


def _standard_output(form: str) -> IO[bytes]:
    """What takes the bytes of an export so that nothing in them acts on a terminal."""
    from conflictctl.cli.output import HarmlessJson, LinesToTerminal

    if form == "jsonl":
        return HarmlessJson(sys.stdout.buffer)  # type: ignore[return-value]
    if not sys.stdout.isatty():
        return sys.stdout.buffer
    if form == "xlsx":
        raise WrongUsage(
            Sentence("a workbook is not for a terminal"),
            Sentence("name the file to write, for example: export all.xlsx"),
        )
    return LinesToTerminal()  # type: ignore[return-value]


def _check_manifest(manifest: str, file: str) -> None:
    """Say what the manifest vouches for; refuse a file that is another."""
    from conflictctl.exchange.manifest import check_manifest

    if file == "-":
        raise WrongUsage(
            Sentence("--manifest goes with a file, not with standard input"),
            Sentence("`conflictctl import FILE --manifest MANIFEST`"),
        )
    found = check_manifest(Path(manifest), Path(file))
    print(
        say(
            Sentence(
                "{file} is whole: {count} events of a register up to #{seq}, receipt {receipt}",
                file=file,
                count=found["events"],
                seq=found["register"]["seq"],
                receipt=found["register"]["receipt"],
            )
        ),
        file=sys.stderr,
    )


def _check_choice(register: Register, customer: str | None, kind: str | None) -> None:
    from conflictctl.events import KINDS

    if customer is not None and not register.customer_exists(customer):
        raise InputRejected(
            Sentence("no customer {customer}", customer=customer),
            Sentence(
                "`conflictctl customer find {customer}` searches by name and phone",
                customer=customer,
            ),
        )
    if kind is not None and kind not in KINDS:
        raise WrongUsage(
            Sentence("unknown kind {kind}", kind=kind),
            Sentence("kinds are: {kinds}", kinds=", ".join(KINDS)),
        )
