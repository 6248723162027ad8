"""The worked cases of every preset notice whatever is changed in it."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from conflictctl.adjudication.worked_cases import WorkedCase, load_cases, parse_cases
from conflictctl.policy.model import load_policy, parse_policy, preset_ids
from tests.mutants import Mutant, mutants, policy_of, survivors, toml_of

PRESETS = resources.files("conflictctl.policy").joinpath("presets")
WITH_CASES = [
    identity for identity in preset_ids() if PRESETS.joinpath(f"{identity}.cases.toml").is_file()
]
STRICT = {"number", "comparison", "rule", "row"}

EQUIVALENT = {
    "meiteng-2015": {
        # Such an answer is refused at entry.
        "number: parameters.accompaniment_least.default: -3 -> -4",
        "number: parameters.accompaniment_most.default: 3 -> 4",
    },
}
"""Mutants that say the same in other words: no case can tell them apart."""

SMALL = """\
policy = "renault-zibo-2013"
outlets = { shop = "store" }
staff = { li = "consultant shop" }
[[case]]
id = "1"
title = "own file"
cites = "x"
history = '''
2013-03-01 10:00 li visit K1 level=A
2013-03-05 15:00 li close K1
'''
expect = { credit = { li = "100" } }
"""


def cases_of(text: str) -> tuple[WorkedCase, ...]:
    return parse_cases(text, policy=load_policy("renault-zibo-2013"), file="small")


@pytest.mark.parametrize("identity", WITH_CASES)
def test_a_policy_written_anew_from_its_data_is_the_same_policy(identity: str) -> None:
    policy = load_policy(identity)
    data = tomllib.loads(policy.text)
    assert tomllib.loads(toml_of(data)) == data
    assert policy_of(data).digest == parse_policy(policy.text).digest


def test_every_kind_of_place_is_changed_and_nothing_else() -> None:
    found = [str(mutant) for mutant in mutants(load_policy("renault-zibo-2013").text)]
    assert len(found) == len(set(found))
    for told in (
        "number: parameters.level_limit_days.default.H: 3 -> 4",
        "number: parameters.fine_amount.default: 100 -> 99",
        "default: parameters.phone_opens_file.default: True -> False",
        "default: parameters.claim_day_count.default: closing_day_is_day_1 -> 72h",
        "comparison: let.in_week: gap(last(week_contact, by=original, before=deal), deal) <= "
        "week_days -> gap(last(week_contact, by=original, before=deal), deal) < week_days",
        "logic: entries.inform.valid: not voided and (not struck) -> voided and (not struck)",
        "logic: entries.inform.valid: not voided and (not struck) -> not voided or not struck",
        "date: applies_to.from: 2013-01-27 -> 2013-01-28",
    ):
        assert told in found
    assert any(told.startswith("rule: rule 1 (K3)") for told in found)
    assert not any(".why" in told or ".title" in told for told in found)


def test_a_change_that_no_case_notices_survives() -> None:
    def about_calls(mutant: Mutant) -> bool:
        return mutant.where.startswith(("parameters.phone_opens_file", "entries.contact"))

    found = {
        m.where
        for m in survivors(load_policy("renault-zibo-2013").text, cases_of(SMALL), about_calls)
    }
    assert "parameters.phone_opens_file.default" in found
    noticed = survivors(
        load_policy("renault-zibo-2013").text,
        cases_of(SMALL.replace('{ credit = { li = "100" } }', '{ decided_by = "P2" }')),
        about_calls,
    )
    assert noticed == []


@pytest.mark.slow
@pytest.mark.parametrize("identity", WITH_CASES)
def test_every_change_is_noticed_by_a_worked_case(identity: str) -> None:
    policy = load_policy(identity)
    found = survivors(policy.text, load_cases(identity, policy))
    equivalent = EQUIVALENT.get(identity, set())
    others = [mutant for mutant in found if mutant.kind not in STRICT]
    print(f"{identity}: {len(others)} other mutants survive", *others, sep="\n  ")
    strict = {str(mutant) for mutant in found if mutant.kind in STRICT}
    assert sorted(strict - equivalent) == []
    assert sorted(equivalent - strict) == []
