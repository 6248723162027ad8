"""The shape of a policy file: which sections and keys there are, and what they may hold.

Said once, as a JSON Schema (draft 2020-12): `policy schema` prints it, so that editors
complete and check while a policy is written, and `faults` checks parsed files by it.  What
the schema cannot say (conditions, names that must exist) the compiler checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from conflictctl.events import INSTANCES, RULED_KINDS
from conflictctl.policy.language import MAX_LENGTH
from conflictctl.policy.problems import Path, Problem, nearest
from conflictctl.policy.quantity import COUNTS
from conflictctl.wording import N_, Sentence

Schema = dict[str, Any]


def text_shape(about: str, **more: Any) -> Schema:
    """A text, described."""
    return {"type": "string", "description": about, **more}


def _condition(about: str) -> Schema:
    return {"type": "string", "description": about, "maxLength": MAX_LENGTH}


def _one_of(about: str, *values: Any) -> Schema:
    return {"enum": list(values), "description": about}


def _flag(about: str) -> Schema:
    return {"type": "boolean", "description": about}


def _list(about: str, item: Schema | None = None) -> Schema:
    return {"type": "array", "items": item or {"type": "string"}, "description": about}


def table_shape(
    about: str, required: tuple[str, ...] = (), more: Schema | None = None, /, **keys: Schema
) -> Schema:
    """A table with these keys; `more` are keys that stand in several tables."""
    return {
        "type": "object",
        "description": about,
        "properties": {**(more or {}), **keys},
        "required": list(required),
        "additionalProperties": False,
    }


def named_shape(about: str, item: Schema) -> Schema:
    """A table with names of the author's own."""
    return {
        "type": "object",
        "description": about,
        "additionalProperties": item,
        "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
    }


def _both(about: str) -> Schema:
    return table_shape(
        about, ("en", "zh"), en=text_shape(N_("In English.")), zh=text_shape(N_("In Chinese."))
    )


_DAY: Schema = {"type": "string", "format": "date", "description": N_("A day, written 2024-05-31.")}
_INSTANCE = _one_of(N_("Who decides."), *INSTANCES)
_PARAMETER_NAME = text_shape(N_("The name of a parameter."))
_CLASS_NAME = text_shape(N_("The name of a class of entries."))

_DATED = table_shape(
    N_("Another value for deals of some time."),
    ("from", "value"),
    **{
        "from": _DAY,
        "to": _DAY,
        "value": {"description": N_("The value for deals on or after `from`.")},
        "source": text_shape(N_("Where that is written.")),
    },
)

_PARAMETER = table_shape(
    N_("One number or reading of the text that a company may choose otherwise."),
    ("en", "zh"),
    default={"description": N_("The value; left out where there is none (`optional`).")},
    type=_one_of(
        N_("What it is; needed unless `values` are given."),
        "choice",
        "boolean",
        "integer",
        "decimal",
        "text",
        "table",
    ),
    values=_list(N_("The values it may have."), {"type": ["string", "integer", "boolean"]}),
    minimum={"type": "integer", "description": N_("The least it may be.")},
    maximum={"type": "integer", "description": N_("The most it may be.")},
    unit=text_shape(N_("days, working_days, hours, minutes, months, or what else it counts.")),
    count=_one_of(N_("How days are counted."), *COUNTS),
    clause=text_shape(N_("The clause it comes from.")),
    contested=_flag(
        N_("Whether people argue about this reading: every ruling then shows the others.")
    ),
    optional=_flag(N_("Whether it may have no value (null).")),
    dated=_list(N_("Other values for deals of other times."), _DATED),
    en=text_shape(N_("One sentence: what it decides.")),
    zh=text_shape(N_("The same in Chinese.")),
)

_CLASS = table_shape(
    N_("A class of entries."),
    kinds=_list(N_("The kinds of event it is made of."), {"enum": sorted(RULED_KINDS)}),
    of=text_shape(N_("An earlier class that this one narrows.")),
    when=_condition(N_("Condition: what an entry must be, to be one of these at all.")),
    valid=_condition(
        N_("Condition: what it must satisfy to count; one that does not is shown as refused.")
    ),
    refused=text_shape(N_("The word for why one is refused: own_word, no_power, not_valid ...")),
    order=text_shape(N_("`recorded`, `happened`, or a parameter with these values.")),
    doubt=_condition(N_("Condition: of one that is true a person has to say whether it counts.")),
    question=text_shape(N_("The finding that settles a doubt.")),
    warn=_condition(N_("Condition: of one that is true the ruling warns, though it counts.")),
    en=text_shape(N_("The warning.")),
    zh=text_shape(N_("The warning in Chinese.")),
)

