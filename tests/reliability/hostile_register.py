"""A register in which every text is somebody's attack, and policies likewise."""

from __future__ import annotations

import json
import random
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from conflictctl import events
from conflictctl.calendar import HOUR, parse_time
from conflictctl.events import KINDS, read_line
from conflictctl.register.store import create_register
from tests.register.conftest import EVERY_KIND
from tests.reliability.frame import ROOT
from tests.reliability.hostile import everything_taken, hostile, hostile_id

_BEGIN = parse_time("2013-03-01T09:00:00+08:00")[0]
_IDS = (
    *("K1", "K2", "K3", "sun", "wang", "li", "shop", "boshan", "gm"),
    *("v1", "f1", "o1", "c1", "r1", "D1", "P1", "T1", "L1", "C-2013-0001", "C-2013-0002"),
)
_NAMING = frozenset(
    (
        *("customer", "customers", "staff", "outlet", "by", "recorded_by", "id", "on", "to"),
        *("to_outlet", "parties", "party", "handler", "owner", "subject", "strikes", "evidence"),
        *("against", "case", "corrects", "voids", "cover", "named", "witness", "answer", "deal"),
        *("proposal", "task", "lesson", "accompanied_by", "approved_by", "signers", "shares"),
        "award",
    )
)
_TEXTS = frozenset((events._text, events._name, events._words))
_NO_TEXTS = frozenset(("question", "login", "digest", "root"))
"""Words of a policy or of the program, though their form is free."""
PRESETS = ROOT / "conflictctl" / "policy" / "presets"
CASE_PRESETS = ROOT / "conflictctl" / "cases" / "presets"
_POLICY_TEXT = re.compile(r'\b(en|zh|source)(\s*=\s*)"((?:[^"\\]|\\.)*)"')


class Texts:
    """Hostile texts in place of others, counted; an id is the same wherever it stands.

    `tame` ones are those that the program itself takes, in letters that there are fonts for;
    `braces` is whether texts of policies hold any: a policy with a wrong one is refused.
    """

    def __init__(self, seed: int, *, tame: bool, braces: bool) -> None:
        self._chance = random.Random(seed)
        self._braces = braces
        self.tame = tame
        self.count = 0
        self.ids = {name: self._made(hostile_id, name) for name in _IDS}

    def text(self, before: str) -> str:
        """A text that takes the place of another."""
        return self._made(hostile)

    def taken(self, before: str) -> str:
        """The same, of those that the program takes."""
        return _tamed(self.text(before))

    def policy_text(self, before: str) -> str:
        """The same for a text of a policy."""
        text = self.text(before)
        return text if self._braces else re.sub("[{}]", "", text) or "x"

    def _made(self, make: Callable[..., str], *begins: str) -> str:
        self.count += 1
        text = make(self._chance, *begins)
        return _tamed(text) if self.tame else text


def _tamed(text: str) -> str:
    return "".join(filter(_tame, text)).strip() or "x"


def _tame(char: str) -> bool:
    return (
        (char.isprintable() or unicodedata.category(char) == "Cf")
        and (char < "\u0250" or "\u2010" < char < "\u9fff")
        and not "\u2028" <= char <= "\u206f"
    )


class Harmless:
    """The texts as they are."""

    tame = True
    count = 0
    ids: Mapping[str, str] = {name: name for name in _IDS}

    def text(self, before: str) -> str:
        """The text itself."""
        return before

    taken = policy_text = text


def _lines(texts: Texts | Harmless) -> Iterator[dict[str, Any]]:
    """The lines of a register with an entry of every kind, each text exchanged."""
    gm = {"kind": "staff", "staff": "gm", "name": "钱", "role": "general_manager", "outlet": "shop"}
    for line in (*EVERY_KIND[:3], gm, *EVERY_KIND[3:]):
        if line["kind"] == "redaction":  # its customer would be shown by nothing
            continue
        more = {"note": "说明", **line}
        if line["kind"] in ("order", "close"):
            more = {"product": "轿车", **more}
        if line["kind"] == "customer":
            more = {"address": "淄博", **more}
        yield {name: _exchanged(line["kind"], name, value, texts) for name, value in more.items()}


def _exchanged(kind: str, name: str, value: Any, texts: Texts | Harmless) -> Any:
    if isinstance(value, list):
        return [_exchanged(kind, name, each, texts) for each in value]
    if isinstance(value, dict):
        return {key: _exchanged(kind, key, each, texts) for key, each in value.items()}
    if not isinstance(value, str):
        return value
    if name in _NAMING and value in texts.ids:
        return texts.ids[value]
    field = KINDS[kind].fields.get(name)
    free = name in ("people", "need") or (
        name in ("note", "name") if field is None else field.check in _TEXTS
    )
    return texts.text(value) if free and name not in _NO_TEXTS else value


def _policy(preset: Path, texts: Texts | Harmless) -> str:
    """A policy file with other texts: what it says to people, not its rules."""

    def other(found: re.Match[str]) -> str:
        before = tomllib.loads(f'x = "{found[3]}"')["x"]
        return f"{found[1]}{found[2]}{_toml(texts.policy_text(before))}"

    return _POLICY_TEXT.sub(other, preset.read_text("utf-8"))


def _toml(text: str) -> str:
    """The text as TOML has it, all but letters escaped; NUL is refused by its place."""
    plain = text.replace("\0", "")
    return '"' + "".join(c if c.isalnum() else f"\\U{ord(c):08x}" for c in plain) + '"'


class Stage(NamedTuple):
    """A register and files with texts in them, and the ids by their harmless names."""

    folder: Path
    ids: Mapping[str, str]
    tame: bool


def set_up(folder: Path, texts: Texts | Harmless) -> Stage:
    """A register and policies with these texts in a new folder."""
    folder.mkdir()
    now = [_BEGIN]

    def clock() -> int:
        now[0] += HOUR
        return now[0]

    with (
        nullcontext() if texts.tame else everything_taken(),
        create_register(
            str(folder / "r.db"), zone="Asia/Shanghai", clock=clock, policy="renault-zibo-2013"
        ) as register,
        register.writing(clock) as writer,
    ):
        for line in _lines(texts):
            writer.add(read_line(line))
    what_if = {"kind": "call", "by": "wang", "customer": "K1", "direction": "out"}
    what_if = {name: _exchanged("call", name, value, texts) for name, value in what_if.items()}
    what_if |= {"at": "2013-03-02T10:00:00+08:00", "note": texts.taken("x")}
    (folder / "what-if.jsonl").write_text(json.dumps(what_if) + "\n", "utf-8")
    (folder / "p.toml").write_text(_policy(PRESETS / "renault-zibo-2013.toml", texts), "utf-8")
    (folder / "m.toml").write_text(_policy(PRESETS / "meiteng-2015.toml", texts), "utf-8")
    (folder / "c.toml").write_text(_policy(CASE_PRESETS / "customer-conflict.toml", texts), "utf-8")
    return Stage(folder, texts.ids, texts.tame)
