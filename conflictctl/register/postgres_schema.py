"""The tables of a register on a PostgreSQL server, and what the server refuses by itself.

The tables are those of `schema.py`.  Text is compared byte by byte (COLLATE "C"), as SQLite does
it, so that everything comes in the same order from both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, Index, MetaData, Text, text
from sqlalchemy.schema import CreateIndex, CreateTable

from conflictctl.register import enforcing, schema

LOCK = "hashtextextended(current_schema(), 1128680532)"
"""The key of the advisory lock of a register: one for each schema of a database."""

REFUSED = "CF001"
"""SQLSTATE of what the triggers refuse: it would not be an entry at the end of the log."""

OUTSIDE = "SET search_path = {schema}, pg_temp"
"""Functions look for tables in the register's schema: nobody puts others in front of them."""


class Function(NamedTuple):
    """A trigger's function: its name and the text of its body."""

    name: str
    body: str


class Trigger(NamedTuple):
    """What calls a function: before or after what, on which table, for each row or statement."""

    name: str
    table: str
    when: str
    each: str
    function: str


# The program checks more, and earlier.  This is for whoever writes by other means: what he adds
# is an entry at the end of the chain, whose columns say what its bytes say, or nothing.
_APPEND = f"""
DECLARE
  previous bytea;
  place bigint;
  record jsonb;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(TG_TABLE_SCHEMA, 1128680532));
  SELECT e.seq, e.hash INTO place, previous FROM events AS e
    WHERE e.log = NEW.log ORDER BY e.seq DESC LIMIT 1;
  IF NEW.seq IS DISTINCT FROM coalesce(place, 0) + 1 THEN
    RAISE EXCEPTION 'an entry is only ever added at the end' USING ERRCODE = '{REFUSED}';
  END IF;
  IF place IS NULL THEN
    SELECT sha256(convert_to('conflictctl/v1' || l.origin, 'UTF8')) INTO previous
      FROM logs AS l WHERE l.name = NEW.log;
  END IF;
  IF NEW.hash IS DISTINCT FROM sha256('\\x02'::bytea || previous || NEW.body) THEN
    RAISE EXCEPTION 'the bytes do not fit the chain' USING ERRCODE = '{REFUSED}';
  END IF;
  record := convert_from(NEW.body, 'UTF8')::jsonb;
  IF record ->> 'kind' IS DISTINCT FROM NEW.kind
    OR (record ->> 'seq')::bigint IS DISTINCT FROM NEW.seq
    OR record ->> 'id' IS DISTINCT FROM NEW.id
    OR record ->> 'customer' IS DISTINCT FROM NEW.customer
    OR (record ->> 'att')::bigint IS DISTINCT FROM NEW.attestation
    OR record ->> 'log' IS DISTINCT FROM (SELECT l.origin FROM logs AS l WHERE l.name = NEW.log)
    OR (extract(epoch FROM (record ->> 'at')::timestamptz) * 1000000)::bigint
      IS DISTINCT FROM NEW.at
    OR (extract(epoch FROM (record ->> 'rec')::timestamptz) * 1000000)::bigint
      IS DISTINCT FROM NEW.recorded_at
    OR (extract(epoch FROM (record ->> 'app')::timestamptz) * 1000000)::bigint
      IS DISTINCT FROM NEW.appended_at
  THEN
    RAISE EXCEPTION 'the columns do not agree with the bytes' USING ERRCODE = '{REFUSED}';
  END IF;
  RETURN NEW;
END
"""

_ERASE = f"""
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM events AS e JOIN events AS r
      ON r.kind = 'redaction' AND r.log = e.log AND r.seq > e.seq
    WHERE e.log = OLD.log AND e.seq = OLD.seq AND (
      r.subject = e.customer
      OR r.subject IN (SELECT t.customer FROM touches AS t WHERE t.log = e.log AND t.seq = e.seq)))
  THEN
    RAISE EXCEPTION 'personal data go only after a redaction of the customer'
      USING ERRCODE = '{REFUSED}';
  END IF;
  RETURN OLD;
END
"""

# What stands beside an entry belongs to it from the start: nobody hangs his own on another's, or
# puts back what was erased.
_BESIDE = f"""
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM events AS e
    WHERE e.log = NEW.log AND e.seq = NEW.seq AND e.xmin = pg_current_xact_id()::xid)
  THEN
    RAISE EXCEPTION '% takes rows only together with their entry', TG_TABLE_NAME
      USING ERRCODE = '{REFUSED}';
  END IF;
  RETURN NEW;
END
"""

_REFUSE = f"""
BEGIN
  RAISE EXCEPTION '% of % is refused: nothing is ever changed or deleted', TG_OP, TG_TABLE_NAME
    USING ERRCODE = '{REFUSED}';
END
"""

FUNCTIONS = (
    Function("register_append", _APPEND),
    Function("register_beside", _BESIDE),
    Function("register_erase", _ERASE),
    Function("register_refuse", _REFUSE),
)

TRIGGERS = (
    Trigger("events_append", "events", "BEFORE INSERT", "ROW", "register_append"),
    Trigger("personal_insert", "personal", "BEFORE INSERT", "ROW", "register_beside"),
    Trigger("touches_insert", "touches", "BEFORE INSERT", "ROW", "register_beside"),
    Trigger("personal_delete", "personal", "BEFORE DELETE", "ROW", "register_erase"),
    Trigger("personal_update", "personal", "BEFORE UPDATE", "ROW", "register_refuse"),
    Trigger("personal_truncate", "personal", "BEFORE TRUNCATE", "STATEMENT", "register_refuse"),
    *(
        Trigger(f"{table}_{what}", table, f"BEFORE {verb}", each, "register_refuse")
        for table in ("events", "logs", "touches")
        for what, verb, each in (
            ("change", "UPDATE OR DELETE", "ROW"),
            ("truncate", "TRUNCATE", "STATEMENT"),
        )
    ),
)


