"""Roles kept by the server itself: who a database user is, and what his role may enter.

Two tables of the owner's say it: `database_people`, read off the register when the grants are
applied, and `database_powers`, made by asking `permissions.refusal` about every kind and pair of
roles.  A trigger holds every entry of anybody but the owner against them, however it is sent.
What depends on more than roles - parties to a deal, whose entry is mended, whom an entry names
to confirm it - is left to the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from conflictctl.calendar import Moment
from conflictctl.events import INSTANCES, KINDS, ROLES, Draft, Event
from conflictctl.people import People
from conflictctl.permissions import refusal

NAME = "events_hand"
REFUSED = "CF002"
"""SQLSTATE of what is entered in another's name, or by a role that has no power for it."""

SKEW = "5 minutes"
"""By so much a writer's clock may differ from the server's."""


class Power(NamedTuple):
    """That a role may enter a kind of an author with a role; `own`: of himself."""

    kind: str
    detail: str
    author: str
    recorder: str
    own: bool


class Member(NamedTuple):
    """Somebody employed: his id, his role, and the database user he comes as, if any."""

    staff: str
    role: str
    login: str | None


_DETAILS = {"ruling": ("instance", INSTANCES), "link": ("relation", ("same", "household", "group"))}
"""Kinds for which it matters what one of their fields says."""


def powers() -> Iterator[Power]:
    """Every kind, author and recorder that the rules of roles let through."""
    for kind in KINDS:
        field, details = _DETAILS.get(kind, ("", ("",)))
        for detail in details:
            for author in ROLES:
                for recorder in ROLES:
                    for own in (True, False):
                        if (author == recorder or not own) and _permitted(
                            kind, {field: detail} if field else {}, author, recorder, own
                        ):
                            yield Power(kind, detail, author, recorder, own)


def _permitted(kind: str, fields: dict[str, str], author: str, recorder: str, own: bool) -> bool:
    people = People(
        # Somebody manages: what may be done before anybody does is the owner's.
        [_staff("a", author, 1), _staff("r", recorder, 2), _staff("m", "manager", 3)]
    )
    by, actor = ("a", "a") if own else ("a", "r")
    given = {"award": (), "parties": (), "shares": (), "to": "", **fields}
    draft = Draft(kind, None, 9, 0, None, by, actor, None, given)
    return refusal(people, draft, actor, 9, target=None, involved=set) is None


def _staff(identity: str, role: str, seq: int) -> Event:
    fields = {"staff": identity, "name": identity, "role": role, "outlet": "o"}
    return Event("main", seq, None, "staff", 1, 0, 1, 1, None, None, None, fields, None)


def members(people: People, now: Moment) -> list[Member]:
    """Everybody employed at a moment, by id; a login that two have is nobody's."""
    return [
        Member(
            person.id,
            person.post(now).role,
            person.login if person.login and people.by_login(person.login) == person.id else None,
        )
        for _, person in sorted(people.staff.items())
        if person.posts and person.employed(now)
    ]


# ----------------------------------------------------------------------------- the server

