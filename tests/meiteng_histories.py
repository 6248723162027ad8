"""Small, nasty, valid histories for testing the policy `meiteng-2015`.

`random_history(rng)` gives the lines of an attested import: one to three departments with their
heads, a general manager, a clerk, two to five sellers, customers K1 and K2.  Clocks are few and
fall on whole and partial minutes, so that entries tie when cut to the minute.  Every line has an
id, every reference is to an earlier line, and everything is well formed; what people do without
the power to do it is part of the history.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from random import Random
from typing import Any

from .meiteng_judge import PARAMETERS

Line = dict[str, Any]

SHANGHAI = timezone(timedelta(hours=8))
FIRST_DAY = datetime(2016, 1, 4, tzinfo=SHANGHAI)
FOUNDED = "2015-12-01T09:00:00+08:00"
MINUTE, HOUR, DAY = 60, 3600, 86_400
LONG_AFTER = datetime(2017, 1, 1, tzinfo=SHANGHAI)

NAMES = ("chen", "liu", "deng", "he", "luo")
# Near midnight, a minute apart, and within one minute.
CLOCKS = (
    9 * HOUR,
    9 * HOUR + 20,
    9 * HOUR + 59,
    9 * HOUR + MINUTE,
    14 * HOUR,
    14 * HOUR,
    14 * HOUR + 30,
    23 * HOUR + 59 * MINUTE + 40,
    0,
)
SHARES = {
    1: (["100"],),
    2: (["50", "50"], ["60", "40"], ["33.5", "66.5"], ["99.99", "0.01"], ["70.50", "29.50"]),
    3: (["50", "25", "25"], ["33.33", "33.33", "33.34"], ["60", "30", "10"]),
    4: (["25", "25", "25", "25"], ["40", "30", "20", "10"]),
    5: (["20", "20", "20", "20", "20"],),
}


def stamp(seconds: int, zone: tzinfo = SHANGHAI) -> str:
    """Seconds since the first day as a time with offset."""
    return (FIRST_DAY + timedelta(seconds=seconds)).astimezone(zone).isoformat()


@dataclass
class Story:
    """A history in the making; `t` and `rec` of an act are seconds since the first day."""

    rng: Random
    sellers: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    department: dict[str, str] = field(default_factory=dict)
    acts: list[Line] = field(default_factory=list)
    days: int = 30

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def moment(self) -> int:
        return self.rng.randrange(self.days) * DAY + self.rng.choice(CLOCKS)

    def customer(self) -> str:
        return self.rng.choice(("K1", "K1", "K1", "K2"))

    def entered_after(self, t: int) -> int:
        """Mostly at once, sometimes the same day or days late."""
        return t + self.rng.choice((0, 0, 0, 0, 0, 30, 600, DAY, 3 * DAY, 8 * DAY))

    def add(self, kind: str, by: str, t: int, rec: int | None = None, **fields: Any) -> Line:
        act: Line = {"kind": kind, "by": by, "t": t, "rec": t if rec is None else rec, **fields}
        self.acts.append(act)
        return act

    def own_head(self, staff: str) -> str:
        return "head" + self.department[staff][1:]

    def some_seller(self) -> str:
        return self.rng.choice(self.sellers)


def roster(story: Story) -> list[Line]:
    rng = story.rng
    count = rng.choice((1, 1, 2, 2, 2, 3))
    story.sellers = list(NAMES[: rng.choice((2, 2, 3, 3, 4, 5, 5))])
    story.heads = [f"head{n}" for n in range(1, count + 1)]
    lines: list[Line] = [{"kind": "outlet", "outlet": "hq", "name": "head office", "type": "store"}]
    roles = [(x, rng.choice(("consultant", "consultant", "supervisor"))) for x in story.sellers]
    for staff, role in [*roles, *((x, "department_head") for x in story.heads)]:
        department = "d" + (staff[4:] if role == "department_head" else str(rng.randint(1, count)))
        story.department[staff] = department
        lines.append({"kind": "staff", "staff": staff, "role": role, "department": department})
    lines.append({"kind": "staff", "staff": "desk", "role": "clerk", "department": "d1"})
    lines.append({"kind": "staff", "staff": "gm", "role": "general_manager"})
    for line in lines[1:]:
        line |= {"name": line["staff"], "outlet": "hq"}
    lines += [{"kind": "customer", "customer": c, "name": f"customer {c}"} for c in ("K1", "K2")]
    return [
        {"id": f"r{n}", **line, "at": FOUNDED, "recorded_at": FOUNDED}
        for n, line in enumerate(lines, start=1)
    ]


# --- what people do -----------------------------------------------------------------------------


def contact(story: Story) -> Line:
    rng = story.rng
    # Heads and clerks meet customers too, and are no contenders for it.
    by = rng.choice([*story.sellers * 4, *story.heads, "desk"])
    t = story.moment()
    fields: dict[str, Any] = {"customer": story.customer()}
    kind = rng.choice(("visit", "visit", "visit", "call", "followup"))
    if kind == "visit":
        fields |= rng.choice(({"direction": "out"}, {"direction": "in"}, {}))
    elif kind == "call":
        fields["direction"] = rng.choice(("out", "in"))
    else:
        fields["channel"] = rng.choice(("phone", "visit", "visit", "wechat", "sms", "email"))
    if kind != "visit":
        fields |= rng.choice(({}, {"reached": True}, {"reached": False}))
    if story.chance(0.1):
        fields["recorded_by"] = rng.choice(("desk", *story.sellers))
    return story.add(kind, by, t, story.entered_after(t), **fields)


def card(story: Story) -> Line:
    t = story.moment()
    return story.add(
        "card",
        story.rng.choice([*story.sellers * 4, *story.heads]),
        t,
        story.entered_after(t),
        customer=story.customer(),
        contact="a contact",
        title="a title",
        rank=story.rng.choice((1, 2, 2, 3, 4, 4)),
    )


def finding(story: Story) -> Line:
    rng = story.rng
    question = rng.choice(
        ("knowledge", "knowledge", "succession", "padding", "padding", "padding", "sabotage")
        + ("accompaniment",) * 2
    )
    subject = story.some_seller()
    answers: dict[str, tuple[Any, ...]] = {
        "knowledge": (True, True, False, "partial"),
        "succession": (True, True, False),
        "padding": (True, True, True, False),
        "sabotage": (True, True, False),
        "accompaniment": (-3, -2, -1, 1, 2, 3),
    }
    t = story.moment()
    rec = t + rng.choice((0, 0, 0, 600, 2 * DAY))
    fields: dict[str, Any] = {"customer": story.customer()}
    if question == "padding" and story.chance(0.75):
        fields |= padding(story, subject, rec)
    by: str = rng.choice((story.own_head(subject),) * 5 + ("gm", "gm", *story.heads, "desk"))
    if question == "sabotage":
        by = rng.choice(("gm", "gm", "gm", story.own_head(subject)))
    if question == "accompaniment" or story.chance(0.1):
        others = [x for x in [*story.heads, *story.heads, "gm"] if x != by]
        if others and story.chance(0.9):
            joint = rng.sample(others, rng.randint(1, min(2, len(others))))
            fields["jointly_with"] = list(dict.fromkeys(joint))
    answer = rng.choice(answers[question])
    told = {"question": question, "subject": subject, "answer": answer, "grounds": "asked about"}
    return story.add("finding", by, t, rec, **told, **fields)


def padding(story: Story, subject: str, rec: int) -> dict[str, Any]:
    """Strikes on entries of one customer already in the register, mostly the subject's own."""
    known = [
        a
        for a in story.acts
        if a["kind"] in ("visit", "call", "followup", "card") and a["rec"] < rec
    ]
    own = [a for a in known if a["by"] == subject]
    pool = own if own and story.chance(0.8) else known
    if not pool:
        return {}
    first = story.rng.choice(pool)
    same = [a for a in pool if a["customer"] == first["customer"] and a is not first]
    more = story.rng.sample(same, min(len(same), story.rng.choice((0, 0, 1, 2))))
    return {"customer": first["customer"], "strikes": [first, *more]}


