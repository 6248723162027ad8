"""A second, independent judge of the policy `meiteng-2015`, for tests only.

It shares no code with the product.  It is slow, naive and plain on purpose, and stands in the order
of the policy's page, whose sentences are quoted.  All histories count as attested imports, so that
what they say of others' acts (`jointly_with`) counts.

Where the text leaves a choice, this judge takes:

Deals
1. A close without `signers` is signed by its `by` alone.
2. "After" and "before" mean the declared order (`at`, `recorded_at`, place), late entries included;
   only an agreement is held against the close by its `recorded_at`.
3. A finding between two closes counts for the earlier deal ("until the next close") and for the
   later one ("from the previous close on").  So does a ruling that names no deal: it may decide an
   earlier close of more than three, and who may go on after it.  One that names a deal concerns
   that deal alone, whenever made; if nothing closed bears the name, it concerns the open one.
4. A padding finding that names contacts or cards of this customer belongs to every deal in whose
   history one of them lies, however late or early it is made, and to no other.  One that names
   none belongs by its own time.  It strikes contacts and cards only.
5. `history: all` widens contenders, scores and agreements, earlier signatures included; a ruling
   stays with the deal in which it was made.
6. An agreement counts for the deal it names, else for the deal in whose history it lies; of several
   the latest in the declared order.

Scores
7. The sole contender gets nothing from rows 1 to 3 under `shared_unless_all` and `none`, and the
   point under `all` ("always").
8. Row 5: "the top is unique" means one holder, though he may hold two such cards.
9. Row 10 needs, as `by` and in `jointly_with`, the head of the subject's department and the head of
   any one other department; the general manager replaces neither.
10. `min_winning_score` is asked only where there are at least two contenders.

Rulings
11. Voices: a ruling of a head whose department contends at its time speaks for him and for every
    such head in `jointly_with`; what counts is each department's latest voice.  Two that differ are
    referred to the general manager, a third department's silence notwithstanding.  Alike, they
    decide if for one of them every department that contended at its time has spoken; the clause is
    that of the latest such.  A ruling by anyone else says nothing, whoever is in `jointly_with`.
12. With no contender at its time only the general manager's ruling has effect (II.1).
13. One named in the award does not rule.
14. With `sabotage_forfeits` clause I.1 decides whenever a signer forfeits; where none is left, the
    general manager's first ruling after the close decides.
15. Under `scorecard_rules` signatures on that close are disregarded, the totals are those of the
    close, nobody forfeits, `unheld` stays `unheld`, and `by_rule` is converted to `credited` too.
16. Heads who differ leave no `by_rule`: no person's ruling stands.

Record
17. "Author, recorder or head": the head of the author's department; not the general manager, not
    another head.  Author and recorder are those first written.
18. A corrected entry keeps its place of entry; a corrected `at` moves it in the declared order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .second_judge import (
    CONTACT_KINDS,
    MENDING,
    Deal,
    Entered,
    Entry,
    Fields,
    Key,
    Person,
    changed,
    day,
    deals_of,
    is_attempt,
    names,
    person_at,
    read,
    refers,
    same_person,
)

PARAMETERS: dict[str, dict[str, Any]] = {
    "team_default_split": {"default": "equal", "values": ["equal"]},
    "signed_contract": {
        "default": "signer_credited",
        "values": ["signer_credited", "scorecard_rules"],
    },
    "min_winning_score": {"default": None, "values": [None, 0, 1, 3, 6]},
    "history": {"default": "since_last_deal", "values": ["since_last_deal", "all"]},
    "item_tie": {"default": "shared_unless_all", "values": ["shared_unless_all", "none", "all"]},
    "time_grain": {"default": "minute", "values": ["minute", "day"]},
    "row5_adds_to_row4": {"default": True, "values": [True, False]},
    "row5_needs_all_cards": {"default": False, "values": [False, True]},
    "row9": {"default": "once", "values": ["once", "per_finding"]},
    "row6_partial": {"default": False, "values": [False, True]},
    "sabotage_forfeits": {"default": False, "values": [False, True]},
}

SELLERS = ("consultant", "supervisor")


def settings(params: Fields | None) -> Fields:
    chosen = {name: entry["default"] for name, entry in PARAMETERS.items()}
    for name, value in (params or {}).items():
        assert name in chosen, name
        chosen[name] = value
    return chosen


def order(e: Entry) -> Key:
    """ "One declared, total order of a customer's events: (`at`, `recorded_at`, place)" """
    return (e.at, e.rec, e.place)


# --- mending the record -------------------------------------------------------------------------


def standing(written: list[Entry], as_of: datetime) -> list[Entry]:
    """ "altered entries count as corrected"; what is voided is gone."""
    acts = sorted(
        (e for e in written if e.kind in MENDING and may_mend(written, e)), key=lambda e: e.entered
    )

    def gone(e: Entry) -> bool:
        return any(
            a.kind == "void" and a.entered > e.entered and refers(a.get("voids"), e) and not gone(a)
            for a in acts
        )

    def as_it_stands(e: Entry) -> Entry:
        now = e
        for a in acts:
            if (
                a.kind == "correction"
                and a.entered > e.entered
                and refers(a.get("corrects"), e)
                and not gone(a)
            ):
                changes = as_it_stands(a).get("changes", {})
                kept = {k: v for k, v in changes.items() if k not in ("id", "kind", "recorded_at")}
                now = changed(now, kept, now.rec, now.place)
        return now

    entries = [as_it_stands(e) for e in written if not gone(e)]
    return [e for e in entries if e.at <= as_of]


def may_mend(written: list[Entry], act: Entry) -> bool:
    """ "Entries are corrected or voided by author, recorder or head only." """
    reference = act.get("voids") if act.kind == "void" else act.get("corrects")
    for target in written:
        if refers(reference, target) and target.entered < act.entered:
            if act.by is not None and act.by in (target.by, target.recorder):
                return True
            author = person_at(written, target.by, act.entered)
            return author is not None and heads(
                person_at(written, act.by, act.entered), author.department
            )
    return False


def heads(person: Person | None, department: str | None) -> bool:
    return (
        person is not None
        and person.role == "department_head"
        and department is not None
        and person.department == department
    )


# --- the record as one question looks at it -----------------------------------------------------


@dataclass(eq=False)
class View:
    """One deal of one customer, closed or open, seen at a moment."""

    entries: list[Entry]  # all that stands, of all customers
    people: list[Entry]  # those among them that speak of staff
    who: set[str]  # the customer under all ids linked as `same`
    p: Fields
    start: Key | None  # the previous close
    acts_until: Key  # "Contacts and cards count up to the close"
    findings_until: Key  # "findings until the next close"
    known_until: Key  # nothing found after this is seen at all
    deal_until: Key  # the close, from whatever moment the deal is looked at
    signed: list[Entry]  # closes whose signatures make contenders
    when: Entered  # at which people's departments are read

    def about(self, *kinds: str) -> list[Entry]:
        found = [e for e in self.entries if e.kind in kinds and names(e, self.who)]
        return sorted(found, key=order)

    def in_history(self, e: Entry) -> bool:
        return self.started(e) and order(e) < self.acts_until

    def started(self, e: Entry) -> bool:
        """ "Each deal has its own history, from the previous close on" """
        return self.start is None or order(e) > self.start

    def person(self, staff: str | None, when: Entered | None = None) -> Person | None:
        return person_at(self.people, staff, when or self.when)

    def sells(self, staff: str | None, when: Entered) -> bool:
        """ "roles `consultant` and `supervisor` only" """
        person = self.person(staff, when)
        return person is not None and person.role in SELLERS

    def manages(self, staff: str | None, when: Entered) -> bool:
        person = self.person(staff, when)
        return person is not None and person.role == "general_manager"

    def at(self, e: Entry) -> View:
        """The same deal as it was just before an entry."""
        moment = order(e)
        return replace(
            self,
            acts_until=min(moment, self.acts_until),
            findings_until=moment,
            known_until=moment,
            signed=[c for c in self.signed if order(c) < moment],
            when=e.entered,
        )


def signers_of(close: Entry) -> list[str]:
    named = [str(s["staff"]) for s in close.get("signers", [])]
    return named or [str(close.by)]


# --- findings -----------------------------------------------------------------------------------


def has_power(view: View, f: Entry) -> bool:
    """Was the finding made with power?"""
    by = view.person(f.by, f.entered)
    subject = view.person(f.get("subject"), f.entered)
    if by is None or subject is None:
        return False
    question = f.get("question")
    if question == "sabotage":  # "sabotage: the general manager"
        return by.role == "general_manager"
    if question == "accompaniment":
        # "row 10: heads of both departments (`by` and `jointly_with`, a list)"
        own_head = heads(by, subject.department)
        if by.role != "department_head" or by.department is None:
            return False
        for other in f.get("jointly_with", []):
            person = view.person(other, f.entered)
            if person is None or person.role != "department_head" or person.department is None:
                continue
            if own_head and person.department != subject.department:
                return True
            if not own_head and person.department == subject.department:
                return True
        return False
    # "Power to find: the head of the subject's department, or the general manager"
    # "`by` alone must have the power"
    return by.role == "general_manager" or heads(by, subject.department)


def findings(view: View, question: str | None = None, subject: str | None = None) -> list[Entry]:
    """ "A finding without power has no effect"; the others that belong to this deal, in order."""
    return [
        f
        for f in view.about("finding")
        if question in (None, f.get("question"))
        and subject in (None, f.get("subject"))
        and belongs(view, f)
        and has_power(view, f)
    ]


def belongs(view: View, f: Entry) -> bool:
    if order(f) >= view.known_until:
        return False
    if f.get("question") == "padding":
        # "The finding belongs to the deal of the events it names"
        named = named_by(view, f)
        if named:
            return any(view.started(e) and order(e) < view.deal_until for e in named)
    return view.started(f) and order(f) < view.findings_until


def named_by(view: View, f: Entry) -> list[Entry]:
    return [
        e
        for e in view.about(*CONTACT_KINDS, "card")
        if any(refers(reference, e) for reference in f.get("strikes", []))
    ]


def latest(view: View, question: str, subject: str) -> Any:
    """ "The latest finding in the declared order on a question and subject counts" """
    found = findings(view, question, subject)
    return found[-1].data.get("answer") if found else None


def padded(view: View, subject: str | None = None) -> list[Entry]:
    """True answers; "a later false answer cancels nothing"."""
    return [f for f in findings(view, "padding", subject) if f.data.get("answer") is True]


def struck(view: View) -> list[Entry]:
    """ "A `padding` finding answered true strikes the events it names, if they are its
    subject's" """
    return [e for f in padded(view) for e in named_by(view, f) if e.by == f.get("subject")]


