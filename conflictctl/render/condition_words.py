"""The words of the policy language as phrases: one line a word, a filter, a field.

A phrase stands in English here and in Chinese in the catalogue.  Its places:

* `{0}`, `{1}`: the values in order; `{rest}` those after the first, `{all}` all of them;
* `{thing}`, `{a}`, `{things}`: the class of entries, as `claim`, `a claim`, `claims`;
* `{by}`, `{at}` and the like: a keyword that the phrase words itself;
* `{whose}`, `{time}`: where the remaining keywords go, each in the phrase of `MODIFIERS`.

A phrase that has no place for something a condition says is not used: the condition is then
shown as it was written, so that nothing is left out of what somebody signs.
"""

from __future__ import annotations

from typing import NamedTuple

from conflictctl.wording import N_


class Phrase(NamedTuple):
    """How a word is put: as a thing (`noun`), or as a statement and its denial.

    `asks`: its values are statements themselves.  `there` and `lacks` say of a thing that
    there is one, and that there is none, where its noun would make an odd sentence of it
    (`there is no last transfer`).
    """

    noun: str = ""
    says: str = ""
    denies: str = ""
    there: str = ""
    lacks: str = ""
    asks: bool = False


class Modifier(NamedTuple):
    """How a keyword is put, with `{value}`; a pair of values is `{first}` and `{second}`.

    `slot` is where it goes: `whose` and `time` are places of phrases, `class` the brackets
    behind the class of entries.  `off` is the phrase for the value False, or for a pair
    whose second value is null, where that matters.
    """

    text: str
    slot: str = "whose"
    off: str = ""


def _noun(text: str) -> Phrase:
    return Phrase(noun=text)


def _one(noun: str, there: str, lacks: str) -> Phrase:
    return Phrase(noun, there=there, lacks=lacks)


def _flag(says: str, denies: str, noun: str = "") -> Phrase:
    return Phrase(noun, says, denies)


