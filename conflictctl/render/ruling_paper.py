"""A ruling as a paper to be printed, explained and signed: its contents in words.

Plain values, so that the page and the PDF show the same.  What matters to two people who argue is
in it: who says what, what the register says and when it was entered, which clause decided and on
what, which did not apply, what would have turned it, and how it can be had again.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import NamedTuple

from conflictctl import __version__
from conflictctl.adjudication.ruling import Finding, Ruling, decisive
from conflictctl.adjudication.timeline import Timeline
from conflictctl.history import CONTACT_KINDS
from conflictctl.render.counterfactual_prose import counterfactual_texts
from conflictctl.render.json_text import json_line
from conflictctl.render.language import (
    list_joined,
    moment_text,
    person,
    say,
    sentences_joined,
    speaking,
    term,
    tr,
)
from conflictctl.render.precedent_prose import precedent_texts
from conflictctl.render.ruling_json import Head, ruling_json
from conflictctl.render.ruling_prose import (
    OUTCOMES,
    clause_name,
    finding_sentences,
    turning_texts,
    verdict_sentence,
)
from conflictctl.render.ruling_table import answer_lines, provisional_text, turn_text
from conflictctl.render.safe import safe
from conflictctl.render.sheet import Sheet, Titles
from conflictctl.render.timeline_words import Named, Row, rows_of
from conflictctl.wording import N_, Bilingual

_CONCERNED = CONTACT_KINDS | {"claim", "close"}

MOST_CHANGES = 2
"""Changes told for each other outcome: a paper has to end."""


MOST_PRECEDENTS = 3
"""Earlier rulings named."""


class Party(NamedTuple):
    """Somebody with a part in the matter: who, where, as what, and what the ruling gives him."""

    name: str
    outlet: str
    role: str
    gets: str


class Clause(NamedTuple):
    """A clause that mattered: its name, how it came out, why, and whether it decided."""

    name: str
    outcome: str
    text: str
    decided: bool


class Paper(NamedTuple):
    """All that stands on the paper, in the reader's language."""

    title: str
    about: tuple[str, ...]
    answer: tuple[str, ...]
    reasons: tuple[str, ...]
    parties: tuple[Party, ...]
    facts: tuple[Row, ...]
    clauses: tuple[Clause, ...]
    not_met: str
    turning: tuple[str, ...]
    notes: tuple[str, ...]
    origin: tuple[tuple[str, str], ...]
    receipts: tuple[tuple[str, str], ...]
    signatures: tuple[str, ...]


def paper_of(
    timeline: Timeline,
    named: Named,
    *,
    policy: Titles,
    policy_title: Bilingual,
    head: Head,
    register: str,
    receipts: Mapping[str, str],
) -> Paper:
    """The contents for one ruling; `receipts` are those of entries by reference."""
    ruling = timeline.ruling
    sheet = _words(ruling, named, policy)
    return Paper(
        title=_title(sheet),
        about=tuple(_about(sheet, policy_title)),
        answer=tuple(answer_lines(sheet)),
        reasons=tuple(_reasons(sheet)),
        parties=tuple(_parties(timeline, named)),
        facts=tuple(rows_of(timeline, named)),
        clauses=tuple(_clauses(sheet)),
        not_met=_not_met(sheet),
        turning=tuple(_turning(sheet)),
        notes=tuple(_notes(sheet)),
        origin=tuple(_origin(ruling, named, head, register)),
        receipts=tuple((safe(ref), text) for ref, text in receipts.items()),
        signatures=tuple(_signatures(timeline, named)),
    )


def _words(ruling: Ruling, named: Named, policy: Titles) -> Sheet:
    """The sheet that puts a ruling into words; nothing is printed on it."""
    from conflictctl.render.terminal import console

    return Sheet(
        ruling,
        people=named.people,
        calendar=named.calendar,
        names=named.names,
        policy=policy,
        console=console(io.StringIO()),
        events=named.events,
    )


# ------------------------------------------------------------------------ head and answer


def _title(sheet: Sheet) -> str:
    customer = sheet.customer(sheet.ruling.customer)
    if sheet.ruling.deal is None:
        return tr("Whose customer: {customer}").format(customer=customer)
    return tr("Ruling on the deal with {customer}").format(customer=customer)


def _about(sheet: Sheet, title: Bilingual) -> list[str]:
    ruling = sheet.ruling
    edition = tr("edition {version}").format(version=safe(ruling.policy.version))
    lines = [f"{say(title)} · {edition}"]
    deal = ruling.deal
    if deal is not None and deal.moment is not None:
        parts = [tr("deal {deal}").format(deal=safe(deal.id))]
        parts.append(moment_text(deal.moment, sheet.calendar))
        amount = f"{deal.amount or ''} {deal.currency or ''}".strip()
        parts += [safe(part) for part in (deal.product, amount) if part]
        lines.append(list_joined(parts))
    return lines


def _reasons(sheet: Sheet) -> list[str]:
    ruling = sheet.ruling
    lines = [sentences_joined([verdict_sentence(sheet), sheet.say(ruling.reason)])]
    if ruling.provisional_until is not None:
        lines.append(provisional_text(sheet, ruling.provisional_until))
    return lines


