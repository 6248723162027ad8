"""The shape of a policy file: which sections and keys there are, and what they may hold.

Said once, as a JSON Schema (draft 2020-12): `policy schema` prints it, so that editors
complete and check while a policy is written, and `faults` checks parsed files by it.  What
the schema cannot say (conditions, names that must exist) the compiler checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from conflictctl.events import INSTANCES, KINDS
from conflictctl.policy.problems import Path, Problem, nearest
from conflictctl.policy.quantity import COUNTS
from conflictctl.wording import Sentence

Schema = dict[str, Any]


def _text(about: str = "", **more: Any) -> Schema:
    return {"type": "string", "description": about, **more} if about else {"type": "string", **more}


def _condition(about: str) -> Schema:
    return {"type": "string", "description": f"Condition: {about}", "maxLength": 4000}


def _one_of(about: str, *values: Any) -> Schema:
    return {"enum": list(values), "description": about}


def _flag(about: str) -> Schema:
    return {"type": "boolean", "description": about}


def _list(about: str, item: Schema | None = None) -> Schema:
    return {"type": "array", "items": item or {"type": "string"}, "description": about}


def _table(about: str, required: tuple[str, ...] = (), **keys: Schema) -> Schema:
    return {
        "type": "object",
        "description": about,
        "properties": keys,
        "required": list(required),
        "additionalProperties": False,
    }


def _named(about: str, item: Schema) -> Schema:
    """A table with names of the author's own."""
    return {
        "type": "object",
        "description": about,
        "additionalProperties": item,
        "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
    }


def _both(about: str) -> Schema:
    return _table(about, ("en", "zh"), en=_text("In English."), zh=_text("In Chinese."))


_DAY: Schema = {"type": "string", "format": "date", "description": "A day, written 2024-05-31."}
_INSTANCE = _one_of("Who decides.", *INSTANCES)
_PARAMETER_NAME = _text("The name of a parameter.")
_CLASS_NAME = _text("The name of a class of entries.")

_DATED = _table(
    "Another value for deals of some time.",
    ("from", "value"),
    **{
        "from": _DAY,
        "to": _DAY,
        "value": {"description": "The value for deals on or after `from`."},
        "source": _text("Where that is written."),
    },
)

_PARAMETER = _table(
    "One number or reading of the text that a company may choose otherwise.",
    ("en", "zh"),
    default={"description": "The value; left out where there is none (`optional`)."},
    type=_one_of(
        "What it is; needed unless `values` are given.",
        "choice",
        "boolean",
        "integer",
        "decimal",
        "text",
        "table",
    ),
    values=_list("The values it may have.", {"type": ["string", "integer", "boolean"]}),
    minimum={"type": "integer", "description": "The least it may be."},
    maximum={"type": "integer", "description": "The most it may be."},
    unit=_text("days, working_days, hours, minutes, months, or what else it counts."),
    count=_one_of("How days are counted.", *COUNTS),
    clause=_text("The clause it comes from."),
    contested=_flag("Whether people argue about this reading: every ruling then shows the others."),
    optional=_flag("Whether it may have no value (null)."),
    dated=_list("Other values for deals of other times.", _DATED),
    en=_text("One sentence: what it decides."),
    zh=_text("The same in Chinese."),
)

_CLASS = _table(
    "A class of entries.",
    kinds=_list("The kinds of event it is made of.", {"enum": sorted(KINDS)}),
    of=_text("An earlier class that this one narrows."),
    when=_condition("what an entry must be, to be one of these at all."),
    valid=_condition("what it must satisfy to count; one that does not is shown as refused."),
    refused=_text("The word for why one is refused: own_word, no_power, not_valid ..."),
    order=_text("`recorded`, `happened`, or a parameter with these values."),
    doubt=_condition("of one that is true a person has to say whether it counts."),
    question=_text("The finding that settles a doubt."),
    warn=_condition("of one that is true the ruling warns, though it counts."),
    en=_text("The warning."),
    zh=_text("The warning in Chinese."),
)

_SPLIT = _table(
    "Shares for several.",
    among=_condition("the list of those who share."),
    weights=_list("Parameters: the weight of the first, the second, ... of the list."),
    roles=_list(
        "A share for each role.",
        _table(
            "One role and its share.",
            ("party", "share"),
            party=_condition("who has the role."),
            share=_PARAMETER_NAME,
        ),
    ),
    missing=_one_of("Where nobody has a role: who gets its share.", "refer", "others"),
)

