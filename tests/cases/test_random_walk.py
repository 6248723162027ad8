"""Any steps at all, right and wrong ones alike: the procedure against a plain model of it.

The model knows a case as a dictionary of plain values, and is written from the words of the
written procedure alone.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflictctl.cases.procedure import Case, apply, replayed
from conflictctl.events import Event

from .steps import (
    BETWEEN_DEPARTMENTS,
    COMPLAINT,
    INTERNAL,
    LADDER,
    PEOPLE,
    SAMPLES,
    STAFF,
    Writing,
    event,
    snapshot,
)

STEPS = 10_000
KINDS = sorted(set(SAMPLES) - {"case_opened"})
# What leads away from the middle of the procedure comes seldom, so that cases get through it.
SELDOM = {"case_withdrawn", "case_reopened", "case_contact", "case_response", "case_update"}
WEIGHED = [kind for kind in KINDS for _ in range(1 if kind in SELDOM else 6)]
Step = dict[str, Any]
Model = dict[str, Any]

# --------------------------------------------------------------------------- the model

AT_WORK = {"accepted", "investigating", "negotiating", "reopened"}
RUNNING = AT_WORK | {"open", "resolved", "executing"}
OVER = {"closed", "withdrawn", "rejected"}
ABOVE = {"supervisor", "manager", "department_head", "general_manager"}


def new_model(opened: Step, claim: bool) -> Model:
    """A case that was just opened."""
    return {
        "state": "open",
        "level": "handler",
        "handler": None,
        "tasks": {},
        "lessons": {},
        "proposals": {},
        "asked": False,
        "confirmed": False,
        "parties": set(opened.get("parties", ())),
        "departments": set(opened.get("departments", ())),
        "customer": "customer" in opened,
        "claim": claim,
    }


def party(model: Model, staff: str) -> bool:
    """Those in conflict, and who belongs to a department that is; the general manager not."""
    role, department = STAFF[staff]
    return staff in model["parties"] or (
        department in model["departments"] and role != "general_manager"
    )


def decides(model: Model, staff: str) -> bool:
    """The handler moves the case, or somebody above who is no party."""
    return staff == model["handler"] or (STAFF[staff][0] in ABOVE and not party(model, staff))


def fits(model: Model, step: Step) -> bool:
    """Whether a step is one."""
    state, kind, by = model["state"], step["kind"], step["by"]
    if STAFF[by][0] == "auditor":
        return False
    match kind:
        case "case_accepted":
            again = step["handler"] == model["handler"] and state != "open"
            return (
                state in RUNNING
                and not party(model, step["handler"])
                and (by == model["handler"] or not party(model, by))
                and not again
            )
        case "case_rejected":
            return state == "open" and decides(model, by)
        case "case_withdrawn":
            return state in RUNNING and not model["claim"]
        case "case_contact" | "case_response":
            return True
        case "case_update" | "case_obstruction":
            return state in RUNNING
        case "case_requirement":
            return state in AT_WORK
        case "case_change":
            return state in AT_WORK | {"resolved", "executing"} and model["confirmed"]
        case "case_finding":
            return state in AT_WORK and decides(model, by)
        case "case_proposal":
            return state in AT_WORK and step["proposal"] not in model["proposals"]
        case "case_reply":
            known = model["parties"] | model["departments"]
            if model["customer"]:
                known = known | {"customer"}
            return (
                state == "negotiating"
                and step["proposal"] in model["proposals"]
                and step["party"] in known
            )
        case "case_resolution":
            return state in AT_WORK and not model["claim"] and may_resolve(model, step)
        case "case_task":
            return (
                state in {"resolved", "executing"}
                and step["task"] not in model["tasks"]
                and decides(model, by)
            )
        case "case_task_done":
            return state == "executing" and model["tasks"].get(step["task"]) == "open"
        case "case_survey":
            return state in {"resolved", "executing", "closed"}
        case "case_lesson":
            return state not in {"open", "rejected"} and step["lesson"] not in model["lessons"]
        case "case_lesson_done":
            return model["lessons"].get(step["lesson"]) == "open"
        case "case_escalated":
            named = step.get("handler")
            return (
                state in RUNNING
                and step["to"] in LADDER
                and LADDER.index(step["to"]) > LADDER.index(model["level"])
                and (named is None or not party(model, named))
            )
        case "case_reopened":
            return state in {"resolved", "executing"} | OVER
        case "case_closed":
            return (
                state in {"resolved", "executing"}
                and decides(model, by)
                and "open" not in model["tasks"].values()
                and (model["asked"] or "survey_waived" in step)
            )
    raise AssertionError(kind)


def may_resolve(model: Model, step: Step) -> bool:
    named = step.get("proposal")
    if not decides(model, step["by"]) or (named and named not in model["proposals"]):
        return False
    if step["how"] == "settled" and named:
        return set(model["proposals"][named].values()) <= {"accept"}
    if step["how"] == "ruled":
        return bool(model["proposals"]) and STAFF[step["by"]][0] in ABOVE
    return True


def go(model: Model, step: Step) -> None:
    """What a step that fits leaves behind."""
    state, kind = model["state"], step["kind"]
    match kind:
        case "case_accepted":
            model["handler"] = step["handler"]
            model["state"] = "accepted" if state == "open" else state
        case "case_rejected":
            model["state"] = "rejected"
        case "case_withdrawn":
            model["state"] = "withdrawn"
        case "case_requirement":
            model["confirmed"] |= step["confirmed"]
        case "case_finding":
            model["state"] = "negotiating" if state == "negotiating" else "investigating"
        case "case_proposal":
            model["proposals"][step["proposal"]] = {}
            model["state"] = "negotiating"
        case "case_reply":
            model["proposals"][step["proposal"]][step["party"]] = step["reply"]
        case "case_resolution":
            model["state"] = "resolved"
        case "case_task":
            model["tasks"][step["task"]] = "open"
            model["state"] = "executing"
        case "case_task_done":
            model["tasks"][step["task"]] = "done"
        case "case_survey":
            model["asked"] |= "score" in step or "ended" in step
        case "case_lesson":
            model["lessons"][step["lesson"]] = "open"
        case "case_lesson_done":
            model["lessons"][step["lesson"]] = "done"
        case "case_escalated":
            model["level"] = step["to"]
            model["handler"] = step.get("handler", model["handler"])
        case "case_reopened":
            model["state"] = "reopened" if model["handler"] else "open"
            model["asked"] = False
        case "case_closed":
            model["state"] = "closed"


# ------------------------------------------------------------------------ the two beside


def any_step(chance: random.Random) -> Step:
    """A step as somebody might try it, of whatever sense."""
    kind = chance.choice(WEIGHED)
    step: Step = {**SAMPLES[kind], "kind": kind, "by": chance.choice(list(STAFF))}
    one_of = {
        "proposal": ["P1", "P2", "P3"],
        "task": ["T1", "T2", "T3"],
        "lesson": ["L1", "L2", "L3"],
        "handler": list(STAFF),
        "party": ["customer", "wang", "li", "mei", "sales", "service"],
        "reply": ["accept", "refuse", "counter"],
        "to": [*LADDER, "king"],
        "confirmed": [True, False],
    }
    for name, values in one_of.items():
        if name in step:
            step[name] = chance.choice(values)
    if kind == "case_obstruction":
        step["party"] = "customer"
    elif kind == "case_resolution":
        step["how"] = chance.choice(["settled", "ruled", "mediated", "arbitrated", "compensated"])
        step["third_party"] = "the guild"
        if chance.random() < 0.5:
            step["proposal"] = chance.choice(one_of["proposal"])
    elif kind == "case_escalated" and chance.random() < 0.5:
        step["handler"] = chance.choice(list(STAFF))
    elif kind == "case_closed" and chance.random() < 0.3:
        step["survey_waived"] = "moved abroad"
    elif kind == "case_survey":
        step |= chance.choice(
            [{"score": 1}, {"score": 5}, {"reached": False}, {"ended": "wants no more of it"}]
        )
        if "reached" in step or "ended" in step:
            del step["score"]
    return step


class Pair:
    """A case and its model, and the steps that both have taken."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.name = f"C-{number}"
        self.opened = chance.choice([COMPLAINT, INTERNAL, BETWEEN_DEPARTMENTS, None])
        self.number = number
        self.seq = 1000
        self.case = self.anew()
        self.model = new_model(
            self.opened or {"parties": ["wang", "li"], "customer": "K1"}, self.opened is None
        )
        self.taken: list[Event] = []

    def anew(self) -> Case:
        if self.opened is not None:
            return Writing(self.name, **self.opened).case
        claim = event(self.number, "claim", by="wang", customer="K1")
        return Case(
            claim, PEOPLE, identity=self.name, category="attribution", parties=["wang", "li"]
        )

    def attempt(self, step: Step) -> bool:
        """Try a step on both; they agree on whether it is one, and on what it leaves."""
        self.seq += 1
        entry = event(self.seq, **{**step, "case": self.name})
        before = snapshot(self.case)
        fitting = fits(self.model, step)
        refusal = apply(self.case, entry, LADDER)
        assert (refusal is None) is fitting, (step, self.model, refusal)
        if fitting:
            go(self.model, step)
            self.taken.append(entry)
        else:
            assert refusal is not None
            assert str(refusal.reason)
            assert str(refusal.hint)
            assert snapshot(self.case) == before
        assert self.seen() == self.shown(), step
        return fitting

    def seen(self) -> tuple[Any, ...]:
        case = self.case
        asked = case.verified is not None or case.ended is not None
        return (case.state, case.level, case.handler, case.open_tasks(), asked)

    def shown(self) -> tuple[Any, ...]:
        model = self.model
        owed = [name for name, state in model["tasks"].items() if state == "open"]
        return (model["state"], model["level"], model["handler"], owed, model["asked"])

    def check_replay(self) -> None:
        """The steps taken, replayed from scratch, give the same case."""
        again = replayed(self.anew(), self.taken, LADDER, keep=False)
        assert snapshot(again) == snapshot(self.case)


