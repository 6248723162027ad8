"""Care of the register: made, looked at, upgraded, copied, put back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conflictctl.cli.options import explained, format_option
from conflictctl.cli.policy_choice import policy_in_use, to_keep
from conflictctl.cli.progress import WORTH_A_BAR, progress_bar
from conflictctl.cli.session import Chosen, Session, session_of, system_zone
from conflictctl.errors import NotPermitted, WrongUsage
from conflictctl.render.language import say, tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conflictctl.register.store import Register

_FORCE = typer.Option("--force", help=N_("Replace what is there already."))


@explained(
    N_(
        "Create the register.\n\n"
        "Its time zone is set once and for all: it decides which day an entry belongs to.\n\n"
        "  conflictctl init --timezone Asia/Shanghai"
    )
)
def init(
    ctx: typer.Context,
    timezone: Annotated[
        str | None,
        typer.Option(
            "--timezone",
            metavar="ZONE",
            help=N_("The IANA name of the time zone; the system's if left out."),
        ),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            metavar="ID|FILE",
            help=N_("The policy to go by; `conflictctl policy list` shows them."),
        ),
    ] = None,
) -> None:
    """Make the register; refuse if there is one."""
    from conflictctl.register.store import create_register

    session = session_of(ctx)
    zone = timezone or system_zone()
    if zone is None:
        raise WrongUsage(
            Sentence("the system does not say its time zone"),
            Sentence("name it: conflictctl init --timezone Asia/Shanghai"),
        )
    kept = None if policy is None else to_keep(policy)
    target = session.target.value
    with create_register(target, zone=zone, policy=kept, clock=session.clock):
        print(
            say(
                Sentence(
                    "created the register {target}, time zone {zone}", target=target, zone=zone
                )
            )
        )


# -------------------------------------------------------------------------- status


@explained(
    N_(
        "Show which register is in use, and why; its policy, who acts, how far it reaches, and "
        "who may read it."
    )
)
def status(
    ctx: typer.Context,
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Gather the facts, print them."""
    session = session_of(ctx)
    if session.missing():
        print(f"{tr('register')}  {_with_why(session.target.value, session.target.why)}")
    facts = _facts(session, session.open())
    if form == "json":
        from conflictctl.render.json_text import write_json

        write_json(facts, sys.stdout, indent=True)
        return
    from conflictctl.render.terminal import key_lines

    for line in key_lines(_status_lines(facts)):
        print(line)
    print(
        say(
            Sentence(
                "note: whoever may write this file may enter anything in anybody's name; roles are "
                "checked by the program, not by the file.  Receipts kept elsewhere show what "
                "was there."
            )
        )
    )


def _facts(session: Session, register: Register) -> dict[str, Any]:
    head = register.head()
    first, last = register.event(1), register.event(head.seq)
    iso = register.calendar.iso
    acting, policy = _acting(session, register), _policy(register)
    size, rights = register.place.standing(register.connection)
    return {
        "register": register.target,
        "why": say(session.target.why),
        "timezone": register.zone,
        "policy": policy and policy.value,
        "policy_why": policy and say(policy.why),
        "acting": acting and acting.value,
        "acting_why": acting and say(acting.why),
        "events": head.seq,
        "first_recorded": first and iso(first.appended_at),
        "last_recorded": last and iso(last.appended_at),
        "head": head.text,
        "schema": register.revision,
        "log": register.log,
        "origin": register.origin,
        "bytes": size,
        "rights": rights,
    }


def _acting(session: Session, register: Register) -> Chosen | None:
    try:
        return session.acting_as(register.people())
    except NotPermitted as error:  # looking needs nobody, but this is worth knowing
        print(tr("warning:"), say(error.message), file=sys.stderr)
        return None


def _policy(register: Register) -> Chosen:
    return policy_in_use(register, None)


