"""The least that a Python program does to store one row durably with SQLAlchemy Core."""

import sys

from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, insert

events = Table("events", MetaData(), Column("seq", Integer, primary_key=True), Column("body", Text))

engine = create_engine(f"sqlite:///{sys.argv[1]}")
with engine.begin() as connection:
    connection.execute(insert(events).values(body='{"kind":"visit","customer":"K1"}'))
