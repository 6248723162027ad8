"""One customer's deal as a policy sees it: classes of entries, named values, evidence.

A `Case` holds everything a condition can ask about.  It is made for one ruling and thrown
away; named values are worked out once and carry their evidence with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from conflictctl.calendar import DAY, HOUR, MINUTE, Moment, months_after, parse_time
from conflictctl.errors import InputRejected
from conflictctl.history import Deal, Entry, History, Key, deals_of
from conflictctl.policy.grounds import Kept, spread
from conflictctl.policy.language import UNKNOWN
from conflictctl.policy.quantity import Quantity
from conflictctl.policy.scorecard import Score, scores_of
from conflictctl.wording import Sentence, When, Who

if TYPE_CHECKING:
    from conflictctl.people import Absence
    from conflictctl.policy.emit import Filters
    from conflictctl.policy.model import Question
    from conflictctl.policy.parts import Class
    from conflictctl.policy.program import Program

Anchor = Entry | int | None
# Kinds that speak of a deal as a whole; which deal is found out, not read off the time.
DEAL_WIDE = frozenset({"claim", "withdraw_claim", "agreement", "ruling", "appeal", "sanction"})


STRUCK_KINDS = frozenset({"visit", "call", "followup", "card"})
"""What a finding of untrue entries can make a deal's own."""


