"""The document a manager signs: everything a policy says, in words, within the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conflictctl.policy.model import Policy, load_policy, parse_policy, policy_of_texts, preset_ids
from conflictctl.policy.shape import SCHEMA
from conflictctl.render.language import set_language
from conflictctl.render.layout import cells
from conflictctl.render.policy_sheet import _LABELS, policy_sheet, value_text
from conflictctl.wording import Bilingual

RENAULT = load_policy("renault-zibo-2013")


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    set_language("en")
    yield
    set_language("en")


def sheet(
    policy: Policy = RENAULT, lang: str = "en", *, width: int = 100, code: bool = False
) -> str:
    set_language(lang)
    return "\n".join(policy_sheet(policy, width=width, fold=True, code=code))


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_parameter_rule_name_and_class_is_there(lang: str) -> None:
    told = squeezed(sheet(lang=lang))
    for parameter in RENAULT.parameters.values():
        value = squeezed(value_text(parameter.default))
        text = parameter.text.zh if lang == "zh" else parameter.text.en
        assert f"{parameter.name}={value}" in told
        assert squeezed(text) in told
    for number, rule in enumerate(RENAULT.rules, 1):
        title = RENAULT.clauses[rule.clause]
        assert (
            squeezed(f"{number}. {rule.clause}  {title.zh if lang == 'zh' else title.en}") in told
        )
    for name in (*RENAULT.lets, *RENAULT.classes):
        assert name in told


def test_conditions_stand_as_written_only_with_the_code() -> None:
    plain, code = squeezed(sheet()), squeezed(sheet(code=True))
    for rule in RENAULT.rules:
        assert squeezed(rule.when) in code
        assert len(rule.when) < 30 or squeezed(rule.when) not in plain
    for text in RENAULT.lets.values():
        assert squeezed(text) in code


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [40, 80, 300])
def test_lines_keep_to_the_page(lang: str, width: int) -> None:
    lines = sheet(lang=lang, width=width).splitlines()
    # What somebody may copy is not broken.
    facts = ("digest", "摘要值", "source", "出处", "deals from", "适用成交自")
    over = [line for line in lines if cells(line) > min(width, 100) and not line.startswith(facts)]
    assert over == []


def test_a_rule_reads_as_a_clause() -> None:
    names = {
        "closer": Bilingual("the closer", "成交人"),
        "original": Bilingual("the original", "原销售顾问"),
        "claim": Bilingual("claim", "申述"),
    }
    policy = RENAULT._replace(names=names)
    told = sheet(policy)
    assert (
        "  18. 6.1  No claim in time\n"
        "      When there is no claim by the original within the window 'claim'\n"
        "      Then the deal goes to the closer.\n"
        "      Provisional until the window claim ends.\n"
        "      Reason: No claim of the original is on record within the time to claim (until …).\n"
    ) in told
    told = sheet(policy, "zh")
    assert (
        "      条件：在“申述”期限内没有原销售顾问的申述（claim）\n      则该单归成交人。\n"
    ) in told


ODD = RENAULT._replace(
    names={"closer": Bilingual("{closer} \x1b[31m", "{closer}")},
    rules=(
        RENAULT.rules[0]._replace(then={"split": {"among": "closer", "weights": ["week_days"]}}),
        RENAULT.rules[0]._replace(then={"recommend": "closer", "refer": "panel"}),
        RENAULT.rules[0]._replace(then={"bar": "closer"}, clause="no title {x}"),
        RENAULT.rules[0]._replace(then={"fly": {"to": "{moon}"}}),
    ),
    holding={**RENAULT.holding, "hue": "blue", "lasts": "week_days", "lapse": "releases"},
)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_not_foreseen_is_shown_all_the_same(lang: str) -> None:
    told = sheet(ODD, lang)
    for text in ("hue", "blue", "fly", "{moon}", "no title {x}", "{closer}"):
        assert text in told
    assert "\x1b" not in told


def test_the_smallest_policy_has_a_sheet() -> None:
    policy = parse_policy(
        """
        [policy]
        id = "small"
        version = "1"
        title = { en = "Small", zh = "小" }
        [entries.file]
        kinds = ["visit"]
        [holding]
        opens = "file"
        [[rule]]
        clause = "1"
        when = "exists(file)"
        then.credit = "author(first(file))"
        why = { en = "First.", zh = "先。" }
        [no_rule]
        clause = "2"
        refer = "panel"
        why = { en = "Whose?", zh = "归谁?" }
        """
    )
    told = sheet(policy)
    assert (
        "When there is a 'file'\n      Then the deal goes to the author of the first 'file'."
        in told
    )


POINTS = """
[policy]
id = "points"
version = "2015"
title = { en = "Points", zh = "评分" }
[names]
contenders = { en = "the contenders", zh = "竞争者" }
contact = { en = "contact", zh = "联系" }
[words]
roles = ["consultant"]
[parameters.plus]
default = 1
type = "integer"
unit = "points"
en = "Points."
zh = "分数。"
[parameters.appeal]
default = 3
type = "integer"
unit = "working_days"
en = "Days to appeal."
zh = "申诉天数。"
[entries.contact]
kinds = ["visit", "call"]
doubt = "level == 'A'"
question = "padding"
[entries.ruling]
kinds = ["ruling"]
valid = "made_by('department_head', 'subject', 'same')"
[entries.finding]
kinds = ["finding"]
[findings.padding]
without = "unknown"
from = "department_head"
clause = "III.9"
en = "Were visits padded?"
zh = "是否虚报拜访？"
[instances]
clause = "II"
appeal_within = "appeal"
[instances.by_unit]
parties = "contenders"
unit = "department"
role = "department_head"
one = { instance = "department_head", clause = "II.1" }
several = { instance = "both_heads", clause = "II.2" }
final = "general_manager"
disagreement = "general_manager"
[let]
contenders = "values(contact)"
[clauses]
III = { en = "Scorecard", zh = "评分", says = { en = "The highest total leads.", zh = "总分。" } }
[precedence]
order = "declared"
[scorecard]
of = "contenders"
[[scorecard.row]]
id = "III.1"
kind = "best"
points = "plus"
by = "cut(first(contact, by=it), 'minute')"
lowest = true
tie = "shared_unless_all"
only_if = "several(contenders)"
en = "Earliest contact."
zh = "最早联系。"
[[rule]]
clause = "III"
name = "advice"
when = "top(contenders, by=score(it))"
unless = "ruled()"
then.recommend = "top(contenders, by=score(it))"
then.refer = "instance()"
beats = ["other"]
final = true
why = { en = "{party} leads.", zh = "{party}领先。" }
[[rule]]
clause = "II"
name = "other"
stage = "open"
when = "found('padding', subject=holder(at=now))"
then.split = { among = "contenders", weights = ["plus"], missing = "refer" }
why = { en = "Shared.", zh = "分摊。" }
[tie]
refer = "general_manager"
[no_rule]
refer = "panel"
why = { en = "Whose?", zh = "归谁？" }
[[rate]]
clause = "III"
when = "caseload(holder(at=now)) > plus"
party = "holder(at=now)"
rate = "plus"
[[sanction]]
clause = "III"
question = "padding"
ladder = [{ measure = "warning" }, { measure = "fine", amount = "plus" }]
"""


SAID = """
Who decides, by the units of the parties: Whose units are looked at: the contenders
Where they belong to several: Instance: both department heads
How long an appeal is possible: 3 working days (appeal)
padding: Were visits padded? Without a finding: unknown III.9 From: department head
A person says whether it counts where its level is 'A'
III.1 Earliest contact. only where there are at least two different ones in the contenders
Where several are equal: all who are equal get it, unless that is everybody
unless there is a standing ruling by people Then whoever of the contenders alone has the greatest
 value (the total score of that person) is recommended. Then the instance that decides between the
 parties decides. Goes before: 2. II A ruling by people does not stand in its place.
