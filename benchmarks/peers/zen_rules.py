"""The simplified policy as a JDM decision table for zen-engine, and the facts it is given.

A decision table sees one flat set of facts, so Python digests the history first; the table
holds what the policy says of the facts: the rules in their order, the limits and the days.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from conflictctl.calendar import Calendar
from conflictctl.events import Event
from conflictctl.people import People
from peers.by_hand import Key, Prepared, last_contact, prepare, refs

# In brackets: without them zen reads no cell of it, and a cell it cannot read is never met.
_LIMITS = "({H: 3, A: 7, B: 15, C: 30})"

# The columns of a row: the condition, then winner, kind, clause and evidence.
_ROWS = [
    (
        "filing_days != null and filing_days <= 30 and not(store_older and not("
        f"store_gap != null and store_level != null and store_gap > {_LIMITS}[store_level]))",
        "outlet",
        "'outlet'",
        "'a'",
        "filing_evidence",
    ),
    ("orderer != null and orderer != closer", "orderer", "'staff'", "'b'", "order_evidence"),
    (
        "original != null and original == closer",
        "closer",
        "'staff'",
        "'c'",
        "file_evidence",
    ),
    (
        f"gap != null and level != null and gap > {_LIMITS}[level]",
        "closer",
        "'staff'",
        "'d'",
        "lapse_evidence",
    ),
    (
        "not(some(claim_days, # >= 0 and # < 3))",
        "closer",
        "'staff'",
        "'e'",
        "claim_evidence",
    ),
    ("gap != null and gap <= 7", "original", "'staff'", "'f'", "contact_evidence"),
    ("true", "closer", "'staff'", "'g'", "contact_evidence"),
]
_COLUMNS = ("when", "winner", "kind", "clause", "evidence")


def decision_model() -> str:
    """The decision graph: facts in, one table of which the first row that holds decides."""
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": "when", "name": "when"}],
        "outputs": [{"id": name, "name": name, "field": name} for name in _COLUMNS[1:]],
        "rules": [
            {"_id": f"row{index}", **dict(zip(_COLUMNS, row, strict=True))}
            for index, row in enumerate(_ROWS, 1)
        ],
    }
    nodes = [
        {"id": "facts", "type": "inputNode", "name": "facts"},
        {"id": "rules", "type": "decisionTableNode", "name": "rules", "content": table},
        {"id": "ruling", "type": "outputNode", "name": "ruling"},
    ]
    edges = [
        {"id": f"{source}-{target}", "sourceId": source, "targetId": target, "type": "edge"}
        for source, target in (("facts", "rules"), ("rules", "ruling"))
    ]
    return json.dumps({"nodes": nodes, "edges": edges})


def engine() -> Any:
    """zen-engine with the model under the key `policy`.

    A static loader: the engine keeps what it compiled.  `create_decision` gives a decision
    that takes some seven times as long for each evaluation.
    """
    import zen

    model = json.loads(decision_model())
    return zen.ZenEngine({"loader": {"type": "static", "content": {"policy": model}}})


def facts(events: Sequence[Event], people: People, calendar: Calendar) -> dict[str, Any]:
    """What the table asks about one customer, and the events behind each fact."""
    return facts_of(prepare(events, people, calendar), people, calendar)


def facts_of(p: Prepared, people: People, calendar: Calendar) -> dict[str, Any]:
    """The facts, from events sorted into what counts."""
    day, close = calendar.day, p.close
    deal_day = day(close.at)
    found: dict[str, Any] = {
        "closer": close.by,
        "orderer": p.order.by if p.order is not None else None,
        "order_evidence": refs(p.order) if p.order is not None else [],
        "outlet": None,
        "filing_days": None,
        "filing_evidence": [],
        "store_older": False,
        "store_gap": None,
        "store_level": None,
    }
    reception = next((c for c in p.contacts if c.outlet is not None), None) if p.filings else None
    if reception is not None:
        filing = _filing(p.filings, reception.outlet, p.key, people)
        if filing is not None:
            file = next((c for c in p.contacts if c.is_file and c.unit_type == "store"), None)
            evidence = [reception.event, filing]
            if file is not None:
                evidence.append(file.event)
                if file.key < reception.key:
                    last, level = last_contact(p.contacts, file.by, reception.key)
                    found["store_older"] = True
                    found["store_level"] = level
                    if last is not None:
                        found["store_gap"] = day(reception.event.at) - day(last.event.at)
                        evidence.append(last.event)
            found["outlet"] = reception.outlet
            found["filing_days"] = deal_day - day(filing.recorded_at)
            found["filing_evidence"] = refs(*evidence)
    file = next((c for c in p.contacts if c.is_file), None)
    original = file.by if file is not None else None
    first = [file.event] if file is not None else []
    last, level = last_contact(p.contacts, original, p.key)
    contact = [last.event] if last is not None else []
    first_day = day(max(close.at, close.recorded_at))
    found["original"] = original
    found["level"] = level
    found["gap"] = deal_day - day(last.event.at) if last is not None else None
    found["claim_days"] = [
        day(claim.recorded_at) - first_day for claim in p.claims if claim.by == original
    ]
    found["file_evidence"] = refs(*first)
    found["claim_evidence"] = refs(*first) if p.claims else []
    found["contact_evidence"] = refs(*first, *contact)
    found["lapse_evidence"] = refs(*first, *contact, close)
    return found


def _filing(
    filings: Sequence[Event], outlet: str | None, before: Key, people: People
) -> Event | None:
    """The last filing of an outlet with a manager before the deal; the table knows its days."""
    for event in reversed(filings):
        if (
            event.by is not None
            and people.outlet(event.by, event.recorded_at) == outlet
            and people.role(event.fields.get("to", ""), event.recorded_at) == "manager"
            and (event.recorded_at, event.recorded_at, event.seq) < before
        ):
            return event
    return None