# --- contenders and what they did ---------------------------------------------------------------


def contacts_made(view: View) -> list[Entry]:
    """ "Contact: visit, call, follow-up in which the customer was reached."  Struck ones too."""
    return [e for e in view.about(*CONTACT_KINDS) if view.in_history(e) and not is_attempt(e)]


def cards_made(view: View) -> list[Entry]:
    return [e for e in view.about("card") if view.in_history(e)]


def contenders(view: View) -> list[str]:
    """ "everyone with a contact, card or signature for this customer, or the subject of a finding
    made with power, whatever its answer; roles `consultant` and `supervisor` only" """
    # "Someone whose visits were all struck stays one."
    found = [(e.by, e) for e in [*contacts_made(view), *cards_made(view)]]
    found += [(staff, c) for c in view.signed for staff in signers_of(c)]
    found += [(f.get("subject"), f) for f in findings(view)]
    return sorted({str(staff) for staff, e in found if view.sells(staff, e.entered)})


def contacts(view: View, staff: str) -> list[Entry]:
    """ "a struck event counts nowhere, not even as contact" """
    gone = struck(view)
    return [e for e in contacts_made(view) if e.by == staff and e not in gone]


def visits(view: View, staff: str) -> list[Entry]:
    """ "Visit: kind `visit` in either direction, or a reached follow-up with channel `visit`." """
    return [
        e
        for e in contacts(view, staff)
        if e.kind == "visit" or (e.kind == "followup" and e.get("channel") == "visit")
    ]


