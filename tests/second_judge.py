"""A second, independent judge of the policy `renault-zibo-2013`, for tests only.

It shares no code with the product.  It is slow, naive and plain on purpose: every question walks
the whole list again, and the functions stand in the order of the rule book, whose sentences are
quoted.  Where the text leaves a choice, a comment `READING` says which way was taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Key = tuple[datetime, datetime, int]
Fields = dict[str, Any]

PARAMETERS: dict[str, dict[str, Any]] = {
    "attempts_count": {"default": False, "values": [False, True]},
    "late_followup_record": {"default": "exclude", "values": ["exclude", "accept"]},
    "phone_opens_file": {"default": True, "values": [True, False]},
    "file_order": {"default": "recorded", "values": ["recorded", "happened"]},
    "deal_moment": {"default": "order", "values": ["order", "close"]},
    "history": {"default": "since_last_deal", "values": ["since_last_deal", "all"]},
    "level_limit_days": {
        "default": {"H": 3, "A": 7, "B": 15, "C": 30},
        "values": [
            {"H": 3, "A": 7, "B": 15, "C": 30},
            {"H": 2, "A": 5, "B": 10, "C": 20},
            {"H": 7, "A": 15, "B": 30, "C": 60},
        ],
    },
    "level_at": {"default": "last_contact", "values": ["last_contact", "initial"]},
    "week_days": {"default": 7, "values": [7, 0, 3, 14]},
    "reception_counts_as_followup": {"default": True, "values": [True, False]},
    "settlement": {"default": "first", "values": ["first", "only_if_rules_undecided"]},
    "order_credit": {"default": "order_taker", "values": ["order_taker", "rules_at_order"]},
    "unfiled_max_followups": {"default": 1, "values": [1, 0, 2]},
    "filing_beats_earlier_file": {"default": False, "values": [False, True]},
    "filed_needs_one_time": {"default": False, "values": [False, True]},
    "filing_valid_days": {"default": None, "values": [None, 3, 7, 30]},
    "filing_max_delay_days": {"default": None, "values": [None, 0, 1, 7]},
    "unfiled_worked": {"default": "closer", "values": ["closer", "principles"]},
    "named_effect": {"default": "reception_only", "values": ["reception_only", "credit"]},
    "household_rule": {"default": "workload", "values": ["workload", "first_file", "panel"]},
    "claim_days": {"default": 3, "values": [3, 1, 2, 5]},
    "claim_day_count": {
        "default": "closing_day_is_day_1",
        "values": ["closing_day_is_day_1", "day_after", "72h"],
    },
    "claim_clock": {"default": "close", "values": ["close", "discovery"]},
    "lapse_test": {
        "default": "at_intervention_or_close",
        "values": ["at_intervention_or_close", "at_close", "any_gap"],
    },
    "after_lapse": {"default": "closer", "values": ["closer", "next_in_line"]},
    "level_vs_week": {
        "default": "both",
        "values": ["both", "week_only", "level_only", "either"],
    },
    "silent_close": {
        "default": "after_lapse",
        "values": ["after_lapse", "absolute", "under_week_rule"],
    },
    "denied_excuses": {"default": True, "values": [True, False]},
    "short_time_rule": {"default": True, "values": [True, False]},
    "short_days": {"default": 7, "values": [7, 0, 2, 14]},
}

EDITION = date(2013, 1, 27)  # "it applies to deals on or after that day"
CONTACT_KINDS = ("visit", "call", "followup")
DEAL_KINDS = ("order", "close")
MENDING = ("correction", "void")
RANK = {"supervisor": 1, "sales_manager": 2, "panel": 3, "general_manager": 4}
SALES_MANAGERS = ("manager", "general_manager")  # "role `manager`, or `general_manager` above him"


def settings(params: Fields | None) -> Fields:
    """Every parameter's value; `level_limit_days.H` overrides one cell of the table."""
    chosen = {name: entry["default"] for name, entry in PARAMETERS.items()}
    chosen["level_limit_days"] = dict(chosen["level_limit_days"])
    for name, value in (params or {}).items():
        if name.startswith("level_limit_days."):
            chosen["level_limit_days"][name.partition(".")[2]] = value
        elif name == "level_limit_days":
            chosen["level_limit_days"].update(value)
        elif name == "default_level":
            pass  # only the list of overdue follow-ups asks for it
        else:
            assert name in chosen, name
            chosen[name] = value
    return chosen


# --- the register as it was written -------------------------------------------------------------


@dataclass(eq=False)
class Entry:
    """One line of the register; `rec` and `place` say when and where it was entered."""

    place: int
    kind: str
    at: datetime
    rec: datetime
    data: Fields
    number: int  # its place when first written, by which other entries may refer to it

    @property
    def id(self) -> str:
        return str(self.data.get("id", f"#{self.number}"))

    @property
    def by(self) -> str | None:
        return self.data.get("by")

    @property
    def recorder(self) -> str | None:
        return self.data.get("recorded_by") or self.by

    @property
    def entered(self) -> tuple[datetime, int]:
        """Order of entry: "by `recorded_at`, then place in the register"."""
        return (self.rec, self.place)

    @property
    def key(self) -> Key:
        """The declared total order, by the moment that counts.

        "All other entries but order and close: the moment that counts is `recorded_at`, not `at`."
        """
        if self.kind in CONTACT_KINDS or self.kind in DEAL_KINDS:
            return (self.at, self.rec, self.place)
        return (self.rec, self.rec, self.place)

    def get(self, name: str, default: Any = None) -> Any:
        value = self.data.get(name)
        return default if value is None else value


def read(lines: list[Fields], as_of: datetime, tz: ZoneInfo) -> list[Entry]:
    """The entries that had happened by `as_of`, with times in the register's zone."""
    entries = []
    for place, line in enumerate(lines, start=1):
        at = datetime.fromisoformat(line["at"]).astimezone(tz)
        rec = datetime.fromisoformat(line.get("recorded_at") or line["at"]).astimezone(tz)
        if at <= as_of:
            entries.append(Entry(place, line["kind"], at, rec, dict(line), place))
    return entries


def day(moment: datetime) -> date:
    return moment.date()


def gap(earlier: datetime, later: datetime) -> int:
    """ "**Gap**: difference of local calendar days." """
    return (day(later) - day(earlier)).days


# --- people and customers -----------------------------------------------------------------------

Entered = tuple[datetime, int]


@dataclass(eq=False)
class Person:
    outlet: str | None
    department: str | None
    role: str


def person_at(entries: list[Entry], staff: str | None, when: Entered) -> Person | None:
    """What the register knew of a member of staff at a moment (the first it knew, if later)."""
    known: Person | None = None
    told = [e for e in entries if e.kind in ("staff", "staff_moved") and e.get("staff") == staff]
    for e in sorted(told, key=lambda e: e.entered):
        if known is not None and e.entered > when:
            break
        if e.kind == "staff":
            known = Person(e.get("outlet"), e.get("department"), e.get("role", "consultant"))
        elif known is not None:
            known = Person(
                e.get("outlet", known.outlet),
                e.get("department", known.department),
                e.get("role", known.role),
            )
    return known


def outlet_types(entries: list[Entry]) -> dict[str, str]:
    return {e.data["outlet"]: e.get("type", "store") for e in entries if e.kind == "outlet"}


def is_sales_manager(entries: list[Entry], staff: str | None, when: Entered) -> bool:
    person = person_at(entries, staff, when)
    return person is not None and person.role in SALES_MANAGERS


def serves_customers(entries: list[Entry], staff: str | None, when: Entered) -> bool:
    """ "files and contacts are those of staff with role `consultant` or `supervisor`" """
    person = person_at(entries, staff, when)
    return person is not None and person.role in ("consultant", "supervisor")


