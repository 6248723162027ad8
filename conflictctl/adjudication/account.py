"""Findings: what each clause found, in words, with its evidence and its margin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from conflictctl.adjudication.ruling import Finding, Margin, Refused
from conflictctl.calendar import Moment
from conflictctl.history import Entry
from conflictctl.policy.case import Case, shown
from conflictctl.policy.language import UNKNOWN
from conflictctl.policy.parts import CompiledRule
from conflictctl.policy.quantity import plain_number
from conflictctl.policy.vocabulary.periods import window
from conflictctl.wording import Bilingual, Day, Sentence, Span, Term, When, Who

Measured = tuple[Any, Any, str]
"""What was measured, against which limit, in which unit."""


def finding(
    case: Case, rule: CompiledRule, outcome: str, text: Bilingual, party: str | None = None
) -> Finding:
    """What a rule found, from what its condition left in the case."""
    evidence = cited(case.evidence)
    refused = refusals(case.refused) if case.refused else ()
    margin = None if case.margin is None else margin_of(*case.margin)
    if party is None and rule.party is not None:
        value = rule.party(case)
        party = value if isinstance(value, str) else None
    reason = Sentence.of(text, _values(case, rule, text, party, margin))
    case.evidence.clear()  # of what was asked for the words
    return Finding(rule.rule.clause, outcome, party, reason, margin, evidence, refused)


def refusals(refused: list[tuple[Entry, str]]) -> tuple[Refused, ...]:
    """Each refused entry once, with the last reason."""
    return tuple({entry.ref: Refused(entry.ref, why) for entry, why in refused}.values())


@lru_cache(maxsize=1024)
def not_reached(clause: str) -> Finding:
    """The line of a rule that did not come to be tried."""
    return Finding(clause, "not_reached", None, Sentence("Decided before this was reached."))


def merged(findings: list[Finding]) -> list[Finding]:
    """One line for neighbouring findings of one clause that say the same: not met, not reached."""
    found: list[Finding] = []
    for one in findings:
        last = found[-1] if found else None
        if (
            last is not None
            and one.clause == last.clause
            and one.outcome == last.outcome
            and one.outcome in ("not_met", "not_reached")
        ):
            found[-1] = last._replace(
                evidence=tuple(dict.fromkeys(last.evidence + one.evidence)),
                refused=tuple(dict.fromkeys(last.refused + one.refused)),
            )
        else:
            found.append(one)
    return found


def cited(evidence: Sequence[Entry]) -> tuple[str, ...]:
    """How evidence is cited: each entry once, in the order in which they happened."""
    if len(evidence) < 2:
        return (evidence[0].ref,) if evidence else ()
    if len(evidence) == 2:
        one, other = evidence
        if one is other:
            return (one.ref,)
        if (other.at, other.seq) < (one.at, one.seq):
            return other.ref, one.ref
        return one.ref, other.ref
    different = {*evidence}
    if len(different) < 2:
        return (evidence[0].ref,)
    return tuple(dict.fromkeys([entry.ref for entry in sorted(evidence, key=_TIME)]))


_TIME = attrgetter("at", "seq")


@lru_cache(maxsize=4096, typed=True)
def margin_of(measured: Any, limit: Any, unit: str) -> Margin:
    """What was measured, as a finding shows it: most are a few days held against a few limits."""
    return Margin(Span(_amount(measured), unit), Span(_amount(limit), unit))


def _amount(value: Any) -> int | str:
    return int(value) if isinstance(value, int) else plain_number(value)


class Asks(NamedTuple):
    """What else than parameters and named values a sentence is to be filled in with."""

    party: bool
    margin: bool
    window_end: bool
    needs: bool


@lru_cache(maxsize=1024)
def asks(template: str) -> Asks | None:
    """What a sentence asks for besides parameters and named values; None: nothing."""
    wanted = Asks(
        "{party}" in template,
        "{measured}" in template or "{limit}" in template,
        "{window_end}" in template,
        "{needs}" in template,
    )
    return wanted if any(wanted) else None


def _values(
    case: Case, rule: CompiledRule, text: Bilingual, party: str | None, margin: Margin | None
) -> dict[str, object]:
    known = case.said
    values = dict(rule.settled)
    for name in rule.names:
        found = known.get(name)
        if found is None:
            value = case.kept(name)[0]
            found = known[name] = shown(None if value is UNKNOWN else value)
        values[name] = found
    wanted = asks(text.en)
    if wanted is None:
        return values
    if wanted.party:
        values["party"] = Who(party) if party is not None else "-"
    if wanted.margin:
        values["measured"], values["limit"] = ("-", "-") if margin is None else margin
    if wanted.window_end:
        values["window_end"] = end_in_words(case, rule)
    if wanted.needs:
        values["needs"] = needs(case) or "-"
    return values


def in_words(case: Case, name: str) -> object:
    """A parameter or named value as a sentence shows it."""
    return shown(case.constants_or_value(name))


def needs(case: Case) -> list[Sentence]:
    """The facts that nobody has supplied so far, and who could."""
    found = []
    for need in case.needs:
        question = case.program.findings[need.finding]
        about = Who(need.subject) if need.subject is not None else "-"
        if question.supplier is None:
            found.append(Sentence("{question} ({about})", question=question.text, about=about))
        else:
            found.append(
                Sentence(
                    "{question} ({about}; to be found by: {supplier})",
                    question=question.text,
                    about=about,
                    supplier=Term(question.supplier),
                )
            )
    return found


def window_end(case: Case, name: str) -> Moment:
    """When a window after the deal ends, for whoever would have to act in it."""
    claimant = case.value("original") if "original" in case.program.lets else None
    _, _, end = window(case, name, claimant)
    return end - 1 if case.program.windows[name].hours else end


def end_in_words(case: Case, rule: CompiledRule) -> Sentence | When | str:
    """A window of days ends at 24:00 of its last day, one of hours at its hour."""
    windows = case.program.windows
    name = rule.provisional_window or next(iter(windows), None)
    if name is None or case.anchor is None:
        return "-"
    end = window_end(case, name)
    if windows[name].hours:
        return When(end)
    return Sentence("24:00 on {day}", day=Day(case.history.calendar.day(end - 1)))
