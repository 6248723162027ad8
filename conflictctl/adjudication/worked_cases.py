"""Worked cases: small histories beside a policy, each with the ruling it must give.

They are the policy's acceptance test, written by its author in the words of its text.  A
file of cases is TOML; docs/policy-guide.md says what stands in it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from conflictctl.adjudication.dossier import dossier_of, event_of
from conflictctl.adjudication.judge import rule_on
from conflictctl.adjudication.notation import local_moment, read_line_of_history
from conflictctl.adjudication.ruling import STATUSES, Credit, Finding, Ruling
from conflictctl.calendar import DAY, Calendar, Moment
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.events import Draft, Event, plain_decimal, read_line, references
from conflictctl.mending import staff_entries
from conflictctl.people import People
from conflictctl.policy.model import Policy, preset_ids
from conflictctl.policy.problems import FaultyPolicy
from conflictctl.wording import Bilingual, Sentence

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

MAX_FILE = 5_000_000
_SUFFIX = ".cases.toml"
_LONG_AFTER = 3653 * DAY


class WorkedCase(NamedTuple):
    """One history, what is asked of it, and what the ruling must say.

    `events` are the dossier of `customer`; `expect` holds only what is compared.
    """

    id: str
    title: Bilingual
    cites: str
    file: str
    line: int | None
    events: Sequence[Event]
    people: People
    calendar: Calendar
    customer: str
    as_of: Moment
    deal: str | None
    settings: Mapping[str, Any]
    caseloads: Mapping[str, int] | None
    expect: Mapping[str, Any]


class Difference(NamedTuple):
    """One thing that the ruling says otherwise than the case expects."""

    key: str
    expected: str
    given: str


class Outcome(NamedTuple):
    """A case as it came out: passed if there is no difference."""

    case: WorkedCase
    differences: tuple[Difference, ...]
    reason: Sentence

    @property
    def passed(self) -> bool:
        """Whether the ruling says everything that the case expects."""
        return not self.differences


# -------------------------------------------------------------------------- loading


def load_cases(id_or_path: str, policy: Policy, path: str | None = None) -> tuple[WorkedCase, ...]:
    """The worked cases in a file, by default the one beside the policy: NAME.cases.toml.

    `id_or_path` is how the policy was named.  Raises WrongUsage where there is no such file
    or it cannot be read, InputRejected with the line where it is faulty.
    """
    if path is not None:
        source: Path | Traversable = Path(path)
    elif id_or_path in preset_ids():
        presets = resources.files("conflictctl.policy").joinpath("presets")
        source = presets.joinpath(f"{id_or_path}{_SUFFIX}")
    else:
        source = Path(id_or_path).with_suffix(_SUFFIX)
    try:
        text = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise WrongUsage(
            Sentence(
                "cannot read the worked cases {path}: {problem}",
                path=path or source.name,
                problem=problem or "",
            ),
            Sentence("the cases of NAME.toml stand beside it, in NAME.cases.toml"),
        ) from None
    return parse_cases(text, policy=policy, file=path or source.name)


# --------------------------------------------------------------------------- trying


def try_case(case: WorkedCase, policy: Policy) -> Outcome:
    """Rule on a case under a policy and compare.

    Raises InputRejected where no ruling can be given: an unknown deal, a faulty policy.
    """
    try:
        ruling = rule_on(
            case.events,
            case.customer,
            policy=policy,
            people=case.people,
            calendar=case.calendar,
            as_of=case.as_of,
            settings=_settings(policy, case.settings),
            deal=case.deal,
            explain=not EXPLAINED.isdisjoint(case.expect),
            caseloads=case.caseloads,
        )
    except FaultyPolicy:
        raise  # the policy's fault, which says where it is
    except InputRejected as fault:
        raise _fault(case.file, case.line, fault.message, fault.hint) from None
    differences = []
    for key, expected in case.expect.items():
        difference = _COMPARE[key](expected, ruling, case.calendar)
        if difference is not None:
            differences.append(Difference(key, *difference))
    return Outcome(case, tuple(differences), ruling.reason)


def _settings(policy: Policy, given: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides of parameters; of a table only the named keys are overridden."""
    settings = {}
    for name, value in given.items():
        default = policy.parameters[name].default
        both = isinstance(value, Mapping) and isinstance(default, Mapping)
        settings[name] = {**default, **value} if both else value
    return settings


