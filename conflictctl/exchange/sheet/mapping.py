"""A mapping: which headings of a sheet are which fields, and what its words mean.

Mappings are TOML files: those that come with the program lie in `exchange/mappings`, a
company's own may extend one of them.  docs/import-formats.md explains the file to its
authors.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as AnyMapping
from datetime import time
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.events import COMMON, KINDS
from conflictctl.exchange.sheet.dates import ORDERS, Rules
from conflictctl.exchange.sheet.words import folded, heading
from conflictctl.wording import Bilingual, Sentence

OWN_TARGETS = frozenset({"date", "time", "name", "phones", "skip"})
"""What columns may hold beside fields of events: parts of them, and whether a row counts."""

TARGETS = (
    OWN_TARGETS
    | (COMMON - {"attested_by", "seq", "appended_at"})
    | frozenset(name for kind in KINDS.values() for name in kind.fields)
)
KEY_PARTS = frozenset({"at", "who", "by", "kind", "customer", "outlet", "note", "level", "channel"})
SKIP = "skip"
"""A key of a translated word: the row tells nothing that happened, and is left out."""

_FILLS = {"always": True, "merged": False}


class Column(NamedTuple):
    """What one target is read from.

    `headings` in their one spelling, the best first; with `join` all that are there are
    read, else the first.  `values` translate words (in their one spelling) into fields; `words`
    are these as written.  `otherwise` is what becomes of another word: refuse, keep or drop.
    `fill` is None, or whether a blank is filled from above always (True) or only under a merged
    cell (False).
    """

    target: str
    headings: tuple[str, ...]
    labels: tuple[str, ...]
    required: bool
    join: bool
    fill: bool | None
    values: dict[str, dict[str, Any]]
    words: tuple[str, ...]
    otherwise: str


class Mapping(NamedTuple):
    """A mapping file, parsed and checked.

    `key` are the parts of a row's natural key; `any_of` groups of targets of which one must
    have its column.  `staff` and `outlets` name ids by the words of the sheet.
    """

    id: str
    title: Bilingual
    source: str
    checked: Bilingual
    prefix: str
    columns: dict[str, Column]
    any_of: tuple[tuple[str, ...], ...]
    fixed: dict[str, Any]
    key: tuple[str, ...]
    dates: Rules
    staff: dict[str, str]
    outlets: dict[str, str]
    unnamed: str | None
    by_name: bool
    blank: frozenset[str]
    totals: frozenset[str]


def preset_ids() -> list[str]:
    """The mappings that come with the program, by name."""
    return sorted(
        item.name.removesuffix(".toml") for item in _folder().iterdir() if _is_toml(item.name)
    )


def presets() -> list[Mapping]:
    """The mappings that come with the program."""
    return [load_mapping(name) for name in preset_ids()]


@lru_cache(maxsize=64)
def load_mapping(name_or_path: str) -> Mapping:
    """The mapping with this id, or in this file.

    Raises WrongUsage for one that is not there, InputRejected for a faulty one.
    """
    return _made(_table(name_or_path, ()), name_or_path)


def known_headings() -> frozenset[str]:
    """Every heading that a mapping of the program knows, in its one spelling."""
    return frozenset(
        name
        for mapping in presets()
        for column in mapping.columns.values()
        for name in column.headings
    )


# ----------------------------------------------------------------------------- reading


def _folder() -> Any:
    return resources.files("conflictctl.exchange").joinpath("mappings")


def _is_toml(name: str) -> bool:
    return name.endswith(".toml")


def _table(name: str, seen: tuple[str, ...]) -> dict[str, Any]:
    """The tables of a file, laid over those of the mapping it extends."""
    if name in seen:
        raise _faulty(name, Sentence("it extends itself"))
    try:
        table = tomllib.loads(_text(name))
    except tomllib.TOMLDecodeError as error:
        raise _faulty(name, Sentence("it is no TOML: {problem}", problem=str(error))) from None
    base = table.pop("extends", None)
    if base is None:
        return table
    below = Path(name).parent / base
    wanted = str(below) if _is_toml(str(base)) else str(base)
    return _laid_over(_table(wanted, (*seen, name)), table)


def _laid_over(below: dict[str, Any], above: AnyMapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = _laid_over(old, value) if both else value  # type: ignore[arg-type]
    return result


def _text(name: str) -> str:
    if name in preset_ids():
        return str(_folder().joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    path = Path(name)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise _faulty(name, Sentence("it is not UTF-8")) from None
    except (OSError, ValueError):
        raise WrongUsage(
            Sentence("no mapping {name}", name=name),
            Sentence("known are {known}, or the path of a mapping file", known=preset_ids()),
        ) from None


def _faulty(name: str, problem: Sentence) -> InputRejected:
    return InputRejected(Sentence("mapping {name}: {problem}", name=name, problem=problem))


class _Faults:
    """Takes values out of a table and complains about what is wrong with them."""

    def __init__(self, name: str, table: AnyMapping[str, Any], where: str = "") -> None:
        self.name = name
        self._where = where
        self._left = dict(table)

    def take(self, key: str, kind: type, default: Any) -> Any:
        value = self._left.pop(key, default)
        if value is not default and not isinstance(value, kind):
            self.wrong(key, Sentence("must be {type}", type=kind.__name__))
        return value

    def words(self, key: str) -> tuple[str, ...]:
        value = self.take(key, list, [])
        if not all(isinstance(item, str) for item in value):
            self.wrong(key, Sentence("must be a list of texts"))
        return tuple(value)

    def texts(self, key: str) -> dict[str, str]:
        value = self.take(key, dict, {})
        if not all(isinstance(item, str) for item in value.values()):
            self.wrong(key, Sentence("must be a table of texts"))
        return {folded(name): item for name, item in value.items()}

    def wrong(self, key: str, problem: Sentence) -> None:
        place = f"{self._where}{key}"
        raise _faulty(self.name, Sentence("{field}: {problem}", field=place, problem=problem))

    def finish(self) -> None:
        for key in self._left:
            self.wrong(key, Sentence("is not known here"))


def _made(table: dict[str, Any], name: str) -> Mapping:
    top = _Faults(name, table)
    identity = top.take("id", str, Path(name).stem)
    columns = {
        target: _column(name, target, body)
        for target, body in top.take("columns", dict, {}).items()
    }
    if not columns:
        top.wrong("columns", Sentence("is missing"))
    fixed = top.take("fixed", dict, {})
    for field in fixed:
        if field not in TARGETS:
            top.wrong(f"fixed.{field}", Sentence("is no field"))
    if "kind" not in fixed and "kind" not in columns and not _sets_kind(columns):
        top.wrong("fixed.kind", Sentence("is missing"))
    key = top.words("key") or ("at", "who", "by", "kind")
    for part in key:
        if part not in KEY_PARTS:
            top.wrong("key", Sentence("must be one of {values}", values=sorted(KEY_PARTS)))
    groups = top.take("any_of", list, [])
    customer = _Faults(name, top.take("customer", dict, {}), "customer.")
    made = Mapping(
        identity,
        _bilingual(top, "title", identity),
        top.take("source", str, ""),
        _bilingual(top, "checked", ""),
        top.take("prefix", str, identity),
        columns,
        tuple(tuple(map(str, group)) for group in groups if isinstance(group, list)),
        fixed,
        key,
        _rules(name, top.take("dates", dict, {})),
        top.texts("staff"),
        top.texts("outlets"),
        customer.take("unnamed", str, None),
        customer.take("by_name", bool, False),
        frozenset(map(folded, top.words("blank"))),
        frozenset(map(folded, top.words("totals"))) or _TOTALS,
    )
    customer.finish()
    top.finish()
    return made


_TOTALS = frozenset(
    map(folded, ("合计", "总计", "小计", "累计", "总数", "Total", "Grand Total", "Sum"))
)


def _sets_kind(columns: dict[str, Column]) -> bool:
    return any("kind" in fields for column in columns.values() for fields in column.values.values())


def _bilingual(faults: _Faults, key: str, default: str) -> Bilingual:
    value = faults.take(key, object, default)
    if isinstance(value, dict):
        return Bilingual(str(value.get("en", default)), str(value.get("zh", default)))
    return Bilingual(str(value), str(value))


def _column(name: str, target: str, body: Any) -> Column:
    where = f"columns.{target}."
    if target not in TARGETS:
        raise _faulty(
            name, Sentence("{field}: {problem}", field=where[:-1], problem=Sentence("is no field"))
        )
    if not isinstance(body, dict):
        body = {"headings": body if isinstance(body, list) else [body]}
    faults = _Faults(name, body, where)
    labels = faults.words("headings")
    if not labels:
        faults.wrong("headings", Sentence("is missing"))
    fill = faults.take("fill_down", str, None)
    if fill is not None and fill not in _FILLS:
        faults.wrong("fill_down", Sentence("must be one of {values}", values=list(_FILLS)))
    values: dict[str, dict[str, Any]] = {}
    translated = faults.take("values", dict, {})
    for word, meaning in translated.items():
        fields = meaning if isinstance(meaning, dict) else {target: meaning}
        for field in fields:
            if field not in TARGETS:
                faults.wrong(f"values.{word}", Sentence("is no field"))
        values[folded(word)] = fields
    otherwise = faults.take("otherwise", str, "refuse" if values else "keep")
    if otherwise not in ("refuse", "keep", "drop"):
        faults.wrong("otherwise", Sentence("must be one of {values}", values="refuse, keep, drop"))
    made = Column(
        target,
        tuple(dict.fromkeys(map(heading, labels))),
        labels,
        faults.take("required", bool, False),
        faults.take("join", bool, False),
        _FILLS[fill] if fill is not None else None,
        values,
        tuple(translated),
        otherwise,
    )
    faults.finish()
    return made


def _rules(name: str, body: dict[str, Any]) -> Rules:
    faults = _Faults(name, body, "dates.")
    order = faults.take("order", str, None)
    if order is not None and order not in ORDERS:
        faults.wrong("order", Sentence("must be one of {values}", values=list(ORDERS)))
    alone = faults.take("alone", object, None)
    if isinstance(alone, str):
        try:
            alone = time.fromisoformat(alone)
        except ValueError:
            faults.wrong("alone", Sentence("must be a time of day, for example 00:00"))
    epoch = faults.take("epoch", int, 1900)
    if epoch not in (1900, 1904):
        faults.wrong("epoch", Sentence("must be one of {values}", values="1900, 1904"))
    made = Rules(order, alone, faults.take("year", int, None), epoch == 1904)
    faults.finish()
    return made
