"""How long somebody holds a customer yet, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conflictctl.calendar import DAY
from conflictctl.render.language import day_text, moment_text
from conflictctl.wording import N_, Sentence, Span, Term, Who

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar
    from conflictctl.deadlines import Hold


def hold_sentence(hold: Hold, reader: str | None, calendar: Calendar) -> Sentence:
    """Who holds the customer and until when, said to the one who serves him."""
    customer = hold.customer
    if hold.staff is None:
        return _not_held(hold)
    own = hold.staff == reader
    if hold.ends == "no_level":
        if own:
            return Sentence(
                "{customer} is yours; without a level no day is set for the next contact",
                customer=customer,
            )
        return Sentence("{customer} is held by {staff}", customer=customer, staff=Who(hold.staff))
    if hold.until is None or hold.days is None:
        if own:
            return Sentence("{customer} is yours; no day is set", customer=customer)
        return Sentence("{customer} is held by {staff}", customer=customer, staff=Who(hold.staff))
    template = _TEMPLATES[own, (hold.days > 0) - (hold.days < 0)]
    return Sentence(
        template,
        customer=customer,
        staff=Who(hold.staff),
        until=end_text(hold.until, calendar),
        span=Span(abs(hold.days), "d"),
    )


_TEMPLATES = {
    (True, 1): N_("{customer} is yours until {until}: {span} left"),
    (True, 0): N_("{customer} is yours until {until}: today is the last day"),
    (True, -1): N_("{customer} is yours, but overdue since {until}: {span}"),
    (False, 1): N_("{customer} is held by {staff} until {until}: {span} left"),
    (False, 0): N_("{customer} is held by {staff} until {until}: today is the last day"),
    (False, -1): N_("{customer} is held by {staff}, overdue since {until}: {span}"),
}
"""By whether it is the reader's own, and whether days are left (1), none (0) or overrun (-1)."""


def _not_held(hold: Hold) -> Sentence:
    if hold.status == "referred" and hold.referred_to is not None:
        return Sentence(
            "whose {customer} is, the policy leaves to: {instance}",
            customer=hold.customer,
            instance=Term(hold.referred_to),
        )
    return Sentence("{customer} is held by nobody", customer=hold.customer)


def end_text(moment: int, calendar: Calendar) -> str:
    """The end of something: midnight is 24:00 of the day that it closes."""
    if calendar.start_of(calendar.day(moment)) == moment:
        return f"{day_text(calendar.day(moment - DAY // 2))} 24:00"
    return moment_text(moment, calendar)
