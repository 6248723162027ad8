"""Options made from the vocabulary: one for each field of a kind, and back into a line.

An option bears the name of its field with dashes.  A field that a kind gains in
`conflictctl.events` appears by itself; a test demands that it is explained here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from typer.core import TyperArgument, TyperOption

from conflictctl.cli.options import offering
from conflictctl.errors import WrongUsage
from conflictctl.events import Field, Kind
from conflictctl.wording import N_, Sentence

FLAGS = frozenset({"asked", "reached", "final", "confirmed", "accepted"})
"""Fields that are true or false: `--asked` and `--not-asked`."""

SINGULAR = {
    "signers": "signer",
    "parties": "party",
    "shares": "share",
    "phones": "phone",
    "departments": "department",
    "articles": "article",
    "people": "person",
    "files": "file",
}
"""Lists are given one by one; the field's own name is understood as well."""

METAVARS = {
    "staff": "STAFF",
    "outlet": "OUTLET",
    "party": "PARTY",
    "event": "REF",
    "staff_or_none": "STAFF|none",
    "customer": "CUSTOMER",
    "signers": "STAFF[:SHARE]",
    "shares": "PARTY=SHARE",
    "case": "CASE",
    "case_party": "STAFF|customer",
}

NAMED_METAVARS = {
    "level": "LEVEL",
    "deal": "DEAL",
    "amount": "AMOUNT",
    "currency": "CODE",
    "expires_at": "TIME",
    "fields": "KEY=VALUE",
    "rank": "NUMBER",
    "answer": "VALUE",
    "question": "WORD",
    "severity": "1-4",
    "score": "1-5",
    "due": "DAY",
    "cost": "AMOUNT",
    "files": "PATH",
    "evidence": "REF",
    "party": "STAFF|DEPARTMENT|customer",
    "proposal": "NAME",
    "task": "NAME",
    "lesson": "NAME",
    "cause": "CAUSE",
    "departments": "DEPARTMENT",
    "people": "NAME",
    "articles": "ARTICLE",
    "campaign": "NAME",
}

