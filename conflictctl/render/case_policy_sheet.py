"""A case policy in words: hours, deadlines by severity, ladder, causes, surveys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from conflictctl.render.language import list_joined, say, term, tr
from conflictctl.render.layout import cells, wrap
from conflictctl.render.overdue_table import case_deadline
from conflictctl.render.safe import safe
from conflictctl.render.terminal import Column, print_table
from conflictctl.wording import N_, Bilingual, Sentence

if TYPE_CHECKING:
    from conflictctl.cases.policy import CasePolicy, Limits
    from conflictctl.cases.worktime import Limit

_LENGTHS = {
    "wmin": (N_("{n} working minute"), N_("{n} working minutes")),
    "wh": (N_("{n} working hour"), N_("{n} working hours")),
    "wd": (N_("{n} working day"), N_("{n} working days")),
    "min": (N_("{n} minute"), N_("{n} minutes")),
    "h": (N_("{n} hour"), N_("{n} hours")),
    "d": (N_("{n} day"), N_("{n} days")),
}

_AGAIN = {"follow_up_again": N_("follow-up if not satisfied")}

CATEGORIES = {
    "complaint": N_("complaints of customers"),
    "internal": N_("conflicts within the company"),
    "attribution": N_("claims to a deal"),
}

_AMONG = {
    "closed": N_("customers with a closed deal"),
    "cases": N_("customers with a case"),
    "all": N_("all customers"),
}

_LATE = {
    "happened": N_("An entry made on a later day counts from when it happened."),
    "entered": N_("An entry made on a later day counts from when it was entered."),
}

_DAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


def limit_text(limit: Limit) -> str:
    """A length of time in words: `8 working hours`, `8 个工作小时`."""
    return tr(_LENGTHS[limit.unit][limit.amount != 1]).format(n=limit.amount)


def hours_text(policy: CasePolicy) -> str:
    """The working hours of a day: `09:00-12:00, 13:30-18:00`."""
    return list_joined([f"{_clock(begin)}-{_clock(end)}" for begin, end in policy.spans])


def print_sheet(policy: CasePolicy, *, width: int, fold: bool) -> None:
    """Print one policy for people."""
    for line in _head(policy, width, fold=fold):
        print(line)
    _print_limits(tr("Deadlines by severity"), policy.limits)
    for category, limits in policy.exceptions.items():
        _print_limits(tr(CATEGORIES[category]), limits)
    for line in _notes(policy, width, fold=fold):
        print(line)
    _heading(tr("Escalation ladder"))
    print_table(
        [
            Column("", right=True),
            Column(tr("level")),
            Column(""),
            Column(tr("roles")),
            Column(tr("source")),
        ],
        [
            [
                str(number),
                level.id,
                say(level.title),
                list_joined([term(role) for role in level.roles]) or tr("from outside"),
                _said(level.source),
            ]
            for number, level in enumerate(policy.ladder, 1)
        ],
    )
    _heading(tr("Causes"))
    print_table(
        [Column(tr("cause")), Column(""), Column(tr("part of"))],
        [[cause.id, say(cause.title), cause.parent or ""] for cause in policy.causes.values()],
    )
    if policy.campaigns:
        _heading(tr("Periodic surveys"))
        print_table(
            [
                Column(tr("survey")),
                Column(""),
                Column(tr("every")),
                Column(tr("whom it asks")),
                Column(tr("source")),
            ],
            [
                [
                    campaign.id,
                    say(campaign.title),
                    limit_text(campaign.every),
                    tr(_AMONG[campaign.among]),
                    _said(campaign.source),
                ]
                for campaign in policy.campaigns.values()
            ],
        )


def policy_data(policy: CasePolicy) -> dict[str, Any]:
    """A policy for programs; texts in both languages."""
    return {
        "id": policy.id,
        "version": policy.version,
        "digest": policy.digest,
        "title": policy.title._asdict(),
        "source": _both(policy.source),
        "categories": sorted(policy.categories),
        "calendar": {
            "country": policy.country,
            "subdivision": policy.subdivision,
            "hours": [f"{_clock(begin)}-{_clock(end)}" for begin, end in policy.spans],
        },
        "deadlines": _limits_data(policy.limits),
        "deadlines_of": {
            category: _limits_data(limits) for category, limits in policy.exceptions.items()
        },
        "warn": policy.warn.plain(),
        "satisfied_from": policy.satisfied_from,
        "ask_again": policy.ask_again,
        "late": policy.late,
        "ladder": [
            {
                "id": level.id,
                "title": level.title._asdict(),
                "roles": list(level.roles),
                "source": _both(level.source),
            }
            for level in policy.ladder
        ],
        "causes": [
            {
                "id": cause.id,
                "title": cause.title._asdict(),
                "parent": cause.parent,
                "source": _both(cause.source),
            }
            for cause in policy.causes.values()
        ],
        "campaigns": [
            {
                "id": campaign.id,
                "title": campaign.title._asdict(),
                "every": campaign.every.plain(),
                "among": campaign.among,
                "source": _both(campaign.source),
            }
            for campaign in policy.campaigns.values()
        ],
    }


def categories_text(policy: CasePolicy) -> str:
    """Which cases a policy is for."""
    return list_joined([tr(text) for name, text in CATEGORIES.items() if name in policy.categories])


# -------------------------------------------------------------------------------- parts


def _head(policy: CasePolicy, width: int, *, fold: bool) -> Iterator[str]:
    title = f"{say(policy.title)} ({safe(policy.id)}, {safe(policy.version)})"
    yield title
    yield "=" * min(cells(title), width)
    if policy.source is not None:
        yield from wrap(say(Sentence("Source: {source}", source=policy.source)), width, fold=fold)
    yield from wrap(
        say(Sentence("For: {categories}", categories=categories_text(policy))), width, fold=fold
    )
    yield say(Sentence("Working hours: {hours}", hours=hours_text(policy)))
    off = [tr(day) for number, day in enumerate(_DAYS) if number in policy.weekend]
    if off:
        yield say(Sentence("Days off every week: {days}", days=list_joined(off)))
    if policy.country is not None:
        country = policy.country + (f"-{policy.subdivision}" if policy.subdivision else "")
        yield from wrap(
            say(
                Sentence(
                    "Public holidays of {country}, with the weekends that are worked instead",
                    country=country,
                )
            ),
            width,
            fold=fold,
        )


def _print_limits(title: str, limits: Limits) -> None:
    from conflictctl.cases.policy_shape import DEADLINES

    _heading(title)
    severities = (4, 3, 2, 1)
    names = {4: tr("4 (grave)"), 1: tr("1 (slight)")}
    print_table(
        [Column(tr("deadline"))] + [Column(names.get(each, str(each))) for each in severities],
        [
            [
                tr(_AGAIN[name]) if name in _AGAIN else case_deadline(name, None),
                *(
                    limit_text(limits[name][each]) if each in limits[name] else tr("none")
                    for each in severities
                ),
            ]
            for name in DEADLINES
            if name in limits
        ],
    )


def _notes(policy: CasePolicy, width: int, *, fold: bool) -> Iterator[str]:
    yield ""
    for sentence in (
        Sentence("A day, working or not, ends at 24:00."),
        Sentence("Shown as nearing: {span} before it is due.", span=limit_text(policy.warn)),
        Sentence("Satisfied: a score of {score} or more.", score=policy.satisfied_from),
        Sentence("Who was satisfied at closing is asked again after it.")
        if policy.ask_again
        else Sentence("Who was satisfied at closing is not asked again."),
    ):
        yield from wrap(say(sentence), width, fold=fold)
    yield from wrap(tr(_LATE[policy.late]), width, fold=fold)


def _heading(title: str) -> None:
    print(f"\n{title}")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _said(text: Bilingual | None) -> str:
    return say(text) if text is not None else ""


def _both(text: Bilingual | None) -> dict[str, str] | None:
    return text._asdict() if text is not None else None


def _limits_data(limits: Limits) -> dict[str, Mapping[str, str]]:
    return {
        name: {str(severity): limit.plain() for severity, limit in sorted(by_severity.items())}
        for name, by_severity in limits.items()
    }
