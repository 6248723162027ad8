"""One run of the program: which register, who acts, what time it is."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from conflictctl.errors import (
    ConflictctlError,
    DamagedRegister,
    InputRejected,
    NoRegister,
    NotPermitted,
)
from conflictctl.wording import Sentence, Who

if TYPE_CHECKING:
    import typer

    from conflictctl.calendar import Calendar, Moment
    from conflictctl.people import People
    from conflictctl.register.store import Register

CONFIG_KEYS = ("db", "as", "lang", "notify_routes")


class Chosen(NamedTuple):
    """A setting of this run and where it came from."""

    value: str
    why: Sentence


class Session:
    """What the options, the environment and the config file say, and the open register."""

    def __init__(self) -> None:
        self.db: str | None = None
        self.acting: str | None = None
        self.holding: bool | None = None
        """Whether to tell how long a customer is held yet; None: where somebody looks."""
        self.command = "conflictctl"
        self.people: People | None = None
        """Known once a register was written to; lends names to error messages."""
        self._register: Register | None = None

    # ---------------------------------------------------------------- time and settings

    @staticmethod
    def clock() -> Moment:
        """The present moment, in microseconds since 1970 UTC."""
        return time.time_ns() // 1000

    @cached_property
    def config(self) -> Mapping[str, str]:
        """The config file's `db`, `as` and `lang`.  Raises InputRejected if it is faulty."""
        return read_config(config_path())

    @cached_property
    def target(self) -> Chosen:
        """The register to use: `--db`, CONFLICTCTL_DB, the config file, the data directory."""
        if self.db is not None:
            return Chosen(self.db, Sentence("given by --db"))
        from_env = os.environ.get("CONFLICTCTL_DB")
        if from_env:
            return Chosen(from_env, Sentence("given by CONFLICTCTL_DB"))
        if "db" in self.config:
            place = Path(self.config["db"]).expanduser()
            target = self.config["db"] if is_url(self.config["db"]) else str(place)
            return Chosen(target, Sentence("given by {path}", path=str(config_path())))
        return Chosen(default_target(), Sentence("the default place, as nothing names another"))

    def actor(self, people: People, kind: str | None = None) -> str | None:
        """The staff id of who acts, or None if nobody does; see `acting_as`.

        While there is no management, a register is set up (`kind` outlet, staff, setting) by
        people it does not know yet.
        """
        from conflictctl.permissions import HOUSE, has_management

        if kind in HOUSE and not has_management(people, self.clock()):
            named = self.named_actor()
            if named is not None and named.value not in people.staff:
                return None
        chosen = self.acting_as(people)
        return chosen.value if chosen is not None else None

    def acting_as(self, people: People) -> Chosen | None:
        """Who acts: `--as`, CONFLICTCTL_AS, the config file, the login.  None: nobody.

        Raises NotPermitted for somebody who is not on the staff, and where logins are binding
        for somebody whose login it is not.
        """
        chosen = self._chosen_actor(people)
        if chosen is not None:
            self.check_login(chosen.value, people)
        return chosen

    def _chosen_actor(self, people: People) -> Chosen | None:
        named = self.named_actor()
        if named is not None:
            if named.value not in people.staff:
                raise NotPermitted(
                    Sentence("no staff member {staff}, who is to act here", staff=named.value),
                    staff_hint(named.value, people),
                )
            return named
        login = login_name()
        staff = people.by_login(login) if login else None
        if staff is None:
            return None
        return Chosen(staff, Sentence("whose login is {login}", login=login))

    def check_login(self, actor: str, people: People) -> None:
        """Refuse to act as one person under the login of another, where logins are binding."""
        from conflictctl.permissions import ACT_AS, OWN_LOGIN, borrowed

        found = borrowed(people, actor, self.logins)
        # Nearly every login is its owner's, or unknown: the setting is read for the others alone.
        if (
            found is None
            or self._register is None
            or self._register.settings().get(ACT_AS) != OWN_LOGIN
        ):
            return
        login, owner = found
        self.people = people
        raise NotPermitted(
            Sentence(
                "the login {login} is that of {owner}, who does not act as {staff}",
                login=login,
                owner=Who(owner),
                staff=Who(actor),
            ),
            Sentence(
                "leave --as out: --by {staff} enters what others did, where one may; "
                "`conflictctl staff act-as` shows the rule",
                staff=actor,
            ),
        )

    @cached_property
    def logins(self) -> tuple[str, ...]:
        """What the operating system calls the user: his account, then what the environment says."""
        return tuple(name for name in (account_name(), login_name()) if name)

    def named_actor(self) -> Chosen | None:
        """Who is to act as `--as`, CONFLICTCTL_AS or the config file say, on the staff or not."""
        if self.acting is not None:
            return Chosen(self.acting, Sentence("given by --as"))
        from_env = os.environ.get("CONFLICTCTL_AS")
        if from_env:
            return Chosen(from_env, Sentence("given by CONFLICTCTL_AS"))
        if "as" in self.config:
            return Chosen(self.config["as"], Sentence("given by {path}", path=str(config_path())))
        return None

    # --------------------------------------------------------------------- the register

    def open(self) -> Register:
        """The register, opened for reading or writing; opened once.  Never creates one."""
        if self._register is None:
            from conflictctl.register.store import open_register

            if self.missing():
                raise DamagedRegister(
                    Sentence("there is no register at {target}", target=self.target.value),
                    Sentence("`conflictctl init` creates it; --db or CONFLICTCTL_DB names another"),
                )
            self._register = open_register(self.target.value)
        return self._register

    def open_or_create(self) -> Register:
        """The register, created on the spot for a first write; stderr says so."""
        if self._register is None and self._to_be_created():
            from conflictctl.register.store import create_register
            from conflictctl.render.language import say

            self._register = create_register(
                self.target.value, zone=system_zone() or "UTC", clock=self.clock
            )
            print(
                say(
                    Sentence(
                        "created the register {target}, time zone {zone}",
                        target=self._register.target,
                        zone=self._register.zone,
                    )
                ),
                file=sys.stderr,
            )
        return self.open()

    def _to_be_created(self) -> bool:
        """Whether a first write makes the register: nothing at all is there."""
        if not is_url(self.target.value.removeprefix("sqlite:///")):
            return self.missing()
        try:
            self.open()
        except NoRegister:
            return True
        return False

    def missing(self) -> bool:
        """Whether no file at all lies where the register should be."""
        target = self.target.value.removeprefix("sqlite:///")
        return not is_url(target) and not os.path.lexists(target)

    @property
    def calendar(self) -> Calendar | None:
        """The open register's calendar; None without one, or where the register is damaged."""
        try:
            return self._register.calendar if self._register is not None else None
        except ConflictctlError:
            return None

    def close(self) -> None:
        """Close the register if it is open."""
        if self._register is not None:
            self._register.close()
            self._register = None


