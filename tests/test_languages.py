"""Chinese and English are equal: no prose is left untranslated in what people read."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conflictctl.cli.app import app, load
from conflictctl.cli.main import COMMANDS
from conflictctl.events import KINDS
from conflictctl.policy.model import load_policy, preset_ids
from conflictctl.render.language import set_language

# Names of formats, programs and standards, which are the same in every language.
NAMES = {
    "conflictctl",
    "JSON",
    "Schema",
    "Lines",
    "Excel",
    "Python",
    "Postgre",  # of PostgreSQL, whose last letters are taken for an abbreviation
    "Alembic",
    "cron",
    "pip",
    "systemd",
    "Windows",
    "apprise",
    "utf",
    "json",
    "jsonl",
    "csv",
    "xlsx",
    "reception",
    "table",
    "text",
    "true",
    "false",
    "null",
    "none",
}
HAN = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"[A-Za-z][a-z]{2,}")
# What stays as it is: `quoted code`, options, ALL CAPS stand-ins, paths, key=value, #812.
CODE = re.compile(
    r"`[^`]*`|\"[^\"]*\"|--?[a-z][\w-]*|\b[A-Z][A-Z0-9_|]+\b|\S*[/\\=:|.@#_]\S*[\w/]|\b\w+\d\w*\b"
)
# A command line to be copied.
EXAMPLE = re.compile(r" +(\S.* \| *)?(conflictctl|psql) |  {4,}--")


def every_command() -> Iterator[tuple[str, ...]]:
    yield ()
    for name, entry in COMMANDS.items():
        yield (name,)
        commands = getattr(load(name, entry.target, entry.help), "commands", {})
        for inner in commands:
            yield name, inner


def vocabulary() -> set[str]:
    """The words of commands and data, which are never translated."""
    words = set(NAMES)
    words.update(word for identity in preset_ids() for word in identity.split("-"))
    for command in every_command():
        words.update(word for name in command for word in name.split("-"))
    for kind in KINDS.values():
        words.update(kind.name.split("_"))
        for name, field in kind.fields.items():
            words.update(name.split("_"))
            for choice in field.choices:
                words.update(choice.split("_"))
    return words


def words_of_policy() -> frozenset[str]:
    """The words of a policy file's conditions, which `policy show` prints as they are."""
    lines = load_policy("renault-zibo-2013").text.splitlines()
    code = [line for line in lines if not re.match(r"#|[\w.]*\ben *=", line)]
    return frozenset(WORD.findall(" ".join(code)))


KEPT = vocabulary()


def english_words(text: str, stored: frozenset[str] = frozenset()) -> list[str]:
    """The English words of a text that is to be Chinese, code and stored values left out."""
    # Examples to be copied are left out; wrapped lines are joined again.
    lines = [line for line in text.splitlines() if not EXAMPLE.match(line)]
    joined = re.sub(r"\n *", " ", "\n".join(lines))
    words = WORD.findall(CODE.sub(" ", joined))
    return [word for word in words if word not in KEPT and word not in stored]


SHOWS_POLICY = re.compile(r"policy show|--set nothing")
# Fixed words of the acknowledgement, and what the story itself stores.
SAID_ANYWAY = frozenset(
    {
        "Lite",  # of SQLite, whose first letters are taken for an abbreviation
        "recorded",
        "rejected",
        "wang",
        "sun",
        "shop",
        "boshan",
        "renault",
        "zibo",
        "nobody",
        "nowhere",
        "soon",
        "parquet",
        "colour",
        "never",
        "nothing",
        "either",
        "yesterday",
        "main",
    }
)
# The everyday Chinese forms of a time are examples of input; the policy's source is a title.
INPUT_FORMS = re.compile(r"`[^`]*`|昨天下午3点|今天|昨天|前天|淄博.*")


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    set_language("en")


def help_of(command: tuple[str, ...], lang: str) -> str:
    result = CliRunner().invoke(app, [*command, "--help", "--lang", lang], env={"COLUMNS": "100"})
    assert result.exit_code == 0, result.output
    return result.output


def test_an_english_sentence_within_chinese_is_found() -> None:
    assert "register" in english_words("选项：\n  --db PATH  The register to use.")
    code = "见 `conflictctl status --db x`，用 --db PATH 指定；#812 recorded_at=1"
    assert english_words(code) == []


@pytest.mark.parametrize("command", list(every_command()), ids=" ".join)
def test_help_is_chinese_in_chinese(command: tuple[str, ...]) -> None:
    text = help_of(command, "zh")
    assert HAN.search(text)
    assert english_words(text) == []


