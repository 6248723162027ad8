"""Checkpoints of a register: its tree of RFC 6962, grown from the last one that was recorded.

A checkpoint is an entry of the register too.  It keeps the tree's frontier, so that the next one
reads only what came since; what it says is checked by `audit.verify` against every entry, from a
copy that somebody else kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from conflictctl.calendar import Moment
from conflictctl.checkpoint import Checkpoint
from conflictctl.events import Draft, Event
from conflictctl.merkle import Frontier, Span, leaf_hash, nodes
from conflictctl.register.store import Register

_ID = "checkpoint-"
_AFTER = "checkpoint."  # the sign after `-`


class Sealed(NamedTuple):
    """A checkpoint, the `seq` of the entry that records it, and whether it is a new one."""

    checkpoint: Checkpoint
    seq: int
    new: bool


def seal(register: Register, clock: Callable[[], Moment], actor: str | None) -> Sealed:
    """Record a checkpoint of all entries so far; the last one, if nothing was recorded since.

    Raises what writing raises.
    """
    last = last_checkpoint(register)
    head = register.head()
    if last is not None and last.seq == head.seq:
        return Sealed(checkpoint_of(register, last), last.seq, False)
    tree = _tree(register, last)
    tree.extend(map(leaf_hash, register.bodies(tree.size + 1, head.seq)))
    with register.writing(clock) as writer:
        receipt = writer.add(_entry(tree, actor))
    found = Checkpoint(register.origin, tree.size, tree.root(), head.hash, receipt.event.at)
    return Sealed(found, receipt.seq, not receipt.already)


def last_checkpoint(register: Register) -> Event | None:
    """The entry of the largest checkpoint; one look-up, however long the register is."""
    found = register.latest_id(_ID, _AFTER)
    entry = None if found is None else register.event(found)
    return entry if entry is not None and entry.kind == "checkpoint" else None


def checkpoint_of(register: Register, entry: Event) -> Checkpoint:
    """The checkpoint that an entry records."""
    size: int = entry.fields["size"]
    return Checkpoint(
        register.origin,
        size,
        bytes.fromhex(entry.fields["root"].removeprefix("sha256:")),
        register.stored(size)[1],
        entry.at,
    )


def tree_nodes(register: Register, size: int, spans: Sequence[Span]) -> list[bytes]:
    """The hashes of nodes of the tree over the first `size` entries, in the order asked for."""
    found = nodes(map(leaf_hash, register.bodies(1, size)), size, spans)
    return [found[span] for span in spans]


def _entry(tree: Frontier, actor: str | None) -> Draft:
    fields = {
        "size": tree.size,
        "root": f"sha256:{tree.root().hex()}",
        "frontier": [node.hex() for node in tree.hashes],
    }
    identity = f"{_ID}{tree.size:015d}"
    return Draft("checkpoint", identity, None, 0, None, actor, actor, None, fields)


def _tree(register: Register, last: Event | None) -> Frontier:
    """The tree of the last checkpoint; an empty one where it does not hold together."""
    if last is None:
        return Frontier()
    try:
        hashes = [bytes.fromhex(text) for text in last.get("frontier") or ()]
        tree = Frontier(last.fields["size"], hashes)
    except ValueError:
        return Frontier()
    return tree if f"sha256:{tree.root().hex()}" == last.fields["root"] else Frontier()
