"""The figures of disputes in words: sections for people, values for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from conflictctl.calendar import Calendar, Moment
from conflictctl.cases.disputes import OUTCOMES, DisputeFigures, Docket
from conflictctl.cases.period import Period
from conflictctl.cases.spread import Share
from conflictctl.people import People
from conflictctl.render.case_report import days_of, period_text
from conflictctl.render.language import person, say, tr
from conflictctl.render.report_page import (
    FigureRow,
    KeyFigure,
    Plot,
    Report,
    Section,
    percent,
    rounded,
)
from conflictctl.render.safe import safe
from conflictctl.render.terminal import Column
from conflictctl.wording import N_, Bilingual, Sentence, When

MOST_DRAWN = 12


class Titles(Protocol):
    """What the report needs of a policy: who it is, and what its clauses are called."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...

    def clause_title(self, clause: str) -> Bilingual | None: ...


class DisputeReport(NamedTuple):
    """What the report is made of."""

    figures: DisputeFigures
    docket: Docket
    policy: Titles
    settings: Mapping[str, Any]
    as_of: Moment
    people: People
    calendar: Calendar


_OUTCOMES = {
    "rule": N_("by the rules"),
    "person": N_("by a person's ruling"),
    "agreement": N_("by agreement"),
    "referred": N_("still to be decided by a person"),
    "withdrawn": N_("claims taken back"),
}


def dispute_report(made_of: DisputeReport) -> Report:
    """The report in the reader's language."""
    found = made_of.figures
    return Report(
        "disputes",
        tr("Disputes about deals"),
        tuple(_about(made_of)),
        (
            KeyFigure(tr("disputes"), str(found.disputes)),
            _key(tr("rulings that depart from the rules"), found.departures),
            _key(tr("rulings appealed against"), found.appealed),
            _key(tr("rulings overturned"), found.overturned),
        ),
        tuple(_sections(made_of)),
        _values(made_of),
        tuple(_rows(found)),
    )


def _about(made_of: DisputeReport) -> Iterator[str]:
    docket = made_of.docket
    as_of = say(Sentence("as of {moment}", moment=When(made_of.as_of)), None, made_of.calendar)
    begun = (
        tr("All disputes.")
        if docket.period == Period()
        else tr("Disputes begun {period}.").format(period=period_text(docket.period))
    )
    yield f"{begun}  {as_of}"
    if docket.outlet is not None:
        outlet = person(docket.outlet, made_of.people)
        yield tr("only {those}").format(those=f"{tr('outlet')}: {outlet}")
    yield tr("By the policy {id}, version {version}.").format(
        id=safe(made_of.policy.id), version=safe(made_of.policy.version)
    )


def _key(label: str, share: Share) -> KeyFigure:
    detail = tr("{part} of {whole}").format(part=share.part, whole=share.whole)
    return KeyFigure(label, percent(share), detail if share.whole else "")


def _sections(made_of: DisputeReport) -> Iterator[Section]:
    found, people = made_of.figures, made_of.people
    yield _count(
        found,
        "month",
        tr("By month"),
        tr("month"),
        {key: safe(key or "") for key, _ in found.by["month"]},
        "standing",
    )
    yield _count(
        found,
        "clause",
        tr("By the clause that decides by rule"),
        tr("clause"),
        {key: _clause(made_of.policy, key) for key, _ in found.by["clause"]},
    )
    yield _count(
        found,
        "outcome",
        tr("By how they were decided"),
        tr("decided"),
        {key: tr(_OUTCOMES[key or ""]) for key, _ in found.by["outcome"]},
    )
    yield _count(
        found,
        "party",
        tr("By party"),
        tr("consultant"),
        {key: person(key or "", people) for key, _ in found.by["party"]},
    )
    yield _count(
        found,
        "outlet",
        tr("By outlet"),
        tr("outlet"),
        {
            key: tr("none recorded") if key is None else person(key, people)
            for key, _ in found.by["outlet"]
        },
    )
    yield Section(
        "rulings",
        tr("Rulings by people"),
        (
            Column(tr("by")),
            Column(tr("rulings"), right=True),
            Column(tr("depart"), right=True),
            Column(tr("no reason given"), right=True),
            Column(tr("appealed"), right=True),
            Column(tr("overturned"), right=True),
        ),
        tuple(
            (
                person(one.by, people),
                str(one.rulings),
                tr("{part} of {whole}").format(part=one.departures, whole=one.comparable),
                str(one.unexplained),
                str(one.appealed),
                str(one.overturned),
            )
            for one in found.judged
        ),
        tr(
            "A ruling departs if the rules would give the deal to somebody else, or otherwise "
            "divided; where they name nobody there is nothing to depart from. Overturned: a "
            "higher instance later ruled otherwise."
        ),
    )
    yield Section(
        "stand_ins",
        tr("Service by stand-ins"),
        (
            Column(tr("stand-in")),
            Column(tr("for")),
            Column(tr("times"), right=True),
        ),
        tuple(
            (person(cover, people), person(holder, people), str(count))
            for cover, holder, count in found.stand_ins
        ),
        tr(
            "Visits, calls and follow-ups by the one who was named to stand in for the customer's "
            "holder, while that one was away."
        ),
    )


