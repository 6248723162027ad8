"""Conditions in words: what is said, in both languages, and that nothing is left out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflictctl.policy import entry_tests
from conflictctl.policy.model import load_policy
from conflictctl.policy.predicates import FILTERS, WORDS
from conflictctl.render.condition_prose import (
    Clause,
    Vocabulary,
    condition_clause,
    name_phrase,
    value_clause,
    value_phrase,
    vocabulary_of,
)
from conflictctl.render.condition_words import (
    ENTRY_FACTS,
    ENTRY_PHRASES,
    MODIFIERS,
    WORD_PHRASES,
    Modifier,
    Phrase,
)
from conflictctl.render.language import set_language, tr
from conflictctl.wording import Bilingual

WORDS_OF_POLICY = Vocabulary(
    names={
        "closer": Bilingual("the closer", "成交人"),
        "original": Bilingual("the original", "原销售顾问"),
        "tracking": Bilingual("follow-up", "回访"),
        "rivals": Bilingual("the rivals", "各竞争者"),
        "leader": Bilingual("whoever leads", "领先者"),
        "doubted": Bilingual("entry without a note", "无备注的记录"),
    },
    values={"most": 1, "week_days": 7, "slow": None, "strict": False, "mode": "soft"},
    units={"most": "follow-ups", "week_days": "days", "slow": "days"},
    lists={"selling_roles": ("consultant", "supervisor")},
    lets={
        "rivals": "values(claim)",
        "closer": "author(order)",
        "silent": "not told",
        "told": "exists(inform)",
    },
)


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    set_language("en")
    yield
    set_language("en")


def said(text: str, lang: str = "en", *, of_entry: bool = False) -> str:
    set_language(lang)
    return one_line(condition_clause(text, WORDS_OF_POLICY, of_entry=of_entry))


def one_line(clause: Clause) -> str:
    inner = "; ".join(map(one_line, clause.children))
    return f"{clause.text} [{inner}]" if inner else clause.text


# ------------------------------------------------------------------------ sentences

SENTENCES = [
    (
        "not exists(claim, by=original, in_window='claim')",
        "there is no claim by the original within the window 'claim'",
        "在“claim”期限内没有原销售顾问的申述",
    ),
    (
        "count(tracking, by=closer, before=deal) <= most",
        "the number of follow-ups (tracking) by the closer before the deal is at most 1 (most)",
        "成交之前成交人的回访（tracking）的次数不超过1（most）",
    ),
    (
        "gap(last(file, by=[original, closer]), deal) > week_days",
        "the time from the last 'file' by the original or the closer to the deal is more than"
        " 7 days (week_days)",
        "从原销售顾问或成交人的最后一条“file”到成交的时间超过7 天（week_days）",
    ),
    ("not original", "there is no original", "没有原销售顾问"),
    ("silent", "'silent' holds", "“silent”成立"),
    ("not not silent", "'silent' holds", "“silent”成立"),
    ("closer != original", "the closer is other than the original", "成交人不同于原销售顾问"),
    (
        "not (closer == original)",
        "the closer is not the original",
        "成交人不是原销售顾问",
    ),
    ("strict", "strict is set to yes (it is no)", "参数strict设为是（现为否）"),
    (
        "mode in ['hard', 'soft']",
        "mode is set to hard or soft (it is soft)",
        "参数mode设为hard或soft（现为soft）",
    ),
    (
        "mode != 'hard'",
        "mode is not set to hard (it is soft)",
        "参数mode没有设为hard（现为soft）",
    ),
    (
        "role(closer) in selling_roles",
        "the role of the closer is one of sales consultant, sales supervisor (selling_roles)",
        "成交人的职务是销售顾问、销售主管（selling_roles）之一",
    ),
    (
        "sure(overdue(original, at=[order, deal]))",
        "it is established that the original was overdue with the follow-up at the order or the"
        " deal",
        "能够认定原销售顾问在下订或成交时逾期未回访",
    ),
    (
        "exists(claim, not_by=closer, household=True, anyone=False)",
        "there is a claim (of the whole household) by anybody but the closer",
        "有成交人以外的人的申述（包括全家）",
    ),
    (
        "exists(claim, delay=[order, slow])",
        "there is a claim however long after the order (slow)",
        "下订之后不限时间（slow）有申述",
    ),
    (
        "exists(claim, days_before=[deal, week_days])",
        "there is a claim at most 7 days (week_days) before the deal",
        "成交之前7 天（week_days）以内有申述",
    ),
    (
        "exists(claim, within=span(week_days, before=deal))",
        "there is a claim within 7 days (week_days) before the deal",
        "在成交之前7 天（week_days）以内有申述",
    ),
    (
        "overdue(closer, at=deal, throughout=mode == 'hard')",
        "the closer was overdue with the follow-up at the deal and in any gap before it"
        " (if mode is set to hard (it is soft))",
        "成交人在成交时、在此之前的任何一次间隔中（如果参数mode设为hard（现为soft））逾期未回访",
    ),
    (
        "unit(closer, 'type') == 'second_tier'",
        "the type of the outlet of the closer is second-tier outlet",
        "成交人的网点的类型是二级网点",
    ),
    (
        "not transfer(after=order)",
        "there is no justified transfer after the order",
        "下订之后没有有据的转交",
    ),
    (
        "last(claim, by=closer)",
        "there is a claim by the closer",
        "有成交人的申述",
    ),
    (
        "not first(claim, recorded_before=deal)",
        "there is no claim entered before the deal",
        "没有在成交之前录入的申述",
    ),
    (
        "exists(claim, entry=delivery)",
        "there is a claim that is the delivery itself",
        "有恰为交车本身的申述",
    ),
    (
        "greatest(card, by=closer) == most",
        "the greatest rank of all business cards by the closer is 1 (most)",
        "所有成交人的名片中最大的职级是1（most）",
    ),
    (
        "greatest(order, field='amount', lowest=True) > most",
        "the smallest amount of all orders is more than 1 (most)",
        "所有订单中最小的金额超过1（most）",
    ),
    (
        "closer in in_line(at=deal)",
        "the closer is one of everybody whose opening stands at the deal",
        "成交人是在成交时取得归属的记录仍有效的所有人之一",
    ),
    (
        "not together(before=deal)",
        "no two who count as one customer came together before the deal",
        "成交之前视为同一客户的人没有两人同时到店",
    ),
    (
        "found('padding', subject=closer, before=deal) == True",
        "it was found: 'padding' about the closer before the deal",
        "成交之前关于成交人的“padding”已经认定",
    ),
    (
        "found('padding', subject=closer) == False",
        "the finding on 'padding' about the closer is no",
        "关于成交人的“padding”的认定结果为“否”",
    ),
    (
        "exists(claim, within=span(week_days, before=deal, open=True))",
        "there is a claim within 7 days (week_days) before the deal and without its very first"
        " moment",
        "在成交之前、不含最初一刻的7 天（week_days）以内有申述",
    ),
    (
        "attribute('segment') == 'closer'",
        "the segment on the customer's card is 'closer'",
        "客户卡上的细分市场是“closer”",
    ),
    ("only(rivals)", "there is just one of the rivals", "各竞争者恰有一个"),
    ("not leader", "nobody leads", "没有领先者"),
    ("leader", "there is somebody who leads", "有领先者"),
    (
        "values(doubted, before=deal)",
        "there is at least one of the authors of all entries without a note (doubted) before the"
        " deal",
        "有成交之前所有无备注的记录（doubted）的经办人",
    ),
    ("rivals", "there is at least one of the rivals", "有各竞争者"),
    ("not rivals", "there is none of the rivals", "没有各竞争者"),
    (
        "cut(clock(closer, at=deal), 'day') <= week_days",
        "the moment from which the holding of the closer counts at the deal to the day is at most"
        " 7 days (week_days)",
        "在成交时成交人在管的起算时刻（精确到日）不超过7 天（week_days）",
    ),
    (
        "top(union(closer, original), by=count(tracking, by=it)) == closer",
        "whoever of any of (the closer; the original) alone has the greatest value (the number of"
        " follow-ups (tracking) by that person) is the closer",
        "（成交人；原销售顾问）之任一中数值（该人的回访（tracking）的次数）唯一最大的人是成交人",
    ),
]


@pytest.mark.parametrize(("condition", "english", "chinese"), SENTENCES)
def test_a_condition_is_said_in_both_languages(condition: str, english: str, chinese: str) -> None:
    assert said(condition) == english
    assert said(condition, "zh") == chinese


@pytest.mark.parametrize(
    ("condition", "english"),
    [
        ("silent and original", "'silent' holds and there is an original"),
        (
            "silent and original and closer",
            "all of: ['silent' holds; there is an original; there is a closer]",
        ),
        ("silent or (original and closer)", None),
        ("not (silent or original)", "none of: ['silent' holds; there is an original]"),
        ("not (silent and original)", "not all of: ['silent' holds; there is an original]"),
        (
            "silent and (original or closer)",
            "all of: ['silent' holds; any of: [there is an original; there is a closer]]",
        ),
        (
            "sure(silent) and original",
            "all of: [it is established that 'silent' holds; there is an original]",
        ),
        (
            "silent if strict else original",
            "depending on the case: [if strict is set to yes (it is no): ['silent' holds];"
            " if not: [there is an original]]",
        ),
    ],
)
def test_and_and_or_are_told_apart_by_the_list(condition: str, english: str | None) -> None:
    told = said(condition)
    if english is None:
        assert told.startswith("any of: ['silent' holds; ")
        return
    expected = english.replace(
        "any of: [there is an original; there is a closer]",
        "there is an original or there is a closer",
    )
    assert told == expected


def test_within_one_sentence_brackets_tell_them_apart() -> None:
    told = value_phrase(
        "author(order) if silent and (original or closer) else closer", WORDS_OF_POLICY
    )
    assert told == (
        "(the author of the order (if 'silent' holds and (there is an original or there is a"
        " closer)), else the closer)"
    )


@pytest.mark.parametrize(
    ("condition", "english", "chinese"),
    [
        ("not late", "it was not entered late", "该记录不是补录"),
        ("kind == 'followup'", "its kind is follow-up", "其种类是回访"),
        (
            "reached != False",
            "it does not say that the customer was not reached",
            "该记录未注明未联系上客户",
        ),
        ("asked == True", "the customer was asked", "已询问客户"),
        (
            "vouched('approved_by') and witness != named",
            "all of: [its approver rests on more than its author's own word; its witness is other"
            " than its person asked for]",
            None,
        ),
        (
            "made_by('department_head', 'subject', 'other')",
            "a department head of another department than its person concerned made it, alone or"
            " jointly",
            "由与其所涉人员不同部门的部门经理单独或共同作出",
        ),
        ("stage == 'x'", "its 'stage' is 'x'", "其“stage”是“x”"),
        ("answer == True", "its answer is yes", "其回答为“是”"),
        ("answer != True", "its answer is not yes", "其回答不为“是”"),
        ("given('fields.name')", "its form field 'name' is filled in", "其表格项“name”已填写"),
        (
            "not given('signers.share')",
            "its share of every signer is not filled in",
            "其每位签约人的份额未填写",
        ),
        ("cancelled()", "the order was cancelled", "该订单已取消"),
    ],
)
def test_a_condition_on_one_entry(condition: str, english: str, chinese: str | None) -> None:
    assert said(condition, of_entry=True) == english
    if chinese is not None:
        assert said(condition, "zh", of_entry=True) == chinese


def test_values_and_names() -> None:
    assert value_phrase("closer", WORDS_OF_POLICY) == "the closer"
    assert value_phrase("first_file", WORDS_OF_POLICY) == "'first file'"
    assert name_phrase("no_such_thing", WORDS_OF_POLICY) == "'no such thing'"
    assert one_line(value_clause("order or delivery", WORDS_OF_POLICY)) == (
        "the first of these that there is: [the order; the delivery]"
    )
    assert value_phrase("field(order, 'place')", WORDS_OF_POLICY) == "the place of the order"
    assert value_phrase("field(order, 'colour')", WORDS_OF_POLICY) == "the 'colour' of the order"
    names = {"odd": Bilingual("\x1b[31m{x}", "{x}")}
    assert value_phrase("odd", Vocabulary(names=names)) == "\\x1b[31m{x}"


# ------------------------------------------------------------------- nothing left out


def test_every_word_has_a_phrase() -> None:
    assert set(WORDS) - {key.split(":")[0].split("/")[0] for key in WORD_PHRASES} == set()


def test_every_filter_and_keyword_has_a_phrase() -> None:
    missing = set(FILTERS) - set(MODIFIERS)
    for name, word in WORDS.items():
        for keyword in word.keywords:
            worded = any(
                f"{{{keyword}}}" in form
                for key, phrase in WORD_PHRASES.items()
                if key.split(":")[0] == name
                for form in phrase[:3]
            )
            if not (
                worded
                or keyword in MODIFIERS
                or f"{name}.{keyword}" in MODIFIERS
                or f"{name}:{keyword}" in WORD_PHRASES
            ):
                missing.add(f"{name}.{keyword}")
    assert missing == set()


def test_every_call_and_mark_of_an_entry_has_a_phrase() -> None:
    calls = {key.split("(")[0].split("/")[0] for key in ENTRY_PHRASES}
    assert set(entry_tests.ENTRY_CALLS) - calls == set()
    assert {"late", "altered", "voided", "struck", "role"} <= set(ENTRY_FACTS)


def texts_of(phrase: Phrase | Modifier) -> list[str]:
    forms = phrase[:5] if isinstance(phrase, Phrase) else (phrase.text, phrase.off)
    return [text for text in forms if text]


def test_every_phrase_is_translated() -> None:
    set_language("zh")
    tables = (WORD_PHRASES, ENTRY_PHRASES, ENTRY_FACTS, MODIFIERS)
    left = [
        text
        for table in tables
        for phrase in table.values()
        for text in texts_of(phrase)
        if tr(text) == text
    ]
    assert left == []


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("frobnicate(closer)", "`frobnicate(closer)` holds"),
        ("not frobnicate(closer)", "`frobnicate(closer)` does not hold"),
        ("author(order, closer) == it", "`author(order, closer)` is that person"),
        ("exists(claim, colour='red')", "`exists(claim, colour='red')` holds"),
        (
            "count(claim, by_day=strict) > most",
            "`count(claim, by_day=strict)` is more than 1 (most)",
        ),
        ("exists(claim, delay=order)", "`exists(claim, delay=order)` holds"),
        ("exists('claim')", "`exists('claim')` holds"),
        ("exists(claim, **x)", "`exists(claim, **x)` holds"),
        ("1 < most < week_days", "`1 < most < week_days` holds"),
        ("author(order)(closer)", "`author(order)(closer)` holds"),
        ("closer.name == 'x'", "`closer.name` is 'x'"),
        ("not valid at all", "`not valid at all`"),
        ("", "``"),
    ],
)
def test_what_has_no_phrase_is_shown_as_written(condition: str, told: str) -> None:
    assert said(condition) == told


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_preset_needs_no_code(lang: str) -> None:
    set_language(lang)
    policy = load_policy("renault-zibo-2013")
    vocabulary = vocabulary_of(policy)
    clauses = [value_clause(text, vocabulary) for text in policy.lets.values()]
    clauses += [condition_clause(rule.when, vocabulary) for rule in policy.rules]
    clauses += [condition_clause(rule.guard or "True", vocabulary) for rule in policy.rules]
    clauses += [condition_clause(str(one["when"]), vocabulary) for one in policy.warnings]
    clauses += [
        condition_clause(text, vocabulary, of_entry=True)
        for one in policy.classes.values()
        for text in (one.when, one.valid)
        if text
    ]
    assert [text for text in map(one_line, clauses) if "`" in text] == []


NODES = st.recursive(
    st.sampled_from(
        ["closer", "silent", "strict", "most", "'x'", "None", "True", "deal", "nobody"]
    ),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("({} <= {})".format, inner, inner),
        st.builds("({} in [{}])".format, inner, inner),
        st.builds("{}({})".format, st.sampled_from(sorted(WORDS)), inner),
        st.builds("{}({}, {})".format, st.sampled_from(sorted(WORDS)), inner, inner),
        st.builds(
            "{}(claim, {}={})".format,
            st.sampled_from(sorted(WORDS)),
            st.sampled_from(sorted({*FILTERS, *MODIFIERS} - {""})).map(
                lambda name: name.split(".")[-1]
            ),
            inner,
        ),
    ),
    max_leaves=8,
)


@given(NODES, st.booleans())
def test_of_any_expression_every_name_is_said(text: str, of_entry: bool) -> None:
    for lang in ("en", "zh"):
        set_language(lang)
        told = one_line(condition_clause(text, WORDS_OF_POLICY, of_entry=of_entry))
        assert told
        for name in ("most", "strict", "silent", "nobody"):
            assert name not in text or name in told
        assert "closer" not in text or "closer" in told or "成交人" in told


def test_deep_nesting_is_no_error() -> None:
    deep = "not (" * 300 + "silent" + ")" * 300
    assert condition_clause(deep, WORDS_OF_POLICY).text
    assert condition_clause("[" * 5000, WORDS_OF_POLICY).text
    assert condition_clause("silent and (" * 80 + "silent" + ")" * 80, WORDS_OF_POLICY).text
