"""A ruling as a PDF to be kept, printed and signed: what the page shows, set by typst.

The form is PDF/A-2a and PDF/UA-1: for archives, and for readers who hear and do not see.  It
carries its fonts, and typst refuses a text that no font at hand can show instead of leaving a
box.  typst brings Latin fonts; Chinese ones are the system's.  Nothing on the paper depends on
the clock: the same ruling gives the same bytes where the fonts are the same.
"""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conflictctl.adjudication.timeline import Timeline
from conflictctl.calendar import SECOND
from conflictctl.errors import WrongUsage
from conflictctl.render.language import language
from conflictctl.render.ruling_page import headings
from conflictctl.render.ruling_paper import Paper
from conflictctl.render.safe import safe
from conflictctl.render.timeline_page import key_pictures
from conflictctl.render.timeline_svg import timeline_svg
from conflictctl.render.timeline_words import NOT, NOTE, Named
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    import typst

_TEMPLATE = Path(__file__).with_name("templates") / "ruling.typ"
_LATIN = "Libertinus Serif"
"""typst carries it, so that English papers look the same everywhere."""

CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "DengXian",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "SimHei",
    "SimSun",
)
"""Fonts for simplified Chinese, those with a bold cut before those without."""

_NO_GLYPH = re.compile(r'the text `"(.*)"` could not be displayed', re.S)


def ruling_pdf(paper: Paper, timeline: Timeline, named: Named) -> bytes:
    """The PDF in the reader's language.

    Raises WrongUsage where typst is not installed, or no font has a letter of the texts.
    """
    try:
        import typst
    except ImportError:
        raise WrongUsage(
            Sentence("a PDF needs typst, which is not installed"),
            Sentence("`pip install 'conflictctl[pdf]'` brings it"),
        ) from None

    fonts = system_fonts()
    families = _families(fonts.families())
    shown = json.dumps(_contents(paper, timeline, named, families), ensure_ascii=False)
    try:
        return typst.compile(
            _TEMPLATE.read_bytes(),
            font_paths=fonts,
            sys_inputs={"paper": shown},
            pdf_standards=["a-2a", "ua-1"],
            timestamp=timeline.ruling.as_of // SECOND,
        )
    except typst.TypstError as error:
        missing = _NO_GLYPH.search(error.message)
        if missing is None:
            raise
        raise WrongUsage(
            Sentence("no font on this computer has the character {text}", text=missing[1]),
            Sentence(
                "install one that has it, such as fonts-noto-cjk for Chinese, or print the page "
                "of `--format html` from a browser"
            ),
        ) from None


def system_fonts() -> typst.Fonts:
    """The fonts that typst carries and those of the system."""
    import typst

    return typst.Fonts()


def _families(present: list[str]) -> list[str]:
    """The fonts to take, in this order; Chinese papers have their Latin letters from them too."""
    chinese = [family for family in CHINESE_FONTS if family in present][:1]
    return [*chinese, _LATIN] if language() == "zh" else [_LATIN, *chinese]


# ------------------------------------------------------------------------------- contents


def _contents(
    paper: Paper, timeline: Timeline, named: Named, families: list[str]
) -> dict[str, Any]:
    """All that the template shows, as JSON values whose texts are harmless and can be set."""
    words = headings()
    picture_fonts = ", ".join(f"'{family}'" for family in families)
    receipts = " · ".join(f"{ref} {text}" for ref, text in paper.receipts)
    plain = {
        "lang": language(),
        "region": "CN" if language() == "zh" else None,
        "fonts": families,
        "words": words,
        "title": paper.title,
        "about": paper.about,
        "answer": paper.answer,
        "reasons": paper.reasons,
        "parties": [_row((one.name, one.outlet, one.role, one.gets)) for one in paper.parties],
        "picture_title": words["facts"],
        "facts": [
            {
                "when": row.when,
                "who": named.lane_of(row.party) if row.party or row.event else "",
                "text": row.text,
                "why": row.why,
                "event": row.event,
                "strong": row.decisive,
                "soft": row.look in (NOT, NOTE),
                "struck": row.look == NOT,
            }
            for row in paper.facts
        ],
        "clauses": [_row((one.name, one.outcome, one.text), one.decided) for one in paper.clauses],
        "not_met": paper.not_met,
        "turning": paper.turning,
        "notes": paper.notes,
        "signatures": paper.signatures,
        "origin": [*paper.origin, *([(words["receipts"], receipts)] if receipts else [])],
    }
    return {
        **_settable(plain),
        # Their templates have made the texts harmless; new lines belong to them.
        "picture": _assigned(timeline_svg(timeline, named, picture_fonts)),
        "key": [(_assigned(svg), _settable(word)) for svg, word in key_pictures(timeline)],
    }


def _row(cells: tuple[str, ...], strong: bool = False) -> dict[str, Any]:
    return {"cells": cells, "strong": strong, "soft": False}


def _settable(value: Any) -> Any:
    """The value with every text in it made harmless."""
    if isinstance(value, str):
        return _assigned(safe(value))
    if isinstance(value, dict):
        return {key: _settable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_settable(part) for part in value]
    return value


def _assigned(text: str) -> str:
    r"""The text with characters that mean nothing to others (private, unassigned) as `\ue000`."""
    return "".join(
        f"\\u{ord(char):04x}" if unicodedata.category(char) in ("Co", "Cn") else char
        for char in text
    )
