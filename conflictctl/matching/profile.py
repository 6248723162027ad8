"""What of a customer can be compared with another: names, numbers, address, words in notes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from conflictctl.calendar import Calendar, Moment
from conflictctl.erasure import erased_by
from conflictctl.events import Event
from conflictctl.history import CONTACT_KINDS
from conflictctl.identity import folded, is_chinese
from conflictctl.names import latin, sounds
from conflictctl.phones import MOBILE, NARROW, WHOLE_NUMBER, national, phone_keys, read_phone

MOST_DAYS = 40
"""Days of contact compared; the latest say most about one who comes again under another name."""
MOST_MENTIONS = 20

_ADDRESS = 6
"""A shorter address names a town at best."""
_SOUNDS = 3
_FEWEST_DIGITS = 2
"""`13800000000` and `11111111` stand for a number that nobody asked for."""

KIN = (
    "爱人|太太|老婆|妻子|媳妇|夫人|内人|老公|丈夫|家属|配偶|儿子|女儿|父亲|母亲|爸爸|妈妈|父母|"
    "夫妻|两口子|哥哥|弟弟|姐姐|妹妹|岳父|岳母|女婿|儿媳"
)
_KIN_ENGLISH = "wife|husband|spouse|son|daughter|father|mother|brother|sister"
_KIN = re.compile(rf"{KIN}|\b(?:{_KIN_ENGLISH})\b", re.IGNORECASE)
_HAN = "\u3400-\u9fff"
# What follows a name in a note, and hardly ever stands in one.
_PASSING = "也来在和说要想去没已有跟看同的是电打给到都让叫还用问这那他她等及与是"
_NAME_CHAR = rf"(?![{_PASSING}])[{_HAN}]"
_NAME_AFTER = re.compile(rf"[是叫名为:：,，\s]*((?:{_NAME_CHAR}){{2,4}})")
_NAME_BEFORE = re.compile(rf"((?:{_NAME_CHAR}){{2,4}})的?$")
_LATIN_NAME = re.compile(r"[\s:,]*((?:[A-Z][\w'-]+\s?){1,3})")
_DIGITS = re.compile(r"\+?[0-9][0-9\s\-]{5,17}[0-9]")
# The hundred surnames that 85 of 100 people bear, and a few more.
_BEARS = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁"
    "任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴"
    "莫孔向汤章欧司上诸"
)
_TITLE = re.compile(
    r"(先生|女士|小姐|太太|夫人|老师|经理|总|哥|姐|师傅)$|^(?:mr|mrs|ms|miss)\.?\s+", re.IGNORECASE
)
_COMPANY = re.compile(r"公司|集团|商行|厂$|中心$|\b(?:ltd|inc|co|llc|gmbh)\b", re.IGNORECASE)


class Number(NamedTuple):
    """A telephone number in its one spelling, with its extension."""

    key: str
    extension: str | None

    @property
    def digits(self) -> str:
        """As people at home know it."""
        return national(self.key)

    @property
    def is_mobile(self) -> bool:
        """Whether it is a Chinese mobile number, which belongs to one person as a rule."""
        return MOBILE.fullmatch(self.digits) is not None

    @property
    def is_personal(self) -> bool:
        """Whether it is no land line of the country: of another nobody knows, and most are not."""
        return self.is_mobile or (self.key[0] == "+" and not self.key.startswith("+86"))


class Mention(NamedTuple):
    """What a note says of somebody else, or of another number; `kin` is the word for him."""

    kin: str
    numbers: tuple[str, ...]
    names: tuple[str, ...]
    ref: str


class Profile(NamedTuple):
    """One customer as he is compared; `ref` is the entry that opened his card.

    `days` are (local day, staff, entry) of contacts; `apart` are the customers whom he is linked
    with already, or of whom somebody said that he is not one of them.
    """

    customer: str
    name: str
    numbers: tuple[Number, ...]
    address: str
    opened: Moment
    by: str | None
    ref: str
    mentions: tuple[Mention, ...]
    days: tuple[tuple[int, str, str], ...]
    apart: tuple[str, ...]

    @property
    def is_company(self) -> bool:
        """Whether the name is that of a firm."""
        return _COMPANY.search(self.name) is not None

    @property
    def title(self) -> str:
        """The form of address that stands for a given name: `先生` of `王先生`; else empty."""
        match = _TITLE.search(self.name)
        return match[0] if match is not None else ""

    @property
    def bare_name(self) -> str:
        """The name without a form of address."""
        return _TITLE.sub("", self.name.strip()).strip()


@lru_cache(maxsize=4096)
def heard(name: str) -> tuple[str, ...]:
    """How a name may sound, the likeliest first; names in letters in either order of their words.

    Loads the pinyin tables for Chinese names.
    """
    if any(map(is_chinese, name)):
        return tuple("".join(read) for read in islice(sounds(name), _SOUNDS))
    words = name.split()
    ways = [words] if len(words) < 2 else [words, words[::-1]]
    return tuple(dict.fromkeys(one for way in ways if (one := latin("".join(way)))))


@lru_cache(maxsize=4096)
def surnames(name: str) -> tuple[str, ...]:
    """How the surname may sound: of a Chinese name its beginning, of another either end."""
    if any(map(is_chinese, name)):
        first = next(sounds(name), ())
        return first[:1]
    words = [latin(word) for word in name.split()]
    return tuple(dict.fromkeys(word for word in (*words[:1], *words[-1:]) if word))


def profiles_of(
    events: Sequence[Event], members: Iterable[str], calendar: Calendar
) -> list[Profile]:
    """The profiles of the customers of one dossier, from its mended entries in seq order.

    Who has no name, because it was erased, has none.
    """
    apart = _apart(events)
    own: dict[str, list[Event]] = {member: [] for member in members}
    for event in events:
        if event.customer in own:
            own[event.customer].append(event)
    found = (_profile(who, own[who], apart.get(who, ()), calendar) for who in own)
    return [profile for profile in found if profile is not None]


def _profile(
    customer: str, events: Sequence[Event], apart: Iterable[str], calendar: Calendar
) -> Profile | None:
    cards = [event for event in events if event.kind == "customer"]
    name = next((card.get("name") for card in reversed(cards) if card.get("name")), None)
    if name is None or erased_by(name) is not None:
        return None
    # Numbers that were replaced count as well: whoever comes again may give the old one.
    texts = dict.fromkeys(text for card in reversed(cards) for text in card.get("phones", ()))
    address = next((card.get("address") for card in reversed(cards) if card.get("address")), "")
    if erased_by(address) is not None:
        address = ""
    return Profile(
        customer,
        name,
        tuple(dict.fromkeys(number for text in texts for number in numbers_in(text))),
        _address(address),
        cards[0].at,
        cards[0].by,
        cards[0].ref,
        tuple(islice(_mentions(events), MOST_MENTIONS)),
        _days(events, calendar),
        tuple(sorted(apart)),
    )


def numbers_in(text: str) -> list[Number]:
    """The numbers of one entry of a card, without those that stand for none."""
    keys = [key for key in phone_keys(text) if _is_real(key)]
    if len(keys) != 1:
        return [Number(key, None) for key in keys]
    phone = read_phone(text)
    return [Number(keys[0], phone.extension if phone is not None else None)]


def _is_real(key: str) -> bool:
    digits = national(key)
    return len(digits) >= WHOLE_NUMBER and len(set(digits[-8:])) >= _FEWEST_DIGITS


def _address(text: str) -> str:
    plain = folded(text)
    return plain if len(plain) >= _ADDRESS else ""


def _days(events: Sequence[Event], calendar: Calendar) -> tuple[tuple[int, str, str], ...]:
    found: dict[tuple[int, str], str] = {}
    for event in events:
        if event.kind in CONTACT_KINDS and event.by is not None:
            found.setdefault((calendar.day(event.at), event.by), event.ref)
    latest = sorted(found)[-MOST_DAYS:]
    return tuple((day, staff, found[day, staff]) for day, staff in latest)


def _mentions(events: Sequence[Event]) -> Iterable[Mention]:
    for event in events:
        note = event.get("note")
        if note:
            yield from mentions_in(note, event.ref)


def mentions_in(note: str, ref: str) -> list[Mention]:
    """What a note says of relatives, and of other numbers of the customer.

    Whoever is named without a surname that many bear is not recognised.
    """
    plain = note.translate(NARROW)
    numbers = tuple(
        key for text in _DIGITS.findall(plain) for key in phone_keys(text) if _is_real(key)
    )
    kin = list(_KIN.finditer(plain))
    if not kin:
        return [Mention("", numbers, (), ref)] if numbers else []
    names = tuple(dict.fromkeys(name for word in kin for name in _names_beside(plain, word)))
    return [Mention(kin[0][0], numbers, names, ref)]


def _names_beside(note: str, word: re.Match[str]) -> Iterable[str]:
    before, after = note[: word.start()], note[word.end() :]
    match = _NAME_AFTER.match(after)
    if match is not None:
        yield from _names_of(match[1], (slice(0, size) for size in (2, 3, 4)))
    match = _NAME_BEFORE.search(before)
    if match is not None:
        yield from _names_of(match[1], (slice(-size, None) for size in (2, 3, 4)))
    latin_name = _LATIN_NAME.match(after)
    if latin_name is not None:
        yield latin_name[1].strip()


def _names_of(run: str, parts: Iterable[slice]) -> Iterable[str]:
    """The names that a run of characters may be: itself, or where it is long, parts of it."""
    found = [run] if len(run) < 4 else dict.fromkeys(run[part] for part in parts)
    return (name for name in found if len(name) > 1 and name[0] in _BEARS)


def _apart(events: Sequence[Event]) -> dict[str, set[str]]:
    """Whom each customer is linked with, directly or by others, or was last unlinked from."""
    linked: dict[tuple[str, str], bool] = {}
    for event in events:
        if event.kind in ("link", "unlink"):
            customers = sorted(event.fields["customers"])
            for place, one in enumerate(customers):
                for other in customers[place + 1 :]:
                    linked[one, other] = event.kind == "link"
    groups: dict[str, set[str]] = {}
    apart: dict[str, set[str]] = {}
    for (one, other), is_link in linked.items():
        apart.setdefault(one, set()).add(other)
        apart.setdefault(other, set()).add(one)
        if is_link:
            together = groups.get(one, {one}) | groups.get(other, {other})
            groups.update(dict.fromkeys(together, together))
    for one, together in groups.items():
        apart.setdefault(one, set()).update(together - {one})
    return apart