def departures(entries: list[Entry], staff: str | None = None) -> list[Entry]:
    """Who left, and who moved "to another outlet or department"."""
    found = []
    for e in entries:
        if e.kind not in ("staff_left", "staff_moved"):
            continue
        if staff is not None and e.get("staff") != staff:
            continue
        if e.kind == "staff_moved" and not changes_post(entries, e):
            continue
        found.append(e)
    return found


def changes_post(entries: list[Entry], move: Entry) -> bool:
    """ "only a change of outlet or department counts as 调岗" """
    before = person_at(entries, move.get("staff"), (move.rec, move.place - 1))
    if before is None:
        return False
    outlet = move.get("outlet", before.outlet)
    department = move.get("department", before.department)
    return bool(outlet != before.outlet or department != before.department)


def components(pairs: list[tuple[str, str]], start: set[str]) -> set[str]:
    """Everyone reached from `start` over the pairs."""
    reached = set(start)
    while True:
        more = {y for a, b in pairs for x, y in ((a, b), (b, a)) if x in reached} - reached
        if not more:
            return reached
        reached |= more


def same_pairs(entries: list[Entry]) -> list[tuple[str, str]]:
    """ "customers linked as `same` are one history, whenever the link was made" """
    return [pair for pair, _ in linked_pairs(entries, "same")]


def linked_pairs(
    entries: list[Entry], relation: str, allowed: list[Entry] | None = None
) -> list[tuple[tuple[str, str], Entry]]:
    """Pairs linked and not since unlinked, with the entry that links them."""
    # READING: an `unlink` undoes every earlier link among the customers it names.
    # READING: whoever may not link a household may not unlink one; `same` is free to all.
    pairs: list[tuple[tuple[str, str], Entry]] = []
    for e in sorted(entries, key=lambda e: e.entered):
        named = e.get("customers", [])
        if allowed is not None and e.kind in ("link", "unlink") and e not in allowed:
            continue
        if e.kind == "link" and e.get("relation") == relation:
            pairs += [((a, b), e) for a in named for b in named if a < b]
        elif e.kind == "unlink":
            pairs = [(p, made) for p, made in pairs if not (p[0] in named and p[1] in named)]
    return pairs


def same_person(entries: list[Entry], customer: str) -> set[str]:
    return components(same_pairs(entries), {customer})


def names(e: Entry, who: set[str]) -> bool:
    """Does the entry concern one of these customers?"""
    return e.get("customer") in who or any(c in who for c in e.get("customers", []))


# --- who may ------------------------------------------------------------------------------------


def is_party(
    entries: list[Entry], staff: str | None, who: set[str], when: Entered, p: Fields
) -> bool:
    """ "A *party* (who may not decide) holds a file, took an order, closed, claims, was given the
    customer, or is named in an agreement or award." """
    # READING: judged over the customer's whole history as entered up to and including the act
    # itself; so one who awards, gives or approves to himself is a party to it.
    for e in entries:
        if e.entered > when or not names(e, who):
            continue
        if e.kind in ("order", "close") and e.by == staff:
            return True
        if e.kind == "claim" and e.by == staff and not withdrawn(entries, e, when):
            return True
        if e.kind in ("visit", "call") and e.by == staff and opens_file(entries, e, p):
            return True
        if (
            e.kind == "reassign"
            and e.get("to") == staff
            and is_sales_manager(entries, e.by, e.entered)
        ):
            return True
        if e.kind == "agreement" and staff in named_in_agreement(e):
            return True
        if e.kind == "ruling" and staff in [a.get("party") for a in e.get("award", [])]:
            return True
    return False


def named_in_agreement(e: Entry) -> list[str]:
    return [*e.get("parties", []), *[s.get("party") for s in e.get("shares", [])]]


def opens_file(entries: list[Entry], e: Entry, p: Fields) -> bool:
    """ "**File**: a reception, or a valid incoming call (`phone_opens_file: true`)." """
    if not is_valid_contact(entries, e, p):
        return False
    return is_reception(e) or (is_incoming_call(e) and p["phone_opens_file"])


def is_reception(e: Entry) -> bool:
    """ "**Reception**: a valid visit with direction `in`." """
    return e.kind == "visit" and e.get("direction", "in") == "in"


def is_incoming_call(e: Entry) -> bool:
    return e.kind == "call" and e.get("direction") == "in"


def is_attempt(e: Entry) -> bool:
    return e.get("reached", True) is False


def is_late(e: Entry) -> bool:
    """Local calendar day of `recorded_at` after that of `at`."""
    return day(e.rec) > day(e.at)


def is_valid_contact(entries: list[Entry], e: Entry, p: Fields) -> bool:
    """ "**Valid** contact entry: not late, not voided, not struck by a finding, not altered."

    What is voided, struck or altered is no longer among `entries`.
    """
    if e.kind not in CONTACT_KINDS or not serves_customers(entries, e.by, e.entered):
        return False
    # "`late_followup_record: exclude`; other value `accept`: lateness then spoils only visits and
    # calls"
    if is_late(e) and (p["late_followup_record"] == "exclude" or e.kind != "followup"):
        return False
    # "An attempt (`reached: false`) is not one"; "With `attempts_count: true` attempts are
    # follow-ups too."  READING: then they are contacts too; an unanswered incoming call is nothing.
    return not is_attempt(e) or (p["attempts_count"] and is_followup_kind(e))


def is_followup_kind(e: Entry) -> bool:
    """ "**Follow-up** (where they are counted): a valid follow-up, outgoing call or outgoing visit
    in which the customer was reached." """
    return e.kind == "followup" or e.get("direction") == "out"


def decides(entries: list[Entry], e: Entry, who: set[str], p: Fields) -> bool:
    """ "need a sales manager who is no party" """
    return is_sales_manager(entries, e.by, e.entered) and not is_party(
        entries, e.by, who, e.entered, p
    )


def withdrawn(entries: list[Entry], claim: Entry, when: Entered | None = None) -> bool:
    """ "A withdrawn claim is none." Without `on`, "one's own latest claim" is withdrawn."""
    # READING: only the claimant withdraws his claim; it may be withdrawn at any time.
    for e in entries:
        if e.kind != "withdraw_claim" or e.by != claim.by or e.entered < claim.entered:
            continue
        if when is not None and e.entered > when:
            continue
        if e.get("on") is not None:
            if refers(e.get("on"), claim):
                return True
            continue
        who = same_person(entries, e.get("customer", ""))
        own = [
            c
            for c in entries
            if c.kind == "claim" and c.by == e.by and names(c, who) and c.entered < e.entered
        ]
        if own and max(own, key=lambda c: c.entered) is claim:
            return True
    return False


def refers(reference: Any, e: Entry) -> bool:
    """Does a reference (id or place in the register) mean this entry?"""
    return reference is not None and (
        str(reference) == e.data.get("id") or str(reference).lstrip("#") == str(e.number)
    )


# --- mending the record -------------------------------------------------------------------------


@dataclass(eq=False)
class Mend:
    """An accepted void, strike or correction of one entry."""

    act: Entry
    target: Entry
    how: str  # "void", "strike" or "correct"