# ------------------------------------------------------------------------- comparing

_Told = tuple[str, str] | None
"""What was expected and what was given, in words; None where they agree."""


def _same(expected: str, given: str) -> _Told:
    return None if expected == given else (expected, given)


def _name(of: Callable[[Ruling], str | None]) -> Callable[..., _Told]:
    return lambda expected, ruling, calendar: _same(expected or "-", of(ruling) or "-")


def _shares(rows: Mapping[str, Any]) -> str:
    shares = sorted((party, _number(share)) for party, share in rows.items())
    return ", ".join(f"{party} = {share}" for party, share in shares) or "-"


def _number(value: object) -> str:
    try:
        return plain_decimal(Decimal(str(value)))
    except InvalidOperation:
        return str(value)


def _credit(credit: Sequence[Credit]) -> str:
    return _shares({row.party: row.share for row in credit})


def _provisional(expected: Any, ruling: Ruling, calendar: Calendar) -> _Told:
    until = ruling.provisional_until
    if isinstance(expected, bool):
        return _same(_flag(expected), _flag(until is not None))
    return _same(_minute(expected, calendar), "-" if until is None else _minute(until, calendar))


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _minute(moment: Moment, calendar: Calendar) -> str:
    return calendar.local(moment).strftime("%Y-%m-%d %H:%M")


def _totals(expected: Mapping[str, Any], ruling: Ruling, calendar: Calendar) -> _Told:
    scores = ruling.scores or {}
    given = {party: scores[party].total for party in expected if party in scores}
    return _same(_shares(expected), _shares(given))


def _by_rule(expected: Mapping[str, Any], ruling: Ruling, calendar: Calendar) -> _Told:
    given = ruling.by_rule
    if given is None:
        return _rows(expected), "-"
    all_given = {
        "status": given.status,
        "credit": _credit(given.credit),
        "decided_by": given.decided_by or "-",
    }
    wanted = {k: _shares(v) if k == "credit" else v or "-" for k, v in expected.items()}
    return _same(_rows(wanted), _rows({key: all_given[key] for key in expected}))


def _rows(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in row.items())


def _measures(of: Callable[[Ruling], Sequence[Any]], *fields: str) -> Callable[..., _Told]:
    """Rows in their order; of each only the fields that the case names, `fields` if it has none."""

    def compare(expected: list[dict[str, Any]], ruling: Ruling, calendar: Calendar) -> _Told:
        given = of(ruling)
        wanted = [_rows({k: _number(v) for k, v in row.items()}) for row in expected]
        keys = [tuple(row) for row in expected] or [fields]
        told = [
            _rows({key: _number(getattr(row, key)) for key in keys[min(i, len(keys) - 1)]})
            for i, row in enumerate(given)
        ]
        return _same("; ".join(wanted) or "-", "; ".join(told) or "-")

    return compare


def _warns(expected: list[str], ruling: Ruling, calendar: Calendar) -> _Told:
    """Each text is part of some warning; an empty list stands for no warning at all."""
    given = [str(warning) for warning in ruling.warnings]
    missing = [text for text in expected if not any(text in warning for warning in given)]
    if not missing and (expected or not given):
        return None
    return " / ".join(missing) or "-", " / ".join(given) or "-"


def _refs(of: Callable[[Ruling], Sequence[str]]) -> Callable[..., _Told]:
    """Each reference is among those given; an empty list stands for none at all."""

    def compare(expected: list[str], ruling: Ruling, calendar: Calendar) -> _Told:
        given = list(dict.fromkeys(of(ruling)))
        if all(ref in given for ref in expected) and (expected or not given):
            return None
        return ", ".join(expected) or "-", ", ".join(given) or "-"

    return compare


