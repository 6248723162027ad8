"""The ruling for people: one look says whose it is and by which clause.

The answer stands between two heavy rules.  Below it every clause in the order tried, what
turned the ruling, what did not count, what is still open.  Nothing depends on colour, and
there are no vertical lines, so that a ruling pasted into a chat keeps its shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console

from conflictctl.adjudication.ruling import (
    Alternative,
    Contest,
    Finding,
    Margin,
    RecordTurn,
    Refused,
    Ruling,
    Supposed,
    Turned,
    decisive,
)
from conflictctl.calendar import Calendar, Moment
from conflictctl.events import Event
from conflictctl.people import People
from conflictctl.render.entry_words import entry_text
from conflictctl.render.language import (
    list_joined,
    moment_text,
    shown,
    span_text,
    term,
    tr,
)
from conflictctl.render.layout import cells, pad, wrap
from conflictctl.render.safe import safe
from conflictctl.render.score_table import print_scores
from conflictctl.render.sheet import MARGIN, Sheet, Titles
from conflictctl.wording import N_, Sentence, Term, When, Who

if TYPE_CHECKING:
    from conflictctl.render.ruling_json import Head

WIDE = 110
"""From this width on the clauses' titles have a column of their own."""
WIDEST_REF = 16
"""Longer references of entries stand on a line of their own."""
WIDEST_NAME = 24
"""Longer names leave their column."""


class _Look(NamedTuple):
    symbol: str
    plain: str
    style: str
    word: str


_OUTCOMES = {
    "awards": _Look("✔", "*", "bold green", N_("decides")),
    "refers": _Look("?", "?", "bold magenta", N_("refers")),
    "supports": _Look("+", "+", "green", N_("supports")),
    "bars": _Look("✘", "x", "red", N_("bars")),
    "not_met": _Look("-", "-", "", N_("not met")),
    "unknown": _Look("?", "?", "magenta", N_("unknown")),
    "not_reached": _Look(" ", " ", "", N_("not tried")),
}


def ruling_table(
    ruling: Ruling,
    *,
    people: People,
    calendar: Calendar,
    names: Mapping[str, str],
    policy: Titles,
    console: Console,
    head: Head,
    explain: bool = False,
    events: Mapping[str, Event] | None = None,
) -> None:
    """Print the ruling; with `explain`, the account in prose below it.

    A ruling that says why it is not somebody's is printed as just that, below the answer.

    `names` are the customers' names, `events` the dossier's events by reference (`ref`):
    with them the entries cited are described, without them only named.
    """
    sheet = Sheet(
        ruling,
        people=people,
        calendar=calendar,
        names=names,
        policy=policy,
        console=console,
        events=events or {},
    )
    _top(sheet)
    _answer(sheet)
    if ruling.why_not is not None:
        from conflictctl.render.why_not_prose import print_why_not

        print_why_not(sheet, ruling.why_not)
        _foot(sheet, head, explain=False)
        return
    _clauses(sheet)
    print_scores(sheet)
    _turned(sheet)
    _not_counted(sheet)
    _rates(sheet)
    _sanctions(sheet)
    _open(sheet)
    if ruling.open_questions and not explain:
        from conflictctl.render.open_questions import print_turning_questions

        print_turning_questions(sheet)
    _warnings(sheet)
    if ruling.precedents is not None:
        from conflictctl.render.precedent_prose import print_precedents

        print_precedents(sheet, ruling.precedents, asked=explain)
    if explain:
        from conflictctl.render.ruling_prose import print_account

        print_account(sheet)
    _foot(sheet, head, explain)


# ------------------------------------------------------------------ the answer


def _top(sheet: Sheet) -> None:
    ruling = sheet.ruling
    sheet.both_ends(
        sheet.customer(ruling.customer),
        sheet.say(Sentence("as of {moment}", moment=When(ruling.as_of))),
        "bold",
    )
    deal = ruling.deal
    if deal is None:
        sheet.line(tr("no deal yet"))
        return
    parts = [sheet.say(Sentence("deal {deal}", deal=deal.id))]
    if deal.moment is not None:
        parts.append(moment_text(deal.moment, sheet.calendar))
    if deal.closer is not None:
        parts.append(sheet.say(Sentence("by {closer}", closer=Who(deal.closer))))
    parts += [safe(part) for part in (deal.product, deal.amount) if part]
    if deal.amount and deal.currency:
        parts[-1] += " " + safe(deal.currency)
    sheet.phrases(parts)