_SPLIT = table_shape(
    N_("Shares for several."),
    among=_condition(N_("Condition: the list of those who share.")),
    weights=_list(N_("Parameters: the weight of the first, the second, ... of the list.")),
    roles=_list(
        N_("A share for each role."),
        table_shape(
            N_("One role and its share."),
            ("party", "share"),
            party=_condition(N_("Condition: who has the role.")),
            share=_PARAMETER_NAME,
        ),
    ),
    missing=_one_of(N_("Where nobody has a role: who gets its share."), "refer", "others"),
)

_BEST = table_shape(
    N_("Whoever has the greatest figure."),
    ("of", "by"),
    of=_condition(N_("Condition: the persons who compete.")),
    unless=_condition(
        N_("Condition: for whom it is true does not compete (unless it is true of all).")
    ),
    by=_condition(N_("Condition: the figure of each, who is called `it`.")),
    tie=_INSTANCE,
)

_REPLACE = table_shape(
    N_("Put another in the place of a named value, and start again."),
    ("value", "by", "again"),
    value=text_shape(N_("The named value.")),
    by=_condition(N_("Condition: who takes the place.")),
    again=text_shape(N_("The name of the rule to start again at.")),
)

_THEN = {
    "type": "object",
    "description": N_("What follows."),
    "properties": {
        "credit": _condition(N_("Condition: who has the deal.")),
        "outlet": _condition(N_("Condition: the outlet that has the deal.")),
        "shares": _condition(N_("Condition: the agreement (or close) whose shares hold.")),
        "split": _SPLIT,
        "hold": _condition(N_("Condition: who holds the customer.")),
        "recommend": _condition(N_("Condition: who is recommended; `refer` says who decides.")),
        "refer": _condition(N_("Condition: who decides: an instance, or instance().")),
        "best": _BEST,
        "bar": _condition(N_("Condition: who is out of the contest; the next rules are tried.")),
        "replace": _REPLACE,
        "nobody": _flag(N_("Nobody's: the customer is free.")),
        "note": _flag(N_("Say something and go on.")),
    },
    "additionalProperties": False,
    "minProperties": 1,
}

_PROVISIONAL = table_shape(
    N_("Until when a later entry could change the ruling."),
    ("window",),
    window=text_shape(N_("A window.")),
    when=_condition(N_("Condition: only then.")),
)

_RULE = table_shape(
    N_("A rule: where its condition is true, its consequence follows."),
    ("clause", "when", "then", "why"),
    clause=text_shape(N_("The clause it applies.")),
    name=text_shape(N_("A name, for `beats` and `again`.")),
    stage=_one_of(
        N_("`deal`, or `open`: who holds the customer while there is no deal."), "deal", "open"
    ),
    **{
        "if": _condition(
            N_("Condition: on parameters alone; where false the rule is no part of the policy.")
        )
    },
    when=_condition(N_("Condition: where it is true, the rule applies.")),
    unless=_condition(N_("Condition: where it is true, the rule does not apply.")),
    party=_condition(N_("Condition: whom the rule is about.")),
    then=_THEN,
    beats=_list(N_("Names or clauses of rules that give way to this one.")),
    final=_flag(N_("A person's ruling does not stand in its place.")),
    provisional=_PROVISIONAL,
    why=_both(N_("Why it decides.")),
    why_not=_both(N_("Why it does not.")),
    tie=_both(N_("What is said where several are equal.")),
)