# `word/2` is for two values, `word:keyword` with that keyword, `word('x')` where the last
# value is that text; the most particular one is taken.
WORD_PHRASES: dict[str, Phrase] = {
    # words that select entries
    "first": _one(
        N_("the first {thing}{whose}{time}"),
        N_("there is {a}{whose}{time}"),
        N_("there is no {thing}{whose}{time}"),
    ),
    "last": _one(
        N_("the last {thing}{whose}{time}"),
        N_("there is {a}{whose}{time}"),
        N_("there is no {thing}{whose}{time}"),
    ),
    "exists": _flag(N_("there is {a}{whose}{time}"), N_("there is no {thing}{whose}{time}")),
    "once": _flag(
        N_("there is exactly one {thing}{whose}{time}"),
        N_("there is not exactly one {thing}{whose}{time}"),
    ),
    "count": _noun(N_("the number of {things}{whose}{time}")),
    "count:by_day": _noun(N_("the number of days with {a}{whose}{time}")),
    "values": _noun(N_("the authors of all {things}{whose}{time}")),
    "values:field": _noun(N_("the {field} of all {things}{whose}{time}")),
    "greatest": _noun(N_("the greatest {field} of all {things}{whose}{time}")),
    "greatest:lowest": _noun(N_("the smallest {field} of all {things}{whose}{time}")),
    "greatest_gap": _noun(N_("the longest time without {a}{whose}{time}")),
    # of entries
    "author": _noun(N_("the author of {0}")),
    "field": _noun(N_("the {1} of {0}")),
    "kind_of": _noun(N_("the kind of {0}")),
    "number": _noun(N_("{0} as a number")),
    "named_in": _noun(N_("everybody named as {1} in {0}")),
    "moment": _noun(N_("the moment of {0}")),
    "cut": _noun(N_("the moment of {0} to the {1}")),
    "cut(moment)": _noun(N_("{0} to the {1}")),
    "gap": _noun(N_("the time from {0} to {1}{whose}")),
    "span": _noun(N_("{0}{time}")),
    "within": _flag(N_("{0} lies within {1}"), N_("{0} does not lie within {1}")),
    "older": _flag(N_("{0} is older than {1}"), N_("{0} is not older than {1}")),
    # of people
    "unit": _noun(N_("the outlet of {0}")),
    "unit('type')": _noun(N_("the type of the outlet of {0}")),
    "units": _noun(N_("all outlets of the type {0}{whose}")),
    "role": _noun(N_("the role of {0}{time}")),
    "department": _noun(N_("the department of {0}{time}")),
    "employed": _flag(N_("{0} is with the company{time}"), N_("{0} is not with the company{time}")),
    "absent": _flag(N_("{0} is on record as away{time}"), N_("{0} is not on record as away{time}")),
    "cover": _noun(N_("the stand-in of {0}{time}")),
    "departed": _flag(
        N_("{0} left or changed post{time}"), N_("{0} neither left nor changed post{time}")
    ),
    "caseload": _noun(N_("the number of customers held by {0}")),
    # of lists
    "union": _noun(N_("any of ({all})")),
    "without": _noun(N_("{0} (without {rest})")),
    "common": _noun(N_("what {0} and {1} have in common")),
    "several": _flag(
        N_("there are at least two different ones in {0}"),
        N_("there are fewer than two different ones in {0}"),
    ),
    "size": _noun(N_("the number of different values of {0}")),
    "only": _one(
        N_("the only one of {0}"),
        N_("there is just one of {0}"),
        N_("there is not just one of {0}"),
    ),
    "those": _noun(N_("those of {0} for whom ({when})")),
    "top": _noun(N_("whoever of {0} alone has the greatest value ({by})")),
    "top:lowest": _noun(N_("whoever of {0} alone has the smallest value ({by})")),
    "tops": _noun(N_("all of {0} who share the greatest value ({by})")),
    "tops:lowest": _noun(N_("all of {0} who share the smallest value ({by})")),
    "map": _noun(N_("what each of {0} has as ({by})")),
    "lookup": _noun(N_("the value for {1} in {0}")),
    # of what is known
    "sure": Phrase(
        says=N_("it is established that {0}"),
        denies=N_("it is not established that {0}"),
        asks=True,
    ),
    "known": Phrase(
        says=N_("it is known whether {0}"), denies=N_("it is not known whether {0}"), asks=True
    ),
    # of holding
    "holder": _noun(N_("the holder of the customer{whose}{time}")),
    "in_line": _noun(N_("everybody whose opening stands{time}")),
    "former": _noun(N_("the holder before the one who holds the customer{time}")),
    "ended": _noun(N_("the moment the holding of {0} had ended, seen{time}")),
    "ends": _noun(N_("the moment the holding that {0} has{time} runs out")),
    "clock": _noun(N_("the moment from which the holding of {0} counts{time}")),
    "overdue": _flag(
        N_("{0} was overdue with the follow-up{whose}{time}"),
        N_("{0} was not overdue with the follow-up{whose}{time}"),
    ),
    "level": _noun(N_("the level of the customer{whose}{time}")),
    "level_set": _noun(N_("the entry since which the customer has this level{whose}{time}")),
    "transfer": _one(
        N_("the last justified transfer{whose}{time}"),
        N_("there is a justified transfer{whose}{time}"),
        N_("there is no justified transfer{whose}{time}"),
    ),
    "next_in_line": _noun(N_("the holder of the next oldest file")),
    # of households and customers
    "attribute": _noun(N_("the {0} on the customer's card{time}")),
    "present": _noun(N_("the persons of the household who came together{whose}{time}")),
    "together": _one(
        N_("the last time that several who count as one customer came together{time}"),
        N_("several who count as one customer came together{time}"),
        N_("no two who count as one customer came together{time}"),
    ),
    "together:household": _one(
        N_("the last time that several of the whole household came together{time}"),
        N_("several of the whole household came together{time}"),
        N_("no two of the whole household came together{time}"),
    ),
    "each": _noun(N_("{0} of each one")),
    "each:of": _noun(N_("{0} of each of {of}")),
    # of findings, scores and rulings
    "found": _flag(
        N_("it was found: {0}{whose}{time}"),
        N_("it was not found: {0}{whose}{time}"),
        N_("the finding on {0}{whose}{time}"),
    ),
    "score": _noun(N_("the total score of {0}")),
    "ruled": _noun(N_("the standing ruling by people")),
    "instance": _noun(N_("the instance that decides between the parties")),
    "barred": _noun(N_("everybody whom an earlier rule took out of the contest")),
}

