"""`status`: which register is in use and why, how it is, and what to do about it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conflictctl.cli.options import explained, format_option
from conflictctl.cli.policy_choice import policy_in_use, policy_to_rule_by
from conflictctl.cli.session import is_url, session_of
from conflictctl.errors import ConflictctlError, NotPermitted
from conflictctl.register.health import BAD, OK, WARN, Look, look, looked, of_file, of_register
from conflictctl.register.places import shown
from conflictctl.render.language import say, tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.cli.session import Session
    from conflictctl.register.store import Register

_NAMES = {
    "register": N_("register"),
    "rights": N_("file"),
    "folder": N_("folder"),
    "journal": N_("journal"),
    "disk": N_("disk"),
    "leftovers": N_("leftovers"),
    "schema": N_("schema"),
    "entries": N_("events"),
    "head": N_("head"),
    "seal": N_("seal"),
    "clock": N_("clock"),
    "backups": N_("backups"),
    "erasures": N_("erasures"),
    "policy": N_("policy"),
    "acting": N_("acting"),
    "roles": N_("roles"),
}
_MARKS = {OK: "✔", WARN: "!", BAD: "✘"}
_WORDS = {OK: N_("ok"), WARN: N_("look"), BAD: N_("BAD")}


@explained(
    N_(
        "Show which register is in use, and why, how it is, and what to do about it.\n\n"
        "It looks at the file and its rights, a journal left over, the disk, the schema, the last "
        "entry and the chain there, checkpoints, copies, the clock, the policy and who acts. "
        "It takes a moment however long the register is; `audit verify` reads every entry. "
        "A register that cannot be opened is looked at as far as it goes.\n\n"
        "  conflictctl status --exit-code"
    )
)
def status(
    ctx: typer.Context,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=N_("End with 1 if there is something to do."))
    ] = False,
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Look, show what was found, end with what keeps the register from being opened."""
    session = session_of(ctx)
    found, failure = _looks(session)
    if form == "json":
        _write_json(session, found)
    else:
        _print(session, found)
    if failure is not None:
        raise failure
    if exit_code and any(one.state != OK for one in found):
        raise typer.Exit(1)


def _looks(session: Session) -> tuple[list[Look], ConflictctlError | None]:
    """Every look, and what kept the register from being opened if anything did."""
    target = session.target
    found: list[Look] = []
    if not is_url(target.value.removeprefix("sqlite:///")):
        found += of_file(target.value)  # before it is opened, which undoes what was cut off
    try:
        register = session.open()
    except ConflictctlError as failure:
        return [_not_open(session, failure), *found], failure
    opened = look(
        "register",
        Sentence("{path} ({why})", path=register.target, why=target.why),
        register=register.target,
        why=say(target.why),
        log=register.log,
        origin=register.origin,
    )
    return [
        opened,
        *found,
        *of_register(register, session.clock()),
        looked("policy", lambda: _policy(register)),
        looked("acting", lambda: _acting(session, register)),
    ], None


def _not_open(session: Session, failure: ConflictctlError) -> Look:
    target = session.target
    return look(
        "register",
        Sentence("{path} ({why}): not opened", path=shown(target.value), why=target.why),
        failure.hint,
        BAD,
        register=shown(target.value),
        why=say(target.why),
    )


def _policy(register: Register) -> Look:
    chosen = policy_in_use(register, None)
    values: dict[str, Any] = {"policy": chosen.value, "policy_why": say(chosen.why)}
    policy_to_rule_by(register, None)  # one that cannot be read is found now, not at a ruling
    return look(
        "policy", Sentence("{policy} ({why})", policy=chosen.value, why=chosen.why), **values
    )


def _acting(session: Session, register: Register) -> Look:
    try:
        chosen = session.acting_as(register.people())
    except NotPermitted as error:  # looking needs nobody, but this is worth knowing
        print(tr("warning:"), say(error.message), file=sys.stderr)
        return look("acting", Sentence("nobody"), error.hint, acting=None, acting_why=None)
    if chosen is None:
        told = Sentence("nobody; writing needs --as STAFF")
        return look("acting", told, acting=None, acting_why=None)
    return look(
        "acting",
        Sentence("{staff} ({why})", staff=chosen.value, why=chosen.why),
        acting=chosen.value,
        acting_why=say(chosen.why),
    )


# --------------------------------------------------------------------------------- show


def _write_json(session: Session, found: list[Look]) -> None:
    from conflictctl.render.json_text import write_json

    facts: dict[str, Any] = {}
    for one in found:
        facts |= one.values
    calendar = session.calendar
    facts["ok"] = all(one.state == OK for one in found)
    facts["checks"] = [
        {
            "check": one.name,
            "state": one.state,
            "text": say(one.told, None, calendar),
            "todo": None if one.todo is None else say(one.todo, None, calendar),
        }
        for one in found
    ]
    write_json(facts, sys.stdout, indent=True)


def _print(session: Session, found: list[Look]) -> None:
    from conflictctl.render.layout import cells, pad, wrap
    from conflictctl.render.safe import safe
    from conflictctl.render.terminal import carries_symbols, is_terminal, width

    calendar = session.calendar
    marks = _MARKS if carries_symbols() else {state: tr(word) for state, word in _WORDS.items()}
    mark_size = max(map(cells, marks.values()))
    size = max(cells(tr(_NAMES[one.name])) for one in found)
    indent = " " * (mark_size + size + 3)
    room = max(width() - len(indent), 30)

    def lines(text: str) -> list[str]:
        return wrap(safe(text), room, fold=False) if is_terminal() else [safe(text)]

    for one in found:
        first, *rest = lines(say(one.told, None, calendar))
        print(f"{pad(marks[one.state], mark_size)} {pad(tr(_NAMES[one.name]), size)}  {first}")
        rest += [] if one.todo is None else lines(say(one.todo, None, calendar))
        for line in rest:
            print(f"{indent}{line}")