def _answer(sheet: Sheet) -> None:
    ruling = sheet.ruling
    clause = tr("clause {clause}").format(clause=safe(ruling.decided_by or ""))
    rights = [clause if ruling.decided_by else "", sheet.title(ruling.decided_by)]
    lefts = [*_whose(sheet), _status_line(sheet)]
    if ruling.provisional_until is not None:
        until = sheet.until(ruling.provisional_until)
        lefts.append(tr("PROVISIONAL until {moment}").format(moment=until))
    sheet.band(zip_longest(lefts, rights, fillvalue=""))
    sheet.prose(sheet.say(ruling.reason), MARGIN)
    for line in _beside(sheet):
        sheet.prose(line, MARGIN, style="bold")
    sheet.rule(heavy=True)


def answer_lines(sheet: Sheet) -> list[str]:
    """The answer without its frame: whose it is, in what state, by which clause."""
    ruling = sheet.ruling
    lines = [*_whose(sheet), _status_line(sheet)]
    if ruling.decided_by:
        clause = tr("clause {clause}").format(clause=safe(ruling.decided_by))
        lines.append(" · ".join(part for part in (clause, sheet.title(ruling.decided_by)) if part))
    return [*lines, *_beside(sheet)]


def _beside(sheet: Sheet) -> list[str]:
    """What a reader has to know of the answer: by rule, otherwise read, only supposed."""
    ruling = sheet.ruling
    lines = []
    if ruling.by_rule is not None:
        lines.append(_by_rule_line(sheet))
    if ruling.policy.set:
        values = list_joined(_overrides(ruling.policy.set))
        lines.append(tr("Changed for this run only: {values}").format(values=values))
    if ruling.supposed is not None:
        lines.append(_supposed_line(sheet, ruling.supposed))
    return lines


def _supposed_line(sheet: Sheet, supposed: Supposed) -> str:
    pattern = N_("Supposed: {n} entry that is not in the register. Without it: {who}, {clause}.")
    if supposed.entries != 1:
        pattern = N_(
            "Supposed: {n} entries that are not in the register. Without them: {who}, {clause}."
        )
    return tr(pattern).format(
        n=supposed.entries,
        who=alternative_text(sheet, supposed),
        clause=tr("clause {clause}").format(clause=safe(supposed.decided_by or "-")),
    )


def _whose(sheet: Sheet) -> list[str]:
    ruling = sheet.ruling
    if ruling.status == "referred":
        return [_capital(term(ruling.referred_to or "panel"))]
    if ruling.status == "unheld":
        return [tr("Nobody")]
    if ruling.status == "held":
        return [sheet.person(ruling.holder or "")]
    if len(ruling.credit) == 1 and ruling.credit[0].share == "100":
        return [sheet.person(ruling.credit[0].party)]
    names = [sheet.person(part.party) for part in ruling.credit]
    size = max((cells(name) for name in names), default=0)
    return [
        f"{pad(name, size)}  {part.share:>5} %"
        for name, part in zip(names, ruling.credit, strict=True)
    ]


def _status_line(sheet: Sheet) -> str:
    ruling = sheet.ruling
    if ruling.status == "recommended":
        instance = Term(ruling.referred_to or "panel")
        return sheet.say(Sentence("recommended; {instance} decides", instance=instance))
    if ruling.status == "unheld" and ruling.deal is not None:
        return tr("gets the deal")
    return tr(
        {
            "credited": N_("has the deal"),
            "referred": N_("is asked to decide: the policy names no winner"),
            "held": N_("holds the customer; there is no deal yet"),
            "unheld": N_("holds this customer; there is no deal"),
        }[ruling.status]
    )


def _by_rule_line(sheet: Sheet) -> str:
    by_rule = sheet.ruling.by_rule
    assert by_rule is not None
    who = sheet.credit(by_rule.credit) if by_rule.credit else term(by_rule.status)
    if not by_rule.credit:
        pattern = tr("Decided by people. By rule: {who}, clause {clause}")
    elif set(by_rule.credit) == set(sheet.ruling.credit):
        pattern = tr("Decided by people, as the rule does: {who}, clause {clause}")
    else:
        pattern = tr("Decided by people, departing from the rule. By rule: {who}, clause {clause}")
    return pattern.format(who=who, clause=safe(by_rule.decided_by or "-"))