@dataclass(eq=False)
class Record:
    """The register with everything mended that has been mended."""

    written: list[Entry]
    mends: list[Mend] = field(default_factory=list)

    def gone(self, e: Entry) -> bool:
        """Voided or struck, by an act that is not itself voided or struck."""
        return any(
            m.target is e and m.how in ("void", "strike") and not self.gone(m.act)
            for m in self.mends
        )

    def corrections(self, e: Entry) -> list[Entry]:
        """The corrections of an entry that stand, in order of entry."""
        acts = [
            m.act
            for m in self.mends
            if m.target is e and m.how == "correct" and not self.gone(m.act)
        ]
        return sorted(acts, key=lambda a: a.entered)

    def as_it_stands(self, e: Entry) -> Entry | None:
        """The entry with its corrections, or None where it has no effect."""
        if self.gone(e):
            return None
        now = e
        for act in self.corrections(e):
            if e.kind in CONTACT_KINDS:
                # "Altered: any field but `note` corrected on a later day; a correction on the same
                # day is fine."  READING: later than the day the entry was made in the register.
                if set(changes_of(self, act)) - {"note"} and day(act.rec) > day(e.rec):
                    return None
                now = changed(now, changes_of(self, act), e.rec, e.place)
            elif set(changes_of(self, act)) - {"note"}:
                # "A correction of an entry that is no contact counts from the correction's
                # `recorded_at`."  READING: the corrected entry counts as entered then; the old
                # one is gone.
                now = changed(now, changes_of(self, act), act.rec, act.place)
        return now

    def standing(self) -> list[Entry]:
        entries = [self.as_it_stands(e) for e in self.written]
        return [e for e in entries if e is not None]


def changes_of(record: Record, act: Entry) -> Fields:
    changes = dict(act.get("changes", {}))
    for later in record.corrections(act):
        changes.update(later.get("changes", {}).get("changes", {}))
    return {k: v for k, v in changes.items() if k not in ("id", "kind", "recorded_at")}


def changed(e: Entry, changes: Fields, rec: datetime, place: int) -> Entry:
    data = {**e.data, **changes}
    at = datetime.fromisoformat(data["at"]).astimezone(e.at.tzinfo)
    return Entry(place, e.kind, at, rec, data, e.number)


def mend(entries: list[Entry], p: Fields) -> Record:
    """Accept, in order of entry, each void, strike and correction whose author may."""
    # READING: whether he may is judged by the record as it stood when he acted.
    record = Record(entries)
    for act in sorted(entries, key=lambda e: e.entered):
        for how, reference in mending_of(act):
            for target in entries:
                if target.entered < act.entered and refers(reference, target):
                    before = [e for e in record.standing() if e.entered < act.entered]
                    if may_mend(before, act, target, how, p):
                        record.mends.append(Mend(act, target, how))
    return record


def mending_of(act: Entry) -> list[tuple[str, Any]]:
    if act.kind == "void":
        return [("void", act.get("voids"))]
    if act.kind == "correction":
        return [("correct", act.get("corrects"))]
    if act.kind == "finding":
        return [("strike", reference) for reference in act.get("strikes", [])]
    return []


def may_mend(before: list[Entry], act: Entry, target: Entry, how: str, p: Fields) -> bool:
    """ "An entry is corrected or voided by its author or its recorder; another's entry, a strike,
    a notice, … need a sales manager who is no party." """
    # READING: a strike hits any kind of entry of a customer's history (staff records are mended by
    # voids); a party to the entry's customer may not strike.
    if how == "strike" and target.kind.startswith("staff"):
        return False
    if how != "strike" and act.by is not None and act.by in (target.by, target.recorder):
        return True
    who: set[str] = set()
    for customer in [target.get("customer"), *target.get("customers", [])]:
        if customer is not None:
            who |= same_person(before, customer)
    return decides(before, act, who, p)


# --- deals --------------------------------------------------------------------------------------


@dataclass(eq=False)
class Deal:
    """Orders and the close that belong together."""

    name: str | None
    orders: list[Entry] = field(default_factory=list)
    close: Entry | None = None

    def holds(self, reference: str) -> bool:
        members = [*self.orders, *([self.close] if self.close else [])]
        return reference in [self.name, *[e.id for e in members]]


def deals_of(entries: list[Entry], who: set[str]) -> list[Deal]:
    """ "an `order` or `close` opens the next deal, or belongs to the one ordered and not yet
    closed" """
    # READING: of several open deals the latest; a second close of a named deal says nothing new.
    deals: list[Deal] = []
    for e in sorted((e for e in entries if e.kind in DEAL_KINDS and names(e, who)), key=by_key):
        named = e.get("deal")
        if named is not None:
            fitting = [d for d in deals if d.name == named]
        else:
            fitting = [d for d in deals if d.close is None][-1:]
        deal = fitting[0] if fitting else Deal(named)
        if not fitting:
            deals.append(deal)
        if e.kind == "order":
            deal.orders.append(e)
        elif deal.close is None:
            deal.close = e
    return deals


def by_key(e: Entry) -> Key:
    return e.key


def cancelled(entries: list[Entry], order: Entry, who: set[str]) -> list[Entry]:
    """The cancellations of an order; `on` is by "default: the latest order"."""
    found = []
    for c in entries:
        if c.kind != "cancel_order":
            continue
        if c.get("on") is not None:
            if refers(c.get("on"), order):
                found.append(c)
            continue
        if not names(c, who):
            continue
        earlier = [
            o for o in entries if o.kind == "order" and names(o, who) and o.entered < c.entered
        ]
        if earlier and max(earlier, key=by_key) is order:
            found.append(c)
    return found


def order_that_counts(entries: list[Entry], deal: Deal, who: set[str]) -> Entry | None:
    """ "the order, if one was taken and not cancelled (the earliest such)" """
    standing = []
    for order in deal.orders:
        # "An order counts only if recorded before the close is."
        if deal.close is not None and order.entered > deal.close.entered:
            continue
        # "A cancellation recorded after the close has no effect."
        effective = [
            c
            for c in cancelled(entries, order, who)
            if deal.close is None or c.entered < deal.close.entered
        ]
        if not effective:
            standing.append(order)
    return min(standing, key=by_key, default=None)


def moment_of(entries: list[Entry], deal: Deal, who: set[str], p: Fields) -> Entry | None:
    """The entry that is the deal: "the order, …, else the close (`deal_moment: order`; other value
    `close`: an order alone is then no deal)"."""
    order = order_that_counts(entries, deal, who)
    if order is not None and p["deal_moment"] == "order":
        return order
    return deal.close


# --- one question about one customer ------------------------------------------------------------