_BEST = _table(
    "Whoever has the greatest figure.",
    ("of", "by"),
    of=_condition("the persons who compete."),
    unless=_condition("for whom it is true does not compete (unless it is true of all)."),
    by=_condition("the figure of each, who is called `it`."),
    tie=_INSTANCE,
)

_REPLACE = _table(
    "Put another in the place of a named value, and start again.",
    ("value", "by", "again"),
    value=_text("The named value."),
    by=_condition("who takes the place."),
    again=_text("The name of the rule to start again at."),
)

_THEN = {
    "type": "object",
    "description": "What follows.",
    "properties": {
        "credit": _condition("who has the deal."),
        "outlet": _condition("the outlet that has the deal."),
        "shares": _condition("the agreement (or close) whose shares hold."),
        "split": _SPLIT,
        "hold": _condition("who holds the customer."),
        "recommend": _condition("who is recommended; `refer` says who decides."),
        "refer": _condition("who decides: an instance, or instance()."),
        "best": _BEST,
        "bar": _condition("who is out of the contest; the next rules are tried."),
        "replace": _REPLACE,
        "nobody": _flag("Nobody's: the customer is free."),
        "note": _flag("Say something and go on."),
    },
    "additionalProperties": False,
    "minProperties": 1,
}

_PROVISIONAL = _table(
    "Until when a later entry could change the ruling.",
    ("window",),
    window=_text("A window."),
    when=_condition("only then."),
)

_RULE = _table(
    "A rule: where its condition is true, its consequence follows.",
    ("clause", "when", "then", "why"),
    clause=_text("The clause it applies."),
    name=_text("A name, for `beats` and `again`."),
    stage=_one_of(
        "`deal`, or `open`: who holds the customer while there is no deal.", "deal", "open"
    ),
    **{"if": _condition("on parameters alone; where false the rule is no part of the policy.")},
    when=_condition("where it is true, the rule applies."),
    unless=_condition("where it is true, the rule does not apply."),
    party=_condition("whom the rule is about."),
    then=_THEN,
    beats=_list("Names or clauses of rules that give way to this one."),
    final=_flag("A person's ruling does not stand in its place."),
    provisional=_PROVISIONAL,
    why=_both("Why it decides."),
    why_not=_both("Why it does not."),
    tie=_both("What is said where several are equal."),
)

_ROW = _table(
    "A row of the scorecard.",
    ("id", "kind", "en", "zh"),
    id=_text("Its number in the written text."),
    kind=_one_of("How it is given.", "flag", "best", "unique_best", "set"),
    points=_condition("a parameter; for `set`, the number a person supplied."),
    when=_condition("who can get it; each is called `it`."),
    by=_condition("the figure that is compared; each is called `it`."),
    lowest=_flag("The smallest figure is the best: who was first."),
    tie=_text("`shared_unless_all`, `none`, `all`, or a parameter with these values."),
    times=_condition("how many times it is given."),
    only_if=_condition("without it nobody gets the row."),
    not_for=_text("An earlier row: who got that gets none here."),
    en=_text("What it gives points for."),
    zh=_text("The same in Chinese."),
    **{"if": _condition("on parameters alone; where false the row is no part of the policy.")},
)

