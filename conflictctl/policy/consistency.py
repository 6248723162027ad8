"""What cannot hold of a whole policy: names that mean two things, sentences about nothing."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping

from conflictctl.policy.compiler import Compiler
from conflictctl.policy.entry_tests import ENTRY_FACTS
from conflictctl.policy.model import RESERVED
from conflictctl.policy.parts import CompiledRule
from conflictctl.policy.problems import Path, fault, nearest
from conflictctl.wording import Bilingual, Sentence


def check_names(make: Compiler) -> None:
    """Names that mean two things, and findings whose class is missing."""
    taken: dict[str, str] = {}
    for section, names in (
        ("words", make.policy.words),
        ("parameters", make.policy.parameters),
        ("let", make.policy.lets),
    ):
        for name in names:
            other = taken.setdefault(name, section)
            if other != section or name in RESERVED or name == "it":
                make.note(
                    fault(
                        (section, name),
                        Sentence("{name} already means something else", name=name),
                        Sentence("give it another name"),
                    )
                )
    for name in {**make.policy.words, **make.policy.parameters}:
        if name in ENTRY_FACTS:
            section = "words" if name in make.policy.words else "parameters"
            make.note(
                fault(
                    (section, name),
                    Sentence("{name} is a fact of entries", name=name),
                    Sentence("give it another name"),
                )
            )
    for name, question in make.findings.items():
        if question.entries not in make.classes:
            make.note(
                fault(
                    ("findings", name),
                    Sentence("no class of entries {name}", name=question.entries),
                    Sentence('add [entries.finding] with kinds = ["finding"]'),
                )
            )
        make.used.add(f"class {question.entries}")
        for key in ("minimum", "maximum"):
            limit = getattr(question, key)
            if limit is not None:
                make.parameter(limit, ("findings", name, key))


def check_again(make: Compiler, rules: Iterable[CompiledRule], again: Mapping[str, int]) -> None:
    """Rules that start again do so at one that there is."""
    for compiled in rules:
        if compiled.action == "replace" and compiled.value[2] not in again:
            make.note(
                fault(
                    (*compiled.rule.place, "then", "replace", "again"),
                    Sentence("no rule is called {name}", name=compiled.value[2]),
                    nearest(compiled.value[2], filter(None, again)),
                )
            )


def check_texts(make: Compiler) -> None:
    """Sentences name in braces only what there is, and the same in both languages."""
    known = {*make.policy.lets, *make.values}
    for rule in (*make.policy.rules, *make.policy.fallback):
        for key, text in (("why", rule.why), ("why_not", rule.why_not), ("tie", rule.tie)):
            if text is not None:
                _text(make, text, (*rule.place, key), known | _SAID)
    for number, warning in enumerate(make.policy.warnings):
        _text(make, warning["text"], ("warning", number), known)
    _text(make, make.policy.no_rule["why"], ("no_rule", "why"), set())
    if "why" in make.policy.tie:
        table = make.policy.tie["why"]
        _text(make, Bilingual(table["en"], table["zh"]), ("tie", "why"), set())
    for name, spec in make.policy.classes.items():
        if spec.warning is not None:
            _text(make, spec.warning, ("entries", name), {"event", "staff"})


def _text(make: Compiler, text: Bilingual, where: Path, known: set[str]) -> None:
    found: list[set[str]] = []
    for language, one in zip(("en", "zh"), text, strict=True):
        try:
            fields = [field for field in string.Formatter().parse(one) if field[1] is not None]
        except ValueError:
            make.note(
                fault(
                    (*where, language),
                    Sentence("a brace is not closed"),
                    Sentence(
                        "a name stands in braces like {example}; for a brace write two",
                        example="{closer}",
                    ),
                )
            )
            return
        for _, name, form, conversion in fields:
            if form or conversion or not str(name).isidentifier():
                make.note(
                    fault(
                        (*where, language),
                        Sentence(
                            "{text}: only a name can stand in braces",
                            text=_in_braces(str(name), form, conversion)[:60],
                        ),
                        _PLAIN_NAME,
                    )
                )
                return
        names = {str(name) for _, name, _, _ in fields}
        found.append(names)
        for name in sorted(names - known):
            make.note(
                fault(
                    (*where, language),
                    Sentence("{name}: nothing of this name can be said here", name=name),
                    nearest(name, known),
                )
            )
    if found[0] != found[1]:
        differ = ", ".join(sorted(found[0] ^ found[1]))
        make.note(
            fault(
                where,
                Sentence("{names}: said in one language only", names=differ),
                Sentence("both languages name the same things in braces"),
            )
        )


_PLAIN_NAME = Sentence(
    "write {example}: no dot, bracket, colon or exclamation mark", example="{closer}"
)


def _in_braces(name: str, form: str | None, conversion: str | None) -> str:
    """What stood in braces, as it was written."""
    return f"{{{name}{'!' + conversion if conversion else ''}{':' + form if form else ''}}}"


_SAID = {"party", "measured", "limit", "window_end", "needs"}
