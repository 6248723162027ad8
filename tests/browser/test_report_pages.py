"""The pages of `report … --format html` in a real browser: Debian's chromium, without a screen.

Left out on a machine without chromium and chromedriver; `.ci/run` installs them where it may.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait
from typer.testing import CliRunner

from conflictctl.cli.app import app
from conflictctl.events import read_line
from conflictctl.exchange.importing import import_file
from conflictctl.register.store import create_register, open_register
from conflictctl.render.language import set_language

SAMPLES = Path(__file__).resolve().parent.parent.parent / "sample_data"
AS_OF = "2025-04-03T20:00:00+08:00"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
DESKTOP, PHONE = 1280, 375
EVIL = '<script>document.title="acted"</script>'
BIDI = "safe\u202egnp.exe"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None, reason="chromium and chromedriver are not installed"
    ),
]


def clock() -> int:
    return time.time_ns() // 1000


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
                "cause": "<img/src=x/onerror=alert(1)>" + "w" * 90,
                "outlet": "=cmd|x",
            },
            {"kind": "case_accepted", "by": "evil", "case": case, "handler": "evil"},
        ]
    with (
        open_register(str(path)) as register,
        register.writing(clock) as writer,
    ):
        for line in lines:
            draft = read_line({"at": at, "recorded_at": at, **line})
            if draft.kind == "outlet":  # as an older program may have let it in
                draft.fields["name"] = EVIL + BIDI
            writer.add(draft, take_recorded_at=True, allow_duplicates=True)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages by report and language: `cases-zh`."""
    folder = tmp_path_factory.mktemp("pages")
    path = folder / "register.db"
    with create_register(
        str(path), zone="Asia/Shanghai", policy="renault-zibo-2013", clock=clock
    ) as register:
        for name in ("dealership.jsonl", "cases.jsonl"):
            assert import_file(register, SAMPLES / name, clock=clock, attest="bai").rejected == 0
    hostile(path)
    found = {}
    for what in ("cases", "disputes"):
        for lang in ("en", "zh"):
            page = found[f"{what}-{lang}"] = folder / f"{what}-{lang}.html"
            ask = ["report", what, "--as-of", AS_OF, "--format", "html", "--output", str(page)]
            done = CliRunner().invoke(app, [*ask, "--lang", lang, "--db", str(path)])
            assert done.exit_code == 0, done.output
    set_language("en")
    return found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    assert CHROMIUM is not None
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    profile = tmp_path_factory.mktemp("profile")
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--no-first-run",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    env = {**os.environ, "HOME": str(profile)}
    driver = webdriver.Chrome(options=options, service=Service(DRIVER, env=env))
    yield driver
    driver.quit()


def look_at(browser: webdriver.Chrome, page: Path, width: int) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE},
    )
    browser.get("about:blank")  # or the page before, if it is the same one, passes for loaded
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get(page.as_uri())
    WebDriverWait(browser, 30).until(
        lambda driver: driver.execute_script(
            "return document.readyState === 'complete' && !!document.querySelector('footer code')"
        )
    )


EVERY = ["cases-en", "cases-zh", "disputes-en", "disputes-zh"]


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("name", EVERY)
def test_nothing_stands_out_to_the_side(
    browser: webdriver.Chrome, pages: dict[str, Path], name: str, width: int
) -> None:
    look_at(browser, pages[name], width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    wide = browser.execute_script(
        "return [...document.querySelectorAll('body *')]"
        ".filter(e => !e.closest('.scroll') && !e.closest('svg'))"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML)"
    )
    assert wide == []


@pytest.mark.parametrize("name", EVERY)
def test_it_asks_nobody_for_anything_and_complains_of_nothing(
    browser: webdriver.Chrome, pages: dict[str, Path], name: str
) -> None:
    look_at(browser, pages[name], DESKTOP)
    entries = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    asked = {
        entry["params"]["request"]["url"]
        for entry in entries
        if entry["method"] == "Network.requestWillBeSent"
    }
    assert pages[name].as_uri() in asked
    others = {url for url in asked if not url.startswith(("data:", "about:"))}
    assert others == {pages[name].as_uri()}
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
    assert len(plots) == pages[name].read_text(encoding="utf-8").count("<figure>") > 3
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
    assert "<img/src=x/onerror=alert(1)>" in text
    assert "\u202e" not in browser.page_source
    assert "safe\\u202egnp.exe" in text


@pytest.mark.parametrize("name", ["cases-en", "disputes-zh"])
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
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
