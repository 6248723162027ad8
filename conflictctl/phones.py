"""Telephone numbers: one spelling for all the spellings of a number."""

from __future__ import annotations

import re
from typing import NamedTuple

HOME = "CN"
"""Where a number without a country belongs, as an ISO 3166 code."""

HOME_CODE = "86"

NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Full-width forms, as a Chinese input method writes them, to plain ones."""

MOBILE = re.compile(r"1[3-9][0-9]{9}")
"""A Chinese mobile number as it is dialled in the country."""

_MARKS = re.compile(r"[\s\-‐‑–—.·()/]+")
_NUMBER = re.compile(r"\+?[0-9]+")
_SEVERAL = re.compile(r"[/,;、，；|]")
_EXTENSION = re.compile(
    r"^(?P<number>.*?)\s*[,;]?\s*(?:转|轉|分机|分機|ext(?:ension|n)?\.?|x|#)"
    r"[\s:=号號]*(?P<extension>[0-9]{1,6})\s*$",
    re.IGNORECASE | re.DOTALL,
)
# A line with its area code and a third group: 0533-2345678-801.
_THIRD_GROUP = re.compile(
    r"^(?P<number>\(?0[0-9]{2,3}\)?[\s-]?[0-9]{7,8})[-–—](?P<extension>[0-9]{1,6})\s*$"
)
# Dialled before a mobile number to call by a cheaper network, and kept in many phone books.
_CARRIER = re.compile(r"(?:17951|17911|17909|17901|12593|10193)(?=1[3-9][0-9]{9}$)")
WHOLE_NUMBER = 7
"""A text with this many digits may be a number on its own."""


class Phone(NamedTuple):
    """A number: `key` is `+` with country and number, or bare digits of a local number."""

    key: str
    extension: str | None


def read_phone(text: str, country: str = HOME) -> Phone | None:
    """The number that a text is, with its extension; None for what is none.

    `138 0013-8000`, `+86 13800138000`, `0086-138-0013-8000` and `１３８００１３８０００` give
    `+8613800138000`; `0533-2345678 转 801` gives `+865332345678` and `801`; a local number
    without area code stays as its digits.  A number of another country keeps its country
    code, so that the same national number in two countries is two numbers.

    `country` (ISO 3166) is where a number without country code belongs.  Chinese numbers
    are read here; those of other countries by phonenumbers, which is loaded for them alone.
    """
    plain, extension = _without_extension(text.translate(NARROW).strip())
    number = _MARKS.sub("", plain.replace("(0)", ""))
    if not _NUMBER.fullmatch(number):
        return None
    key = _chinese(number, at_home=country == HOME)
    if key is None:
        key = _foreign(number, country)
    return Phone(key, extension) if key is not None else None


def phone_key(text: str, country: str = HOME) -> str | None:
    """One spelling for all spellings of a number, its extension left out; see `read_phone`."""
    phone = read_phone(text, country)
    return phone.key if phone is not None else None


def phone_keys(text: str, country: str = HOME) -> list[str]:
    """The numbers in a text that may hold several: `13800138000/13900139000`."""
    plain = text.translate(NARROW)
    pieces = _SEVERAL.split(plain)
    if len(pieces) > 1 and all(sum(map(str.isdigit, p)) >= WHOLE_NUMBER for p in pieces):
        return [key for piece in pieces if (key := phone_key(piece, country)) is not None]
    words = plain.split()
    if len(words) > 1 and all(MOBILE.fullmatch(word) for word in words):
        return [key for word in words if (key := phone_key(word, country)) is not None]
    key = phone_key(text, country)
    return [key] if key is not None else []


def national(key: str) -> str:
    """The digits of a key as people at home know them: without `+` and the home country."""
    return key.removeprefix(f"+{HOME_CODE}").removeprefix("+")


def masked_phone(key: str) -> str:
    """A number that its owner recognises and nobody else can call: `138****8000`."""
    digits = national(key)
    if len(digits) < WHOLE_NUMBER:
        return "*" * len(digits)
    head = 3 if len(digits) > 8 else 1
    return f"{digits[:head]}{'*' * (len(digits) - head - 4)}{digits[-4:]}"


def _without_extension(text: str) -> tuple[str, str | None]:
    match = _EXTENSION.match(text) or _THIRD_GROUP.match(text)
    if match is None or sum(map(str.isdigit, match["number"])) < WHOLE_NUMBER:
        return text, None
    return match["number"], match["extension"]


def _chinese(number: str, *, at_home: bool) -> str | None:
    """The key of a Chinese number in any of its forms; None for what may be another's."""
    if number.startswith(("+86", "0086")):
        # Inside the country numbers are dialled with a leading 0 that abroad is left out.
        return _with_code(number.removeprefix("00").removeprefix("+")[2:].lstrip("0"))
    if not at_home or number.startswith(("+", "00")):
        return None
    number = _CARRIER.sub("", number)
    if number.startswith(HOME_CODE) and MOBILE.fullmatch(number[2:]):
        return f"+{number}"
    if MOBILE.fullmatch(number):
        return f"+{HOME_CODE}{number}"
    if number.startswith("0") and len(number) >= 10:
        return _with_code(number.lstrip("0"))
    return number


def _with_code(digits: str) -> str:
    return f"+{HOME_CODE}{_CARRIER.sub('', digits)}"


def _foreign(number: str, country: str) -> str | None:
    if number == "00":
        return None
    if len(number) < WHOLE_NUMBER:
        return number  # the end of a number may begin with 00
    plain = f"+{number[2:]}" if number.startswith("00") else number
    from phonenumbers import (
        NumberParseException,
        PhoneNumberFormat,
        format_number,
        is_possible_number,
        parse,
    )

    try:
        parsed = parse(plain, country)
    except NumberParseException:
        return plain
    if not is_possible_number(parsed):
        return plain
    key = format_number(parsed, PhoneNumberFormat.E164)
    # A number that would be read otherwise the next time is left as it was written.
    try:
        again = format_number(parse(key, country), PhoneNumberFormat.E164)
    except NumberParseException:
        return plain
    return key if again == key else plain
