"""Who decides where the rules leave it to people, and which of their rulings stands.

Two ways are known.  A *ladder* names the instances in rising order: the highest that ruled
stands, and of one instance the latest.  *By unit*: parties of one unit (an outlet or a
department) have its head as judge, parties of several all their heads, who must agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from conflictctl.history import Entry
from conflictctl.policy.case import Anchor, Case, is_after, is_before
from conflictctl.policy.entry_tests import actors
from conflictctl.policy.language import UNKNOWN, Thunk


class Instance(NamedTuple):
    """An instance, and the clause under which it decides."""

    instance: str
    clause: str


class ByUnit(NamedTuple):
    """Instances chosen by the units of the parties.

    `parties` gives whose units are looked at.  `unit` is `department` or `outlet`; its head has
    `role`.  `final` is the instance above, held by the role of the same name.
    """

    parties: Thunk
    unit: str
    role: str
    one: Instance
    several: Instance
    final: str
    disagreement: str


class Instances(NamedTuple):
    """How people decide under a policy."""

    clause: str
    rulings: str
    ranks: Mapping[str, int]
    by_unit: ByUnit | None
    stages: frozenset[str]
    after: Thunk | None
    before: Thunk | None


class Standing(NamedTuple):
    """A ruling by people that stands, or the disagreement of those who should agree.

    `award` is empty for a disagreement, which goes to `referred_to`.
    """

    entry: Entry
    award: tuple[tuple[str, str], ...]
    clause: str
    instance: str
    referred_to: str | None = None


def instance_for(case: Case) -> Instance | None:
    """Who decides between the present parties of a deal."""
    spec = case.program.instances
    if spec.by_unit is None:
        return None
    units = _units(case, spec.by_unit)
    return spec.by_unit.several if len(units) > 1 else spec.by_unit.one


def standing_ruling(case: Case, *, ever: bool = False) -> Standing | None:
    """The ruling by people that stands for a deal; None where there is none.

    With `ever`, whenever it was made: also one that came too early or too late to count.
    """
    spec = case.program.instances
    if not spec.rulings or "ruling" not in case.kinds:
        return None
    pool = case.pool(spec.rulings, anyone=True)
    if not ever:
        pool = _in_time(case, pool, spec)
    if not pool:
        return None
    if spec.by_unit is not None:
        return _by_unit(case, pool, spec.by_unit)
    ranks = spec.ranks
    entry = max(pool, key=lambda e: (ranks.get(e.get("instance"), -1), e.moment, e.seq))
    return Standing(entry, _award(entry), spec.clause, entry.get("instance"))


def _in_time(case: Case, pool: list[Entry], spec: Instances) -> list[Entry]:
    after = _bound(case, spec.after)
    before = _bound(case, spec.before)
    return [
        entry
        for entry in pool
        if (after is None or is_after(entry, after))
        and (before is None or is_before(entry, before))
    ]


def _bound(case: Case, moment: Thunk | None) -> Anchor:
    """A moment that parts rulings which count from others; None, also where it is not known."""
    found = moment(case) if moment is not None else None
    return None if found is UNKNOWN else found


def _award(entry: Entry) -> tuple[tuple[str, str], ...]:
    return tuple((row["party"], row["share"]) for row in entry.get("award") or ())


def _units(case: Case, spec: ByUnit, until: Entry | None = None) -> list[str]:
    """The units of the parties, as of an entry (what was recorded after it is not looked at)."""
    marks = len(case.evidence), len(case.refused), case.margin
    parties = spec.parties(case if until is None else case.as_seen_at(until))
    del case.evidence[marks[0] :]
    del case.refused[marks[1] :]
    case.margin = marks[2]
    if parties is UNKNOWN or not parties:
        return []
    people = case.history.people
    anchor = case.anchor
    if until is not None and (anchor is None or not is_after(until, anchor)):
        moment = until.recorded
    else:  # whoever moves after the deal leaves it where it was
        moment = anchor.recorded if anchor is not None else case.as_of
    look = people.department if spec.unit == "department" else people.outlet
    found = (look(person, moment) for person in parties)
    return list(dict.fromkeys(unit for unit in found if unit is not None))


class _Voice(NamedTuple):
    """The latest ruling of a unit's head, and the units that had a part when it was made."""

    entry: Entry
    units: tuple[str, ...]


def _by_unit(case: Case, pool: list[Entry], spec: ByUnit) -> Standing | None:
    """The ruling that stands between heads of units.

    A ruling is weighed by the parties as they were when it was made, and speaks for its author
    and everybody who joined it, if they head a unit that had a part.  The final instance's
    first ruling ends the matter.  Of each unit the latest counts: those that differ send the
    matter on; alike, they decide if every unit that had a part has spoken.
    """
    people = case.history.people
    look = people.department if spec.unit == "department" else people.outlet
    voices: dict[str, _Voice] = {}
    for entry in sorted(pool, key=lambda e: e.key):
        units = tuple(_units(case, spec, entry))
        level = spec.several if len(units) > 1 else spec.one
        if entry.role == spec.final:
            return Standing(entry, _award(entry), level.clause, spec.final)
        speaking = [
            unit
            for head in actors(entry)
            if people.role(head, entry.recorded) == spec.role
            and (unit := look(head, entry.recorded)) in units
        ]
        if entry.role == spec.role and look(entry.by or "", entry.recorded) in speaking:
            voices |= {unit: _Voice(entry, units) for unit in speaking if unit is not None}
    if not voices:
        return None
    latest = max((voice.entry for voice in voices.values()), key=lambda e: e.key)
    if len({frozenset(_award(voice.entry)) for voice in voices.values()}) > 1:
        return Standing(
            latest, (), spec.several.clause, spec.several.instance, referred_to=spec.disagreement
        )
    agreed = [voice for voice in voices.values() if set(voice.units) <= voices.keys()]
    if not agreed:
        return None
    voice = max(agreed, key=lambda one: one.entry.key)
    level = spec.several if len(voice.units) > 1 else spec.one
    return Standing(voice.entry, _award(voice.entry), level.clause, level.instance)


def pending_appeals(case: Case) -> list[Entry]:
    """Appeals after which the instance appealed to has not ruled; they suspend nothing."""
    spec = case.program.instances
    rulings = case.pool(spec.rulings, anyone=True) if spec.rulings else []
    return [
        appeal
        for appeal in case.entries
        if appeal.kind == "appeal"
        and appeal.flaw not in ("voided", "struck")
        and case.counts(appeal)
        and not any(
            is_before(appeal, ruling) and appeal.get("to") in (ruling.get("instance"), ruling.role)
            for ruling in rulings
        )
    ]
