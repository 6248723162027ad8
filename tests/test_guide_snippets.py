"""What the guide to policy files shows is so: every piece compiles, means what its sentence
says, and every mistake is answered by the message that stands beside it.

A piece without a file name extends `kit.toml`, which the guide shows itself: sections that
both have are joined, rules of the piece go first.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from conflictctl.adjudication.judge import rule_on
from conflictctl.adjudication.ruling import Ruling
from conflictctl.adjudication.worked_cases import parse_cases, try_case
from conflictctl.policy import model, shape
from conflictctl.policy.checking import check
from conflictctl.policy.model import Policy, parse_policy
from conflictctl.policy.problems import FaultyPolicy, Problem
from conflictctl.policy.program import Program
from conflictctl.policy.source import Source
from tests.mutants import toml_of

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = {"en": DOCS / "policy-guide.md", "zh": DOCS / "zh" / "policy-guide.md"}
BLOCK = re.compile(r"^```toml ?([^\n]*)\n(.*?)^```$", re.M | re.S)
NUMBERED = re.compile(r"^\| (\d+) \|", re.M)


class Block(NamedTuple):
    title: str
    text: str


@cache
def blocks(lang: str) -> tuple[Block, ...]:
    found = BLOCK.findall(PAGES[lang].read_text(encoding="utf-8"))
    return tuple(Block(title.strip(), text) for title, text in found)


def named(lang: str, title: str) -> str:
    (text,) = [block.text for block in blocks(lang) if block.title == title]
    return text


def joined(one: Any, other: Any) -> Any:
    """The kit with a piece put on it."""
    if isinstance(one, dict) and isinstance(other, dict):
        added = {key: joined(one[key], v) if key in one else v for key, v in other.items()}
        return {**one, **added}
    if isinstance(one, list) and isinstance(other, list) and all(map(_is_table, one + other)):
        return other + one
    return other


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def extended(lang: str, *pieces: str) -> Policy:
    """The policy that the kit and some pieces make; raises FaultyPolicy."""
    text = named(lang, "kit.toml")
    data: Any = tomllib.loads(text)
    for piece in pieces:
        data = joined(data, tomllib.loads(piece))
        text += piece
    problems = list(shape.faults(data))
    if problems:
        raise FaultyPolicy(problems)
    return model.policy_from(data, text, Source(text, "kit.toml"))


def problems_of(lang: str, *pieces: str) -> list[Problem]:
    try:
        found: list[Problem] = []
        Program(extended(lang, *pieces), {}, problems=found)
    except FaultyPolicy as error:
        return list(error.problems)
    return found


def complete(text: str) -> bool:
    return "policy" in (data := tomllib.loads(text)) and "rule" in data


def fragments(lang: str) -> list[str]:
    return [b.text for b in blocks(lang) if not b.title and "staff" not in tomllib.loads(b.text)]


# ---------------------------------------------------------------------------- compiling


@pytest.mark.parametrize("lang", PAGES)
def test_every_piece_of_the_guide_extends_the_kit_without_a_fault(lang: str) -> None:
    assert len(fragments(lang)) >= 14
    for piece in fragments(lang):
        assert not problems_of(lang, piece), piece


@pytest.mark.parametrize("lang", PAGES)
def test_every_file_of_the_guide_is_without_a_fault(lang: str) -> None:
    whole = [block for block in blocks(lang) if block.title and complete(block.text)]
    assert {block.title for block in whole} == {"rules.toml", "kit.toml"}
    for block in whole:
        _, found = check(block.text, block.title)
        wrong = [p for p in found if p.severe or "used nowhere" not in str(p.what)]
        assert not (found if block.title == "rules.toml" else wrong)


@pytest.mark.parametrize("lang", PAGES)
def test_the_worked_cases_of_the_guide_pass(lang: str) -> None:
    policy = parse_policy(named(lang, "rules.toml"), "rules.toml")
    cases = parse_cases(named(lang, "rules.cases.toml"), policy=policy, file="rules.cases.toml")
    assert len(cases) >= 10
    for case in cases:
        outcome = try_case(case, policy)
        assert outcome.passed, (case.id, outcome.differences)


@pytest.mark.parametrize("lang", PAGES)
def test_the_head_of_a_file_of_cases_can_be_read(lang: str) -> None:
    (head,) = [b.text for b in blocks(lang) if not b.title and "staff" in tomllib.loads(b.text)]
    lines = re.search(r"```text\n[^\n]+\n(.*?)```", PAGES[lang].read_text(encoding="utf-8"), re.S)
    assert lines is not None
    history = lines[1].replace("anna", "li")
    case = (
        f'policy = "kit"\n{head}\n[[case]]\nid = "1"\ntitle = "t"\ncites = "c"\n'
        f"history = '''\n{history}'''\nexpect = {{ status = \"held\" }}\n"
    )
    policy = extended(lang)
    (case_read,) = parse_cases(case, policy=policy, file="head")
    assert len(case_read.events) == 4  # the card, and what is about the customer


def test_both_pages_show_the_same_pieces() -> None:
    english, chinese = blocks("en"), blocks("zh")
    assert [block.title for block in english] == [block.title for block in chinese]
    for one, other in zip(english, chinese, strict=True):
        assert tomllib.loads(one.text) == tomllib.loads(other.text)
        assert len(one.text.splitlines()) == len(other.text.splitlines())


@pytest.mark.parametrize("lang", PAGES)
def test_the_table_has_every_sentence_once_and_each_stands_over_its_piece(lang: str) -> None:
    text = PAGES[lang].read_text(encoding="utf-8")
    numbers = [int(number) for number in NUMBERED.findall(text)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 40


# ------------------------------------------------------------------------------ meaning

_PEOPLE = """policy = "kit"
[outlets]
shop = "store"
east = "second_tier"
[staff]
li = "consultant shop d1"
wang = "consultant shop d1"
zhao = "consultant shop d2"
fang = "consultant east d3"
meng = "supervisor shop d1"
head1 = "department_head shop d1"
head2 = "department_head shop d2"
sun = "manager shop d1"
boss = "general_manager shop"
anna = "clerk shop"
"""


def ruled(piece: str, history: str, options: str = "", ask: str = "") -> Ruling:
    """The ruling on a small history under the kit with a piece; `ask` is noted where it holds."""
    pieces = [next(p for p in fragments("en") if p.startswith(f"# {piece}"))]
    if ask:
        rows = "".join(
            f'[[rule]]\nstage = "{stage}"\nclause = "?"\nwhen = "{ask}"\nthen.note = true\n'
            'why = { en = "-", zh = "-" }\n'
            for stage in ("deal", "open")
        )
        pieces.append(rows)
    return ruled_under(extended("en", *pieces), history, options)


def ruled_under(policy: Policy, history: str, options: str = "") -> Ruling:
    """The ruling on a small history under a policy."""
    text = (
        f'{_PEOPLE}[[case]]\nid = "1"\ntitle = "t"\ncites = "c"\n{options}\n'
        f"history = '''\n{history}\n'''\nexpect = {{ status = \"held\" }}\n"
    )
    (case,) = parse_cases(text, policy=policy, file="case")
    return rule_on(
        case.events,
        case.customer,
        policy=policy,
        people=case.people,
        calendar=case.calendar,
        as_of=case.as_of,
        deal=case.deal,
        caseloads=case.caseloads,
    )


def holds(ruling: Ruling) -> bool | None:
    """Whether what was asked holds; None where that is unknown."""
    found = [finding.outcome for finding in ruling.findings if finding.clause == "?"]
    return True if "supports" in found else None if "unknown" in found else False


_CLAIMED = "2024-03-01 10:00 li visit K1\n2024-03-05 15:00 wang close K1\n{} li claim K1"
_SOLD = "2024-03-01 10:00 li visit K1\n{} wang visit K1\n2024-04-16 15:00 wang close K1"
_QUIET = "2024-03-01 10:00 li visit K1\n2024-03-16 15:00 wang close K1"
_FILED = (
    "2024-03-01 10:00 li filing K1 to=sun id=f1\n2024-03-02 10:00 wang filing K1 to=sun id=f2\n"
    "2024-03-03 10:00 sun decision on=f1 decision=approve"
)
_UNANSWERED = "2024-03-01 10:00 li filing K1 to=sun\n{} wang close K1"
_STAGED = "2024-03-01 10:00 li visit K1 {}"
_AT_B = "\n2024-03-10 10:00 wang level K1 level=B"
_CALLED = "\n2024-03-11 11:00 li call K1 direction=out"
_ENTERED = '\n2024-03-15 10:00 li call K1 direction=out recorded="2024-03-{}"'
_PLAIN = _STAGED.format("")
_SIGNED = '2024-03-01 10:00 li filing K1 to=sun fields={"form": "x"}'
_UNSIGNED = "2024-03-01 10:00 li filing K1 to=sun\n" + _SIGNED.replace(
    "01 10:00 li", "02 10:00 wang"
)
_AGREED = "\n2024-03-12 10:00 sun finding K1 question=agreed subject=li answer={}"
_ASSIGNED = "2024-03-01 10:00 anna filing K1 to=li"
_APPROVED = _FILED.splitlines()[0] + "\n2024-03-01 10:00 sun decision on=f1 decision=approve"
_WEEKLY = _APPROVED + "".join(
    f"\n{day:%Y-%m-%d} 09:00 li call K1 direction=out"
    for day in (date(2024, 3, 2) + timedelta(weeks=week) for week in range(18))
)
_PROLONGED = "\n2024-05-28 10:00 sun decision on=f1 decision=extend"
_AWAY = "\n2024-03-05 12:00 - staff_absent staff=li"
_MOVED = (
    "2024-03-01 10:00 li visit K1 level=A\n2024-04-01 10:00 sun reassign K1 to=wang cause=other\n"
    "{} wang close K1"
)


@pytest.mark.parametrize(
    ("piece", "ask", "history", "wanted"),
    [
        ("1 ", "in_time_1", _CLAIMED.format("2024-03-08 23:59"), True),
        ("1 ", "in_time_1", _CLAIMED.format("2024-03-09 00:00"), False),
        ("1 ", "in_time_2", _CLAIMED.format("2024-03-07 23:59"), True),
        ("1 ", "in_time_2", _CLAIMED.format("2024-03-08 00:00"), False),
        ("1 ", "in_time_3", _CLAIMED.format("2024-03-08 15:00"), True),
        ("1 ", "in_time_3", _CLAIMED.format("2024-03-08 15:01"), False),
        ("1 ", "in_time_4", _CLAIMED.format("2024-03-08 23:59"), True),
        ("1 ", "in_time_4", _CLAIMED.format("2024-03-09 00:00"), False),
        ("1 ", "in_time_5", _CLAIMED.format("2024-05-05 23:59"), True),
        ("1 ", "in_time_5", _CLAIMED.format("2024-05-06 00:00"), False),
        ("6 ", "given_up", _QUIET, True),
        ("6 ", "given_up", _QUIET.replace("03-16", "03-08"), False),
        ("6 ", "kept_week", _QUIET.replace("03-16", "03-08"), True),
        ("6 ", "kept_week", _QUIET.replace("03-16", "03-09"), False),
        ("6 ", "no_long_gap", _QUIET, True),
        ("6 ", "no_long_gap", _QUIET.replace("03-16", "03-17"), False),
        ("6 ", "author(last_touch) == 'wang'", _SOLD.format("2024-04-16 14:58"), True),
        ("6 ", "author(last_touch) == 'wang'", _SOLD.format("2024-04-16 14:59"), False),
        ("6 ", "author(last_touch) == 'li'", _SOLD.format("2024-04-16 14:59"), True),
        ("24 ", "again_too_soon", _FILED + "\n2024-05-02 10:00 wang filing K1 to=sun", True),
        ("24 ", "again_too_soon", _FILED + "\n2024-05-03 10:00 wang filing K1 to=sun", False),
        ("80 ", "by_silence", _UNANSWERED.format("2024-03-06 23:00"), False),
        ("80 ", "by_silence", _UNANSWERED.format("2024-03-07 00:00"), True),
        ("80 ", "valid_filing", _UNANSWERED.format("2024-03-31 23:00"), True),
        ("80 ", "valid_filing", _UNANSWERED.format("2024-04-01 00:00"), False),
        ("30 ", "held_over", _MOVED.format("2024-06-30 10:00"), True),
        ("30 ", "held_over", _MOVED.format("2024-07-01 10:00"), False),
        ("30 ", "stuck", _MOVED.format("2024-06-30 10:00"), True),
    ],
)
def test_a_named_value_of_the_guide_turns_on_its_day(
    piece: str, ask: str, history: str, wanted: bool
) -> None:
    if piece == "24 ":
        history += "\n2024-05-03 11:00 wang close K1"
    assert holds(ruled(piece, history, ask=ask)) is wanted


@pytest.mark.parametrize(
    ("piece", "history", "as_of", "holder"),
    [
        ("20 ", "2024-03-01 10:00 li visit K1", "2024-03-11 23:59", "li"),
        ("20 ", "2024-03-01 10:00 li visit K1", "2024-03-12 00:00", None),
        ("20 ", "2024-03-01 10:00 li visit K1\n2024-03-02 10:00 li demand K1", "2024-03-03", None),
        ("24 ", _FILED, "2024-03-02 12:00", None),
        ("24 ", _FILED, "2024-06-01 23:59", "li"),
        ("24 ", _FILED, "2024-06-02 00:00", None),
        (
            "24 ",
            _FILED + "\n2024-05-20 10:00 sun decision on=f1 decision=extend",
            "2024-06-19 23:59",
            "li",
        ),
        ("28", "2024-03-01 10:00 li filing K1 to=sun", "2024-03-08 23:59", "li"),
        ("28", "2024-03-01 10:00 li filing K1 to=sun", "2024-03-09 00:00", None),
        (
            "28",
            '2024-03-01 10:00 li filing K1 to=sun fields={"deposit": true}',
            "2024-05-30 12:00",
            "li",
        ),
        ("75", _ASSIGNED, "2024-03-01 12:00", "li"),
        ("75", _ASSIGNED, "2024-03-02 10:01", None),
        ("75", _ASSIGNED + "\n2024-03-02 09:00 li call K1 direction=out", "2024-03-09 12:00", "li"),
        ("75", _ASSIGNED + "\n2024-03-02 09:00 li call K1 direction=out", "2024-03-10 12:00", None),
        ("30 ", _MOVED.splitlines()[0] + "\n2024-04-01 10:00 - staff_left staff=li", "2024-05-01",
         None),
        ("84", _PLAIN, "2024-03-31 23:59", "li"),
        ("84", _PLAIN, "2024-04-01 00:00", None),
        ("84", _STAGED.format("level=B"), "2024-04-30 23:59", "li"),
        ("84", _STAGED.format("level=B"), "2024-05-01 00:00", None),
        ("84", _PLAIN + _AT_B, "2024-04-01 00:00", None),
        ("84", _PLAIN + _AT_B + _CALLED, "2024-05-10 23:59", "li"),
        ("84", _PLAIN + _AT_B + _CALLED, "2024-05-11 00:00", None),
        ("84", _STAGED.format("level=C"), "2025-03-01 10:00", "li"),
        ("84", _PLAIN + _ENTERED.format("17 12:00"), "2024-04-14 12:00", "li"),
        ("84", _PLAIN + _ENTERED.format("18 23:59"), "2024-04-14 12:00", "li"),
        ("84", _PLAIN + _ENTERED.format("19 00:00"), "2024-04-14 12:00", None),
        ("90", _APPROVED, "2024-03-02 09:59", "li"),
        ("90", _APPROVED, "2024-03-02 10:00", None),
        ("90", _APPROVED + "\n2024-03-02 09:00 li call K1 direction=out", "2024-03-09 23:59", "li"),
        ("90", _APPROVED + "\n2024-03-02 09:00 li call K1 direction=out", "2024-03-10 00:00", None),
        ("90", _WEEKLY, "2024-05-30 23:59", "li"),
        ("90", _WEEKLY, "2024-05-31 00:00", None),
        ("90", _WEEKLY + _PROLONGED, "2024-06-29 23:59", "li"),
        ("90", _WEEKLY + _PROLONGED, "2024-06-30 00:00", None),
        ("90", _WEEKLY + _AWAY, "2024-03-08 23:59", "li"),
        ("90", _WEEKLY + _AWAY, "2024-03-11 00:00", None),
        ("90", _WEEKLY + _AWAY + " cover=wang", "2024-03-11 00:00", "li"),
        ("86", _UNSIGNED, "2024-03-05", None),
        ("86", _UNSIGNED + _AGREED.format("true"), "2024-03-20", "li"),
        ("86", _UNSIGNED + _AGREED.format("false"), "2024-03-20", "wang"),
        ("86", _SIGNED + "\n2024-03-02 10:00 wang filing K1 to=sun", "2024-03-05", "li"),
    ],
)  # fmt: skip
def test_a_customer_of_the_guide_is_held_until_his_time_is_over(
    piece: str, history: str, as_of: str, holder: str | None
) -> None:
    as_of = as_of if len(as_of) > 10 else f"{as_of} 12:00"
    ruling = ruled(piece, history, f'as_of = "{as_of}"\ndeal = "open"')
    assert ruling.holder == holder


_VISITS = "2024-02-01 10:00 li visit K1\n2024-02-01 11:00 wang visit K1\n"
_ANSWER = "2024-02-06 10:00 sun finding K1 question={} subject={} answer={}\n"
_LATE = '2024-02-01 10:00 li visit K1 recorded="2024-02-02 10:00"\n2024-02-05 10:00 wang close K1\n'
_PAIR = "2024-02-01 10:00 li visit K1\n2024-02-05 10:00 zhao close K1\n"
_CLOSED = "\n2024-03-05 15:00 wang close K1"
_EARLY = (
    "\n2024-03-11 10:00 sun ruling K1 id=r1 instance=sales_manager reason=r "
    'award=[{"party":"wang","share":100}]'
)
_RULED = _EARLY
_LATER = _EARLY.replace("-11 ", "-13 ")
_CONTEST = (
    f"2024-03-01 10:00 li visit K1{_CLOSED}\n"
    "2024-03-06 10:00 li claim K1\n2024-03-06 11:00 wang claim K1"
)
_APPEAL = "\n2024-03-{} li appeal K1 against=r1 to=general_manager"
_ABOVE = (
    "\n2024-03-25 10:00 boss ruling K1 instance=general_manager reason=r "
    'award=[{"party":"li","share":100}]'
)
_AWARD = ' instance=both_heads reason=r award=[{{"party":"{}","share":100}}]\n'


@pytest.mark.parametrize(
    ("piece", "history", "status", "credit"),
    [
        (
            "34",
            '2024-03-01 10:00 li visit K2\n2024-03-02 10:00 wang visit K1\n'
            '2024-03-03 10:00 sun link customers=["K1","K2"] relation=household\n'
            '2024-03-05 10:00 li together customers=["K1","K2"]\n2024-03-05 12:00 wang close K1',
            "credited",
            {"wang": "50", "li": "50"},
        ),
        (
            "34",
            "2024-03-01 11:00 li close K2\n2025-03-01 12:00 wang close K1\n"
            '2024-03-03 10:00 sun link customers=["K1","K2"] relation=group',
            "credited",
            {"li": "100"},
        ),
        (
            "38",
            '2024-03-01 10:00 li close K1 signers=["li","wang","zhao"]',
            "credited",
            {"li": "33.34", "wang": "33.33", "zhao": "33.33"},
        ),
        (
            "38",
            "2024-02-01 10:00 meng visit K1 direction=out\n2024-02-10 10:00 li order K1\n"
            "2024-03-01 10:00 wang close K1",
            "credited",
            {"meng": "10", "li": "60", "wang": "30"},
        ),
        (
            "38",
            "2024-02-01 10:00 li filing K1 to=sun\n2024-02-10 10:00 zhao filing K1 to=sun\n"
            "2024-03-01 10:00 li close K1",
            "credited",
            {"li": "66.67", "zhao": "33.33"},
        ),
        ("45", _VISITS + "2024-03-01 10:00 wang close K1", "credited", {"li": "100"}),
        (
            "45",
            _VISITS + "2024-02-02 10:00 wang inform K1 to=li\n2024-03-01 10:00 wang close K1",
            "referred",
            {},
        ),
        (
            "45",
            "2024-02-01 00:00 - staff_absent staff=li until=2024-02-03 cover=wang\n"
            "2024-02-01 10:00 wang visit K1 named=li witness=anna\n2024-02-05 10:00 wang close K1",
            "credited",
            {"li": "50", "wang": "50"},
        ),
        (
            "45",
            "2024-02-01 10:00 fang visit K1\n2024-02-05 10:00 wang close K1",
            "credited",
            {"east": "100"},
        ),
        (
            "45",
            "2024-02-01 10:00 wang visit K1\n2024-02-05 10:00 wang close K1\n"
            + _ANSWER.format("false_filing", "wang", "true"),
            "unheld",
            {},
        ),
        ("54", _LATE, "referred", {}),
        ("54", _LATE + _ANSWER.format("genuine", "li", "true"), "credited", {"li": "100"}),
        ("54", _LATE + _ANSWER.format("genuine", "li", "false"), "credited", {"wang": "100"}),
        ("60", _PAIR, "referred", {}),
        (
            "60",
            _PAIR + '2024-02-08 10:00 head1 ruling K1 jointly_with=["head2"]' + _AWARD.format("li"),
            "credited",
            {"li": "100"},
        ),
        (
            "62",
            "2024-02-01 10:00 li visit K1\n2024-02-03 10:00 wang visit K1\n"
            "2024-02-04 10:00 wang visit K1\n2024-02-06 09:00 li close K1\n"
            + _ANSWER.format("plan", "li", "2")
            + _ANSWER.format("plan", "wang", "2"),
            "credited",
            {"wang": "100"},
        ),
        (
            "73",
            "2024-02-01 10:00 li filing K1 to=sun\n2024-02-02 10:00 wang call K1 direction=in\n"
            "2024-02-09 10:00 zhao close K1",
            "credited",
            {"li": "100"},
        ),
        (
            "73",
            "2024-02-02 10:00 wang call K1 direction=in\n2024-02-03 10:00 wang demand K1\n"
            "2024-02-09 10:00 zhao close K1",
            "credited",
            {"zhao": "100"},
        ),
        ("86", _UNSIGNED + _CLOSED, "referred", {}),
        ("86", _UNSIGNED + _CLOSED + _EARLY, "referred", {}),
        ("86", _UNSIGNED + _CLOSED + _EARLY + _AGREED.format("true"), "credited", {"li": "100"}),
        ("86", _UNSIGNED + _CLOSED + _AGREED.format("true") + _LATER, "credited", {"wang": "100"}),
        ("86", _SIGNED + _CLOSED + _EARLY, "credited", {"wang": "100"}),
        ("88", _CONTEST, "referred", {}),
        ("88", _CONTEST + _RULED, "credited", {"wang": "100"}),
        ("88", _CONTEST.splitlines()[0] + _CLOSED + _RULED, "credited", {"li": "100"}),
        ("88", _CONTEST + _RULED + _ABOVE, "credited", {"wang": "100"}),
        ("88", _CONTEST + _RULED + _APPEAL.format("18 23:59") + _ABOVE, "credited", {"li": "100"}),
        ("88", _CONTEST + _RULED + _APPEAL.format("19 00:00") + _ABOVE, "credited",
         {"wang": "100"}),
        ("88", _CONTEST + _ABOVE, "credited", {"li": "100"}),
    ],
)  # fmt: skip
def test_a_deal_of_the_guide_goes_where_its_sentence_says(
    piece: str, history: str, status: str, credit: dict[str, str]
) -> None:
    ruling = ruled(piece, history, 'ask = "K1"')
    assert (ruling.status, {row.party: row.share for row in ruling.credit}) == (status, credit)


def test_bounds_of_rulings_that_are_unknown_restrict_nothing() -> None:
    (piece,) = [one for one in fragments("en") if one.startswith("# 86")]
    known = "if known(original) else now"
    assert piece.count(known) == 1
    policy = extended("en", piece.replace(known, "if original else now"))
    ruling = ruled_under(policy, _UNSIGNED + _CLOSED + _EARLY)
    assert [row.party for row in ruling.credit] == ["wang"]


def test_rates_sanctions_and_dated_values_of_the_guide() -> None:
    lies = "".join(
        f"2024-04-{day} 10:00 sun finding K1 question=false_entry subject=wang answer=true\n"
        for day in ("11", "12", "13", "14")
    )
    ruling = ruled("68", "2024-03-03 10:00 li visit K1\n2024-03-09 10:00 wang close K1\n" + lies)
    assert [(one.measure, one.amount) for one in ruling.sanctions] == [
        ("fine", "50"),
        ("fine", "100"),
        ("dismissal", None),
        ("dismissal", None),
    ]
    assert [row.party for row in ruling.credit] == ["li"]
    ruling = ruled("68", "2024-04-03 10:00 li visit K1\n2024-04-09 10:00 wang close K1")
    assert [row.party for row in ruling.credit] == ["wang"]
    ruling = ruled("38", "2024-03-01 10:00 li close K1\n2025-03-02 10:00 li close K1")
    assert [(one.party, one.rate) for one in ruling.rates] == [("li", "40")]
    for later, rate in (("09-01", "10"), ("09-02", "5"), ("03-01", "5"), ("03-02", None)):
        year = 2025 if later.startswith("03") else 2024
        ruling = ruled("90", f"2024-03-01 10:00 li close K1\n{year}-{later} 10:00 wang close K1")
        assert [one.rate for one in ruling.rates] == [rate] * (rate is not None)


# ----------------------------------------------------------------------------- mistakes

_LATER = '[entries.sooner]\nof = "later"\n[entries.later]\nof = "contact"\n'
_RULE = '[[rule]]\nclause = "1"\nwhen = "closer"\n'
_SAID = 'why = { en = "-", zh = "-" }\n'
WRONG = (
    "[hold]\n",
    _RULE + 'then.credit = "closer"\nwhy.en = "-"\n',
    _RULE + 'then.credit = "closer"\nwhy = { en = "{close}", zh = "{close}" }\n',
    _RULE + 'then.credit = "closer"\nwhy = { en = "{closer}", zh = "-" }\n',
    '[applies_to]\nfrom = "2024-01-01"\n',
    _RULE + 'then = { credit = "closer", refer = "panel" }\n' + _SAID,
    _RULE + 'then.refer = "boss"\n' + _SAID,
    '[parameters]\nrole = { default = 1, type = "integer", en = "-", zh = "-" }\n',
    '[parameters]\nlimit = { default = 1, type = "integer", en = "-", zh = "-" }\n'
    '[windows]\nw = { limit = "limit" }\n',
    _LATER,
    '[parameters]\na = { default = "90", type = "decimal", en = "-", zh = "-" }\n'
    + _RULE
    + 'then.split.roles = [{ party = "closer", share = "a" }]\n'
    + _SAID,
)  # fmt: skip


CHECKED = (
    '[parameters]\nstage_silence = { default = { A = 30 }, type = "table", unit = "days", '
    'clause = "X", en = "-", zh = "-" }\n[holding]\nidle = "stage_silence"\n'
    'lapse = "releases"\n',
    '[entries.slow]\nof = "contact"\nrefused = "too_slow"\n',
    '[holding]\ntransfers = "transfer"\ngrounds = { left = "departure" }\n',
    '[let]\nfiled = "first(filing)"\nseen = "exists(visit, on=filed)"\n',
    "[let]\nkey = \"attribute('class') == 'key'\"\n",
    '[let]\nkeeper = "holder()"\n',
    '[entries.staged]\nkinds = ["level"]\nvalid = "level_then() != level"\n'
    '[holding]\nlevels = "staged"\n',
)  # fmt: skip


def rows_of_mistakes(lang: str) -> list[tuple[str, str]]:
    """The conditions of the table of mistakes, and what stands beside them."""
    text = PAGES[lang].read_text(encoding="utf-8")
    chapter = text[text.index("\n## 6.") : text.index("\n## 7.")].split("\n### ")[1]
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", chapter.replace("\\|", "\0"), re.M)
    return [(one.replace("\0", "|"), two.replace("\0", "|").strip()) for one, two in rows]


def test_every_wrong_condition_is_answered_as_the_guide_says() -> None:
    found = rows_of_mistakes("en")
    assert len(found) >= 15
    for condition, message in found:
        (problem, *_) = problems_of("en", f'[let]\nprobe = "{condition}"\n')
        assert str(problem.what) == message
    assert [one for one, _ in rows_of_mistakes("zh")] == [one for one, _ in found]


@pytest.mark.parametrize("piece", WRONG)
def test_every_mistake_in_a_file_is_answered_as_the_guide_says(piece: str) -> None:
    text = PAGES["en"].read_text(encoding="utf-8")
    assert any(f"| {problem.what} |" in text for problem in problems_of("en", piece))


@pytest.mark.parametrize("piece", CHECKED)
def test_every_mistake_that_only_the_check_finds_is_answered_as_the_guide_says(piece: str) -> None:
    text = PAGES["en"].read_text(encoding="utf-8")
    data = joined(tomllib.loads(named("en", "kit.toml")), tomllib.loads(piece))
    _, found = check(toml_of(data), "kit.toml")
    assert any(f"| {problem.what} |" in text for problem in found)


# ------------------------------------------------------------------------- completeness


def keys_of(schema: dict[str, Any]) -> Iterator[str]:
    for key, inner in schema.get("properties", {}).items():
        yield key
        yield from keys_of(inner)
    for inner in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from keys_of(inner)


@pytest.mark.parametrize("lang", PAGES)
def test_the_guide_names_every_key_of_a_policy_file(lang: str) -> None:
    text = PAGES[lang].read_text(encoding="utf-8")
    said = set(re.findall(r"[A-Za-z_]+", " ".join(re.findall(r"`([^`\n]+)`", text))))
    assert not set(keys_of(shape.SCHEMA)) - said
