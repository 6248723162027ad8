"""The simplified policy as one SQL query over all customers, for DuckDB.

The tables hold what a register holds, one row an event; local days, validity, order of time
and evidence are worked out in the query.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conflictctl.events import Event

TABLES = """
CREATE TABLE outlets (outlet VARCHAR, type VARCHAR);
CREATE TABLE staff (staff VARCHAR, role VARCHAR, outlet VARCHAR);
CREATE TABLE events (
  customer VARCHAR, seq BIGINT, id VARCHAR, kind VARCHAR, moment BIGINT, recorded BIGINT,
  author VARCHAR, outlet VARCHAR, direction VARCHAR, level VARCHAR, reached BOOLEAN,
  told VARCHAR
);
CREATE MACRO day_of(m) AS (m + 8 * 3600000000) // 86400000000;
CREATE TABLE limits (level VARCHAR, days BIGINT);
INSERT INTO limits VALUES ('H', 3), ('A', 7), ('B', 15), ('C', 30);
"""

# A place in time is a struct (when, recorded, seq): it compares field by field.
RULINGS = """
WITH close AS (
  SELECT customer, arg_min(author, seq) AS closer, arg_min(id, seq) AS close_id,
         arg_min(moment, seq) AS moment, arg_min(recorded, seq) AS recorded, min(seq) AS seq
  FROM events WHERE kind = 'close' GROUP BY customer
),
deal AS (
  SELECT *, {'t': moment, 'r': recorded, 's': seq} AS place, day_of(moment) AS deal_day,
         day_of(greatest(moment, recorded)) AS first_day
  FROM close
),
contact AS (
  SELECT e.customer, e.seq, e.id, e.kind, e.moment, e.author, e.level, e.direction,
         {'t': e.moment, 'r': e.recorded, 's': e.seq} AS place,
         o.type AS unit_type, coalesce(e.outlet, s.outlet) AS venue, v.type AS venue_type
  FROM events e
  JOIN staff s ON s.staff = e.author
  JOIN deal d ON d.customer = e.customer
  LEFT JOIN outlets o ON o.outlet = s.outlet
  LEFT JOIN outlets v ON v.outlet = coalesce(e.outlet, s.outlet)
  WHERE e.kind IN ('visit', 'call', 'followup') AND e.reached IS DISTINCT FROM false
    AND s.role IN ('consultant', 'supervisor') AND day_of(e.recorded) <= day_of(e.moment)
    AND {'t': e.moment, 'r': e.recorded, 's': e.seq} < d.place
),
seen AS (
  SELECT customer,
         arg_min({'id': id, 'author': author, 'moment': moment, 'seq': seq}, place)
           FILTER (kind <> 'followup' AND direction = 'in') AS file,
         arg_min({'id': id, 'author': author, 'moment': moment, 'seq': seq, 'place': place}, place)
           FILTER (kind <> 'followup' AND direction = 'in' AND unit_type = 'store') AS store_file,
         arg_min({'id': id, 'outlet': venue, 'moment': moment, 'seq': seq, 'place': place}, place)
           FILTER (kind = 'visit' AND venue_type = 'second_tier') AS reception
  FROM contact GROUP BY customer
),
kept AS (
  SELECT c.customer,
         arg_max({'id': c.id, 'moment': c.moment, 'seq': c.seq}, c.place) AS last,
         arg_max(c.level, c.place) FILTER (c.level IS NOT NULL) AS level
  FROM contact c JOIN seen s ON s.customer = c.customer AND c.author = s.file.author
  GROUP BY c.customer
),
store_kept AS (
  SELECT c.customer,
         arg_max({'id': c.id, 'moment': c.moment, 'seq': c.seq}, c.place) AS last,
         arg_max(c.level, c.place) FILTER (c.level IS NOT NULL) AS level
  FROM contact c
  JOIN seen s ON s.customer = c.customer AND c.author = s.store_file.author
    AND c.place < s.reception.place
  GROUP BY c.customer
),
filed AS (
  SELECT f.customer, arg_max({'id': f.id, 'moment': f.moment, 'seq': f.seq}, f.recorded) AS filing
  FROM events f
  JOIN deal d ON d.customer = f.customer
  JOIN seen s ON s.customer = f.customer
  JOIN staff a ON a.staff = f.author AND a.outlet = s.reception.outlet
  JOIN staff m ON m.staff = f.told AND m.role = 'manager'
  WHERE f.kind = 'filing' AND {'t': f.recorded, 'r': f.recorded, 's': f.seq} < d.place
    AND d.deal_day - day_of(f.recorded) <= 30
  GROUP BY f.customer
),
cancelled AS (
  SELECT c.customer, max(c.seq) AS seq
  FROM events c JOIN deal d ON d.customer = c.customer
  WHERE c.kind = 'cancel_order' AND c.seq < d.seq GROUP BY c.customer
),
ordered AS (
  SELECT o.customer, arg_min({'id': o.id, 'author': o.author}, o.seq) AS taken
  FROM events o
  JOIN deal d ON d.customer = o.customer
  LEFT JOIN cancelled c ON c.customer = o.customer
  WHERE o.kind = 'order' AND o.seq < d.seq AND o.seq > coalesce(c.seq, 0)
  GROUP BY o.customer
),
claimed AS (
  SELECT c.customer, count(*) FILTER (
           c.author = s.file.author AND day_of(c.recorded) - d.first_day BETWEEN 0 AND 2
         ) AS in_time
  FROM events c
  JOIN deal d ON d.customer = c.customer
  LEFT JOIN seen s ON s.customer = c.customer
  WHERE c.kind = 'claim' GROUP BY c.customer
),
facts AS (
  SELECT d.customer, d.closer, d.close_id, d.moment, d.seq, s.file, s.file.author AS original,
         s.reception, s.store_file, f.filing, k.last, sk.last AS store_last, o.taken,
         d.deal_day - day_of(k.last.moment) AS gap, l.days AS max_gap,
         coalesce(s.store_file.place < s.reception.place, false) AS store_older,
         coalesce(day_of(s.reception.moment) - day_of(sk.last.moment) > sl.days, false)
           AS store_lapsed,
         sl.days AS store_limit, c.in_time
  FROM deal d
  LEFT JOIN seen s USING (customer)
  LEFT JOIN kept k USING (customer)
  LEFT JOIN limits l ON l.level = k.level
  LEFT JOIN store_kept sk USING (customer)
  LEFT JOIN limits sl ON sl.level = sk.level
  LEFT JOIN filed f USING (customer)
  LEFT JOIN ordered o USING (customer)
  LEFT JOIN claimed c USING (customer)
),
decided AS (
  SELECT *, CASE
    WHEN filing IS NOT NULL AND NOT (store_older AND NOT store_lapsed) THEN 'a'
    WHEN taken.author <> closer THEN 'b'
    WHEN closer = original THEN 'c'
    WHEN gap > max_gap THEN 'd'
    WHEN coalesce(in_time, 0) = 0 THEN 'e'
    WHEN gap <= 7 THEN 'f'
    ELSE 'g' END AS clause
  FROM facts
),
rested AS (
  SELECT customer, clause, closer, original, taken, reception, CASE clause
    WHEN 'a' THEN [{'t': reception.moment, 's': reception.seq, 'id': reception.id},
                   {'t': filing.moment, 's': filing.seq, 'id': filing.id},
                   {'t': store_file.moment, 's': store_file.seq, 'id': store_file.id},
                   CASE WHEN store_older THEN
                     {'t': store_last.moment, 's': store_last.seq, 'id': store_last.id} END]
    WHEN 'b' THEN [{'t': 0::BIGINT, 's': 0::BIGINT, 'id': taken.id}]
    WHEN 'c' THEN [{'t': file.moment, 's': file.seq, 'id': file.id}]
    WHEN 'd' THEN [{'t': file.moment, 's': file.seq, 'id': file.id},
                   {'t': last.moment, 's': last.seq, 'id': last.id},
                   {'t': moment, 's': seq, 'id': close_id}]
    WHEN 'e' THEN CASE WHEN in_time IS NULL THEN []
                       ELSE [{'t': file.moment, 's': file.seq, 'id': file.id}] END
    ELSE [{'t': file.moment, 's': file.seq, 'id': file.id},
          {'t': last.moment, 's': last.seq, 'id': last.id}] END AS events
  FROM decided
)
SELECT customer,
       CASE clause WHEN 'a' THEN reception.outlet WHEN 'b' THEN taken.author
                   WHEN 'f' THEN original ELSE closer END AS winner,
       CASE clause WHEN 'a' THEN 'outlet' ELSE 'staff' END AS kind,
       clause,
       list_transform(list_sort(list_distinct(list_filter(events, lambda e: e.id IS NOT NULL))),
                      lambda e: e.id) AS evidence
