"""The second judge against the worked cases and the sentences of `meiteng-2015`.

A history is a table, one entry a line: day (1 is 4 January 2016), time, who, kind, fields.  The
builder fills in staff, outlet, customers and what else does not matter.  Of the staff chen, liu,
deng and yu are of department d1, he of d2, lu of d3; each department has its head.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from .meiteng_histories import (
    FIRST_DAY,
    FOUNDED,
    LONG_AFTER,
    deals_named,
    random_history,
    random_settings,
)
from .meiteng_judge import PARAMETERS, judge

LONG_AGO = {"at": FOUNDED, "recorded_at": FOUNDED}
STAFF = {
    "chen": ("consultant", "d1"),
    "liu": ("consultant", "d1"),
    "deng": ("consultant", "d1"),
    "yu": ("supervisor", "d1"),
    "he": ("consultant", "d2"),
    "lu": ("consultant", "d3"),
    "head1": ("department_head", "d1"),
    "head2": ("department_head", "d2"),
    "head3": ("department_head", "d3"),
    "desk": ("clerk", "d1"),
    "gm": ("general_manager", None),
}
WITHOUT_CUSTOMER = ("link", "unlink", "void", "correction")
DEFAULTS: dict[str, dict[str, Any]] = {
    "call": {"direction": "out"},
    "visit": {"direction": "out"},
    "followup": {"channel": "phone"},
    "card": {"contact": "x", "title": "x", "rank": 1},
    "finding": {"answer": True, "grounds": "asked about"},
    "ruling": {"instance": "department_head", "reason": "heard both"},
    "link": {"customers": ["K1", "K2"], "relation": "same"},
    "unlink": {"customers": ["K1", "K2"]},
}


def moment(day: str, clock: str) -> str:
    hour, minute, *second = (int(x) for x in clock.split(":"))
    since = timedelta(days=int(day) - 1, hours=hour, minutes=minute, seconds=sum(second))
    return (FIRST_DAY + since).isoformat()


def roster() -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [{"kind": "outlet", "outlet": "hq", "name": "hq"}]
    lines[0] |= {"type": "store"}
    for staff, (role, department) in STAFF.items():
        line = {"kind": "staff", "staff": staff, "name": staff, "role": role, "outlet": "hq"}
        lines.append(line | ({} if department is None else {"department": department}))
    lines += [{"kind": "customer", "customer": c, "name": c} for c in ("K1", "K2")]
    return [line | LONG_AGO for line in lines]


def value(name: str, text: str) -> Any:
    """`a:60,b:40` is a list of shares, `a,b` a list, `7/10:00` a time."""
    if name in ("shares", "award"):
        pairs = [part.partition(":") for part in text.split(",")]
        return [{"party": party, "share": share or "100"} for party, _, share in pairs]
    if name == "signers":
        pairs = [part.partition(":") for part in text.split(",")]
        return [{"staff": s, "share": share} if share else {"staff": s} for s, _, share in pairs]
    if name == "changes":
        key, _, new = text.partition(":")
        return {key: value(key, new)}
    if name in ("parties", "strikes", "jointly_with"):
        return text.split(",")
    if name in ("at", "rec"):
        return moment(*text.split("/"))
    if name in ("rank", "answer") and text.lstrip("+-").isdigit():
        return int(text)
    return {"true": True, "false": False}.get(text, text)


def entry(number: int, row: str) -> dict[str, Any]:
    day, clock, who, kind, *fields = row.split()
    at = moment(day, clock)
    line: dict[str, Any] = {"id": f"e{number}", "at": at, "recorded_at": at, "kind": kind}
    line |= {"by": who, **DEFAULTS.get(kind, {})}
    if kind not in WITHOUT_CUSTOMER:
        line["customer"] = "K1"
    for part in fields:
        name, _, text = part.partition("=")
        line[{"rec": "recorded_at", "joint": "jointly_with"}.get(name, name)] = value(
            {"joint": "jointly_with"}.get(name, name), text
        )
    return line


def history(table: str) -> list[dict[str, Any]]:
    rows = [row for row in table.strip().splitlines() if row.strip()]
    return roster() + [entry(number, row) for number, row in enumerate(rows, start=1)]


def short(ruling: dict[str, Any]) -> str:
    """`chen I.2`, `chen:60 liu:40 II.1`, `department_head II.1`, `held chen III`, `unheld`,
    `advice chen to department_head III`."""
    clause = str(ruling["decided_by"])
    if ruling["status"] == "held":
        return f"held {ruling['holder']} {clause}"
    if ruling["status"] == "unheld":
        return "unheld"
    if ruling["status"] == "referred":
        return f"{ruling['referred_to']} {clause}"
    shares = [(c["party"], c["share"]) for c in ruling["credit"]]
    told = " ".join(p if s == "100" else f"{p}:{s}" for p, s in shares)
    if ruling["status"] == "recommended":
        return f"advice {told} to {ruling['referred_to']} {clause}"
    return f"{told} {clause}"


def ask(
    table: str,
    *,
    customer: str = "K1",
    now: str | None = None,
    deal: str | None = None,
    **params: Any,
) -> dict[str, Any]:
    as_of = LONG_AFTER if now is None else datetime.fromisoformat(moment(*now.split("/")))
    return judge(history(table), customer, as_of=as_of, params=params, deal=deal)


def rule(table: str, **asked: Any) -> str:
    return short(ask(table, **asked))


def totals(table: str, **asked: Any) -> dict[str, int]:
    told: dict[str, int] = ask(table, **asked)["totals"]
    return told


def points(row: str, table: str, **asked: Any) -> dict[str, int]:
    """Who gets something in a row."""
    rows = ask(table, **asked)["rows"]
    return {x: own[row] for x, own in rows.items() if row in own}


# --- the worked cases ---------------------------------------------------------------------------


def test_clear_lead() -> None:
    table = """
        2 09:00 chen call
        5 14:00 chen visit
        5 14:30 chen card rank=4
        7 10:00 liu call
        9 14:00 liu visit
        9 14:30 liu card rank=2
        17 14:00 chen visit
    """
    assert rule(table) == "advice chen to department_head III"
    assert totals(table) == {"chen": 6, "liu": 1}


def test_telephone_only() -> None:
    table = """
        2 09:00 chen call
        3 09:00 chen call
        7 14:00 liu visit
        7 14:10 liu card rank=2
    """
    assert rule(table) == "advice liu to department_head III"
    assert totals(table) == {"chen": -1, "liu": 3}


def test_row_5_comes_on_top_of_row_4() -> None:
    table = """
        2 09:00 chen call
        4 14:00 liu visit
        4 14:10 liu card rank=4
        6 14:00 chen visit
        6 14:10 chen card rank=2
        9 14:00 chen visit
    """
    assert rule(table) == "advice liu to department_head III"
    assert totals(table) == {"chen": 3, "liu": 4}
    assert rule(table, row5_adds_to_row4=False) == "department_head II.1"
    assert totals(table, row5_adds_to_row4=False) == {"chen": 3, "liu": 3}


PADDED = """
    2 09:00 chen call
    3 09:00 liu call
    5 14:00 chen visit
    6 14:00 liu visit
    7 14:00 chen visit
    8 14:00 liu visit
    9 14:00 chen visit
    10 14:00 liu visit
    11 14:00 chen visit
    12 14:00 liu visit
    13 14:00 chen visit
    15 09:00 head1 finding question=padding subject=chen strikes=e5
    15 09:05 head1 finding question=padding subject=chen strikes=e7