@dataclass(eq=False)
class Question:
    """The record as the judge looks at it: whose deal, or who holds the customer, at a moment."""

    entries: list[Entry]  # everything that stands, of all customers
    who: set[str]  # the customer, under all ids linked as the same person
    moment: Key  # the deal, or now
    restart: Key | None  # "After a delivered close the history restarts"
    p: Fields
    attested: bool
    outlets: dict[str, str]
    left_out: frozenset[str] = frozenset()  # second-tier outlets whose entries are left out

    def all(self, *kinds: str) -> list[Entry]:
        """The customer's entries of these kinds since the restart, in order."""
        found = []
        for e in self.entries:
            if e.kind not in kinds or not names(e, self.who):
                continue
            if self.restart is not None and e.key <= self.restart:
                continue
            # READING: an outlet's entries are all that its staff did, but for orders and closes.
            if e.kind not in DEAL_KINDS and self.home(e.by, e.entered) in self.left_out:
                continue
            found.append(e)
        return sorted(found, key=by_key)

    def before(self, *kinds: str) -> list[Entry]:
        return [e for e in self.all(*kinds) if e.key < self.moment]

    def home(self, staff: str | None, when: Entered) -> str | None:
        person = person_at(self.entries, staff, when)
        return person.outlet if person else None

    def outlet_type(self, outlet: str | None) -> str | None:
        return self.outlets.get(outlet) if outlet is not None else None

    # what was done with the customer

    def contacts(self, staff: str | None = None) -> list[Entry]:
        """Valid contacts before the moment."""
        return [
            e
            for e in self.before(*CONTACT_KINDS)
            if is_valid_contact(self.entries, e, self.p) and staff in (None, e.by)
        ]

    def receptions(self, staff: str | None = None) -> list[Entry]:
        return [e for e in self.contacts(staff) if is_reception(e)]

    def followups(self, staff: str | None) -> list[Entry]:
        return [e for e in self.contacts(staff) if is_followup_kind(e)]

    def age(self, e: Entry) -> Any:
        """What makes one file older than another.

        "by `recorded_at`, then place in the register (`file_order: recorded`, contested; other
        value `happened`: by `at`)"
        """
        return e.entered if self.p["file_order"] == "recorded" else e.key

    def files(self) -> list[Entry]:
        """Files before the moment, the first file first."""
        # READING: a file is there at the deal if it was opened (`at`) before the deal.
        found = [e for e in self.contacts() if opens_file(self.entries, e, self.p)]
        return sorted(found, key=self.age)

    def at(self, moment: Key) -> Question:
        """The same customer at another moment."""
        return replace(self, moment=moment)

    # levels

    def levels(self, staff: str) -> list[Entry]:
        """Entries by which he set a level, "in a valid entry", in order."""
        return [
            e
            for e in self.before(*CONTACT_KINDS, "level")
            if e.by == staff
            and e.get("level") is not None
            and (e.kind == "level" or is_valid_contact(self.entries, e, self.p))
        ]

    def level(self, staff: str, opener: Key, inherited: str | None) -> str | None:
        """ "The level that counts is the one that consultant last recorded, in a valid entry, at or
        before the contact that opens the gap (`level_at: last_contact`; other value `initial`: his
        first). A transferee without one of his own inherits the level he took over." """
        own = self.levels(staff)
        if self.p["level_at"] == "initial":
            # READING: his very first before the moment, even if set after the gap opened.
            return str(own[0].get("level")) if own else inherited
        own = [e for e in own if e.key <= opener]
        return str(own[-1].get("level")) if own else inherited

    def limit(self, level: str | None) -> int | None:
        value = self.p["level_limit_days"].get(level)
        return None if value is None else int(value)


# --- who holds the customer now -----------------------------------------------------------------


@dataclass(eq=False)
class Holding:
    """Someone holds the customer: since when his clock runs, and the level he took over."""

    staff: str
    clock: Key
    inherited: str | None
    file: Entry | None  # by which he holds; None for a transferee


def overdue(q: Question, h: Holding, moment: Key) -> bool | None:
    """ "Overdue: the gap from his last valid contact (or from the transfer) before that moment is
    greater than the level limit."  None where there is no level."""
    then = q.at(moment)
    opener = max([h.clock, *[e.key for e in then.contacts(h.staff)]])
    limit = then.limit(then.level(h.staff, opener, h.inherited))
    return None if limit is None else gap(opener[0], moment[0]) > limit


def still_here(q: Question, file: Entry) -> bool:
    """ "*Still here*: who left after his file is not, even if back; a file opened after the return
    counts." """
    return not any(file.key < d.key < q.moment for d in departures(q.entries, file.by))


@dataclass(eq=False)
class Chain:
    """How the customer went from hand to hand up to a moment."""

    holding: Holding | None
    displaced: list[str]  # holders whom a departure or a valid transfer put out
    valid: list[Entry]  # transfers that had effect


def by_oldest_file(q: Question, floor: Key | None) -> Holding | None:
    """ "with nobody appointed, the oldest file of anyone still here counts, its holder's clock
    starting at the departure" """
    for file in q.files():
        if file.by is not None and still_here(q, file):
            clock = file.key if floor is None else max(file.key, floor)
            return Holding(file.by, clock, None, file)
    return None


def chain(q: Question) -> Chain:
    """Replay departures and transfers up to the question's moment."""
    # READING: one whose customer was transferred away may come after the transferee's departure,
    # by his old file, as anyone still here.
    appointed: Holding | None = None
    floor: Key | None = None  # the last departure that ended a holding
    gone: list[Entry] = []  # departures of holders in whose place nobody was put since
    last_level: str | None = None
    displaced: list[str] = []
    valid: list[Entry] = []
    left = [d for d in departures(q.entries) if q.restart is None or d.key > q.restart]
    for act in sorted([*left, *q.before("reassign")], key=by_key):
        if act.key >= q.moment:
            continue
        then = q.at(act.key)
        holding = appointed or by_oldest_file(then, floor)
        if act.kind != "reassign":
            # "When the holder leaves or moves, his holding ends"
            if holding is not None and act.get("staff") == holding.staff:
                appointed, floor = None, act.key
                gone.append(act)
                displaced.append(holding.staff)
                last_level = level_now(then, holding)
            continue
        if transfer_is_valid(then, act, holding, gone):
            valid.append(act)
            if holding is not None:
                displaced.append(holding.staff)
                inherited = level_now(then, holding)
            else:
                inherited = last_level if gone else None
            appointed = Holding(str(act.get("to")), act.key, inherited, None)
            gone = []
    return Chain(appointed or by_oldest_file(q, floor), displaced, valid)


def level_now(q: Question, h: Holding) -> str | None:
    return q.level(h.staff, q.moment, h.inherited)


def transfer_is_valid(q: Question, act: Entry, holding: Holding | None, gone: list[Entry]) -> bool:
    """Had this `reassign` effect, seen at its own moment?"""
    if not decides(q.entries, act, q.who, q.p) or act.get("to") is None:
        return False
    cause = act.get("cause")
    if cause == "overdue":
        return holding is not None and any(
            notice_unheeded(q, n, act, holding) for n in q.before("notice")
        )
    if cause in ("left", "moved"):
        # "Causes `left` and `moved` need the departure on record".  READING: of the one in whose
        # place somebody is to be put: the last holder, whose holding it ended.
        return any(d.kind == f"staff_{cause}" for d in gone)
    if cause == "demand":
        return any(demand_counts(q, d) for d in q.before("demand"))
    if cause == "ruling":
        return any(ruling_counts(q, r) for r in q.before("ruling"))
    return False  # "`other` has no effect"


def notice_unheeded(q: Question, notice: Entry, act: Entry, holding: Holding) -> bool:
    """ "valid if the holder was overdue when a `notice` to him was recorded, had no valid contact
    after that notice, and the transfer is recorded on a later day than the notice was" """
    return (
        notice.get("to") == holding.staff
        and decides(q.entries, notice, q.who, q.p)
        and holding.clock < notice.key
        and overdue(q, holding, notice.key) is True
        and not any(c.key > notice.key for c in q.contacts(holding.staff))
        and day(act.rec) > day(notice.rec)
    )


def demand_counts(q: Question, demand: Entry) -> bool:
    """ "A customer's demand has no effect without a manager as author or recorder." """
    return any(
        is_sales_manager(q.entries, staff, demand.entered) for staff in (demand.by, demand.recorder)
    )


def ruling_counts(q: Question, ruling: Entry) -> bool:
    """ "a `ruling` by supervisor, sales manager or general manager who is no party (also for the
    panel)" """
    # READING: nobody rules for an instance above his own; department heads rule nothing here.
    person = person_at(q.entries, ruling.by, ruling.entered)
    powers = {"supervisor": 1, "manager": 2, "general_manager": 4}
    power = powers.get(person.role, 0) if person else 0
    instance = ruling.get("instance")
    allowed = power > 0 and (instance == "panel" or RANK.get(instance, 9) <= power)
    return (
        allowed
        and bool(ruling.get("award"))
        and not is_party(q.entries, ruling.by, q.who, ruling.entered, q.p)
    )


# --- whose deal ---------------------------------------------------------------------------------


