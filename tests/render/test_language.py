"""Sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conflictctl.errors import WrongUsage
from conflictctl.render.language import language, say, set_language, term, tr
from conflictctl.render.terms import TERMS
from conflictctl.wording import Bilingual, Day, Sentence, Span, Term, When, Who

from . import samples


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    set_language("en")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "zh_CN.GBK", "LC_MESSAGES": "", "LC_ALL": ""}, "zh"),
    ],
)
def test_the_language_comes_from_the_locale(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert set_language(None) == expected == language()


@pytest.mark.parametrize("lang", ["zh", "zh_CN", "zh-Hans", "ZH", "zh_CN.UTF-8"])
def test_every_usual_spelling_of_chinese_is_known(lang: str) -> None:
    assert set_language(lang) == "zh"


@pytest.mark.parametrize("lang", ["fr", "", "enough", "zhang", "\x1b"])
def test_an_unknown_language_is_wrong_usage(lang: str) -> None:
    with pytest.raises(WrongUsage):
        set_language(lang)


def test_values_are_shown_by_their_type_in_both_languages() -> None:
    sentence = Sentence(
        Bilingual(
            "{who}: {when}; {day}; {gap}; {one}; {hours}; {n}; {term}; {flag}",
            "{who}：{when}；{day}；{gap}；{one}；{hours}；{n}；{term}；{flag}",
        ),
        who=Who("li"),
        when=When(samples.moment("2013-03-12 17:00")),
        day=Day(734937),
        gap=Span(8, "d"),
        one=Span(1, "d"),
        hours=Span(51, "h"),
        n=Span(2, "n"),
        term=Term("sales_manager"),
        flag=True,
    )
    people = samples.people()
    set_language("en")
    assert say(sentence, people, samples.SHANGHAI) == (
        "李娜 (li): 2013-03-12 17:00; 2013-03-10; 8 days; 1 day; 51 hours; 2; sales manager; true"
    )
    set_language("zh")
    assert say(sentence, people, samples.SHANGHAI) == (
        "李娜 (li)：2013-03-12 17:00；2013-03-10；8 天；1 天；51 小时；2；销售经理；true"
    )


def test_lists_and_sentences_within_sentences() -> None:
    inner = Sentence("no customer {customer}", customer="K7")
    sentence = Sentence("{all}: {why}", all=[Who("li"), "x"], why=inner)
    set_language("en")
    assert say(sentence, samples.people()) == "李娜 (li), x: no customer K7"
    set_language("zh")
    assert say(sentence, samples.people()).startswith("李娜 (li)、x: ")


def test_a_person_without_a_name_is_shown_by_id_alone() -> None:
    assert say(Sentence("{who}", who=Who("nobody")), samples.people()) == "nobody"
    assert say(Sentence("{who}", who=Who("li"))) == "li"


def test_without_a_zone_moments_are_in_utc_and_say_so() -> None:
    sentence = Sentence("{t}", t=When(samples.moment("2013-03-12 17:00")))
    assert say(sentence) == "2013-03-12 09:00 UTC"


def test_stored_text_within_a_sentence_is_safe_and_braces_in_it_mean_nothing() -> None:
    people = samples.people({"li": "\x1b[31m{who}[/]"})
    assert say(Sentence("{who} {x}", who=Who("li"), x="a\nb{who}"), people) == (
        "\\x1b[31m{who}[/] (li) a\\nb{who}"
    )


def test_the_sentences_of_a_policy_file_are_safe_too() -> None:
    assert say(Sentence(Bilingual("a\x1b[2J", "b"))) == "a\\x1b[2J"


def test_every_word_of_the_vocabulary_has_chinese() -> None:
    set_language("zh")
    latin = [word for word in TERMS if not any(char >= "\u4e00" for char in term(word))]
    assert latin == []


def test_an_unknown_word_is_shown_as_it_is() -> None:
    assert term("board_of_trade") == "board of trade"


def test_the_empty_text_is_not_the_catalogue_header() -> None:
    set_language("zh")
    assert tr("") == ""
