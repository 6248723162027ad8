"""What ties a bundle to a register: receipts and a checkpoint that the verifier holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from conflictctl.bundles.account import Account
from conflictctl.bundles.form import Bundle, damaged
from conflictctl.checkpoint import Checkpoint
from conflictctl.register.chain import receipt_bytes
from conflictctl.wording import Sentence


class Held(NamedTuple):
    """What the verifier holds from elsewhere."""

    receipts: Sequence[str] = ()
    checkpoint: Checkpoint | None = None


def check_ties(bundle: Bundle, hashes: Sequence[bytes], held: Held, account: Account) -> list[int]:
    """Tell how far what is held ties the entries to a register; `hashes` are their links.

    Returns the places whose receipts are held, in the order given.  Raises DamagedBundle where
    the bundle does not agree with it, InputRejected for a text that is no receipt.
    """
    places = [_receipt(bundle, hashes, text, account) for text in held.receipts]
    tied = set(places)
    if held.checkpoint is not None:
        tied |= _checkpoint(bundle, held.checkpoint, account)
    loose = [entry.seq for entry in bundle.entries if entry.seq not in tied]
    if len(loose) == len(bundle.entries):
        account.leave_open(
            "origin",
            Sentence(
                "that these are entries of a register, and not made up: no receipt and no "
                "checkpoint kept elsewhere was held against them"
            ),
        )
    elif loose:
        account.leave_open(
            "origin",
            Sentence(
                "that {count} of the entries, the first of them #{seq}, are the register's: what "
                "was held against them does not reach them",
                count=len(loose),
                seq=loose[0],
            ),
        )
    account.leave_open(
        "complete",
        Sentence(
            "that no entry about the customer was left out: only the register shows that; whoever "
            "misses his own entry holds its receipt"
        ),
    )
    return places


def _checkpoint(bundle: Bundle, checkpoint: Checkpoint, account: Account) -> set[int]:
    """The places that the checkpoint covers; the proofs themselves were checked before."""
    tree = bundle.tree
    if checkpoint.origin != bundle.origin:
        raise damaged(Sentence("the checkpoint is that of another register"))
    if tree is None:
        raise damaged(
            Sentence("it holds no proofs, and a checkpoint says nothing without them"), _PROVE
        )
    if tree.size != checkpoint.size:
        raise damaged(
            Sentence(
                "its proofs are for a tree of {size} entries, and the checkpoint is of {held}",
                size=tree.size,
                held=checkpoint.size,
            ),
            _PROVE,
        )
    if tree.root != checkpoint.root:
        raise damaged(Sentence("its proofs lead to another root than that of the checkpoint"))
    if checkpoint.head is not None and bundle.head.seq == checkpoint.size:
        if checkpoint.head != bundle.head.hash:
            raise damaged(Sentence("the checkpoint names another head"))
        account.confirm(
            "head", Sentence("the register's head that it names is that of the checkpoint")
        )
    covered = {entry.seq for entry in bundle.entries if entry.proof is not None}
    account.confirm(
        "checkpoint",
        Sentence(
            "{count} of its entries are the register's, in their places, byte for byte: they "
            "stand under the checkpoint of {size} entries",
            count=len(covered),
            size=checkpoint.size,
        ),
    )
    return covered


_PROVE = Sentence("`conflictctl audit prove CUSTOMER --checkpoint FILE` makes one that has them")


def _receipt(bundle: Bundle, hashes: Sequence[bytes], text: str, account: Account) -> int:
    wanted = receipt_bytes(text)
    for entry, reached in zip(bundle.entries, hashes, strict=True):
        if reached.startswith(wanted):
            account.confirm(
                "receipt",
                Sentence(
                    "{receipt} is the receipt of #{seq} as it stands here",
                    receipt=text,
                    seq=entry.seq,
                ),
            )
            return entry.seq
    if bundle.head.hash.startswith(wanted):
        account.leave_open(
            "receipt",
            Sentence(
                "that the entries lead to the head #{seq} that the bundle names; {receipt} is the "
                "receipt of that head",
                receipt=text,
                seq=bundle.head.seq,
            ),
        )
        return bundle.head.seq
    raise damaged(
        Sentence(
            "no entry in it bears the receipt {receipt}: that entry was changed or left out, or "
            "is not about this ruling",
            receipt=text,
        )
    )
