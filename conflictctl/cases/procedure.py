"""The procedure of a case: its states, the steps between them, and why a step is refused.

A case is replayed from its entries in the order in which they were entered; `apply` takes one
step or says why it is no step.  The same function refuses a wrong step live and leaves one of
an imported file without effect.  Source: the template of a dispute procedure (四、冲突解决流程)
and the policy on conflicts with customers, articles 5-15.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from conflictctl.events import CUSTOMER_PARTY, Event
from conflictctl.people import People
from conflictctl.permissions import MANAGEMENT
from conflictctl.wording import Sentence, Term, Who

OPEN, ACCEPTED, INVESTIGATING = "open", "accepted", "investigating"
NEGOTIATING, RESOLVED, EXECUTING = "negotiating", "resolved", "executing"
CLOSED, WITHDRAWN, REJECTED, REOPENED = "closed", "withdrawn", "rejected", "reopened"

STATES = (
    OPEN,
    ACCEPTED,
    INVESTIGATING,
    NEGOTIATING,
    RESOLVED,
    EXECUTING,
    CLOSED,
    WITHDRAWN,
    REJECTED,
    REOPENED,
)
WORKING = (ACCEPTED, INVESTIGATING, NEGOTIATING, REOPENED)
"""States in which a handler works towards a resolution."""
UNRESOLVED = (OPEN, *WORKING)
UNDERWAY = (*UNRESOLVED, RESOLVED, EXECUTING)
FINISHED = (CLOSED, WITHDRAWN, REJECTED)

FIRST_LEVEL = "handler"


def _stay(*states: str) -> dict[str, str]:
    return {state: state for state in states}


STEPS: dict[str, dict[str, str]] = {
    "case_accepted": {OPEN: ACCEPTED, **_stay(*WORKING, RESOLVED, EXECUTING)},
    "case_rejected": {OPEN: REJECTED},
    "case_withdrawn": dict.fromkeys(UNDERWAY, WITHDRAWN),
    "case_contact": _stay(*STATES),
    "case_response": _stay(*STATES),
    "case_update": _stay(*UNDERWAY),
    "case_requirement": _stay(*WORKING),
    "case_change": _stay(*WORKING, RESOLVED, EXECUTING),
    "case_finding": {
        **dict.fromkeys((ACCEPTED, INVESTIGATING, REOPENED), INVESTIGATING),
        NEGOTIATING: NEGOTIATING,
    },
    "case_proposal": dict.fromkeys(WORKING, NEGOTIATING),
    "case_reply": _stay(NEGOTIATING),
    "case_resolution": dict.fromkeys(WORKING, RESOLVED),
    "case_task": {RESOLVED: EXECUTING, EXECUTING: EXECUTING},
    "case_task_done": _stay(EXECUTING),
    "case_survey": _stay(RESOLVED, EXECUTING, CLOSED),
    "case_lesson": _stay(*(s for s in STATES if s not in (OPEN, REJECTED))),
    "case_lesson_done": _stay(*STATES),
    "case_obstruction": _stay(*UNDERWAY),
    "case_escalated": _stay(*UNDERWAY),
    "case_reopened": dict.fromkeys((RESOLVED, EXECUTING, *FINISHED), REOPENED),
    "case_closed": dict.fromkeys((RESOLVED, EXECUTING), CLOSED),
}
"""Which step leads from which state to which; a state that is not named refuses the step."""

_NEXT: dict[str, Sentence] = {
    OPEN: Sentence(
        "next: `conflictctl case accept {case} --handler STAFF`, or `case reject {case} --reason …`"
    ),
    ACCEPTED: Sentence(
        "next: `conflictctl case find {case} --facts …`, then `case propose`, `case resolve`"
    ),
    INVESTIGATING: Sentence(
        "next: `conflictctl case propose {case} --text …`, then `case reply`, `case resolve`"
    ),
    NEGOTIATING: Sentence(
        "next: `conflictctl case reply {case} …`, then `case resolve {case} --how … --text …`"
    ),
    RESOLVED: Sentence(
        "next: `conflictctl case task {case} …` for what is owed, `case survey {case} --score N`, "
        "then `case close {case}`"
    ),
    EXECUTING: Sentence(
        "next: `conflictctl case done {case} --task …`, `case survey {case} --score N`, "
        "then `case close {case}`"
    ),
    CLOSED: Sentence("next: `conflictctl case reopen {case} --reason …` takes it up again"),
    WITHDRAWN: Sentence("next: `conflictctl case reopen {case} --reason …` takes it up again"),
    REJECTED: Sentence("next: `conflictctl case reopen {case} --reason …` takes it up again"),
    REOPENED: Sentence(
        "next: `conflictctl case find {case} --facts …`, `case propose` or `case resolve`"
    ),
}


class Refusal(NamedTuple):
    """Why a step is none, what to do instead, and whether it is a matter of power."""

    reason: Sentence
    hint: Sentence
    power: bool = False


class Proposal(NamedTuple):
    """A way out that was put forward, with the latest answer of each party."""

    event: Event
    replies: dict[str, str]


class Task(NamedTuple):
    """What somebody owes: until the end of which day (ISO), and when it was done."""

    event: Event
    owner: str
    due: str
    done: Event | None


class Lesson(NamedTuple):
    """What is to be done better, by whom, and the entry that says it was done."""

    event: Event
    owner: str
    due: str | None
    done: Event | None


class Answer(NamedTuple):
    """One attempt to ask how satisfied somebody is; `score` is None if nobody was reached."""

    event: Event
    score: int | None


class Tried(NamedTuple):
    """An entry about a case, and why it has no effect if it has none."""

    event: Event
    refusal: Refusal | None


class Case:
    """One case as its entries have left it.

    Moments of `…_at` are those of the entries' `at`; None until it happened.  `resolved_at` is
    that of the resolution in force, None again once the case is reopened.
    """

    __slots__ = (
        "accepted",
        "answers",
        "articles",
        "category",
        "cause",
        "changes",
        "channel",
        "character",
        "closed",
        "customer",
        "customer_type",
        "deal",
        "departments",
        "ended",
        "escalations",
        "handler",
        "how",
        "id",
        "interactions",
        "lessons",
        "level",
        "nature",
        "obstructions",
        "opened",
        "outlet",
        "parties",
        "people",
        "proposals",
        "reopenings",
        "requirement",
        "resolved",
        "responded",
        "severity",
        "state",
        "tasks",
        "told",
        "tried",
        "verified",
        "waived",
    )

    def __init__(
        self,
        opened: Event,
        people: People,
        *,
        identity: str | None = None,
        category: str | None = None,
        parties: Iterable[str] = (),
    ) -> None:
        """From the entry that opens it: a `case_opened`, or the claim of an attribution case.

        `identity`, `category` and `parties` are given for a case that follows from a claim.
        """
        get = opened.fields.get
        self.people = people
        self.opened = opened
        self.id: str = identity if identity is not None else opened.fields["case"]
        self.category: str = category if category is not None else opened.fields["category"]
        self.customer = opened.customer
        self.parties: tuple[str, ...] = tuple(parties) or tuple(get("parties", ()))
        self.departments: tuple[str, ...] = tuple(get("departments", ()))
        self.channel: str | None = get("channel")
        self.cause: str | None = "attribution" if category == "attribution" else get("cause")
        self.nature: str = get("nature") or (
            "external" if self.category == "complaint" else "internal"
        )
        self.character: str | None = get("character")
        self.severity: int = get("severity", 2)
        self.customer_type: str | None = get("customer_type")
        self.articles: tuple[str, ...] = tuple(get("articles", ()))
        self.deal: str | None = get("deal")
        self.outlet: str | None = get("outlet") or (
            people.outlet(opened.by, opened.recorded_at) if opened.by is not None else None
        )
        self.state = OPEN
        self.level = FIRST_LEVEL
        self.handler: str | None = None
        self.accepted: Event | None = None
        self.responded: Event | None = None
        self.told: Event | None = None
        """The latest answer or news that the customer got."""
        self.interactions = 0
        """Times somebody spoke with the customer or a party before the first resolution."""
        self.requirement: Event | None = None
        """The latest requirement that the customer has confirmed."""
        self.changes: list[Event] = []
        self.proposals: dict[str, Proposal] = {}
        self.resolved: Event | None = None
        self.how: str | None = None
        self.tasks: dict[str, Task] = {}
        self.answers: list[Answer] = []
        self.verified: Event | None = None
        """The latest answer that tells how satisfied somebody is with the resolution in force."""
        self.ended: Event | None = None
        """The entry that says, with its reason, that nobody is asked any more."""
        self.waived: Event | None = None
        self.lessons: dict[str, Lesson] = {}
        self.obstructions: list[Event] = []
        self.escalations: list[Event] = []
        self.reopenings: list[Event] = []
        self.closed: Event | None = None
        self.tried: list[Tried] = []

    @property
    def number(self) -> int:
        """The place in the register of the entry that opens it."""
        return self.opened.seq

    def open_tasks(self) -> list[str]:
        """The names of what is still owed."""
        return [name for name, task in self.tasks.items() if task.done is None]

    def knows_party(self, party: str) -> bool:
        """Whether a name is that of a party: staff, a department, or `customer`."""
        return (
            party in self.parties
            or party in self.departments
            or (party == CUSTOMER_PARTY and self.customer is not None)
        )

    def is_party(self, staff: str) -> bool:
        """Whether a member of staff is a party, or belongs to a department that is one."""
        if staff in self.parties:
            return True
        return bool(self.departments) and (
            self.people.department(staff, self.opened.recorded_at) in self.departments
            and self.people.role(staff, self.opened.recorded_at) != "general_manager"
        )


Check = Callable[[Case, Event], Refusal | None]
Effect = Callable[[Case, Event], None]


def apply(case: Case, event: Event, levels: Iterable[str] | None = None) -> Refusal | None:
    """Take one step, or say why it is none; a refused step leaves the case as it was.

    `levels` are the names of the ladder in its order; without them any name is a level.
    """
    if event.by is not None and case.people.role(event.by, event.recorded_at) == "auditor":
        return _by_auditor(event.by)
    after = STEPS[event.kind].get(case.state)
    if after is None:
        return _out_of_turn(case, event)
    check = _CHECKS.get(event.kind)
    refusal = check(case, event) if check is not None else None
    if refusal is None and levels is not None and event.kind == "case_escalated":
        refusal = _not_higher(case, event, tuple(levels))
    if refusal is not None:
        return refusal
    case.state = after
    effect = _EFFECTS.get(event.kind)
    if effect is not None:
        effect(case, event)
    return None


def replayed(
    opened: Case, events: Iterable[Event], levels: Iterable[str] | None = None, *, keep: bool = True
) -> Case:
    """A case with its entries applied, in the order given; `keep` them, refused ones included."""
    levels = None if levels is None else tuple(levels)
    tried = opened.tried
    for event in events:
        if event.kind in STEPS:
            refusal = apply(opened, event, levels)
            if keep:
                tried.append(Tried(event, refusal))
        elif keep:
            again = Refusal(Sentence("{case} is open already", case=opened.id), next_step(opened))
            tried.append(Tried(event, again if event.kind == "case_opened" else None))
    return opened


def next_step(case: Case) -> Sentence:
    """What to do with a case in the state it is in."""
    if case.category == "attribution" and case.state in WORKING:
        return Sentence(
            "next: `conflictctl settle {customer} …` if the parties agree, else "
            "`conflictctl rule {customer} …`",
            customer=case.customer,
        )
    return Sentence(_NEXT[case.state].template, case=case.id)


# ------------------------------------------------------------------------------ refusals


def _by_auditor(staff: str) -> Refusal:
    return Refusal(
        Sentence("{staff} is an auditor, who records nothing but look-ups", staff=Who(staff)),
        Sentence("--as says who acts; anybody but an auditor may"),
        power=True,
    )


def _out_of_turn(case: Case, event: Event) -> Refusal:
    if event.kind == "case_reply" and case.state in UNRESOLVED and not case.proposals:
        return Refusal(Sentence("{case} has no proposal yet", case=case.id), next_step(case))
    return Refusal(
        Sentence(
            "{case} is {state}: {step} does not come now",
            case=case.id,
            state=Term(case.state),
            step=Term(event.kind),
        ),
        next_step(case),
    )


def _accepted(case: Case, event: Event) -> Refusal | None:
    handler: str = event.fields["handler"]
    if case.is_party(handler):
        return _partial_handler(case, handler)
    if event.by is not None and case.is_party(event.by):
        return _own_case(case, event.by)
    if handler == case.handler and case.state != OPEN:  # an escalation may have named him
        return Refusal(
            Sentence("{staff} handles {case} already", staff=Who(handler), case=case.id),
            next_step(case),
        )
    return None


_DECIDING = frozenset(
    {
        "case_accepted",
        "case_rejected",
        "case_finding",
        "case_resolution",
        "case_task",
        "case_closed",
    }
)
"""Steps that no party takes, nor enters in the handler's name."""


