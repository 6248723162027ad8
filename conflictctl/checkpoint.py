"""Checkpoints: how far a log reached, in a few lines that somebody else keeps.

The text is that of a C2SP tlog-checkpoint (origin, size, root in base 64, further lines), and with
signatures a C2SP signed-note: a blank line, then a line for each key.  Signatures are Ed25519
(signature type 0x01).  This module reads and writes; who signs and who checks is handed in, so
that nothing here needs a library of cryptography.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from conflictctl.calendar import Moment, parse_time, utc_text

LONGEST = 16_384
"""Bytes of the longest note that is read."""

_ED25519 = b"\x01"
_DASH = "\u2014"
_SIZE = re.compile("0|[1-9][0-9]{0,17}")
_ORIGIN = re.compile("conflictctl/[0-9a-f]{32}")
_HEAD = re.compile("sha256:[0-9a-f]{64}")


class Checkpoint(NamedTuple):
    """How far a log reached: `size` entries, under a root of 32 bytes (RFC 6962).

    `origin` is the random id of the log.  `head` is the hash of the chain there and `at` when the
    checkpoint was made; None where a checkpoint does not say so.
    """

    origin: str
    size: int
    root: bytes
    head: bytes | None = None
    at: Moment | None = None

    @property
    def text(self) -> str:
        """The lines of the note, each ended."""
        lines = [f"conflictctl/{self.origin}", str(self.size), _base64(self.root)]
        if self.head is not None:
            lines.append(f"head sha256:{self.head.hex()}")
        if self.at is not None:
            lines.append(f"time {utc_text(self.at)}")
        return "".join(f"{line}\n" for line in lines)


class Signature(NamedTuple):
    """A signature line: the key's name, its id (4 bytes), the signature."""

    name: str
    key: bytes
    signature: bytes


