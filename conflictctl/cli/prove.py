"""`audit prove`: inclusion proofs for just the entries that a ruling rests on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.checkpoint import read_checkpoint
from conflictctl.cli.output import FORCE, opened_for_bytes
from conflictctl.cli.progress import WORTH_A_BAR, progress_bar
from conflictctl.cli.question import AS_OF, DEAL, KNOWN_AT, POLICY, SETTINGS, gather
from conflictctl.cli.session import session_of
from conflictctl.cli.verdict import WITH_PERSONAL
from conflictctl.errors import DamagedRegister, InputRejected
from conflictctl.render.language import tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conflictctl.bundles.form import Bundle
    from conflictctl.checkpoint import Checkpoint
    from conflictctl.events import Event
    from conflictctl.register.store import Register

OUTPUT = typer.Option(
    "--output",
    metavar="FILE",
    help=N_("Where to write the bundle; `-` or nothing: standard output."),
)
CHECKPOINT = typer.Option(
    "--checkpoint",
    metavar="FILE",
    help=N_("Prove for this checkpoint, which the other side holds; default: the last one made."),
)


SUMMARY = N_(
    "Write a ruling as a bundle with a proof for each entry.\n\n"
    "Names a customer, or a ruling made by a person: then as things were known when it was "
    "recorded.  Who holds a checkpoint of the register sees by the proofs that the entries "
    "are the register's, and sees no other entry.\n\n"
    "  conflictctl audit prove K7 --checkpoint monday.checkpoint --output k7.json\n"
    "  conflictctl audit verify-bundle k7.json --checkpoint monday.checkpoint"
)


def prove(
    ctx: typer.Context,
    subject: Annotated[
        str,
        typer.Argument(metavar="CUSTOMER|RULING", help=N_("A customer, or a ruling by a person.")),
    ],
    checkpoint: Annotated[Path | None, CHECKPOINT] = None,
    output: Annotated[str | None, OUTPUT] = None,
    deal: Annotated[str | None, DEAL] = None,
    as_of: Annotated[str | None, AS_OF] = None,
    known_at: Annotated[str | None, KNOWN_AT] = None,
    policy: Annotated[str | None, POLICY] = None,
    settings: Annotated[list[str] | None, SETTINGS] = None,
    with_personal: Annotated[bool, WITH_PERSONAL] = False,
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Rule, prove, write."""
    from conflictctl.bundles.form import written
    from conflictctl.cli.bundles import bundle_of

    session = session_of(ctx)
    register = session.open()
    held = _latest(register) if checkpoint is None else read_checkpoint(checkpoint, None).checkpoint
    customer, decided = _named(register, subject)
    if decided is not None:
        known_at = known_at or f"#{decided.seq}"
        as_of = as_of or register.calendar.iso(decided.recorded_at)
        deal = deal or decided.get("deal")
    question = gather(session, as_of, known_at, policy, settings or [])
    bundle = bundle_of(question, customer, deal, policy=policy, personal=with_personal)
    bundle = _with_proofs(register, bundle, held)
    with opened_for_bytes(output, force=force) as file:
        file.write(written(bundle))


def _latest(register: Register) -> Checkpoint | None:
    from conflictctl.register.sealing import checkpoint_of, last_checkpoint

    entry = last_checkpoint(register)
    return None if entry is None else checkpoint_of(register, entry)


def _named(register: Register, subject: str) -> tuple[str, Event | None]:
    """The customer, and the person's ruling if one was named."""
    if register.customer_exists(subject):
        return subject, None
    event = register.event(subject)
    if event is None or event.kind != "ruling" or event.customer is None:
        raise InputRejected(
            Sentence("no customer and no ruling {subject}", subject=subject),
            Sentence("a ruling is named by its id or as #SEQ; `verdict` names those it rests on"),
        )
    return event.customer, event


def _with_proofs(register: Register, bundle: Bundle, held: Checkpoint | None) -> Bundle:
    from conflictctl.bundles.proving import proved
    from conflictctl.merkle import leaf_hash

    size = register.head().seq if held is None else held.size
    _check_fits(register, held)
    with progress_bar(tr("proving"), worth=size > WORTH_A_BAR) as progress:

        def leaves() -> Iterator[bytes]:
            for number, body in enumerate(register.bodies(1, size), 1):
                if progress is not None and number % 4096 == 0:
                    progress(number, size)
                yield leaf_hash(body)

        found = proved(bundle, size, leaves())
    assert found.tree is not None
    if held is not None and found.tree.root != held.root:
        raise DamagedRegister(
            Sentence("the register does not lead to this checkpoint: it was changed since"), _KEEP
        )
    return found


def _check_fits(register: Register, held: Checkpoint | None) -> None:
    if held is None:
        return
    if held.origin != register.origin:
        raise InputRejected(
            Sentence("the checkpoint is that of another register"),
            Sentence("--db names the register that it was made of"),
        )
    reach = register.head().seq
    if not 0 < held.size <= reach:
        raise DamagedRegister(
            Sentence(
                "the checkpoint is of {size} entries, and the register holds {held}",
                size=held.size,
                held=reach,
            ),
            _KEEP,
        )


_KEEP = Sentence("keep both as evidence; `conflictctl audit verify` says what it can see")
