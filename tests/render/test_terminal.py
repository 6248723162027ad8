"""Lists on a terminal and in a pipe."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from rich.cells import cell_len

from conflictctl.errors import InputRejected
from conflictctl.render.terminal import (
    Column,
    carries_symbols,
    console,
    error_lines,
    is_terminal,
    key_lines,
    print_table,
)
from conflictctl.wording import Sentence

COLUMNS = (Column("id"), Column("name"), Column("count", right=True))


class Screen(io.StringIO):
    """A terminal, as far as Python can tell."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_pipe_gets_aligned_text_as_wide_as_it_must_be() -> None:
    out = io.StringIO()
    long = "x" * 300
    assert print_table(COLUMNS, [("K1", "王强", "7"), ("K2", long, "12")], stream=out) == 2
    heading, first, second = out.getvalue().splitlines()
    assert heading.startswith("id  name")
    assert long in second
    assert cell_len(heading) == cell_len(first) == cell_len(second)


def test_a_long_list_is_streamed_not_gathered() -> None:
    out = io.StringIO()
    asked = 0

    def rows() -> list[tuple[str, str, str]]:
        return [("K", "n", "1")]

    def many() -> object:
        nonlocal asked
        for _ in range(5000):
            asked += 1
            if asked == 4000:
                assert out.getvalue().count("\n") > 3000
            yield rows()[0]

    assert print_table(COLUMNS, many(), stream=out) == 5000  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [80, 120])
def test_on_a_terminal_every_row_is_equally_wide(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    out = Screen()
    rows = [("K1", "王强", "7"), ("客户二", "[/] " + "长" * 200, "12"), ("K3", "\x1b[31m", "1")]
    assert print_table(COLUMNS, rows, stream=out) == 3
    lines = out.getvalue().splitlines()
    assert "\x1b" not in out.getvalue()
    assert len({cell_len(line) for line in lines if line.strip()}) == 1
    assert cell_len(lines[1]) <= width
    assert out.getvalue().count("长") == 200


def test_a_dumb_terminal_gets_what_a_pipe_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert not is_terminal(Screen())


def test_lines_are_drawn_only_where_they_are_one_cell_wide() -> None:
    class Gbk(io.StringIO):
        encoding = "gbk"

    assert carries_symbols(Screen())
    assert not carries_symbols(Gbk())


def test_an_error_is_two_lines() -> None:
    error = InputRejected(Sentence("no customer {id}", id="a\nb"), Sentence("look again"))
    assert error_lines(error) == ["error: no customer a\\nb", "hint: look again"]


def test_pairs_are_aligned_and_safe() -> None:
    assert key_lines({"id": "K1", "名称": "\x1b"}) == ["id    K1", "名称  \\x1b"]


def test_a_list_in_a_pipe_loads_no_rich_table() -> None:
    program = (
        "import sys; from conflictctl.render.terminal import Column, print_table;"
        "print_table([Column('id')], [['K1']]);"
        "sys.exit('rich.table' in sys.modules or 'rich.console' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_reader_who_leaves_early_is_a_broken_pipe_and_not_a_finding() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        console(Closed()).print("anything")
