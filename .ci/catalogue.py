"""The catalogue of translations: extract, merge, compile and check.

    python .ci/catalogue.py update [--fragments DIR]   after changing a sentence
    python .ci/catalogue.py check                      what CI runs

The English literals of `Sentence(...)`, `tr(...)` and `N_(...)` are the message ids.
`update` writes `conflictctl.po` (to be translated) and `conflictctl.mo` (what the program
reads), both byte for byte the same for the same sentences.  A fragment is a Python file
with one dictionary `ZH` of English to Chinese; of several, the last by file name counts.
"""

from __future__ import annotations

import argparse
import ast
import io
import string
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "conflictctl"
LANGUAGE = "zh"
MARKS = ("Sentence", "tr", "N_")
# A date in the header would make two runs differ.
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)


def catalogue_path(package: Path = PACKAGE) -> Path:
    """Where the .po file lies; the .mo file lies beside it."""
    return package / "render" / "locale" / LANGUAGE / "LC_MESSAGES" / "conflictctl.po"


def _literals(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.IfExp):
        yield from _literals(argument.body)
        yield from _literals(argument.orelse)


def marked_literals(source: str) -> Iterator[str]:
    """The first arguments of all marking calls, in a Python source.

    Read from the syntax tree: Babel's own reader of Python would join the two branches of
    a conditional expression into one sentence that nobody says.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args:
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if name in MARKS:
                yield from filter(None, _literals(node.args[0]))


def message_ids(package: Path = PACKAGE) -> dict[str, list[str]]:
    """Every message id of the package with the files that say it."""
    found: dict[str, list[str]] = {}
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package.parent).as_posix()
        for message in marked_literals(path.read_text("utf-8")):
            places = found.setdefault(message, [])
            if place not in places:
                places.append(place)
    return found


def read_fragments(folder: Path) -> dict[str, str]:
    """The translations of all fragments in a folder; raises SyntaxError for a broken one."""
    merged: dict[str, str] = {}
    for path in sorted(folder.glob("*.py")):
        for node in ast.parse(path.read_text("utf-8"), str(path)).body:
            target = _assigned(node)
            if target is not None and target[0] == "ZH":
                merged.update({k: v for k, v in ast.literal_eval(target[1]).items() if v})
    return merged


def _assigned(node: ast.stmt) -> tuple[str, ast.expr] | None:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        return node.target.id, node.value
    return None


def read_catalogue(path: Path) -> dict[str, tuple[str, bool]]:
    """Message id -> (translation, fuzzy) of a .po file; empty if there is none."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=LANGUAGE)
    return {str(m.id): (str(m.string or ""), m.fuzzy) for m in catalogue if m.id}


def build(ids: Mapping[str, list[str]], translations: Mapping[str, str]) -> Catalog:
    """The catalogue of just these ids."""
    catalogue = Catalog(
        locale=LANGUAGE,
        project="conflictctl",
        version="1",
        msgid_bugs_address="none",
        copyright_holder="the conflictctl authors",
        header_comment="# Chinese of conflictctl. Written by .ci/catalogue.py; edit msgstr only.",
        creation_date=NO_DATE,
        revision_date=NO_DATE,
        last_translator="the conflictctl authors",
        language_team="zh",
        fuzzy=False,
    )
    for message in sorted(ids):
        places = [(place, 0) for place in ids[message]]
        catalogue.add(message, translations.get(message, ""), locations=places)
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    """The .po file; no line numbers, so that moving code changes nothing in it."""
    out = io.BytesIO()
    write_po(out, catalogue, width=100, include_lineno=False, sort_output=True)
    return out.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """The compiled catalogue."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def placeholders(text: str) -> set[str]:
    """The names of the values a template takes: `{customer}` -> `customer`."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def problems(package: Path = PACKAGE) -> list[str]:
    """What is wrong with the catalogue, one line each; empty when all is well."""
    path = catalogue_path(package)
    ids = message_ids(package)
    entries = read_catalogue(path)
    found = [
        f"missing: {message!r} ({', '.join(ids[message])})"
        for message in sorted(ids)
        if not entries.get(message, ("", False))[0]
    ]
    found += [f"stale: {message!r}" for message in sorted(set(entries) - set(ids))]
    for message, (text, fuzzy) in sorted(entries.items()):
        if fuzzy:
            found.append(f"fuzzy: {message!r}")
        if text and message in ids:
            found += _differing(message, text)
    translated = {message: text for message, (text, fuzzy) in entries.items() if text and not fuzzy}
    compiled = path.with_suffix(".mo")
    if read_compiled(compiled) != translated:
        found.append(f"{compiled.name} does not match {path.name}: run `catalogue.py update`")
    return found


def read_compiled(path: Path) -> dict[str, str]:
    """Message id -> translation of an .mo file; empty if there is none.

    Content is compared, not bytes: the header names the version of Babel.
    """
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_mo(file) if m.id}


def _differing(message: str, text: str) -> list[str]:
    try:
        if placeholders(message) != placeholders(text):
            return [f"placeholders differ: {message!r} and {text!r}"]
    except ValueError as error:
        return [f"{error}: {message!r} and {text!r}"]
    return []


def update(package: Path = PACKAGE, fragments: Path | None = None) -> list[str]:
    """Write .po and .mo; return the message ids that still have no translation."""
    path = catalogue_path(package)
    translations = {
        message: text
        for message, (text, fuzzy) in read_catalogue(path).items()
        if text and not fuzzy
    }
    if fragments is not None:
        translations.update(read_fragments(fragments))
    ids = message_ids(package)
    catalogue = build(ids, translations)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(po_bytes(catalogue))
    path.with_suffix(".mo").write_bytes(mo_bytes(catalogue))
    return [message for message in sorted(ids) if not translations.get(message)]


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0: all is well; 1: something is missing, stale or differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["update", "check"])
    parser.add_argument("--fragments", type=Path, help="folder of fragments to merge (update)")
    options = parser.parse_args(arguments)
    if options.action == "update":
        found = [f"to be translated: {message!r}" for message in update(PACKAGE, options.fragments)]
    else:
        found = problems()
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