@dataclass(eq=False)
class Outcome:
    """What a step says: a party (or shares) credited, or the panel."""

    clause: str | None
    shares: list[tuple[str, str]]  # empty: referred to the panel
    provisional_until: datetime | None = None


def award(clause: str, party: str) -> Outcome:
    return Outcome(clause, [(party, "100")])


def refer(clause: str | None) -> Outcome:
    return Outcome(clause, [])


@dataclass(eq=False)
class Case:
    """One deal to be ruled on."""

    q: Question  # the customer at the deal
    deal: Deal
    entry: Entry  # the order or close that is the deal
    order: Entry | None
    closer: str
    as_of: datetime

    def without(self, outlets: set[str]) -> Case:
        left_out = self.q.left_out | outlets
        return replace(self, q=replace(self.q, left_out=frozenset(left_out)))


# claims


def window(case: Case, claimant: str) -> tuple[datetime, datetime]:
    """From when (inclusive) until when (exclusive) a claim has to be recorded."""
    # "The window starts at the later of the deal's `at` and `recorded_at`."
    start = max(case.entry.at, case.entry.rec)
    # "A claim before that day has to be renewed": one on that day, though earlier, is in time.
    opens = datetime.combine(day(start), time(0), start.tzinfo)
    if case.q.p["claim_clock"] == "discovery":
        # "from the claimant's `learn`, if there is one"; "a claim made before the `learn` must be
        # renewed".  READING: his first `learn` recorded after the deal.
        learned = [
            e
            for e in case.q.all("learn")
            if e.by == claimant and e.key > case.entry.key and for_this_deal(case, e)
        ]
        if learned:
            start = opens = learned[0].rec
    # "recorded on the day of the deal or the two calendar days after it, until 24:00
    # (`claim_days: 3`, `claim_day_count: closing_day_is_day_1`, contested; other values
    # `day_after`, a day longer, and `72h` from the moment)"
    count = case.q.p["claim_day_count"]
    if count == "72h":
        # READING: 72 hours whatever `claim_days` says; exactly 72 hours is in time.
        return opens, start + timedelta(hours=72, microseconds=1)
    days = int(case.q.p["claim_days"]) + (1 if count == "day_after" else 0)
    last = day(start) + timedelta(days=days)
    return opens, datetime.combine(last, time(0), start.tzinfo)


def for_this_deal(case: Case, e: Entry) -> bool:
    return e.get("deal") is None or case.deal.holds(str(e.get("deal")))


def claimed_in_time(case: Case, claimant: str, who: set[str] | None = None) -> bool:
    opens, ends = window(case, claimant)
    q = case.q if who is None else replace(case.q, who=who)
    return any(
        e.by == claimant
        and opens <= e.rec < ends
        and for_this_deal(case, e)
        and not withdrawn(q.entries, e)
        for e in every(q, "claim")
    )


def every(q: Question, kind: str) -> list[Entry]:
    """The customer's entries of a kind, those before the restart too."""
    return replace(q, restart=None).all(kind)


def no_claim(case: Case, original: str) -> Outcome:
    """Clause 6.1 credits the closer.  "Until the window ends a ruling by this step is
    provisional." """
    ends = window(case, original)[1]
    if case.q.p["claim_day_count"] == "72h":
        ends -= timedelta(microseconds=1)
    outcome = award("6.1", case.closer)
    outcome.provisional_until = ends if case.as_of < ends else None
    return outcome


# step 1, P4


def agreed(case: Case, all_deals: list[Deal]) -> Outcome | None:
    """ "original and closer are parties to an agreement that the sales manager approved" """
    original = chain(case.q).holding
    found = [
        e
        for e in every(case.q, "agreement")
        if belongs(case, e, all_deals)
        and original is not None
        and {original.staff, case.closer} <= set(e.get("parties", []))
        and approved(case.q, e)
    ]
    if not found:
        return None
    # READING: of several approved agreements the one entered last.
    last = max(found, key=lambda e: e.entered)
    return Outcome("P4", [(s["party"], s["share"]) for s in last.get("shares", [])])


def belongs(case: Case, e: Entry, all_deals: list[Deal]) -> bool:
    """ "an agreement, ruling or appeal to the latest deal recorded by then, or to the next if none
    is" """
    if e.get("deal") is not None:
        return case.deal.holds(str(e.get("deal")))
    moments = []
    for deal in all_deals:
        moment = moment_of(case.q.entries, deal, case.q.who, case.q.p)
        if moment is not None:
            moments.append((moment, deal))
    by_then = [(m, d) for m, d in moments if m.entered < e.entered]
    if by_then:
        return max(by_then, key=lambda pair: pair[0].key)[1] is case.deal
    return min(moments, key=lambda pair: pair[0].key)[1] is case.deal


def approved(q: Question, e: Entry) -> bool:
    """ "An unapproved agreement has no effect."  The approver is a sales manager and no party."""
    by = e.get("approved_by")
    return (
        by is not None
        and is_sales_manager(q.entries, by, e.entered)
        and not is_party(q.entries, by, q.who, e.entered, q.p)
        and vouched(q, e, by)
    )


def vouched(q: Question, e: Entry, person: str) -> bool:
    """ "**Own word**: … counts when that person recorded the entry, confirmed it (`confirm`), or an
    attested import contains it." """
    # READING: a confirmation counts whenever it was recorded.
    return (
        q.attested
        or e.recorder == person
        or any(c.kind == "confirm" and c.by == person and refers(c.get("on"), e) for c in q.entries)
    )


# step 2, 6.4


def ordered_and_delivered_by_another(case: Case, all_deals: list[Deal]) -> Outcome | None:
    """ "an order was taken, and someone else delivers" """
    order, close = case.order, case.deal.close
    if order is None or close is None or close.by == order.by:
        return None
    q = case.q.at(close.key)
    left = [d for d in departures(q.entries, order.by) if order.key < d.key < close.key]
    demands = [d for d in q.before("demand") if order.key < d.key and demand_counts(q, d)]
    if left or demands:
        # "the appointee of the latest valid `reassign` in that time, else `demand.to`, else the
        # deliverer"
        appointed = [
            r
            for r in q.before("reassign")
            if r.key > order.key and valid_between(q, r, order, left)
        ]
        if appointed:
            return award("6.4", str(appointed[-1].get("to")))
        # READING: of several demands the latest that names somebody.
        wished = [str(d.get("to")) for d in demands if d.get("to") is not None]
        return award("6.4", wished[-1] if wished else str(close.by))
    if case.q.p["order_credit"] == "order_taker":
        return award("6.4", case.closer)
    # "`rules_at_order`: whoever steps 3–13 credit with the order as the deal, under their clause,
    # then locked".  READING: the exceptions for departure and demand stay as they are; where only
    # a close is a deal (`deal_moment: close`), there is no order to be taken as the deal.
    if case.q.p["deal_moment"] == "close":
        return None
    restart = last_close(case.q.entries, case.q.who, order.key, case.q.p)
    q = replace(case.q, moment=order.key, restart=restart)
    return from_step_3(replace(case, entry=order, q=q))


def valid_between(q: Question, r: Entry, order: Entry, left: list[Entry]) -> bool:
    if r.get("cause") in ("left", "moved"):
        # "In 6.4 `left`/`moved` means the order-taker's departure."
        kind = f"staff_{r.get('cause')}"
        return (
            r.get("to") is not None
            and decides(q.entries, r, q.who, q.p)
            and any(d.kind == kind and d.key < r.key for d in left)
        )
    return r in chain(q).valid


# step 3, P5, 6.5, K4


