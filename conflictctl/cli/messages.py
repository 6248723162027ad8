"""Messages of what is due: to whom, by which channel, sent once a day and put on record."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from conflictctl.errors import NotPermitted, SendingFailed, WrongUsage
from conflictctl.render.language import language, speaking
from conflictctl.render.terminal import warning_line
from conflictctl.wording import N_, Sentence, Who

if TYPE_CHECKING:
    from conflictctl.cli.question import Question
    from conflictctl.cli.session import Session
    from conflictctl.deadlines import Due
    from conflictctl.notify import Channel, Channels, Routes
    from conflictctl.reminders import Reminder
    from conflictctl.render.reminder_text import Page

NOTIFY = typer.Option(
    "--notify",
    metavar="URL",
    help=N_("Also send the list to this apprise URL; may be repeated."),
)
ROUTES = typer.Option(
    "--notify-routes",
    metavar="FILE",
    help=N_("Remind everybody of his own, and superiors of what is late, as this file routes it."),
)
FULL = typer.Option(
    "--full", help=N_("Names and telephone numbers whole in messages; else they are masked.")
)


class Letter(NamedTuple):
    """One message and the channels it goes by; `to` is None where the address is the reader."""

    to: str | None
    title: str
    body: str
    channels: list[Channel]


class Outcome(NamedTuple):
    """What became of the messages: how many were sent now and earlier today, what failed."""

    sent: int
    earlier: int
    failed: list[Sentence]

    @property
    def told(self) -> Sentence:
        """The outcome in one line."""
        return Sentence(
            "{sent} sent, {earlier} sent earlier today, {failed} failed",
            sent=self.sent,
            earlier=self.earlier,
            failed=len(self.failed),
        )

    def failure(self) -> SendingFailed | None:
        """The first failure as the whole run's; None if all went well."""
        if not self.failed:
            return None
        return SendingFailed(
            self.failed[0], Sentence("the same command again sends only what is still wanting")
        )


def acting(session: Session, question: Question) -> str:
    """Who answers for what is done by itself.  Raises NotPermitted if nobody does."""
    from conflictctl.permissions import WHO_ACTS

    actor = session.actor(question.people)
    if actor is None:
        raise NotPermitted(
            Sentence("nobody acts: what happens by itself, too, is recorded in somebody's name"),
            WHO_ACTS,
        )
    return actor


def routes_file(session: Session, named: str | None) -> Path | None:
    """The routing file: `--notify-routes`, else the config file's `notify_routes`."""
    place = named or session.config.get("notify_routes")
    return Path(place).expanduser() if place is not None else None


def notify(
    session: Session,
    question: Question,
    found: Sequence[Due],
    actor: str,
    *,
    urls: Sequence[str],
    routes: Path | None,
    full: bool,
) -> Outcome:
    """Send what has not been sent today, and record each sending.

    Every address is understood before the first message goes out.  Raises InputRejected for a
    faulty file or address, WrongUsage without apprise, Busy while another run sends.
    """
    from conflictctl.notify import Channels

    page = _page(question, found, full)
    channels = Channels(question.register.origin)
    letters = list(_letters(question, found, page, channels, urls, routes))
    if not letters:
        return Outcome(0, 0, [])
    return _deliver(session, question, letters, actor)


def _page(question: Question, found: Sequence[Due], full: bool) -> Page:
    from conflictctl.render.reminder_text import Page

    concerned = {due.customer for due in found if due.customer is not None}
    return Page(
        question.register.cards(concerned),
        question.people,
        question.calendar,
        question.as_of,
        full=full,
    )


def _letters(
    question: Question,
    found: Sequence[Due],
    page: Page,
    channels: Channels,
    urls: Sequence[str],
    routes: Path | None,
) -> Iterator[Letter]:
    from conflictctl.notify import addressed, read_routes

    if urls:
        to_all = addressed(urls, channels, "--notify")
        if found:
            yield Letter(None, page.title, page.of_everybody(found), to_all)
    if routes is None:
        return
    routing = read_routes(routes)
    _warn_of_file(routes, routing, question)
    for to, told in _by_person(question, found, routing):
        outlet = question.people.outlet(to, question.as_of)
        addresses = routing.of(to, outlet)
        if not addresses:
            _warn(Sentence("{path} says no address for {staff}", path=str(routes), staff=Who(to)))
            continue
        with speaking(routing.languages.get(to, language())):
            title, body = page.title, page.of_person(to, told)
        yield Letter(to, title, body, addressed(addresses, channels, str(routes)))


def _by_person(
    question: Question, found: Sequence[Due], routing: Routes
) -> Iterable[tuple[str, list[Reminder]]]:
    from conflictctl.reminders import reminders

    told, nobody = reminders(
        found, question.people, question.calendar, question.as_of, routing.ladder
    )
    for due in nobody:
        _warn(
            Sentence(
                "nobody is there to be reminded of {what}", what=due.customer or due.case or "?"
            )
        )
    people: dict[str, list[Reminder]] = {}
    for each in told:
        people.setdefault(each.to, []).append(each)
    return sorted(people.items())


def _deliver(
    session: Session, question: Question, letters: Sequence[Letter], actor: str
) -> Outcome:
    from conflictctl.notify import send
    from conflictctl.register.sendings import (
        Sending,
        record_sending,
        sending_turn,
        sent_already,
    )

    register = question.register
    day = question.calendar.day(question.as_of)
    sent = earlier = 0
    failed: list[Sentence] = []
    with sending_turn(register, session.clock):
        for letter in letters:
            for channel in letter.channels:
                sending = Sending(day, letter.to, channel.scheme, channel.mark)
                if sent_already(register, sending):
                    earlier += 1
                    continue
                reason = send(channel, letter.title, letter.body)
                if reason is not None:
                    failed.append(_failure(channel, letter.to, reason))
                    continue
                record_sending(register, sending, actor, session.clock)
                sent += 1
    return Outcome(sent, earlier, failed)


def _failure(channel: Channel, to: str | None, reason: str) -> Sentence:
    if to is None:
        return Sentence(
            "{channel} did not take the message: {reason}", channel=repr(channel), reason=reason
        )
    return Sentence(
        "{channel} did not take the message for {staff}: {reason}",
        channel=repr(channel),
        staff=Who(to),
        reason=reason,
    )


def warn_of_failures(outcome: Outcome, question: Question) -> None:
    """Every failure but the first, which the command ends with."""
    for sentence in outcome.failed[1:]:
        print(warning_line(sentence, question.people, question.calendar), file=sys.stderr)


def refuse_as_of(as_of: str | None, urls: Sequence[str], routes: str | None) -> None:
    """A message is about now; another moment's list would reach people as today's."""
    if as_of is not None and (urls or routes is not None):
        raise WrongUsage(
            Sentence("messages are about now: --as-of does not go with them"),
            Sentence("leave out --as-of, or --notify and --notify-routes"),
        )


def _warn_of_file(path: Path, routing: Routes, question: Question) -> None:
    import os

    if os.name == "posix" and path.stat().st_mode & 0o077:
        _warn(
            Sentence(
                "{path} holds secrets and others may read it: chmod 600 {path}", path=str(path)
            )
        )
    people = question.people
    unknown = [name for name in (*routing.staff, *routing.languages) if name not in people.staff]
    unknown += [name for name in routing.outlets if name not in people.outlet_names]
    if unknown:
        _warn(
            Sentence(
                "{path} names whom the register does not know: {names}",
                path=str(path),
                names=list(dict.fromkeys(unknown)),
            )
        )


def _warn(sentence: Sentence) -> None:
    print(warning_line(sentence), file=sys.stderr)
