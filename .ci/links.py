"""Check that every relative link in the Markdown files leads to a file and a heading.

usage: links.py        exit 1 if one does not
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]\n]*\]\(([^()\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)
CODE = re.compile(r"`[^`\n]*`")


def documents() -> Iterator[Path]:
    """The Markdown files of the checkout, without installed packages and caches."""
    for path in sorted(ROOT.rglob("*.md")):
        if not any(part.startswith(".") for part in path.relative_to(ROOT).parts):
            yield path


def anchors(path: Path) -> set[str]:
    """The anchors that hosts make of a file's headings."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.*)$", FENCE.sub("", path.read_text("utf-8")), re.M):
        words = re.sub(r"[^\w\- ]", "", heading.replace("`", "").strip().lower())
        found.add(words.replace(" ", "-"))
    return found


def problems() -> Iterator[str]:
    for path in documents():
        text = CODE.sub("", FENCE.sub("", path.read_text("utf-8")))
        for link in LINK.findall(text):
            if re.match(r"[a-z]+:", link):
                continue
            target, _, anchor = unquote(link).partition("#")
            file = (path.parent / target).resolve() if target else path
            where = f"{path.relative_to(ROOT)}: {link}"
            if not file.exists():
                yield f"{where}: no such file"
            elif anchor and file.suffix == ".md" and anchor not in anchors(file):
                yield f"{where}: no such heading"


def main() -> int:
    found = list(problems())
    print("\n".join(found) if found else "all links lead somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