"""


def test_padded_visits_are_struck_and_cost_two_points_once() -> None:
    assert rule(PADDED) == "advice liu to department_head III"
    assert totals(PADDED) == {"chen": 0, "liu": 1}
    assert totals(PADDED, row9="per_finding") == {"chen": -2, "liu": 1}


TIE = """
    2 09:00 chen call
    4 14:00 liu visit
    4 14:10 liu card rank=2
    6 14:00 chen visit
    6 14:10 chen card rank=2
"""


def test_a_tie_goes_to_the_head_of_department() -> None:
    assert rule(TIE) == "department_head II.1"
    assert totals(TIE) == {"chen": 2, "liu": 2}


SIGNED_BY_THE_OTHER = """
    2 09:00 chen call
    5 14:00 chen visit
    5 14:10 chen card rank=4
    17 09:00 liu call
    22 14:00 liu visit
    38 15:00 liu close signers=liu
"""


def test_the_signer_is_credited_whatever_the_score() -> None:
    assert rule(SIGNED_BY_THE_OTHER) == "liu I.2"
    assert totals(SIGNED_BY_THE_OTHER) == {"chen": 3, "liu": 0}
    assert rule(SIGNED_BY_THE_OTHER, signed_contract="scorecard_rules") == "chen III"


# --- results ------------------------------------------------------------------------------------


def test_one_contender_holds_and_nobody_none() -> None:
    assert rule("2 09:00 chen visit") == "held chen III"
    assert rule("2 09:00 desk visit") == "unheld"
    assert ask("2 09:00 desk visit")["decided_by"] is None


def test_contenders_of_two_departments_are_for_both_heads() -> None:
    assert rule("2 09:00 chen visit\n3 09:00 he call") == "advice chen to both_heads III"
    equal = "2 09:00 chen visit\n2 09:00 he visit"
    assert rule(equal) == "both_heads II.2"
    assert rule(equal + "\n2 09:00 lu visit") == "both_heads II.2"  # "the name all the same"


@pytest.mark.parametrize(
    ("signers", "ruled"),
    [
        ("chen,liu", "chen:50 liu:50 I.2"),
        ("chen,liu,he", "chen:33.34 liu:33.33 he:33.33 I.2"),
        ("chen,liu,deng,yu", "department_head I.2"),
        ("chen,liu,deng,he", "both_heads I.2"),
    ],
)
def test_at_most_three_sign(signers: str, ruled: str) -> None:
    assert rule(f"9 09:00 chen close signers={signers}") == ruled


def test_a_close_without_signers_is_signed_by_its_author() -> None:
    assert rule("9 09:00 chen close") == "chen I.2"


def test_the_departments_of_a_signed_contract_are_those_of_its_signers() -> None:
    table = "2 09:00 he visit\n9 09:00 chen close signers=chen,liu,deng,yu"
    assert rule(table) == "department_head I.2"
    ruled = table + "\n10 09:00 head1 ruling award=chen"
    assert rule(ruled) == "chen II.1"
    assert ask(ruled)["by_rule"] == {"status": "referred", "credit": [], "decided_by": "I.2"}


def test_a_later_ruling_decides_where_more_than_three_signed() -> None:
    signed = "9 09:00 chen close signers=chen,liu,deng,he"
    assert rule(f"{signed}\n10 09:00 gm ruling award=he") == "he II.2"
    assert rule(f"{signed}\n10 09:00 head1 ruling award=he") == "both_heads I.2"
    assert rule(f"{signed}\n10 09:00 head1 ruling award=he joint=head2") == "he II.2"
    before = "2 09:00 chen call\n8 09:00 gm ruling award=chen"
    assert rule(f"{before}\n{signed}") == "both_heads I.2"
    differ = "10 09:00 head1 ruling award=he\n10 10:00 head2 ruling award=chen"
    assert rule(f"{signed}\n{differ}") == "general_manager II.2"
    assert ask(f"{signed}\n{differ}")["by_rule"] is None


def test_a_ruling_does_not_replace_the_signature() -> None:
    table = """
        2 09:00 chen visit
        3 09:00 gm ruling award=chen
        9 09:00 liu close
        10 09:00 gm ruling award=chen
    """
    assert rule(table) == "liu I.2"
    assert ask(table)["by_rule"] is None


# shares


def agreed(fields: str, signers: str = "chen,liu") -> str:
    return rule(f"8 09:00 chen agreement {fields}\n9 09:00 chen close signers={signers}")


def test_an_agreement_among_exactly_the_signers_divides_the_credit() -> None:
    sixty = "shares=chen:60.50,liu:39.5"
    assert agreed(f"parties=liu,chen {sixty}") == "chen:60.5 liu:39.5 I.2"
    assert agreed(f"parties=chen,liu {sixty}", "chen:10,liu:90") == "chen:60.5 liu:39.5 I.2"
    assert agreed("parties=chen,liu,deng shares=chen:60,liu:30,deng:10") == "chen:50 liu:50 I.2"
    assert agreed(f"parties=chen,liu {sixty}", "chen,liu,deng").startswith("chen:33.34")


def test_an_agreement_counts_if_recorded_before_the_contract_was_signed() -> None:
    fields = "parties=chen,liu shares=chen:60,liu:40"
    assert agreed(f"{fields} rec=9/08:59") == "chen:60 liu:40 I.2"
    assert agreed(f"{fields} rec=9/09:00") == "chen:50 liu:50 I.2"


def test_the_latest_agreement_counts() -> None:
    table = """
        3 09:00 chen agreement parties=chen,liu shares=chen:60,liu:40
        5 09:00 chen agreement parties=chen,liu shares=chen:70,liu:30
        9 09:00 chen close signers=chen,liu
    """
    assert rule(table) == "chen:70 liu:30 I.2"


def test_else_complete_shares_of_the_close_else_equal() -> None:
    assert rule("9 09:00 chen close signers=chen:70.10,liu:29.90") == "chen:70.1 liu:29.9 I.2"
    assert rule("9 09:00 chen close signers=chen,liu") == "chen:50 liu:50 I.2"


def test_the_remainder_goes_to_the_first_listed() -> None:
    told = rule("9 09:00 chen close signers=liu,he,chen")
    assert told == "liu:33.34 he:33.33 chen:33.33 I.2"


def test_before_signing_an_agreement_proves_only_an_attempt() -> None:
    table = TIE + "\n7 09:00 chen agreement parties=chen,liu shares=chen:60,liu:40"
    assert rule(table) == "department_head II.1"


# as if unsigned


def test_scorecard_rules_judges_what_had_happened_by_the_close() -> None:
    ruled = {"signed_contract": "scorecard_rules"}
    found = "question=knowledge subject=liu"
    tie = TIE + "\n9 09:00 deng close"
    assert rule(tie, **ruled) == "department_head II.1"
    assert totals(tie, **ruled) == {"chen": 2, "liu": 2}  # deng only signed
    assert rule(tie + f"\n8 09:00 head1 finding {found}", **ruled) == "liu III"
    assert rule(tie + f"\n10 09:00 head1 finding {found}", **ruled) == "department_head II.1"


def test_scorecard_rules_includes_rulings_before_the_close() -> None:
    ruled = {"signed_contract": "scorecard_rules"}
    close = "\n9 09:00 liu close"
    before = "\n8 09:00 head1 ruling award=deng"
    after = "\n10 09:00 head1 ruling award=deng"
    assert rule(TIE + before + close, **ruled) == "deng II.1"
    assert rule(TIE + close + after, **ruled) == "department_head II.1"
    told = ask("2 09:00 chen visit" + before + close, **ruled)
    assert told["by_rule"]["status"] == "credited"
    assert told["by_rule"]["decided_by"] == "III"


def test_under_scorecard_rules_who_held_is_credited() -> None:
    ruled = {"signed_contract": "scorecard_rules"}
    assert rule("2 09:00 chen call\n9 09:00 liu close", **ruled) == "chen III"
    assert rule("9 09:00 liu close signers=liu,chen,he,deng", **ruled) == "unheld"


# --- rulings ------------------------------------------------------------------------------------


def ruled(rulings: str, start: str = "2 09:00 chen visit\n2 10:00 liu call") -> str:
    return rule(start + "\n" + rulings)


SCORE = "advice chen to department_head III"
ACROSS = "2 09:00 chen visit\n2 10:00 he call"
THREE = ACROSS + "\n2 11:00 lu call"


def test_the_head_of_the_department_rules() -> None:
    assert ruled("5 09:00 head1 ruling award=liu") == "liu II.1"
    assert ruled("5 09:00 head1 ruling award=liu:40,chen:60") == "liu:40 chen:60 II.1"
    assert ruled("5 09:00 head2 ruling award=liu") == SCORE
    assert ruled("5 09:00 deng ruling award=liu") == SCORE


def test_what_the_rule_said_is_kept() -> None:
    told = ask("2 09:00 chen visit\n2 10:00 liu call\n5 09:00 head1 ruling award=liu")
    chen = [{"party": "chen", "kind": "staff", "share": "100"}]
    assert told["by_rule"] == {"status": "recommended", "credit": chen, "decided_by": "III"}


def test_the_power_of_a_ruling_follows_the_role_of_its_author() -> None:
    named = "ruling instance=general_manager award"
    assert ruled(f"5 09:00 head1 {named}=liu\n6 09:00 head1 ruling award=chen") == "chen II.1"
    assert ruled("5 09:00 desk ruling instance=department_head award=liu joint=head1") == SCORE
    assert ruled("5 09:00 gm ruling instance=department_head award=liu") == "liu II.1"


def test_the_latest_of_one_head_counts() -> None:
    assert ruled("5 09:00 head1 ruling award=liu\n6 09:00 head1 ruling award=chen") == "chen II.1"


def test_the_general_managers_first_is_final() -> None:
    assert (
        ruled("""
            4 09:00 head1 ruling award=chen
            5 09:00 gm ruling award=liu
            6 09:00 gm ruling award=chen
            7 09:00 head1 ruling award=chen
        """)
        == "liu II.1"
    )
    assert ruled("5 09:00 gm ruling award=he", ACROSS) == "he II.2"


def test_a_ruling_needs_no_second_contender() -> None:
    assert ruled("5 09:00 head1 ruling award=liu", "2 09:00 chen visit") == "liu II.1"


def test_with_no_contender_only_the_general_manager_rules() -> None:
    assert rule("5 09:00 head1 ruling award=liu") == "unheld"
    assert rule("5 09:00 gm ruling award=liu") == "liu II.1"


def test_one_head_alone_has_no_effect_across_departments() -> None:
    advice = "advice chen to both_heads III"
    assert ruled("5 09:00 head1 ruling award=he", ACROSS) == advice
    assert ruled("5 09:00 head1 ruling award=he joint=head2", ACROSS) == "he II.2"
    assert ruled("5 09:00 head1 ruling award=he joint=head3", ACROSS) == advice
    assert ruled("5 09:00 head3 ruling award=he joint=head1,head2", ACROSS) == advice


def test_a_head_concurs_by_a_ruling_of_his_own() -> None:
    alike = "5 09:00 head1 ruling award=he:50,chen:50\n6 09:00 head2 ruling award=chen:50.0,he:50"
    assert ruled(alike, ACROSS) == "chen:50 he:50 II.2"
    differ = "5 09:00 head1 ruling award=he\n6 09:00 head2 ruling award=chen"
    assert ruled(differ, ACROSS) == "general_manager II.2"
    assert ruled(differ + "\n7 09:00 head1 ruling award=chen", ACROSS) == "chen II.2"
    assert ruled(differ + "\n7 09:00 gm ruling award=chen", ACROSS) == "chen II.2"


def test_a_head_may_turn_from_a_joint_ruling() -> None:
    joint = "5 09:00 head1 ruling award=he joint=head2\n6 09:00 head2 ruling award=chen"
    assert ruled(joint, ACROSS) == "general_manager II.2"


def test_three_departments_need_all_heads() -> None:
    two = "5 09:00 head1 ruling award=he joint=head2"
    assert ruled(two, THREE) == "advice chen to both_heads III"
    assert ruled(two + "\n6 09:00 head3 ruling award=he", THREE) == "he II.2"
    assert ruled(two + "\n6 09:00 head3 ruling award=lu", THREE) == "general_manager II.2"


def test_a_ruling_is_weighed_by_the_contenders_at_its_time() -> None:
    start = "2 09:00 chen visit\n5 09:00 head1 ruling award=liu\n6 09:00 he visit"
    assert rule(start) == "liu II.1"
    late = "2 09:00 chen visit\n4 09:00 he visit rec=7/09:00\n5 09:00 head1 ruling award=liu"
    assert rule(late) == "advice chen to both_heads III"


def test_an_appeal_does_not_suspend() -> None:
    table = """
        2 09:00 chen visit
        5 09:00 head1 ruling award=liu
        6 09:00 chen appeal against=e2 to=general_manager
    """
    assert rule(table) == "liu II.1"


def test_nobody_rules_for_himself() -> None:
    assert ruled("5 09:00 head1 ruling award=head1") == SCORE


# --- deals --------------------------------------------------------------------------------------

TWO_DEALS = """
    2 09:00 chen visit
    3 09:00 liu call
    5 09:00 liu close deal=D1
    7 09:00 he visit
    8 09:00 deng call
    9 09:00 deng close deal=D2
    11 09:00 yu visit
