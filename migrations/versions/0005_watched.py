"""Who is watched: of whom something may fall due although nothing is recorded of him."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables; the first list of what is due fills them."""
    server = op.get_bind().dialect.name != "sqlite"
    text = sa.Text(collation="C") if server else sa.Text
    op.create_table(
        "watched",
        sa.Column("customer", text, nullable=False),
        sa.Column("watch", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("customer", name="watched_pk"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "watch_marks",
        sa.Column("log", text, sa.ForeignKey("logs.name", name="watch_marks_log"), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("as_of", sa.BigInteger, nullable=False),
        sa.Column("basis", text, nullable=False),
        sa.Column("turn", text, nullable=False),
        sa.PrimaryKeyConstraint("log", name="watch_marks_pk"),
    )
    if server:
        _grant_as_the_keys()
    else:
        op.execute("PRAGMA user_version = 5")


def _grant_as_the_keys() -> None:
    """Whoever may read or make the keys of customers, may do so here."""
    op.execute(
        """
        DO $$ DECLARE given record; BEGIN
          FOR given IN
            SELECT grantee, privilege_type FROM information_schema.role_table_grants
            WHERE table_schema = current_schema() AND table_name = 'lookups'
              AND grantee <> 'PUBLIC' AND grantee <> current_user
          LOOP
            EXECUTE format('GRANT %s ON watched, watch_marks TO %I',
                           given.privilege_type, given.grantee);
          END LOOP;
        END $$
        """
    )
