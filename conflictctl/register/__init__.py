"""The append-only register; the only room that knows SQLAlchemy."""
