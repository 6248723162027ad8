"""Stored text made harmless for terminals: what would act is shown instead."""

from __future__ import annotations

import unicodedata

# Joiners hold emoji and several scripts together and move no cursor.
_HARMLESS = frozenset("\u200c\u200d")
_ACTIVE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# A spreadsheet takes a cell that begins so for a formula; those of East Asia full width, too.
_FORMULA_STARTS = tuple("=+-@＝＋－＠")


def _shown(char: str) -> str:
    if unicodedata.category(char) not in _ACTIVE or char in _HARMLESS:
        return char
    short = _SHORT.get(char)
    if short is not None:
        return short
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def safe(text: str) -> str:
    r"""One line in which nothing is active: `safe("\x1b[31m")` is `\x1b[31m` in plain letters.

    Control characters (new lines and tabs too), escape codes, the controls of writing
    direction, other invisible format characters and lone surrogates become visible
    escapes.  Markup is not touched: text reaches Rich only as `rich.text.Text`.
    """
    if text.isprintable():
        return _erased(text) if text.startswith("redacted by ") else text
    return "".join(char if char.isprintable() else _shown(char) for char in text)


def cell_text(value: object) -> str:
    """A value as one cell of a CSV file: no formula in a sheet, harmless on a terminal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = safe(str(value))
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def _erased(text: str) -> str:
    """What stands for erased words, in the reader's language."""
    from conflictctl.erasure import erased_by
    from conflictctl.render.language import tr

    ref = erased_by(text)
    return text if ref is None else tr("redacted by {entry}").format(entry=ref)
