"""Messages of what is due, sent to a real HTTP server and a real mail server on this machine."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from conflictctl.register.audit import verify
from conflictctl.register.sendings import sending_turn
from conflictctl.register.store import open_register

from .conftest import SAMPLES, Invoke, clock

SECRET = "s3cr3tT0kenOfTheBot"


class Inbox:
    """An HTTP server that keeps what it is sent and answers as a test wants."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        self.answer: dict[str, Any] = {}
        self.delay = 0.0
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.got.append((self.path, json.loads(body)))
                time.sleep(inbox.delay)
                content = json.dumps(inbox.answer).encode()
                try:
                    self.send_response(inbox.status)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    pass  # whoever asked was killed

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str = "x") -> str:
        return f"json://boss:{SECRET}@127.0.0.1:{self.port}/{path}"

    def texts(self) -> list[str]:
        return [body["message"] for _, body in self.got]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    found = Inbox()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def dead_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def routes(folder: Path, text: str) -> str:
    path = folder / "routes.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def notes(path: Path) -> list[dict[str, Any]]:
    with open_register(str(path)) as register:
        assert verify(register).ok
        return [{"by": event.by, **event.fields} for event in register.events(kind="notification")]


def test_the_list_goes_to_an_address_once_a_day_and_is_recorded(
    invoke: Invoke, month: Path, inbox: Inbox
) -> None:
    done = invoke("overdue", "--notify", inbox.url(), "--as", "bai")
    assert "1 sent, 0 sent earlier today, 0 failed" in done.stderr
    (text,) = inbox.texts()
    assert "陈思远 (chen)" in text
    (note,) = notes(month)
    assert (note["by"], note["channel"]) == ("bai", "json")
    assert note["subject"].startswith("overdue:")
    before = month.read_bytes()
    again = invoke("overdue", "--notify", inbox.url(), "--as", "bai")
    assert "0 sent, 1 sent earlier today" in again.stderr
    assert len(inbox.got) == 1
    assert month.read_bytes() == before


def test_another_address_of_the_same_channel_is_another_sending(
    invoke: Invoke, month: Path, inbox: Inbox
) -> None:
    invoke("overdue", "--notify", inbox.url("a"), "--as", "bai")
    invoke("overdue", "--notify", inbox.url("b"), "--notify", inbox.url("a"), "--as", "bai")
    assert [path for path, _ in inbox.got] == ["/a", "/b"]


def test_customers_are_masked_unless_asked(invoke: Invoke, month: Path, inbox: Inbox) -> None:
    with open_register(str(month)) as register:
        card = register.cards(["C-037"])["C-037"]
    invoke("overdue", "--notify", inbox.url("a"), "--as", "bai")
    invoke("overdue", "--notify", inbox.url("b"), "--as", "bai", "--full")
    masked, full = inbox.texts()
    with open_register(str(month)) as register:
        for each in register.customers():
            assert each.name not in masked
            assert not any(phone in masked for phone in each.phones)
    assert card.name[0] + "**" in masked or "**" in masked
    assert any(char * 4 in masked for char in "*")
    assert len(full) > 0
    assert "**" not in full


def test_everybody_gets_his_own_and_superiors_what_is_late(
    invoke: Invoke, month: Path, inbox: Inbox, tmp_path: Path
) -> None:
    file = routes(
        tmp_path,
        f'default = "{inbox.url("all")}"\n[staff]\nchen = ["{inbox.url("chen")}"]\n'
        '[languages]\nchen = "zh"\n',
    )
    invoke("overdue", "--notify-routes", file, "--as", "bai")
    (own,) = [body for path, body in inbox.got if path == "/chen"]
    assert own["message"].startswith("陈思远 (chen)：")
    assert "逾期" in own["message"]
    assert "回访与期限" in own["title"]
    others = [body["message"] for path, body in inbox.got if path == "/all"]
    assert all(text.startswith("For ") for text in others)
    assert any("Overdue among those you are responsible for" in text for text in others)
    sent_to = [note["to"] for note in notes(month)]
    assert len(sent_to) == len(set(sent_to)) == len(inbox.got)
    count = len(inbox.got)
    invoke("overdue", "--notify-routes", file, "--as", "bai")
    assert len(inbox.got) == count


