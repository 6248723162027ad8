"""What a policy comes to when small histories are tried on it: for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication.case_text import CaseText, history_lines
from conflictctl.adjudication.lint_findings import Findings, Shown
from conflictctl.adjudication.lint_told import Told, outcome, worth_a_look
from conflictctl.adjudication.small_histories import LEFT_OUT, SmallHistory, Stage
from conflictctl.policy.model import Policy
from conflictctl.render.backtest_report import given_data
from conflictctl.render.language import (
    LANGUAGES,
    list_joined,
    say,
    sentences_joined,
    speaking,
    term,
    tr,
)
from conflictctl.render.layout import wrap
from conflictctl.render.safe import safe
from conflictctl.wording import N_, Sentence

MOST_SHOWN = 8
"""So many findings of a section are shown; JSON has all of them."""

_HEADINGS = {
    "contradictions": N_("Rules that name different winners"),
    "unused": N_("Rules that decide nothing"),
    "gaps": N_("Deals that no rule decides"),
    "turnings": N_("Where one hour turns the ruling"),
    "parameters": N_("Parameters, and what they turn"),
    "incentives": N_("What one alone can do"),
}
_SHORT = frozenset({"unused"})
"""Sections of which everything is shown: there is never much of it."""

_NONE = {
    "contradictions": N_("none was found"),
    "unused": N_("none: every rule decided something"),
    "gaps": N_("none was found"),
    "turnings": N_("none was found"),
    "parameters": N_("there are none"),
    "incentives": N_("none was found"),
}


class LintReport(NamedTuple):
    """The policy, the stage of the histories, everything found, and the same in sentences."""

    policy: Policy
    stage: Stage
    findings: Findings
    told: Sequence[Told]


def report_lines(report: LintReport, *, width: int, fold: bool) -> Iterator[str]:
    """The report for people: each finding with the smallest history that shows it."""
    page = _Page(report, width, fold)
    yield from page.prose(
        tr("{policy}, edition {version}").format(
            policy=safe(report.policy.id), version=safe(report.policy.version)
        ),
        0,
    )
    for sentence in _how_far(report.findings):
        yield from page.prose(say(sentence), 0)
    for section, heading in _HEADINGS.items():
        yield ""
        yield tr(heading)
        yield from page.section(section, [one for one in report.told if one.section == section])
    yield ""
    yield say(Sentence("worth a look: {number}", number=worth_a_look(report.told)))


def _how_far(found: Findings) -> Iterator[Sentence]:
    yield Sentence(
        "Tried: {histories} histories, {deals} of them deals, in {rulings} rulings.",
        histories=found.histories,
        deals=found.deals,
        rulings=found.rulings,
    )
    if found.complete:
        yield Sentence(
            "Every history of a length up to {exhausted}, and of up to {most} entries those that "
            "grow out of one that the rules answer otherwise than those before it.",
            exhausted=found.exhausted,
            most=found.most,
        )
    else:
        yield Sentence(
            "Every history of a length up to {exhausted}; longer ones, of up to {most} entries, as "
            "far as the time went (--budget).  What was not found may be there all the same.",
            exhausted=found.exhausted,
            most=found.most,
        )
    yield Sentence(
        "Not tried: several customers or deals, and entries that speak of other entries ({kinds}).",
        kinds=[term(kind) for kind in LEFT_OUT if kind != "decision"],
    )


class _Page:
    """Lines of a width, with the histories of one stage."""

    def __init__(self, report: LintReport, width: int, fold: bool) -> None:
        self.stage = report.stage
        self.width, self.fold = width, fold

    def prose(self, text: str, indent: int) -> Iterator[str]:
        lead = " " * indent
        for line in wrap(text, max(self.width - indent, 20), fold=self.fold):
            yield lead + line

    def section(self, section: str, found: Sequence[Told]) -> Iterator[str]:
        """The findings of a section, and how many are left out."""
        telling = [one for one in found if not one.minor or section in _SHORT]
        for one in telling[:MOST_SHOWN]:
            yield from self.finding(one)
        number = len(found) - len(telling[:MOST_SHOWN])
        if not found:
            yield f"  {tr(_NONE[section])}"
        elif number:
            yield from self.prose(
                say(Sentence("{number} more, of less weight: --format json", number=number)), 2
            )

    def finding(self, one: Told) -> Iterator[str]:
        first = True
        for sentence in one.says:
            text = say(sentence, None, self.stage.calendar)
            yield from self._item(text) if first else self.prose(text, 4)
            first = False
        most = 1 if one.section == "turnings" else 2
        for text in list(dict.fromkeys(map(self.shown, one.shown)))[:most]:
            yield from self.prose(text, 6)

    def _item(self, text: str) -> Iterator[str]:
        for number, line in enumerate(wrap(text, max(self.width - 4, 20), fold=self.fold)):
            yield ("  - " if number == 0 else "    ") + line

    def shown(self, shown: Shown) -> str:
        """`li visit level=H, 4 days later wang close > li (6.2)`."""
        return f"{history_text(shown.history)} > {say(outcome(shown.given))}"


def history_text(history: SmallHistory) -> str:
    """A history in one line, its days counted from the first."""
    entries: dict[int, list[str]] = {}
    for move, day in zip(history.moves, history.days, strict=True):
        fields = " ".join(f"{name}={value}" for name, value in move.fields if name in _TOLD)
        text = " ".join(filter(None, (move.by, term(move.kind), fields)))
        if move.late:
            text = tr("{entry} (entered late)").format(entry=text)
        entries.setdefault(day, []).append(text)
    days = [
        tr("day {day}: {entry}").format(day=day, entry=list_joined(of_day))
        for day, of_day in entries.items()
    ]
    if history.asked is not None:
        days.append(tr("day {day}: who holds the customer?").format(day=history.asked))
    return "; ".join(days)


_TOLD = frozenset(
    {
        "level",
        "direction",
        "asked",
        "answer",
        "named",
        "outlet",
        "to",
        "to_outlet",
        "reached",
        "rank",
        "cause",
        "question",
        "decision",
    }
)


# ------------------------------------------------------------------------ for programs


def report_data(report: LintReport) -> dict[str, Any]:
    """The report in JSON; keys and values are never translated, sentences are."""
    found, policy = report.findings, report.policy
    return {
        "policy": {"id": policy.id, "version": policy.version, "digest": policy.digest},
        "tried": {
            "histories": found.histories,
            "deals": found.deals,
            "rulings": found.rulings,
            "every_one_of_up_to": found.exhausted,
            "bound": found.most,
            "complete": found.complete,
            "deals_no_rule_decides": found.gap_times.get("none", 0),
            "deals_wanting_a_fact": found.gap_times.get("fact", 0),
        },
        "worth_a_look": worth_a_look(report.told),
        "findings": [
            {
                "type": one.section,
                "minor": one.minor,
                "text": _text(one, report.stage),
                **one.data,
                "histories": [_shown_data(shown, report.stage) for shown in one.shown],
            }
            for one in report.told
        ],
    }


def _shown_data(shown: Shown, stage: Stage) -> dict[str, Any]:
    from conflictctl.adjudication.small_histories import asked_at

    history = shown.history
    return {
        "lines": history_lines(history, stage),
        "asked": None if history.asked is None else stage.calendar.iso(asked_at(history, stage)),
        "ruling": given_data(shown.given),
    }


def _text(one: Told, stage: Stage) -> str:
    return sentences_joined([say(sentence, None, stage.calendar) for sentence in one.says])


# ------------------------------------------------------------------------ worked cases


def worked_cases(report: LintReport) -> Iterator[tuple[str, list[CaseText]]]:
    """For each section the worked cases that show its findings with the present rulings."""
    for section in _HEADINGS:
        cases: list[CaseText] = []
        for number, one in enumerate(
            [one for one in report.told if one.section == section and one.shown], 1
        ):
            titles = []
            for lang in LANGUAGES:
                with speaking(lang):
                    titles.append(_text(one._replace(says=one.says[:1]), report.stage))
            for place, shown in enumerate(one.shown):
                letter = "" if len(one.shown) == 1 else "abcdefghijkl"[place % 12]
                cases.append(
                    CaseText(
                        f"{section}-{number}{letter}",
                        (titles[0], titles[1]),
                        shown.given.decided_by or section,
                        shown.history,
                        shown.given,
                        notes=[say(s, None, report.stage.calendar) for s in one.says],
                    )
                )
        if cases:
            yield section, cases
