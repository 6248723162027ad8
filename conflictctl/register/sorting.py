"""Any number of values in order, sorted in a temporary file and not in memory."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import TypeVar

_Value = TypeVar("_Value")
Key = tuple[str, int, int]


def in_order_of(values: Iterable[_Value], key: Callable[[_Value], Key]) -> Iterator[_Value]:
    """The values by their key, a text and two whole numbers; read to the end before the first."""
    with closing(sqlite3.connect("")) as file:
        file.execute("CREATE TABLE kept (a TEXT, b INTEGER, c INTEGER, data BLOB)")
        file.execute("BEGIN")
        file.executemany(
            "INSERT INTO kept VALUES (?, ?, ?, ?)",
            ((*key(value), pickle.dumps(value, pickle.HIGHEST_PROTOCOL)) for value in values),
        )
        for (data,) in file.execute("SELECT data FROM kept ORDER BY a, b, c"):
            yield pickle.loads(data)
