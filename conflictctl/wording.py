"""Sentences for people, made in the core and put into words where they are shown.

The core has no language and no clock.  It says *what* is to be said, as an English
template with values; `conflictctl.render.language` looks the template up in the
catalogue of the reader's language and fills the values in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from conflictctl.calendar import Moment


def N_(text: str) -> str:
    """Mark a literal for the catalogue without translating it here."""
    return text


class Who(NamedTuple):
    """A staff member or an outlet, shown by name where the name is known."""

    id: str


class When(NamedTuple):
    """A moment, shown in the register's time zone to the minute."""

    moment: Moment


class Day(NamedTuple):
    """A local calendar day (proleptic ordinal), shown as an ISO date."""

    ordinal: int


class Span(NamedTuple):
    """A length of time: `amount` in `unit`.

    `d` days, `wd` working days, `mo` months, `h` hours, `min` minutes, `n` a bare number.
    An amount that is not whole is text: `1.98`.
    """

    amount: int | str
    unit: str

    def plain(self) -> str:
        """The untranslated form used in JSON: `8 d`, `51 h`, `2`."""
        return str(self.amount) if self.unit == "n" else f"{self.amount} {self.unit}"


class Term(NamedTuple):
    """A word of the vocabulary (a role, an instance, a kind), translated where shown."""

    word: str


class Bilingual(NamedTuple):
    """Text that came with its own translation, as a policy file's sentences do."""

    en: str
    zh: str


class Sentence:
    """A template and its values; immutable, compared by content.

    >>> Sentence("no customer {customer}", customer="K7").template
    'no customer {customer}'
    """

    __slots__ = ("template", "values")

    template: str | Bilingual
    values: Mapping[str, object]

    def __init__(self, template: str | Bilingual, /, **values: object) -> None:
        _set_template(self, template)
        _set_values(self, values)

    @classmethod
    def of(cls, template: str | Bilingual, values: Mapping[str, object]) -> Sentence:
        """A sentence with values that nobody changes any more: they are not copied."""
        made = cls.__new__(cls)
        _set_template(made, template)
        _set_values(made, values)
        return made

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Sentence is immutable")

    def __reduce__(self) -> tuple[object, ...]:
        return Sentence.of, (self.template, dict(self.values))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sentence):
            return NotImplemented
        return self.template == other.template and self.values == other.values

    def __hash__(self) -> int:
        return hash((self.template, tuple(sorted(self.values))))

    def __repr__(self) -> str:
        return f"Sentence({self.template!r}, {dict(self.values)!r})"

    def __str__(self) -> str:
        """English with raw values: for logs and test failures, not for readers."""
        template = self.template.en if isinstance(self.template, Bilingual) else self.template
        return template.format_map({k: _raw(v) for k, v in self.values.items()})


# Past `__setattr__`, which refuses everybody else.
_set_template = Sentence.__dict__["template"].__set__
_set_values = Sentence.__dict__["values"].__set__


def _raw(value: object) -> object:
    if isinstance(value, Who):
        return value.id
    if isinstance(value, Span):
        return value.plain()
    if isinstance(value, Term):
        return value.word
    if isinstance(value, When):
        return value.moment
    if isinstance(value, Day):
        return value.ordinal
    if isinstance(value, (list, tuple)):
        return ", ".join(str(_raw(v)) for v in value)
    return value
