"""G17: every text of a register and of a policy is hostile, and every command shows them."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir
from typing import NamedTuple

from tests.reliability.commands import (
    Command,
    Done,
    call,
    every_command,
    fault_of,
    invoke,
    nobody,
    on_a_terminal,
    takes_text,
)
from tests.reliability.frame import Figures, Line, Scale, told
from tests.reliability.hostile import active_in, elements, hostile, shape
from tests.reliability.hostile_register import PRESETS, Harmless, Stage, Texts, set_up

_SHOWN: Mapping[str, tuple[str, ...]] = {
    "verdict": (
        "K1 --explain",
        "K1 --why-not wang",
        "K1 --why-not boshan",
        "K1 --what-if what-if.jsonl",
        "K1 --policy p.toml --explain",
        "K1 --policy m.toml --explain",
        "K2 --policy p.toml",
        "--all --explain",
        "--all --policy m.toml",
        "K1 --bundle bundle.json --with-personal --force",
    ),
    "timeline": ("K1 --policy p.toml", "K1 --policy m.toml", "K2"),
    "who": ("K1", "13800138000"),
    "overdue": ("--within 9999d --as-of 2013-04-01T12:00+08:00", "--policy p.toml --full"),
    "customer show": ("K1 --events",),
    "customer find": ("K1", "13800138000", "王"),
    "customer suggest": ("--all --min-score 0",),
    "staff list": ("--all",),
    "case show": ("C-2013-0001", "C-2013-0002"),
    "case list": ("--all",),
    "case advise": ("C-2013-0001", "--type domineering"),
    "case policy show": ("c.toml",),
    "case policy check": ("c.toml",),
    "policy show": ("p.toml", "m.toml"),
    "policy check": ("p.toml", "m.toml"),
    "policy clashes": ("--policy p.toml", "--policy m.toml"),
    "policy diff": ("p.toml m.toml --histories 9", "renault-zibo-2013 p.toml --histories 9"),
    "policy test": (f"p.toml {PRESETS / 'renault-zibo-2013.cases.toml'}",),
    "policy backtest": ("renault-zibo-2013 p.toml --flips", "p.toml m.toml"),
    "report cases": ("--since 2013-01-01",),
    "report disputes": ("--since 2013-01-01", "--since 2013-01-01 --policy m.toml"),
    "report discipline": ("--since 2013-01-01 --until 2013-06-01",),
    "report overdue": ("--as-of 2013-04-01T12:00+08:00 --within 9999d", "--policy p.toml"),
    "report signals": ("--since 2013-01-01 --threshold 0",),
    "export": ("--customer K1",),
    "audit receipt": ("v1", "o1"),
    "audit prove": (
        "K1 --output proof.json --with-personal --force",
        "r1 --output p2.json --force",
    ),
    "audit verify-bundle": ("bundle.json", "proof.json"),
    "redact": ("K1", "K2"),
    "undo": ("--ref v1",),
    "nightly": ("--backup-dir copies",),
    "survey due": ("--campaign 2013-Q2 --as-of 2013-12-01T00:00+08:00",),
}
"""What a command is given beside what it needs: `K1` and the like stand for ids of the register."""

_NOT_COMPARED = frozenset(
    (
        "customer suggest",
        "customer find",
        "who",
        "report signals",
        "policy check",
        "policy diff",
        "policy test",
        "schedule show",
    )
)
"""What these find, or refuse, depends on the texts themselves."""
_LAST = frozenset(("who", "nightly", "undo", "policy use", "case policy use", "audit checkpoint"))
"""Commands that record something unasked; they come after those that show."""


def _shown(command: Command, stage: Stage) -> Iterator[list[str]]:
    """The command with all it can be given to show, in each of its formats."""
    bare = command.path.split()
    given = [call(command, None, "", stage.ids)]
    for more in _SHOWN.get(command.path, ()):
        given.append([*bare, *(stage.ids.get(word, word) for word in more.split())])
    for words in given:
        yield words
        for form in command.formats:
            if form not in ("text", "table"):
                yield [*words, "--format", form]


_APART = frozenset(("demo", "init", "restore", "backup", "upgrade", "audit key new"))
"""Commands that show nothing of a register; their arguments are tried."""


class _Fault(Exception):
    """Something acted, was missing, or is other than it would be with harmless texts."""


class _Tried(NamedTuple):
    """A command line, and what came of it."""

    command: Command
    words: list[str]
    done: Done

    @property
    def form(self) -> str:
        """The format of the answer."""
        return self.words[-1] if self.words[-2:-1] == ["--format"] else "text"

    def check(self) -> None:
        """Raises _Fault for an answer in which something acts, or that is none."""
        fault = fault_of(self.done)
        if fault is None and self.form not in ("pdf", "xlsx"):
            # A CSV of entries is for programs, and gives back what was recorded.
            data = self.command.path == "export" and self.form == "csv"
            acting = None if data else active_in(self.done.text)
            fault = f"{acting} on standard output" if acting else None
        acting = active_in(self.done.err)
        if fault or acting:
            raise _Fault(f"{self._told}: {fault or acting}")

    def compare(self, harmless: _Tried, called: Mapping[str, str], *, tame: bool) -> None:
        """Raises _Fault where the answer consists of other things than with harmless texts."""
        if self.done.code != harmless.done.code:
            # A PDF needs a font for each letter; a bundle takes what could be recorded only.
            if (self.form, self.done.code) != ("pdf", 2) and not (self._bundle and not tame):
                raise _Fault(
                    f"{self._told}: exit {self.done.code}, not {harmless.done.code}: "
                    f"{self.done.err[:300]}"
                )
        elif self.consists_of(called) != harmless.consists_of({}):
            raise _Fault(f"{self._told}: consists of other things than with harmless texts")

    def consists_of(self, called: Mapping[str, str]) -> object:
        """What an answer consists of, without its texts."""
        done, form = self.done, self.form
        if done.code:
            return None
        if form == "json":
            return shape(json.loads(done.out), called)
        if form == "jsonl":
            return [shape(json.loads(line), called) for line in done.text.splitlines()]
        if form == "csv":
            return [len(row) for row in csv.reader(io.StringIO(done.text))]
        if form in ("html", "svg"):
            return elements(done.text)
        if form == "pdf":
            return _acting_in_pdf(done.out)
        return done.text.count("\n") if self.words[-1] == "list" else None

    @property
    def _bundle(self) -> bool:
        return "--bundle" in self.words or self.command.path.startswith("audit ")

    @property
    def _told(self) -> str:
        return " ".join(word if word.isascii() else ascii(word) for word in self.words)[:200]


def _acting_in_pdf(data: bytes) -> object:
    """What acts in a PDF: links, scripts, files in it."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    acting = [key for key in ("/OpenAction", "/AA", "/AcroForm") if key in reader.root_object]
    return acting, [str(page["/Annots"]) for page in reader.pages if "/Annots" in page]


