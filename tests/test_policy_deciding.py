"""All rules written out as one function: it decides as they do one by one, and as a full ruling."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from conflictctl.adjudication import written_account
from conflictctl.adjudication.dossier import dossier_of, events_of
from conflictctl.adjudication.judge import (
    Matter,
    case_of,
    decide_case,
    in_force,
    judge_deal,
    matter_of,
    name_of,
    persons_of,
    wordless,
)
from conflictctl.calendar import moment_of
from conflictctl.history import Deal, replay
from conflictctl.people import People
from conflictctl.policy import deciding
from conflictctl.policy.emit import NAMESPACE
from conflictctl.policy.model import Policy, load_policy, parse_policy, preset_ids
from conflictctl.policy.program import Program
from tests.histories import random_history
from tests.in_memory import LONG_AFTER, RENAULT, SHANGHAI, staff_events
from tests.small_policy import SMALL
from tests.test_renault_agreement import SETTINGS

Question = tuple[Matter, Deal | None]


def questions(program: Program, seeds: range) -> Iterator[Question]:
    """Every deal of every person of some random histories, and who holds him now."""
    as_of = moment_of(LONG_AFTER)
    for seed in seeds:
        events = events_of(random_history(random.Random(seed)))
        history = replay(
            dossier_of(events, "K1"),
            people=People(staff_events(events)),
            calendar=SHANGHAI,
            as_of=as_of,
            powers=program.powers,
        )
        members = {e.customer for e in history.entries if e.customer is not None}
        for person in persons_of(history, sorted(members), program.joined):
            matter = matter_of(program, history, person, as_of)
            for deal in (*matter.deals, None):
                yield in_force(matter, deal), deal


def written(program: Program) -> Program:
    """A program whose rules are written out from the first question on."""
    for rules in (program.deciding, program.deciding_open):
        rules.write()
    return program


def fully(program: Program) -> Program:
    """A program whose accounts are written out from the first question on."""
    program.written["accounts"] = tuple(
        SimpleNamespace(of=written_account.written(program, deal=deal)) for deal in (False, True)
    )
    return program


def compare_accounts(policy: Policy, settings: dict[str, Any], seeds: range) -> int:
    """Hold accounts made at once against those of rules tried one by one."""
    told = 0
    quick, slow = fully(Program(policy, settings)), Program(policy, settings)
    for (matter, deal), (other, same) in zip(
        questions(quick, seeds), questions(slow, seeds), strict=True
    ):
        at_once = judge_deal(matter, name_of(matter), deal, explain=True)
        assert at_once == judge_deal(other, name_of(other), same, explain=True)
        told += written_account.told(case_of(matter, deal, explain=True)) is not None
    return told


def compare(policy: Policy, settings: dict[str, Any], seeds: range) -> int:
    """Hold what is decided at once against rules tried one by one and against full rulings."""
    decided = 0
    quick, slow = written(Program(policy, settings)), Program(policy, settings)
    for (matter, deal), (other, same) in zip(
        questions(quick, seeds), questions(slow, seeds), strict=True
    ):
        at_once, one_by_one = decide_case(case_of(matter, deal)), decide_case(case_of(other, same))
        assert at_once == one_by_one
        if at_once is not None:
            decided += 1
            ruling = judge_deal(matter, name_of(matter), deal, explain=False)
            if any(finding.refused for finding in ruling.findings):
                # What was refused, and what that rests on, is told by a full account only.
                at_once = at_once._replace(evidence=wordless(ruling).evidence)
            assert at_once == wordless(ruling)
    return decided


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_renault_is_decided_at_once_as_it_is_rule_by_rule(settings: dict[str, Any]) -> None:
    assert compare(RENAULT, settings, range(10)) > 4


@pytest.mark.parametrize("identity", preset_ids())
def test_every_preset_is_decided_at_once_as_it_is_rule_by_rule(identity: str) -> None:
    compare(load_policy(identity), {}, range(8))


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_renault_is_accounted_for_at_once_as_it_is_rule_by_rule(settings: dict[str, Any]) -> None:
    assert compare_accounts(RENAULT, settings, range(10)) > 4


@pytest.mark.parametrize("identity", preset_ids())
def test_every_preset_is_accounted_for_at_once_as_it_is_rule_by_rule(identity: str) -> None:
    compare_accounts(load_policy(identity), {}, range(8))


MEASURING = """[[rule]]
clause = "1"
when = '''exists(visit, before=deal, by=(
  closer if gap(first(visit, before=deal), deal) > claim_days or closer else holder))'''