def _overrides(values: Mapping[str, object]) -> list[str]:
    """As `--set` takes them: `level_limit_days.H=5`."""
    parts: list[str] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            parts += [f"{name}.{part}" for part in _overrides(value)]
        else:
            parts.append(f"{safe(name)}={shown(value)}")
    return parts


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# ------------------------------------------------------------------ the clauses


class _Row(NamedTuple):
    finding: Finding
    decisive: bool
    look: _Look
    clause: str
    title: str
    outcome: str
    party: str
    margin: str
    evidence: str


def margin_text(margin: Margin) -> str:
    """`8 > 7 days`: what was measured against its limit."""
    measured, limit = margin
    one, other = Decimal(measured.amount), Decimal(limit.amount)
    sign = (one > other) - (one < other)
    relation = "<=>"[sign + 1]
    if measured.unit == limit.unit:
        return f"{measured.amount} {relation} {span_text(limit)}"
    return f"{span_text(measured)} / {span_text(limit)}"


def _rows(sheet: Sheet) -> list[_Row]:
    turned = decisive(sheet.ruling)
    rows = []
    for finding in sheet.ruling.findings:
        if finding.outcome == "not_reached":
            continue
        look = _OUTCOMES[finding.outcome]
        rows.append(
            _Row(
                finding=finding,
                decisive=finding is turned,
                look=look,
                clause=safe(finding.clause),
                title=sheet.title(finding.clause),
                outcome=tr(look.word),
                party="" if finding.party is None else sheet.person(finding.party),
                margin="" if finding.margin is None else margin_text(finding.margin),
                evidence=", ".join(safe(ref) for ref in finding.evidence),
            )
        )
    return rows


def _clauses(sheet: Sheet) -> None:
    rows = _rows(sheet)
    if rows:
        sheet.heading(tr("Clauses, in the order tried"))
        wide = sheet.width >= WIDE
        columns = [
            (tr("clause"), [row.clause for row in rows]),
            *([(tr("title"), [row.title for row in rows])] if wide else []),
            (tr("outcome"), [row.outcome for row in rows]),
            (tr("party"), [row.party for row in rows]),
            (tr("margin"), [row.margin for row in rows]),
            (tr("evidence"), [row.evidence for row in rows]),
        ]
        widths = _widths(columns, sheet.width - 2)
        titles = [title for title, _ in columns]
        sheet.line("  " + "  ".join(pad(t, w) for t, w in zip(titles, widths, strict=True)))
        sheet.rule(heavy=False)
        for number, row in enumerate(rows):
            values = [column[number] for _, column in columns]
            _print_row(sheet, row, values, widths)
    untried = untried_text(sheet.ruling)
    if untried:
        sheet.prose(untried, 2)


def untried_text(ruling: Ruling) -> str:
    """Which clauses were no longer looked at; empty if all were."""
    tried = {f.clause for f in ruling.findings if f.outcome != "not_reached"}
    clauses = dict.fromkeys(f.clause for f in ruling.findings if f.clause not in tried)
    if not clauses:
        return ""
    return tr("Not tried any more: {clauses}").format(
        clauses=list_joined([safe(clause) for clause in clauses])
    )


def _widths(columns: Sequence[tuple[str, Sequence[str]]], room: int) -> list[int]:
    """Natural widths; where they do not fit, the widest columns give way first."""
    natural = [max(cells(text) for text in (title, *values)) for title, values in columns]
    room -= 2 * (len(columns) - 1)
    widths = list(natural)
    while sum(widths) > room and max(widths) > 8:
        widths[widths.index(max(widths))] -= 1
    return widths


def _print_row(sheet: Sheet, row: _Row, values: Sequence[str], widths: Sequence[int]) -> None:
    mark = row.look.symbol if sheet.symbols else row.look.plain
    reason = sheet.say(row.finding.reason)
    if not (row.party or row.margin or row.evidence or row.finding.refused):
        # The cells of party, margin and evidence are empty: the reason takes their place.
        filled = zip(values[:-3], widths, strict=False)
        lead = f"{mark} {'  '.join(pad(value, size) for value, size in filled)}  "
        if cells(lead) <= sheet.width // 2:
            sheet.prose(reason, cells(lead), mark=lead, style=row.look.style)
            return
    columns = [
        wrap(value, size, fold=sheet.fold) for value, size in zip(values, widths, strict=True)
    ]
    for number in range(max(len(column) for column in columns)):
        parts = [column[number] if number < len(column) else "" for column in columns]
        text = "  ".join(pad(part, size) for part, size in zip(parts, widths, strict=True))
        sheet.line((mark if number == 0 else " ") + " " + text, row.look.style)
    indent = 2 + widths[0] + 2
    sheet.prose(reason, indent, style="bold" if row.decisive else "")
    if row.finding.refused:
        sheet.prose(refused_text(row.finding.refused), indent)