def shared_out(story: Story, parties: list[str]) -> list[dict[str, str]]:
    split = story.rng.choice(SHARES[len(parties)])
    return [{"party": p, "share": s} for p, s in zip(parties, split, strict=True)]


def agreement(story: Story, parties: list[str], t: int, rec: int, **fields: Any) -> Line:
    by = story.rng.choice((parties[0], story.own_head(parties[0])))
    told: dict[str, Any] = {"parties": parties, "shares": shared_out(story, parties)}
    return story.add("agreement", by, t, rec, **told, **fields)


def any_agreement(story: Story) -> Line:
    parties = story.rng.sample(story.sellers, story.rng.randint(2, min(3, len(story.sellers))))
    t = story.moment()
    return agreement(story, parties, t, story.entered_after(t), customer=story.customer())


def close(story: Story, name: str | None) -> Line:
    """A signed contract, with what was agreed and ruled around it."""
    rng = story.rng
    many = len(story.sellers)
    size = rng.choice([n for n in (1, 1, 2, 2, 3, 3, 4, 4, 5) if n <= many])
    signers = rng.sample(story.sellers, size)
    t = story.moment()
    fields: dict[str, Any] = {"customer": story.customer()}
    if name is not None:
        fields["deal"] = name
    if size > 1 or story.chance(0.7):
        fields["signers"] = [{"staff": x} for x in signers]
        if story.chance(0.5):
            for signer, share in zip(fields["signers"], rng.choice(SHARES[size]), strict=True):
                signer["share"] = share
    made = story.add("close", signers[0], t, story.entered_after(t), **fields)
    concerns = {} if name is None or story.chance(0.5) else {"deal": name}
    concerns["customer"] = made["customer"]
    for _ in range(rng.choice((0, 0, 1, 1, 2)) if size > 1 else 0):
        others = [x for x in story.sellers if x not in signers]
        parties = rng.choice((signers, signers, signers[::-1], signers[:2], [*signers, *others]))
        earlier = t - rng.choice((0, 30, HOUR, DAY, 3 * DAY))
        late = rng.choice((0, 0, 0, HOUR, DAY))
        agreement(story, list(parties), max(earlier, 0), max(earlier, 0) + late, **concerns)
    if story.chance(0.3):
        found = {"question": "sabotage", "answer": story.chance(0.8), "grounds": "asked about"}
        for x in rng.sample(signers, rng.randint(1, size)):
            told = {"subject": x, "customer": made["customer"], **found}
            story.add("finding", "gm", t + rng.choice((-HOUR, HOUR, DAY)), **told)
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        ruling(story, max(0, t + rng.choice((-HOUR, 30, HOUR, DAY, 3 * DAY))), **concerns)
    return made


