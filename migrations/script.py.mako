"""${message}

A revision is frozen once it is released: it names tables and columns itself and imports
nothing of conflictctl.  Events are never rewritten.  The last statement counts the schema
version, which conflictctl.register.schema repeats.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "..."}
    op.execute("PRAGMA user_version = VERSION")
