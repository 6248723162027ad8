"""What a policy is compiled to, part by part: plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from conflictctl.history import Entry
from conflictctl.policy.expression import Node
from conflictctl.policy.grounds import Grounds
from conflictctl.policy.language import Thunk
from conflictctl.policy.model import Rule
from conflictctl.policy.quantity import Quantity
from conflictctl.wording import Bilingual

Test = Callable[..., Any]
Tried = Callable[[Any], tuple[Any, Grounds]]
"""A condition that gives its value and its grounds (see `emit.tried`)."""


class Class(NamedTuple):
    """A compiled class of entries."""

    name: str
    parent: str | None
    kinds: frozenset[str]
    kinds_own: frozenset[str] | None
    when: Test | None
    valid: Test | None
    sort_key: Callable[[Entry], tuple[int, ...]]
    refused: str | None
    doubt: Test | None = None
    question: str | None = None
    warn: Test | None = None
    warning: Bilingual | None = None
    keep_when: Callable[..., list[Entry]] | None = None
    keep_valid: Callable[..., list[Entry]] | None = None
    in_order: bool = False
    """Whether its order is that in which entries stand anyhow."""
    deal_wide: bool = False
    """Whether any of its kinds speaks of a deal as a whole."""


class Window(NamedTuple):
    """A window after the deal: in local days, in hours from the moment, or by a limit."""

    days: int
    hours: bool
    length: int
    from_knowledge: bool
    knowledge: str
    limit: Quantity | None


class Holding(NamedTuple):
    """What opens, keeps, moves and ends a holding.  Names of classes are "" where there is none."""

    opens: str
    keeps: str
    levels: str
    limits: Mapping[str, int]
    first_level_counts: bool
    default_level: str | None
    transfers: str
    notices: str
    demands: str
    rulings: str
    ends_on: frozenset[str]
    grounds: Mapping[str, str]
    granted_by: str
    extends: str
    releases: str
    lasts: Test | None
    idle: Test | None
    extension: Test | None
    releases_on_lapse: bool
    renews: bool
    queue: str
    anyone_extends: bool
    idle_by_opening: bool

    ends_by_itself: bool
    """Whether anything but transfers and departures moves a holding."""


class Standing(NamedTuple):
    """What makes and ends a filing."""

    decisions: str
    valid: Quantity | None
    needs_approval: bool


class Best(NamedTuple):
    """The action that compares: among whom, who is dropped (if not all are), by what, a tie."""

    of: Thunk
    unless: Thunk | None
    by: Thunk
    tie: str


class Split(NamedTuple):
    """The action that divides: equally, by weights, or a share for each role."""

    among: Thunk | None
    weights: tuple[Decimal, ...]
    roles: tuple[tuple[Thunk, Decimal], ...]
    to_others: bool


class Advice(NamedTuple):
    """The action that recommends somebody, and who decides."""

    party: Thunk
    refer: Thunk


class CompiledRule(NamedTuple):
    """A rule ready to be tried."""

    rule: Rule
    when: Tried
    party: Thunk | None
    action: str
    value: Any
    provisional_window: str | None
    provisional_when: Thunk | None
    names: tuple[str, ...]
    """Named values of which its sentences speak."""
    settled: Mapping[str, object]
    """Parameters of which its sentences speak, as they are shown."""
    condition: Node | None = None
    """What it asks, checked; None where that could not be compiled."""
    exception: Node | None = None
    gives: Node | None = None
    """To whom it gives all, checked, where it does so."""
    whom: Node | None = None
    """Whom its finding speaks of, checked, where the file says so."""


class Rate(NamedTuple):
    """A part of the usual commission for somebody, in percent."""

    clause: str
    when: Thunk
    party: Thunk
    rate: str


class PolicyWarning(NamedTuple):
    """A warning of the policy."""

    when: Thunk
    text: Bilingual
    stage: str | None
