"""A small policy in which everything is in order, to be spoiled by tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SMALL = """\
[policy]
id = "small"
version = "2024-01-01"
title.en = "A small policy"
title.zh = "小办法"

[applies_to]
from = 2024-01-01
to = 2030-12-31

[words]
selling_roles = ["consultant", "supervisor"]
managing_roles = ["manager", "general_manager"]

[parameters.claim_days]
default = 3
type = "integer"
minimum = 1
maximum = 90
unit = "days"
clause = "2"
en = "Days to claim."
zh = "申述期限天数。"

[parameters.reading]
default = "strict"
values = ["strict", "loose"]
clause = "1"
en = "How strictly."
zh = "宽严。"

[parameters.gaps]
default = { H = 3, A = 7 }
type = "table"
unit = "days"
clause = "1"
en = "Longest gaps."
zh = "最长间隔。"

[parameters.usual_level]
default = "A"
type = "text"
clause = "1"
en = "The level where none is recorded."
zh = "未记录时的级别。"

[parameters.fine]
default = 100
type = "integer"
unit = "CNY"
clause = "3"
en = "The fine."
zh = "罚款。"

[parameters.point]
default = 1
type = "integer"
unit = "points"
clause = "4"
en = "A point."
zh = "一分。"

[entries.contact]
kinds = ["visit", "call", "followup"]
valid = "not voided and not struck and role in selling_roles"

[entries.visit]
of = "contact"
kinds = ["visit"]

[entries.claim]
kinds = ["claim"]
valid = "not voided and not taken_back()"

[entries.finding]
kinds = ["finding"]
valid = "not voided and above_parties()"

[entries.ruling]
kinds = ["ruling"]
valid = "not voided and has_power()"

[findings.cheated]
without = "no"
from = "manager"
clause = "3"
en = "Did he cheat?"
zh = "是否作弊？"

[deal]
moment = "close"

[holding]
opens = "visit"
keeps = "contact"
levels = "contact"
limits = "gaps"
default_level = "usual_level"
rulings = "ruling"

[windows.claim]
limit = "claim_days"

[powers]
above_parties = "managing_roles"

[instances]
clause = "5"
[instances.powers]
sales_manager = ["manager", "general_manager"]

[let]
holder = "holder(at=deal)"
closer = "author(deal)"
honest = "found('cheated', subject=holder) != True"
rivals = "values(contact, before=deal)"
leader = "top(rivals, by=score(it))"

[clauses]
"1" = { en = "The holder", zh = "归属人" }
"2" = { en = "Claims", zh = "申述" }
"3" = { en = "Cheating", zh = "作弊" }
"4" = { en = "Points", zh = "评分" }
"5" = { en = "Who decides", zh = "裁定" }

[precedence]
order = "listed"
why.en = "The holder first."
why.zh = "归属人优先。"

[scorecard]
of = "rivals"

[[scorecard.row]]
id = "visits"
kind = "best"
by = "count(visit, by=it, before=deal)"
points = "point"
en = "Most visits."
zh = "面访最多。"

[[scorecard.row]]
id = "calls"
kind = "flag"
when = "exists(contact, by=it, before=deal)"
not_for = "visits"
points = "point"
en = "In contact."
zh = "有联系。"

[[rule]]
clause = "1"
name = "own"
when = "closer == holder and not overdue(holder, at=[deal])"
party = "holder"
then.credit = "holder"
why.en = "{holder} holds the customer and closed."
why.zh = "{holder} 归属并成交。"
why_not.en = "The closer is not the holder."
why_not.zh = "成交人不是归属人。"

[[rule]]
clause = "2"
name = "claimed"
when = "holder and exists(claim, by=holder, in_window='claim') and honest"
party = "holder"
then.credit = "holder"
why.en = "{holder} claimed within {claim_days}."
why.zh = "{holder} 在 {claim_days} 内申述。"
why_not.en = "No claim in time."
why_not.zh = "没有及时申述。"

[[rule]]
clause = "4"
name = "points"
if = "reading == 'loose'"
when = "leader"
party = "leader"
then.credit = "leader"
why.en = "{leader} leads."
why.zh = "{leader} 领先。"
why_not.en = "Nobody leads."
why_not.zh = "无人领先。"

[[rule]]
clause = "1"
stage = "open"
when = "holder"
party = "holder"
then.hold = "holder"
why.en = "{holder} holds the customer."
why.zh = "{holder} 是归属人。"
why_not.en = "Nobody holds the customer."
why_not.zh = "没有归属人。"

[tie]
refer = "sales_manager"
why.en = "Equal: whose is it?"
why.zh = "相同：应归谁？"

[no_rule]
refer = "sales_manager"
why.en = "Whose is it?"
why.zh = "应归谁？"

[[warning]]
when = "not exists(claim)"
en = "Nobody claimed."
zh = "无人申述。"

[[sanction]]
clause = "3"
question = "cheated"
ladder = [{ measure = "fine", amount = "fine" }, { measure = "dismissal" }]
"""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in it but the whole."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))
