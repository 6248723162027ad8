"""Write the tables of docs/roles.md and docs/zh/roles.md: who may record what.

usage: roles.py [--check]
Every table is made by asking `permissions.py` (and, for the steps of cases, the procedure), and
the commands by asking the commands what they record. With --check the pages are only compared,
and the exit code is 1 if one is stale.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import typer

from conflictctl.adjudication.dossier import events_of
from conflictctl.calendar import parse_time
from conflictctl.cases.procedure import STEPS, Case, apply, entered_by_party
from conflictctl.cli.app import app
from conflictctl.cli.main import COMMANDS
from conflictctl.events import KINDS, ROLES, Draft, Event
from conflictctl.mending import staff_entries
from conflictctl.people import People
from conflictctl.permissions import HOUSE, RULING_ROLES, refusal
from conflictctl.render.language import set_language, term

ROOT = Path(__file__).resolve().parent.parent
AT = "2025-03-20T15:00:00+08:00"
NOW = parse_time(AT)[0]
HOUSEHOLD = "link household"

OTHERS: dict[str, str] = {
    "correct": "correction",
    "log-correction": "correction",
    "undo": "void",
    "redact": "redaction",
    "import": "attestation",
    "who": "check",
    "staff act-as": "setting",
    "policy use": "setting",
    "case policy use": "setting",
    "audit checkpoint": "checkpoint",
    "nightly": "checkpoint",
    "overdue": "notification",
}
"""Commands that record one kind and are not made from it.  `desk` and `log -` record any."""

WITH_OPTION = {"import": "import --attest", "overdue": "overdue --notify"}
"""Commands that record it with an option only."""


class Group(NamedTuple):
    """Kinds with the same rights, and the relations that occur with them."""

    kinds: tuple[str, ...]
    relations: str
    titles: str = "act"


GROUPS: dict[str, Group] = {
    "contacts": Group(("visit", "call", "followup", "level", "card"), "optxq"),
    "claims": Group(("claim", "withdraw_claim"), "optxq"),
    "common": Group(
        (
            "customer",
            "lost",
            "reopened",
            "link",
            "inform",
            "accompany",
            "together",
            "filing",
            "order",
            "cancel_order",
            "close",
            "learn",
            "agreement",
            "appeal",
            "survey",
        ),
        "optxq",
    ),
    "look-ups": Group(("check",), "optxq"),
    "deciding": Group(
        ("decision", "notice", "reassign", "finding", "sanction", "unlink", "demand", HOUSEHOLD),
        "optxq",
    ),
    "rulings": Group(("ruling",), "optxq"),
    "in person": Group(("redaction",), "op"),
    "files": Group(("attestation",), "o"),
    "mending": Group(("correction", "void"), "optxq", "entry"),
    "confirming": Group(("confirm",), "optxq", "named"),
    "house": Group(tuple(kind for kind in KINDS if kind in HOUSE), "otx"),
    "case open": Group(("case_opened",), "optxq"),
    "case steps": Group(
        tuple(
            f"case_{step}"
            for step in [
                "withdrawn",
                "contact",
                "response",
                "update",
                "requirement",
                "change",
                "proposal",
                "reply",
                "task_done",
                "survey",
                "lesson",
                "lesson_done",
                "obstruction",
                "escalated",
                "reopened",
            ]
        ),
        "hoptxq",
        "case",
    ),
    "case accept": Group(("case_accepted",), "hoptxq", "case"),
    "case reject": Group(("case_rejected",), "optxq"),
    "case handle": Group(
        ("case_finding", "case_resolution", "case_task", "case_closed"), "hoptxq", "case"
    ),
    "program": Group(("checkpoint", "notification"), "o"),
}

TITLES: dict[str, dict[str, dict[str, str]]] = {
    "en": {
        "act": {
            "o": "his own act",
            "p": "his own, as a party",
            "t": "a colleague's",
            "x": "one's of another outlet",
            "q": "a colleague's, as a party",
        },
        "entry": {
            "o": "his own entry",
            "p": "his own, as a party",
            "t": "a colleague's",
            "x": "one's of another outlet",
            "q": "a colleague's, as a party",
        },
        "named": {
            "o": "he is named",
            "p": "he is named, and a party",
            "t": "a colleague is named",
            "x": "one of another outlet is",
            "q": "a colleague is, and he is a party",
        },
        "case": {
            "h": "he handles it",
            "o": "he has no part",
            "p": "he is a party",
            "t": "for the handler",
            "x": "for another",
            "q": "for the handler, as a party",
        },
    },
    "zh": {
        "act": {
            "o": "本人的行为",
            "p": "本人的，且是当事人",
            "t": "替同网点同事",
            "x": "替其他网点同事",
            "q": "替同事，自己是当事人",
        },
        "entry": {
            "o": "本人的记录",
            "p": "本人的，且是当事人",
            "t": "同网点同事的",
            "x": "其他网点同事的",
            "q": "同事的，自己是当事人",
        },
        "named": {
            "o": "说到本人",
            "p": "说到本人，且是当事人",
            "t": "说到同网点同事",
            "x": "说到其他网点同事",
            "q": "说到同事，自己是当事人",
        },
        "case": {
            "h": "由本人处理",
            "o": "与本人无关",
            "p": "本人是当事人",
            "t": "替处理人",
            "x": "替其他人",
            "q": "替处理人，自己是当事人",
        },
    },
}
WORDS = {
    "en": {"role": "role", "instance": "rules as", "commands": "Commands: {list}."},
    "zh": {"role": "角色", "instance": "裁决层级", "commands": "命令：{list}。"},
}
PAGES = {"en": ROOT / "docs" / "roles.md", "zh": ROOT / "docs" / "zh" / "roles.md"}
TABLE = re.compile(r"(<!-- table: ([a-z -]+) -->\n).*?(<!-- end -->)", re.S)


# ---------------------------------------------------------------------------- the answers


def _people() -> People:
    outlets = [
        {"kind": "outlet", "at": AT, "outlet": outlet, "name": outlet, "type": "store"}
        for outlet in ("here", "there")
    ]
    staff = [(role, role, "here") for role in ROLES]
    for outlet in ("here", "there"):
        staff += [(f"{role}.{outlet}", role, outlet) for role in ("consultant", "manager")]
    lines = [
        {"kind": "staff", "at": AT, "staff": name, "name": name, "role": role, "outlet": outlet}
        for name, role, outlet in staff
    ]
    return People(staff_entries(events_of(outlets + lines)))


PEOPLE = _people()
_OF_MANAGERS = {"deciding", "rulings", "house", "in person", "files"}
_FIELDS: dict[str, Any] = {
    "to": "nobody",
    "instance": "panel",
    "award": [],
    "parties": [],
    "shares": [],
    "handler": "consultant.here",
    "proposal": "P1",
    "party": "customer",
    "reply": "accept",
    "how": "settled",
    "task": "T1",
    "owner": "consultant.here",
    "due": "2025-04-01",
    "text": "t",
    "lesson": "L1",
    "survey_waived": "r",
}


def author(group: str, role: str, relation: str) -> str:
    """Whose act it is: the actor's own, or a colleague's who has the power for it."""
    if relation in "hop":
        return role
    colleague = "manager" if group in _OF_MANAGERS else "consultant"
    return f"{colleague}.{'there' if relation == 'x' else 'here'}"


def may(group: str, kind: str, role: str, relation: str) -> bool:
    """Whether the rules let a role record a kind in a relation."""
    by = author(group, role, relation)
    fields = {**_FIELDS, "relation": "household" if kind == HOUSEHOLD else "same"}
    kind = kind.partition(" ")[0]
    entry, own = None, by
    if kind in ("correction", "void"):
        entry, own = _event("inform", by, {}), role
    elif kind == "confirm":
        entry = _event("visit", "nobody", {"accompanied_by": by})
    elif kind == "withdraw_claim":
        entry = _event("claim", by, {})
    parties = {role} if relation in "pq" else set()
    draft = Draft(kind, None, NOW, 480, None, own, role, "K1", fields)
    reason = refusal(PEOPLE, draft, role, NOW, target=entry, involved=lambda: parties)
    if reason is None and kind in STEPS:
        return _step_goes(kind, role, relation, _event(kind, own, fields, role))
    return reason is None


def _event(kind: str, by: str, fields: dict[str, Any], recorded_by: str | None = None) -> Event:
    return Event("", 9, None, kind, NOW, 480, NOW, NOW, by, recorded_by or by, "K1", fields)


def _step_goes(kind: str, role: str, relation: str, event: Event) -> bool:
    """Whether the procedure lets him take the step, in whichever state it is a step."""
    handler = role if relation == "h" else "consultant.here"
    for state in STEPS[kind]:
        opening = {"case": "C1", "category": "internal", "demand": "d"}
        case = Case(
            _event(
                "case_opened", "manager", {**opening, "parties": list(_parties(role, relation))}
            ),
            PEOPLE,
        )
        case.state, case.handler = state, None if kind == "case_rejected" else handler
        refused = entered_by_party(case, event) or apply(case, event)
        if refused is not None and refused.power:
            return False
    return True


def _parties(role: str, relation: str) -> Iterator[str]:
    yield role if relation in "pq" else "somebody"


# ------------------------------------------------------------------------------ the tables


def commands() -> dict[str, list[str]]:
    """The commands by the kind they record, in the order of the root help."""
    root: Any = typer.main.get_command(app)
    context = typer.Context(root)
    found: dict[str, list[str]] = {}

    def visit(name: str, command: Any) -> None:
        for word, each in getattr(command, "commands", {}).items():
            visit(f"{name} {word}", each)
        kind = getattr(command, "records", None) or OTHERS.get(name)
        if kind is not None:
            found.setdefault(kind, []).append(WITH_OPTION.get(name, name))

    for name in COMMANDS:
        visit(name, root.get_command(context, name))
    return found


def table(group: str, language: str, typed: dict[str, list[str]]) -> Iterator[str]:
    """The commands of a group, and its roles and relations."""
    kinds, relations, titles = GROUPS[group]
    rights = [[may(group, kinds[0], role, each) for each in relations] for role in ROLES]
    for kind in kinds[1:]:
        if rights != [[may(group, kind, role, each) for each in relations] for role in ROLES]:
            raise SystemExit(f"{kind} has other rights than {kinds[0]}: give it a group")
    names = [name for kind in kinds for name in typed.get(kind, ())]
    if HOUSEHOLD in kinds:
        names.append("customer link --relation household")
    yield WORDS[language]["commands"].format(list=", ".join(f"`{name}`" for name in names))
    yield ""
    yield from _rows(
        [WORDS[language]["role"], *(TITLES[language][titles][each] for each in relations)],
        ([term(role), *map(_mark, row)] for role, row in zip(ROLES, rights, strict=True)),
    )


def instances(language: str) -> Iterator[str]:
    """Which role rules as which instance."""
    yield from _rows(
        [WORDS[language]["instance"], *map(term, ROLES)],
        ([term(name), *(_mark(r in roles) for r in ROLES)] for name, roles in RULING_ROLES.items()),
    )


def _mark(yes: bool) -> str:
    return "✔" if yes else "–"


def _rows(titles: list[str], rows: Any) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"| --- |{' :-: |' * (len(titles) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def filled(text: str, language: str, typed: dict[str, list[str]]) -> str:
    """A page with its tables made anew."""
    set_language(language)
    shown: list[str] = []

    def fill(found: re.Match[str]) -> str:
        name = found[2]
        shown.append(name)
        make: Callable[[], Iterator[str]] = (
            (lambda: instances(language))
            if name == "instances"
            else (lambda: table(name, language, typed))
        )
        body = "\n".join(make())
        return f"{found[1]}\n{body}\n\n{found[3]}"

    made = TABLE.sub(fill, text)
    if sorted(shown) != sorted([*GROUPS, "instances"]):
        raise SystemExit(f"tables differ: {sorted({*GROUPS, 'instances'} ^ set(shown))}")
    return made


def main() -> int:
    check = sys.argv[1:] == ["--check"]
    listed = [kind for group in GROUPS.values() for kind in group.kinds if kind != HOUSEHOLD]
    if sorted(listed) != sorted(KINDS):
        raise SystemExit(f"in no group, or in two: {sorted(set(KINDS) ^ set(listed)) or listed}")
    typed = commands()
    stale = 0
    for language, path in PAGES.items():
        old = path.read_text("utf-8")
        text = filled(old, language, typed)
        if text != old:
            stale += 1
            if not check:
                path.write_text(text, "utf-8")
            print(f"{'stale' if check else 'wrote'}: {path.relative_to(ROOT)}")
    if check:
        print("run .ci/roles.py" if stale else "the tables of roles are up to date")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