def award(story: Story) -> list[dict[str, str]]:
    parties = story.rng.sample(story.sellers, story.rng.choice((1, 1, 1, 2)))
    # Few awards, so that heads often agree.
    return shared_out(story, sorted(parties) if story.chance(0.5) else ["chen"])


def ruling(story: Story, t: int, **fields: Any) -> Line:
    rng = story.rng
    by: str = rng.choice([*story.heads * 4, "gm", story.some_seller(), "desk"])
    instance = rng.choice(("department_head", "both_heads", "panel"))
    if by == "gm":
        instance = "general_manager"
    told: dict[str, Any] = {"instance": instance, "award": award(story), "reason": "heard all"}
    others = [x for x in story.heads if x != by]
    if others and story.chance(0.4):
        told["jointly_with"] = rng.sample(others, rng.randint(1, len(others)))
    # The others' own word, perhaps to the same award.
    for other in others:
        if story.chance(0.4):
            same = told["award"] if story.chance(0.6) else award(story)
            said: Line = {"instance": "department_head", "award": same, "reason": "heard all"}
            later = t + rng.choice((0, 30, HOUR, 2 * DAY))
            story.add("ruling", other, later, **said, **fields)
    return story.add("ruling", by, t, story.entered_after(t), **told, **fields)


def any_ruling(story: Story) -> Line:
    return ruling(story, story.moment(), customer=story.customer())


def appeal(story: Story) -> Line | None:
    rulings = [a for a in story.acts if a["kind"] == "ruling"]
    if not rulings:
        return None
    against = story.rng.choice(rulings)
    t = against["rec"] + story.rng.choice((HOUR, DAY))
    about = {"customer": against["customer"], "to": "general_manager"}
    return story.add("appeal", story.some_seller(), t, against=against, **about)


def link(story: Story) -> Line:
    t = story.moment()
    relation = story.rng.choice(("same", "same", "same", "group", "household"))
    by = story.rng.choice((*story.heads, *story.sellers))
    customers = ["K1", "K2"]
    made = story.add("link", by, t, customers=customers, relation=relation)
    if story.chance(0.2):
        story.add("unlink", by, t + story.rng.choice((HOUR, 3 * DAY)), customers=customers)
    return made


# --- mending ------------------------------------------------------------------------------------

MENDABLE = ("visit", "call", "followup", "card", "finding", "ruling", "agreement", "close")


def mend(story: Story) -> Line | None:
    """Somebody, who may or may not, voids or corrects an entry, or takes a mending back."""
    rng = story.rng
    mended = [a for a in story.acts if a["kind"] in ("void", "correction")]
    pool = [a for a in story.acts if a["kind"] in MENDABLE]
    if mended and story.chance(0.15):
        pool = mended
    if not pool:
        return None
    target = rng.choice(pool)
    author: str = target["by"]
    by: str = rng.choice((author,) * 4 + (target.get("recorded_by", author), story.some_seller()))
    if author in story.department and story.chance(0.3):
        by = rng.choice((story.own_head(author), story.own_head(author), *story.heads, "desk"))
    t = target["rec"] + rng.choice((MINUTE, HOUR, DAY, 5 * DAY))
    if target["kind"] in ("void", "correction") or story.chance(0.4):
        return story.add("void", by, t, voids=target, reason="entered in error")
    changes = rng.choice(possible_changes(story, target))
    return story.add("correction", by, t, corrects=target, changes=changes)


