"""One customer's deal as a policy sees it: classes of entries, named values, evidence.

A `Case` holds everything a condition can ask about.  It is made for one ruling and thrown
away; named values are worked out once and carry their evidence with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from conflictctl.calendar import Moment
from conflictctl.history import Deal, Entry, History, Key, deals_of
from conflictctl.policy.language import UNKNOWN
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.policy.program import Program

Anchor = Entry | int | None

# Kinds that speak of a deal as a whole; which deal is found out, not read off the time.
DEAL_WIDE = frozenset({"claim", "withdraw_claim", "agreement", "ruling", "appeal", "sanction"})


class Case:
    """A deal (or, with `deal` None, the open question who holds the customer)."""

    __slots__ = (
        "_left_out",
        "_memo",
        "_others",
        "_pools",
        "anchor",
        "as_of",
        "deal",
        "deals",
        "displaced",
        "entries",
        "evidence",
        "explain",
        "flawed",
        "history",
        "kinds",
        "margin",
        "members",
        "overrides",
        "program",
        "refused",
        "start",
        "timelines",
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
        self.margin: tuple[int, int, str] | None = None
        self.warnings: list[Sentence] = []
        self.overrides: dict[str, Any] = {}
        self.displaced: set[str] = set()
        self.timelines: dict[Any, Any] = {}
        self._memo: dict[str, tuple[Any, list[Entry], list[tuple[Entry, str]], Any]] = {}
        self._pools: dict[Any, list[Entry]] = {}
        self._left_out: frozenset[str] | None = None
        self._others: list[Case] | None = None

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
        found = self._memo.get(name)
        if found is None:
            if name in self.overrides:
                found = (self.overrides[name], [], [], None)
            else:
                outer = self.evidence, self.refused, self.margin
                self.evidence, self.refused, self.margin = [], [], None
                value = self.program.lets[name](self)
                found = (value, self.evidence, self.refused, self.margin)
                self.evidence, self.refused, self.margin = outer
            self._memo[name] = found
        value, evidence, refused, margin = found
        if evidence:
            self.evidence.extend(evidence)
        if refused:
            self.refused.extend(refused)
        if margin is not None:
            self.margin = margin
        return value

    def constants_or_value(self, name: str) -> Any:
        """A parameter's value, or a named value without leaving its evidence behind."""
        if name in self.program.values:
            return self.program.values[name]
        marks, margin = (len(self.evidence), len(self.refused)), self.margin
        value = self.value(name)
        del self.evidence[marks[0] :]
        del self.refused[marks[1] :]
        self.margin = margin
        return None if value is UNKNOWN else value

    def replace(self, name: str, value: Any) -> None:
        """Put another value in the place of a named one and forget what rested on it."""
        self.overrides[name] = value
        self._memo.clear()

    def forget(self) -> None:
        """Forget the named values, to work them out again with a full account."""
        self._memo.clear()

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
        if not anyone:
            left_out = self._left_out
            anyone = not (self.left_out if left_out is None else left_out)
        pools = self._pools
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
        if spec.parent is not None:
            source: Sequence[Entry] = self.pool(spec.parent, anyone=True)
        else:
            source = [e for e in self.entries if e.kind in spec.kinds and self.counts(e)]
        kinds, when, valid = spec.kinds_own, spec.when, spec.valid
        found = [
            e
            for e in source
            if (kinds is None or e.kind in kinds) and (when is None or when(e, self))
        ]
        if valid is not None:
            before = len(found)
            found = [e for e in found if valid(e, self)]
            if len(found) < before:
                self.flawed = True
        found.sort(key=spec.sort_key)
        return found

    def counts(self, entry: Entry) -> bool:
        """Whether an entry belongs to the part of the history that is looked at."""
        if entry.kind in DEAL_WIDE:
            return self.concerns(entry)
        return self.start is None or entry.key > self.start

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
        chain = []
        spec = self.program.classes[name]
        while True:
            chain.append(spec)
            if spec.parent is None:
                break
            spec = self.program.classes[spec.parent]
        found = []
        for entry in self.entries:
            if entry.kind not in spec.kinds or not self.counts(entry):
                continue
            if not all(
                (s.kinds_own is None or entry.kind in s.kinds_own)
                and (s.when is None or s.when(entry, self))
                for s in chain
            ):
                continue
            if all(s.valid is None or s.valid(entry, self) for s in chain):
                continue
            found.append(
                (
                    entry,
                    entry.flaw
                    or (
                        "not_reached"
                        if entry.get("reached") is False
                        else self.program.classes[name].refused or "no_power"
                    ),
                )
            )
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
            self._left_out = frozenset(unit for unit in units if unit is not None)
            if units:
                # What was worked out on the way did not know of it yet.
                self._memo.clear()
                self.timelines.clear()
        return self._left_out

    # ------------------------------------------------------------------- linked others

    def household(self) -> list[Case]:
        """The cases of this customer and of everyone linked to it as a household."""
        if self._others is None:
            self._others = []
            links = self.history.links
            if links.edges:
                family = links.component(min(self.members), ("same", "household"))
                rest = family - self.members
                while rest:
                    person = links.component(min(rest), ("same",))
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
        assert anchor is not None
        return self.history.calendar.day(anchor if isinstance(anchor, int) else anchor.moment)


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