def wanted_step(pair: Pair, chance: random.Random, fitting: bool) -> Step:
    """A step of the wanted sense, of any kind that can have it, if one turns up."""
    for _ in range(30):
        step = any_step(chance)
        if fits(pair.model, step) is fitting:
            break
    return step


@pytest.mark.parametrize("seed", [1, 20260302])
def test_a_long_walk_over_many_cases(seed: int) -> None:
    chance = random.Random(seed)
    pairs = [Pair(number, chance) for number in range(1, 81)]
    taken: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    states: Counter[str] = Counter()
    for _ in range(STEPS):
        pair = chance.choice(pairs)
        step = wanted_step(pair, chance, chance.random() < 0.5)
        (taken if pair.attempt(step) else refused)[step["kind"]] += 1
        states[pair.model["state"]] += 1
    for pair in pairs:
        pair.check_replay()
    # Both sides of every kind were tried (an auditor's contact is the only wrong one).
    assert min(taken[kind] for kind in KINDS) >= 3, taken
    assert min(refused[kind] for kind in KINDS) >= 1, refused
    assert abs(taken.total() - refused.total()) < STEPS / 5
    assert len(states) == 10
    assert min(states.values()) >= 10, states


@settings(max_examples=60, deadline=None)
@given(chance=st.randoms(use_true_random=False), senses=st.lists(st.booleans(), max_size=40))
def test_any_walk(chance: random.Random, senses: list[bool]) -> None:
    pair = Pair(1, chance)
    for sense in senses:
        pair.attempt(wanted_step(pair, chance, sense))
    pair.check_replay()
