"""The product's judge and the second judge, asked the same question; they must agree."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests import second_judge
from tests.in_memory import as_answer, rule

KEYS = ("status", "credit", "holder", "decided_by", "referred_to", "provisional_until", "by_rule")


def comparable(answer: dict[str, Any] | None) -> dict[str, Any] | None:
    """An answer with its credit in one order, so that two answers can be compared."""
    if answer is None:
        return None
    same = {key: answer.get(key) for key in KEYS if key in answer}
    same["credit"] = sorted((c["party"], c["kind"], c["share"]) for c in answer["credit"])
    if "by_rule" in same:
        same["by_rule"] = comparable(same["by_rule"])
    return same


def judge(
    lines: list[dict[str, Any]],
    customer: str,
    *,
    as_of: datetime,
    params: dict[str, Any] | None = None,
    deal: str | None = None,
    attested: bool = True,
    explaining: bool = True,
) -> dict[str, Any]:
    """The answer of both judges; fails where they differ, or where explaining changes it."""
    second = second_judge.judge(
        lines, customer, as_of=as_of, params=params, deal=deal, attested=attested
    )
    for explain in (False, True) if explaining else (False,):
        product = as_answer(
            rule(
                lines,
                customer,
                as_of=as_of,
                deal=deal,
                attested=attested,
                explain=explain,
                **(params or {}),
            )
        )
        assert comparable(product) == comparable(second)
    return second
