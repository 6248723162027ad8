"""`confirm`, `correct`, `void`: new entries that speak of old ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from conflictctl.cli.fields import AT_HELP, FLAGS, fact, pairs, shares
from conflictctl.cli.options import Command, explained, makes_command, one_of
from conflictctl.cli.record import moment_at, record, show_receipt
from conflictctl.cli.session import Session, session_of
from conflictctl.cli.write import kind_command
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.events import KINDS
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar

LISTS = frozenset(
    {
        "phones",
        "parties",
        "jointly_with",
        "strikes",
        "customers",
        "departments",
        "articles",
        "people",
        "evidence",
    }
)
WHOLE = frozenset({"rank", "severity", "score"})
ROWS = {"signers": ("staff", ":"), "shares": ("party", "="), "award": ("party", "=")}


@makes_command
def confirm(name: str) -> Command:
    """`confirm REF`."""
    return kind_command(
        name,
        KINDS["confirm"],
        N_(
            "Confirm what another's entry says of you.\n\n"
            "A witness, an approver, a joint decider or who is said to have accompanied a "
            "customer confirms the entry himself; until then it is only its author's word.\n\n"
            "  conflictctl confirm '#42' --as sun"
        ),
        subject="on",
    )


@makes_command
def void(name: str) -> Command:
    """`void REF --reason ...`."""
    return kind_command(
        name,
        KINDS["void"],
        N_(
            "Declare an entry void.\n\n"
            "The entry stays in the register and is shown as void. Its author may do this, "
            "who entered it, or a manager who is no party.\n\n"
            "  conflictctl void '#42' --reason \"entered twice\""
        ),
        subject="voids",
    )


@explained(
    N_(
        "Correct an entry by a new one.\n\n"
        "The original stays in the register. Its author may correct it, who entered it, "
        "or a manager who is no party. A field left empty is cleared; lists are "
        "separated by commas.\n\n"
        "  conflictctl correct '#42' --set level=A --set \"note=wants a white one\"\n"
        "  conflictctl correct '#42' --set \"at=today 14:30\" --set witness="
    )
)
def correct(
    ctx: typer.Context,
    ref: Annotated[
        str, typer.Argument(metavar="REF", help=N_("The entry to correct: its id or #SEQ."))
    ],
    changes: Annotated[
        list[str],
        typer.Option("--set", metavar="FIELD=VALUE", help=N_("The field and what it should be.")),
    ],
    by: Annotated[
        str | None,
        typer.Option(
            "--by", metavar="STAFF", help=N_("Who did it; the one who acts unless said otherwise.")
        ),
    ] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help=AT_HELP)] = None,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help=N_("A note in your own words."))
    ] = None,
    identity: Annotated[
        str | None,
        typer.Option(
            "--id",
            metavar="ID",
            help=N_("An id of your own: sent twice, the event is recorded once."),
        ),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="text|json",
            parser=one_of("--format", "text", "json"),
            help=N_("The form of the acknowledgement."),
        ),
    ] = "text",
) -> None:
    """Record a correction."""
    session = session_of(ctx)
    register = session.open()
    target = register.event(ref)
    if target is None:
        raise InputRejected(
            Sentence("there is no entry {event}", event=ref),
            Sentence("name it by its id or as #SEQ"),
        )
    line = {
        "kind": "correction",
        "corrects": ref,
        "changes": dict(
            _change(target.kind, change, session, register.calendar) for change in changes
        ),
        "by": by,
        "note": note,
        "id": identity,
    }
    given = {name: value for name, value in line.items() if value is not None}
    show_receipt(record(session, given, at), register, form)


def _change(kind: str, change: str, session: Session, calendar: Calendar) -> tuple[str, Any]:
    """`field=value` with the value read as the field's kind wants it."""
    name, found, text = change.partition("=")
    name = name.strip().replace("-", "_")
    if not found or not name:
        raise WrongUsage(
            Sentence("--set: {value} is not FIELD=VALUE", value=change),
            Sentence("write for example --set level=A"),
        )
    if text == "":
        return name, None
    if name in ("at", "expires_at"):
        moment = moment_at(text, session, calendar, allow_future=name != "at")
        return name, calendar.iso(moment)
    return name, _value(kind, name, text)


def _value(kind: str, name: str, text: str) -> Any:
    if name in FLAGS:
        return {"true": True, "false": False}.get(text, text)
    if name in WHOLE or (kind, name) == ("finding", "answer"):
        return fact(text)
    if name in LISTS:
        return text.split(",")
    if name in ROWS:
        key, mark = ROWS[name]
        return shares(key, text.split(","), mark)
    if name == "fields":
        return pairs("--set", text.split(","))
    return text