FROM rested
"""

Row = tuple[str, str, str, str, list[str]]


def loaded(staff: Iterable[Event], events: Iterable[Event]) -> Any:
    """An in-memory database on one thread, filled with the people and all customers' events."""
    import duckdb

    database = duckdb.connect(config={"threads": 1})
    database.execute(TABLES)
    staff = list(staff)
    _fill(database, "outlets", [_pick(e, "outlet", "type") for e in staff if e.kind == "outlet"])
    _fill(
        database, "staff", [_pick(e, "staff", "role", "outlet") for e in staff if e.kind == "staff"]
    )
    _fill(database, "events", [_row(event) for event in events])
    return database


def rulings(database: Any) -> list[Row]:
    """Everybody's ruling, fetched into Python."""
    rows: list[Row] = database.execute(RULINGS).fetchall()
    return rows


def _pick(event: Event, *names: str) -> tuple[Any, ...]:
    return tuple(event.fields[name] for name in names)


def _row(event: Event) -> tuple[Any, ...]:
    get = event.fields.get
    return (
        event.customer,
        event.seq,
        event.id,
        event.kind,
        event.at,
        event.recorded_at,
        event.by,
        get("outlet"),
        get("direction"),
        get("level"),
        get("reached"),
        get("to"),
    )


def _fill(database: Any, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert whole columns at once; `executemany` takes two hundred times as long."""
    columns = dict(zip("abcdefghijkl", map(list, zip(*rows, strict=True)), strict=False))
    lists = ", ".join(f"unnest(${name})" for name in columns)
    database.execute(f"INSERT INTO {table} SELECT {lists}", columns)