def second_tier(case: Case) -> Outcome | Case:
    """The outlet's or closer's deal, or the case as the other steps are to see it."""
    q = case.q
    received = sorted(
        (e for e in q.receptions() if q.outlet_type(place_of(q, e)) == "second_tier"), key=q.age
    )
    if not received:
        return case
    # "of two outlets the one that received first"; "Only the first to receive is tested, filed or
    # not; the entries of every other second-tier outlet are left out."
    reception = received[0]
    outlet = str(place_of(q, reception))
    others = {o for o, kind in q.outlets.items() if kind == "second_tier" and o != outlet}
    case = case.without(others)
    q = case.q
    # "Applies where the closer is not of that outlet"
    if q.home(case.closer, case.entry.entered) == outlet:
        return case
    older = [
        f
        for f in q.files()
        if q.age(f) < q.age(reception) and q.outlet_type(q.home(f.by, f.entered)) == "store"
    ]
    if any(filing_counts(case, f, outlet, reception) for f in q.all("filing")):
        # 3a "no live 4S file is older than that reception"
        barred = bool(older) and is_live(q, reception) and not q.p["filing_beats_earlier_file"]
        if barred:
            # "Where an older 4S file keeps step 3 from applying, the outlet's entries are left out
            # of the other steps."
            return case.without({outlet})
        # "with true and more than one reception by the closer, steps 4–13 run with the outlet's
        # staff as ordinary contenders"
        if q.p["filed_needs_one_time"] and len(q.receptions(case.closer)) > 1:
            return case
        return award("P5", outlet)
    # 3b "it received him before the deal and did not file before it; no 4S file is older"
    if older:
        return case.without({outlet})
    # "the closer had at most one follow-up (`unfiled_max_followups: 1`)"
    if len(q.followups(case.closer)) <= int(q.p["unfiled_max_followups"]):
        return award("K4", outlet)
    # 3c "`unfiled_worked: closer`; other value `principles`: instead of 3c the other steps run, the
    # outlet's file among them"
    return award("K4", case.closer) if q.p["unfiled_worked"] == "closer" else case


def place_of(q: Question, reception: Entry) -> str | None:
    """Where the customer was received: the outlet named, by default the author's own."""
    outlet: str | None = reception.get("outlet")
    return outlet if outlet is not None else q.home(reception.by, reception.entered)


def is_live(q: Question, reception: Entry) -> bool:
    """ "*Live*: the holder at that time was not overdue at the outlet's first reception (no level:
    live)" """
    # READING: where nobody held the customer at that time, no file is live.
    then = q.at(reception.key)
    holding = chain(then).holding
    return holding is not None and overdue(then, holding, reception.key) is not True


def filing_counts(case: Case, filing: Entry, outlet: str, reception: Entry) -> bool:
    """A filing by the outlet that protects at the deal."""
    q = case.q
    delay = q.p["filing_max_delay_days"]
    return (
        q.home(filing.by, filing.entered) == outlet
        # "A filing after the deal is void (6.5); addressed to anyone but a sales manager: void"
        and filing.key < case.entry.key
        and is_sales_manager(q.entries, filing.get("to"), filing.entered)
        and is_alive(q, filing, case.entry)
        # "Filing more than 7 days after the reception is a warning (`filing_max_delay_days: null`;
        # a number makes it void)."
        and (delay is None or gap(reception.at, filing.rec) <= int(delay))
    )


def is_alive(q: Question, filing: Entry, deal: Entry) -> bool:
    """ "It ends at `expires_at` (exclusive) if it has one, else never (`filing_valid_days: null`);
    a `decision` to reject voids it." """
    ends: datetime | None = None
    if filing.get("expires_at") is not None:
        ends = datetime.fromisoformat(filing.get("expires_at")).astimezone(filing.at.tzinfo)
    elif q.p["filing_valid_days"] is not None:
        # READING: so many times 24 hours after it was recorded.
        ends = filing.rec + timedelta(days=int(q.p["filing_valid_days"]))
    for d in sorted((e for e in q.entries if e.kind == "decision"), key=by_key):
        if not refers(d.get("on"), filing) or not decides(q.entries, d, q.who, q.p):
            continue
        # "A filing's rejection voids it at any time; an extension counts only if recorded before
        # the deal."
        if d.get("decision") == "reject":
            return False
        if d.get("decision") == "extend" and d.key < deal.key and d.get("expires_at") is not None:
            ends = datetime.fromisoformat(d.get("expires_at")).astimezone(filing.at.tzinfo)
    return ends is None or deal.at < ends


# step 4, K5


def sister_store(case: Case) -> Outcome | None:
    """ "a consultant of a sister store accompanied the customer, or filed him with this store,
    before the closer's first reception, and holds a file older than that and older than any file
    here" """
    q = case.q
    here = q.home(case.closer, case.entry.entered)
    # "Same in reverse, for a 4S customer who closes at the sister store."
    # READING: between a `store` and a `sister_store` only.
    there = {"store": "sister_store", "sister_store": "store"}.get(q.outlet_type(here) or "")
    receptions = q.receptions(case.closer)
    if there is None or not receptions:
        return None
    first = receptions[0]
    files = q.files()
    files_here = [f for f in files if q.home(f.by, f.entered) == here]
    for file in files:
        if (
            q.outlet_type(q.home(file.by, file.entered)) == there
            # READING: one who left or moved since no longer holds it.
            and still_here(q, file)
            and q.age(file) < q.age(first)
            and all(q.age(file) < q.age(f) for f in files_here)
            and brought_or_filed(case, str(file.by), here, first)
        ):
            return award("K5", str(file.by))
    return None


def brought_or_filed(case: Case, consultant: str, here: str | None, first: Entry) -> bool:
    q = case.q
    # "`accompanied_by` on the closer's first reception is in time; an `accompany` logged after
    # that reception began is not."
    if first.get("accompanied_by") == consultant:
        return True
    if any(
        e.by == consultant and e.get("to_outlet") == here and e.key < first.key
        for e in q.all("accompany")
    ):
        return True
    # "Addressed `to_outlet`; no manager needed."
    # READING: the filing must be alive at the deal, as any other.
    return any(
        e.by == consultant
        and e.get("to_outlet") == here
        and e.key < first.key
        and is_alive(q, e, case.entry)
        for e in q.all("filing")
    )


# step 5, 6.6


def asked_for_closer(case: Case) -> bool:
    """ "the customer asked at the door for the closer, and a witness noted it" """
    # "Naming needs a witness who is not the named person."
    return any(
        e.get("named") == case.closer
        and e.get("witness") is not None
        and e.get("witness") != case.closer
        and vouched(case.q, e, e.get("witness"))
        for e in case.q.receptions()
    )


# step 6, K1


def household(case: Case) -> Outcome | None:
    """ "at least two linked members have different originals at the deal, came together on that
    day, and the closer is one of these originals" """
    q = case.q
    allowed = [
        e
        for e in q.entries
        if e.kind in ("link", "unlink") and decides(q.entries, e, everyone(q, e), q.p)
    ]
    made = [e for e in q.entries if e.kind not in ("link", "unlink") or e.key < case.entry.key]
    early = [pair for pair, _ in linked_pairs(made, "household", allowed)]
    all_pairs = [pair for pair, _ in linked_pairs(q.entries, "household", allowed)]
    family = family_of(case, early)
    if family is not None:
        return by_workload(case, family)
    family = family_of(case, all_pairs)
    # "A household link recorded after the deal: refer to the panel (K1), if anyone but the closer
    # claimed in time."  READING: anyone at all, on any member.
    if family is not None:
        claimants = {str(e.by) for e in q.entries if e.kind == "claim"} - {case.closer}
        if any(claimed_in_time(case, c, family.who) for c in claimants):
            return refer("K1")
    return None


