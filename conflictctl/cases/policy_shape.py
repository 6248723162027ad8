"""The shape of a case policy file: which sections and keys there are, as a JSON Schema.

`conflictctl.policy.shape.faults` checks parsed files by it; what a schema cannot say (lengths of
time, hours, names that must exist) is checked where the file is read.
"""

from __future__ import annotations

from conflictctl.events import CASE_CATEGORIES, ROLES
from conflictctl.policy.shape import SCHEMA as POLICY_SHAPE
from conflictctl.policy.shape import Schema, named_shape, table_shape, text_shape
from conflictctl.wording import N_

CATEGORIES = (*CASE_CATEGORIES, "attribution")
SEVERITIES = (1, 2, 3, 4)
DEADLINES = (
    "first_response",
    "acceptance",
    "update",
    "resolution",
    "execution",
    "follow_up",
    "follow_up_again",
)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AMONG = ("closed", "cases", "all")
LATE = ("happened", "entered")

_ID = "[A-Za-z0-9][A-Za-z0-9._-]*"


_EN, _ZH = text_shape(N_("In English.")), text_shape(N_("In Chinese."))
_BOTH = table_shape(N_("In both languages."), ("en", "zh"), en=_EN, zh=_ZH)
_SOURCE = table_shape(N_("Where that is written."), ("en", "zh"), en=_EN, zh=_ZH)

_LIMITS: dict[str, Schema] = {
    "first_response": {"description": N_("From the opening to the first answer.")},
    "acceptance": {"description": N_("From the opening until somebody handles the case.")},
    "update": {"description": N_("From one piece of news to the next, until it is resolved.")},
    "resolution": {"description": N_("From the opening to the resolution.")},
    "execution": {"description": N_("From a task's day to the handler's check of it.")},
    "follow_up": {"description": N_("From the closing to the question whether it helped.")},
    "follow_up_again": {"description": N_("From an answer that does not satisfy to the next.")},
}
"""A limit is one text for all severities or a table by severity: the reader checks it."""

SCHEMA: Schema = {
    "type": "object",
    "required": ["policy", "calendar", "deadlines", "level", "causes"],
    "additionalProperties": False,
    "properties": {
        "policy": table_shape(
            N_("What the policy is called and which cases it is for."),
            ("id", "version", "title", "categories"),
            id=text_shape(N_("The policy's id."), pattern=_ID),
            version=text_shape(N_("The edition, for example a day in quotes.")),
            title=_BOTH,
            source=_SOURCE,
            categories={
                "type": "array",
                "items": {"enum": list(CATEGORIES)},
                "description": N_("Which cases it is for: complaint, internal, attribution."),
            },
        ),
        "calendar": table_shape(
            N_("Which days are working days."),
            ("hours",),
            POLICY_SHAPE["properties"]["calendar"]["properties"],
            hours={
                "type": "array",
                "items": {"type": "string"},
                "description": N_("The working hours of a day."),
            },
        ),
        "deadlines": table_shape(
            N_("How long each step may take, by severity."),
            (),
            _LIMITS,
            warn={"description": N_("How long before it is due a deadline is shown.")},
        ),
        "deadlines_of": table_shape(
            N_("Other deadlines for one category of cases."),
            (),
            {
                category: table_shape(N_("How long each step may take, by severity."), (), _LIMITS)
                for category in CATEGORIES
            },
        ),
        "satisfaction": table_shape(
            N_("When somebody counts as satisfied."),
            satisfied_from={
                "enum": [1, 2, 3, 4, 5],
                "description": N_("The lowest score, of 1 to 5, that satisfies."),
            },
            ask_again={
                "type": "boolean",
                "description": N_("Whether who was satisfied at closing is asked again after it."),
            },
        ),
        "entries": table_shape(
            N_("What entries are worth that were made on a later day."),
            late={
                "enum": list(LATE),
                "description": N_("Which of its two moments stops a clock."),
            },
        ),
        "level": {
            "type": "array",
            "description": N_("The escalation ladder, the lowest level first."),
            "items": table_shape(
                N_("One level."),
                ("id", "en", "zh"),
                id=text_shape(N_("The level's id."), pattern=_ID),
                en=_EN,
                zh=_ZH,
                roles={
                    "type": "array",
                    "items": {"enum": list(ROLES)},
                    "description": N_("Whose level it is; none for somebody from outside."),
                },
                source=_SOURCE,
            ),
        },
        "causes": named_shape(
            N_("What conflicts come from."),
            table_shape(
                N_("One cause."),
                ("en", "zh"),
                en=_EN,
                zh=_ZH,
                parent=text_shape(N_("The wider cause that it is part of.")),
                source=_SOURCE,
            ),
        ),
        "campaigns": named_shape(
            N_("Periodic surveys of customers."),
            table_shape(
                N_("One survey."),
                ("en", "zh", "every"),
                en=_EN,
                zh=_ZH,
                every={"description": N_("How often each customer is asked.")},
                among={
                    "enum": list(AMONG),
                    "description": N_("Whom it asks: closed, cases or all."),
                },
                source=_SOURCE,
            ),
        ),
    },
}
"""The JSON Schema of case policy files."""
