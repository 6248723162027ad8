"""Text measured, padded and broken into lines by terminal cells, Chinese included.

Rich breaks lines at spaces only, so that a Chinese sentence, one long "word" to it,
leaves half a line empty.  Here a line may break between any two Han characters, except
before closing and after opening punctuation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from unicodedata import combining, east_asian_width

_NEVER_LAST = frozenset("（「『“‘《〈【［｛")
_NEVER_FIRST = frozenset("）」』”’》〉】］｝。，、；：！？…％")
# After a Han character these stay with it; between Latin letters no line breaks anyway.
_NEVER_FIRST_NARROW = frozenset(",.;:!?)]%")
_JOINING = frozenset("\u200d\ufe0f")


def cells(text: str) -> int:
    """How many terminal cells a line of text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def pad(text: str, width: int) -> str:
    """The text filled up with spaces to `width` cells; a longer one is left as it is."""
    return text + " " * (width - cells(text))


def pad_left(text: str, width: int) -> str:
    """The text moved to the right edge of `width` cells."""
    return " " * (width - cells(text)) + text


def wrap(text: str, width: int, *, fold: bool) -> list[str]:
    """The text in lines of at most `width` cells; at least one line.

    A word longer than a line is broken if `fold`, else it stands out: in a pipe somebody
    may search for it.
    """
    if cells(text) <= width:
        return [text]
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if cells(line + piece.rstrip()) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = piece.lstrip()
        if fold:
            *full, line = _folded(line, width)
            lines += full
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def flow(parts: Iterable[str], width: int, *, fold: bool) -> list[str]:
    """Phrases side by side, two spaces between them; a phrase is broken only if it must be."""
    lines: list[str] = []
    for part in parts:
        if lines and cells(lines[-1]) + 2 + cells(part) <= width:
            lines[-1] += "  " + part
        else:
            lines += wrap(part, width, fold=fold)
    return lines or [""]


def _pieces(text: str) -> Iterator[str]:
    start = 0
    for place in range(1, len(text)):
        if _may_break(text[place - 1], text[place]):
            yield text[start:place]
            start = place
    yield text[start:]


def _may_break(before: str, after: str) -> bool:
    if after == " ":
        return False
    if before == " ":
        return True
    if not (_wide(before) or _wide(after)):
        return False
    if after in _NEVER_FIRST or before in _NEVER_LAST or after in _NEVER_FIRST_NARROW:
        return False
    return not (before in _JOINING or after in _JOINING or combining(after))


def _wide(char: str) -> bool:
    return char > "\u2e7f" and east_asian_width(char) in "WF"


def _folded(word: str, width: int) -> list[str]:
    if cells(word) <= width:
        return [word]
    from rich.cells import chop_cells

    return chop_cells(word, width)
