"""The hash chain over the bodies of a log, and what is derived from it.

Domain separation by the first byte: 0x02 links of the chain, 0x03 commitments to personal
data (0x00 and 0x01 are the leaves and nodes of an RFC 6962 tree over the same bodies).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from conflictctl.errors import InputRejected
from conflictctl.wording import Sentence

SALT_LENGTH = 32

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Ten bits, two letters, at a time: a receipt is made for every entry of an import.
_PAIRS = tuple(first + second for first in _CROCKFORD for second in _CROCKFORD)


class Head(NamedTuple):
    """How far a log reaches: its last `seq` (0: empty) and the chain's hash there."""

    seq: int
    hash: bytes

    @property
    def text(self) -> str:
        """The hash as it is printed: `sha256:` and 64 hexadecimal digits."""
        return f"sha256:{self.hash.hex()}"


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of a value of the restricted profile (see conflictctl.events)."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def genesis(origin: str) -> bytes:
    """h_0 of the log with this random id: SHA-256("conflictctl/v1" || origin)."""
    return sha256(b"conflictctl/v1" + origin.encode()).digest()


def link(previous: bytes, body: bytes) -> bytes:
    """h_n = SHA-256(0x02 || h_{n-1} || body_n)."""
    return sha256(b"\x02" + previous + body).digest()


def commitment(salt: bytes, personal: bytes) -> str:
    """What a body holds in place of personal data: SHA-256(0x03 || salt || data), hex."""
    return sha256(b"\x03" + salt + personal).hexdigest()


def receipt_text(link_hash: bytes) -> str:
    """80 bits of h_n in Crockford's base 32, in fours: `K7QF-3M2A-9XPD-T6WL`."""
    bits = int.from_bytes(link_hash[:10], "big")
    pair = _PAIRS
    return (
        f"{pair[bits >> 70]}{pair[bits >> 60 & 1023]}-{pair[bits >> 50 & 1023]}"
        f"{pair[bits >> 40 & 1023]}-{pair[bits >> 30 & 1023]}{pair[bits >> 20 & 1023]}-"
        f"{pair[bits >> 10 & 1023]}{pair[bits & 1023]}"
    )


def read_receipt(text: str) -> bytes | None:
    """The 10 bytes a receipt stands for; None if the text is no receipt.

    Takes what people make of it: small letters, missing dashes, O for 0, I and L for 1.
    """
    letters = text.strip().upper().replace("-", "").replace(" ", "")
    letters = letters.translate(str.maketrans("OIL", "011"))
    if len(letters) != 16 or any(letter not in _CROCKFORD for letter in letters):
        return None
    bits = 0
    for letter in letters:
        bits = bits << 5 | _CROCKFORD.index(letter)
    return bits.to_bytes(10, "big")


def receipt_bytes(text: str) -> bytes:
    """The 10 bytes a receipt stands for; raises InputRejected for a text that is none."""
    found = read_receipt(text)
    if found is None:
        raise InputRejected(
            Sentence("{text} is no receipt", text=text[:40]),
            Sentence("a receipt reads like K7QF-3M2A-9XPD-T6WL"),
        )
    return found


def content_number(
    kind: str, at: int, by: str | None, recorded_by: str | None, customer: str | None, data: Any
) -> int:
    """64 bits (signed) by which an entry without an id is recognised when it comes again.

    Personal data stay out, so that the number survives their erasure and tells nothing
    about them; `recorded_at` stays out, because imports take it only when attested.
    Entries of equal number are compared in full.
    """
    content = canonical([kind, at, by, recorded_by, customer, data])
    return int.from_bytes(sha256(content).digest()[:8], "big", signed=True)
