"""One case for people: where it stands, what is due, what was said and done; and lists of cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from conflictctl.cases.procedure import FIRST_LEVEL, UNDERWAY, next_step
from conflictctl.render.case_words import step_text
from conflictctl.render.language import list_joined, moment_text, person, say, shown, term, tr
from conflictctl.render.layout import cells, pad, wrap
from conflictctl.render.overdue_table import case_deadline, deadline_text, when_text
from conflictctl.render.safe import safe
from conflictctl.render.terminal import Column, is_terminal, print_table, width
from conflictctl.wording import N_, Sentence, When, Who

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar, Moment
    from conflictctl.cases.due import Deadline
    from conflictctl.cases.policy import CasePolicy
    from conflictctl.cases.procedure import Case
    from conflictctl.events import Event
    from conflictctl.people import People
    from conflictctl.render.ruling_json import Head

WIDEST = 120


def deadline_name(due: Deadline) -> str:
    """What is due, in words: `first response`, `task T1`."""
    return case_deadline(due.what, due.task)


def deadline_line(due: Deadline, calendar: Calendar) -> str:
    """`next deadline: first response, 2026-03-02 11:00`."""
    return say(
        Sentence(
            "next deadline: {what}, {when}",
            what=deadline_name(due),
            when=deadline_text(due.due, calendar),
        )
    )


def level_title(level: str, policy: CasePolicy) -> str:
    """What the company calls a level of its ladder."""
    known = next((one for one in policy.ladder if one.id == level), None)
    return say(known.title) if known is not None else term(level)


def list_columns() -> list[Column]:
    """The headings of a list of cases."""
    return [
        Column(tr("case")),
        Column(tr("state")),
        Column(tr("severity"), right=True),
        Column(tr("customer or parties")),
        Column(tr("handler")),
        Column(tr("opened")),
        Column(tr("next deadline")),
    ]


def list_row(
    case: Case,
    due: Deadline | None,
    calendar: Calendar,
    people: People,
    names: Mapping[str, str],
    policy: CasePolicy,
) -> list[str]:
    """One case in a list."""
    state = term(case.state)
    if case.level != FIRST_LEVEL:
        state += f" ({level_title(case.level, policy)})"
    return [
        case.id,
        state,
        str(case.severity),
        _whose(case, people, names),
        person(case.handler, people) if case.handler is not None else "",
        moment_text(case.opened.at, calendar)[:10],
        "" if due is None else f"{deadline_text(due.due, calendar)} {deadline_name(due)}",
    ]


def _whose(case: Case, people: People, names: Mapping[str, str]) -> str:
    if case.customer is not None:
        name = names.get(case.customer, "")
        return f"{case.customer} {name}".rstrip()
    return list_joined([person(party, people) for party in case.parties] + list(case.departments))


def case_sheet(
    case: Case,
    due: Sequence[Deadline],
    *,
    policy: CasePolicy,
    calendar: Calendar,
    people: People,
    names: Mapping[str, str],
    as_of: Moment,
    head: Head,
) -> None:
    """Print all of one case."""
    sheet = _Sheet(case, policy, calendar, people)
    sheet.heading(f"{case.id}  {term(case.category)}  {term(case.state)}")
    sheet.pairs(_head(case, policy, calendar, people, names))
    sheet.deadlines(due, as_of)
    sheet.requirement()
    sheet.proposals()
    sheet.resolution()
    sheet.tasks()
    sheet.satisfaction()
    sheet.lessons()
    sheet.steps()
    sheet.line()
    if case.state in UNDERWAY:
        sheet.text(say(next_step(case)))
    sheet.text(say(Sentence("register at #{seq}, head {head}", seq=head.seq, head=head.text)))


def _head(
    case: Case,
    policy: CasePolicy,
    calendar: Calendar,
    people: People,
    names: Mapping[str, str],
) -> dict[str, str]:
    opened = case.opened
    pairs: dict[str, str] = {}
    if case.customer is not None:
        pairs[tr("customer")] = f"{case.customer} {names.get(case.customer, '')}".rstrip()
    if case.customer_type is not None:
        pairs[tr("kind of customer")] = term(case.customer_type)
    if case.deal is not None:
        pairs[tr("deal")] = case.deal
    if case.parties or case.departments:
        pairs[tr("parties")] = list_joined(
            [person(party, people) for party in case.parties] + list(case.departments)
        )
    pairs[tr("opened")] = say(
        Sentence("{when} by {staff}", when=When(opened.at), staff=Who(opened.by or "?")),
        people,
        calendar,
    ) + (f" ({term(case.channel)})" if case.channel is not None else "")
    if case.outlet is not None:
        pairs[tr("outlet")] = person(case.outlet, people)
    pairs[tr("severity")] = str(case.severity)
    kinds = [case.nature, *([case.character] if case.character is not None else [])]
    pairs[tr("nature")] = list_joined([term(kind) for kind in kinds])
    if case.cause is not None:
        cause = policy.causes.get(case.cause)
        pairs[tr("cause")] = say(cause.title) if cause is not None else term(case.cause)
    pairs[tr("handler")] = (
        person(case.handler, people) if case.handler is not None else tr("nobody yet")
    )
    if case.level != FIRST_LEVEL:
        pairs[tr("level")] = level_title(case.level, policy)
    if case.articles:
        pairs[tr("articles")] = list_joined(list(case.articles))
    if opened.get("demand"):
        pairs[tr("demand")] = opened.fields["demand"]
    if opened.get("facts"):
        pairs[tr("facts")] = opened.fields["facts"]
    return pairs


class _Sheet:
    """One case on one terminal or in one pipe."""

    def __init__(self, case: Case, policy: CasePolicy, calendar: Calendar, people: People) -> None:
        self.case = case
        self.policy = policy
        self.calendar = calendar
        self.people = people
        self.width = min(width(), WIDEST)
        self.fold = is_terminal()

    def line(self, text: str = "") -> None:
        print(text.rstrip())

    def text(self, text: str) -> None:
        for line in wrap(text, self.width, fold=self.fold):
            self.line(line)

    def heading(self, text: str) -> None:
        from conflictctl.render.terminal import console

        if self.fold:
            from rich.text import Text

            console().print(Text(safe(text), "bold"), soft_wrap=True)
        else:
            self.line(safe(text))

    def pairs(self, pairs: Mapping[str, str]) -> None:
        size = max(map(cells, pairs))
        for name, value in pairs.items():
            first = True
            for part in value.splitlines() or [""]:
                for line in wrap(safe(part), max(self.width - size - 2, 20), fold=self.fold):
                    self.line(f"{pad(name if first else '', size)}  {line}")
                    first = False

    def _section(self, title: str) -> None:
        self.line()
        self.heading(title)

    def when(self, event: Event | None) -> str:
        return "" if event is None else moment_text(event.at, self.calendar)

    def deadlines(self, due: Sequence[Deadline], as_of: Moment) -> None:
        if not due:
            return
        self._section(tr("Deadlines"))
        today = self.calendar.day(as_of)
        print_table(
            [Column(tr("what")), Column(tr("due")), Column(tr("who")), Column("")],
            (
                [
                    deadline_name(one),
                    deadline_text(one.due, self.calendar),
                    person(one.staff, self.people) if one.staff is not None else "",
                    self._kept(one, as_of, today),
                ]
                for one in due
            ),
        )
        for one in due:
            if one.met is None and one.proposes is not None and one.due <= as_of:
                self.text(
                    say(
                        Sentence(
                            "{what} is overdue: `conflictctl case escalate {case} --to {level} "
                            "--reason …` takes it to the {title}",
                            what=deadline_name(one),
                            case=self.case.id,
                            level=one.proposes,
                            title=level_title(one.proposes, self.policy),
                        )
                    )
                )
                break

    def _kept(self, due: Deadline, as_of: Moment, today: int) -> str:
        if due.met is not None:
            kept = N_("kept, {when}") if due.met <= due.due else N_("late, {when}")
            return say(Sentence(kept, when=When(due.met)), None, self.calendar)
        if due.due <= as_of and self.calendar.day(due.due - 1) == today:
            return tr("overdue since today")
        return when_text(today - self.calendar.day(due.due - 1))

    def requirement(self) -> None:
        case = self.case
        if case.requirement is None and not case.changes:
            return
        self._section(tr("Requirement"))
        if case.requirement is not None:
            self.text(
                say(
                    Sentence(
                        "confirmed {when}: {text}",
                        when=When(case.requirement.at),
                        text=case.requirement.get("requirement", ""),
                    ),
                    None,
                    self.calendar,
                )
            )
        for event in case.changes:
            self.text(f"- {self.when(event)}  {step_text(event, self.people)}")

    def proposals(self) -> None:
        if not self.case.proposals:
            return
        self._section(tr("Proposals"))
        for name, proposal in self.case.proposals.items():
            event = proposal.event
            self.text(f"{safe(name)}  {shown(event.get('text', ''))}")
            for mark, field in (("+", "pros"), ("-", "cons")):
                if event.get(field):
                    self.text(f"    {mark} {shown(event.fields[field])}")
            for party, reply in proposal.replies.items():
                self.text(f"    {self.party(party)}: {term(reply)}")

    def party(self, party: str) -> str:
        return tr("the customer") if party == "customer" else person(party, self.people)

    def resolution(self) -> None:
        event = self.case.resolved
        if event is None:
            return
        self._section(tr("Resolution"))
        how = term(self.case.how or "")
        text = event.get("text") or event.get("reason") or ""
        self.text(f"{self.when(event)}  {how}  {shown(text)}".rstrip())

    def tasks(self) -> None:
        if not self.case.tasks:
            return
        self._section(tr("Tasks"))
        print_table(
            [
                Column(tr("task")),
                Column(tr("owner")),
                Column(tr("due")),
                Column(tr("done")),
                Column(tr("what")),
            ],
            (
                [
                    name,
                    self.party(task.owner),
                    task.due,
                    self.when(task.done)[:10],
                    task.event.get("text", ""),
                ]
                for name, task in self.case.tasks.items()
            ),
        )

    def satisfaction(self) -> None:
        case = self.case
        if not case.answers and case.ended is None and case.waived is None:
            return
        self._section(tr("Satisfaction"))
        for answer in case.answers:
            score = tr("not reached") if answer.score is None else f"{answer.score}/5"
            comment = answer.event.get("comment") or ""
            self.text(f"{self.when(answer.event)}  {score}  {shown(comment)}".rstrip())
        for event, field in ((case.ended, "ended"), (case.waived, "survey_waived")):
            if event is not None:
                self.text(
                    say(
                        Sentence(
                            "{when}  nobody is asked any more: {reason}",
                            when=When(event.at),
                            reason=event.get(field, ""),
                        ),
                        None,
                        self.calendar,
                    )
                )

    def lessons(self) -> None:
        if not self.case.lessons:
            return
        self._section(tr("Lessons"))
        for name, lesson in self.case.lessons.items():
            done = f" ({tr('put to use')} {self.when(lesson.done)[:10]})" if lesson.done else ""
            due = f" {lesson.due}" if lesson.due else ""
            self.text(f"{safe(name)}  {person(lesson.owner, self.people)}{due}{done}")
            for field in ("root_cause", "improvement"):
                self.text(f"    {tr(_LESSON[field])}: {shown(lesson.event.get(field, ''))}")

    def steps(self) -> None:
        self._section(tr("Steps"))
        print_table(
            [Column("#", right=True), Column(tr("when")), Column(tr("who")), Column(tr("what"))],
            self._step_rows(),
        )

    def _step_rows(self) -> Iterator[list[str]]:
        opened = self.case.opened
        yield self._step(opened, step_text(opened, self.people))
        for tried in self.case.tried:
            what = step_text(tried.event, self.people)
            if tried.refusal is not None:
                reason = say(tried.refusal.reason, self.people, self.calendar)
                what = f"{what} [{tr('without effect')}: {reason}]"
            yield self._step(tried.event, what)

    def _step(self, event: Event, what: str) -> list[str]:
        who = person(event.by, self.people) if event.by is not None else ""
        return [str(event.seq), self.when(event), who, what]


_LESSON = {"root_cause": N_("root cause"), "improvement": N_("improvement")}
