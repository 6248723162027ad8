"""One event entered live: read, checked against the actor's role, added, acknowledged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from conflictctl.calendar import offset_text
from conflictctl.cli.session import Session, staff_hint
from conflictctl.errors import InputRejected, NotPermitted
from conflictctl.events import KINDS, Draft, Event, read_line, references
from conflictctl.permissions import MANAGEMENT, WHO_ACTS, refusal, who_may
from conflictctl.render.language import say, tr
from conflictctl.render.terminal import warning_line
from conflictctl.wording import Sentence, Who

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar, Moment
    from conflictctl.history import Entry, History
    from conflictctl.people import People
    from conflictctl.register.store import Receipt, Register, Writer


Line = dict[str, Any]
Complete = Callable[["Writer", Line, "Calendar"], Line]


def record(
    session: Session,
    line: Line,
    at: str | None = None,
    *,
    may_create: bool = False,
    complete: Complete | None = None,
) -> Receipt:
    """Record one interchange line in the actor's name and return its receipt.

    `at` is what the user wrote after `--at`.  With `may_create` a missing register is made.
    `complete` adds to the line what only the register knows, inside the transaction.
    Raises what the register and the permissions raise.
    """
    if complete is None or may_create:
        read_line(line)  # what is faulty by itself is refused before a register is made
    register = session.open_or_create() if may_create else session.open()
    if at is not None:
        line = {**line, "at": register.calendar.iso(moment_at(at, session, register.calendar))}
    with register.writing(session.clock) as writer:
        session.people = writer.people
        actor = session.actor(writer.people, line["kind"])
        if complete is not None:
            line = complete(writer, line, register.calendar)
        return enter(writer, read_line(line), actor, register.calendar, allow_duplicates=True)


def moment_at(
    text: str, session: Session, calendar: Calendar, *, allow_future: bool = False
) -> Moment:
    """The moment that a time on the command line names."""
    from conflictctl.cli.times import read_at

    return read_at(text, session.clock(), calendar, allow_future=allow_future)


def enter(
    writer: Writer, draft: Draft, actor: str | None, calendar: Calendar, *, allow_duplicates: bool
) -> Receipt:
    """Add a draft in the actor's name, if he may."""
    draft = draft._replace(by=draft.by if draft.by is not None else actor, recorded_by=actor)
    _check_staff(draft, writer.people)
    if draft.id is not None and writer.target(draft.id) is not None:
        # Sent again: it is acknowledged or contradicts the first, and adds nothing.
        return writer.add(draft)
    target = _target(writer, draft, calendar)
    reason = refusal(
        writer.people,
        draft,
        actor,
        writer.now,
        target=target,
        involved=lambda: writer.parties(draft, target),
    )
    if reason is not None:
        raise NotPermitted(reason, who_may(draft) if actor is not None else WHO_ACTS)
    if target is None and draft.kind in _IMPLIED:
        _check_implied(draft)
    if KINDS[draft.kind].group == "case":
        from conflictctl.cli.case_files import checked_step

        draft = checked_step(writer, draft, calendar)
    return writer.add(draft, allow_duplicates=allow_duplicates)


def _check_staff(draft: Draft, people: People) -> None:
    for refers, name in references(draft):
        if refers == "staff" and name not in people.staff:
            raise InputRejected(
                Sentence("no member of staff {staff}", staff=name), staff_hint(name, people)
            )


def standing(events: Sequence[Event], people: People, calendar: Calendar, now: Moment) -> History:
    """A dossier's entries as corrections, voids and links have left them."""
    from conflictctl.history import Powers, replay

    return replay(
        events, people=people, calendar=calendar, as_of=now, powers=Powers(frozenset(MANAGEMENT))
    )


def _target(writer: Writer, draft: Draft, calendar: Calendar) -> Event | None:
    """The entry a draft speaks of; one to be confirmed as corrections have left it."""
    if draft.kind in _IMPLIED and draft.fields.get("on") is None:
        return _implied(writer, draft, calendar)
    target = writer.target_of(draft)
    if target is None or draft.kind != "confirm" or target.customer is None:
        return target
    entries = _entries(writer, target.customer, calendar)
    return next(
        (target._replace(fields=entry.fields) for entry in entries if entry.seq == target.seq),
        target,
    )


def _entries(writer: Writer, customer: str, calendar: Calendar) -> list[Entry]:
    events = writer.involved_events(customer)
    return standing(events, writer.people, calendar, writer.now).entries


# What a kind speaks of where it names no entry: the customer's latest of this kind.
_IMPLIED = {"withdraw_claim": "claim", "cancel_order": "order"}


def _implied(writer: Writer, draft: Draft, calendar: Calendar) -> Event | None:
    if draft.customer is None or not writer.customer_known(draft.customer):
        return None
    wanted = _IMPLIED[draft.kind]
    found = [
        entry.event
        for entry in _entries(writer, draft.customer, calendar)
        if entry.kind == wanted and not entry.voided and (wanted == "order" or entry.by == draft.by)
    ]
    return found[-1] if found else None


def _check_implied(draft: Draft) -> None:
    """Refuse what speaks of the customer's latest claim or order where there is none."""
    if draft.fields.get("on") is not None or draft.customer is None:
        return  # the register says what is wrong
    if draft.kind == "cancel_order":
        raise InputRejected(
            Sentence("{customer} has no order that could be cancelled", customer=draft.customer),
            Sentence(
                "`conflictctl customer show {customer}` shows what there is",
                customer=draft.customer,
            ),
        )
    raise InputRejected(
        Sentence(
            "{customer} has no claim of {staff}",
            customer=draft.customer,
            staff=Who(draft.by or "?"),
        ),
        Sentence("--by or --on says whose claim, or which"),
    )


def show_receipt(receipt: Receipt, register: Register, form: str = "text") -> None:
    """Print the acknowledgement of a recorded event; a late entry is remarked on stderr."""
    calendar = register.calendar
    if form == "json":
        from conflictctl.render.json_text import write_json

        write_json(receipt_values(receipt, calendar), sys.stdout)
    else:
        print(receipt_line(receipt, calendar))
    for remark in late_remark(receipt, calendar):
        print(remark, file=sys.stderr)


def late_remark(receipt: Receipt, calendar: Calendar) -> list[str]:
    """What is to be said of a late entry; nothing of others."""
    event = receipt.event
    if receipt.already or calendar.day(event.recorded_at) <= calendar.day(event.at):
        return []
    late = Sentence("entered on a later day than it happened: it stands in the register as late")
    return [warning_line(late)]


def receipt_line(receipt: Receipt, calendar: Calendar) -> str:
    """`recorded #812 visit 2025-03-20 14:30 +08:00 receipt K7QF-3M2A-9XPD-T6WL`."""
    event = receipt.event
    stamp = calendar.local(event.at).strftime("%Y-%m-%d %H:%M")
    text = say(
        Sentence(
            "recorded #{seq} {kind} {time} receipt {receipt}",
            seq=receipt.seq,
            kind=event.kind,
            receipt=receipt.text,
            time=f"{stamp} {offset_text(calendar.offset(event.at))}",
        )
    )
    return f"{text} {tr('(was already there)')}" if receipt.already else text


def receipt_values(receipt: Receipt, calendar: Calendar) -> dict[str, Any]:
    """The acknowledgement as an object for programs."""
    event = receipt.event
    return {
        "seq": receipt.seq,
        "id": event.id,
        "kind": event.kind,
        "customer": event.customer,
        "by": event.by,
        "at": calendar.iso(event.at),
        "recorded_at": calendar.iso(event.recorded_at),
        "receipt": receipt.text,
        "already": receipt.already,
    }