FIELD_HELP: dict[str, str] = {
    "address": N_("The address."),
    "cause": N_("Why the customer is handed over."),
    "cover": N_("Who stands in."),
    "department": N_("The department."),
    "login": N_("The operating-system user who acts as this member of staff."),
    "name": N_("The name."),
    "phones": N_("A telephone number, in any spelling."),
    "relation": N_("What joins them: the same person, a household, a group of companies."),
    "role": N_("The role."),
    "segment": N_("The segment of the market."),
    "type": N_("The type."),
    "until": N_("Until when: a day or ISO 8601 with an offset."),
    "accompanied_by": N_("Who of a sister store brought the customer."),
    "amount": N_("The amount of money."),
    "answer": N_("What the customer answered: a staff id, or none for nobody."),
    "approved_by": N_("The manager who approves; counts once he confirms it."),
    "asked": N_("Whether the customer was asked about earlier contact."),
    "award": N_("Who gets which percentage; together 100."),
    "channel": N_("By which way; phone unless said otherwise."),
    "customers": N_("The customers' ids."),
    "contact": N_("Whose card it is."),
    "currency": N_("The currency, for example CNY."),
    "deal": N_("The id of the deal, where a customer has several."),
    "decision": N_("What was decided."),
    "direction": N_("in: the customer came or called; out: we went or called."),
    "expires_at": N_("When it ends: ISO 8601 with an offset."),
    "fields": N_("What the form held."),
    "final": N_("Whether the ruling is final."),
    "grounds": N_("What the finding rests on."),
    "instance": N_("As which instance the ruling is made."),
    "jointly_with": N_("Who decides with you; counts once they confirm it."),
    "level": N_("The customer's level, for example H, A, B or C."),
    "measure": N_("Which measure is taken."),
    "named": N_("The consultant whom the customer asked for at the door."),
    "note": N_("A note in your own words."),
    "on": N_("Which entry: its id or #SEQ."),
    "outlet": N_("Where it was; the author's own outlet unless said otherwise."),
    "parties": N_("A party to the agreement: a staff member or an outlet."),
    "product": N_("What was ordered or sold."),
    "query": N_("What was looked up, with personal data masked."),
    "question": N_("Which question is answered, for example misconduct."),
    "rank": N_("How senior the contact is; higher is more senior."),
    "reached": N_("Whether the customer was reached; yes unless said otherwise."),
    "reason": N_("Why."),
    "result": N_("What the look-up gave."),
    "scope": N_("Whether the whole customer or one opportunity is filed."),
    "shares": N_("Which percentage a party gets; together 100."),
    "signers": N_("Who signed, and with which percentage if not alike."),
    "staff": N_("Whom it concerns."),
    "strikes": N_("An entry that the finding declares untrue: its id or #SEQ."),
    "subject": N_("Whom the finding is about."),
    "title": N_("The contact's title."),
    "to": N_("To whom: a staff id."),
    "to_outlet": N_("To which outlet."),
    "witness": N_("Who noted that the customer asked for somebody; counts once he confirms it."),
    "accepted": N_("Whether the customer accepts the change with its cost."),
    "articles": N_("An article of the company's rules that is concerned."),
    "campaign": N_("The name of the survey, as the case policy has it."),
    "case": N_("The case."),
    "category": N_("A customer's complaint, or a conflict between staff or departments."),
    "change": N_("What the customer wants otherwise."),
    "character": N_("Whether the conflict is a constructive or a destructive one."),
    "comment": N_("What was said about it."),
    "confirmed": N_("Whether the customer has confirmed it."),
    "cost": N_("What the change costs."),
    "customer_type": N_("What kind of customer it is; `case advise` has a card for each."),
    "demand": N_("What is demanded, in the words of who demands it."),
    "departments": N_("A department that is a party."),
    "due": N_("By which day, for example 2026-03-31."),
    "ended": N_("Why nobody is asked any more."),
    "evidence": N_("An entry of the register that proves it: its id or #SEQ."),
    "facts": N_("What happened."),
    "files": N_("A file that proves it; its name and SHA-256 digest are recorded."),
    "handler": N_("Who handles the case; no party to it."),
    "how": N_("How."),
    "impact": N_("What the change brings about."),
    "improvement": N_("What will be done better."),
    "lesson": N_("A name for the lesson, for example L1."),
    "nature": N_("Within the company, or with somebody outside."),
    "owner": N_("Who owes it."),
    "party": N_("Which party: staff, a department, or `customer`."),
    "people": N_("Somebody who took part."),
    "proposal": N_("The name of the proposal, for example P1."),
    "pros": N_("What speaks for it."),
    "cons": N_("What speaks against it."),
    "reply": N_("What the party says to it."),
    "requirement": N_("What was agreed that the customer gets."),
    "root_cause": N_("What it came from at bottom."),
    "said": N_("What was said."),
    "score": N_("How satisfied: 1 (not at all) to 5 (very)."),
    "severity": N_("How grave: 1 (slight) to 4 (grave)."),
    "summary": N_("How it ended, in a sentence."),
    "survey_waived": N_("Why nobody was asked how satisfied he is."),
    "task": N_("A name for the task, for example T1."),
    "text": N_("What it says."),
    "third_party": N_("Who mediates or arbitrates."),
}

