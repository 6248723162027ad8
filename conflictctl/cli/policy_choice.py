"""Which policy rulings go by: named for this time, or kept in the register.

A register keeps a policy of the company's own with its whole text, so that its rulings can be
had again from the register alone, on any machine and in any year.
"""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from conflictctl.cli.session import Chosen
from conflictctl.errors import WrongUsage
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.policy.model import Policy
    from conflictctl.register.store import KnownAt, Register

FIRST_POLICY = "renault-zibo-2013"
NOT_CHOSEN = Sentence("nobody chose one yet; `conflictctl policy use ID` does")


def policy_in_use(
    register: Register | None, named: str | None, known_at: KnownAt | None = None
) -> Chosen:
    """The policy's id or file: `--policy`, CONFLICTCTL_POLICY, the register's default.

    Where nothing names one, the policy that the program began with, so that a register made
    when it knew no other goes on as it was.
    """
    return _for_this_time(named) or _by_default(_kept(register, known_at))


def _for_this_time(named: str | None) -> Chosen | None:
    if named is not None:
        return Chosen(named, Sentence("given by --policy"))
    from_env = os.environ.get("CONFLICTCTL_POLICY")
    return Chosen(from_env, Sentence("given by CONFLICTCTL_POLICY")) if from_env else None


def _kept(register: Register | None, known_at: KnownAt | None) -> Any:
    return register.settings(known_at).get("policy") if register is not None else None


def _by_default(kept: Any) -> Chosen:
    if isinstance(kept, str):
        return Chosen(kept, Sentence("the register's default"))
    if isinstance(kept, dict):
        why = Sentence("the register's default, edition {version}", version=kept["version"])
        return Chosen(kept["id"], why)
    return Chosen(FIRST_POLICY, NOT_CHOSEN)


def policy_to_rule_by(
    register: Register | None, named: str | None, known_at: KnownAt | None = None
) -> Policy:
    """The policy itself, read from its file or from the register.

    Raises WrongUsage for one that is unknown or unreadable, FaultyPolicy for a faulty one.
    """
    from conflictctl.policy.model import load_policy, policy_of_texts

    this_time = _for_this_time(named)
    if this_time is not None:
        return load_policy(this_time.value)
    kept = _kept(register, known_at)
    if isinstance(kept, dict):
        return policy_of_texts([(file["name"], file["text"]) for file in kept["files"]])
    return load_policy(_by_default(kept).value)


def texts_to_rule_by(
    register: Register, named: str | None, known_at: KnownAt | None = None
) -> tuple[list[tuple[str, str]], int | None]:
    """Names and texts of the editions of that policy, and the `seq` of the setting that chose it.

    No place where it was named for this time, or where nobody chose one.
    """
    from conflictctl.policy.model import policy_texts

    this_time = _for_this_time(named)
    if this_time is not None:
        texts = policy_texts(this_time.value)
        return [(PurePath(name).name, text) for name, text in texts], None
    chosen = [
        one for one in register.entries_of(["setting"], known_at) if one.fields["name"] == "policy"
    ]
    kept = chosen[-1].fields["value"] if chosen else FIRST_POLICY
    if isinstance(kept, dict):
        return [(file["name"], file["text"]) for file in kept["files"]], chosen[-1].seq
    return policy_texts(kept), chosen[-1].seq if chosen else None


def policy_named(register: Register | None, text: str) -> Policy:
    """The policy that ID, ID@EDITION, FILE or FOLDER names; the register's own by its id, too.

    With an edition, that one alone.  Raises WrongUsage for an unknown or unreadable one,
    FaultyPolicy for a faulty one.
    """
    from pathlib import Path

    from conflictctl.policy.model import load_policy, policy_of_texts

    name, at, version = text.rpartition("@")
    if not at or Path(text).exists():
        name, version = text, ""
    kept = _kept(register, None)
    if isinstance(kept, dict) and kept["id"] == name:
        policy = policy_of_texts([(file["name"], file["text"]) for file in kept["files"]])
    else:
        policy = load_policy(name)
    if not version:
        return policy
    editions = {edition.version: edition for edition in policy.editions or (policy,)}
    if version not in editions:
        raise WrongUsage(
            Sentence("{policy} has no edition {version}", policy=policy.id, version=version),
            Sentence("editions are: {editions}", editions=list(editions)),
        )
    edition: Policy = editions[version]
    return edition


def to_keep(id_or_path: str) -> str | dict[str, Any]:
    """What a register keeps of a policy: a preset's id, or a policy of one's own with its text.

    Raises WrongUsage for one that is unknown or unreadable, FaultyPolicy for a faulty one.
    """
    from conflictctl.policy.checking import check
    from conflictctl.policy.model import edited, policy_texts, preset_ids
    from conflictctl.policy.problems import FaultyPolicy

    if id_or_path in preset_ids():
        return id_or_path
    editions, files = [], []
    for name, text in policy_texts(id_or_path):
        edition, problems = check(text, name)
        severe = [problem for problem in problems if problem.severe]
        if severe or edition is None:
            raise FaultyPolicy(severe)
        editions.append(edition)
        files.append({"name": PurePath(name).name, "text": text})
    policy = edited(editions)
    return {
        "id": policy.id,
        "version": policy.version,
        "digest": policy.digest,
        "files": files,
    }
