"""Texts as somebody means harm with them, and what would show that one of them acted."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch

JOINERS = "\u200c\u200d"
"""Format characters that hold letters and emoji together and are shown as they are."""

_ESCAPES = (
    *("\x1b[31m", "\x1b[2J\x1b[H", "\x1b[?1049h", "\x1b[6n", "\x1b]0;title\x07", "\x1bc", "\x1b"),
    *("\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", "\x1b]52;c;cm0gLXJm\x07"),
    *("\x1bP1$qm\x1b\\", "\x1b_Gi=1\x1b\\", "\x9b2J", "\x9d0;t\x9c", "\x90q\x9c", "\x07", "\x08"),
    *("\x7f", "\x00", "\r", "\n", "\t", "\x0b", "\x0c", "\x0e", "\x85", "\x1f", "\u2028", "\u2029"),
)
_DIRECTIONS = tuple("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_UNSEEN = (
    *"\u200b\u2060\ufeff\u00ad\u180e\u2061\u206a\ufff9\ufffb\u200c\u200d\u034f\u3164",
    *("\U000e0041\U000e007f", "\U0001d173", "\U00013430", "\U0001bca0", "\ufe0f"),
)
_MARKUP = (
    *("[red]", "[/]", "[link=http://evil.example]x[/link]", "[@click=app.quit]", "[bold", "\\["),
    *(":warning:", "[[", "]]", "[on red blink]", "{0}", "{", "}", "{{", "{staff}", "{x.__class__}"),
    *(
        "{0.__init__.__globals__}",
        "{:>9999}",
        "%s",
        "%(x)s",
        "%n",
        "$x",
        "${x}",
        "`id`",
        "\\N{BEL}",
    ),
)
_PAGES = (
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)"),
    *("</title><script>x</script>", "</style><script>x</script>", "<svg onload=alert(1)>", "]]>"),
    *("<!--", "-->", "&lt;b&gt;", "&#x3c;script>", "javascript:alert(1)", "expression(alert(1))"),
    *("{{ 7*7 }}", "{% include 'x' %}", "{#", '<a href="http://evil.example">', "<![CDATA["),
    *(
        'url("http://evil.example")',
        "@import 'x';",
        "<foreignObject>",
        "&",
        "<?xml",
        "<b/onclick=x>",
    ),
)
_PAPER = (
    *('#import "x.typ"', '#eval("1")', "= Heading", "$x^2$", "*b*", "_i_", "@label", "<label>"),
    *('#link("http://evil.example")[x]', '#read("/etc/passwd")', "```", "\\u{41}", "/*", "//", "#"),
)
_ORDINARY = ("王小明", "Zhao", "看车", "vehicle", "O'Neill", "价格 15 万", "é", "Ünal", "ひろし")
_ODD = (
    *(
        "长" * 90,
        "a" * 300,
        "W" * 120,
        "e" + "\u0301" * 50,
        "Z\u0338\u0335\u0321" * 9,
        "👩‍👩‍👧",
        "𠮷",
    ),
    *(
        "\ufdfd" * 4,
        "\uffff",
        "\ufffe",
        "\U0010ffff",
        "\ue000",
        "\u0378",
        "\u3000",
        "\xa0",
        "\u0300",
    ),
    *("ﷺ", "مرحبا", "שלום", "１２３", "🇨🇳", "\U0001f3f4\U000e0067\U000e007f", "İ", "ß", "ﬁ"),
)
_CELLS = ("=1+1", "@SUM(A1)", "+1", "-1", "＝1", "=cmd|' /C calc'!A0", "'=1", "redacted by #1")
_QUERIES = (
    "'); DROP TABLE events;--",
    '" OR 1=1 --',
    "\\'; --",
    "%' OR '1'='1",
    "NULL",
    "?1",
    ":a",
)

KINDS = (_ESCAPES, _DIRECTIONS, _UNSEEN, _MARKUP, _PAGES, _PAPER, _ODD, _CELLS, _QUERIES)


def hostile(chance: random.Random) -> str:
    """A text of one to four attacks between ordinary words; not blank, at most 500 characters."""
    pieces: list[str] = []
    for _ in range(chance.choice((1, 1, 2, 3, 4))):
        pieces.append(chance.choice(chance.choice(KINDS)))
        if chance.random() < 0.6:
            pieces.append(chance.choice(_ORDINARY))
    if chance.random() < 0.4:
        pieces.insert(0, chance.choice(_ORDINARY))
    text = unicodedata.normalize("NFC", "".join(pieces))[:500]
    return text if text.strip() else f"{text}王"


def hostile_id(chance: random.Random, begins: str) -> str:
    """The same as an id; it begins so, so that lists are in the same order as with harmless ids."""
    text = "".join(char for char in hostile(chance) if not char.isspace())
    return unicodedata.normalize("NFC", f"{begins}.{text}")[:120]


@contextmanager
def everything_taken() -> Iterator[None]:
    """A register written by a program that checks no text: what is shown must not rely on it."""
    with patch("conflictctl.events._clean", lambda text, limit, *, lines: text):
        yield


def active_in(text: str, *, tabs: bool = False) -> str | None:
    """The first character that acts on a terminal or in a page, with what is around it."""
    for place, char in enumerate(text):
        if char == "\n" or char in JOINERS or (tabs and char == "\t") or char.isprintable():
            continue
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            return repr(text[max(0, place - 30) : place + 30])
    return None


class _Elements(HTMLParser):
    """Every element with the names of its attributes, and what its scripts and styles hold."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: Counter[object] = Counter()
        self.targets: set[str] = set()
        self._raw = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag, tuple(sorted(name for name, _ in attrs))] += 1
        self._raw = tag if tag in ("script", "style") else ""
        for name, value in attrs:
            if name in ("href", "src", "xlink:href", "action") and not (value or "").startswith(
                "#"
            ):
                self.targets.add(value or "")
            if name == "style" or name.startswith("on"):
                self.found[name, value] += 1

    def handle_endtag(self, tag: str) -> None:
        self._raw = ""

    def handle_data(self, data: str) -> None:
        if self._raw:
            self.found[self._raw, data.strip()] += 1

    def handle_comment(self, data: str) -> None:
        self.found["comment", data] += 1

    def handle_pi(self, data: str) -> None:
        self.found["processing instruction", data] += 1

    def unknown_decl(self, data: str) -> None:
        self.found["declaration", data] += 1


def elements(page: str) -> tuple[Counter[object], set[str]]:
    """What a page or picture consists of, and where it leads; its texts do not matter."""
    parser = _Elements()
    parser.feed(page)
    parser.close()
    return parser.found, parser.targets


def shape(value: Any, called: Mapping[str, str]) -> object:
    """A JSON value without its texts and numbers; `called` gives ids their harmless names."""
    if isinstance(value, dict):
        pairs = ((called.get(key, key), shape(part, called)) for key, part in value.items())
        return tuple(sorted(pairs, key=repr))
    if isinstance(value, list):
        return tuple(sorted((shape(part, called) for part in value), key=repr))
    return type(value).__name__
