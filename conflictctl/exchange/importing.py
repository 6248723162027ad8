"""A file into the register: all of it, or nothing, or (asked for) what is good of it."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from conflictctl import permissions
from conflictctl.calendar import Moment
from conflictctl.cases.procedure import STEPS, Case, Refusal, Tried, replayed
from conflictctl.errors import InputRejected, NotPermitted, WrongUsage
from conflictctl.events import KINDS, REFERENCE_FIELDS, Draft, claim_of, read_line
from conflictctl.exchange import jsonl
from conflictctl.exchange.jsonl import Row
from conflictctl.exchange.rejects import Rejects, default_name
from conflictctl.exchange.source import Format, Progress, Source, numbered_lines, open_source
from conflictctl.mending import MENDS
from conflictctl.people import STAFF_KINDS
from conflictctl.register.checking import check_times
from conflictctl.wording import Sentence, Term, Who

if TYPE_CHECKING:
    from conflictctl.exchange.sheet.reading import BookTable, Plan, Reader
    from conflictctl.register.store import Register
    from conflictctl.register.writer import Receipt, Writer

_WARNINGS_KEPT = 100
_CASES_AT_ONCE = 500


class Rejection(NamedTuple):
    """A row that is not acceptable: the line it begins on, its id if it has one, and why."""

    line: int
    id: str | None
    reason: Sentence


class Warned(NamedTuple):
    """A row that was accepted and has no effect, and why."""

    line: int
    reason: Sentence


class ImportReport(NamedTuple):
    """What an import did, or in a dry run would have done.

    `read` counts rows, `rejected` those refused, `warned` those without effect, of which
    `warnings` holds the first.  `undone`: nothing was changed, because rows were rejected,
    or nothing was new, or it was a dry run.  `first_seq` to `last_seq` is where the new
    events stand.
    """

    read: int
    recorded: int
    already: int
    rejected: int
    warned: int
    warnings: list[Warned]
    undone: bool
    attestation: int | None
    first_seq: int | None
    last_seq: int | None
    rejects_path: Path | None
    remarks: list[Sentence] = []  # noqa: RUF012 - never changed
    """Of a sheet: rows left out with reason, days without a time, and the like."""


OnRejection = Callable[[Rejection], None]
OnRow = Callable[[int, list[dict[str, Any]]], None]
"""Hears how a row of a sheet was understood: its line, and the entries it makes."""


class _Undo(Exception):
    """Rolls the transaction back; not an error."""


def import_file(
    register: Register,
    path: Path | Literal["-"],
    *,
    clock: Callable[[], Moment],
    actor: str | None = None,
    attest: str | None = None,
    partial: bool = False,
    rejects: Path | None = None,
    dry_run: bool = False,
    allow_duplicates: bool = False,
    encoding: str | None = None,
    format: Format | None = None,
    progress: Progress | None = None,
    on_rejection: OnRejection | None = None,
    on_row: OnRow | None = None,
    mapping: str | None = None,
    sheet: str | None = None,
) -> ImportReport:
    """Open a file (`-`: standard input) and take it in; see `take_in`.

    `mapping` (a name or a file) says how a sheet is read, `sheet` which one of a workbook.
    """
    from conflictctl.exchange.sheet.plan import knows, planned

    with (
        open_source(path, encoding=encoding, format=format, known=knows(mapping)) as source,
        planned(source, mapping, sheet) as plan,
    ):
        return take_in(
            register,
            source,
            plan,
            clock=clock,
            actor=actor,
            attest=attest,
            partial=partial,
            rejects=rejects,
            dry_run=dry_run,
            allow_duplicates=allow_duplicates,
            progress=progress,
            on_rejection=on_rejection,
            on_row=on_row,
        )


def take_in(
    register: Register,
    source: Source,
    plan: Plan | BookTable | None = None,
    *,
    clock: Callable[[], Moment],
    actor: str | None = None,
    attest: str | None = None,
    partial: bool = False,
    rejects: Path | None = None,
    dry_run: bool = False,
    allow_duplicates: bool = False,
    progress: Progress | None = None,
    on_rejection: OnRejection | None = None,
    on_row: OnRow | None = None,
    in_words: Callable[[Sentence], str] = str,
) -> ImportReport:
    """Record the events of a file in one transaction.

    `plan` says how a sheet is read; None for the interchange form.
    With `attest` that member of staff answers for the file, and its `recorded_at` are
    taken.  A row that is not acceptable is told to `on_rejection`; one such row undoes the
    whole import, unless `partial`.  `rejects` names a file for these rows; a partial
    import always writes one, and `in_words` puts the reasons of a sheet's rows into words
    there.  `progress` hears how many bytes (or rows) of how many are read.

    Raises NotPermitted where nobody acts or the attester lacks the power, InputRejected
    where the file as a whole cannot be read.
    """
    if rejects is None and partial and not dry_run:
        rejects = default_name(source)
    kept = _rejects(rejects, source, plan) if rejects is not None else None
    undone = False
    try:
        with register.writing(clock) as writer:
            intake = _Intake(writer, source, plan, attest or actor, attest, allow_duplicates)
            intake.begin()
            for row, reason in intake.take(progress, on_row):
                if on_rejection is not None:
                    on_rejection(Rejection(row.line, _id_of(row), reason))
                if kept is not None and (raw := intake.raw(row, reason, in_words)) is not None:
                    kept.write(raw, intake.header)
            intake.try_steps()
            if kept is not None:
                kept.finish()
            if dry_run or not intake.recorded or (intake.rejected and not partial):
                raise _Undo
    except _Undo:
        undone = True
    except BaseException:
        if kept is not None:
            kept.discard()
        raise
    return intake.report(undone, kept.path if kept is not None else None)


def _rejects(wanted: Path, source: Source, plan: Plan | BookTable | None) -> Rejects:
    if plan is None:
        return Rejects(wanted, source.format)
    if wanted.suffix.lower() not in (".csv", ".txt", ""):
        raise WrongUsage(
            Sentence("the rejected rows of a sheet are written as CSV"),
            Sentence("name a file that ends in .csv"),
        )
    return Rejects(wanted, "csv")


def _id_of(row: Row) -> str | None:
    identity = row.entry.get("id") if row.entry is not None else None
    return identity if isinstance(identity, str) else None


class _Table(NamedTuple):
    rows: Iterator[Row]
    header: bytes | None


def _rows(source: Source, progress: Progress | None = None) -> _Table:
    lines = numbered_lines(source, progress)
    if source.format == "jsonl":
        return _Table(jsonl.rows(lines), None)
    from conflictctl.exchange.csvfile import Table

    table = Table(lines)
    return _Table(table.rows(), table.header)


class _Intake:
    """One file on its way into one transaction; the counts are its state."""

    def __init__(
        self,
        writer: Writer,
        source: Source,
        plan: Plan | BookTable | None,
        actor: str | None,
        attest: str | None,
        allow_duplicates: bool,
    ) -> None:
        self._writer = writer
        self._source = source
        self._plan = plan
        self._sheet: Reader | BookTable | None = None
        self._actor = actor
        self._attest = attest
        self._allow_duplicates = allow_duplicates
        # Whoever is first has nobody to ask: until there is one with the power, anyone may.
        self._founding = not permissions.has_management(writer.people, writer.now)
        self._asks = attest is None and not self._founding
        self._introducing = False
        self._done: set[int] = set()
        # The steps of cases in this file: which cases, and for each step its place in the
        # register and the line it stands on, both ascending.
        self._cases: dict[str, None] = {}
        self._places = array("q")
        self._lines = array("q")
        self.header: bytes | None = None
        self.attestation: int | None = None
        self.read = self.recorded = self.already = self.rejected = self.warned = 0
        self.warnings: list[Warned] = []
        self.first_seq: int | None = None
        self.last_seq: int | None = None

    def take(
        self, progress: Progress | None, on_row: OnRow | None = None
    ) -> Iterator[tuple[Row, Sentence]]:
        """Record what is acceptable; yield what is not, and why."""
        rows, self.header = self._table(progress)
        for row in rows:
            self.read += 1
            problem = row.fault
            if row.entry is not None:
                if on_row is not None and row.cells is not None:
                    on_row(row.line, [*row.before, row.entry])
                try:
                    if row.before:
                        self._introduce_customer(row.line, row.entry, row.before)
                    self._record(row.line, row.entry)
                    continue
                except InputRejected as rejected:
                    problem = rejected.message
            assert problem is not None
            self.rejected += 1
            yield row, problem
        if self._source.changed():
            raise InputRejected(
                Sentence("the file was changed while it was read"),
                Sentence("import it again; nothing was recorded"),
            )

    def _table(self, progress: Progress | None = None) -> _Table:
        """The rows of the file: of the interchange form, or of a sheet by its plan."""
        if self._plan is None:
            return _rows(self._source, progress)
        from conflictctl.exchange.sheet.known import Known
        from conflictctl.exchange.sheet.reading import BookTable, Reader

        if isinstance(self._plan, BookTable):
            self._sheet = self._plan
        else:
            writer = self._writer
            known = Known(writer.register, writer.people, self._plan.mapping)
            self._sheet = Reader(self._plan, known, writer.register.calendar, self._customer_of)
        return _Table(self._sheet.rows(progress), self._sheet.header())

    def _customer_of(self, identity: str) -> str | None:
        event = self._writer.target(identity) if _is_reference(identity) else None
        return event.customer if event is not None else None

    def _introduce_customer(
        self, line: int, entry: dict[str, Any], before: tuple[dict[str, Any], ...]
    ) -> None:
        """Record who a row's customer is, unless the row itself is not acceptable.

        A row that was recorded before introduces nobody: it is there, or it contradicts.
        """
        if self._writer.target(entry["id"]) is not None:
            return
        draft = read_line(entry)
        assert draft.at is not None
        recorded_at = draft.recorded_at if self._attest is not None else None
        now = self._writer.now
        check_times(draft.at, now if recorded_at is None else recorded_at, now)
        for introduction in before:
            self._record(line, introduction)
            if self._sheet is not None:
                self._sheet.learn(introduction)

    def raw(self, row: Row, reason: Sentence, in_words: Callable[[Sentence], str]) -> bytes | None:
        """A rejected row as the file of rejects holds it; None where it was too long to keep."""
        return self._sheet.rejected(row, in_words(reason)) if self._sheet is not None else row.raw

    # ------------------------------------------------------------ who answers for it

    def begin(self) -> None:
        """Make sure somebody acts, and record the attestation before what it covers."""
        actor = self._actor
        if actor is None and not self._founding:
            raise NotPermitted(
                Sentence("nobody is named who imports the file"),
                Sentence(
                    "say who acts with --as STAFF, or who answers for the file with --attest STAFF"
                ),
            )
        if actor is not None and actor not in self._writer.people.staff:
            # A sheet of customers introduces no staff.
            of_customers = self._plan is not None and self._plan.of_customers
            if not of_customers and (self._founding or self._attest is not None):
                self._introduce()
            if actor not in self._writer.people.staff:
                raise NotPermitted(
                    Sentence(
                        "neither the register nor the file knows a member of staff {staff}",
                        staff=actor,
                    ),
                    Sentence("`conflictctl staff list` shows who is known"),
                )
        if self._attest is not None:
            self._record_attestation(self._attest)

    def _introduce(self) -> None:
        """Record the file's outlets and staff until who acts is known, and may attest.

        The attestation then names somebody known, and still stands before all entries of
        others that it answers for.
        """
        self._introducing = True
        for row in self._table().rows:
            if row.entry is None or row.entry.get("kind") not in STAFF_KINDS:
                continue
            with suppress(InputRejected):  # told when the row's turn comes
                self._record(row.line, row.entry)
                self._done.add(row.line)
            if self._actor in self._writer.people.staff and self._why_not_attest() is None:
                break
        self._introducing = False

    def _why_not_attest(self) -> Sentence | None:
        if self._attest is None:
            return None
        return permissions.refusal(
            self._writer.people,
            self._attestation(self._attest),
            self._attest,
            self._writer.now,
            target=None,
            involved=set,
        )

    def _attestation(self, attester: str) -> Draft:
        return Draft(
            "attestation",
            None,
            None,
            0,
            None,
            attester,
            attester,
            None,
            {"file": _printable(self._source.name), "digest": self._source.digest},
        )

    def _record_attestation(self, attester: str) -> None:
        draft = self._attestation(attester)
        refusal = self._why_not_attest()
        if refusal is not None:
            raise NotPermitted(refusal, permissions.who_may(draft))
        self.attestation = self._writer.add(draft, allow_duplicates=True).seq

    # ------------------------------------------------------------------- the entries

    def _record(self, line: int, entry: dict[str, Any]) -> None:
        if line in self._done:
            return
        draft = read_line(entry)
        kind = KINDS[draft.kind]
        if draft.at is None:
            raise InputRejected(
                Sentence("{field}: {problem}", field="at", problem=Sentence("is missing"))
            )
        if kind.own:
            raise InputRejected(
                Sentence(
                    "entries of the kind {kind} are written by the register alone",
                    kind=Term(draft.kind),
                )
            )
        if draft.kind in permissions.HOUSE or draft.kind in MENDS:
            self._check_house(draft)
        receipt = self._writer.add(
            draft,
            attestation=self.attestation,
            allow_duplicates=self._allow_duplicates,
            take_recorded_at=self._attest is not None,
            permit=(lambda: self._check_decision(draft)) if self._asks else None,
        )
        if receipt.already:
            self.already += 1
            return
        self.recorded += 1
        self.last_seq = receipt.seq
        if self.first_seq is None:
            self.first_seq = receipt.seq
        if draft.kind in STEPS:
            self._cases[receipt.event.fields["case"]] = None
            self._places.append(receipt.seq)
            self._lines.append(line)
        else:
            self._warn(line, draft, receipt)

    def _check_house(self, draft: Draft) -> None:
        """Outlets, staff and settings come in, and are mended, by somebody with the power.

        Before there is anyone with it, anyone may; and what is there already is not asked
        about again.
        """
        if self._founding or self._introducing:
            return
        if draft.id is not None and self._writer.target(draft.id) is not None:
            return
        kind = draft.kind
        if kind in MENDS:
            target = self._writer.target(draft.fields[REFERENCE_FIELDS[kind]])
            if target is None or target.kind not in permissions.HOUSE:
                return
            kind = target.kind
        act = draft._replace(kind=kind, by=self._actor)
        refusal = permissions.refusal(
            self._writer.people, act, self._actor, self._writer.now, target=None, involved=set
        )
        if refusal is not None:
            raise InputRejected(refusal, permissions.who_may(act))

    def _check_decision(self, draft: Draft) -> None:
        """What decides about others is entered as live by who imports it, where nobody attests,
        and nobody else's word is.

        Else a file would let anybody rule, and approve, in a manager's name.
        """
        word = permissions.words_of_others(draft) - {self._actor}
        if word:
            raise InputRejected(
                Sentence(
                    "the word of {staff} counts once {staff} gives it; --attest STAFF answers "
                    "for a file",
                    staff=Who(min(word)),
                ),
                Sentence("`conflictctl confirm` gives it; or leave out who recorded the entry"),
            )
        if not permissions.decides(draft):
            return
        target = self._writer.target_of(draft)
        people, now = self._writer.people, self._writer.now
        if permissions.warning_on_import(people, draft, now, target) is not None:
            return  # it has no effect, whoever brings it
        refusal = permissions.refusal(
            people,
            draft,
            self._actor,
            now,
            target=target,
            involved=lambda: self._writer.parties(draft, target),
        )
        if refusal is not None:
            raise InputRejected(
                Sentence("{problem}; --attest STAFF answers for a file", problem=refusal),
                permissions.who_may(draft),
            )

    def _warn(self, line: int, draft: Draft, receipt: Receipt) -> None:
        warning = permissions.warning_on_import(
            self._writer.people,
            draft,
            receipt.event.recorded_at,
            self._writer.target_of(draft),
        )
        if warning is not None:
            self.warned += 1
            if len(self.warnings) < _WARNINGS_KEPT:
                self.warnings.append(Warned(line, warning))

    # ------------------------------------------------------------- the steps of cases

    def try_steps(self) -> None:
        """Warn of the file's steps that do not fit the state their case was in.

        Each case is replayed once, after the last line: whether a step fits may depend on
        what is corrected or voided further down.
        """
        found: list[Warned] = []
        for tried in self._tried():
            place = bisect_left(self._places, tried.event.seq)
            if place == len(self._places) or self._places[place] != tried.event.seq:
                continue  # it was there before
            if tried.refusal is not None:
                self.warned += 1
                found.append(Warned(self._lines[place], tried.refusal.reason))
        if found:
            self.warnings = sorted([*self.warnings, *found], key=_line)[:_WARNINGS_KEPT]

    def _tried(self) -> Iterator[Tried]:
        """What became of the steps of every case that the file speaks of."""
        opened = [case for case in self._cases if claim_of(case) is None]
        people = self._writer.people
        for first in range(0, len(opened), _CASES_AT_ONCE):
            for entries in self._writer.cases_events(opened[first : first + _CASES_AT_ONCE]):
                opening = next((e for e in entries if e.kind == "case_opened"), None)
                if opening is not None:
                    rest = (entry for entry in entries if entry is not opening)
                    yield from replayed(Case(opening, people), rest).tried
        yield from self._tried_of_claims(case for case in self._cases if claim_of(case))

    def _tried_of_claims(self, cases: Iterable[str]) -> Iterator[Tried]:
        """The same for cases of claims; one that does not come to be takes no step."""
        from conflictctl.cases.attribution import attribution_cases

        writer = self._writer
        for identity in cases:
            claim = writer.target(claim_of(identity) or "")
            about = claim.customer if claim is not None else None
            found = attribution_cases(
                writer.involved_events(about) if about is not None else (),
                people=writer.people,
                calendar=writer.register.calendar,
                as_of=writer.now,
                steps_of=writer.case_events,
            )
            case = next((case for case in found if case.id == identity), None)
            if case is not None:
                yield from case.tried
                continue
            none = Refusal(
                Sentence("no case {case}", case=identity),
                Sentence("`conflictctl case list` shows the cases; `case open` opens one"),
            )
            yield from (Tried(event, none) for event in writer.case_events(identity))

    def report(self, undone: bool, rejects_path: Path | None) -> ImportReport:
        """The counts, once all is done."""
        return ImportReport(
            self.read,
            self.recorded,
            self.already,
            self.rejected,
            self.warned,
            self.warnings,
            undone,
            None if undone else self.attestation,
            self.first_seq,
            self.last_seq,
            rejects_path,
            self._sheet.remarks() if self._sheet is not None else [],
        )


def _line(warned: Warned) -> int:
    return warned.line


def _is_reference(identity: str) -> bool:
    return bool(identity) and not identity.startswith("#")


def _printable(name: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in name)[:500]