def cards(view: View, staff: str) -> list[Entry]:
    return [e for e in cards_made(view) if e.by == staff]


def cards_held(view: View, staff: str) -> list[Entry]:
    """ "a struck card still counts in row 4 (not as a card held in row 5)" """
    gone = struck(view)
    return [e for e in cards(view, staff) if e not in gone]


# --- rows ---------------------------------------------------------------------------------------


def grain(view: View, moment: datetime) -> Any:
    """ "Rows 1 and 2 compare times cut to the minute (`time_grain: minute`; other value `day`)" """
    if view.p["time_grain"] == "day":
        return day(moment)
    return moment.replace(second=0, microsecond=0)


def earliest(
    view: View, everyone: list[str], entries: Callable[[View, str], list[Entry]]
) -> dict[str, Any]:
    found = {x: entries(view, x) for x in everyone}
    return {x: min(grain(view, e.at) for e in own) for x, own in found.items() if own}


def best(view: View, everyone: list[str], values: dict[str, Any], top: Any) -> list[str]:
    """ "those who share the top get the point if some contender is below (having none is below); if
    all are equal, nobody; a sole contender gets none" """
    share = [x for x in everyone if values.get(x) == top]
    if view.p["item_tie"] == "all":  # "always all who share it"
        return share
    if view.p["item_tie"] == "none" and len(share) > 1:  # "a shared top gives nobody"
        return []
    return share if len(share) < len(everyone) else []


