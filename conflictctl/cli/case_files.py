"""Cases read from the register and replayed, and a new step held against the one it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from conflictctl.errors import InputRejected, NotPermitted
from conflictctl.events import CLAIM_CASE, Draft, Event, claim_of
from conflictctl.wording import Sentence, When

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar, Moment
    from conflictctl.cases.policy import CasePolicy
    from conflictctl.cases.procedure import Case
    from conflictctl.cases.worktime import WorkingTime
    from conflictctl.people import People
    from conflictctl.register.store import Dossier, KnownAt, Register, Writer


class CasePolicies:
    """The case policies that a register goes by, each read once."""

    def __init__(self, register: Register, known_at: KnownAt | None = None) -> None:
        self._register = register
        self._known_at = known_at
        self._found: dict[str, CasePolicy] = {}
        self._times: dict[str, WorkingTime] = {}

    def of(self, category: str) -> CasePolicy:
        """The policy for a category of cases.  Raises FaultyPolicy for one that is faulty."""
        found = self._found.get(category)
        if found is None:
            from conflictctl.cli.case_policy import case_policy_for

            found = case_policy_for(self._register, category, self._known_at)
            self._found[category] = found
        return found

    def time(self, category: str) -> WorkingTime:
        """The working time of the policy for a category, in the register's zone."""
        found = self._times.get(category)
        if found is None:
            found = self.of(category).working_time(self._register.calendar)
            self._times[category] = found
        return found

    def levels(self, category: str) -> tuple[str, ...] | None:
        """The names of the ladder; None where the attribution policy has its own."""
        if category == "attribution":
            return None
        return tuple(level.id for level in self.of(category).ladder)


def load_case(
    register: Register,
    identity: str,
    policies: CasePolicies,
    *,
    as_of: Moment,
    known_at: KnownAt | None = None,
) -> Case:
    """One case as it stood.  Raises InputRejected for one that nobody knows."""
    people = register.people(known_at)
    claim = claim_of(identity)
    if claim is not None:
        target = register.event(claim)
        if target is not None and target.kind == "claim" and target.customer is not None:
            dossier = register.dossier(target.customer, known_at)
            found = _of_claims(
                dossier.events if dossier is not None else [],
                people,
                register.calendar,
                as_of,
                lambda name: register.case_events(name, known_at),
                target,
            )
            if found is not None:
                return found
        raise unknown_case(identity)
    entries = [e for e in register.case_events(identity, known_at) if e.at <= as_of]
    case = opened_case(entries, people, policies)
    if case is None:
        raise unknown_case(identity)
    return case


def opened_case(
    entries: list[Event], people: People, policies: CasePolicies, *, keep: bool = True
) -> Case | None:
    """The case that these entries make; None where none of them opens it."""
    from conflictctl.cases.procedure import Case, replayed

    opening = next((entry for entry in entries if entry.kind == "case_opened"), None)
    if opening is None:
        return None
    case = Case(opening, people)
    rest = (entry for entry in entries if entry is not opening)
    return replayed(case, rest, policies.levels(case.category), keep=keep)


def _of_claims(
    events: list[Event],
    people: People,
    calendar: Calendar,
    as_of: Moment,
    steps_of: Callable[[str], Iterable[Event]],
    claim: Event,
) -> Case | None:
    """The case that a claim belongs to, by whichever of its claims it is asked for."""
    from conflictctl.cases.attribution import attribution_cases

    for case in attribution_cases(
        events, people=people, calendar=calendar, as_of=as_of, steps_of=steps_of
    ):
        if claim.seq == case.opened.seq or any(
            tried.event.seq == claim.seq for tried in case.tried
        ):
            return case
    return None


def all_cases(
    register: Register,
    policies: CasePolicies,
    *,
    as_of: Moment,
    known_at: KnownAt | None = None,
    personal: bool = True,
) -> Iterator[Case]:
    """Every case, those that follow from claims after the others, in bounded memory."""
    yield from opened_cases(register, policies, as_of=as_of, known_at=known_at, personal=personal)
    yield from claimed_cases(register, as_of=as_of, known_at=known_at)


def opened_cases(
    register: Register,
    policies: CasePolicies,
    *,
    as_of: Moment,
    known_at: KnownAt | None = None,
    personal: bool = True,
) -> Iterator[Case]:
    """Every case that was opened by an entry, by id; which steps were tried is not kept.

    Without `personal` what people said is not read.
    """
    people = register.people(known_at)
    for page in register.case_ids(known_at):
        for _, entries in register.cases(page, known_at, personal=personal):
            stood = [entry for entry in entries if entry.at <= as_of]
            case = opened_case(stood, people, policies, keep=False)
            if case is not None:
                yield case