While there is no deal. When it was found: 'padding' about the holder of the customer at the
 present moment Then the deal is shared. Among: the contenders Weight of number 1: 1 point (plus)
on the finding 'padding': finding 1: warning finding 2 and every later one: fine 1 point (plus)
The highest total leads.
"""


def test_points_instances_findings_and_rates_are_said() -> None:
    policy = parse_policy(POINTS)
    told = " ".join(sheet(policy).split())
    for text in SAID.strip().replace("\n ", " ").splitlines():
        assert text in told, text
    assert "`" not in told
    assert "`" not in sheet(policy, "zh")


# ---------------------------------------------------------------- one thing at a time

SMALL = """
[policy]
id = "small"
version = "{version}"
title = {{ en = "Small", zh = "小" }}
[applies_to]
from = {since}
[words]
sellers = ["consultant", "supervisor"]
[names]
sellers = {{ en = "the sellers", zh = "销售人员" }}
winner.en = "the consultant who was first at the door that day"
winner.zh = "当日最先接待的销售顾问"
[parameters.fee]
default = "2.5"
type = "decimal"
unit = "percent"
en = "The fee."
zh = "费用。"
[[parameters.fee.dated]]
from = 2020-01-01
to = 2020-12-31
value = "3"
source = "Circular 7"
[[parameters.fee.dated]]
from = 2023-01-01
value = "4"
[parameters.crates]
default = 3
type = "integer"
minimum = 1
unit = "crates"
en = "How many crates."
zh = "箱数。"
[entries.file]
kinds = ["visit"]
when = "role in sellers"
valid = "not voided"
refused = "own_word"
warn = "late"
en = "{{event}} of {{staff}} is late."
zh = "{{staff}} 的 {{event}} 为补录。"
[findings.lied]
question = "lie"
without = "no"
en = "Did he lie?"
zh = "是否说谎？"
[deal]
time = "recorded"
[holding]
opens = "file"
extended_by = "anyone"
idle_of = "opening"
[let]
winner = "author(first(file))"
[clauses]
1 = {{ en = "First", zh = "先", says = {{ en = "Who is first.", zh = "先者。" }} }}
9 = {{ en = "Honour", zh = "诚信", says = {{ en = "Be honest.", zh = "诚实。" }} }}
[[rule]]
clause = "1"
when = "first(file) and count(file) <= crates"
then.credit = "winner"
why = {{ en = "{{party}} was first, {{measured}} of {{limit}}.", zh = "{{party}} 最先。" }}
why_not = {{ en = "Nobody was first.", zh = "没有。" }}
[[rule]]
clause = "1"
when = "not first(file)"
then.nobody = true
why = {{ en = "Nobody came.", zh = "没有人来。" }}
[no_rule]
clause = "1"
refer = "both_heads"
why = {{ en = "Whose?", zh = "归谁？" }}
[[sanction]]
clause = "9"
question = "lied"
ladder = [
  {{ measure = "warning" }},
  {{ measure = "fine", amount = "fee" }},
  {{ measure = "dismissal" }},
]
"""


def editions() -> Policy:
    return policy_of_texts(
        [
            ("a.toml", SMALL.format(version="1", since="2019-01-01")),
            ("b.toml", SMALL.format(version="2", since="2021-01-01")),
        ]
    )


TOLD = """
Editions 1: deals from 2019-01-01 on 2: deals from 2021-01-01 on (this one)
fee = 2.5 (percent) The fee. allowed: any number
deals from 2020-01-01 to 2020-12-31: 3 percent (Circular 7)
deals from 2023-01-01 on: 4 percent
crates = 3 (crates) How many crates. allowed: 1 or more
the sellers (sellers): sales consultant, sales supervisor
One that does not count is shown as: own word only
The entry of its author is late.
In the register it is the question: lie
Whose entries extend it: those of anyone
By what that is measured: by the entry that opened it
From when claims, filings and other acts count: from when they were recorded
Reason: The consultant who was first at the door that day was first, … of 3.
Where it does not apply: Nobody was first.
When there is no 'file' Then it is nobody's.
Further clauses 9  Honour: Be honest.
"""
TOLD_IN_CHINESE = """
各版本 1：2019-01-01 起的成交 2：2021-01-01 起的成交（本版本）
fee = 2.5    （百分比）
可取：任意数字 2020-01-01 至 2020-12-31 的成交：3%（Circular 7）
销售人员（sellers）：销售顾问、销售主管
经办人的记录为补录。
理由：当日最先接待的销售顾问最先。
则不归任何人。
第1次认定：警告
第2次认定：罚款 2.5%（fee）
第3次及以后各次认定：辞退
"""


def test_editions_lists_bounds_and_steps_are_said() -> None:
    told = squeezed(sheet(editions()))
    for text in TOLD.strip().splitlines():
        assert squeezed(text) in told, text
    for text in ("finding 1: warning", "finding 2: fine 2.5", "finding 3 and every later one: dis"):
        assert squeezed(text) in told
    assert told.count(squeezed("Where it does not apply")) == 1  # not where nobody wrote it
    told = squeezed(sheet(editions(), "zh"))
    for text in TOLD_IN_CHINESE.strip().splitlines():
        assert squeezed(text) in told.replace("(", "（").replace(")", "）"), text


@pytest.mark.parametrize(
    "section",
    ["deal", "holding", "windows", "standing", "identity", "calendar", "powers", "instances"],
)
def test_every_key_of_a_section_has_its_label(section: str) -> None:
    table = SCHEMA["properties"][section]
    keys = table.get("properties") or table["additionalProperties"]["properties"]
    inner = [name for one in keys.values() for name in one.get("properties", ())]
    assert set(keys) | set(inner) <= set(_LABELS)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("policy", preset_ids())
def test_no_preset_needs_code(policy: str, lang: str) -> None:
    told = sheet(load_policy(policy), lang).replace("`strikes`", "strikes")
    assert "`" not in told
    assert "是是" not in told
    assert "nobody: true" not in told
