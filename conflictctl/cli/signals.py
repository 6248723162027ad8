"""What `report signals` gathers: two walks through the register, and a look at pairs of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from conflictctl.cli.options import near_hint, whole_number
from conflictctl.cli.workers import in_order, opened_here, own_register
from conflictctl.errors import WrongUsage
from conflictctl.matching.compare import Suggestion
from conflictctl.matching.profile import Profile, profiles_of
from conflictctl.mending import mended
from conflictctl.register.pairing import Wanted, among_all
from conflictctl.register.sorting import in_order_of
from conflictctl.register.store import KnownAt
from conflictctl.signals.deals import (
    Bench,
    File,
    beside,
    changed_phones,
    closes_of,
    linked_pairs,
    swapped_phones,
)
from conflictctl.signals.habits import Contact, Levels, Pace, contacts_of, hasty, unhurried
from conflictctl.signals.values import Limits, Signal
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.cases.period import Period
    from conflictctl.cli.question import Question
    from conflictctl.register.store import Register


def limits_from(texts: Sequence[str]) -> Limits:
    """The limits with some of them set: `file_days=7`."""
    chosen: dict[str, int] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if name not in Limits._fields or not equals:
            raise WrongUsage(
                Sentence(
                    "{option}: there is no threshold {name}",
                    option="--threshold",
                    name=name or text,
                ),
                near_hint(name, Limits._fields)
                or Sentence("thresholds are: {names}", names=list(Limits._fields)),
            )
        chosen[name] = whole_number(f"--threshold {name}", 1)(value)
    return Limits(**chosen)


def found_signals(
    question: Question, period: Period, limits: Limits, *, staff: str | None, outlet: str | None
) -> list[Signal]:
    """All hints of a period, by kind, the latest first."""
    bench = Bench(
        question.policy,
        question.people,
        question.calendar,
        question.settings,
        period,
        limits,
        question.caseloads,
    )
    found = [
        signal
        for signal in (*_of_files(question, bench), *_of_habits(question, bench))
        if (staff is None or staff in signal.staff)
        and (outlet is None or _outlet_concerned(signal, outlet, bench))
    ]
    return sorted(found, key=lambda signal: (signal.code, -signal.at, signal.customers))


def _outlet_concerned(signal: Signal, outlet: str, bench: Bench) -> bool:
    return any(bench.people.outlet(one, signal.at) == outlet for one in signal.staff)


# --------------------------------------------------------------------------------- files


class _FilesOfPage(NamedTuple):
    profiles: list[Profile]
    with_deals: list[str]
    signals: list[Signal]


def _of_files(question: Question, bench: Bench) -> Iterator[Signal]:
    register, as_of = question.register, question.as_of
    opened_here(register)
    known_at = KnownAt(question.head.seq)
    task = partial(_files_of_page, register, known_at, as_of, bench)
    signals: list[Signal] = []
    with_deals: set[str] = set()

    def profiles() -> Iterator[Profile]:
        for page in in_order(task, register.families(known_at)):
            signals.extend(page.signals)
            with_deals.update(page.with_deals)
            yield from page.profiles

    for suggestion in among_all(profiles(), Wanted(bench.limits.likeness), []):
        yield from _of_suggestion(suggestion, register, known_at, as_of, bench, with_deals)
    yield from signals


def _files_of_page(
    register: Register,
    known_at: KnownAt,
    as_of: int,
    bench: Bench,
    families: Sequence[tuple[str, ...]],
) -> _FilesOfPage:
    page = _FilesOfPage([], [], [])
    for files in _files(own_register(register), known_at, as_of, bench, families):
        events = next(iter(files.values())).mended
        page.profiles.extend(profiles_of(events, files, bench.calendar))
        page.with_deals.extend(name for name, file in files.items() if closes_of(file, bench))
        for file in files.values():
            page.signals.extend(changed_phones(file, bench))
        for (one, other), relation in linked_pairs(events).items():
            if one in files and other in files:
                page.signals.extend(beside(files[one], files[other], relation, bench))
    return page


def _files(
    register: Register,
    known_at: KnownAt,
    as_of: int,
    bench: Bench,
    families: Sequence[tuple[str, ...]],
) -> Iterator[dict[str, File]]:
    """The files of each dossier by customer, as far as they had come to be."""
    for dossier in register.dossiers_of(families, known_at):
        events = [event for event in dossier.events if event.at <= as_of]
        whole = mended(events, lambda: bench.people)
        yield {member: File(member, events, whole) for member in dossier.members}


def _of_suggestion(
    suggestion: Suggestion,
    register: Register,
    known_at: KnownAt,
    as_of: int,
    bench: Bench,
    with_deals: set[str],
) -> Iterator[Signal]:
    pair = (suggestion.left, suggestion.right)
    slips = any(one.code in ("swapped_digits", "near_number") for one in suggestion.reasons)
    if not slips and with_deals.isdisjoint(pair):
        return
    families = list(dict.fromkeys(register.members([one], known_at) for one in pair))
    files: dict[str, File] = {}
    profiles: dict[str, Profile] = {}
    for found in _files(register, known_at, as_of, bench, families):
        files.update(found)
        events = next(iter(found.values())).mended
        profiles.update({one.customer: one for one in profiles_of(events, found, bench.calendar)})
    if not with_deals.isdisjoint(pair):
        yield from beside(files[pair[0]], files[pair[1]], suggestion.kind, bench)
    if slips:
        yield from swapped_phones(suggestion, profiles, bench)


# -------------------------------------------------------------------------------- habits


def _of_habits(question: Question, bench: Bench) -> Iterator[Signal]:
    from conflictctl.policy.program import compiled

    register = question.register
    opened_here(register)
    holding = compiled(bench.policy, bench.settings).holding
    pace = Pace(dict(holding.limits), holding.default_level)
    known_at = KnownAt(question.head.seq)
    task = partial(_habits_of_page, register, known_at, question.as_of, bench, pace)
    levels = Levels()

    def contacts() -> Iterator[Contact]:
        for found, counted in in_order(task, register.families(known_at)):
            levels.merge(counted)
            yield from found

    yield from hasty(in_order_of(contacts(), _by_staff_and_entry), bench.limits)
    yield from unhurried(levels, bench.people, question.as_of, bench.limits)


def _by_staff_and_entry(contact: Contact) -> tuple[str, int, int]:
    return contact.staff, contact.recorded, contact.seq


def _habits_of_page(
    register: Register,
    known_at: KnownAt,
    as_of: int,
    bench: Bench,
    pace: Pace,
    families: Sequence[tuple[str, ...]],
) -> tuple[list[Contact], Levels]:
    contacts: list[Contact] = []
    levels = Levels()
    for files in _files(own_register(register), known_at, as_of, bench, families):
        for customer, file in files.items():
            own = [event for event in file.mended if event.customer == customer]
            contacts += _in_period(contacts_of(own, pace, bench.calendar), bench)
            levels.add((event for event in own if bench.looks_at(event.at)), pace)
    return contacts, levels


def _in_period(contacts: Iterable[Contact], bench: Bench) -> Iterator[Contact]:
    return (contact for contact in contacts if bench.looks_at(contact.recorded))
