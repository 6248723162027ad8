"""Small, nasty, valid histories for testing the policy `renault-zibo-2013`.

Each begins as one of some twenty scripted skeletons (the shape of a worked case) and is then
mutated: entries dropped, doubled, shifted, entered late, given to another author, voided or
corrected, and random ones put between.  The same builder serves Hypothesis and `random`: all it
needs is a function that chooses one of several things.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from .second_judge import PARAMETERS

Choose = Callable[[Sequence[Any]], Any]
Act = dict[str, Any]  # a line to be: `t` and `late` in minutes; a reference is the Act itself

SHANGHAI = timezone(timedelta(hours=8))
FIRST_DAY = datetime(2013, 3, 1, tzinfo=SHANGHAI)  # day 1
FOUNDED = "2012-12-01T09:00:00+08:00"
DAY = 24 * 60

OUTLETS = {
    "shop": "store",
    "boshan": "second_tier",
    "linzi": "second_tier",
    "shanquan": "sister_store",
}
STAFF = {
    "wang": ("consultant", "shop"),
    "li": ("consultant", "shop"),
    "zhang": ("consultant", "shop"),
    "chen": ("supervisor", "shop"),
    "zhou": ("consultant", "boshan"),
    "xu": ("consultant", "linzi"),
    "wu": ("consultant", "shanquan"),
    "sun": ("manager", "shop"),
    "gm": ("general_manager", "shop"),
    "desk": ("clerk", "shop"),
}
CUSTOMERS = ("K1", "K2", "K9")
SELLERS = ("wang", "wang", "li", "li", "zhang", "chen", "zhou", "wu", "xu")
LEVELS = ("H", "A", "A", "A", "B", "C")
CLOCKS = ("00:00", "09:00", "10:00", "10:00", "11:00", "15:00", "17:40", "20:00", "23:30", "23:59")


def minutes(day: int, clock: str) -> int:
    hour, minute = clock.split(":")
    return (day - 1) * DAY + int(hour) * 60 + int(minute)


def stamp(t: int, zone: timezone = SHANGHAI) -> str:
    """Minutes since day 1 as a time with offset."""
    return (FIRST_DAY + timedelta(minutes=t)).astimezone(zone).isoformat()


def act(day: int, clock: str, kind: str, by: str | None, **fields: Any) -> Act:
    """One entry of a skeleton, on day `day` (1 is 1 March 2013), about K1 unless it says else."""
    line: Act = {"t": minutes(day, clock), "late": 0, "kind": kind}
    if by is not None:
        line["by"] = by
    if kind not in WITHOUT_CUSTOMER:
        line["customer"] = "K1"
    return line | fields


WITHOUT_CUSTOMER = (
    "link",
    "unlink",
    "together",
    "staff_left",
    "staff_returned",
    "staff_moved",
    "staff_absent",
    "correction",
    "void",
    "confirm",
)


def visit(day: int, clock: str, by: str, **fields: Any) -> Act:
    return act(day, clock, "visit", by, direction="in", outlet=STAFF[by][1]) | fields


def followup(day: int, by: str, clock: str = "10:00", **fields: Any) -> Act:
    return act(day, clock, "followup", by, channel="phone", reached=True, **fields)


def call(day: int, clock: str, by: str, direction: str, **fields: Any) -> Act:
    return act(day, clock, "call", by, direction=direction, **fields)


def inform(day: int, clock: str, by: str, to: str, **fields: Any) -> Act:
    return act(day, clock, "inform", by, to=to, **fields)


def order(day: int, by: str, clock: str = "15:30", **fields: Any) -> Act:
    return act(day, clock, "order", by, **fields)


def close(day: int, by: str, clock: str = "16:00", **fields: Any) -> Act:
    return act(day, clock, "close", by, **fields)


def claim(day: int, by: str, clock: str = "09:00", **fields: Any) -> Act:
    return act(day, clock, "claim", by, **fields)


def shares(choose: Choose, first: str, second: str) -> list[dict[str, str]]:
    split = choose([("100", None), ("100", None), ("50", "50"), ("60", "40"), ("33.3", "66.7")])
    told = [{"party": first, "share": split[0]}]
    return told if split[1] is None else [*told, {"party": second, "share": split[1]}]


# --- skeletons: the shapes of the worked cases --------------------------------------------------


def tracked(choose: Choose, until: int) -> list[Act]:
    """wang files the customer on day 1 and keeps in touch, more or less, until a day."""
    acts = [visit(1, "10:00", "wang", level=choose(LEVELS))]
    on = 1
    while True:
        on += choose((2, 3, 3, 4, 7, 8))
        if on >= until:
            return acts
        acts.append(followup(on, "wang"))


def colleague_closes(choose: Choose) -> list[Act]:
    """Two receptions by li, wang told, wang claims: 6.2, P3, 6.1 or 6.3."""
    first = choose((4, 6, 9, 10, 12, 16))
    acts = [
        *tracked(choose, first),
        visit(first, "14:00", "li", asked=True, answer="wang"),
        inform(first, "14:10", "li", "wang"),
        visit(first + 2, "15:00", "li"),
        close(first + 2, "li"),
    ]
    return [*acts, claim(first + 2 + choose((0, 1, 1, 2, 2, 3, 4)), "wang")]


def told_and_closed_at_once(choose: Choose) -> list[Act]:
    on = choose((6, 8, 9, 10, 11))
    return [
        *tracked(choose, on),
        visit(on, "10:00", "li", asked=True, answer="wang"),
        inform(on, "10:05", "li", choose(("wang", "wang", "sun", "zhang"))),
        close(on, "li", choose(("11:00", "20:00"))),
        claim(on + choose((0, 1, 2, 3)), "wang", choose(("09:00", "23:30", "23:59", "00:00"))),
    ]


def silent_close(choose: Choose) -> list[Act]:
    on = choose((4, 5, 6, 7, 9))
    asked = choose(({}, {"asked": False}, {"asked": True, "answer": "wang"}))
    return [
        *tracked(choose, on),
        visit(on, "14:00", "li", **asked),
        close(on, "li"),
        claim(on + 1, "wang"),
    ]


def quiet_for_a_week(choose: Choose) -> list[Act]:
    """A level that allows a longer silence than the week: 6.3."""
    on = choose((9, 10, 11, 12, 15, 16, 17))
    return [
        visit(1, "10:00", "wang", level=choose(("B", "B", "C"))),
        visit(on - choose((0, 1, 4)), "14:00", "li", asked=True, answer="wang"),
        inform(on, "14:10", "li", "wang"),
        visit(on, "15:00", "li"),
        close(on, "li"),
        claim(on + choose((0, 1, 2)), "wang"),
    ]


def short_time(choose: Choose) -> list[Act]:
    on = choose((3, 5, 6, 8, 9))
    first = choose(
        (
            visit(1, "10:00", "wang", level="A"),
            visit(1, "10:00", "wang", level="B"),
            visit(1, "10:00", "wang"),
            call(1, "10:00", "wang", "in", level="A"),
        )
    )
    told = choose(([], [inform(on, "10:05", "li", "wang")]))
    return [
        first,
        *choose(([], [followup(2, "wang")], [call(2, "10:00", "wang", "out")])),
        visit(on, "10:00", "li", asked=True, answer=choose(("none", "none", "wang"))),
        *told,
        close(on, "li"),
        claim(on + 1, "wang"),
    ]


def handed_over(choose: Choose) -> list[Act]:
    """wang is overdue, the manager points it out and hands the customer to zhang."""
    noticed = choose((8, 9, 10, 10))
    given = noticed + choose((0, 1, 3))
    on = given + choose((4, 7, 8))
    return [
        visit(1, "10:00", "wang", level=choose(("H", "A", "A"))),
        act(noticed, "09:00", "notice", "sun", to="wang"),
        *choose(([], [], [], [followup(noticed, "wang")])),
        act(given, "15:00", "reassign", "sun", to="zhang", cause="overdue"),
        *choose(([], [followup(given + 1, "zhang", level="A")], [followup(given + 2, "zhang")])),
        visit(on, "10:00", "li", asked=True, answer="zhang"),
        inform(on, "10:05", "li", choose(("zhang", "wang"))),
        visit(on + 1, "15:00", "li"),
        close(on + 1, "li"),
        claim(on + 2, "zhang"),
        *choose(([], [claim(on + 2, "wang", "09:30")])),
    ]


def settled(choose: Choose) -> list[Act]:
    approver = choose(("sun", "sun", "gm", "desk", None))
    fields = {} if approver is None else {"approved_by": approver}
    agreed = act(
        choose((8, 10, 11)),
        "17:00",
        "agreement",
        choose(("wang", "li", "sun")),
        parties=choose((["li", "wang"], ["li", "wang"], ["li", "zhang"])),
        shares=shares(choose, *choose((("li", "wang"), ("wang", "li")))),
        **fields,
    )
    return [*told_and_closed_at_once(choose), agreed]


def filed_by_the_outlet(choose: Choose) -> list[Act]:
    on = choose((5, 9, 11))
    filing = act(
        choose((1, 2, 3, 3, on, on + 1)),
        "09:00",
        "filing",
        "zhou",
        to=choose(("sun", "sun", "sun", "gm", "desk")),
        **choose(({}, {}, {"expires_at": stamp(minutes(on, choose(("10:00", "16:00", "16:01"))))})),
    )
    decision = choose(("approve", "reject", "return", "extend"))
    later = {"expires_at": stamp(minutes(on + 9, "00:00"))} if decision == "extend" else {}
    ruled = act(
        choose((4, on, on + 1)), "12:00", "decision", "sun", on=filing, decision=decision, **later
    )
    older = visit(1, "09:00", "wang", level=choose(("H", "A", "C")))
    return [
        *choose(([], [], [older], [older, followup(2, "wang")])),
        visit(2, "10:00", "zhou", level="A"),
        filing,
        *choose(([], [], [ruled])),
        *choose(([], [], [visit(on - 1, "10:00", "li")])),
        visit(on, "10:00", "li", asked=True, answer=choose(("none", "zhou"))),
        close(on, "li"),
        claim(on + 1, choose(("zhou", "zhou", "wang"))),
    ]


def not_filed_by_the_outlet(choose: Choose) -> list[Act]:
    worked = [followup(6, "li"), call(7, "10:00", "li", "out"), followup(8, "li")]
    older = visit(choose((1, 2)), "09:00", choose(("wang", "li")), level="A")
    return [
        *choose(([], [], [], [older])),
        visit(2, "10:00", "zhou", level="A"),
        visit(5, "10:00", "li", level="A", asked=True, answer="none"),
        *worked[: choose((0, 1, 1, 2, 3))],
        visit(9, "15:00", "li"),
        close(9, choose(("li", "li", "li", "zhou"))),
        claim(10, "zhou"),
    ]


def two_outlets(choose: Choose) -> list[Act]:
    filing = act(4, "09:00", "filing", choose(("zhou", "xu")), to="sun")
    return [
        visit(2, "10:00", "zhou", level="A"),
        visit(choose((2, 3)), choose(("09:00", "10:00", "11:00")), "xu", level="A"),
        *choose(([], [filing], [filing])),
        visit(5, "10:00", "li", level="A"),
        *choose(([], [followup(6, "li"), followup(7, "li")])),
        close(9, choose(("li", "li", "xu", "zhou"))),
        claim(10, choose(("zhou", "xu"))),
    ]


def family(choose: Choose) -> list[Act]:
    """Husband filed with wang, wife with li; they come together and one of them signs."""
    linked = choose((9, 10, 10, 10, 11))
    members = choose((["K1", "K2"], ["K1", "K2"], ["K1", "K2", "K9"]))
    worked = [followup(on, "wang") for on in choose(((4, 7, 9), (4, 8), (5,), (), (3, 5, 9)))]
    return [
        visit(1, "10:00", "wang", level=choose(("A", "A", "H"))),
        visit(3, "10:00", "li", customer="K2", level=choose(("A", "A", "H"))),
        *worked,
        *[followup(on, "li", customer="K2") for on in choose(((6,), (6, 9), (4, 6, 9), ()))],
        *choose(([], [], [visit(5, "10:00", "zhang", customer="K9", level="A")])),
        act(linked, "09:00", "link", "sun", customers=members, relation="household"),
        *choose(([], [visit(10, "14:00", "li", customer="K2")])),
        act(10, "14:05", "together", "sun", customers=members),
        close(10, choose(("li", "li", "li", "wang")), customer=choose(("K1", "K1", "K2"))),
        *choose(([claim(11, "wang")], [claim(11, "wang", customer="K2")], [])),
    ]


def sister_store(choose: Choose) -> list[Act]:
    """wu of the sister store files the customer, who then closes at the 4S; or the reverse."""
    owner, rival = choose((("wu", "li"), ("wu", "li"), ("wang", "wu")))
    there = STAFF[rival][1]
    when = choose(("09:00", "10:00", "10:04", "10:05", "10:06"))
    brought = choose(
        (
            [act(8, when, "accompany", owner, to_outlet=there)],
            [act(8, when, "accompany", owner, to_outlet=there)],
            [act(choose((2, 5, 8)), "09:30", "filing", owner, to_outlet=there)],
            [],
        )
    )
    with_him = choose(({}, {}, {"accompanied_by": owner}))
    return [
        *choose(([], [], [visit(1, "09:00", choose(("wang", "li")), level="A")])),
        visit(1, "10:00", owner, level="A"),
        *brought,
        visit(8, "10:05", rival, asked=True, answer=owner, **with_him),
        close(8, rival),
        claim(9, owner),
    ]


def ordered(choose: Choose) -> list[Act]:
    """wang takes the order, li delivers; meanwhile wang may leave or the customer insist."""
    between: list[Act] = choose(
        (
            [],
            [],
            [act(9, "09:00", "staff_left", "sun", staff="wang")],
            [
                act(9, "09:00", "staff_left", "sun", staff="wang"),
                act(10, "09:00", "reassign", "sun", to="zhang", cause="left"),
            ],
            [act(9, "09:00", "staff_moved", "sun", staff="wang", outlet="shanquan")],
            [act(9, "09:00", "demand", "sun", to="zhang")],
            [act(9, "09:00", "demand", choose(("sun", "li")))],
            [
                act(9, "09:00", "demand", "sun"),
                act(10, "09:00", "reassign", "sun", to="zhang", cause=choose(("demand", "other"))),
            ],
            [
                act(
                    9,
                    "09:00",
                    "staff_absent",
                    "sun",
                    staff="wang",
                    until=stamp(minutes(20, "09:00")),
                )
            ],
            [act(9, "09:00", "cancel_order", "wang")],
            [act(9, "09:00", "cancel_order", "wang"), order(10, "li")],
        )
    )
    start = choose(([visit(1, "10:00", "wang", level="H")], colleague_closes(choose)[:-2]))
    taken = choose((5, 6))
    closed = choose(
        ([close(20, "li", "11:00")], [close(20, "li", "11:00")], [close(20, "wang")], [])
    )
    return [
        *start,
        order(taken, choose(("wang", "wang", "wang", "li"))),
        *between,
        *choose(([], [visit(20, "10:00", "li")])),
        *closed,
        *choose(([], [claim(choose((6, 7, 8, 21)), choose(("wang", "li")))])),
    ]


def named_at_the_door(choose: Choose) -> list[Act]:
    named = {"named": choose(("li", "li", "li", "wang"))}
    witness = choose(({"witness": "desk"}, {"witness": "desk"}, {"witness": "li"}, {}))
    return [
        visit(1, "10:00", "wang", level=choose(("A", "A", "H"))),
        followup(4, "wang"),
        *choose(([], [followup(7, "wang")])),
        visit(9, "10:00", "li", **named, **witness),
        close(9, "li"),
        *choose(([claim(10, "wang")], [claim(10, "wang")], [])),
    ]


def holder_leaves(choose: Choose) -> list[Act]:
    gone = choose(
        (
            act(6, "09:00", "staff_left", "sun", staff="wang"),
            act(6, "09:00", "staff_moved", "sun", staff="wang", outlet="shanquan"),
            act(6, "09:00", "staff_moved", "sun", staff="wang", department="parts"),
            act(6, "09:00", "staff_moved", "sun", staff="wang", role="supervisor"),
        )
    )
    cause = choose(("left", "left", "moved", "ruling", "demand"))
    on = choose((10, 12, 14))
    return [
        visit(1, "10:00", "wang", level="A"),
        *choose(([], [visit(2, "10:00", "zhang", level="A")])),
        gone,
        *choose(([], [act(7, "09:00", "staff_returned", "sun", staff="wang")])),
        *choose(([], [act(8, "09:00", "reassign", "sun", to="zhang", cause=cause)])),
        *choose(([], [visit(8, "15:00", "wang", level="A")])),
        *choose(([], [followup(9, "zhang")])),
        visit(on, "10:00", "li"),
        inform(on, "10:05", "li", choose(("wang", "zhang"))),
        visit(on + 1, "10:00", "li"),
        *choose(([close(on + 1, "li")], [close(on + 1, "li")], [])),
        claim(on + 2, choose(("zhang", "wang"))),
    ]


def ruled_by_people(choose: Choose) -> list[Act]:
    acts = choose((short_time, colleague_closes, family, filed_by_the_outlet))(choose)
    on = choose((9, 12, 14, 15))
    for _ in range(choose((1, 1, 2))):
        who, instance = choose(
            (
                ("sun", "sales_manager"),
                ("sun", "panel"),
                ("gm", "general_manager"),
                ("gm", "sales_manager"),
                ("chen", "supervisor"),
                ("chen", "sales_manager"),
                ("li", "supervisor"),
                ("sun", "department_head"),
            )
        )
        award = shares(choose, *choose((("wang", "li"), ("li", "wang"), ("sun", "li"))))
        fields = {"instance": instance, "award": award, "reason": "as the parties know"}
        acts.append(act(on, "17:00", "ruling", who, **fields))
        on += choose((0, 1))
    return acts


def second_deal(choose: Choose) -> list[Act]:
    """A delivered deal, and months or days later another."""
    first = choose((colleague_closes, silent_close, ordered, short_time))(choose)
    later = choose((0, 1, 10, 10, 30))
    begin = max(a["t"] for a in first) // DAY + 1 + later
    again = [dict(a) for a in choose((colleague_closes, silent_close, short_time))(choose)]
    for a in again:
        a["t"] += begin * DAY
        if choose((True, False)):
            a["by"] = {"wang": "li", "li": "wang"}.get(a["by"], a["by"])
    if choose((True, False, False)):
        for name, acts in (("D1", first), ("D2", again)):
            for a in acts:
                if a["kind"] in ("order", "close", "claim"):
                    a["deal"] = name
    return [*first, *again]


def no_deal(choose: Choose) -> list[Act]:
    return [
        *choose(([], tracked(choose, 6))),
        *choose(([], [visit(6, "10:00", "li", asked=True, answer="wang")])),
        *choose(([], [inform(6, "10:20", "li", "wang")])),
        *choose(([], [visit(7, "10:00", "zhou")])),
    ]


def one_person_twice(choose: Choose) -> list[Act]:
    """A call filed under one id, the visit under another; linked later as the same person."""
    acts = choose((short_time, silent_close, colleague_closes))(choose)
    for a in acts:
        if a["by"] == "wang" and a["kind"] != "claim":
            a["customer"] = "K9"
    on = choose((2, 8, 12, 20))
    return [*acts, act(on, "12:00", "link", "li", customers=["K1", "K9"], relation="same")]


def late_record(choose: Choose) -> list[Act]:
    acts = choose((colleague_closes, told_and_closed_at_once, silent_close))(choose)
    acts[0]["t"] = minutes(1, "17:40")
    acts[0]["late"] = choose((DAY - 40, 15 * 60, 6 * 60, 7 * 60))
    return [*acts, *choose(([], [visit(1, "18:00", "zhang", level="A")]))]


SKELETONS: tuple[Callable[[Choose], list[Act]], ...] = (
    colleague_closes,
    colleague_closes,
    told_and_closed_at_once,
    silent_close,
    quiet_for_a_week,
    short_time,
    handed_over,
    settled,
    filed_by_the_outlet,
    not_filed_by_the_outlet,
    two_outlets,
    family,
    sister_store,
    ordered,
    named_at_the_door,
    holder_leaves,
    ruled_by_people,
    second_deal,
    no_deal,
    one_person_twice,
    late_record,
)


# --- mutations ----------------------------------------------------------------------------------

SHIFTS = (
    *(-60, 60, -DAY, DAY, -DAY, DAY, 2 * DAY, -3 * DAY, 3 * DAY, 4 * DAY, 7 * DAY, 8 * DAY),
    *(-5, 0, 1, 5, -6 * 60, 14 * 60, 15 * DAY, 16 * DAY, 30 * DAY, 31 * DAY),
)
CONTACTS = ("visit", "call", "followup")


def seed(choose: Choose, acts: list[Act]) -> None:
    acts.append(any_visit(choose, acts))


def drop(choose: Choose, acts: list[Act]) -> None:
    acts.remove(choose(acts))


def double(choose: Choose, acts: list[Act]) -> None:
    twin = dict(choose(acts))
    twin["t"] += choose((0, 0, *SHIFTS))
    acts.append(twin)


def shift(choose: Choose, acts: list[Act]) -> None:
    choose(acts)["t"] += choose(SHIFTS)


def shift_the_rest(choose: Choose, acts: list[Act]) -> None:
    since, by = choose(acts)["t"], choose(SHIFTS)
    for a in acts:
        if a["t"] >= since:
            a["t"] += by


def enter_late(choose: Choose, acts: list[Act]) -> None:
    a = choose(acts)
    until_midnight = DAY - a["t"] % DAY
    a["late"] = choose((5, 120, until_midnight - 1, until_midnight, 14 * 60, DAY, 3 * DAY))


def other_author(choose: Choose, acts: list[Act]) -> None:
    a = choose([a for a in acts if "by" in a] or acts)
    a["by"] = choose((*SELLERS, "sun", "gm", "desk"))
    if a["kind"] == "visit":
        a["outlet"] = choose((STAFF[a["by"]][1],) * 4 + ("shop",))


def other_recorder(choose: Choose, acts: list[Act]) -> None:
    choose(acts)["recorded_by"] = choose(("desk", "sun", "gm", "wang", "li"))


def other_customer(choose: Choose, acts: list[Act]) -> None:
    a = choose([a for a in acts if "customer" in a] or acts)
    if "customer" in a:
        a["customer"] = choose(("K1", "K1", "K2", "K9"))


def other_level(choose: Choose, acts: list[Act]) -> None:
    a = choose([a for a in acts if a["kind"] in CONTACTS] or acts)
    if a["kind"] in CONTACTS:
        a["level"] = choose(LEVELS)
        if choose((True, False, False)):
            del a["level"]


def not_reached(choose: Choose, acts: list[Act]) -> None:
    a = choose([a for a in acts if a["kind"] in ("call", "followup")] or acts)
    if a["kind"] in ("call", "followup"):
        a["reached"] = False


def midnight(choose: Choose, acts: list[Act]) -> None:
    a = choose(acts)
    a["t"] = a["t"] // DAY * DAY + choose((0, 0, 1, DAY - 1, DAY))


def same_minute(choose: Choose, acts: list[Act]) -> None:
    choose(acts)["t"] = choose(acts)["t"]


def mend(choose: Choose, acts: list[Act]) -> None:
    """Somebody voids, corrects or strikes an entry."""
    target = choose(acts)
    author = choose((target.get("by", "sun"), target.get("by", "sun"), "sun", "gm", "li", "desk"))
    t = target["t"] + target["late"] + choose((1, 30, 30, 120, DAY, 2 * DAY, 5 * DAY, 9 * DAY))
    at = {"t": t, "late": 0, "by": author}
    how = choose(("void", "strike", "correction", "correction"))
    if how == "void":
        acts.append({**at, "kind": "void", "voids": target, "reason": "entered in error"})
    elif how == "strike":
        said = {"question": "did it happen?", "subject": target.get("by", "wang")}
        said |= {"answer": False, "grounds": "talked to all"}
        about = {"customer": target.get("customer", "K1")}
        strikes = [target, *choose(([], [], [choose(acts)]))]
        acts.append({**at, "kind": "finding", **about, **said, "strikes": strikes})
    else:
        changes = choose(possible_changes(choose, target))
        acts.append({**at, "kind": "correction", "corrects": target, "changes": changes})


def possible_changes(choose: Choose, target: Act) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = [{"note": "spelling"}]
    kind = target["kind"]
    if kind in (*CONTACTS, "claim", "order", "close", "filing", "inform"):
        changes.append({"by": choose(("wang", "li", "zhang"))})
    if kind in CONTACTS:
        changes.append({"level": choose(LEVELS)})
        changes.append({"customer": choose(CUSTOMERS)})
        changes.append({"at": 30})  # minutes earlier; the time itself is settled at the end
    if kind == "visit":
        changes.append({"asked": True, "answer": choose(("none", "wang"))})
        changes.append({"named": "li", "witness": "desk"})
    if kind in ("filing", "inform", "notice", "reassign"):
        changes.append({"to": choose(("sun", "wang", "zhang"))})
    return changes


def insert(choose: Choose, acts: list[Act]) -> None:
    """A random entry near another one."""
    near = choose(acts)
    new = dict(choose(RANDOM_ENTRIES)(choose, acts))
    if "customer" in new:
        new["customer"] = near.get("customer", choose(CUSTOMERS))
    new["t"] = near["t"] + choose(SHIFTS)
    acts.append(new)


def make_party(choose: Choose, acts: list[Act]) -> None:
    """One who decides gets a stake in the matter."""
    who = choose(("sun", "sun", "gm", "chen"))
    told = {"parties": [who, "li"], "shares": [{"party": who, "share": "100"}]}
    stake = choose(
        (
            claim(1, who),
            claim(1, who),
            order(1, who),
            act(1, "09:00", "agreement", "li", **told),
            act(1, "09:00", "reassign", choose(("gm", "sun")), to=who, cause="ruling"),
            visit(1, "10:00", "chen"),
        )
    )
    stake["t"] = choose(acts)["t"] + choose((-60, 0, 30, DAY))
    acts.append(stake)


def take_back(choose: Choose, acts: list[Act]) -> None:
    """A claim is withdrawn or an order cancelled, and perhaps made again."""
    made = choose([a for a in acts if a["kind"] in ("claim", "order")] or acts)
    if made["kind"] not in ("claim", "order"):
        return insert(choose, acts)
    kind = "withdraw_claim" if made["kind"] == "claim" else "cancel_order"
    back = act(1, "09:00", kind, choose((made["by"], made["by"], made["by"], "sun")))
    back |= {"t": made["t"] + choose((0, 1, 60, 300, DAY)), "customer": made["customer"]}
    acts.append(back | choose(({}, {"on": made})))
    if choose((True, False, False)):
        acts.append(dict(made) | {"t": back["t"] + choose((0, 1, 60, DAY))})
    return None


def learns_late(choose: Choose, acts: list[Act]) -> None:
    """Somebody hears of the deal days later and claims then."""
    deals = [a for a in acts if a["kind"] in ("close", "order")]
    if deals:
        deal = choose(deals)
        who = choose(("wang", "wang", "zhang"))
        heard = deal["t"] + choose((-60, 60, DAY, 2 * DAY, 4 * DAY))
        learned = act(1, "09:00", "learn", who) | {"t": heard, "customer": deal["customer"]}
        told = claim(1, who) | {"t": heard + choose((-60, 0, 60, 2 * DAY, 3 * DAY))}
        acts += [learned, *choose(([told], [told], []))]


def name_deals(choose: Choose, acts: list[Act]) -> None:
    """Orders, closes and what concerns them carry the id of a deal."""
    for a in acts:
        if a["kind"] in ("order", "close", "claim", "agreement", "ruling"):
            name = choose(("D1", "D1", "D1", "D2", None))
            if name is not None and (name == "D1" or a["kind"] in ("order", "close")):
                a["deal"] = name
    if not any(a.get("deal") == "D1" and a["kind"] in ("order", "close") for a in acts):
        for a in acts:
            a.pop("deal", None)


def some(choose: Choose, acts: list[Act], kinds: tuple[str, ...]) -> Act:
    """One of the entries of these kinds, or any."""
    found: Act = choose([a for a in acts if a["kind"] in kinds] or acts)
    return found


def any_visit(choose: Choose, acts: list[Act]) -> Act:
    extra = choose(
        (
            {},
            {},
            {"level": choose(LEVELS)},
            {"asked": True, "answer": choose(("none", "wang", "zhang"))},
            {"named": choose(("wang", "li", "zhang")), "witness": choose(("desk", "li", "sun"))},
            {"accompanied_by": "wu"},
            {"direction": "out"},
            {"recorded_by": "desk"},
        )
    )
    return visit(1, "10:00", choose(SELLERS), **extra)


def any_call(choose: Choose, acts: list[Act]) -> Act:
    extra = choose(({}, {}, {"level": choose(LEVELS)}, {"reached": False}))
    return call(1, "10:00", choose(SELLERS), choose(("in", "out")), **extra)


def any_followup(choose: Choose, acts: list[Act]) -> Act:
    extra = choose(({}, {}, {"level": choose(LEVELS)}, {"reached": False}))
    return followup(1, choose(SELLERS)) | extra


def any_departure(choose: Choose, acts: list[Act]) -> Act:
    who = choose(("wang", "wang", "li", "zhang", "zhou", "wu"))
    return choose(
        (
            act(1, "09:00", "staff_left", "sun", staff=who),
            act(1, "09:00", "staff_returned", "sun", staff=who),
            act(1, "09:00", "staff_moved", "sun", staff=who, outlet=choose(tuple(OUTLETS))),
            act(1, "09:00", "staff_moved", "sun", staff=who, department="parts"),
            act(
                1, "09:00", "staff_moved", "sun", staff=who, role=choose(("supervisor", "manager"))
            ),
        )
    )


def any_link(choose: Choose, acts: list[Act]) -> Act:
    who = list(choose((("K1", "K2"), ("K1", "K2"), ("K1", "K9"), ("K2", "K9"), CUSTOMERS)))
    by = choose(("sun", "sun", "gm", "li"))
    return choose(
        (
            act(1, "09:00", "link", by, customers=who, relation="same"),
            act(1, "09:00", "link", by, customers=who, relation="household"),
            act(1, "09:00", "link", by, customers=who, relation="household"),
            act(1, "09:00", "together", by, customers=who),
            act(1, "09:00", "unlink", by, customers=who),
        )
    )


def any_handover(choose: Choose, acts: list[Act]) -> Act:
    by = choose(("sun", "sun", "sun", "gm", "li", "chen"))
    to = choose(("wang", "li", "zhang", "zhang", "zhou"))
    causes = ("overdue", "overdue", "left", "moved", "demand", "ruling", "other")
    return choose(
        (
            act(1, "09:00", "notice", by, to=choose(("wang", "wang", "li", "zhang"))),
            act(1, "09:00", "reassign", by, to=to, cause=choose(causes)),
            act(1, "09:00", "reassign", by, to=to, cause=choose(causes)),
            act(1, "09:00", "demand", choose((by, "li")), **choose(({}, {"to": to}))),
        )
    )


def any_deal_entry(choose: Choose, acts: list[Act]) -> Act:
    by = choose(("wang", "li", "li", "zhang", "zhou", "wu", "sun"))
    taken = some(choose, acts, ("order",))
    on = {"on": taken} if taken["kind"] == "order" and choose((True, False)) else {}
    return choose(
        (
            order(1, by),
            order(1, by),
            close(1, by),
            act(1, "09:00", "cancel_order", by, **on),
            act(1, "09:00", "learn", choose(("wang", "wang", "li", "zhang"))),
        )
    )


def any_claim(choose: Choose, acts: list[Act]) -> Act:
    by = choose(("wang", "wang", "zhang", "li", "zhou", "wu"))
    made = some(choose, acts, ("claim",))
    on = {"on": made} if made["kind"] == "claim" and choose((True, False)) else {}
    return choose((claim(1, by), claim(1, by), act(1, "09:00", "withdraw_claim", by, **on)))


def any_filing(choose: Choose, acts: list[Act]) -> Act:
    filed = some(choose, acts, ("filing",))
    made = act(1, "09:00", "filing", choose(("zhou", "xu", "zhou")), to=choose(("sun", "gm", "li")))
    sister = act(1, "09:00", "filing", "wu", to_outlet="shop")
    if filed["kind"] != "filing":
        return choose((made, sister))
    how = choose(("approve", "reject", "reject", "extend", "return"))
    later = {"expires_at": stamp(filed["t"] + 9 * DAY)} if how == "extend" else {}
    by = choose(("sun", "gm", "li"))
    return choose((made, act(1, "09:00", "decision", by, on=filed, decision=how, **later)))


def any_settlement(choose: Choose, acts: list[Act]) -> Act:
    first, second = choose((("wang", "li"), ("li", "wang"), ("li", "zhang"), ("zhou", "li")))
    approver = choose(({}, {"approved_by": "sun"}, {"approved_by": "gm"}, {"approved_by": "li"}))
    told = {"parties": [first, second], "shares": shares(choose, first, second)}
    who, instance = choose(
        (("sun", "sales_manager"), ("gm", "general_manager"), ("chen", "supervisor"))
    )
    award = [{"party": first, "share": "100"}]
    return choose(
        (
            act(1, "17:00", "agreement", choose((first, "sun")), **told, **approver),
            act(1, "17:00", "ruling", who, instance=instance, award=award, reason="heard both"),
        )
    )


def any_word(choose: Choose, acts: list[Act]) -> Act:
    spoken = some(choose, acts, ("agreement", "visit"))
    return choose(
        (
            inform(1, "10:00", choose(("li", "li", "wang")), choose(("wang", "zhang", "sun"))),
            act(
                1,
                "10:00",
                "accompany",
                choose(("wu", "wang")),
                to_outlet=choose(("shop", "shanquan")),
            ),
            act(1, "10:00", "level", choose(("wang", "wang", "li")), level=choose(LEVELS)),
            act(1, "10:00", "confirm", choose(("sun", "desk", "gm")), on=spoken),
        )
    )


RANDOM_ENTRIES: tuple[Callable[[Choose, list[Act]], Act], ...] = (
    any_visit,
    any_visit,
    any_call,
    any_followup,
    any_followup,
    any_departure,
    any_link,
    any_handover,
    any_deal_entry,
    any_claim,
    any_filing,
    any_settlement,
    any_word,
)

MUTATIONS: tuple[Callable[[Choose, list[Act]], None], ...] = (
    drop,
    drop,
    double,
    shift,
    shift,
    shift,
    shift_the_rest,
    enter_late,
    other_author,
    other_recorder,
    other_customer,
    other_level,
    not_reached,
    midnight,
    same_minute,
    mend,
    mend,
    make_party,
    take_back,
    learns_late,
    name_deals,
    insert,
    insert,
    insert,
    insert,
)


# --- from acts to the interchange format --------------------------------------------------------

REFERENCES = ("voids", "corrects", "on", "strikes")


def referred_to(a: Act) -> list[Act]:
    found = [a[name] for name in REFERENCES if name in a]
    return [r for one in found for r in (one if isinstance(one, list) else [one])]


def settle_order(acts: list[Act]) -> list[Act]:
    """Without entries that speak of missing ones; each after those it speaks of."""
    while True:
        here = {id(a) for a in acts}
        kept = [a for a in acts if all(id(r) in here for r in referred_to(a))]
        if len(kept) == len(acts):
            break
        acts = kept
    moved = True
    while moved:
        moved = False
        for a in acts:
            last = max((r["t"] + r["late"] for r in referred_to(a)), default=None)
            if last is not None and a["t"] + a["late"] <= last:
                a["late"], moved = last - a["t"] + 1, True
    return sorted(acts, key=lambda a: a["t"] + a["late"])


def jumbled(acts: list[Act]) -> list[Act]:
    """In the order in which things happened, where no entry then speaks of a later line."""
    by_time = sorted(acts, key=lambda a: a["t"])
    place = {id(a): i for i, a in enumerate(by_time)}
    fine = all(place[id(r)] < place[id(a)] for a in acts for r in referred_to(a))
    return by_time if fine else acts


def register(acts: list[Act], zone: timezone, earlier: int) -> list[dict[str, Any]]:
    """Lines of the interchange format, staff and customers first."""
    founded = {"at": FOUNDED, "recorded_at": FOUNDED}
    lines: list[dict[str, Any]] = [
        {"kind": "outlet", "outlet": outlet, "name": outlet, "type": kind, **founded}
        for outlet, kind in OUTLETS.items()
    ]
    for staff, (role, outlet) in STAFF.items():
        told = {"kind": "staff", "staff": staff, "name": staff, "role": role, "outlet": outlet}
        lines.append(told | founded)
    for customer in CUSTOMERS:
        lines.append({"kind": "customer", "customer": customer, "name": customer, **founded})
    ids = {id(a): f"e{number:02}" for number, a in enumerate(acts, start=1)}
    for a in acts:
        t = a["t"] - earlier * DAY
        line = {"id": ids[id(a)], "at": stamp(t, zone), "recorded_at": stamp(t + a["late"], zone)}
        for name, value in a.items():
            if name in REFERENCES:
                value = [ids[id(r)] for r in value] if isinstance(value, list) else ids[id(value)]
            if name == "changes" and "at" in value:
                value = {"at": stamp(a["corrects"]["t"] - earlier * DAY - value["at"], zone)}
            if name not in ("t", "late"):
                line[name] = value
        lines.append(line)
    return lines


def build(choose: Choose) -> list[dict[str, Any]]:
    """One history, every choice in it made by `choose`."""
    acts = choose(SKELETONS)(choose)
    for _ in range(choose((0, 0, 1, 1, 2, 2, 3, 4, 6))):
        choose(MUTATIONS if acts else (seed,))(choose, acts)
    zone = choose((SHANGHAI,) * 9 + (UTC,))
    order_of_lines = choose((list,) * 9 + (jumbled,))
    return register(order_of_lines(settle_order(acts)), zone, choose((0,) * 30 + (40,)))


def random_history(rng: random.Random) -> list[dict[str, Any]]:
    """A history chosen by a seeded generator."""
    return build(rng.choice)


def histories() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Histories as a Hypothesis strategy."""

    @st.composite
    def drawn(draw: st.DrawFn) -> list[dict[str, Any]]:
        return build(lambda things: draw(st.sampled_from(list(things))))

    return drawn()