def possible_changes(story: Story, target: Line) -> list[dict[str, Any]]:
    rng = story.rng
    kind = target["kind"]
    changes: list[dict[str, Any]] = [{"note": "spelling"}]
    if kind in ("visit", "call", "followup", "card") and target["t"] > 2 * DAY:
        earlier = target["t"] - rng.choice((20, MINUTE, HOUR, DAY))
        changes += [{"at": stamp(earlier)}, {"at": stamp(earlier)}]
    if kind in ("call", "followup"):
        changes += [{"reached": True}, {"reached": False}]
    if kind == "followup":
        changes += [{"channel": "visit"}, {"channel": "phone"}]
    if kind == "card":
        changes += [{"rank": rng.choice((1, 2, 3, 4))}] * 2
    if kind == "finding" and target["question"] in ("knowledge", "succession", "padding"):
        changes += [{"answer": rng.choice((True, False))}] * 2
    if kind == "ruling":
        changes += [{"award": [{"party": story.some_seller(), "share": "100"}]}] * 2
    return changes


# --- the history --------------------------------------------------------------------------------


def random_history(rng: Random) -> list[Line]:
    """The lines of one import: roster first, then everything in the order it was entered."""
    story = Story(rng, days=rng.choice((2, 6, 20, 40)))
    lines = roster(story)
    # Somebody is in contact from the start, so that most rulings find a contender.
    begun = rng.choice((9 * HOUR, 9 * HOUR + 20))
    story.add("call", story.some_seller(), begun, customer="K1", direction="out")
    for _ in range(rng.choice((0, 1, 3, 6, 10))):
        contact(story)
    for _ in range(rng.choice((0, 1, 2, 4))):
        card(story)
    for number in range(1, rng.choice((0, 0, 1, 1, 1, 2, 3)) + 1):
        close(story, f"D{number}" if story.chance(0.7) else None)
    for _ in range(rng.choice((0, 0, 1, 3, 5))):
        finding(story)
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        any_ruling(story)
    for _ in range(rng.choice((0, 0, 1))):
        any_agreement(story)
    if story.chance(0.3):
        link(story)
    for _ in range(rng.choice((0, 0, 1, 3))):
        mend(story)
    if story.chance(0.3):
        appeal(story)
    return lines + written(story)


def written(story: Story) -> list[Line]:
    """The acts as lines, in the order of entry, with ids in place of references."""
    acts = sorted(story.acts, key=lambda a: a["rec"])
    ids = {id(a): f"e{number}" for number, a in enumerate(acts, start=1)}

    def told(value: Any) -> Any:
        if isinstance(value, dict) and id(value) in ids:
            return ids[id(value)]
        if isinstance(value, list):
            return [told(v) for v in value]
        return value

    lines = []
    for act in acts:
        # Another offset says the same moment.
        zone = UTC if story.chance(0.05) else SHANGHAI
        line: Line = {"id": ids[id(act)], "kind": act["kind"]}
        line |= {"at": stamp(act["t"], zone), "recorded_at": stamp(act["rec"], zone)}
        line |= {k: told(v) for k, v in act.items() if k not in ("kind", "t", "rec")}
        lines.append(line)
    return lines


def with_moves(lines: list[Line], rng: Random) -> list[Line]:
    """The same history with one to three changes of post among its entries."""
    staff = [line for line in lines if line["kind"] == "staff" and line["staff"] != "gm"]
    departments = sorted({line["department"] for line in staff})
    moves: list[Line] = []
    for number in range(rng.choice((1, 1, 2, 3))):
        t = rng.randrange(20) * DAY + rng.choice((8, 12, 20)) * HOUR
        changed = rng.choice(("department", "department", "role"))
        post = {
            "department": rng.choice(departments),
            "role": rng.choice(("consultant", "supervisor", "department_head", "clerk")),
        }
        moves.append(
            {
                "id": f"m{number}",
                "kind": "staff_moved",
                "staff": rng.choice(staff)["staff"],
                "by": "gm",
                "at": stamp(t),
                "recorded_at": stamp(t + rng.choice((0, 0, DAY))),
                changed: post[changed],
            }
        )
    start = [line for line in lines if line["id"].startswith("r")]
    rest = [line for line in lines if not line["id"].startswith("r")] + moves
    return start + sorted(rest, key=lambda line: datetime.fromisoformat(line["recorded_at"]))


def random_settings(rng: Random) -> dict[str, Any]:
    """No, one or a few parameters set."""
    few = rng.sample(sorted(PARAMETERS), rng.choice((0, 1, 1, 2, 3)))
    return {name: rng.choice(PARAMETERS[name]["values"]) for name in few}


def deals_named(lines: list[Line]) -> list[str | None]:
    """What may be asked for: the latest close, the open one, and each deal by its id.

    A close may have been voided since, so that its id is no longer known.
    """
    named = [str(a["deal"]) for a in lines if a["kind"] == "close" and "deal" in a]
    return [None, "open", *named]
