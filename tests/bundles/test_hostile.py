"""Files made to do harm, and files that are no bundle: refused in a line, in bounded time."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflictctl.bundles.form import MAX_SIZE
from conflictctl.cli import bundles
from conflictctl.errors import DamagedBundle, SchemaMismatch

from .conftest import Invoke
from .forging import check, is_refused, leaves, rechained, resealed

NO_BUNDLES = {
    "empty": b"",
    "text": "不是裁定包\n".encode(),
    "binary": bytes(range(256)) * 10,
    "cut short": b'{"bundle":1,"caseloads":null',
    "a list": b"[1]\n",
    "a number": b"1\n",
    "another object": b'{"kind":"visit"}\n',
    "a form of another type": b'{"bundle":true}\n',
    "form nought": b'{"bundle":0}\n',
    "nothing but the form": resealed({"bundle": 1}),
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"bundle":1,"a":' + b'{"a":' * 400 + b"1" + b"}" * 401 + b"\n",
    "very deep": b'{"bundle":1,"a":' + b"[" * 900 + b"]" * 900 + b"}\n",
    "too large": b'{"bundle":1,"a":"' + b"x" * MAX_SIZE + b'"}\n',
    "half a character": b'{"bundle":1,"a":"\\ud800"}\n',
    "not a number": b'{"bundle":1,"a":NaN}\n',
    "a huge number": b'{"bundle":1,"a":' + b"9" * 5000 + b"}\n",
    "the same key twice": b'{"bundle":1,"bundle":1}\n',
}


@pytest.mark.parametrize("name", NO_BUNDLES)
def test_what_is_no_bundle_is_refused_in_one_line(
    name: str, tmp_path: Path, invoke: Invoke
) -> None:
    file = tmp_path / "file.json"
    file.write_bytes(NO_BUNDLES[name])
    done = invoke("audit", "verify-bundle", str(file), code=7)
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    assert done.stdout == ""


_PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70).filter(lambda n: -(2**63) <= n < 2**64),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(
        ["visit", "correction", "void", "link", "K1", "a", "e2", "2024-03-01T02:00:00Z"]
    ),
)
JSON = st.recursive(
    _PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


def nodes(value: Any) -> list[tuple[Any, ...]]:
    """The paths of every value within, containers too."""
    return sorted({path[:n] for path in leaves(value) for n in range(1, len(path) + 1)}, key=str)


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = new


@settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_anything_anywhere_is_refused_or_holds_and_nothing_breaks(
    bundle: bytes, data: st.DataObject
) -> None:
    value = orjson.loads(bundle)
    for path in data.draw(st.lists(st.sampled_from(nodes(value)), min_size=1, max_size=2)):
        changed = copy.deepcopy(value)
        try:
            replaced(changed, path, data.draw(JSON))
        except (KeyError, IndexError, TypeError):
            continue  # the first change took it away
        value = changed
    try:
        check(resealed(value))
    except (DamagedBundle, SchemaMismatch):
        return


@pytest.mark.slow
def test_six_thousand_bundles_of_wrong_types_and_places(bundle: bytes) -> None:
    rng = random.Random(5)
    whole = orjson.loads(bundle)
    everywhere = nodes(whole)
    odd = [None, True, -1, 2**53, 1.5, "", "x", "#1", "\u202e", [], [[]], {}, {"a": 1}]
    for _ in range(6_000):
        value = copy.deepcopy(whole)
        replaced(value, rng.choice(everywhere), rng.choice(odd))
        try:
            content = rechained(value) if rng.random() < 0.5 else resealed(value)
        except (TypeError, KeyError, ValueError, AttributeError):
            content = resealed(value)
        is_refused(content)  # raises what is no failure told to people


def hostile_policy(bundle: bytes, text: str) -> bytes:
    value = orjson.loads(bundle)
    value["policy"] = {"files": [{"name": "p.toml", "text": text}], "kept_at": None}
    return resealed(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        "[" * 100_000,
        "a = " + "[" * 50_000,
        "a." * 50_000 + "b = 1",
        "x" * 2_000_000,
        '[policy]\nid = "\\u001b[31m"\n',
    ],
    ids=["empty", "nul", "brackets", "deep", "dots", "long", "escape codes"],
)
def test_a_hostile_policy_is_refused(bundle: bytes, text: str) -> None:
    with pytest.raises(DamagedBundle, match="its policy is faulty"):
        check(hostile_policy(bundle, text))


def test_a_policy_cannot_reach_out_of_its_language(bundle: bytes) -> None:
    text = orjson.loads(bundle)["policy"]["files"][0]["text"]
    with pytest.raises(DamagedBundle):
        check(
            hostile_policy(bundle, text.replace("original == closer", "__import__('os').getcwd()"))
        )


def test_judging_ends_after_a_time(
    bundle: bytes, tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "k1.json"
    file.write_bytes(bundle)
    monkeypatch.setattr(bundles, "PATIENCE", 1e-6)
    done = invoke("audit", "verify-bundle", str(file), code=7)
    assert "judging the bundle takes longer than" in done.stderr


def test_names_in_a_bundle_are_harmless_on_a_terminal(bundle: bytes, tmp_path: Path) -> None:
    def escape(value: dict[str, Any]) -> bytes:
        value["question"]["customer"] = "\x1b[31mK1"
        return resealed(value)

    with pytest.raises(DamagedBundle):
        check(escape(orjson.loads(bundle)))