def _margin(expected: str, ruling: Ruling, calendar: Calendar) -> _Told:
    finding = _deciding(ruling)
    margin = finding.margin if finding is not None else None
    given = f"{margin.measured.plain()} / {margin.limit.plain()}" if margin is not None else "-"
    return _same(expected or "-", given)


def _deciding(ruling: Ruling) -> Finding | None:
    """The finding of the clause that decided: the one that awards, refers or stays open."""
    for outcomes in (("awards", "refers"), ("unknown",)):
        for finding in reversed(ruling.findings):
            if finding.outcome in outcomes:
                return finding
    return None


def _evidence(ruling: Ruling) -> Sequence[str]:
    finding = _deciding(ruling)
    return finding.evidence if finding is not None else ()


_COMPARE: dict[str, Callable[..., _Told]] = {
    "status": _name(lambda ruling: ruling.status),
    "credit": lambda expected, ruling, calendar: _same(_shares(expected), _credit(ruling.credit)),
    "holder": _name(lambda ruling: ruling.holder),
    "decided_by": _name(lambda ruling: ruling.decided_by),
    "referred_to": _name(lambda ruling: ruling.referred_to),
    "provisional": _provisional,
    "totals": _totals,
    "warns": _warns,
    "sanctions": _measures(lambda ruling: ruling.sanctions, "staff", "measure"),
    "rates": _measures(lambda ruling: ruling.rates, "party", "rate"),
    "by_rule": _by_rule,
    "margin": _margin,
    "evidence": _refs(_evidence),
    "refused": _refs(lambda ruling: [r.event for f in ruling.findings for r in f.refused]),
    "needs": _refs(lambda ruling: [need.question for need in ruling.needs]),
    "supports": _refs(lambda ruling: [f.clause for f in ruling.findings if f.outcome == _NOTED]),
}
_NOTED = "supports"
EXPLAINED = frozenset({"refused", "needs"})
"""What stands in findings that only a full account holds."""


# --------------------------------------------------------------------------- reading

_FILE_KEYS = frozenset({"policy", "timezone", "outlets", "staff", "case"})
_CASE_KEYS = frozenset(
    {
        "id",
        "title",
        "cites",
        "history",
        "ask",
        "as_of",
        "deal",
        "set",
        "caseloads",
        "unattested",
        "expect",
    }
)
_EXPECTED: dict[str, tuple[type, ...]] = {
    "status": (str,),
    "credit": (dict,),
    "holder": (str,),
    "decided_by": (str,),
    "referred_to": (str,),
    "provisional": (bool, str),
    "totals": (dict,),
    "warns": (list,),
    "sanctions": (list,),
    "rates": (list,),
    "by_rule": (dict,),
    "margin": (str,),
    "evidence": (list,),
    "refused": (list,),
    "needs": (list,),
    "supports": (list,),
}
_BY_RULE = frozenset({"status", "credit", "decided_by"})


def parse_cases(text: str, *, policy: Policy, file: str) -> tuple[WorkedCase, ...]:
    """The worked cases of a file, checked against the policy they are for.

    `file` is what errors call it.  Raises InputRejected with the line where it is faulty.
    """
    return _Reader(text, policy, file).cases()


def _fault(
    file: str, line: int | None, problem: Sentence, hint: Sentence | None = None
) -> InputRejected:
    if line is None:
        return InputRejected(Sentence("{file}: {problem}", file=file, problem=problem), hint)
    return InputRejected(
        Sentence("{file}, line {line}: {problem}", file=file, line=line, problem=problem), hint
    )


