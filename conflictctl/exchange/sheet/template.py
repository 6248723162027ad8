"""An empty sheet for a mapping: its headings, and lists to choose from.

XlsxWriter is loaded here and where a register is exported, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

from conflictctl.exchange.sheet.mapping import Column, Mapping
from conflictctl.exchange.sheet.words import folded
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.people import People

_ROWS = 2000
_WIDTH = 16


def write_template(
    mapping: Mapping,
    people: People | None,
    out: IO[bytes],
    *,
    chinese: bool,
    in_words: Callable[[Sentence], str],
) -> None:
    """Write a workbook with the mapping's headings, in Chinese or in English where it has both.

    Staff and outlets are offered by the names that `people` lends; the sheet is read back by
    the same mapping.
    """
    import xlsxwriter

    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(in_words(Sentence("Sheet")))
    lists = book.add_worksheet("lists")
    lists.hide()
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    text = book.add_format({"num_format": "@"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    clock = book.add_format({"num_format": "hh:mm"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    formats = {"date": day, "time": clock, "at": moment, "recorded_at": moment}
    for place, (target, column) in enumerate(mapping.columns.items()):
        sheet.write_string(0, place, _label(column, chinese), bold)
        # Telephone numbers in cells of text keep their zeros and all their digits.
        sheet.set_column(place, place, _WIDTH, formats.get(target, text))
        offered = _offered(column, people, chinese)
        if offered:
            for row, word in enumerate(offered):
                lists.write_string(row, place, word)
            sheet.data_validation(1, place, _ROWS, place, _choice(place, len(offered), in_words))
    sheet.freeze_panes(1, 0)
    book.close()


def _choice(place: int, count: int, in_words: Callable[[Sentence], str]) -> dict[str, Any]:
    from xlsxwriter.utility import xl_range_abs

    return {
        "validate": "list",
        "source": f"=lists!{xl_range_abs(0, place, count - 1, place)}",
        # What a list does not hold may still be right: the import says.
        "error_type": "warning",
        "error_title": in_words(Sentence("Not in the list")),
        "error_message": in_words(Sentence("The import may refuse this word.")),
    }


def _label(column: Column, chinese: bool) -> str:
    return next(
        (label for label in column.labels if label.isascii() is not chinese), column.labels[0]
    )


def _offered(column: Column, people: People | None, chinese: bool) -> list[str]:
    """The words to choose from: each meaning once, in one language where there are both."""
    if column.values:
        words: dict[str, str] = {}
        for word in column.words:
            key = repr(sorted(column.values[folded(word)].items()))
            better = (
                key in words and words[key].isascii() is chinese and word.isascii() is not chinese
            )
            if key not in words or better:
                words[key] = word
        return list(words.values())
    if people is None:
        return []
    if column.target in ("by", "recorded_by", "named"):
        return sorted(_names({one.id: one.name for one in people.staff.values()}))
    if column.target == "outlet":
        return sorted(_names(people.outlet_names))
    return []


def _names(names: dict[str, str]) -> list[str]:
    """The names; of those that two bear, the ids."""
    all_names = list(names.values())
    return [one if all_names.count(one) > 1 else name for one, name in names.items()]
