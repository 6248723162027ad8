"""What a policy file can say, one thing at a time, on histories of a few lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflictctl.adjudication.outcome import divided
from conflictctl.errors import InputRejected
from conflictctl.people import People
from conflictctl.policy.model import Policy, load_policy
from conflictctl.policy.problems import FaultyPolicy
from conflictctl.policy.program import Program
from tests.policy_frame import LET, a_rule, parameter, ruled, shares, small

CLOSER = a_rule("3", "delivery", 'credit = "closer"')


def within(limit: str, *more: str, unit: str = "days", number: int = 2, **extra: object) -> Policy:
    """The first file counts for so long, before the close; else the closer has the deal."""
    return small(
        LET,
        a_rule("1", f"gap(first_file, deal) <= {limit}", 'credit = "author(first_file)"'),
        CLOSER,
        *more,
        parameters=[parameter(limit, number, unit, **extra)],
    )


# ----------------------------------------------------------------------- units of time


@pytest.mark.parametrize(
    ("policy", "last", "over"),
    [
        (within("p", unit="days"), "03-03 23:59", "03-04 00:00"),
        (within("p", unit="days", count="first_day_counts"), "03-02 23:59", "03-03 00:00"),
        (within("p", unit="days", count="clock"), "03-03 10:00", "03-03 10:01"),
        (within("p", unit="hours"), "03-01 12:00", "03-01 12:01"),
        (within("p", unit="minutes"), "03-01 10:02", "03-01 10:03"),
        (within("p", unit="months"), "05-01 23:59", "05-02 00:00"),
        # 1 March 2024 was a Friday: Monday and Tuesday are the two working days after it.
        (within("p", unit="working_days"), "03-05 23:59", "03-06 00:00"),
    ],
    ids=["days", "first day counts", "by the clock", "hours", "minutes", "months", "working days"],
)
def test_a_limit_is_counted_in_its_own_unit(policy: Policy, last: str, over: str) -> None:
    file = "03-01 10:00 a visit"
    assert shares(ruled(policy, file, f"{last} b close")) == {"a": "100"}
    assert shares(ruled(policy, file, f"{over} b close")) == {"b": "100"}


def test_swapped_working_days_of_china_are_counted() -> None:
    """4 and 18 February 2024 were Sundays worked for the Spring Festival of 10 to 17 February."""
    policy = within("p", '[calendar]\ncountry = "CN"\n', unit="working_days", number=2)
    assert shares(ruled(policy, "02-08 10:00 a visit", "02-18 23:00 b close")) == {"a": "100"}
    assert shares(ruled(policy, "02-08 10:00 a visit", "02-19 09:00 b close")) == {"b": "100"}


def test_the_companys_own_days_off_and_on() -> None:
    days = '[calendar]\nweekend = ["sun"]\nholidays = [2024-03-04]\nworking = [2024-03-03]\n'
    policy = within("p", days, unit="working_days")
    # Saturday and the worked Sunday, then no more: Monday is the company's day off.
    assert shares(ruled(policy, "03-01 10:00 a visit", "03-04 23:00 b close")) == {"a": "100"}
    assert shares(ruled(policy, "03-01 10:00 a visit", "03-05 09:00 b close")) == {"b": "100"}


def test_a_margin_says_what_was_measured_in_which_unit() -> None:
    ruling = ruled(within("p", unit="hours"), "03-01 10:00 a visit", "03-01 12:30 b close")
    margin = ruling.findings[0].margin
    assert margin is not None
    assert (margin.measured.plain(), margin.limit.plain()) == ("2.5 h", "2 h")


@pytest.mark.parametrize(
    ("stretch", "inside", "outside"),
    [
        ("span(p, before=deal)", ["03-08 00:00", "03-10 11:59"], ["03-07 23:59", "03-10 12:00"]),
        ("span(p, after=first_file)", ["03-01 10:00", "03-03 23:59"], ["03-04 00:00"]),
        (
            "span(p, before=deal, since=first_file)",
            ["03-08 00:00"],
            ["03-07 23:59"],
        ),
    ],
)
def test_a_span_has_its_ends(stretch: str, inside: list[str], outside: list[str]) -> None:
    policy = small(
        LET,
        a_rule("1", f"exists(contact, by='b', within={stretch})", "credit = \"'b'\""),
        CLOSER,
        parameters=[parameter("p", 2, "days")],
    )
    for moment, winner in [*((m, "b") for m in inside), *((m, "a") for m in outside)]:
        told = ("03-01 10:00 a visit", f"{moment} b call direction=out", "03-10 12:00 a close")
        assert shares(ruled(policy, *told)) == {winner: "100"}, moment


# ------------------------------------------------------------------------- exact shares


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=9).filter(any))
def test_shares_are_exact_whatever_the_weights(weights: list[int]) -> None:
    class Case:
        class history:
            people = People()

    parties = [f"p{number}" for number in range(len(weights))]
    credit = divided(Case(), parties, [Decimal(w) for w in weights])  # type: ignore[arg-type]
    assert sum(Decimal(part.share) for part in credit) == 100
    assert all(Decimal(part.share) > 0 for part in credit)
    assert all(-Decimal(part.share).as_tuple().exponent <= 2 for part in credit)  # type: ignore[operator]


def test_an_equal_split_gives_the_remainder_to_the_first() -> None:
    policy = small(LET, a_rule("1", "delivery", 'split = { among = "values(file)" }'))
    told = ("03-01 10:00 a visit", "03-02 10:00 b visit", "03-03 10:00 c visit")
    assert shares(ruled(policy, *told, "03-04 10:00 a close")) == {
        "a": "33.34",
        "b": "33.33",
        "c": "33.33",
    }


def test_a_second_registrant_at_half_weight() -> None:
    policy = small(
        LET,
        a_rule("1", "delivery", 'split = { among = "values(filing)", weights = ["w1", "w2"] }'),
        parameters=[parameter("w1", "1"), parameter("w2", "0.5")],
    )
    told = ("03-01 10:00 a filing to=boss", "03-02 10:00 b filing to=boss", "03-04 10:00 a close")
    assert shares(ruled(policy, *told)) == {"a": "66.67", "b": "33.33"}
    assert shares(ruled(policy, told[0], told[2])) == {"a": "100"}


ROLES = (
    'split = { roles = [ { party = "author(first_file)", share = "finder" }, '
    '{ party = "closer", share = "seller" } ], missing = "others" }'
)


def test_shares_by_role_sum_to_a_hundred() -> None:
    parameters = [parameter("finder", "30"), parameter("seller", "70")]
    policy = small(LET, a_rule("1", "delivery", ROLES), parameters=parameters)
    assert shares(ruled(policy, "03-01 10:00 a visit", "03-04 10:00 b close")) == {
        "a": "30",
        "b": "70",
    }
    assert shares(ruled(policy, "03-01 10:00 b visit", "03-04 10:00 b close")) == {"b": "100"}
    assert shares(ruled(policy, "03-04 10:00 b close")) == {"b": "100"}
    wrong = small(
        LET, a_rule("1", "delivery", ROLES), parameters=[parameters[0], parameter("seller", "60")]
    )
    with pytest.raises(FaultyPolicy, match="sum to 90"):
        Program(wrong, {})


def test_a_missing_role_is_for_people_unless_the_others_have_its_share() -> None:
    policy = small(
        LET,
        a_rule("1", "delivery", ROLES.replace(', missing = "others"', "")),
        parameters=[parameter("finder", "30"), parameter("seller", "70")],
    )
    ruling = ruled(policy, "03-04 10:00 b close")
    assert (ruling.status, ruling.decided_by, ruling.referred_to) == ("referred", "1", "panel")


def test_a_rate_stands_beside_the_shares() -> None:
    rate = (
        '[[rate]]\nclause = "2"\nwhen = "several(values(file))"\nparty = "closer"\nrate = "half"\n'
    )
    policy = small(LET, CLOSER, rate, parameters=[parameter("half", "50")])
    ruling = ruled(policy, "03-01 10:00 a visit", "03-02 10:00 b visit", "03-04 10:00 b close")
    assert shares(ruling) == {"b": "100"}
    assert [(r.clause, r.party, r.rate) for r in ruling.rates] == [("2", "b", "50")]
    assert ruled(policy, "03-01 10:00 a visit", "03-04 10:00 b close").rates == ()


# --------------------------------------------------------------------------- precedence


def clashing(beats: str) -> Policy:
    first = a_rule("1", "first_file", 'credit = "author(first_file)"', name='"file"')
    second = a_rule("2", "delivery", 'credit = "closer"', **({"beats": beats} if beats else {}))
    return small(LET, first, second, precedence='[precedence]\norder = "declared"\n')


def test_rules_without_a_declared_precedence_refer_with_both_quoted() -> None:
    ruling = ruled(clashing(""), "03-01 10:00 a visit", "03-04 10:00 b close")
    assert (ruling.status, ruling.decided_by, shares(ruling)) == ("referred", "0", {})
    assert "1: Clause 1." in str(ruling.reason)
    assert "2: Clause 2." in str(ruling.reason)


@pytest.mark.parametrize("beats", ['["file"]', '["1"]'])
def test_a_rule_that_beats_another_by_name_or_clause_decides(beats: str) -> None:
    ruling = ruled(clashing(beats), "03-01 10:00 a visit", "03-04 10:00 b close")
    assert (ruling.decided_by, shares(ruling)) == ("2", {"b": "100"})
    assert [f.outcome for f in ruling.findings if f.clause == "1"] == ["supports"]


def test_rules_that_give_the_same_do_not_contradict_each_other() -> None:
    ruling = ruled(clashing(""), "03-01 10:00 b visit", "03-04 10:00 b close")
    assert (ruling.status, shares(ruling)) == ("credited", {"b": "100"})


def test_who_is_barred_is_out_of_what_follows() -> None:
    policy = small(
        LET,
        a_rule("1", "first_file", 'bar = "author(first_file)"'),
        a_rule("2", "delivery", 'credit = "only(without(values(contact), barred()))"'),
    )
    told = ("03-01 10:00 a visit", "03-02 10:00 b visit", "03-04 10:00 a close")
    ruling = ruled(policy, *told)
    assert shares(ruling) == {"b": "100"}
    assert [f.outcome for f in ruling.findings] == ["bars", "awards"]


def test_unless_is_an_exception() -> None:
    policy = small(
        LET,
        a_rule("1", "first_file", 'credit = "author(first_file)"', unless='"exists(claim)"'),
        CLOSER,
    )
    told = ("03-01 10:00 a visit", "03-04 10:00 b close")
    assert shares(ruled(policy, *told)) == {"a": "100"}
    assert shares(ruled(policy, *told, "03-05 10:00 b claim")) == {"b": "100"}


# ---------------------------------------------------------------- what nobody has said

FINDING = """
[findings.concealed]
without = "{without}"
from = "sales_manager"
en = "Did he hide that the customer was taken?"
zh = "是否隐瞒客户已有归属?"
"""
HIDDEN = a_rule("1", "found('concealed', subject=closer) == True", 'credit = "author(first_file)"')
TOLD = ("03-01 10:00 a visit", "03-04 10:00 b close")


def test_the_burden_of_proof_is_the_policys() -> None:
    no = ruled(small(LET, HIDDEN, CLOSER, FINDING.format(without="no")), *TOLD)
    assert (no.status, shares(no), no.needs) == ("credited", {"b": "100"}, ())
    unknown = ruled(small(LET, HIDDEN, CLOSER, FINDING.format(without="unknown")), *TOLD)
    assert (unknown.status, unknown.decided_by, unknown.referred_to) == (
        "referred",
        "0",
        "sales_manager",
    )
    assert [tuple(need) for need in unknown.needs] == [("concealed", "b", "sales_manager")]
    assert "Did he hide" in str(unknown.reason)


def test_a_finding_settles_it_and_the_latest_stands() -> None:
    policy = small(LET, HIDDEN, CLOSER, FINDING.format(without="unknown"))
    yes = "03-05 10:00 boss finding question=concealed subject=b answer=true"
    no = "03-06 10:00 boss finding question=concealed subject=b answer=false"
    assert shares(ruled(policy, *TOLD, yes)) == {"a": "100"}
    assert shares(ruled(policy, *TOLD, yes, no)) == {"b": "100"}


def test_what_is_unknown_is_passed_over_where_it_makes_no_difference() -> None:
    policy = small(LET, HIDDEN, CLOSER, FINDING.format(without="unknown"))
    ruling = ruled(policy, "03-01 10:00 b visit", "03-04 10:00 b close")
    assert (ruling.status, shares(ruling)) == ("credited", {"b": "100"})
    assert [f.outcome for f in ruling.findings][:2] == ["unknown", "awards"]


GUILTY = "those([closer], when=found('concealed', subject=it) == True)"


@pytest.mark.parametrize(
    "then",
    [
        f'split = {{ among = "{GUILTY}" }}',
        'split = { roles = [{ party = "CHOSEN", share = "whole" }], missing = "others" }',
        'credit = "CHOSEN"',
        f'credit = "{GUILTY}"',
        'recommend = "CHOSEN"\nthen.refer = "panel"',
        f'best = {{ of = "{GUILTY}", by = "count(contact, by=it)", tie = "panel" }}',
    ],
    ids=["among", "role", "credit", "list", "recommend", "best"],
)
def test_whoever_gets_it_may_wait_for_a_fact(then: str) -> None:
    """Where it is not known to whom, the ruling asks for the fact, and does not say `nobody`."""
    chosen = f"only({GUILTY})"
    then = then.replace("CHOSEN", chosen)
    rule = a_rule("1", "delivery", then)
    whole = parameter("whole", "100", "percent")
    policy = small(LET, rule, FINDING.format(without="unknown"), parameters=[whole])
    ruling = ruled(policy, *TOLD)
    assert (ruling.status, ruling.decided_by, ruling.referred_to) == (
        "referred",
        "0",
        "sales_manager",
    )
    assert "Did he hide" in str(ruling.reason)
    assert [need.question for need in ruling.needs] == ["concealed"]
    assert [f.outcome for f in ruling.findings if f.clause == "1"] == ["unknown"]
    yes = "03-05 10:00 boss finding question=concealed subject=b answer=true"
    assert shares(ruled(policy, *TOLD, yes)) == {"b": "100"}


DOUBT = """
[entries.serious]
of = "contact"
doubt = "not given('note')"
question = "genuine"

