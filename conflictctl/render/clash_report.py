"""Clashes of rules on a register in words: which pairs, how often, settled by what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from conflictctl.adjudication.clashes import Bench, Clash, RuleName, Tally
from conflictctl.cases.spread import Share
from conflictctl.render.backtest_report import policy_data, ruler_text
from conflictctl.render.language import list_joined, person, say, tr
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
from conflictctl.wording import N_, Sentence, When

MOST_DRAWN = 12

_SETTLED = {
    "order": N_("by the order of the rules"),
    "beats": N_("one is declared to go before the other"),
    "referral": N_("by nothing: people decide"),
}


class ClashReport(NamedTuple):
    """What the report is made of.  `digest` is that of the policy file as it is."""

    tally: Tally
    bench: Bench
    digest: str


def clash_report(made_of: ClashReport) -> Report:
    """The report in the reader's language."""
    tally, bench = made_of.tally, made_of.bench
    return Report(
        "clashes",
        tr("Rules that name different winners"),
        (
            tr("Policy: {policy}").format(policy=ruler_text(bench.ruler)),
            say(Sentence("as of {moment}", moment=When(bench.as_of)), None, bench.calendar),
            tr("Every rule is tried on every deal, whatever decided before it."),
        ),
        (
            _key(tr("deals with a clash"), tally, True),
            _key(tr("customers without a deal, with a clash"), tally, False),
            *(
                KeyFigure(tr(text), str(tally.settled[name]))
                for name, text in _SETTLED.items()
                if tally.settled[name]
            ),
        ),
        tuple(_sections(made_of)),
        _values(made_of),
        tuple(
            FigureRow("clashes", f"{_short(pair.first)}/{_short(pair.second)}", count, "deals")
            for pair, count, _ in tally.listed()
        ),
    )


def _key(label: str, tally: Tally, is_deal: bool) -> KeyFigure:
    share = Share(tally.clashing[is_deal], tally.examined[is_deal])
    detail = tr("{part} of {whole}").format(part=share.part, whole=share.whole)
    return KeyFigure(label, percent(share), detail if share.whole else "")


def _sections(made_of: ClashReport) -> Iterator[Section]:
    listed, bench = made_of.tally.listed(), made_of.bench
    labels = tuple(f"{_short(pair.first)} / {_short(pair.second)}" for pair, _, _ in listed)
    yield Section(
        "pairs",
        tr("Which rules"),
        (
            Column(tr("rule")),
            Column(tr("and rule")),
            Column(tr("number"), right=True),
            Column(tr("settled")),
            Column(tr("for example")),
        ),
        tuple(
            (
                _rule(made_of, pair.first),
                _rule(made_of, pair.second),
                str(count),
                tr(_SETTLED[pair.settled]),
                "; ".join(_example(clash, pair, bench) for clash in examples[:1]),
            )
            for pair, count, examples in listed
        ),
        plots=(
            Plot(
                "lying",
                tr("Which rules"),
                labels[:MOST_DRAWN],
                ((tr("clashes"), tuple(float(n) for _, n, _ in listed[:MOST_DRAWN])),),
            ),
        )
        if len(labels) > 1
        else (),
    )


def _example(clash: Clash, pair: Any, bench: Bench) -> str:
    winners = {name: (credit, holder) for name, credit, holder in clash.winners}
    parties = []
    for name in (pair.first, pair.second):
        credit, holder = winners[name]
        said = [person(part.party, bench.people) for part in credit]
        parties.append(list_joined(said) or person(holder or "", bench.people))
    return tr("{customer}: {first} or {second}").format(
        customer=safe(clash.customer), first=parties[0], second=parties[1]
    )


def _short(name: RuleName) -> str:
    return f"{safe(name.clause)} #{name.number}"


def _rule(made_of: ClashReport, name: RuleName) -> str:
    title = made_of.bench.ruler.policy.clause_title(name.clause)
    return _short(name) if title is None else f"{_short(name)} {say(title)}"


def _values(made_of: ClashReport) -> dict[str, Any]:
    tally, bench = made_of.tally, made_of.bench
    return {
        "report": "clashes",
        "policy": policy_data(bench.ruler, made_of.digest),
        "deals": _part(tally, True),
        "customers": _part(tally, False),
        "settled": {name: tally.settled[name] for name in _SETTLED},
        "pairs": [
            {
                "first": pair.first._asdict(),
                "second": pair.second._asdict(),
                "settled": pair.settled,
                "count": count,
                "examples": [_clash_data(clash) for clash in examples],
            }
            for pair, count, examples in tally.listed()
        ],
    }


def _part(tally: Tally, is_deal: bool) -> Mapping[str, Any]:
    share = Share(tally.clashing[is_deal], tally.examined[is_deal])
    return {"examined": share.whole, "clashing": share.part, "share": rounded(share.value)}


def _clash_data(clash: Clash) -> dict[str, Any]:
    return {
        "customer": clash.customer,
        "deal": clash.deal,
        "winners": [
            {
                "clause": name.clause,
                "number": name.number,
                "credit": [part._asdict() for part in credit],
                "holder": holder,
            }
            for name, credit, holder in clash.winners
        ],
    }
