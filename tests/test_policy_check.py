"""`check`: every common mistake has its own message, its place, and what to write instead."""

from __future__ import annotations

import copy
import time
import tomllib
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflictctl.policy.checking import REFUSED_WORDS, check, check_editions
from conflictctl.policy.model import parse_policy, policy_texts, preset_ids, preset_text
from conflictctl.policy.problems import FaultyPolicy
from conflictctl.policy.program import Program
from conflictctl.render.terms import TERMS
from tests.mutants import toml_of
from tests.small_policy import SMALL, places


class Mistake(NamedTuple):
    """The smallest edit of the small policy, and what is said of it.

    `at` is the text at which the problem stands, once in the file; `hint` part of the mend.
    """

    what: str
    old: str
    new: str
    at: str
    problem: str
    hint: str
    more: tuple[str, str] = ("", "")
    """A second edit, where it takes two."""


HEADER = "[[rule]]\nclause = "
EXTRA = """
[[rule]]
clause = "1"
when = "{when}"
then.credit = "closer"
why.en = "So."
why.zh = "是。"
why_not.en = "Not so."
why_not.zh = "否。"
"""
BEFORE_OPEN = '[[rule]]\nclause = "1"\nstage'
TIE = '[tie]\nrefer = "sales_manager"\nwhy.en = "Equal: whose is it?"\nwhy.zh = "相同：应归谁？"\n'
PRECEDENCE = (
    '[precedence]\norder = "listed"\nwhy.en = "The holder first."\nwhy.zh = "归属人优先。"\n'
)


def extra(when: str, more: str = "") -> str:
    """A rule before the open one."""
    return EXTRA.format(when=when).replace('clause = "1"', f'clause = "1"{more}', 1) + BEFORE_OPEN


