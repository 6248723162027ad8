"""Whether a draft fits the register: who and what it names is known, its target is apt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conflictctl.calendar import Moment, parse_time
from conflictctl.errors import InputRejected
from conflictctl.events import (
    CASE_STEPS,
    CLAIM_CASE,
    CUSTOMER_PARTY,
    KINDS,
    REFERENCE_FIELDS,
    Draft,
    Event,
    claim_of,
    references,
)
from conflictctl.mending import MENDS
from conflictctl.people import People
from conflictctl.wording import Sentence, Term, When

Find = Callable[[str | int], Event | None]

# Which kind of entry a kind speaks of, where only one makes sense.
_TARGET_KIND = {
    "decision": "filing",
    "cancel_order": "order",
    "withdraw_claim": "claim",
    "appeal": "ruling",
}
_REFERRING_LISTS = {"finding": "strikes", "case_finding": "evidence"}
"""Kinds that name several other events, and the field that does."""
_KEY_FIELD = {
    "outlet": "outlet",
    "staff": "staff",
    "customer": "customer",
    **{name: "case" for name, kind in KINDS.items() if "case" in kind.fields},
}


def resolve(draft: Draft, find: Find) -> tuple[Draft, Event | None]:
    """The draft with every reference in its settled form, and the event it speaks of.

    A reference settles on the target's id, or its `seq` if it has none.  What the draft
    leaves to its target (the customer) is filled in.  Raises InputRejected where the
    target is unknown or not of the kind it must be.
    """
    field = REFERENCE_FIELDS.get(draft.kind)
    if field is None:
        draft = _resolve_case(draft, find)
        return (_resolve_list(draft, find) if draft.kind in _REFERRING_LISTS else draft), None
    ref = draft.fields.get(field)
    if ref is None:
        if draft.customer is None:
            raise InputRejected(
                Sentence("{field}: {problem}", field="customer", problem=Sentence("is missing"))
            )
        return draft, None
    target = _found(field, ref, find)
    _check_target(draft.kind, field, target)
    return (
        draft._replace(
            customer=draft.customer if draft.customer is not None else target.customer,
            fields={**draft.fields, field: settled(target)},
        ),
        target,
    )


def settled(target: Event) -> str | int:
    """How one entry names another in the register."""
    return target.id if target.id is not None else target.seq


def _found(field: str, ref: str | int, find: Find) -> Event:
    target = find(ref)
    if target is None:
        shown = f"#{ref}" if isinstance(ref, int) else ref
        raise InputRejected(
            Sentence("{field}: there is no entry {event}", field=field, event=shown),
            Sentence("name it by its id or as #SEQ; its line must come first"),
        )
    return target


def _resolve_case(draft: Draft, find: Find) -> Draft:
    """The case of a claim has one name, however its claim is referred to."""
    case = draft.fields.get("case")
    claim = claim_of(case) if isinstance(case, str) else None
    target = find(claim) if claim is not None and draft.kind != "case_opened" else None
    if target is None or target.kind != "claim":
        return draft
    return draft._replace(fields={**draft.fields, "case": f"{CLAIM_CASE}{target.ref}"})


def _resolve_list(draft: Draft, find: Find) -> Draft:
    field = _REFERRING_LISTS[draft.kind]
    refs = draft.fields.get(field)
    if not refs:
        return draft
    targets = [_found(field, ref, find) for ref in refs]
    for target in targets:
        _check_target(draft.kind, field, target)
    draft = draft._replace(fields={**draft.fields, field: [settled(target) for target in targets]})
    if draft.customer is not None or draft.kind in CASE_STEPS:
        return draft
    named = next((target.customer for target in targets if target.customer is not None), None)
    return draft._replace(customer=named)


def _check_target(kind: str, field: str, target: Event) -> None:
    wanted = _TARGET_KIND.get(kind)
    if wanted is not None and target.kind != wanted:
        raise InputRejected(
            Sentence(
                "{field}: {event} is of the kind {kind}, not {wanted}",
                field=field,
                event=target.ref,
                kind=Term(target.kind),
                wanted=Term(wanted),
            )
        )
    if KINDS[target.kind].group == "register":
        raise InputRejected(
            Sentence(
                "{field}: {event} is the register's own entry and stands as it is",
                field=field,
                event=target.ref,
            ),
            Sentence("a setting is changed by a later setting"),
        )
    if kind == "correction" and target.kind in MENDS:
        raise InputRejected(
            Sentence(
                "{field}: {event} is itself a {kind}",
                field=field,
                event=target.ref,
                kind=Term(target.kind),
            ),
            Sentence("correct the original entry again, or void the mending entry"),
        )


def check_times(at: Moment, recorded_at: Moment, now: Moment) -> None:
    """Refuse what lies in the future, and what was recorded before it happened."""
    if at > now:
        raise InputRejected(
            Sentence(
                "{field}: {problem}",
                field="at",
                problem=Sentence("{when} is in the future", when=When(at)),
            )
        )
    if recorded_at > now:
        raise InputRejected(
            Sentence(
                "{field}: {problem}",
                field="recorded_at",
                problem=Sentence("{when} is in the future", when=When(recorded_at)),
            )
        )
    if recorded_at < at:
        raise InputRejected(
            Sentence(
                "{field}: {problem}",
                field="recorded_at",
                problem=Sentence("recorded before it happened"),
            )
        )


def check_names(
    draft: Draft,
    people: People,
    customer_known: Callable[[str], bool],
    case_known: Callable[[str], bool],
) -> None:
    """Refuse a draft that names staff, outlets, customers or cases nobody knows.

    The events it names are looked up by `resolve`.
    """
    if draft.by is None and KINDS[draft.kind].by == "required":
        raise InputRejected(
            Sentence("{field}: {problem}", field="by", problem=Sentence("is missing")),
            Sentence("say who acted"),
        )
    staff, outlets = people.staff, people.outlet_names
    for refers, name in references(draft):
        if refers == "staff":
            if name not in staff:
                raise _unknown(Sentence("no member of staff {staff}", staff=name), "staff")
        elif refers == "customer":
            if not customer_known(name):
                raise _unknown(Sentence("no customer {customer}", customer=name), "customer")
        elif refers == "outlet":
            if name not in outlets:
                raise _unknown(Sentence("no outlet {outlet}", outlet=name), "outlet")
        elif refers == "case":
            if not case_known(name):
                raise _unknown(Sentence("no case {case}", case=name), "case")
        elif refers == "case_party":
            if name not in staff and name != CUSTOMER_PARTY:
                raise _unknown(Sentence("no member of staff {staff}", staff=name), "staff")
        elif refers == "party" and name not in staff and name not in outlets:
            raise _unknown(Sentence("no member of staff or outlet {party}", party=name), "staff")


_HINTS = {
    "staff": Sentence("`conflictctl staff list` shows who is known; `staff add` adds somebody"),
    "outlet": Sentence("`conflictctl outlet list` shows the outlets; `outlet add` adds one"),
    "customer": Sentence(
        "`conflictctl customer find` searches by name and phone; `customer add` adds one"
    ),
    "case": Sentence("`conflictctl case list` shows the cases; `case open` opens one"),
}


def _unknown(message: Sentence, what: str) -> InputRejected:
    return InputRejected(message, _HINTS[what])


def check_correction(
    target: Event,
    changes: dict[str, Any],
    people: People,
    customer_known: Callable[[str], bool],
    case_known: Callable[[str], bool],
    find: Find,
) -> dict[str, Any]:
    """The changes of a correction with references settled; they fit the target or are refused."""
    key = _KEY_FIELD.get(target.kind)
    if key is not None and key in changes:
        raise InputRejected(
            Sentence(
                "changes.{field}: {problem}",
                field=key,
                problem=Sentence("cannot be corrected in {kind}", kind=Term(target.kind)),
            ),
            Sentence("ids stay; add the right one anew"),
        )
    if changes.get("at") is not None and parse_time(changes["at"])[0] > target.recorded_at:
        raise InputRejected(
            Sentence(
                "changes.{field}: {problem}",
                field="at",
                problem=Sentence("recorded before it happened"),
            )
        )
    result = dict(changes)
    field = REFERENCE_FIELDS.get(target.kind)
    if field is not None and result.get(field) is not None:
        found = _found(f"changes.{field}", result[field], find)
        _check_target(target.kind, f"changes.{field}", found)
        result[field] = settled(found)
    name = _REFERRING_LISTS.get(target.kind)
    if name is not None and name in result:
        result[name] = [settled(_found(f"changes.{name}", ref, find)) for ref in result[name] or ()]
    named = {
        name: value
        for name, value in result.items()
        if value is not None and name not in ("at", "by", "customer")
    }
    check_names(
        Draft(
            target.kind,
            None,
            None,
            0,
            None,
            result.get("by") or target.by,
            None,
            result.get("customer"),
            named,
        ),
        people,
        customer_known,
        case_known,
    )
    return result