@pytest.mark.parametrize("command", list(every_command()), ids=" ".join)
def test_help_is_english_in_english(command: tuple[str, ...]) -> None:
    assert HAN.findall(INPUT_FORMS.sub("", help_of(command, "en"))) == []


def run(arguments: list[str], lang: str, register: Path, **environment: str) -> str:
    """Everything a command says; it must not fail in an unforeseen way."""
    result = CliRunner().invoke(
        app,
        [*arguments, "--lang", lang],
        env={"CONFLICTCTL_DB": str(register), "CONFLICTCTL_AS": "sun", **environment},
    )
    assert result.exit_code in range(9), (arguments, result.output, result.exception)
    return result.output


# A small dealership, then one of everything that people read.  Names are stored as they
# are, so each language gets names in its own script.
STORY = """
init --timezone Asia/Shanghai
outlet add shop --name {shop} --type store
staff add sun --name {sun} --role manager --outlet shop --as sun
staff add wang --name {wang} --role consultant --outlet shop
staff add li --name {li} --role consultant --outlet shop
staff add gm --name {gm} --role general_manager --outlet shop
outlet add boshan --name {boshan} --type second_tier
customer add K1 --name {liu} --phone 13800138000
customer add K2 --name {chen}
customer add K3 --name {liu}
log-visit K1 --as wang --level A
log-followup K1 --as wang --channel phone
log-call K1 --as wang --direction out --not-reached
log-visit K1 --as li --asked --answer wang
log-inform K1 --as li --to wang
log-visit K2 --as wang --level H
log-close K1 --as li --amount 118800
log-claim K1 --as wang
verdict K1
verdict K1 --explain
verdict K1 --set level_vs_week=week_only
verdict K1 --as-of yesterday
verdict K2
verdict K2 --deal open --explain
verdict K3
verdict K1 --as-of 2012-12-31T10:00:00+08:00
verdict --all
rule K1 --as gm --instance general_manager --award li=60 --award wang=40 --reason x
verdict K1 --explain
correct #11 --set level=B --as wang
void #12 --as wang --reason x
verdict K1
overdue --within 9d
overdue --within 0d
staff list
outlet list
customer list
customer show K1
customer find 138
customer link K1 K3 --relation same
policy list
policy show
policy use renault-zibo-2013
status
audit verify
log-visit K9 --as wang
log-visit K1 --as nobody
log-visit K1 --as wang --at 11/12
log-visit K1 --as wang --at 2099-01-01T00:00:00+08:00
log-visit K1 --as wang --direction up
log-visit
log-visit K1 --colour red
log-colour
verdict K1 --set level_vs_week=never
verdict K1 --set nothing=1
verdict K1 --policy nowhere
verdict
customer add K1 --name {liu} --as nobody
import {missing}
import {broken} --attest sun
log-notice K1 --as wang --to li
correct 99 --set level=B
settle K1 --share li=50 --share wang=60 --as li
overdue --within soon
export --format parquet
init
""".strip()
NAMES_IN = {
    "en": {
        "shop": "Showroom",
        "sun": "Sun",
        "wang": "Wang",
        "li": "Li",
        "gm": "Gao",
        "boshan": "Boshan",
        "liu": "Liu",
        "chen": "Chen",
    },
    "zh": {
        "shop": "展厅",
        "sun": "孙经理",
        "wang": "王强",
        "li": "李娜",
        "gm": "高总",
        "boshan": "博山网点",
        "liu": "刘女士",
        "chen": "陈先生",
    },
}


def story(lang: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Each command of the story with what it says."""
    broken = folder / "broken.jsonl"
    broken.write_text('{"kind": "visit"}\n{"kind": \n{"kind": "nothing"}\n', "utf-8")
    names = {**NAMES_IN[lang], "broken": str(broken), "missing": str(folder / "missing.jsonl")}
    for line in STORY.splitlines():
        yield line, run(shlex.split(line.format_map(names)), lang, folder / "register.db")


def test_all_that_is_said_in_chinese_is_chinese(tmp_path: Path) -> None:
    left = {}
    for line, text in story("zh", tmp_path):
        code = words_of_policy() if SHOWS_POLICY.search(line) else frozenset()
        if words := english_words(text, SAID_ANYWAY | code):
            left[line] = words
    assert left == {}


def test_all_that_is_said_in_english_is_english(tmp_path: Path) -> None:
    left = {
        line: found
        for line, text in story("en", tmp_path)
        if (found := HAN.findall(INPUT_FORMS.sub("", text)))
    }
    assert left == {}
