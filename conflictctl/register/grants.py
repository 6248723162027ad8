"""Who may do what with the tables of a register on a server: groups, and what they are granted."""

from __future__ import annotations

from typing import NamedTuple

from conflictctl.calendar import Moment
from conflictctl.errors import WrongUsage
from conflictctl.register import enforcing, schema
from conflictctl.register.places import on_server
from conflictctl.register.store import Register
from conflictctl.wording import Sentence

_DERIVED = ("lookup_cards", "lookups", "lookup_marks", "watched", "watch_marks")
"""Keys of customers, and who is watched: whoever writes makes them, and makes them anew."""


class Groups(NamedTuple):
    """The names of the two groups; the owner of the tables is the third to have rights."""

    readers: str
    writers: str


def groups_of(register: Register) -> Groups:
    """The groups of a register, called after its database.  Raises WrongUsage for a file."""
    if not on_server(register.target):
        raise WrongUsage(
            Sentence("{path} is a file, which knows no users", path=register.target),
            Sentence("`conflictctl copy {path} URL` moves it to a server", path=register.target),
        )
    stem = register.place.stem
    return Groups(f"{stem}_readers", f"{stem}_writers")


def statements(register: Register, now: Moment, *, again: bool = False) -> list[str]:
    """SQL that makes the groups and grants them what they need, and nobody else anything.

    It is run again when somebody comes or gets another login: the staff as of `now` is part of it.
    `again`: the triggers are in force, and to make them anew would wait for every reader.  Nobody
    but the owner may change a table; neither group may update, delete or truncate an entry, which
    the triggers refuse the owner too.
    """
    groups = groups_of(register)
    home = _home(register)
    readers, writers = (_quoted(name) for name in groups)
    made = [
        f"DO $$ BEGIN CREATE ROLE {name} NOLOGIN; "
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        for name in (readers, writers)
    ]
    tables = [table.name for table in schema.metadata.sorted_tables]
    every = ", ".join(f"{home}.{name}" for name in tables)
    derived = ", ".join(f"{home}.{name}" for name in _DERIVED)
    return [
        *made,
        f"REVOKE CREATE ON SCHEMA {home} FROM PUBLIC",
        f"REVOKE ALL ON {every} FROM PUBLIC, {readers}, {writers}",
        f"GRANT USAGE ON SCHEMA {home} TO {readers}, {writers}",
        f"GRANT SELECT ON {every} TO {readers}, {writers}",
        f"GRANT INSERT ON {home}.events, {home}.touches, {home}.personal TO {writers}",
        # The triggers let go of it only after a redaction.
        f"GRANT DELETE ON {home}.personal TO {writers}",
        f"GRANT INSERT, DELETE ON {derived} TO {writers}",
        *([] if again else enforcing.statements(home)),
        f"GRANT SELECT ON {enforcing.readable(home)} TO {readers}, {writers}",
        *enforcing.rows(home, register.people(), now),
    ]


def apply(register: Register, now: Moment) -> None:
    """Run the statements in one transaction, as the owner of the register."""
    with register.alone(), register.place.failures():
        again = register.place.enforces(register.connection)
        for statement in statements(register, now, again=again):
            register.connection.exec_driver_sql(statement.replace("%", "%%"))


def _home(register: Register) -> str:
    with register.place.failures():
        found = register.connection.exec_driver_sql("SELECT quote_ident(current_schema())")
        return str(found.scalar_one())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
