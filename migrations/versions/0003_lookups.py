"""The keys by which customers are found without a walk through all, and an index of look-ups."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the index and the tables; the first look-up fills them."""
    op.create_index("events_checks", "events", ["at"], sqlite_where=sa.text("kind = 'check'"))
    op.create_table(
        "lookup_cards",
        sa.Column("log", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("log", "seq", name="lookup_cards_pk"),
        sa.ForeignKeyConstraint(
            ["log", "seq"],
            ["personal.log", "personal.seq"],
            name="lookup_cards_personal",
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lookups",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("log", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", "log", "seq", name="lookups_pk"),
        sa.ForeignKeyConstraint(
            ["log", "seq"],
            ["lookup_cards.log", "lookup_cards.seq"],
            name="lookups_card",
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lookup_marks",
        sa.Column(
            "log", sa.Text, sa.ForeignKey("logs.name", name="lookup_marks_log"), nullable=False
        ),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("log", name="lookup_marks_pk"),
    )
    op.execute("PRAGMA user_version = 3")
