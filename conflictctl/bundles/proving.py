"""Inclusion proofs for the entries of a bundle, in the tree of RFC 6962 over the register.

Each entry of the tree's size or before has a proof of its own; later ones have none.  Who holds a
checkpoint of that size sees by them that the entries are the register's, and sees no other.
"""

from __future__ import annotations

from collections.abc import Iterable

from conflictctl.bundles.account import Account
from conflictctl.bundles.form import Bundle, Tree, damaged
from conflictctl.merkle import inclusion_spans, leaf_hash, nodes, root_by_inclusion
from conflictctl.register.chain import canonical
from conflictctl.wording import Sentence


def proved(bundle: Bundle, size: int, leaves: Iterable[bytes]) -> Bundle:
    """The bundle with proofs in the tree of the first `size` entries of its register.

    `leaves` are the leaf hashes of these, in order; they are gone through once.  Raises
    ValueError if there are fewer.
    """
    spans = {
        entry.seq: inclusion_spans(entry.seq - 1, size)
        for entry in bundle.entries
        if entry.seq <= size
    }
    whole = (0, size)
    found = nodes(leaves, size, {whole}.union(*spans.values()))
    entries = tuple(
        entry._replace(proof=tuple(found[span] for span in spans[entry.seq]))
        if entry.seq in spans
        else entry._replace(proof=None)
        for entry in bundle.entries
    )
    return bundle._replace(entries=entries, tree=Tree(size, found[whole]))


def check_proofs(bundle: Bundle, account: Account) -> None:
    """Raise DamagedBundle unless every proof there has to be leads to the root."""
    tree = bundle.tree
    shown = 0
    for entry in bundle.entries:
        if (entry.proof is not None) is not (tree is not None and entry.seq <= tree.size):
            raise damaged(Sentence("#{seq} has no proof, or one too many", seq=entry.seq))
        if tree is None or entry.proof is None:
            continue
        leaf = leaf_hash(canonical(entry.body))
        if root_by_inclusion(leaf, entry.seq - 1, tree.size, entry.proof) != tree.root:
            raise damaged(Sentence("the proof of #{seq} does not hold", seq=entry.seq))
        shown += 1
    if tree is not None:
        account.confirm(
            "proofs",
            Sentence(
                "{shown} of its entries lead to one root, of a tree of {size} entries",
                shown=shown,
                size=tree.size,
            ),
        )
