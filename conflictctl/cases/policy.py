"""A case policy file, parsed and checked: deadlines, working hours, ladder, causes, surveys.

Every fault of a file is found at once, each with its line and column and what to write
instead, as for the policies that say whose a deal is.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from conflictctl.calendar import Calendar, Workdays
from conflictctl.cases.policy_shape import CATEGORIES, DEADLINES, SCHEMA, SEVERITIES, WEEK
from conflictctl.cases.worktime import UNITS, Limit, Spans, WorkingTime
from conflictctl.errors import WrongUsage
from conflictctl.policy import shape
from conflictctl.policy.model import MOST_PROBLEMS, located, read_toml
from conflictctl.policy.problems import FaultyPolicy, Problem, nearest
from conflictctl.policy.problems import Path as Place
from conflictctl.policy.source import Source
from conflictctl.wording import Bilingual, Sentence

__all__ = ["CATEGORIES", "DEADLINES", "SEVERITIES", "CasePolicy", "Limit"]

FIRST_LEVEL = "handler"
ATTRIBUTION = "attribution"

Limits = Mapping[str, Mapping[int, Limit]]
"""Name of the deadline, then severity; what is missing has no such deadline."""


class Level(NamedTuple):
    """A level of the escalation ladder; outside bodies have no roles."""

    id: str
    title: Bilingual
    roles: tuple[str, ...]
    source: Bilingual | None = None


class Cause(NamedTuple):
    """What a conflict can come from; `parent` is the wider cause, if there is one."""

    id: str
    title: Bilingual
    parent: str | None
    source: Bilingual | None


class Campaign(NamedTuple):
    """A periodic survey: whom it asks, and how often."""

    id: str
    title: Bilingual
    every: Limit
    among: str
    """`closed` customers with a closed deal, `cases` customers with a case, or `all`."""
    source: Bilingual | None = None


class CasePolicy(NamedTuple):
    """One edition of a company's rules on how conflicts are handled."""

    id: str
    version: str
    digest: str
    """`sha256:` and the hexadecimal digest of the file's text in UTF-8."""
    title: Bilingual
    source: Bilingual | None
    categories: frozenset[str]
    country: str | None
    subdivision: str | None
    weekend: frozenset[int]
    free: frozenset[int]
    working: frozenset[int]
    spans: Spans
    limits: Limits
    exceptions: Mapping[str, Limits]
    """By category: the deadlines that are other there than in `limits`."""
    warn: Limit
    satisfied_from: int
    ask_again: bool
    """Whether somebody who was satisfied before the case was closed is asked after it, too."""
    late: str
    """`happened` or `entered`: which moment of an entry made on a later day stops a clock."""
    ladder: tuple[Level, ...]
    causes: Mapping[str, Cause]
    campaigns: Mapping[str, Campaign]
    text: str

    def limit(self, name: str, severity: int, category: str | None = None) -> Limit | None:
        """How long something may take; None where there is no such deadline."""
        other = self.exceptions.get(category or "", {})
        return other.get(name, self.limits.get(name, {})).get(severity)

    def working_time(self, calendar: Calendar) -> WorkingTime:
        """The working hours in a register's time zone."""
        days = Workdays(
            self.country, self.subdivision, self.weekend, free=self.free, working=self.working
        )
        return WorkingTime(calendar, days, self.spans)

    def level(self, identity: str) -> Level | None:
        """A level of the ladder by its id."""
        return next((level for level in self.ladder if level.id == identity), None)

    def next_level(self, identity: str) -> Level | None:
        """The level above one of the ladder; None above the highest and for an unknown one."""
        for level, above in pairwise(self.ladder):
            if level.id == identity:
                return above
        return None

    def causes_upwards(self, identity: str) -> Iterator[Cause]:
        """A cause, its parent, and so on; nothing for an unknown one."""
        cause = self.causes.get(identity)
        while cause is not None:
            yield cause
            cause = self.causes.get(cause.parent) if cause.parent is not None else None


