"""Care of the register: made, looked at, upgraded, copied, put back."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.options import explained
from conflictctl.cli.policy_choice import to_keep
from conflictctl.cli.progress import WORTH_A_BAR, progress_bar
from conflictctl.cli.session import session_of, system_zone
from conflictctl.cli.workers import over_register
from conflictctl.errors import ConflictctlError, WrongUsage
from conflictctl.render.language import say, tr
from conflictctl.render.terminal import warning_line
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
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
    with create_register(
        session.target.value, zone=zone, policy=kept, clock=session.clock
    ) as register:
        print(
            say(
                Sentence(
                    "created the register {target}, time zone {zone}",
                    target=register.target,
                    zone=zone,
                )
            )
        )


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

    def announce(before: int, after: int) -> None:
        print(
            say(
                Sentence(
                    "schema {before} to {after}: a copy of the register first, then the upgrade",
                    before=before,
                    after=after,
                )
            ),
            file=sys.stderr,
        )

    done = bring_up(session.target.value, hear=announce)
    if done.copy is None and done.before != done.after:
        sentence = Sentence(
            "upgraded from schema {before} to {after}", before=done.before, after=done.after
        )
        print(say(sentence))
        return
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
        found = copy(register, Path(file), overwrite=force, progress=progress, spread=over_register)
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
        kept = put_back(
            Path(file),
            session.target.value,
            force=force,
            progress=progress,
            spread=over_register,
        )
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
        _warn_of_erasures(kept, session.open())


def _warn_of_erasures(kept: Path, register: Register) -> None:
    """A copy made before an erasure has the data yet: it is to be done again."""
    from conflictctl.register.erasing import undone_erasures
    from conflictctl.register.store import open_register

    with suppress(ConflictctlError), open_register(str(kept)) as replaced:
        undone = undone_erasures(replaced, register)
        if undone:
            warning = Sentence(
                "erased after the backup was made, and back with it: {customers}; erase them "
                "again with `conflictctl redact`, and remove {path}",
                customers=undone,
                path=str(kept),
            )
            print(warning_line(warning), file=sys.stderr)
