"""Case policies: the presets hold the defaults, and every fault of a file has its message."""

from __future__ import annotations

import hashlib
import pickle
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from conflictctl.calendar import Calendar
from conflictctl.cases.policy import (
    CasePolicy,
    case_policy_of_text,
    case_policy_text,
    load_case_policy,
    preset_ids,
)
from conflictctl.cases.policy_shape import DEADLINES, SEVERITIES
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.events import ROLES
from conflictctl.policy.problems import FaultyPolicy, where_text

PRESETS = ("customer-conflict", "internal-dispute")

# ---------------------------------------------------------------------------- the presets

DEFAULTS = """
                  4      3      2      1
first_response    2 wh   8 wh   8 wh   8 wh
acceptance        1 wd   1 wd   1 wd   1 wd
update            2 wd   2 wd   5 wd   5 wd
resolution        3 wd   5 wd   10 wd  20 wd
execution         1 wd   1 wd   1 wd   1 wd
follow_up         3 d    3 d    3 d    3 d
follow_up_again   7 d    7 d    7 d    7 d
"""

LADDER = (
    "handler",
    "supervisor",
    "department_head",
    "panel",
    "general_manager",
    "mediation",
    "arbitration",
)

CAUSES = (
    "product_quality",
    "service_quality",
    "promise_not_kept",
    "misunderstanding",
    "channel_blocked",
    "changed_expectation",
    "unclear_requirement",
    "resource_shortage",
    "unfair_allocation",
    "attribution",
)


def table_of(policy: CasePolicy, category: str | None = None) -> dict[str, list[str]]:
    found = {}
    for name in DEADLINES:
        limits = [policy.limit(name, severity, category) for severity in reversed(SEVERITIES)]
        found[name] = [limit.plain() if limit is not None else "none" for limit in limits]
    return found


def test_the_presets_are_there() -> None:
    assert preset_ids() == PRESETS


@pytest.mark.parametrize("preset", PRESETS)
def test_the_defaults_are_those_of_the_specification(preset: str) -> None:
    lines = [line.split() for line in DEFAULTS.strip().splitlines()[1:]]
    expected = {
        name: [f"{words[i]} {words[i + 1]}" for i in range(0, 8, 2)] for name, *words in lines
    }
    assert table_of(load_case_policy(preset)) == expected


@pytest.mark.parametrize("preset", PRESETS)
def test_ladder_causes_hours_and_the_rest(preset: str) -> None:
    policy = load_case_policy(preset)
    assert tuple(level.id for level in policy.ladder) == LADDER
    assert tuple(policy.causes) == CAUSES
    assert all(cause.parent is None for cause in policy.causes.values())
    assert policy.spans == ((540, 720), (810, 1080))
    assert (policy.country, policy.weekend) == ("CN", frozenset((5, 6)))
    assert policy.satisfied_from == 4
    assert policy.late == "happened"
    assert policy.warn.plain() == "1 d"
    assert {role for level in policy.ladder for role in level.roles} <= set(ROLES)
    assert [level.id for level in policy.ladder if not level.roles] == ["mediation", "arbitration"]


def test_complaints_and_the_yearly_survey() -> None:
    policy = load_case_policy("customer-conflict")
    assert policy.categories == {"complaint"}
    annual = policy.campaigns["annual"]
    assert (annual.every.plain(), annual.among) == ("365 d", "closed")
    assert list(policy.campaigns) == ["annual"]


def test_a_claim_to_a_deal_waits_for_its_ruling_not_for_an_answer() -> None:
    policy = load_case_policy("internal-dispute")
    assert policy.categories == {"internal", "attribution"}
    claim, conflict = table_of(policy, "attribution"), table_of(policy, "internal")
    assert claim["first_response"] == claim["update"] == ["none"] * 4
    assert claim["resolution"] == conflict["resolution"] == ["3 wd", "5 wd", "10 wd", "20 wd"]
    assert not policy.campaigns


@pytest.mark.parametrize("preset", PRESETS)
def test_the_digest_is_that_of_the_file(preset: str, tmp_path: Path) -> None:
    text = case_policy_text(preset)
    copy = tmp_path / "ours.toml"
    copy.write_text(text, encoding="utf-8")
    policy = load_case_policy(str(copy))
    assert policy.digest == "sha256:" + hashlib.sha256(copy.read_bytes()).hexdigest()
    assert policy == load_case_policy(preset)
    assert pickle.loads(pickle.dumps(policy)) == policy