def refused_text(refused: Iterable[Refused]) -> str:
    """`Does not count: R02-01 (entered late), R02-02 (voided).`"""
    entries = [f"{safe(entry.event)} ({term(entry.why)})" for entry in refused]
    return tr("Does not count: {entries}.").format(entries=list_joined(entries))


# ------------------------------------------------------------------ what turned it


def _turned(sheet: Sheet) -> None:
    ruling = sheet.ruling
    finding = decisive(ruling)
    turning = [contest for contest in ruling.contested if contest.turns]
    badge = _badge(ruling)
    if not turning and not badge and (finding is None or not (finding.margin or finding.evidence)):
        return
    sheet.heading(tr("What turned it"))
    if finding is not None:
        if finding.margin is not None:
            sheet.prose(measured_text(finding.clause, finding.margin), 2)
        known = [(ref, "") for ref in finding.evidence if ref in sheet.events]
        entry_list(sheet, known)
    for contest in turning:
        for turn in contest.turns:
            sheet.prose(turn_text(sheet, contest, turn), 2)
    if badge:
        sheet.prose(badge, 2)
        turns = ruling.sensitivity.records if ruling.sensitivity is not None else ()
        entry_list(sheet, [(turn.event, _without_text(sheet, turn)) for turn in turns])


def _badge(ruling: Ruling) -> str:
    """`Robust`, or `Turns on one record`; empty where it was not asked or not found out."""
    badge = ruling.sensitivity.badge if ruling.sensitivity is not None else None
    if badge == "turns_on_one_record":
        return tr("Turns on one record: without it the ruling would be another one.")
    if badge == "robust" and ruling.status != "unheld":
        return tr("Robust: it would be the same without any one record.")
    return ""


def _without_text(sheet: Sheet, turn: RecordTurn) -> str:
    return tr("without it: {who}, clause {clause}").format(
        who=alternative_text(sheet, turn), clause=safe(turn.decided_by or "-")
    )


def measured_text(clause: str, margin: Margin) -> str:
    """`Clause P3: measured 8 days, limit 7 days.`"""
    return tr("Clause {clause}: measured {measured}, limit {limit}.").format(
        clause=safe(clause), measured=span_text(margin.measured), limit=span_text(margin.limit)
    )


def turn_text(sheet: Sheet, contest: Contest, turn: Alternative) -> str:
    """Under which other reading somebody else would have had it."""
    return tr("Read with {param} = {other} instead of {value}: {who}, clause {clause}.").format(
        param=safe(contest.param),
        other=shown(turn.value),
        value=shown(contest.value),
        who=alternative_text(sheet, turn),
        clause=safe(turn.decided_by or "-"),
    )


def alternative_text(sheet: Sheet, turn: Alternative | RecordTurn | Turned | Supposed) -> str:
    """Who would have had it: names, or the status where nobody would."""
    if turn.credit:
        return sheet.credit(turn.credit)
    return sheet.person(turn.holder) if turn.holder else term(turn.status)


# ------------------------------------------------------------------ the rest


def _not_counted(sheet: Sheet) -> None:
    ruling = sheet.ruling
    refused = {entry.event: entry.why for entry in ruling.void}
    entries = [(ref, refused.get(ref, "late")) for ref in dict.fromkeys((*ruling.late, *refused))]
    if not entries:
        return
    sheet.heading(tr("Late, struck and void entries"))
    entry_list(sheet, [(ref, term(why)) for ref, why in entries])


