"""How a page is looked at: loaded at a width, measured, overheard; and names that would act."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from conflictctl.events import read_line
from conflictctl.exchange.importing import import_file
from conflictctl.register.store import create_register, open_register

SAMPLES = Path(__file__).resolve().parent.parent.parent / "sample_data"
AS_OF = "2025-04-03T20:00:00+08:00"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
DESKTOP, PHONE = 1280, 375
EVIL = '<script>document.title="acted"</script>'
IMAGE = "<img/src=x/onerror=alert(1)>"
BIDI = "safe\u202egnp.exe"

in_a_browser = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None, reason="chromium and chromedriver are not installed"
    ),
]


def clock() -> int:
    return time.time_ns() // 1000


def sample_register(path: Path) -> None:
    """A register with all of the sample data."""
    with create_register(
        str(path), zone="Asia/Shanghai", policy="renault-zibo-2013", clock=clock
    ) as register:
        for name in ("dealership.jsonl", "cases.jsonl"):
            assert import_file(register, SAMPLES / name, clock=clock, attest="bai").rejected == 0


def enter_hostile(path: Path, lines: list[dict[str, Any]], at: str) -> None:
    """Enter lines with names that would act in a page; an older program let the outlet's in."""
    with (
        open_register(str(path)) as register,
        register.writing(clock) as writer,
    ):
        for line in lines:
            draft = read_line({"at": at, "recorded_at": line.get("at", at), **line})
            if draft.kind == "outlet":
                draft.fields["name"] = EVIL + BIDI
            writer.add(draft, take_recorded_at=True, allow_duplicates=True)


def look_at(browser: webdriver.Chrome, page: Path, width: int) -> None:
    """Load a page at a width, and forget what was asked and complained of before."""
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
            "return document.readyState === 'complete'"
            " && !!document.querySelector('footer code, dl.origin dd')"
        )
    )


def too_wide(browser: webdriver.Chrome, boxes: str) -> list[str]:
    """What stands out to the side, but for what is in one of the boxes that may be scrolled."""
    found: list[str] = browser.execute_script(
        "const wide = [...document.querySelectorAll('body *')]"
        ".filter(e => !e.closest(arguments[0]) && !e.closest('svg'))"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML);"
        "if (document.documentElement.scrollWidth > innerWidth) wide.push('the page');"
        "return wide",
        boxes,
    )
    return found


def asked_for(browser: webdriver.Chrome) -> set[str]:
    """The addresses that the page asked for, its own included."""
    entries = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {
        entry["params"]["request"]["url"]
        for entry in entries
        if entry["method"] == "Network.requestWillBeSent"
    }
    return {url for url in asked if not url.startswith(("data:", "about:"))}
