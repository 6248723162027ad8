"""JSON for programs that is harmless on a terminal as well, and loses nothing.

JSON leaves C1 controls, DEL and the controls of writing direction as they are.  Written
as `\\u009b` they mean the same to a program and do nothing to a terminal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import IO, Any

import orjson

# In UTF-8: DEL; C1; soft hyphen; Arabic, Syriac, Mongolian and Kaithi signs; direction marks;
# separators, embeddings; isolates; BOM; annotations; hieroglyphs, shorthand, notes; tags.
_ACTIVE = re.compile(
    rb"\x7f|\xc2[\x80-\x9f\xad]|\xd8[\x80-\x85\x9c]|\xdb\x9d|\xdc\x8f|\xe0\xa2[\x90\x91]"
    rb"|\xe0\xa3\xa2|\xe1\xa0\x8e|\xe2\x80[\x8b\x8e\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]"
    rb"|\xef\xbb\xbf|\xef\xbf[\xb9-\xbb]|\xf0\x91\x82\xbd|\xf0\x91\x83\x8d"
    rb"|\xf0\x93\x90[\xb0-\xbf]|\xf0\x9b\xb2[\xa0-\xa3]|\xf0\x9d\x85[\xb3-\xba]"
    rb"|\xf3\xa0[\x80\x81][\x80-\xbf]"
)


def _escaped(match: re.Match[bytes]) -> bytes:
    # Beyond U+FFFF JSON writes two surrogates.
    return json.dumps(match.group().decode()).strip('"').replace("\x7f", "\\u007f").encode()


def json_bytes(value: Any, *, indent: bool = False, ascii_only: bool = False) -> bytes:
    """JSON in UTF-8 without a final new line; `ascii_only` for terminals that are not UTF-8.

    Lone surrogates, which UTF-8 cannot carry, are written as escapes.
    """
    if not ascii_only:
        try:
            data = orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else None)
        except (TypeError, ValueError):
            ascii_only = True
    if ascii_only:
        separators = None if indent else (",", ":")
        text = json.dumps(value, indent=2 if indent else None, separators=separators)
        return text.replace("\x7f", "\\u007f").encode("ascii")
    return harmless(data)


def harmless(data: bytes) -> bytes:
    """Lines of JSON in UTF-8, made elsewhere, with what would act on a terminal escaped."""
    return _ACTIVE.sub(_escaped, data)


def json_line(value: Any, encoding: str | None, *, indent: bool = False) -> str:
    """One value and a new line, in characters that the encoding of the output can carry."""
    name = (encoding or "utf-8").lower().replace("-", "")
    data = json_bytes(value, indent=indent, ascii_only=name not in ("utf8", "utf_8"))
    return data.decode() + "\n"


def write_json(value: Any, stream: IO[str], *, indent: bool = False) -> None:
    """Write one value and a new line to a text stream, in the stream's own encoding."""
    stream.write(json_line(value, getattr(stream, "encoding", None), indent=indent))


def write_json_list(values: Iterable[Any], stream: IO[str]) -> None:
    """Write a list, indented, and a new line, as `write_json` does, never holding all of it."""
    encoding = getattr(stream, "encoding", None)
    before = "[\n  "
    for value in values:
        # What a string holds of new lines is written as escapes: these are the layout's own.
        text = json_line(value, encoding, indent=True).rstrip("\n").replace("\n", "\n  ")
        stream.write(before + text)
        before = ",\n  "
    stream.write("[]\n" if before[0] == "[" else "\n]\n")
