"""`verdict --bundle`, `audit prove`, `audit verify-bundle` as they are typed."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from conflictctl.register.chain import receipt_text

from .conftest import AS_OF, Invoke
from .forging import forged, reached, resealed


@pytest.fixture
def file(bundle: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "given.json"
    path.write_bytes(bundle)
    return path


def test_verdict_writes_a_private_file_beside_its_answer_and_overwrites_none(
    shop: Path, tmp_path: Path, invoke: Invoke
) -> None:
    path = tmp_path / "k1.json"
    done = invoke("verdict", "K1", "--bundle", str(path))
    assert "wrote" in done.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert "exists" in invoke("verdict", "K1", "--bundle", str(path), code=3).stderr
    assert path.read_bytes() == before
    invoke("verdict", "K1", "--bundle", str(path), "--force", "--as-of", AS_OF)
    assert path.read_bytes() != before


@pytest.mark.parametrize(
    "options",
    [
        ("--deal", "open"),
        ("--as-of", "2024-03-04T00:00:00+08:00"),
        ("--known-at", "20"),
        ("--known-at", "2024-03-06T16:00:00+08:00"),
        ("--set", "gap=2"),
        ("--policy", "last-click"),
        ("--policy", "renault-zibo-2013", "--with-personal"),
    ],
    ids=" ".join,
)
def test_the_question_asked_is_the_question_kept(
    options: tuple[str, ...], shop: Path, tmp_path: Path, invoke: Invoke
) -> None:
    path = tmp_path / "k1.json"
    ruled = json.loads(
        invoke("verdict", "K1", *options, "--format", "json", "--bundle", str(path)).stdout
    )
    shop.unlink()
    found = json.loads(invoke("audit", "verify-bundle", str(path), "--format", "json").stdout)
    assert found["ok"] is True
    for key in ("status", "credit", "holder", "decided_by", "policy", "as_of", "register"):
        assert found["ruling"][key] == ruled[key], key


@pytest.mark.parametrize(
    "words",
    [
        ("--all", "--bundle", "x.json"),
        ("K1", "--with-personal"),
        ("K1", "--what-if", "x.jsonl", "--bundle", "x.json"),
        ("K1", "--bundle", "-"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    words: tuple[str, ...], shop: Path, invoke: Invoke
) -> None:
    invoke("verdict", *words, code=2)


def test_both_languages_say_what_is_shown_and_what_is_not(file: Path, invoke: Invoke) -> None:
    english = invoke("audit", "verify-bundle", str(file)).stdout
    assert "Confirmed:" in english
    assert "that no entry about the customer was left out" in english
    chinese = invoke("audit", "verify-bundle", str(file), "--lang", "zh").stdout
    assert "未能证实：" in chinese
    assert "没有遗漏该客户的任何记录" in chinese


def test_a_receipt_ties_its_entry(bundle: bytes, file: Path, invoke: Invoke) -> None:
    receipt = receipt_text(reached(orjson.loads(bundle)["entries"][-1]))
    done = invoke("audit", "verify-bundle", str(file), "--receipt", receipt, "--format", "json")
    found = json.loads(done.stdout)
    assert found["receipts"] == [orjson.loads(bundle)["entries"][-1]["body"]["seq"]]
    invoke("audit", "verify-bundle", str(file), "--receipt", "AAAA-AAAA-AAAA-AAAA", code=7)
    invoke("audit", "verify-bundle", str(file), "--receipt", "no", code=3)


def test_damaged_newer_missing(bundle: bytes, file: Path, tmp_path: Path, invoke: Invoke) -> None:
    file.write_bytes(bundle.replace(b'"credited"', b'"referred"'))
    done = invoke("audit", "verify-bundle", str(file), "--format", "json", code=7)
    assert json.loads(done.stdout)["ok"] is False
    file.write_bytes(resealed({**orjson.loads(bundle), "bundle": 2}))
    assert "newer version" in invoke("audit", "verify-bundle", str(file), code=8).stderr
    invoke("audit", "verify-bundle", str(tmp_path / "nowhere.json"), code=2)
    invoke("audit", "verify-bundle", str(tmp_path), code=6)
    assert invoke("audit", "verify-bundle", "-", stdin=bundle).exit_code == 0


def test_another_version_is_named_and_its_words_are_not_vouched_for(
    bundle: bytes, file: Path, invoke: Invoke
) -> None:
    def older(value: dict) -> None:
        value["program"]["conflictctl"] = "0.0.9"
        value["ruling"]["en"]["reason"] = "It was said otherwise."
        del value["ruling"]["zh"]["rates"]

    file.write_bytes(forged(bundle, older))
    found = json.loads(invoke("audit", "verify-bundle", str(file), "--format", "json").stdout)
    open_points = {one["what"]: one["says"] for one in found["not_confirmed"]}
    assert "conflictctl 0.0.9" in open_points["program"]
    assert "en.reason" in open_points["words"]
    assert "zh.rates" in open_points["added"]


def test_where_another_version_ruled_otherwise_that_is_said(
    bundle: bytes, file: Path, invoke: Invoke
) -> None:
    def older(value: dict) -> None:
        value["program"]["conflictctl"] = "0.0.9"
        value["ruling"]["en"]["credit"][0]["party"] = "b"

    file.write_bytes(forged(bundle, older))
    said = invoke("audit", "verify-bundle", str(file), code=7).stderr
    assert "made by conflictctl 0.0.9, is not the one that conflictctl" in said


RENAULT = ("--policy", "renault-zibo-2013")


def departs(invoke: Invoke) -> None:
    """The manager gives the deal to c, whom no rule names, and says why: entry 40."""
    given = ("rule", "K1", "--as", "boss", "--instance", "sales_manager", "--award", "c=100")
    invoke(*given, "--reason", "heard both")


def test_proofs_for_a_ruling_by_a_person_under_a_checkpoint_kept_elsewhere(
    shop: Path, tmp_path: Path, invoke: Invoke
) -> None:
    departs(invoke)
    kept = str(tmp_path / "monday.checkpoint")
    invoke("audit", "checkpoint", "--as", "boss", "--output", kept)
    invoke("log-visit", "K1", "--as", "c")
    words = ("audit", "prove", "--with-personal", *RENAULT)
    told = {}
    for subject in ("#40", "K1"):
        path = str(tmp_path / f"{subject}.json")
        invoke(*words, subject, "--output", path)
        tied = ("audit", "verify-bundle", path, "--checkpoint", kept, "--format", "json")
        told[subject] = json.loads(invoke(*tied).stdout)
        assert "checkpoint" in [one["what"] for one in told[subject]["confirmed"]]
        assert told[subject]["ruling"]["credit"][0]["party"] == "c"
    # Of what was recorded after the checkpoint, the ruling by the person knows nothing.
    assert "origin" not in [one["what"] for one in told["#40"]["not_confirmed"]]
    assert "origin" in [one["what"] for one in told["K1"]["not_confirmed"]]
    assert "no customer and no ruling" in invoke("audit", "prove", "K9", code=3).stderr


def test_nothing_is_proved_for_the_checkpoint_of_another_register(
    shop: Path, tmp_path: Path, invoke: Invoke
) -> None:
    kept = tmp_path / "other.checkpoint"
    invoke("audit", "checkpoint", "--as", "boss", "--output", str(kept))
    text = kept.read_text(encoding="utf-8")
    origin, size, root, *_ = text.splitlines()
    path = str(tmp_path / "k1.json")

    def prove(lines: list[str], code: int) -> str:
        kept.write_text("\n".join([*lines, ""]), encoding="utf-8")
        done = invoke(
            "audit", "prove", "K1", "--checkpoint", str(kept), "--output", path, code=code
        )
        assert not Path(path).exists()
        return done.stderr

    assert "another register" in prove(["conflictctl/" + "0" * 32, size, root], 3)
    assert "changed since" in prove([origin, str(int(size) - 1), root], 7)
    assert "the register holds" in prove([origin, str(int(size) + 9), root], 7)
    assert "is no checkpoint" in prove(["something"], 3)


def test_verifying_loads_no_database(file: Path) -> None:
    script = (
        "import sys\n"
        "from conflictctl.cli.main import main\n"
        f"sys.argv = ['conflictctl', 'audit', 'verify-bundle', {str(file)!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "assert not {'sqlalchemy', 'sqlite3', 'alembic', 'rich'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
