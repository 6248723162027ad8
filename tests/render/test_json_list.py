"""A list written value by value is the list written as a whole."""

from __future__ import annotations

import io
from typing import Any

import pytest

from conflictctl.render.json_text import write_json, write_json_list

VALUES: list[Any] = [
    {
        "customer": "K1",
        "note": "two\nlines",
        "none": None,
        "empty": {},
        "list": [],
        "in": {"a": [1]},
    },
    {"名": "王\u202e\x9b", "sign": '"\\'},
    7,
]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "ascii"])
@pytest.mark.parametrize("length", range(len(VALUES) + 1))
def test_the_same_bytes(length: int, encoding: str) -> None:
    written = []
    for write in (
        lambda stream: write_json(VALUES[:length], stream, indent=True),
        lambda stream: write_json_list(iter(VALUES[:length]), stream),
    ):
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding=encoding)
        write(stream)
        stream.flush()
        written.append(raw.getvalue())
    assert written[0] == written[1]
