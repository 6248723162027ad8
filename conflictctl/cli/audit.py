"""Was the register altered?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli import checkpoint as checkpoints
from conflictctl.cli import prove, verify_bundle
from conflictctl.cli.checkpoint import SIGNED_BY, public_key, read_checkpoint
from conflictctl.cli.options import Command, format_option, new_group
from conflictctl.cli.progress import WORTH_A_BAR, progress_bar
from conflictctl.cli.session import session_of
from conflictctl.cli.verify_export import handed_out
from conflictctl.cli.workers import over_register
from conflictctl.errors import DamagedRegister
from conflictctl.render.language import say, tr
from conflictctl.wording import N_, Sentence, When

if TYPE_CHECKING:
    from conflictctl.cli.verify_export import Held
    from conflictctl.register.audit import Verification
    from conflictctl.register.store import Register

app = new_group(N_("Check that nothing was altered."))


@app.command(
    "verify",
    cls=Command,
    help=N_(
        "Check every entry, the chain over them and all that is derived from them.\n\n"
        "Ends with 7 and names the first bad entry if anything does not hold.  A receipt or a "
        "checkpoint that somebody kept seals all entries up to its own: a register rewritten as a "
        "whole no longer bears it.  An export, as JSON Lines, is held against the entries line by "
        "line.\n\n"
        "  conflictctl audit verify --receipt K7QF-3M2A-9XPD-T6WL\n"
        "  conflictctl audit verify --checkpoint 2026-11-26.checkpoint\n"
        "  conflictctl audit verify --export all.jsonl --manifest all.manifest.json"
    ),
)
def verify(
    ctx: typer.Context,
    receipt: Annotated[
        str | None,
        typer.Option(
            "--receipt",
            metavar="TEXT",
            help=N_("Also look for the entry that this receipt was given for."),
        ),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint",
            metavar="FILE",
            help=N_("Also hold the entries against this checkpoint; may be repeated."),
        ),
    ] = None,
    signed_by: Annotated[str | None, SIGNED_BY] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export",
            metavar="FILE",
            help=N_("Also hold this export (JSON Lines) against the entries, line by line."),
        ),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            "--manifest",
            metavar="MANIFEST",
            help=N_("What the export is to be, as `export --manifest` wrote it."),
        ),
    ] = None,
    form: Annotated[str, format_option("text", "json")] = "text",
) -> None:
    """Verify the register and say how far the evidence reaches."""
    from conflictctl.register.audit import verify as check

    key = None if signed_by is None else public_key(signed_by)
    kept = [read_checkpoint(path, key).checkpoint for path in checkpoint or ()]
    handed = handed_out(export, manifest)
    register = session_of(ctx).open()
    with progress_bar(tr("verifying"), worth=register.head().seq > WORTH_A_BAR) as progress:
        found = check(
            register,
            receipt=receipt,
            checkpoints=kept,
            progress=progress,
            spread=over_register,
        )
    # What an altered register would export says nothing of the file.
    held = None if handed is None or not found.ok else handed.held_against(register)
    if form == "json":
        _print_json(found, held)
    elif found.ok:
        for sentence in [*_evidence(found, register), *([] if held is None else held.told())]:
            print(say(sentence, None, register.calendar))
    if not found.ok:
        raise _damage(found)
    if held is not None and held.problem is not None:
        raise held.failure()


def _evidence(found: Verification, register: Register) -> list[Sentence]:
    sentences = [
        Sentence("all {count} events verify; head {head}", count=found.events, head=found.head.text)
    ]
    if found.redacted:
        sentences.append(
            Sentence("personal data erased from {count} of them", count=found.redacted)
        )
    if found.receipt_seq is not None:
        sentences.append(
            Sentence(
                "the receipt is that of #{seq}: nothing up to it was altered", seq=found.receipt_seq
            )
        )
    if found.checkpoint_size is not None:
        sentences.append(
            Sentence(
                "the checkpoint of {size} entries holds: nothing up to #{size} was altered",
                size=found.checkpoint_size,
            )
        )
    if found.unsealed:
        first = register.event(found.events - found.unsealed + 1)
        assert first is not None
        sentences.append(
            Sentence(
                "unsealed: {count} events since {moment}; that they were not rewritten as a whole, "
                "only a receipt or checkpoint kept elsewhere can show",
                count=found.unsealed,
                moment=When(first.appended_at),
            )
        )
    if found.clock_back:
        sentences.append(
            Sentence(
                "the clock stood earlier than for the entry before in {count} cases: there "
                "only the order of the entries is certain",
                count=found.clock_back,
            )
        )
    return sentences


def _print_json(found: Verification, held: Held | None) -> None:
    from conflictctl.render.json_text import write_json

    write_json(
        {
            "ok": found.ok and (held is None or held.problem is None),
            "events": found.events,
            "head": found.head.text,
            "first_bad": found.first_bad,
            "problem": None if found.problem is None else say(found.problem),
            "redacted": found.redacted,
            "receipt_seq": found.receipt_seq,
            "checkpoint_size": found.checkpoint_size,
            "between": found.between,
            "unsealed": found.unsealed,
            "clock_back": found.clock_back,
            **({} if held is None else {"export": held.values()}),
        },
        sys.stdout,
        indent=True,
    )


def _damage(found: Verification) -> DamagedRegister:
    assert found.problem is not None
    hint = Sentence("keep this file as evidence; `conflictctl restore` brings a backup back")
    if found.first_bad is None:
        return DamagedRegister(found.problem, hint)
    return DamagedRegister(
        Sentence(
            "the first bad entry is #{seq}: {problem}", seq=found.first_bad, problem=found.problem
        ),
        hint,
    )


app.command("checkpoint", cls=Command, help=checkpoints.CHECKPOINT)(checkpoints.checkpoint)
app.command("consistency", cls=Command, help=checkpoints.CONSISTENCY)(checkpoints.consistency)
app.command("receipt", cls=Command, help=checkpoints.RECEIPT)(checkpoints.receipt)
app.add_typer(checkpoints.keys, name="key")
app.command("prove", cls=Command, help=prove.SUMMARY)(prove.prove)
app.command("verify-bundle", cls=Command, help=verify_bundle.SUMMARY)(verify_bundle.verify_bundle)
