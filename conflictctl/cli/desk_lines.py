"""The short lines of the desk: `visit K1 H 14:30 wants a white one`, `来访 张三 H 今天 14:30 …`.

    LINE      = WHAT CUSTOMER {DETAIL} [NOTE]
    DETAIL    = level | time | direction | channel | `by` STAFF | `to` STAFF | `asked` ANSWER
                | `not-reached`

Details come before the note, in any order, each once.  The note begins with the first word
that is no detail, or after `//`.  A word that could be a detail and is none is refused: the
note would hide a slip.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from conflictctl.cli.times import read_leading
from conflictctl.errors import InputRejected
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar, Moment

NOTE_MARKS = ("//", "／／")

ENTRIES: dict[str, tuple[str, dict[str, Any]]] = {
    "visit": ("visit", {}),
    "来访": ("visit", {"direction": "in"}),
    "到店": ("visit", {"direction": "in"}),
    "went": ("visit", {"direction": "out"}),
    "上门": ("visit", {"direction": "out"}),
    "拜访": ("visit", {"direction": "out"}),
    "call": ("call", {}),
    "电话": ("call", {}),
    "来电": ("call", {"direction": "in"}),
    "去电": ("call", {"direction": "out"}),
    "followup": ("followup", {}),
    "跟进": ("followup", {}),
    "回访": ("followup", {}),
    "level": ("level", {}),
    "定级": ("level", {}),
    "filing": ("filing", {}),
    "报备": ("filing", {}),
}
"""The word that begins a line, the kind it records, and what it says by itself."""

_DIRECTIONS = {"in": "in", "out": "out", "呼入": "in", "呼出": "out"}
_CHANNELS = {
    "phone": "phone",
    "电话": "phone",
    "visit": "visit",
    "面谈": "visit",
    "wechat": "wechat",
    "微信": "wechat",
    "sms": "sms",
    "短信": "sms",
    "email": "email",
    "邮件": "email",
}
_NOT_REACHED = ("not-reached", "未接", "没接", "未联系上")
_BY = ("by", "顾问")
_TO = ("to", "给")
_ASKED = ("asked", "已问")
_NOBODY = ("none", "无", "没有")

_TAKES_LEVEL = frozenset({"visit", "call", "followup", "level"})
_WORD = re.compile(r'"([^"]*)"|“([^”]*)”|([^\s\u3000]+)')


class Word(NamedTuple):
    """A word of a line, without its quotation marks, and where it begins."""

    text: str
    start: int
    quoted: bool = False


class Read(NamedTuple):
    """What a line says: the customer as typed, and the fields of the entry."""

    kind: str
    customer: str
    at: Moment | None
    fields: dict[str, Any]


class Reading(NamedTuple):
    """What lines are read with."""

    now: Moment
    calendar: Calendar
    levels: Sequence[str]
    """The levels of the policy in use."""
    staff: Callable[[str], str]
    """The staff id that a text means; raises InputRejected."""


def split(line: str) -> list[Word]:
    """The words of a line; quotation marks hold a name with spaces together."""
    return [
        Word(match[1] or match[2] or match[3] or "", match.start(), match[3] is None)
        for match in _WORD.finditer(line)
    ]


def read_entry(line: str, reading: Reading) -> Read:
    """Read one line that records something.

    Raises InputRejected with the reason where it is not certain what the line says.
    """
    words = split(line)
    kind, given = ENTRIES[words[0].text.lower()]
    if len(words) < 2 or not words[1].text:
        raise InputRejected(
            Sentence("{word}: which customer?", word=words[0].text),
            Sentence("write {word} CUSTOMER; quote a name with spaces", word=words[0].text),
        )
    found = _Details(kind, dict(given), reading)
    at = 2
    while at < len(words):
        taken = found.take(words[at:])
        if taken == 0:
            break
        at += taken
    note = _note(line, words[at:])
    fields = {**found.fields, **({"note": note} if note else {})}
    _check_whole(kind, fields, words[0].text)
    return Read(kind, words[1].text, found.at, fields)


def _note(line: str, words: Sequence[Word]) -> str:
    if not words:
        return ""
    text = line[words[0].start :].strip()
    for mark in NOTE_MARKS:
        text = text.removeprefix(mark)
    return text.strip()


def _check_whole(kind: str, fields: dict[str, Any], word: str) -> None:
    if kind == "call" and "direction" not in fields:
        raise InputRejected(
            Sentence("{word}: did the customer call, or we him?", word=word),
            Sentence("write in or out after the customer (来电 and 去电 say it themselves)"),
        )
    if kind == "level" and "level" not in fields:
        raise InputRejected(Sentence("{word}: which level?", word=word), _AFTER)
    if kind == "filing" and "to" not in fields:
        raise InputRejected(
            Sentence("{word}: with whom is the customer filed?", word=word),
            Sentence("write `to STAFF` after the customer"),
        )


_AFTER = Sentence("write it after the customer")
_BEFORE_NOTE = Sentence("write // before the note if it belongs to the note")


class _Details:
    """What was read of a line so far."""

    def __init__(self, kind: str, fields: dict[str, Any], reading: Reading) -> None:
        self.kind = kind
        self.fields = fields
        self.at: Moment | None = None
        self._reading = reading
        self._said: set[str] = set()

    def take(self, words: Sequence[Word]) -> int:
        """Take in the detail that the words begin with; how many words it took, 0: none."""
        word = words[0]
        if word.quoted or word.text.startswith(NOTE_MARKS):
            return 0
        for attempt in (self._simple, self._person, self._level, self._time):
            taken = attempt(words)
            if taken:
                return taken
        return 0

    def _simple(self, words: Sequence[Word]) -> int:
        text = words[0].text.lower()
        if self.kind in ("visit", "call") and text in _DIRECTIONS:
            given = self.fields.get("direction")
            if given not in (None, _DIRECTIONS[text]):
                raise InputRejected(
                    Sentence("{word} contradicts the word before", word=text), _BEFORE_NOTE
                )
            return self._set("direction", _DIRECTIONS[text], text)
        if self.kind == "followup" and text in _CHANNELS:
            return self._set("channel", _CHANNELS[text], text)
        if self.kind in ("call", "followup") and text in _NOT_REACHED:
            return self._set("reached", False, text)
        return 0

    def _person(self, words: Sequence[Word]) -> int:
        text = words[0].text
        if text.startswith("@") and len(text) > 1:
            return self._set("by", self._reading.staff(text[1:]), text)
        low = text.lower()
        if low in _BY:
            return self._named("by", words)
        if self.kind == "filing" and low in _TO:
            return self._named("to", words)
        if self.kind == "visit" and low in _ASKED:
            answer = words[1].text if len(words) > 1 else ""
            if not answer:
                raise InputRejected(
                    Sentence("{word}: and what was the answer?", word=text),
                    Sentence("write `asked none` or `asked STAFF`"),
                )
            nobody = answer.lower() in _NOBODY
            self._set("asked", True, text)
            self.fields["answer"] = "none" if nobody else self._reading.staff(answer)
            return 2
        return 0

    def _named(self, field: str, words: Sequence[Word]) -> int:
        if len(words) < 2:
            raise InputRejected(
                Sentence("{word}: who?", word=words[0].text),
                Sentence("write the staff id after it"),
            )
        self._set(field, self._reading.staff(words[1].text), words[0].text)
        return 2

    def _level(self, words: Sequence[Word]) -> int:
        text = words[0].text
        plain = text.removesuffix("级").translate(_NARROW)
        if self.kind not in _TAKES_LEVEL:
            return 0
        if plain in self._reading.levels:
            return self._set("level", plain, text)
        near = [level for level in self._reading.levels if level.lower() == plain.lower()]
        if near:
            raise InputRejected(
                Sentence("{word}: is it the level {level}?", word=text, level=near[0]), _BEFORE_NOTE
            )
        if self.kind == "level" and "level" not in self.fields:
            raise InputRejected(
                Sentence(
                    "{word} is no level; there are {levels}",
                    word=text,
                    levels=list(self._reading.levels),
                ),
                _AFTER,
            )
        return 0

    def _time(self, words: Sequence[Word]) -> int:
        texts = [word.text for word in words]
        found = read_leading(texts, self._reading.now, self._reading.calendar)
        if found is None:
            return 0
        self._once("at", texts[0])
        self.at = found[0]
        return found[1]

    def _set(self, field: str, value: Any, word: str) -> int:
        self._once(field, word)
        self.fields[field] = value
        return 1

    def _once(self, field: str, word: str) -> None:
        if field in self._said:
            raise InputRejected(
                Sentence("{word}: the line says that twice", word=word), _BEFORE_NOTE
            )
        self._said.add(field)


_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def details_of(kind: str, levels: Sequence[str]) -> list[str]:
    """Words that may stand after the customer in a line of this kind."""
    words: list[str] = list(levels) if kind in _TAKES_LEVEL else []
    if kind in ("visit", "call"):
        words += _DIRECTIONS
    if kind == "followup":
        words += _CHANNELS
    if kind in ("call", "followup"):
        words += _NOT_REACHED
    if kind == "visit":
        words += _ASKED
    if kind == "filing":
        words += _TO
    return [*words, *_BY, "today", "yesterday", "今天", "昨天"]


NAMES_STAFF = frozenset({*_BY, *_TO, *_ASKED})
"""Words after which a member of staff is named."""
