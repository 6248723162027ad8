"""Which personal data were erased, and by which entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Select, bindparam, select

from conflictctl.erasure import in_place_of, likely_names
from conflictctl.register.schema import events, touches

_REMEMBERED = 1000

Fetch = Callable[[Select[Any], dict[str, Any]], Sequence[Any]]


class Redaction(NamedTuple):
    """An erasure: its place, and the fields that it names as erased, by the place of the entry."""

    seq: int
    fields: Mapping[int, list[str]]


class Redactions:
    """The erasures of a register, looked up by customer when an entry is met that lost its data."""

    def __init__(self, fetch: Fetch, log: str) -> None:
        self._fetch = fetch
        self._log = log
        self._known: dict[str, list[Redaction]] = {}

    def of_customer(self, customer: str) -> list[Redaction]:
        """The erasures of a customer's data, the oldest first."""
        rows = self._fetch(_OF_CUSTOMER, {"customer": customer})
        return [Redaction(seq, _fields(body)) for seq, body in rows]

    def forget(self) -> None:
        """Look everything up again: more was erased."""
        self._known.clear()

    def place_of(self, seq: int, customer: str | None) -> tuple[int, list[str] | None] | None:
        """By which entry an entry's data were erased, and which fields; None: by none."""
        found = self._among(seq, [customer] if customer is not None else [])
        if found is None:
            rows = self._fetch(_TOUCHED, {"log": self._log, "seq": seq})
            found = self._among(seq, [row[0] for row in rows])
        return found

    def fields(self, seq: int, body: Mapping[str, Any]) -> dict[str, Any]:
        """What stands in an entry for its erased fields; nothing if none were erased by right."""
        found = self.place_of(seq, body.get("customer"))
        if found is None:
            return {}
        place, names = found
        return in_place_of(likely_names(body["kind"]) if names is None else names, f"#{place}")

    def _among(self, seq: int, customers: Sequence[str]) -> tuple[int, list[str] | None] | None:
        for customer in customers:
            known = self._known.get(customer, ())
            if not any(one.seq > seq for one in known):  # never asked for, or erased meanwhile
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                known = self._known[customer] = self.of_customer(customer)
            later = [one for one in known if one.seq > seq]
            for one in later:
                if seq in one.fields:
                    return one.seq, one.fields[seq]
            if later:
                return later[0].seq, None
        return None


def _fields(body: bytes) -> dict[int, list[str]]:
    try:
        rows = orjson.loads(body).get("data", {}).get("erased", ())
        return {row["seq"]: row["fields"] for row in rows}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # a damaged entry: `audit verify` says so


_OF_CUSTOMER = (
    select(events.c.seq, events.c.body)
    .where(events.c.kind == "redaction", events.c.subject == bindparam("customer"))
    .order_by(events.c.seq)
)
_TOUCHED = select(touches.c.customer).where(
    touches.c.log == bindparam("log"), touches.c.seq == bindparam("seq")
)
