"""An index of claims: the cases that follow from them are found without a walk through the log."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        "events_claims", "events", ["log", "seq"], sqlite_where=sa.text("kind = 'claim'")
    )
    op.execute("PRAGMA user_version = 2")