class _Stages:
    """A register with hostile texts, and beside it the same with harmless ones."""

    def __init__(self, harmless: Stage, hostile: Stage, answers: dict[object, _Tried]) -> None:
        self.hostile = hostile
        self.tried = 0
        self.faults: list[str] = []
        self._harmless = harmless
        self._called = {hostile.ids[name]: name for name in hostile.ids}
        self._answers = answers

    def show(self, command: Command, words: list[str], lang: str, *, terminal: bool) -> None:
        """Try a command, and compare it with the harmless one unless a terminal draws it."""
        with ExitStack() as stack:
            if terminal:
                stack.enter_context(on_a_terminal())
            tried = self._try(command, words, lang, self.hostile)
        self.tried += 1
        try:
            tried.check()
            if not (terminal or command.records or command.path in _NOT_COMPARED | _LAST):
                tried.compare(
                    self._counterpart(command, words, lang), self._called, tame=self.hostile.tame
                )
        except (_Fault, ValueError) as fault:
            self.faults.append(str(fault))

    def refuse(self, command: Command, words: list[str], lang: str) -> None:
        """Try a command with an argument that may be wrong."""
        self.tried += 1
        try:
            self._try(command, words, lang, self.hostile).check()
        except (_Fault, ValueError) as fault:
            self.faults.append(str(fault))

    def _counterpart(self, command: Command, words: list[str], lang: str) -> _Tried:
        plain = [self._called.get(word, word) for word in words]
        key = (lang, *plain)
        if key not in self._answers:
            self._answers[key] = self._try(command, plain, lang, self._harmless)
        return self._answers[key]

    @staticmethod
    def _try(command: Command, words: list[str], lang: str, stage: Stage) -> _Tried:
        acting = ["--db", "r.db", "--as", stage.ids["gm"], "--lang", lang]
        with chdir(stage.folder):
            return _Tried(command, words, invoke([*words, *acting], stdin=""))


def _measure(scale: Scale) -> Figures:
    chance = random.Random(scale.seed)
    commands = [command for command in every_command() if command.path not in _APART]
    commands.sort(key=lambda command: command.records or command.path in _LAST)
    tried = texts = 0
    faults: list[str] = []
    answers: dict[object, _Tried] = {}
    with nobody(scale.folder):
        harmless = set_up(scale.folder / "harmless", Harmless())
        for number in range(scale.of(1, 6)):
            made = Texts(chance.randrange(10**9), tame=number % 2 == 1, braces=False)
            stages = _Stages(harmless, set_up(scale.folder / str(number), made), answers)
            for command in commands:
                if chance.random() > scale.of(0.6, 1.0):
                    continue
                shown = list(_shown(command, stages.hostile))
                for words in chance.sample(shown, scale.of(1, len(shown))):
                    # Files that other commands read are made of both registers.
                    made_for_others = {"--output", "--bundle"} & set(words)
                    plain = "--format" in words or made_for_others
                    terminal = not plain and chance.random() < 0.5
                    lang = chance.choice(("en", "zh"))
                    stages.show(command, words, lang, terminal=terminal)
            for command in every_command():
                options = [one for one in command.parameters if takes_text(one)]
                for option in chance.sample(options, min(len(options), scale.of(1, 3))):
                    text = hostile(chance).replace("\0", "")
                    lang = chance.choice(("en", "zh"))
                    stages.refuse(command, call(command, option, text, stages.hostile.ids), lang)
                    texts += 1
            tried += stages.tried
            texts += made.count
            faults += stages.faults
    return Figures(not faults, told(f"{texts} texts, {tried} commands", faults))


LINES = (
    Line(
        "G17",
        "escape codes, markup, writing direction, HTML in every text of registers and policies",
        "nothing active is shown, no exception",
        _measure,
    ),
)
