"""What stands in an entry where personal data were erased: `redacted by #812`.

The words say which entry tells of the erasure.  They stand for text that was there, so that a
rule that asks whether something was noted is answered as before; telephone numbers leave
nothing behind, because a number is compared and not only asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from conflictctl.events import KINDS

_WORDS = re.compile(r"redacted by (\S*#\d+)")
_NO_TEXT = frozenset({"phones", "files"})
_LISTS = frozenset({"people"})
_EMPTY: tuple[Any, ...] = (None, "", [])


def words(ref: str) -> str:
    """What stands for an erased text; `ref` names the erasure: `#812`, elsewhere `origin#812`."""
    return f"redacted by {ref}"


def erased_by(text: object) -> str | None:
    """The erasure that a text tells of; None for any other text."""
    if not isinstance(text, str) or not text.startswith("redacted by "):
        return None
    match = _WORDS.fullmatch(text)
    return match[1] if match is not None else None


def names_of(personal: Mapping[str, Any]) -> list[str]:
    """Which fields personal data of an entry are: `note`, `fields.budget`, `changes.name`.

    A field left empty says nothing of anybody, and is not named.
    """
    names = []
    for name, value in personal.items():
        if name in ("fields", "changes") and isinstance(value, Mapping):
            names += [f"{name}.{part}" for part, held in value.items() if held not in _EMPTY]
        elif value not in _EMPTY:
            names.append(name)
    return sorted(names)


def in_place_of(names: Iterable[str], ref: str) -> dict[str, Any]:
    """The fields that stand for erased ones; what cannot stand for anything is left out."""
    fields: dict[str, Any] = {}
    for name in names:
        whole, _, part = name.partition(".")
        if (part or whole) in _NO_TEXT:
            continue
        if part:
            fields.setdefault(whole, {})[part] = words(ref)
        else:
            fields[whole] = [words(ref)] if whole in _LISTS else words(ref)
    return fields


def likely_names(kind: str) -> list[str]:
    """The erased fields of an entry whose erasure does not say which they were."""
    known = KINDS[kind]
    certain = [name for name in known.personal if name in known.required]
    return certain or (["note"] if known.personal == {"note"} else [])