def row_1(view: View, everyone: list[str]) -> list[str]:
    firsts = earliest(view, everyone, contacts)
    return best(view, everyone, firsts, min(firsts.values())) if firsts else []


def row_2(view: View, everyone: list[str]) -> list[str]:
    firsts = earliest(view, everyone, visits)
    return best(view, everyone, firsts, min(firsts.values())) if firsts else []


def row_3(view: View, everyone: list[str]) -> list[str]:
    """ "most visits, at most one a day, if anyone has one" """
    days = {x: len({day(e.at) for e in visits(view, x)}) for x in everyone}
    most = max(days.values(), default=0)
    return best(view, everyone, days, most) if most > 0 else []


def row_5(view: View, everyone: list[str]) -> list[str]:
    """ "holder of the card of highest rank, if at least two hold cards and the top is unique" """
    held = {x: cards_held(view, x) for x in everyone}
    ranks = {x: max(int(e.get("rank", 0)) for e in own) for x, own in held.items() if own}
    if len(ranks) < 2:
        return []
    # "`row5_needs_all_cards: false`; true: every contender must hold one"
    if view.p["row5_needs_all_cards"] and len(ranks) < len(everyone):
        return []
    top = [x for x, rank in ranks.items() if rank == max(ranks.values())]
    return top if len(top) == 1 else []


def scores(view: View) -> dict[str, dict[str, int]]:
    """The rows of each contender that are not zero."""
    everyone = contenders(view)
    p = view.p
    first, met, most, highest = (row(view, everyone) for row in (row_1, row_2, row_3, row_5))
    across = len(departments(view, everyone)) > 1
    told = {}
    for x in everyone:
        rows = {
            "III.1": int(x in first),
            "III.2": int(x in met),
            "III.3": int(x in most),
            "III.4": int(bool(cards(view, x))),
            "III.5": 2 * int(x in highest),
            "III.6": 0,
            "III.7": int(latest(view, "succession", x) is True),
            "III.8": 0,
            "III.9": 0,
            "III.10": 0,
        }
        # "`row5_adds_to_row4: true`; false: the winner of row 5 does not also get row 4"
        if x in highest and not p["row5_adds_to_row4"]:
            rows["III.4"] = 0
        # "partial gives the point only with `row6_partial: true`"
        knowledge = latest(view, "knowledge", x)
        rows["III.6"] = int(knowledge is True or (knowledge == "partial" and p["row6_partial"]))
        # "had contact, never a visit"
        if contacts(view, x) and not visits(view, x):
            rows["III.8"] = -2
        # "Row 9 once however many findings (`row9: once`; other value `per_finding`)."
        times = len(padded(view, x))
        rows["III.9"] = -2 * (min(times, 1) if p["row9"] == "once" else times)
        # "only where the contenders span departments"
        if across:
            rows["III.10"] = int(latest(view, "accompaniment", x) or 0)
        told[x] = {row: points for row, points in rows.items() if points}
    return told


