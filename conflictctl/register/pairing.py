"""Pairs of customers proposed among any number of profiles, sorted out in a file of its own.

A million customers have ten million keys; they are sorted on the disk, so that memory does not
grow with the register.  The file is SQLite's own temporary one: nobody else sees it, and it is
gone when it is closed.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from conflictctl.matching.blocking import (
    COUNTED,
    MOST_SHARING,
    NAME,
    TOLD,
    Shared,
    keys_of,
    pairs_of,
)
from conflictctl.matching.compare import Crowd, Suggestion, compared
from conflictctl.matching.profile import Profile

_AT_ONCE = 20_000
_CACHE = "PRAGMA cache_size = -65536"  # 64 MB

_SCHEMA = """
CREATE TABLE profiles (place INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE keys (key TEXT NOT NULL, place INTEGER NOT NULL, mentioned INTEGER NOT NULL);
CREATE TABLE sizes (key TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE pairs (one INTEGER NOT NULL, other INTEGER NOT NULL);
CREATE TABLE found (score INTEGER NOT NULL, one TEXT NOT NULL, other TEXT NOT NULL, data BLOB);
"""


class LeftOut(NamedTuple):
    """A key that so many share that they were not compared: its letter, its text."""

    kind: str
    text: str
    size: int


class Wanted(NamedTuple):
    """Which suggestions are wanted: from a score, of one kind or of both."""

    least: int
    kind: str | None = None

    def takes(self, suggestion: Suggestion | None) -> bool:
        """Whether it is one of them."""
        return (
            suggestion is not None
            and suggestion.score >= self.least
            and self.kind in (None, suggestion.kind)
        )


def among_all(
    profiles: Iterable[Profile], wanted: Wanted, left_out: list[LeftOut]
) -> Iterator[Suggestion]:
    """The suggestions among all profiles, the highest score first, then by id.

    What too many share is added to `left_out` before the first suggestion is handed over.
    """
    with closing(sqlite3.connect("")) as file:
        file.executescript(_SCHEMA)
        file.execute(_CACHE)
        file.execute("BEGIN")
        customers = _store(file, profiles)
        left_out += _pair_up(file)
        _compare(file, customers, wanted)
        for (data,) in file.execute("SELECT data FROM found ORDER BY score DESC, one, other"):
            yield pickle.loads(data)


def _store(file: sqlite3.Connection, profiles: Iterable[Profile]) -> int:
    rows: list[tuple[int, bytes]] = []
    keys: list[tuple[str, int, bool]] = []
    place = 0

    def write() -> None:
        file.executemany("INSERT INTO profiles VALUES (?, ?)", rows)
        file.executemany("INSERT INTO keys VALUES (?, ?, ?)", keys)
        rows.clear()
        keys.clear()

    for place, profile in enumerate(profiles, 1):
        rows.append((place, pickle.dumps(profile, pickle.HIGHEST_PROTOCOL)))
        keys += [(key, place, mentioned) for key, mentioned in keys_of(profile)]
        if len(rows) == _AT_ONCE:
            write()
    write()
    return place


def _pair_up(file: sqlite3.Connection) -> list[LeftOut]:
    """Write the pairs, and how many share what; what was left out, the largest first."""
    left_out = []
    sizes: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []

    def write() -> None:
        file.executemany("INSERT INTO sizes VALUES (?, ?)", sizes)
        file.executemany("INSERT INTO pairs VALUES (?, ?)", pairs)
        sizes.clear()
        pairs.clear()

    rows = file.execute("SELECT key, place, mentioned FROM keys ORDER BY key, place")
    for key, group in groupby(rows, _first):
        sharing = [Shared(place, bool(mentioned)) for _, place, mentioned in group]
        if len(sharing) < 2:
            continue
        own = sum(not one.mentioned for one in sharing)
        if own > 1 and key[0] in COUNTED:
            sizes.append((key, own))
        found = pairs_of(key, sharing)
        if found is None:
            left_out.append(LeftOut(key[0], key[1:], len(sharing)))
        else:
            pairs += found
        if len(pairs) + len(sizes) > _AT_ONCE:
            write()
    write()
    return sorted(left_out, key=lambda one: (-one.size, one))


def _compare(file: sqlite3.Connection, customers: int, wanted: Wanted) -> None:
    @lru_cache(maxsize=10_000)
    def sharing(key: str) -> int:
        row = file.execute("SELECT size FROM sizes WHERE key = ?", (key,)).fetchone()
        return 1 if row is None else int(row[0])

    @lru_cache(maxsize=10_000)
    def profile(place: int) -> Profile:
        (data,) = file.execute("SELECT data FROM profiles WHERE place = ?", (place,)).fetchone()
        loaded: Profile = pickle.loads(data)
        return loaded

    crowd = Crowd(customers, sharing)
    rows = file.execute("SELECT DISTINCT one, other FROM pairs ORDER BY one, other")
    for one, other in rows:
        suggestion = compared(profile(one), profile(other), crowd)
        if suggestion is not None and wanted.takes(suggestion):
            data = pickle.dumps(suggestion, pickle.HIGHEST_PROTOCOL)
            file.execute(
                "INSERT INTO found VALUES (?, ?, ?, ?)",
                (suggestion.score, suggestion.left, suggestion.right, data),
            )


Sharer = tuple[Profile, tuple[tuple[str, bool], ...]]
"""A profile with the keys that it shares, and whether they are only mentioned."""


def sharers(keys: frozenset[str], profiles: Iterable[Profile]) -> tuple[int, list[Sharer]]:
    """How many profiles there are, and those that share one of the keys."""
    count, found = 0, []
    for count, profile in enumerate(profiles, 1):  # noqa: B007
        shared = tuple(pair for pair in keys_of(profile) if pair[0] in keys)
        if shared:
            found.append((profile, shared))
    return count, found


class Near:
    """Those who share a key with one customer, and how many were looked at."""

    def __init__(self) -> None:
        self.customers = 0
        self.sharing: Counter[str] = Counter()
        """How many share each key, by a mention too."""
        self.own: Counter[str] = Counter()
        self.sharers: list[Sharer] = []

    def add(self, customers: int, found: Iterable[Sharer]) -> None:
        """Add what `sharers` found among some profiles."""
        self.customers += customers
        for profile, shared in found:
            self.sharing.update(key for key, _ in shared)
            self.own.update(key for key, mentioned in shared if not mentioned)
            # A key that too many share leads to nobody.
            if any(key[0] == NAME or self.sharing[key] <= MOST_SHARING for key, _ in shared):
                self.sharers.append((profile, shared))


def around(
    target: Profile, near: Near, wanted: Wanted, left_out: list[LeftOut]
) -> list[Suggestion]:
    """The suggestions for one customer, as `among_all` would make them, the highest score first."""
    profiles = [target, *(one for one, _ in near.sharers if one.customer != target.customer)]
    by_key: dict[str, list[Shared]] = {}
    places = {profile.customer: place for place, profile in enumerate(profiles)}
    for profile, shared in near.sharers:
        for key, mentioned in shared:
            by_key.setdefault(key, []).append(Shared(places[profile.customer], mentioned))
    partners: set[int] = set()
    for key, sharing in by_key.items():
        crowded = near.sharing[key] > MOST_SHARING and key[0] != NAME
        found = pairs_of(key, sharing) if not crowded else None
        if found is not None:
            partners.update(other for one, other in found if one == 0)
        elif key[0] in TOLD:
            left_out.append(LeftOut(key[0], key[1:], near.sharing[key]))
    crowd = Crowd(near.customers, near.own.__getitem__)
    weighed = (compared(target, profiles[place], crowd) for place in partners)
    return sorted(
        (one for one in weighed if one is not None and wanted.takes(one)),
        key=lambda one: (-one.score, one.left, one.right),
    )


def _first(row: tuple[str, int, int]) -> str:
    return row[0]
