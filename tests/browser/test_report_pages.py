"""The pages of `report … --format html` in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from typer.testing import CliRunner

from conflictctl.cli.app import app
from conflictctl.render.language import set_language
from tests.browser.looking import (
    AS_OF,
    DESKTOP,
    EVIL,
    IMAGE,
    PHONE,
    asked_for,
    enter_hostile,
    in_a_browser,
    look_at,
    sample_register,
    too_wide,
)

PLOTS = {"cases": 4, "disputes": 4, "overdue": 2, "discipline": 2}
REPORTS = tuple(PLOTS)

pytestmark = in_a_browser


def hostile(path: Path) -> None:
    """A complaint whose names would act in a page; nothing that is typed could be like this."""
    at = "2025-03-20T10:00:00+08:00"
    lines: list[dict[str, Any]] = [
        {"kind": "outlet", "outlet": "=cmd|x", "name": EVIL, "type": "store"},
        {"kind": "staff", "staff": "evil", "name": EVIL, "role": "manager", "outlet": "=cmd|x"},
        {"kind": "customer", "customer": "=1+1", "name": EVIL},
    ]
    for number in range(2):
        case = f"C-EVIL-{number}"
        lines += [
            {
                "kind": "case_opened",
                "by": "evil",
                "case": case,
                "category": "complaint",
                "customer": "=1+1",
                "channel": "phone",
                "demand": EVIL,
                "cause": IMAGE + "w" * 90,
                "outlet": "=cmd|x",
            },
            {"kind": "case_accepted", "by": "evil", "case": case, "handler": "evil"},
        ]
    enter_hostile(path, lines, at)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages by report and language: `cases-zh`."""
    folder = tmp_path_factory.mktemp("pages")
    path = folder / "register.db"
    sample_register(path)
    hostile(path)
    found = {}
    for what in REPORTS:
        for lang in ("en", "zh"):
            page = found[f"{what}-{lang}"] = folder / f"{what}-{lang}.html"
            ask = ["report", what, "--as-of", AS_OF, "--format", "html", "--output", str(page)]
            done = CliRunner().invoke(app, [*ask, "--lang", lang, "--db", str(path)])
            assert done.exit_code == 0, done.output
    set_language("en")
    return found


EVERY = [f"{what}-{lang}" for what in REPORTS for lang in ("en", "zh")]


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("name", EVERY)
def test_nothing_stands_out_to_the_side(
    browser: webdriver.Chrome, pages: dict[str, Path], name: str, width: int
) -> None:
    look_at(browser, pages[name], width)
    assert too_wide(browser, ".scroll") == []


@pytest.mark.parametrize("name", EVERY)
def test_it_asks_nobody_for_anything_and_complains_of_nothing(
    browser: webdriver.Chrome, pages: dict[str, Path], name: str
) -> None:
    look_at(browser, pages[name], DESKTOP)
    assert asked_for(browser) == {pages[name].as_uri()}
    assert browser.get_log("browser") == []
    assert browser.execute_script("return document.scripts.length") == 0


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("name", EVERY)
def test_plots_are_seen_and_told(
    browser: webdriver.Chrome, pages: dict[str, Path], name: str, width: int
) -> None:
    look_at(browser, pages[name], width)
    plots = browser.execute_script(
        "return [...document.querySelectorAll('figure svg')].map(svg => {"
        " const box = svg.getBoundingClientRect();"
        " const drawn = [...svg.querySelectorAll('.series rect, .series circle')]"
        "  .filter(e => e.getBoundingClientRect().width > 1);"
        " const texts = [...svg.querySelectorAll('text')].map(t => t.getBoundingClientRect());"
        " return {width: box.width, height: box.height, drawn: drawn.length,"
        "  out: texts.filter(t => t.width && (t.left < box.left - 2 || t.right > box.right + 2))"
        "   .length,"
        "  title: svg.querySelector('title').textContent,"
        "  desc: svg.querySelector('desc').textContent}; })"
    )
    assert len(plots) == pages[name].read_text(encoding="utf-8").count("<figure>")
    assert len(plots) >= PLOTS[name[:-3]]
    for plot in plots:
        assert plot["width"] > 250, plot
        assert plot["height"] > 60, plot
        assert plot["drawn"] > 0, plot
        assert plot["out"] == 0, plot  # no label is cut off
        assert plot["title"]
        assert plot["desc"]


@pytest.mark.parametrize("name", EVERY)
def test_it_is_in_the_language_asked_for(
    browser: webdriver.Chrome, pages: dict[str, Path], name: str
) -> None:
    look_at(browser, pages[name], DESKTOP)
    lang = "zh-CN" if name.endswith("zh") else "en"
    assert browser.execute_script("return document.documentElement.lang") == lang
    about = browser.execute_script("return document.querySelector('header').innerText")
    assert ("截至" in about) is (lang == "zh-CN")
    assert ("as of" in about) is (lang == "en")
    foot = browser.execute_script("return document.querySelector('footer').innerText")
    assert "sha256:" in foot


@pytest.mark.parametrize("name", ["cases-en", "cases-zh"])
def test_names_that_would_act_are_only_shown(
    browser: webdriver.Chrome, pages: dict[str, Path], name: str
) -> None:
    look_at(browser, pages[name], DESKTOP)
    assert browser.title != "acted"
    assert browser.execute_script("return document.images.length") == 0
    text = browser.execute_script("return document.body.innerText")
    assert EVIL in text
    assert "=cmd|x" in text
    assert IMAGE in text
    assert "\u202e" not in browser.page_source
    assert "safe\\u202egnp.exe" in text


def broken_heads(browser: webdriver.Chrome) -> list[str]:
    """Heads of columns so narrow that their letters stand one below the other."""
    found: list[str] = browser.execute_script(
        "return [...document.querySelectorAll('thead th')].filter(head => {"
        " const words = head.innerText.trim().split(/\\s+/).length,"
        "  style = getComputedStyle(head), line = parseFloat(style.lineHeight),"
        "  inner = head.firstChild ? (() => { const r = document.createRange();"
        "   r.selectNodeContents(head); return r.getBoundingClientRect().height })() : 0;"
        " return inner > line * (words + .5) }).map(head => head.innerText)"
    )
    return found


@pytest.mark.parametrize("name", ["cases-en", "disputes-zh", "overdue-zh", "discipline-en"])
def test_it_prints_on_a4(browser: webdriver.Chrome, pages: dict[str, Path], name: str) -> None:
    look_at(browser, pages[name], DESKTOP)
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    assert len(printed["data"]) > 10_000
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.execute_cdp_cmd(  # 210 mm less the margins, in CSS pixels
        "Emulation.setDeviceMetricsOverride",
        {"width": 688, "height": 1000, "deviceScaleFactor": 1, "mobile": False},
    )
    try:
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 688
        assert broken_heads(browser) == []
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