class FaultyCasePolicy(FaultyPolicy):
    """A case policy file that cannot be used; `problems` are all that were found."""

    def __init__(self, problems: tuple[Problem, ...] | list[Problem]) -> None:
        super().__init__(problems)
        number = len(self.problems)
        if number > 1:
            first = self.problems[0].hint
            more = Sentence(
                "{number} problems; `conflictctl case policy check` lists them all", number=number
            )
            self.hint = (
                Sentence("{hint} ({more})", hint=first, more=more) if first is not None else more
            )

    def __reduce__(self) -> tuple[object, ...]:
        return FaultyCasePolicy, (self.problems,)


# ---------------------------------------------------------------------------- loading


def preset_ids() -> tuple[str, ...]:
    """The case policies that come with the program."""
    folder = resources.files("conflictctl.cases").joinpath("presets")
    return tuple(
        sorted(
            item.name.removesuffix(".toml")
            for item in folder.iterdir()
            if item.name.endswith(".toml")
        )
    )


def load_case_policy(id_or_path: str) -> CasePolicy:
    """The policy with this id, or in this file.

    Raises WrongUsage for an unknown id or an unreadable file, FaultyPolicy for a faulty one.
    """
    if id_or_path in preset_ids():
        return _preset(id_or_path)
    return case_policy_of_text(case_policy_text(id_or_path), id_or_path)


def case_policy_text(id_or_path: str) -> str:
    """The text of a policy; raises WrongUsage as `load_case_policy`."""
    if id_or_path in preset_ids():
        folder = resources.files("conflictctl.cases").joinpath("presets")
        return folder.joinpath(f"{id_or_path}.toml").read_text(encoding="utf-8")
    path = Path(id_or_path)
    if path.suffix != ".toml" and not path.is_file():
        raise WrongUsage(
            Sentence("no case policy {id}", id=id_or_path),
            Sentence(
                "known are {known}, or the path of a policy file", known=", ".join(preset_ids())
            ),
        )
    try:
        # As bytes: the digest is that of the file, line ends included.
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise WrongUsage(
            Sentence(
                "cannot read the policy file {path}: {problem}",
                path=id_or_path,
                problem=problem or "",
            )
        ) from None


@lru_cache(maxsize=8)
def _preset(identity: str) -> CasePolicy:
    return case_policy_of_text(case_policy_text(identity), f"{identity}.toml", trusted=True)


def case_policy_of_text(text: str, name: str, *, trusted: bool = False) -> CasePolicy:
    """Parse the text of a case policy file; raises FaultyPolicy with everything wrong in it.

    `name` is what the file is called in messages.  Of a `trusted` text, one that was checked
    before, the country is not looked up again: the table of all countries takes its time.
    """
    # A register keeps text in this form: the digest is the same before and after.
    text = unicodedata.normalize("NFC", text)
    try:
        data, source = read_toml(text, name)
    except FaultyPolicy as error:
        raise FaultyCasePolicy(error.problems) from None
    reader = _Reader(data, source, trusted=trusted)
    return reader.policy(text)


# ---------------------------------------------------------------------------- reading

_LIMIT = re.compile(r"(\d{1,9})\s*([A-Za-z]+)")
_SPAN = re.compile(r"(\d\d):(\d\d)\s*[-–]\s*(\d\d):(\d\d)")
_LONGEST = {
    "wmin": 525_600,
    "min": 5_256_000,
    "wh": 8_760,
    "h": 87_600,
    "wd": 2_500,
    "d": 3_650,
}
"""Some ten years in each unit: more is a slip of the pen."""

_LIMIT_HINT = Sentence(
    'write "30 min", "48 h" or "7 d"; counted in working time "90 wmin", "8 wh" or "3 wd"'
)
NO_DEADLINE = "none"