BODY = f"""
DECLARE
  record jsonb;
  mine database_people;
  hand text;
  whose text;
BEGIN
  IF pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RETURN NEW;
  END IF;
  SELECT * INTO mine FROM database_people AS p WHERE p.login = session_user;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'nobody on the staff has the login %', session_user USING ERRCODE = '{REFUSED}';
  END IF;
  record := convert_from(NEW.body, 'UTF8')::jsonb;
  IF NEW.attestation IS NULL THEN
    hand := coalesce(record ->> 'rby', record ->> 'by');
  ELSE
    SELECT e.subject INTO hand FROM events AS e
      WHERE e.log = NEW.log AND e.seq = NEW.attestation AND e.kind = 'attestation';
  END IF;
  IF hand IS DISTINCT FROM mine.staff
    AND NOT (hand IS NULL AND NEW.kind IN ('notification', 'checkpoint')) THEN
    RAISE EXCEPTION '% enters this, and the login % is that of %', coalesce(hand, 'nobody'),
      session_user, mine.staff USING ERRCODE = '{REFUSED}';
  END IF;
  IF NEW.appended_at NOT BETWEEN
    (extract(epoch FROM clock_timestamp() - interval '{SKEW}') * 1000000)::bigint
    AND (extract(epoch FROM clock_timestamp() + interval '{SKEW}') * 1000000)::bigint THEN
    RAISE EXCEPTION 'the clock differs from the server''s by more than {SKEW}'
      USING ERRCODE = '{REFUSED}';
  END IF;
  IF NEW.attestation IS NOT NULL THEN
    RETURN NEW;
  END IF;
  whose := coalesce(record ->> 'by', mine.staff);
  IF NOT EXISTS (
    SELECT 1 FROM database_powers AS w
    WHERE w.kind = NEW.kind AND w.recorder = mine.role AND w.own = (whose = mine.staff)
      AND w.author = (SELECT p.role FROM database_people AS p WHERE p.staff = whose)
      AND w.detail = CASE NEW.kind WHEN 'ruling' THEN record #>> '{{data,instance}}'
        WHEN 'link' THEN record #>> '{{data,relation}}' ELSE '' END) THEN
    RAISE EXCEPTION '% is % and does not enter % of %', mine.staff, mine.role, NEW.kind, whose
      USING ERRCODE = '{REFUSED}';
  END IF;
  RETURN NEW;
END
"""


def statements(home: str) -> list[str]:
    """SQL that makes the tables, the function and its trigger, as the register's owner.

    The function has the owner's rights: nobody else can write the tables it looks at.
    """
    return [
        f'CREATE TABLE IF NOT EXISTS {home}.database_people (staff text COLLATE "C" PRIMARY KEY, '
        'role text NOT NULL, login text COLLATE "C" UNIQUE)',
        f"CREATE TABLE IF NOT EXISTS {home}.database_powers (kind text, detail text, author text, "
        "recorder text, own boolean, PRIMARY KEY (kind, detail, author, recorder, own))",
        f"REVOKE ALL ON {home}.database_people, {home}.database_powers FROM PUBLIC",
        f"CREATE OR REPLACE FUNCTION {home}.{NAME}() RETURNS trigger LANGUAGE plpgsql "
        f"SECURITY DEFINER SET search_path = {home}, pg_temp AS $body${BODY}$body$",
        f"DROP TRIGGER IF EXISTS {NAME} ON {home}.events",
        f"CREATE TRIGGER {NAME} BEFORE INSERT ON {home}.events FOR EACH ROW "
        f"EXECUTE FUNCTION {home}.{NAME}()",
    ]


def rows(home: str, people: People, now: Moment) -> list[str]:
    """SQL that puts the present staff and the table of powers in the place of the last ones."""
    return [
        f"DELETE FROM {home}.database_people",
        _insertion(f"{home}.database_people", members(people, now)),
        f"DELETE FROM {home}.database_powers",
        _insertion(f"{home}.database_powers", list(powers())),
    ]


def _insertion(table: str, values: list[Member] | list[Power]) -> str:
    if not values:
        return f"SELECT 'nothing for {table}'"
    return f"INSERT INTO {table} VALUES " + ", ".join(
        "(" + ", ".join(map(_literal, value)) + ")" for value in values
    )


def _literal(value: str | bool | None) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "NULL" if value is None else str(value).upper()


def is_enforced(connection: Connection) -> bool:
    """Whether the trigger is there, in force and as this program makes it."""
    found = connection.exec_driver_sql(_IN_FORCE).scalar()
    return found == BODY


_IN_FORCE = f"""
SELECT p.prosrc FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
  JOIN pg_proc AS p ON p.oid = t.tgfoid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = 'events'
  AND t.tgname = '{NAME}' AND t.tgenabled IN ('O', 'A')
"""
