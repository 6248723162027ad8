"""`copy`: a register moves between a file and a server."""

from __future__ import annotations

from typing import Annotated

import typer

from conflictctl.cli.options import explained
from conflictctl.cli.progress import progress_bar
from conflictctl.render.language import say, tr
from conflictctl.wording import N_, Sentence


@explained(
    N_(
        "Copy a register from a file to a PostgreSQL database, or back.\n\n"
        "The copy is the same register: the same log, the same entries byte for byte, the same "
        "receipts.  The original is verified, and so is the copy before it is there; if anything "
        "goes wrong, nothing is left of it.  The file or database it goes to must be empty, and "
        "the original stays as it is: write to one of the two from then on.\n\n"
        "  conflictctl copy register.db postgresql+psycopg://owner@server/conflicts"
    )
)
def copy(
    source: Annotated[
        str, typer.Argument(metavar="PATH|URL", help=N_("The register that is copied."))
    ],
    target: Annotated[
        str, typer.Argument(metavar="PATH|URL", help=N_("Where the copy goes: nothing is there."))
    ],
) -> None:
    """Copy, and say how far both reach."""
    from conflictctl.cli.workers import over_register
    from conflictctl.register.copying import copy as copied
    from conflictctl.register.places import shown
    from conflictctl.register.store import open_register

    with open_register(source) as register, progress_bar(tr("copying")) as progress:
        done = copied(register, target, progress=progress, spread=over_register)
    print(
        say(
            Sentence(
                "{path} holds #1 to #{seq} of {source}; both verify; head {head}",
                path=shown(target),
                seq=done.copy.head.seq,
                source=shown(source),
                head=done.copy.head.text,
            )
        )
    )
