"""The form of a bundle: one JSON object in one byte form, and what stands where in it.

The bytes are RFC 8785 JSON (keys sorted, no blanks) and a new line.  `digest` is the SHA-256
of the object without `digest` itself, so that a changed byte is seen before anything is judged.
It protects against accidents: whoever changes the file on purpose can compute it anew, and what
then still tells is said in `verifying`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

import orjson

from conflictctl.calendar import Moment, parse_time, utc_text
from conflictctl.errors import DamagedBundle, SchemaMismatch
from conflictctl.register.chain import SALT_LENGTH, Head, canonical
from conflictctl.wording import Sentence

FORM = 1
"""The form this program writes; it reads this one and earlier ones."""

MAX_SIZE = 16_000_000
"""Bytes.  A dossier of ten thousand entries takes a third of it; reading more costs memory."""
MOST_ENTRIES = 20_000
MOST_EDITIONS = 100
MOST_HASHES = 64
"""A proof in a tree of 2**64 leaves."""

ASK_AGAIN = Sentence("keep this file as evidence, and ask whoever made it for a new one")

_Read = TypeVar("_Read")


class Personal(NamedTuple):
    """What the commitment in a body stands for: names, phones, notes and the salt."""

    salt: bytes
    data: Mapping[str, Any]


class Entry(NamedTuple):
    """One entry of the register: its body, and the chain's hash just before it.

    `proof` are the hashes that lead from the body to the root of the tree, if there is one.
    """

    body: Mapping[str, Any]
    previous: bytes
    personal: Personal | None = None
    proof: tuple[bytes, ...] | None = None

    @property
    def seq(self) -> int:
        """The place of the entry in the register."""
        return int(self.body["seq"])


class PolicyText(NamedTuple):
    """One edition of the policy: what its file is called, and what stands in it."""

    name: str
    text: str


class Tree(NamedTuple):
    """The RFC 6962 tree that the entries' proofs lead to: how many leaves, and its root."""

    size: int
    root: bytes


class Question(NamedTuple):
    """What was asked.  `deal` as `verdict --deal` takes it; `recorded_until` None: everything."""

    customer: str
    deal: str | None
    as_of: Moment
    recorded_until: Moment | None
    settings: Mapping[str, Any]


class Bundle(NamedTuple):
    """A ruling with what it rests on.

    `kept_at` is the `seq` of the setting that chose the policy, None where somebody named
    another or nobody chose.  `caseloads` says how many customers everybody held, for policies
    that ask; no entry here bears it out.  `ruling` is the JSON of the ruling by language.
    `program` are the versions of what made it.
    """

    program: Mapping[str, str]
    origin: str
    head: Head
    question: Question
    policy: tuple[PolicyText, ...]
    kept_at: int | None
    entries: tuple[Entry, ...]
    caseloads: Mapping[str, int] | None
    tree: Tree | None
    ruling: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """What the file's own `digest` has to say."""
        return _digest(_plain(self))


def written(bundle: Bundle) -> bytes:
    """The one byte form of a bundle."""
    value = _plain(bundle)
    return canonical({**value, "digest": _digest(value)}) + b"\n"


def _digest(value: Mapping[str, Any]) -> str:
    return "sha256:" + sha256(canonical(value)).hexdigest()


def _plain(bundle: Bundle) -> dict[str, Any]:
    question = bundle.question
    until = question.recorded_until
    value: dict[str, Any] = {
        "bundle": FORM,
        "program": dict(bundle.program),
        "register": {
            "origin": bundle.origin,
            "seq": bundle.head.seq,
            "head": bundle.head.text,
        },
        "question": {
            "customer": question.customer,
            "deal": question.deal,
            "as_of": utc_text(question.as_of),
            "recorded_until": None if until is None else utc_text(until),
            "set": dict(question.settings),
        },
        "policy": {
            "files": [edition._asdict() for edition in bundle.policy],
            "kept_at": bundle.kept_at,
        },
        "entries": [_plain_entry(entry) for entry in bundle.entries],
        "caseloads": None if bundle.caseloads is None else dict(bundle.caseloads),
        "ruling": dict(bundle.ruling),
    }
    if bundle.tree is not None:
        value["tree"] = {"size": bundle.tree.size, "root": bundle.tree.root.hex()}
    return value


def _plain_entry(entry: Entry) -> dict[str, Any]:
    value: dict[str, Any] = {"body": dict(entry.body), "previous": entry.previous.hex()}
    if entry.personal is not None:
        value["personal"] = {
            "salt": entry.personal.salt.hex(),
            "data": dict(entry.personal.data),
        }
    if entry.proof is not None:
        value["proof"] = [node.hex() for node in entry.proof]
    return value


# ---------------------------------------------------------------------------- reading


def read(content: bytes) -> Bundle:
    """The bundle that these bytes are.

    Raises DamagedBundle for bytes that are none or not one as it was written, SchemaMismatch
    for one that a newer program made.  Takes time and memory in proportion to MAX_SIZE at most.
    """
    if len(content) > MAX_SIZE:
        raise _none(Sentence("it is larger than {limit} bytes", limit=MAX_SIZE))
    try:
        value = orjson.loads(content)
    except ValueError:
        raise _none(Sentence("it is not JSON")) from None
    form = value.get("bundle") if isinstance(value, dict) else None
    if type(form) is not int or form < 1:
        raise _none(Sentence("it does not say that it is one"))
    if form > FORM:
        raise SchemaMismatch(
            Sentence(
                "the bundle was made by a newer version of conflictctl (form {found}, not "
                "{wanted})",
                found=form,
                wanted=FORM,
            ),
            Sentence("install that version: `pip install --upgrade conflictctl`"),
        )
    _check_bytes(value, content)
    return _bundle(value)


