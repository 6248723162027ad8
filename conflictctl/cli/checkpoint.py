"""Checkpoints and receipts: what others keep, so that no later change goes unseen."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.options import Command, new_group
from conflictctl.cli.output import FORCE, opened_output
from conflictctl.cli.reading import content_of, readable
from conflictctl.cli.session import session_of
from conflictctl.errors import DamagedRegister, InputRejected, NotPermitted
from conflictctl.render.language import say
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.checkpoint import Checkpoint, Growth, Note, PublicKey
    from conflictctl.cli.session import Session
    from conflictctl.register.store import Register
    from conflictctl.signing import PrivateKey

CHECKPOINT = N_(
    "Record how far the register reaches, and write it down for somebody else to keep.\n\n"
    "A checkpoint is a few lines of text: the register's log, the number of its entries, the root "
    "of the tree over them (RFC 6962). Whoever keeps it finds any later change of these entries. "
    "Where nothing was recorded since the last one, that is written again.\n\n"
    "  conflictctl audit checkpoint --output 2026-11-26.checkpoint\n"
    "  conflictctl audit checkpoint --key headquarters.key"
)
CONSISTENCY = N_(
    "Whether a later checkpoint begins with all that an earlier one vouched for.\n\n"
    "The register makes the proof (--output keeps it); with --proof the two checkpoints are "
    "compared without any register. Ends with 7 if history was rewritten between them.\n\n"
    "  conflictctl audit consistency old.checkpoint new.checkpoint --output growth.proof\n"
    "  conflictctl audit consistency old.checkpoint new.checkpoint --proof growth.proof"
)
RECEIPT = N_(
    "Print the receipt of an entry again.\n\n"
    "Without an entry, that of the last one, which stands for all before it.\n\n"
    "  conflictctl audit receipt\n"
    "  conflictctl audit receipt '#812'"
)

OUTPUT = typer.Option(
    "--output", metavar="FILE", help=N_("The file to write; `-` or nothing: standard output.")
)
SIGNED_BY = typer.Option(
    "--signed-by",
    metavar="KEY|FILE",
    help=N_("The checkpoint must bear the signature of this public key."),
)


def checkpoint(
    ctx: typer.Context,
    output: Annotated[str | None, OUTPUT] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help=N_("Sign it with the key in this file.")),
    ] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Read the key, seal, write the note."""
    from conflictctl.register.sealing import seal

    session = session_of(ctx)
    signer = None if key is None else private_key(key)
    register = session.open()
    with opened_output(output, force=force) as out:
        sealed = seal(register, session.clock, _acting(session, register))
        out.write(signed_note(sealed.checkpoint, signer))
    size = sealed.checkpoint.size
    said = (
        Sentence("recorded #{seq}: checkpoint of {size} entries", seq=sealed.seq, size=size)
        if sealed.new
        else Sentence(
            "nothing was recorded since the checkpoint #{seq} of {size} entries",
            seq=sealed.seq,
            size=size,
        )
    )
    print(say(said), file=sys.stderr)


def consistency(
    ctx: typer.Context,
    old: Annotated[Path, typer.Argument(metavar="OLD", help=N_("The earlier checkpoint."))],
    new: Annotated[Path, typer.Argument(metavar="NEW", help=N_("The later checkpoint."))],
    proof: Annotated[
        Path | None,
        typer.Option("--proof", metavar="FILE", help=N_("Check by it, without a register.")),
    ] = None,
    output: Annotated[str | None, OUTPUT] = None,
    signed_by: Annotated[str | None, SIGNED_BY] = None,
    force: Annotated[bool, FORCE] = False,
) -> None:
    """Read both, have or make the proof, check it."""
    key = None if signed_by is None else public_key(signed_by)
    first, last = (read_checkpoint(path, key).checkpoint for path in (old, new))
    if first.origin != last.origin:
        raise DamagedRegister(
            Sentence("the checkpoints are of two registers"),
            Sentence("compare checkpoints of one register"),
        )
    if first.size > last.size:
        raise InputRejected(
            Sentence("{path} is the later checkpoint", path=str(old)),
            Sentence("name the earlier one first"),
        )
    growth = _proof_in(proof) if proof is not None else _made(session_of(ctx).open(), first, last)
    if not _shows(growth, first, last):
        raise DamagedRegister(
            Sentence(
                "the {new} entries of the later checkpoint do not begin with the {old} of the "
                "earlier one",
                new=last.size,
                old=first.size,
            ),
            Sentence(
                "either the proof is of other checkpoints, or history was rewritten: keep both "
                "checkpoints as evidence"
            ),
        )
    if output is not None:
        with opened_output(output, force=force) as out:
            out.write(growth.content)
    said = Sentence(
        "consistent: the first {old} of {new} entries are those of the earlier checkpoint",
        old=first.size,
        new=last.size,
    )
    print(say(said), file=sys.stderr if output in ("-",) else sys.stdout)


def _made(register: Register, first: Checkpoint, last: Checkpoint) -> Growth:
    from conflictctl.checkpoint import Growth
    from conflictctl.merkle import consistency_spans
    from conflictctl.register.sealing import tree_nodes

    count = register.head().seq
    if register.origin != last.origin or count < last.size:
        raise DamagedRegister(
            Sentence("the register is not the one of the checkpoints, or ends before them"),
            Sentence("`conflictctl audit verify --checkpoint FILE` says more"),
        )
    spans = consistency_spans(first.size, last.size) if first.size else []
    return Growth(last.origin, first.size, last.size, tuple(tree_nodes(register, last.size, spans)))


