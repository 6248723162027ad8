"""Checkpoints as text: one meaning each, signed in the manner of C2SP signed-note."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflictctl.checkpoint import (
    Checkpoint,
    PublicKey,
    is_key_name,
    note_of,
    read_note,
    read_public_key,
)

ORIGIN = "0123456789abcdef" * 2
CHECKPOINT = Checkpoint(ORIGIN, 812, bytes(range(32)), b"\x07" * 32, 1_700_000_000_000_000)
TEXT = f"""conflictctl/{ORIGIN}
812
{b64encode(bytes(range(32))).decode()}
head sha256:{"07" * 32}
time 2023-11-14T22:13:20Z
"""
KEY = PublicKey("headquarters.example/2026", b"\x05" * 32)


def sign(data: bytes) -> bytes:
    """A stand-in for Ed25519."""
    return sha256(b"secret" + data).digest()


def check(signature: bytes, data: bytes) -> bool:
    return signature == sign(data)


def test_the_text_is_that_of_a_tlog_checkpoint() -> None:
    assert CHECKPOINT.text == TEXT
    assert read_note(TEXT.encode()) == note_of(CHECKPOINT)


def test_a_note_of_the_specification_is_laid_out_alike() -> None:
    note = note_of(CHECKPOINT).signed(KEY, sign)
    assert note.content.startswith(TEXT + "\n")
    (line,) = note.content.removeprefix(TEXT + "\n").splitlines()
    dash, name, rest = line.split(" ")
    assert (dash, name) == ("\u2014", KEY.name)
    assert rest == b64encode(KEY.id + sign(TEXT.encode())).decode()


def test_a_key_has_the_id_of_the_specification() -> None:
    """The key of the example in C2SP signed-note, and its id there."""
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    key = read_public_key(text)
    assert key.id.hex() == "c74f20a3"
    assert key.text == text


def test_only_whoever_has_the_key_signed_it() -> None:
    note = read_note(note_of(CHECKPOINT).signed(KEY, sign).content.encode())
    assert note.is_signed_by(KEY, check)
    assert not note.is_signed_by(KEY._replace(name="somebody.else"), check)
    assert not note.is_signed_by(KEY._replace(key=b"\x06" * 32), check)
    larger = note_of(CHECKPOINT._replace(size=813))._replace(signatures=note.signatures)
    assert not larger.is_signed_by(KEY, check)
    assert not note_of(CHECKPOINT).is_signed_by(KEY, check)


@given(
    st.integers(0, 10**17),
    st.binary(min_size=32, max_size=32),
    st.none() | st.binary(min_size=32, max_size=32),
    st.none() | st.integers(0, 4_000_000_000).map(lambda seconds: seconds * 1_000_000),
    st.booleans(),
)
def test_what_is_written_is_read(
    size: int, root: bytes, head: bytes | None, at: int | None, signed: bool
) -> None:
    note = note_of(Checkpoint(ORIGIN, size, root, head, at))
    note = note.signed(KEY, sign) if signed else note
    assert read_note(note.content.encode()) == note


def test_lines_of_later_versions_are_kept_and_signed() -> None:
    note = read_note(f"{TEXT}witness somebody\n".encode())
    assert note.checkpoint == CHECKPOINT
    assert note.text.endswith("witness somebody\n")


def test_a_file_saved_with_another_end_of_line_is_read() -> None:
    assert read_note(TEXT.replace("\n", "\r\n").encode()) == note_of(CHECKPOINT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "x" * 20_000,
        TEXT.removesuffix("\n"),
        TEXT.replace("conflictctl/", "other.example/"),
        TEXT.replace("812", "0812"),
        TEXT.replace("812", "-1"),
        TEXT.replace("812", "8" * 30),
        TEXT.replace("AAEC", "AAE"),
        TEXT.replace("head sha256:07", "head sha256:7"),
        TEXT.replace("time 2023", "time 23"),
        TEXT.replace("Z\n", "+00:00\n"),
        TEXT + "head sha256:" + "00" * 32 + "\n",
        TEXT + "\n",
        TEXT + "\nno signature\n",
        TEXT + f"\n\u2014 {KEY.name} AAAA\n",
        TEXT + f"\n\u2014 a+b {b64encode(bytes(68)).decode()}\n",
        TEXT.replace("812", "812\x1b"),
        "\n".join(TEXT.splitlines()[:2]) + "\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_note(text.encode())


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(content: bytes) -> None:
    for data in (content, TEXT.encode() + content, TEXT.encode()[:60] + content):
        try:
            note = read_note(data)
        except ValueError:
            continue
        assert note.checkpoint.origin == ORIGIN


@pytest.mark.parametrize(
    "text",
    ["", "name", "name+c74f20a3+ARpc", "+c74f20a3+" + b64encode(b"\x01" + bytes(32)).decode()],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_public_key(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\x9b2J", "a\u202eb", "a\n"])
def test_a_key_is_not_called_what_ends_its_name_or_acts_on_a_terminal(name: str) -> None:
    assert not is_key_name(name)
