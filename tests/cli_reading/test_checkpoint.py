"""Checkpoints on the command line: written, signed, checked with and without the register."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.unguarded import unguarded

from .conftest import LAST, Invoke


def sealed(invoke: Invoke, path: Path, *more: str) -> Path:
    invoke("audit", "checkpoint", "--as", "jiang", "--output", str(path), *more)
    return path


def another_entry(invoke: Invoke) -> None:
    invoke("log-call", "C-018", "--as", "qiu", "--direction", "out")


def verified(invoke: Invoke, *checkpoints: Path, code: int = 0) -> Any:
    named = [word for path in checkpoints for word in ("--checkpoint", str(path))]
    return json.loads(invoke("audit", "verify", *named, "--format", "json", code=code).stdout)


def forge(register: Path, *statements: str) -> None:
    """Change the file without its guards."""
    with unguarded(register) as raw:
        for statement in statements:
            raw.execute(statement)


def test_a_checkpoint_vouches_for_all_before_it(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    kept = sealed(invoke, tmp_path / "a.checkpoint")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.read_text().splitlines()[1] == str(LAST)
    another_entry(invoke)
    found = verified(invoke, kept)
    assert (found["checkpoint_size"], found["events"], found["unsealed"]) == (LAST, LAST + 2, 2)
    shown = invoke("audit", "verify", "--checkpoint", str(kept)).stdout
    assert f"nothing up to #{LAST} was altered" in shown
    assert "unsealed: 2 events since" in shown


def test_where_nothing_was_recorded_since_the_last_is_written_again(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    first = sealed(invoke, tmp_path / "a.checkpoint")
    again = sealed(invoke, tmp_path / "b.checkpoint")
    assert again.read_bytes() == first.read_bytes()
    assert verified(invoke)["events"] == LAST + 1


def test_the_next_one_goes_on_from_the_last(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    kept = [sealed(invoke, tmp_path / "1.checkpoint")]
    for number in range(2, 5):
        another_entry(invoke)
        kept.append(sealed(invoke, tmp_path / f"{number}.checkpoint"))
    assert verified(invoke, *reversed(kept))["checkpoint_size"] == LAST + 6
    for old, new in pairwise(kept):
        invoke("audit", "consistency", str(old), str(new))


def test_what_was_cut_off_is_missed(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    kept = sealed(invoke, tmp_path / "a.checkpoint")
    tables = ("events", "personal", "touches")
    forge(month, *(f"DELETE FROM {table} WHERE seq >= {LAST}" for table in tables))
    assert verified(invoke)["ok"] is True  # the chain alone does not see it
    found = verified(invoke, kept, code=7)
    assert found["first_bad"] == LAST
    assert "cut off" in found["problem"]


def test_a_register_put_in_its_place_is_found(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    kept = sealed(invoke, tmp_path / "a.checkpoint")
    month.unlink()
    invoke("init", "--timezone", "Asia/Shanghai")
    assert "another register" in verified(invoke, kept, code=7)["problem"]


def test_two_checkpoints_are_compared_without_the_register(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    old = sealed(invoke, tmp_path / "old.checkpoint")
    another_entry(invoke)
    new = sealed(invoke, tmp_path / "new.checkpoint")
    proof = tmp_path / "growth.proof"
    invoke("audit", "consistency", str(old), str(new), "--output", str(proof))
    month.unlink()
    invoke("audit", "consistency", str(old), str(new), "--proof", str(proof))
    invoke("audit", "consistency", str(new), str(old), "--proof", str(proof), code=3)
    lines = old.read_text().splitlines()
    lines[2] = new.read_text().splitlines()[2]
    forged = tmp_path / "forged.checkpoint"
    forged.write_text("\n".join(lines) + "\n")
    result = invoke("audit", "consistency", str(forged), str(new), "--proof", str(proof), code=7)
    assert "do not begin with" in result.stderr


def test_a_signature_says_who_wrote_it(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    key = tmp_path / "hq.key"
    public = invoke("audit", "key", "new", str(key), "--name", "hq.example/1").stdout.strip()
    assert key.stat().st_mode & 0o777 == 0o600
    assert invoke("audit", "key", "show", str(key)).stdout.strip() == public
    signed = sealed(invoke, tmp_path / "a.checkpoint", "--key", str(key))
    by_key = ("--checkpoint", str(signed), "--signed-by")
    invoke("audit", "verify", *by_key, public)
    (tmp_path / "public").write_text(public)
    invoke("audit", "verify", *by_key, str(tmp_path / "public"))
    other = invoke("audit", "key", "new", str(tmp_path / "x"), "--name", "hq.example/1").stdout
    invoke("audit", "verify", *by_key, other.strip(), code=7)
    signed.write_text(signed.read_text().replace(f"\n{LAST}\n", f"\n{LAST - 1}\n"))
    invoke("audit", "verify", *by_key, public, code=7)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("checkpoint",), 4, "nobody acts"),
        (("checkpoint", "--as", "jiang", "--key", "{file}"), 3, "no key to sign with"),
        (("checkpoint", "--as", "jiang", "--key", "{none}"), 6, "cannot be read"),
        (("verify", "--checkpoint", "{file}"), 3, "no checkpoint"),
        (("verify", "--checkpoint", "{none}"), 6, "cannot be read"),
        (("verify", "--signed-by", "{file}"), 3, "no public key"),
        (("consistency", "{file}", "{file}"), 3, "no checkpoint"),
        (("key", "new", "{file}", "--name", "a"), 3, "exists"),
        (("key", "new", "{none}", "--name", "a b"), 3, "no spaces"),
        (("key", "show", "{file}"), 3, "no key to sign with"),
        (("receipt", "99999"), 3, "no entry"),
    ],
)
def test_what_cannot_be_done_is_said(
    invoke: Invoke, month: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "file").write_bytes(b"\x00nonsense \xff")
    names = {"file": str(tmp_path / "file"), "none": str(tmp_path / "none")}
    result = invoke("audit", *(word.format(**names) for word in arguments), code=code)
    assert said in result.stderr
    assert verified(invoke)["events"] == LAST


def test_a_receipt_is_printed_again(invoke: Invoke, month: Path) -> None:
    said = invoke("log-call", "C-018", "--as", "qiu", "--direction", "out").stdout
    receipt = said.split()[-1]
    assert invoke("audit", "receipt").stdout.split() == [f"#{LAST + 1}", receipt]
    assert invoke("audit", "receipt", f"#{LAST + 1}").stdout.split()[1] == receipt
    invoke("audit", "verify", "--receipt", receipt)


def test_the_night_leaves_a_checkpoint_once(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    night = ("nightly", "--as", "jiang", "--checkpoint-dir", str(folder), "--format", "json")
    first = json.loads(invoke(*night).stdout)
    (step,) = [step for step in first["steps"] if step["step"] == "checkpoint"]
    assert (step["state"], step["size"]) == ("done", LAST)
    (kept,) = folder.iterdir()
    assert verified(invoke, kept)["checkpoint_size"] == LAST
    again = json.loads(invoke(*night).stdout)
    assert again["changed"] is False
    assert again["register"]["head"] == verified(invoke)["head"]
    assert [*folder.iterdir()] == [kept]
