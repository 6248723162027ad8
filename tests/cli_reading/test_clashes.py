"""`policy clashes` on the dealership's month."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import AS_OF, Invoke


def test_the_pairs_that_only_their_order_settles(invoke: Invoke, month: Path) -> None:
    found = json.loads(invoke("policy", "clashes", "--as-of", AS_OF, "--format", "json").stdout)
    assert found["deals"]["examined"] == 42
    assert found["settled"] == {"order": found["deals"]["clashing"], "beats": 0, "referral": 0}
    pairs = {(one["first"]["clause"], one["second"]["clause"]): one for one in found["pairs"]}
    # Level and week: C-018, C-027 and C-066 lapsed and were in contact in the week all the same.
    lapsed = pairs["P3", "6.2"]
    assert {one["customer"] for one in lapsed["examples"]} == {"C-018", "C-027", "C-066"}
    assert lapsed["count"] == 3
    # No claim, and yet the original was in contact: C-033, C-052, C-074.
    assert pairs["6.1", "6.2"]["count"] == 3


def test_a_table_and_a_page_in_both_languages(invoke: Invoke, month: Path, tmp_path: Path) -> None:
    for lang, word in (("en", "by the order of the rules"), ("zh", "按条款先后定夺")):
        assert word in invoke("policy", "clashes", "--as-of", AS_OF, "--lang", lang).stdout
        page = tmp_path / f"{lang}.html"
        arguments = ("--format", "html", "--output", str(page), "--lang", lang)
        invoke("policy", "clashes", "--as-of", AS_OF, *arguments)
        assert word in page.read_text(encoding="utf-8")
