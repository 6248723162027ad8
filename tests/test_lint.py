"""Small histories tried on a policy: planted faults are found, a clean policy has none.

The presets' known contradictions come out by themselves: nothing here or there names them but
the assertions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflictctl.adjudication.backtest import laid_over
from conflictctl.adjudication.case_text import case_file
from conflictctl.adjudication.lint_findings import Findings, findings_of
from conflictctl.adjudication.lint_search import Search
from conflictctl.adjudication.lint_space import (
    canonical,
    exchanged,
    grown,
    likely,
    makes_sense,
    shifted,
    space_of,
)
from conflictctl.adjudication.lint_told import Told, told, worth_a_look
from conflictctl.adjudication.lint_trial import Trial
from conflictctl.adjudication.small_histories import SmallHistory, histories
from conflictctl.adjudication.worked_cases import parse_cases, try_case
from conflictctl.policy.model import Policy, load_policy, preset_ids
from conflictctl.policy.program import compiled
from conflictctl.render.lint_report import LintReport, report_data, report_lines, worked_cases
from tests.in_memory import SHANGHAI
from tests.lint_policy import DECLARED, FILED, FILER, LATER, WEEK, policy
from tests.policy_frame import a_rule, parameter


def trial_of(one: Policy) -> Trial:
    one = laid_over(one._replace(editions=()))
    return Trial(space_of(compiled(one, {}), SHANGHAI), {})


def rulings(most: int) -> Callable[[Trial], Callable[[float], bool]]:
    """A budget that every machine spends alike."""
    return lambda trial: lambda share: trial.tried < most * share


def linted(one: Policy, most: int = 2, budget: int = 20_000) -> LintReport:
    trial = trial_of(one)
    harvest = Search(trial, most, rulings(budget)(trial)).run()
    found = findings_of(trial, harvest, most)
    return LintReport(one, trial.space.stage, found, tuple(told(found, trial.program.values)))


def of_section(report: LintReport, section: str) -> list[Told]:
    return [one for one in report.told if one.section == section]


# ------------------------------------------------------------------------- planted faults


@pytest.fixture(scope="module")
def clean() -> LintReport:
    return linted(policy(FILER, LATER))


def test_a_clean_policy_has_nothing_worth_a_look_but_what_people_may_do(clean: LintReport) -> None:
    found = clean.findings
    assert found.complete
    assert found.exhausted >= 2
    assert (found.contradictions, found.unused, found.gaps, found.effectless) == ((), (), (), ())
    looked_at = {one.section for one in clean.told if worth_a_look([one])}
    assert looked_at <= {"incentives"}


def test_a_rule_behind_one_that_always_applies_decides_nothing() -> None:
    # Only trying it shows this: the two conditions are different texts.
    shadowed = a_rule("3", "gap(first_file, deal) < days and first_file", 'refer = "panel"')
    (unused,) = linted(policy(FILER, shadowed, LATER)).findings.unused
    assert (unused.rule.clause, unused.behind and unused.behind.clause) == ("3", "1")
    assert unused.applied is not None


def test_a_rule_that_no_history_meets_never_applies() -> None:
    never = a_rule("3", "first_file and not first_file", 'refer = "panel"')
    (unused,) = linted(policy(never, FILER, LATER)).findings.unused
    assert unused.rule.clause == "3"
    assert unused.applied is None


def test_two_rules_that_name_different_winners_and_stand_in_an_order() -> None:
    anyone = a_rule("2", "closer", 'credit = "closer"')
    report = linted(policy(anyone, FILER))
    (one,) = report.findings.contradictions
    assert (one.pair.first.clause, one.pair.second.clause) == ("2", "1")
    assert (one.pair.settled, one.special) == ("order", False)
    assert len(one.shown.history.moves) == 2
    assert of_section(report, "contradictions")[0].minor is False


def test_an_exception_before_its_rule_is_no_contradiction_to_look_at() -> None:
    anyone = a_rule("2", "closer", 'credit = "closer"')
    report = linted(policy(FILER, anyone))
    assert [(one.special, one.pair.settled) for one in report.findings.contradictions] == [
        (True, "order")
    ]
    assert of_section(report, "contradictions")[0].minor


def test_what_is_declared_and_what_nothing_settles_are_told_apart() -> None:
    anyone = a_rule("2", "closer", 'credit = "closer"')
    for more, settled in (({"beats": '["2"]'}, "beats"), ({}, "referral")):
        filer = a_rule("1", FILED, 'credit = "author(first_file)"', **more)
        (one,) = linted(policy(filer, anyone, precedence=DECLARED)).findings.contradictions
        assert one.pair.settled == settled


def test_a_deal_that_no_rule_speaks_of_is_a_gap_with_its_smallest_history() -> None:
    (gap, *_) = linted(policy(FILER)).findings.gaps
    assert gap.why == "none"
    assert [move.kind for move in gap.shown.history.moves] == ["close"]
    assert gap.shown.given.status == "referred"


def test_a_parameter_that_turns_nothing_is_named() -> None:
    dead = parameter("grace", 1, "days", minimum=0)
    useless = f"{FILED} and gap(first_file, deal) <= days"
    rules = (
        a_rule("1", f"({useless}) or ({FILED} and gap(first_file, deal) <= grace)", "X").replace(
            "then.X", 'then.credit = "author(first_file)"'
        ),
        LATER,
    )
    found = linted(policy(*rules, parameters=WEEK + dead)).findings
    assert [(one.name, one.why) for one in found.effectless] == [("grace", "none")]
    assert {one.name for one in found.effects} == {"days"}


def test_the_hour_at_which_a_limit_ends_is_found_with_the_limit() -> None:
    (turning, *_) = linted(policy(FILER, LATER)).findings.turnings
    assert turning.limit == ("days", None, 2)
    last, first = turning.moments
    assert first > last
    assert SHANGHAI.day(first) == SHANGHAI.day(last) + 1
    assert turning.before.gives != turning.after.gives


def test_a_limit_one_day_off_shows_on_the_other_day() -> None:
    off = FILED.replace("<=", "<")
    days = []
    for when in (FILED, off):
        rules = (
            a_rule("1", when, 'credit = "author(first_file)"'),
            a_rule("2", f"closer and not ({when})", 'credit = "closer"'),
        )
        one = linted(policy(*rules)).findings.turnings[0]
        days.append(max(one.history.days))
    assert days[0] == days[1] + 1


def test_an_act_of_one_alone_that_gets_him_the_deal_is_told() -> None:
    last = a_rule("1", "exists(file, before=deal)", 'credit = "author(last(file, before=deal))"')
    rest = a_rule("2", "closer and not exists(file, before=deal)", 'credit = "closer"')
    found = linted(policy(last, rest), most=3, budget=4_000).findings.incentives
    act = next(one for one in found if one.acts[0].how == "add")
    assert act.acts[0].kind == "visit"
    assert act.turn.before.parties != act.turn.after.parties


# ------------------------------------------------------------------------------ the space

_SPACE = trial_of(policy(FILER, LATER)).space
_SMALL = [
    one
    for size in (1, 2)
    for one in histories(size, _SPACE.moves, _SPACE.limits)
    if makes_sense(one)
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(_SMALL), st.sampled_from(_SPACE.moves))
def test_what_grows_has_one_entry_more_and_its_days_in_order(
    history: SmallHistory, move: Any
) -> None:
    found = [*grown(history, move, _SPACE), *likely(history, move)]
    for one in found:
        assert len(one.moves) == len(history.moves) + 1
        assert move in one.moves
        assert one.days[0] == 0
        assert list(one.days) == sorted(one.days)
        assert (one.asked is None) == any(m.kind in ("order", "close") for m in one.moves)
        assert one.asked is None or one.asked >= one.days[-1]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(_SMALL))
def test_who_is_who_makes_no_difference(history: SmallHistory) -> None:
    assert exchanged(exchanged(history)) == history
    assert canonical(exchanged(history)) == canonical(history)
    trial = trial_of(policy(FILER, LATER))
    one, other = trial.see(history), trial.see(exchanged(history))
    assert (one.rule, one.given.status) == (other.rule, other.given.status)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(_SMALL), st.integers(0, 2), st.sampled_from([-1, 1]))
def test_a_shift_is_undone_by_the_other(history: SmallHistory, place: int, step: int) -> None:
    if place > len(history.moves):
        return
    one = shifted(history, place, step)
    if one is not None and one.days[0] == 0 and place > 0:
        assert shifted(one, place, -step) == history


# ----------------------------------------------------------------------- shown and saved


def passes(report: LintReport, one: Policy) -> int:
    """How many worked cases a report saves; all of them must pass."""
    number = 0
    for section, cases in worked_cases(report):
        text = case_file(one.id, report.stage, cases)
        for case in parse_cases(text, policy=one, file=f"{section}.cases.toml"):
            assert try_case(case, one).differences == (), (section, case.id)
            number += 1
    return number


def test_every_saved_case_passes_as_the_policy_stands() -> None:
    one = policy(FILER, LATER)
    assert passes(linted(one), one) >= 4  # both sides of a limit, and of its values


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_report_keeps_to_its_width(clean: LintReport, width: int) -> None:
    lines = list(report_lines(clean, width=width, fold=True))
    assert max(map(len, lines)) <= width
    assert any(line.startswith("Where one hour turns") for line in lines)


def test_a_search_cut_short_says_so() -> None:
    report = linted(policy(FILER, LATER), budget=200)
    assert not report.findings.complete
    assert report_data(report)["tried"]["complete"] is False


# ------------------------------------------------------------------------------ presets


def pairs(found: Findings) -> set[tuple[str, str]]:
    return {(one.pair.first.clause, one.pair.second.clause) for one in found.contradictions}


@pytest.fixture(scope="module")
def renault() -> LintReport:
    return linted(load_policy("renault-zibo-2013"), 5, 60_000)


@pytest.mark.slow
def test_the_dealers_contradictions_come_out_by_themselves(renault: LintReport) -> None:
    found = renault.findings
    # The level limit against the week before the deal; the silent close against a lapse.
    assert {("P3", "6.2"), ("P3", "P2")} <= pairs(found)
    by_parameter = {
        one.data["parameter"]: one for one in of_section(renault, "contradictions") if not one.minor
    }
    assert {"level_vs_week", "silent_close", "order_credit"} <= by_parameter.keys()
    effects = {
        one.name: {(turn.before.decided_by, turn.after.decided_by) for _, turn in one.turns}
        for one in found.effects
    }
    # "Three days" read otherwise; a name given at the door.
    assert effects["claim_day_count"]
    assert any(after == "6.6" for _, after in effects["named_effect"])
    assert {"lapse_test", "claim_days", "week_days", "unfiled_max_followups"} <= effects.keys()
    limits = {one.limit[0] for one in found.turnings if one.limit is not None}
    assert {"claim_days", "week_days", "level_limit_days"} <= limits
    # An outlet's filing: needless where the closer hardly followed up, decisive where he did.
    acts = {(act.how, act.kind, act.before, act.after) for i in found.incentives for act in i.acts}
    assert {("needless", "filing", "K4", "P5"), ("add", "filing", "K4", "P5")} <= acts
    # One late call keeps the customer; the longest level pays.
    assert ("add", "followup", "6.3", "6.2") in acts
    assert any(how == "level" and before == "P3" for how, _, before, _ in acts)


@pytest.mark.slow
def test_what_the_dealers_policy_shows_is_saved_as_cases_that_pass(renault: LintReport) -> None:
    assert passes(renault, load_policy("renault-zibo-2013")) > 40


@pytest.mark.slow
def test_the_scorecards_contradictions_come_out_by_themselves() -> None:
    one = load_policy("meiteng-2015")
    report = linted(one, 4, 45_000)
    effects = {
        effect.name: {(turn.before.decided_by, turn.after.decided_by) for _, turn in effect.turns}
        for effect in report.findings.effects
    }
    # The signer against the score; the card of the highest rank on top of a card.
    assert ("I.2", "III") in effects["signed_contract"]
    assert effects["row5_adds_to_row4"]
    assert passes(report, one) > 3


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(preset_ids()) - {"renault-zibo-2013", "meiteng-2015"}))
def test_every_preset_can_be_tried_and_its_cases_pass(name: str) -> None:
    one = load_policy(name)
    report = linted(one, 4, 3_000)
    assert report.findings.histories > 300
    assert list(report_lines(report, width=80, fold=True))
    passes(report, one._replace(editions=()))