def entered_by_party(case: Case, event: Event) -> Refusal | None:
    """Why a party does not enter a step live, where it would decide in his own case.

    What was entered long ago is not asked: whose step it is alone counts there (`apply`).
    """
    staff = event.recorded_by
    if event.kind not in _DECIDING or staff is None or not case.is_party(staff):
        return None
    return _own_case(case, staff)


def _partial_handler(case: Case, handler: str) -> Refusal:
    return Refusal(
        Sentence(
            "{staff} is a party to {case} and cannot handle it", staff=Who(handler), case=case.id
        ),
        Sentence("--handler names somebody who is no party"),
        power=True,
    )


def _own_case(case: Case, staff: str) -> Refusal:
    return Refusal(
        Sentence(
            "{staff} is a party to {case} and decides nothing in it", staff=Who(staff), case=case.id
        ),
        Sentence("the handler does it, or a manager who is no party"),
        power=True,
    )


def _handled(case: Case, event: Event) -> Refusal | None:
    """What moves a case is done by its handler, or by somebody who stands above."""
    staff = event.by
    if staff is None or staff == case.handler:
        return None
    if case.is_party(staff):
        return _own_case(case, staff)
    if case.people.role(staff, event.recorded_at) in ("supervisor", *MANAGEMENT):
        return None
    return Refusal(
        Sentence("{staff} does not handle {case}", staff=Who(staff), case=case.id),
        Sentence(
            "{staff} does; or one of: {roles}",
            staff=Who(case.handler),
            roles=tuple(map(Term, ("supervisor", *MANAGEMENT))),
        )
        if case.handler is not None
        else Sentence(
            "it needs one of: {roles}; and no party",
            roles=tuple(map(Term, ("supervisor", *MANAGEMENT))),
        ),
        power=True,
    )


