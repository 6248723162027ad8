"""Messages out of the house: to which address whose go, and handing them to a channel.

Addresses are apprise URLs (`wecombot://KEY`, `dingtalk://TOKEN`, `feishu://TOKEN`,
`mailto://...`).  They hold secrets: no sentence, entry or error of this module shows one.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.reminders import Ladder
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from apprise import NotifyBase

_TABLES = ("default", "staff", "outlets", "languages", "ladder")
_LANGUAGES = ("en", "zh")

# WeCom counts bytes, apprise letters: a Chinese letter is three bytes of its 2048.
_WECOM_LETTERS = 680

# These answer 200 to what they refuse, and apprise does not look further.
_REFUSING_QUIETLY = frozenset({"wecombot", "dingtalk"})


class Routes(NamedTuple):
    """Whose messages go where: apprise URLs by staff id, by outlet id, and for all others."""

    default: tuple[str, ...] = ()
    staff: Mapping[str, tuple[str, ...]] = {}
    outlets: Mapping[str, tuple[str, ...]] = {}
    languages: Mapping[str, str] = {}
    """By staff id, `en` or `zh`; for all others the language of the run."""
    ladder: Ladder = Ladder()

    def of(self, staff: str, outlet: str | None) -> tuple[str, ...]:
        """The addresses of somebody: his own, else his outlet's, else everybody's."""
        return self.staff.get(staff) or self.outlets.get(outlet or "") or self.default


class Channel(NamedTuple):
    """One address, ready to take messages."""

    scheme: str
    mark: str
    """Tells this address from others of its scheme; nothing secret can be read from it."""
    plugin: NotifyBase
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"{self.scheme}://***"


def read_routes(path: Path) -> Routes:
    """The routing file.  Raises InputRejected, naming file and key and never an address."""
    import tomllib

    hint = Sentence('it holds default = ["wecombot://..."], [staff], [outlets], [ladder]')
    try:
        values = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise InputRejected(
            Sentence(
                "{path} cannot be read: {reason}", path=str(path), reason=error.strerror or "?"
            ),
            Sentence("--notify-routes names the file that says whose messages go where"),
        ) from None
    except ValueError as error:
        # Only where: TOML's own complaint may quote the line, and the line an address.
        place = re.search(r"\(at [a-z0-9 ,]+\)", str(error))
        raise InputRejected(
            Sentence(
                "{path} is not TOML: {problem}",
                path=str(path),
                problem=place[0][1:-1] if place else "UTF-8",
            ),
            hint,
        ) from None
    for key in values:
        if key not in _TABLES:
            raise InputRejected(
                Sentence("{path}: {key} is no table of a routing file", path=str(path), key=key),
                Sentence("there are: {tables}", tables=list(_TABLES)),
            )
    return Routes(
        _addresses(values.get("default", ()), path, "default"),
        _routed(values.get("staff", {}), path, "staff"),
        _routed(values.get("outlets", {}), path, "outlets"),
        _languages(values.get("languages", {}), path),
        _ladder(values.get("ladder", {}), path),
    )


def _routed(table: Any, path: Path, name: str) -> dict[str, tuple[str, ...]]:
    return {
        key: _addresses(value, path, f"{name}.{key}")
        for key, value in _table(table, path, name).items()
    }


def _table(table: Any, path: Path, name: str) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise _wrong(path, name, Sentence("must be a table"))
    return table


def _addresses(value: Any, path: Path, name: str) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, (list, tuple)) or not all(
        isinstance(each, str) and "://" in each for each in listed
    ):
        raise _wrong(path, name, Sentence("must be an apprise URL, or a list of them"))
    return tuple(listed)


def _languages(table: Any, path: Path) -> dict[str, str]:
    for key, value in _table(table, path, "languages").items():
        if value not in _LANGUAGES:
            raise _wrong(path, f"languages.{key}", Sentence("must be en or zh"))
    return dict(table)


def _ladder(table: Any, path: Path) -> Ladder:
    for key, value in _table(table, path, "ladder").items():
        if key not in Ladder._fields:
            raise _wrong(
                path, f"ladder.{key}", Sentence("there are: {tables}", tables=list(Ladder._fields))
            )
        # Further ahead than the lists look by themselves nobody could be told.
        if type(value) is not int or not -1 <= value <= 365:
            raise _wrong(
                path, f"ladder.{key}", Sentence("must be a whole number of days, -1 to 365")
            )
    ladder = Ladder(**table)
    if not ladder.consultant <= ladder.supervisor <= ladder.manager:
        raise _wrong(path, "ladder", Sentence("a higher rung is not told before a lower one"))
    return ladder


def _wrong(path: Path, key: str, problem: Sentence) -> InputRejected:
    return InputRejected(
        Sentence("{path}: {key}: {problem}", path=str(path), key=key, problem=problem),
        Sentence('it holds default = ["wecombot://..."], [staff], [outlets], [ladder]'),
    )


# ---------------------------------------------------------------------- channels


class Channels:
    """The channels of a run, each made once: what a channel allows a minute is kept to."""

    def __init__(self, origin: str) -> None:
        """`origin` is the register's, so that marks of two registers have nothing in common."""
        self._origin = origin
        self._made: dict[str, Channel] = {}

    def of(self, url: str, where: str) -> Channel:
        """The channel of an apprise URL; `where` says in an error where it was written.

        Raises WrongUsage without apprise, InputRejected for what apprise does not understand.
        """
        found = self._made.get(url)
        if found is None:
            found = self._made[url] = _channel(url, where, self._origin)
        return found