def test_a_failing_channel_leaves_the_others_and_is_tried_again(
    invoke: Invoke, month: Path, inbox: Inbox, dead_port: int
) -> None:
    dead = f"json://boss:{SECRET}@127.0.0.1:{dead_port}/{SECRET}"
    failing = invoke("overdue", "--notify", dead, "--notify", inbox.url(), "--as", "bai", code=5)
    assert "1 sent, 0 sent earlier today, 1 failed" in failing.stderr
    assert "json://***" in failing.stderr
    assert len(notes(month)) == 1
    again = invoke("overdue", "--notify", dead, "--notify", inbox.url(), "--as", "bai", code=5)
    assert "0 sent, 1 sent earlier today, 1 failed" in again.stderr
    assert len(inbox.got) == 1
    for text in (failing.output, again.output, month.read_bytes().decode("latin-1")):
        assert SECRET not in text


def test_nobody_s_secrets_are_shown_whatever_is_wrong(
    invoke: Invoke, month: Path, tmp_path: Path, inbox: Inbox
) -> None:
    inbox.status = 403
    inbox.answer = {"error": f"no {SECRET}"}
    wrongs = [
        invoke("overdue", "--notify", f"nosuch://{SECRET}", "--as", "bai", code=3),
        invoke("overdue", "--notify", SECRET, "--as", "bai", code=3),
        invoke("overdue", "--notify", inbox.url(SECRET), "--as", "bai", code=5),
    ]
    for text in (
        f"default = [wecombot://{SECRET}]",
        f'default = "{SECRET}"',
        f'[staff]\nwang = "nosuch://{SECRET}"\nchen="nosuch://{SECRET}"\n',
        f'default = "json://x/{SECRET}',
    ):
        file = routes(tmp_path, text)
        wrongs.append(invoke("overdue", "--notify-routes", file, "--as", "bai", code=3))
    for done in wrongs:
        assert "hint:" in done.stderr
        assert SECRET not in done.output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[stuff]\n", "no table"),
        ("staff = 3\n", "must be a table"),
        ("[languages]\nchen = 'fr'\n", "en or zh"),
        ("[ladder]\nboss = 1\n", "consultant"),
        ("[ladder]\nmanager = 'x'\n", "whole number"),
        ("[ladder]\nconsultant = -2\n", "-1 to 365"),
        ("[ladder]\nmanager = 1\n", "higher rung"),
    ],
)
def test_a_faulty_routing_file(
    invoke: Invoke, month: Path, tmp_path: Path, text: str, says: str
) -> None:
    file = routes(tmp_path, text)
    assert says in invoke("overdue", "--notify-routes", file, "--as", "bai", code=3).stderr


def test_what_is_remarked_of_a_routing_file(
    invoke: Invoke, month: Path, tmp_path: Path, inbox: Inbox
) -> None:
    file = routes(tmp_path, f'[staff]\nwagn = "{inbox.url()}"\n')
    Path(file).chmod(0o644)
    done = invoke("overdue", "--notify-routes", file, "--as", "bai")
    assert "chmod 600" in done.stderr
    assert "wagn" in done.stderr
    assert "no address for" in done.stderr


def test_messages_are_about_now_and_in_somebody_s_name(
    invoke: Invoke, month: Path, inbox: Inbox
) -> None:
    invoke("overdue", "--notify", inbox.url(), code=4)
    invoke("overdue", "--notify", inbox.url(), "--as", "bai", "--as-of", "2025-04-03", code=2)
    assert inbox.got == []


def test_nothing_due_sends_nothing(invoke: Invoke, register_path: Path, inbox: Inbox) -> None:
    invoke("init", "--timezone", "Asia/Shanghai")
    invoke("outlet", "add", "shop", "--name", "S", "--type", "store", "--as", "sun")
    invoke(
        "staff", "add", "sun", "--name", "S", "--role", "manager", "--outlet", "shop", "--as", "sun"
    )
    done = invoke("overdue", "--quiet-if-empty", "--notify", inbox.url(), "--as", "sun")
    assert (done.stdout, done.stderr, inbox.got) == ("", "", [])


# ------------------------------------------------------------- the Chinese services


