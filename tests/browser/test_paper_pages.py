"""The pages of a timeline and of a ruling, on the screen and on A4, in a real browser."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from pypdf import PageObject, PdfReader
from selenium import webdriver
from selenium.webdriver.common.print_page_options import PrintOptions
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

pytestmark = in_a_browser

ORDINARY, LONG, HOSTILE = ("C-015", "C-018", "C-036"), "C-034", "K-EVIL"
SHOWN = [("timeline", LONG), ("verdict", LONG), ("timeline", HOSTILE), ("verdict", HOSTILE)]
A4 = (594.96, 841.92)


def hostile(path: Path) -> None:
    """A disputed deal of people whose names would act in a page."""
    rival = EVIL + IMAGE + "w" * 90
    contact = {"kind": "visit", "customer": HOSTILE, "level": "A", "note": IMAGE}
    lines = [
        {"kind": "outlet", "outlet": "=cmd|x", "name": EVIL, "type": "store"},
        {"kind": "staff", "staff": "evil", "name": EVIL, "role": "consultant"},
        {"kind": "staff", "staff": "rival", "name": rival, "role": "consultant"},
        {"kind": "customer", "customer": HOSTILE, "name": EVIL + IMAGE},
        {**contact, "by": "evil", "at": "2025-03-20T10:10:00+08:00"},
        {**contact, "by": "rival", "at": "2025-03-22T10:20:00+08:00"},
        {"kind": "close", "customer": HOSTILE, "by": "rival", "product": "#" + "x" * 200}
        | {"at": "2025-03-22T11:00:00+08:00", "note": EVIL},
        {"kind": "claim", "customer": HOSTILE, "by": "evil", "to": "rival", "note": EVIL}
        | {"at": "2025-03-22T12:00:00+08:00"},
    ]
    outlet = {"outlet": "=cmd|x"}
    enter_hostile(
        path,
        [line | outlet if line["kind"] == "staff" else line for line in lines],
        "2025-03-20T10:00:00+08:00",
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], Path]:
    """The pages by command, customer and language."""
    folder = tmp_path_factory.mktemp("papers")
    path = folder / "register.db"
    sample_register(path)
    hostile(path)
    found = {}
    for command, customer in [*SHOWN, *(("verdict", one) for one in ORDINARY)]:
        for lang in ("en", "zh"):
            page = folder / f"{command}-{customer}-{lang}.html"
            found[command, customer, lang] = page
            ask = [command, customer, "--as-of", AS_OF, "--format", "html", "--output", str(page)]
            done = CliRunner().invoke(app, [*ask, "--lang", lang, "--db", str(path)])
            assert done.exit_code == 0, done.output
    set_language("en")
    return found


def printed(browser: webdriver.Chrome, page: Path) -> list[PageObject]:
    """The sheets of a page, printed to A4."""
    look_at(browser, page, DESKTOP)
    options = PrintOptions()
    options.page_width, options.page_height = 21.0, 29.7  # cm
    options.margin_top = options.margin_bottom = options.margin_left = options.margin_right = 0
    options.background = True
    return list(PdfReader(io.BytesIO(base64.b64decode(browser.print_page(options)))).pages)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("command", "customer"), SHOWN)
def test_it_fits_the_screen_and_asks_nobody_for_anything(
    browser: webdriver.Chrome,
    pages: dict[tuple[str, str, str], Path],
    command: str,
    customer: str,
    lang: str,
) -> None:
    page = pages[command, customer, lang]
    for width in (DESKTOP, PHONE):
        look_at(browser, page, width)
        assert too_wide(browser, ".picture") == []
        assert asked_for(browser) == {page.as_uri()}
        assert browser.get_log("browser") == []  # nor did the policy of contents stop anything
        assert browser.execute_script("return document.scripts.length") == 0
        picture = browser.execute_script(
            "const box = document.querySelector('.picture svg').getBoundingClientRect();"
            "return [box.width, box.height]"
        )
        assert picture[0] > 300
        assert picture[1] > 60
    wanted = "zh-CN" if lang == "zh" else "en"
    assert browser.execute_script("return document.documentElement.lang") == wanted


@pytest.mark.parametrize("command", ["timeline", "verdict"])
def test_names_that_would_act_are_only_shown(
    browser: webdriver.Chrome, pages: dict[tuple[str, str, str], Path], command: str
) -> None:
    look_at(browser, pages[command, HOSTILE, "en"], PHONE)
    assert browser.title != "acted"
    assert browser.execute_script("return document.images.length") == 0
    assert EVIL + IMAGE in browser.execute_script("return document.body.innerText")
    assert "\u202e" not in browser.page_source
    if command == "verdict":  # it names the outlets
        assert "safe\\u202egnp.exe" in browser.page_source


def test_the_policy_of_contents_lets_no_script_run(
    browser: webdriver.Chrome, pages: dict[tuple[str, str, str], Path]
) -> None:
    """What autoescaping should ever miss is stopped by the page's own policy."""
    for command in ("timeline", "verdict"):
        source = pages[command, HOSTILE, "en"]
        leaky = source.with_name(f"{command}-leaky.html")
        text = source.read_text(encoding="utf-8")
        assert text.count("</main>") == 1
        leaky.write_text(
            text.replace("</main>", f'{EVIL}<img src="https://example.invalid/x.png"></main>'),
            encoding="utf-8",
        )
        look_at(browser, leaky, DESKTOP)
        assert browser.title != "acted"
        stopped = [entry["message"] for entry in browser.get_log("browser")]
        assert any("script" in message for message in stopped)
        assert any("example.invalid" in message for message in stopped)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_ordinary_ruling_takes_one_sheet_to_sign(
    browser: webdriver.Chrome, pages: dict[tuple[str, str, str], Path], lang: str
) -> None:
    for customer in ORDINARY:
        sheets = printed(browser, pages["verdict", customer, lang])
        assert len(sheets) == 1, customer
        assert [float(side) for side in sheets[0].mediabox[2:]] == pytest.approx(A4, abs=1)
        text = sheets[0].extract_text()
        assert customer in text
        assert "sha256:" in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_longer_ruling_begins_on_its_first_sheet(
    browser: webdriver.Chrome, pages: dict[tuple[str, str, str], Path], lang: str
) -> None:
    sheets = [sheet.extract_text() for sheet in printed(browser, pages["verdict", LONG, lang])]
    assert len(sheets) == 2
    assert len(sheets[0]) > 1000
    assert LONG in sheets[0]
    assert "clm0316-03" in sheets[0]  # the facts, down to the last
    assert "sha256:" in sheets[-1]
    assert "sha256:" not in sheets[0]  # how it can be had again stays together


def test_a_timeline_prints_on_one_sheet(
    browser: webdriver.Chrome, pages: dict[tuple[str, str, str], Path]
) -> None:
    (sheet,) = printed(browser, pages["timeline", LONG, "en"])
    text = sheet.extract_text()
    assert LONG in text
    assert "clm0316-03" in text
