"""A policy as the document a manager reads and signs: every number, reading and rule in words.

Plain lines, laid out for a width.  Whatever a file says has its place here, if need be under
its own key; nothing is left out because nobody foresaw it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from conflictctl.policy.model import NOT_MET
from conflictctl.render.condition_prose import (
    Clause,
    amount_text,
    class_phrase,
    compared_names,
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
    from conflictctl.policy.model import Dated, EntryClass, Parameter, Policy, Question, Rule

WIDEST = 100
"""Longer lines are hard to read; a wider terminal is not filled."""

LONGEST_PHRASE = 80
"""A sentence takes in somebody who has no name of his own, in so many cells of words."""

# The keys of the sections that are lists of facts.  A key that is not here is shown as it is.
_LABELS = {
    # [deal]
    "moment": N_("What the deal is"),
    "restart": N_("Which history counts for a new deal"),
    "time": N_("From when claims, filings and other acts count"),
    "others": N_("Which deal an agreement or ruling is about that names none"),
    # [holding]
    "opens": N_("What opens a holding"),
    "granted_by": N_("What grants it"),
    "keeps": N_("What keeps it alive"),
    "lasts": N_("How long it lasts"),
    "renews": N_("Opening again renews it"),
    "idle": N_("How long a contact keeps it alive"),
    "idle_of": N_("By what that is measured"),
    "lapse": N_("What silence does"),
    "extends": N_("What extends it"),
    "extended_by": N_("Whose entries extend it"),
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
    "mends": N_("Who mends entries, beside author and recorder, if no party"),
    "clause": N_("Clause"),
    "powers": N_("Who may rule, the lowest instance first"),
    "by_unit": N_("Who decides, by the units of the parties"),
    "after": N_("Only rulings after this moment count"),
    "before": N_("Only rulings before this moment count"),
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
        "after",
        "before",
        "strikes_until",
        "parties",
        "points",
        "by",
        "times",
        "of",
    }
)
"""Keys whose value is an expression of the policy language."""

_OF_ENTRY = frozenset({"lasts", "idle", "extension", "strike"})
"""Keys whose value is an expression about one entry."""

# What may stand under some keys, as `key.word`.
_CHOICES = {
    "moment.order": N_("the order"),
    "moment.close": N_("the close"),
    "restart.since_last_deal": N_("only what came after the last deal"),
    "restart.all": N_("all of it"),
    "time.recorded": N_("from when they were recorded"),
    "time.happened": N_("from when they happened"),
    "order.recorded": N_("as they were recorded"),
    "order.happened": N_("as they happened"),
    "level_at.last_contact": N_("the one recorded last"),
    "level_at.initial": N_("the one recorded first"),
    "extended_by.holder": N_("those of the holder"),
    "extended_by.anyone": N_("those of anyone"),
    "idle_of.contact": N_("by the last contact"),
    "idle_of.opening": N_("by the entry that opened it"),
    "count.closing_day_is_day_1": N_("the day of the deal is the first day"),
    "count.day_after": N_("the day after the deal is the first day"),
    "count.72h": N_("hour by hour"),
    "clock.close": N_("from the deal"),
    "clock.discovery": N_("from when somebody learned of the deal"),
    "needs_approval.true": N_("yes"),
    "needs_approval.false": N_("no"),
    "weekend.mon": N_("Monday"),
    "weekend.tue": N_("Tuesday"),
    "weekend.wed": N_("Wednesday"),
    "weekend.thu": N_("Thursday"),
    "weekend.fri": N_("Friday"),
    "weekend.sat": N_("Saturday"),
    "weekend.sun": N_("Sunday"),
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
    "instance": N_("the {who} decides"),
    "both_heads": N_("{who} decide together"),
    "nobody": N_("it is nobody's"),
    "bar": N_("{who} is out of the contest, and the next rules are tried"),
}
_BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff）”]) (?=[\u4e00-\u9fff（“])")

_GIVES = ("credit", "outlet", "hold", "recommend")
"""Actions whose value is the party, if a rule does not say whom it is about."""

_ENTRY_PLACES = {"event": N_("the entry"), "staff": N_("its author")}
"""What the places of a warning about one entry stand for."""

_FIGURES = {
    "of": N_("Among: {text}"),
    "unless": N_("Without those for whom {text} (unless it is so for all)"),
    "by": N_("The greatest value decides of: {text}"),
}


def policy_sheet(policy: Policy, *, width: int, fold: bool, code: bool = False) -> Iterator[str]:
    """The lines of the document; with `code`, each condition also as it is written.

    `width` is that of the page in cells; `fold` breaks words that are longer than a line.
    """
    page = Page(policy, min(width, WIDEST), fold, code)
    yield from page.head()
    yield from page.deciders()
    yield from page.parameters()
    yield from page.lists()
    yield from page.classes()
    yield from page.findings()
    yield from page.named_values()
    yield from page.holding()
    yield from page.rules()
    yield from page.scorecard()
    yield from page.side_orders()
    yield from page.further_clauses()
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


class Page:
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
        if policy.editions:
            yield from self.heading(tr("Editions"))
        for edition in policy.editions:
            line = _labelled(safe(edition.version), self.time_of(edition))
            here = tr("{edition} (this one)") if edition.version == policy.version else "{edition}"
            yield from self.prose(here.format(edition=line), 2)

    def time_of(self, edition: Policy) -> str:
        """For which deals an edition is."""
        since, until = edition.applies_from, edition.applies_to
        if since is None and until is not None:
            return tr("deals until {day}").format(day=until.isoformat())
        if since is not None and until is None:
            return tr("deals from {day} on").format(day=since.isoformat())
        if since is not None and until is not None:
            pattern = tr("deals from {day} to {last}")
            return pattern.format(day=since.isoformat(), last=until.isoformat())
        return tr("all deals")

    def deciders(self) -> Iterator[str]:
        policy = self.policy
        yield from self.heading(tr("Who decides"))
        yield from self.facts(policy.instances)
        yield from self.facts(policy.powers)
        if policy.applies_from or policy.applies_to:
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
            yield from self.parameter(parameter)

    def parameter(self, parameter: Parameter) -> Iterator[str]:
        yield from self.prose(self.parameter_line(parameter), 2)
        yield from self.prose(say(parameter.text), 6)
        allowed = Sentence("allowed: {values}", values=_allowed(parameter))
        yield from self.prose(say(allowed), 6)
        for one in parameter.dated:
            yield from self.prose(self.dated_line(one, parameter.unit), 6)

    def parameter_line(self, parameter: Parameter) -> str:
        remarks = [self.clause_name(parameter.clause)] if parameter.clause else []
        if parameter.unit:
            remarks.append(term(parameter.unit))
        if parameter.contested:
            remarks.append(tr("contested"))
        line = f"{parameter.name} = {value_text(parameter.default)}"
        return safe(line) + (f"    ({list_joined(remarks)})" if remarks else "")

    def dated_line(self, one: Dated, unit: str | None) -> str:
        """A parameter's value for deals of another time, and where it is written."""
        since, value = one.since.isoformat(), amount_text(one.value, unit)
        line = (
            tr("deals from {day} on: {value}").format(day=since, value=value)
            if one.until is None
            else tr("deals from {day} to {last}: {value}").format(
                day=since, last=one.until.isoformat(), value=value
            )
        )
        return (
            tr("{value} ({name})").format(value=line, name=safe(one.source)) if one.source else line
        )

    def lists(self) -> Iterator[str]:
        if self.policy.words:
            yield from self.heading(tr("Lists of roles and other words"))
        for name, words in self.policy.words.items():
            listed = list_joined([term(word) for word in words]) or tr("none")
            yield from self.prose(_labelled(self.title(name), listed), 2)

    def classes(self) -> Iterator[str]:
        yield from self.heading(tr("What counts as what"))
        for one in self.policy.classes.values():
            yield ""
            yield from self.entry_class(one)

    def entry_class(self, one: EntryClass) -> Iterator[str]:
        yield from self.prose(self.class_line(one), 2)
        yield from self.condition(N_("It is one where {text}"), one.when, 6, of_entry=True)
        yield from self.condition(N_("It counts where {text}"), one.valid, 6, of_entry=True)
        if one.refused and one.refused != "not_valid":
            refused = tr("One that does not count is shown as: {why}")
            yield from self.prose(refused.format(why=term(one.refused)), 6)
        doubt = one.doubt
        yield from self.condition(
            N_("A person says whether it counts where {text}"), doubt, 6, of_entry=True
        )
        if one.question:
            settled = tr("The finding that says so: {question}")
            question = name_phrase(one.question, self.vocabulary)
            yield from self.prose(settled.format(question=question), 8)
        warn = one.warn
        yield from self.condition(N_("Warned of where {text}"), warn, 6, of_entry=True)
        if warn and one.warning is not None:
            yield from self.prose(self.filled(say(one.warning)), 8)
        if one.order:
            order = tr("The order: {value}").format(value=self.setting(one.order, "order"))
            yield from self.prose(order, 6)

    def class_line(self, one: EntryClass) -> str:
        kinds = list_joined([term(kind) for kind in one.kinds])
        if one.parent is None:
            return _labelled(self.title(one.name), kinds)
        parent = class_phrase(one.parent, self.vocabulary)
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
            yield from self.question(question)

    def question(self, question: Question) -> Iterator[str]:
        yield from self.prose(_labelled(self.title(question.name), say(question.text)), 2)
        burden = N_("no") if question.without == "no" else N_("unknown")
        yield from self.prose(tr("Without a finding: {answer}").format(answer=tr(burden)), 6)
        if question.clause:
            yield from self.prose(self.clause_name(question.clause), 6)
        if question.supplier:
            who = tr("From: {who}").format(who=term(question.supplier))
            yield from self.prose(who, 6)
        yield from self.bounds(question)
        if question.question != question.name:
            word = tr("In the register it is the question: {question}")
            yield from self.prose(word.format(question=safe(question.question)), 6)
        if question.entries != "finding":
            which = tr("Which findings count: {entries}")
            entries = class_phrase(question.entries, self.vocabulary)
            yield from self.prose(which.format(entries=entries), 6)

    def bounds(self, question: Question) -> Iterator[str]:
        """Between which numbers the answer lies, where it is one."""
        least, most = question.minimum, question.maximum
        if least and most:
            text = tr("The answer is a number from {least} to {most}")
        elif least:
            text = tr("The answer is a number of at least {least}")
        elif most:
            text = tr("The answer is a number of at most {most}")
        else:
            return
        said = {"least": self.setting(least), "most": self.setting(most)}
        yield from self.prose(text.format_map(said), 6)

    def named_values(self) -> Iterator[str]:
        if self.policy.lets:
            yield from self.heading(tr("What the rules call what"))
        for name, text in self.policy.lets.items():
            yield ""
            yield from self.clause(N_("{label}: {text}"), self.value(text), 2, self.title(name))
            yield from self.as_written("let", text, 6)

    def holding(self) -> Iterator[str]:
        policy = self.policy
        for title, section in (
            (N_("Who holds a customer"), policy.holding),
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
        declared = precedence.get("order") == "declared"
        yield from self.heading(tr("Rules") if declared else tr("Rules, in the order tried"))
        if declared:
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
            for beaten in self.rule_names(name):
                yield from self.prose(tr("Goes before: {rule}").format(rule=beaten), 6)
        if rule.final:
            yield from self.prose(tr("A ruling by people does not stand in its place."), 6)
        yield from self.provisional(rule.provisional)
        why_not = rule.why_not if rule.why_not != NOT_MET else None
        for pattern, text in (
            (N_("Reason: {text}"), rule.why),
            (N_("Where it does not apply: {text}"), why_not),
            (N_("Where several are equal: {text}"), rule.tie),
        ):
            if text is not None:
                said = self.filled(say(text), rule)
                yield from self.prose(tr(pattern).format(text=said), 6)

    def party_of(self, rule: Rule) -> str:
        """Whom a rule is about, in words; `the party` where that would take a sentence."""
        given = next((rule.then[key] for key in _GIVES if key in rule.then), None)
        text = rule.party or given
        if isinstance(text, str):
            said = self.phrase(text)
            if cells(said) <= LONGEST_PHRASE:
                return said
        return tr("whoever comes out best") if "best" in rule.then else tr("the party")

    def consequence(self, rule: Rule) -> Iterator[str]:
        for action, value in rule.then.items():
            yield from self.action(action, value)
        if self.code:
            yield from self.as_written("then", value_text(rule.then), 6)

    def action(self, action: str, value: Any) -> Iterator[str]:
        then = tr("Then {text}.")
        if action == "refer" and value in TERMS:
            pattern = _ACTIONS["both_heads" if value == "both_heads" else "instance"]
            yield from self.prose(then.format(text=tr(pattern).format(who=term(value))), 6)
        elif action in _ACTIONS and isinstance(value, str):
            who = self.phrase(value)
            yield from self.prose(then.format(text=tr(_ACTIONS[action]).format(who=who)), 6)
        elif action == "nobody" and value is True:
            yield from self.prose(then.format(text=tr(_ACTIONS[action])), 6)
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
            yield from self.prose(self.filled(say(warning["text"])), 2)
            if warning.get("stage") == "open":
                yield from self.prose(tr("While there is no deal."), 6)
            yield from self.condition(N_("When {text}"), warning["when"], 6)

    def sanction(self, sanction: Mapping[str, Any]) -> Iterator[str]:
        ladder = sanction.get("ladder")
        pattern = N_("{clause}: on the finding {question}")
        if not ladder:
            again = sanction.get("time") == "again"
            pattern = (
                N_("{clause}: on a further finding {question}")
                if again
                else N_("{clause}: on the first finding {question}")
            )
        question = name_phrase(sanction["question"], self.vocabulary)
        text = tr(pattern).format(clause=self.clause_name(sanction["clause"]), question=question)
        if not ladder:
            yield from self.prose(_labelled(text, self.measure(sanction)), 2)
            return
        yield from self.prose(tr("{label}:").format(label=text), 2)
        for number, step in enumerate(ladder, 1):
            label = (
                N_("finding {n}") if number < len(ladder) else N_("finding {n} and every later one")
            )
            time = tr(label).format(n=number)
            if number == len(ladder) == 1:
                time = tr("every finding")
            yield from self.prose(_labelled(time, self.measure(step)), 4)

    def measure(self, table: Mapping[str, Any]) -> str:
        amount = f" {self.setting(table['amount'])}" if "amount" in table else ""
        return term(table.get("measure", "warning")) + amount

    def further_clauses(self) -> Iterator[str]:
        """What clauses say that no rule applies."""
        policy = self.policy
        applied = {rule.clause for rule in (*policy.rules, *policy.fallback)}
        rest = {clause: says for clause, says in policy.says.items() if clause not in applied}
        if rest:
            yield from self.heading(tr("Further clauses"))
        for clause, says in rest.items():
            yield from self.prose(_labelled(self.clause_name(clause), say(says)), 2)

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
            elif key in _CONDITIONS | _OF_ENTRY and isinstance(value, str):
                said = value_clause(value, self.vocabulary, of_entry=key in _OF_ENTRY)
                yield from self.clause(N_("{label}: {text}"), said, indent, label)
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
        if key == "clause":
            return self.clause_name(str(value))
        if f"{key}.{value}" in _CHOICES:
            return tr(_CHOICES[f"{key}.{value}"])
        if isinstance(value, bool):
            return tr("yes") if value else tr("no")
        name = str(value)
        if name in self.policy.parameters:
            chosen = f"{key}.{value_text(self.policy.parameters[name].default)}"
            if chosen in _CHOICES:
                said = tr(_CHOICES[chosen])
                return tr("{value} ({name})").format(value=said, name=safe(name))
            return self.phrase(name)
        if name in self.policy.words:
            return self.phrase(name)
        if name in self.policy.classes:
            return class_phrase(name, self.vocabulary)
        return term(name) if name in TERMS else safe(name)

    def rule_name(self, name: str) -> str:
        """A rule by its name or clause: `5. P1  First file`."""
        return next(self.rule_names(name))

    def rule_names(self, name: str) -> Iterator[str]:
        """All rules of a name or a clause, in their order; the clause alone where there is none."""
        known = False
        for number, rule in enumerate(self.policy.rules, 1):
            if name in (rule.name, rule.clause):
                known = True
                yield f"{number}. {self.clause_name(rule.clause)}"
        if not known:
            yield self.clause_name(name)

    def clause_name(self, clause: str) -> str:
        title = self.policy.clause_title(clause)
        return safe(clause) if title is None else f"{safe(clause)}  {say(title)}"

    def title(self, name: str) -> str:
        """What something is called, and its name in the file: `the closer (closer)`."""
        if name not in self.vocabulary.names:
            return safe(name)
        called = name_phrase(name, self.vocabulary)
        return tr("{value} ({name})").format(value=called, name=safe(name))

    def filled(self, text: str, rule: Rule | None = None) -> str:
        """A sentence of the policy, with its named values called by name and `…` for figures."""
        said = ""
        try:
            parts = list(string.Formatter().parse(text))
        except ValueError:  # a brace is not closed: `policy check` says where
            return text
        for before, name, _, _ in parts:
            said += before
            if name is not None:
                said += self.place(name, rule)
        # The spaces that set off a name in Latin letters are too many beside Chinese ones.
        said = _BETWEEN_HAN.sub("", said)
        return said[:1].upper() + said[1:]

    def place(self, name: str, rule: Rule | None) -> str:
        """What stands in a place of a sentence; `…` for what only a ruling knows."""
        if rule is not None and name == "party":
            return self.party_of(rule)
        if rule is not None and name == "limit":
            return self.limit_of(rule)
        if rule is None and name in _ENTRY_PLACES:
            return tr(_ENTRY_PLACES[name])
        if name in self.policy.parameters:
            value = self.policy.parameters[name].default
            return "…" if value is None else safe(value_text(value))
        return self.phrase(name) if name in self.policy.lets else "…"

    def limit_of(self, rule: Rule) -> str:
        """The limit that a rule speaks of, where its condition holds a figure against just one."""
        names = compared_names(rule.when)
        limits = [self.policy.parameters[name] for name in names & self.policy.parameters.keys()]
        if len(names) != 1 or len(limits) != 1 or limits[0].default is None:
            return "…"
        return amount_text(limits[0].default, limits[0].unit)

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


def _allowed(parameter: Parameter) -> str:
    """The values that a parameter may have, in words where there is no list of them."""
    kind, least, most = parameter.type, parameter.minimum, parameter.maximum
    if kind == "text":
        text = tr("any text")
    elif kind not in ("integer", "decimal", "table") or (least is not None and most is not None):
        return parameter.allowed()
    elif least is not None:
        text = tr("{least} or more").format(least=least)
    elif most is not None:
        text = tr("{most} or less").format(most=most)
    else:
        text = tr("any number") if kind == "decimal" else tr("any whole number")
    if kind == "table":
        text = list_joined([f"{safe(key)} = {text}" for key in parameter.default])
    return list_joined([text, "null"]) if parameter.optional else text


def _labelled(label: str, text: str) -> str:
    return tr("{label}: {text}").format(label=label, text=text)


def _bilingual(value: Any) -> Bilingual:
    return value if isinstance(value, Bilingual) else Bilingual(value["en"], value["zh"])
