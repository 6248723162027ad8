"""Ruling bundles made from the register, and read and verified without one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from conflictctl import __version__
from conflictctl.cli.output import opened_for_bytes
from conflictctl.cli.policy_choice import texts_to_rule_by
from conflictctl.cli.reading import content_of, readable
from conflictctl.errors import (
    ConflictctlError,
    DamagedBundle,
    WrongUsage,
)
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conflictctl.bundles.form import Bundle, Entry
    from conflictctl.bundles.ties import Held
    from conflictctl.bundles.verifying import Verified
    from conflictctl.cli.question import Question
    from conflictctl.register.store import Register


def write_bundle(
    path: str,
    question: Question,
    customer: str,
    deal: str | None,
    *,
    policy: str | None,
    personal: bool,
    force: bool,
) -> None:
    """Rule and write the ruling as a bundle; raises what ruling, making and writing raise.

    `policy` is the one named for this time.
    """
    from conflictctl.bundles.form import written

    bundle = bundle_of(question, customer, deal, policy=policy, personal=personal)
    with opened_for_bytes(path, force=force) as file:
        file.write(written(bundle))


def bundle_of(
    question: Question, customer: str, deal: str | None, *, policy: str | None, personal: bool
) -> Bundle:
    """The bundle of a ruling; raises what `rule` and `making.made` raise."""
    from conflictctl.bundles import form, making
    from conflictctl.cli.question import rule
    from conflictctl.mending import MENDS
    from conflictctl.people import STAFF_KINDS
    from conflictctl.render.bundle_report import ruling_in_every_language

    ruling, events = rule(question, customer, deal)
    register, known_at = question.register, question.known_at
    texts, kept_at = texts_to_rule_by(register, policy, known_at)
    house = register.entries_of([*STAFF_KINDS, *MENDS], known_at)
    settings = register.entries_of(["setting"])
    zone = next(one.seq for one in settings if one.fields["name"] == "timezone")
    draft = form.Bundle(
        versions(),
        register.origin,
        question.head,
        form.Question(
            customer,
            deal,
            question.as_of,
            known_at.moment if known_at is not None else None,
            question.settings,
        ),
        tuple(form.PolicyText(name, text) for name, text in texts),
        kept_at,
        (),
        question.caseloads,
        None,
        {},
    )
    return making.made(
        draft,
        ruling,
        dossier=events,
        house=house,
        register={zone} if kept_at is None else {zone, kept_at},
        fetch=lambda places: _entries(register, places, personal=personal),
        show=ruling_in_every_language,
    )


def versions() -> dict[str, str]:
    """What a ruling may depend on beside its bundle: this program, and the public holidays."""
    from importlib.metadata import version

    return {"conflictctl": __version__, "holidays": version("holidays")}


def _entries(register: Register, places: Iterable[int], *, personal: bool) -> list[Entry]:
    import orjson

    from conflictctl.bundles.form import Entry, Personal
    from conflictctl.register.exhibits import exhibits

    return [
        Entry(
            orjson.loads(one.body),
            one.previous,
            Personal(one.salt, orjson.loads(one.data))
            if personal and one.salt is not None and one.data is not None
            else None,
        )
        for one in exhibits(register, places)
    ]


# ------------------------------------------------------------------------- verifying

PATIENCE = 120.0
"""Seconds.  The largest dossiers take two; a bundle made to be slow is no more than that."""


def verified(path: Path, held: Held) -> Verified:
    """The bundle in a file, verified.

    Raises what `verifying.verify` raises, WrongUsage where there is no such file, StorageFailed
    where it cannot be read.
    """
    from conflictctl.bundles.form import MAX_SIZE
    from conflictctl.bundles.verifying import verify
    from conflictctl.cli.time_limit import ends_within
    from conflictctl.render.bundle_report import ruling_in_every_language

    content = read_at_most(path, MAX_SIZE)
    with ends_within(PATIENCE, _too_slow):
        return verify(content, show=ruling_in_every_language, versions=versions(), held=held)


def _too_slow() -> ConflictctlError:
    return DamagedBundle(
        Sentence("judging the bundle takes longer than {n} seconds", n=int(PATIENCE)),
        Sentence("no written policy takes that long; ask whoever made it what it is"),
    )


def read_at_most(path: Path, limit: int) -> bytes:
    """The bytes of a file, `-` for standard input; of a longer one so many that it shows."""
    with readable(path):
        if str(path) == "-":
            return sys.stdin.buffer.read(limit + 1)
        try:
            return content_of(path, limit)
        except (FileNotFoundError, NotADirectoryError):
            raise WrongUsage(
                Sentence("there is no file {path}", path=str(path)),
                Sentence("check the name; - reads standard input"),
            ) from None
