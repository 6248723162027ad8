"""A policy as the document a manager reads and signs: every number, reading and rule in words.

Plain lines, laid out for a width.  Whatever a file says has its place here, if need be under
its own key; nothing is left out because nobody foresaw it.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from conflictctl.render.condition_prose import (
    Clause,
    amount_text,
    condition_clause,
    name_phrase,
    value_clause,
    value_phrase,
    vocabulary_of,
)
from conflictctl.render.language import list_joined, say, term, tr
from conflictctl.render.layout import cells, wrap
from conflictctl.render.safe import safe
from conflictctl.render.terminal import key_lines
from conflictctl.render.terms import TERMS
from conflictctl.wording import N_, Bilingual, Sentence

if TYPE_CHECKING:
    from conflictctl.policy.model import EntryClass, Parameter, Policy, Rule

WIDEST = 100
"""Longer lines are hard to read; a wider terminal is not filled."""

LONGEST_NAME = 40
"""A sentence takes in what somebody is called up to so many cells."""

# The keys of the sections that are lists of facts.  A key that is not here is shown as it is.
_LABELS = {
    # [deal]
    "moment": N_("What the deal is"),
    "restart": N_("Which history counts for a new deal"),
    "others": N_("Which deal an agreement or ruling is about that names none"),
    # [holding]
    "opens": N_("What opens a holding"),
    "granted_by": N_("What grants it"),
    "keeps": N_("What keeps it alive"),
    "lasts": N_("How long it lasts"),
    "renews": N_("Opening again renews it"),
    "idle": N_("How long a contact keeps it alive"),
    "lapse": N_("What silence does"),
    "extends": N_("What extends it"),
    "extension": N_("For how long it is extended"),
    "releases": N_("What releases the customer at once"),
    "queue": N_("Who follows"),
    "levels": N_("What sets the level of a customer"),
    "limits": N_("The longest gap between contacts, by level"),
    "level_at": N_("Which level counts"),
    "default_level": N_("The level where none is recorded"),
    "transfers": N_("What transfers a customer"),
    "notices": N_("What gives notice of a lapse"),
    "demands": N_("What a customer's demand is"),
    "rulings": N_("Which rulings by people count"),
    "ends_on": N_("Which departures end it"),
    "grounds": N_("What a transfer needs, by its cause"),
    # [windows.NAME]
    "limit": N_("How long it is"),
    "days": N_("How many days it has"),
    "count": N_("How they are counted"),
    "clock": N_("From when it runs"),
    "knowledge": N_("By what somebody learns of the deal"),
    # [standing]
    "decisions": N_("What decides on a filing"),
    "valid_days": N_("How long a filing stands"),
    "valid": N_("How long a filing stands"),
    "needs_approval": N_("It must be approved"),
    # [identity], [calendar]
    "joined": N_("Which links make one customer"),
    "household": N_("Which links make a household"),
    "country": N_("Public holidays of"),
    "subdivision": N_("Province or state"),
    "weekend": N_("Days off every week"),
    "holidays": N_("The company's own days off"),
    "working": N_("Days worked all the same"),
    # [powers], [instances]
    "above_parties": N_("Who acts for the company, if no party"),
    "strike": N_("Which findings strike the entries they name"),
    "strikes_own": N_("They strike only entries of the person concerned"),
    "strikes_until": N_("Findings strike until"),
    "clause": N_("Clause"),
    "powers": N_("Who may rule, the lowest instance first"),
    "by_unit": N_("Who decides, by the units of the parties"),
    "stages": N_("Where a ruling by people replaces the rules"),
    "appeal_within": N_("How long an appeal is possible"),
    "parties": N_("Whose units are looked at"),
    "unit": N_("What a unit is"),
    "role": N_("Who is the head of a unit"),
    "one": N_("Where all belong to one unit"),
    "several": N_("Where they belong to several"),
    "final": N_("Who decides last"),
    "disagreement": N_("Where the heads disagree"),
    "instance": N_("Instance"),
    # rows of the scorecard
    "kind": N_("How it is given"),
    "points": N_("Points"),
    "by": N_("What is compared"),
    "lowest": N_("The smallest is the best"),
    "tie": N_("Where several are equal"),
    "times": N_("How many times"),
    "not_for": N_("Not for whoever got points in row"),
}
_CONDITIONS = frozenset(
    {
        "lasts",
        "idle",
        "extension",
        "strike",
        "strikes_until",
        "parties",
        "points",
        "by",
        "times",
        "of",
    }
)
"""Keys whose value is an expression of the policy language."""

# What may stand under some keys, as `key.word`.
_CHOICES = {
    "others.latest": N_("the latest deal"),
    "others.stretch": N_("the deal whose history it lies in"),
    "lapse.exposes": N_("it exposes the holder to a rule"),
    "lapse.releases": N_("it releases the customer"),
    "queue.oldest": N_("whoever opened next"),
    "queue.anew": N_("whoever opens anew"),
    "grounds.notice": N_("a notice before it"),
    "grounds.departure": N_("that departure"),
    "grounds.demand": N_("the customer's demand"),
    "grounds.ruling": N_("a ruling by people"),
    "grounds.always": N_("nothing further"),
    "grounds.never": N_("it does not count"),
    "stages.deal": N_("for a deal"),
    "stages.open": N_("while there is no deal"),
    "unit.department": N_("a department"),
    "unit.outlet": N_("an outlet"),
    "kind.flag": N_("to everybody for whom it is true"),
    "kind.best": N_("to all who share the best figure"),
    "kind.unique_best": N_("to whoever alone has the best figure"),
    "kind.set": N_("as a person assesses it"),
    "tie.shared_unless_all": N_("all who are equal get it, unless that is everybody"),
    "tie.none": N_("nobody gets it"),
    "tie.all": N_("all who are equal get it"),
}

_ACTIONS = {
    "credit": N_("the deal goes to {who}"),
    "outlet": N_("the deal goes to {who}"),
    "shares": N_("the deal is shared as said in {who}"),
    "hold": N_("the customer belongs to {who}"),
    "recommend": N_("{who} is recommended"),
    "refer": N_("{who} decides"),
    "bar": N_("{who} is out of the contest, and the next rules are tried"),
}
_FIGURES = {
    "of": N_("Among: {text}"),
    "unless": N_("Without those for whom {text} (unless it is so for all)"),
    "by": N_("The greatest value decides of: {text}"),
}


def policy_sheet(policy: Policy, *, width: int, fold: bool, code: bool = False) -> Iterator[str]:
    """The lines of the document; with `code`, each condition also as it is written.

    `width` is that of the page in cells; `fold` breaks words that are longer than a line.
    """
    page = _Page(policy, min(width, WIDEST), fold, code)
    yield from page.head()
    yield from page.deciders()
    yield from page.parameters()
    yield from page.classes()
    yield from page.findings()
    yield from page.named_values()
    yield from page.holding()
    yield from page.rules()
    yield from page.scorecard()
    yield from page.side_orders()
    yield from page.signature()


def value_text(value: object) -> str:
    """A value as `--set` and policy files write it: `true`, `null`, `H=3, A=7`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={value_text(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(value_text, value))
    return str(value)


class _Page:
    """One policy on one page: how wide, with or without the code."""

    def __init__(self, policy: Policy, width: int, fold: bool, code: bool) -> None:
        self.policy = policy
        self.width, self.fold, self.code = width, fold, code
        self.vocabulary = vocabulary_of(policy)

    # ----------------------------------------------------------------------- sections

    def head(self) -> Iterator[str]:
        policy = self.policy
        yield from self.prose(say(policy.title), 0)
        yield ""
        facts = {
            tr("policy"): policy.id,
            tr("edition"): policy.version,
            tr("source"): policy.source,
            tr("deals from"): policy.applies_from.isoformat() if policy.applies_from else "",
            tr("deals until"): policy.applies_to.isoformat() if policy.applies_to else "",
            tr("digest"): policy.digest,
        }
        yield from key_lines({name: value for name, value in facts.items() if value})

    def deciders(self) -> Iterator[str]:
        policy = self.policy
        yield from self.heading(tr("Who decides"))
        yield from self.facts(policy.instances)
        yield from self.facts(policy.powers)
        outside = tr("Deals that this edition is not for: {instance}")
        yield from self.prose(outside.format(instance=term(policy.otherwise)), 2)
        for section, pattern in (
            (policy.no_rule, N_("Where no rule decides: {instance}")),
            (policy.tie, N_("Where several are equal: {instance}")),
        ):
            if section:
                yield from self.prose(tr(pattern).format(instance=term(section["refer"])), 2)
                if "clause" in section:
                    yield from self.prose(self.clause_name(section["clause"]), 4)
                if "why" in section:
                    yield from self.prose(say(_bilingual(section["why"])), 4)

    def parameters(self) -> Iterator[str]:
        if self.policy.parameters:
            title = tr("Parameters (--set NAME=VALUE changes one for one run)")
            yield from self.heading(title)
        for parameter in self.policy.parameters.values():
            yield ""
            yield from self.prose(self.parameter_line(parameter), 2)
            yield from self.prose(say(parameter.text), 6)
            allowed = Sentence("allowed: {values}", values=parameter.allowed())
            yield from self.prose(say(allowed), 6)
            for one in parameter.dated:
                since = tr("deals from {day} on: {value}")
                value = amount_text(one.value, parameter.unit)
                yield from self.prose(since.format(day=one.since.isoformat(), value=value), 6)

    def parameter_line(self, parameter: Parameter) -> str:
        remarks = [self.clause_name(parameter.clause)] if parameter.clause else []
        if parameter.unit:
            remarks.append(term(parameter.unit))
        if parameter.contested:
            remarks.append(tr("contested"))
        line = f"{parameter.name} = {value_text(parameter.default)}"
        return safe(line) + (f"    ({list_joined(remarks)})" if remarks else "")

    def classes(self) -> Iterator[str]:
        yield from self.heading(tr("What counts as what"))
        for one in self.policy.classes.values():
            yield ""
            yield from self.prose(self.class_line(one), 2)
            yield from self.condition(N_("It is one where {text}"), one.when, 6, of_entry=True)
            yield from self.condition(N_("It counts where {text}"), one.valid, 6, of_entry=True)
            doubt = one.doubt
            yield from self.condition(
                N_("A person says whether it counts where {text}"), doubt, 6, of_entry=True
            )
            warn = one.warn
            yield from self.condition(N_("Warned of where {text}"), warn, 6, of_entry=True)
            if warn and one.warning is not None:
                yield from self.prose(say(one.warning), 8)
            if one.order:
                order = tr("The order: {value}").format(value=self.setting(one.order))
                yield from self.prose(order, 6)

    def class_line(self, one: EntryClass) -> str:
        kinds = list_joined([term(kind) for kind in one.kinds])
        if one.parent is None:
            return _labelled(self.title(one.name), kinds)
        parent = name_phrase(one.parent, self.vocabulary)
        if not kinds:
            return _labelled(self.title(one.name), parent)
        pattern = tr("{title}: {parent}, if it is: {kinds}")
        return pattern.format(title=self.title(one.name), parent=parent, kinds=kinds)

    def findings(self) -> Iterator[str]:
        questions = self.policy.findings
        if questions:
            yield from self.heading(tr("What only a person can say"))
        for question in questions.values():
            yield ""
            yield from self.prose(_labelled(self.title(question.name), say(question.text)), 2)
            burden = N_("no") if question.without == "no" else N_("unknown")
            yield from self.prose(tr("Without a finding: {answer}").format(answer=tr(burden)), 6)
            if question.clause:
                yield from self.prose(self.clause_name(question.clause), 6)
            if question.supplier:
                who = tr("From: {who}").format(who=term(question.supplier))
                yield from self.prose(who, 6)
            for name in (question.minimum, question.maximum):
                if name:
                    yield from self.prose(tr("Limit: {value}").format(value=self.setting(name)), 6)

    def named_values(self) -> Iterator[str]:
        if self.policy.lets:
            yield from self.heading(tr("What the rules call what"))
        for name, text in self.policy.lets.items():
            yield ""
            yield from self.clause(N_("{label}: {text}"), self.value(text), 2, self.title(name))
            yield from self.as_written("let", text, 6)

    def holding(self) -> Iterator[str]:
        policy = self.policy
        yield from self.heading(tr("Who holds a customer"))
        yield from self.facts(policy.holding)
        for title, section in (
            (N_("The deal"), policy.deal),
            (N_("Filings"), policy.standing),
            (N_("One customer and households"), policy.identity),
            (N_("Working days"), policy.calendar),
        ):
            if section:
                yield from self.heading(tr(title))
                yield from self.facts(section)
        for name, window in policy.windows.items():
            heading = tr("Window {name}").format(name=self.title(name))
            yield from self.heading(heading)
            yield from self.facts(window)
        if policy.leave_out:
            yield from self.heading(tr("Whose entries are left out"))
        for one in policy.leave_out:
            yield from self.clause(N_("{text}:"), self.value(one["units"]), 2)
            yield from self.condition(N_("where {text}"), one["when"], 4)

    def rules(self) -> Iterator[str]:
        policy = self.policy
        precedence = policy.precedence
        yield from self.heading(tr("Rules, in the order tried"))
        if precedence.get("order") == "declared":
            yield from self.prose(tr("Their order does not count, only which one goes before."), 2)
        if "why" in precedence:
            yield from self.prose(say(_bilingual(precedence["why"])), 2)
        for number, rule in enumerate(policy.rules, 1):
            yield from self.rule(rule, number)
        if policy.fallback:
            yield from self.heading(tr("Rules where no other decided"))
        for number, rule in enumerate(policy.fallback, 1):
            yield from self.rule(rule, number)

    def rule(self, rule: Rule, number: int) -> Iterator[str]:
        yield ""
        yield from self.prose(f"{number}. {self.clause_name(rule.clause)}", 2)
        says = self.policy.says.get(rule.clause)
        if says is not None:
            yield from self.prose(say(says), 6)
        if rule.stage == "open":
            yield from self.prose(tr("While there is no deal."), 6)
        yield from self.condition(
            N_("This rule is part of the policy only where {text}"), rule.guard, 6, "if"
        )
        yield from self.condition(N_("When {text}"), rule.when, 6)
        unless = rule.unless
        yield from self.condition(N_("unless {text}"), unless, 6, "unless")
        yield from self.consequence(rule)
        for name in rule.beats:
            yield from self.prose(tr("Goes before: {rule}").format(rule=self.rule_name(name)), 6)
        if rule.final:
            yield from self.prose(tr("A ruling by people does not stand in its place."), 6)
        yield from self.provisional(rule.provisional)
        for pattern, text in (
            (N_("Reason: {text}"), rule.why),
            (N_("Where several are equal: {text}"), rule.tie),
        ):
            if text is not None:
                said = self.filled(say(text), rule.party)
                yield from self.prose(tr(pattern).format(text=said), 6)

    def consequence(self, rule: Rule) -> Iterator[str]:
        for action, value in rule.then.items():
            yield from self.action(action, value)
        if self.code:
            yield from self.as_written("then", value_text(rule.then), 6)

    def action(self, action: str, value: Any) -> Iterator[str]:
        then = tr("Then {text}.")
        if action in _ACTIONS and isinstance(value, str):
            who = term(value) if action == "refer" and value in TERMS else self.phrase(value)
            yield from self.prose(then.format(text=tr(_ACTIONS[action]).format(who=who)), 6)
        elif action == "note":
            yield from self.prose(tr("Then this is noted; the next rules are tried."), 6)
        elif action == "replace":
            text = tr("{by} takes the place of {value}, and the rules are tried again from {rule}")
            place = text.format(
                by=self.phrase(value["by"]),
                value=name_phrase(value["value"], self.vocabulary),
                rule=self.rule_name(value["again"]),
            )
            yield from self.prose(then.format(text=place), 6)
        elif action == "best":
            yield from self.best(value)
        elif action == "split":
            yield from self.split(value)
        else:
            text = _labelled(safe(action), safe(value_text(value)))
            yield from self.prose(then.format(text=text), 6)

    def best(self, table: Mapping[str, Any]) -> Iterator[str]:
        text = tr("the deal goes to whoever comes out best")
        yield from self.prose(tr("Then {text}.").format(text=text), 6)
        for key, pattern in _FIGURES.items():
            if key in table:
                yield from self.clause(pattern, self.value(table[key]), 8)
        if "tie" in table:
            equal = tr("Where several are equal: {instance}").format(instance=term(table["tie"]))
            yield from self.prose(equal, 8)

    def split(self, table: Mapping[str, Any]) -> Iterator[str]:
        yield from self.prose(tr("Then {text}.").format(text=tr("the deal is shared")), 6)
        if "among" in table:
            yield from self.clause(N_("Among: {text}"), self.value(table["among"]), 8)
        for number, name in enumerate(table.get("weights", ()), 1):
            weight = tr("Weight of number {n}: {value}").format(n=number, value=self.setting(name))
            yield from self.prose(weight, 8)
        for row in table.get("roles", ()):
            share = self.setting(row["share"])
            yield from self.prose(_labelled(self.phrase(row["party"]), share), 8)
        if "missing" in table:
            missing = (
                N_("The share of a role that nobody has goes to the others.")
                if table["missing"] == "others"
                else N_("Where nobody has a role, people decide.")
            )
            yield from self.prose(tr(missing), 8)

    def provisional(self, table: Mapping[str, str] | None) -> Iterator[str]:
        if table is None:
            return
        window = name_phrase(table["window"], self.vocabulary)
        text = tr("Provisional until the window {name} ends.").format(name=window)
        yield from self.prose(text, 6)
        yield from self.condition(N_("only where {text}"), table.get("when"), 8)

    def scorecard(self) -> Iterator[str]:
        card = self.policy.scorecard
        if not card:
            return
        yield from self.heading(tr("Scorecard"))
        yield from self.clause(N_("Among: {text}"), self.value(card["of"]), 2)
        for row in self.policy.rows:
            yield ""
            yield from self.prose(f"{safe(row.id)}  {say(row.text)}", 2)
            yield from self.condition(
                N_("This row is part of the policy only where {text}"), row.table.get("if"), 6, "if"
            )
            yield from self.condition(N_("When {text}"), row.table.get("when"), 6)
            only = row.table.get("only_if")
            yield from self.condition(N_("only where {text}"), only, 6, "only_if")
            said = {"id", "en", "zh", "if", "when", "only_if"}
            yield from self.facts({k: v for k, v in row.table.items() if k not in said}, 6)

    def side_orders(self) -> Iterator[str]:
        policy = self.policy
        rates = policy.rates
        if rates:
            yield from self.heading(tr("Rates"))
        for rate in rates:
            who = _labelled(self.phrase(rate["party"]), self.setting(rate["rate"]))
            yield from self.prose(_labelled(self.clause_name(rate["clause"]), who), 2)
            yield from self.condition(N_("When {text}"), rate["when"], 6)
        if policy.sanctions:
            yield from self.heading(tr("Sanctions, proposed on a finding; a person decides"))
        for sanction in policy.sanctions:
            yield from self.sanction(sanction)
        if policy.warnings:
            yield from self.heading(tr("Warnings"))
        for warning in policy.warnings:
            yield ""
            yield from self.prose(self.filled(say(warning["text"]), None), 2)
            if warning.get("stage") == "open":
                yield from self.prose(tr("While there is no deal."), 6)
            yield from self.condition(N_("When {text}"), warning["when"], 6)

    def sanction(self, sanction: Mapping[str, Any]) -> Iterator[str]:
        pattern = N_("{clause}: on the finding {question}")
        if sanction.get("time") == "first":
            pattern = N_("{clause}: on the first finding {question}")
        elif sanction.get("time") == "again":
            pattern = N_("{clause}: on a further finding {question}")
        question = name_phrase(sanction["question"], self.vocabulary)
        clause = self.clause_name(sanction["clause"])
        steps = [self.measure(one) for one in sanction.get("ladder", (sanction,))]
        text = tr(pattern).format(clause=clause, question=question)
        yield from self.prose(_labelled(text, tr(", then ").join(steps)), 2)

    def measure(self, table: Mapping[str, Any]) -> str:
        if "measure" not in table:
            return tr("none")
        amount = f" {self.setting(table['amount'])}" if "amount" in table else ""
        return term(table["measure"]) + amount

    def signature(self) -> Iterator[str]:
        yield ""
        yield ""
        text = tr("Approved by: {line}    Date: {line}").format(line="_" * 20)
        yield from self.prose(text, 0)

    # -------------------------------------------------------------------------- facts

    def facts(self, section: Mapping[str, Any], indent: int = 2) -> Iterator[str]:
        """`What keeps it alive: contacts`, one line a key of a section."""
        for key, value in section.items():
            label = tr(_LABELS[key]) if key in _LABELS else safe(key)
            if isinstance(value, Mapping):
                yield from self.prose(tr("{label}:").format(label=label), indent)
                yield from self.inner_facts(key, value, indent + 2)
            elif key in _CONDITIONS and isinstance(value, str):
                yield from self.clause(N_("{label}: {text}"), self.value(value), indent, label)
                yield from self.as_written(key, value, indent + 4)
            else:
                yield from self.prose(_labelled(label, self.setting(value, key)), indent)

    def inner_facts(self, key: str, section: Mapping[str, Any], indent: int) -> Iterator[str]:
        """A table within a section: of keys of its own, or of names of the author's."""
        if all(inner in _LABELS for inner in section):
            yield from self.facts(section, indent)
            return
        for name, value in section.items():
            yield from self.prose(_labelled(term(name), self.setting(value, key)), indent)

    def setting(self, value: object, key: str = "") -> str:
        """A value of a section: a parameter, a class, a list of roles, or a plain word."""
        if isinstance(value, list | tuple):
            return list_joined([self.setting(item, key) for item in value]) or tr("none")
        if f"{key}.{value}" in _CHOICES:
            return tr(_CHOICES[f"{key}.{value}"])
        if isinstance(value, bool):
            return tr("yes") if value else tr("no")
        name = str(value)
        if name in self.policy.parameters or name in self.policy.words:
            return self.phrase(name)
        if name in self.policy.classes:
            return name_phrase(name, self.vocabulary)
        return term(name) if name in TERMS else safe(name)

    def rule_name(self, name: str) -> str:
        """A rule by its name or clause: `5. P1  First file`."""
        for number, rule in enumerate(self.policy.rules, 1):
            if rule.name == name:
                return f"{number}. {self.clause_name(rule.clause)}"
        return self.clause_name(name)

    def clause_name(self, clause: str) -> str:
        title = self.policy.clause_title(clause)
        return safe(clause) if title is None else f"{safe(clause)}  {say(title)}"

    def title(self, name: str) -> str:
        """What something is called, and its name in the file: `the closer (closer)`."""
        if name not in self.vocabulary.names:
            return safe(name)
        called = name_phrase(name, self.vocabulary)
        return tr("{value} ({name})").format(value=called, name=safe(name))

    def filled(self, text: str, party: str | None) -> str:
        """A sentence of the policy, with its named values called by name and `…` for figures."""
        said = ""
        for before, name, _, _ in string.Formatter().parse(text):
            said += before
            if name is not None:
                said += self.place(name, party)
        return said[:1].upper() + said[1:]

    def place(self, name: str, party: str | None) -> str:
        """What stands in a place of a sentence; `…` for what only a ruling knows."""
        if name in self.policy.parameters:
            return safe(value_text(self.policy.parameters[name].default))
        text = party if name == "party" else name if name in self.policy.lets else None
        said = self.phrase(text) if text is not None else "…"
        return said if cells(said) <= LONGEST_NAME else "…"

    # -------------------------------------------------------------------------- lines

    def heading(self, text: str) -> Iterator[str]:
        yield ""
        yield from self.prose(text, 0)

    def prose(self, text: str, indent: int, mark: str = "") -> Iterator[str]:
        lead = " " * indent + mark
        for line in wrap(text, max(self.width - len(lead), 20), fold=self.fold):
            yield lead + line
            lead = " " * len(lead)

    def phrase(self, text: str) -> str:
        return value_phrase(text, self.vocabulary)

    def value(self, text: str) -> Clause:
        return value_clause(text, self.vocabulary)

    def condition(
        self,
        pattern: str,
        text: str | None,
        indent: int,
        key: str = "when",
        *,
        of_entry: bool = False,
    ) -> Iterator[str]:
        """A condition after its lead; nothing where there is none."""
        if text is None:
            return
        clause = condition_clause(text, self.vocabulary, of_entry=of_entry)
        yield from self.clause(pattern, clause, indent)
        yield from self.as_written(key, text, indent)

    def clause(self, pattern: str, clause: Clause, indent: int, label: str = "") -> Iterator[str]:
        yield from self.prose(tr(pattern).format(text=clause.text, label=label), indent)
        yield from self.children(clause, indent + 2)

    def children(self, clause: Clause, indent: int) -> Iterator[str]:
        for child in clause.children:
            yield from self.prose(child.text, indent, "- ")
            yield from self.children(child, indent + 2)

    def as_written(self, key: str, text: str, indent: int) -> Iterator[str]:
        if self.code:
            yield from self.prose(f"{key}: {safe(' '.join(text.split()))}", indent)


def _labelled(label: str, text: str) -> str:
    return tr("{label}: {text}").format(label=label, text=text)


def _bilingual(value: Any) -> Bilingual:
    return value if isinstance(value, Bilingual) else Bilingual(value["en"], value["zh"])
