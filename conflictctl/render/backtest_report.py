"""A comparison of two policies in words: sections for people, values for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from conflictctl.adjudication.backtest import Compared, Court, Given, Ruler
from conflictctl.adjudication.flips import Account, Clauses, Tally
from conflictctl.cases.period import Period
from conflictctl.cases.spread import Share
from conflictctl.events import plain_decimal
from conflictctl.render.language import list_joined, moment_text, person, say, term, tr
from conflictctl.render.policy_sheet import value_text
from conflictctl.render.report_page import (
    FigureRow,
    KeyFigure,
    Plot,
    Report,
    Section,
    days_of,
    percent,
    period_text,
    rounded,
)
from conflictctl.render.safe import safe
from conflictctl.render.terminal import Column
from conflictctl.wording import N_, Sentence, When

MOST_DRAWN = 12


class BacktestReport(NamedTuple):
    """What the report is made of.  `digests` are those of the policy files as they are."""

    tally: Tally
    court: Court
    period: Period
    digests: tuple[str, str]


def backtest_report(made_of: BacktestReport) -> Report:
    """The report in the reader's language."""
    tally = made_of.tally
    deals = Share(tally.flipped[True], tally.compared[True])
    customers = Share(tally.flipped[False], tally.compared[False])
    figures = [
        _key(tr("deals that flip"), deals),
        _key(tr("customers without a deal that flip"), customers),
        _referred_key(tally),
        KeyFigure(
            tr("kept by a person's ruling"),
            str(tally.shielded),
            tr("the rules differ, a person had ruled"),
        ),
    ]
    return Report(
        "backtest",
        tr("Two policies on the same record"),
        tuple(_about(made_of)),
        tuple(figures if tally.compared[False] else [figures[0], *figures[2:]]),
        tuple(_sections(made_of)),
        _values(made_of),
        tuple(_rows(tally)),
    )


def _about(made_of: BacktestReport) -> Iterator[str]:
    court, period = made_of.court, made_of.period
    yield tr("A: {policy}").format(policy=ruler_text(court.a))
    yield tr("B: {policy}").format(policy=ruler_text(court.b))
    which = (
        tr("All deals, and who holds the customers that have none.")
        if period == Period()
        else tr("Deals {period}.").format(period=period_text(period))
    )
    as_of = say(Sentence("as of {moment}", moment=When(court.as_of)), None, court.calendar)
    yield f"{which}  {as_of}"
    if court.selection.outlet is not None:
        outlet = person(court.selection.outlet, court.people)
        yield tr("only {those}").format(those=f"{tr('outlet')}: {outlet}")
    if any(not ruler.policy.editions for ruler in (court.a, court.b)):
        yield tr("A single edition is laid over every deal, whatever days it is for.")


def ruler_text(ruler: Ruler) -> str:
    """Which policy it is, with its settings, in one line."""
    policy = ruler.policy
    version = tr("by the day of the deal") if policy.editions else policy.version
    text = tr("{policy}, edition {version}").format(policy=safe(policy.id), version=safe(version))
    if not ruler.settings:
        return text
    settings = list_joined(
        [f"{safe(name)} = {safe(value_text(value))}" for name, value in ruler.settings.items()]
    )
    return tr("{policy}, with {settings}").format(policy=text, settings=settings)


def _key(label: str, share: Share) -> KeyFigure:
    detail = tr("{part} of {whole}").format(part=share.part, whole=share.whole)
    return KeyFigure(label, percent(share), detail if share.whole else "")


def _referred_key(tally: Tally) -> KeyFigure:
    a, b = _referred(tally)
    return KeyFigure(
        tr("left to people to decide"),
        _signed(b - a),
        tr("{a} under A, {b} under B").format(a=a, b=b),
    )


def _referred(tally: Tally) -> tuple[int, int]:
    found = tally.referrals()
    return sum(a for _, a, _ in found), sum(b for _, _, b in found)


# ------------------------------------------------------------------------------ sections


