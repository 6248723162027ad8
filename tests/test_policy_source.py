"""The places of values in a TOML text, checked against what tomllib reads there."""

from __future__ import annotations

import gc
import re
import time
import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflictctl.policy.source import KeyPath, Source

RENAULT = (
    resources.files("conflictctl.policy")
    .joinpath("presets/renault-zibo-2013.toml")
    .read_text(encoding="utf-8")
)


def every_path(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Each path of parsed data with what is there."""
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from every_path(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from every_path(inner, (*path, index))


def value_from(text: str) -> object:
    """The value that a text begins with, as tomllib reads it."""
    quote = text[0]
    if quote not in "\"'":
        plain = re.match(r"[^,\]}#\n]*", text)
        assert plain is not None
        return tomllib.loads(f"value = {plain.group().rstrip()}")["value"]
    for end in re.finditer(f"{quote}(?!{quote})", text[1:]):
        try:
            return tomllib.loads(f"value = {text[: end.end() + 1]}")["value"]
        except tomllib.TOMLDecodeError:
            continue  # a quote within the string
    raise AssertionError(f"no value at {text[:60]!r}")


def key_from(text: str) -> str:
    """The first part of the key that a text begins with."""
    bare = re.match(r"[A-Za-z0-9_-]+", text)
    return bare.group() if bare else str(value_from(text))


def rest_of(text: str, place: tuple[int, int]) -> str:
    lines = text.replace("\r\n", "\n").split("\n")
    line, column = place
    return "\n".join([lines[line - 1][column - 1 :], *lines[line:]])


def check_characters(text: str, source: Source, path: KeyPath, value: str) -> None:
    """Each character of a text value stands where `within` says, itself or as an escape."""
    places = [source.within(path, offset) for offset in range(len(value) + 1)]
    assert places == sorted(set(places))
    for char, place in zip(value, places, strict=False):
        there = rest_of(text, place)
        if there[0] == "\\" and char != "\\":
            there = re.match(r"\\(U.{8}|u.{4}|.)", there).group()  # type: ignore[union-attr]
            assert tomllib.loads(f'x = "{there}"')["x"] == char
        else:
            assert there[0] == char
    assert rest_of(text, places[-1])[0] in "\"'"


def check(text: str) -> None:
    """Every plain value of a text can be read where its place says."""
    source = Source(text, "a.toml")
    for path, value in every_path(tomllib.loads(text)):
        place = source.position(path)
        there = rest_of(text, place)
        if isinstance(value, dict | list):
            assert path == () or there[0] in "[{" or key_from(there) == path[-1]
            continue
        read = value_from(there)
        assert type(read) is type(value)
        assert read == value or str(read) == str(value) == "nan"
        if isinstance(value, str):
            check_characters(text, source, path, value)


def placed(text: str, *path: str | int) -> tuple[int, int]:
    return Source(text, "a.toml").position(path)


# ---------------------------------------------------------------------------- cases


def test_every_value_of_the_preset_can_be_read_where_its_place_says() -> None:
    source = Source(RENAULT, "renault-zibo-2013")
    for path, value in every_path(tomllib.loads(RENAULT)):
        there = rest_of(RENAULT, source.position(path))[:3000]
        if not isinstance(value, dict | list):
            assert value_from(there) == value, path
        if isinstance(value, str):
            check_characters(RENAULT, source, path, value)


def test_tables_begin_at_their_headers() -> None:
    text = "a = 1\n[b.c]\n[[d]]\nx = 1\n  [[d]]\n[d.e]\nx = 1\n[b]\n"
    assert placed(text, "b", "c") == (2, 1)
    assert placed(text, "b") == (8, 1)
    assert placed(text, "d") == placed(text, "d", 0) == (3, 1)
    assert placed(text, "d", 1) == (5, 3)
    assert placed(text, "d", 1, "e") == (6, 1)
    assert placed(text, "d", 0, "x") == (4, 5)


def test_dotted_and_quoted_keys() -> None:
    text = "[rule]\nwhy.en = 'x'\nwhy . \"z\\u0068\" = 'y'\n'a.b'.'' = 3\n"
    assert placed(text, "rule", "why") == (2, 1)
    assert placed(text, "rule", "why", "en") == (2, 10)
    assert placed(text, "rule", "why", "zh") == (3, 19)
    assert placed(text, "rule", "a.b", "") == (4, 12)


def test_inside_inline_tables_and_arrays() -> None:
    text = "x = {a = 1, b.c = {d = 2}}\ny = [ # ]\n  {k = '}'},\n  [3, 4],]\n"
    assert placed(text, "x") == (1, 5)
    assert placed(text, "x", "a") == (1, 10)
    assert placed(text, "x", "b") == (1, 13)
    assert placed(text, "x", "b", "c", "d") == (1, 24)
    assert placed(text, "y", 0) == (3, 3)
    assert placed(text, "y", 0, "k") == (3, 8)
    assert placed(text, "y", 1, 1) == (4, 7)


def test_a_path_that_leads_nowhere_stops_at_what_is_around_it() -> None:
    text = "[a]\nb = {c = 1}\nd = [1]\n"
    assert placed(text) == placed(text, "z", 3) == placed(text, 0) == (1, 1)
    assert placed(text, "a", "z") == (1, 1)
    assert placed(text, "a", "b", "z") == (2, 5)
    assert placed(text, "a", "b", "c", "z") == (2, 10)
    assert placed(text, "a", "d", 7) == placed(text, "a", "d", -1) == (3, 5)
    assert Source(text, "a.toml").within(("a", "b", "z"), 5) == (2, 5)
    assert Source(text, "a.toml").within(("a", "b", "c"), 5) == (2, 10)


LONG = '''[r]
when = """
not exists(claim)
  and \\
     \\
  b ""and\\u0041\\"x"""""
'''


def test_characters_of_a_long_string() -> None:
    value = tomllib.loads(LONG)["r"]["when"]
    source = Source(LONG, "a.toml")
    path = ("r", "when")
    assert source.within(path, value.index("not")) == (3, 1)
    assert source.within(path, value.index("and")) == (4, 3)
    assert source.within(path, value.index('b ""')) == (6, 3)
    assert source.within(path, value.index("A")) == (6, 10)
    assert source.within(path, value.rindex("x")) == (6, 18)
    assert source.within(path, len(value)) == source.within(path, 10**9) == (6, 21)
    assert source.within(path, -1) == (3, 1)
    check(LONG)


@pytest.mark.parametrize(
    "text",
    [
        "a = ''",
        'a = ""\nb = """"""\nc = \'\'\'\'\'\'',
        'a = """\n"""\nb = """x"""""',
        "a = '''\n''x''\n'''''\nb = '\\'",
        'a = """\\   \n\n  x"""\nb = "\\\\"\nc = "\\t\\U0001F600\\"é\u2028\x85"',
        "a = 1979-05-27 07:32:00 # ,]\nb = [1979-05-27 07:32:00, 07:32:00]",
        "c = +1e6\nd = -inf\ne=nan",
        "# only\n\n#\n   \n",
        "",
        "a.b.c = 1\na.b.d = 2\n[a.e]\n",
        "[[a.b]]\n[a.b.c]\nx = 1\n[[a.b]]\n[[a.b.d]]\ny = 1\n[[a.b.d]]\ny = 2",
        "[a]\nb = {}\nc = []\nd = [[], [[]], {}]\ne = true#x",
        "1234 = 1\n- = 2\n_ = 3\n3.14 = 4",
        'x = ["]", \'}\', """,\n]""", {a = "#"}] # "',
    ],
)
def test_corners_of_the_format(text: str) -> None:
    check(text)
    check(text.replace("\n", "\r\n"))


def test_windows_line_ends_and_a_byte_order_mark_move_nothing() -> None:
    plain = Source(RENAULT, "plain")
    other = Source("\ufeff" + RENAULT.replace("\n", "\r\n"), "other")
    for path, value in every_path(tomllib.loads(RENAULT)):
        assert other.position(path) == plain.position(path)
        if isinstance(value, str):
            assert other.within(path, len(value) // 2) == plain.within(path, len(value) // 2)


def test_lines_are_shown_without_their_ends() -> None:
    source = Source("\ufeffa = 1\r\nb = '\u2028'\n", "a.toml")
    assert [source.excerpt(line) for line in range(-1, 5)] == [
        *["", "", "a = 1"],
        *["b = '\u2028'", "", ""],
    ]


# ------------------------------------------------------------------------- any document

KEYS = st.text(st.sampled_from("ab-_.\" '#é]=\\"), max_size=3)
STRINGS = st.text(st.sampled_from("ab \n\t\"'\\#,]}é😀\u2028"), max_size=12)
PLAIN = st.one_of(
    STRINGS,
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.floats(allow_nan=False),
    st.dates(),
    st.datetimes().map(lambda moment: moment.replace(fold=0)),
    st.times().map(lambda moment: moment.replace(fold=0)),
)
DATA = st.dictionaries(
    KEYS,
    st.recursive(
        PLAIN,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


class Writer:
    """Writes data as TOML in one of the many ways, as `draw` decides."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def pick(self, *choices: str) -> str:
        return self._draw(st.sampled_from(choices))

    def key(self, name: str) -> str:
        if re.fullmatch("[A-Za-z0-9_-]+", name):
            return self.pick(name, f"'{name}'", self.escaped(name))
        return self.escaped(name) if "'" in name or self.pick("", "x") else f"'{name}'"

    def escaped(self, text: str, keep: str = "") -> str:
        def one(char: str) -> str:
            if char in '"\\\n\t' and char not in keep:
                short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}[char]
                return self.pick(short, f"\\u{ord(char):04x}")
            return self.pick(char, char, f"\\U{ord(char):08X}")

        return f'"{"".join(map(one, text))}"'

    def string(self, text: str) -> str:
        forms = ["escaped", "long"]
        if "'" not in text and "\n" not in text:
            forms.append("literal")
        if "'''" not in text:
            forms.append("long literal")
        form = self.pick(*forms)
        if form == "literal":
            return f"'{text}'"
        begin = "\n" if text.startswith("\n") else self.pick("", "\n")
        if form == "long literal":
            return f"'''{begin}{text}'''"
        if form == "long":
            # Quotes may stand as they are but for three in a row.
            inner = self.escaped(text, keep="\n\t")[1:-1]
            gap = self.pick("", "\\\n", "\\  \n\n \t")
            return f'"""{begin}{inner}{gap}"""'
        return self.escaped(text)

    def value(self, value: Any) -> str:
        gap = self.pick("", " ")
        if isinstance(value, dict):
            pairs = (f"{self.keys(k)}{gap}={gap}{self.value(v)}" for k, v in value.items())
            return f"{{{gap}{f'{gap},'.join(pairs)}{gap}}}"
        if isinstance(value, list):
            gap = self.pick("", " ", "\n\t", "# ]}'\"\n")
            items = (f"{gap}{self.value(item)}{gap}," for item in value)
            return f"[{''.join(items)}{gap}]"
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, int | float):
            return str(value)
        return str(value).replace(" ", self.pick(" ", "T"))

    def keys(self, name: str) -> str:
        return self.key(name) + self.pick("", " ")

    def table(self, value: dict[str, Any], path: tuple[str, ...] = ()) -> str:
        lines, later = [], []
        for name, inner in value.items():
            style = self.pick("plain", "header", "dotted")
            if isinstance(inner, dict) and style == "header":
                inside = self.table(inner, (*path, name))
                later.append(f"[{self.pick('', ' ')}{self.header(path, name)}]\n{inside}")
            elif isinstance(inner, dict) and inner and style == "dotted":
                for deeper, last in inner.items():
                    dotted = f"{self.keys(name)}.{self.pick('', ' ')}{self.keys(deeper)}"
                    lines.append(f"{dotted}= {self.value(last)}")
            elif (
                isinstance(inner, list)
                and inner
                and style == "header"
                and all(isinstance(one, dict) for one in inner)
            ):
                for one in inner:
                    inside = self.table(one, (*path, name))
                    later.append(f"[[{self.header(path, name)}]] # x\n{inside}")
            else:
                lines.append(f"{self.keys(name)}= {self.value(inner)}{self.pick('', ' # [x]')}")
        return "".join(f"{self.pick('', '  ')}{line}\n" for line in lines) + "\n".join(later)

    def header(self, path: tuple[str, ...], name: str) -> str:
        return f"{self.pick('.', ' . ')}".join(map(self.key, (*path, name)))


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A TOML text and the data it says."""
    data = draw(DATA)
    text = Writer(draw).table(data)
    return (text.replace("\n", "\r\n") if draw(st.booleans()) else text), data


@settings(max_examples=300, deadline=None)
@given(documents())
def test_every_value_of_any_document_can_be_read_where_its_place_says(
    document: tuple[str, dict[str, Any]],
) -> None:
    text, data = document
    assert tomllib.loads(text) == data
    check(text)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("a.=[]{},\"'\\\n\r #1u0"), max_size=40))
def test_no_text_at_all_is_an_error(text: str) -> None:
    source = Source(text, "a.toml")
    for path in ((), ("a",), ("a", 0), ("a", "a"), ("a", "a", "a")):
        source.position(path)
        source.within(path, 3)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    check(text)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 150_000,
        "a = " + "{a=" * 100_000,
        "a = " + "[" * 150_000 + "]" * 150_000,
        ".".join("a" * 150_000) + " = 1",
        "[" + ".".join("a" * 150_000) + "]",
        "[[a]]\n" * 50_000,
        'a = "' + "\\" * 300_001,
        'a = """' + '""\\' * 100_000,
        "a = '''" + "''x" * 100_000,
        'a = """' + "\\\n" * 150_000 + '"""',
        "a = [" + "1 #\n," * 60_000 + "]",
        "\n".join(f"k{i} = '''x'''" for i in range(20_000)),
        " " * 300_000 + "=",
    ],
    ids=lambda text: text[:12],
)
def test_large_and_hostile_texts_take_linear_time(text: str) -> None:
    gc.collect()
    gc.freeze()  # what other tests left in this process is not gone through meanwhile
    try:
        begin = time.process_time()
        source = Source(text, "a.toml")
        source.within(("a",), 10**6)
        assert time.process_time() - begin < 5
    finally:
        gc.unfreeze()