MISTAKES = [
    # ------------------------------------------------------------------------- TOML
    Mistake(
        "a quote forgotten", 'id = "small"', 'id = "small', "\nversion", "does not end", "closing"
    ),
    Mistake(
        "quotes of a word processor",
        'id = "small"',
        "id = “small”",
        "“small",
        "full-width character “",
        'write "',
    ),
    Mistake(
        "a full-width equals sign",
        'moment = "close"',
        'moment ＝ "close"',
        "＝",
        "full-width character ＝",
        "write =",
    ),
    Mistake(
        "a full-width comma",
        '["manager", "general_manager"]\n\n[param',
        '["manager"，"general_manager"]\n\n[param',
        "，",
        "full-width character ，",
        "write ,",
    ),
    Mistake(
        "no equals sign",
        'moment = "close"',
        'moment "close"',
        '"close"',
        "a key without =",
        'KEY = "text"',
    ),
    Mistake(
        "a value without quotes",
        'moment = "close"',
        "moment = close",
        "close\n\n[holding]",
        "this is no value",
        "stands in quotes",
    ),
    Mistake(
        "a section twice",
        "[holding]",
        "[deal]\n[holding]",
        "[deal]\n[holding]",
        "said twice",
        "keep one of the two",
    ),
    Mistake(
        "a key twice",
        'moment = "close"',
        'moment = "close"\nmoment = "order"',
        'moment = "order"',
        "said twice",
        "keep one of the two",
    ),
    Mistake(
        "one bracket instead of two",
        HEADER + '"4"',
        '[rule]\nclause = "4"',
        '[rule]\nclause = "4"',
        "said twice",
        "[[rule]]",
    ),
    Mistake(
        "a list without commas",
        '["strict", "loose"]',
        '["strict" "loose"]',
        '"loose"]',
        "a comma is missing",
        '["first", "second"]',
    ),
    Mistake(
        "a number with its unit",
        "default = 3\n",
        "default = 3 days\n",
        "days\ntype",
        "something stands behind the value",
        "has no unit",
    ),
    Mistake(
        "a date with slashes",
        "from = 2024-01-01",
        "from = 2024/01/01",
        "/01/01",
        "something stands behind the value",
        "2024-05-31",
    ),
    Mistake(
        "a backslash",
        'title.en = "A small policy"',
        'title.en = "A \\small policy"',
        "\\small policy",
        "written twice",
        "single quotes",
    ),
    Mistake(
        "a line that is nothing",
        "[tie]",
        "=\n[tie]",
        "=\n[tie]",
        "nothing can begin so",
        "[[rule]]",
    ),
    # -------------------------------------------------------------------- structure
    Mistake(
        "an unknown section", "[deal]\n", "[deals]\n", "[deals]", "unknown section deals", "deal?"
    ),
    Mistake(
        "a mistyped key",
        'party = "leader"',
        'partei = "leader"',
        '"leader"\nthen',
        "unknown key partei",
        "did you mean party?",
    ),
    Mistake(
        "a title in one language",
        'title.zh = "小办法"\n',
        "",
        "title.en",
        "zh is missing",
        "add zh: In Chinese.",
    ),
    Mistake(
        "a rule without a clause",
        HEADER + '"4"\n',
        "[[rule]]\n",
        '[[rule]]\nname = "points"',
        "clause is missing",
        "add clause: The clause it applies.",
    ),
    Mistake(
        "a rule without a condition",
        'when = "leader"\n',
        "",
        '[[rule]]\nclause = "4"',
        "when is missing",
        "where it is true",
    ),
    Mistake(
        "a rule that does two things",
        'then.credit = "leader"',
        'then.credit = "leader"\nthen.refer = "panel"',
        'then.credit = "leader"',
        "does one thing, not credit, refer",
        "then takes one of",
    ),
    Mistake(
        "a rule that does nothing",
        'then.credit = "leader"',
        "then = {}",
        "{}",
        "the table is empty",
        "credit, outlet",
    ),
    Mistake(
        "advice to nobody",
        'then.credit = "leader"',
        'then.recommend = "leader"',
        'then.recommend = "leader"',
        "refer is missing",
        "who decides",
    ),
    Mistake(
        "a date in quotes",
        "from = 2024-01-01",
        'from = "2024-01-01"',
        '"2024-01-01"\nto',
        "must be a day, written 2024-05-31 without quotes",
        "A day",
    ),
    Mistake(
        "text where a list belongs",
        'kinds = ["claim"]',
        'kinds = "claim"',
        '"claim"\nvalid',
        "must be a list in square brackets",
        "The kinds of event it is made of.",
    ),
    Mistake(
        "an unknown kind of event",
        'kinds = ["claim"]',
        'kinds = ["clam"]',
        '"clam"',
        "clam cannot stand here",
        "did you mean claim?",
    ),
    Mistake(
        "an unknown instance",
        '[no_rule]\nrefer = "sales_manager"',
        '[no_rule]\nrefer = "boss"',
        '"boss"',
        "boss cannot stand here",
        "known are",
    ),
    Mistake(
        "a name with a dash",
        'leader = "top',
        'the-leader = "top',
        '"top',
        "the-leader is no name",
        "letters, digits and _",
    ),
    Mistake(
        "an id with spaces",
        'id = "small"',
        'id = "my policy"',
        '"my policy"',
        "my policy is no name",
        "letters, digits",
    ),
    Mistake(
        "an unknown order",
        'order = "listed"',
        'order = "lists"',
        '"lists"',
        "lists cannot stand here",
        "did you mean listed?",
    ),
    # ------------------------------------------------------------------- parameters
    Mistake(
        "a number in quotes",
        "default = 3\n",
        'default = "3"\n',
        '"3"\ntype',
        "not an allowed value",
        "allowed: 1..90",
    ),
    Mistake(
        "a default out of range",
        "default = 3\n",
        "default = 300\n",
        "300",
        "not an allowed value",
        "1..90",
    ),
    Mistake(
        "a table with a gap in quotes",
        "default = { H = 3, A = 7 }",
        'default = { H = 3, A = "7" }',
        '{ H = 3, A = "7" }',
        "not an allowed value",
        "NAME = ..",
    ),
    Mistake(
        "a parameter without a type",
        'values = ["strict", "loose"]\n',
        "",
        "[parameters.reading]",
        "type is missing",
        "values = [...]",
    ),
    Mistake(
        "a parameter without a default",
        'default = "strict"\n',
        "",
        "[parameters.reading]",
        "default is missing",
        "optional = true",
    ),
    Mistake(
        "a parameter with a name of the language",
        "[parameters.point]",
        "[parameters.order]",
        "[parameters.order]",
        "order is a word of the language",
        "another name",
    ),
    Mistake(
        "a count of what is no time",
        'unit = "CNY"',
        'unit = "CNY"\ncount = "clock"',
        '"clock"',
        "only a length of time",
        'unit = "days"',
    ),
    Mistake(
        "an edition that ends before it begins",
        "to = 2030-12-31",
        "to = 2020-12-31",
        "2020-12-31",
        "`to` is before `from`",
        "last day",
    ),
    Mistake(
        "a parameter without a clause",
        'unit = "points"\nclause = "4"',
        'unit = "points"',
        "[parameters.point]",
        "names no clause",
        "clause = ",
    ),
    # ---------------------------------------------------------------------- classes
    Mistake(
        "a class of nothing",
        'of = "contact"',
        'of = "contacts"',
        '"contacts"',
        "contacts must stand before it",
        "did you mean contact?",
    ),
    Mistake(
        "an unknown fact of an entry",
        'valid = "not voided and not taken_back()"',
        'valid = "not voidded and not taken_back()"',
        "voidded and not taken_back",
        "unknown name voidded",
        "did you mean voided?",
    ),
    Mistake(
        "an unknown question of an entry",
        "taken_back()",
        "took_back()",
        "took_back()",
        "cannot be asked about an entry",
        "taken_back",
    ),
    Mistake(
        "a class that is not there",
        'opens = "visit"',
        'opens = "visits"',
        '"visits"\nkeeps',
        "no class of entries visits",
        "did you mean visit?",
    ),
    # ------------------------------------------------------------------- conditions
    Mistake(
        "a mistyped name",
        "closer == holder and",
        "closer == holdr and",
        "holdr",
        "unknown name holdr",
        "did you mean holder?",
    ),
    Mistake(
        "a mistyped word",
        "exists(claim, by=holder",
        "exist(claim, by=holder",
        "exist(claim",
        "unknown word exist",
        "did you mean exists?",
    ),
    Mistake(
        "a mistyped class",
        "exists(claim, by=holder",
        "exists(claims, by=holder",
        "claims,",
        "needs a class of entries first",
        "did you mean claim?",
    ),
    Mistake(
        "a class as if it were a value",
        "closer == holder and",
        "closer == claim and",
        "claim and not",
        "claim is a class of entries, not a value",
        "exists(claim)",
    ),
    Mistake(
        "an unknown filter",
        "by=holder, in_window",
        "from_=holder, in_window",
        "holder, in_window",
        "exists takes no from_",
        "known are",
    ),
    Mistake(
        "a bare number",
        'when = "leader"',
        'when = "count(visit) >= 3"',
        '3"\nparty',
        "bare number",
        "[parameters.NAME]",
    ),
    Mistake(
        "a single equals sign",
        "closer == holder and",
        "closer = holder and",
        "closer = holder and",
        "to compare write ==",
        "conditions are written like",
    ),
    Mistake(
        "signs of another language",
        "closer == holder and",
        "closer == holder && ",
        "& ",
        "write `and`",
        "conditions are written like",
    ),
    Mistake(
        "a bracket not closed",
        "overdue(holder, at=[deal])",
        "overdue(holder, at=[deal]",
        "closer == holder and",
        "a bracket is not closed",
        "conditions are written like",
    ),
    Mistake(
        "arithmetic",
        'when = "leader"',
        'when = "count(visit) + count(claim) >= claim_days"',
        "count(visit) +",
        "is not part of the language",
        "a sum",
    ),
    Mistake(
        "an attribute",
        'when = "leader"',
        'when = "deal.by == leader"',
        "deal.by",
        "is not part of the language",
        "field(entry",
    ),
    Mistake(
        "a subscript",
        'when = "leader"',
        "when = \"gaps['H']\"",
        "gaps['H']",
        "is not part of the language",
        "lookup(table, key)",
    ),
    Mistake(
        "three values compared",
        'when = "leader"',
        'when = "point <= count(visit) <= fine"',
        "point <= count",
        "two values at a time",
        "a < b and b < c",
    ),
    Mistake(
        "days compared with something else",
        'when = "leader"',
        'when = "count(visit) <= claim_days"',
        "count(visit) <= claim_days",
        "counts days",
        "the same unit",
    ),
    Mistake(
        "an entry compared with a person",
        "closer == holder and",
        "deal == holder and",
        "deal == holder and",
        "they are never equal",
        "author(entry)",
    ),
    Mistake(
        "a person where an entry belongs",
        'when = "leader"',
        'when = "gap(leader, deal) <= claim_days"',
        "leader, deal",
        "here an entry or a moment is needed",
        "first(CLASS",
    ),
    Mistake(
        "true in small letters",
        "subject=holder) != True",
        "subject=holder) != true",
        'true"\nrivals',
        "unknown name true",
        "did you mean True?",
    ),
    Mistake(
        "a value the parameter cannot have",
        "reading == 'loose'",
        "reading == 'lose'",
        "'lose'",
        "lose is no value of the parameter reading",
        "did you mean loose?",
    ),
    Mistake(
        "history in `if`",
        "if = \"reading == 'loose'\"",
        'if = "exists(visit)"',
        "exists(visit)",
        "unknown word exists",
        "",
    ),
    Mistake(
        "an unknown finding",
        "found('cheated'",
        "found('cheats'",
        "'cheats'",
        "none of the names",
        "did you mean cheated?",
    ),
    Mistake(
        "an unknown window",
        "in_window='claim'",
        "in_window='claims'",
        "'claims'",
        "none of the names",
        "did you mean claim?",
    ),
    Mistake(
        "too many values",
        'closer = "author(deal)"',
        'closer = "author(deal, deal)"',
        "author(deal, deal)",
        "author takes 1 values, not 2",
        "guide",
    ),
    Mistake(
        "a value that rests on itself",
        'closer = "author(deal)"',
        'closer = "author(deal) if helper else None"\nhelper = "closer"',
        '"author(deal) if helper',
        "closer > helper > closer: a value cannot rest on itself",
        "",
    ),
    Mistake(
        "an unknown parameter",
        'limit = "claim_days"',
        'limit = "claim_day"',
        '"claim_day"',
        "no parameter claim_day",
        "did you mean claim_days?",
    ),
    Mistake(
        "a limit that is no time",
        'limit = "claim_days"',
        'limit = "fine"',
        '"fine"\n\n[powers]',
        "fine is no length of time",
        "give the parameter a unit",
    ),
    Mistake(
        "an instance nobody knows in a rule",
        'then.credit = "leader"',
        'then.refer = "the boss"',
        '"the boss"',
        "no instance the boss",
        "known are",
    ),
    # -------------------------------------------------------------------- sentences
    Mistake(
        "a mistyped name in a sentence",
        'why.en = "{leader} leads."',
        'why.en = "{leaders} leads."',
        '"{leaders}',
        "nothing of this name can be said here",
        "did you mean leader?",
    ),
    Mistake(
        "a name in one language only",
        'why.zh = "{leader} 领先。"',
        'why.zh = "他领先。"',
        'why.en = "{leader}',
        "said in one language only",
        "both languages",
    ),
    Mistake(
        "a brace not closed",
        'why.en = "{leader} leads."',
        'why.en = "{leader leads."',
        '"{leader leads',
        "a brace is not closed",
        "{closer}",
    ),
    Mistake(
        "the insides of a value",
        'why.en = "{leader} leads."',
        'why.en = "{leader.__class__} leads."',
        '"{leader.__class__}',
        "{leader.__class__}: only a name can stand in braces",
        "no dot",
    ),
    Mistake(
        "a form for a value",
        'why.en = "{leader} leads."',
        'why.en = "{leader:>999999} leads."',
        '"{leader:>',
        "{leader:>999999}: only a name can stand in braces",
        "colon",
    ),
    Mistake(
        "a conversion",
        'why.en = "{leader} leads."',
        'why.en = "{leader!r} leads."',
        '"{leader!r}',
        "{leader!r}: only a name can stand in braces",
        "exclamation mark",
    ),
    Mistake(
        "not translated into Chinese",
        'zh = "无人申述。"',
        'zh = "Nobody claimed."',
        '"Nobody claimed."\n\n[[sanction]]',
        "zh is not translated",
        "Chinese sentence",
    ),
    Mistake(
        "not translated into English",
        'en = "Nobody claimed."',
        'en = "无人。"',
        '"无人。"',
        "en is not translated",
        "English sentence",
    ),
    Mistake(
        "nothing said",
        'en = "Nobody claimed."',
        'en = ""',
        '""\nzh = "无人',
        "the text is empty",
        "write the sentence in `en`",
    ),
    # ------------------------------------------------------------ what must be declared
    Mistake(
        "no order of the rules",
        PRECEDENCE,
        "",
        '[[rule]]\nclause = "1"\nname = "own"',
        "[precedence] is missing",
        'order = "listed"',
    ),
    Mistake(
        "no reason for the order",
        'why.en = "The holder first."\nwhy.zh = "归属人优先。"\n',
        "",
        "[precedence]",
        "why is missing",
        "why the rules stand in this order",
    ),
    Mistake(
        "nothing for ties", TIE, "", "[no_rule]", "[tie] is missing", 'refer = "sales_manager"'
    ),
    Mistake(
        "a clause without a title",
        HEADER + '"4"',
        HEADER + '"44"',
        '"44"',
        "the clause 44 is not in [clauses]",
        "did you mean 4?",
    ),
    Mistake(
        "no word why not",
        'why_not.en = "Nobody leads."\nwhy_not.zh = "无人领先。"\n',
        "",
        '[[rule]]\nclause = "4"',
        "why_not is missing",
        "where the rule does not apply",
    ),
    Mistake(
        "nobody supplies a fact",
        'from = "manager"\n',
        "",
        "[findings.cheated]",
        "from is missing",
        "who supplies this fact",
    ),
    Mistake(
        "nobody ever holds a customer",
        'stage = "open"\nwhen = "holder"\nparty = "holder"\nthen.hold',
        'when = "holder"\nparty = "holder"\nthen.hold',
        '[[rule]]\nclause = "1"\nname = "own"',
        "who holds a customer while there is no deal",
        'stage = "open"',
    ),
    # ------------------------------------------------------------------- never asked for
    Mistake(
        "a parameter for nothing",
        "[entries.contact]",
        '[parameters.spare]\ndefault = true\ntype = "boolean"\nclause = "1"\nen = "Spare."\n'
        'zh = "备用。"\n\n[entries.contact]',
        "[parameters.spare]",
        "spare is used nowhere",
        "take it out",
    ),
    Mistake(
        "a named value for nothing",
        'leader = "top',
        'spare = "author(deal)"\nleader = "top',
        '"author(deal)"\nleader',
        "spare is used nowhere",
        "take it out",
    ),
    Mistake(
        "a class for nothing",
        "[findings.cheated]",
        '[entries.card]\nkinds = ["card"]\n\n[findings.cheated]',
        "[entries.card]",
        "card is used nowhere",
        "take it out",
    ),
    Mistake(
        "a list of words for nothing",
        "selling_roles = ",
        'spare = ["clerk"]\nselling_roles = ',
        '["clerk"]',
        "spare is used nowhere",
        "take it out",
    ),
    Mistake(
        "a window for nothing",
        "[powers]",
        '[windows.spare]\nlimit = "claim_days"\n\n[powers]',
        "[windows.spare]",
        "spare is used nowhere",
        "take it out",
    ),
    Mistake(
        "a finding for nothing",
        "[deal]\n",
        '[findings.spare]\nwithout = "no"\nfrom = "manager"\nclause = "3"\nen = "Spare?"\n'
        'zh = "备用？"\n\n[deal]\n',
        "[findings.spare]",
        "spare is used nowhere",
        "take it out",
    ),
    # -------------------------------------------------------------------- dead rules
    Mistake(
        "a rule behind one that always applies",
        BEFORE_OPEN,
        EXTRA.format(when="True") + extra("closer"),
        '"closer"\nthen',
        "never reached: rule 4 (1) always applies",
        "before 1",
    ),
    Mistake(
        "a rule that never applies",
        BEFORE_OPEN,
        extra("closer and False"),
        '"closer and False"',
        "never applies",
        "mend the condition",
    ),
    Mistake(
        "a rule that no reading brings to life",
        'when = "leader"',
        "when = \"leader and reading == 'strict'\"",
        "\"leader and reading == 'strict'\"",
        "never applies",
        "take the rule out",
    ),
    Mistake(
        "the same condition twice",
        BEFORE_OPEN,
        extra("leader != closer").replace(BEFORE_OPEN, "") + extra("leader  !=  closer"),
        '"leader  !=  closer"',
        "rule 4 (1) before it has the same condition",
        "let their conditions differ",
    ),
    Mistake(
        "a rule that beats nobody",
        'name = "claimed"\n',
        'name = "claimed"\nbeats = ["pints"]\n',
        '"pints"',
        "no other rule has the name or clause pints",
        "did you mean points?",
    ),
    Mistake(
        "beats in a listed order",
        'name = "claimed"\n',
        'name = "claimed"\nbeats = ["points"]\n',
        '["points"]',
        "counts for nothing where the rules stand in a listed order",
        'order = "declared"',
    ),
    Mistake(
        "a circle of beats",
        BEFORE_OPEN,
        extra("leader != closer", '\nname = "a"\nbeats = ["b"]').replace(BEFORE_OPEN, "")
        + extra("not leader", '\nname = "b"\nbeats = ["a"]'),
        '["b"]',
        "a circle of `beats`: a > b > a",
        "take one",
    ),
    Mistake(
        "starting again at no rule",
        'then.credit = "leader"',
        'then.replace = { value = "leader", by = "closer", again = "onw" }',
        '"onw"',
        "no rule is called onw",
        "did you mean own?",
    ),
    Mistake(
        "two rules of one name",
        'name = "claimed"',
        'name = "own"',
        '"own"\nwhen = "holder and',
        "two rules are called own",
        "another name",
    ),
    # ------------------------------------------------------------------------ tables
    Mistake(
        "a row for nobody else",
        'not_for = "visits"',
        'not_for = "visit"',
        '"visit"\npoints',
        "no other row has the id visit",
        "did you mean visits?",
    ),
    Mistake(
        "two rows of one id",
        'id = "calls"\nkind = "flag"\nwhen = "exists(contact, by=it, before=deal)"\n'
        'not_for = "visits"',
        'id = "visits"\nkind = "flag"\nwhen = "exists(contact, by=it, before=deal)"',
        '"visits"\nkind = "flag"',
        "two rows have the id visits",
        "`if`",
    ),
    Mistake(
        "a row without its figure",
        'by = "count(visit, by=it, before=deal)"\n',
        "",
        '[[scorecard.row]]\nid = "visits"',
        "by is missing",
        "a row of the kind best needs by",
    ),
    Mistake(
        "a scorecard that asks for totals",
        'when = "exists(contact, by=it, before=deal)"',
        'when = "it == leader"',
        '"it == leader"',
        "cannot rest on its own totals",
        "score(...)",
    ),
    Mistake(
        "a usual level that is none",
        'default = "A"',
        'default = "B"',
        '"B"\ntype',
        "B is no level of the table of limits",
        "known are",
    ),
    Mistake(
        "a level that is none",
        'when = "leader"',
        "when = \"level() == 'B'\"",
        "'B'\"",
        "B is no level of the table of limits",
        "known are: A, H",
    ),
    Mistake(
        "an unknown measure",
        'measure = "dismissal"',
        'measure = "dismisal"',
        '"dismisal"',
        "dismisal is no measure",
        "did you mean dismissal?",
    ),
    Mistake(
        "a measure for a question nobody asks",
        'question = "cheated"',
        'question = "cheating"',
        '"cheating"',
        "no finding asks the question cheating",
        "did you mean cheated?",
    ),
    Mistake(
        "an amount that is no parameter",
        'amount = "fine" }',
        'amount = "fines" }',
        '"fines"',
        "no parameter fines",
        "did you mean fine?",
    ),
    Mistake(
        "a role nobody has",
        '[instances.powers]\nsales_manager = ["manager",',
        '[instances.powers]\nsales_manager = ["manger",',
        '"manger"',
        "manger is no role",
        "did you mean manager?",
    ),
    Mistake(
        "a fact from nobody",
        'from = "manager"',
        'from = "managr"',
        '"managr"',
        "managr is neither a role nor an instance",
        "did you mean manager?",
    ),
    Mistake(
        "a departure that nobody looks at",
        'rulings = "ruling"\n\n[windows',
        'rulings = "ruling"\ntransfers = "moved"\ngrounds = { left = "departure" }\n'
        '[entries.moved]\nkinds = ["reassign"]\n\n[windows',
        '"departure"',
        "no departure is ever the ground of a transfer with the cause left",
        'add "left" to ends_on',
    ),
    Mistake(
        "a departure that is none",
        'rulings = "ruling"\n\n[windows',
        'rulings = "ruling"\ntransfers = "moved"\nends_on = ["left"]\n'
        'grounds = { overdue = "departure" }\n'
        '[entries.moved]\nkinds = ["reassign"]\n\n[windows',
        '"departure"',
        "no departure is ever the ground of a transfer with the cause overdue",
        "departures are left, moved only",
    ),
    Mistake(
        "a whole table as a length of time",
        'keeps = "contact"',
        'keeps = "contact"\nidle = "gaps"\nlapse = "releases"',
        'gaps"\nlapse',
        "gaps is a whole table, not one length of time",
        "write lookup(gaps, ...)",
    ),
    Mistake(
        "a condition that gives a whole table",
        'keeps = "contact"',
        'keeps = "contact"\nidle = "gaps if level == \'H\' else claim_days"\nlapse = "releases"',
        "gaps if level",
        "gaps is a whole table, not one length of time",
        "write lookup(gaps, ...)",
    ),
    Mistake(
        "a number of no unit as a length of time",
        'keeps = "contact"',
        'keeps = "contact"\nidle = "point"\nlapse = "releases"',
        'point"\nlapse',
        "point is no length of time",
        "give the parameter a unit",
    ),
    Mistake(
        "a span of no length of time",
        'when = "leader"',
        'when = "exists(contact, within=span(fine, before=deal))"',
        "fine, before",
        "fine is no length of time",
        "give the parameter a unit",
    ),
    Mistake(
        "a level that rests on the level",
        '[entries.contact]\nkinds = ["visit", "call", "followup"]\n',
        '[entries.contact]\nkinds = ["visit", "call", "followup"]\n'
        "when = \"level_then() == 'H'\"\n",
        "level_then() ==",
        "the entries that set the level cannot rest on the level",
        "name another class",
    ),
    Mistake(
        "a level that rests on a finding that rests on the level",
        'valid = "not voided and above_parties()"',
        'valid = "not voided and above_parties() and level_then() == level"\n\n'
        '[entries.staged]\nkinds = ["visit"]\nvalid = "not found(\'cheated\')"',
        "level_then() ==",
        "the entries that set the level cannot rest on the level",
        "name another class",
        ('levels = "contact"', 'levels = "staged"'),
    ),
    Mistake(
        "findings that rest on findings",
        'valid = "not voided and above_parties()"',
        "valid = \"not voided and not found('cheated')\"",
        "found('cheated')\"\n\n[entries.ruling",
        "finding rests on itself: found looks at it",
        "another class",
    ),
    Mistake(
        "a strike that asks for a deal",
        'above_parties = "managing_roles"',
        'above_parties = "managing_roles"\nstrike = "answer and entered_within(claim_days)"',
        "entered_within(claim",
        "entered_within(claim_days) cannot be asked where a finding strikes entries",
        "facts of the finding",
    ),
    Mistake(
        "a level that nothing sets",
        'levels = "contact"\n',
        'idle = "lookup(gaps, level_then())"\nlapse = "releases"\n',
        "level_then())",
        "`level_then` does nothing without `levels`",
        "add levels: The class of entries that set the level",
    ),
    Mistake(
        "a filter that no entry of the class passes",
        'when = "leader"',
        'when = "exists(contact, on=deal)"',
        "exists(contact, on",
        "entries of the class contact never speak of another entry",
        "kinds that do: ",
    ),
    Mistake(
        "a holder of no moment",
        'when = "leader"',
        'when = "leader == holder()"',
        "holder()",
        "holder() needs at=",
        "at=deal",
    ),
    Mistake(
        "a departure without its end",
        'when = "leader"',
        'when = "departed(leader, after=first(contact))"',
        "departed(",
        "needs before=",
        "before=deal",
    ),
    Mistake(
        "an attribute that no card has",
        'when = "leader"',
        "when = \"attribute('segmnt') == 'key'\"",
        "'segmnt'",
        "'segmnt' is none of the names that can stand here",
        "did you mean segment?",
    ),
    Mistake(
        "a word that nobody can be told",
        'valid = "not voided and not taken_back()"',
        'valid = "not voided and not taken_back()"\nrefused = "not_valit"',
        '"not_valit"',
        "not_valit is no word for why an entry is refused",
        "did you mean not_valid?",
    ),
    Mistake(
        "a lapse of nothing",
        'keeps = "contact"',
        'keeps = "contact"\nlapse = "releases"',
        '"releases"',
        "`lapse` does nothing without `idle`",
        "add idle",
    ),
    Mistake(
        "shares of more than all",
        'then.credit = "leader"',
        'then.split = { roles = [{ party = "leader", share = "fine" }, '
        '{ party = "closer", share = "fine" }] }',
        "[{ party",
        "sum to 200, not 100",
        "",
    ),
    Mistake(
        "a name for nothing",
        "[clauses]",
        '[names]\nleder = { en = "the leader", zh = "领先者" }\n\n[clauses]',
        '{ en = "the leader"',
        "nothing is called leder",
        "did you mean leader?",
    ),
]


