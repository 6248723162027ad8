"""Run by Alembic, on the connection that `conflictctl.register.upgrade` hands over.

The transaction is the caller's: Alembic on SQLite would otherwise commit statement by
statement, and an upgrade that is killed must leave the old register behind.
"""

from alembic import context

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("run migrations with `conflictctl upgrade`, which keeps a copy")
context.configure(connection=connection)
assert connection.in_transaction()
context.run_migrations()
