"""Ed25519 keys that sign checkpoints (RFC 8032): the only user of `cryptography`.

A private key is one line, `PRIVATE+KEY+name+id+key`, in the form of Go's `note` tools, with which
its notes can be checked as well.  It belongs where the register's owner cannot read it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any, NamedTuple

from conflictctl.checkpoint import PublicKey, is_key_name
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.wording import Sentence

_PREFIX = "PRIVATE+KEY+"
_ED25519 = b"\x01"


class PrivateKey(NamedTuple):
    """A key to sign with: what it is checked with, and its function."""

    public: PublicKey
    sign: Callable[[bytes], bytes]


def new_key(name: str) -> tuple[str, PublicKey]:
    """A new key as the line of its file, and the key that its signatures are checked with.

    Raises InputRejected for a name with spaces or a plus sign, WrongUsage without `cryptography`.
    """
    if not is_key_name(name):
        raise InputRejected(
            Sentence("{name}: a key's name has no spaces and no plus sign", name=name),
            Sentence("a name such as headquarters.example/2026 says whose it is"),
        )
    seed: bytes = _ed25519().Ed25519PrivateKey.generate().private_bytes_raw()
    public = _private(name, seed).public
    return f"{_PREFIX}{name}+{public.id.hex()}+{b64encode(_ED25519 + seed).decode()}\n", public


def read_private_key(text: str) -> PrivateKey:
    """A key from the line of its file; InputRejected if it is none."""
    rest = text.strip().removeprefix(_PREFIX)
    name, _, rest = rest.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        raw = b64decode(encoded, validate=True)
        if not text.startswith(_PREFIX) or raw[:1] != _ED25519 or len(raw) != 33:
            raise ValueError
        key = _private(name, raw[1:])
        if key.public.id.hex() != key_id:
            raise ValueError
    except ValueError:
        raise InputRejected(
            Sentence("this is no key to sign with"),
            Sentence("`conflictctl audit key new FILE` makes one"),
        ) from None
    return key


def holds(key: PublicKey) -> Callable[[bytes, bytes], bool]:
    """Tells whether a signature is the key's over some bytes."""
    ed25519 = _ed25519()
    from cryptography.exceptions import InvalidSignature

    checker = ed25519.Ed25519PublicKey.from_public_bytes(key.key)

    def check(signature: bytes, data: bytes) -> bool:
        try:
            checker.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    return check


def _private(name: str, seed: bytes) -> PrivateKey:
    private = _ed25519().Ed25519PrivateKey.from_private_bytes(seed)
    return PrivateKey(PublicKey(name, private.public_key().public_bytes_raw()), private.sign)


def _ed25519() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise WrongUsage(
            Sentence("signatures need cryptography, which is not installed"),
            Sentence("`pip install 'conflictctl[sign]'` brings it"),
        ) from None
    return ed25519