def departments(view: View, staff: Iterable[str]) -> set[str]:
    people = [view.person(x) for x in staff]
    return {x.department for x in people if x is not None and x.department is not None}


# --- outcomes -----------------------------------------------------------------------------------


@dataclass(eq=False)
class Outcome:
    status: str
    clause: str | None
    shares: list[tuple[str, str]]
    referred_to: str | None = None
    holder: str | None = None


def instance(across: bool) -> str:
    return "both_heads" if across else "department_head"


def channel(across: bool) -> str:
    return "II.2" if across else "II.1"


def decimal(share: Any) -> str:
    """ "decimal strings, at most two places, no trailing zeros" """
    return f"{Decimal(str(share)).normalize():f}"


def by_scorecard(view: View) -> Outcome:
    """Who is advised to go on with the customer."""
    totals = {x: sum(rows.values()) for x, rows in scores(view).items()}
    if not totals:
        return Outcome("unheld", None, [])
    if len(totals) == 1:
        return Outcome("held", "III", [], holder=next(iter(totals)))
    across = len(departments(view, totals)) > 1
    top = max(totals.values())
    least = view.p["min_winning_score"]
    winners = [x for x, total in totals.items() if total == top]
    # "with a number a lower top is `referred` (II.1 / II.2)"
    if len(winners) > 1 or (least is not None and top < least):
        return Outcome("referred", channel(across), [], referred_to=instance(across))
    return Outcome("recommended", "III", [(winners[0], "100")], referred_to=instance(across))


Departments = Callable[[Entry], set[str]]


def by_ruling(view: View, rulings: list[Entry], contending: Departments) -> Outcome | None:
    """What the instances ruled, or None where that has no effect.

    `contending` gives the departments by which a ruling is weighed.
    """
    rulings = [r for r in sorted(rulings, key=order) if r.get("award") and not awards_himself(r)]
    for r in rulings:
        # "the general manager's first is final"; "its power follows the role of `by`"
        if view.manages(r.by, r.entered):
            return as_ruled(r, contending(r))
    voices: dict[str, Entry] = {}
    for r in rulings:
        if not any(heads(view.person(r.by, r.entered), d) for d in contending(r)):
            continue
        for head in [r.by, *r.get("jointly_with", [])]:
            for department in contending(r):
                if heads(view.person(head, r.entered), department):
                    voices[department] = r  # "The latest of one head counts"
    if len({award_of(r) for r in voices.values()}) > 1:
        return Outcome("referred", "II.2", [], referred_to="general_manager")
    # "One head's ruling alone has no effect across departments until the others concur"
    effective = [r for r in voices.values() if contending(r) <= set(voices)]
    if not effective:
        return None
    last = max(effective, key=order)
    return as_ruled(last, contending(last))


def as_ruled(r: Entry, contending: set[str]) -> Outcome:
    shares = [(str(a["party"]), decimal(a["share"])) for a in r.get("award")]
    return Outcome("credited", channel(len(contending) > 1), shares)


def award_of(r: Entry) -> frozenset[tuple[str, Decimal]]:
    return frozenset((str(a["party"]), Decimal(str(a["share"]))) for a in r.get("award"))


def awards_himself(r: Entry) -> bool:
    return r.by in [a.get("party") for a in r.get("award", [])]


# --- a signed contract --------------------------------------------------------------------------