_UNIT_INSTANCE = _table(
    "An instance and its clause.", ("instance", "clause"), instance=_INSTANCE, clause=_text()
)

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "conflictctl policy",
    "description": "The written attribution policy of a company, one edition a file.",
    "type": "object",
    "additionalProperties": False,
    "required": ["policy", "entries", "rule", "no_rule"],
    "properties": {
        "policy": _table(
            "The head.",
            ("id", "version", "title"),
            id=_text("The policy's id; its editions share it.", pattern="^[A-Za-z0-9._-]+$"),
            version=_text("The edition: the day it is of."),
            title=_both("Its title."),
            source=_text("The document it was made from."),
        ),
        "applies_to": _table(
            "The deals that this edition is for.",
            otherwise=_INSTANCE,
            to=_DAY,
            **{"from": _DAY},
        ),
        "calendar": _table(
            "Which days are working days.",
            country=_text("ISO 3166 code: its public holidays, swapped working days included."),
            subdivision=_text("A province or state, where holidays differ."),
            weekend=_list(
                "Days off every week.",
                {"enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]},
            ),
            holidays=_list("The company's own days off.", _DAY),
            working=_list("Days worked all the same.", _DAY),
        ),
        "identity": _table(
            "Which linked customers are one, and which a household.",
            joined=_list(
                "Links that make one customer.", _one_of("", "same", "household", "group")
            ),
            household=_list(
                "Links that make a household.", _one_of("", "same", "household", "group")
            ),
        ),
        "words": _named("Lists of roles or other words.", _list("")),
        "names": _named("How named values, classes and windows are called.", _both("")),
        "parameters": _named("Every number and every reading.", _PARAMETER),
        "entries": _named("Classes of entries.", _CLASS),
        "findings": _named(
            "Facts that only a person can supply.",
            _table(
                "One question.",
                ("without", "en", "zh"),
                question=_text("The word in the event; default the name here."),
                entries=_text("The class of findings that count; default `finding`."),
                without=_one_of(
                    "The burden of proof: without a finding the answer is no, or unknown.",
                    "no",
                    "unknown",
                ),
                **{"from": _text("The role or instance that supplies it.")},
                minimum=_PARAMETER_NAME,
                maximum=_PARAMETER_NAME,
                clause=_text("The clause it belongs to."),
                en=_text("The question in words."),
                zh=_text("The question in Chinese."),
            ),
        ),
        "deal": _table(
            "What a deal is.",
            moment=_text("`order`, `close`, or a parameter with these values."),
            restart=_text("`since_last_deal`, `all`, or a parameter with these values."),
            time=_one_of(
                "Whether claims, filings and other acts count from when they were recorded, or "
                "from when they happened, as contacts do.",
                "recorded",
                "happened",
            ),
            others=_one_of(
                "Which deal an agreement or ruling is about that names none.", "latest", "stretch"
            ),
        ),
        "holding": _table(
            "Who holds a customer while there is no deal.",
            opens=_CLASS_NAME,
            granted_by=_text("A class of decisions: an opening holds only from one of these on."),
            keeps=_text("The class of entries that keep a holding alive."),
            lasts=_condition("for an opening: how long it holds; a parameter or lookup(...)."),
            renews=_flag("Opening again while holding starts the time anew."),
            idle=_condition("for a contact: how long it keeps a holding alive."),
            lapse=_one_of(
                "Whether silence only exposes the holder, or releases the customer.",
                "exposes",
                "releases",
            ),
            extends=_text("A class of entries that extend a holding."),
            extension=_condition("for such an entry: how long from then on."),
            releases=_text("A class of entries that end a holding at once."),
            queue=_one_of("Who follows: the oldest opening, or only a new one.", "oldest", "anew"),
            levels=_text("The class of entries that set the level or stage."),
            limits=_text("A table parameter: the longest gap by level."),
            level_at=_text("`last_contact`, `initial`, or a parameter with these values."),
            default_level=_PARAMETER_NAME,
            transfers=_CLASS_NAME,
            notices=_CLASS_NAME,
            demands=_CLASS_NAME,
            rulings=_CLASS_NAME,
            ends_on=_list("Departures that end a holding.", _one_of("", "left", "moved")),
            grounds=_named(
                "What a transfer needs, by its cause.",
                _one_of("", "notice", "departure", "demand", "ruling", "always", "never"),
            ),
        ),
        "windows": _named(
            "Spans of time after the deal.",
            _table(
                "One window.",
                limit=_text("A parameter with a unit of time."),
                days=_PARAMETER_NAME,
                count=_PARAMETER_NAME,
                clock=_text("`close`, `discovery`, or a parameter with these values."),
                knowledge=_text("The class of entries from which somebody knows of the deal."),
            ),
        ),
        "standing": _table(
            "What makes a filing stand.",
            decisions=_CLASS_NAME,
            valid_days=_PARAMETER_NAME,
            valid=_text("A parameter with a unit of time: how long a filing stands."),
            needs_approval=_text("`true`, `false`, or a parameter: whether it must be approved."),
        ),
        "powers": _table(
            "Who may act for the company.",
            above_parties=_text("The word for the roles that decide if they are no party."),
            strike=_condition("which findings strike the entries they name."),
            strikes_own=_flag("A finding strikes only entries of its subject."),
            mends=_table(
                "Entries are mended by the head of their author's unit, beside author and recorder.",
                ("role", "unit"),
                role=_text("The role of the head."),
                unit=_one_of("What is a unit.", "department", "outlet"),
            ),
        ),
        "instances": _table(
            "Who decides where people must.",
            clause=_text("The clause of a person's ruling."),
            rulings=_text("The class of rulings that count; default that of [holding]."),
            powers=_named(
                "A ladder, lowest first: instance = roles that rule there.",
                _list("Roles."),
            ),
            by_unit=_table(
                "Instances by the units of the parties.",
                ("parties", "unit", "role", "one", "several", "final", "disagreement"),
                parties=_condition("whose units are looked at."),
                unit=_one_of("What is a unit.", "department", "outlet"),
                role=_text("The role of a unit's head."),
                one=_UNIT_INSTANCE,
                several=_UNIT_INSTANCE,
                final=_INSTANCE,
                disagreement=_INSTANCE,
            ),
            after=_condition("only rulings after this moment count."),
            before=_condition("only rulings before this moment count."),
            stages=_list("Where a ruling replaces the rules.", _one_of("", "deal", "open")),
            appeal_within=_text("A parameter with a unit of time: until when one may appeal."),
        ),
        "let": _named("Named values, worked out once.", _condition("a value.")),
        "leave_out": _list(
            "Outlets whose entries do not count in the ordinary contest.",
            _table("", ("when", "units"), when=_condition("when."), units=_condition("which.")),
        ),
        "clauses": {
            "type": "object",
            "description": "What each clause is called, and what it says.",
            "additionalProperties": _table(
                "One clause.",
                ("en", "zh"),
                en=_text("Its title."),
                zh=_text("Its title in Chinese."),
                says=_both("What it says, in own words."),
            ),
        },
        "precedence": _table(
            "Which rule goes before which.",
            ("order",),
            order=_one_of(
                "`listed`: the first rule that applies decides; `declared`: only `beats` counts.",
                "listed",
                "declared",
            ),
            why=_both("Why the rules stand in this order."),
        ),
        "scorecard": _table(
            "Points, and a total for everybody who competes.",
            ("of", "row"),
            of=_condition("the persons who compete."),
            row=_list("The rows.", _ROW),
        ),
        "rule": _list("The rules, in the order in which they are tried.", _RULE),
        "fallback": _list("Rules tried where no other decided.", _RULE),
        "tie": _table(
            "What holds where several are equal.",
            ("refer",),
            refer=_INSTANCE,
            why=_both("What is said then."),
        ),
        "no_rule": _table(
            "What holds where no rule decides.",
            ("refer", "why"),
            clause=_text("Its clause, if it has one."),
            refer=_INSTANCE,
            why=_both("What is said then: the question."),
        ),
        "warning": _list(
            "What readers of a ruling should know.",
            _table(
                "One warning.",
                ("when", "en", "zh"),
                when=_condition("when it is said."),
                stage=_one_of("Only there.", "deal", "open"),
                en=_text(""),
                zh=_text(""),
            ),
        ),
        "rate": _list(
            "Parts of the usual commission that somebody gets, beside the shares.",
            _table(
                "One rate.",
                ("clause", "when", "party", "rate"),
                clause=_text("The clause."),
                when=_condition("when it holds."),
                party=_condition("whose rate it is."),
                rate=_text("A parameter: percent of the usual commission."),
            ),
        ),
        "sanction": _list(
            "Measures proposed on a finding; a person decides.",
            _table(
                "One measure, or a ladder of them.",
                ("clause", "question"),
                clause=_text("The clause."),
                question=_text("The question of the finding."),
                time=_one_of("On the first finding, or again.", "first", "again"),
                measure=_text("The measure."),
                amount=_PARAMETER_NAME,
                ladder=_list(
                    "The measures for the first, the second, ... finding; the last goes on.",
                    _table("", ("measure",), measure=_text(), amount=_PARAMETER_NAME),
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
            Sentence("{about}", about=schema["description"]) if schema.get("description") else None,
        )
        return
    if isinstance(data, list):
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
                Sentence("add {key}: {about}", key=key, about=about) if about else None,
            )
