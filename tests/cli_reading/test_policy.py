"""Policies listed, shown and chosen."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from conflictctl.policy.model import load_policy, preset_ids
from conflictctl.register.store import open_register

from .conftest import Invoke

RENAULT = "renault-zibo-2013"


def test_list_shows_every_preset_and_the_one_in_use(invoke: Invoke, month: Path) -> None:
    told = invoke("policy", "list").stdout
    assert all(identity in told for identity in preset_ids())
    rows = json.loads(invoke("policy", "list", "--format", "json").stdout)
    assert [row["id"] for row in rows if row["in_use"]] == [RENAULT]


def test_list_needs_no_register(invoke: Invoke, register_path: Path) -> None:
    assert RENAULT in invoke("policy", "list").stdout
    assert not register_path.exists()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_show_has_every_parameter_with_its_sentence_and_every_rule(
    invoke: Invoke, lang: str
) -> None:
    policy = load_policy(RENAULT)
    told = "".join(invoke("policy", "show", RENAULT, "--lang", lang).stdout.split())
    for parameter in policy.parameters.values():
        text = parameter.text.zh if lang == "zh" else parameter.text.en
        assert parameter.name in told
        assert "".join(text.split()) in told
    for number, rule in enumerate(policy.rules, 1):
        assert f"{number}.{rule.clause}" in told


def test_show_has_the_conditions_as_written_with_code(invoke: Invoke) -> None:
    policy = load_policy(RENAULT)
    plain = "".join(invoke("policy", "show", RENAULT).stdout.split())
    told = "".join(invoke("policy", "show", RENAULT, "--code").stdout.split())
    for rule in policy.rules:
        assert "".join(rule.when.split()) in told
    assert "exists(claim,by=original" in told
    assert "exists(claim,by=original" not in plain


def test_show_as_json_and_as_the_file_itself(invoke: Invoke) -> None:
    policy = load_policy(RENAULT)
    shown = json.loads(invoke("policy", "show", RENAULT, "--format", "json").stdout)
    assert shown["digest"] == policy.digest
    assert [p["name"] for p in shown["parameters"]] == list(policy.parameters)
    assert [r["clause"] for r in shown["rules"]] == [rule.clause for rule in policy.rules]
    text = invoke("policy", "show", RENAULT, "--format", "toml").stdout
    assert tomllib.loads(text) == tomllib.loads(policy.text)


def test_show_of_a_file_with_a_brace_not_closed(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    preset = invoke("policy", "show", RENAULT, "--format", "toml").stdout
    file.write_text(preset.replace('why.en = "', 'why.en = "{ x '), "utf-8")
    assert "{ x " in invoke("policy", "show", str(file)).stdout


def test_show_of_the_one_in_use(invoke: Invoke, month: Path) -> None:
    assert invoke("policy", "show").stdout == invoke("policy", "show", RENAULT).stdout
    invoke("policy", "show", "nonsense", code=2)


def test_use_is_recorded_by_management(invoke: Invoke, month: Path) -> None:
    assert invoke("policy", "use", RENAULT, "--as", "jiang").stdout.startswith("recorded #629")
    with open_register(str(month)) as register:
        setting = register.event(629)
    assert setting is not None
    assert (setting.by, dict(setting.fields)) == ("jiang", {"name": "policy", "value": RENAULT})
    invoke("policy", "use", RENAULT, "--as", "chen", code=4)
    invoke("policy", "use", RENAULT, code=4)
    invoke("policy", "use", "nonsense", "--as", "jiang", code=2)
