#!/usr/bin/env python3
"""One policy by four engines: rulings per second, and the same ruling for every customer.

The policy of simplified.toml (filing, order, lapse, claim, tracking) is run on the same
made-up customers by

* the policy language of conflictctl, in process;
* zen-engine: a decision table, with the facts prepared in Python;
* DuckDB: one SQL query over all customers, its tables loaded beforehand;
* two Python functions written by hand for this one policy.

Two figures each: rulings with winner, clause and evidence, and rulings fully explained: the whole
`Ruling`, every rule in its order, met or not, with party, evidence, what was refused, margin and
a sentence in two languages.  (zen-engine: with its trace on, which tells the row that was met and
all facts.  DuckDB is asked for rulings alone.)  Before anything is timed every customer's rulings
are compared, the explained ones of conflictctl and of the functions written by hand value for
value; a difference ends the run.

Goals: >= 100,000 rulings/s and >= 30,000 fully explained by the policy language, from entries
sorted into what counts, as the functions written by hand and zen-engine get them.  The goals were
set on another machine, for which the peers' figures are known (`THERE`): how much slower each of
them is here says how much slower this machine is.  Needs `pip install '.[bench]'`.
"""

from __future__ import annotations

import gc
import importlib.metadata
import os
import platform
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from measure import Report, parser
from peers import by_hand, by_hand_explained, duck_rules, zen_rules
from peers.customers import Made, made

from conflictctl.adjudication.judge import (
    Decision,
    Matter,
    case_of,
    decide_case,
    judge_case,
    judge_deal,
    matter_of,
    rule_on,
)
from conflictctl.adjudication.ruling import PolicyUsed, Ruling
from conflictctl.events import Event
from conflictctl.history import replay
from conflictctl.policy import case as policy_case
from conflictctl.policy.model import load_policy
from conflictctl.policy.program import compiled

POLICY = load_policy(str(Path(__file__).with_name("simplified.toml")))
RULED = 100_000
EXPLAINED = 30_000

OURS = "conflictctl, from sorted events"
OURS_FROM_EVENTS = "conflictctl, from events"
OURS_EXPLAINED = "conflictctl, explained, from sorted events"
BY_HAND = "by hand, from sorted events"
BY_HAND_EXPLAINED = "by hand, explained, from sorted events"
ZEN = "zen-engine, from sorted events"
ZEN_TRACED = "zen-engine, traced, from sorted events"
TABLES = "DuckDB, from loaded tables"
CHUNK = 100

THERE = {
    BY_HAND: 288_000,
    BY_HAND_EXPLAINED: 38_000,
    ZEN: 71_000,
    ZEN_TRACED: 38_000,
    TABLES: 301_000,
}
"""What the peers gave a second on the machine on which the goals were set."""

USED = PolicyUsed(POLICY.id, POLICY.version, POLICY.digest, {})
"""What the functions written by hand say of the policy that they are written for."""

Answer = tuple[Any, Any, Any, tuple[str, ...]]


Chunk = list[tuple[str, list[Event]]]


class Case(NamedTuple):
    """Something to be timed: `prepare` (not timed) makes of some customers what `run` is given."""

    prepare: Callable[[Chunk], Any]
    run: Callable[[Any], None]


# ------------------------------------------------------------------------------- engines


def matters(these: Made, chunk: Chunk) -> list[tuple[str, Matter]]:
    """Histories replayed afresh: no ruling finds what an earlier one worked out."""
    program = compiled(POLICY, {})
    found = []
    for customer, events in chunk:
        history = replay(
            events,
            people=these.people,
            calendar=these.calendar,
            as_of=these.as_of,
            powers=program.powers,
        )
        matter = matter_of(program, history, frozenset((customer,)), these.as_of)
        found.append((customer, matter))
    return found


def from_events(these: Made, chunk: Chunk, explain: bool) -> None:
    """conflictctl, all of it: replay the events, find the deal, rule."""
    people, calendar, as_of = these.people, these.calendar, these.as_of
    for customer, events in chunk:
        ruling = rule_on(
            events,
            customer,
            policy=POLICY,
            people=people,
            calendar=calendar,
            as_of=as_of,
            explain=explain,
        )
        _read(ruling)


