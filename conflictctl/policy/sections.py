"""The sections of a policy file other than its rules, compiled: classes, holding, windows ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conflictctl.calendar import HOUR
from conflictctl.events import INSTANCES
from conflictctl.history import DATED_KINDS, Asked, Entry, Powers
from conflictctl.policy import scorecard
from conflictctl.policy.case import DEAL_WIDE
from conflictctl.policy.compiler import Compiler, nothing
from conflictctl.policy.holding import GROUNDS
from conflictctl.policy.instances import ByUnit, Instance, Instances
from conflictctl.policy.language import ANY, ENTRY, FLAG, LIST, NUMBER, Thunk
from conflictctl.policy.parts import Class, Holding, Standing, Test, Window
from conflictctl.policy.problems import Path, fault, nearest
from conflictctl.policy.quantity import Quantity
from conflictctl.wording import Sentence


def classes(make: Compiler) -> dict[str, Class]:
    """The classes of entries, by name; under "" one that nothing belongs to."""
    classes: dict[str, Class] = {"": Class("", None, frozenset(), None, None, None, _by_time, None)}
    for name, spec in make.policy.classes.items():
        where: Path = ("entries", name)
        kinds = frozenset(spec.kinds)
        parent = classes[spec.parent] if spec.parent else None
        if parent is not None and kinds and not kinds <= parent.kinds:
            make.note(
                fault(
                    (*where, "kinds"),
                    Sentence(
                        "{kinds}: not among the kinds of {parent}",
                        kinds=", ".join(sorted(kinds - parent.kinds)),
                        parent=parent.name,
                    ),
                )
            )
        order = make.choice({"order": spec.order} if spec.order else {}, where, "order", None)
        if order is None and parent is not None:
            key = parent.sort_key
        else:
            key = _by_entry if order == "recorded" else _by_time
        if spec.question is not None and spec.question not in make.findings:
            make.note(
                fault(
                    (*where, "question"),
                    Sentence("no finding {name}", name=spec.question),
                    nearest(spec.question, make.findings),
                )
            )
        when = make.entry_test(spec.when, (*where, "when")) if spec.when else None
        valid = make.entry_test(spec.valid, (*where, "valid")) if spec.valid else None
        all_kinds = kinds if parent is None else parent.kinds
        classes[name] = Class(
            name,
            spec.parent,
            all_kinds,
            kinds if parent is not None and kinds else None,
            when.of if when is not None else None,
            valid.of if valid is not None else None,
            key,
            spec.refused,
            make.entry_test(spec.doubt, (*where, "doubt")).of if spec.doubt else None,
            spec.question,
            make.entry_test(spec.warn, (*where, "warn")).of if spec.warn else None,
            spec.warning,
            when.keep if when is not None else None,
            valid.keep if valid is not None else None,
            key is _by_time,
            not all_kinds.isdisjoint(DEAL_WIDE),
        )
    return classes


def holding(make: Compiler) -> Holding:
    """What opens, keeps, moves and ends a holding."""
    table = make.policy.holding
    where: Path = ("holding",)
    for cause, ground in table.get("grounds", {}).items():
        assert ground in GROUNDS, (cause, ground)  # the shape of the file says so
    named = {
        key: make.class_of(table, where, key)
        for key in (
            "opens",
            "keeps",
            "levels",
            "transfers",
            "notices",
            "demands",
            "rulings",
            "granted_by",
            "extends",
            "releases",
        )
    }
    limits = make.choice(table, where, "limits", {})
    lasts, idle = _length(make, table, "lasts"), _length(make, table, "idle")
    releases_on_lapse = table.get("lapse") == "releases"
    renews = bool(table.get("renews", False))
    return Holding(
        **named,
        limits=limits if isinstance(limits, Mapping) else {},
        first_level_counts=make.choice(table, where, "level_at", "last_contact") == "initial",
        default_level=make.choice(table, where, "default_level", None),
        ends_on=frozenset(table.get("ends_on", ())),
        grounds=dict(table.get("grounds", {})),
        lasts=lasts,
        idle=idle,
        extension=_length(make, table, "extension"),
        releases_on_lapse=releases_on_lapse,
        renews=renews,
        queue=table.get("queue", "oldest"),
        anyone_extends=table.get("extended_by") == "anyone",
        idle_by_opening=table.get("idle_of") == "opening",
        ends_by_itself=bool(
            lasts is not None
            or (idle is not None and releases_on_lapse)
            or named["granted_by"]
            or named["releases"]
            or renews
        ),
    )


def _length(make: Compiler, table: Mapping[str, Any], key: str) -> Test | None:
    text = table.get(key)
    return make.entry_test(text, ("holding", key)).of if text is not None else None


def window(make: Compiler, table: Mapping[str, str], where: Path) -> Window:
    """One of the windows after a deal."""
    days = make.choice(table, where, "days", 0)
    count = make.choice(table, where, "count", "closing_day_is_day_1")
    limit = make.limit(table, where, "limit")
    clock = limit is not None and (limit.measure or "").endswith("/clock")
    hours = limit is not None and limit.unit in ("hours", "minutes")
    return Window(
        days + 1 if count == "day_after" else days,
        count == "72h" or clock or hours,
        days * 24 * HOUR,
        make.choice(table, where, "clock", "close") == "discovery",
        make.class_of(table, where, "knowledge"),
        limit,
    )


def standing(make: Compiler) -> Standing:
    """What makes and ends a filing."""
    table = make.policy.standing
    where: Path = ("standing",)
    key = "valid" if "valid" in table else "valid_days"
    return Standing(
        make.class_of(table, where, "decisions"),
        make.limit(table, where, key),
        make.choice(table, where, "needs_approval", False) in (True, "true"),
    )


def instances(make: Compiler) -> Instances:
    """Who decides, and by whose rulings."""
    table = make.policy.instances
    where: Path = ("instances",)
    powers = table.get("powers", {})
    for name in powers:
        if name not in INSTANCES:
            make.note(
                fault(
                    (*where, "powers", name),
                    Sentence("{value} cannot stand here", value=name),
                    nearest(name, INSTANCES),
                )
            )
    by_unit = table.get("by_unit")
    unit = None
    if by_unit is not None:
        unit = ByUnit(
            make.condition(by_unit["parties"], (*where, "by_unit", "parties"), LIST),
            by_unit["unit"],
            by_unit["role"],
            Instance(by_unit["one"]["instance"], by_unit["one"]["clause"]),
            Instance(by_unit["several"]["instance"], by_unit["several"]["clause"]),
            by_unit["final"],
            by_unit["disagreement"],
        )
    rulings = (
        make.class_of(table, where, "rulings")
        if "rulings" in table
        else make.policy.holding.get("rulings", "")
    )
    return Instances(
        table.get("clause", ""),
        rulings,
        {name: index for index, name in enumerate(powers)},
        unit,
        frozenset(table.get("stages", ("deal",))),
        make.condition(table["after"], (*where, "after"), ENTRY) if "after" in table else None,
        make.condition(table["before"], (*where, "before"), ENTRY) if "before" in table else None,
    )


def appeal_within(make: Compiler) -> Quantity | None:
    """How long after a ruling an appeal can be made; None where the policy does not say."""
    return make.limit(make.policy.instances, ("instances",), "appeal_within")


def powers(make: Compiler) -> Powers:
    """Who may do what to the record."""
    table = make.policy.powers
    above = table.get("above_parties", "")
    if above and above not in make.policy.words:
        make.note(
            fault(
                ("powers", "above_parties"),
                Sentence("no word {name}", name=above),
                nearest(above, make.policy.words),
            )
        )
    make.used.add(above)
    text = table.get("strike")
    strike: Callable[[Entry, Asked], bool] | None = None
    if text is not None:
        strike = make.entry_test(text, ("powers", "strike")).of
    return Powers(
        frozenset(make.policy.words.get(above, ())),
        strike,
        bool(table.get("strikes_own", False)),
        (table["mends"]["role"], table["mends"]["unit"]) if "mends" in table else None,
        None if make.policy.deal.get("time") == "happened" else DATED_KINDS,
    )


def strikes_until(make: Compiler) -> Thunk | None:
    """By when a finding must stand that strikes entries; None: whenever."""
    text = make.policy.powers.get("strikes_until")
    if text is None:
        return None
    return make.condition(text, ("powers", "strikes_until"), ENTRY)


def card(make: Compiler) -> scorecard.Card | None:
    """The scorecard; None without one."""
    table = make.policy.scorecard
    if not table:
        return None
    rows = []
    for number, line in enumerate(make.policy.rows):
        where: Path = ("scorecard", "row", number)
        if make.applies(line.table.get("if"), (*where, "if")):
            rows.append(_row(make, line.id, line.table, where))
    of = make.condition(table["of"], ("scorecard", "of"), LIST)
    return scorecard.Card(of, tuple(rows))


def _row(make: Compiler, identity: str, table: Mapping[str, Any], where: Path) -> scorecard.Row:
    kind = table["kind"]
    needed = {"flag": "when", "best": "by", "unique_best": "by", "set": "points"}[kind]
    if needed not in table or "points" not in table:
        missing = needed if needed not in table else "points"
        make.note(
            fault(
                where,
                Sentence("{key} is missing", key=missing),
                Sentence("a row of the kind {kind} needs {key}", kind=kind, key=missing),
            )
        )

    def part(key: str, wanted: str = ANY) -> Thunk | None:
        if key not in table:
            return None
        return make.condition(table[key], (*where, key), wanted, bound=1)

    return scorecard.Row(
        identity,
        kind,
        part("points", NUMBER if kind != "set" else ANY) or nothing,
        part("when", FLAG),
        part("by") or (nothing if needed == "by" else None),
        bool(table.get("lowest", False)),
        make.choice(table, where, "tie", "shared_unless_all"),
        part("times", NUMBER),
        make.condition(table["only_if"], (*where, "only_if"), FLAG) if "only_if" in table else None,
        table.get("not_for"),
    )


def _by_time(entry: Entry) -> tuple[int, ...]:
    return entry.key


def _by_entry(entry: Entry) -> tuple[int, ...]:
    return (entry.recorded, entry.seq)
