"""The ruling as a PDF: what the page says, from the same values, whatever the names are."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
import typst
from pypdf import PdfReader

from conflictctl.cli.output import refuse_terminal
from conflictctl.errors import WrongUsage
from conflictctl.exchange.importing import import_file
from conflictctl.register.store import create_register
from conflictctl.render import ruling_pdf

from .conftest import AS_OF, Invoke, clock

ASK = ("--as-of", AS_OF, "--format", "pdf")
needs_chinese = pytest.mark.skipif(
    not set(ruling_pdf.CHINESE_FONTS) & set(typst.Fonts().families()),
    reason="no Chinese font is installed (such as fonts-wqy-microhei)",
)
HOSTILE = {
    "K1": '#eval("1") *b* _i_ $x$ \\ <script> `c` @a [x] // = h',
    "li": "#panic() {{ 7*7 }} </text><text>]]>",
    "wang": "w\u200da\ue000n\ufffeg\u00ad",
}
# Joiners stay and show nothing; what nobody can show is shown as its number.
SHOWN = {**HOSTILE, "wang": "a\\ue000n\\ufffeg\\xad"}


def words(pdf: bytes) -> str:
    """All texts without any space: where a line breaks is not what is looked at."""
    return "".join(
        "".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages
    )


def only_latin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer that has no fonts but those that typst brings."""
    monkeypatch.setattr(ruling_pdf, "system_fonts", lambda: typst.Fonts(include_system_fonts=False))


@pytest.fixture
def hostile(register_path: Path, tmp_path: Path) -> Path:
    """A register in which no name is harmless."""
    lines = [
        {"kind": "outlet", "outlet": "main", "name": "#outlet", "type": "store"},
        {"kind": "staff", "staff": "gao", "name": "gao", "role": "manager", "outlet": "main"},
        *(
            {"kind": "staff", "staff": who, "name": HOSTILE[who], "role": "consultant"}
            | {"outlet": "main"}
            for who in ("li", "wang")
        ),
        {"kind": "customer", "customer": "K1", "name": HOSTILE["K1"]},
        {"kind": "visit", "customer": "K1", "by": "wang", "level": "A"},
        {"kind": "visit", "customer": "K1", "by": "li", "level": "A"},
        {"kind": "close", "customer": "K1", "by": "li", "product": "#" + "x" * 300},
    ]
    file = tmp_path / "hostile.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for number, line in enumerate(lines):
            at = f"2025-03-20T10:{number:02}:00+08:00"
            print(json.dumps({"id": f"e{number}", "at": at, "recorded_at": at, **line}), file=out)
    with create_register(
        str(register_path), zone="Asia/Shanghai", policy="renault-zibo-2013", clock=clock
    ) as register:
        assert import_file(register, file, clock=clock, attest="gao").rejected == 0
    return register_path


@needs_chinese
@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", ["邵文斌", "clauseP2:credited", "Whatwouldhaveturnedit", "Signatures", "1/1"]),
        ("zh", ["邵文斌", "P2条：已归属", "什么会改变结果", "签字", "1/1"]),
    ],
)
def test_an_ordinary_dispute_takes_one_page(
    invoke: Invoke, month: Path, tmp_path: Path, lang: str, told: list[str]
) -> None:
    file = tmp_path / "ruling.pdf"
    done = invoke("verdict", "C-020", *ASK, "--lang", lang, "--output", str(file))
    assert done.stdout == ""
    pdf = PdfReader(file)
    assert len(pdf.pages) == 1
    assert pdf.pages[0].mediabox.width == pytest.approx(595.28, abs=0.1)  # A4
    assert str(pdf.trailer["/Root"]["/Lang"]).startswith(lang)
    text = words(file.read_bytes())
    assert [part for part in told if part not in text] == []
    head = json.loads(invoke("status", "--format", "json").stdout)["head"]
    assert head in text


def test_names_are_text_and_nothing_else_and_the_bytes_are_the_same_twice(
    invoke: Invoke, hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_latin(monkeypatch)
    pdf = invoke("verdict", "K1", *ASK, "--lang", "en").stdout_bytes
    assert pdf.startswith(b"%PDF-")
    text = words(pdf)
    for name in SHOWN.values():
        assert "".join(name.split()) in text
    assert text.count("x" * 300) == 1
    assert PdfReader(io.BytesIO(pdf)).metadata.creation_date.isoformat().startswith("2025-04-03")
    assert invoke("verdict", "K1", *ASK, "--lang", "en").stdout_bytes == pdf


def test_without_a_chinese_font_it_says_what_to_do_and_writes_nothing(
    invoke: Invoke, month: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_latin(monkeypatch)
    file = tmp_path / "ruling.pdf"
    told = invoke("verdict", "C-020", *ASK, "--output", str(file), code=2).stderr
    assert "no font on this computer has the character" in told
    assert "fonts-noto-cjk" in told
    assert not file.exists()


def test_without_typst_it_says_what_to_install(
    invoke: Invoke, hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    told = invoke("verdict", "K1", *ASK, code=2).stderr
    assert "pip install 'conflictctl[pdf]'" in told


def test_a_terminal_gets_no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for output in (None, "-"):
        with pytest.raises(WrongUsage, match="not for a terminal"):
            refuse_terminal(output)
    refuse_terminal("ruling.pdf")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--all"], "not about --all"), (["K1", "--why-not", "li"], "--why-not goes with")],
)
def test_what_does_not_go_together_is_refused(
    invoke: Invoke, arguments: list[str], told: str
) -> None:
    assert told in invoke("verdict", *arguments, "--format", "pdf", code=2).stderr