@pytest.mark.parametrize("preset", PRESETS)
def test_everything_people_read_is_in_both_languages(preset: str) -> None:
    policy = load_case_policy(preset)
    texts = [policy.title, policy.source, *(level.title for level in policy.ladder)]
    texts += [cause.title for cause in policy.causes.values()]
    texts += [campaign.title for campaign in policy.campaigns.values()]
    for text in texts:
        assert text is not None
        assert text.en.isascii()
        assert not text.zh.isascii()


def test_levels_above() -> None:
    policy = load_case_policy("customer-conflict")
    above = [policy.next_level(level) for level in LADDER]
    assert [level.id if level is not None else None for level in above] == [*LADDER[1:], None]
    assert policy.next_level("moon") is None
    assert policy.level("panel") is policy.ladder[3]


def test_working_time_is_that_of_the_register() -> None:
    time = load_case_policy("customer-conflict").working_time(Calendar("Asia/Shanghai"))
    assert time.spans == ((540, 720), (810, 1080))
    assert not time.workdays.is_working(739160)  # 2024-10-01


# ----------------------------------------------------------------------- a company's own

SMALL = """\
[policy]
id = "ours"
version = "1"
title.en = "Ours"
title.zh = "本店"
categories = ["complaint"]

[calendar]
hours = ["22:00-24:00", "00:00-06:00"]
holidays = [2026-01-05]

[deadlines]
first_response = "90 wmin"
resolution = { "4" = "48 h", "3" = "3 wd" }

[[level]]
id = "handler"
en = "handler"
zh = "经办人"
roles = ["clerk"]

[[level]]
id = "boss"
en = "boss"
zh = "老板"

[causes.quality]
en = "quality"
zh = "质量"

[causes.paint]
en = "paint"
zh = "漆面"
parent = "quality"

[campaigns.spring]
en = "spring survey"
zh = "春季调查"
every = "180 d"
"""


def test_a_company_writes_its_own() -> None:
    policy = case_policy_of_text(SMALL, "ours.toml")
    assert policy.spans == ((0, 360), (1320, 1440))
    assert table_of(policy)["first_response"] == ["90 wmin"] * 4
    assert table_of(policy)["resolution"] == ["48 h", "3 wd", "none", "none"]
    assert table_of(policy)["update"] == ["none"] * 4
    assert [cause.id for cause in policy.causes_upwards("paint")] == ["paint", "quality"]
    assert list(policy.causes_upwards("rust")) == []
    assert policy.campaigns["spring"].among == "closed"
    assert policy.country is None
    assert not policy.working_time(Calendar("UTC")).workdays.is_working(739621)


class Mistake(NamedTuple):
    """The smallest edit of the small policy, and what is said of it.

    `at` is the text at which the fault stands, once in the file; `hint` part of the mend.
    """

    old: str
    new: str
    at: str
    problem: str
    hint: str


