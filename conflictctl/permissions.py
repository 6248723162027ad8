"""Who may enter what.

Two persons stand behind an entry: its author (`by`), whose act it records, and the one who
enters it.  Entered live, both need the right; in an import, an author without it leaves the
entry without effect, which is only a warning.

* Contacts, levels, cards and claims are those of consultants and supervisors.  A clerk or
  manager may enter them for their author, a supervisor all but claims; a consultant enters
  only his own.
* What decides about others (notices, transfers, decisions on filings, findings, sanctions,
  links of households, any unlink) takes a manager, department head or general manager who is
  no party.  A customer's demand takes one of them to enter it.
* A ruling is entered by the person who rules, whose role fits the instance.
* Personal data are erased by one of them in person, who is no party: notes are evidence.
* Outlets, staff and settings are management's; while there is no management, anybody's.
* An entry is mended by its author, by who entered it, or by management that is no party.
* A confirmation comes from the very person the entry speaks of.
* An auditor records nothing but look-ups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conflictctl.calendar import Moment
from conflictctl.events import ROLES, Draft, Event
from conflictctl.people import People
from conflictctl.wording import Sentence, Term, Who

SELLERS = ("consultant", "supervisor")
MANAGEMENT = ("manager", "department_head", "general_manager")

OWN_BUSINESS = frozenset({"visit", "call", "followup", "level", "card", "claim", "withdraw_claim"})
"""Kinds that record what consultants and supervisors do."""

CLAIMS = frozenset({"claim", "withdraw_claim"})
MANAGERIAL = frozenset({"decision", "notice", "reassign", "finding", "sanction", "unlink"})
"""Kinds that decide about others; `demand` and household links are near to them."""

HOUSE = frozenset(
    {"outlet", "staff", "staff_left", "staff_returned", "staff_moved", "staff_absent", "setting"}
)
"""Kinds that set the register up."""

OF_MANAGEMENT = frozenset({"attestation", "redaction"})
"""Kinds for which a manager answers in person."""

RULING_ROLES: dict[str, tuple[str, ...]] = {
    "supervisor": ("supervisor", "manager", "general_manager"),
    "sales_manager": ("manager", "general_manager"),
    "department_head": ("department_head",),
    "both_heads": ("department_head",),
    "general_manager": ("general_manager",),
    "panel": ("supervisor", *MANAGEMENT),
}
"""Which roles may rule as which instance; whoever stands above may rule for those below."""

_RECORDERS = ("supervisor", "clerk", *MANAGEMENT)
_CLAIM_RECORDERS = ("clerk", *MANAGEMENT)
_OWN_WORD = ("witness", "approved_by", "accompanied_by", "jointly_with", "answer")
_BY_REGISTER = frozenset({"notification", "checkpoint"})

WHO_ACTS = Sentence(
    "--as STAFF or CONFLICTCTL_AS says who acts; "
    "`staff edit STAFF --login NAME` ties a login to somebody"
)

Parties = Callable[[], set[str]]


def has_management(people: People, moment: Moment) -> bool:
    """Whether anybody employed at a moment is manager, department head or general manager."""
    return any(
        person.posts and person.post(moment).role in MANAGEMENT and person.employed(moment)
        for person in people.staff.values()
    )


def refusal(
    people: People,
    draft: Draft,
    actor: str | None,
    moment: Moment,
    *,
    target: Event | None,
    involved: Parties,
) -> Sentence | None:
    """Why a live entry is not permitted, or None if it is.

    `target` is the entry that the draft speaks of, if it speaks of one; `involved` gives the
    parties of the customers concerned and is called only where it matters.  Staff unknown to
    the register are left for it to refuse.
    """
    kind = draft.kind
    if kind in _BY_REGISTER:
        return None
    if kind in HOUSE and not has_management(people, moment):
        return None
    if actor is None:
        return Sentence("nobody acts: the register must know who enters this")
    role = people.role(actor, moment)
    author = draft.by if draft.by is not None else actor
    if role is None or people.role(author, moment) is None:
        return None
    if not people.staff[actor].employed(moment):
        return Sentence("{staff} has left the company", staff=Who(actor))
    if kind in ("correction", "void"):
        return _mending(people, draft, actor, moment, target, involved)
    if kind == "confirm":
        return _confirming(author, actor, target)
    return (
        _author(people, draft, author, actor, moment, target)
        or _recorder(draft, author, actor, role)
        or _own_case(draft, author, actor, involved)
    )


def warning_on_import(
    people: People, draft: Draft, moment: Moment, target: Event | None
) -> Sentence | None:
    """Why an entry of a file has no effect, as far as roles tell, or None."""
    kind, author = draft.kind, draft.by
    if kind in HOUSE or kind in _BY_REGISTER or author is None:
        return None
    recorder = draft.recorded_by or author
    if people.role(author, moment) is None or people.role(recorder, moment) is None:
        return None
    if kind in ("correction", "void"):
        if target is None or author in (target.by, target.recorded_by):
            return None
        return None if _manages(people, author, moment) else _not_his(author, target)
    if kind == "confirm":
        return _confirming(author, author, target)
    return _author(people, draft, author, recorder, moment, target)


def who_may(draft: Draft) -> Sentence:
    """Who could enter such a thing: the hint that goes with a refusal."""
    kind = draft.kind
    if kind in HOUSE:
        return Sentence("it needs one of: {roles}; --as says who acts", roles=_terms(MANAGEMENT))
    if kind == "ruling":
        return Sentence(
            "as {instance} rules, and enters it, one of: {roles}; and no party",
            instance=Term(draft.fields["instance"]),
            roles=_terms(RULING_ROLES[draft.fields["instance"]]),
        )
    if kind in MANAGERIAL or kind in ("demand", "redaction") or _household(draft):
        return Sentence("it needs one of: {roles}; and no party", roles=_terms(MANAGEMENT))
    if kind in OF_MANAGEMENT:
        return Sentence("it needs one of: {roles}", roles=_terms(MANAGEMENT))
    if kind in ("correction", "void"):
        return Sentence(
            "its author may, who entered it, or one of: {roles}; and no party",
            roles=_terms(MANAGEMENT),
        )
    if kind == "confirm":
        return Sentence("only the person named in the entry confirms, acting himself")
    if kind in OWN_BUSINESS:
        return Sentence(
            "--by names one of: {authors}; for another may enter it: {recorders}",
            authors=_terms(SELLERS),
            recorders=_terms(_CLAIM_RECORDERS if kind in CLAIMS else _RECORDERS),
        )
    return Sentence(
        "anybody but an auditor may; for another: {recorders}", recorders=_terms(_RECORDERS)
    )


# ------------------------------------------------------------------ the single questions


def _author(
    people: People, draft: Draft, author: str, recorder: str, moment: Moment, target: Event | None
) -> Sentence | None:
    """Whether the author has the power that the act takes."""
    kind = draft.kind
    role = people.role(author, moment)
    if kind == "check":
        return None
    if role == "auditor":
        return Sentence(
            "{staff} is an auditor, who records nothing but look-ups", staff=Who(author)
        )
    if kind in OWN_BUSINESS and role not in SELLERS:
        return Sentence(
            "{kind}: {staff} is {role}, and it is the business of {roles}",
            kind=Term(kind),
            staff=Who(author),
            role=_term(role),
            roles=_terms(SELLERS),
        )
    if kind == "withdraw_claim" and target is not None and target.by != author:
        return Sentence(
            "{event} is the claim of {staff}", event=target.ref, staff=Who(target.by or "?")
        )
    if kind == "ruling":
        return _ruling_power(draft, author, role)
    if kind == "demand":
        if role in MANAGEMENT or _manages(people, recorder, moment):
            return None
        return _lacks(draft, recorder, people.role(recorder, moment))
    if role not in MANAGEMENT and (
        kind in MANAGERIAL or kind in OF_MANAGEMENT or kind in HOUSE or _household(draft)
    ):
        return _lacks(draft, author, role)
    if kind == "agreement":
        approver = draft.fields.get("approved_by")
        if approver is not None and people.role(approver, moment) not in (None, *MANAGEMENT):
            return Sentence(
                "{staff} is {role} and cannot approve an agreement",
                staff=Who(approver),
                role=_term(people.role(approver, moment)),
            )
    return None


def _ruling_power(draft: Draft, author: str, role: str | None) -> Sentence | None:
    instance = draft.fields["instance"]
    if role in RULING_ROLES[instance]:
        return None
    return Sentence(
        "{staff} is {role} and does not rule as {instance}",
        staff=Who(author),
        role=_term(role),
        instance=Term(instance),
    )


def _recorder(draft: Draft, author: str, actor: str, role: str) -> Sentence | None:
    """Whether who enters it may do so for its author."""
    kind = draft.kind
    if kind == "demand":
        return None if role in MANAGEMENT else _lacks(draft, actor, role)
    if actor == author:
        return None
    if kind == "ruling" or kind in OF_MANAGEMENT:
        return Sentence(
            "{kind}: it is entered by the very person who gives it, {staff}",
            kind=Term(kind),
            staff=Who(author),
        )
    if kind in MANAGERIAL or kind in HOUSE or _household(draft):
        return None if role in MANAGEMENT else _lacks(draft, actor, role)
    if role in (_CLAIM_RECORDERS if kind in CLAIMS else _RECORDERS):
        return None
    return Sentence(
        "{kind}: {staff} is {role} and does not enter it in the name of {other}",
        staff=Who(actor),
        role=_term(role),
        kind=Term(kind),
        other=Who(author),
    )


def _own_case(draft: Draft, author: str, actor: str, involved: Parties) -> Sentence | None:
    """Nobody decides in his own case."""
    kind, fields = draft.kind, draft.fields
    deciding = {actor}
    named: set[str] = set()
    if kind == "ruling":
        deciding |= {author, *fields.get("jointly_with", ())}
        named = {row["party"] for row in fields["award"]}
    elif kind in MANAGERIAL or _household(draft):
        deciding.add(author)
        named = {fields.get("subject") or "", fields.get("staff") or ""}
        if kind in ("notice", "reassign"):
            named.add(fields["to"])
    elif kind == "agreement":
        deciding = {fields["approved_by"]} if fields.get("approved_by") else set()
        named = {*fields["parties"], *(row["party"] for row in fields["shares"])}
    elif kind not in ("demand", "redaction"):
        return None
    if not deciding:
        return None
    return _party(deciding, named | involved())


def _party(deciding: set[str], parties: set[str]) -> Sentence | None:
    partial = sorted(deciding & parties)
    if not partial:
        return None
    return Sentence("{staff} is a party and does not decide in his own case", staff=Who(partial[0]))


def _mending(
    people: People,
    draft: Draft,
    actor: str,
    moment: Moment,
    target: Event | None,
    involved: Parties,
) -> Sentence | None:
    author = draft.by if draft.by is not None else actor
    role = people.role(actor, moment)
    if role == "auditor" or people.role(author, moment) == "auditor":
        return Sentence(
            "{staff} is an auditor, who records nothing but look-ups",
            staff=Who(actor if role == "auditor" else author),
        )
    if actor != author and role not in _CLAIM_RECORDERS:
        return Sentence(
            "{kind}: {staff} is {role} and does not enter it in the name of {other}",
            staff=Who(actor),
            role=_term(role),
            kind=Term(draft.kind),
            other=Who(author),
        )
    if target is None:
        return None
    if author not in (target.by, target.recorded_by):
        if not _manages(people, author, moment):
            return _not_his(author, target)
        partial = _party({author, actor}, involved())
        if partial is not None:
            return partial
    return _mended(people, draft, actor, moment, target, involved)


def _mended(
    people: People, draft: Draft, actor: str, moment: Moment, target: Event, involved: Parties
) -> Sentence | None:
    """A correction may not say what its author could not have entered."""
    changes = draft.fields.get("changes")
    if draft.kind != "correction" or not isinstance(changes, dict) or set(changes) <= {"note"}:
        return None
    fields = {**target.fields, **{k: v for k, v in changes.items() if v is not None}}
    for name, value in changes.items():
        if value is None:
            fields.pop(name, None)
    try:
        return refusal(
            people,
            Draft(
                target.kind,
                None,
                None,
                0,
                None,
                changes.get("by", target.by),
                actor,
                target.customer,
                fields,
            ),
            actor,
            moment,
            target=None,
            involved=involved,
        )
    except (KeyError, TypeError, AttributeError):
        return None  # changes of the wrong shape: the register says so


def _confirming(author: str, actor: str, target: Event | None) -> Sentence | None:
    if actor != author:
        return Sentence(
            "{staff} confirms himself; {other} cannot do it for him",
            staff=Who(author),
            other=Who(actor),
        )
    if target is None or author in _spoken_of(target):
        return None
    return Sentence(
        "{event} says nothing of {staff} that he could confirm", event=target.ref, staff=Who(author)
    )


def _spoken_of(event: Event) -> set[str]:
    found: set[str] = set()
    for name in _OWN_WORD:
        value = event.get(name)
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, (list, tuple)):
            found.update(value)
    return found


def _household(draft: Draft) -> bool:
    return draft.kind == "link" and draft.fields.get("relation") == "household"


def _manages(people: People, staff: str, moment: Moment) -> bool:
    return people.role(staff, moment) in MANAGEMENT


def _not_his(author: str, target: Event) -> Sentence:
    return Sentence(
        "{event} is the entry of {other}, not of {staff}",
        event=target.ref,
        other=Who(target.by or target.recorded_by or "?"),
        staff=Who(author),
    )


def _lacks(draft: Draft, staff: str, role: str | None) -> Sentence:
    return Sentence(
        "{kind}: {staff} is {role} and has no power for it",
        staff=Who(staff),
        role=_term(role),
        kind=Term(draft.kind),
    )


def _term(role: str | None) -> Term:
    return Term(role if role in ROLES else "unknown")


def _terms(roles: Iterable[str]) -> tuple[Term, ...]:
    return tuple(map(Term, roles))
