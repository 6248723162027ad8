"""Which register, who acts: options, environment, config file, defaults."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from conflictctl.cli.session import (
    Session,
    config_path,
    default_target,
    read_config,
    staff_hint,
    system_zone,
)
from conflictctl.errors import InputRejected

from .conftest import Invoke, events_of


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("CONFLICTCTL_CONFIG", str(path))
    return path


def test_the_register_is_named_by_option_environment_config_default(
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Session()
    assert session.target.value == default_target()
    config.write_text('db = "/from/config.db"')
    assert Session().target.value == "/from/config.db"
    monkeypatch.setenv("CONFLICTCTL_DB", "/from/env.db")
    assert Session().target.value == "/from/env.db"
    session = Session()
    session.db = "/from/option.db"
    assert session.target.value == "/from/option.db"
    assert "--db" in str(session.target.why)


def test_a_home_directory_in_the_config_file_is_understood(config: Path) -> None:
    config.write_text('db = "~/register.db"')
    assert Session().target.value == str(Path.home() / "register.db")


def test_who_acts_is_named_by_option_environment_config_login(
    invoke: Invoke,
    showroom: Path,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def actor(*arguments: str) -> str | None:
        invoke("log-check", "--query", "x", *arguments)
        return events_of(showroom)[-1].recorded_by

    invoke("staff", "edit", "li", "--login", "lina", "--as", "sun")
    monkeypatch.setenv("LOGNAME", "lina")
    assert actor() == "li"
    config.write_text('as = "wang"')
    assert actor() == "wang"
    monkeypatch.setenv("CONFLICTCTL_AS", "zhao")
    assert actor() == "zhao"
    assert actor("--as", "sun") == "sun"


def test_a_login_shared_by_two_names_nobody(
    invoke: Invoke,
    showroom: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for staff in ("li", "wang"):
        invoke("staff", "edit", staff, "--login", "counter", "--as", "sun")
    monkeypatch.setenv("LOGNAME", "counter")
    assert "nobody acts" in invoke("log-visit", "K1", code=4).stderr


def test_an_unknown_actor_is_refused_with_who_may_be_meant(invoke: Invoke, showroom: Path) -> None:
    assert "did you mean wang" in invoke("log-visit", "K1", "--as", "wnag", code=4).stderr
    assert "did you mean wang" in invoke("log-visit", "K1", "--as", "Wang [/]", code=4).stderr
    assert "staff list" in invoke("log-visit", "K1", "--as", "xqzj", code=4).stderr


def test_the_language_comes_from_option_config_locale(
    invoke: Invoke,
    config: Path,
) -> None:
    assert invoke("frob", code=2).stderr.isascii()
    assert not invoke("frob", code=2, env={"LANG": "zh_CN.UTF-8"}).stderr.isascii()
    config.write_text('lang = "zh"')
    assert not invoke("frob", code=2).stderr.isascii()
    assert invoke("frob", "--lang", "en", code=2).stderr.isascii()


@pytest.mark.parametrize(
    "content",
    [
        b"db = ",
        b"colour = 'red'",
        b"db = 5",
        b"as = ''",
        b"\xff\xfe",
        b"[db]\nx = 1",
    ],
)
def test_a_faulty_config_file_is_named(invoke: Invoke, config: Path, content: bytes) -> None:
    config.write_bytes(content)
    result = invoke("log-visit", "K1", code=3)
    assert str(config) in result.stderr
    with pytest.raises(InputRejected):
        read_config(config)


def test_a_config_file_may_begin_with_a_byte_order_mark(config: Path) -> None:
    config.write_bytes(b"\xef\xbb\xbfdb = 'x.db'")
    assert read_config(config) == {"db": "x.db"}


@pytest.mark.skipif(sys.platform == "win32", reason="the places of other systems differ")
def test_the_config_file_lies_where_platformdirs_would_put_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from platformdirs import user_config_path

    assert config_path() == user_config_path("conflictctl", appauthor=False) / "config.toml"


# ------------------------------------------------------------------------- the first write


def test_the_first_write_makes_the_register_and_says_so(
    invoke: Invoke,
    register_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    result = invoke("outlet", "add", "shop", "--name", "S", "--type", "store")
    assert f"created the register {register_path}, time zone Asia/Shanghai" in result.stderr
    assert register_path.stat().st_mode & 0o777 == 0o600
    again = invoke("staff", "add", "sun", "--name", "S", "--role", "manager", "--outlet", "shop")
    assert again.stderr == ""
    invoke("staff", "add", "li", "--name", "L", "--role", "clerk", "--outlet", "shop", code=4)
    invoke(
        "staff", "add", "li", "--name", "L", "--role", "clerk", "--outlet", "shop", "--as", "sun"
    )


def test_who_is_to_act_need_not_be_known_while_a_register_is_set_up(invoke: Invoke) -> None:
    for command in (
        "outlet add shop --name S --type store",
        "staff add sun --name S --role manager --outlet shop",
        "staff add li --name L --role consultant --outlet shop",
    ):
        invoke(*command.split(), env={"CONFLICTCTL_AS": "sun"})


def test_a_write_that_cannot_be_the_first_makes_nothing(
    invoke: Invoke,
    register_path: Path,
) -> None:
    assert "conflictctl init" in invoke("log-visit", "K1", "--as", "wang", code=7).stderr
    invoke("outlet", "add", "shop", "--name", "S", "--type", "shoppe", code=3)
    assert not register_path.exists()


def test_the_default_register_gets_its_folder(
    invoke: Invoke,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    invoke("outlet", "add", "shop", "--name", "S", "--type", "store", env={"CONFLICTCTL_DB": ""})
    assert Path(default_target()).exists()


def test_the_systems_zone_is_an_iana_name_or_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    for named, zone in (("Asia/Tokyo", "Asia/Tokyo"), (":Europe/Paris", "Europe/Paris")):
        monkeypatch.setenv("TZ", named)
        assert system_zone() == zone
    for odd in ("CST-8", "../../etc/passwd", "Asia", "", "\x1b"):
        monkeypatch.setenv("TZ", odd)
        assert system_zone() is None or "/" in str(system_zone()) or system_zone() == "UTC"


def test_the_clock_counts_microseconds() -> None:
    assert abs(Session.clock() - time.time() * 1e6) < 1e6


def test_a_name_in_place_of_an_id_is_understood() -> None:
    from conflictctl.people import People, Person

    people = People()
    person = people.staff["wang"] = Person("wang")
    person.name = "王强"
    assert "wang" in str(staff_hint("王强", people))
    assert os.environ.get("CONFLICTCTL_DB") is None