MISTAKES = [
    # sections and keys
    Mistake("[calendar]", "[calender]", "[calender]", "unknown section calender", "calendar"),
    Mistake("[deadlines]", "[deadline]", "[deadline]", "unknown section deadline", "deadlines"),
    Mistake('version = "1"', 'verson = "1"', '"1"', "unknown key verson", "version"),
    Mistake("first_response", "first_respons", '"90 wmin"', "unknown key", "first_response"),
    Mistake('title.zh = "本店"\n', "", 'title.en = "Ours"', "zh is missing", "In Chinese"),
    Mistake('version = "1"', "version = 1", "1\ntitle", "must be text in quotes", ""),
    Mistake('id = "ours"', 'id = "our s"', '"our s"', "our s is no name", "letters"),
    Mistake(
        'categories = ["complaint"]',
        'categories = ["complaints"]',
        '"complaints"',
        "complaints cannot stand here",
        "did you mean complaint?",
    ),
    Mistake(
        'categories = ["complaint"]', "categories = []", "[]", "covers no category", "complaint"
    ),
    # lengths of time
    Mistake('"90 wmin"', '"90 wminutes"', '"90 wminutes"', "wminutes is no unit of time", "8 wh"),
    Mistake('"90 wmin"', '"2 weeks"', '"2 weeks"', "weeks is no unit of time", "7 d"),
    Mistake('"90 wmin"', "90", "90\n", "90 of what?", "30 min"),
    Mistake('"90 wmin"', '"soon"', '"soon"', "soon is no length of time", "7 d"),
    Mistake('"90 wmin"', '"8 小时"', '"8 小时"', "8 小时 is no length of time", "7 d"),
    Mistake('"90 wmin"', '"-1 h"', '"-1 h"', "-1 h is no length of time", "7 d"),
    Mistake('"90 wmin"', '"0 h"', '"0 h"', "0 h is out of range", "1 to 87600 h"),
    Mistake('"90 wmin"', '"99999 wd"', '"99999 wd"', "is out of range", "1 to 2500 wd"),
    Mistake('"90 wmin"', "true", "true", "True is no length of time", "7 d"),
    Mistake('"90 wmin"', "{}", "{}", "the table is empty", "7 d"),
    Mistake('"48 h"', '"none"', '"none"', "none stands for all severities", "leave"),
    # severities
    Mistake('"3" = "3 wd"', '"5" = "3 wd"', '"3 wd"', "5 is no severity", "1"),
    Mistake('"3" = "3 wd"', '"0" = "3 wd"', '"3 wd"', "0 is no severity", "1"),
    Mistake('"3" = "3 wd"', 'others = "3 wd"', '"3 wd"', "others is no severity", "other"),
    Mistake(
        '"3" = "3 wd"',
        '"3" = "3 wd", "2" = "4 wd", "1" = "5 wd", other = "9 wd"',
        '"9 wd"',
        "no other severity is left",
        "take",
    ),
    # hours
    Mistake('"22:00-24:00"', '"22:00-06:00"', '"22:00-06:00"', "ends before it begins", "24:00"),
    Mistake('"22:00-24:00"', '"05:30-07:00"', '"00:00-06:00"', "overlaps 05:30-07:00", "once"),
    Mistake('"22:00-24:00"', '"9-12"', '"9-12"', "9-12 is no span of hours", "09:00-12:00"),
    Mistake('"22:00-24:00"', '"22:00-25:00"', '"22:00-25:00"', "is no span of hours", "24:00"),
    Mistake('"22:00-24:00"', '"22:61-24:00"', '"22:61-24:00"', "is no span of hours", "24:00"),
    Mistake('"22:00-24:00"', '"22:00-22:00"', '"22:00-22:00"', "ends before it begins", "two"),
    Mistake('["22:00-24:00", "00:00-06:00"]', "[]", "[]", "no working hours", "hours ="),
    Mistake('hours = ["22:00-24:00", "00:00-06:00"]\n', "", "[calendar]", "hours is missing", ""),
    # days
    Mistake("[2026-01-05]", '["2026-01-05"]', '"2026-01-05"', "must be a day", "2024"),
    Mistake(
        "[2026-01-05]",
        "[2026-01-05]\nworking = [2026-01-04, 2026-01-05]",
        "2026-01-05]\n\n",
        "2026-01-05 is a day off as well",
        "holidays",
    ),
    Mistake(
        "[2026-01-05]",
        '[]\nweekend = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]',
        '["mon"',
        "no day of the week is left",
        "days off",
    ),
    Mistake("[2026-01-05]", '[]\nweekend = ["sunday"]', '"sunday"', "cannot stand here", "sun"),
    Mistake("[2026-01-05]", '[]\ncountry = "XX"', '"XX"', "of a country XX", "ISO 3166"),
    Mistake(
        "[2026-01-05]",
        '[]\ncountry = "DE"\nsubdivision = "XX"',
        '"XX"',
        "DE has no subdivision XX",
        "BY",
    ),
    Mistake("[2026-01-05]", '[]\nsubdivision = "BY"', '"BY"', "without its country", "CN"),
    # the ladder
    Mistake('id = "boss"', 'id = "handler"', '"handler"\nen = "boss"', "already", "once"),
    Mistake('id = "handler"', 'id = "clerk"', '"clerk"\nen', "begins with handler", "first"),
    Mistake('["clerk"]', '["secretary"]', '"secretary"', "secretary cannot stand here", "clerk"),
    Mistake(
        'zh = "老板"', 'zh = "老板"\nrole = ["clerk"]', '["clerk"]\n\n[c', "unknown key", "roles"
    ),
    # causes and surveys
    Mistake('parent = "quality"', 'parent = "qualty"', '"qualty"', "no cause qualty", "quality?"),
    Mistake('parent = "quality"', 'parent = "paint"', '"paint"\n\n', "wider than itself", "wider"),
    Mistake('zh = "漆面"', "", "[causes.paint]", "zh is missing", "In Chinese"),
    Mistake("[causes.paint]", '[causes."no paint"]', '[causes."no', "is no name", "letters"),
    Mistake('every = "180 d"', 'every = "180 wd"', '"180 wd"', "wd cannot stand here", "write d"),
    Mistake('every = "180 d"', "", "[campaigns.spring]", "every is missing", "How often"),
    Mistake(
        'every = "180 d"',
        'every = "180 d"\namong = "everybody"',
        '"everybody"',
        "everybody cannot stand here",
        "all",
    ),
    # the rest
    Mistake(
        '[[level]]\nid = "boss"',
        '[satisfaction]\nsatisfied_from = 9\n[[level]]\nid = "boss"',
        "9\n[[",
        "9 cannot stand here",
        "5",
    ),
    Mistake(
        '[[level]]\nid = "boss"',
        '[entries]\nlate = "never"\n[[level]]\nid = "boss"',
        '"never"',
        "never cannot stand here",
        "happened",
    ),
    Mistake(
        'categories = ["complaint"]',
        'categories = ["complaint", "attribution"]',
        "causes.quality]",
        "there is no cause attribution",
        "claim",
    ),
    Mistake(
        "[causes.quality]",
        '[deadlines_of.internal]\nupdate = "1 d"\n[causes.quality]',
        "[deadlines_of.internal]",
        "does not cover internal",
        "categories",
    ),
    Mistake(
        "[causes.quality]",
        '[deadlines_of.complaint]\nupdate = "1 x"\n[causes.quality]',
        '"1 x"',
        "x is no unit of time",
        "7 d",
    ),
    # no TOML at all
    Mistake('version = "1"', "version = one", "one\n", "this is no value", "quotes"),
    Mistake('version = "1"', "version = “1”", "“1”", "full-width", "instead"),
    Mistake('version = "1"', 'version = "1"\nversion = "2"', 'version = "2"', "twice", "one"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.problem)
def test_a_mistake_has_its_place_its_message_and_its_mend(mistake: Mistake) -> None:
    assert SMALL.count(mistake.old) == 1, "the edit must be unambiguous"
    text = SMALL.replace(mistake.old, mistake.new)
    with pytest.raises(FaultyPolicy) as caught:
        case_policy_of_text(text, "ours.toml")
    found = [problem for problem in caught.value.problems if mistake.problem in str(problem.what)]
    assert found, [str(problem.what) for problem in caught.value.problems]
    problem = found[0]
    assert text.count(mistake.at) == 1, text.count(mistake.at)
    before = text[: text.index(mistake.at)]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    assert (problem.line, problem.column) == (line, column), where_text(problem.path)
    assert problem.file == "ours.toml"
    assert mistake.hint in str(problem.hint or "")


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    text = SMALL
    for old, new in (
        ('"22:00-24:00"', '"5-7"'),
        ("[2026-01-05]", '[]\ncountry = "XX"'),
        ('"90 wmin"', '"3 weeks"'),
        ('"3" = "3 wd"', '"7" = "3 wd"'),
        ('id = "boss"', 'id = "handler"'),
        ('["clerk"]', '["secretary"]'),
        ('parent = "quality"', 'parent = "rust"'),
        ('every = "180 d"', 'every = "half a year"\nuntil = 3'),
    ):
        text = text.replace(old, new)
    with pytest.raises(FaultyPolicy) as caught:
        case_policy_of_text(text, "ours.toml")
    places = [(problem.line, problem.column) for problem in caught.value.problems]
    assert places == sorted(places)
    said = [str(problem.what) for problem in caught.value.problems]
    for part in ("5-7", "XX", "weeks", "7 is no", "already", "secretary", "rust", "half", "until"):
        assert any(part in what for what in said), (part, said)
    assert len(said) == 9
    assert caught.value.exit_code == InputRejected.exit_code
    assert "9 problems; `conflictctl case policy check` lists them all" in str(caught.value.hint)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.problems == caught.value.problems


def test_no_value_of_any_type_breaks_the_reader() -> None:
    """Each value in turn replaced by ones of other types: always a policy or its faults."""
    from tests.mutants import toml_of

    whole = tomllib.loads(SMALL)

    def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
        found = [path] if path else []
        items = (
            value.items()
            if isinstance(value, dict)
            else enumerate(value)
            if isinstance(value, list)
            else ()
        )
        for key, inner in items:
            found += paths(inner, (*path, key))
        return found

    for path in paths(whole):
        for value in ("", "x", 0, -1, True, [], {}, ["x"], {"x": 1}, [[1]]):
            data = tomllib.loads(SMALL)
            place = data
            for step in path[:-1]:
                place = place[step]  # type: ignore[index]
            place[path[-1]] = value  # type: ignore[index]
            text, problems = toml_of(data), ()
            try:
                case_policy_of_text(text, "ours.toml", trusted=True)
            except FaultyPolicy as error:
                problems = error.problems
            assert all(problem.line for problem in problems)


def test_an_unknown_policy_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="no case policy moon") as caught:
        load_case_policy("moon")
    assert "customer-conflict, internal-dispute" in str(caught.value.hint)
    with pytest.raises(WrongUsage, match="cannot read the policy file"):
        load_case_policy(str(tmp_path / "missing.toml"))
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"\xff\xfe")
    with pytest.raises(WrongUsage, match="not UTF-8"):
        load_case_policy(str(bad))
