"""One entry of the register in a few words: what happened, and what it says of whom."""

from __future__ import annotations

from collections.abc import Iterator

from conflictctl.events import Event
from conflictctl.people import People
from conflictctl.render.language import list_joined, person, say, shown, term, tr
from conflictctl.wording import N_, Sentence, Term, Who

_CHANNELS = {
    "phone": N_("follow-up by telephone"),
    "visit": N_("follow-up in person"),
    "wechat": N_("follow-up by WeChat"),
    "sms": N_("follow-up by text message"),
    "email": N_("follow-up by e-mail"),
}
_DIRECTIONS = {
    ("visit", "in"): N_("reception"),
    ("visit", "out"): N_("outgoing visit"),
    ("call", "in"): N_("incoming call"),
    ("call", "out"): N_("outgoing call"),
}
_ADDRESSED = {
    "inform": N_("told {to}"),
    "filing": N_("filing with {to}"),
    "accompany": N_("accompanied to {to}"),
    "notice": N_("notice of an overdue follow-up to {to}"),
    "reassign": N_("transfer to {to} ({cause})"),
    "demand": N_("customer asks for {to}"),
    "claim": N_("claim, addressed to {to}"),
}
_NAMED = {
    "named": N_("customer asked for {who}"),
    "witness": N_("witness {who}"),
    "accompanied_by": N_("accompanied by {who}"),
    "approved_by": N_("approved by {who}"),
}
_CONCERNED = {
    "correction": ("corrects", N_("correction of {event}")),
    "void": ("voids", N_("{event} declared void")),
    "confirm": ("on", N_("confirmation of {event}")),
    "appeal": ("against", N_("appeal against {event}")),
}


def entry_text(event: Event, people: People) -> str:
    """`reception, level A`; `follow-up by telephone, customer not reached`; `told 王强 (wang)`."""
    return list_joined([_what(event, people), *_particulars(event, people)])


def _what(event: Event, people: People) -> str:
    kind = event.kind
    directed = _DIRECTIONS.get((kind, str(event.get("direction"))))
    if directed is not None:
        return tr(directed)
    if kind == "followup":
        return tr(_CHANNELS.get(str(event.get("channel")), N_("follow-up")))
    addressee = event.get("to") or event.get("to_outlet")
    if kind in _ADDRESSED and addressee:
        cause = Term(str(event.get("cause", "other")))
        return say(Sentence(_ADDRESSED[kind], to=Who(addressee), cause=cause), people)
    if kind in _CONCERNED:
        field, template = _CONCERNED[kind]
        return say(Sentence(template, event=_reference(event.get(field))))
    if kind == "level":
        return say(Sentence("level set to {level}", level=event.get("level", "")))
    if kind == "ruling" and event.get("instance"):
        return say(Sentence("ruling of the {instance}", instance=Term(event.fields["instance"])))
    return term(kind)


def _reference(value: object) -> str:
    return f"#{value}" if isinstance(value, int) else str(value)


def _particulars(event: Event, people: People) -> Iterator[str]:
    if event.get("reached") is False:
        yield tr("customer not reached")
    if event.kind != "level" and event.get("level"):
        yield say(Sentence("level {level}", level=event.fields["level"]))
    if event.kind == "visit":
        yield from _asked(event, people)
    for field, template in _NAMED.items():
        if event.get(field):
            yield say(Sentence(template, who=Who(event.fields[field])), people)
    for part in event.get("shares") or event.get("award") or ():
        yield f"{person(part['party'], people)} {shown(part['share'])} %"
    if event.get("question"):
        yield f"{shown(event.fields['question'])} = {shown(event.get('answer'))}"
    if event.get("amount"):
        yield f"{shown(event.fields['amount'])} {shown(event.get('currency', ''))}".rstrip()


def _asked(event: Event, people: People) -> Iterator[str]:
    answer = event.get("answer")
    if answer == "none":
        yield tr("customer denied earlier contact")
    elif answer:
        yield say(Sentence("customer named {who}", who=Who(answer)), people)
    elif event.get("asked") is False:
        yield tr("customer was not asked")
