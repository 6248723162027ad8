"""How pages are made: templates that escape everything and show nothing active."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conflictctl.render.safe import safe

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
    return safe(value) if isinstance(value, str) and not isinstance(value, Markup) else value