def _clause(policy: Titles, clause: str | None) -> str:
    if clause is None:
        return tr("no clause decides")
    title = policy.clause_title(clause)
    return safe(clause) if title is None else f"{safe(clause)} {say(title)}"


def _count(
    found: DisputeFigures,
    name: str,
    title: str,
    head: str,
    labels: Mapping[str | None, str],
    kind: str = "lying",
) -> Section:
    counts = found.by[name]
    drawn = counts if kind == "standing" else counts[:MOST_DRAWN]
    return Section(
        f"by_{name}",
        title,
        (Column(head), Column(tr("disputes"), right=True), Column(tr("of all"), right=True)),
        tuple(
            (labels[key], str(count), percent(Share(count, found.disputes)))
            for key, count in counts
        ),
        plots=(
            Plot(
                kind,
                title,
                tuple(labels[key] for key, _ in drawn),
                ((tr("disputes"), tuple(float(count) for _, count in drawn)),),
            ),
        )
        if len(drawn) > 1
        else (),
    )


def _values(made_of: DisputeReport) -> dict[str, Any]:
    found, policy = made_of.figures, made_of.policy
    outcomes = dict(found.by["outcome"])
    return {
        "report": "disputes",
        "period": days_of(made_of.docket.period),
        "filters": {"outlet": made_of.docket.outlet},
        "policy": {
            "id": policy.id,
            "version": policy.version,
            "digest": policy.digest,
            "set": dict(made_of.settings),
        },
        "disputes": found.disputes,
        "by": {
            name: [{"key": key, "disputes": count} for key, count in counts]
            for name, counts in found.by.items()
            if name != "outcome"
        },
        "outcomes": {name: outcomes.get(name, 0) for name in OUTCOMES},
        "rulings": [one._asdict() for one in found.judged],
        "departures": _share(found.departures),
        "appealed": _share(found.appealed),
        "overturned": _share(found.overturned),
        "stand_ins": [
            {"stand_in": cover, "holder": holder, "contacts": count}
            for cover, holder, count in found.stand_ins
        ],
    }


def _share(share: Share) -> dict[str, Any]:
    return {"part": share.part, "whole": share.whole, "share": rounded(share.value)}


def _rows(found: DisputeFigures) -> Iterator[FigureRow]:
    yield FigureRow("disputes", "", found.disputes, "disputes")
    for name, counts in found.by.items():
        for key, count in counts:
            yield FigureRow(f"disputes_by_{name}", key or "", count, "disputes", found.disputes)
    yield FigureRow("departures", "", found.departures.part, "rulings", found.departures.whole)
    yield FigureRow("appealed", "", found.appealed.part, "rulings", found.appealed.whole)
    yield FigureRow("overturned", "", found.overturned.part, "rulings", found.overturned.whole)
    for one in found.judged:
        yield FigureRow("rulings_by", one.by, one.rulings, "rulings")
        yield FigureRow("departures_by", one.by, one.departures, "rulings", one.comparable)
        yield FigureRow("unexplained_by", one.by, one.unexplained, "rulings", one.departures)
        yield FigureRow("appealed_by", one.by, one.appealed, "rulings", one.rulings)
        yield FigureRow("overturned_by", one.by, one.overturned, "rulings", one.rulings)
    for cover, holder, count in found.stand_ins:
        yield FigureRow("stand_in_contacts", f"{cover}/{holder}", count, "contacts")