def from_matters(prepared: list[tuple[str, Matter]], explain: bool, words: bool = False) -> None:
    """conflictctl from the replayed history."""
    for customer, matter in prepared:
        ruling = judge_deal(matter, customer, matter.deals[-1], explain)
        _read(ruling)
        if words:
            for finding in ruling.findings:
                str(finding.reason)


Sorted = list[tuple[str, policy_case.Case]]


def sorted_out(prepared: list[tuple[str, Matter]], explain: bool) -> Sorted:
    """Each customer's entries sorted into what counts: what `by_hand.prepare` does as well."""
    found = []
    for customer, matter in prepared:
        one = case_of(matter, matter.deals[-1], explain=explain)
        one.sort_out()
        found.append((customer, one))
    return found


def decided(cases: Sorted) -> None:
    """conflictctl: winner, clause and evidence."""
    for _, one in cases:
        decide_case(one)


def judged(cases: Sorted) -> None:
    """conflictctl: every rule in its order, with evidence, margin and sentence."""
    for customer, one in cases:
        _read(judge_case(one, customer))


def _read(ruling: Ruling) -> Any:
    # Taken out of the ruling within the time, so that nothing is put off until after it.
    return ruling.credit, ruling.decided_by, ruling.findings[-1].evidence


Prepared = list[tuple[str, by_hand.Prepared]]


def by_hand_prepared(these: Made, chunk: Chunk) -> Prepared:
    """The functions written by hand: each customer's events sorted into what counts."""
    people, calendar = these.people, these.calendar
    return [(customer, by_hand.prepare(events, people, calendar)) for customer, events in chunk]


def by_hand_decided(these: Made, prepared: Prepared) -> None:
    """Winner, clause and evidence."""
    people, calendar = these.people, these.calendar
    for _, one in prepared:
        by_hand.rule(one, people, calendar)


def by_hand_judged(these: Made, prepared: Prepared) -> None:
    """The whole ruling."""
    people, calendar, as_of = these.people, these.calendar, these.as_of
    for customer, one in prepared:
        _read(by_hand_explained.explain(one, customer, people, calendar, as_of, USED))


def zen_from_events(these: Made, chunk: Chunk, engine: Any, options: dict[str, bool]) -> None:
    people, calendar = these.people, these.calendar
    evaluate = engine.evaluate
    for _, events in chunk:
        evaluate("policy", zen_rules.facts(events, people, calendar), options)


def zen_from_prepared(
    these: Made, prepared: Prepared, engine: Any, options: dict[str, bool]
) -> None:
    people, calendar = these.people, these.calendar
    evaluate = engine.evaluate
    for _, one in prepared:
        evaluate("policy", zen_rules.facts_of(one, people, calendar), options)


def zen_from_facts(prepared: list[dict[str, Any]], engine: Any, options: dict[str, bool]) -> None:
    evaluate = engine.evaluate
    for facts in prepared:
        evaluate("policy", facts, options)


# ---------------------------------------------------------------------- the same answers