def claimed_cases(
    register: Register, *, as_of: Moment, known_at: KnownAt | None = None
) -> Iterator[Case]:
    """Every case that follows from a claim."""
    people = register.people(known_at)
    done: set[str] = set()
    for claim in register.claims(known_at):
        customer = claim.customer
        if customer is None or customer in done:
            continue
        dossier = register.dossier(customer, known_at)
        if dossier is None:
            continue
        done.update(dossier.members)
        yield from cases_of_claims(register, dossier, people, as_of=as_of, known_at=known_at)


def cases_of_claims(
    register: Register,
    dossier: Dossier,
    people: People,
    *,
    as_of: Moment,
    known_at: KnownAt | None = None,
    steps: Mapping[str, list[Event]] | None = None,
) -> list[Case]:
    """The cases that follow from the claims of one dossier.

    `steps` are those of `steps_of_claims`, where many dossiers are looked at; else they are read.
    """
    from conflictctl.cases.attribution import attribution_cases

    def steps_of(name: str) -> list[Event]:
        return register.case_events(name, known_at) if steps is None else steps[name]

    return attribution_cases(
        dossier.events,
        people=people,
        calendar=register.calendar,
        as_of=as_of,
        steps_of=steps_of,
    )


def steps_of_claims(
    register: Register, dossiers: Iterable[Dossier], known_at: KnownAt | None = None
) -> dict[str, list[Event]]:
    """The entries that name the cases of all claims in some dossiers, by case, read in one go."""
    cases = [
        f"{CLAIM_CASE}{event.ref}"
        for dossier in dossiers
        for event in dossier.events
        if event.kind == "claim"
    ]
    return dict(register.cases(cases, known_at)) if cases else {}


def unknown_case(identity: str) -> InputRejected:
    """The refusal of a case that nobody knows."""
    return InputRejected(
        Sentence("no case {case}", case=identity),
        Sentence("`conflictctl case list --all` shows the cases; `case open` opens one"),
    )


# ----------------------------------------------------------------------- a new step


def case_in(writer: Writer, identity: str, policies: CasePolicies, calendar: Calendar) -> Case:
    """A case as it stands inside a transaction, what was just added included."""
    people = writer.people
    claim = claim_of(identity)
    if claim is None:
        case = opened_case(writer.case_events(identity), people, policies)
        if case is None:
            raise unknown_case(identity)
        return case
    target = writer.target(claim)
    if target is not None and target.kind == "claim" and target.customer is not None:
        found = _of_claims(
            writer.involved_events(target.customer),
            people,
            calendar,
            writer.now,
            writer.case_events,
            target,
        )
        if found is not None:
            return found
    raise unknown_case(identity)


def checked_step(writer: Writer, draft: Draft, calendar: Calendar) -> Draft:
    """The entry, if it is a step in the state its case is in; of several claims' case by its id.

    Raises InputRejected, or NotPermitted where somebody lacks the power, each with the next
    right step as its hint.
    """
    from conflictctl.cases.procedure import STEPS, apply, entered_by_party

    policies = CasePolicies(writer.register)
    if draft.kind == "case_opened":
        _check_cause(draft, policies.of(draft.fields["category"]))
        return draft
    if draft.kind not in STEPS:
        return draft
    case = case_in(writer, draft.fields["case"], policies, calendar)
    _check_cause(draft, policies.of(case.category))
    at = draft.at if draft.at is not None else writer.now
    if at < case.opened.at:
        raise InputRejected(
            Sentence(
                "{case} was opened at {when}: nothing was done about it before",
                case=case.id,
                when=When(case.opened.at),
            ),
            Sentence("--at says when it was; `conflictctl correct` mends the opening"),
        )
    event = Event(
        "",
        2**53,
        draft.id,
        draft.kind,
        at,
        draft.offset,
        writer.now,
        writer.now,
        draft.by,
        draft.recorded_by,
        draft.customer,
        draft.fields,
    )
    refusal = entered_by_party(case, event) or apply(case, event, policies.levels(case.category))
    if refusal is not None:
        failure = NotPermitted if refusal.power else InputRejected
        raise failure(refusal.reason, refusal.hint)
    return draft._replace(fields={**draft.fields, "case": case.id})


def _check_cause(draft: Draft, policy: CasePolicy) -> None:
    cause = draft.fields.get("cause")
    if cause is not None and cause not in policy.causes:
        raise InputRejected(
            Sentence("cause: {policy} has no cause {cause}", policy=policy.id, cause=cause),
            Sentence("causes are: {causes}", causes=tuple(policy.causes)),
        )