# --- settings and moments -----------------------------------------------------------------------


def choose_settings(choose: Choose) -> dict[str, Any]:
    """Mostly the policy as written, else one or two parameters with another value."""
    chosen: dict[str, Any] = {}
    for _ in range(choose((0, 0, 1, 1, 1, 2))):
        name = choose(sorted(PARAMETERS))
        known = PARAMETERS[name]
        chosen[name] = choose([v for v in known["values"] if v != known["default"]])
    return chosen


def random_settings(rng: random.Random) -> dict[str, Any]:
    """Overrides of policy parameters chosen by a seeded generator."""
    return choose_settings(rng.choice)


def parameter_settings() -> st.SearchStrategy[dict[str, Any]]:
    """Overrides of policy parameters as a Hypothesis strategy."""

    @st.composite
    def drawn(draw: st.DrawFn) -> dict[str, Any]:
        return choose_settings(lambda things: draw(st.sampled_from(list(things))))

    return drawn()


def choose_moment(choose: Choose, lines: list[dict[str, Any]]) -> datetime:
    """From when to look at a history: mostly from long after, else near one of its entries."""
    last = max(datetime.fromisoformat(line["recorded_at"]) for line in lines)
    if choose((True, True, False)):
        return last + timedelta(days=90)
    near = datetime.fromisoformat(choose(lines)["at"])
    return near + timedelta(minutes=choose((0, 1, 60, DAY, 2 * DAY, 3 * DAY)))