_ROW = table_shape(
    N_("A row of the scorecard."),
    ("id", "kind", "en", "zh"),
    id=text_shape(N_("Its number in the written text.")),
    kind=_one_of(N_("How it is given."), "flag", "best", "unique_best", "set"),
    points=_condition(N_("Condition: a parameter; for `set`, the number a person supplied.")),
    when=_condition(N_("Condition: who can get it; each is called `it`.")),
    by=_condition(N_("Condition: the figure that is compared; each is called `it`.")),
    lowest=_flag(N_("The smallest figure is the best: who was first.")),
    tie=text_shape(N_("`shared_unless_all`, `none`, `all`, or a parameter with these values.")),
    times=_condition(N_("Condition: how many times it is given.")),
    only_if=_condition(N_("Condition: without it nobody gets the row.")),
    not_for=text_shape(N_("An earlier row: who got that gets none here.")),
    en=text_shape(N_("What it gives points for.")),
    zh=text_shape(N_("The same in Chinese.")),
    **{
        "if": _condition(
            N_("Condition: on parameters alone; where false the row is no part of the policy.")
        )
    },
)

_UNIT_INSTANCE = table_shape(
    N_("An instance and its clause."),
    ("instance", "clause"),
    instance=_INSTANCE,
    clause=text_shape(N_("The clause.")),
)

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": N_("conflictctl policy"),
    "description": N_("The written attribution policy of a company, one edition a file."),
    "type": "object",
    "additionalProperties": False,
    "required": ["policy", "entries", "rule", "no_rule"],
    "properties": {
        "policy": table_shape(
            N_("The head."),
            ("id", "version", "title"),
            id=text_shape(
                N_("The policy's id; its editions share it."), pattern="^[A-Za-z0-9._-]+$"
            ),
            version=text_shape(N_("The edition: the day it is of.")),
            title=_both(N_("Its title.")),
            source=text_shape(N_("The document it was made from.")),
        ),
        "applies_to": table_shape(
            N_("The deals that this edition is for."),
            (),
            otherwise=_INSTANCE,
            to=_DAY,
            **{"from": _DAY},
        ),
        "calendar": table_shape(
            N_("Which days are working days."),
            country=text_shape(
                N_("ISO 3166 code: its public holidays, swapped working days included.")
            ),
            subdivision=text_shape(N_("A province or state, where holidays differ.")),
            weekend=_list(
                N_("Days off every week."),
                {"enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]},
            ),
            holidays=_list(N_("The company's own days off."), _DAY),
            working=_list(N_("Days worked all the same."), _DAY),
        ),
        "identity": table_shape(
            N_("Which linked customers are one, and which a household."),
            joined=_list(
                N_("Links that make one customer."),
                _one_of(N_("A kind of link."), "same", "household", "group"),
            ),
            household=_list(
                N_("Links that make a household."),
                _one_of(N_("A kind of link."), "same", "household", "group"),
            ),
        ),
        "words": named_shape(N_("Lists of roles or other words."), _list(N_("One list."))),
        "names": named_shape(
            N_("How named values, classes and windows are called."), _both(N_("What it is called."))
        ),
        "parameters": named_shape(N_("Every number and every reading."), _PARAMETER),
        "entries": named_shape(N_("Classes of entries."), _CLASS),
        "findings": named_shape(
            N_("Facts that only a person can supply."),
            table_shape(
                N_("One question."),
                ("without", "en", "zh"),
                question=text_shape(N_("The word in the event; default the name here.")),
                entries=text_shape(N_("The class of findings that count; default `finding`.")),
                without=_one_of(
                    N_("The burden of proof: without a finding the answer is no, or unknown."),
                    "no",
                    "unknown",
                ),
                **{"from": text_shape(N_("The role or instance that supplies it."))},
                minimum=_PARAMETER_NAME,
                maximum=_PARAMETER_NAME,
                clause=text_shape(N_("The clause it belongs to.")),
                en=text_shape(N_("The question in words.")),
                zh=text_shape(N_("The question in Chinese.")),
            ),
        ),
        "deal": table_shape(
            N_("What a deal is."),
            moment=text_shape(N_("`order`, `close`, or a parameter with these values.")),
            restart=text_shape(N_("`since_last_deal`, `all`, or a parameter with these values.")),
            time=_one_of(
                N_(
                    "Whether claims, filings and other acts count from when they were recorded, or "
                    "from when they happened, as contacts do."
                ),
                "recorded",
                "happened",
            ),
            others=_one_of(
                N_("Which deal an agreement or ruling is about that names none."),
                "latest",
                "stretch",
            ),
        ),
        "holding": table_shape(
            N_("Who holds a customer while there is no deal."),
            opens=_CLASS_NAME,
            granted_by=text_shape(
                N_("A class of decisions: an opening holds only from one of these on.")
            ),
            keeps=text_shape(N_("The class of entries that keep a holding alive.")),
            lasts=_condition(
                N_("Condition: for an opening: how long it holds; a parameter or lookup(...).")
            ),
            renews=_flag(N_("Opening again while holding starts the time anew.")),
            idle=_condition(N_("Condition: for a contact: how long it keeps a holding alive.")),
            lapse=_one_of(
                N_("Whether silence only exposes the holder, or releases the customer."),
                "exposes",
                "releases",
            ),
            extends=text_shape(N_("A class of entries that extend a holding.")),
            extension=_condition(N_("Condition: for such an entry: how long from then on.")),
            releases=text_shape(N_("A class of entries that end a holding at once.")),
            extended_by=_one_of(
                N_("Whose entries extend a holding: its holder's, or anyone's."),
                "holder",
                "anyone",
            ),
            idle_of=_one_of(
                N_("Whether the last contact, or the opening, says how long one may be silent."),
                "contact",
                "opening",
            ),
            queue=_one_of(
                N_("Who follows: the oldest opening, or only a new one."), "oldest", "anew"
            ),
            levels=text_shape(N_("The class of entries that set the level or stage.")),
            limits=text_shape(N_("A table parameter: the longest gap by level.")),
            level_at=text_shape(N_("`last_contact`, `initial`, or a parameter with these values.")),
            default_level=_PARAMETER_NAME,
            transfers=_CLASS_NAME,
            notices=_CLASS_NAME,
            demands=_CLASS_NAME,
            rulings=_CLASS_NAME,
            ends_on=_list(
                N_("Departures that end a holding."), _one_of(N_("A departure."), "left", "moved")
            ),
            grounds=named_shape(
                N_("What a transfer needs, by its cause."),
                _one_of(
                    N_("The ground it needs."),
                    "notice",
                    "departure",
                    "demand",
                    "ruling",
                    "always",
                    "never",
                ),
            ),
        ),
        "windows": named_shape(
            N_("Spans of time after the deal."),
            table_shape(
                N_("One window."),
                limit=text_shape(N_("A parameter with a unit of time.")),
                days=_PARAMETER_NAME,
                count=_PARAMETER_NAME,
                clock=text_shape(N_("`close`, `discovery`, or a parameter with these values.")),
                knowledge=text_shape(
                    N_("The class of entries from which somebody knows of the deal.")
                ),
            ),
        ),
        "standing": table_shape(
            N_("What makes a filing stand."),
            decisions=_CLASS_NAME,
            valid_days=_PARAMETER_NAME,
            valid=text_shape(N_("A parameter with a unit of time: how long a filing stands.")),
            needs_approval=text_shape(
                N_("`true`, `false`, or a parameter: whether it must be approved.")
            ),
        ),
        "powers": table_shape(
            N_("Who may act for the company."),
            above_parties=text_shape(
                N_("The word for the roles that decide if they are no party.")
            ),
            strike=_condition(N_("Condition: which findings strike the entries they name.")),
            strikes_own=_flag(N_("A finding strikes only entries of its subject.")),
            strikes_until=_condition(N_("Moment: findings made after it strike nothing.")),
            mends=table_shape(
                N_(
                    "Entries are mended by the head of their author's unit, "
                    "beside author and recorder."
                ),
                ("role", "unit"),
                role=text_shape(N_("The role of the head.")),
                unit=_one_of(N_("What is a unit."), "department", "outlet"),
            ),
        ),
        "instances": table_shape(
            N_("Who decides where people must."),
            clause=text_shape(N_("The clause of a person's ruling.")),
            rulings=text_shape(N_("The class of rulings that count; default that of [holding].")),
            powers=named_shape(
                N_("A ladder, lowest first: instance = roles that rule there."),
                _list(N_("Roles.")),
            ),
            by_unit=table_shape(
                N_("Instances by the units of the parties."),
                ("parties", "unit", "role", "one", "several", "final", "disagreement"),
                parties=_condition(N_("Condition: whose units are looked at.")),
                unit=_one_of(N_("What is a unit."), "department", "outlet"),
                role=text_shape(N_("The role of a unit's head.")),
                one=_UNIT_INSTANCE,
                several=_UNIT_INSTANCE,
                final=_INSTANCE,
                disagreement=_INSTANCE,
            ),
            after=_condition(N_("Condition: only rulings after this moment count.")),
            before=_condition(N_("Condition: only rulings before this moment count.")),
            stages=_list(
                N_("Where a ruling replaces the rules."), _one_of(N_("A stage."), "deal", "open")
            ),
            appeal_within=text_shape(
                N_("A parameter with a unit of time: until when one may appeal.")
            ),
        ),
        "let": named_shape(
            N_("Named values, worked out once."), _condition(N_("Condition: a value."))
        ),
        "leave_out": _list(
            N_("Outlets whose entries do not count in the ordinary contest."),
            table_shape(
                N_("Which outlets, and when."),
                ("when", "units"),
                when=_condition(N_("Condition: when.")),
                units=_condition(N_("Condition: which.")),
            ),
        ),
        "clauses": {
            "type": "object",
            "description": N_("What each clause is called, and what it says."),
            "additionalProperties": table_shape(
                N_("One clause."),
                ("en", "zh"),
                en=text_shape(N_("Its title.")),
                zh=text_shape(N_("Its title in Chinese.")),
                says=_both(N_("What it says, in own words.")),
            ),
        },
        "precedence": table_shape(
            N_("Which rule goes before which."),
            ("order",),
            order=_one_of(
                N_(
                    "`listed`: the first rule that applies decides; "
                    "`declared`: only `beats` counts."
                ),
                "listed",
                "declared",
            ),
            why=_both(N_("Why the rules stand in this order.")),
        ),
        "scorecard": table_shape(
            N_("Points, and a total for everybody who competes."),
            ("of", "row"),
            of=_condition(N_("Condition: the persons who compete.")),
            row=_list(N_("The rows."), _ROW),
        ),
        "rule": _list(N_("The rules, in the order in which they are tried."), _RULE),
        "fallback": _list(N_("Rules tried where no other decided."), _RULE),
        "tie": table_shape(
            N_("What holds where several are equal."),
            ("refer",),
            refer=_INSTANCE,
            why=_both(N_("What is said then.")),
        ),
        "no_rule": table_shape(
            N_("What holds where no rule decides."),
            ("refer", "why"),
            clause=text_shape(N_("Its clause, if it has one.")),
            refer=_INSTANCE,
            why=_both(N_("What is said then: the question.")),
        ),
        "warning": _list(
            N_("What readers of a ruling should know."),
            table_shape(
                N_("One warning."),
                ("when", "en", "zh"),
                when=_condition(N_("Condition: when it is said.")),
                stage=_one_of(N_("Only there."), "deal", "open"),
                en=text_shape(N_("What is said.")),
                zh=text_shape(N_("The same in Chinese.")),
            ),
        ),
        "rate": _list(
            N_("Parts of the usual commission that somebody gets, beside the shares."),
            table_shape(
                N_("One rate."),
                ("clause", "when", "party", "rate"),
                clause=text_shape(N_("The clause.")),
                when=_condition(N_("Condition: when it holds.")),
                party=_condition(N_("Condition: whose rate it is.")),
                rate=text_shape(N_("A parameter: percent of the usual commission.")),
            ),
        ),
        "sanction": _list(
            N_("Measures proposed on a finding; a person decides."),
            table_shape(
                N_("One measure, or a ladder of them."),
                ("clause", "question"),
                clause=text_shape(N_("The clause.")),
                question=text_shape(N_("The question of the finding.")),
                time=_one_of(N_("On the first finding, or again."), "first", "again"),
                measure=text_shape(N_("The measure.")),
                amount=_PARAMETER_NAME,
                ladder=_list(
                    N_("The measures for the first, the second, ... finding; the last goes on."),
                    table_shape(
                        N_("One step."),
                        ("measure",),
                        measure=text_shape(N_("The measure.")),
                        amount=_PARAMETER_NAME,
                    ),
                ),
            ),
        ),
    },
}
"""The JSON Schema of policy files."""

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def faults(
    data: Mapping[str, Any], schema: Schema | None = None, path: Path = ()
) -> Iterator[Problem]:
    """What in a parsed policy file does not fit the schema, each with the mend."""
    schema = SCHEMA if schema is None else schema
    if "enum" in schema:
        if data not in schema["enum"]:
            yield Problem(
                path,
                None,
                Sentence("{value} cannot stand here", value=str(data)[:60]),
                nearest(str(data), [str(value) for value in schema["enum"]]),
            )
        return
    wanted = schema.get("type")
    if wanted is not None and not _fits(data, wanted, schema):
        yield Problem(
            path,
            None,
            Sentence("must be {kind}", kind=_described(wanted, schema)),
            Sentence(schema["description"]) if schema.get("description") else None,
        )
        return
    if isinstance(data, str):
        yield from _text_faults(data, schema, path)
    elif isinstance(data, list):
        for number, item in enumerate(data):
            yield from faults(item, schema.get("items", {}), (*path, number))
    elif isinstance(data, dict) and wanted == "object":
        yield from _table_faults(data, schema, path)


