"""`audit verify-bundle`: a ruling judged again where there is no register."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from conflictctl.cli.checkpoint import SIGNED_BY, public_key, read_checkpoint
from conflictctl.cli.options import format_option
from conflictctl.errors import DamagedBundle, SchemaMismatch
from conflictctl.wording import N_

SUMMARY = N_(
    "Judge a ruling bundle again, without the register it came from.\n\n"
    "Checks every byte, the entries, the policy and the ruling, and says what that shows and what "
    "it does not.  Receipts and a checkpoint that you hold tie it to the register.  Ends with 7 "
    "if anything does not hold, with 8 if a newer version made the bundle.\n\n"
    "  conflictctl audit verify-bundle k7.json --receipt K7QF-3M2A-9XPD-T6WL\n"
    "  conflictctl audit verify-bundle k7.json --checkpoint monday.checkpoint"
)


def verify_bundle(
    bundle: Annotated[
        Path,
        typer.Argument(metavar="FILE", help=N_("The bundle; `-`: standard input.")),
    ],
    receipts: Annotated[
        list[str] | None,
        typer.Option(
            "--receipt",
            metavar="TEXT",
            help=N_("The receipt of an entry that has to be in it; may be repeated."),
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint",
            metavar="FILE",
            help=N_("A checkpoint of the register that you hold; needs a bundle with proofs."),
        ),
    ] = None,
    signed_by: Annotated[str | None, SIGNED_BY] = None,
    form: Annotated[str, format_option("text", "json")] = "text",
) -> None:
    """Verify the bundle and say how far the evidence reaches."""
    from conflictctl.bundles.ties import Held
    from conflictctl.cli.bundles import verified
    from conflictctl.render import bundle_report
    from conflictctl.render.json_text import write_json
    from conflictctl.render.whose import whose

    key = None if signed_by is None else public_key(signed_by)
    kept = None if checkpoint is None else read_checkpoint(checkpoint, key).checkpoint
    held = Held(receipts or (), kept)
    try:
        found = verified(bundle, held)
    except (DamagedBundle, SchemaMismatch) as failure:
        if form == "json":
            write_json(bundle_report.failed_json(failure), sys.stdout, indent=True)
        raise
    if form == "json":
        write_json(bundle_report.verified_json(found), sys.stdout, indent=True)
    else:
        in_short = whose(found.judged.ruling, found.judged.people)
        print(*bundle_report.verified_lines(found, in_short), sep="\n")