def compare(these: Made, engine: Any, database: Any) -> Counter[str]:
    """Hold every customer's rulings against each other; returns how often each clause decided.

    All four must agree on winner, clause and evidence; conflictctl and the functions written
    by hand give the same explained ruling.
    """
    people, calendar = these.people, these.calendar
    rows = {row[0]: (*row[1:4], tuple(row[4])) for row in duck_rules.rulings(database)}
    clauses: Counter[str] = Counter()
    for customer, matter in matters(these, list(these.customers.items())):
        events = these.customers[customer]
        prepared = by_hand.prepare(events, people, calendar)
        expected: Answer = tuple(by_hand.rule(prepared, people, calendar))
        full = by_hand_explained.explain(prepared, customer, people, calendar, these.as_of, USED)
        deal = matter.deals[-1]
        explained = judge_deal(matter, customer, deal, True)
        result = engine.evaluate("policy", zen_rules.facts(events, people, calendar))["result"]
        decision = decide_case(case_of(matter, deal))
        answers: dict[str, Answer] = {
            "conflictctl, decided": _decided(decision),
            "conflictctl": _answer(judge_deal(matter, customer, deal, False)),
            "conflictctl, explained": _answer(explained),
            "by hand, explained": _answer(full),
            "zen-engine": (
                result["winner"],
                result["kind"],
                result["clause"],
                tuple(result["evidence"]),
            ),
            "DuckDB": rows[customer],
        }
        for name, answer in answers.items():
            if answer != expected:
                raise SystemExit(f"{customer}: {name} {answer}, by hand {expected}")
        if explained != full:
            raise SystemExit(f"{customer}: conflictctl {explained}, by hand {full}")
        clauses[expected[2]] += 1
    if len(rows) != len(these.customers):
        raise SystemExit(f"DuckDB: {len(rows)} rulings")
    return clauses


def _decided(decision: Decision | None) -> Answer:
    assert decision is not None
    (credit,) = decision.credit
    return credit.party, credit.kind, decision.decided_by, decision.evidence


def _answer(ruling: Ruling) -> Answer:
    decided = next(f for f in ruling.findings if f.outcome == "awards")
    (credit,) = ruling.credit
    return credit.party, credit.kind, ruling.decided_by, decided.evidence


# ------------------------------------------------------------------------------- timing


def timed(case: Case, chunks: Sequence[Chunk]) -> float:
    """Seconds of processor time over all customers, all threads: what others do does not count.

    Chunk by chunk, as the program goes through a register: what is prepared is used at once.
    The collector is on; what stood before the run is frozen, so that the run pays for its own
    rubbish and not for walking through the customers.
    """
    gc.collect()
    gc.freeze()
    seconds = 0.0
    for chunk in chunks:
        prepared = case.prepare(chunk)
        begin = time.process_time()
        case.run(prepared)
        seconds += time.process_time() - begin
    gc.unfreeze()
    return seconds


def in_turn(
    rounds: int, cases: Mapping[str, Case], chunks: Sequence[Chunk]
) -> dict[str, list[float]]:
    """Every case once a round, so that a slow spell meets them all; the first round warms."""
    found: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(rounds + 1):
        for name, case in cases.items():
            seconds = timed(case, [[]] if name == TABLES else chunks)
            if turn:
                found[name].append(seconds)
    return found


def all_cases(these: Made, engine: Any, database: Any) -> dict[str, Case]:
    """What is timed, by the name it is shown under."""
    plain: dict[str, bool] = {}
    traced = {"trace": True}
    people, calendar = these.people, these.calendar

    def events(chunk: Chunk) -> Chunk:
        return chunk

    def replayed(chunk: Chunk) -> list[tuple[str, Matter]]:
        return matters(these, chunk)

    def prepared(chunk: Chunk) -> Prepared:
        return by_hand_prepared(these, chunk)

    def facts(chunk: Chunk) -> list[dict[str, Any]]:
        return [zen_rules.facts(found, people, calendar) for _, found in chunk]

    return {
        OURS_FROM_EVENTS: Case(events, lambda p: from_events(these, p, False)),
        "conflictctl, in words, from the replayed history": Case(
            replayed, lambda p: from_matters(p, False)
        ),
        OURS: Case(lambda chunk: sorted_out(replayed(chunk), False), decided),
        "conflictctl, explained, from events": Case(events, lambda p: from_events(these, p, True)),
        "conflictctl, explained, from the replayed history": Case(
            replayed, lambda p: from_matters(p, True)
        ),
        OURS_EXPLAINED: Case(lambda chunk: sorted_out(replayed(chunk), True), judged),
        "  and every sentence put into words": Case(
            replayed, lambda p: from_matters(p, True, words=True)
        ),
        "by hand, from events": Case(
            events, lambda p: by_hand_decided(these, by_hand_prepared(these, p))
        ),
        BY_HAND: Case(prepared, lambda p: by_hand_decided(these, p)),
        "by hand, explained, from events": Case(
            events, lambda p: by_hand_judged(these, by_hand_prepared(these, p))
        ),
        BY_HAND_EXPLAINED: Case(prepared, lambda p: by_hand_judged(these, p)),
        "zen-engine, from events": Case(events, lambda p: zen_from_events(these, p, engine, plain)),
        ZEN: Case(prepared, lambda p: zen_from_prepared(these, p, engine, plain)),
        "zen-engine, from facts": Case(facts, lambda p: zen_from_facts(p, engine, plain)),
        "zen-engine, traced, from events": Case(
            events, lambda p: zen_from_events(these, p, engine, traced)
        ),
        ZEN_TRACED: Case(prepared, lambda p: zen_from_prepared(these, p, engine, traced)),
        "zen-engine, traced, from facts": Case(facts, lambda p: zen_from_facts(p, engine, traced)),
        TABLES: Case(events, lambda _: _drop(duck_rules.rulings(database))),
    }


