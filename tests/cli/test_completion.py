"""Completion in the shells themselves: names, ids of the register in use, odd characters."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conflictctl.events import read_line
from conflictctl.register.candidates import MOST, candidates
from conflictctl.register.store import open_register

from .conftest import clock

pexpect = pytest.importorskip("pexpect", reason="needs a Unix terminal")

ODD = "O'B\"$(touch${IFS}evil);x*"
Complete = Callable[[str], str]


@pytest.fixture
def customers(showroom: Path) -> Path:
    """The showroom with customers whose ids and names a shell might take for something else."""
    with open_register(str(showroom)) as register, register.writing(clock) as writer:
        for customer in (ODD, "客户3", "A:1"):
            line = {
                "kind": "customer",
                "customer": customer,
                "name": "x' $(touch evil) `touch evil`",
            }
            writer.add(read_line({**line, "by": "desk"}))
    return showroom


def program(folder: Path) -> Path:
    found = folder / "conflictctl"
    found.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m conflictctl "$@"\n')
    found.chmod(0o755)
    return found


@pytest.fixture
def surroundings(tmp_path: Path, showroom: Path) -> dict[str, str]:
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder)
    return {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "CONFLICTCTL_DB": str(showroom),
        "TERM": "xterm",
        "PS1": "@@ ",
    }


def script(shell: str, env: dict[str, str]) -> str:
    return subprocess.run(
        [sys.executable, "-m", "conflictctl"],
        env={**env, "_CONFLICTCTL_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def typed_in(shell: list[str], prepare: str, env: dict[str, str], tmp_path: Path) -> Complete:
    """Type a line, TAB and Enter into an interactive shell; the words that it then has."""
    file = tmp_path / "completion.sh"
    file.write_text(script(shell[0], env))

    def complete(text: str) -> str:
        child = pexpect.spawn(
            shell[0],
            shell[1:],
            encoding="utf-8",
            timeout=60,
            dimensions=(24, 200),
            env=env,
            cwd=str(tmp_path),
        )
        child.sendline(f"PS1='@@ '; {prepare}; source {file}; echo rea''dy")
        child.expect("[\r\n]ready")
        child.expect("@@ ")
        answer = tmp_path / "answer"
        answer.unlink(missing_ok=True)
        child.send(f"{text}\t")
        # The proposals come from a process of their own: typed letters wait for them.
        child.send("\x01printf '<%s>' \x05 >answer; echo do''ne\r")
        child.expect("[\r\n]done")
        child.close(force=True)
        return answer.read_text()

    return complete


@pytest.fixture(params=["bash", "zsh"])
def shell(request: pytest.FixtureRequest, surroundings: dict[str, str], tmp_path: Path) -> Complete:
    name = request.param
    if shutil.which(name) is None:
        pytest.skip(f"needs {name}")
    if name == "bash":
        quiet = "bind 'set enable-bracketed-paste off'"
        return typed_in(["bash", "--norc", "--noprofile", "-i"], quiet, surroundings, tmp_path)
    quiet = f"unset zle_bracketed_paste; autoload -Uz compinit; compinit -u -d {tmp_path}/dump"
    return typed_in(["zsh", "-f", "-i"], quiet, surroundings, tmp_path)


@pytest.mark.slow
def test_a_shell_completes(shell: Complete, customers: Path, tmp_path: Path) -> None:
    for typed, words in (
        ("conflictctl log-vis", ["conflictctl", "log-visit"]),
        ("conflictctl log-visit 客户3", ["conflictctl", "log-visit", "客户3"]),
        ("conflictctl log-visit K1 --by=wa", ["conflictctl", "log-visit", "K1", "--by=wang"]),
        ("conflictctl log-visit O", ["conflictctl", "log-visit", ODD]),
        ("conflictctl log-visit 'O", ["conflictctl", "log-visit", ODD]),
        ("conflictctl log-visit A:", ["conflictctl", "log-visit", "A:1"]),
    ):
        assert shell(typed) == "".join(f"<{word}>" for word in words), typed
    assert not (tmp_path / "evil").exists()


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_completes(surroundings: dict[str, str], customers: Path, tmp_path: Path) -> None:
    file = tmp_path / "completion.fish"
    file.write_text(script("fish", surroundings))

    def complete(line: str) -> list[str]:
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source {file}; complete -C $LINE"],
            env={**surroundings, "LINE": line},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stderr == ""
        return [answer.split("\t")[0] for answer in done.stdout.splitlines()]

    assert complete("conflictctl log-vis") == ["log-visit"]
    assert complete("conflictctl log-visit 客") == ["客户3"]
    assert complete("conflictctl log-visit O") == [ODD]
    assert complete("conflictctl log-visit K1 --by=wa") == ["--by=wang"]
    assert not (tmp_path / "evil").exists()


# ------------------------------------------------------------- what the shells are told


def answer(line: str, env: dict[str, str]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "conflictctl"],
        env={**env, "_CONFLICTCTL_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": line},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return [row.split("\t")[0] for row in done.stdout.splitlines() if row]


def test_ids_of_each_sort(surroundings: dict[str, str], showroom: Path) -> None:
    assert answer("conflictctl customer show K", surroundings) == ["K1", "K2"]
    assert answer("conflictctl log-filing K1 --to ", surroundings)[-2:] == ["wang", "zhao"]
    assert answer("conflictctl log-accompany K1 --to-outlet ", surroundings) == ["boshan", "shop"]
    assert "none" in answer("conflictctl log-visit K1 --answer ", surroundings)
    assert "meiteng-2015" in answer("conflictctl verdict K1 --policy ", surroundings)
    assert answer("conflictctl export --kind follow", surroundings) == ["followup"]
    assert answer("conflictctl import ", surroundings) == [":files:"]


def test_the_register_on_the_line_is_the_one_asked(
    surroundings: dict[str, str], customers: Path, tmp_path: Path
) -> None:
    elsewhere = {**surroundings, "CONFLICTCTL_DB": str(tmp_path / "nothing.db")}
    assert answer("conflictctl customer show 客", elsewhere) == []
    assert answer(f"conflictctl customer show --db {customers} 客", elsewhere) == ["客户3"]
    assert not (tmp_path / "nothing.db").exists()


def test_nothing_is_said_of_what_is_wrong(surroundings: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(b"no register")
    config = tmp_path / "config.toml"
    config.write_text("what is this")
    env = {**surroundings, "CONFLICTCTL_DB": str(other), "CONFLICTCTL_CONFIG": str(config)}
    assert answer("conflictctl customer show K", env) == []
    assert answer("conflictctl customer show 'K", env) == []


def test_candidates_are_bounded_and_begin_as_typed(showroom: Path) -> None:
    with open_register(str(showroom)) as register, register.writing(clock) as writer:
        for number in range(3 * MOST):
            line = {"kind": "customer", "customer": f"M{number:04d}", "name": "x", "by": "desk"}
            writer.add(read_line(line))
    found = candidates(str(showroom), "customer", "M00")
    assert len(found) == MOST
    assert all(one.id.startswith("M00") for one in found)
    assert [one.id for one in candidates(str(showroom), "customer", "M0149")] == ["M0149"]