class _Reader:
    """A file of cases being read: its data, and where in the text each thing stands."""

    def __init__(self, text: str, policy: Policy, file: str) -> None:
        self.policy, self.file = policy, file
        if len(text) > MAX_FILE:
            raise self._fault(None, Sentence("is larger than {limit} bytes", limit=MAX_FILE))
        try:
            self.data = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            found = re.search(r"at line (\d+)", str(error))
            line = int(found.group(1)) if found else None
            raise self._fault(line, Sentence("{problem}", problem=str(error))) from None
        self.places = _Places(text)
        self._known_keys(self.data, _FILE_KEYS, None, self.places.top)
        if self.data.get("policy") != policy.id:
            raise self._fault(
                self.places.top.line_of("policy"),
                Sentence(
                    "these cases are for the policy {named}, not {policy}",
                    named=str(self.data.get("policy", "-")),
                    policy=policy.id,
                ),
                Sentence("write policy = {policy}", policy=f'"{policy.id}"'),
            )
        self.calendar = self._zone()
        self.staff: list[dict[str, Any]] = [*self._outlets(), *self._staff()]

    def _fault(
        self, line: int | None, problem: Sentence, hint: Sentence | None = None
    ) -> InputRejected:
        return _fault(self.file, line, problem, hint)

    def _known_keys(
        self, table: Mapping[str, Any], known: frozenset[str], line: int | None, section: _Section
    ) -> None:
        for key in table:
            if key not in known:
                raise self._fault(
                    section.line_of(key) or line,
                    Sentence("unknown key {key}", key=key),
                    Sentence("known are {known}", known=", ".join(sorted(known))),
                )

    def _zone(self) -> Calendar:
        name = self.data.get("timezone", "Asia/Shanghai")
        try:
            return Calendar(name)
        except (ValueError, KeyError, OSError, TypeError, AttributeError):
            raise self._fault(
                self.places.top.line_of("timezone"),
                Sentence("there is no time zone {zone}", zone=str(name)),
                Sentence("time zones read for example Asia/Shanghai"),
            ) from None

    # ------------------------------------------------------------------ outlets, staff

    def _outlets(self) -> Iterator[dict[str, Any]]:
        for name, given in self._table("outlets").items():
            fields = {"type": given} if isinstance(given, str) else given
            yield self._member("outlets", name, {"outlet": name, "name": name}, fields)

    def _staff(self) -> Iterator[dict[str, Any]]:
        for name, given in self._table("staff").items():
            fields = given
            if isinstance(given, str):
                words = given.split()
                if not 2 <= len(words) <= 3:
                    raise self._fault(
                        self.places.line_in("staff", name),
                        Sentence("{name} is no member of staff: {text}", name=name, text=given),
                        _STAFF_HINT,
                    )
                fields = dict(zip(("role", "outlet", "department"), words, strict=False))
            yield self._member("staff", name, {"staff": name, "name": name}, fields)

    def _table(self, name: str) -> dict[str, Any]:
        table = self.data.get(name, {})
        if not isinstance(table, dict):
            raise self._fault(
                self.places.top.line_of(name), Sentence("{key} must be a table", key=name)
            )
        return table

    def _member(self, section: str, name: str, line: dict[str, Any], fields: Any) -> dict[str, Any]:
        place = self.places.line_in(section, name)
        if not isinstance(fields, dict):
            raise self._fault(place, Sentence("{key} must be a table", key=name), _STAFF_HINT)
        line = {"kind": section.rstrip("s"), **line, **fields, "at": _ANY_TIME}
        try:
            read_line(line)
        except InputRejected as fault:
            raise self._fault(place, fault.message, fault.hint) from None
        return line

    # ------------------------------------------------------------------------- cases

    def cases(self) -> tuple[WorkedCase, ...]:
        """Every case of the file; raises InputRejected if there is none."""
        tables = self.data.get("case", [])
        if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            raise self._fault(None, Sentence("{key} must be a table", key="[[case]]"))
        if not tables:
            raise self._fault(
                None,
                Sentence("there is no case in it"),
                Sentence("a case begins with {header}", header="[[case]]"),
            )
        sections = self.places.of_cases(len(tables))
        found: dict[str, WorkedCase] = {}
        for table, section in zip(tables, sections, strict=True):
            case = self._case(table, section)
            if case.id in found:
                raise self._fault(
                    section.line_of("id"),
                    Sentence("the case {id} stands twice", id=case.id),
                    Sentence("give every case an id of its own"),
                )
            found[case.id] = case
        return tuple(found.values())

    def _case(self, table: dict[str, Any], section: _Section) -> WorkedCase:
        def text(key: str, *, needed: bool = False) -> str | None:
            value = table.get(key)
            if isinstance(value, str) and (value.strip() or not needed):
                return value
            if value is None and not needed:
                return None
            raise self._fault(
                section.line_of(key) or section.line,
                Sentence("{key} is missing or of the wrong type", key=key),
                _CASE_HINT,
            )

        self._known_keys(table, _CASE_KEYS, section.line, section)
        identity = text("id", needed=True) or ""
        cites = text("cites", needed=True) or ""
        title = self._title(table, section)
        unattested = table.get("unattested", False)
        if not isinstance(unattested, bool):
            raise self._fault(
                section.line_of("unattested"),
                Sentence("{key} is missing or of the wrong type", key="unattested"),
            )
        drafts = self._history(text("history", needed=True) or "", section)
        events, named = self._events(drafts, section, attested=not unattested)
        customer = text("ask") or next(iter(named), None)
        if customer is None or customer not in named:
            raise self._fault(
                section.line_of("ask") or section.line,
                Sentence("no customer {customer} in the history", customer=customer or ""),
                Sentence("`ask` names the customer to rule on"),
            )
        as_of = text("as_of")
        return WorkedCase(
            identity,
            title,
            cites,
            self.file,
            section.line,
            dossier_of(events, customer),
            People(staff_entries(events)),
            self.calendar,
            customer,
            max(max(e.at, e.recorded_at) for e in events) + _LONG_AFTER
            if as_of is None
            else self._moment(as_of, section, "as_of"),
            text("deal"),
            self._set(table.get("set", {}), section),
            self._caseloads(table.get("caseloads"), section),
            self._expect(table.get("expect"), section),
        )

    def _title(self, table: Mapping[str, Any], section: _Section) -> Bilingual:
        title = table.get("title")
        if isinstance(title, str) and title.strip():
            return Bilingual(title, title)
        if isinstance(title, dict) and set(title) == {"en", "zh"}:
            return Bilingual(str(title["en"]), str(title["zh"]))
        raise self._fault(
            section.line_of("title") or section.line,
            Sentence("{key} is missing or of the wrong type", key="title"),
            Sentence("a title is text, or has the texts {keys}", keys="title.en, title.zh"),
        )

    def _moment(self, text: str, section: _Section, key: str) -> Moment:
        try:
            return local_moment(text, self.calendar)
        except InputRejected as fault:
            raise self._fault(section.line_of(key), fault.message, fault.hint) from None

    def _history(self, text: str, section: _Section) -> list[tuple[int | None, dict[str, Any]]]:
        """Every line of a history with its line in the file."""
        first = self.places.first_line_of_text(section, "history")
        found = []
        for offset, line in enumerate(text.split("\n")):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            place = first + offset if first is not None else section.line
            try:
                found.append((place, read_line_of_history(line, self.calendar)))
            except InputRejected as fault:
                raise self._fault(place, fault.message, fault.hint) from None
        return found

    def _events(
        self,
        lines: list[tuple[int | None, dict[str, Any]]],
        section: _Section,
        *,
        attested: bool,
    ) -> tuple[list[Event], dict[str, None]]:
        """The events of a case after those that introduce whom they name; the customers named."""
        drafts = []
        for place, line in lines:
            try:
                drafts.append((place, line, read_line(line)))
            except InputRejected as fault:
                raise self._fault(place, fault.message, fault.hint) from None
        named = dict.fromkeys(
            id for _, _, draft in drafts for what, id in references(draft) if what == "customer"
        )
        introduced = {draft.customer for _, _, draft in drafts if draft.kind == "customer"}
        named |= dict.fromkeys(filter(None, introduced))
        if not drafts:
            raise self._fault(section.line, Sentence("the history is empty"), _CASE_HINT)
        self._check_names(drafts)
        beginning = self.calendar.iso(min(d.at for _, _, d in drafts if d.at is not None) - DAY)
        start: list[dict[str, Any]] = [{**line, "at": beginning} for line in self.staff]
        start += [
            {"kind": "customer", "customer": name, "name": name, "at": beginning}
            for name in named
            if name not in introduced
        ]
        events: list[Event] = []
        by_ref: dict[str | int, Event] = {}
        for place, line in [*((None, line) for line in start), *lines]:
            seq = len(events) + 1
            try:
                event = event_of(line, seq, by_ref, attested=attested)
            except InputRejected as fault:
                raise self._fault(place, fault.message, fault.hint) from None
            if event.id is not None and event.id in by_ref:
                raise self._fault(place, Sentence("the id {id} stands twice", id=event.id))
            events.append(event)
            by_ref[seq] = event
            if event.id is not None:
                by_ref[event.id] = event
        return events, named

    def _check_names(self, drafts: Sequence[tuple[int | None, Any, Draft]]) -> None:
        """Whoever is named is somebody: a slip of the pen would be a stranger without effect."""
        staff = {line["staff"] for line in self.staff if "staff" in line}
        outlets = {line["outlet"] for line in self.staff if "staff" not in line}
        ids: set[str] = set()
        for place, _, draft in drafts:
            if draft.kind == "staff":
                staff.add(draft.fields["staff"])
            elif draft.kind == "outlet":
                outlets.add(draft.fields["outlet"])
            for what, name in references(draft):
                known = {
                    "staff": staff,
                    "outlet": outlets,
                    "party": staff | outlets,
                    "event": ids,
                }.get(what)
                if known is not None and name not in known and not isinstance(name, int):
                    raise self._fault(
                        place, _NOBODY[what](name), Sentence("known are {known}", known=known)
                    )
            if draft.id is not None:
                ids.add(draft.id)

    def _set(self, given: Any, section: _Section) -> dict[str, Any]:
        line = section.line_of("set") or section.line
        if not isinstance(given, dict):
            raise self._fault(line, Sentence("{key} must be a table", key="set"))
        settings = {}
        for name, value in given.items():
            parameter = self.policy.parameters.get(name)
            if parameter is None:
                raise self._fault(
                    line,
                    Sentence("no parameter {name} in {policy}", name=name, policy=self.policy.id),
                    Sentence("parameters are: {names}", names=", ".join(self.policy.parameters)),
                )
            try:
                settings[name] = parameter.read(
                    None if value == "null" and parameter.optional else value
                )
            except ValueError:
                raise self._fault(
                    line,
                    Sentence("{value} is not a value of {name}", value=str(value), name=name),
                    Sentence("allowed: {values}", values=parameter.allowed()),
                ) from None
        return settings

    def _caseloads(self, given: Any, section: _Section) -> dict[str, int] | None:
        """How many customers everybody holds, for policies that ask: not in one history."""
        if given is None:
            return None
        if isinstance(given, dict) and all(type(n) is int and n >= 0 for n in given.values()):
            return given
        raise self._fault(
            section.line_of("caseloads") or section.line,
            Sentence("{key} is missing or of the wrong type", key="caseloads"),
            Sentence("caseloads read {shape}", shape="{ li = 3, wang = 5 }"),
        )

    def _expect(self, given: Any, section: _Section) -> dict[str, Any]:
        line = section.line_of("expect") or section.line
        if not isinstance(given, dict) or not given:
            raise self._fault(line, Sentence("the case expects nothing"), _EXPECT_HINT)
        expect = dict(given)
        for key, value in given.items():
            kinds = _EXPECTED.get(key)
            if kinds is None:
                raise self._fault(line, Sentence("unknown key {key}", key=key), _EXPECT_HINT)
            if not isinstance(value, kinds) or not _well_formed(key, value):
                hint = _EXPECT_HINT
                if key == "status":
                    hint = Sentence("must be one of {values}", values=", ".join(STATUSES))
                raise self._fault(
                    line,
                    Sentence("{key} is missing or of the wrong type", key=f"expect.{key}"),
                    hint,
                )
        if isinstance(expect.get("provisional"), str):
            expect["provisional"] = self._moment(expect["provisional"], section, "expect")
        return expect