def _fits(data: Any, wanted: str | list[str], schema: Schema) -> bool:
    if schema.get("format") == "date":
        return type(data) is date
    kinds = [wanted] if isinstance(wanted, str) else wanted
    return any(
        isinstance(data, _TYPES[kind]) and not (kind == "integer" and isinstance(data, bool))
        for kind in kinds
    )


def _text_faults(text: str, schema: Schema, path: Path) -> Iterator[Problem]:
    limit = schema.get("maxLength")
    if limit is not None and len(text) > limit:
        yield Problem(
            path,
            None,
            Sentence("a condition is text of at most {limit} characters", limit=limit),
            Sentence("give parts of it a name in [let]"),
        )
    pattern = schema.get("pattern")
    if pattern is not None and re.fullmatch(pattern, text) is None:
        yield Problem(
            path,
            None,
            Sentence("{name} is no name", name=text[:60]),
            Sentence("write letters, digits, dots, - and _ only"),
        )


def _described(wanted: str | list[str], schema: Schema) -> Sentence:
    if schema.get("format") == "date":
        return Sentence("a day, written 2024-05-31 without quotes")
    names = {
        "string": Sentence("text in quotes"),
        "integer": Sentence("a whole number"),
        "boolean": Sentence("true or false"),
        "array": Sentence("a list in square brackets"),
        "object": Sentence("a table"),
    }
    return names[wanted if isinstance(wanted, str) else wanted[0]]