def entry_list(sheet: Sheet, entries: Sequence[tuple[str, str]], signs: str = "") -> None:
    """Entries one a line: sign, reference, when, who, remark and what they say.

    `entries` are references and remarks; `signs` has one character for each, or is empty.
    """
    rows = [_entry_row(sheet, ref, remark) for ref, remark in entries]
    columns = zip(*(row.columns for row in rows), strict=True)
    widths = [max(map(cells, column)) for column in columns]
    for number, row in enumerate(rows):
        if row.long_ref:
            sheet.prose(row.long_ref, 2)
        parts = [pad(text, size) for text, size in zip(row.columns, widths, strict=True) if size]
        lead = "  " + (f"{signs[number]} " if signs else "") + "  ".join([*parts, ""])
        if cells(lead) > sheet.width - 20:  # too narrow for columns
            sheet.phrases([row.long_ref or row.columns[0], *row.columns[1:], *row.says], 4)
        else:
            sheet.phrases(row.says, cells(lead), mark=lead)


class _EntryRow(NamedTuple):
    long_ref: str
    columns: tuple[str, str, str]
    """Reference, when, who; empty where it stands elsewhere or is unknown."""
    says: list[str]


def _entry_row(sheet: Sheet, reference: str, remark: str) -> _EntryRow:
    ref = safe(reference)
    long_ref = ref if cells(ref) > WIDEST_REF else ""
    event = sheet.events.get(reference)
    if event is None:
        return _EntryRow(long_ref, ("" if long_ref else ref, "", ""), [remark])
    calendar = sheet.calendar
    who = "" if event.by is None else sheet.person(event.by)
    says = [text for text in (remark, entry_text(event, sheet.people)) if text]
    if cells(who) > WIDEST_NAME:
        says.insert(0, who)
        who = ""
    if calendar.day(event.recorded_at) != calendar.day(event.at):
        entered = moment_text(event.recorded_at, calendar)
        says.append(tr("entered {moment}").format(moment=entered))
    happened = moment_text(event.at, calendar)
    return _EntryRow(long_ref, ("" if long_ref else ref, happened, who), says)


def _rates(sheet: Sheet) -> None:
    if not sheet.ruling.rates:
        return
    sheet.heading(tr("Rates"))
    for rate in sheet.ruling.rates:
        evidence = list_joined([safe(ref) for ref in rate.evidence])
        about = f"({safe(rate.clause)}{'; ' if evidence else ''}{evidence})"
        sheet.prose(f"{sheet.person(rate.party)}: {safe(rate.rate)} %  {about}", 2)


def _sanctions(sheet: Sheet) -> None:
    if not sheet.ruling.sanctions:
        return
    sheet.heading(tr("Proposed measures; a person decides"))
    for sanction in sheet.ruling.sanctions:
        text = f"{sheet.person(sanction.staff)}: {term(sanction.measure)}"
        if sanction.amount:
            text += f" {safe(sanction.amount)}"
        evidence = list_joined([safe(ref) for ref in sanction.evidence])
        sheet.prose(f"{text}  ({safe(sanction.clause)}{'; ' if evidence else ''}{evidence})", 2)


def _open(sheet: Sheet) -> None:
    ruling = sheet.ruling
    lines = []
    if ruling.provisional_until is not None:
        lines.append(provisional_text(sheet, ruling.provisional_until))
    if ruling.referred_to is not None:
        instance = Term(ruling.referred_to)
        lines.append(_capital(sheet.say(Sentence("{instance} has to decide.", instance=instance))))
    if lines:
        sheet.heading(tr("Still open"))
        for text in lines:
            sheet.prose(text, 2)


def provisional_text(sheet: Sheet, until: Moment) -> str:
    """Until when a claim can still change the ruling."""
    return tr("A claim recorded by {moment} can still change this ruling.").format(
        moment=sheet.until(until)
    )


def _warnings(sheet: Sheet) -> None:
    if not sheet.ruling.warnings:
        return
    sheet.heading(tr("Warnings"))
    for warning in sheet.ruling.warnings:
        sheet.prose(sheet.say(warning), 2, mark="! ")


def _foot(sheet: Sheet, head: Head, explain: bool) -> None:
    policy = sheet.ruling.policy
    edition = Sentence(
        "policy {policy}, edition {version}", policy=policy.id, version=policy.version
    )
    upto = Sentence("register up to #{seq}", seq=head.seq)
    sheet.line()
    sheet.rule(heavy=False)
    if not explain:
        sheet.both_ends(sheet.say(edition), sheet.say(upto))
        return
    for sentence, digest in ((edition, policy.digest), (upto, head.text)):
        sheet.line(sheet.say(sentence))
        sheet.prose(safe(digest))
