"""Policies so small that all their small histories are tried in a second."""

from __future__ import annotations

from conflictctl.policy.model import Policy, parse_policy
from tests.policy_frame import HEAD, LISTED, a_rule, parameter

LET = '[let]\ncloser = "author(deal)"\nfirst_file = "first(file, before=deal)"\n'
DECLARED = '[precedence]\norder = "declared"\nwhy = { en = "So.", zh = "如此。" }\n'
WEEK = parameter("days", 2, "days", minimum=0)

# Fewer kinds of entries than the usual small policy has.
_FEW = HEAD.replace('["visit", "call", "followup"]', '["visit"]')
for _kind in ("filing", "decision", "finding", "claim"):
    _FEW = _FEW.replace(f'kinds = ["{_kind}"]', 'kinds = ["visit"]')

FILED = "first_file and gap(first_file, deal) <= days"
FILER = a_rule("1", FILED, 'credit = "author(first_file)"')
LATER = a_rule("2", f"closer and not ({FILED})", 'credit = "closer"')


def policy_text(*rules: str, parameters: str = WEEK, precedence: str = LISTED) -> str:
    """A policy with few kinds of entries, as a file has it."""
    return _FEW.format(parameters=parameters) + LET + precedence + "".join(rules)


def policy(*rules: str, **sections: str) -> Policy:
    """The same, parsed."""
    return parse_policy(policy_text(*rules, **sections))
