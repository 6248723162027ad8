"""A showroom whose register keeps a policy of its own, and its rulings as bundles."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conflictctl.cli.app import app
from conflictctl.cli.policy_choice import to_keep
from conflictctl.exchange.importing import import_file
from conflictctl.register.store import create_register
from conflictctl.render.language import set_language
from tests.invoking import Invoke as Invoke
from tests.invoking import invoking
from tests.policy_frame import LET, a_rule, parameter, small, told

AS_OF = "2024-12-31T00:00:00+08:00"
NOW = 1_764_000_000_000_000
"""Later than all that is told."""

POLICY = small(
    LET + 'original = "author(first_file)"\n',
    a_rule("1", "original == closer", 'credit = "closer"'),
    a_rule(
        "2", "exists(contact, by=original, within=span(gap, before=deal))", 'credit = "original"'
    ),
    a_rule("3", "first_file", 'credit = "closer"'),
    parameters=[parameter("gap", 4, "days", minimum=1, maximum=90)],
).text
"""Who filed first has the deal, unless he kept silent for longer than the gap."""

STORY = told(
    '03-01 10:00 a visit level="A" note="likes-blue"',
    "03-03 10:00 a followup",
    "03-05 14:00 b visit",
    "03-06 15:00 b close amount=1000",
    "03-07 09:00 a claim",
    "03-08 09:00 c visit",
)
"""b closed with a customer of a's, three days after a's follow-up; c came later."""


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "small.toml").write_text(POLICY, encoding="utf-8")
    lines = [{**line, "recorded_at": line["at"]} for line in STORY]
    lines += [{**lines[-1], "id": f"n{n}", "customer": "K2", "by": "b"} for n in range(20)]
    (folder / "story.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with create_register(
        str(folder / "register.db"),
        zone="Asia/Shanghai",
        policy=to_keep(str(folder / "small.toml")),
        clock=lambda: NOW,
    ) as register:
        import_file(register, folder / "story.jsonl", clock=lambda: NOW, attest="boss")
    return folder / "register.db"


@pytest.fixture
def shop(shop_file: Path, register_path: Path) -> Path:
    """The register of the shop, to be written to."""
    shutil.copyfile(shop_file, register_path)
    register_path.chmod(0o600)
    return register_path


@pytest.fixture
def invoke(register_path: Path) -> Iterator[Invoke]:
    """`invoke("verdict", "C-020", code=0)` on this test's register."""
    yield from invoking(register_path)


@pytest.fixture(scope="session")
def bundle(shop_file: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The ruling on K1, without personal data."""
    return make(shop_file, tmp_path_factory.mktemp("plain") / "k1.json")


@pytest.fixture(scope="session")
def bundle_with_names(shop_file: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The same with names and notes."""
    return make(shop_file, tmp_path_factory.mktemp("named") / "k1.json", "--with-personal")


def make(register: Path, file: Path, *options: str) -> bytes:
    """What `verdict K1 --bundle` writes."""
    words = ["verdict", "K1", "--as-of", AS_OF, "--format", "json", "--bundle", str(file), *options]
    done = CliRunner().invoke(app, [*words, "--db", str(register)])
    set_language("en")
    assert done.exit_code == 0, done.output
    return file.read_bytes()


@pytest.fixture(scope="session")
def proved(shop_file: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The ruling on K1 with a proof for every entry."""
    file = tmp_path_factory.mktemp("proved") / "k1.json"
    words = ["audit", "prove", "K1", "--as-of", AS_OF, "--output", str(file)]
    done = CliRunner().invoke(app, [*words, "--db", str(shop_file)])
    assert done.exit_code == 0, done.output
    return file.read_bytes()
