"""Every command that looks after a register does its work on a server, or says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from conflictctl.events import read_line
from conflictctl.register.store import create_register

from .conftest import Invoke, Query, new_user
from .test_many import clock


@pytest.fixture
def shop(address: str) -> None:
    """A register with a manager, a consultant and a customer of his."""
    person = {"kind": "staff", "outlet": "shop"}
    lines = (
        {"kind": "outlet", "outlet": "shop", "name": "店", "type": "store"},
        {**person, "staff": "gm", "name": "总", "role": "general_manager", "login": "gm"},
        {**person, "staff": "li", "name": "李", "role": "consultant", "login": "li"},
        {"kind": "customer", "customer": "K1", "name": "赵先生", "by": "li"},
        {"kind": "visit", "customer": "K1", "by": "li", "note": "赵先生看车"},
    )
    with (
        create_register(
            address, zone="Asia/Shanghai", policy="renault-zibo-2013", clock=clock
        ) as register,
        register.writing(clock) as writer,
    ):
        for line in lines:
            writer.add(read_line(line))


@pytest.mark.usefixtures("shop")
def test_checkpoints_proofs_and_receipts(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    receipt = invoke("audit", "receipt").stdout.split()[1]
    invoke("audit", "checkpoint", "--output", "one", "--as", "gm")
    invoke("log-visit", "K1", "--as", "li")
    invoke("audit", "checkpoint", "--output", "two", "--as", "gm")
    assert "consistent: the first 7" in invoke("audit", "consistency", "one", "two").stdout
    assert "#7" in invoke("audit", "verify", "--receipt", receipt, "--checkpoint", "two").stdout
    invoke("audit", "prove", "K1", "--output", "proof.json")
    invoke("verdict", "K1", "--bundle", "ruling.zip")
    assert "is whole" in invoke("audit", "verify-bundle", "ruling.zip", db="").stdout
    assert "up to date" in invoke("upgrade").stdout


@pytest.mark.usefixtures("shop")
def test_the_night_copies_into_a_file_and_is_on_record(invoke: Invoke, tmp_path: Path) -> None:
    told = invoke("nightly", "--as", "gm", "--backup-dir", str(tmp_path / "b"),
                  "--checkpoint-dir", str(tmp_path / "c")).stdout  # fmt: skip
    (copy,) = (tmp_path / "b").iterdir()
    assert f"{copy} holds #1 to #7 and verifies" in " ".join(told.split())
    assert "last night's work" in invoke("status").stdout
    assert "#7" in invoke("audit", "receipt", "#7", db=str(copy)).stdout


@pytest.mark.usefixtures("shop")
def test_a_schedule_names_the_server(invoke: Invoke, address: str) -> None:
    for kind in ("cron", "systemd", "schtasks"):
        told = invoke("schedule", "show", "--kind", kind, "--as", "gm").stdout
        assert address.partition("?")[0] in told


@pytest.mark.usefixtures("shop")
def test_a_member_erases_and_its_last_step_waits_for_the_owner(
    invoke: Invoke, query: Query, server: str, database: str
) -> None:
    invoke("database", "grants", "--apply")
    db = new_user(server, database, "gm", "writers")
    words = ("redact", "K1", "--as", "gm", "--reason", "请求删除", "--yes")
    refused = invoke(*words, db=db, code=6)
    assert "only its owner writes tables anew" in refused.stderr
    assert "run the same command again" in refused.stderr
    assert query("SELECT count(*) FROM personal WHERE position('赵先生' IN "
                 "convert_from(data, 'UTF8')) > 0") == [(0,)]  # fmt: skip
    assert "tables were written anew" in invoke(*words).stdout
    assert "nothing is left" in invoke("status").stdout
    invoke("audit", "verify")


@pytest.mark.usefixtures("shop")
def test_a_standby_answers_and_is_not_written_to(invoke: Invoke, address: str) -> None:
    standby = f"{address}&options=-cdefault_transaction_read_only%3Don"
    for words in (("status",), ("customer", "find", "赵"), ("verdict", "K1"), ("audit", "verify")):
        invoke(*words, db=standby)
    for words in (("who", "K1", "--as", "li"), ("log-visit", "K1", "--as", "li")):
        told = invoke(*words, db=standby, code=6).stderr
        assert "a copy that may only be read" in told
        assert "hint: write to the server that it is a copy of" in told


@pytest.mark.slow
def test_the_demo_stays_on_a_server_if_it_is_asked_to(invoke: Invoke, address: str) -> None:
    told = invoke("demo", "--keep", address.replace("owner@", "owner:geheim@"), db="").stdout
    assert f"The register stays at {address}" in told.replace("\n", " ")
    assert "geheim" not in told
    assert invoke("verdict", "C-020", "--format", "json").stdout
