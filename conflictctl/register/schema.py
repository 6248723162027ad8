"""The tables of a register, version 5, for every database it may live in.

Nothing here is particular to one database; triggers and pragmas of SQLite are in
`sqlite.py`.  A change of these tables is a new revision under `migrations/versions`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

REVISION = "0005"
"""The Alembic revision this program reads and writes."""

VERSION = 5
"""Counts the revisions, so that `newer` and `older` can be told without Alembic."""

metadata = MetaData()

logs = Table(
    "logs",
    metadata,
    Column("name", Text, nullable=False),
    Column("origin", Text, nullable=False),
    PrimaryKeyConstraint("name", name="logs_pk"),
    CheckConstraint("length(origin) = 32", name="logs_origin"),
)

events = Table(
    "events",
    metadata,
    Column("log", Text, ForeignKey("logs.name", name="events_log"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("id", Text),
    Column("content", BigInteger),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("appended_at", BigInteger, nullable=False),
    Column("customer", Text),
    Column("subject", Text),
    Column("attestation", BigInteger),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("log", "seq", name="events_pk"),
    CheckConstraint("seq > 0", name="events_seq"),
    CheckConstraint("recorded_at >= at", name="events_times"),
    # Places are gapless, so that a smaller one exists; a reference would be looked up.
    CheckConstraint("attestation > 0 AND attestation < seq", name="events_attestation"),
    CheckConstraint("(id IS NULL) <> (content IS NULL)", name="events_identity"),
    CheckConstraint("length(hash) = 32", name="events_hash"),
)
Index("events_id", events.c.id, unique=True)
# `sqlite_where` costs nothing here; `postgresql_where` would import that dialect at every
# start, so it belongs into the migration for PostgreSQL.
Index("events_content", events.c.content, sqlite_where=events.c.content.is_not(None))
Index(
    "events_customer", events.c.customer, events.c.seq, sqlite_where=events.c.customer.is_not(None)
)
Index(
    "events_subject",
    events.c.kind,
    events.c.subject,
    events.c.seq,
    sqlite_where=events.c.subject.is_not(None),
)

# The look-ups of one person on one day are counted.
Index("events_checks", events.c.at, sqlite_where=events.c.kind == "check")

# Cases follow from claims: they are found without going through everything.
Index("events_claims", events.c.log, events.c.seq, sqlite_where=events.c.kind == "claim")

# A ruling by a person is looked up again when another one is asked for on the same clauses.
Index("events_rulings", events.c.log, events.c.seq, sqlite_where=events.c.kind == "ruling")

touches = Table(
    "touches",
    metadata,
    Column("customer", Text, nullable=False),
    Column("log", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("customer", "log", "seq", name="touches_pk"),
    ForeignKeyConstraint(["log", "seq"], ["events.log", "events.seq"], name="touches_event"),
)
Index("touches_place", touches.c.log, touches.c.seq)

personal = Table(
    "personal",
    metadata,
    Column("log", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("log", "seq", name="personal_pk"),
    ForeignKeyConstraint(["log", "seq"], ["events.log", "events.seq"], name="personal_event"),
    CheckConstraint("length(salt) = 32", name="personal_salt"),
)

# What follows is derived from the cards, outside of the chain: it can be made anew at any time,
# and goes with the personal data it was made of.
lookup_cards = Table(
    "lookup_cards",
    metadata,
    Column("log", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("log", "seq", name="lookup_cards_pk"),
    ForeignKeyConstraint(
        ["log", "seq"],
        ["personal.log", "personal.seq"],
        name="lookup_cards_personal",
        ondelete="CASCADE",
    ),
    sqlite_with_rowid=False,
)

# References `lookup_cards`, not `personal`: most personal data are notes, and that they have no
# keys is then seen without a look at the keys.  An index by place would double the table, for
# the sake of erasures alone.
lookups = Table(
    "lookups",
    metadata,
    Column("key", Text, nullable=False),
    Column("log", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("key", "log", "seq", name="lookups_pk"),
    ForeignKeyConstraint(
        ["log", "seq"],
        ["lookup_cards.log", "lookup_cards.seq"],
        name="lookups_card",
        ondelete="CASCADE",
    ),
    sqlite_with_rowid=False,
)

lookup_marks = Table(
    "lookup_marks",
    metadata,
    Column("log", Text, ForeignKey("logs.name", name="lookup_marks_log"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("log", name="lookup_marks_pk"),
)

# Derived, too: of whom something may fall due without a new entry, as of the mark.  Whoever is not
# named waits for one.
watched = Table(
    "watched",
    metadata,
    Column("customer", Text, nullable=False),
    Column("watch", BigInteger, nullable=False),
    PrimaryKeyConstraint("customer", name="watched_pk"),
    sqlite_with_rowid=False,
)

# `turn` is another one after every change, so that two who write at a time see each other.
watch_marks = Table(
    "watch_marks",
    metadata,
    Column("log", Text, ForeignKey("logs.name", name="watch_marks_log"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("basis", Text, nullable=False),
    Column("turn", Text, nullable=False),
    PrimaryKeyConstraint("log", name="watch_marks_pk"),
)

# Alembic's own table, declared as Alembic declares it: a new register is stamped with its
# revision without importing Alembic.
revision_table = Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