OWN_FIELD_HELP: dict[tuple[str, str], str] = {
    ("staff", "outlet"): N_("The outlet where he works."),
    ("staff_moved", "outlet"): N_("The new outlet."),
    ("staff_moved", "department"): N_("The new department."),
    ("staff_moved", "role"): N_("The new role."),
    ("reassign", "to"): N_("The consultant who gets the customer."),
    ("appeal", "to"): N_("To which instance."),
    ("sanction", "reason"): N_("What it is for."),
    ("lost", "reason"): N_("Why the customer is gone."),
    ("level", "level"): N_("The new level, for example H, A, B or C."),
    ("inform", "to"): N_("The colleague or manager who was told."),
    ("accompany", "to_outlet"): N_("The outlet to which the customer was brought."),
    ("filing", "to"): N_("The manager with whom the customer is filed."),
    ("filing", "to_outlet"): N_("The outlet with which the customer is filed."),
    ("notice", "to"): N_("The consultant whose follow-up is overdue."),
    ("demand", "to"): N_("The consultant whom the customer wants."),
    ("claim", "to"): N_("The manager to whom the claim is made."),
    ("finding", "answer"): N_("The fact: true, false, a whole number or a word."),
    ("finding", "jointly_with"): N_("Who finds it with you; counts once they confirm it."),
    ("cancel_order", "on"): N_("Which order: its id or #SEQ; the latest unless said otherwise."),
    ("case_opened", "parties"): N_("A member of staff who is a party."),
    ("case_opened", "cause"): N_("What it comes from; `case policy show` lists the causes."),
    ("case_finding", "cause"): N_("What it comes from; `case policy show` lists the causes."),
    ("case_opened", "channel"): N_("By which way it came."),
    ("case_opened", "outlet"): N_("Which outlet; that of who takes it in unless said otherwise."),
    ("case_opened", "case"): N_("An id of your own; C-YEAR-NUMBER unless said otherwise."),
    ("case_contact", "channel"): N_("By which way."),
    ("case_response", "channel"): N_("By which way."),
    ("case_update", "channel"): N_("By which way."),
    ("case_proposal", "proposal"): N_("A name for the proposal; P1, P2 … unless said otherwise."),
    ("case_reply", "proposal"): N_("Which proposal; the latest unless said otherwise."),
    ("case_resolution", "text"): N_("What was resolved, in writing."),
    ("case_resolution", "proposal"): N_("The proposal that was taken, if one was."),
    ("case_resolution", "amount"): N_("What is paid in compensation."),
    ("case_task", "task"): N_("A name for the task; T1, T2 … unless said otherwise."),
    ("case_task_done", "task"): N_("Which task; the only open one unless said otherwise."),
    ("case_lesson", "lesson"): N_("A name for the lesson; L1, L2 … unless said otherwise."),
    ("case_lesson", "owner"): N_("Who sees to it."),
    ("case_lesson_done", "lesson"): N_("Which lesson; the only open one unless said otherwise."),
    ("case_obstruction", "how"): N_("In which way."),
    ("case_obstruction", "party"): N_("Who hinders or delays."),
    ("case_survey", "party"): N_("Who was asked, if not the customer."),
    ("case_escalated", "to"): N_("To which level of the ladder; the next unless said otherwise."),
    ("case_escalated", "handler"): N_("Who handles it there; the same unless said otherwise."),
    ("sanction", "case"): N_("The case it follows from."),
    ("withdraw_claim", "on"): N_("Which claim: its id or #SEQ; your latest unless said otherwise."),
}

_NUMBER = re.compile(r"[0-9.]+%?")

Read = Callable[[Any], Any]


def parameters(
    kind: Kind,
    *,
    subject: str | None = None,
    fixed: Mapping[str, Any],
    optional: Sequence[str] = (),
    without_customer: bool = False,
) -> list[Any]:
    """The arguments and options of a command that records one kind.

    `subject` stands first in place of the customer; `fixed` fields have no option, and
    `optional` ones need not be given.
    """
    params: list[Any] = []
    if subject is not None:
        params.append(
            TyperArgument(
                param_decls=[subject],
                metavar=SUBJECTS[subject][0],
                required=True,
                help=SUBJECTS[subject][1],
            )
        )
    elif kind.customer != "none" and not without_customer:
        params.append(
            TyperArgument(
                param_decls=["customer"],
                metavar="CUSTOMER",
                required=kind.customer == "required",
                help=N_("The customer's id."),
            )
        )
    for name, field in kind.fields.items():
        if name not in ("note", subject) and name not in fixed:
            required = field.required and field.default is None and name not in optional
            params.append(parameter(kind.name, name, field, required=required))
    return params + common_fields()


SUBJECTS: dict[str, tuple[str, str]] = {
    "customer": ("CUSTOMER", N_("The customer's id.")),
    "staff": ("STAFF", N_("The staff id.")),
    "outlet": ("OUTLET", N_("The outlet's id.")),
    "on": ("REF", N_("The entry: its id or #SEQ.")),
    "against": ("RULING", N_("The ruling: its id or #SEQ.")),
    "voids": ("REF", N_("The entry that is void: its id or #SEQ.")),
    "case": ("CASE", N_("The case.")),
}


def parameter(kind: str, name: str, field: Field, *, required: bool) -> Any:
    """The option (or, for a list of customers, the argument) of one field."""
    help = OWN_FIELD_HELP.get((kind, name)) or FIELD_HELP[name]
    if name == "customers":
        return TyperArgument(
            param_decls=["customers"], metavar="CUSTOMER", nargs=-1, required=True, help=help
        )
    flag = "--" + name.replace("_", "-")
    if name in FLAGS:
        return TyperOption(
            param_decls=[name, f"{flag}/--not-{flag[2:]}"], is_flag=True, default=None, help=help
        )
    names = [name, flag] if name not in SINGULAR else [name, f"--{SINGULAR[name]}", flag]
    choices = field.choices
    return TyperOption(
        param_decls=names,
        required=required,
        help=help,
        multiple=name in _SEVERAL,
        metavar="|".join(choices) or _metavar(name, field),
        autocompletion=offering(*choices) if choices else None,
    )


