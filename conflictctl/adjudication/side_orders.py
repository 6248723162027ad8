"""What goes with a ruling: proposed measures, rates, and what its readers should know.

None of it decides whose the deal is.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from typing import Any

from conflictctl.adjudication.account import in_words
from conflictctl.adjudication.outcome import Outcome
from conflictctl.adjudication.ruling import Finding, Rate, Sanction
from conflictctl.calendar import Moment
from conflictctl.events import KINDS
from conflictctl.history import Entry
from conflictctl.policy import instances
from conflictctl.policy.case import Case
from conflictctl.policy.language import UNKNOWN
from conflictctl.wording import Bilingual, Sentence, Term, When, Who


def sanctions(case: Case) -> tuple[Sanction, ...]:
    """The measures the policy proposes on findings; a person decides."""
    policy = case.program.policy
    if "finding" not in case.kinds:
        return ()
    proposed: list[Sanction] = []
    seen: dict[tuple[str, str], int] = {}
    classes = {question.entries for question in case.program.findings.values()} or {"finding"}
    found = {
        entry.seq: entry
        for name in classes
        if name in case.program.classes
        for entry in case.pool(name, anyone=True)
    }
    for entry in sorted(found.values(), key=lambda one: one.key):
        if entry.get("answer") is not True:
            continue
        key = (entry.get("question"), entry.get("subject"))
        before = seen.get(key, 0)
        seen[key] = before + 1
        for rule in policy.sanctions:
            if rule["question"] == key[0]:
                measure = _measure(case, rule, before)
                if measure is not None:
                    proposed.append(Sanction(rule["clause"], key[1], *measure, (entry.ref,)))
    return tuple(proposed)


def _measure(case: Case, rule: Any, before: int) -> tuple[str, str | None] | None:
    """The measure on a finding that so many went before; None where the rule is not for it."""
    ladder = rule.get("ladder")
    if ladder:
        step = ladder[min(before, len(ladder) - 1)]
    elif rule.get("time", "first") == ("again" if before else "first"):
        step = rule
    else:
        return None
    amount = case.program.values.get(step["amount"]) if "amount" in step else None
    return step.get("measure", "warning"), None if amount is None else str(amount)


def rates(case: Case) -> tuple[Rate, ...]:
    """What part of the usual commission somebody gets, where the policy says so."""
    if case.anchor is None:
        return ()
    found = []
    for rate in case.program.rates:
        case.evidence.clear()
        value = rate.when(case)
        if value is UNKNOWN or not value:
            continue
        evidence = tuple(dict.fromkeys(entry.ref for entry in case.evidence))
        party = rate.party(case)
        for one in party if isinstance(party, list) else [party]:
            if isinstance(one, str):
                percent = str(case.program.values[rate.rate])
                found.append(Rate(rate.clause, one, percent, evidence))
    case.evidence.clear()
    return tuple(found)


# ---------------------------------------------------------------------------- warnings


def warnings(case: Case, outcome: Outcome, findings: Iterable[Finding]) -> list[Sentence]:
    """What the readers of a ruling should know; `findings` are those of its clauses."""
    found: list[Sentence] = []
    program, kinds = case.program, case.kinds
    if program.warnings:
        found += _of_policy(case)
    if case.history.refused:
        found += [
            sentence
            for entry, sentence in case.history.refused
            if entry.customer in case.members or entry.customer is None
        ]
    found += case.warnings
    if program.warning_classes:
        found += _classes_that_warn(case)
    if not kinds.isdisjoint(_MANAGERIAL):
        found += _without_effect(case)
    found += _own_words(case)
    found += _place_alone(case, outcome, findings)
    if "appeal" in kinds:
        found += _appeals(case)
    return list(dict.fromkeys(found)) if len(found) > 1 else found


def _of_policy(case: Case) -> list[Sentence]:
    """The warnings that the policy gives of its own."""
    found = []
    stage = "open" if case.anchor is None else "deal"
    for warning in case.program.warnings:
        if (warning.stage or "deal") != stage:
            continue
        case.evidence.clear()
        value = warning.when(case)
        if value is not UNKNOWN and value:
            found.append(Sentence(warning.text, **_said(case, warning.text)))
    case.evidence.clear()
    return found


def _said(case: Case, text: Bilingual) -> dict[str, object]:
    return {
        name: in_words(case, name) for _, name, _, _ in string.Formatter().parse(text.en) if name
    }


def _classes_that_warn(case: Case) -> list[Sentence]:
    return [
        Sentence(spec.warning, event=entry.ref, staff=Who(entry.by or ""))
        for spec in case.program.warning_classes
        if spec.warn is not None and spec.warning is not None
        for entry in case.pool(spec.name, anyone=True)
        if spec.warn(entry, case)
    ]


_MANAGERIAL = frozenset({"notice", "reassign", "decision", "finding", "ruling", "demand"})


def _without_effect(case: Case) -> list[Sentence]:
    """Acts that take a power and were made without it."""
    kinds = case.kinds & _MANAGERIAL
    counted: set[int] = set()
    refused: dict[int, Entry] = {}
    for name, spec in case.program.classes.items():
        if spec.parent is None and spec.kinds & kinds:
            counted |= {entry.seq for entry in case.pool(name, anyone=True)}
            refused |= {
                entry.seq: entry
                for entry, _ in case.not_valid(name)
                if entry.flaw in (None, "late", "altered") and entry.kind in kinds
            }
    return [
        Sentence(
            "{event}: {kind} by {staff} has no effect: no power, or a party.",
            event=entry.ref,
            kind=Term(entry.kind),
            staff=Who(entry.by or ""),
        )
        for seq, entry in refused.items()
        if seq not in counted
    ]


_OWN_WORD = ("witness", "approved_by", "accompanied_by", "jointly_with", "answer")
_SAYS = {
    kind.name: tuple(name for name in _OWN_WORD if name in kind.fields)
    for kind in KINDS.values()
    if not kind.fields.keys().isdisjoint(_OWN_WORD)
}
"""By which fields entries of a kind can say something of others."""


def _own_words(case: Case) -> list[Sentence]:
    """What is said of others by nobody but the author of an entry."""
    sentences = []
    for entry in [e for e in case.entries if e.kind in _SAYS and e.event.attestation is None]:
        for name in _SAYS[entry.kind]:
            value = entry.fields.get(name)
            if value is None:
                continue
            for one in value if isinstance(value, list) else (value,):
                if (
                    isinstance(one, str)
                    and one != "none"
                    and one in case.history.people.staff
                    and not entry.vouched(one)
                ):
                    sentences.append(
                        Sentence(
                            "{event}: {field} {staff} is the author's own word.",
                            event=entry.ref,
                            field=name,
                            staff=Who(one),
                        )
                    )
    return sentences


def _place_alone(case: Case, outcome: Outcome, findings: Iterable[Finding]) -> list[Sentence]:
    """That nothing but the place in the register says who was first, where it matters here."""
    opens = case.program.holding.opens
    files = case.pool(opens)
    if len(files) < 2:
        return []
    first, second = files[:2]
    if first.recorded != second.recorded or first.by == second.by:
        return []  # whatever the order of the class, it goes by when they were recorded, too
    spec = case.program.classes[opens]
    if spec.sort_key(first)[:-1] != spec.sort_key(second)[:-1]:
        return []
    held = outcome.holder is not None and outcome.holder in (first.by, second.by)
    if not held and _grounds(case, outcome, findings).isdisjoint((first.ref, second.ref)):
        return []
    return [
        Sentence(
            "{first} and {second} are equal in time; their place in the register alone "
            "decides which is first.",
            first=first.ref,
            second=second.ref,
        )
    ]


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _grounds(case: Case, outcome: Outcome, findings: Iterable[Finding]) -> set[str]:
    """The events on which the deciding clause rests, by reference.

    Its evidence, and what the values named in its condition rest on: a claim that nobody made
    leaves no evidence of whose claim it would have been.
    """
    program = case.program
    deciding = [f for f in findings if f.clause == outcome.clause and f.outcome in _DECIDES]
    found = {ref for one in deciding for ref in one.evidence}
    rules = program.rules if case.anchor is not None else program.open_rules
    names = {
        name
        for compiled in [*rules, *program.fallback]
        if deciding and compiled.rule.clause == outcome.clause
        for name in _NAME.findall(compiled.rule.when)
    }
    needs = list(case.needs)
    for name in sorted(names & program.lets.keys()):
        case.value(name)
    case.needs[:] = needs  # nothing is asked for this
    found |= {entry.ref for entry in case.evidence}
    case.evidence.clear()
    return found


_DECIDES = frozenset({"awards", "refers"})


def _appeals(case: Case) -> list[Sentence]:
    """Appeals that wait, and appeals that came too late."""
    found = []
    late = _late_appeals(case)
    for appeal in instances.pending_appeals(case):
        if appeal.seq not in late:
            found.append(
                Sentence(
                    "{event}: {staff} appealed to {instance}; the ruling stands until then.",
                    event=appeal.ref,
                    staff=Who(appeal.by or ""),
                    instance=Term(appeal.get("to")),
                )
            )
    found += [
        Sentence(
            "{event}: the appeal came after the time for it, {moment}.",
            event=ref,
            moment=When(end - 1),
        )
        for ref, end in late.values()
    ]
    return found


def _late_appeals(case: Case) -> dict[int, tuple[str, Moment]]:
    """Appeals after their time: their place, how they are cited, and when the time was over."""
    limit = case.program.appeal_within
    if limit is None:
        return {}
    rulings: dict[Any, Entry] = {}
    for entry in case.entries:
        if entry.kind == "ruling":
            rulings |= {entry.seq: entry, entry.event.id: entry}
    late = {}
    for appeal in case.entries:
        ruling = rulings.get(appeal.get("against")) if appeal.kind == "appeal" else None
        if ruling is not None:
            end = case.deadline(ruling.recorded, limit)
            if appeal.recorded >= end:
                late[appeal.seq] = (appeal.ref, end)
    return late
