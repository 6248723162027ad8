"""The least that a Python program does to import JSON Lines: json, sha256, executemany."""

import hashlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

CHAIN = b"start"


def rows(path: str) -> Iterator[tuple[int, str, bytes, bytes]]:
    link = hashlib.sha256(CHAIN).digest()
    with Path(path).open(encoding="utf-8") as file:
        for seq, text in enumerate(file, 1):
            line = json.loads(text)
            body = json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            link = hashlib.sha256(link + body.encode()).digest()
            yield seq, line["kind"], body.encode(), link


connection = sqlite3.connect(sys.argv[2])
connection.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, kind, body, hash)")
with connection:
    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", rows(sys.argv[1]))
