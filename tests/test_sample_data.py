"""Every dispute told in the sample data is ruled as it is told, through the commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conflictctl.cli.app import app

SAMPLES = Path(__file__).resolve().parent.parent / "sample_data"
DISPUTES: list[dict[str, Any]] = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("samples") / "register.db")
    run("init", "--timezone", "Asia/Shanghai", "--db", path)
    for name, attester in (("dealership.jsonl", "bai"), ("reception-2025-03-20.csv", "jiang")):
        run("import", str(SAMPLES / name), "--attest", attester, "--db", path)
    return path


@pytest.mark.parametrize("dispute", DISPUTES, ids=lambda d: f"{d['customer']} {d['title']}")
def test_a_dispute_is_ruled_as_told(register: str, dispute: dict[str, Any]) -> None:
    options = ["--as-of", dispute["as_of"], "--policy", "renault-zibo-2013", "--format", "json"]
    if "deal" in dispute:
        options += ["--deal", dispute["deal"]]
    ruling = json.loads(run("verdict", dispute["customer"], "--db", register, *options))
    told = {
        key: dispute[key]
        for key in ("status", "holder", "decided_by", "referred_to", "provisional_until")
        if key in dispute
    }
    assert {key: ruling[key] for key in told} == told
    assert [(part["party"], part["share"]) for part in ruling["credit"]] == [
        (part["party"], part["share"]) for part in dispute["credit"]
    ]
    if "by_rule" in dispute:
        by_rule = ruling["by_rule"]
        assert {k: by_rule[k] for k in ("status", "decided_by")} == {
            k: dispute["by_rule"][k] for k in ("status", "decided_by")
        }
        assert [part["party"] for part in by_rule["credit"]] == [
            part["party"] for part in dispute["by_rule"]["credit"]
        ]


def test_there_are_enough_of_everything() -> None:
    lines = [
        json.loads(line)
        for line in (SAMPLES / "dealership.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    customers = {line["customer"] for line in lines if line["kind"] == "customer"}
    assert len(customers) >= 60
    assert len(lines) >= 300
    assert len(DISPUTES) >= 17
    assert len({dispute["decided_by"] for dispute in DISPUTES}) >= 10


def test_every_dispute_is_told_in_the_readme() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    for dispute in DISPUTES:
        assert dispute["title"] in readme
        assert dispute["title_zh"] in readme