def _proof_in(path: Path) -> Growth:
    from conflictctl.checkpoint import read_growth

    try:
        return read_growth(_content(path))
    except ValueError:
        raise InputRejected(
            Sentence("{path} is no proof of consistency", path=str(path)),
            Sentence("`conflictctl audit consistency OLD NEW --output FILE` makes one"),
        ) from None


def _shows(growth: Growth, first: Checkpoint, last: Checkpoint) -> bool:
    from conflictctl.merkle import is_consistent

    stated = (growth.origin, growth.old, growth.new)
    return stated == (last.origin, first.size, last.size) and is_consistent(
        first.size, first.root, last.size, last.root, growth.hashes
    )


def receipt(
    ctx: typer.Context,
    entry: Annotated[
        str | None, typer.Argument(metavar="EVENT", help=N_("An entry's id or #number."))
    ] = None,
) -> None:
    """Look the entry up, print its receipt."""
    from conflictctl.register.chain import receipt_text

    register = session_of(ctx).open()
    seq = register.head().seq
    if entry is not None:
        found = register.event(f"#{entry}" if entry.isdecimal() else entry)
        if found is None:
            raise InputRejected(
                Sentence("no entry {event}", event=entry),
                Sentence("the register holds #1 to #{last}", last=seq),
            )
        seq = found.seq
    print(f"#{seq} {receipt_text(register.stored(seq)[1])}")


# --------------------------------------------------------------------------------- keys

keys = new_group(N_("Make and show keys that sign checkpoints."))


@keys.command(
    "new",
    cls=Command,
    help=N_(
        "Make a key (Ed25519) and print its public half.\n\n"
        "The file signs, so it belongs where the register's owner cannot read it. The public half "
        "goes to everybody who checks.\n\n"
        "  conflictctl audit key new headquarters.key --name headquarters.example/2026"
    ),
)
def new_key(
    path: Annotated[Path, typer.Argument(metavar="FILE", help=N_("Where to keep the key."))],
    name: Annotated[
        str,
        typer.Option("--name", metavar="NAME", help=N_("Whose key it is; without spaces or `+`.")),
    ],
) -> None:
    """Make it, keep it privately, print what others need."""
    from conflictctl import signing
    from conflictctl.exchange.exporting import open_private

    text, public = signing.new_key(name)
    with open_private(path) as file:
        file.write(text.encode())
    print(public.text)


@keys.command(
    "show",
    cls=Command,
    help=N_(
        "Print the public half of a key.\n\n"
        "Whoever has it can check what the key signed.\n\n"
        "  conflictctl audit key show headquarters.key"
    ),
)
def show_key(
    path: Annotated[Path, typer.Argument(metavar="FILE", help=N_("The file of the key."))],
) -> None:
    """Read the key, print what others need."""
    print(private_key(path).public.text)


# ---------------------------------------------------------------------- read and written


def signed_note(found: Checkpoint, signer: PrivateKey | None) -> str:
    """A checkpoint as it goes to others, signed if there is a key."""
    from conflictctl.checkpoint import note_of

    note = note_of(found)
    if signer is not None:
        note = note.signed(signer.public, signer.sign)
    return note.content


def read_checkpoint(path: Path, key: PublicKey | None) -> Note:
    """A checkpoint from a file; InputRejected for another text, DamagedRegister for a signature
    that is wanted and missing or wrong."""
    from conflictctl.checkpoint import read_note

    try:
        note = read_note(_content(path))
    except ValueError:
        raise InputRejected(
            Sentence("{path} is no checkpoint of a register", path=str(path)),
            Sentence("`conflictctl audit checkpoint --output FILE` writes one"),
        ) from None
    if key is not None:
        from conflictctl.signing import holds

        if not note.is_signed_by(key, holds(key)):
            raise DamagedRegister(
                Sentence("{path} bears no good signature of {name}", path=str(path), name=key.name),
                Sentence("a checkpoint that somebody altered or made up vouches for nothing"),
            )
    return note


def public_key(text_or_path: str) -> PublicKey:
    """A public key, given as its text or as the file that holds it."""
    from conflictctl.checkpoint import read_public_key

    try:
        return read_public_key(text_or_path)
    except ValueError:
        pass
    try:
        return read_public_key(_content(Path(text_or_path)).decode("utf-8", "replace"))
    except ValueError:
        raise InputRejected(
            Sentence("{text} is no public key", text=text_or_path),
            Sentence("`conflictctl audit key show FILE` prints one"),
        ) from None


def private_key(path: Path) -> PrivateKey:
    """The key in a file; InputRejected if it is none."""
    from conflictctl.signing import read_private_key

    return read_private_key(_content(path).decode("utf-8", "replace"))


def _content(path: Path) -> bytes:
    from conflictctl.checkpoint import LONGEST

    with readable(path):
        return content_of(path, LONGEST)


def _acting(session: Session, register: Register) -> str:
    from conflictctl.permissions import WHO_ACTS

    actor = session.actor(register.people())
    if actor is None:
        raise NotPermitted(
            Sentence("nobody acts: the register must know who enters this"), WHO_ACTS
        )
    return actor