class _Reader:
    """Reads one file and collects what is wrong, so that an author sees all of it at once.

    What the shape already refuses is passed over here.
    """

    def __init__(self, data: Mapping[str, Any], source: Source, *, trusted: bool) -> None:
        self.data = data
        self.source = source
        self.trusted = trusted
        self.problems: list[Problem] = list(islice(shape.faults(data, SCHEMA), MOST_PROBLEMS))
        self._refused = {problem.path for problem in self.problems}

    def policy(self, text: str) -> CasePolicy:
        """The policy; raises FaultyPolicy."""
        head = self._table(("policy",))
        if head.get("categories") == []:
            self._fault(
                ("policy", "categories"),
                Sentence("the policy covers no category"),
                Sentence("categories are: {categories}", categories=CATEGORIES),
            )
        ladder = self._ladder()
        causes = self._causes()
        spans = self._spans()
        limits = self._limits(("deadlines",))
        exceptions = self._exceptions()
        warn = self._limit(("deadlines", "warn"), Limit(1, "d"))
        campaigns = self._campaigns()
        weekend, free, working = self._days()
        if not self.trusted:
            self._check_country()
        if self.problems:
            found = located(FaultyPolicy(self.problems[:MOST_PROBLEMS]), self.source)
            raise FaultyCasePolicy(found.problems)
        calendar = self._table(("calendar",))
        satisfaction = self._table(("satisfaction",))
        return CasePolicy(
            id=head["id"],
            version=head["version"],
            digest="sha256:" + hashlib.sha256(text.encode()).hexdigest(),
            title=_both(head["title"]),
            source=_source(head),
            categories=frozenset(head["categories"]),
            country=calendar.get("country"),
            subdivision=calendar.get("subdivision"),
            weekend=weekend,
            free=free,
            working=working,
            spans=spans,
            limits=limits,
            exceptions=exceptions,
            warn=warn,
            satisfied_from=satisfaction.get("satisfied_from", 4),
            ask_again=satisfaction.get("ask_again", True),
            late=self._table(("entries",)).get("late", "happened"),
            ladder=ladder,
            causes=causes,
            campaigns=campaigns,
            text=text,
        )

    # ------------------------------------------------------------------------ helpers

    def _fault(self, path: Place, what: Sentence, hint: Sentence | None = None) -> None:
        self.problems.append(Problem(path, None, what, hint))

    def _at(self, path: Place) -> Any:
        value: Any = self.data
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def _table(self, path: Place) -> dict[str, Any]:
        value = self._at(path)
        return value if isinstance(value, dict) else {}

    def _list(self, path: Place) -> list[Any]:
        value = self._at(path)
        return value if isinstance(value, list) else []

    # ----------------------------------------------------------------- working hours

    def _spans(self) -> Spans:
        where: Place = ("calendar", "hours")
        found: list[tuple[int, int, str]] = []
        for number, text in enumerate(self._list(where)):
            span = self._span(text, (*where, number)) if isinstance(text, str) else None
            if span is None:
                continue
            for begin, end, other in found:
                if span[0] < end and begin < span[1]:
                    self._fault(
                        (*where, number),
                        Sentence("{span} overlaps {other}", span=text, other=other),
                        Sentence("write each hour of the day once"),
                    )
            found.append((*span, text))
        if self._at(where) == []:
            self._fault(
                where,
                Sentence("there are no working hours"),
                Sentence('write hours = ["09:00-12:00", "13:30-18:00"]'),
            )
        return tuple(sorted((begin, end) for begin, end, _ in found))

    def _span(self, text: str, where: Place) -> tuple[int, int] | None:
        match = _SPAN.fullmatch(text.strip())
        parts = [int(part) for part in match.groups()] if match is not None else [99] * 4
        begin, end = parts[0] * 60 + parts[1], parts[2] * 60 + parts[3]
        if parts[1] > 59 or parts[3] > 59 or begin >= 24 * 60 or end > 24 * 60:
            self._fault(
                where,
                Sentence("{text} is no span of hours", text=text[:60]),
                Sentence('write "09:00-12:00"; the day ends at 24:00'),
            )
            return None
        if end <= begin:
            self._fault(
                where,
                Sentence("{text} ends before it begins", text=text[:60]),
                Sentence('a shift past midnight is two spans: "22:00-24:00", "00:00-06:00"'),
            )
            return None
        return begin, end

    def _days(self) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
        """The weekend from Monday 0, the company's days off and the days worked all the same."""
        given = self._at(("calendar", "weekend"))
        names = [day for day in given if day in WEEK] if isinstance(given, list) else WEEK[5:]
        weekend = frozenset(map(WEEK.index, names))
        if len(weekend) == len(WEEK):
            self._fault(
                ("calendar", "weekend"),
                Sentence("no day of the week is left to work on"),
                Sentence("`weekend` names the days off only"),
            )
        days: dict[str, frozenset[int]] = {}
        for key in ("holidays", "working"):
            listed = self._list(("calendar", key))
            days[key] = frozenset(day.toordinal() for day in listed if type(day) is date)
        for number, day in enumerate(self._list(("calendar", "working"))):
            if type(day) is date and day.toordinal() in days["holidays"]:
                self._fault(
                    ("calendar", "working", number),
                    Sentence("{day} is a day off as well", day=day.isoformat()),
                    Sentence("take it out of `holidays` or of `working`"),
                )
        return weekend, days["holidays"], days["working"]

    def _check_country(self) -> None:
        country = self._at(("calendar", "country"))
        subdivision = self._at(("calendar", "subdivision"))
        if not isinstance(country, str):
            if subdivision is not None:
                self._fault(
                    ("calendar", "subdivision"),
                    Sentence("a province or state without its country"),
                    Sentence('add country = "CN" or another'),
                )
            return
        try:
            Workdays(country)
        except ValueError:
            self._fault(
                ("calendar", "country"),
                Sentence("no public holidays are known of a country {country}", country=country),
                Sentence("write its ISO 3166 code in capitals: CN, DE, US"),
            )
            return
        if isinstance(subdivision, str):
            try:
                Workdays(country, subdivision)
            except ValueError:
                self._fault(
                    ("calendar", "subdivision"),
                    Sentence(
                        "{country} has no subdivision {subdivision}",
                        country=country,
                        subdivision=subdivision,
                    ),
                    Sentence("write the part of its ISO 3166-2 code behind the dash: BY, CA"),
                )

    # --------------------------------------------------------------------- deadlines

    def _limits(self, where: Place) -> dict[str, dict[int, Limit]]:
        found: dict[str, dict[int, Limit]] = {}
        for name in DEADLINES:
            if name in self._table(where):
                found[name] = self._by_severity((*where, name))
        return found

    def _exceptions(self) -> dict[str, dict[str, dict[int, Limit]]]:
        where: Place = ("deadlines_of",)
        covered = self._list(("policy", "categories"))
        for category in self._table(where):
            if category in CATEGORIES and category not in covered:
                self._fault(
                    (*where, category),
                    Sentence("the policy does not cover {category}", category=category),
                    Sentence("add it to `categories`, or take this section out"),
                )
        return {
            category: self._limits((*where, category))
            for category in self._table(where)
            if category in CATEGORIES
        }

    def _by_severity(self, where: Place) -> dict[int, Limit]:
        given = self._at(where)
        if not isinstance(given, dict):
            if given == NO_DEADLINE:
                return {}
            limit = self._limit(where)
            return dict.fromkeys(SEVERITIES, limit) if limit is not None else {}
        if not given:
            self._fault(where, Sentence("the table is empty"), _LIMIT_HINT)
        found: dict[int, Limit] = {}
        known = [*map(str, SEVERITIES), "other"]
        for key in given:
            if key not in known:
                self._fault(
                    (*where, key),
                    Sentence("{severity} is no severity", severity=key),
                    Sentence('severities are "1" (slight) to "4" (grave), and other'),
                )
        for severity in SEVERITIES:
            if str(severity) in given:
                limit = self._limit((*where, str(severity)))
                if limit is not None:
                    found[severity] = limit
        if "other" in given:
            rest = [severity for severity in SEVERITIES if str(severity) not in given]
            limit = self._limit((*where, "other"))
            if not rest:
                self._fault(
                    (*where, "other"),
                    Sentence("no other severity is left"),
                    Sentence("take `other` out, or one of the severities"),
                )
            elif limit is not None:
                found.update(dict.fromkeys(rest, limit))
        return found

    def _limit(
        self, where: Place, default: Limit | None = None, units: tuple[str, ...] = UNITS
    ) -> Any:
        """The length of time at a path, None for a faulty one; `default` where none is given."""
        given = self._at(where)
        if given is None:
            return default
        if isinstance(given, str) and given == NO_DEADLINE:
            what = Sentence("{word} stands for all severities or for none", word=NO_DEADLINE)
            self._fault(where, what, Sentence("leave the severity out; without it none is due"))
            return None
        if isinstance(given, int) and not isinstance(given, bool):
            self._fault(where, Sentence("{number} of what?", number=given), _LIMIT_HINT)
            return None
        match = _LIMIT.fullmatch(given.strip()) if isinstance(given, str) else None
        if match is None:
            what = Sentence("{text} is no length of time", text=str(given)[:60])
            self._fault(where, what, _LIMIT_HINT)
            return None
        amount, unit = int(match[1]), match[2]
        if unit not in units:
            what = (
                Sentence("{unit} cannot stand here", unit=unit)
                if unit in UNITS
                else Sentence("{unit} is no unit of time", unit=unit)
            )
            hint = Sentence("write {units}", units=", ".join(units)) if len(units) < 6 else None
            self._fault(where, what, hint or _LIMIT_HINT)
            return None
        if not 1 <= amount <= _LONGEST[unit]:
            self._fault(
                where,
                Sentence("{text} is out of range", text=given.strip()[:60]),
                Sentence("write 1 to {most} {unit}", most=_LONGEST[unit], unit=unit),
            )
            return None
        return Limit(amount, unit)

    # --------------------------------------------------------- ladder, causes, surveys

    def _ladder(self) -> tuple[Level, ...]:
        found: dict[str, Level] = {}
        for number, table in enumerate(self._list(("level",))):
            if not isinstance(table, dict) or not isinstance(table.get("id"), str):
                continue
            name = table["id"]
            if name in found:
                self._fault(
                    ("level", number, "id"),
                    Sentence("the ladder has a level {level} already", level=name),
                    Sentence("each level stands once, the lowest first"),
                )
            if not found and name != FIRST_LEVEL:
                self._fault(
                    ("level", number, "id"),
                    Sentence("the ladder begins with {level}", level=FIRST_LEVEL),
                    Sentence("whoever handles a case is its first level"),
                )
            found.setdefault(
                name,
                Level(
                    name,
                    _both(table),
                    tuple(self._list(("level", number, "roles"))),
                    _source(table),
                ),
            )
        if self._at(("level",)) == []:
            self._fault(
                ("level",),
                Sentence("the ladder has no level"),
                Sentence("whoever handles a case is its first level"),
            )
        return tuple(found.values())

    def _causes(self) -> dict[str, Cause]:
        tables = self._table(("causes",))
        found: dict[str, Cause] = {}
        for name, table in tables.items():
            if not isinstance(table, dict):
                continue
            parent = table.get("parent")
            found[name] = Cause(
                name,
                _both(table),
                parent if isinstance(parent, str) else None,
                _source(table),
            )
        for name, cause in found.items():
            if cause.parent is not None and cause.parent not in tables:
                self._fault(
                    ("causes", name, "parent"),
                    Sentence("there is no cause {cause}", cause=cause.parent),
                    nearest(cause.parent, tables),
                )
            elif _circular(name, found):
                self._fault(
                    ("causes", name, "parent"),
                    Sentence("{cause} would be wider than itself", cause=name),
                    Sentence("`parent` names the wider cause"),
                )
        if ATTRIBUTION in self._list(("policy", "categories")) and ATTRIBUTION not in tables:
            self._fault(
                ("causes",),
                Sentence("there is no cause {cause}", cause=ATTRIBUTION),
                Sentence("a case that follows from a claim to a deal has this cause"),
            )
        return found

    def _campaigns(self) -> dict[str, Campaign]:
        found: dict[str, Campaign] = {}
        for name, table in self._table(("campaigns",)).items():
            if isinstance(table, dict):
                every = self._limit(("campaigns", name, "every"), Limit(1, "d"), ("d",))
                if every is not None:
                    among = table.get("among", "closed")
                    found[name] = Campaign(name, _both(table), every, str(among), _source(table))
        return found


def _both(table: Mapping[str, Any]) -> Bilingual:
    """Text in both languages; what is missing the shape has refused."""
    return Bilingual(str(table.get("en", "")), str(table.get("zh", "")))


def _source(table: Mapping[str, Any]) -> Bilingual | None:
    source = table.get("source")
    return _both(source) if isinstance(source, dict) else None


def _circular(name: str, causes: Mapping[str, Cause]) -> bool:
    seen = {name}
    parent = causes[name].parent
    while parent is not None and parent in causes:
        if parent in seen:
            return parent == name
        seen.add(parent)
        parent = causes[parent].parent
    return False