def _well_formed(key: str, value: Any) -> bool:
    if key == "status":
        return value in STATUSES
    if key == "by_rule":
        return bool(value) and set(value) <= _BY_RULE and isinstance(value.get("credit", {}), dict)
    if key in ("sanctions", "rates"):
        known = {"staff", "measure", "amount"} if key == "sanctions" else {"party", "rate"}
        return all(isinstance(row, dict) and row and set(row) <= known for row in value)
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return True


_ANY_TIME = "2000-01-01T00:00:00Z"
_STAFF_HINT = Sentence(
    "staff reads {staff}, outlets {outlets}",
    staff='li = "consultant main"',
    outlets='main = "store"',
)
_CASE_HINT = Sentence("a case needs {keys}", keys="id, title, cites, history, expect")
_EXPECT_HINT = Sentence("expect takes {keys}", keys=", ".join(_EXPECTED))
_NOBODY: dict[str, Callable[[Any], Sentence]] = {
    "staff": lambda name: Sentence("no staff {staff}", staff=name),
    "outlet": lambda name: Sentence("no outlet {outlet}", outlet=name),
    "party": lambda name: Sentence("no staff or outlet {party}", party=name),
    "event": lambda name: Sentence("no entry {ref} before this one", ref=str(name)),
}


# ------------------------------------------------------------------ where things stand

