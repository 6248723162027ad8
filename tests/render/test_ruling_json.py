"""The JSON of the command line contract."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conflictctl.adjudication.ruling import RecordTurn, Ruling, Sensitivity, WhyNot
from conflictctl.render.json_text import json_bytes
from conflictctl.render.language import set_language
from conflictctl.render.ruling_json import ruling_json

from . import samples

KEYS = {
    "customer",
    "deal",
    "as_of",
    "policy",
    "status",
    "provisional_until",
    "credit",
    "holder",
    "decided_by",
    "reason",
    "referred_to",
    "by_rule",
    "findings",
    "contested",
    "scores",
    "sanctions",
    "warnings",
    "register",
}


def as_json(ruling: Ruling, *, full: bool = True) -> dict[str, Any]:
    return ruling_json(
        ruling,
        calendar=samples.SHANGHAI,
        people=samples.people(),
        head=samples.SampleHead(),
        full=full,
    )


@pytest.mark.parametrize("make", samples.ALL, ids=lambda make: make.__name__)
def test_every_ruling_has_all_keys_and_can_be_written(make: Any) -> None:
    result = as_json(make())
    assert set(result) >= KEYS
    assert json.loads(json_bytes(result)) == result


def test_the_shape_of_a_credited_ruling() -> None:
    result = as_json(samples.eight_days())
    assert result["as_of"] == "2013-03-12T17:00:00+08:00"
    assert result["deal"] == "1"
    assert result["policy"] == {
        "id": "renault-zibo-2013",
        "version": "2013-01-27",
        "digest": "sha256:" + "cd" * 32,
        "set": {},
    }
    assert result["credit"] == [{"party": "li", "kind": "staff", "share": "100"}]
    assert result["holder"] is None
    assert result["scores"] == {}
    assert result["sanctions"] == []
    assert result["register"] == {"seq": 812, "head": "sha256:" + "ab" * 32}
    assert result["late"] == ["R13-3b"]
    deciding = result["findings"][4]
    assert deciding["margin"] == {"measured": "8 d", "limit": "7 d"}
    assert deciding["evidence"] == ["R13-03", "R13-04", "R13-06"]
    assert {"event": "R13-3b", "why": "late"} in deciding["refused"]
    assert result["contested"][2]["turns"][0]["credit"] == [
        {"party": "wang", "kind": "staff", "share": "100"}
    ]


def test_a_persons_ruling_keeps_the_ruling_by_rule() -> None:
    assert as_json(samples.departed())["by_rule"] == {
        "status": "credited",
        "credit": [{"party": "li", "kind": "staff", "share": "100"}],
        "decided_by": "P3",
    }


def test_the_short_form_leaves_out_what_did_not_decide() -> None:
    result = as_json(samples.eight_days(), full=False)
    assert [finding["clause"] for finding in result["findings"]] == ["P3"]
    assert "contested" not in result


def test_only_reason_and_warnings_follow_the_language() -> None:
    try:
        set_language("en")
        english = as_json(samples.departed())
        set_language("zh")
        chinese = as_json(samples.departed())
    finally:
        set_language("en")
    differing = {key for key in english if english[key] != chinese[key]}
    assert differing == {"reason", "findings", "warnings"}
    for ours, theirs in zip(english["findings"], chinese["findings"], strict=True):
        assert {k for k in ours if ours[k] != theirs[k]} == {"reason"}


def test_sensitivity_and_why_not_are_there_only_where_they_were_asked_for() -> None:
    assert {"sensitivity", "why_not"}.isdisjoint(as_json(samples.eight_days()))
    turn = RecordTurn("R13-01", "held", (), "wang", "P1")
    asked = samples.eight_days(
        sensitivity=Sensitivity((turn,), (), complete=False),
        why_not=WhyNot("wang", has_it=True),
    )
    found = as_json(asked)
    assert found["sensitivity"] == {
        "badge": "turns_on_one_record",
        "records": [
            {
                "event": "R13-01",
                "turns": {"status": "held", "credit": [], "holder": "wang", "decided_by": "P1"},
            }
        ],
        "params": [],
        "complete": False,
    }
    assert found["why_not"] == {
        "party": "wang",
        "has_it": True,
        "would_need": [],
        "clauses": [],
        "refused": [],
        "records": [],
        "params": [],
        "complete": True,
    }
    unsure = Sensitivity((), (), complete=False)
    assert as_json(samples.eight_days(sensitivity=unsure))["sensitivity"]["badge"] is None


def test_json_is_harmless_on_a_terminal_and_loses_nothing() -> None:
    text = "\x1b\x7f\x9b\u202e\u2028\ufeff中文"
    data = json_bytes({"text": text})
    assert json.loads(data) == {"text": text}
    assert not any(char in data.decode() for char in text[:-2])


def test_json_of_a_lone_surrogate_and_of_a_terminal_without_chinese() -> None:
    assert json.loads(json_bytes({"text": "\ud83d"})) == {"text": "\ud83d"}
    data = json_bytes({"text": "中"}, ascii_only=True)
    assert data.isascii()
    assert json.loads(data) == {"text": "中"}
