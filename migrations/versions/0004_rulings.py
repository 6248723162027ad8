"""An index of rulings by people: precedents are found without a walk through the log."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        "events_rulings", "events", ["log", "seq"], sqlite_where=sa.text("kind = 'ruling'")
    )
    op.execute("PRAGMA user_version = 4")
