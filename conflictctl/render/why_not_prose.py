"""Why a deal or a customer is not somebody's, in full sentences."""

from __future__ import annotations

from conflictctl.adjudication.ruling import Against, WhyNot
from conflictctl.render.language import sentences_joined, term, tr
from conflictctl.render.ruling_prose import (
    OUTCOMES,
    clause_name,
    finding_sentences,
    incomplete_text,
    value_texts,
    without_text,
)
from conflictctl.render.ruling_table import entry_list
from conflictctl.render.sheet import Sheet


def print_why_not(sheet: Sheet, found: WhyNot) -> None:
    """The clauses that could have given it to him, his entries that do not count, what it takes."""
    who = sheet.person(found.party)
    sheet.heading(tr("Why not {who}?").format(who=who))
    if found.has_it:
        sheet.prose(tr("{who} has it already, or a share of it.").format(who=who), 2)
        return
    for sentence in found.would_need[: len(found.would_need) - len(found.clauses)]:
        sheet.prose(sheet.say(sentence), 2)
    for against in found.clauses:
        sheet.prose(clause_name(sheet, against.finding.clause), 2, style="bold")
        sheet.prose(sentences_joined(_against(sheet, against)), 4)
    if found.refused:
        sheet.heading(tr("Entries by {who} that do not count").format(who=who))
        entry_list(sheet, [(entry.event, term(entry.why)) for entry in found.refused])
    sheet.heading(tr("What alone would give it to {who}").format(who=who))
    for text in _single_changes(sheet, found):
        sheet.prose(text, 2)


def _against(sheet: Sheet, against: Against) -> list[str]:
    finding = against.finding
    if against.reached:
        return finding_sentences(sheet, finding, tr(OUTCOMES[finding.outcome]))
    outcome = (
        tr("It is met, but another clause came first and decided.")
        if finding.outcome == "awards"
        else tr("Not met, and another clause came first and decided.")
    )
    return finding_sentences(sheet, finding, outcome)


def _single_changes(sheet: Sheet, found: WhyNot) -> list[str]:
    texts = [without_text(sheet, turn) for turn in found.records]
    texts += value_texts(sheet, found.params)
    if not texts and found.complete:
        texts.append(
            tr("No single record left out and no single value of a parameter that was tried.")
        )
    if not found.complete:
        texts.append(incomplete_text())
    return texts