def _changed(case: Case, event: Event) -> Refusal | None:
    if case.requirement is not None:
        return None
    return Refusal(
        Sentence("{case} has no requirement that the customer confirmed", case=case.id),
        Sentence(
            "next: `conflictctl case require {case} --requirement … --confirmed`", case=case.id
        ),
    )


def _proposed(case: Case, event: Event) -> Refusal | None:
    name: str = event.fields["proposal"]
    if name in case.proposals:
        return Refusal(
            Sentence("{case} has a proposal {proposal} already", case=case.id, proposal=name),
            Sentence("--proposal gives the new one a name of its own"),
        )
    return None


def _replied(case: Case, event: Event) -> Refusal | None:
    name, party = event.fields["proposal"], event.fields["party"]
    if name not in case.proposals:
        return _nothing_named(case, Term("proposal"), name, case.proposals)
    if not case.knows_party(party):
        known = [*case.parties, *case.departments]
        if case.customer is not None:
            known.append(CUSTOMER_PARTY)
        return Refusal(
            Sentence("{party} is no party to {case}", party=Who(party), case=case.id),
            Sentence("parties are: {parties}", parties=tuple(map(Who, known))),
        )
    return None


def _elsewhere(case: Case, event: Event) -> Refusal | None:
    """A claim to a deal is not resolved or taken back here, but by the acts about the deal."""
    if case.category != "attribution":
        return None
    reason = Sentence("{case} follows from a claim to a deal", case=case.id)
    if event.kind == "case_withdrawn":
        return Refusal(
            reason,
            Sentence(
                "`conflictctl claim withdraw {customer}` takes it back", customer=case.customer
            ),
        )
    return Refusal(
        reason,
        Sentence(
            "next: `conflictctl settle {customer} …` if the parties agree, else "
            "`conflictctl rule {customer} …`",
            customer=case.customer,
        ),
    )


