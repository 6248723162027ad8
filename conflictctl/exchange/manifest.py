"""What an export is to be, in a file beside it: so that nothing can be missing or changed unseen.

The manifest names the digest of the file's bytes, which a line left out, altered or moved
changes, and the entry that the register reached with the receipt it bears, which somebody else
may have kept.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO, Any

import orjson

from conflictctl.errors import InputRejected
from conflictctl.register.chain import Head, receipt_text
from conflictctl.wording import Sentence

FORMAT = "conflictctl-export/1"
_BLOCK = 1 << 20


def write_manifest(
    out: IO[bytes],
    file: Path,
    *,
    events: int,
    origin: str,
    head: Head,
    chosen: dict[str, str | None],
) -> None:
    """Write what `file`, just exported, holds: `events` entries of a register up to `head`.

    `chosen` says what was asked for; all None: everything.
    """
    digest, size = _digest(file)
    manifest = {
        "format": FORMAT,
        "events": events,
        "bytes": size,
        "digest": digest,
        "chosen": {name: value for name, value in chosen.items() if value is not None},
        "register": {
            "origin": origin,
            "seq": head.seq,
            "head": head.text,
            "receipt": receipt_text(head.hash),
        },
    }
    out.write(orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def check_manifest(manifest: Path, file: Path) -> dict[str, Any]:
    """The manifest, if the file is just what it names.

    Raises InputRejected where the file differs by a byte, or the manifest is none.
    """
    try:
        found = orjson.loads(manifest.read_bytes())
        expected, size = found["digest"], found["bytes"]
        known = found["format"] == FORMAT and {"seq", "receipt"} <= found["register"].keys()
    except (ValueError, KeyError, TypeError, AttributeError):
        known = False
    if not known:
        raise InputRejected(
            Sentence("{path} is no manifest of an export", path=str(manifest)),
            Sentence("`conflictctl export FILE --manifest MANIFEST` writes one"),
        )
    digest, there = _digest(file)
    if digest != expected:
        raise InputRejected(
            Sentence(
                "{path} is not the file that {manifest} names: {there} bytes, not {size}, or other "
                "ones",
                path=str(file),
                manifest=str(manifest),
                there=there,
                size=size,
            ),
            Sentence("a line was left out, changed or moved; ask for the file anew"),
        )
    return dict(found)


def _digest(file: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return f"sha256:{digest.hexdigest()}", size
