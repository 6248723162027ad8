"""One step of a case in a few words: what it was, and what was said."""

from __future__ import annotations

from collections.abc import Iterator

from conflictctl.events import CUSTOMER_PARTY, Event
from conflictctl.people import People
from conflictctl.render.entry_words import entry_text
from conflictctl.render.language import list_joined, person, say, shown, term, tr
from conflictctl.wording import N_, Sentence

_WORDS = (
    "reason",
    "demand",
    "said",
    "requirement",
    "change",
    "facts",
    "text",
    "root_cause",
    "improvement",
    "comment",
    "summary",
    "ended",
    "survey_waived",
)
"""Fields that hold what was said or written; the first that is there is shown."""

_NAMED = {
    "handler": N_("handler {value}"),
    "severity": N_("severity {value}"),
    "third_party": N_("by {value}"),
    "owner": N_("owner {value}"),
    "due": N_("by {value}"),
    "impact": N_("impact: {value}"),
    "cost": N_("cost {value}"),
    "party": N_("party {value}"),
}
_TERMS = ("channel", "how", "reply", "to", "cause", "measure")
_NAMES = ("proposal", "task", "lesson")
_PERSONS = frozenset({"handler", "owner", "party"})


def step_text(event: Event, people: People) -> str:
    """`proposal P1: replace it`; `reply P1, party customer, accepts`."""
    if not event.kind.startswith("case_"):
        return entry_text(event, people)
    head = list_joined([_head(event), *_particulars(event, people)])
    words = next((event.fields[name] for name in _WORDS if event.get(name)), None)
    return head if words is None else f"{head}: {shown(words)}"


def _head(event: Event) -> str:
    named = next((event.fields[name] for name in _NAMES if event.get(name)), None)
    return term(event.kind) if named is None else f"{term(event.kind)} {shown(named)}"


def _particulars(event: Event, people: People) -> Iterator[str]:
    get = event.fields.get
    for name, template in _NAMED.items():
        value = get(name)
        if value is None or (event.kind == "case_opened" and name != "severity"):
            continue
        if name in _PERSONS:
            value = tr("the customer") if value == CUSTOMER_PARTY else person(value, people)
        yield say(Sentence(template, value=value))
    for name in _TERMS:
        word = get(name)
        if word is not None:
            yield term(word)
    if get("score") is not None:
        yield f"{get('score')}/5"
    if get("reached") is False:
        yield tr("not reached")
    people_named = get("people")
    if people_named:
        yield list_joined([shown(one) for one in people_named])
    for file in get("files") or ():
        yield shown(file["name"])
    evidence = get("evidence")
    if evidence:
        yield list_joined([_reference(ref) for ref in evidence])
    if get("confirmed"):
        yield tr("confirmed by the customer")
    if event.kind == "case_change":
        yield (
            tr("accepted by the customer")
            if get("accepted")
            else tr("not accepted by the customer")
        )


def _reference(ref: str | int) -> str:
    return f"#{ref}" if isinstance(ref, int) else shown(ref)
