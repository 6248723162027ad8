"""Bundles of the dealership's month: what they hold and what they leave at home."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from .conftest import AS_OF, Invoke


def written(invoke: Invoke, folder: Path, customer: str, *options: str) -> bytes:
    path = folder / "bundle.json"
    invoke("verdict", customer, "--as-of", AS_OF, "--bundle", str(path), *options)
    invoke("audit", "verify-bundle", str(path))
    return path.read_bytes()


def test_only_what_the_ruling_needs_leaves_the_house(
    month: Path, tmp_path: Path, invoke: Invoke
) -> None:
    bundle = orjson.loads(written(invoke, tmp_path, "C-020"))
    bodies = [entry["body"] for entry in bundle["entries"]]
    assert {body["customer"] for body in bodies if "customer" in body} == {"C-020"}
    told = b"".join(orjson.dumps(body) for body in bodies if "customer" in body)
    staff = {body["data"]["staff"] for body in bodies if body["kind"] == "staff"}
    assert {"chen", "song"} <= staff
    assert all(f'"{one}"'.encode() in told for one in staff)
    assert not any("personal" in entry for entry in bundle["entries"])


def test_a_correction_of_a_note_counts_for_nothing_with_or_without_its_words(
    month: Path, tmp_path: Path, invoke: Invoke
) -> None:
    assert orjson.loads(written(invoke, tmp_path, "C-024"))["ruling"]["en"]["void"] == []


def test_a_ruling_that_rests_on_a_written_reason_is_not_torn_from_it(
    month: Path, tmp_path: Path, invoke: Invoke
) -> None:
    path = str(tmp_path / "bundle.json")
    done = invoke("verdict", "C-066", "--as-of", AS_OF, "--bundle", path, code=3)
    assert "--with-personal" in done.stderr
    assert not Path(path).exists()
    assert "宋立群" in written(invoke, tmp_path, "C-066", "--with-personal").decode()


@pytest.mark.slow
def test_every_ruling_of_the_month_is_given_again(
    month: Path, tmp_path: Path, invoke: Invoke
) -> None:
    listed = invoke("verdict", "--all", "--as-of", AS_OF, "--format", "jsonl").stdout
    customers = [orjson.loads(line)["customer"] for line in listed.splitlines()]
    assert len(customers) > 50
    for customer in customers:
        written(invoke, tmp_path, customer, "--with-personal", "--force")
