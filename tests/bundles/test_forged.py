"""Bundles changed by one who knows their form and makes every digest in them anew.

What is then caught, and by what: a ruling that the policy does not give, by judging again; a
policy that is not the kept one, by the setting that holds it; changed entries, by the receipts
of these entries or by their proofs under a checkpoint - and by nothing else.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from conflictctl.bundles.form import read
from conflictctl.bundles.ties import Held
from conflictctl.checkpoint import Checkpoint
from conflictctl.errors import DamagedBundle
from conflictctl.register.chain import receipt_text

from .conftest import Invoke, make
from .forging import altered, check, forged, is_refused, leaves, reached, rejudged, resealed

Value = dict[str, Any]


def checkpoint_of(content: bytes) -> Checkpoint:
    """What headquarters kept of the register that a bundle with proofs was made of."""
    bundle = read(content)
    assert bundle.tree is not None
    return Checkpoint(bundle.origin, bundle.tree.size, bundle.tree.root)


def every_receipt(content: bytes) -> list[str]:
    """The receipts that were printed when the entries were recorded."""
    return [receipt_text(reached(entry)) for entry in orjson.loads(content)["entries"]]


def entry_of(value: Value, identity: str) -> Value:
    found: Value = next(one for one in value["entries"] if one["body"].get("id") == identity)
    return found


def backdate(value: Value) -> None:
    """a's follow-up is said to have been long before: too long for the rule."""
    body = entry_of(value, "e2")["body"]
    body["at"] = body["rec"] = "2024-02-20T02:00:00Z"


def without(identity: str) -> Any:
    def change(value: Value) -> None:
        value["entries"].remove(entry_of(value, identity))

    return change


def test_a_ruling_that_the_policy_does_not_give_is_refused(bundle: bytes) -> None:
    def for_b(value: Value) -> None:
        for ruling in value["ruling"].values():
            ruling["credit"][0]["party"] = "b"

    with pytest.raises(DamagedBundle, match=r"first at en\.credit"):
        check(forged(bundle, for_b))


def test_a_fact_changed_under_the_old_ruling_is_refused(bundle: bytes) -> None:
    with pytest.raises(DamagedBundle, match="its ruling is not what its policy gives"):
        check(forged(bundle, backdate))


def test_another_policy_than_the_kept_one_is_refused(bundle: bytes) -> None:
    def shorter(value: Value) -> None:
        file = value["policy"]["files"][0]
        file["text"] = file["text"].replace("default = 4", "default = 2")

    with pytest.raises(DamagedBundle, match="not the one that #2 chose"):
        check(rejudged_or_same(forged(bundle, shorter)))


def rejudged_or_same(content: bytes) -> bytes:
    try:
        return rejudged(content)
    except DamagedBundle:
        return content


def test_all_made_up_anew_is_consistent_and_only_what_is_kept_elsewhere_tells(
    proved: bytes,
) -> None:
    fake = rejudged(forged(strip(proved), backdate))
    found = check(fake)
    assert [part.party for part in found.judged.ruling.credit] == ["b"]
    assert "origin" in [one.what for one in found.unconfirmed]
    assert is_refused(fake, Held(receipts=[receipt_of(proved, "e2")]))
    assert is_refused(fake, Held(checkpoint=checkpoint_of(proved)))


def receipt_of(content: bytes, identity: str) -> str:
    return receipt_text(reached(entry_of(orjson.loads(content), identity)))


def strip(content: bytes) -> bytes:
    """Without the proofs."""
    value = orjson.loads(content)
    del value["tree"]
    for entry in value["entries"]:
        entry.pop("proof", None)
    return resealed(value)


def test_with_the_proofs_left_as_they_are_a_changed_entry_does_not_fit_them(proved: bytes) -> None:
    with pytest.raises(DamagedBundle, match="the proof of #"):
        check(rejudged_or_same(forged(proved, backdate)))


def test_whoever_misses_his_entry_holds_its_receipt(bundle: bytes) -> None:
    fake = rejudged(forged(bundle, without("e2")))
    assert check(fake).judged.ruling.decided_by == "3"
    with pytest.raises(DamagedBundle, match="no entry in it bears the receipt"):
        check(fake, Held(receipts=[receipt_of(bundle, "e2")]))


def test_a_checkpoint_does_not_tell_what_was_left_out(proved: bytes) -> None:
    fake = rejudged(forged(proved, without("e2")))
    found = check(fake, Held(checkpoint=checkpoint_of(proved)))
    assert "complete" in [one.what for one in found.unconfirmed]


def test_an_entry_that_another_speaks_of_cannot_be_left_out(
    shop: Path, tmp_path: Path, invoke: Invoke
) -> None:
    invoke("void", "e6", "--as", "c", "--reason", "not here")
    mended = make(shop, tmp_path / "mended.json")
    assert check(mended)
    with pytest.raises(DamagedBundle, match="no entry that this version would record"):
        check(forged(mended, without("e6")))


def test_the_checkpoint_of_another_register_or_size_ties_nothing(
    proved: bytes, bundle: bytes
) -> None:
    held = checkpoint_of(proved)
    assert is_refused(bundle, Held(checkpoint=held))
    assert is_refused(proved, Held(checkpoint=held._replace(origin="0" * 32)))
    assert is_refused(proved, Held(checkpoint=held._replace(size=held.size - 1)))
    assert is_refused(proved, Held(checkpoint=held._replace(root=b"\0" * 32)))
    found = check(proved, Held(checkpoint=held))
    assert "checkpoint" in [one.what for one in found.confirmed]
    assert "origin" not in [one.what for one in found.unconfirmed]


# ------------------------------------------------------------------- all changes of one value


def every_forgery(content: bytes) -> Iterator[tuple[tuple[Any, ...], bytes]]:
    """Each value of a bundle changed by itself, with all digests made anew; entries swapped."""
    whole = orjson.loads(content)
    for path in leaves(whole):
        if path[0] == "digest":
            continue
        value = copy.deepcopy(whole)
        altered(value, path)
        yield path, resealed(value)
    rng = random.Random(3)
    numbers = range(len(whole["entries"]))
    for _ in range(20):
        one, other = rng.sample(numbers, 2)
        value = copy.deepcopy(whole)
        entries = value["entries"]
        entries[one], entries[other] = entries[other], entries[one]
        yield ("entries", one), resealed(value)
        entries[one]["body"]["seq"], entries[other]["body"]["seq"] = (
            entries[other]["body"]["seq"],
            entries[one]["body"]["seq"],
        )
        yield ("entries", one), resealed(value)


def test_of_each_value_changed_by_itself_none_passes_what_is_held(proved: bytes) -> None:
    held = Held(every_receipt(proved), checkpoint_of(proved))
    passed = [path for path, fake in every_forgery(proved) if not is_refused(fake, held)]
    # Which versions made it is the maker's own word, and told as such.
    assert {path[0] for path in passed} <= {"program"}, passed


@pytest.mark.slow
def test_without_anything_held_only_entries_can_be_changed_where_the_ruling_stays(
    proved: bytes,
) -> None:
    tried = list(every_forgery(proved))
    passed = [path for path, fake in tried if not is_refused(fake)]
    # With proofs inside, a changed body no longer fits them.  The hash before an entry is held by
    # a receipt alone, the size of the tree by a checkpoint alone.
    assert {path[2] if path[0] == "entries" else path[0] for path in passed} <= {
        "previous",
        "program",
        "tree",
    }, passed