def _sections(made_of: BacktestReport) -> Iterator[Section]:
    tally = made_of.tally
    yield _accounts("staff", tr("By consultant"), tr("consultant"), made_of)
    yield _accounts("outlet", tr("By outlet"), tr("outlet"), made_of)
    yield Section(
        "clauses",
        tr("By the clauses that decide"),
        (
            Column(tr("under A")),
            Column(tr("under B")),
            Column(tr("for example")),
            Column(tr("flips"), right=True),
        ),
        tuple(
            (
                _clause(made_of.court.a, clauses[0]),
                _clause(made_of.court.b, clauses[1]),
                list_joined([_called(one) for one in examples]),
                str(count),
            )
            for clauses, count, examples in tally.pairs()
        ),
        plots=_drawn(
            "lying",
            tr("Flips by the clauses that decide"),
            [_arrow(clauses) for clauses, _, _ in tally.pairs()],
            [(tr("flips"), [float(count) for _, count, _ in tally.pairs()])],
        ),
    )
    yield _statuses(tally)
    yield _burden(tally)
    yield _contested(tally)
    yield _months(tally)
    yield Section(
        "flips",
        tr("What flips"),
        (
            Column(tr("customer")),
            Column(tr("deal")),
            Column(tr("day")),
            Column(tr("under A")),
            Column(tr("clause")),
            Column(tr("under B")),
            Column(tr("clause")),
        ),
        tuple(_flip_row(one, made_of.court) for one in tally.listed()),
        _cut_short(tally),
    )


def _accounts(whose: str, title: str, head: str, made_of: BacktestReport) -> Section:
    found = [one for one in made_of.tally.accounts(whose) if _changes(one)]
    people = made_of.court.people
    names = [
        tr("none recorded") if one.party is None else person(one.party, people) for one in found
    ]
    drawn = [n for n, one in enumerate(found) if one.won or one.lost]
    return Section(
        f"by_{whose}",
        title,
        (
            Column(head),
            *(
                Column(text, right=True)
                for text in (
                    tr("credit under A"),
                    tr("under B"),
                    tr("won"),
                    tr("lost"),
                    tr("net"),
                    tr("customers won"),
                    tr("customers lost"),
                )
            ),
        ),
        tuple(
            (
                name,
                exact(one.a),
                exact(one.b),
                exact(one.won),
                exact(one.lost),
                _signed(one.net),
                str(one.customers_won),
                str(one.customers_lost),
            )
            for name, one in zip(names, found, strict=True)
        ),
        tr(
            "Credit in deals: a deal shared equally by two is half a deal for each. Won, lost and "
            "net are what B gives and A does not. Customers are those without a deal."
        ),
        _drawn(
            "lying",
            title,
            [names[n] for n in drawn],
            [
                (tr("won"), [float(found[n].won) for n in drawn]),
                (tr("lost"), [float(found[n].lost) for n in drawn]),
            ],
        ),
    )


def _changes(one: Account) -> bool:
    return bool(one.won or one.lost or one.customers_won or one.customers_lost)


def _statuses(tally: Tally) -> Section:
    rows = sorted(tally.statuses.items(), key=lambda one: (not one[0][0], -one[1], str(one[0])))
    return Section(
        "statuses",
        tr("By what comes out"),
        (
            Column(tr("what")),
            Column(tr("under A")),
            Column(tr("under B")),
            Column(tr("number"), right=True),
        ),
        tuple(
            (tr("deal") if is_deal else tr("customer"), _status(a), _status(b), str(count))
            for (is_deal, a, b), count in rows
        ),
    )


def _burden(tally: Tally) -> Section:
    found = tally.referrals()
    return Section(
        "referred",
        tr("Who would have to decide how much"),
        (
            Column(tr("instance")),
            Column(tr("under A"), right=True),
            Column(tr("under B"), right=True),
            Column(tr("more or less"), right=True),
        ),
        tuple((term(name), str(a), str(b), _signed(b - a)) for name, a, b in found),
        plots=_drawn(
            "lying",
            tr("Who would have to decide how much"),
            [term(name) for name, _, _ in found],
            [
                (tr("under A"), [float(a) for _, a, _ in found]),
                (tr("under B"), [float(b) for _, _, b in found]),
            ],
        ),
    )


