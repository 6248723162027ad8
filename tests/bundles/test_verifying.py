"""What a bundle shows without the register, and what is refused."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import orjson
import pytest

from .conftest import make
from .forging import byte_changes, check, is_refused


def test_a_bundle_gives_its_ruling_again_without_the_register(bundle: bytes) -> None:
    found = check(bundle)
    assert found.judged.ruling.decided_by == "2"
    assert [part.party for part in found.judged.ruling.credit] == ["a"]
    assert [one.what for one in found.confirmed] == ["bytes", "entries", "policy_chosen", "ruling"]
    assert [one.what for one in found.unconfirmed] == ["personal", "origin", "complete"]


def test_it_holds_no_name_and_no_note_unasked(bundle: bytes, bundle_with_names: bytes) -> None:
    assert b"likes-blue" not in bundle
    value = orjson.loads(bundle_with_names)
    told = [entry["personal"]["data"] for entry in value["entries"] if "personal" in entry]
    assert {"note": "likes-blue"} in told
    assert check(bundle_with_names).confirmed[2].what == "personal"


def test_one_ruling_has_one_byte_form(bundle: bytes, shop_file: Path, tmp_path: Path) -> None:
    assert make(shop_file, tmp_path / "again.json", "--lang", "zh") == bundle
    assert is_refused(bundle.rstrip(b"\n"))
    assert is_refused(b" " + bundle)
    assert is_refused(orjson.dumps(orjson.loads(bundle), option=orjson.OPT_INDENT_2))


def test_every_changed_byte_is_seen(bundle: bytes, bundle_with_names: bytes) -> None:
    for content in (bundle, bundle_with_names):
        changes = byte_changes(content, random.Random(7))
        assert all(is_refused(changed) for changed in islice(changes, 200))


@pytest.mark.slow
def test_no_byte_at_all_may_be_another(bundle_with_names: bytes) -> None:
    content, rng = bundle_with_names, random.Random(11)
    for place in range(len(content)):
        other = content[place] ^ rng.randrange(1, 256)
        assert is_refused(content[:place] + bytes([other]) + content[place + 1 :]), place
    changes = byte_changes(content, rng)
    assert all(is_refused(changed) for changed in islice(changes, 10_000))
