"""The first schema: logs, events, the customers they touch, personal data aside.

A revision is frozen once it is released: it names tables and columns itself and imports
nothing of conflictctl.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TRIGGERS = (
    """CREATE TRIGGER events_append BEFORE INSERT ON events
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events WHERE log = NEW.log)
  OR EXISTS (SELECT 1 FROM events WHERE id = NEW.id)
BEGIN SELECT raise(ABORT, 'an entry is only ever added at the end'); END""",
    """CREATE TRIGGER events_update BEFORE UPDATE ON events
BEGIN SELECT raise(ABORT, 'an entry is never changed'); END""",
    """CREATE TRIGGER events_delete BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'an entry is never deleted'); END""",
    """CREATE TRIGGER logs_append BEFORE INSERT ON logs
WHEN EXISTS (SELECT 1 FROM logs WHERE name = NEW.name)
BEGIN SELECT raise(ABORT, 'a log is never replaced'); END""",
    """CREATE TRIGGER logs_update BEFORE UPDATE ON logs
BEGIN SELECT raise(ABORT, 'a log is never changed'); END""",
    """CREATE TRIGGER logs_delete BEFORE DELETE ON logs
BEGIN SELECT raise(ABORT, 'a log is never deleted'); END""",
    """CREATE TRIGGER touches_update BEFORE UPDATE ON touches
BEGIN SELECT raise(ABORT, 'an entry is never changed'); END""",
    """CREATE TRIGGER touches_delete BEFORE DELETE ON touches
BEGIN SELECT raise(ABORT, 'an entry is never deleted'); END""",
    """CREATE TRIGGER personal_append BEFORE INSERT ON personal
WHEN EXISTS (SELECT 1 FROM personal WHERE log = NEW.log AND seq = NEW.seq)
BEGIN SELECT raise(ABORT, 'personal data are never replaced'); END""",
    """CREATE TRIGGER personal_update BEFORE UPDATE ON personal
BEGIN SELECT raise(ABORT, 'personal data are never changed'); END""",
    """CREATE TRIGGER personal_delete BEFORE DELETE ON personal
WHEN NOT EXISTS (
  SELECT 1 FROM events AS e JOIN events AS r
    ON r.kind = 'redaction' AND r.log = e.log AND r.seq > e.seq
  WHERE e.log = OLD.log AND e.seq = OLD.seq AND (
    r.subject = e.customer
    OR r.subject IN (SELECT customer FROM touches WHERE log = e.log AND seq = e.seq)))
BEGIN SELECT raise(ABORT, 'personal data go only after a redaction of the customer'); END""",
)


def upgrade() -> None:
    """Make the tables, indexes and triggers of an empty register."""
    op.create_table(
        "logs",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="logs_pk"),
        sa.CheckConstraint("length(origin) = 32", name="logs_origin"),
    )
    op.create_table(
        "events",
        sa.Column("log", sa.Text, sa.ForeignKey("logs.name", name="events_log"), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("id", sa.Text),
        sa.Column("content", sa.BigInteger),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("appended_at", sa.BigInteger, nullable=False),
        sa.Column("customer", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("attestation", sa.BigInteger),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("log", "seq", name="events_pk"),
        sa.CheckConstraint("seq > 0", name="events_seq"),
        sa.CheckConstraint("recorded_at >= at", name="events_times"),
        sa.CheckConstraint("attestation > 0 AND attestation < seq", name="events_attestation"),
        sa.CheckConstraint("(id IS NULL) <> (content IS NULL)", name="events_identity"),
        sa.CheckConstraint("length(hash) = 32", name="events_hash"),
    )
    op.create_index("events_id", "events", ["id"], unique=True)
    op.create_index(
        "events_content", "events", ["content"], sqlite_where=sa.text("content IS NOT NULL")
    )
    op.create_index(
        "events_customer",
        "events",
        ["customer", "seq"],
        sqlite_where=sa.text("customer IS NOT NULL"),
    )
    op.create_index(
        "events_subject",
        "events",
        ["kind", "subject", "seq"],
        sqlite_where=sa.text("subject IS NOT NULL"),
    )
    op.create_table(
        "touches",
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("log", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("customer", "log", "seq", name="touches_pk"),
        sa.ForeignKeyConstraint(["log", "seq"], ["events.log", "events.seq"], name="touches_event"),
    )
    op.create_index("touches_place", "touches", ["log", "seq"])
    op.create_table(
        "personal",
        sa.Column("log", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("log", "seq", name="personal_pk"),
        sa.ForeignKeyConstraint(
            ["log", "seq"], ["events.log", "events.seq"], name="personal_event"
        ),
        sa.CheckConstraint("length(salt) = 32", name="personal_salt"),
    )
    for trigger in TRIGGERS:
        op.execute(trigger)
    op.execute("PRAGMA application_id = 1128680532")
    op.execute("PRAGMA user_version = 1")