def team_shares(view: View, deal: Deal, signers: list[str]) -> list[tuple[str, str]]:
    """ "Shares of a team: the latest `agreement` among exactly the signers with `recorded_at`
    before the close's `at`; else complete `signers.share`; else equal" """
    close = deal.close
    assert close is not None
    agreed = [
        e
        for e in view.about("agreement")
        if set(e.get("parties", [])) == set(signers)
        and e.rec < close.at
        and (view.started(e) if e.get("deal") is None else deal.holds(str(e.get("deal"))))
    ]
    if agreed:
        return [(str(s["party"]), decimal(s["share"])) for s in agreed[-1].get("shares", [])]
    told = close.get("signers", [])
    if told and all(s.get("share") is not None for s in told):
        return [(str(s["staff"]), decimal(s["share"])) for s in told]
    return equal_shares(signers)


def equal_shares(signers: list[str]) -> list[tuple[str, str]]:
    """ "the remainder of an equal split goes to the first signer listed (33.34, 33.33, 33.33)" """
    each = Decimal(10_000 // len(signers)) / 100
    first = 100 - each * (len(signers) - 1)
    return [(x, decimal(first if i == 0 else each)) for i, x in enumerate(signers)]


def by_signature(
    view: View, deal: Deal, rulings_after: list[Entry]
) -> tuple[Outcome, Outcome | None]:
    """The ruling by rule, and what a person ruled instead."""
    assert deal.close is not None
    signers = signers_of(deal.close)
    # "for I.2 those of the signers"
    contending = departments(view, signers)
    across = len(contending) > 1
    if len(signers) > 3:
        rule = Outcome("referred", "I.2", [], referred_to=instance(across))
        # "Where more than three signed, a later ruling of the instance decides (II.1 / II.2)."
        return rule, by_ruling(view, rulings_after, lambda r: contending)
    left = [x for x in signers if not forfeits(view, x)]
    if left == signers:
        # "Signing wins "whatever happens": a ruling before or after it does not replace I.2"
        return Outcome("credited", "I.2", team_shares(view, deal, signers)), None
    if left:
        return Outcome("credited", "I.1", equal_shares(left)), None
    rule = Outcome("referred", "I.1", [], referred_to="general_manager")
    final = [r for r in rulings_after if view.manages(r.by, r.entered)]
    return rule, by_ruling(view, final, lambda r: contending)


def forfeits(view: View, signer: str) -> bool:
    """ "takes away credit only with `sabotage_forfeits: true`" """
    return bool(view.p["sabotage_forfeits"]) and latest(view, "sabotage", signer) is True


# --- the ruling ---------------------------------------------------------------------------------


def judge(
    lines: list[dict[str, Any]],
    customer: str,
    *,
    as_of: datetime,
    params: dict[str, Any] | None = None,
    deal: str | None = None,
    zone: str = "Asia/Shanghai",
) -> dict[str, Any]:
    """Rule on a customer's latest close, on a named one, or (`deal="open"`) on who may go on."""
    p = settings(params)
    tz = ZoneInfo(zone)
    as_of = as_of.astimezone(tz)
    entries = standing(read(lines, as_of, tz), as_of)
    who = same_person(entries, customer)
    all_deals = deals_of(entries, who)
    closed = sorted((d for d in all_deals if d.close is not None), key=close_key)
    # "A bare verdict rules the latest close, or, with none, who may go on; `--deal open` asks for
    # what follows the latest close."
    if deal is None:
        index = len(closed) - 1 if closed else None
    elif deal == "open" or any(d.close is None and d.holds(deal) for d in all_deals):
        index = None
    else:
        fitting = [i for i, d in enumerate(closed) if d.holds(deal)]
        if not fitting:
            raise LookupError(deal)
        index = fitting[0]
    view = look(entries, who, p, closed, index, tz)
    if index is not None and p["signed_contract"] == "signer_credited":
        rule, human = by_signature(view, closed[index], rulings_after(view, closed, index))
    else:
        view, rule, human = unsigned(view, closed, index)
    return answer(view, rule, human)


def look(
    entries: list[Entry],
    who: set[str],
    p: Fields,
    closed: list[Deal],
    index: int | None,
    tz: ZoneInfo,
) -> View:
    """The deal at `index`, or what follows the last one."""
    end = datetime.max.replace(tzinfo=tz) - timedelta(days=2)
    never = (end, end, 0)
    position = len(closed) if index is None else index
    everything = p["history"] == "all"
    signed = [d.close for d in closed[: position + 1] if d.close is not None]
    if not everything:
        signed = signed[position:]  # this deal's own close, if it has one
    close = closed[position].close if position < len(closed) else None
    return View(
        entries=entries,
        people=[e for e in entries if e.kind in ("staff", "staff_moved")],
        who=who,
        p=p,
        start=None if everything or position == 0 else close_key(closed[position - 1]),
        acts_until=never if close is None else order(close),
        findings_until=close_key(closed[position + 1]) if position + 1 < len(closed) else never,
        known_until=never,
        deal_until=never if close is None else order(close),
        signed=signed,
        when=(end, 0) if close is None else close.entered,
    )


def close_key(deal: Deal) -> Key:
    assert deal.close is not None
    return order(deal.close)


def unsigned(
    view: View, closed: list[Deal], index: int | None
) -> tuple[View, Outcome, Outcome | None]:
    """Who may go on; or, `scorecard_rules`, "judged as if unsigned, rulings included, on what had
    happened by the close; `recommended` and `held` then become `credited`, III" """
    if index is not None:
        close = closed[index].close
        assert close is not None
        view = view.at(close)  # which leaves out the signatures on it
    rule = by_scorecard(view)
    if index is not None and rule.status in ("recommended", "held"):
        shares = rule.shares or [(str(rule.holder), "100")]
        rule = Outcome("credited", "III", shares)
    position = len(closed) if index is None else index

    def contending(r: Entry) -> set[str]:
        # "is weighed by the contenders at its time"; "Departments are those of all contenders"
        then = view.at(r)
        return departments(then, contenders(then))

    return view, rule, by_ruling(view, rulings_before(view, closed, position), contending)


def rulings_before(view: View, closed: list[Deal], position: int) -> list[Entry]:
    """Rulings on a deal up to its close, if it has one."""
    previous = None if position == 0 else close_key(closed[position - 1])
    here = closed[position] if position < len(closed) else None
    found = []
    for r in view.about("ruling"):
        if here is not None and order(r) > close_key(here):
            continue
        if r.get("deal") is not None:
            named = [d for d in closed if d.holds(str(r.get("deal")))]
            mine = named == [here] if named else here is None
        else:
            mine = previous is None or order(r) > previous
        if mine:
            found.append(r)
    return found


def rulings_after(view: View, closed: list[Deal], index: int) -> list[Entry]:
    """Rulings on a deal after its close: those that name it, and until the next close any."""
    found = []
    for r in view.about("ruling"):
        if order(r) < close_key(closed[index]):
            continue
        if r.get("deal") is not None:
            mine = closed[index].holds(str(r.get("deal")))
        else:
            mine = order(r) < view.findings_until
        if mine:
            found.append(r)
    return found


def answer(view: View, rule: Outcome, human: Outcome | None) -> dict[str, Any]:
    """The ruling in the words of the command line's JSON, and `rows`, each contender's points."""
    stands = human or rule
    replaced = human is not None and human.status == "credited"
    # "Scores are always shown, also after signing."
    rows = scores(view)
    return {
        "status": stands.status,
        "credit": credit(view, stands),
        "holder": stands.holder,
        "decided_by": stands.clause,
        "referred_to": stands.referred_to,
        "by_rule": {
            "status": rule.status,
            "credit": credit(view, rule),
            "decided_by": rule.clause,
        }
        if replaced
        else None,
        "totals": {x: sum(own.values()) for x, own in rows.items()},
        "rows": rows,
    }


def credit(view: View, outcome: Outcome) -> list[dict[str, str]]:
    outlets = {e.get("outlet") for e in view.entries if e.kind == "outlet"}
    return [
        {"party": party, "kind": "outlet" if party in outlets else "staff", "share": share}
        for party, share in outcome.shares
    ]
