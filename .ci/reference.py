"""Write the command reference from the help of every command, in both languages.

usage: reference.py [--check]
docs/cli.md and docs/zh/cli.md are written; with --check they are only compared, and the
exit code is 1 if one of them is stale.
"""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from conflictctl.cli.main import COMMANDS, SECTIONS
from conflictctl.render.language import set_language, tr

ROOT = Path(__file__).resolve().parent.parent
WIDTH = "100"


class Page(NamedTuple):
    path: Path
    language: str
    other: str
    head: str


PAGES = (
    Page(
        ROOT / "docs" / "cli.md",
        "en",
        "[中文](zh/cli.md)",
        """\
# Command reference

{other}

Made from the help of the commands by `.ci/reference.py`; do not edit it. What the commands
have in common: [concepts](concepts.md); messages and exit codes: [errors](errors.md).
""",
    ),
    Page(
        ROOT / "docs" / "zh" / "cli.md",
        "zh",
        "[English](../cli.md)",
        """\
# 命令参考

{other}

本页由 `.ci/reference.py` 根据各命令的帮助生成，请勿手工修改。共同的约定见[概念](concepts.md)；
提示与退出码见[错误](errors.md)。
""",
    ),
)


def commands() -> dict[str, list[str]]:
    """Every listed command and its subcommands, in the order of the root help."""
    found: dict[str, list[str]] = {}
    for section in SECTIONS:
        for name, entry in COMMANDS.items():
            if entry.section != section:
                continue
            module, attribute = entry.target.split(":")
            target = getattr(import_module(f"conflictctl.cli.{module}"), attribute)
            found[name] = [
                command.name or command.callback.__name__.replace("_", "-")
                for command in getattr(target, "registered_commands", [])
            ]
    return found


def help_of(words: list[str], language: str) -> str:
    """What a reader sees who asks for the help of a command."""
    env = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("CONFLICTCTL_", "LC_")) and key != "LANG"
    }
    done = subprocess.run(
        [sys.executable, "-m", "conflictctl", *words, "--help", "--lang", language],
        env={**env, "COLUMNS": WIDTH, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} --help: exit {done.returncode}\n{done.stderr}")
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def page_text(page: Page, listed: dict[str, list[str]]) -> str:
    """The whole page: the root help, then every section with its commands."""
    paths: list[list[str]] = [[]]
    for name, below in listed.items():
        paths.append([name])
        paths += [[name, sub] for sub in below]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        texts = dict(
            zip(
                map(tuple, paths),
                pool.map(lambda words: help_of(words, page.language), paths),
                strict=True,
            )
        )
    # The options of every command stand once, in the root help.
    common = "\n\n" + texts[()].rsplit("\n\n", 1)[1]
    set_language(page.language)
    parts = [page.head.format(other=page.other), f"```text\n{texts[()]}\n```\n"]
    for section in SECTIONS:
        parts.append(f"## {tr(section)}\n")
        for words in paths[1:]:
            if COMMANDS[words[0]].section == section:
                mark = "#" * (2 + len(words))
                text = texts[tuple(words)].removesuffix(common)
                parts.append(f"{mark} {' '.join(words)}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def main() -> int:
    check = sys.argv[1:] == ["--check"]
    stale = 0
    listed = commands()
    for page in PAGES:
        text = page_text(page, listed)
        old = page.path.read_text("utf-8") if page.path.exists() else ""
        if text == old:
            continue
        stale += 1
        name = str(page.path.relative_to(ROOT))
        if check:
            lines = difflib.unified_diff(
                old.splitlines(), text.splitlines(), name, name, n=1, lineterm=""
            )
            print("\n".join(lines))
        else:
            page.path.write_text(text, "utf-8")
            print(f"wrote {name}")
    if check:
        print("run .ci/reference.py" if stale else "the command reference is up to date")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