def _resolved(case: Case, event: Event) -> Refusal | None:
    refusal = _elsewhere(case, event) or _handled(case, event)
    if refusal is not None:
        return refusal
    how = event.fields["how"]
    name = event.fields.get("proposal")
    if name is not None and name not in case.proposals:
        return _nothing_named(case, Term("proposal"), name, case.proposals)
    if how == "settled" and name is not None:
        against = [
            party for party, reply in case.proposals[name].replies.items() if reply != "accept"
        ]
        if against:
            return Refusal(
                Sentence(
                    "proposal {proposal} is not accepted by: {parties}",
                    proposal=name,
                    parties=tuple(map(Who, against)),
                ),
                Sentence(
                    "next: `conflictctl case propose {case} …` another, or `case escalate {case}`",
                    case=case.id,
                ),
            )
    if how == "ruled":
        if not case.proposals:
            return Refusal(
                Sentence("{case}: reconciliation was not tried before the ruling", case=case.id),
                Sentence(
                    "next: `conflictctl case propose {case} --text …` and the parties' replies",
                    case=case.id,
                ),
            )
        role = case.people.role(event.by or "", event.recorded_at)
        if role not in ("supervisor", *MANAGEMENT):
            return Refusal(
                Sentence(
                    "{staff} has no power to rule on {case}",
                    staff=Who(event.by or "?"),
                    case=case.id,
                ),
                Sentence(
                    "it needs one of: {roles}; and no party",
                    roles=tuple(map(Term, ("supervisor", *MANAGEMENT))),
                ),
                power=True,
            )
    return None