def _parties(timeline: Timeline, named: Named) -> list[Party]:
    ruling, people = timeline.ruling, named.people
    shares = {part.party: f"{part.share} %" for part in ruling.credit}
    if ruling.holder is not None:
        shares[ruling.holder] = tr("holds the customer")
    found = []
    for party in _concerned(timeline):
        role, outlet = people.role(party, ruling.as_of), people.outlet(party, ruling.as_of)
        found.append(
            Party(
                person(party, people),
                safe(people.name(outlet)) if outlet is not None else "",
                term(role) if role else "",
                shares.pop(party, ""),
            )
        )
    found += [Party(person(party, people), "", "", share) for party, share in shares.items()]
    return found


# ------------------------------------------------------------------------------ clauses


def _matters(finding: Finding, decided: Finding | None) -> bool:
    return finding is decided or (
        finding.outcome not in ("not_met", "not_reached")
        or finding.margin is not None
        or bool(finding.refused)
    )


def _clauses(sheet: Sheet) -> list[Clause]:
    decided = decisive(sheet.ruling)
    return [
        Clause(
            clause_name(sheet, finding.clause),
            tr(OUTCOMES[finding.outcome]),
            sentences_joined(finding_sentences(sheet, finding, "")),
            finding is decided,
        )
        for finding in sheet.ruling.findings
        if finding.outcome != "not_reached" and _matters(finding, decided)
    ]


def _not_met(sheet: Sheet) -> str:
    decided = decisive(sheet.ruling)
    others = [
        clause_name(sheet, finding.clause)
        for finding in sheet.ruling.findings
        if finding.outcome == "not_met" and not _matters(finding, decided)
    ]
    if not others:
        return ""
    return tr("Did not apply: {clauses}.").format(clauses=list_joined(list(dict.fromkeys(others))))


# ------------------------------------------------------------------------ what would turn it


def _turning(sheet: Sheet) -> list[str]:
    ruling = sheet.ruling
    texts = [
        turn_text(sheet, contest, turn) for contest in ruling.contested for turn in contest.turns
    ]
    if ruling.sensitivity is not None:
        texts += turning_texts(sheet, ruling.sensitivity)
    if ruling.counterfactual is not None:
        texts += [
            text
            for text, _ in counterfactual_texts(
                sheet, ruling.counterfactual, MOST_CHANGES, N_("and {n} more")
            )
        ]
    return texts


def _notes(sheet: Sheet) -> list[str]:
    ruling = sheet.ruling
    notes = [sheet.say(warning) for warning in ruling.warnings]
    if ruling.precedents is not None:
        notes += precedent_texts(sheet, ruling.precedents, MOST_PRECEDENTS)
    for sanction in ruling.sanctions:
        amount = f" {safe(sanction.amount)}" if sanction.amount else ""
        notes.append(
            tr("Proposed, a person decides: {who}: {measure} (clause {clause})").format(
                who=sheet.person(sanction.staff),
                measure=term(sanction.measure) + amount,
                clause=safe(sanction.clause),
            )
        )
    return notes


# ------------------------------------------------------------------------------ its origin


def ruling_digest(ruling: Ruling, named: Named, head: Head) -> str:
    """SHA-256 over the ruling as `verdict --format jsonl` writes it in English: to compare by."""
    with speaking("en"):
        shown = ruling_json(
            ruling._replace(sensitivity=None, counterfactual=None, why_not=None, precedents=None),
            calendar=named.calendar,
            people=named.people,
            head=head,
            full=True,
        )
    return "sha256:" + hashlib.sha256(json_line(shown, "utf-8").encode()).hexdigest()


def _origin(ruling: Ruling, named: Named, head: Head, register: str) -> list[tuple[str, str]]:
    policy = ruling.policy
    return [
        (tr("policy"), f"{safe(policy.id)} {safe(policy.version)}"),
        (tr("its digest"), policy.digest),
        (
            tr("register"),
            tr("{register}, entries #1 to #{seq}").format(register=safe(register), seq=head.seq),
        ),
        (tr("head"), head.text),
        (tr("as of"), moment_text(ruling.as_of, named.calendar) + f" ({named.calendar.zone})"),
        (tr("this ruling"), ruling_digest(ruling, named, head)),
        (tr("program"), f"conflictctl {__version__}"),
    ]


def _signatures(timeline: Timeline, named: Named) -> list[str]:
    """Who signs: the parties, who decides, and when."""
    parties = [person(party, named.people) for party in _concerned(timeline)[:4]]
    return [*parties, term(timeline.ruling.referred_to or "sales_manager"), tr("date")]


def _concerned(timeline: Timeline) -> list[str]:
    """Those who were in touch, closed, claim, or are given something, in the order of the lanes."""
    ruling = timeline.ruling
    given = {ruling.holder, *(part.party for part in ruling.credit)}
    acted = {mark.party for mark in timeline.marks if mark.kind in _CONCERNED}
    return [
        lane.party
        for lane in timeline.lanes
        if lane.party is not None and lane.party in acted | given
    ]