@pytest.fixture
def services(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """WeCom, DingTalk and Feishu as this machine's HTTP server."""
    from apprise.plugins.dingtalk import NotifyDingTalk
    from apprise.plugins.feishu import NotifyFeishu
    from apprise.plugins.wecombot import NotifyWeComBot

    at = f"http://127.0.0.1:{inbox.port}"
    monkeypatch.setattr(NotifyWeComBot, "notify_url", at + "/wecom?key={key}")
    monkeypatch.setattr(NotifyDingTalk, "notify_url", at + "/ding?access_token={token}")
    monkeypatch.setattr(NotifyFeishu, "notify_url", at + "/feishu/{token}/")
    for plugin in (NotifyWeComBot, NotifyDingTalk, NotifyFeishu):
        monkeypatch.setattr(plugin, "request_rate_per_sec", 0)
    return inbox


SERVICES = {
    "wecombot": f"wecombot://{SECRET}",
    "dingtalk": f"dingtalk://{SECRET}",
    "feishu": f"feishu://{SECRET}",
}


@pytest.mark.parametrize("scheme", SERVICES)
def test_chinese_services_get_what_their_robots_read(
    invoke: Invoke, month: Path, services: Inbox, scheme: str
) -> None:
    services.answer = {"errcode": 0, "errmsg": "ok", "code": 0}
    invoke("overdue", "--notify", SERVICES[scheme], "--as", "bai", "--lang", "zh")
    path, body = services.got[0]
    assert SECRET in path
    if scheme == "feishu":
        assert body["msg_type"] == "text"
        text = body["content"]["text"]
    else:
        assert body["msgtype"] == "text"
        text = body["text"]["content"]
    assert "回访" in text
    assert [note["channel"] for note in notes(month)] == [scheme]
    assert SECRET not in json.dumps(notes(month))


def test_wecom_gets_parts_that_fit_its_bytes(invoke: Invoke, month: Path, services: Inbox) -> None:
    invoke("overdue", "--notify", SERVICES["wecombot"], "--as", "bai", "--lang", "zh")
    parts = [body["text"]["content"] for _, body in services.got]
    assert len(parts) > 1
    assert all(len(part.encode()) <= 2048 for part in parts)


@pytest.mark.parametrize("scheme", SERVICES)
def test_a_refusal_that_comes_as_200_is_a_failure(
    invoke: Invoke, month: Path, services: Inbox, scheme: str
) -> None:
    services.answer = {"errcode": 93000, "errmsg": f"invalid {SECRET}", "code": 9499, "msg": "no"}
    done = invoke("overdue", "--notify", SERVICES[scheme], "--as", "bai", code=5)
    assert "1 failed" in done.stderr
    assert SECRET not in done.output
    assert notes(month) == []


def test_mail(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    from aiosmtpd.controller import Controller

    class Keeper:
        def __init__(self) -> None:
            self.letters: list[Any] = []

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            self.letters.append(envelope)
            return "250 OK"

    keeper = Keeper()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(keeper, hostname="127.0.0.1", port=port)
    server.start()
    try:
        url = f"mailto://127.0.0.1:{port}?from=register@example.com&to=chen@example.com"
        file = routes(tmp_path, f'[staff]\nchen = "{url}"\n[languages]\nchen = "zh"\n')
        invoke("overdue", "--notify-routes", file, "--as", "bai")
    finally:
        server.stop()
    (envelope,) = keeper.letters
    assert envelope.rcpt_tos == ["chen@example.com"]
    letter = message_from_bytes(envelope.content, policy=policy.default)
    assert "回访与期限" in letter["subject"]
    body = letter.get_body(("plain", "html"))
    assert "陈思远" in body.get_content()
    assert [(note["channel"], note["to"]) for note in notes(month)] == [("mailto", "chen")]


# ------------------------------------------------- killed, raced, and by night


def started(month: Path, inbox: Inbox) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable, "-m", "conflictctl", "overdue", "--notify", inbox.url(),
            "--as", "bai", "--db", str(month),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )  # fmt: skip


def waited_for(condition: Any) -> None:
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_killed_between_sending_and_recording_sends_again(
    invoke: Invoke, month: Path, inbox: Inbox
) -> None:
    inbox.delay = 3  # the message has arrived; the sender waits for the answer
    process = started(month, inbox)
    waited_for(lambda: inbox.got)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert notes(month) == []  # what is not known to have been taken is not on record as sent
    inbox.delay = 0
    invoke("overdue", "--notify", inbox.url(), "--as", "bai")
    assert len(inbox.got) == 2
    assert len(notes(month)) == 1
    invoke("overdue", "--notify", inbox.url(), "--as", "bai")
    assert len(inbox.got) == 2


def test_two_runs_at_once_send_once(month: Path, inbox: Inbox) -> None:
    inbox.delay = 0.5
    both = [started(month, inbox) for _ in range(2)]
    told = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert len(inbox.got) == 1
    assert len(notes(month)) == 1
    assert sorted("1 sent earlier" in text for text in told) == [False, True]


def test_who_waits_too_long_for_another_run_is_told(month: Path) -> None:
    from conflictctl.errors import Busy

    with open_register(str(month)) as one, open_register(str(month)) as other:
        with (
            sending_turn(one, clock),
            pytest.raises(Busy, match="another run"),
            sending_turn(other, clock, patience=0.1),
        ):
            pass
        with sending_turn(other, clock):
            pass


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_nothing_is_sent_that_could_not_be_recorded(
    invoke: Invoke, month: Path, inbox: Inbox
) -> None:
    month.chmod(0o400)
    invoke("overdue", "--notify", inbox.url(), "--as", "bai", code=6)
    assert inbox.got == []


def test_nothing_is_sent_while_the_register_takes_no_entry(
    invoke: Invoke, month: Path, inbox: Inbox
) -> None:
    holder = sqlite3.connect(month)
    holder.execute("BEGIN IMMEDIATE")
    try:
        invoke("overdue", "--notify", inbox.url(), "--as", "bai", code=5)
    finally:
        holder.close()
    assert inbox.got == []


def test_the_nightly_job_reminds_and_tries_again(
    invoke: Invoke, month: Path, inbox: Inbox, tmp_path: Path
) -> None:
    def nightly(code: int = 0) -> dict[str, Any]:
        done = invoke(
            "nightly", "--as", "bai", "--notify-routes", file, "--format", "json", code=code
        )
        assert SECRET not in done.output
        return {step["step"]: step for step in json.loads(done.stdout)["steps"]}

    file = routes(tmp_path, f'default = ["{inbox.url("all")}"]\n')
    inbox.status = 500
    steps = nightly(code=5)
    assert steps["messages"]["state"] == "failed"
    assert "night" not in steps
    assert steps["backup"]["state"] == "done"
    inbox.status = 200
    steps = nightly()
    assert steps["messages"]["sent"] == len(notes(month)) - 1 > 1
    assert (steps["backup"]["state"], steps["night"]["state"]) == ("already", "done")
    count = len(inbox.got)
    steps = nightly()
    assert (steps["messages"]["state"], len(inbox.got)) == ("already", count)


def test_the_config_file_may_name_the_routes(
    invoke: Invoke, month: Path, inbox: Inbox, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    file = routes(tmp_path, f'default = "{inbox.url()}"\n')
    config.write_text(f'notify_routes = "{file}"\n')
    env = {"CONFLICTCTL_CONFIG": str(config)}
    invoke("overdue", "--as", "bai", env=env)  # looking sends nothing of itself
    assert inbox.got == []
    invoke("nightly", "--as", "bai", env=env)
    assert inbox.got != []
    shown = invoke("schedule", "show", "--kind", "cron", "--as", "bai", env=env).stdout
    assert f"--notify-routes {file}" in shown


def test_without_apprise_it_says_what_to_install(
    invoke: Invoke, month: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    done = invoke("overdue", "--notify", "json://localhost", "--as", "bai", code=2)
    assert "conflictctl[notify]" in done.stderr


@pytest.mark.parametrize("page", ["docs/scheduling.md", "docs/zh/scheduling.md"])
def test_the_routing_file_of_the_guide_is_one(page: str, tmp_path: Path) -> None:
    from conflictctl.notify import Channels, read_routes
    from conflictctl.reminders import Ladder

    text = (SAMPLES.parent / page).read_text(encoding="utf-8")
    content = text.partition("```toml\n")[2].partition("```")[0]
    found = read_routes(Path(routes(tmp_path, content)))
    assert found.ladder == Ladder()
    assert [len(found.of(*whom)) for whom in (("chen", None), ("x", "boshan"), ("x", None))] == [
        2,
        1,
        1,
    ]
    channels = Channels("origin")
    for url in (*found.default, *found.staff["chen"], *found.outlets["boshan"]):
        assert "***" in repr(channels.of(url, "here"))


def test_the_mark_of_an_address_tells_nothing_of_its_password() -> None:
    from conflictctl.notify import Channels

    def mark(url: str, origin: str = "one") -> str:
        return Channels(origin).of(url, "here").mark

    mail = "mailto://boss:{}@mail.example.com?to=a@example.com"
    assert mark(mail.format("x")) == mark(mail.format("y"))
    assert mark(mail.format("x")) != mark(mail.format("x").replace("to=a", "to=b"))
    assert mark("wecombot://aaaaaaaa") != mark("wecombot://bbbbbbbb")
    assert mark("wecombot://aaaaaaaa") != mark("wecombot://aaaaaaaa", "another")