def tables() -> MetaData:
    """The tables of `schema.py` as they are on a server."""
    metadata = MetaData()
    for table in schema.metadata.sorted_tables:
        copied = table.to_metadata(metadata)
        for column in copied.columns:
            if isinstance(column.type, Text):
                column.type = Text(collation="C")
        for index in copied.indexes:
            where = index.dialect_options["sqlite"]["where"]
            if where is not None:
                index.dialect_options["postgresql"]["where"] = text(
                    str(where.compile(compile_kwargs={"literal_binds": True})).replace(
                        f"{table.name}.", ""
                    )
                )
    return metadata


def indexes() -> Iterator[Index]:
    """All indexes that are not of a primary key, by name."""
    for table in tables().sorted_tables:
        yield from sorted(table.indexes, key=lambda index: str(index.name))


def create_schema(connection: Connection) -> None:
    """Make the tables, indexes and triggers in the current schema, inside a transaction."""
    for table in tables().sorted_tables:
        connection.execute(CreateTable(table))
    for index in indexes():
        connection.execute(CreateIndex(index))
    home = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    outside = OUTSIDE.format(schema=home)
    for function in FUNCTIONS:
        connection.exec_driver_sql(
            f"CREATE FUNCTION {function.name}() RETURNS trigger LANGUAGE plpgsql {outside} "
            f"AS $body${function.body}$body$".replace("%", "%%")
        )
    for trigger in TRIGGERS:
        connection.exec_driver_sql(
            f"CREATE TRIGGER {trigger.name} {trigger.when} ON {trigger.table} "
            f"FOR EACH {trigger.each} EXECUTE FUNCTION {trigger.function}()"
        )
    connection.execute(schema.revision_table.insert(), {"version_num": schema.REVISION})


# ------------------------------------------------------------------------ looked at again


def differences(connection: Connection) -> list[str]:
    """The names of what was changed: columns, constraints, indexes, triggers, functions.

    Reads the catalogue alone, so that an auditor or a standby serves.  Columns and functions are
    compared in full, constraints and indexes by their names and by whether they are in force.
    """
    differing = expected_parts() ^ set(_parts(connection))
    if enforcing.is_enforced(connection):
        differing -= {f"trigger {name} events {name} True" for name in enforcing.TRIGGERS}
    return sorted({part.split(" ", 2)[1] for part in differing})


def expected_parts() -> set[str]:
    """What `create_schema` makes, a line each: `kind name rest`."""
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

    dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]
    parts: set[str] = set()
    for table in tables().sorted_tables:
        for column in table.columns:
            kind = column.type.compile(dialect=dialect).split(" COLLATE")[0].lower()
            kind = "character varying(32)" if kind == "varchar(32)" else kind
            order = "C" if isinstance(column.type, Text) else "-"
            parts.add(f"column {table.name}.{column.name} {kind} {order} {not column.nullable}")
        parts |= {f"constraint {one.name} True" for one in table.constraints if one.name}
    parts |= {f"index {index.name} True" for index in indexes()}
    parts |= {f"function {function.name} {function.body}" for function in FUNCTIONS}
    parts |= {f"trigger {one.name} {one.table} {one.function} True" for one in TRIGGERS}
    return parts


def _parts(connection: Connection) -> Iterator[str]:
    names = [table.name for table in schema.metadata.sorted_tables]
    for (part,) in connection.execute(
        _PARTS, {"tables": names, "functions": [function.name for function in FUNCTIONS]}
    ):
        yield part


_PARTS = text("""
WITH mine AS (
  SELECT oid, relname FROM pg_class
  WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname = ANY(:tables)
)
SELECT 'column ' || m.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
  || ' ' || CASE WHEN c.collname = 'C' THEN 'C' ELSE '-' END
  || ' ' || CASE WHEN a.attnotnull THEN 'True' ELSE 'False' END
  FROM mine AS m JOIN pg_attribute AS a ON a.attrelid = m.oid AND a.attnum > 0
    AND NOT a.attisdropped LEFT JOIN pg_collation AS c ON c.oid = a.attcollation
UNION ALL
SELECT 'constraint ' || k.conname || CASE WHEN k.convalidated THEN ' True' ELSE ' False' END
  FROM mine AS m JOIN pg_constraint AS k ON k.conrelid = m.oid AND k.contype IN ('p', 'c', 'f', 'u')
UNION ALL
SELECT 'index ' || i.relname || CASE WHEN x.indisvalid THEN ' True' ELSE ' False' END
  FROM mine AS m JOIN pg_index AS x ON x.indrelid = m.oid AND NOT x.indisprimary
    JOIN pg_class AS i ON i.oid = x.indexrelid
UNION ALL
SELECT 'trigger ' || t.tgname || ' ' || m.relname || ' ' || p.proname
  || CASE WHEN t.tgenabled IN ('O', 'A') THEN ' True' ELSE ' False' END
  FROM mine AS m JOIN pg_trigger AS t ON t.tgrelid = m.oid AND NOT t.tgisinternal
    JOIN pg_proc AS p ON p.oid = t.tgfoid
UNION ALL
SELECT 'function ' || p.proname || ' ' || p.prosrc FROM pg_proc AS p
  WHERE p.pronamespace = current_schema()::regnamespace AND p.proname = ANY(:functions)
""")