def _status_lines(facts: Mapping[str, Any]) -> dict[str, str]:
    policy, acting = facts["policy"], facts["acting"]
    return {
        tr("register"): _with_why(facts["register"], facts["why"]),
        tr("time zone"): facts["timezone"],
        tr("policy"): _with_why(policy, facts["policy_why"])
        if policy
        else tr("none; `conflictctl policy use ID` chooses one"),
        tr("acting"): _with_why(acting, facts["acting_why"])
        if acting
        else tr("nobody; writing needs --as STAFF"),
        tr("events"): str(facts["events"]),
        tr("first recorded"): facts["first_recorded"] or "",
        tr("last recorded"): facts["last_recorded"] or "",
        tr("head"): facts["head"],
        tr("schema"): facts["schema"],
        tr("log"): f"{facts['log']} {facts['origin']}",
        **_place_line(facts["bytes"], facts["rights"]),
    }


def _place_line(size: int, rights: str) -> dict[str, str]:
    if not rights.isdigit():
        sentence = Sentence(
            "{bytes} bytes, by the grants of the user {name}", bytes=size, name=rights
        )
        return {tr("database"): say(sentence)}
    if int(rights, 8) & 0o077 == 0:
        sentence = Sentence("{bytes} bytes, rights {rights}", bytes=size, rights=rights)
    else:
        sentence = Sentence(
            "{bytes} bytes, rights {rights}: others may open it, too", bytes=size, rights=rights
        )
    return {tr("file"): say(sentence)}


def _with_why(value: str, why: str | Sentence) -> str:
    return f"{value}  ({why if isinstance(why, str) else say(why)})"


# --------------------------------------------------------- upgrade, backup, restore


@explained(
    N_(
        "Bring a register of an older version to this version's schema.\n\n"
        "It becomes wholly the new one or stays wholly the old one; a copy of the old one is kept "
        "beside it."
    )
)
def upgrade(ctx: typer.Context) -> None:
    """Upgrade the register and say what was done."""
    from conflictctl.register.upgrade import upgrade as bring_up

    session = session_of(ctx)
    if session.missing():
        session.open()
    done = bring_up(session.target.value)
    if done.copy is None:
        print(say(Sentence("the register is up to date (schema {version})", version=done.after)))
        return
    print(
        say(
            Sentence(
                "upgraded from schema {before} to {after}; the old register is {copy}",
                before=done.before,
                after=done.after,
                copy=str(done.copy),
            )
        )
    )


@explained(
    N_(
        "Copy the register to a file while others write to it.\n\n"
        "The copy is verified before it gets its name.\n\n"
        "  conflictctl backup /backups/register.db --force"
    )
)
def backup(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help=N_("Where the copy goes."))],
    force: Annotated[bool, _FORCE] = False,
) -> None:
    """Make the copy and say how far it reaches."""
    from conflictctl.register.backup import backup as copy

    register = session_of(ctx).open()
    with progress_bar(tr("verifying"), worth=register.head().seq > WORTH_A_BAR) as progress:
        found = copy(register, Path(file), overwrite=force, progress=progress)
    print(
        say(
            Sentence(
                "{path} holds #1 to #{seq} and verifies; head {head}",
                path=file,
                seq=found.head.seq,
                head=found.head.text,
            )
        )
    )


@explained(
    N_(
        "Bring a backup back as the register.\n\n"
        "A register that is there is replaced only with --force, and kept beside.\n\n"
        "  conflictctl restore /backups/register.db"
    )
)
def restore(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help=N_("The backup."))],
    force: Annotated[bool, _FORCE] = False,
) -> None:
    """Verify the backup and put it in place."""
    from conflictctl.register.backup import restore as put_back

    session = session_of(ctx)
    with progress_bar(tr("verifying")) as progress:
        kept = put_back(Path(file), session.target.value, force=force, progress=progress)
    head = session.open().head()
    print(
        say(
            Sentence(
                "the register is back: #1 to #{seq}; head {head}", seq=head.seq, head=head.text
            )
        )
    )
    if kept is not None:
        print(say(Sentence("what was there is now {path}", path=str(kept))))