def _contested(tally: Tally) -> Section:
    names = sorted({name for _, name in tally.params})
    return Section(
        "contested",
        tr("Flips that hang on a contested reading"),
        (
            Column(tr("parameter")),
            Column(tr("under A"), right=True),
            Column(tr("under B"), right=True),
        ),
        tuple(
            (safe(name), str(tally.params["a", name]), str(tally.params["b", name]))
            for name in names
        ),
        tr("Of the flips {a} hang on a contested reading under A, {b} under B.").format(
            a=tally.contested["a"], b=tally.contested["b"]
        ),
    )


def _months(tally: Tally) -> Section:
    months = sorted({month for month, _ in tally.days})
    flips = [tally.days[month, True] for month in months]
    deals = [tally.days[month, True] + tally.days[month, False] for month in months]
    return Section(
        "months",
        tr("By month"),
        (Column(tr("month")), Column(tr("deals"), right=True), Column(tr("flips"), right=True)),
        tuple(
            (month, str(deal), str(flip))
            for month, deal, flip in zip(months, deals, flips, strict=True)
        ),
        plots=_drawn(
            "standing", tr("Flips by month"), months, [(tr("flips"), list(map(float, flips)))]
        ),
    )


def _drawn(
    kind: str, title: str, labels: Sequence[str], series: list[tuple[str, list[float]]]
) -> tuple[Plot, ...]:
    most = MOST_DRAWN if kind == "lying" else len(labels)
    if len(labels) < 2:
        return ()
    return (
        Plot(
            kind, title, tuple(labels[:most]), tuple((name, tuple(v[:most])) for name, v in series)
        ),
    )


def _flip_row(one: Compared, court: Court) -> tuple[str, ...]:
    return (
        safe(one.customer),
        "" if one.deal is None else safe(one.deal),
        "" if one.moment is None else moment_text(one.moment, court.calendar)[:10],
        _given(one.a, court),
        _short_clause(one.a),
        _given(one.b, court),
        _short_clause(one.b),
    )


def _given(given: Given | None, court: Court) -> str:
    """Whose it is, or who decides, in one cell."""
    if given is None:
        return tr(_TOGETHER)
    if given.referred_to is not None and given.status == "referred":
        return term(given.referred_to)
    if given.holder is not None:
        return person(given.holder, court.people)
    parts = [
        person(part.party, court.people) + ("" if part.share == "100" else f" {part.share} %")
        for part in given.credit
    ]
    return list_joined(parts) or term(given.status)


_TOGETHER = N_("taken with another")


def _status(status: str | None) -> str:
    return tr(_TOGETHER) if status is None else term(status)


def _short_clause(given: Given | None) -> str:
    return "" if given is None or given.decided_by is None else safe(given.decided_by)


def _clause(ruler: Ruler, clause: str | None) -> str:
    if clause is None:
        return tr("no clause decides")
    title = ruler.policy.clause_title(clause)
    return safe(clause) if title is None else f"{safe(clause)} {say(title)}"


def _arrow(clauses: Clauses) -> str:
    return " → ".join("–" if one is None else safe(one) for one in clauses)


def _called(one: Compared) -> str:
    return safe(one.customer)


def _cut_short(tally: Tally) -> str:
    flips, listed = tally.flipped.total(), len(tally.listed())
    if listed == flips:
        return ""
    return tr("The latest {listed} of {flips}; --format jsonl has them all.").format(
        listed=listed, flips=flips
    )


# ------------------------------------------------------------------------------- numbers


def exact(number: Fraction | int) -> str:
    """A share or a sum of shares without loss: `12.5`, or `1/3` where no decimal is exact."""
    value = Fraction(number)
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    return plain_decimal(Decimal(value.numerator) / Decimal(value.denominator))


def _signed(number: Fraction | int) -> str:
    return f"+{exact(number)}" if number > 0 else exact(number).replace("-", "−")


# --------------------------------------------------------------------------- for programs