def place_of(text: str, at: str) -> tuple[int, int]:
    """Line and column of the one place where `at` stands."""
    assert text.count(at) == 1, at
    before = text[: text.index(at)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_a_mistake_has_its_place_its_message_and_its_mend(mistake: Mistake) -> None:
    assert SMALL.count(mistake.old) == 1, mistake.old
    text = SMALL.replace(mistake.old, mistake.new).replace(*mistake.more)
    _, problems = check(text, "small.toml")
    place = place_of(text, mistake.at)
    said = [(p.line, p.column, str(p.what), str(p.hint)) for p in problems]
    assert any(
        (line, column) == place and mistake.problem in what and mistake.hint in hint
        for line, column, what, hint in said
    ), (place, said)
    assert len(problems) <= 3, said
    assert all(problem.file == "small.toml" for problem in problems)


def test_readers_are_told_every_word_for_why_an_entry_is_refused() -> None:
    assert not set(REFUSED_WORDS) - set(TERMS)


def test_the_small_policy_has_no_problems() -> None:
    policy, problems = check(SMALL, "small.toml")
    assert policy is not None
    assert problems == ()


NOTED = {("last-click", "no rule says who holds a customer while there is no deal")}
"""What presets are warned of and mean: a click alone gives nobody a right to a shopper."""


@pytest.mark.parametrize("identity", preset_ids())
def test_no_preset_has_a_problem(identity: str) -> None:
    problems = check_editions(policy_texts(identity))
    assert [one for one in problems if one.severe] == []
    assert {(identity, str(one.what)) for one in problems} <= NOTED


# ---------------------------------------------------------------------- hostile files

MEITENG = preset_text("meiteng-2015.toml")
RENAULT = preset_text("renault-zibo-2013.toml")


def let(*lines: str) -> str:
    """The small policy with more named values."""
    return SMALL.replace("[let]\n", "[let]\n" + "\n".join(lines) + "\n")


def condition(text: str) -> str:
    """The small policy with another condition, of a rule that is always part of it."""
    guard = "if = \"reading == 'loose'\"\n"
    return SMALL.replace(guard, "").replace('when = "leader"', f'when = "{text}"')


HOSTILE = {
    "a megabyte of brackets": "x = " + "[" * 999_990,
    "more than a megabyte": "#" * 1_000_001,
    "tables in tables": "x = " + "{a=" * 300_000,
    "one long key": "a" * 900_000 + " = 1",
    "one deep key": "x" + ".a" * 400_000 + " = 1",
    "many deep keys": "\n".join(f"k{n}" + ".a" * 18 + " = 1" for n in range(19_000)),
    "many keys": "\n".join(f"k{n} = 1" for n in range(80_000)),
    "many tables": "\n".join(f"[t{n}]" for n in range(80_000)),
    "many rules": SMALL + "[[rule]]\n" * 90_000,
    "many unknown keys": SMALL
    + "".join(
        f"[[rule]]\n{''.join(f'k{key}=1{chr(10)}' for key in range(90))}" for _ in range(990)
    ),
    "a deep default": SMALL.replace("default = 3\n", f"default{'.a' * 15} = 3\n"),
    "a huge number": SMALL.replace("default = 3\n", f"default = {'9' * 5_000}\n"),
    "a huge hexadecimal number": SMALL.replace("default = 3\n", f"default = 0x{'9' * 500_000}\n"),
    "a number without end": SMALL.replace("default = 3\n", "default = inf\n"),
    "no number": SMALL.replace("default = 3\n", "default = nan\n"),
    "a long text": SMALL.replace("A small policy", "A" * 900_000),
    "the character NUL": SMALL.replace("A small policy", "A \\u0000"),
    "half a character": SMALL.replace("A small policy", "A \ud800"),
    "an escaped half character": SMALL.replace("A small policy", "A \\ud800"),
    "a long condition": condition("leader or " * 500 + "leader"),
    "deep brackets": condition("(" * 1_000 + "leader" + ")" * 1_000),
    "deep negation": condition("not " * 500 + "leader"),
    "deep comparisons": condition("leader == (" * 38 + "leader" + ")" * 38),
    "comparisons that double": condition(
        "gap(deal if point >= " * 12 + "gap(deal, deal)" + " else deal, deal)" * 12
    ),
    "values that double": let(
        *(f'x{n} = "x{n + 1} or x{n + 1}"' for n in range(900)), 'x900 = "closer"'
    ),
    "values that double, the other way": let(
        'x0 = "closer"', *(f'x{n + 1} = "x{n} or x{n}"' for n in range(900))
    ),
    "a circle": let('a1 = "a2"', 'a2 = "a1"'),
    "a circle over the household": let(
        "a1 = \"each('a2', of=present())\"", "a2 = \"each('a1', of=present())\""
    ),
    "the names of a class": SMALL.replace("{leader} leads", "{0.__class__} leads"),
    "a conversion": SMALL.replace("{leader} leads", "{closer!r} leads"),
    "a wide field": SMALL.replace("{leader} leads", "{closer:>999999} leads"),
    "a field within a field": SMALL.replace("{leader} leads", "{closer:{leader}} leads"),
    "an item": SMALL.replace("{leader} leads", "{leader[0]} leads"),
    "the insides of a value where several are equal": SMALL.replace(
        "Equal: whose is it?", "{0.__class__}"
    ),
    "a position": SMALL.replace("{leader} leads", "{} leads"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_in_bounded_time(what: str) -> None:
    began = time.monotonic()
    _, problems = check(HOSTILE[what], "hostile.toml")
    assert any(problem.severe for problem in problems)
    assert len(problems) <= 200
    assert all(problem.line >= 1 <= problem.column for problem in problems)
    assert all(len(str(problem.what)) + len(str(problem.hint)) < 5_000 for problem in problems)
    with pytest.raises(FaultyPolicy):
        Program(parse_policy(HOSTILE[what]), {})
    assert time.monotonic() - began < 40


def test_chains_of_named_values_that_are_not_too_long_compile() -> None:
    text = let('x0 = "closer"', *(f'x{n + 1} = "x{n} or x{n}"' for n in range(60)))
    Program(parse_policy(text), {})


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """A policy with slices taken out, doubled, put elsewhere, or rubbish put in."""
    text = draw(st.sampled_from((SMALL, SMALL, MEITENG, RENAULT)))
    rubbish = st.text(alphabet="[]{}()\"'=.,#\\\n 0aé中\u201c\uff1d\ud800\0", max_size=12)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from((1, 2, 7, 40, 300))))
        doing = draw(st.sampled_from(("delete", "double", "insert", "move")))
        piece = text[start:end]
        if doing == "delete":
            text = text[:start] + text[end:]
        elif doing == "double":
            text = text[:end] + piece + text[end:]
        elif doing == "insert":
            text = text[:start] + draw(rubbish) + text[start:]
        else:
            rest = text[:start] + text[end:]
            place = draw(st.integers(0, len(rest)))
            text = rest[:place] + piece + rest[place:]
    return text


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(spoiled())
def test_a_spoiled_file_is_refused_or_clean_and_never_breaks_the_program(text: str) -> None:
    neither_breaks(text)


def neither_breaks(text: str) -> None:
    """The check lists problems, the compiler refuses or not, and they agree."""
    began = time.monotonic()
    policy, problems = check(text, "spoiled.toml")
    for problem in problems:
        assert str(problem.what)
        assert problem.line >= 1 <= problem.column
    refused = False
    try:
        Program(parse_policy(text), {})
    except FaultyPolicy:
        refused = True
    assert not refused or any(problem.severe for problem in problems)
    assert refused or policy is not None
    assert time.monotonic() - began < 10


ODD: list[Any] = [
    "word",
    "two words",
    "",
    7,
    -1,
    True,
    1.5,
    [],
    ["word"],
    [[]],
    {},
    {"en": "x", "zh": "中"},
    "it",
    "score(it)",
    "{0}",
    "True",
    "order",
    "a\0b",
    "each('holder', of=rivals)",
    "contact",
]
DATA = tomllib.loads(SMALL)
PLACES = list(places(DATA))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_odd_values_anywhere_never_break_the_program(drawn: st.DataObject) -> None:
    data = copy.deepcopy(DATA)
    path = drawn.draw(st.sampled_from(PLACES))
    inside: Any = data
    for step in path[:-1]:
        inside = inside[step]
    if drawn.draw(st.booleans()):
        inside[path[-1]] = drawn.draw(st.sampled_from(ODD))
    else:
        del inside[path[-1]]
    neither_breaks(toml_of(data))