def session_of(ctx: typer.Context) -> Session:
    """The session of the command that runs."""
    session = ctx.find_object(Session)
    assert session is not None
    return session


def is_url(target: str) -> bool:
    """Whether a target is a database URL rather than a path."""
    return "://" in target


def config_path() -> Path:
    """The config file: CONFLICTCTL_CONFIG, else the platform's place for such files."""
    named = os.environ.get("CONFLICTCTL_CONFIG")
    if named:
        return Path(named)
    import typer

    # Typer is loaded anyway; platformdirs would cost a quarter of the start-up.
    return Path(typer.get_app_dir("conflictctl")) / "config.toml"


def read_config(path: Path) -> Mapping[str, str]:
    """The settings of a config file; none where there is no file."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    import tomllib

    hint = Sentence('it holds lines such as db = "/srv/register.db"; mend or remove it')
    try:
        values = tomllib.loads(content.decode("utf-8-sig"))
    except ValueError as error:
        raise InputRejected(
            Sentence("{path} is not TOML: {problem}", path=str(path), problem=str(error)), hint
        ) from None
    for key, value in values.items():
        if key not in CONFIG_KEYS:
            raise InputRejected(
                Sentence(
                    "{path}: {key} is no setting; there are {keys}",
                    path=str(path),
                    key=key,
                    keys=CONFIG_KEYS,
                ),
                hint,
            )
        if not isinstance(value, str) or not value:
            raise InputRejected(
                Sentence("{path}: {key} must be text", path=str(path), key=key), hint
            )
    return values


def default_target() -> str:
    """The register in the platform's data directory."""
    from platformdirs import user_data_path

    return str(user_data_path("conflictctl", appauthor=False) / "register.db")


def login_name() -> str | None:
    """The operating-system user, or None where the system does not say."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return None


def account_name() -> str | None:
    """The name of the account that the process runs under, whatever the environment says.

    None where the system knows no such accounts.
    """
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return None


def system_zone() -> str | None:
    """The IANA name of this machine's time zone, where it can be known."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if named and _is_zone(named):
        return named
    try:
        _, found, name = str(Path("/etc/localtime").resolve(strict=True)).partition("zoneinfo/")
    except OSError:
        return None
    return name if found and _is_zone(name) else None


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name).key == name
    except (OSError, ValueError, KeyError):  # unknown, a path, or a directory
        return False


def staff_hint(unknown: str, people: People) -> Sentence:
    """What to do about an id that no staff member has: who may be meant."""
    from difflib import get_close_matches

    by_name = {person.name: person.id for person in people.staff.values()}
    if unknown in by_name:
        return Sentence("did you mean {staff}?", staff=by_name[unknown])
    near = get_close_matches(unknown, people.staff, n=3, cutoff=0.5)
    if near:
        return Sentence("did you mean {staff}?", staff=near)
    return Sentence("`conflictctl staff list` shows who there is")