[findings.genuine]
without = "unknown"
en = "Was it a real contact?"
zh = "是否真实联系?"
"""


def test_an_entry_that_a_person_has_to_judge() -> None:
    policy = small(LET, DOUBT, a_rule("1", "exists(serious, by='a')", "credit = \"'a'\""), CLOSER)
    told = ("03-01 10:00 a visit", "03-04 10:00 b close")
    assert ruled(policy, *told).status == "referred"
    assert shares(ruled(policy, "03-01 10:00 a visit note=shown", told[1])) == {"a": "100"}
    found = "03-05 10:00 boss finding question=genuine subject=a answer={}"
    assert shares(ruled(policy, *told, found.format("true"))) == {"a": "100"}
    assert shares(ruled(policy, *told, found.format("false"))) == {"b": "100"}


def test_an_entry_that_counts_but_warns() -> None:
    warn = """
[entries.noted]
of = "contact"
warn = "not given('level')"
en = "{event}: no level."
zh = "{event}：无级别。"
"""
    policy = small(LET, warn, CLOSER)
    assert [str(w) for w in ruled(policy, *TOLD).warnings] == ["e1: no level."]


EQUAL = ("03-01 10:00 a visit", "03-01 10:00 b visit", "03-04 10:00 b close")


@pytest.mark.parametrize(
    ("rules", "warned"),
    [
        ((a_rule("1", "first_file", 'credit = "author(first_file)"'), CLOSER), True),
        ((a_rule("1", "not exists(claim, by=first)", 'credit = "closer"'), CLOSER), True),
        ((CLOSER, a_rule("1", "first_file", 'credit = "author(first_file)"')), False),
    ],
    ids=["the first has it", "the first did not claim", "the closer has it anyhow"],
)
def test_that_place_alone_says_who_was_first_is_said_where_it_matters(
    rules: tuple[str, ...], warned: bool
) -> None:
    policy = small(LET + 'first = "author(first_file)"\n', '[holding]\nopens = "file"\n', *rules)
    said = [str(one) for one in ruled(policy, *EQUAL).warnings]
    assert any("place in the register alone" in one for one in said) is warned


# ------------------------------------------------------------------------------ holding


def held(holding: str, *events: str, as_of: str, parameters: Any = ()) -> str | None:
    policy = small(
        f"[holding]\n{holding}\n",
        '[let]\nowner = "holder(at=deal)"\n',
        a_rule("1", "owner", 'hold = "owner"', stage='"open"'),
        a_rule("1", "owner", 'credit = "owner"'),
        parameters=parameters,
    )
    return ruled(policy, *events, as_of=as_of).holder


TERM = [parameter("term", 10, "days")]
LASTS = 'opens = "filing"\nlasts = "term"\nqueue = "{}"'
FILED = "03-01 10:00 a filing to=boss"


def test_a_holding_lasts_until_midnight_of_its_last_day() -> None:
    assert held(LASTS.format("oldest"), FILED, as_of="03-11T23:59", parameters=TERM) == "a"
    assert held(LASTS.format("oldest"), FILED, as_of="03-12T00:00", parameters=TERM) is None


def test_the_next_in_the_queue_follows_or_only_who_files_anew() -> None:
    waiting = (FILED, "03-08 10:00 b filing to=boss")
    assert held(LASTS.format("oldest"), *waiting, as_of="03-12T09:00", parameters=TERM) == "b"
    assert held(LASTS.format("anew"), *waiting, as_of="03-12T09:00", parameters=TERM) is None
    anew = (*waiting, "03-13 10:00 b filing to=boss")
    assert held(LASTS.format("anew"), *anew, as_of="03-14T09:00", parameters=TERM) == "b"


def test_registering_again_renews_where_the_policy_says_so() -> None:
    again = (FILED, "03-10 10:00 a filing to=boss")
    renewed = LASTS.format("anew") + "\nrenews = true"
    assert held(renewed, *again, as_of="03-20T09:00", parameters=TERM) == "a"
    assert held(LASTS.format("anew"), *again, as_of="03-20T09:00", parameters=TERM) is None


def test_a_filing_holds_from_its_approval_on() -> None:
    granted = LASTS.format("oldest") + '\ngranted_by = "approval"'
    approval = '[entries.approval]\nof = "decision"\nwhen = "decision == \'approve\'"\n'
    policy = small(
        f"[holding]\n{granted}\n",
        approval,
        a_rule("1", "holder(at=now)", 'hold = "holder(at=now)"', stage='"open"'),
        parameters=TERM,
    )
    told = (FILED, "03-05 10:00 boss decision on=e1 decision=approve")
    assert ruled(policy, FILED, as_of="03-04T09:00").status == "unheld"
    assert ruled(policy, *told, as_of="03-15T23:00").holder == "a"  # ten days from the approval
    assert ruled(policy, *told, as_of="03-16T00:00").holder is None


def test_silence_releases_and_a_contact_keeps() -> None:
    idle = 'opens = "file"\nkeeps = "contact"\nidle = "term"\nlapse = "releases"'
    visit = "03-01 10:00 a visit"
    assert held(idle, visit, as_of="03-11T23:00", parameters=TERM) == "a"
    assert held(idle, visit, as_of="03-12T00:00", parameters=TERM) is None
    kept = (visit, "03-11 10:00 a call direction=out")
    assert held(idle, *kept, as_of="03-21T23:00", parameters=TERM) == "a"
    late = (visit, "03-12 10:00 a call direction=out")
    assert held(idle, *late, as_of="03-13T09:00", parameters=TERM) is None


def test_how_long_depends_on_how_it_was_opened() -> None:
    opens = (
        'opens = "contact"\nkeeps = "contact"\nlapse = "releases"\n'
        "idle = \"call_days if kind == 'call' else visit_days\""
    )
    parameters = [parameter("call_days", 15, "days"), parameter("visit_days", 7, "days")]
    call, visit = "03-01 10:00 a call direction=in", "03-01 10:00 a visit"
    assert held(opens, call, as_of="03-16T23:00", parameters=parameters) == "a"
    assert held(opens, call, as_of="03-17T00:00", parameters=parameters) is None
    assert held(opens, visit, as_of="03-08T23:00", parameters=parameters) == "a"
    assert held(opens, visit, as_of="03-09T00:00", parameters=parameters) is None


def test_the_opening_may_say_how_long_one_may_be_silent() -> None:
    opens = (
        'opens = "contact"\nkeeps = "contact"\nlapse = "releases"\n'
        'idle = "call_days if kind == \'call\' else visit_days"\nidle_of = "opening"'
    )
    parameters = [parameter("call_days", 15, "days"), parameter("visit_days", 7, "days")]
    told = ("03-01 10:00 a call direction=in", "03-02 10:00 a followup")
    assert held(opens, *told, as_of="03-17T23:00", parameters=parameters) == "a"
    assert held(opens, *told, as_of="03-18T00:00", parameters=parameters) is None


def test_a_deposit_extends_and_one_that_was_cancelled_does_not() -> None:
    deposit = '[entries.deposit]\nkinds = ["order"]\nvalid = "not voided and not cancelled()"\n'
    limits = [parameter("term", 10, "days"), parameter("longer", 90, "days")]

    def holder(by: str, *events: str) -> str | None:
        policy = small(
            '[holding]\nopens = "filing"\nlasts = "term"\nextends = "deposit"\n'
            f'extension = "longer"\nextended_by = "{by}"\n',
            '[deal]\nmoment = "close"\n',
            deposit,
            a_rule("1", "holder(at=now)", 'hold = "holder(at=now)"', stage='"open"'),
            parameters=limits,
        )
        return ruled(policy, FILED, *events, as_of="05-01T09:00").holder

    assert holder("holder", "03-05 10:00 a order") == "a"
    assert holder("holder", "03-05 10:00 b order") is None
    assert holder("anyone", "03-05 10:00 b order") == "a"
    assert holder("anyone", "03-05 10:00 b order", "03-06 10:00 b cancel_order") is None


def test_everybody_who_waits_in_line() -> None:
    policy = small(
        LET,
        '[holding]\nopens = "filing"\nlasts = "term"\n',
        a_rule("1", "delivery", 'split = { among = "in_line(at=deal)" }'),
        parameters=TERM,
    )
    told = (FILED, "03-05 10:00 b filing to=boss", "03-06 10:00 c filing to=boss")
    assert shares(ruled(policy, *told, "03-10 10:00 c close")) == {
        "a": "33.34",
        "b": "33.33",
        "c": "33.33",
    }
    assert list(shares(ruled(policy, *told, "03-12 10:00 c close"))) == ["b", "c"]


def test_a_release_ends_a_holding_at_once() -> None:
    lost = '[entries.gone]\nkinds = ["lost"]\n'
    policy = small(
        '[holding]\nopens = "file"\nreleases = "gone"\nqueue = "anew"\n',
        lost,
        a_rule("1", "holder(at=now)", 'hold = "holder(at=now)"', stage='"open"'),
    )
    told = ("03-01 10:00 a visit", "03-02 10:00 b visit", "03-03 10:00 a lost reason=other")
    assert ruled(policy, *told[:2]).holder == "a"
    assert ruled(policy, *told).status == "unheld"
    assert ruled(policy, *told, "03-04 10:00 b visit").holder == "b"


def test_the_former_holder_within_the_hold_over() -> None:
    policy = small(
        '[holding]\nopens = "file"\ntransfers = "moved_on"\n[holding.grounds]\nother = "always"\n',
        '[entries.moved_on]\nkinds = ["reassign"]\nvalid = "not voided"\n',
        '[let]\ncloser = "author(delivery)"\nbefore = "former(at=deal)"\n',
        a_rule(
            "1", "before and gap(ended(before, at=deal), deal) <= hold_over", 'credit = "before"'
        ),
        CLOSER,
        parameters=[parameter("hold_over", 90, "days")],
    )
    told = ("03-01 10:00 a visit", "03-10 10:00 boss reassign to=b cause=other")
    assert shares(ruled(policy, *told, "06-08 10:00 b close")) == {"a": "100"}
    assert shares(ruled(policy, *told, "06-09 10:00 b close")) == {"b": "100"}


# ------------------------------------------------------------- people, units, customers


def test_group_companies_count_as_one_customer() -> None:
    group = '[identity]\njoined = ["same", "group"]\n'
    link = '03-03 10:00 boss link customers=["K1","K2"] relation=group'
    told = ("03-01 10:00 a visit customer=K2", link, "03-04 10:00 b close")
    rules = (LET, a_rule("1", "first_file", 'credit = "author(first_file)"'), CLOSER)
    assert shares(ruled(small(group, *rules), *told)) == {"a": "100"}
    assert shares(ruled(small(*rules), *told)) == {"b": "100"}


def test_somebody_away_and_his_stand_in() -> None:
    policy = small(
        LET,
        a_rule("1", "absent('a', at=deal)", "credit = \"cover('a', at=deal)\""),
        CLOSER,
    )
    away = "03-02 09:00 boss staff_absent staff=a until=2024-03-04 cover=c"
    assert shares(ruled(policy, away, "03-04 23:59 b close")) == {"c": "100"}
    assert shares(ruled(policy, away, "03-05 00:00 b close")) == {"b": "100"}
    later = "03-03 09:00 boss staff_absent staff=a until=2024-03-04 cover=d"
    assert shares(ruled(policy, away, later, "03-02 10:00 b close")) == {"c": "100"}
    assert shares(ruled(policy, away, later, "03-04 10:00 b close")) == {"d": "100"}


@pytest.mark.parametrize(
    ("weekend", "last"),
    [("", "03-05 23:59"), ('weekend = ["sun"]\n', "03-04 23:59")],
    ids=["Saturday and Sunday by default", "Sunday alone"],
)
def test_the_weekend_is_the_policys_whatever_is_usual_in_the_country(
    weekend: str, last: str
) -> None:
    """In Hong Kong many work on Saturdays; 1 March 2024 was a Friday."""
    policy = within("p", f'[calendar]\ncountry = "HK"\n{weekend}', unit="working_days")
    file = "03-01 10:00 a visit"
    assert shares(ruled(policy, file, f"{last} b close")) == {"a": "100"}
    assert shares(ruled(policy, file, "03-06 00:00 b close")) == {"b": "100"}


@pytest.mark.parametrize(
    ("absences", "last", "first"),
    [
        (["03-01 09:00 boss staff_absent staff=a"], "03-05 23:59", "03-06 00:00"),
        (["03-01 00:00 boss staff_absent staff=a"], "03-04 23:59", "03-05 00:00"),
        (
            [
                "03-01 09:00 boss staff_absent staff=a until=2024-03-04",
                "03-05 00:00 boss staff_absent staff=a until=2024-03-06",
            ],
            "03-05 23:59",
            "03-06 00:00",
        ),
        (
            [
                "03-01 09:00 boss staff_absent staff=a until=2024-03-04",
                "03-05 09:00 boss staff_absent staff=a",
            ],
            "03-07 23:59",
            "03-08 00:00",
        ),
    ],
    ids=["from the second day on", "from midnight", "two that join", "back for a morning"],
)
def test_somebody_away_all_the_time_of_a_stretch(
    absences: list[str], last: str, first: str
) -> None:
    """Two working days before the deal: 1 March 2024 was a Friday."""
    policy = small(
        LET,
        a_rule("1", "absent('a', during=span(p, before=deal))", "credit = \"'c'\""),
        CLOSER,
        parameters=[parameter("p", 2, "working_days")],
    )
    assert shares(ruled(policy, *absences, f"{last} b close")) == {"b": "100"}
    assert shares(ruled(policy, *absences, f"{first} b close")) == {"c": "100"}


def test_how_many_customers_somebody_holds_is_asked_of_the_register() -> None:
    policy = small(
        LET,
        a_rule("1", "caseload(closer) > most", 'refer = "sales_manager"'),
        CLOSER,
        parameters=[parameter("most", 5, "customers")],
    )
    close = "03-04 10:00 b close"
    assert ruled(policy, close, caseloads={"b": 5}).status == "credited"
    assert ruled(policy, close, caseloads={"b": 6}).referred_to == "sales_manager"
    assert ruled(policy, close).status == "referred"  # nobody counted: not to be told


def test_the_level_and_since_when_it_is() -> None:
    levels = """
