"""The reader's language: which one it is, and sentences said in it.

English is the language of the source and needs no file.  Chinese comes from the compiled
catalogue under `locale/`.  This module is on the path of every command: it loads nothing
but the standard library's gettext, and that only for Chinese.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from conflictctl.errors import WrongUsage
from conflictctl.render.safe import safe
from conflictctl.render.terms import TERMS
from conflictctl.wording import N_, Bilingual, Day, Sentence, Span, Term, When, Who

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar
    from conflictctl.people import People

LANGUAGES = ("en", "zh")
DOMAIN = "conflictctl"
LOCALE_DIR = Path(__file__).with_name("locale")


def _unchanged(text: str) -> str:
    return text


_language = "en"
_look_up: Callable[[str], str] = _unchanged


def set_language(lang: str | None) -> str:
    """Choose the language of everything people read; return `en` or `zh`.

    None takes it from LC_ALL, LC_MESSAGES or LANG, else from the system, else English.
    Raises WrongUsage for a language there is no catalogue of.
    """
    global _language, _look_up
    _language = _from_system() if lang is None else _known(lang)
    _look_up = _unchanged if _language == "en" else _catalogue(_language)
    return _language


def language() -> str:
    """The language in use, `en` or `zh`."""
    return _language


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Say what is said inside in another language, for another reader."""
    before = _language
    set_language(lang)
    try:
        yield
    finally:
        set_language(before)


def _known(lang: str) -> str:
    short = lang.strip().lower()[:2]
    if short in LANGUAGES and not lang.strip()[2:3].isalpha():
        return short
    raise WrongUsage(
        Sentence("there is no language {lang} here", lang=lang),
        Sentence("--lang takes {languages}", languages=list(LANGUAGES)),
    )


def _from_system() -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    if sys.platform == "win32":
        import locale

        if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")):
            return "zh"
    return "en"


@cache  # 350 KB, and a bundle or a round of messages changes the language again and again
def _catalogue(lang: str) -> Callable[[str], str]:
    from gettext import GNUTranslations

    path = LOCALE_DIR / lang / "LC_MESSAGES" / f"{DOMAIN}.mo"
    try:
        with path.open("rb") as file:
            return GNUTranslations(file).gettext
    except FileNotFoundError:
        return _unchanged  # a checkout whose catalogue is not compiled speaks English


def tr(text: str) -> str:
    """A literal of the source in the reader's language."""
    return _look_up(text) if text else text  # the catalogue's entry "" is its header


def say(
    sentence: Sentence | Bilingual,
    people: People | None = None,
    calendar: Calendar | None = None,
) -> str:
    """The sentence in the reader's language, its values filled in and made safe.

    `people` lends names to the ids of staff and outlets, `calendar` the time zone of
    moments; without it moments are shown in UTC and say so.
    """
    if isinstance(sentence, Bilingual):
        return safe(_own(sentence))
    template = sentence.template
    pattern = _look_up(template) if isinstance(template, str) else safe(_own(template))
    if not sentence.values:
        return pattern.format_map(sentence.values) if "{" in pattern else pattern
    return pattern.format_map(
        {name: shown(value, people, calendar) for name, value in sentence.values.items()}
    )


def shown(value: object, people: People | None = None, calendar: Calendar | None = None) -> str:
    """One value as a sentence shows it, by its type; text is made safe."""
    show = _SHOW.get(type(value))
    if show is not None:
        return show(value, people, calendar)
    if isinstance(value, (list, tuple, set, frozenset)):
        parts = sorted(map(str, value)) if isinstance(value, (set, frozenset)) else value
        return list_joined([shown(part, people, calendar) for part in parts])
    if isinstance(value, Mapping):
        return list_joined([f"{shown(k)}={shown(v, people, calendar)}" for k, v in value.items()])
    return safe(str(value))


def list_joined(parts: list[str]) -> str:
    """`a, b` in English, `a、b` in Chinese."""
    return ("、" if _language == "zh" else ", ").join(parts)


def sentences_joined(sentences: list[str]) -> str:
    """Sentences one after the other: Chinese needs no space after its full stop."""
    return ("" if _language == "zh" else " ").join(sentences)


def term(word: str) -> str:
    """A word of the vocabulary (role, instance, kind, status, cause) as people read it."""
    english = TERMS.get(word)
    return safe(word.replace("_", " ")) if english is None else _look_up(english)


def person(identity: str, people: People | None) -> str:
    """Name and id of a member of staff or an outlet: `李娜 (li)`."""
    name = identity if people is None else people.name(identity)
    return safe(identity) if name == identity else f"{safe(name)} ({safe(identity)})"


def moment_text(moment: int, calendar: Calendar | None) -> str:
    """A moment to the minute in the register's zone: `2013-03-12 17:00`."""
    if calendar is None:
        from conflictctl.calendar import iso_text

        return iso_text(moment, 0)[:16].replace("T", " ") + " UTC"
    return calendar.local(moment).strftime("%Y-%m-%d %H:%M")


def day_text(ordinal: int) -> str:
    """A local calendar day as an ISO date."""
    return date.fromordinal(ordinal).isoformat()


def span_text(span: Span) -> str:
    """A length of time: `1 day`, `8 days`, `51 hours`, `8 天`; a bare number as it is."""
    amount, unit = span
    patterns = _SPANS.get(unit)
    if patterns is None:
        return str(amount)
    return tr(patterns[str(amount).lstrip("-") != "1"]).format(n=amount)


_SPANS = {
    "d": (N_("{n} day"), N_("{n} days")),
    "wd": (N_("{n} working day"), N_("{n} working days")),
    "mo": (N_("{n} month"), N_("{n} months")),
    "h": (N_("{n} hour"), N_("{n} hours")),
    "min": (N_("{n} minute"), N_("{n} minutes")),
}


def _own(text: Bilingual) -> str:
    return text.zh if _language == "zh" else text.en


_Show = Callable[[object, "People | None", "Calendar | None"], str]


def _who(value: Who, people: People | None, calendar: Calendar | None) -> str:
    return person(value.id, people)


def _when(value: When, people: People | None, calendar: Calendar | None) -> str:
    return moment_text(value.moment, calendar)


def _flag(value: bool, people: People | None, calendar: Calendar | None) -> str:
    return "true" if value else "false"  # as `--set` spells them, in every language


_SHOW: dict[type, _Show] = {
    str: lambda value, people, calendar: safe(value),  # type: ignore[arg-type]
    int: lambda value, people, calendar: str(value),
    bool: _flag,  # type: ignore[dict-item]
    Who: _who,  # type: ignore[dict-item]
    When: _when,  # type: ignore[dict-item]
    Day: lambda value, people, calendar: day_text(value.ordinal),  # type: ignore[attr-defined]
    Span: lambda value, people, calendar: span_text(value),  # type: ignore[arg-type]
    Term: lambda value, people, calendar: term(value.word),  # type: ignore[attr-defined]
    Bilingual: say,  # type: ignore[dict-item]
    Sentence: say,  # type: ignore[dict-item]
    type(None): lambda value, people, calendar: tr("none"),
}