def _none(problem: Sentence) -> DamagedBundle:
    return DamagedBundle(
        Sentence("this is no ruling bundle: {problem}", problem=problem),
        Sentence("`conflictctl verdict CUSTOMER --bundle FILE` makes one"),
    )


def damaged(problem: Sentence, hint: Sentence = ASK_AGAIN) -> DamagedBundle:
    """The failure of a bundle in which something does not hold."""
    return DamagedBundle(Sentence("the bundle does not hold: {problem}", problem=problem), hint)


def _check_bytes(value: dict[str, Any], content: bytes) -> None:
    try:
        same = canonical(value) + b"\n" == content
    except (TypeError, ValueError):  # deeper than anything that was ever written
        same = False
    if not same:
        raise damaged(Sentence("it is not in the one form in which bundles are written"))
    rest = {name: inner for name, inner in value.items() if name != "digest"}
    if value.get("digest") != _digest(rest):
        raise damaged(Sentence("its bytes do not fit its digest; it was changed after it was made"))


class _Misplaced(Exception):
    """Something of another kind stands where a bundle holds something else."""


def _bundle(value: dict[str, Any]) -> Bundle:
    where = ""
    try:
        for where in ("program", "register", "question", "policy", "ruling"):
            _object(value.get(where))
        where = "bundle"
        _keys(
            value,
            ("bundle", "program", "register", "question", "policy", "entries", "caseloads"),
            ("ruling", "digest", "tree"),
        )
        where = "program"
        program = {name: _text(version) for name, version in value["program"].items()}
        where = "register"
        register = _keys(value["register"], ("origin", "seq", "head"))
        head = Head(_count(register["seq"]), _hash(_text(register["head"]).removeprefix("sha256:")))
        if head.text != register["head"]:
            raise _Misplaced
        origin = _text(register["origin"])
        where = "question"
        question = _question(value["question"])
        where = "policy"
        policy = _keys(value["policy"], ("files", "kept_at"))
        texts = tuple(_policy_text(one) for one in _some(policy["files"], MOST_EDITIONS))
        kept_at = _maybe(_count, policy["kept_at"])
        where = "entries"
        entries = []
        for number, one in enumerate(_some(value["entries"], MOST_ENTRIES)):
            where = f"entries[{number}]"
            entries.append(_entry(one))
        where = "caseloads"
        caseloads = _maybe(_counts, value["caseloads"])
        where = "tree"
        tree = _tree(value["tree"]) if "tree" in value else None
        where = "ruling"
        ruling = {lang: _object(one) for lang, one in value["ruling"].items()}
        if not ruling:
            raise _Misplaced
    except (_Misplaced, ValueError, OverflowError):
        raise damaged(
            Sentence("what stands at {where} is not what belongs there", where=where)
        ) from None
    return Bundle(
        program, origin, head, question, texts, kept_at, tuple(entries), caseloads, tree, ruling
    )


def _question(value: dict[str, Any]) -> Question:
    _keys(value, ("customer", "deal", "as_of", "recorded_until", "set"))
    return Question(
        _text(value["customer"]),
        _maybe(_text, value["deal"]),
        _moment(value["as_of"]),
        _maybe(_moment, value["recorded_until"]),
        _object(value["set"]),
    )


def _policy_text(value: Any) -> PolicyText:
    _keys(value, ("name", "text"))
    return PolicyText(_text(value["name"]), _text(value["text"]))


def _entry(value: Any) -> Entry:
    _keys(value, ("body", "previous"), ("personal", "proof"))
    body = _object(value["body"])
    _count(body.get("seq"))
    personal = None
    if "personal" in value:
        given = _keys(value["personal"], ("salt", "data"))
        personal = Personal(_hash(given["salt"], SALT_LENGTH), _object(given["data"]))
    proof = None
    if "proof" in value:
        proof = tuple(_hash(node) for node in _some(value["proof"], MOST_HASHES, least=0))
    return Entry(body, _hash(value["previous"]), personal, proof)


def _tree(value: Any) -> Tree:
    _keys(value, ("size", "root"))
    return Tree(_count(value["size"]), _hash(value["root"]))


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Misplaced
    return value


def _keys(value: Any, needed: tuple[str, ...], allowed: tuple[str, ...] = ()) -> dict[str, Any]:
    given = _object(value)
    if not given.keys() >= set(needed) or given.keys() - {*needed, *allowed}:
        raise _Misplaced
    return given


def _some(value: Any, most: int, least: int = 1) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise _Misplaced
    return value


def _maybe(read: Callable[[Any], _Read], value: Any) -> _Read | None:
    return None if value is None else read(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Misplaced
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 0 < value < 2**53:
        raise _Misplaced
    return value


def _counts(value: Any) -> dict[str, int]:
    given = _object(value)
    if any(type(number) is not int or number < 0 for number in given.values()):
        raise _Misplaced
    return given


def _hash(value: Any, length: int = 32) -> bytes:
    found = bytes.fromhex(_text(value))
    if len(found) != length or found.hex() != value:
        raise _Misplaced
    return found


def _moment(value: Any) -> Moment:
    moment = parse_time(_text(value))[0]
    if utc_text(moment) != value:
        raise _Misplaced
    return moment
