"""The frame of all commands: help, options, errors, streams, completion."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conflictctl.cli import app as application
from conflictctl.cli.app import app
from conflictctl.cli.main import COMMANDS, SECTIONS

from .conftest import Invoke

PROGRAM = [sys.executable, "-m", "conflictctl"]


def process(*arguments: str | bytes, **env: str) -> subprocess.CompletedProcess[bytes]:
    """The program as its own process, its streams as bytes."""
    done = subprocess.run(
        [*PROGRAM, *arguments],
        input=b"",
        capture_output=True,
        env={**os.environ, **env},
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    return done


# ----------------------------------------------------------------------------------- help


def test_the_root_help_lists_every_command(invoke: Invoke) -> None:
    shown = invoke("--help").stdout
    for name, entry in COMMANDS.items():
        assert (f"  {name} " in shown) is (entry.section is not None)
    for section in SECTIONS:
        assert f"{section}:" in shown


def test_every_entry_of_the_table_is_in_a_section_and_ends_as_a_sentence() -> None:
    for entry in COMMANDS.values():
        assert entry.section is None or entry.section in SECTIONS
        assert entry.help.endswith(".")


def test_help_needs_no_command_module(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(name: str, target: str, help: str) -> object:
        raise AssertionError(target)

    monkeypatch.setattr(application, "load", forbidden)
    invoke("--help")


def test_no_arguments_show_the_help(invoke: Invoke) -> None:
    assert "Usage: conflictctl" in invoke(code=2).stderr
    assert "Usage: conflictctl staff" in invoke("staff", code=2).stderr


def test_version(invoke: Invoke) -> None:
    assert invoke("--version").stdout.startswith("conflictctl ")


def test_help_fits_the_terminal(invoke: Invoke) -> None:
    for command in (["--help"], ["log-visit", "--help"], ["customer", "--help"]):
        for line in invoke(*command).stdout.splitlines():
            assert len(line) <= 80 or line.lstrip().startswith("conflictctl ")


# ---------------------------------------------------------------------------- usage errors


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["frob"], "there is no command frob", "`conflictctl --help`"),
        (["log-visti", "K1"], "there is no command log-visti", "did you mean log-visit"),
        (["staff", "lst"], "there is no command staff lst", "did you mean list"),
        (["log-visit", "K1", "--levle", "A"], "there is no option --levle", "--level"),
        (["log-visit", "K1", "-x"], "there is no option -x", "`conflictctl log-visit --help`"),
        (["log-visit"], "CUSTOMER is missing", "`conflictctl log-visit --help`"),
        (["log-call", "K1"], "--direction is missing", "`conflictctl log-call --help`"),
        (["log-visit", "K1", "--level"], "--level needs a value", "`conflictctl log-visit --help`"),
        (["log-visit", "K1", "--asked=yes"], "--asked takes no value", "`conflictctl"),
        (["log-visit", "K1", "K2", "K3"], "too many arguments: K2 K3", "`conflictctl log-visit"),
        (["log-visit", "K1", "--format", "jsno"], "jsno", "did you mean json"),
        (["customer", "find", "x", "--limit", "many"], "many", "--limit 1"),
        (["log-visit", "K1", "--lang", "xx"], "there is no language xx", "--lang takes en, zh"),
        (["--lang", "xx", "log-visit", "K1"], "there is no language xx", "--lang takes en, zh"),
        (["log", "file.jsonl"], "file.jsonl", "`conflictctl log -`"),
        (["log-filing", "K1", "--to", "sun", "--fields", "x"], "--fields: x", "KEY=VALUE"),
        (["frob\x1b[31m"], "frob\\x1b[31m", "hint"),
    ],
)
def test_wrong_usage_is_two_lines_and_2(
    invoke: Invoke,
    arguments: list[str],
    message: str,
    hint: str,
) -> None:
    result = invoke(*arguments, code=2)
    first, second = result.stderr.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert second.startswith("hint: ")
    assert hint in second
    assert result.stdout == ""


def test_wrong_usage_is_told_in_the_readers_language(invoke: Invoke) -> None:
    for arguments in (["frob", "--lang", "zh"], ["--lang=zh", "frob"]):
        assert not invoke(*arguments, code=2).stderr.isascii()
    assert not invoke("log-visit", code=2, env={"LC_ALL": "zh_CN.UTF-8"}).stderr.isascii()


# ------------------------------------------------------------- options before and after


@pytest.mark.parametrize(
    "arguments",
    [
        ["--db", "{db}", "--as", "wang", "log-visit", "K1"],
        ["log-visit", "--db", "{db}", "--as", "wang", "K1"],
        ["log-visit", "K1", "--db={db}", "--as=wang"],
        ["--as", "li", "log-visit", "K1", "--as", "wang", "--db", "{db}"],
        ["customer", "--db", "{db}", "edit", "K1", "--name", "X", "--as", "wang"],
        ["--db", "{db}", "customer", "--as", "wang", "edit", "K1", "--name", "X"],
    ],
)
def test_common_options_stand_anywhere(
    invoke: Invoke,
    showroom: Path,
    tmp_path: Path,
    arguments: list[str],
) -> None:
    invoke(
        *(word.format(db=showroom) for word in arguments),
        env={"CONFLICTCTL_DB": str(tmp_path / "other.db")},
    )


def test_a_value_that_looks_like_an_option_follows_an_equals_sign(
    invoke: Invoke,
    showroom: Path,
) -> None:
    invoke("log-visit", "K1", "--as", "wang", "--note=--lang")


# ------------------------------------------------------------------------------- streams


def test_a_reader_who_goes_away_is_no_error(showroom: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*PROGRAM, "--help"], stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writer)
    assert done.stderr == b""
    assert done.returncode == 141


def test_a_full_disk_behind_stdout_is_6() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 6
    assert done.stderr.startswith(b"error: ")
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "gbk"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
def test_any_encoding_carries_any_text(showroom: Path, environment: dict[str, str]) -> None:
    for command in (
        ["customer", "list"],
        ["customer", "show", "K1"],
        ["--help", "--lang", "zh"],
        ["frob单", "--lang", "zh"],
    ):
        done = process(*command, CONFLICTCTL_DB=str(showroom), **environment)
        assert done.returncode == (2 if command[0] == "frob单" else 0)


def test_arguments_in_another_encoding_are_refused(showroom: Path) -> None:
    done = process(
        "customer",
        "add",
        "K9",
        "--name",
        "单丽娜".encode("gbk"),
        "--as",
        "wang",
        CONFLICTCTL_DB=str(showroom),
    )
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 2


def test_a_register_may_have_a_name_in_another_encoding(showroom: Path) -> None:
    odd = os.fsencode(showroom.parent) + b"/\xb5\xa5.db"
    Path(os.fsdecode(odd)).write_bytes(showroom.read_bytes())
    assert process("customer", "list", "--db", odd).returncode == 0


def test_closed_streams_end_quietly(showroom: Path) -> None:
    script = f'"{sys.executable}" -m conflictctl log - --as wang --db "{showroom}" <&- >&- 2>&-'
    assert subprocess.run(script, shell=True, timeout=60, check=False).returncode == 0


def test_an_interrupt_is_130(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(application, "load", interrupted)
    assert invoke("status", code=130).stderr == ""


def test_a_mistake_of_ours_is_two_lines_and_70(
    monkeypatch: pytest.MonkeyPatch,
    showroom: Path,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("odd\x1b[31m")

    monkeypatch.setattr(application, "load", broken)
    result = CliRunner().invoke(app, ["status"])
    assert result.exit_code == 70
    first, second = result.stderr.splitlines()
    assert first == "error: internal error: RuntimeError: odd\\x1b[31m"
    assert "CONFLICTCTL_DEBUG" in second
    debugged = CliRunner().invoke(app, ["status"], env={"CONFLICTCTL_DEBUG": "1"})
    assert "Traceback" in debugged.stderr


# ----------------------------------------------------------------------------- completion


def completed(words: str, shell: str = "bash", **env: str) -> list[str]:
    place = str(len(words.split(" ")) - 1)
    done = process(
        _CONFLICTCTL_COMPLETE=f"complete_{shell}",
        COMP_WORDS=words,
        COMP_CWORD=place,
        _TYPER_COMPLETE_ARGS=words,
        _TYPER_COMPLETE_FISH_ACTION="get-args",
        **env,
    )
    return done.stdout.decode().split("\n")


def test_bash_completes_commands_options_and_choices() -> None:
    assert set(completed("conflictctl log-c")) >= {"log-call", "log-card", "log-close"}
    assert "list" in completed("conflictctl staff l")
    assert "--direction" in completed("conflictctl log-call K1 --d")
    assert completed("conflictctl log-call K1 --direction i")[:1] == ["in"]
    assert set(completed("conflictctl verdict --lang ")) >= {"en", "zh"}


def test_second_names_are_not_offered() -> None:
    assert "log-ruling" not in completed("conflictctl log-r")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_the_help_texts_too(shell: str) -> None:
    shown = "\n".join(completed("conflictctl log-vi", shell))
    assert "log-visit" in shown
    assert "Record a visit" in shown


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str, tmp_path: Path) -> None:
    done = process("--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert done.returncode == 0
    assert b"_CONFLICTCTL_COMPLETE" in done.stdout
    home = tmp_path / "shell-home"
    home.mkdir()
    done = process(
        "--install-completion",
        shell,
        HOME=str(home),
        _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1",
    )
    assert done.returncode == 0
    assert any(
        b"CONFLICTCTL_COMPLETE" in path.read_bytes() for path in home.rglob("*") if path.is_file()
    )


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="needs bash")
def test_the_script_works_in_a_real_bash(tmp_path: Path) -> None:
    script = process(
        "--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"
    ).stdout.decode()
    program = tmp_path / "conflictctl"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m conflictctl "$@"\n')
    program.chmod(0o755)
    asked = subprocess.run(
        [
            "/bin/bash",
            "-c",
            f"{script}\nCOMP_LINE='conflictctl log-vi'; COMP_POINT=${{#COMP_LINE}}\n"
            '_conflictctl_completion conflictctl; echo "${COMPREPLY[@]}"',
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    assert asked.stdout.split() == ["log-visit"]
