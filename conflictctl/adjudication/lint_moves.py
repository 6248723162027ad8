"""Entries that small histories of one policy are made of besides the usual ones.

A filing with its form filled in, as the policy asks for it, and one by which somebody in charge
assigns the customer; a manager's decision on the latest filing; whoever sells beside the
consultants, where the policy tells a supervisor from them; somebody of a sister store.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from conflictctl.adjudication.small_histories import (
    GUEST,
    MANAGER,
    OUTSIDER,
    SISTERS,
    SUPERVISOR,
    TWINS,
    Move,
    Rows,
    tells_supervisors,
)
from conflictctl.policy.model import EntryClass, Policy

_FORM = re.compile(r"(not\s+)?given\('fields\.(\w+)'\)")
_ASSIGNED_TO = re.compile(r"role_of\('to'\)\s+in\s+(\w+)")


def further_moves(policy: Policy) -> Iterator[Move]:
    """What may be entered under one policy besides the usual, the sellers' entries first."""
    filings = [one for one in policy.classes.values() if "filing" in one.kinds]
    for form in dict.fromkeys(_form(one) for one in filings):
        for by in (*TWINS, OUTSIDER) if form else ():
            filled = Rows(json.dumps(dict.fromkeys(form, "x")))
            yield Move("filing", by, (("to", MANAGER), ("fields", filled), ("note", "x")))
    if any(_assigns(policy, one) for one in filings):
        for to in TWINS:
            yield Move("filing", MANAGER, (("to", to),))
    if any("decision" in one.kinds for one in policy.classes.values()):
        for decision in ("approve", "reject"):
            yield Move("decision", MANAGER, (("decision", decision),))
    if tells_supervisors(policy):
        for kind in ("visit", "followup", "close"):
            fields = (("channel", "phone"),) if kind == "followup" else ()
            yield Move(kind, SUPERVISOR, fields)
    if SISTERS in policy.text:
        for kind in ("visit", "close"):
            yield Move(kind, GUEST, marks=frozenset({SISTERS}))
        for kind in ("accompany", "filing"):
            yield Move(kind, GUEST, (("to_outlet", "shop"),), marks=frozenset({SISTERS}))


def _form(one: EntryClass) -> tuple[str, ...]:
    """What a filing of a class has to hold: the fields that must be given."""
    text = " ".join(filter(None, (one.when, one.valid)))
    return tuple(name for refused, name in _FORM.findall(text) if not refused)


def _assigns(policy: Policy, one: EntryClass) -> bool:
    """Whether a filing of a class may be to a consultant."""
    text = " ".join(filter(None, (one.when, one.valid)))
    return any("consultant" in policy.words.get(name, ()) for name in _ASSIGNED_TO.findall(text))
