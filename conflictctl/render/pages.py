"""How pages are made: templates that escape everything and show nothing active."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conflictctl.render.safe import safe

# What no XML may hold (XML 1.0, 2.2): one such character, and a picture is not drawn at all.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_TEMPLATES = Path(__file__).with_name("templates")


def harmless_environment() -> Environment:
    """Templates of this package: autoescape, and stored text made safe as it is shown."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        finalize=_harmless,
    )


def _harmless(value: Any) -> Any:
    """What a template is about to show: text without anything active."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return _NO_XML.sub("\ufffd", safe(value))