class PublicKey(NamedTuple):
    """A key to check signatures with, and the name it signs under; 32 bytes."""

    name: str
    key: bytes

    @property
    def id(self) -> bytes:
        """SHA-256(name || 0x0A || 0x01 || key), the first four bytes."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:4]

    @property
    def text(self) -> str:
        """One line to hand to whoever checks: `name+id+key`."""
        return f"{self.name}+{self.id.hex()}+{_base64(_ED25519 + self.key)}"


class Note(NamedTuple):
    """A checkpoint with the lines of those who signed it."""

    checkpoint: Checkpoint
    text: str
    signatures: tuple[Signature, ...] = ()

    @property
    def content(self) -> str:
        """The note as it stands in a file."""
        lines = "".join(
            f"{_DASH} {one.name} {_base64(one.key + one.signature)}\n" for one in self.signatures
        )
        return f"{self.text}\n{lines}" if lines else self.text

    def signed(self, key: PublicKey, sign: Callable[[bytes], bytes]) -> Note:
        """The note with one signature more; `sign` gives that of some bytes by the key."""
        signature = Signature(key.name, key.id, sign(self.text.encode()))
        return self._replace(signatures=(*self.signatures, signature))

    def is_signed_by(self, key: PublicKey, check: Callable[[bytes, bytes], bool]) -> bool:
        """Whether the key signed it; `check` tells a good signature (of, bytes) from a bad one.

        Of several lines of the key all must hold.
        """
        own = [one for one in self.signatures if (one.name, one.key) == (key.name, key.id)]
        text = self.text.encode()
        return bool(own) and all(check(one.signature, text) for one in own)


def note_of(checkpoint: Checkpoint) -> Note:
    """A checkpoint as a note that nobody signed yet."""
    return Note(checkpoint, checkpoint.text)


def read_note(content: bytes) -> Note:
    """A note from the bytes of a file; ValueError for what is not a checkpoint of a register.

    Strict: one text has one meaning.  Lines after the third that are not known stay in `text`.
    """
    if len(content) > LONGEST:
        raise ValueError("too long")
    text = content.decode("utf-8").replace("\r\n", "\n")
    if any(char < " " and char != "\n" for char in text) or not text.endswith("\n"):
        raise ValueError("not lines of text")
    body, blank, rest = text.rpartition("\n\n")
    if not blank:
        return Note(_checkpoint(text), text)
    if not rest:
        raise ValueError("a blank line and no signature")
    signatures = tuple(_signature(line) for line in rest.splitlines())
    return Note(_checkpoint(f"{body}\n"), f"{body}\n", signatures)


class Growth(NamedTuple):
    """The hashes that show a tree of `new` leaves to begin with the one of `old` (RFC 6962)."""

    origin: str
    old: int
    new: int
    hashes: tuple[bytes, ...]

    @property
    def content(self) -> str:
        """The proof as it stands in a file."""
        lines = [f"conflictctl/{self.origin}", f"consistency {self.old} {self.new}"]
        return "".join(f"{line}\n" for line in (*lines, *map(_base64, self.hashes)))


def read_growth(content: bytes) -> Growth:
    """A proof from the bytes of a file; ValueError for what is none."""
    if len(content) > LONGEST:
        raise ValueError("too long")
    lines = content.decode("utf-8").replace("\r\n", "\n").split("\n")
    if len(lines) < 3 or lines.pop() or not _ORIGIN.fullmatch(lines[0]):
        raise ValueError("its first line names no log of conflictctl")
    word, _, sizes = lines[1].partition(" ")
    old, _, new = sizes.partition(" ")
    if word != "consistency" or not _SIZE.fullmatch(old) or not _SIZE.fullmatch(new):
        raise ValueError("its second line names no two sizes")
    hashes = tuple(_bytes(line, 32) for line in lines[2:])
    return Growth(lines[0].partition("/")[2], int(old), int(new), hashes)


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()


def _checkpoint(text: str) -> Checkpoint:
    lines = text.split("\n")[:-1]
    if len(lines) < 3:
        raise ValueError("fewer than three lines")
    origin, size, root, *more = lines
    if not _ORIGIN.fullmatch(origin):
        raise ValueError("its first line names no log of conflictctl")
    if not _SIZE.fullmatch(size):
        raise ValueError("its second line is no size")
    if "" in more:
        raise ValueError("an empty line")
    said: dict[str, str] = {}
    for line in more:
        name, _, value = line.partition(" ")
        if name in said:
            raise ValueError(f"two lines {name}")
        said[name] = value
    head = said.get("head")
    if head is not None and not _HEAD.fullmatch(head):
        raise ValueError("head is no hash")
    at = said.get("time")
    return Checkpoint(
        origin.partition("/")[2],
        int(size),
        _bytes(root, 32),
        None if head is None else bytes.fromhex(head[7:]),
        None if at is None else _moment(at),
    )


def _moment(text: str) -> Moment:
    moment = parse_time(text)[0]
    if utc_text(moment) != text:
        raise ValueError("time is not in UTC")
    return moment


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH or not is_key_name(parts[1]):
        raise ValueError("a line that is no signature")
    raw = _bytes(parts[2], None)
    if len(raw) < 5:
        raise ValueError("a signature that is too short")
    return Signature(parts[1], raw[:4], raw[4:])


def is_key_name(name: str) -> bool:
    """Whether a key may be called so: not empty, no white space, no plus sign."""
    # A character that is not printable could act on the terminal that shows the key.
    return bool(name) and name.isprintable() and not set(name) & set("+ ")


def read_public_key(text: str) -> PublicKey:
    """A key from its line `name+id+key`; ValueError if it is none, or the id is not its own."""
    name, _, rest = text.strip().partition("+")
    key_id, _, key = rest.partition("+")
    raw = _bytes(key, 33)
    found = PublicKey(name, raw[1:])
    if not is_key_name(name) or raw[:1] != _ED25519 or found.id.hex() != key_id:
        raise ValueError("no key of the form name+id+key")
    return found


def _bytes(text: str, length: int | None) -> bytes:
    """Bytes from base 64 in its one canonical form."""
    try:
        raw = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base 64") from None
    if _base64(raw) != text or length not in (None, len(raw)):
        raise ValueError("not base 64 of the right length")
    return raw