class Case:
    """A deal (or, with `deal` None, the open question who holds the customer)."""

    __slots__ = (
        "_doubts",
        "_flawed",
        "_left_out",
        "_memo",
        "_others",
        "_pools",
        "_refusals",
        "_scores",
        "anchor",
        "as_of",
        "barred",
        "deal",
        "deals",
        "displaced",
        "entries",
        "evidence",
        "explain",
        "flawed",
        "history",
        "it",
        "kinds",
        "margin",
        "members",
        "needs",
        "only_files",
        "overrides",
        "program",
        "record",
        "refused",
        "said",
        "start",
        "steps",
        "supposed",
        "timelines",
        "unanswered",
        "warnings",
    )

    def __init__(
        self,
        program: Program,
        history: History,
        members: frozenset[str],
        entries: list[Entry],
        deals: Sequence[Deal],
        deal: Deal | None,
        anchor: Entry | None,
        as_of: Moment,
        *,
        explain: bool,
    ) -> None:
        self.program = program
        self.history = history
        self.members = members
        self.entries = entries
        self.record = entries  # all of them, also where only a past moment is looked at
        self.kinds = {entry.kind for entry in entries}
        self.deals = deals
        self.deal = deal
        self.anchor = anchor
        self.as_of = as_of
        self.explain = explain
        self.flawed = False  # whether any entry looked at was refused
        self.start: Key | None = self._start()
        self.evidence: list[Entry] = []
        self.refused: list[tuple[Entry, str]] = []
        self.margin: tuple[Any, Any, str] | None = None
        self.needs: list[Need] = []
        self.barred: list[str] = []
        self.it: Any = None  # the person looked at by words that look at everybody
        self.steps = 0
        self.said: dict[str, Any] = {}
        """Named values as sentences show them."""
        self.supposed: Mapping[Need, Any] | None = None
        """Answers to take as found: what would the ruling be if somebody found this?"""
        self.unanswered: dict[Need, None] = {}
        self._scores: dict[str, Score] | None = None
        self._doubts: dict[str, list[Entry]] = {}
        self._flawed: dict[str, list[Entry]] = {}  # of a class but for a flaw; none, no key
        self._refusals: dict[str, list[tuple[Entry, str]]] = {}
        self.warnings: list[Sentence] = []
        self.overrides: dict[str, Any] = {}
        self.displaced: set[str] = set()
        self.timelines: dict[Any, Any] = {}
        self._memo: dict[str, Kept] = {}
        self._pools: dict[Any, list[Entry]] = {}
        self._left_out: frozenset[str] | None = None if program.leave_out else _NOBODY
        self._others: list[Case] | None = None
        self.only_files: bool | None = None
        """Whether nothing but files moves the holding; None: nobody has looked."""

    def _start(self) -> Key | None:
        if not self.program.restarts:
            return None
        limit = self.anchor.key if self.anchor is not None else None
        keys = [
            deal.close.key
            for deal in self.deals
            if deal.close is not None
            and deal is not self.deal
            and (limit is None or deal.close.key < limit)
        ]
        return max(keys, default=None)

    # ------------------------------------------------------------------ named values

    def value(self, name: str) -> Any:
        """A named value of the policy, worked out once; what it rests on joins the trace."""
        value, grounds, margin, refused = self.kept(name)
        spread(grounds, self.evidence)
        if margin is not None:
            self.margin = margin
        if refused is not None:
            self.refused += refused
        return value

    def kept(self, name: str) -> Kept:
        """A named value and what it rests on, worked out once; nothing joins the trace."""
        return self._memo.get(name) or self.worked_out(name)

    def worked_out(self, name: str) -> Kept:
        """A named value, worked out now; its function keeps it in the memory."""
        found: Kept = self.program.lets[name](self)
        return found

    def constants_or_value(self, name: str) -> Any:
        """A parameter's value, or a named value without leaving its evidence behind."""
        if name in self.program.values:
            return self.program.values[name]
        value = self.kept(name)[0]
        return None if value is UNKNOWN else value

    def replace(self, name: str, value: Any) -> None:
        """Put another value in the place of a named one and forget what rested on it."""
        self.overrides[name] = value
        self.forget()

    def sort_out(self) -> None:
        """Sort the entries into their classes now, not when they are first asked for."""
        for name in self.program.classes:
            self.pool(name, anyone=True)
            self.not_valid(name)

    def forget(self) -> None:
        """Forget the named values, to work them out again with a full account."""
        self._memo.clear()
        self.said.clear()
        for name, value in self.overrides.items():
            self._memo[name] = value, None, None, None

    def warn(self, sentence: Sentence) -> None:
        """Note something the readers of the ruling should know; said once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    # -------------------------------------------------------------- classes of entries

    def pool(self, name: str, anyone: bool = False, household: bool = False) -> list[Entry]:
        """The entries of a class in the order of the class, oldest first.

        `anyone` takes in those who are left out of the ordinary contest, `household` the
        entries of the whole household.
        """
        pools = self._pools
        if not household and (anyone or self._left_out is _NOBODY):
            found = pools.get(name)  # asked for all the time: no more is looked at
            if found is not None:
                return found
        if not anyone:
            anyone = not self.left_out
        key: Any = name if anyone and not household else (name, anyone, household)
        found = pools.get(key)
        if found is None:
            if not household and self.kinds.isdisjoint(self.program.classes[name].kinds):
                found = []
            else:
                found = self._collect(name, anyone, household)
            pools[key] = found
        return found

    def _collect(self, name: str, anyone: bool, household: bool) -> list[Entry]:
        if not anyone:
            return [
                e
                for e in self.pool(name, anyone=True, household=household)
                if e.unit not in self.left_out
            ]
        if household:
            found = [e for case in self.household() for e in case.pool(name, anyone=True)]
            found.sort(key=self.program.classes[name].sort_key)
            return found
        spec = self.program.classes[name]
        kinds = spec.kinds
        flawed: list[Entry] = []
        if spec.parent is not None:
            found = self.pool(spec.parent, anyone=True)
            kinds_own = spec.kinds_own
            if kinds_own is not None:
                found = [e for e in found if e.kind in kinds_own]
        elif self.start is None and not spec.deal_wide and not self.program.by_stretch:
            found = [e for e in self.entries if e.kind in kinds]
        else:
            found = [e for e in self.entries if e.kind in kinds and self.counts(e)]
        if found and spec.keep_when is not None:
            found = spec.keep_when(found, self)
        if found and spec.keep_valid is not None:
            of_class = found
            found = spec.keep_valid(found, self)
            if len(found) < len(of_class):
                self.flawed = True
                kept = {e.seq for e in found}
                flawed = [e for e in of_class if e.seq not in kept]
        if spec.parent is not None and spec.parent in self._flawed:
            flawed = [*flawed, *self._flawed_above(spec)]
        if flawed:
            self._flawed[name] = flawed
        if spec.doubt is not None:
            found = self._settle_doubts(name, found)
        if len(found) > 1 and not (spec.in_order and spec.parent is None):
            found = sorted(found, key=spec.sort_key)
        return found

    def doubts(self, name: str, anyone: bool, household: bool) -> list[Entry]:
        """Entries that would be of a class if a person found that they count."""
        found = self._doubts.get(name)
        if found is None:
            self.pool(name, anyone, household)
            spec = self.program.classes[name]
            found = self._doubts.get(name, [])
            if spec.parent is not None:
                kinds, when, valid = spec.kinds_own, spec.when, spec.valid
                found = found + [
                    e
                    for e in self.doubts(spec.parent, anyone, household)
                    if (kinds is None or e.kind in kinds)
                    and (when is None or when(e, self))
                    and (valid is None or valid(e, self))
                ]
            self._doubts[name] = found
        return found

    def doubt(self, name: str, entry: Entry) -> None:
        """Note the finding that would settle whether an entry counts."""
        spec: Any = self.program.classes[name]
        while spec.question is None:
            spec = self.program.classes[spec.parent]
        self.finding_about(spec.question, entry.by)

    def _settle_doubts(self, name: str, found: list[Entry]) -> list[Entry]:
        """Leave out what a person has to judge first; what somebody found to count stays."""
        spec = self.program.classes[name]
        doubt, question = spec.doubt, spec.question
        assert doubt is not None
        assert question is not None
        certain, doubtful = [], []
        for entry in found:
            if not doubt(entry, self):
                certain.append(entry)
                continue
            mark = len(self.evidence)
            answer = self.finding_about(question, entry.by)
            del self.evidence[mark:]
            if answer is UNKNOWN:
                doubtful.append(entry)
            elif answer is True:
                certain.append(entry)
        self._doubts[name] = doubtful
        return certain

    def scores(self) -> dict[str, Score]:
        """The scorecard of this deal, worked out once; empty without one."""
        found = self._scores
        if found is None:
            card = self.program.card
            outer = self.evidence, self.refused, self.margin
            self.evidence, self.refused = [], []
            found = self._scores = scores_of(self, card) if card is not None else {}
            self.evidence, self.refused, self.margin = outer
        return found

    def supposing(self, name: str, entries: list[Entry]) -> Case:
        """The same deal, with some entries counted in a class."""
        other = Case(
            self.program,
            self.history,
            self.members,
            self.entries,
            self.deals,
            self.deal,
            self.anchor,
            self.as_of,
            explain=False,
        )
        other._others = []
        key = self.program.classes[name].sort_key
        other._pools[name] = sorted([*other.pool(name, anyone=True), *entries], key=key)
        return other

    def as_seen_at(self, entry: Entry) -> Case:
        """The same deal, looking only at what stands before an entry."""
        past = Case(
            self.program,
            self.history,
            self.members,
            [e for e in self.entries if e.key < entry.key],
            self.deals,
            self.deal,
            self.anchor,
            self.as_of,
            explain=False,
        )
        past.record = self.record
        past._others = []
        return past

    def stays_struck(self, entry: Entry) -> bool:
        """Whether a finding struck an entry in time for this deal."""
        if self.program.strikes_until is None:
            return True
        until = self.program.strikes_until(self)
        return any(is_before(finding, until) for finding in entry.struck_by)

    def counts(self, entry: Entry) -> bool:
        """Whether an entry belongs to the part of the history that is looked at."""
        if self.program.by_stretch:
            return self._in_stretch(entry)
        if entry.kind in DEAL_WIDE:
            return self.concerns(entry)
        return self.start is None or entry.key > self.start

    def _in_stretch(self, entry: Entry) -> bool:
        """Whether an entry stands between the deal before this one and the one after it.

        What names a deal belongs to it; a finding that strikes entries, to theirs.  A ruling
        stays with the deal in which it was made, however far back the history is looked at.
        """
        explicit = entry.get("deal") if entry.kind in DEAL_WIDE else None
        if explicit is not None:
            if self.deal is not None:
                return self.deal.is_called(explicit)
            return not any(d.close is not None and d.is_called(explicit) for d in self.deals)
        before, after = self._neighbours()
        start = before if entry.kind in ("ruling", "appeal") else self.start
        strikes = entry.get("strikes") if entry.kind == "finding" else None
        if strikes:
            struck = [
                e
                for e in self.record
                if e.kind in STRUCK_KINDS
                and not e.voided
                and (e.event.id in strikes or e.seq in strikes)
            ]
            if struck:
                own = self.anchor.key if self.anchor is not None else None
                return any(
                    (start is None or e.key > start) and (own is None or e.key <= own)
                    for e in struck
                )
        return (start is None or entry.key > start) and (after is None or entry.key <= after)

    def _neighbours(self) -> tuple[Key | None, Key | None]:
        """The close before this deal and the one after it."""
        own = self.anchor.key if self.anchor is not None else None
        closes = [d.close.key for d in self.deals if d.close is not None and d is not self.deal]
        before = [key for key in closes if own is None or key < own]
        after = [key for key in closes if own is not None and key > own]
        return max(before, default=None), min(after, default=None)

    def concerns(self, entry: Entry) -> bool:
        """Whether a claim, agreement, ruling or appeal can concern this deal.

        A claim is told by the window it falls in; the others concern the deal they name,
        else the latest recorded by then, else the next.
        """
        explicit = entry.get("deal")
        if explicit is not None:
            return self.deal is not None and self.deal.is_called(explicit)
        if entry.kind in ("claim", "withdraw_claim"):
            return True
        points = [
            (point, deal)
            for deal in self.deals
            if (point := self.program.moment_entry(deal)) is not None
        ]
        points.sort(key=lambda pair: pair[0].key)
        recorded = [deal for point, deal in points if point.recorded <= entry.moment]
        if recorded:
            return recorded[-1] is self.deal
        return (points[0][1] if points else None) is self.deal

    def not_valid(self, name: str) -> list[tuple[Entry, str]]:
        """Entries that are of a class but for a flaw, with the flaw: what was refused."""
        found = self._refusals.get(name)
        if found is None:
            self.pool(name, anyone=True)
            refused = self.program.classes[name].refused or "no_power"
            found = self._refusals[name] = [
                (
                    entry,
                    entry.flaw or ("not_reached" if entry.get("reached") is False else refused),
                )
                for entry in self._flawed.get(name, ())
            ]
        return found

    def _flawed_above(self, spec: Class) -> list[Entry]:
        """What is of a class but for the flaw by which the class that it narrows refused it."""
        assert spec.parent is not None
        kinds = spec.kinds_own
        above = [e for e in self._flawed[spec.parent] if kinds is None or e.kind in kinds]
        if above and spec.keep_when is not None:
            above = spec.keep_when(above, self)
        return above

    def select(
        self, kind: str, filters: Filters, anyone: bool = False, household: bool = False
    ) -> list[Entry] | None:
        """The entries of a class that pass the filters; None if a filter's value is unknown.

        Where an account is wanted, the flawed ones that would have passed are noted as refused.
        """
        # A filter's value is worked out only while there is anything left to filter: what no
        # entry was held against is not part of the reason.
        found = self.pool(kind, anyone, household)
        for filter_, thunk in filters:
            if not found:
                break
            wanted = thunk(self)
            if wanted is UNKNOWN:
                return None
            keep = filter_.keep
            if keep is not None:
                found = keep(self, found, wanted)
            else:
                test = filter_.test
                found = [entry for entry in found if test(self, entry, wanted)]
        flawed = self.not_valid(kind) if self.explain else None
        if flawed:
            bound = [(filter_.test, thunk(self)) for filter_, thunk in filters]
            for entry, why in flawed:
                if all(
                    wanted is not UNKNOWN and test(self, entry, wanted) for test, wanted in bound
                ):
                    self.refused.append((entry, why))
        return found

    # --------------------------------------------------------------- who is left out

    @property
    def left_out(self) -> frozenset[str]:
        """Outlets whose entries do not count in the ordinary contest."""
        if self._left_out is None:
            self._left_out = frozenset()  # while it is being worked out, nobody is
            units: set[str | None] = set()
            mark = len(self.evidence)
            refused = len(self.refused)
            margin = self.margin
            for condition, which in self.program.leave_out:
                value = condition(self)
                if value is not UNKNOWN and value:
                    chosen = which(self)
                    units.update(chosen if isinstance(chosen, list) else [chosen])
            del self.evidence[mark:]
            del self.refused[refused:]
            self.margin = margin
            self._left_out = frozenset(unit for unit in units if unit is not None) or _NOBODY
            if units:
                # What was worked out on the way did not know of it yet.
                self.forget()
                self.timelines.clear()
                self.only_files = None
        return self._left_out

    # ------------------------------------------------------------------- linked others

    def household(self) -> list[Case]:
        """The cases of this customer and of everyone linked to it as a household."""
        if self._others is None:
            self._others = []
            links = self.history.links
            if links.edges:
                family = links.component(min(self.members), self.program.household)
                rest = family - self.members
                while rest:
                    person = links.component(min(rest), self.program.joined)
                    rest -= person
                    self._others.append(self._relative(person))
        return [self, *self._others]

    def _relative(self, members: frozenset[str]) -> Case:
        entries = self.history.of(members)
        relative = Case(
            self.program,
            self.history,
            members,
            entries,
            deals_of(entries),
            self.deal,
            self.anchor,
            self.as_of,
            explain=False,
        )
        # A relative is looked at for himself.  (And no case points back at this one: a cycle
        # would keep every history of a long run in memory until the collector comes.)
        relative._others = []
        return relative

    # -------------------------------------------------------------------------- time

    def day(self, anchor: Anchor) -> int:
        """The local day of an entry or a moment."""
        if isinstance(anchor, Entry):
            return self.history.calendar.day(anchor.moment)
        assert anchor is not None
        return self.history.calendar.day(anchor)

    # ------------------------------------------------------------------------- lengths

    def elapsed(self, first: Moment, last: Moment, measure: str | None) -> Any:
        """How long it is from one moment to another, in a measure (see `Quantity`).

        Days are local calendar days, months those begun; hours and minutes are exact.
        """
        unit, _, count = (measure or "days").partition("/")
        if unit in _CLOCK or count == "clock":
            size = _CLOCK.get(unit, DAY)
            span = last - first
            return span // size if span % size == 0 else Fraction(span, size)
        day = self.history.calendar.day
        start, end = day(first), day(last)
        if unit == "working_days":
            number = self.program.workdays.between(start, end)
        elif unit == "months":
            number = _months_begun(start, end)
        else:
            number = end - start
        return number + 1 if count == "first_day_counts" else number

    def deadline(self, start: Moment, limit: Quantity) -> Moment:
        """When a time that runs from a moment is over (exclusive): 24:00 of its last day."""
        unit, _, count = (limit.measure or "days").partition("/")
        if unit in _CLOCK or count == "clock":
            return start + limit * _CLOCK.get(unit, DAY)
        calendar = self.history.calendar
        day = calendar.day(start)
        number = limit - 1 if count == "first_day_counts" and unit != "months" else int(limit)
        if unit == "working_days":
            last = self.program.workdays.after(day, number)
        elif unit == "months":
            last = months_after(day, number)
        else:
            last = day + number
        return calendar.start_of(last + 1)

    def stretch_before(self, end: Moment, limit: Quantity) -> Moment:
        """The first moment of the time of a length that ends at a moment."""
        unit, _, count = (limit.measure or "days").partition("/")
        if unit in _CLOCK or count == "clock":
            return end - limit * _CLOCK.get(unit, DAY)
        calendar = self.history.calendar
        day = calendar.day(end)
        number = limit - 1 if count == "first_day_counts" and unit != "months" else int(limit)
        if unit == "working_days":
            first = self.program.workdays.before(day, number)
        elif unit == "months":
            first = months_after(day, -number)
        else:
            first = day - number
        return calendar.start_of(first)

    # --------------------------------------------------------------- facts about others

    def absence(self, staff: str, moment: Moment) -> Absence | None:
        """The absence of somebody on record that covers a moment; the last recorded of several.

        So a stand-in may be appointed, or the end of an absence moved, by a later entry.
        """
        person = self.history.people.staff.get(staff)
        absence: Absence
        for absence in reversed(person.absences) if person is not None else ():
            if absence.event.at > self.as_of or absence.since > moment:
                continue
            if absence.until is None or moment < self._end_of(absence.until):
                return absence
        return None

    def absences_throughout(self, staff: str, start: Moment, end: Moment) -> list[Absence]:
        """The absences on record that together cover a stretch; none where a moment is left out."""
        found: list[Absence] = []
        while start < end:
            absence = self.absence(staff, start)
            if absence is None:
                return []
            found.append(absence)
            start = end if absence.until is None else self._end_of(absence.until)
        return found

    def _end_of(self, until: str) -> Moment:
        if len(until) == 10:  # a day: until its 24:00
            return self.history.calendar.start_of(date.fromisoformat(until).toordinal() + 1)
        return parse_time(until)[0]

    def attribute(self, name: str, before: Moment) -> Any:
        """What the customer's card said of something before a moment; None if nothing."""
        value = None
        for entry in self.history.entries:
            if (
                entry.kind == "customer"
                and entry.customer in self.members
                and not entry.voided
                and entry.recorded < before
                and entry.get(name) is not None
            ):
                value = entry.get(name)
        return value

    def decisions_on(self, filing: Entry) -> list[Entry]:
        """The decisions that count on a filing, oldest first."""
        return [
            decision
            for decision in self.pool(self.program.standing.decisions, anyone=True)
            if decision.get("on") in (filing.event.id, filing.seq)
        ]

    def finding_about(self, name: str, subject: str | None, before: Anchor = None) -> Any:
        """What a person found on a question about somebody; by the burden of proof without.

        The latest finding that counts stands.  Without one the question is noted as
        unanswered; UNKNOWN notes a fact that is needed.
        """
        question = self.program.findings[name]
        need = Need(name, subject)
        if self.supposed is not None and need in self.supposed:
            return self.supposed[need]
        for entry in reversed(self.pool(question.entries)):
            if (
                entry.get("question") == question.question
                and entry.get("subject") == subject
                and (before is None or is_before(entry, before))
                and self._in_range(question, entry.get("answer"))
            ):
                self.evidence.append(entry)
                return entry.get("answer")
        self.unanswered[need] = None
        if question.without == "no":
            return False
        if need not in self.needs:
            self.needs.append(need)
        return UNKNOWN

    def _in_range(self, question: Question, answer: Any) -> bool:
        """Whether an answer that must be a number is one, and in its range."""
        if question.minimum is None and question.maximum is None:
            return True
        values = self.program.values
        low = values[question.minimum] if question.minimum else None
        high = values[question.maximum] if question.maximum else None
        return (
            type(answer) is int
            and (low is None or answer >= low)
            and (high is None or answer <= high)
        )

    def spend(self, steps: int) -> None:
        """Count work that grows with the square of something; a bound says when it is enough."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise InputRejected(
                Sentence(
                    "the policy takes too long over customer {customer}", customer=min(self.members)
                ),
                Sentence("a word that looks at everybody stands within another one"),
            )


_NOBODY: frozenset[str] = frozenset()
"""Who is left out under a policy that leaves nobody out."""


class Need(NamedTuple):
    """A fact that somebody has to supply: an answer to a question of the policy, about whom."""

    finding: str
    subject: str | None


_CLOCK = {"minutes": MINUTE, "hours": HOUR}
MAX_STEPS = 200_000


def _months_begun(start: int, end: int) -> int:
    if end < start:
        return -_months_begun(end, start)
    one, other = date.fromordinal(start), date.fromordinal(end)
    number = (other.year - one.year) * 12 + other.month - one.month
    if months_after(start, number) < end:
        number += 1
    elif number and months_after(start, number - 1) >= end:
        number -= 1
    return number


def shown(value: Any) -> object:
    """A parameter's value or a named value as a sentence shows it; `-` for nothing."""
    if isinstance(value, str):
        return Who(value)
    if isinstance(value, list):
        return [Who(one) if isinstance(one, str) else one for one in value] or "-"
    if isinstance(value, Entry):
        return When(value.at)
    return value if value is not None else "-"


def is_before(entry: Entry, anchor: Anchor) -> bool:
    """Whether an entry counts from before an anchor, by the one declared order.

    Nothing is before nothing.  A moment has no place in the register: before it is earlier.
    """
    if anchor is None:
        return False
    if isinstance(anchor, int):
        return entry.moment < anchor
    return entry.key < anchor.key


def is_after(entry: Entry, anchor: Anchor) -> bool:
    """Whether an entry counts from after an anchor, by the one declared order."""
    if anchor is None:
        return False
    if isinstance(anchor, int):
        return entry.moment > anchor
    return entry.key > anchor.key
