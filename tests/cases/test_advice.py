"""Advice cards: one for every kind of customer and every cause, in both languages, on a screen."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from conflictctl.cases.advice import Card, cards, cause_card, type_card
from conflictctl.cases.policy import Cause, load_case_policy, preset_ids
from conflictctl.cli.case import STEPS
from conflictctl.cli.main import COMMANDS
from conflictctl.events import CUSTOMER_TYPES, KINDS
from conflictctl.render.advice_card import advice_lines, card_data
from conflictctl.render.language import set_language
from conflictctl.render.layout import cells
from conflictctl.wording import Bilingual

COMPLAINT = load_case_policy("customer-conflict")
ALL = list(cards().values())


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    set_language("en")


def test_every_kind_of_customer_has_a_card() -> None:
    assert [name for about, name in cards() if about == "type"] == list(CUSTOMER_TYPES)
    for name in CUSTOMER_TYPES:
        card = type_card(name)
        assert card is not None
        assert card.id == name
    assert type_card("patient") is None


@pytest.mark.parametrize("preset", preset_ids())
def test_every_cause_has_a_card(preset: str) -> None:
    policy = load_case_policy(preset)
    assert [name for about, name in cards() if about == "cause"] == list(policy.causes)
    for cause in policy.causes:
        card = cause_card(cause, policy)
        assert card is not None
        assert card.id == cause


def test_a_cause_of_the_company_has_the_card_of_the_wider_one() -> None:
    own = {
        "paint": Cause("paint", Bilingual("paint", "漆面"), "product_quality", None),
        "scratch": Cause("scratch", Bilingual("scratch", "划痕"), "paint", None),
        "weather": Cause("weather", Bilingual("weather", "天气"), None, None),
    }
    policy = COMPLAINT._replace(causes={**COMPLAINT.causes, **own})
    card = cause_card("scratch", policy)
    assert card is not None
    assert card.id == "product_quality"
    assert cause_card("weather", policy) is None
    assert cause_card("moon", policy) is None


def texts_of(card: Card) -> list[Bilingual]:
    return [
        card.title,
        card.idea,
        *card.approach,
        *card.avoid,
        *(step.text for step in card.steps),
    ]


@pytest.mark.parametrize("card", ALL, ids=lambda card: card.id)
def test_a_card_says_what_helps_what_harms_and_which_step_in_both_languages(card: Card) -> None:
    assert len(card.approach) >= 2
    assert len(card.avoid) >= 2
    assert card.steps
    for text in texts_of(card):
        assert text.en.isascii()
        assert len(re.findall(r"[\u4e00-\u9fff]", text.zh)) >= 2


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("card", ALL, ids=lambda card: card.id)
def test_a_card_fits_a_screen_of_80_by_24(card: Card, language: str) -> None:
    set_language(language)
    lines = list(advice_lines(card, case="C-2026-0017", customer="K-000123", width=80, fold=False))
    assert max(map(cells, lines)) <= 80
    assert len(lines) <= 24


@pytest.mark.parametrize("card", ALL, ids=lambda card: card.id)
def test_its_steps_are_commands_with_options_that_exist(card: Card) -> None:
    for step in card.steps:
        words = step.command.split()
        if words[0] == "case":
            kind = KINDS[STEPS[words[1]][0]]
            assert words[2] == "{case}"
            options = {word.removeprefix("--") for word in words if word.startswith("--")}
            fields = {name.removesuffix("s") for name in kind.fields} | set(kind.fields)
            assert options <= fields, step.command
        else:
            assert words[0] in COMMANDS
            assert words[1] == "{customer}"


def test_the_case_at_hand_is_filled_in() -> None:
    card = type_card("ever_changing")
    assert card is not None
    shown = "\n".join(advice_lines(card, case="C-7", customer="K1", width=80, fold=False))
    assert "conflictctl case require C-7 --confirmed" in shown
    at_large = "\n".join(advice_lines(card, width=80, fold=False))
    assert "conflictctl case require CASE --confirmed" in at_large
    assert card_data(card, case="C-7")["steps"][0]["command"].endswith("C-7 --confirmed")
