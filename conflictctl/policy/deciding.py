"""The ordered rules of a policy written out as one function, for asking many times.

Asked without words, a case wants three things: which rule decides, to whom it gives the deal,
and on what grounds.  A function for each rule looks every named value up again and hands on
grounds that nobody reads; here named values are variables, and grounds are put together where
a rule has decided.  Whatever takes a full account to tell is left to `adjudication.rules`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from conflictctl.history import Entry
from conflictctl.policy.emit import NAMESPACE, Part, Writer, joined
from conflictctl.policy.expression import UNKNOWN, Called, Combined, Named, Node, Point, is_certain
from conflictctl.policy.grounds import spread
from conflictctl.policy.parts import CompiledRule

Decided = tuple[CompiledRule, Any, list[Entry]]
"""The rule that decides, what it gives, and the entries that both rest on, as they were met."""

SIMPLE = frozenset({"credit", "outlet", "hold"})
"""What a rule can do with a deal that needs no more than knowing to whom it gives it."""

_DEEPEST = 25
"""Parts of a condition become nested blocks down to this depth; Python allows 100."""
WRITTEN_AFTER = 300
"""So many times rules are asked one by one."""
_VARIABLE = re.compile(r"\w+")
_SHORT = 24
"""Lines up to which a named value is written out again where it may not be known yet."""


def decides(
    rules: Sequence[CompiledRule], *, deal: bool, leaves_out: bool = False
) -> Callable[[Any], Decided | None]:
    """A function of a case that tells which of some rules decides, the first that applies.

    `deal`: the cases have a deal (else they ask who holds the customer).  `leaves_out`: the
    policy may leave outlets out.  The function gives None where no rule decides, a fact is
    missing, or a rule applies that does more than give the deal to somebody.
    """
    namespace = {**NAMESPACE, "UNSET": object()}
    text = Decider(namespace, deal=deal).rules(rules, leaves_out=leaves_out)
    exec(compile(text, "<rules>", "exec"), namespace)
    found: Callable[[Any], Decided | None] = namespace.pop("f")
    return found


class InOrder:
    """Rules of which the first that applies decides.

    They are asked one by one until they have been asked so often that it pays to write them out:
    that takes as long as some hundred rulings, and many programs are asked once.
    """

    def __init__(self, rules: Sequence[CompiledRule], *, deal: bool, leaves_out: bool) -> None:
        self.rules = rules
        self._deal, self._leaves_out = deal, leaves_out
        self._asked = 0
        self.first: Callable[[Any], Decided | None] = self._one_by_one
        """Which rule decides a case; None where it takes more than the first that applies."""

    def write(self) -> None:
        """From now on, ask all rules at once."""
        self.first = decides(self.rules, deal=self._deal, leaves_out=self._leaves_out)

    def _one_by_one(self, case: Any) -> Decided | None:
        self._asked += 1
        if self._asked > WRITTEN_AFTER:
            self.write()
            return self.first(case)
        for rule in self.rules:
            value, grounds = rule.when(case)
            if value is UNKNOWN:
                return None
            if value:
                if rule.action not in SIMPLE:
                    return None
                case.evidence.clear()
                given = rule.value(case)
                spread(grounds, case.evidence)
                return rule, given, case.evidence
        return None


def parts_of(condition: Node) -> Sequence[Node]:
    """The parts of a condition all of which must be true."""
    if isinstance(condition, Combined) and not condition.stop:
        return condition.parts
    return (condition,)


def variables_of(grounds: str) -> list[str]:
    """The variables that the text of grounds names, each once."""
    return [name for name in dict.fromkeys(_VARIABLE.findall(grounds)) if name != "None"]


class _Met(NamedTuple):
    """A named value that has been written out, and the variables it can be put into."""

    value: str
    grounds: str
    text: str
    unknown: bool
    grounded: bool
    lines: int


class Decider(Writer):
    """The statements of the function of all rules."""

    refusals = False
    margin: str | None = None

    def __init__(self, namespace: dict[str, Any], *, deal: bool) -> None:
        super().__init__(namespace)
        self.deal = deal
        self.head: list[str] = []
        """What is read off the case before the first rule."""
        self.read_off: set[str] = set()
        """Variables that hold it."""
        self.known: dict[tuple[str, str], tuple[Part, int]] = {}
        """What stands in a variable wherever the next statement is reached, and how deep the
        block is in which the variable was set."""
        self.met: dict[str, _Met] = {}
        self.entries: set[str] = set()
        """Variables that hold an entry or None."""
        self.lists: set[str] = set()
        """Variables that hold a list of entries or None."""
        self.asked_again: set[str] = set()
        """Named values that are also asked for where they may be known or not."""

    # ------------------------------------------------------------------------ the rules

    def rules(self, rules: Sequence[CompiledRule], *, leaves_out: bool = False) -> str:
        """The text of the function."""
        self.begin(leaves_out=leaves_out)
        for rule in rules:
            self._rule(rule)
        return self.all_of("None")

    def begin(self, *, leaves_out: bool) -> None:
        """What stands before everything else."""
        self.head.append(f"if {self.part_of_case('ev')}: ev.clear()")
        if leaves_out:
            self.head.append("case.left_out")  # settled before anything rests on it

    def all_of(self, result: str) -> str:
        """The text of the function: what is read off first, then the statements so far."""
        keep = {met.value: met for name, met in self.met.items() if name in self.asked_again}
        self.head += [f"{value} = UNSET" for value in keep]
        lines = [f"    {line}" for line in self.head]
        for line in self.lines:
            indent, _, value = line.partition("# ")
            if not value:
                lines.append(line)
            elif value in keep:  # a mark: here the value was worked out
                lines.append(f"{indent}{value}, {keep[value].grounds} = {keep[value].text}")
        self.lines = lines
        return self._function(result)

    def _rule(self, rule: CompiledRule) -> None:
        begin, grounds = self.depth, []
        condition = rule.condition
        assert condition is not None  # what could not be compiled is not asked
        parts = list(parts_of(condition))
        while parts and is_certain(parts[0]) and self.depth < _DEEPEST:
            part = self.visit(parts.pop(0))
            grounds.append(part.grounds)
            self._go_on_if(part.text)
        if parts:
            part = self.visit(parts[0] if len(parts) == 1 else Combined(tuple(parts), False))
            grounds.append(part.grounds)
            self.give_up_if_unknown(part)
            self._go_on_if(part.text)
        if rule.exception is not None:
            part = self.visit(rule.exception)
            self.give_up_if_unknown(part)
            self._go_on_if(f"not {part.text}")
        if rule.gives is None or rule.action not in SIMPLE:
            self.line("return None")
        else:
            part = self.visit(rule.gives)
            self.leave_in_evidence(joined([*grounds, part.grounds]))
            self.line(f"return {self.held(rule)}, {part.text}, ev")
        self.depth = begin

    def leave_in_evidence(self, grounds: str | None) -> None:
        """Append the entries of grounds to the evidence, each variable once."""
        for name in variables_of(grounds or ""):
            if name in self.entries:
                self.line(f"if {name} is not None: ev.append({name})")
            elif name in self.lists:
                self.line(f"if {name} is not None: ev += {name}")
            else:
                self.line(f"spread({name}, ev)")

    def _go_on_if(self, text: str) -> None:
        self.line(f"if {text}:")
        self.depth += 1

    def give_up_if_unknown(self, part: Part) -> None:
        if part.unknown:
            self.line(f"if {part.text} is UNKNOWN: return None")

    # -------------------------------------------------------------------- what is known

    def leave(self, depth: int) -> None:
        """Forget what was worked out in the blocks that end here."""
        self.known = {what: found for what, found in self.known.items() if found[1] <= depth}

    def know(self, kind: str, what: str, part: Part, depth: int | None = None) -> Part:
        self.known[kind, what] = part, self.depth if depth is None else depth
        return part

    def _read_off(self, text: str, of: type | None = None) -> Part:
        """Something of the case that is read once, before the first rule."""
        found = self.known.get(("read", text))
        if found is not None:
            return found[0]
        name = self.fresh()
        self.read_off.add(name)
        self.head.append(f"{name} = {text}")
        return self.know("read", text, Part(name, of=of), 0)

    def once(self, text: str) -> str:
        """What is read off a value before several entries are held against it."""
        found = self.known.get(("read", text))
        if found is not None:
            return found[0].text
        owner = text.partition(".")[0]
        if any(part.text == owner and part.of is Entry for part, _ in self.known.values()):
            return self._read_off(text).text
        return self.know("read", text, Part(self.put(text))).text

    def pool(self, name: str, all_of_them: bool) -> str:
        """A new variable with the entries of a class."""
        key = ("pool" if all_of_them else "pool of some", name)
        found = self.known.get(key)
        if found is None:
            return self.put(self.know(*key, Part(super().pool(name, all_of_them))).text)
        return self.put(found[0].text)

    def picked(self) -> str:
        """A new variable for the entry that is picked."""
        name = super().picked()
        self.entries.add(name)
        return name

    def rest_on(self, grounds: str) -> list[str]:
        """New variables for grounds that stand in a block which may not be gone through."""
        variables = variables_of(grounds)
        if not (self.entries | self.lists).issuperset(variables):
            return super().rest_on(grounds)
        copies = []
        for variable in variables:
            copies.append(self.put(variable))
            (self.entries if variable in self.entries else self.lists).add(copies[-1])
        return copies

    def mark(self) -> str:
        """Nothing stands in the evidence before a call: all is taken at once."""
        return ""

    def taken(self, mark: str) -> str:
        """What was left in the evidence."""
        grounds = self.put("None")
        self.lists.add(grounds)
        self.line(f"if ev: {grounds} = ev[:]; ev.clear()")
        return grounds

    # ---------------------------------------------------------------------- expressions

    def _point(self, node: Point) -> Part:
        if self.deal and node.of_deal is not None:
            return self._read_off(node.of_deal, Entry if node.entry else None)
        if node.source is not None:
            return self._read_off(node.source)
        return super()._point(node)

    def _called(self, node: Called) -> Part:
        """A word; one that is a piece of text over variables is not worked out twice."""
        if not node.word.free or node.word.source is None or node.keywords:
            return super()._called(node)
        values = [self.visit(one) for one in node.values]
        text = node.word.source.format(*[part.text for part in values])
        found = self.known.get(("text", text))
        if found is not None:
            return found[0]
        if values and all(one.text in self.read_off for one in values):
            return self._read_off(text)  # of the case alone: wanted by most rules, if by any
        unsure = [] if node.word.sees_unknown else [one.text for one in values if one.unknown]
        part = Part(
            self.put(self.chosen(unsure, text)),
            bool(unsure) or not node.word.certain,
            joined([one.grounds for one in values]),
        )
        return self.know("text", text, part)

    def _named(self, node: Named) -> Part:
        """A named value: worked out where it is first asked for, then a variable."""
        if node.inline is not None:
            return self.visit(node.inline)
        found = self.known.get(("let", node.name))
        part = found[0] if found is not None else self.know("let", node.name, self._asked(node))
        self.asked_for(node)
        return part

    def asked_for(self, node: Named) -> None:
        """What else is to be done wherever a named value is asked for."""

    def _asked(self, node: Named) -> Part:
        met = self.met.get(node.name)
        if node.whole is None:
            return self.remembered(node)
        if met is None:
            return self._first_met(node)
        # Written out before, in a block that may not have been gone through.
        self.asked_again.add(node.name)
        with self.block(f"if {met.value} is UNSET:"):
            part = self.work_out(node) if met.lines <= _SHORT else self.remembered(node)
            self.line(f"{met.value}, {met.grounds} = {part.text}, {part.grounds}")
        return Part(met.value, met.unknown, met.grounds if met.grounded else None)

    def _first_met(self, node: Named) -> Part:
        begin = len(self.lines)
        part = self.work_out(node)
        if not part.text.isidentifier():
            part = part._replace(text=self.put(part.text))
        met = _Met(
            self.fresh(),
            self.fresh(),
            f"{part.text}, {part.grounds}",
            part.unknown,
            part.grounds is not None,
            len(self.lines) - begin,
        )
        self.met[node.name] = met
        self.line(f"# {met.value}")
        return part

    def work_out(self, node: Named) -> Part:
        """What a named value stands for, written out."""
        assert node.whole is not None
        return self.visit(node.whole)

    def remembered(self, node: Named) -> Part:
        """A named value from the case's memory."""
        name = self.held(node.name)
        value, grounds = self.fresh(), self.fresh()
        run = f"case.worked_out({name})" if node.run is None else f"{self.held(node.run)}(case)"
        memo = self.part_of_case("memo")
        rest = f"{self.margin_of(node)}, {self.refused_for(node)}"
        self.line(f"{value}, {grounds}, {rest} = {memo}.get({name}) or {run}")
        return Part(value, not node.certain, grounds)

    def margin_of(self, node: Named) -> str:
        """The variable for what was measured when a named value was worked out."""
        return "_"

    def refused_for(self, node: Named) -> str:
        """The variable for what was refused then."""
        return "_"