[entries.levelled]
kinds = ["visit", "call", "followup", "level"]
when = "given('level')"
"""
    policy = small(
        LET,
        levels,
        '[holding]\nlevels = "levelled"\n',
        a_rule(
            "1",
            "level(at=deal) == 'B' and gap(level_set(at=deal), deal) > stuck",
            "credit = \"'c'\"",
        ),
        CLOSER,
        parameters=[parameter("stuck", 14, "days")],
    )
    told = (
        "03-01 10:00 a visit level=A",
        "03-02 10:00 a level level=B",
        "03-10 10:00 a level level=B",
    )
    assert shares(ruled(policy, *told, "03-16 10:00 b close")) == {"b": "100"}
    assert shares(ruled(policy, *told, "03-17 10:00 b close")) == {"c": "100"}


def test_the_greatest_gap_between_contacts() -> None:
    policy = small(
        LET,
        a_rule(
            "1",
            "greatest_gap(contact, by='a', since=first_file, until=deal) <= limit_days",
            "credit = \"'a'\"",
        ),
        CLOSER,
        parameters=[parameter("limit_days", 7, "days")],
    )
    chain = ("03-01 10:00 a visit", "03-08 10:00 a call direction=out")
    assert shares(ruled(policy, *chain, "03-15 10:00 b close")) == {"a": "100"}
    assert shares(ruled(policy, *chain, "03-16 10:00 b close")) == {"b": "100"}


# ------------------------------------------------------------------- editions by date


def test_a_value_of_some_time_holds_for_deals_of_that_time() -> None:
    dated = (
        "[[parameters.p.dated]]\nfrom = 2024-06-01\nto = 2024-06-30\nvalue = 5\nsource = 'notice'\n"
    )
    policy = within("p", number=2)
    policy = small(
        LET,
        a_rule("1", "gap(first_file, deal) <= p", 'credit = "author(first_file)"'),
        CLOSER,
        parameters=[parameter("p", 2, "days") + dated],
    )
    for month, winner in (("05", "b"), ("06", "a"), ("07", "b")):
        told = (f"{month}-01 10:00 a visit", f"{month}-05 10:00 b close")
        assert shares(ruled(policy, *told)) == {winner: "100"}, month


def test_the_edition_is_chosen_by_the_day_of_the_deal(tmp_path: Any) -> None:
    old = small(LET, a_rule("1", "first_file", 'credit = "author(first_file)"')).text
    new = small(LET, CLOSER).text
    until = "[applies_to]\nfrom = 2024-01-01\nto = 2024-03-31\n"
    (tmp_path / "old.toml").write_text(old.replace("[words]", until + "[words]", 1), "utf-8")
    since = "[applies_to]\nfrom = 2024-04-01\n"
    later = new.replace("[words]", since + "[words]", 1).replace('"1"\ntitle', '"2"\ntitle', 1)
    (tmp_path / "new.toml").write_text(later, "utf-8")
    policy = load_policy(str(tmp_path))
    file = "03-01 10:00 a visit"
    before = ruled(policy, file, "03-31 23:00 b close")
    assert (shares(before), before.policy.version) == ({"a": "100"}, "1")
    after = ruled(policy, file, "04-01 00:00 b close")
    assert (shares(after), after.policy.version) == ({"b": "100"}, "2")


def test_a_deal_before_the_first_edition_is_nobodys_rule(tmp_path: Any) -> None:
    text = small(LET, CLOSER).text.replace("[words]", "[applies_to]\nfrom = 2024-04-01\n[words]", 1)
    (tmp_path / "p.toml").write_text(text, "utf-8")
    ruling = ruled(load_policy(str(tmp_path)), "03-31 23:00 b close")
    assert (ruling.status, ruling.decided_by) == ("referred", None)


# ----------------------------------------------------------------------------- ladders


def test_measures_in_steps() -> None:
    ladder = (
        '[[sanction]]\nclause = "2"\nquestion = "concealed"\nladder = [ { measure = "fine", '
        'amount = "once" }, { measure = "fine", amount = "twice" }, { measure = "dismissal" } ]\n'
    )
    policy = small(
        LET,
        CLOSER,
        FINDING.format(without="no"),
        ladder,
        parameters=[parameter("once", "50"), parameter("twice", "100")],
    )
    found = [
        f"03-0{n} 10:00 boss finding question=concealed subject=b answer=true" for n in range(1, 5)
    ]
    ruling = ruled(policy, *found, "03-09 10:00 b close")
    assert [(s.measure, s.amount) for s in ruling.sanctions] == [
        ("fine", "50"),
        ("fine", "100"),
        ("dismissal", None),
        ("dismissal", None),
    ]


# ------------------------------------------------------------------------ bounded work


def test_a_policy_that_asks_too_much_is_stopped() -> None:
    policy = small(
        '[let]\neverybody = "values(contact)"\n',
        a_rule(
            "1",
            "those(everybody, when=those(everybody, when=count(contact, by=it) > most))",
            "credit = \"'a'\"",
        ),
        parameters=[parameter("most", 5, "contacts")],
    )
    Program(policy, {})
    from conflictctl.policy import case

    limit, case.MAX_STEPS = case.MAX_STEPS, 10
    try:
        told = [f"03-0{n} 10:00 {who} visit" for n, who in enumerate("abc", 1)]
        with pytest.raises(InputRejected, match="too long"):
            ruled(policy, *told, "03-09 10:00 b close")
    finally:
        case.MAX_STEPS = limit


def test_who_is_barred_gets_nothing_by_a_later_rule() -> None:
    policy = small(
        LET,
        a_rule("1", "first_file", 'bar = "author(first_file)"'),
        a_rule("2", "first_file", 'credit = "author(first_file)"'),
        CLOSER,
    )
    ruling = ruled(policy, "03-01 10:00 a visit", "03-04 10:00 b close")
    assert (ruling.decided_by, shares(ruling)) == ("3", {"b": "100"})


def test_the_fact_that_is_missing_is_asked_of_whoever_can_supply_it() -> None:
    asked = FINDING.format(without="unknown").replace('"sales_manager"', '"department_head"')
    ruling = ruled(small(LET, HIDDEN, CLOSER, asked), *TOLD)
    assert (ruling.decided_by, ruling.referred_to) == ("0", "department_head")


def test_a_doubtful_opening_makes_the_holder_unknown_where_it_would_matter() -> None:
    doubted = """
