"""The simplified policy fully explained by a function that knows nothing but this policy.

It gives the same `Ruling` as conflictctl: every rule in its order with outcome, party, sentence
in two languages, margin, evidence and the entries that did not count; then credit, deal, policy,
and what was entered late.  The classes of these values are conflictctl's: so both sides pay the
same for them, neither gains by a class that holds less, and `==` says whether they agree.  What
a ruling may say beyond that (corrections, doubtful facts, rulings by people, witnesses, two files
at one time) these customers have no occasion for, and it is not looked for here.
"""

from __future__ import annotations

from conflictctl.adjudication.ruling import (
    Credit,
    Deal,
    Finding,
    Margin,
    PolicyUsed,
    Refused,
    Ruling,
)
from conflictctl.calendar import Calendar, Moment
from conflictctl.people import People
from conflictctl.wording import Bilingual, Sentence, Span, Who
from peers.by_hand import (
    CLAIM_DAYS,
    LIMITS,
    WEEK_DAYS,
    Evidence,
    Prepared,
    claim_of,
    last_contact,
    refs,
    standing_filing,
)

NOT_REACHED = tuple(
    Finding(clause, "not_reached", None, Sentence("Decided before this was reached."))
    for clause in "abcdefg"
)

A = Bilingual(
    "{outlet} received the customer and filed him with a manager before the deal.",
    "{outlet} 在成交之前接待并向经理报备了该客户。",
)
NOT_A = Bilingual(
    "No second-tier outlet received and filed the customer, free of an older live file.",
    "没有二级网点接待并有效报备该客户（且无更早的有效留档）。",
)
B = Bilingual(
    "{orderer} took the order; {closer} only delivered.", "{orderer} 订车，{closer} 只是交车。"
)
NOT_B = Bilingual(
    "The deal is not an order of somebody other than {closer}.",
    "不属于 {closer} 以外的人订车的情况。",
)
C = Bilingual("{closer} holds the first file and closed.", "{closer} 为第一留档人并由其成交。")
NOT_C = Bilingual(
    "{original} holds the first file; {closer} closed.",
    "{original} 为第一留档人，成交者为 {closer}。",
)
D = Bilingual(
    "{original} let the follow-up lapse: {measured} without contact, limit {limit}.",
    "{original} 逾期未回访：{measured} 未联系，期限 {limit}。",
)
NOT_D = Bilingual(
    "{original} kept the follow-up interval: {measured}, limit {limit}.",
    "{original} 按期回访：{measured}，期限 {limit}。",
)
E = Bilingual(
    "{original} did not claim the deal within {claim_days} days.",
    "{original} 未在 {claim_days} 天内申述。",
)
NOT_E = Bilingual(
    "{original} claimed the deal within {claim_days} days.",
    "{original} 已在 {claim_days} 天内申述。",
)
F = Bilingual(
    "{original} was in contact {measured} before the deal (limit {limit}) and claimed in time.",
    "{original} 在成交前 {measured} 有联系（期限 {limit}），并按期申述。",
)
NOT_F = Bilingual(
    "{original} was not in contact within {limit} before the deal.",
    "{original} 在成交前 {limit} 内没有联系。",
)
G = Bilingual(
    "{original} claimed in time but was not in contact within {limit} before the deal.",
    "{original} 虽按期申述，但成交前 {limit} 内没有联系。",
)

Winner = tuple[str | None, str]
"""Who is credited, and as what."""


def explain(
    p: Prepared,
    customer: str,
    people: People,
    calendar: Calendar,
    as_of: Moment,
    policy: PolicyUsed,
) -> Ruling:
    """The ruling, with every rule in its order as it was tried."""
    findings: list[Finding] = []
    winner, kind = tried(p, people, calendar, findings)
    decisive = findings[-1]
    findings += NOT_REACHED[len(findings) :]
    order, close = p.order, p.close
    say = close.fields.get
    return Ruling(
        customer,
        Deal(
            "1",
            1,
            close.at,
            close.by if order is None else order.by,
            say("amount"),
            say("currency"),
            say("product"),
        ),
        as_of,
        policy,
        "credited",
        (Credit(winner or "", kind, "100"),),
        None,
        decisive.clause,
        decisive.reason,
        findings=tuple(findings),
        late=p.late,
    )


def tried(p: Prepared, people: People, calendar: Calendar, findings: list[Finding]) -> Winner:
    """Try one rule after the other until one decides; each leaves its finding."""
    winner = filing(p, people, calendar, findings)
    if winner is None:
        winner = order(p, findings)
    if winner is None:
        winner = tracking(p, calendar, findings)
    return winner


