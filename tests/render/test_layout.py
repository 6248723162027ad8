"""Lines broken and padded by cells, Chinese included."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from conflictctl.render.layout import cells, flow, pad, pad_left, wrap

MIXED = st.text(alphabet=st.sampled_from("王强成交，。（）ab c-12"), max_size=200)


@given(MIXED, st.integers(4, 60))
def test_a_folded_line_never_takes_more_cells_than_there_are(text: str, width: int) -> None:
    assert all(cell_len(line) <= width for line in wrap(text, width, fold=True))


@given(MIXED, st.integers(4, 60), st.booleans())
def test_breaking_loses_and_adds_nothing_but_spaces(text: str, width: int, fold: bool) -> None:
    broken = "".join(wrap(text, width, fold=fold))
    assert broken.replace(" ", "") == text.replace(" ", "")


def test_chinese_fills_the_line_and_no_line_begins_with_a_full_stop() -> None:
    text = "李娜成交时，王强已八天未跟踪；按时申述，仍不能改变归属。"
    lines = wrap(text, 20, fold=True)
    assert all(cells(line) >= 16 for line in lines[:-1])
    assert not any(line[0] in "，。；）" for line in lines)


def test_in_a_pipe_a_long_word_stands_out_rather_than_being_broken() -> None:
    word = "R" * 90
    assert wrap(f"see {word} there", 40, fold=False) == ["see", word, "there"]


def test_phrases_are_broken_between_and_not_within() -> None:
    assert flow(["2013-03-10 11:00", "李娜 (li)", "成交"], 20, fold=True) == [
        "2013-03-10 11:00",
        "李娜 (li)  成交",
    ]


def test_padding_counts_cells() -> None:
    assert pad("王强", 6) == "王强  "
    assert pad_left("王强", 6) == "  王强"
