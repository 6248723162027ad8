"""What the rules of a declared order find, written out as one function, for many accounts.

`rules.py` tries one rule after the other and puts together what each found; most of that goes
into looking up what is the same for every case.  Here every rule's condition, evidence, margin,
and the values of its sentence are statements of one function, which makes the same findings.
It does so for the common case, in which no fact is missing and no rule changes what the others
look at; else it gives None, and the rules are tried one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from conflictctl.adjudication.account import (
    asks,
    cited,
    end_in_words,
    margin_of,
    needs,
    not_reached,
    refusals,
)
from conflictctl.adjudication.outcome import Outcome, given_to
from conflictctl.adjudication.ruling import Finding
from conflictctl.policy.case import Case, shown
from conflictctl.policy.deciding import SIMPLE, WRITTEN_AFTER, Decider, parts_of, variables_of
from conflictctl.policy.emit import NAMESPACE, Part, joined
from conflictctl.policy.expression import Named, Node, is_certain, measures
from conflictctl.policy.language import compile_expression
from conflictctl.policy.parts import CompiledRule
from conflictctl.policy.program import Program
from conflictctl.wording import Bilingual, Sentence, Who


class Told(NamedTuple):
    """What was found, up to the rule that is still to be looked at.

    `place` is that rule's (one past the last where none is left).  `outcome` is what a rule
    before it gave; where it is None the rule at `place` applies: what follows from it is still
    to be worked out, and what it rests on stands in the case.
    """

    findings: list[Finding]
    place: int
    outcome: Outcome | None


def told(case: Case) -> Told | None:
    """The findings of a case, if they are to be had at once; None: try the rules one by one."""
    program = case.program
    accounts = program.written.get("accounts")
    if accounts is None:
        accounts = program.written["accounts"] = (
            _Accounts(program, deal=False),
            _Accounts(program, deal=True),
        )
    found: Told | None = accounts[case.anchor is not None].of(case)
    return found


class _Accounts:
    """The function for one program, written once it was asked for often enough to pay."""

    def __init__(self, program: Program, *, deal: bool) -> None:
        self.program, self.deal = program, deal
        self.asked = 0
        self.of: Callable[[Case], Told | None] = self._not_yet

    def _not_yet(self, case: Case) -> Told | None:
        self.asked += 1
        if self.asked <= WRITTEN_AFTER:
            return None
        self.of = written(self.program, deal=self.deal)
        return self.of(case)


def written(program: Program, *, deal: bool) -> Callable[[Case], Told | None]:
    """The function that tells what the rules of a program find.

    There are two: nothing was refused in most histories, and then there is no account of it to
    keep.  Each is written when it is first wanted.
    """

    @cache
    def function(refusals: bool) -> Callable[[Case], Told | None]:
        namespace: dict[str, Any] = {**NAMESPACE, **_NAMES, "UNSET": object()}
        text = Accountant(namespace, program, deal=deal, refusals=refusals).account()
        exec(compile(text, "<account>", "exec"), namespace)
        found: Callable[[Case], Told | None] = namespace.pop("f")
        return found

    def of(case: Case) -> Told | None:
        flawed = case._flawed
        if not flawed:
            steps = case.steps
            found = function(False)(case)
            if not flawed:
                return found
            case.steps = steps  # a refused entry came to light on the way: once more, with it
        return function(True)(case)

    return of


_MOST_PARTS = 20
"""Parts of a condition that are written one within the other; Python allows 100 blocks."""

_NAMES: dict[str, Any] = {
    "Finding": Finding,
    "Told": Told,
    "Who": Who,
    "cited": cited,
    "end_in_words": end_in_words,
    "given_to": given_to,
    "margin_of": margin_of,
    "needs": needs,
    "new": tuple.__new__,
    "refusals": refusals,
    "sentence": Sentence.of,
    "shown": shown,
}


class Accountant(Decider):
    """The statements of the function of all findings."""

    margin = "m"

    def __init__(
        self, namespace: dict[str, Any], program: Program, *, deal: bool, refusals: bool = True
    ) -> None:
        super().__init__(namespace, deal=deal)
        self.refusals = refusals
        self.program = program
        self.asked = program.rules if deal else program.open_rules
        self.measuring = False
        """Whether the rule at hand may measure something."""
        self.margins: dict[str, str] = {}
        """Variables for what was measured when a named value was worked out."""
        self.said: dict[str, str] = {}
        """Variables for named values as sentences show them."""
        self.refused: dict[str, str] = {}
        """Variables for what was refused then."""

    def account(self) -> str:
        """The text of the function."""
        self.begin(leaves_out=bool(self.program.leave_out))
        self.head += ["found = []", "m = None"]
        if self.refusals:
            self.head.append("flawed = case._flawed")
        for place, rule in enumerate(self.asked):
            self._rule_tried(place, rule)
        return self.all_of(f"Told(found, {len(self.asked)}, None)")

    # ------------------------------------------------------------------------ the rules

    def _rule_tried(self, place: int, rule: CompiledRule) -> None:
        assert rule.condition is not None  # what could not be compiled is not asked
        begin = self.depth
        asked = [one for one in (rule.condition, rule.exception, rule.gives) if one is not None]
        self.measuring = any(map(measures, asked))
        if self.measuring:
            self.line("m = None")
        if self.refusals:
            self.line("if case.refused: case.refused = []")
        parts = parts_of(rule.condition)
        several = rule.exception is None and 1 < len(parts) <= _MOST_PARTS
        if several and all(map(is_certain, parts)):
            self._all_of(place, rule, parts, [])
            if rule.action != "note":  # who comes here has not met the rule
                self._finding(rule, "not_met", rule.rule.why_not, True)
            self.depth = begin
            return
        part = self.visit(rule.condition)
        self.give_up_if_unknown(part)
        with self.block(f"if {part.text}:"):
            if rule.exception is None:
                self._met(place, rule, part.grounds)
            else:
                against = self.visit(rule.exception)
                self.give_up_if_unknown(against)
                with self.block(f"if {against.text}:"):
                    self._not_met(rule, _both(part.grounds, against.grounds))
                with self.block("else:"):
                    self._met(place, rule, part.grounds)
        if rule.exception is not None and rule.action != "note":
            with self.block("else:"):
                self._not_met(rule, part.grounds)
        elif rule.action != "note":  # who comes here has not met the rule
            self._not_met(rule, part.grounds)
        assert self.depth == begin

    def _all_of(
        self, place: int, rule: CompiledRule, parts: Sequence[Node], before: list[str | None]
    ) -> None:
        """One part within the other; one that is false is all that the finding rests on."""
        part = self.visit(parts[0])
        grounds = [*before, part.grounds]
        with self.block(f"if {part.text}:"):
            if len(parts) == 1:
                self._met(place, rule, joined(grounds))
            else:
                self._all_of(place, rule, parts[1:], grounds)
        if rule.action != "note" and part.grounds is not None:
            with self.block("else:"):
                self.leave_in_evidence(part.grounds)

    def _not_met(self, rule: CompiledRule, grounds: str | None) -> None:
        if rule.action == "note":
            self.line("pass")
        else:
            self._finding(rule, "not_met", rule.rule.why_not, grounds)

    def _met(self, place: int, rule: CompiledRule, grounds: str | None) -> None:
        if rule.action == "note":
            self._finding(rule, "supports", rule.rule.why, grounds)
        elif rule.action in ("bar", "replace"):
            self.line("return None")
        elif rule.action in SIMPLE and rule.gives is not None:
            self._gives(place, rule, rule.gives, grounds)
        else:
            self._left_to_others(place, grounds)

    def _left_to_others(self, place: int, grounds: str | None) -> None:
        """What the rule rests on stays in the case, for whoever works out what follows."""
        self.leave_in_evidence(grounds)
        self.line(f"case.margin = {self._margin()}")
        self.line(f"return Told(found, {place}, None)")

    def _margin(self) -> str:
        """What was measured for the rule at hand."""
        return "m" if self.measuring else "None"

    def _gives(self, place: int, rule: CompiledRule, gives: Node, grounds: str | None) -> None:
        before = self.put(self._margin())
        part = self.visit(gives)
        with self.block(f"if {part.text}.__class__ is not {self.held(str)}:"):
            self.line(f"m = {before}")
            self._left_to_others(place, grounds)
        party = None if rule.action == "hold" else part.text
        self._finding(rule, "awards", rule.rule.why, _both(grounds, part.grounds), party)
        outcome = f"given_to(case, {self.held(rule)}, {part.text}, found[-1].reason)"
        behind = self.asked[place + 1 :]
        if any(one.action == "note" for one in behind):  # a note is tried still
            self.line(f"return Told(found, {place + 1}, {outcome})")
            return
        outcome = self.put(outcome)
        if behind:
            self.line(f"found += {self.held(tuple(not_reached(r.rule.clause) for r in behind))}")
        self.line(f"return Told(found, {len(self.asked)}, {outcome})")

    # --------------------------------------------------------------------- the findings

    def _finding(
        self,
        rule: CompiledRule,
        outcome: str,
        text: Bilingual,
        grounds: str | bool | None,
        party: str | None = None,
    ) -> None:
        """The statements that add a finding, in the order in which `account.finding` works.

        `grounds` is True where they stand in the evidence already.
        """
        evidence = self._cited(grounds) if grounds else "()"
        refused = "()"
        if self.refusals:
            refused = self.put("refusals(case.refused) if case.refused else ()")
        margin = self.put("None if m is None else margin_of(*m)") if self.measuring else "None"
        if party is None and rule.whom is not None:
            value = self.visit(rule.whom)
            party = self.put(
                f"{value.text} if {value.text}.__class__ is {self.held(str)} else None"
            )
        values = self._values(rule, text, party, margin)
        given = [self.held(rule.rule.clause), repr(outcome), str(party)]
        given += [f"sentence({self.held(text)}, {values})", margin, evidence, refused]
        self.line(f"found.append(new(Finding, ({', '.join(given)})))")
        if "end_in_words(" in values:  # asks for named values itself
            self.line("if ev: ev.clear()")

    def _cited(self, grounds: str | bool) -> str:
        """The variable for the evidence of a finding."""
        if isinstance(grounds, str):
            variables = variables_of(grounds)
            if len(variables) == 1 and self.entries.issuperset(variables):
                (one,) = variables
                return self.put(f"() if {one} is None else ({one}.ref,)")
            self.leave_in_evidence(grounds)
        evidence = self.put("()")
        self.line(f"if ev: {evidence} = cited(ev); ev.clear()")
        return evidence

    def _values(self, rule: CompiledRule, text: Bilingual, party: str | None, margin: str) -> str:
        values = {name: self.held(value) for name, value in rule.settled.items()}
        for name in rule.names:
            values[name] = self._said(name)
        wanted = asks(text.en)
        if wanted is not None:
            if wanted.party:
                values["party"] = f"'-' if {party} is None else Who({party})"
            if wanted.margin:
                if self.measuring:
                    both = self.put(f"('-', '-') if {margin} is None else {margin}")
                    values |= {"measured": f"{both}[0]", "limit": f"{both}[1]"}
                else:
                    values |= {"measured": "'-'", "limit": "'-'"}
            if wanted.window_end:
                values["window_end"] = f"end_in_words(case, {self.held(rule)})"
            if wanted.needs:
                values["needs"] = "needs(case) or '-'"
        return f"{{{', '.join(f'{self.held(name)}: {text}' for name, text in values.items())}}}"

    def _said(self, name: str) -> str:
        """The variable that holds a named value as sentences show it."""
        found = self.known.get(("said", name))
        if found is not None:
            return found[0].text
        variable = self.said.get(name)
        if variable is None:
            variable = self.said[name] = self.fresh()
            self.head.append(f"{variable} = UNSET")
        scope = self.program.scope
        node = compile_expression(name, scope, ("let", name), write=lambda node: _nothing).node
        assert node is not None
        with self.block(f"if {variable} is UNSET:"):
            part = self.visit(node)
            text, string = part.text, self.held(str)
            unsure = f"None if {text} is UNKNOWN else " if part.unknown else ""
            self.line(
                f"{variable} = new(Who, ({text},)) if {text}.__class__ is {string} "
                f"else shown({unsure}{text})"
            )
        return self.know("said", name, Part(variable)).text

    # ---------------------------------------------------------------------- what is measured

    def work_out(self, node: Named) -> Part:
        """What a named value stands for; what is measured and refused then is put aside."""
        outer = before = ""
        if self.refusals:
            outer = self.put("case.refused")
            self.line("case.refused = []")
        if node.measures:
            before = self.put("m")
            self.line("m = None")
        part = super().work_out(node)
        if self.refusals:
            self.line(f"{self.refused_for(node)} = case.refused")
            self.line(f"case.refused = {outer}")
        if node.measures:
            self.line(f"{self.margin_of(node)} = m")
            self.line(f"m = {before}")
        return part

    def margin_of(self, node: Named) -> str:
        """The variable for what was measured when a named value was worked out."""
        if node.name not in self.margins:
            self.margins[node.name] = self.fresh()
        return self.margins[node.name]

    def refused_for(self, node: Named) -> str:
        """The variable for what was refused when a named value was worked out."""
        if not self.refusals:
            return "_"
        if node.name not in self.refused:
            self.refused[node.name] = self.fresh()
        return self.refused[node.name]

    def asked_for(self, node: Named) -> None:
        """What was measured and refused for a named value counts wherever it is asked for."""
        if self.refusals:
            refused = self.refused_for(node)
            self.line(f"if {refused}: case.refused += {refused}")
        if node.measures:
            own = self.margin_of(node)
            self.line(f"if {own} is not None: m = {own}")

    def were_refused(self, kind: str) -> str:
        """Whether entries of a class were refused."""
        return f"flawed and {kind} in flawed"

    def with_account(self, account: str, own: str | None, picked: str) -> str:
        """The grounds of what was picked; where one of the two was filled, the other was not."""
        self.lists.add(account)
        return f"({account}, {own})"

    def call(self, statement: str) -> None:
        """Take what was measured from the case at once."""
        self.line("case.margin = None")
        super().call(statement)
        self.line("if case.margin is not None: m = case.margin")


def _both(one: str | None, other: str | None) -> str | None:
    given = [grounds for grounds in (one, other) if grounds is not None]
    return f"({', '.join(given)},)" if given else None


def _nothing(case: Any) -> Any:
    return None