def everyone(q: Question, e: Entry) -> set[str]:
    who: set[str] = set()
    for customer in e.get("customers", []):
        who |= same_person(q.entries, customer)
    return who


@dataclass(eq=False)
class Family:
    """A household whose members came together on the day of the deal."""

    members: list[Question]  # each at the moment of the deal
    originals: dict[str, list[Holding]]  # of those who came together

    @property
    def who(self) -> set[str]:
        return set().union(*(m.who for m in self.members))


def family_of(case: Case, pairs: list[tuple[str, str]]) -> Family | None:
    """The household, where the test of step 6 is met over these links."""
    # READING: outlets left out are left out for the deal's own customer only.
    q = case.q
    ids = components([*pairs, *same_pairs(q.entries)], q.who)
    members = [q]
    for customer in sorted(ids - q.who):
        if not any(customer in m.who for m in members):
            who = same_person(q.entries, customer)
            restart = last_close(q.entries, who, case.entry.key, q.p)
            members.append(
                replace(q, who=who, restart=restart, left_out=frozenset(), moment=case.entry.key)
            )
    # "the one who signs need not be among those who came together"
    # READING: those named in any `together` entered on the day of the deal.
    came: set[str] = set()
    for e in q.entries:
        if e.kind == "together" and day(e.rec) == day(case.entry.at):
            came |= set(e.get("customers", [])) & ids
    originals: dict[str, list[Holding]] = {}
    for m in members:
        holding = chain(m).holding
        if m.who & came and holding is not None:
            originals.setdefault(holding.staff, []).append(holding)
    if len(originals) < 2 or case.closer not in originals:
        return None
    return Family(members, originals)


def by_workload(case: Case, family: Family) -> Outcome:
    """ "only the closer and those who claimed in time compete (nobody else did: 6.1); drop those
    overdue at the deal (if all are, none); of the rest the one with most days of valid contact;
    equal → refer to the panel" """
    rivals = [x for x in family.originals if x != case.closer]
    claimants = [x for x in rivals if claimed_in_time(case, x, family.who)]
    if not claimants:
        # READING: provisional until the last rival's window has ended.
        return no_claim(case, max(rivals, key=lambda x: window(case, x)[1]))
    compete = [case.closer, *claimants]
    rule = case.q.p["household_rule"]
    if rule == "panel":
        return refer("K1")
    if rule == "first_file":
        # "the one with the oldest file, overdue or not"
        return award("K1", min(compete, key=lambda x: oldest_file(family, x)))
    diligent = [x for x in compete if family_overdue(case, family, x) is not True] or compete
    most = max(workload(family, x) for x in diligent)
    best = [x for x in diligent if workload(family, x) == most]
    return award("K1", best[0]) if len(best) == 1 else refer("K1")


def workload(family: Family, staff: str) -> int:
    """ "days … count over all members" """
    return len({day(e.at) for m in family.members for e in m.contacts(staff)})


def oldest_file(family: Family, staff: str) -> Any:
    """The age of his oldest file with any member."""
    # READING: of one who holds by a transfer only, the oldest file of the member he was given.
    own = [m.age(f) for m in family.members for f in m.files() if f.by == staff]
    given = [
        m.age(f)
        for m in family.members
        for f in m.files()
        if any(h is not None and h.staff == staff for h in [chain(m).holding])
    ]
    never = (datetime.max.replace(tzinfo=UTC),)
    return min(own or given, default=never)


def family_overdue(case: Case, family: Family, staff: str) -> bool | None:
    """ "being overdue count[s] over all members" """
    # READING: his last contact with any member, his last level with any member, his latest clock.
    own = family.originals[staff]
    deal = case.entry
    contacts = [e.key for m in family.members for e in m.contacts(staff)]
    opener = max([*(h.clock for h in own), *contacts])
    levels = sorted((e for m in family.members for e in m.levels(staff)), key=by_key)
    if case.q.p["level_at"] != "initial":
        levels = levels[::-1]
        levels = [e for e in levels if e.key <= opener]
    inherited = max(own, key=lambda h: h.clock).inherited
    level = str(levels[0].get("level")) if levels else inherited
    limit = case.q.limit(level)
    return None if limit is None else gap(opener[0], deal.key[0]) > limit


def last_close(entries: list[Entry], who: set[str], moment: Key, p: Fields) -> Key | None:
    """ "After a delivered close the history restarts (`history: since_last_deal`; other value
    `all`)." """
    if p["history"] == "all":
        return None
    closes = [d.close.key for d in deals_of(entries, who) if d.close is not None]
    return max((key for key in closes if key < moment), default=None)


# steps 7 to 13


def told(case: Case, original: str) -> bool:
    """ "*Told*: an `inform` by the closer, recorded before the deal, to the original, to the holder
    at that moment, or to whomever the customer named (`answer`, `named`)." """
    q = case.q
    named = {e.get(name) for e in q.receptions(case.closer) for name in ("answer", "named")}
    for e in q.before("inform"):
        holding = chain(q.at(e.key)).holding
        holder = None if holding is None else holding.staff
        if e.by == case.closer and e.get("to") in ({original, holder} | named) - {None, "none"}:
            return True
    return False


def nothing_to_tell(case: Case) -> bool:
    # "If the customer asked at the door for the closer and a witness noted it, there is nothing to
    # tell."
    if asked_for_closer(case):
        return True
    # "If the closer asked and the customer denied earlier contact (`asked: true`, `answer: none`),
    # there was nothing to tell (`denied_excuses: true`). Not asking counts as not told."
    return bool(case.q.p["denied_excuses"]) and any(
        e.get("asked") is True and e.get("answer") == "none" for e in case.q.receptions(case.closer)
    )


def silent_one_time_close(case: Case, original: str) -> bool:
    """ "the closer did not tell the original, and closed at his first and only reception" """
    receptions = case.q.receptions(case.closer)
    # "*First and only*: exactly one reception, on the day of the deal."
    return (
        len(receptions) == 1
        and day(receptions[0].at) == day(case.entry.at)
        and not told(case, original)
        and not nothing_to_tell(case)
    )


def lapses(case: Case, h: Holding) -> list[bool | None]:
    """Each test of step 9: was the original overdue?  None where no level was known."""
    q, deal = case.q, case.entry.key
    test = q.p["lapse_test"]
    if test == "at_close":
        return [overdue(q, h, deal)]
    if test == "any_gap":
        # "any gap from his first file, or from the transfer, to the deal"
        moments = [e.key for e in q.contacts(h.staff) if e.key > h.clock]
        return [overdue(q, h, moment) for moment in [*moments, deal]]
    # "Intervention: the closer's first reception after the original's clock started."
    interventions = [e.key for e in q.receptions(case.closer) if e.key > h.clock]
    return [overdue(q, h, moment) for moment in [*interventions[:1], deal]]


def short_time(case: Case, original: str) -> bool:
    """ "original and closer received the customer exactly once each, each had at most one
    follow-up, and no more than 7 days lie between first file and deal (`short_days`)" """
    q = case.q
    files = q.files()
    return (
        bool(q.p["short_time_rule"])
        and all(len(q.receptions(x)) == 1 for x in (original, case.closer))
        and all(len(q.followups(x)) <= 1 for x in (original, case.closer))
        # "the customer's first file must be a reception"
        and bool(files)
        and is_reception(files[0])
        and gap(files[0].at, case.entry.at) <= int(q.p["short_days"])
    )


def in_the_week(case: Case, original: str) -> bool:
    """ "a valid contact of the original before the deal at a gap of 0 to 7 days (`week_days: 7`).
    His receptions and incoming calls count (`reception_counts_as_followup: true`; with false only
    follow-ups)." """
    q = case.q
    counted = q.contacts(original) if q.p["reception_counts_as_followup"] else q.followups(original)
    return any(0 <= gap(e.at, case.entry.at) <= int(q.p["week_days"]) for e in counted)