def _values(made_of: BacktestReport) -> dict[str, Any]:
    tally, court = made_of.tally, made_of.court
    return {
        "report": "backtest",
        "a": policy_data(court.a, made_of.digests[0]),
        "b": policy_data(court.b, made_of.digests[1]),
        "period": days_of(made_of.period),
        "filters": {"outlet": court.selection.outlet},
        "deals": _part(tally, True),
        "customers": _part(tally, False),
        "kept_by_person": tally.shielded,
        "statuses": [
            {"of": "deal" if is_deal else "customer", "a": a, "b": b, "count": count}
            for (is_deal, a, b), count in sorted(
                tally.statuses.items(), key=lambda one: str(one[0])
            )
        ],
        "by_consultant": [_account_data(one) for one in tally.accounts("staff")],
        "by_outlet": [_account_data(one) for one in tally.accounts("outlet")],
        "referred": [
            {"instance": name, "a": a, "b": b, "net": b - a} for name, a, b in tally.referrals()
        ],
        "contested": {
            "a": tally.contested["a"],
            "b": tally.contested["b"],
            "parameters": [
                {"param": name, "a": tally.params["a", name], "b": tally.params["b", name]}
                for name in sorted({name for _, name in tally.params})
            ],
        },
        "clauses": [
            {
                "a": clauses[0],
                "b": clauses[1],
                "flips": count,
                "examples": [_case_data(one) for one in examples],
            }
            for clauses, count, examples in tally.pairs()
        ],
        "flips": [flip_data(one, court) for one in tally.listed()],
    }


def policy_data(ruler: Ruler, digest: str) -> dict[str, Any]:
    """Which policy it was, in JSON; `digest` is that of its file."""
    policy = ruler.policy
    return {
        "id": policy.id,
        "version": None if policy.editions else policy.version,
        "editions": [edition.version for edition in policy.editions],
        "digest": digest,
        "set": dict(ruler.settings),
    }


def _part(tally: Tally, is_deal: bool) -> dict[str, Any]:
    share = Share(tally.flipped[is_deal], tally.compared[is_deal])
    return {"compared": share.whole, "flipped": share.part, "share": rounded(share.value)}


def _account_data(one: Account) -> dict[str, Any]:
    return {
        "party": one.party,
        "a": exact(one.a),
        "b": exact(one.b),
        "won": exact(one.won),
        "lost": exact(one.lost),
        "net": exact(one.net),
        "deals_won": one.deals_won,
        "deals_lost": one.deals_lost,
        "customers_won": one.customers_won,
        "customers_lost": one.customers_lost,
    }


def _case_data(one: Compared) -> dict[str, Any]:
    return {"customer": one.customer, "deal": one.deal}


def flip_data(one: Compared, court: Court) -> dict[str, Any]:
    """One flip in JSON; `a` or `b` is null where that policy takes it with another one."""
    return {
        **_case_data(one),
        "moment": None if one.moment is None else court.calendar.iso(one.moment),
        "closer": one.closer,
        "outlet": one.place,
        "a": given_data(one.a),
        "b": given_data(one.b),
    }


def given_data(given: Given | None) -> dict[str, Any] | None:
    """A ruling without words in JSON."""
    if given is None:
        return None
    return {
        "status": given.status,
        "credit": [part._asdict() for part in given.credit],
        "holder": given.holder,
        "decided_by": given.decided_by,
        "referred_to": given.referred_to,
        "contested": list(given.contested),
    }


def _rows(tally: Tally) -> Iterator[FigureRow]:
    yield FigureRow("deals_flipped", "", tally.flipped[True], "deals", tally.compared[True])
    yield FigureRow(
        "customers_flipped", "", tally.flipped[False], "customers", tally.compared[False]
    )
    for whose in ("staff", "outlet"):
        for one in tally.accounts(whose):
            yield FigureRow(f"won_by_{whose}", one.party or "", exact(one.won), "deals")
            yield FigureRow(f"lost_by_{whose}", one.party or "", exact(one.lost), "deals")
            yield FigureRow(f"net_by_{whose}", one.party or "", exact(one.net), "deals")
    for name, a, b in tally.referrals():
        yield FigureRow("referred_under_a", name, a, "matters")
        yield FigureRow("referred_under_b", name, b, "matters")
    for clauses, count, _ in tally.pairs():
        yield FigureRow("flips_by_clauses", "/".join(one or "" for one in clauses), count, "flips")
