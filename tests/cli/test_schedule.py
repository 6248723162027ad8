"""Lines for schedulers, taken apart again as each scheduler does."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conflictctl.render.schedule_lines import cron_lines, schtasks_lines, systemd_lines

from .conftest import Invoke

WORDS = [
    "/opt/conflict ctl/bin/conflictctl",
    "nightly",
    "--db",
    '/srv/客户 50%/o\'clock "x" $HOME/register.db',
    "--backup-dir",
    "C:\\back up\\",
    "--as",
    "",
]


def command_line_to_argv(line: str) -> list[str]:
    """Windows' own rule (CommandLineToArgvW) for the words after the first."""
    words, word, inside, given, place = [], "", False, False, 0
    while place < len(line):
        match = re.compile(r'(\\*)(["]?)').match(line, place)
        assert match is not None
        if match[2]:
            word += "\\" * (len(match[1]) // 2)
            if len(match[1]) % 2:
                word += '"'
            else:
                inside = not inside
            given = True
            place = match.end()
        elif match[1]:
            word, place = word + match[1], match.end()
        elif line[place] in " \t" and not inside:
            if word or given:
                words.append(word)
            word, given, place = "", False, place + 1
        else:
            word, place = word + line[place], place + 1
    return [*words, word] if word or given else words


def systemd_words(line: str) -> list[str]:
    """ExecStart without its quotes, specifiers and variables resolved."""
    words = re.findall(r'"((?:\\.|[^"\\])*)"|(\S+)', line)
    plain = [re.sub(r"\\(.)", r"\1", quoted or bare) for quoted, bare in words]
    return [word.replace("%%", "%").replace("$$", "$") for word in plain]


def test_cron_gives_the_shell_the_very_words() -> None:
    note, line = cron_lines(WORDS, "02:05", "Asia/Shanghai")
    assert note.startswith("# ")
    fields = line.split(None, 5)
    assert fields[:5] == ["5", "2", "*", "*", "*"]
    assert not re.search(r"(?<!\\)%", fields[5])  # a bare one would end the command
    given_to_the_shell = fields[5].replace("\\%", "%")
    assert shlex.split(given_to_the_shell) == WORDS


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
def test_a_real_shell_reads_the_line_of_cron_so() -> None:
    words = [sys.executable, "-c", "import sys; print(sys.argv[1:])", *WORDS]
    line = cron_lines(words, "02:05", None)[0].split(None, 5)[5].replace("\\%", "%")
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(WORDS)


def test_systemd_quotes_specifiers_and_variables() -> None:
    lines = systemd_lines(WORDS, "02:30", "Asia/Shanghai", "ctl")
    start = next(line for line in lines if line.startswith("ExecStart="))
    assert systemd_words(start.removeprefix("ExecStart=")) == WORDS
    assert "Persistent=true" in lines
    assert "OnCalendar=*-*-* 02:30:00 Asia/Shanghai" in lines


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_itself_takes_the_units(tmp_path: Path) -> None:
    script = tmp_path / "con flict 50%ctl"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    files: dict[str, list[str]] = {}
    for line in systemd_lines([str(script), *WORDS[1:]], "02:30", "Asia/Shanghai", "root"):
        if line.startswith("# /etc/systemd/system/"):
            files[line.rpartition("/")[2]] = current = []
        else:
            current.append(line)
    for name, content in files.items():
        (tmp_path / name).write_text("\n".join(content))
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in files)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "conflictctl-nightly" in line]
    assert ours == []
    when = subprocess.run(
        ["systemd-analyze", "calendar", "*-*-* 02:30:00 Asia/Shanghai"], check=False
    )
    assert when.returncode == 0


def test_windows_gets_the_very_words_through_a_batch_file() -> None:
    lines = schtasks_lines(WORDS, "02:30", None)
    line = lines[-1]
    assert "%" not in line.replace("%%", "")
    outer = command_line_to_argv(line.replace("%%", "%"))
    assert outer[:9] == [
        "schtasks", "/Create", "/F", "/TN", "conflictctl nightly", "/SC", "DAILY", "/ST", "02:30",
    ]  # fmt: skip
    assert command_line_to_argv(outer[10]) == WORDS


def test_the_lines_name_this_installation_and_this_register(
    invoke: Invoke, showroom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = invoke(
        "schedule", "show", "--kind", "cron", "--as", "sun", "--at", "3:07", "--keep", "30",
        "--backup-dir", "copies", "--db", "register.db",
    )  # fmt: skip
    words = shlex.split(done.stdout.splitlines()[-1])
    assert words[:5] == ["7", "3", "*", "*", "*"]
    assert Path(words[5]).is_absolute()
    assert words[6:] == [
        "nightly", "--db", str(tmp_path / "register.db"), "--as", "sun", "--lang", "en",
        "--backup-dir", str(tmp_path / "copies"), "--keep", "30",
    ]  # fmt: skip
    subprocess.run(words[5:], check=True, capture_output=True)  # the line does what it says


def test_the_lines_say_where_checkpoints_go_and_who_signs_them(
    invoke: Invoke, showroom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    invoke("audit", "key", "new", "hq.key", "--name", "hq.example/1")
    done = invoke(
        "schedule", "show", "--kind", "cron", "--as", "sun",
        "--checkpoint-dir", "kept", "--key", "hq.key",
    )  # fmt: skip
    words = shlex.split(done.stdout.splitlines()[-1])
    subprocess.run(words[5:], check=True, capture_output=True)
    (kept,) = (tmp_path / "kept").iterdir()
    public = invoke("audit", "key", "show", "hq.key").stdout.strip()
    invoke("audit", "verify", "--checkpoint", str(kept), "--signed-by", public)


@pytest.mark.parametrize(
    "arguments",
    [["--at", "25:00"], ["--at", "x"], ["--kind", "at"], ["--db", "a\nb"], ["--db", "a\u202eb"]],
)
def test_what_no_scheduler_takes(invoke: Invoke, arguments: list[str]) -> None:
    assert "hint:" in invoke("schedule", "show", "--kind", "cron", *arguments, code=2).stderr


def test_a_job_in_nobody_s_name_is_remarked(invoke: Invoke, showroom: Path) -> None:
    assert "--as STAFF" in invoke("schedule", "show", "--kind", "cron").stderr


def test_a_windows_task_too_long_is_remarked(invoke: Invoke, showroom: Path) -> None:
    far = "/".join(["folder"] * 40)
    done = invoke("schedule", "show", "--kind", "schtasks", "--as", "sun", "--backup-dir", far)
    assert "261" in done.stderr
