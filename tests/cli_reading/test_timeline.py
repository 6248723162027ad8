"""`timeline` and the ruling as a paper, as the commands show them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conflictctl.render.pages import harmless_environment

from .conftest import AS_OF, Invoke

SVG = "{http://www.w3.org/2000/svg}"


def shown(invoke: Invoke, *arguments: str) -> str:
    return invoke(*arguments, "--as-of", AS_OF).stdout


def test_the_table_has_a_lane_for_each_and_marks_what_decided(invoke: Invoke, month: Path) -> None:
    told = shown(invoke, "timeline", "C-015")
    assert "A  陈思远 (chen)" in told
    assert "B  潘悦 (pan)" in told
    assert re.search(r"^\* 2025-02-23 14:20 o\s+reception, level B", told, re.M)
    assert re.search(r"^  2025-03-18 11:50 .*#.* order, 5000 CNY  ord0318-01$", told, re.M)
    assert "* what clause 6.3 rests on: credited" in told


def test_an_overdue_follow_up_is_a_moment_of_its_own(invoke: Invoke, month: Path) -> None:
    told = shown(invoke, "timeline", "C-018")
    line = "2025-03-15 24:00 -"
    assert line in told
    words = " ".join(told.replace("|", " ").split())
    assert "follow-up of 陈思远 (chen) is overdue from here, level A: 7 days" in words


def test_in_a_pipe_nothing_is_cut_and_no_line_is_broken_within_a_word(
    invoke: Invoke, month: Path
) -> None:
    told = shown(invoke, "timeline", "C-034")
    for event in json.loads(shown(invoke, "timeline", "C-034", "--format", "json"))["entries"]:
        assert event["event"] in told


def test_the_json_has_every_entry_and_what_ran(invoke: Invoke, month: Path) -> None:
    found = json.loads(shown(invoke, "timeline", "C-018", "--format", "json"))
    assert found["decided_by"] == "P3"
    term = next(p for p in found["periods"] if p["exceeded"])
    assert term == {
        "kind": "term",
        "party": "chen",
        "from": "2025-03-08T12:40:00+08:00",
        "until": "2025-03-16T00:00:00+08:00",
        "event": "t0308-01",
        "level": "A",
        "limit_days": 7,
        "exceeded": True,
        "name": None,
    }
    decisive = [entry["event"] for entry in found["entries"] if entry["decisive"]]
    ruling = json.loads(shown(invoke, "verdict", "C-018", "--format", "json"))
    (evidence,) = [f["evidence"] for f in ruling["findings"] if f["clause"] == "P3"]
    assert sorted(decisive) == sorted(evidence)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_picture_is_sound_xml_and_needs_nothing_else(
    invoke: Invoke, month: Path, lang: str
) -> None:
    text = shown(invoke, "timeline", "C-034", "--format", "svg", "--lang", lang)
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg"
    entries = json.loads(shown(invoke, "timeline", "C-034", "--format", "json"))["entries"]
    assert len(root.findall(f"{SVG}g")) == len(entries)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    for forbidden in ("<script", "<image", "<foreignObject", "@import", "url("):
        assert forbidden not in text


def test_no_character_that_makes_a_picture_unsound_gets_into_one() -> None:
    shown_name = harmless_environment().from_string("<t>{{ name }}</t>")
    text = shown_name.render(name="x\ufffe<&]]>\uffff")
    assert ElementTree.fromstring(text).text == "x\ufffd<&]]>\ufffd"


def test_a_file_is_written_once_and_overwritten_only_when_told(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    path = tmp_path / "k.html"
    ask = ("timeline", "C-015", "--format", "html", "--output", str(path), "--as-of", AS_OF)
    assert "wrote" in invoke(*ask).stderr
    assert path.stat().st_mode & 0o777 == 0o600
    invoke(*ask, code=3)
    invoke(*ask, "--force")


def test_a_table_goes_to_no_file(invoke: Invoke, month: Path) -> None:
    result = invoke("timeline", "C-015", "--output", "x.txt", code=2)
    assert "--output goes with --format json, svg or html" in result.stderr


def test_nobody_has_a_timeline_who_is_not_there(invoke: Invoke, month: Path) -> None:
    result = invoke("timeline", "nobody", code=3)
    assert "no customer nobody" in result.stderr


# ---------------------------------------------------------------------------- the paper


def test_the_paper_says_whose_by_what_and_what_would_have_turned_it(
    invoke: Invoke, month: Path
) -> None:
    page = shown(invoke, "verdict", "C-015", "--format", "html")
    for part in (
        "Ruling on the deal with C-015 沈秋萍",
        "潘悦 (pan)",
        "clause 6.3 · Not tracked in the week before the deal",
        "What would have turned it",
        "one more follow-up / call by 陈思远 (chen), at any full hour from 2025-03-11 00:00",
        "Signatures",
        "renault-zibo-2013 2013-01-27",
    ):
        assert part in page
    assert "Content-Security-Policy" in page
    assert "<script" not in page


def test_the_digest_on_the_paper_is_that_of_the_ruling_printed_again(
    invoke: Invoke, month: Path
) -> None:
    page = shown(invoke, "verdict", "C-015", "--format", "html", "--lang", "zh")
    line = shown(invoke, "verdict", "C-015", "--format", "jsonl", "--lang", "en")
    assert "sha256:" + hashlib.sha256(line.encode()).hexdigest() in page


def test_the_receipts_on_the_paper_are_those_the_register_gives(
    invoke: Invoke, month: Path
) -> None:
    page = shown(invoke, "verdict", "C-015", "--format", "html")
    ref, receipt = re.findall(r"(f0306-01) ([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})", page)[0]
    assert ref == "f0306-01"
    told = invoke("audit", "verify", "--receipt", receipt).stdout
    assert "nothing up to it was altered" in told


def test_of_a_supposed_ruling_the_paper_says_that_it_is_supposed(
    invoke: Invoke, month: Path, tmp_path: Path
) -> None:
    line = {
        "kind": "followup",
        "customer": "C-015",
        "by": "chen",
        "at": "2025-03-15T10:00:00+08:00",
    }
    path = tmp_path / "supposed.jsonl"
    path.write_text(json.dumps(line), encoding="utf-8")
    page = shown(invoke, "verdict", "C-015", "--format", "html", "--what-if", str(path))
    assert "Supposed: 1 entry that is not in the register." in page


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--all", "--format", "html"], "not about --all"),
        (["C-015", "--format", "html", "--why-not", "chen"], "--why-not goes with"),
        (["C-015", "--output", "x.html"], "--output goes with --format html or pdf"),
    ],
)
def test_what_does_not_go_together_is_refused(
    invoke: Invoke, month: Path, arguments: list[str], told: str
) -> None:
    assert told in invoke("verdict", *arguments, code=2).stderr
