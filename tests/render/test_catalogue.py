"""The catalogue tool finds what is missing, stale, fuzzy or different."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[2] / ".ci" / "catalogue.py"


@pytest.fixture(scope="module")
def catalogue() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogue", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package that says three sentences."""
    folder = tmp_path / "conflictctl"
    folder.mkdir()
    (folder / "words.py").write_text(
        'tr("one")\n'
        'raise E(Sentence("two {n} "\n    "halves", n=2))\n'
        'N_("three" if x else "four")\n'
        'tr(variable); Sentence(Bilingual("five", "五")); print("six")\n',
        "utf-8",
    )
    return folder


def fragments(tmp_path: Path, **texts: dict[str, str]) -> Path:
    folder = tmp_path / "fragments"
    folder.mkdir(exist_ok=True)
    for name, entries in texts.items():
        (folder / f"{name}.py").write_text(f"ZH = {entries!r}\n", "utf-8")
    return folder


ALL = {"one": "一", "two {n} halves": "两 {n} 半", "three": "三", "four": "四"}


def test_the_products_own_catalogue_is_complete(catalogue: ModuleType) -> None:
    assert catalogue.problems() == []


def test_literals_are_found_with_joined_parts_and_both_branches(
    catalogue: ModuleType, package: Path
) -> None:
    assert set(catalogue.message_ids(package)) == set(ALL)


def test_update_then_check_is_clean_and_writes_the_same_bytes_twice(
    catalogue: ModuleType, package: Path, tmp_path: Path
) -> None:
    assert catalogue.update(package, fragments(tmp_path, a=ALL)) == []
    path = catalogue.catalogue_path(package)
    before = path.read_bytes(), path.with_suffix(".mo").read_bytes()
    assert catalogue.problems(package) == []
    assert catalogue.update(package) == []
    assert (path.read_bytes(), path.with_suffix(".mo").read_bytes()) == before


def test_missing_stale_fuzzy_and_differing_entries_are_found(
    catalogue: ModuleType, package: Path, tmp_path: Path
) -> None:
    given = {**ALL, "two {n} halves": "两 {m} 半", "one": ""}
    assert catalogue.update(package, fragments(tmp_path, a=given)) == ["one"]
    path = catalogue.catalogue_path(package)
    text = path.read_text("utf-8")
    path.write_text(
        text.replace('msgid "three"', '#, fuzzy\nmsgid "three"')
        + '\nmsgid "gone"\nmsgstr "没了"\n',
        "utf-8",
    )
    found = "\n".join(catalogue.problems(package))
    for word in (
        "missing: 'one'",
        "stale: 'gone'",
        "fuzzy: 'three'",
        "placeholders differ",
        "does not match",
    ):
        assert word in found


def test_an_edited_po_is_not_yet_compiled(
    catalogue: ModuleType, package: Path, tmp_path: Path
) -> None:
    catalogue.update(package, fragments(tmp_path, a=ALL))
    path = catalogue.catalogue_path(package)
    path.write_text(path.read_text("utf-8").replace("一", "壹"), "utf-8")
    assert len(catalogue.problems(package)) == 1
    assert catalogue.update(package) == []
    assert catalogue.problems(package) == []


def test_of_several_fragments_the_last_counts(catalogue: ModuleType, tmp_path: Path) -> None:
    folder = fragments(tmp_path, a={"one": "甲", "two": "乙"}, b={"one": "丙", "two": ""})
    assert catalogue.read_fragments(folder) == {"one": "丙", "two": "乙"}