def _table_faults(data: Mapping[str, Any], schema: Schema, path: Path) -> Iterator[Problem]:
    known = schema.get("properties", {})
    free = schema.get("additionalProperties")
    for key, value in data.items():
        if key in known:
            yield from faults(value, known[key], (*path, key))
        elif isinstance(free, dict):
            if "propertyNames" in schema and not (key.isascii() and key.isidentifier()):
                yield Problem(
                    (*path, key),
                    None,
                    Sentence("{name} is no name", name=key),
                    Sentence("names are letters, digits and _ and do not begin with a digit"),
                )
            yield from faults(value, free, (*path, key))
        else:
            yield Problem(
                (*path, key),
                None,
                Sentence("unknown section {key}", key=key)
                if not path
                else Sentence("unknown key {key}", key=key),
                nearest(key, known),
            )
    for key in schema.get("required", ()):
        if key not in data:
            about = known.get(key, {}).get("description", "")
            yield Problem(
                path,
                None,
                Sentence("{key} is missing", key=key),
                Sentence("add {key}: {about}", key=key, about=Sentence(about)) if about else None,
            )
    if len(data) < schema.get("minProperties", 0):
        yield Problem(
            path,
            None,
            Sentence("the table is empty"),
            Sentence("it takes one of {names}", names=list(known)),
        )


def described(schema: Any, translate: Callable[[str], str]) -> Any:
    """The schema with every title and description put through `translate`."""
    if isinstance(schema, list):
        return [described(item, translate) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: translate(value)
        if key in ("title", "description") and isinstance(value, str)
        else described(value, translate)
        for key, value in schema.items()
    }
