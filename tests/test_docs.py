"""The documents do what they say: every `console` block runs, in order, page by page.

In a block a line beginning with `$ ` is a command; it ends with 0, or with the code its
comment names (`# exit 3`).  The lines below it are what it prints: they must occur in its
output, in that order, where `...` stands for anything.  A block headed with a file name
(```csv may.csv) is that file.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.forked import serving

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", re.M | re.S)
EXIT = re.compile(r"#.*\bexit (\d)\b")
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if "```console" in path.read_text(encoding="utf-8")
)


class Step(NamedTuple):
    command: str
    code: int
    prints: list[str]


def steps(text: str, folder: Path) -> list[Step]:
    """The commands of a page in order; its files are written into `folder`."""
    found: list[Step] = []
    for language, title, content in BLOCK.findall(text):
        if title:
            (folder / title.split()[0]).write_text(content, encoding="utf-8")
        if language != "console":
            continue
        for line in content.splitlines():
            if line.startswith("$ "):
                noted = EXIT.search(line)
                found.append(Step(line[2:], int(noted[1]) if noted else 0, []))
            elif line.strip():
                found[-1].prints.append(line)
    return found


def script(todo: list[Step]) -> str:
    """One shell for the page, so that `export` holds; each command's output in a file."""
    return "".join(
        f"{{ {step.command}\n}} >out.{number} 2>&1 </dev/null; echo $? >code.{number}\n"
        for number, step in enumerate(todo)
    )


def occurs(prints: list[str], output: str) -> str | None:
    """The first line that the output lacks; lines in between may be left out by `...`."""
    rest = output.splitlines()
    for line in prints:
        pattern = ".*".join(re.escape(part) for part in line.rstrip().split("..."))
        place = next(
            (n for n, found in enumerate(rest) if re.fullmatch(pattern, found.rstrip())), None
        )
        if place is None:
            return line
        rest = rest[place + 1 :]
    return None


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a `conflictctl` lies whose start costs little."""
    with serving(tmp_path_factory.mktemp("bin")) as folder:
        yield folder


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the pages are written for a POSIX shell")
@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_of_a_page_runs_as_shown(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    todo = steps(page.read_text(encoding="utf-8"), folder)
    chinese = page.name.endswith(".zh.md") or page.parent.name == "zh"
    # The first page is read with nothing loaded, as everybody finds the program.
    first = page.name == "README.md"
    places = [] if first else [str(request.getfixturevalue("loaded"))]
    env = {
        **os.environ,
        "PATH": os.pathsep.join([*places, str(Path(sys.executable).parent), os.environ["PATH"]]),
        "LANG": "zh_CN.UTF-8" if chinese else "C.UTF-8",
        "COLUMNS": "80",
        "PYTHONUNBUFFERED": "1",  # results and remarks stand in order, as on a terminal
    }
    subprocess.run(["bash", "-c", script(todo)], cwd=folder, env=env, timeout=1200, check=True)
    for number, step in enumerate(todo):
        output = (folder / f"out.{number}").read_text(encoding="utf-8")
        code = int((folder / f"code.{number}").read_text())
        assert code == step.code, f"$ {step.command}\n{output}"
        assert "Traceback" not in output
        missing = occurs(step.prints, output)
        assert missing is None, f"$ {step.command}\nlacks: {missing}\n{output}"


def test_the_readme_names_two_commands_one_line_each() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [body.strip() for language, _, body in BLOCK.findall(text) if language == "sh"]
    assert len(commands) == 2
    assert all("\n" not in command for command in commands)
    assert "conflictctl demo" in commands[0]
    assert "pytest" in commands[1]


@pytest.mark.parametrize(
    "name", ["README", "docs/getting-started", "docs/concepts", "docs/cli", "docs/policy-guide"]
)
def test_what_people_read_first_exists_in_both_languages(name: str) -> None:
    chinese = f"{name}.zh.md" if name == "README" else name.replace("docs/", "docs/zh/") + ".md"
    assert (ROOT / f"{name}.md").exists()
    written = (ROOT / chinese).read_text(encoding="utf-8")
    assert len(re.findall("[\u4e00-\u9fff]", written)) > 300