# `word.keyword` is the phrase of a keyword at that word alone, `word.keyword:other` that
# beside another keyword.
MODIFIERS: dict[str, Modifier] = {
    # filters
    "by": Modifier(N_("by {value}")),
    "not_by": Modifier(N_("by anybody but {value}")),
    "to": Modifier(N_("addressed to {value}")),
    "subject": Modifier(N_("about {value}")),
    "question": Modifier(N_("on the question {value}")),
    "answer": Modifier(N_("with the answer {value}")),
    "named": Modifier(N_("naming {value}")),
    "level": Modifier(N_("at level {value}")),
    "channel": Modifier(N_("by way of {value}")),
    "direction": Modifier(N_("of the direction {value}")),
    "decision": Modifier(N_("with the decision {value}")),
    "cause": Modifier(N_("for the cause {value}")),
    "instance": Modifier(N_("of the instance {value}")),
    "to_unit": Modifier(N_("addressed to {value}")),
    "to_holder": Modifier(
        N_("addressed to whoever held the customer then"),
        off=N_("addressed to somebody who did not hold the customer then"),
    ),
    "on": Modifier(N_("on {value}")),
    "entry": Modifier(N_("that is {value} itself")),
    "recorded_before": Modifier(N_("entered before {value}")),
    "other_customer": Modifier(N_("in another customer file than {value}")),
    "unit": Modifier(N_("by somebody of {value}")),
    "unit_type": Modifier(N_("by somebody of an outlet of the type {value}")),
    "department": Modifier(N_("by somebody of {value}")),
    "parties": Modifier(N_("with {value} among its parties")),
    "exactly": Modifier(N_("with just {value} as its parties")),
    "before": Modifier(N_("before {value}"), "time"),
    "after": Modifier(N_("after {value}"), "time"),
    "on_day": Modifier(N_("on the day of {value}"), "time"),
    "within": Modifier(N_("within {value}"), "time"),
    "days_before": Modifier(N_("at most {second} before {first}"), "time"),
    "delay": Modifier(
        N_("at most {second} after {first}"),
        "time",
        off=N_("however long after {first} ({second})"),
    ),
    "in_window": Modifier(N_("within the window {value}"), "time"),
    "held_at": Modifier(N_("whose author neither left nor changed post until {value}")),
    "standing_at": Modifier(N_("in force at {value}")),
    # keywords of words that select
    "anyone": Modifier(N_("those left out included"), "class"),
    "household": Modifier(N_("of the whole household"), "class"),
    "since": Modifier(N_("from {value} on"), "time"),
    "until": Modifier(N_("until {value}"), "time"),
    # keywords of other words
    "at": Modifier(N_("at {value}"), "time"),
    "during": Modifier(N_("throughout {value}"), "time"),
    "but": Modifier(N_("but {value}")),
    "gap.unit": Modifier(N_("in {value}")),
    "greatest_gap.unit": Modifier(N_("in {value}")),
    "holder.unit_type": Modifier(N_("by files of outlets of the type {value}")),
    "level.by": Modifier(N_("as recorded by {value}")),
    "level_set.by": Modifier(N_("as recorded by {value}")),
    "linked_before": Modifier(N_("as linked before {value}")),
    "open": Modifier(N_("without its very last moment"), "time"),
    "span.open:before": Modifier(N_("without its very first moment"), "time"),
    "overdue.household": Modifier(N_("by the contacts of the whole household"), "time"),
    "throughout": Modifier(N_("in any gap before it"), "time"),
    "transfer.of": Modifier(N_("with its ground against {value}")),
}

