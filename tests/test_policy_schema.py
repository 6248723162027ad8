"""The schema of policy files, held against another implementation of JSON Schema."""

from __future__ import annotations

import copy
import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from conflictctl.cli.policy_author import schema_text
from conflictctl.policy.model import policy_texts, preset_ids
from conflictctl.policy.shape import SCHEMA, described, faults
from tests.small_policy import SMALL, places

PUBLISHED = Path(__file__).resolve().parent.parent / "docs" / "policy.schema.json"
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker(["date"]))
TEXTS = [SMALL, *(text for identity in preset_ids() for _, text in policy_texts(identity))]


def as_json(value: Any) -> Any:
    """A parsed TOML file as editors see it: days are text."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_published_schema_is_that_of_the_program() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(), (
        "run `conflictctl policy schema --lang en --out docs/policy.schema.json`"
    )


@pytest.mark.parametrize("identity", preset_ids())
def test_every_preset_fits_the_schema(identity: str) -> None:
    for _, text in policy_texts(identity):
        data = tomllib.loads(text)
        assert list(VALIDATOR.iter_errors(as_json(data))) == []
        assert list(faults(data)) == []


DATA = [tomllib.loads(text) for text in TEXTS]
PLACES = [list(places(data)) for data in DATA]
OTHERS: list[Any] = [
    "word",
    "two words",
    "",
    7,
    -1,
    True,
    [],
    ["word"],
    {},
    {"en": "x"},
    "x" * 4001,
]


@settings(max_examples=600, deadline=None, derandomize=True)
@given(st.data())
def test_both_accept_and_refuse_the_same_data(drawn: st.DataObject) -> None:
    number = drawn.draw(st.integers(0, len(DATA) - 1))
    data = copy.deepcopy(DATA[number])
    path = drawn.draw(st.sampled_from(PLACES[number]))
    inside = data
    for step in path[:-1]:
        inside = inside[step]
    doing = drawn.draw(st.sampled_from(("replace", "delete", "add", "rename")))
    if doing == "replace" or isinstance(inside, list):
        inside[path[-1]] = drawn.draw(st.sampled_from(OTHERS))
    elif doing == "delete":
        del inside[path[-1]]
    elif doing == "add":
        inside[drawn.draw(st.sampled_from(("word", "when", "en", "two-words", "2")))] = drawn.draw(
            st.sampled_from(OTHERS)
        )
    else:
        inside[f"{path[-1]}s"] = inside.pop(path[-1])
    assert VALIDATOR.is_valid(as_json(data)) is (not list(faults(data)))


def test_every_description_is_in_both_languages() -> None:
    from conflictctl.render.language import set_language, tr

    english, chinese = set(), set()
    described(SCHEMA, lambda text: english.add(text) or text)
    set_language("zh")
    try:
        described(SCHEMA, lambda text: chinese.add(tr(text)) or text)
        text = schema_text()
    finally:
        set_language("en")
    assert len(english) > 100
    assert all(any("\u4e00" <= char <= "\u9fff" for char in one) for one in chinese)
    assert json.loads(text).keys() == SCHEMA.keys()