def from_step_3(case: Case) -> Outcome:
    seen = second_tier(case)
    if isinstance(seen, Outcome):
        return seen
    case = seen
    outcome = sister_store(case)
    if outcome is not None:
        return outcome
    if case.q.p["named_effect"] == "credit" and asked_for_closer(case):
        return award("6.6", case.closer)
    outcome = household(case)
    if outcome is not None:
        return outcome
    now = chain(case.q)
    return from_step_7(case, now.holding, now.displaced)


def from_step_7(case: Case, h: Holding | None, displaced: list[str]) -> Outcome:
    # "With no original (nobody has a file) and a deal: the closer, clause P1."
    if h is None or h.staff == case.closer:
        return award("P1", case.closer)
    p, original = case.q.p, h.staff
    if not claimed_in_time(case, original):
        return no_claim(case, original)
    tests = lapses(case, h)
    lapsed = any(t is True for t in tests)
    limited = any(t is not None for t in tests)
    silent = silent_one_time_close(case, original)
    if p["silent_close"] == "absolute" and silent:  # "tested before step 9"
        return award("P2", original)
    # "`week_only`: step 9 is skipped."  "`either`: step 9 does not bar"
    if lapsed and p["level_vs_week"] in ("both", "level_only"):
        return after_lapse(case, h, displaced)
    if p["silent_close"] == "after_lapse" and silent:
        return award("P2", original)
    if short_time(case, original):
        return refer("K2")
    # "`level_only`: where a level limit applied, passing step 9 is enough: after steps 10 and 11
    # the original is credited under P1."  READING: applied means that at least one test had one.
    if p["level_vs_week"] == "level_only" and limited:
        return award("P1", original)
    if in_the_week(case, original):
        return award("6.2", original)
    # "`either`: … credited under 6.2 if in the week or, where he has a level limit, not overdue by
    # step 9's test"
    if p["level_vs_week"] == "either" and limited and not lapsed:
        return award("6.2", original)
    return award("6.3", case.closer)


def after_lapse(case: Case, h: Holding, displaced: list[str]) -> Outcome:
    """ "After a lapse the closer is credited even if a third consultant worked well in between
    (`after_lapse: closer`; other value `next_in_line`: the next oldest file's holder (not one
    displaced before) takes the original's place and steps 7–13 are run again, claim included)." """
    if case.q.p["after_lapse"] == "closer":
        return award("P3", case.closer)
    # READING: he must still be here, his clock runs from his own file, and with nobody left the
    # closer is credited.
    out = [*displaced, h.staff]
    for file in case.q.files():
        if file.by is not None and file.by not in out and still_here(case.q, file):
            return from_step_7(case, Holding(file.by, file.key, None, file), out)
    return award("P3", case.closer)


# --- the ruling ---------------------------------------------------------------------------------


def by_rule(case: Case, all_deals: list[Deal]) -> Outcome:
    """ "first match decides" """
    agreement = agreed(case, all_deals)
    # "`settlement: first`; other value `only_if_rules_undecided`"
    if agreement is not None and case.q.p["settlement"] == "first":
        return agreement
    outcome = ordered_and_delivered_by_another(case, all_deals)
    if outcome is None:
        outcome = from_step_3(case)
    if not outcome.shares and agreement is not None:
        return agreement
    return outcome


def human_ruling(case: Case, all_deals: list[Deal]) -> Entry | None:
    """ "highest instance, then latest; the general manager's is final; one appeal" """
    found = [
        r
        for r in every(case.q, "ruling")
        if belongs(case, r, all_deals) and ruling_counts(case.q, r)
    ]
    return max(found, key=lambda r: (RANK[r.get("instance")], r.entered), default=None)


def judge(
    lines: list[dict[str, Any]],
    customer: str,
    *,
    as_of: datetime,
    params: dict[str, Any] | None = None,
    deal: str | None = None,
    attested: bool = True,
    zone: str = "Asia/Shanghai",
) -> dict[str, Any]:
    """Rule on a customer's latest deal, on a named one, or (`deal="open"`) on who holds him."""
    p = settings(params)
    tz = ZoneInfo(zone)
    as_of = as_of.astimezone(tz)
    written = read(lines, as_of, tz)
    entries = mend(written, p).standing()
    who = same_person(entries, customer)
    end_of_time = datetime.max.replace(tzinfo=tz) - timedelta(days=2)
    q = Question(
        entries, who, (end_of_time, end_of_time, 0), None, p, attested, outlet_types(entries)
    )
    all_deals = deals_of(entries, who)
    moments = [(moment_of(entries, d, who, p), d) for d in all_deals]
    real = [(m, d) for m, d in moments if m is not None]
    if deal not in (None, "open"):
        real = [(m, d) for m, d in real if d.holds(str(deal))]
        if not real:
            raise LookupError(deal)
    if deal == "open" or not real:
        q = replace(q, restart=last_close(entries, who, q.moment, p))
        return who_holds(q)
    moment, chosen = max(real, key=lambda pair: pair[0].key)
    # "for an earlier deal no edition is in force: `referred` to the panel, `decided_by` null"
    if day(moment.at) < EDITION:
        return answer(q, refer(None), None)
    q = replace(q, moment=moment.key, restart=last_close(entries, who, moment.key, p))
    order = order_that_counts(entries, chosen, who)
    closer = order.by if order is not None else moment.by
    if closer is None:  # "a fact that would decide is unknown"
        return answer(q, refer("P6"), None)
    case = Case(q, chosen, moment, order, closer, as_of)
    return answer(q, by_rule(case, all_deals), human_ruling(case, all_deals))


def who_holds(q: Question) -> dict[str, Any]:
    """ "While there is no deal: `held`, clause P2 where a colleague received the customer after the
    original's file, else P1; nobody: `unheld`, `decided_by` null." """
    empty: Fields = {"credit": [], "referred_to": None, "provisional_until": None, "by_rule": None}
    h = chain(q).holding
    if h is None:
        return {"status": "unheld", "holder": None, "decided_by": None, **empty}
    # READING: a transferee's file is the first file, which he took over.
    files = q.files()
    file = h.file or (files[0] if files else None)
    received = file is not None and any(
        e.by != h.staff and q.age(e) > q.age(file) for e in q.receptions()
    )
    clause = "P2" if received else "P1"
    return {"status": "held", "holder": h.staff, "decided_by": clause, **empty}


def answer(q: Question, outcome: Outcome, ruling: Entry | None) -> dict[str, Any]:
    """The ruling in the words of the command line's JSON."""
    until = outcome.provisional_until
    rule: dict[str, Any] = {
        "status": "credited" if outcome.shares else "referred",
        "credit": credit(q, outcome.shares),
        "decided_by": outcome.clause,
    }
    told: dict[str, Any] = {
        **rule,
        "holder": None,
        "referred_to": None if outcome.shares else "panel",
        "provisional_until": None if until is None else until.isoformat(),
        "by_rule": None,
    }
    if ruling is not None:
        # "`decided_by` is then P6, `by_rule` in the JSON keeps the ruling by rule"
        told |= {
            "status": "credited",
            "credit": credit(q, [(a["party"], a["share"]) for a in ruling.get("award")]),
            "decided_by": "P6",
            "referred_to": None,
            "provisional_until": None,
            "by_rule": rule,
        }
    return told


def credit(q: Question, shares: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [
        {"party": party, "kind": "outlet" if party in q.outlets else "staff", "share": share}
        for party, share in shares
    ]