# ------------------------------------------------------------- conditions on one entry

ENTRY_PHRASES: dict[str, Phrase] = {
    "given": _flag(N_("its {0} is filled in"), N_("its {0} is not filled in")),
    "vouched": _flag(
        N_("its {0} rests on more than its author's own word"),
        N_("its {0} rests on its author's own word alone"),
    ),
    "role_of": _noun(N_("the role of its {0}")),
    "unit_of": _noun(N_("the outlet of its {0}")),
    "department_of": _noun(N_("the department of its {0}")),
    "absent": _flag(N_("its author was on record as away"), N_("its author was not away")),
    "absent/1": _flag(N_("its {0} was on record as away"), N_("its {0} was not away")),
    "above_parties": _flag(
        N_("its author had the power for it and was no party"),
        N_("its author had no power for it or was a party"),
    ),
    "above_parties/1": _flag(
        N_("its {0} had the power for it and was no party"),
        N_("its {0} had no power for it or was a party"),
    ),
    "no_party": _flag(N_("its author was no party"), N_("its author was a party")),
    "no_party/1": _flag(N_("its {0} was no party"), N_("its {0} was a party")),
    "has_power": _flag(
        N_("it was made by somebody of its instance who was no party"),
        N_("it was not made by somebody of its instance who was no party"),
    ),
    "made_by('same')": _flag(
        N_("a {0} of the department of its {1} made it, alone or jointly"),
        N_("no {0} of the department of its {1} made it"),
    ),
    "made_by('other')": _flag(
        N_("a {0} of another department than its {1} made it, alone or jointly"),
        N_("no {0} of another department than its {1} made it"),
    ),
    "level_then": _noun(N_("the level in force then")),
    "cancelled": _flag(N_("the order was cancelled"), N_("the order was not cancelled")),
    "taken_back": _flag(N_("its author took it back"), N_("its author did not take it back")),
    "entered_within": _flag(N_("it was entered within {0}"), N_("it was not entered within {0}")),
    "attribute": _noun(N_("the {0} on the customer's card")),
    "lookup": WORD_PHRASES["lookup"],
    "number": _noun(N_("its {0} as a number")),
    "decided": _flag(N_("it got the decision {0}"), N_("it did not get the decision {0}")),
    "found": _flag(
        N_("it was found of its author: {0}"), N_("it was not found of its author: {0}")
    ),
}

# The value of a keyword that a phrase words, where a condition does not give it.
DEFAULTS: dict[str, dict[str, str]] = {"greatest": {"field": "rank"}}

# Words that give a moment, of which no phrase says "the moment of" again.
MOMENT_WORDS = frozenset({"moment", "ended", "ends", "clock"})

# Words that take the name of something in the policy, in quotes, as their first value.
NAMING_WORDS = frozenset({"found", "each"})

ENTRY_FACTS: dict[str, Phrase] = {
    "late": _flag(N_("it was entered late"), N_("it was not entered late")),
    "altered": _flag(N_("it was altered later"), N_("it was not altered later")),
    "voided": _flag(N_("it was declared void"), N_("it was not declared void")),
    "struck": _flag(N_("it was struck as untrue"), N_("it was not struck as untrue")),
    "reached": _flag(N_("the customer was reached"), N_("the customer was not reached")),
    "asked": _flag(N_("the customer was asked"), N_("the customer was not asked")),
    "role": _noun(N_("the role of its author")),
    "unit": _noun(N_("the outlet of its author")),
    "unit_type": _noun(N_("the type of its author's outlet")),
    "department": _noun(N_("the department of its author")),
    "place_type": _noun(N_("the type of the outlet it took place at")),
}