[entries.opening]
of = "file"
doubt = "not given('note')"
question = "genuine"

[findings.genuine]
without = "unknown"
from = "department_head"
en = "Was it a real visit?"
zh = "是否真实来访?"
"""
    policy = small(
        '[holding]\nopens = "opening"\n',
        doubted,
        '[let]\nowner = "holder(at=deal)"\n',
        a_rule("1", "owner", 'credit = "owner"'),
    )
    told = ("03-01 10:00 a visit", "03-02 10:00 b visit note=shown", "03-04 10:00 b close")
    ruling = ruled(policy, *told)
    assert (ruling.status, ruling.referred_to) == ("referred", "department_head")
    found = "03-05 10:00 boss finding question=genuine subject=a answer={}"
    assert shares(ruled(policy, *told, found.format("true"))) == {"a": "100"}
    assert shares(ruled(policy, *told, found.format("false"))) == {"b": "100"}
    for word in ("former(at=deal)", "clock(closer, at=deal)", "in_line(at=deal)"):
        unknown = small(
            '[holding]\nopens = "opening"\n',
            doubted,
            LET,
            a_rule("1", f"known({word})", "credit = \"'c'\""),
            CLOSER,
        )
        assert shares(ruled(unknown, *told)) == {"b": "100"}, word
        assert shares(ruled(unknown, *told[1:])) == {"c": "100"}, word
    later = ("03-01 10:00 b visit note=shown", "03-02 10:00 a visit", "03-04 10:00 b close")
    assert shares(ruled(policy, *later)) == {"b": "100"}


def test_what_comes_first_is_no_length_of_time_away() -> None:
    policy = within("p", number=5)
    swapped = small(
        LET,
        a_rule("1", "gap(deal, first(claim)) <= p", "credit = \"'c'\""),
        a_rule("2", "gap(first(claim), deal) <= p", "credit = \"'a'\""),
        parameters=[parameter("p", 5, "days")],
    )
    assert policy.rules
    told = ("03-04 10:00 b close", "03-06 10:00 a claim")
    assert shares(ruled(swapped, *told)) == {"c": "100"}


def test_a_missing_or_repeated_name_takes_no_share() -> None:
    policy = small(
        LET, a_rule("1", "delivery", 'split = { among = "[closer, author(first_file), closer]" }')
    )
    assert shares(ruled(policy, "03-04 10:00 b close")) == {"b": "100"}


def test_a_limit_looked_up_in_a_table_keeps_its_unit() -> None:
    table = parameter("limits", {"A": 3, "B": 10}, "hours")
    policy = small(
        LET,
        a_rule(
            "1", "gap(first_file, deal) <= lookup(limits, level)", 'credit = "author(first_file)"'
        ),
        CLOSER,
        parameters=[table],
    )
    text = policy.text.replace(
        "lookup(limits, level)", "lookup(limits, field(first_file, 'level'))"
    )
    from conflictctl.policy.model import parse_policy

    policy = parse_policy(text)
    told = ("03-01 10:00 a visit level=A", "03-01 {} b close")
    assert shares(ruled(policy, told[0], told[1].format("13:00"))) == {"a": "100"}
    assert shares(ruled(policy, told[0], told[1].format("13:01"))) == {"b": "100"}


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("gap(first_file, deal) <= bare", "number of no unit"),
        ("gap(first_file, deal) <= (p if first_file else hours_)", "counts days"),
        ("attribute('segmnt') == 'x'", "none of the names"),
    ],
)
def test_units_and_names_that_do_not_fit_are_refused(when: str, said: str) -> None:
    parameters = [
        parameter("bare", 3),
        parameter("p", 3, "days"),
        parameter("hours_", 3, "hours"),
    ]
    with pytest.raises(FaultyPolicy, match=said):
        Program(small(LET, a_rule("1", when, 'credit = "closer"'), parameters=parameters), {})