_HEADER = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")
_KEY = re.compile(r"""\s*["']?([^\s"'=.\[#]+)["']?\s*[=.]""")
_QUOTES = re.compile(r'"""|\'\'\'')


class _Section(NamedTuple):
    """A header, or the top of the file: its line, and the lines of its keys."""

    name: str
    line: int | None
    keys: dict[str, int]

    def line_of(self, key: str) -> int | None:
        """The line where a key begins, counted from 1."""
        return self.keys.get(key)


class _Places:
    """Where the sections and keys of a TOML text stand: its reader forgets the lines."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.top = _Section("", 1, {})
        self.sections = [self.top]
        quoted: str | None = None
        for number, line in enumerate(self.lines, 1):
            if quoted is None:
                self._note(number, line)
            for mark in _QUOTES.findall(line):
                if quoted is None:
                    quoted = mark
                elif quoted == mark:
                    quoted = None

    def _note(self, number: int, line: str) -> None:
        header = _HEADER.match(line)
        if header is not None:
            name = header.group(1)
            outer, _, inner = name.partition(".")
            if outer == "case" and inner and self.sections[-1].name == "case":
                self.sections[-1].keys.setdefault(inner.partition(".")[0], number)
            else:
                self.sections.append(_Section(name, number, {}))
            return
        key = _KEY.match(line)
        if key is not None:
            self.sections[-1].keys.setdefault(key.group(1), number)

    def of_cases(self, count: int) -> list[_Section]:
        """The section of every case; without lines where they are not written as sections."""
        found = [section for section in self.sections if section.name == "case"]
        return found if len(found) == count else [_Section("case", None, {})] * count

    def line_in(self, section: str, key: str) -> int | None:
        """The line of a key of a section, or else of the section itself."""
        for one in self.sections:
            if one.name == section:
                return one.line_of(key) or one.line
            if one.name == f"{section}.{key}":
                return one.line
        return None

    def first_line_of_text(self, section: _Section, key: str) -> int | None:
        """The line of the first character of a text of several lines."""
        line = section.line_of(key)
        if line is None:
            return None
        opened = _QUOTES.search(self.lines[line - 1])
        alone = opened is not None and not self.lines[line - 1][opened.end() :].strip()
        return line + 1 if alone else line
