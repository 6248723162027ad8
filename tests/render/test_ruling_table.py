"""The ruling for people: what stands where, at every width, in both languages."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from conflictctl.adjudication.ruling import (
    Against,
    Alternative,
    Contest,
    RecordTurn,
    Refused,
    Ruling,
    Sensitivity,
    WhyNot,
)
from conflictctl.render.language import set_language
from conflictctl.render.ruling_prose import ruling_prose
from conflictctl.render.ruling_table import ruling_table
from conflictctl.render.terminal import console as real_console
from conflictctl.wording import Sentence

from . import samples

Make = Callable[[], Ruling]
HOSTILE = (
    "[/]",
    "[link=https://example.org]x[/link]",
    "\x1b[31mred\x1b[0m",
    "a\u202eb",
    "[bold",
    "half\ud83d",
    "new\nline",
    "王" * 300,
    "{who}",
    "",
)
EVERY = pytest.mark.parametrize("make", samples.ALL, ids=lambda make: make.__name__)
BOTH = pytest.mark.parametrize("lang", ["en", "zh"])
WIDTHS = pytest.mark.parametrize("width", [80, 120])


class Ascii(io.StringIO):
    """A stream that can carry ASCII alone."""

    encoding = "ascii"


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    set_language("en")


def printed(
    ruling: Ruling,
    *,
    width: int = 80,
    terminal: bool = False,
    colour: bool = False,
    explain: bool = False,
    name: str | None = None,
    stream: io.StringIO | None = None,
) -> list[str]:
    out = stream if stream is not None else io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=terminal,
        markup=False,
        emoji=False,
        highlight=False,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )
    ruling_table(
        ruling,
        people=samples.people({} if name is None else {"wang": name, "li": name}),
        calendar=samples.SHANGHAI,
        names=samples.NAMES if name is None else {"K1": name},
        policy=samples.SampleTitles(),
        console=console,
        head=samples.SampleHead(),
        explain=explain,
        events=samples.EIGHT_DAYS_FACTS,
    )
    return out.getvalue().splitlines()


def column(line: str, text: str) -> int:
    """The cell in which `text` begins."""
    return cell_len(line[: line.index(text)])


@WIDTHS
def test_one_look_says_whose_it_is_and_by_which_clause(width: int) -> None:
    top = "\n".join(printed(samples.eight_days(), width=width)[:7])
    assert "李娜 (li)" in top
    assert "clause P3" in top
    assert "Regular follow-up" in top
    assert "has the deal" in top


def test_the_top_of_every_other_status() -> None:
    def top(ruling: Ruling) -> str:
        return "\n".join(printed(ruling)[:8])

    assert "Management panel" in top(samples.referred())
    assert "王强 (wang)" in top(samples.held())
    assert "Nobody\n   holds this customer; there is no deal" in top(samples.unheld())
    nobodys = samples.eight_days(status="unheld", credit=(), decided_by=None)
    assert "Nobody\n   gets the deal" in top(nobodys)
    assert "Nobody has the deal with" in "\n".join(printed(nobodys, explain=True))
    assert "PROVISIONAL until 2013-03-12 24:00" in top(samples.provisional())
    shared = top(samples.departed())
    assert "60 %" in shared
    assert "40 %" in shared


def test_a_departure_from_the_rule_and_changed_parameters_stand_in_the_answer() -> None:
    lines = printed(samples.departed())
    rule = next(n for n, line in enumerate(lines) if line.startswith("━") and n > 4)
    answer = "\n".join(lines[:rule])
    assert "departing from the rule" in answer
    assert "level_limit_days.H=5" in answer


@BOTH
@WIDTHS
def test_columns_are_aligned_by_cells(lang: str, width: int) -> None:
    set_language(lang)
    lines = printed(samples.eight_days(), width=width)
    first = next(n for n, line in enumerate(lines) if set(line) == {"─"})
    titles = lines[first - 1].split()
    rows = {line.split()[1]: line for line in lines[first:] if line[:2] in ("- ", "+ ", "✔ ")}
    assert set(rows) >= {"P4", "6.4", "P1", "6.1", "P3"}
    party, margin, evidence = (column(lines[first - 1], title) for title in titles[-3:])
    assert {column(rows[clause], "王强") for clause in ("P1", "6.1")} == {party}
    assert column(rows["P3"], "李娜") == party
    assert column(rows["6.1"], "2 < 3") == column(rows["P3"], "8 > 7") == margin
    assert {column(rows[clause], "R13") for clause in ("P1", "6.1", "P3")} == {evidence}


@EVERY
@BOTH
@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_on_a_terminal_no_line_is_wider_than_it(make: Make, lang: str, width: int) -> None:
    set_language(lang)
    for line in printed(make(), width=width, terminal=True, explain=True):
        assert cell_len(line) <= width, line


@BOTH
def test_the_inverted_band_has_one_width(lang: str) -> None:
    set_language(lang)
    lines = printed(samples.eight_days(), terminal=True, colour=True)
    band = [line for line in lines if line.startswith("\x1b[1;7m")]
    assert len(band) == 4
    assert {cell_len(line.removeprefix("\x1b[1;7m").removesuffix("\x1b[0m")) for line in band} == {
        80
    }


def test_clauses_stand_in_the_order_tried_and_untried_ones_are_named_together() -> None:
    text = "\n".join(printed(samples.eight_days()))
    places = [
        text.index(f"{mark} {clause}")
        for mark, clause in (("-", "P4"), ("-", "6.4"), ("+", "P1"), ("-", "6.1"), ("✔", "P3"))
    ]
    assert places == sorted(places)
    assert "Not tried any more: P2, K2, 6.2, 6.3, P6" in text


def test_late_struck_and_refused_entries_are_shown_with_the_reason() -> None:
    text = "\n".join(printed(samples.departed()))
    assert "R13-3b  2013-03-08 17:40  王强 (wang)  entered late" in text
    assert "R13-02  2013-03-01 10:00  王强 (wang)  struck as untrue" in text
    assert "R13-03  2013-03-02 16:00  王强 (wang)  altered later" in text
    assert "R13-3a (not reached)" in text


def test_what_turned_it_and_what_is_open() -> None:
    assert any(
        "file_order = happened" in line and "王强" in line for line in printed(samples.eight_days())
    )
    assert any("recorded by 2013-03-12 24:00" in line for line in printed(samples.provisional()))


def test_without_colour_there_is_no_escape_code_at_all() -> None:
    for make in samples.ALL:
        assert "\x1b" not in "\n".join(printed(make(), terminal=True, explain=True))


@EVERY
def test_meaning_does_not_rest_on_colour(make: Make) -> None:
    coloured = "\n".join(printed(make(), terminal=True, colour=True))
    assert "\x1b[" in coloured
    assert "\x1b[2m" not in coloured  # dim text vanishes on light terminals
    assert "\x1b[33m" not in coloured  # and so does yellow


def test_ascii_stands_in_where_the_encoding_carries_no_lines() -> None:
    out = Ascii()
    printed(samples.eight_days(), stream=out)
    drawn = {char for char in out.getvalue() if 0x2000 <= ord(char) < 0x2E80}
    assert drawn == set()
    assert "* P3" in out.getvalue()


def test_a_pipe_cuts_nothing() -> None:
    long = "E" + "9" * 120
    findings = tuple(
        finding._replace(evidence=(*finding.evidence, long))
        for finding in samples.eight_days().findings
    )
    text = "\n".join(printed(samples.eight_days()._replace(findings=findings)))
    assert long in text


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
@pytest.mark.parametrize("terminal", [True, False])
def test_hostile_names_do_nothing(name: str, terminal: bool) -> None:
    for make in samples.ALL:
        lines = printed(make(), name=name, terminal=terminal, explain=True)
        text = "\n".join(lines)
        assert not any(char in text for char in "\x1b\u202e\r\x00")
        text.encode()
        if terminal:
            assert all(cell_len(line) <= 80 for line in lines)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec=None), min_size=1, max_size=40))
def test_no_name_whatsoever_is_active(name: str) -> None:
    text = "\n".join(printed(samples.eight_days(), name=name, terminal=True, explain=True))
    active = {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs")}
    assert active <= {"\n", "\u200c", "\u200d"}


@BOTH
def test_the_account_gives_why_facts_clauses_and_readings(lang: str) -> None:
    set_language(lang)
    out = io.StringIO()
    ruling_prose(
        samples.eight_days(),
        people=samples.people(),
        calendar=samples.SHANGHAI,
        names=samples.NAMES,
        policy=samples.SampleTitles(),
        console=Console(file=out, width=80, color_system=None, markup=False),
        events=samples.EIGHT_DAYS_FACTS,
    )
    text = out.getvalue()
    for ref in samples.EIGHT_DAYS_FACTS:
        assert ref in text
    for param in ("level_vs_week", "lapse_test", "file_order"):
        assert param in text
    assert "\n  * R13-03" in text
    assert "\n  ! R13-3b" in text


def test_the_real_console_obeys_no_color_and_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    console = real_console()
    assert console.width == 100
    assert console.color_system is None
    console.print("[bold]:smile: [/]")
    assert capsys.readouterr().out == "[bold]:smile: [/]\n"


# ------------------------------------------------------------------ what would turn it


def sensitive(records: int = 1, *, complete: bool = True) -> Ruling:
    turns = [
        RecordTurn("R13-01", "credited", (samples.LI,), None, "P1"),
        RecordTurn("R13-07", "referred", (), None, "K2"),
    ]
    contest = Contest("week_days", 7, (Alternative(0, "credited", (samples.WANG,), None, "6.2"),))
    return samples.eight_days(sensitivity=Sensitivity(tuple(turns[:records]), (contest,), complete))


@BOTH
def test_a_ruling_that_turns_on_one_record_says_on_which(lang: str) -> None:
    set_language(lang)
    text = "\n".join(printed(sensitive(2)))
    words = "Turns on one record" if lang == "en" else "取决于一条记录"
    assert words in text
    assert text.index(words) < text.rindex("R13-01") < text.rindex("R13-07")
    assert "clause P1" in text or "P1 条" in text


def test_a_robust_ruling_says_so_and_one_not_fully_tried_says_nothing() -> None:
    assert "Robust" in "\n".join(printed(sensitive(0)))
    assert "Robust" not in "\n".join(printed(sensitive(0, complete=False)))
    assert "Robust" not in "\n".join(printed(samples.eight_days()))
    unheld = samples.unheld()._replace(sensitivity=Sensitivity((), ()))
    assert "Robust" not in "\n".join(printed(unheld))


@BOTH
def test_the_account_says_what_would_turn_it_in_sentences(lang: str) -> None:
    set_language(lang)
    text = "\n".join(printed(sensitive(1), explain=True, width=120))
    if lang == "en":
        assert "Had R13-01 (visit, 2013-02-26 10:00, 王强 (wang)) not been recorded" in text
        assert "Read with week_days = 0 instead of 7: 王强 (wang), clause 6.2." in text
        assert "cut short" in "\n".join(printed(sensitive(0, complete=False), explain=True))
        assert "it is robust" in "\n".join(printed(sensitive(0), explain=True))
    else:
        assert "如果没有记录 R13-01（" in text
        assert "若 week_days 取 0 而非 7" in text


def refused(**changed: object) -> Ruling:
    found = WhyNot(
        "wang",
        has_it=False,
        would_need=(Sentence("Clause {clause} would have to be met. {reason}", clause="6.2"),),
        clauses=(Against(samples.eight_days().findings[3], reached=True),),
        refused=(Refused("R13-3b", "late"),),
        records=(RecordTurn("R13-04", "credited", (samples.WANG,), None, "6.2"),),
    )
    return samples.eight_days(why_not=found._replace(**changed))


@WIDTHS
@BOTH
def test_why_not_stands_below_the_answer_instead_of_the_clauses(lang: str, width: int) -> None:
    set_language(lang)
    lines = printed(refused(), width=width)
    text = "\n".join(lines)
    assert all(cell_len(line) <= width for line in lines)
    heading = "Why not 王强 (wang)?" if lang == "en" else "为何不归 王强 (wang)？"
    assert text.index("李娜 (li)") < text.index(heading) < text.index("6.1") < text.index("R13-3b")
    assert ("Clauses, in the order tried" if lang == "en" else "按审查顺序") not in text


def test_why_not_of_the_one_who_has_it_and_of_one_without_a_clause() -> None:
    assert "has it already" in "\n".join(printed(refused(has_it=True, party="li")))
    nothing = Sentence("On what is recorded, no clause of the policy comes to {party}.", party="x")
    bare = refused(would_need=(nothing,), clauses=(), refused=(), records=())
    text = "\n".join(printed(bare))
    assert "no clause of the policy comes to x" in text
    assert "No single record left out" in text
