"""Files beside deals: a second file just before the close, another name, another number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.adjudication.judge import rule_on
from conflictctl.calendar import Calendar, Moment
from conflictctl.cases.period import Period
from conflictctl.events import Event
from conflictctl.history import CONTACT_KINDS
from conflictctl.matching.compare import Suggestion
from conflictctl.matching.profile import Profile
from conflictctl.people import People
from conflictctl.phones import phone_keys
from conflictctl.policy.model import Policy
from conflictctl.signals.values import Limits, Signal
from conflictctl.wording import N_, Sentence, Span, Term, Who


class Bench(NamedTuple):
    """By which rules it is said who holds a customer, and which days are looked at."""

    policy: Policy
    people: People
    calendar: Calendar
    settings: Mapping[str, Any]
    period: Period
    limits: Limits
    caseloads: Mapping[str, int] | None = None

    def looks_at(self, moment: Moment) -> bool:
        """Whether something happened in the period asked about."""
        return self.period.holds(self.calendar.day(moment))


class File(NamedTuple):
    """One customer with the events of his dossier, as recorded and as mended."""

    customer: str
    recorded: Sequence[Event]
    mended: Sequence[Event]

    @property
    def opened(self) -> Event | None:
        """The entry that opened the card."""
        cards = (e for e in self.mended if e.kind == "customer" and e.customer == self.customer)
        return min(cards, key=_by_time, default=None)


def _by_time(event: Event) -> tuple[Moment, Moment, int]:
    return (event.at, event.recorded_at, event.seq)


def closes_of(file: File, bench: Bench) -> list[Event]:
    """The deals closed on a customer in the period."""
    return [
        event
        for event in file.mended
        if event.kind == "close" and event.customer == file.customer and bench.looks_at(event.at)
    ]


def closers_of(close: Event) -> tuple[str, ...]:
    """Who closed a deal, and who signed it."""
    signers = [row["staff"] for row in close.get("signers", ())]
    return tuple(dict.fromkeys((*([close.by] if close.by else []), *signers)))


def beside(one: File, other: File, relation: str, bench: Bench) -> Iterator[Signal]:
    """What two files say that belong together: the later one with a deal, the earlier one held.

    `relation` is same or household.  Whoever holds the earlier file at the moment of the deal
    is said by the policy; if he closed or signed the deal himself, nothing is to be said.
    """
    first, second = one.opened, other.opened
    if first is None or second is None:
        return
    if _by_time(second) < _by_time(first):
        one, other, first, second = other, one, second, first
    for close in closes_of(other, bench):
        if close.at < second.at:
            continue
        closers = closers_of(close)
        holder = _holder(one, close.at - 1, bench)
        if holder is None or holder in closers or not closers:
            continue
        yield from _of_two(one, other, relation, first, second, close, closers, holder, bench)


def _of_two(
    one: File,
    other: File,
    relation: str,
    first: Event,
    second: Event,
    close: Event,
    closers: tuple[str, ...],
    holder: str,
    bench: Bench,
) -> Iterator[Signal]:
    day, limit = bench.calendar.day, bench.limits.file_days
    days = day(close.at) - day(second.at)
    values = {
        "customer": other.customer,
        "earlier": one.customer,
        "relation": Term(relation),
        "closer": [Who(staff) for staff in closers],
        "holder": Who(holder),
        "span": Span(days, "d"),
    }
    evidence = (first.ref, second.ref, close.ref)
    customers = (one.customer, other.customer)
    if days <= limit:
        sentence = Sentence(_SAME_DAY if days == 0 else _DAYS_BEFORE, **values)
        code = "late_file"
    elif relation == "household":
        sentence = Sentence(
            "{closer} closed the deal of {customer}, while {holder} held {earlier} of the same "
            "household",
            **values,
        )
        code = "other_name"
    else:
        return
    yield Signal(
        code,
        close.at,
        (*closers, holder),
        customers,
        sentence,
        Span(days, "d"),
        Span(limit, "d"),
        evidence,
    )


_SAME_DAY = N_(
    "{customer} was opened on the day on which {closer} closed the deal, while {holder} held "
    "{earlier} ({relation})"
)
_DAYS_BEFORE = N_(
    "{customer} was opened {span} before {closer} closed the deal, while {holder} held "
    "{earlier} ({relation})"
)


def _holder(file: File, moment: Moment, bench: Bench) -> str | None:
    ruling = rule_on(
        file.recorded,
        file.customer,
        policy=bench.policy,
        people=bench.people,
        calendar=bench.calendar,
        as_of=moment,
        settings=bench.settings,
        deal="open",
        explain=False,
        caseloads=bench.caseloads,
    )
    return ruling.holder


# ------------------------------------------------------------------------------- numbers


def changed_phones(file: File, bench: Bench) -> Iterator[Signal]:
    """All numbers of a card replaced close to its deal, by who closed it, on another's customer.

    Another's: somebody else had contact with the customer before.
    """
    closes = closes_of(file, bench)
    if not closes:
        return
    for edit, before in _replacements(file):
        earlier = {
            event.by
            for event in file.mended
            if event.kind in CONTACT_KINDS
            and event.customer == file.customer
            and event.by is not None
            and event.at < edit.recorded_at
        }
        for close in closes:
            apart = abs(bench.calendar.day(close.at) - bench.calendar.day(edit.recorded_at))
            if (
                apart <= bench.limits.phone_days
                and edit.by in closers_of(close)
                and earlier - {edit.by}
            ):
                yield _changed(file, edit, before, close, apart, sorted(earlier - {edit.by}), bench)
                break


def _changed(
    file: File,
    edit: Event,
    before: Event,
    close: Event,
    apart: int,
    others: list[str],
    bench: Bench,
) -> Signal:
    sentence = Sentence(
        "{staff} replaced all numbers of {customer} {span} from the close of the deal; before, "
        "{others} had contact with the customer",
        staff=Who(edit.by or ""),
        customer=file.customer,
        span=Span(apart, "d"),
        others=[Who(other) for other in others],
    )
    return Signal(
        "changed_phone",
        edit.recorded_at,
        (edit.by or "", *others),
        (file.customer,),
        sentence,
        Span(apart, "d"),
        Span(bench.limits.phone_days, "d"),
        (before.ref, edit.ref, close.ref),
    )


def _replacements(file: File) -> Iterator[tuple[Event, Event]]:
    """Entries that leave none of a card's numbers, each with the one that had set them."""
    cards: set[str | int] = set()
    current: frozenset[str] = frozenset()
    setter: Event | None = None
    for event in file.recorded:
        if event.kind == "customer" and event.customer == file.customer:
            cards.update({event.seq, event.id} if event.id is not None else {event.seq})
            phones = event.get("phones")
        elif event.kind == "correction" and event.fields["corrects"] in cards:
            phones = event.fields["changes"].get("phones")
        else:
            continue
        if phones is None:
            continue
        new = frozenset(key for text in phones for key in phone_keys(text))
        if setter is not None and current and new and not current & new:
            yield event, setter
        current, setter = new, event