# What a field of an entry, or a grain of time, is called, without an article; others stand under
# their own name.
FIELDS: dict[str, str] = {
    "accompanied_by": N_("companion"),
    "amount": N_("amount"),
    "answer": N_("answer"),
    "approved_by": N_("approver"),
    "award": N_("beneficiary"),
    "by": N_("author"),
    "cause": N_("cause"),
    "channel": N_("channel"),
    "customer": N_("customer file"),
    "currency": N_("currency"),
    "day": N_("day"),
    "decision": N_("decision"),
    "department": N_("department"),
    "direction": N_("direction"),
    "expires_at": N_("end"),
    "grounds": N_("grounds"),
    "hour": N_("hour"),
    "instance": N_("instance"),
    "jointly_with": N_("co-author"),
    "kind": N_("kind"),
    "level": N_("level"),
    "minute": N_("minute"),
    "named": N_("person asked for"),
    "note": N_("note"),
    "on": N_("entry concerned"),
    "parties": N_("party"),
    "place": N_("place"),
    "product": N_("product"),
    "question": N_("question"),
    "rank": N_("rank"),
    "reason": N_("reason"),
    "recorded_by": N_("recorder"),
    "relation": N_("relation"),
    "result": N_("result"),
    "scope": N_("scope"),
    "segment": N_("segment"),
    "share": N_("share"),
    "shares": N_("sharer"),
    "signers": N_("signer"),
    "source": N_("origin"),
    "strikes": N_("list of entries struck"),
    "subject": N_("person concerned"),
    "to": N_("addressee"),
    "to_outlet": N_("outlet addressed"),
    "unit": N_("outlet"),
    "witness": N_("witness"),
}

MOMENTS: dict[str, str] = {
    "deal": N_("the deal"),
    "order": N_("the order"),
    "delivery": N_("the delivery"),
    "next_deal": N_("the next deal"),
    "previous_deal": N_("the previous deal"),
    "now": N_("the present moment"),
    "it": N_("that person"),
}

COMPARISONS: dict[str, tuple[str, str]] = {
    "Eq": (N_("{left} is {right}"), N_("{left} is not {right}")),
    "NotEq": (N_("{left} is other than {right}"), N_("{left} is not other than {right}")),
    "Lt": (N_("{left} is less than {right}"), N_("{left} is not less than {right}")),
    "LtE": (N_("{left} is at most {right}"), N_("{left} is not at most {right}")),
    "Gt": (N_("{left} is more than {right}"), N_("{left} is not more than {right}")),
    "GtE": (N_("{left} is at least {right}"), N_("{left} is not at least {right}")),
    "In": (N_("{left} is one of {right}"), N_("{left} is not one of {right}")),
    "NotIn": (N_("{left} is none of {right}"), N_("{left} is not outside of {right}")),
    "Is": (N_("{left} is {right}"), N_("{left} is not {right}")),
    "IsNot": (N_("{left} is other than {right}"), N_("{left} is not other than {right}")),
}

# What classes of entries are called by default, where the term of their kind makes no noun.
CLASSES: dict[str, str] = {
    "accompany": N_("accompanied visit"),
    "demand": N_("demand of the customer"),
    "inform": N_("word to a colleague"),
    "learn": N_("note of having learned of the close"),
}

# A field said to be a plain yes or no, which many languages put otherwise than `is yes`.
ANSWERS: dict[bool, tuple[str, str]] = {
    True: (N_("{left} is yes"), N_("{left} is not yes")),
    False: (N_("{left} is no"), N_("{left} is not no")),
}

# Of a number with a unit; a unit that is not here is not said.
AMOUNTS: dict[str, str] = {
    "minutes": N_("{n} minutes"),
    "hours": N_("{n} hours"),
    "days": N_("{n} days"),
    "working_days": N_("{n} working days"),
    "months": N_("{n} months"),
    "CNY": N_("{n} CNY"),
    "percent": N_("{n} percent"),
    "points": N_("{n} points"),
    "persons": N_("{n} persons"),
}
ONE: dict[str, str] = {
    "minutes": N_("{n} minute"),
    "hours": N_("{n} hour"),
    "days": N_("{n} day"),
    "working_days": N_("{n} working day"),
    "months": N_("{n} month"),
    "points": N_("{n} point"),
    "persons": N_("{n} person"),
}
