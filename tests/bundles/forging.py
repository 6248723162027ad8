"""Bundles changed by somebody: byte by byte, or with every digest in them made anew."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import pairwise
from typing import Any

import orjson

from conflictctl.bundles.ties import Held
from conflictctl.bundles.verifying import Verified, verify
from conflictctl.cli.bundles import versions
from conflictctl.errors import DamagedBundle, SchemaMismatch
from conflictctl.register.chain import canonical, link
from conflictctl.render.bundle_report import ruling_in_every_language

HERE = versions()


def check(content: bytes, held: Held | None = None) -> Verified:
    """Verify as the command does."""
    return verify(content, show=ruling_in_every_language, versions=HERE, held=held)


def is_refused(content: bytes, held: Held | None = None) -> bool:
    """Whether verification refuses it, by a failure that people are told of."""
    try:
        check(content, held)
    except (DamagedBundle, SchemaMismatch):
        return True
    return False


def byte_changes(content: bytes, rng: random.Random) -> Iterator[bytes]:
    """Without end: a byte flipped, deleted, put in or exchanged with another."""
    size = len(content)
    while True:
        place, other = rng.randrange(size), rng.randrange(size)
        flipped = content[place] ^ rng.randrange(1, 256)
        yield content[:place] + bytes([flipped]) + content[place + 1 :]
        yield content[:place] + content[place + rng.choice((1, 1, 2, 40)) :]
        yield content[:place] + bytes([rng.choice(b' 0aZ"{}[],:\n\xff')]) + content[place:]
        if content[place] != content[other]:
            swapped = bytearray(content)
            swapped[place], swapped[other] = content[other], content[place]
            yield bytes(swapped)


def resealed(value: dict[str, Any]) -> bytes:
    """The object as bytes, its digest made anew."""
    rest = {name: inner for name, inner in value.items() if name != "digest"}
    digest = "sha256:" + sha256(canonical(rest)).hexdigest()
    return canonical({**rest, "digest": digest}) + b"\n"


def rechained(value: dict[str, Any]) -> bytes:
    """The same with the chain made anew as well, wherever two entries meet, and to the head."""
    entries = value["entries"]
    for before, after in pairwise(entries):
        if after["body"]["seq"] == before["body"]["seq"] + 1:
            after["previous"] = reached(before).hex()
    if entries and entries[-1]["body"]["seq"] == value["register"]["seq"]:
        value["register"]["head"] = "sha256:" + reached(entries[-1]).hex()
    return resealed(value)


def reached(entry: dict[str, Any]) -> bytes:
    """The chain's hash after an entry of a bundle."""
    return link(bytes.fromhex(entry["previous"]), canonical(entry["body"]))


def forged(content: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """A bundle changed by one who knows its form, every digest and the chain made anew."""
    value = orjson.loads(content)
    change(value)
    return rechained(value)


def rejudged(content: bytes) -> bytes:
    """A forged bundle with the ruling that its policy gives on its entries now."""
    from conflictctl.bundles.entries import events_in
    from conflictctl.bundles.form import read
    from conflictctl.bundles.judging import judged

    bundle = read(content)
    found = judged(bundle, events_in(bundle.entries, bundle.origin))
    value = orjson.loads(content)
    value["ruling"] = ruling_in_every_language(found, bundle.head)
    return resealed(value)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all plain values within a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))
    else:
        yield path


def altered(value: Any, path: tuple[Any, ...]) -> None:
    """Change the plain value at a path into another of its type."""
    for step in path[:-1]:
        value = value[step]
    old = value[path[-1]]
    if isinstance(old, bool):
        new: Any = not old
    elif isinstance(old, int):
        new = old + 1
    elif isinstance(old, str):
        new = old[:-1] + ("x" if old[-1:] != "x" else "y")
    else:
        new = "x"
    value[path[-1]] = new