def swapped_phones(
    suggestion: Suggestion, profiles: Mapping[str, Profile], bench: Bench
) -> Iterator[Signal]:
    """Two files whose numbers differ in one digit or a swap of two, opened by two people."""
    reasons = [r for r in suggestion.reasons if r.code in ("swapped_digits", "near_number")]
    first, second = sorted(
        (profiles[suggestion.left], profiles[suggestion.right]),
        key=lambda profile: (profile.opened, profile.customer),
    )
    before, after = _served_by(first), _served_by(second)
    if not reasons or before is None or after is None or before == after:
        return
    if not bench.looks_at(second.opened):
        return
    sentence = Sentence(
        "{staff} has {customer}, whose number is that of {earlier} of {other} but for a slip: "
        "{reason}",
        staff=Who(after),
        other=Who(before),
        customer=second.customer,
        earlier=first.customer,
        reason=reasons[0].sentence,
    )
    yield Signal(
        "swapped_phone",
        second.opened,
        (after, before),
        (first.customer, second.customer),
        sentence,
        Span(suggestion.score, "n"),
        Span(bench.limits.likeness, "n"),
        reasons[0].evidence,
    )


def _served_by(profile: Profile) -> str | None:
    return profile.days[0][1] if profile.days else profile.by


def linked_pairs(events: Iterable[Event]) -> dict[tuple[str, str], str]:
    """The pairs of customers linked as one person or household, from mended entries."""
    linked: dict[tuple[str, str], str] = {}
    for event in events:
        if event.kind not in ("link", "unlink"):
            continue
        customers = sorted(event.fields["customers"])
        for place, one in enumerate(customers):
            for other in customers[place + 1 :]:
                linked.pop((one, other), None)
                if event.kind == "link" and event.fields["relation"] != "group":
                    linked[one, other] = event.fields["relation"]
    return linked
