"""Every dispute told in the sample data is ruled as it is told, through the commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conflictctl.cases.policy import load_case_policy
from conflictctl.cases.procedure import STATES
from conflictctl.cli.app import app
from conflictctl.events import CASE_CHANNELS, CUSTOMER_TYPES, KINDS, RESOLUTIONS

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


# ---------------------------------------------------------------------------- conflict cases

CASES = [
    json.loads(line) for line in (SAMPLES / "cases.jsonl").read_text(encoding="utf-8").splitlines()
]
AS_OF = "2025-04-03T20:00:00+08:00"
ENDS_IN = {
    "C-2025-0001": "closed",
    "C-2025-0002": "closed",
    "C-2025-0003": "closed",
    "C-2025-0004": "closed",
    "C-2025-0005": "closed",
    "C-2025-0006": "closed",
    "C-2025-0007": "closed",
    "C-2025-0008": "closed",
    "C-2025-0009": "rejected",
    "C-2025-0010": "closed",
    "C-2025-0011": "closed",
    "C-2025-0012": "closed",
    "C-2025-0013": "closed",
    "C-2025-0014": "closed",
    "C-2025-0015": "closed",
    "C-2025-0016": "reopened",
    "C-2025-0017": "closed",
    "C-2025-0018": "executing",
    "C-2025-0019": "executing",
    "C-2025-0020": "closed",
    "C-2025-0021": "withdrawn",
    "C-2025-0022": "resolved",
    "C-2025-0023": "closed",
    "C-2025-0024": "negotiating",
    "C-2025-0025": "investigating",
    "C-2025-0026": "closed",
    "C-2025-0027": "accepted",
    "C-2025-0028": "closed",
    "C-2025-0029": "accepted",
    "C-2025-0030": "open",
    "A-clm0314-01": "investigating",
    "A-clm0315-01": "closed",
    "A-clm0401-01": "resolved",
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The cases of the month by id, as `case list` gives them."""
    path = str(tmp_path_factory.mktemp("cases") / "register.db")
    run("init", "--timezone", "Asia/Shanghai", "--db", path)
    run("import", str(SAMPLES / "dealership.jsonl"), "--attest", "bai", "--db", path)
    done = CliRunner().invoke(
        app, ["import", str(SAMPLES / "cases.jsonl"), "--attest", "bai", "--db", path]
    )
    assert done.exit_code == 0, done.output
    assert f"recorded: {len(CASES)} " in done.output
    assert "rejected: 0" in done.output
    warnings = [line for line in done.output.splitlines() if line.startswith("warning: ")]
    (wrong,) = [n for n, line in enumerate(CASES, 1) if line["id"] == "cz0331-01"]
    assert warnings == [f"warning: line {wrong}: C-2025-0019 has open tasks: T2"]
    listed = run("case", "list", "--all", "--as-of", AS_OF, "--format", "json", "--db", path)
    return {case["case"]: case for case in json.loads(listed)}


def test_every_case_ends_in_the_state_it_is_told_to(cases: dict[str, dict[str, Any]]) -> None:
    assert {name: cases[name]["state"] for name in ENDS_IN} == ENDS_IN
    assert {name for name in cases if name.startswith("C-")} <= set(ENDS_IN)


def test_there_is_a_case_of_everything(cases: dict[str, dict[str, Any]]) -> None:
    opened = [line for line in CASES if line["kind"] == "case_opened"]
    assert len(opened) == 30
    assert {case["state"] for case in cases.values()} == set(STATES)
    assert {line.get("channel") for line in opened} >= set(CASE_CHANNELS)
    assert {case["severity"] for case in cases.values()} == {1, 2, 3, 4}
    policy = load_case_policy("customer-conflict")
    assert {case["cause"] for case in cases.values()} >= set(policy.causes)
    assert {case["level"] for case in cases.values()} >= {one.id for one in policy.ladder}
    assert {line.get("customer_type") for line in CASES} >= set(CUSTOMER_TYPES)
    resolutions = [line for line in CASES if line["kind"] == "case_resolution"]
    assert {line["how"] for line in resolutions} == set(RESOLUTIONS)
    of_cases = {name for name, kind in KINDS.items() if kind.group == "case"}
    assert {line["kind"] for line in CASES} >= of_cases | {"sanction", "correction", "void"}


def test_every_case_is_told_in_the_readme() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    for name in ENDS_IN:
        assert f"| {name} |" in readme
