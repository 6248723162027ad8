"""`database`: what a server lets whom do."""

from __future__ import annotations

from typing import Annotated

import typer

from conflictctl.cli.options import Command, new_group
from conflictctl.cli.session import session_of
from conflictctl.render.language import say
from conflictctl.wording import N_, Sentence

app = new_group(N_("Say who may read and write a register on a server."))


@app.command(
    "grants",
    cls=Command,
    help=N_(
        "Print the SQL that gives two groups of database users what they need.\n\n"
        "Members of one group read, members of the other read and add entries; nobody changes or "
        "deletes one.  Whoever adds one does so under his own name, as the staff member whose "
        "`login` is his database user, and only what his role may enter: the database refuses "
        "everything else, however it is sent.  With --apply the owner of the register runs it at "
        "once.  Run it again when somebody comes, goes or gets another role.\n\n"
        "  conflictctl database grants --apply\n"
        "  psql conflicts -c 'GRANT conflicts_writers TO \"wang\"'"
    ),
)
def grants(
    ctx: typer.Context,
    apply: Annotated[bool, typer.Option("--apply", help=N_("Run it instead of printing."))] = False,
) -> None:
    """Print the statements, or run them and say what the groups are called."""
    from conflictctl.register import grants as rights

    session = session_of(ctx)
    register = session.open()
    if not apply:
        # At one stroke: in between nobody on the staff would be known.
        for statement in ("BEGIN", *rights.statements(register, session.clock()), "COMMIT"):
            print(f"{statement};")
        return
    rights.apply(register, session.clock())
    groups = rights.groups_of(register)
    print(
        say(
            Sentence(
                "{readers} may read, {writers} may read and add; GRANT makes users members",
                readers=groups.readers,
                writers=groups.writers,
            )
        )
    )