def _owed(case: Case, event: Event) -> Refusal | None:
    if event.fields["task"] in case.tasks:
        return Refusal(
            Sentence("{case} has a task {task} already", case=case.id, task=event.fields["task"]),
            Sentence("--task gives the new one a name of its own"),
        )
    return _handled(case, event)


def _done(case: Case, event: Event) -> Refusal | None:
    name: str = event.fields["task"]
    task = case.tasks.get(name)
    if task is None:
        return _nothing_named(case, Term("task"), name, case.tasks)
    if task.done is not None:
        return Refusal(
            Sentence("task {task} of {case} is done already", task=name, case=case.id),
            next_step(case),
        )
    return None


def _taught(case: Case, event: Event) -> Refusal | None:
    if event.fields["lesson"] in case.lessons:
        return Refusal(
            Sentence(
                "{case} has a lesson {lesson} already",
                case=case.id,
                lesson=event.fields["lesson"],
            ),
            Sentence("--lesson gives the new one a name of its own"),
        )
    return None


def _learned(case: Case, event: Event) -> Refusal | None:
    name: str = event.fields["lesson"]
    lesson = case.lessons.get(name)
    if lesson is None:
        return _nothing_named(case, Term("lesson"), name, case.lessons)
    if lesson.done is not None:
        return Refusal(
            Sentence("lesson {lesson} of {case} is put to use already", lesson=name, case=case.id),
            next_step(case),
        )
    return None


def _closing(case: Case, event: Event) -> Refusal | None:
    refusal = _handled(case, event)
    if refusal is not None:
        return refusal
    owed = case.open_tasks()
    if owed:
        return Refusal(
            Sentence("{case} has open tasks: {tasks}", case=case.id, tasks=tuple(owed)),
            Sentence(
                "next: `conflictctl case done {case} --task {task}`", case=case.id, task=owed[0]
            ),
        )
    if case.verified is None and case.ended is None and "survey_waived" not in event.fields:
        return Refusal(
            Sentence("nobody was asked yet how satisfied he is with {case}", case=case.id),
            Sentence(
                "next: `conflictctl case survey {case} --score N`, or --survey-waived REASON",
                case=case.id,
            ),
        )
    return None


def _not_higher(case: Case, event: Event, levels: tuple[str, ...]) -> Refusal | None:
    level: str = event.fields["to"]
    now = levels.index(case.level) if case.level in levels else -1
    if level in levels and levels.index(level) > now:
        return None
    higher = levels[now + 1 :]
    return Refusal(
        Sentence("{level} is no level above {now}", level=Term(level), now=Term(case.level))
        if level in levels
        else Sentence("there is no level {level}", level=level),
        Sentence("levels above it: {levels}", levels=tuple(map(Term, higher)))
        if higher
        else Sentence("{case} stands on the highest level already", case=case.id),
    )


def _escalating(case: Case, event: Event) -> Refusal | None:
    handler = event.fields.get("handler")
    if handler is not None and case.is_party(handler):
        return _partial_handler(case, handler)
    return None