then.credit = "closer"
why.en = "{measured} of {limit}"
why.zh = "{measured}，{limit}"
why_not.en = "{measured} of {limit}"
why_not.zh = "{measured}，{limit}"

[[rule]]"""


def test_what_was_measured_for_a_filter_is_accounted_for_at_once() -> None:
    text = SMALL.replace("from = 2024", "from = 2000").replace("[[rule]]", MEASURING, 1)
    policy = parse_policy(text)
    assert compare_accounts(policy, {}, range(60)) > 20
    measured = [
        finding
        for matter, deal in questions(fully(Program(policy, {})), range(60))
        for finding in judge_deal(matter, name_of(matter), deal, explain=True).findings
        if finding.margin is not None
    ]
    assert any(finding.refused for finding in measured)
    assert any(not finding.refused for finding in measured)


@pytest.mark.parametrize("identity", preset_ids())
def test_where_nothing_was_refused_no_account_of_it_is_kept(identity: str) -> None:
    program = Program(load_policy(identity), {})
    with_it, without = (
        written_account.Accountant({**NAMESPACE}, program, deal=True, refusals=kept).account()
        for kept in (True, False)
    )
    assert ("case.refused" in with_it) is bool(program.rules)
    assert "case.refused" not in without


def test_rules_are_written_out_once_they_are_asked_often() -> None:
    program = Program(RENAULT, {})
    matter, deal = next(one for one in questions(program, range(9)) if one[1] is not None)
    first = program.deciding.first
    for _ in range(deciding.WRITTEN_AFTER):
        program.deciding.first(case_of(matter, deal))
    assert program.deciding.first == first
    program.deciding.first(case_of(matter, deal))
    assert program.deciding.first != first


def lines_of(program: Program) -> list[str]:
    """The statements of the function that decides deals."""
    text = deciding.Decider({**NAMESPACE}, deal=True).rules(program.deciding.rules)
    return [line.strip() for line in text.splitlines()]


def test_a_named_value_is_worked_out_once() -> None:
    first_of_all = "first(visit, before=deal)"
    text = SMALL.replace("[let]", f'[let]\nopened = "{first_of_all}"')
    for clause, when in [("1", "author(opened) == closer"), ("2", "author(opened) == holder")]:
        text += f"""
[[rule]]
clause = "{clause}"
when = "{when}"
then.credit = "author(opened)"
why.en = "."
why.zh = "。"
why_not.en = "."
why_not.zh = "。"
"""
    lines = lines_of(Program(parse_policy(text), {}))
    assert sum(bool(re.fullmatch(r"for e in t\d+:", line)) for line in lines) == 1


@pytest.mark.parametrize("identity", preset_ids())
def test_nothing_of_a_policys_text_reaches_the_source(identity: str) -> None:
    program = Program(load_policy(identity), {})
    namespace: dict[str, Any] = {**NAMESPACE}
    texts = [
        deciding.Decider(namespace, deal=True).rules(program.deciding.rules),
        written_account.Accountant(namespace, program, deal=True).account(),
        written_account.Accountant(namespace, program, deal=True, refusals=False).account(),
    ]
    words = {word for text in texts for word in re.findall(r"[A-Za-z_]\w*", text)}
    named = {*program.policy.lets, *program.policy.parameters, *program.classes}
    assert words & named <= {"order", "deal", "case", "found", "party"}  # which Python has too
