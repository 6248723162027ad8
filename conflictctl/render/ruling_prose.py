"""A ruling in full sentences, to be read out, printed and defended.

Question and answer first, then the facts in the order they happened, then each clause as
it was tried, the readings of the text the ruling rests on, and last what would turn it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console

from conflictctl.adjudication.ruling import Contest, Finding, RecordTurn, Ruling, Sensitivity
from conflictctl.calendar import Calendar
from conflictctl.events import Event, order
from conflictctl.people import People
from conflictctl.render.counterfactual_prose import counterfactual_texts
from conflictctl.render.entry_names import entry_name
from conflictctl.render.language import (
    list_joined,
    sentences_joined,
    shown,
    span_text,
    term,
    tr,
)
from conflictctl.render.open_questions import print_open_questions
from conflictctl.render.ruling_table import (
    alternative_text,
    entry_list,
    provisional_text,
    refused_text,
    turn_text,
    untried_text,
)
from conflictctl.render.safe import safe
from conflictctl.render.sheet import Sheet, Titles
from conflictctl.wording import N_

# Not facts about one customer's deal: they say who and what there is.
_BACKGROUND = frozenset({"outlet", "staff", "customer", "setting", "attestation"})

OUTCOMES = {
    "awards": N_("This clause decides."),
    "refers": N_("This clause refers the question to people."),
    "supports": N_("This clause speaks for it."),
    "bars": N_("This clause excludes it."),
    "not_met": N_("Not met."),
    "unknown": N_("Cannot be answered from the register."),
}


def ruling_prose(
    ruling: Ruling,
    *,
    people: People,
    calendar: Calendar,
    names: Mapping[str, str],
    policy: Titles,
    console: Console,
    events: Mapping[str, Event] | None = None,
) -> None:
    """Print the account alone: why, clause by clause, facts, evidence, readings."""
    sheet = Sheet(
        ruling,
        people=people,
        calendar=calendar,
        names=names,
        policy=policy,
        console=console,
        events=events or {},
    )
    print_account(sheet)


def print_account(sheet: Sheet) -> None:
    """The account of a ruling, section by section."""
    _why(sheet)
    _facts(sheet)
    _clause_by_clause(sheet)
    _readings(sheet)
    print_open_questions(sheet)
    _turning(sheet)


def _why(sheet: Sheet) -> None:
    ruling = sheet.ruling
    sheet.heading(tr("Why"))
    sheet.prose(verdict_sentence(sheet), 2)
    sheet.prose(sheet.say(ruling.reason), 2)
    if ruling.provisional_until is not None:
        sheet.prose(provisional_text(sheet, ruling.provisional_until), 2)


def verdict_sentence(sheet: Sheet) -> str:
    """`The deal with K1 is credited to Wang under clause 6.2 (...).`"""
    ruling = sheet.ruling
    values = {
        "customer": sheet.customer(ruling.customer),
        "who": sheet.credit(ruling.credit),
        "holder": sheet.person(ruling.holder or ""),
        "instance": term(ruling.referred_to or "panel"),
        "clause": clause_name(sheet, ruling.decided_by),
    }
    pattern = {
        "credited": N_("The deal with {customer} is credited to {who} under clause {clause}."),
        "recommended": N_(
            "The policy recommends {who} for the deal with {customer}; {instance} decides."
        ),
        "referred": N_(
            "The policy names no winner for the deal with {customer}; {instance} has to decide."
        ),
        "held": N_("{holder} holds {customer} under clause {clause}; there is no deal yet."),
        "unheld": N_("Nobody holds {customer}, and there is no deal."),
    }[ruling.status]
    if ruling.status == "unheld" and ruling.deal is not None:
        pattern = N_("Nobody has the deal with {customer}.")
    return tr(pattern).format_map(values)


def clause_name(sheet: Sheet, clause: str | None) -> str:
    """`P3 (Regular follow-up)`: a clause with its title."""
    title = sheet.title(clause)
    name = safe(clause or "-")
    return tr("{clause} ({title})").format(clause=name, title=title) if title else name


def _facts(sheet: Sheet) -> None:
    events = sorted(
        (event for event in sheet.events.values() if event.kind not in _BACKGROUND), key=order
    )
    if not events:
        return
    sheet.heading(tr("What the register says, in the order it happened"))
    cited = {ref for finding in sheet.ruling.findings for ref in finding.evidence}
    struck = {*sheet.ruling.late, *(entry.event for entry in sheet.ruling.void)}
    signs = "".join(
        "!" if event.ref in struck else "*" if event.ref in cited else " " for event in events
    )
    entry_list(sheet, [(event.ref, "") for event in events], signs)
    sheet.prose(tr("* cited as evidence   ! late, struck or void"), 2)


def _clause_by_clause(sheet: Sheet) -> None:
    if not sheet.ruling.findings:
        return
    sheet.heading(tr("Clause by clause"))
    for finding in sheet.ruling.findings:
        if finding.outcome != "not_reached":
            sheet.prose(clause_name(sheet, finding.clause), 2, style="bold")
            sentences = finding_sentences(sheet, finding, tr(OUTCOMES[finding.outcome]))
            sheet.prose(sentences_joined(sentences), 4)
    untried = untried_text(sheet.ruling)
    if untried:
        sheet.prose(untried, 2)


def finding_sentences(sheet: Sheet, finding: Finding, outcome: str) -> list[str]:
    """A clause as it was tried: reason, outcome, measures, evidence, what did not count."""
    sentences = [sheet.say(finding.reason), outcome]
    if finding.margin is not None:
        measured, limit = finding.margin
        sentences.append(
            tr("Measured {measured}, limit {limit}.").format(
                measured=span_text(measured), limit=span_text(limit)
            )
        )
    if finding.evidence:
        entries = list_joined([safe(ref) for ref in finding.evidence])
        sentences.append(tr("Evidence: {entries}.").format(entries=entries))
    if finding.refused:
        sentences.append(refused_text(finding.refused))
    return [sentence for sentence in sentences if sentence]


def _readings(sheet: Sheet) -> None:
    if not sheet.ruling.contested:
        return
    sheet.heading(tr("Readings of the text it rests on"))
    for contest in sheet.ruling.contested:
        sheet.prose(f"{safe(contest.param)} = {shown(contest.value)}", 2, style="bold")
        for text in _under_other_readings(sheet, contest):
            sheet.prose(text, 4)


def _under_other_readings(sheet: Sheet, contest: Contest) -> list[str]:
    if not contest.turns:
        return [tr("Every other reading gives the same ruling.")]
    return [
        tr("Read as {value}, the result would be: {who}, clause {clause}.").format(
            value=shown(turn.value),
            who=alternative_text(sheet, turn),
            clause=clause_name(sheet, turn.decided_by),
        )
        for turn in contest.turns
    ]


# ------------------------------------------------------------------ what would turn it


def _turning(sheet: Sheet) -> None:
    found = sheet.ruling.sensitivity
    otherwise = sheet.ruling.counterfactual
    if found is not None:
        sheet.heading(tr("What would turn it"))
        for text in turning_texts(sheet, found):
            sheet.prose(text, 2)
    if otherwise is not None:
        sheet.heading(tr("What somebody could have done otherwise"))
        for text, indent in counterfactual_texts(sheet, otherwise):
            sheet.prose(text, 2 + indent)
        if not otherwise.complete:
            sheet.prose(incomplete_text(), 2)


def turning_texts(sheet: Sheet, found: Sensitivity) -> list[str]:
    """Which record and which value of a parameter would turn it, or that none does."""
    texts = [without_text(sheet, turn) for turn in found.records]
    if not texts and found.complete:
        texts.append(tr("No single record turns the ruling: it is robust."))
    # The contested readings stand above, turned or not.
    contested = {contest.param for contest in sheet.ruling.contested}
    texts += value_texts(sheet, [one for one in found.params if one.param not in contested])
    if found.complete and not found.params:
        texts.append(tr("No single value of a parameter that was tried turns it."))
    if not found.complete:
        texts.append(incomplete_text())
    return texts


def without_text(sheet: Sheet, turn: RecordTurn) -> str:
    """`Had R13-07 (claim, 2013-03-11 09:00, Wang) not been recorded, the result would be ...`"""
    return tr("Had {entry} not been recorded, the result would be: {who}, clause {clause}.").format(
        entry=entry_name(sheet, turn.event),
        who=alternative_text(sheet, turn),
        clause=clause_name(sheet, turn.decided_by),
    )


def value_texts(sheet: Sheet, contests: Sequence[Contest]) -> list[str]:
    """Which other values of parameters would give what."""
    return [turn_text(sheet, contest, turn) for contest in contests for turn in contest.turns]


def incomplete_text() -> str:
    """Said where the limit of re-rulings cut a search short."""
    return tr("The search was cut short: there may be more that turns the ruling.")