def _drop(rows: list[duck_rules.Row]) -> None:
    """The rows were fetched; that is all."""


def machine() -> str:
    """Processor, system, versions and date, for the head of the report."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    versions = ", ".join(
        f"{package} {importlib.metadata.version(package)}"
        for package in ("conflictctl", "zen-engine", "duckdb")
    )
    return (
        f"{date.today()}, {name}, {os.cpu_count()} processors, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}"
    )


def on_one_processor() -> str:
    """Keep to one processor where the system can; says whether it did."""
    if not hasattr(os, "sched_setaffinity"):
        return "not bound to one processor"
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    return "bound to one processor"


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--customers", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    bound = on_one_processor()
    report = Report()
    print(machine())
    print(f"{bound}; processor time, medians of {chosen.rounds} rounds after one to warm up")
    print("garbage collector on; what stood before a run is frozen")
    these = made(chosen.customers)
    events = sum(map(len, these.customers.values()))
    report.figure("customers, events", f"{len(these.customers):,}, {events:,}")
    engine = zen_rules.engine()
    begin = time.perf_counter()
    database = duck_rules.loaded(
        these.staff, (event for found in these.customers.values() for event in found)
    )
    report.figure("DuckDB, loading the tables", f"{time.perf_counter() - begin:.2f} s")
    clauses = compare(these, engine, database)
    counts = ", ".join(f"{clause} {count:,}" for clause, count in sorted(clauses.items()))
    report.figure("the same rulings by all; decided by", counts)
    rates: dict[str, float] = {}
    everybody = list(these.customers.items())
    chunks = [everybody[start : start + CHUNK] for start in range(0, len(everybody), CHUNK)]
    cases = all_cases(these, engine, database)
    for name, seconds in in_turn(chosen.rounds, cases, chunks).items():
        median = statistics.median(seconds)
        rates[name] = len(these.customers) / median
        each = [
            value / len(these.customers) * 1e6 for value in (median, min(seconds), max(seconds))
        ]
        report.figure(
            name, f"{rates[name]:>9,.0f} rulings/s; {each[0]:.1f} us ({each[1]:.1f}-{each[2]:.1f})"
        )
    report.goal("rulings per second", rates[OURS], RULED, at_least=True)
    report.goal("fully explained per second", rates[OURS_EXPLAINED], EXPLAINED, at_least=True)
    by_peers(report, rates)
    return report.end()


def by_peers(report: Report, rates: Mapping[str, float]) -> None:
    """What is to be expected on that machine, by how slow each peer is on this one."""
    for peer, there in THERE.items():
        slower = there / rates[peer]
        told = []
        for ours, what, goal in (
            (OURS, "rulings", RULED),
            (OURS_EXPLAINED, "explained", EXPLAINED),
        ):
            expected = rates[ours] * slower
            told.append(f"{expected:,.0f} {what} ({'met' if expected >= goal else 'missed'})")
        report.figure(peer, f"{slower:.2f} times as fast there; by that {', '.join(told)}")


if __name__ == "__main__":
    sys.exit(main())