"""


def test_a_bare_verdict_rules_the_latest_close() -> None:
    assert rule("2 09:00 chen visit") == "held chen III"
    assert rule(TWO_DEALS) == "deng I.2"
    assert rule(TWO_DEALS, deal="D1") == "liu I.2"
    assert rule(TWO_DEALS, deal="open") == "held yu III"
    assert rule(TWO_DEALS, now="6/00:00") == "liu I.2"
    assert rule(TWO_DEALS, now="4/00:00") == "advice chen to department_head III"
    with pytest.raises(LookupError):
        rule(TWO_DEALS, deal="D3")


def test_each_deal_has_its_own_history() -> None:
    assert totals(TWO_DEALS, deal="D1") == {"chen": 3, "liu": -2}
    assert totals(TWO_DEALS, deal="D2") == {"he": 3, "deng": -2}
    everyone = totals(TWO_DEALS, deal="open", history="all")
    assert set(everyone) == {"chen", "liu", "he", "deng", "yu"}
    assert set(totals(TWO_DEALS, deal="D1", history="all")) == {"chen", "liu"}


def test_findings_count_until_the_next_close() -> None:
    found = TWO_DEALS + "\n6 09:00 head1 finding question=knowledge subject=chen"
    assert points("III.6", found, deal="D1") == {"chen": 1}
    assert points("III.6", found, deal="D2") == {"chen": 1}
    later = TWO_DEALS + "\n10 09:00 head1 finding question=knowledge subject=chen"
    assert points("III.6", later, deal="D1") == {}
    assert points("III.6", later, deal="open") == {"chen": 1}


def test_contacts_and_cards_count_up_to_the_close() -> None:
    table = "2 09:00 chen call\n5 09:00 liu close\n6 09:00 chen visit\n7 09:00 chen card"
    assert totals(table) == {"chen": 1 - 2, "liu": 0}
    assert totals(table, deal="open") == {"chen": 1}


def test_a_ruling_that_names_a_deal_concerns_that_deal() -> None:
    table = """
        2 09:00 chen visit
        5 09:00 chen close deal=D1 signers=chen,liu,deng,yu
        6 09:00 liu visit
        9 09:00 head1 ruling award=deng
    """
    assert rule(table) == "deng II.1"
    assert rule(table, deal="open") == "deng II.1"
    named = table.replace("ruling", "ruling deal=D1")
    assert rule(named) == "deng II.1"
    assert rule(named, deal="open") == "held liu III"
    other = table.replace("ruling", "ruling deal=D2")
    assert rule(other) == "department_head I.2"
    assert rule(other, deal="open") == "deng II.1"


def test_an_agreement_on_an_earlier_deal_does_not_divide_the_next() -> None:
    table = """
        2 09:00 chen agreement parties=chen,liu shares=chen:60,liu:40
        5 09:00 chen close signers=chen,liu deal=D1
        9 09:00 chen close signers=chen,liu deal=D2
    """
    assert rule(table, deal="D1") == "chen:60 liu:40 I.2"
    assert rule(table, deal="D2") == "chen:50 liu:50 I.2"
    named = table.replace("agreement", "agreement deal=D2")
    assert rule(named, deal="D1") == "chen:50 liu:50 I.2"
    assert rule(named, deal="D2") == "chen:60 liu:40 I.2"


def test_customers_linked_as_the_same_are_one() -> None:
    table = "2 09:00 chen visit\n3 09:00 liu visit customer=K2\n9 09:00 liu link"
    assert rule(table) == rule(table, customer="K2") == "advice chen to department_head III"
    group = table.replace("link", "link relation=group")
    assert rule(group) == "held chen III"
    assert rule(table + "\n10 09:00 liu unlink", customer="K2") == "held liu III"


def test_a_struck_events_deal_is_the_findings_deal() -> None:
    table = TWO_DEALS + "\n12 09:00 head1 finding question=padding subject=chen strikes=e1"
    assert points("III.9", table, deal="D1") == {"chen": -2}
    assert points("III.9", table, deal="open") == {}
    assert "chen" not in totals(table, deal="open")
    unnamed = TWO_DEALS + "\n12 09:00 head1 finding question=padding subject=chen"
    assert points("III.9", unnamed, deal="D1") == {}
    assert points("III.9", unnamed, deal="open") == {"chen": -2}


# --- contenders ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "who"),
    [
        ("2 09:00 chen call", {"chen"}),
        ("2 09:00 chen call reached=false", set()),
        ("2 09:00 chen followup channel=visit reached=false", set()),
        ("2 09:00 chen card", {"chen"}),
        ("2 09:00 chen close signers=liu,he", {"liu", "he"}),
        ("2 09:00 yu visit", {"yu"}),
        ("2 09:00 head1 visit\n3 09:00 desk call\n3 10:00 gm card", set()),
        ("2 09:00 head1 finding question=knowledge subject=liu answer=false", {"liu"}),
        ("2 09:00 head2 finding question=knowledge subject=liu", set()),
        ("2 09:00 gm finding question=sabotage subject=liu answer=false", {"liu"}),
        ("2 09:00 gm finding question=knowledge subject=desk", set()),
        (
            "2 09:00 chen visit\n3 09:00 head1 finding question=padding subject=chen strikes=e1",
            {"chen"},
        ),
    ],
)
def test_who_contends(rows: str, who: set[str]) -> None:
    assert set(totals(rows)) == who


def test_negative_totals_still_compare() -> None:
    table = "2 09:00 chen call\n2 09:01 liu call"
    assert totals(table) == {"chen": -1, "liu": -2}
    assert rule(table) == "advice chen to department_head III"
    assert rule(table, min_winning_score=-1) == "advice chen to department_head III"
    assert rule(table, min_winning_score=0) == "department_head II.1"
    assert rule("2 09:00 chen call", min_winning_score=3) == "held chen III"
    across = "2 09:00 chen call\n2 09:01 he call"
    assert rule(across, min_winning_score=0) == "both_heads II.2"


# --- rows 1 to 3 --------------------------------------------------------------------------------


def test_times_are_cut_to_the_minute() -> None:
    tied = "2 09:00:10 chen visit\n2 09:00:50 liu visit\n3 09:00 deng call"
    assert points("III.1", tied) == {"chen": 1, "liu": 1}
    assert points("III.2", tied) == {"chen": 1, "liu": 1}
    apart = tied.replace("09:00:50", "09:01:00")
    assert points("III.1", apart) == {"chen": 1}
    assert points("III.2", apart, time_grain="day") == {"chen": 1, "liu": 1}


EQUAL = "2 09:00 chen visit\n2 09:00 liu visit"
SHARED = EQUAL + "\n3 09:00 deng visit\n4 09:00 chen visit\n4 09:00 liu visit"


@pytest.mark.parametrize("row", ["III.1", "III.2", "III.3"])
def test_a_shared_top_needs_somebody_below(row: str) -> None:
    assert points(row, EQUAL) == {}
    assert points(row, SHARED) == {"chen": 1, "liu": 1}
    assert points(row, SHARED, item_tie="none") == {}
    assert points(row, EQUAL, item_tie="all") == {"chen": 1, "liu": 1}
    assert points(row, EQUAL + "\n5 09:00 deng card") == {"chen": 1, "liu": 1}  # "having none"


@pytest.mark.parametrize("row", ["III.1", "III.2", "III.3"])
def test_a_sole_contender_gets_none(row: str) -> None:
    assert points(row, "2 09:00 chen visit") == {}
    assert points(row, "2 09:00 chen visit", item_tie="none") == {}
    assert points(row, "2 09:00 chen visit", item_tie="all") == {"chen": 1}


def test_visits_of_either_direction_and_followups_by_visit() -> None:
    for visit in ("visit direction=in", "visit direction=out", "followup channel=visit"):
        table = f"2 09:00 chen call\n3 09:00 liu {visit}"
        assert points("III.2", table) == points("III.3", table) == {"liu": 1}
    for other in ("followup channel=wechat", "followup channel=visit reached=false"):
        assert points("III.2", f"2 09:00 chen call\n3 09:00 liu {other}") == {}


def test_at_most_one_visit_a_day() -> None:
    table = "2 09:00 chen visit\n2 23:59 chen visit\n3 09:00 liu visit\n4 00:00 liu visit"
    assert points("III.3", table) == {"liu": 1}
    assert points("III.3", "2 09:00 chen call\n2 09:00 liu call", item_tie="all") == {}


# --- cards --------------------------------------------------------------------------------------


def test_everyone_with_a_card_gets_a_point_and_the_highest_two_more() -> None:
    table = "2 09:00 chen card rank=1\n3 09:00 liu card rank=3\n4 09:00 chen card rank=4"
    assert points("III.4", table) == {"chen": 1, "liu": 1}
    assert points("III.5", table) == {"chen": 2}
    assert points("III.4", table, row5_adds_to_row4=False) == {"liu": 1}
    assert points("III.5", table + "\n5 09:00 liu card rank=4") == {}
    assert points("III.5", "2 09:00 chen card rank=4\n3 09:00 liu call") == {}


def test_row_5_may_need_everyone_to_hold_a_card() -> None:
    table = "2 09:00 chen card rank=1\n3 09:00 liu card rank=3\n4 09:00 deng call"
    assert points("III.5", table) == {"liu": 2}
    assert points("III.5", table, row5_needs_all_cards=True) == {}
    assert points("III.5", table + "\n5 09:00 deng card", row5_needs_all_cards=True) == {"liu": 2}


# --- padding ------------------------------------------------------------------------------------


def test_a_struck_card_counts_in_row_4_only() -> None:
    table = """
        2 09:00 chen card rank=4
        3 09:00 liu card rank=2
        4 09:00 deng card rank=1
        5 09:00 head1 finding question=padding subject=chen strikes=e1
    """
    assert points("III.4", table) == {"chen": 1, "liu": 1, "deng": 1}
    assert points("III.5", table) == {"liu": 2}
    assert points("III.5", table.replace("deng card rank=1", "deng call")) == {}


def test_a_struck_contact_is_no_contact() -> None:
    table = """
        2 09:00 chen visit
        3 09:00 chen call
        4 09:00 liu call
        5 09:00 head1 finding question=padding subject=chen strikes=e1
    """
    assert points("III.8", table) == {"chen": -2, "liu": -2}
    assert points("III.1", table) == {"chen": 1}
    assert points("III.8", table.replace("strikes=e1", "strikes=e1,e2")) == {"liu": -2}


def test_only_its_subjects_events_are_struck() -> None:
    table = """
        2 09:00 chen visit
        4 09:00 liu call
        5 09:00 head1 finding question=padding subject=liu strikes=e1
    """
    assert totals(table) == {"chen": 3, "liu": -4}


def test_only_a_true_finding_of_padding_strikes() -> None:
    table = "2 09:00 chen visit\n4 09:00 liu visit\n5 09:00 head1 finding subject=chen strikes=e1"
    assert totals(f"{table} question=padding answer=false") == {"chen": 2, "liu": 0}
    assert totals(f"{table} question=knowledge answer=true") == {"chen": 3, "liu": 0}
    assert totals(f"{table} question=padding answer=true") == {"chen": -2, "liu": 3}


def test_a_later_false_answer_cancels_nothing() -> None:
    later = PADDED + "\n16 09:00 head1 finding question=padding subject=chen answer=false"
    assert totals(later) == totals(PADDED) == {"chen": 0, "liu": 1}


# --- findings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "row"), [("knowledge", "III.6"), ("succession", "III.7")])
def test_the_latest_finding_counts(question: str, row: str) -> None:
    start = f"2 09:00 chen visit\n3 09:00 head1 finding question={question} subject=chen"
    assert points(row, start) == {"chen": 1}
    again = start + f"\n4 09:00 head1 finding question={question} subject=chen"
    assert points(row, again) == {"chen": 1}
    assert points(row, again + " answer=false") == {}
    # Declared order is by `at`: entered later, but made earlier.
    earlier = start + f"\n2 12:00 head1 finding question={question} subject=chen answer=false"
    assert points(row, earlier + " rec=5/09:00") == {"chen": 1}
    powerless = start + f"\n4 09:00 head2 finding question={question} subject=chen answer=false"
    assert points(row, powerless) == {"chen": 1}


def test_several_may_follow_up_a_new_person() -> None:
    table = """
        3 09:00 head1 finding question=succession subject=chen
        3 09:00 head2 finding question=succession subject=he
    """
    assert points("III.7", table) == {"chen": 1, "he": 1}


def test_a_partial_account_counts_only_where_the_policy_says_so() -> None:
    table = "2 09:00 head1 finding question=knowledge subject=chen answer=partial"
    assert points("III.6", table) == {}
    assert points("III.6", table, row6_partial=True) == {"chen": 1}


@pytest.mark.parametrize(
    ("by", "counts"), [("head1", True), ("gm", True), ("head2", False), ("desk", False)]
)
def test_who_may_find(by: str, counts: bool) -> None:
    for question, row in (("knowledge", "III.6"), ("succession", "III.7"), ("padding", "III.9")):
        table = f"2 09:00 chen visit\n3 09:00 {by} finding question={question} subject=chen"
        assert bool(points(row, table)) is counts
        # "`by` alone must have the power"
        assert bool(points(row, table + " joint=head1")) is counts


@pytest.mark.parametrize(
    ("by", "points_given"),
    [
        ("head1 finding joint=head2", {"chen": -3}),
        ("head2 finding joint=head1", {"chen": -3}),
        ("head2 finding joint=head3,head1", {"chen": -3}),
        ("head1 finding joint=head3", {"chen": -3}),
        ("head2 finding joint=head3", {}),
        ("head1 finding", {}),
        ("head2 finding", {}),
        ("gm finding", {}),
        ("head1 finding joint=gm", {}),
        ("gm finding joint=head1,head2", {}),
    ],
)
def test_accompaniment_is_assessed_by_both_heads(by: str, points_given: dict[str, int]) -> None:
    table = ACROSS + f"\n5 09:00 {by} question=accompaniment subject=chen answer=-3"
    assert points("III.10", table) == points_given


def test_accompaniment_counts_only_across_departments() -> None:
    found = "5 09:00 head1 finding joint=head2 question=accompaniment subject=chen answer=2"
    assert points("III.10", f"2 09:00 chen visit\n{found}") == {}
    assert points("III.10", f"{ACROSS}\n{found}") == {"chen": 2}
    later = found.replace("5 09:00", "6 09:00").replace("answer=2", "answer=-1")
    assert points("III.10", f"{ACROSS}\n{found}\n{later}") == {"chen": -1}


def test_telephone_only_costs_two_points_and_a_card_alone_nothing() -> None:
    table = "2 09:00 chen followup channel=wechat\n3 09:00 liu card\n4 09:00 deng visit"
    assert points("III.8", table) == {"chen": -2}


# --- sabotage -----------------------------------------------------------------------------------


def sabotage(found: str, signers: str = "chen,liu,deng", by: str = "gm", **params: Any) -> str:
    rows = [f"9 09:00 chen close signers={signers}"]
    rows += [f"10 09:00 {by} finding question=sabotage subject={x}" for x in found.split(",")]
    return rule("\n".join(rows), **params)


def test_sabotage_is_a_sanction_and_takes_credit_only_where_the_policy_says_so() -> None:
    equal = "chen:33.34 liu:33.33 deng:33.33 I.2"
    assert sabotage("liu") == equal
    assert sabotage("liu", sabotage_forfeits=True) == "chen:50 deng:50 I.1"
    assert sabotage("liu", by="head1", sabotage_forfeits=True) == equal
    assert sabotage("he", sabotage_forfeits=True) == equal
    assert sabotage("chen,liu,deng", sabotage_forfeits=True) == "general_manager I.1"
    assert sabotage("chen answer=false", sabotage_forfeits=True) == equal


def test_the_others_share_equally_whatever_was_agreed() -> None:
    signers = "chen:10,liu:50,deng:40"
    assert sabotage("liu", signers, sabotage_forfeits=True) == "chen:50 deng:50 I.1"


def test_the_limit_of_three_comes_first() -> None:
    four = "chen,liu,deng,yu"
    assert sabotage("liu", four, sabotage_forfeits=True) == "department_head I.2"


def test_the_general_manager_rules_where_no_signer_is_left() -> None:
    table = """
        9 09:00 chen close
        10 09:00 gm finding question=sabotage subject=chen
        11 09:00 head1 ruling award=deng
        12 09:00 gm ruling award=liu
    """
    assert rule(table, sabotage_forfeits=True) == "liu II.1"
    assert rule(table) == "chen I.2"


# --- the record ---------------------------------------------------------------------------------


def test_late_entries_count() -> None:
    assert totals("2 09:00 chen visit rec=9/09:00\n3 09:00 liu visit") == {"chen": 2, "liu": 0}


def test_altered_entries_count_as_corrected() -> None:
    table = "2 09:00 chen card rank=1\n3 09:00 liu card rank=3\n9 09:00 chen correction corrects=e1"
    assert points("III.5", f"{table} changes=rank:4") == {"chen": 2}
    moved = "2 09:00 chen visit\n3 09:00 liu visit\n9 09:00 liu correction corrects=e2"
    assert points("III.1", f"{moved} changes=at:1/09:00") == {"liu": 1}


@pytest.mark.parametrize(
    ("by", "voided"),
    [
        ("chen", True),
        ("desk", True),
        ("head1", True),
        ("liu", False),
        ("head2", False),
        ("gm", False),
    ],
)
def test_entries_are_voided_by_author_recorder_or_head_only(by: str, voided: bool) -> None:
    table = f"2 09:00 chen visit recorded_by=desk\n3 09:00 {by} void voids=e1"
    assert rule(table) == ("unheld" if voided else "held chen III")


def test_a_voided_void_or_correction_has_no_effect() -> None:
    voided = "2 09:00 chen visit\n3 09:00 chen void voids=e1\n4 09:00 chen void voids=e2"
    assert rule(voided) == "held chen III"
    table = """
        2 09:00 chen card rank=1
        3 09:00 liu card rank=3
        4 09:00 chen correction corrects=e1 changes=rank:4
        5 09:00 chen void voids=e3
    """
    assert points("III.5", table) == {"liu": 2}


def test_a_voided_close_is_none() -> None:
    assert rule("2 09:00 chen visit\n3 09:00 liu close\n4 09:00 liu void voids=e2") == (
        "held chen III"
    )


# --- the histories ------------------------------------------------------------------------------


def answers(seed: Any, **params: Any) -> list[Any]:
    lines = random_history(random.Random(seed))
    found: list[Any] = []
    for customer in ("K1", "K2"):
        for deal in deals_named(lines):
            try:
                found.append(judge(lines, customer, as_of=LONG_AFTER, params=params, deal=deal))
            except LookupError:
                found.append(None)
    return found


def test_histories_refer_to_earlier_lines_only() -> None:
    for seed in range(300):
        known: set[str] = set()
        for line in random_history(random.Random(seed)):
            references = [line.get(name) for name in ("voids", "corrects", "against")]
            references += line.get("strikes", [])
            assert {r for r in references if r is not None} <= known
            assert line["id"] not in known
            known.add(line["id"])
            at, recorded = (datetime.fromisoformat(line[x]) for x in ("at", "recorded_at"))
            assert recorded >= at


def test_histories_reach_every_result_and_every_row() -> None:
    results, rows = set(), set()
    for seed in range(500):
        params = random_settings(random.Random(seed)) | {"sabotage_forfeits": seed % 2 == 0}
        for told in answers(seed, **params):
            if told is not None:
                results.add((told["status"], told["decided_by"], told["referred_to"]))
                rows |= {row for own in told["rows"].values() for row in own}
    assert rows == {f"III.{n}" for n in range(1, 11)}
    assert results == {
        ("credited", "I.1", None),
        ("credited", "I.2", None),
        ("credited", "II.1", None),
        ("credited", "II.2", None),
        ("credited", "III", None),
        ("recommended", "III", "department_head"),
        ("recommended", "III", "both_heads"),
        ("referred", "I.1", "general_manager"),
        ("referred", "I.2", "department_head"),
        ("referred", "I.2", "both_heads"),
        ("referred", "II.1", "department_head"),
        ("referred", "II.2", "both_heads"),
        ("referred", "II.2", "general_manager"),
        ("held", "III", None),
        ("unheld", None, None),
    }


OTHER_VALUES = [
    (name, value)
    for name, spec in PARAMETERS.items()
    for value in spec["values"]
    if value != spec["default"]
]


@pytest.mark.parametrize(("name", "value"), OTHER_VALUES, ids=str)
def test_every_other_value_of_a_parameter_turns_some_ruling(name: str, value: Any) -> None:
    assert any(answers(seed) != answers(seed, **{name: value}) for seed in range(400))