def filing(
    p: Prepared, people: People, calendar: Calendar, findings: list[Finding]
) -> Winner | None:
    """Clause a: an outlet received the customer and filed him, free of an older live file."""
    contacts = p.contacts
    reception = next((c for c in contacts if c.outlet is not None), None)
    outlet = reception.outlet if reception is not None else None
    said: dict[str, object] = {"outlet": "-" if outlet is None else Who(outlet)}
    seen: Evidence = ()
    refused: tuple[Refused, ...] = ()
    margin = None
    if p.filings:
        if p.refused:
            refused = tuple([r for c, r in p.refused if c.outlet is not None and c.key < p.key])
        filed = standing_filing(p, outlet, people, calendar)
        if reception is not None:
            seen = refs(reception.event)
        if reception is not None and filed is not None:
            file = next((c for c in contacts if c.is_file and c.unit_type == "store"), None)
            against = [] if file is None else [file.event]
            if p.refused:
                others = [
                    r
                    for c, r in p.refused
                    if c.is_file and c.unit_type == "store" and c.key < p.key
                ]
                refused = once(*refused, *others)
            live = file is not None and file.key < reception.key
            if live:
                assert file is not None
                if p.refused:
                    refused = once(*refused, *[r for c, r in p.refused if c.by == file.by])
                last, level = last_contact(contacts, file.by, reception.key)
                limit = LIMITS.get(level or "")
                if last is not None and limit is not None:
                    gap = calendar.day(reception.event.at) - calendar.day(last.event.at)
                    margin = measured(gap, limit)
                    against.append(last.event)
                    live = gap <= limit
            if not live:
                seen = refs(reception.event, filed, *against)
                reason = Sentence.of(A, said)
                findings.append(Finding("a", "awards", outlet, reason, margin, seen, refused))
                return outlet, "outlet"
            seen = refs(reception.event, *against)
    reason = Sentence.of(NOT_A, said)
    findings.append(Finding("a", "not_met", outlet, reason, margin, seen, refused))
    return None


def order(p: Prepared, findings: list[Finding]) -> Winner | None:
    """Clause b: somebody else than who delivered took the order."""
    closer = p.close.by
    orderer = None if p.order is None else p.order.by
    said: dict[str, object] = {"closer": who(closer), "orderer": who(orderer)}
    if p.order is not None and orderer != closer:
        reason = Sentence.of(B, said)
        findings.append(Finding("b", "awards", orderer, reason, None, refs(p.order)))
        return orderer, "staff"
    findings.append(Finding("b", "not_met", orderer, Sentence.of(NOT_B, said)))
    return None


def tracking(p: Prepared, calendar: Calendar, findings: list[Finding]) -> Winner:
    """Clauses c to g: first file, lapse, claim, and contact shortly before the deal."""
    contacts, close = p.contacts, p.close
    closer = close.by
    file = next((c for c in contacts if c.is_file), None)
    original = file.by if file is not None else None
    first = [file.event] if file is not None else []
    filed = refs(*first)
    passed = tuple([r for c, r in p.refused if c.is_file and c.key < p.key]) if p.refused else ()
    said_original = who(original)
    said: dict[str, object] = {"closer": who(closer), "original": said_original}
    if original is not None and original == closer:
        findings.append(Finding("c", "awards", closer, Sentence.of(C, said), None, filed, passed))
        return closer, "staff"
    findings.append(Finding("c", "not_met", closer, Sentence.of(NOT_C, said), None, filed, passed))

    last, level = last_contact(contacts, original, p.key)
    limit = LIMITS.get(level or "")
    gap = calendar.day(close.at) - calendar.day(last.event.at) if last is not None else None
    tracked = refs(*first, last.event) if last is not None else filed
    refused = passed
    if p.refused:
        refused = once(*passed, *[r for c, r in p.refused if c.by == original])
    if gap is not None and limit is not None:
        assert last is not None
        margin = measured(gap, limit)
        said = {"original": said_original, "measured": margin.measured, "limit": margin.limit}
        if gap > limit:
            seen = refs(*first, last.event, close)
            reason = Sentence.of(D, said)
            findings.append(Finding("d", "awards", closer, reason, margin, seen, refused))
            return closer, "staff"
        reason = Sentence.of(NOT_D, said)
        findings.append(Finding("d", "not_met", closer, reason, margin, tracked, refused))
    else:
        said = {"original": said_original, "measured": "-", "limit": "-"}
        reason = Sentence.of(NOT_D, said)
        findings.append(Finding("d", "not_met", closer, reason, None, filed, refused))

    claim = claim_of(p, original, calendar)
    refused = passed if p.claims else ()
    said = {"claim_days": CLAIM_DAYS, "original": said_original}
    if claim is None:
        seen = filed if p.claims else ()
        reason = Sentence.of(E, said)
        findings.append(Finding("e", "awards", closer, reason, None, seen, refused))
        return closer, "staff"
    seen = refs(*first, claim)
    reason = Sentence.of(NOT_E, said)
    findings.append(Finding("e", "not_met", closer, reason, None, seen, refused))

    refused = passed
    if p.refused:
        own = [r for c, r in p.refused if c.by == original and c.key < p.key]
        refused = once(*passed, *own)
    week = None if gap is None else measured(gap, WEEK_DAYS)
    said = {"original": said_original, "measured": "-", "limit": "-"}
    if week is not None:
        said = {"original": said_original, "measured": week.measured, "limit": week.limit}
    if gap is not None and gap <= WEEK_DAYS:
        reason = Sentence.of(F, said)
        findings.append(Finding("f", "awards", original, reason, week, tracked, refused))
        return original, "staff"
    reason = Sentence.of(NOT_F, said)
    findings.append(Finding("f", "not_met", original, reason, week, tracked, refused))
    reason = Sentence.of(G, said)
    findings.append(Finding("g", "awards", closer, reason, week, tracked, refused))
    return closer, "staff"


def who(staff: str | None) -> Who | str:
    """Somebody as a sentence shows him."""
    return "-" if staff is None else Who(staff)


def measured(days: int, limit: int) -> Margin:
    """Days held against a limit."""
    return Margin(Span(days, "d"), Span(limit, "d"))


def once(*refused: Refused) -> tuple[Refused, ...]:
    """Each of some refused entries once."""
    return tuple(dict.fromkeys(refused))
