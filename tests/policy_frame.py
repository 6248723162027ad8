"""A small policy to try one thing at a time: what is not given is filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conflictctl.adjudication.ruling import Ruling
from conflictctl.policy.model import Policy, parse_policy
from tests.in_memory import rule

HEAD = """
[policy]
id = "small"
version = "1"
title = {{ en = "Small", zh = "小" }}

[words]
sellers = ["consultant", "supervisor"]
heads = ["manager", "general_manager"]

{parameters}
[entries.contact]
kinds = ["visit", "call", "followup"]
valid = "not voided and not struck and reached != False"

[entries.file]
of = "contact"
kinds = ["visit"]

[entries.filing]
kinds = ["filing"]
valid = "not voided"

[entries.decision]
kinds = ["decision"]
valid = "not voided"

[entries.claim]
kinds = ["claim"]
valid = "not voided and not taken_back()"

[entries.finding]
kinds = ["finding"]
valid = "not voided"

[entries.ruling]
kinds = ["ruling"]
valid = "not voided and has_power()"

[powers]
above_parties = "heads"

[tie]
refer = "panel"

[no_rule]
clause = "0"
refer = "panel"
why = {{ en = "Whose is it?", zh = "归谁?" }}

[clauses]
"0" = {{ en = "Nothing", zh = "无" }}
"1" = {{ en = "One", zh = "一" }}
"2" = {{ en = "Two", zh = "二" }}
"3" = {{ en = "Three", zh = "三" }}
"""


def parameter(name: str, default: object, unit: str | None = None, **more: object) -> str:
    """A parameter as a policy file has it."""
    kind = {bool: "boolean", int: "integer", dict: "table", str: "decimal"}[type(default)]
    lines = [f"[parameters.{name}]", f"default = {_toml(default)}", f'type = "{kind}"']
    if unit is not None:
        lines.append(f'unit = "{unit}"')
    lines += [f"{key} = {_toml(value)}" for key, value in more.items()]
    return "\n".join([*lines, 'clause = "1"', 'en = "It."', 'zh = "它。"', ""])


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return str(value)


def a_rule(clause: str, when: str, then: str, **more: str) -> str:
    """A rule; `then` is written as in a file: `credit = "closer"`."""
    lines = ["[[rule]]", f'clause = "{clause}"', f'when = "{when}"', f"then.{then}"]
    lines += [f"{key} = {value}" for key, value in more.items()]
    said = f'why = {{ en = "Clause {clause}.", zh = "第{clause}条。" }}'
    return "\n".join([*lines, said, ""])


LISTED = '[precedence]\norder = "listed"\nwhy = { en = "So it is.", zh = "如此。" }\n'
LET = '[let]\ncloser = "author(delivery)"\nfirst_file = "first(file, before=deal)"\n'


def small(*sections: str, parameters: Sequence[str] = (), precedence: str = LISTED) -> Policy:
    """The small policy with some sections of its own."""
    text = HEAD.format(parameters="\n".join(parameters)) + precedence + "\n".join(sections)
    return parse_policy(text, "small.toml")


_STAFF = {
    "a": ("consultant", "d1"),
    "b": ("consultant", "d1"),
    "c": ("consultant", "d2"),
    "head1": ("department_head", "d1"),
    "head2": ("department_head", "d2"),
    "boss": ("manager", None),
    "gm": ("general_manager", None),
}


def told(*events: str) -> list[dict[str, Any]]:
    """Lines of a register from short ones: `03-05 14:00 a visit level=H` (of 2024)."""
    start = "2024-01-01T09:00:00+08:00"
    lines: list[dict[str, Any]] = [
        {"kind": "outlet", "outlet": "m", "name": "m", "type": "store", "at": start}
    ]
    for staff, (role, department) in _STAFF.items():
        line = {"kind": "staff", "staff": staff, "name": staff, "role": role, "outlet": "m"}
        lines.append({**line, "department": department, "at": start})
    lines.append({"kind": "customer", "customer": "K1", "name": "K1", "at": start})
    lines.append({"kind": "customer", "customer": "K2", "name": "K2", "at": start})
    for number, event in enumerate(events, 1):
        day, clock, by, kind, *fields = event.split()
        line = {"id": f"e{number}", "kind": kind, "at": f"2024-{day}T{clock}:00+08:00"}
        if by != "-":
            line["by"] = by
        if kind not in ("link", "together", "staff_absent", "staff_left", "staff_moved"):
            line["customer"] = "K1"
        for field in fields:
            name, _, value = field.partition("=")
            line[name] = _value(name, value)
        lines.append(line)
    return lines


def _value(name: str, text: str) -> Any:
    import json

    if name in ("recorded_at", "until", "expires_at") and len(text) == 11:
        return f"2024-{text[:5]}T{text[6:]}:00+08:00"
    try:
        return json.loads(text)
    except ValueError:
        return text


def ruled(policy: Policy, *events: str, as_of: str = "12-31T00:00", **more: Any) -> Ruling:
    """The ruling of a policy on short lines."""
    return rule(told(*events), policy=policy, as_of=f"2024-{as_of}:00+08:00", **more)


def shares(ruling: Ruling) -> dict[str, str]:
    """Party to share."""
    return {part.party: part.share for part in ruling.credit}
