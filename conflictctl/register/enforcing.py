"""Roles kept by the server itself: who a database user is, and what his role may enter.

Three tables of the owner's say it: `database_people`, read off the register when the grants are
applied; `database_powers`, made by asking `permissions.refusal` about every kind and pair of
roles; and `database_kinds`, where in an entry its subject stands.  A trigger holds every entry of
anybody but the owner against them, however it is sent.  What depends on more than roles - parties
to a deal, whose entry is mended, whom an entry names to confirm it - is left to the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from conflictctl.calendar import Moment
from conflictctl.events import INSTANCES, KINDS, REFERENCE_FIELDS, ROLES, Draft, Event
from conflictctl.mending import MENDS
from conflictctl.people import People
from conflictctl.permissions import refusal
from conflictctl.register.rows import subject_path

HAND, FOLLOWED = "events_hand", "events_people"
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


class About(NamedTuple):
    """Where an entry of a kind says what it is about (`{data,staff}`), or of which entry it takes
    that over."""

    kind: str
    subject: str | None
    target: str | None


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


def kinds() -> Iterator[About]:
    """Every kind, and where its subject stands."""
    for kind in KINDS:
        path = subject_path(kind)
        yield About(
            kind,
            None if path is None else f"{{{','.join(path)}}}",
            f"{{data,{REFERENCE_FIELDS[kind]}}}" if kind in MENDS else None,
        )


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

_HAND = f"""
DECLARE
  record jsonb;
  mine database_people;
  place database_kinds;
  named jsonb;
  about text;
  hand text;
  whose text;
  act text := NEW.kind;
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
  SELECT * INTO place FROM database_kinds AS k WHERE k.kind = NEW.kind;
  named := record #> place.target::text[];
  IF jsonb_typeof(named) = 'number' THEN
    SELECT e.subject INTO about FROM events AS e
      WHERE e.log = NEW.log AND e.seq = (named #>> '{{}}')::bigint;
  ELSIF named IS NOT NULL THEN
    SELECT e.subject INTO about FROM events AS e WHERE e.id = named #>> '{{}}';
  ELSE
    about := record #>> place.subject::text[];
  END IF;
  IF NEW.subject IS DISTINCT FROM about THEN
    RAISE EXCEPTION 'the columns do not agree with the bytes' USING ERRCODE = '{REFUSED}';
  END IF;
  IF NEW.attestation IS NULL THEN
    whose := coalesce(record ->> 'by', mine.staff);
  ELSE  -- who answers for it may still answer for things
    whose := mine.staff;
    act := 'attestation';
  END IF;
  IF NOT EXISTS (
    SELECT 1 FROM database_powers AS w
    WHERE w.kind = act AND w.recorder = mine.role AND w.own = (whose = mine.staff)
      AND w.author = (SELECT p.role FROM database_people AS p WHERE p.staff = whose)
      AND w.detail = CASE act WHEN 'ruling' THEN record #>> '{{data,instance}}'
        WHEN 'link' THEN record #>> '{{data,relation}}' ELSE '' END) THEN
    RAISE EXCEPTION '% is % and does not enter % of %', mine.staff, mine.role, act, whose
      USING ERRCODE = '{REFUSED}';
  END IF;
  RETURN NEW;
END
"""

FOLLOWED_KINDS = ("staff", "staff_moved", "staff_left")
"""Whose entries change at once what the database knows of people."""

# Until the grants are applied again: a new role counts at once, who left enters nothing more, and
# who is new has no login yet.  Old entries, which an import brings, wait for the grants.
_FOLLOW = """
DECLARE
  record jsonb;
BEGIN
  IF NEW.kind NOT IN ($kinds) OR NEW.attestation IS NOT NULL THEN
    RETURN NULL;
  END IF;
  record := convert_from(NEW.body, 'UTF8')::jsonb;
  IF NEW.kind = 'staff_left' THEN
    DELETE FROM database_people AS p WHERE p.staff = NEW.subject;
  ELSIF record #>> '{data,role}' IS NOT NULL THEN
    INSERT INTO database_people AS p VALUES (NEW.subject, record #>> '{data,role}', NULL)
      ON CONFLICT (staff) DO UPDATE SET role = excluded.role;
  END IF;
  RETURN NULL;
END
""".replace("$kinds", ", ".join(f"'{kind}'" for kind in FOLLOWED_KINDS))

TRIGGERS = {HAND: ("BEFORE", _HAND), FOLLOWED: ("AFTER", _FOLLOW)}
"""Name of a trigger on `events` and of its function; when it is called, and what it does."""

_TABLES = {
    "database_people": 'staff text COLLATE "C" PRIMARY KEY, role text NOT NULL, '
    'login text COLLATE "C" UNIQUE',
    "database_powers": "kind text, detail text, author text, recorder text, own boolean, "
    "PRIMARY KEY (kind, detail, author, recorder, own)",
    "database_kinds": "kind text PRIMARY KEY, subject text, target text",
}


def statements(home: str) -> list[str]:
    """SQL that makes the tables, the functions and their triggers, as the register's owner.

    The functions have the owner's rights: nobody else can write the tables they look at.
    """
    made = [
        f"CREATE TABLE IF NOT EXISTS {home}.{table} ({columns})"
        for table, columns in _TABLES.items()
    ]
    made.append(f"REVOKE ALL ON {', '.join(f'{home}.{name}' for name in _TABLES)} FROM PUBLIC")
    for name, (when, body) in TRIGGERS.items():
        made += [
            f"CREATE OR REPLACE FUNCTION {home}.{name}() RETURNS trigger LANGUAGE plpgsql "
            f"SECURITY DEFINER SET search_path = {home}, pg_temp AS $body${body}$body$",
            f"DROP TRIGGER IF EXISTS {name} ON {home}.events",
            f"CREATE TRIGGER {name} {when} INSERT ON {home}.events FOR EACH ROW "
            f"EXECUTE FUNCTION {home}.{name}()",
        ]
    return made


def readable(home: str) -> str:
    """The tables that everybody may look at who may read the register: it says the same."""
    return ", ".join(f"{home}.{name}" for name in _TABLES)


def rows(home: str, people: People, now: Moment) -> list[str]:
    """SQL that puts the present staff and rules in the place of the last ones."""
    made: list[str] = []
    for table, values in _wanted(people, now).items():
        made += [f"DELETE FROM {home}.{table}", _insertion(f"{home}.{table}", values)]
    return made


def _wanted(people: People, now: Moment) -> dict[str, Sequence[tuple[str | bool | None, ...]]]:
    return {
        "database_people": members(people, now),
        "database_powers": list(powers()),
        "database_kinds": list(kinds()),
    }


def _insertion(table: str, values: Sequence[tuple[str | bool | None, ...]]) -> str:
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
    """Whether the triggers are there, in force and as this program makes them."""
    found = {(name, body) for name, body in connection.exec_driver_sql(_IN_FORCE)}
    return found == {(name, body) for name, (_, body) in TRIGGERS.items()}


def is_owner(connection: Connection) -> bool:
    """Whether the tables are this user's, whom the triggers let do what the program does."""
    return bool(connection.exec_driver_sql(_OWNED).scalar_one())


def outdated(connection: Connection, people: People, now: Moment) -> bool:
    """Whether the staff or the program's rules are no longer those that the server keeps to."""
    return any(
        set(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {table}"))) != set(values)
        for table, values in _wanted(people, now).items()
    )


_OWNED = """
SELECT pg_has_role(relowner, 'USAGE') FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relname = 'personal'
"""

_IN_FORCE = f"""
SELECT t.tgname, p.prosrc FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
  JOIN pg_proc AS p ON p.oid = t.tgfoid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = 'events'
  AND t.tgname IN ('{HAND}', '{FOLLOWED}') AND t.tgenabled IN ('O', 'A')
"""
