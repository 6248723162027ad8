"""A bundle judged again: its policy compiled, its entries replayed, its question asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication.judge import rule_on
from conflictctl.adjudication.ruling import Ruling
from conflictctl.bundles.entries import apart
from conflictctl.bundles.form import Bundle, damaged
from conflictctl.calendar import Calendar
from conflictctl.errors import ConflictctlError
from conflictctl.events import KINDS, Event
from conflictctl.mending import staff_entries
from conflictctl.people import People
from conflictctl.policy.model import Policy, policy_of_texts
from conflictctl.wording import Sentence

MOST_READINGS = 2_000
"""More contested readings than that are no written policy, but an attack on who checks it."""


class Judged(NamedTuple):
    """What judging a bundle gave, and what it takes to show it."""

    ruling: Ruling
    policy: Policy
    people: People
    calendar: Calendar


def judged(bundle: Bundle, events: Sequence[Event]) -> Judged:
    """The ruling on a bundle's question by its own policy on its own entries.

    Raises DamagedBundle where it cannot be judged.
    """
    history, house = apart(events)
    _check_bounds(bundle, events)
    calendar = _calendar(house)
    policy = policy_in(bundle, house)
    question = bundle.question
    people = People(staff_entries(house))
    try:
        ruling = rule_on(
            history,
            question.customer,
            policy=policy,
            people=people,
            calendar=calendar,
            as_of=question.as_of,
            settings=_settings(policy, question.settings),
            deal=question.deal,
            caseloads=bundle.caseloads,
        )
    except ConflictctlError as error:
        raise damaged(error.message) from None
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # A register refuses what contradicts itself before it is recorded; a bundle that somebody
        # made up can hold it, and the judge trusts what it is given.
        raise damaged(Sentence("its entries contradict each other")) from None
    return Judged(ruling, policy, people, calendar)


def _check_bounds(bundle: Bundle, events: Sequence[Event]) -> None:
    """Nothing was recorded later than what was to be known; settings hold throughout."""
    until = bundle.question.recorded_until
    for event in events:
        late = until is not None and event.recorded_at > until
        if event.seq > bundle.head.seq or (late and KINDS[event.kind].group != "register"):
            raise damaged(Sentence("#{seq} was not known yet", seq=event.seq))


def _calendar(house: Sequence[Event]) -> Calendar:
    zone = latest_setting(house, "timezone")
    try:
        if zone is not None and isinstance(zone.fields["value"], str):
            return Calendar(zone.fields["value"])
    except (ValueError, OSError, KeyError):
        pass
    raise damaged(Sentence("it holds no time zone"))


def latest_setting(house: Sequence[Event], name: str) -> Event | None:
    """The last setting of this name."""
    found = [one for one in house if one.kind == "setting" and one.fields["name"] == name]
    return found[-1] if found else None


def policy_in(bundle: Bundle, house: Sequence[Event]) -> Policy:
    """The policy in a bundle, every edition of it.

    Raises DamagedBundle for a faulty one, and where the register kept another.
    """
    try:
        policy = policy_of_texts(bundle.policy)
    except ConflictctlError as error:
        raise damaged(Sentence("its policy is faulty: {problem}", problem=error.message)) from None
    readings = sum(
        len(parameter.values) or 1
        for edition in policy.editions or (policy,)
        for parameter in edition.parameters.values()
        if parameter.contested
    )
    if readings > MOST_READINGS:
        raise damaged(
            Sentence("its policy has more than {limit} contested readings", limit=MOST_READINGS)
        )
    if bundle.kept_at is not None:
        setting = latest_setting(house, "policy")
        if (
            setting is None
            or setting.seq != bundle.kept_at
            or not _chooses(setting.fields["value"], policy, bundle)
        ):
            raise damaged(
                Sentence("its policy is not the one that #{seq} chose", seq=bundle.kept_at)
            )
    return policy


def _chooses(value: Any, policy: Policy, bundle: Bundle) -> bool:
    if isinstance(value, dict):
        return bool(value.get("files") == [edition._asdict() for edition in bundle.policy])
    return bool(value == policy.id)


def _settings(policy: Policy, given: Any) -> dict[str, Any]:
    """The parameters set for this ruling; raises DamagedBundle for what cannot be set."""
    settings = {}
    for name, value in given.items():
        try:
            settings[name] = policy.parameters[name].read(value)
        except (KeyError, ValueError, TypeError):
            raise damaged(
                Sentence("{name} cannot be set to what it holds", name=name[:40])
            ) from None
    return settings