def _metavar(name: str, field: Field) -> str:
    return METAVARS.get(field.refers or "") or NAMED_METAVARS.get(name, "TEXT")


AT_HELP = N_(
    "When it was: ISO 8601 with an offset, `today 14:30`, `昨天下午3点`, "
    "`2 days ago 9:30 am`, `3 hours ago`; now unless said otherwise."
)


def common_fields() -> list[TyperOption]:
    """The options of every command that records an event."""
    return [
        TyperOption(
            param_decls=["by", "--by"],
            metavar="STAFF",
            help=N_("Who did it; the one who acts unless said otherwise."),
        ),
        TyperOption(param_decls=["at", "--at"], metavar="TIME", help=AT_HELP),
        TyperOption(param_decls=["note", "--note"], metavar="TEXT", help=FIELD_HELP["note"]),
        TyperOption(
            param_decls=["id", "--id"],
            metavar="ID",
            help=N_("An id of your own: sent twice, the event is recorded once."),
        ),
        TyperOption(
            param_decls=["form", "--format"],
            metavar="text|json",
            default="text",
            help=N_("The form of the acknowledgement."),
            autocompletion=offering("text", "json"),
        ),
    ]


def line_fields(kind: str, values: dict[str, Any]) -> dict[str, Any]:
    """The fields of an interchange line from the values of options, those not given left out."""
    return {
        name: _READ[name](value) if name in _READ and (kind, name) not in _PLAIN else value
        for name, value in values.items()
        if value is not None and value != ()
    }


# ----------------------------------------------------------------- values of options


def shares(key: str, values: Iterable[str], mark: str = "=") -> list[dict[str, str]]:
    """`A=60`, `B=40` as rows of party and share; a party may stand alone where none has one."""
    rows = []
    for value in values:
        party, found, share = value.rpartition(mark)
        # An id may hold the mark itself: what follows is a share only if it is a number.
        if found and _NUMBER.fullmatch(share):
            rows.append({key: party, "share": share.removesuffix("%")})
        else:
            rows.append({key: value})
    return rows


def pairs(option: str, values: Iterable[str]) -> dict[str, str]:
    """`key=value` words as an object."""
    result: dict[str, str] = {}
    for value in values:
        key, found, text = value.partition("=")
        if not found or not key:
            raise WrongUsage(
                Sentence("{option}: {value} is not KEY=VALUE", option=option, value=value),
                Sentence("write {option} KEY=VALUE, once for each", option=option),
            )
        result[key] = text
    return result


def fact(value: str) -> bool | int | str:
    """The answer of a finding: true, false, a whole number, else text."""
    if value in ("true", "false"):
        return value == "true"
    return _integer(value)


def _integer(value: str) -> int | str:
    digits = value.removeprefix("-").removeprefix("+")
    return int(value) if digits.isascii() and digits.isdigit() and len(digits) < 17 else value


def digests(paths: Iterable[str]) -> list[dict[str, str]]:
    """The name and SHA-256 digest of each file.  Raises OSError for one that cannot be read."""
    import hashlib
    from pathlib import Path

    rows = []
    for path in paths:
        with Path(path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        rows.append({"name": Path(path).name, "digest": f"sha256:{digest}"})
    return rows


_SEVERAL = frozenset(
    {
        "signers",
        "parties",
        "shares",
        "award",
        "jointly_with",
        "strikes",
        "fields",
        "phones",
        "departments",
        "articles",
        "people",
        "evidence",
        "files",
    }
)

_READ: dict[str, Read] = {
    "signers": lambda values: shares("staff", values, ":"),
    "shares": lambda values: shares("party", values),
    "award": lambda values: shares("party", values),
    "parties": list,
    "jointly_with": list,
    "strikes": list,
    "customers": list,
    "phones": list,
    "fields": lambda values: pairs("--fields", values),
    "answer": fact,
    "rank": _integer,
    "severity": _integer,
    "score": _integer,
    "departments": list,
    "articles": list,
    "people": list,
    "evidence": list,
    "files": digests,
}
_PLAIN = frozenset({("visit", "answer")})