def _channel(url: str, where: str, origin: str) -> Channel:
    try:
        import apprise
    except ImportError:
        raise WrongUsage(
            Sentence("messages need apprise, which is not installed"),
            Sentence("`pip install 'conflictctl[notify]'` brings it"),
        ) from None

    capture: Any = apprise.LogCapture
    with capture(level=logging.CRITICAL):  # its complaints quote the address
        plugin = apprise.Apprise.instantiate(url)
    scheme = url.partition("://")[0].strip().lower()
    if plugin is None or not re.fullmatch(r"[a-z][a-z0-9+.-]{0,30}", scheme):
        raise InputRejected(
            Sentence("{where}: apprise does not understand this address", where=where),
            Sentence("it begins with the channel, such as wecombot://, dingtalk:// or mailto://"),
        )
    if scheme in ("http", "https"):  # a bot's address as the service shows it
        own = plugin.secure_protocol or plugin.protocol or scheme
        scheme = own if isinstance(own, str) else str(own[0])
    if "overflow=" not in url:
        plugin.overflow_mode = apprise.OverflowMode.SPLIT  # a long list comes in parts
    if scheme == "wecombot":
        plugin.body_maxlen = _WECOM_LETTERS
    return Channel(scheme, _mark(url, origin), plugin, _secrets(url))


def _mark(url: str, origin: str) -> str:
    """Eight hexadecimal digits of the address without its password and options.

    A password may be guessed, and the guess tried on a digest; the tokens of services are
    far too long for that, and who receives mail is no secret to the register's readers.
    """
    try:
        parts = urlsplit(url)
        place = re.sub(r":[^@]*@", "@", parts.netloc, count=1)
        to = parse_qs(parts.query).get("to", [])
        plain = f"{parts.scheme}://{place}{parts.path}{to}"
    except ValueError:
        plain = url.partition("://")[0]
    return hashlib.sha256(f"{origin} {plain}".encode()).hexdigest()[:8]


def _secrets(url: str) -> tuple[str, ...]:
    """Every piece of an address that must not be shown, the longest first."""
    rest = url.partition("://")[2]
    return tuple(
        sorted({piece for piece in re.split(r"[/:@?&=,]", rest) if len(piece) > 3}, key=len)[::-1]
    )


def send(channel: Channel, title: str, body: str) -> str | None:
    """Hand one message to a channel; None if it took it, else why not, no secret in it."""
    import apprise

    capture: Any = apprise.LogCapture
    with (
        capture(level=logging.WARNING, fmt="%(message)s") as log,
        _answers(channel.scheme) as refusals,
    ):
        try:
            taken = bool(channel.plugin.notify(body=body, title=title))
        except Exception as error:  # a plugin's own fault must not keep the others waiting
            taken = False
            refusals.append(type(error).__name__)
        complaints = log.getvalue().strip().splitlines()
    if taken and not refusals:
        return None
    reason = (refusals or complaints or ["?"])[0]
    for secret in channel.secrets:
        reason = reason.replace(secret, "***")
    return reason


@contextmanager
def _answers(scheme: str) -> Iterator[list[str]]:
    """What services say that answer 200 and refuse: an `errcode` other than 0."""
    refusals: list[str] = []
    if scheme not in _REFUSING_QUIETLY:
        yield refusals
        return
    import requests

    session_class: Any = requests.Session
    sending = session_class.send

    def watched(session: Any, request: Any, **options: Any) -> Any:
        answer = sending(session, request, **options)
        try:
            told = answer.json()
        except ValueError:
            told = None
        if isinstance(told, dict) and told.get("errcode"):
            refusals.append(f"errcode {told['errcode']}: {told.get('errmsg', '')}"[:300])
        return answer

    session_class.send = watched
    try:
        yield refusals
    finally:
        session_class.send = sending


def addressed(urls: Sequence[str], channels: Channels, where: str) -> list[Channel]:
    """The channels of several URLs, each once."""
    return [channels.of(url, where) for url in dict.fromkeys(urls)]