def _nothing_named(case: Case, what: Term, name: str, known: Mapping[str, object]) -> Refusal:
    return Refusal(
        Sentence("{case} has no {what} {name}", case=case.id, what=what, name=name),
        Sentence("there are: {names}", names=tuple(known)) if known else next_step(case),
    )


_CHECKS: dict[str, Check] = {
    "case_accepted": _accepted,
    "case_rejected": _handled,
    "case_withdrawn": _elsewhere,
    "case_change": _changed,
    "case_finding": _handled,
    "case_proposal": _proposed,
    "case_reply": _replied,
    "case_resolution": _resolved,
    "case_task": _owed,
    "case_task_done": _done,
    "case_lesson": _taught,
    "case_lesson_done": _learned,
    "case_escalated": _escalating,
    "case_closed": _closing,
}


# ------------------------------------------------------------------------------- effects


def _accept(case: Case, event: Event) -> None:
    case.handler = event.fields["handler"]
    case.severity = event.fields.get("severity", case.severity)
    case.customer_type = event.fields.get("customer_type", case.customer_type)
    if case.accepted is None:
        case.accepted = event


def _spoke(case: Case, event: Event) -> None:
    if case.resolved is None and not case.reopenings:
        case.interactions += 1


def _respond(case: Case, event: Event) -> None:
    _spoke(case, event)
    case.told = event
    if case.responded is None:
        case.responded = event


def _update(case: Case, event: Event) -> None:
    case.told = event


def _require(case: Case, event: Event) -> None:
    if event.fields.get("confirmed"):
        case.requirement = event


def _find(case: Case, event: Event) -> None:
    case.cause = event.fields.get("cause", case.cause)
    case.character = event.fields.get("character", case.character)


def _propose(case: Case, event: Event) -> None:
    case.proposals[event.fields["proposal"]] = Proposal(event, {})


def _reply(case: Case, event: Event) -> None:
    replies = case.proposals[event.fields["proposal"]].replies
    replies[event.fields["party"]] = event.fields["reply"]


def _resolve(case: Case, event: Event) -> None:
    case.resolved = event
    case.how = event.fields["how"]


def _owe(case: Case, event: Event) -> None:
    get = event.fields
    case.tasks[get["task"]] = Task(event, get["owner"], get["due"], None)


def _do(case: Case, event: Event) -> None:
    name = event.fields["task"]
    case.tasks[name] = case.tasks[name]._replace(done=event)


def _ask(case: Case, event: Event) -> None:
    score = event.fields.get("score")
    if event.fields.get("ended") is not None:
        case.ended = event
    if score is not None:
        case.verified = event
    if score is not None or not event.fields.get("reached", True):
        case.answers.append(Answer(event, score))


def _teach(case: Case, event: Event) -> None:
    get = event.fields
    case.lessons[get["lesson"]] = Lesson(event, get["owner"], get.get("due"), None)


def _learn(case: Case, event: Event) -> None:
    name = event.fields["lesson"]
    case.lessons[name] = case.lessons[name]._replace(done=event)


def _obstruct(case: Case, event: Event) -> None:
    case.obstructions.append(event)


def _change(case: Case, event: Event) -> None:
    case.changes.append(event)


def _escalate(case: Case, event: Event) -> None:
    case.level = event.fields["to"]
    case.escalations.append(event)
    case.handler = event.fields.get("handler", case.handler)


def _reopen(case: Case, event: Event) -> None:
    case.reopenings.append(event)
    case.resolved = case.how = case.verified = case.ended = case.waived = case.closed = None
    if case.handler is None:
        case.state = OPEN


def _close(case: Case, event: Event) -> None:
    case.closed = event
    if event.fields.get("survey_waived") is not None:
        case.waived = event


_EFFECTS: dict[str, Effect] = {
    "case_accepted": _accept,
    "case_contact": _spoke,
    "case_response": _respond,
    "case_update": _update,
    "case_requirement": _require,
    "case_change": _change,
    "case_finding": _find,
    "case_proposal": _propose,
    "case_reply": _reply,
    "case_resolution": _resolve,
    "case_task": _owe,
    "case_task_done": _do,
    "case_survey": _ask,
    "case_lesson": _teach,
    "case_lesson_done": _learn,
    "case_obstruction": _obstruct,
    "case_escalated": _escalate,
    "case_reopened": _reopen,
    "case_closed": _close,
}
