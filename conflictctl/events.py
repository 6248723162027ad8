"""The vocabulary: kinds of event, their fields, and the canonical bytes of an event.

An event is a fact that somebody recorded.  It is frozen: a mistake is mended by a later
event.  Three forms exist, and this module is the only place that turns one into another:

* a *line*: the interchange form, a JSON object as files and `log -` carry it;
* a `Draft`: a line read and checked by itself (types, choices, times), not yet recorded;
* an `Event`: a draft that has its place (`log`, `seq`) in a register.

The canonical body is RFC 8785 JSON over a restricted profile (ASCII keys, strings in
NFC, integers below 2**53, no floats), so that `orjson` with sorted keys writes it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from conflictctl.calendar import Moment, iso_text, offset_text, parse_time, utc_text
from conflictctl.errors import InputRejected
from conflictctl.wording import Sentence

BODY_VERSION = 1

OUTLET_TYPES = ("store", "second_tier", "sister_store")
ROLES = (
    "consultant",
    "supervisor",
    "manager",
    "department_head",
    "general_manager",
    "clerk",
    "auditor",
)
INSTANCES = (
    "supervisor",
    "sales_manager",
    "department_head",
    "both_heads",
    "panel",
    "general_manager",
)
CUSTOMER_TYPES = (
    "highly_emotional",
    "unclear_needs",
    "domineering",
    "hard_to_communicate",
    "ever_changing",
)

CASE_CATEGORIES = ("complaint", "internal")
"""Categories of a case that is opened by an entry; `attribution` follows from a claim."""

CASE_CHANNELS = ("phone", "email", "chat", "social_media", "visit", "letter")
CASE_REPLIES = ("accept", "refuse", "counter")
RESOLUTIONS = ("settled", "ruled", "mediated", "arbitrated", "compensated")
OBSTRUCTIONS = ("delay", "sabotage", "no_show", "false_statement", "other")
CUSTOMER_PARTY = "customer"
"""How a case names the customer among those who reply or owe something."""

CLAIM_CASE = "A-"
"""The case that follows from a claim is named `A-` and the claim's reference: `A-#812`."""

ID_LENGTH = 128
NAME_LENGTH = 500
TEXT_LENGTH = 100_000


class Draft(NamedTuple):
    """A line read and checked by itself.

    `at` and `recorded_at` are moments (None: not given); `offset` is that of `at` in
    minutes.  `fields` holds the kind's own fields, defaults filled in, `note` included.
    """

    kind: str
    id: str | None
    at: Moment | None
    offset: int
    recorded_at: Moment | None
    by: str | None
    recorded_by: str | None
    customer: str | None
    fields: dict[str, Any]
    vouched: bool = True
    """False where the line says that no attestation covers it (`attested_by: null`)."""


class Event(NamedTuple):
    """One recorded fact.  `seq` is its gapless place in its `log`; times are moments."""

    log: str
    seq: int
    id: str | None
    kind: str
    at: Moment
    offset: int
    recorded_at: Moment
    appended_at: Moment
    by: str | None
    recorded_by: str | None
    customer: str | None
    fields: Mapping[str, Any]
    attestation: int | None = None
    """`seq` of the attestation that answers for this entry, if one does."""

    @property
    def ref(self) -> str:
        """How rulings cite the event: its id if it has one, else `#seq`."""
        return self.id if self.id is not None else f"#{self.seq}"

    def get(self, name: str, default: Any = None) -> Any:
        """The value of one of the kind's own fields."""
        return self.fields.get(name, default)


def claim_of(case: str) -> str | None:
    """The reference of the claim that a case follows from; None for one that was opened."""
    ref = case.removeprefix(CLAIM_CASE)
    return ref if ref != case and ref else None


def order(event: Event) -> tuple[Moment, Moment, int]:
    """The declared total order of a customer's events: at, recorded_at, place."""
    return (event.at, event.recorded_at, event.seq)


# --------------------------------------------------------------------------- fields


class Problem(ValueError):
    """A value that a field does not take; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


Check = Callable[[Any], Any]

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def _clean(text: str, limit: int, *, lines: bool) -> str:
    if len(text) > limit:
        raise Problem(
            Sentence(
                "is {length} characters long; {limit} is the most", length=len(text), limit=limit
            )
        )
    if text.isascii() and text.isprintable():
        return text
    for char in text:
        if char.isprintable() or char == "\u3000":
            continue
        if lines and char in "\n\t\r":
            continue
        category = unicodedata.category(char)
        if category in ("Cc", "Cs") or char in _BIDI or category in ("Zl", "Zp"):
            raise Problem(
                Sentence("contains the control character U+{code}", code=f"{ord(char):04X}")
            )
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Problem(Sentence("must be text"))
    return _clean(value, TEXT_LENGTH, lines=True)


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise Problem(Sentence("must be text"))
    value = _clean(value, NAME_LENGTH, lines=False).strip()
    if not value:
        raise Problem(Sentence("must not be empty"))
    return value


def _ident(value: object) -> str:
    if not isinstance(value, str):
        raise Problem(Sentence("must be an id (text)"))
    if value.isascii() and value.isprintable() and " " not in value and 0 < len(value) <= ID_LENGTH:
        if value[0] in "#-":
            raise Problem(Sentence("an id does not begin with # or -"))
        return value
    value = _clean(value, ID_LENGTH, lines=False)
    if not value or value[0] in "#-" or any(char.isspace() for char in value):
        raise Problem(Sentence("is not an id: no spaces, not empty, not beginning with # or -"))
    return value


_recurring_ids: set[str] = set()


def _recurring(value: object) -> str:
    """An id that comes again and again in one file: a person's, a customer's."""
    if type(value) is str and value in _recurring_ids:
        return value
    identity = _ident(value)
    if len(_recurring_ids) > 100_000:
        _recurring_ids.clear()
    _recurring_ids.add(identity)
    return identity


def _ref(value: Any) -> str | int:
    if type(value) is int and 0 < value < 2**53:
        return value
    if type(value) is str and value.startswith("#") and len(value) < 20:
        digits = value[1:]
        if digits.isascii() and digits.isdigit():
            return int(digits)
    return _ident(value)


def _flag(value: Any) -> bool:
    if value is True or value is False:
        return value
    raise Problem(Sentence("must be true or false"))


def _whole(value: Any) -> int:
    if type(value) is int and abs(value) < 2**53:
        return value
    raise Problem(Sentence("must be a whole number"))


def _amount(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Problem(Sentence('must be an amount of money, for example 199800 or "199800.50"'))
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0 or number >= Decimal(10) ** 15:
        raise Problem(Sentence('must be an amount of money, for example 199800 or "199800.50"'))
    return plain_decimal(number)


def plain_decimal(number: Decimal) -> str:
    """A decimal without exponent or trailing zeros: `33.34`, `100`."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _time(value: Any) -> str:
    if not isinstance(value, str):
        raise Problem(Sentence("must be a time in ISO 8601 with an offset"))
    return utc_text(read_time(value)[0])


def _time_or_day(value: Any) -> str:
    if isinstance(value, str) and len(value) == 10:
        from datetime import date

        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    return _time(value)


def read_time(text: str) -> tuple[Moment, int]:
    """`parse_time`, with a Problem that says what is wrong with the text."""
    try:
        return parse_time(text)
    except (ValueError, OverflowError) as error:
        if str(error) == "naive":
            raise Problem(
                Sentence("{text} has no offset; write for example {text}+08:00", text=text[:40])
            ) from None
        raise Problem(
            Sentence("{text} is no ISO 8601 time with an offset", text=text[:40])
        ) from None


def _choice(*values: str) -> Check:
    allowed = frozenset(values)

    def check(value: Any) -> str:
        if isinstance(value, str) and value in allowed:
            return value
        raise Problem(Sentence("must be one of {values}", values=", ".join(values)))

    return check


def _list_of(check: Check, least: int = 0) -> Check:
    def check_list(value: Any) -> list[Any]:
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list):
            raise Problem(Sentence("must be a list"))
        result = list(dict.fromkeys(check(item) for item in value))
        if len(result) < least:
            raise Problem(Sentence("needs at least {least} different ones", least=least))
        return result

    return check_list


def _share(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Problem(Sentence('a share is a percentage, for example "60" or "33.34"'))
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number <= 100 or -number.as_tuple().exponent > 6:  # type: ignore[operator]
        raise Problem(Sentence('a share is a percentage, for example "60" or "33.34"'))
    return number


def _shares(key: str, *, whole: bool) -> Check:
    """A list of `{key, share}`; with `whole` every share is given, and the sum is 100."""

    def check(value: Any) -> list[dict[str, str]]:
        if not isinstance(value, list) or not value:
            raise Problem(Sentence("must be a list of {key} and share", key=key))
        result: list[dict[str, str]] = []
        total = Decimal(0)
        given = 0
        for item in value:
            if isinstance(item, str) and not whole:
                item = {key: item}
            if not isinstance(item, dict) or key not in item or set(item) - {key, "share"}:
                raise Problem(Sentence("must be a list of {key} and share", key=key))
            row = {key: _ident(item[key])}
            if item.get("share") is not None:
                number = _share(item["share"])
                total += number
                given += 1
                row["share"] = plain_decimal(number)
            result.append(row)
        if len({row[key] for row in result}) != len(result):
            raise Problem(Sentence("names the same one twice"))
        if (whole or given) and (given != len(result) or total != 100):
            raise Problem(
                Sentence(
                    "shares must be given for all and sum to 100, not {total}",
                    total=plain_decimal(total),
                )
            )
        return result

    return check


def _phones(value: Any) -> list[str]:
    return [_name(item) for item in _list_of(_name)(value)]


def _answer(value: Any) -> bool | int | str:
    if isinstance(value, bool) or (type(value) is int and abs(value) < 2**53):
        return value
    if isinstance(value, str):
        return _clean(value, NAME_LENGTH, lines=False)
    raise Problem(Sentence("must be true, false, a whole number or text"))


def _assessment(value: Any) -> int:
    if type(value) is int and 1 <= abs(value) <= 3:
        return value
    raise Problem(Sentence("must be a whole number from -3 to -1 or from 1 to 3"))


def _severity(value: Any) -> int:
    if type(value) is int and 1 <= value <= 4:
        return value
    raise Problem(Sentence("must be a whole number from 1 (slight) to 4 (grave)"))


def _score(value: Any) -> int:
    if type(value) is int and 1 <= value <= 5:
        return value
    raise Problem(
        Sentence("must be a whole number from 1 (very dissatisfied) to 5 (very satisfied)")
    )


def _day(value: Any) -> str:
    from datetime import date

    if isinstance(value, str):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise Problem(Sentence("must be a day, for example 2026-03-31"))


def _digest(value: Any) -> str:
    if isinstance(value, str) and value.startswith("sha256:") and len(value) == 71:
        try:
            return "sha256:" + bytes.fromhex(value[7:]).hex()
        except ValueError:
            pass
    raise Problem(Sentence("must be sha256: and 64 hexadecimal digits"))


def _rows(check: Mapping[str, Check], required: tuple[str, ...]) -> Check:
    """A list of objects with these keys."""

    def check_rows(value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise Problem(Sentence("must be a list of objects with {keys}", keys=", ".join(check)))
        result = []
        for item in value:
            if set(item) - set(check) or any(item.get(key) is None for key in required):
                raise Problem(
                    Sentence("must be a list of objects with {keys}", keys=", ".join(check))
                )
            result.append(
                {key: check[key](item[key]) for key in check if item.get(key) is not None}
            )
        return result

    return check_rows


ANSWERS: dict[str, Check] = {"accompaniment": _assessment}
"""Questions of findings whose answer has a form of its own."""


def _check_answer(fields: Mapping[str, Any]) -> None:
    check = ANSWERS.get(fields["question"])
    if check is not None:
        check(fields["answer"])


def _staff_or_none(value: Any) -> str:
    return _ident(value)


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Problem(Sentence("must be an object"))
    return {_key(k): _plain(v) for k, v in value.items()}


def _key(value: str) -> str:
    if value.isascii() and value.isidentifier() and len(value) <= 64:
        return value
    raise Problem(Sentence("names are ASCII words, not {name}", name=value[:40]))


def _plain(value: Any) -> Any:
    """JSON of the restricted profile: no floats, strings in NFC, small integers."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, float):
        return plain_decimal(Decimal(str(value)))
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_key(k): _plain(v) for k, v in value.items()}
    raise Problem(Sentence("is not plain JSON"))


class Field(NamedTuple):
    """One field of a kind: how it is checked, and what it refers to.

    `refers` is `staff`, `outlet`, `party` (staff or outlet), `customer` or `event` where
    the value names one that must be known.  A `personal` field stands in the side table.
    """

    check: Check
    required: bool = False
    default: Any = None
    refers: str | None = None
    personal: bool = False
    choices: tuple[str, ...] = ()


class Kind(NamedTuple):
    """One kind of event.  `customer` and `by` say whether the common field is required."""

    name: str
    group: str
    fields: dict[str, Field]
    customer: str = "required"  # required | optional | none
    by: str = "required"  # required | optional
    own: bool = False  # written by the register itself, never taken from a file
    personal: frozenset[str] = frozenset()
    referring: tuple[tuple[str, str], ...] = ()
    defaults: tuple[tuple[str, Any], ...] = ()
    required: tuple[str, ...] = ()


def _one_of(*values: str, required: bool = False, default: str | None = None) -> Field:
    return Field(_choice(*values), required, default, choices=values)


STAFF = Field(_ident, refers="staff")
STAFF_REQUIRED = Field(_ident, True, refers="staff")
LEVEL = Field(_ident)
DEAL = Field(_ident)
NOTE = Field(_text, personal=True)
REACHED = Field(_flag, default=True)
AMOUNTS: dict[str, Any] = {
    "amount": Field(_amount),
    "currency": Field(_ident),
    "product": Field(_name),
    "deal": DEAL,
}
CUSTOMERS = Field(_list_of(_ident, 2), True, refers="customer")

KINDS: dict[str, Kind] = {}


def _kind(
    name: str,
    group: str,
    /,
    *,
    customer: str = "required",
    by: str = "required",
    own: bool = False,
    **fields: Field,
) -> None:
    fields["note"] = NOTE
    KINDS[name] = Kind(
        name,
        group,
        fields,
        customer,
        by,
        own,
        frozenset(key for key, field in fields.items() if field.personal),
        tuple((key, field.refers) for key, field in fields.items() if field.refers),
        tuple((key, field.default) for key, field in fields.items() if field.default is not None),
        tuple(key for key, field in fields.items() if field.required),
    )


_kind(
    "outlet",
    "who",
    customer="none",
    by="optional",
    outlet=Field(_ident, True),
    name=Field(_name, True),
    type=_one_of(*OUTLET_TYPES, required=True),
)
_kind(
    "staff",
    "who",
    customer="none",
    by="optional",
    staff=Field(_ident, True),
    name=Field(_name, True, personal=True),
    role=_one_of(*ROLES, required=True),
    outlet=Field(_ident, True, refers="outlet"),
    department=Field(_ident),
    login=Field(_name, personal=True),
)
_kind(
    "customer",
    "who",
    customer="required",
    by="optional",
    name=Field(_name, True, personal=True),
    phones=Field(_phones, personal=True),
    type=_one_of(*CUSTOMER_TYPES),
    segment=Field(_ident),
    address=Field(_name, personal=True),
)
_kind(
    "lost",
    "who",
    by="optional",
    reason=_one_of("bought_elsewhere", "no_interest", "wrong_number", "other", required=True),
)
_kind("reopened", "who", by="optional")
_kind("staff_left", "who", customer="none", by="optional", staff=STAFF_REQUIRED)
_kind("staff_returned", "who", customer="none", by="optional", staff=STAFF_REQUIRED)
_kind(
    "staff_moved",
    "who",
    customer="none",
    by="optional",
    staff=STAFF_REQUIRED,
    outlet=Field(_ident, refers="outlet"),
    department=Field(_ident),
    role=_one_of(*ROLES),
)
_kind(
    "staff_absent",
    "who",
    customer="none",
    by="optional",
    staff=STAFF_REQUIRED,
    until=Field(_time_or_day),
    cover=STAFF,
)
_kind(
    "link",
    "who",
    customer="none",
    by="optional",
    customers=CUSTOMERS,
    relation=_one_of("same", "household", "group", required=True),
)
_kind("unlink", "who", customer="none", by="optional", customers=CUSTOMERS)

_kind(
    "visit",
    "contact",
    direction=_one_of("in", "out", default="in"),
    outlet=Field(_ident, refers="outlet"),
    level=LEVEL,
    asked=Field(_flag),
    answer=Field(_staff_or_none, refers="staff_or_none"),
    named=STAFF,
    witness=STAFF,
    accompanied_by=STAFF,
)
_kind(
    "call", "contact", direction=_one_of("in", "out", required=True), reached=REACHED, level=LEVEL
)
_kind(
    "followup",
    "contact",
    channel=_one_of("phone", "visit", "wechat", "sms", "email", default="phone"),
    reached=REACHED,
    level=LEVEL,
)
_kind("inform", "contact", to=STAFF_REQUIRED)
_kind("accompany", "contact", to_outlet=Field(_ident, True, refers="outlet"))
_kind("confirm", "contact", customer="optional", on=Field(_ref, True, refers="event"))
_kind("together", "contact", customer="none", customers=CUSTOMERS)
_kind("level", "contact", level=Field(_ident, True))
_kind(
    "check", "contact", customer="optional", query=Field(_text, personal=True), result=Field(_ident)
)
_kind(
    "card",
    "contact",
    contact=Field(_name, personal=True),
    title=Field(_name, personal=True),
    rank=Field(_whole),
)

_kind(
    "filing",
    "claim",
    to=STAFF,
    to_outlet=Field(_ident, refers="outlet"),
    expires_at=Field(_time),
    fields=Field(_mapping, personal=True),
    scope=_one_of("customer", "opportunity"),
)
_kind(
    "decision",
    "claim",
    customer="optional",
    on=Field(_ref, True, refers="event"),
    decision=_one_of("approve", "reject", "return", "extend", required=True),
    expires_at=Field(_time),
)
_kind("notice", "claim", to=STAFF_REQUIRED)
_kind(
    "reassign",
    "claim",
    to=STAFF_REQUIRED,
    cause=_one_of("overdue", "left", "moved", "demand", "ruling", "other", required=True),
)
_kind("demand", "claim", to=STAFF)

_kind("order", "deal", **AMOUNTS)
_kind("cancel_order", "deal", customer="optional", on=Field(_ref, refers="event"))
_kind("close", "deal", signers=Field(_shares("staff", whole=False), refers="signers"), **AMOUNTS)
_kind("learn", "deal")

_kind("claim", "dispute", to=STAFF, deal=DEAL)
_kind("withdraw_claim", "dispute", customer="optional", on=Field(_ref, refers="event"))
_kind(
    "agreement",
    "dispute",
    parties=Field(_list_of(_ident, 1), True, refers="party"),
    shares=Field(_shares("party", whole=True), True, refers="shares"),
    approved_by=STAFF,
    deal=DEAL,
)
_kind(
    "finding",
    "dispute",
    customer="optional",
    question=Field(_name, True),
    subject=STAFF_REQUIRED,
    answer=Field(_answer, True),
    grounds=Field(_text, personal=True),
    jointly_with=Field(_list_of(_ident), refers="staff"),
    strikes=Field(_list_of(_ref), refers="event"),
)
_kind(
    "ruling",
    "dispute",
    instance=_one_of(*INSTANCES, required=True),
    award=Field(_shares("party", whole=True), True, refers="shares"),
    reason=Field(_text, personal=True),
    jointly_with=Field(_list_of(_ident), refers="staff"),
    final=Field(_flag),
    deal=DEAL,
)
_kind(
    "appeal",
    "dispute",
    customer="optional",
    against=Field(_ref, True, refers="event"),
    to=_one_of(*INSTANCES, required=True),
    deal=DEAL,
)
_kind(
    "sanction",
    "dispute",
    customer="optional",
    staff=STAFF_REQUIRED,
    measure=_one_of(
        "fine",
        "suspension",
        "warning",
        "responsibility_change",
        "work_adjustment",
        "dismissal",
        "commendation",
        required=True,
    ),
    amount=Field(_amount),
    reason=Field(_text, personal=True),
    case=Field(_ident, refers="case"),
)


def _words(value: Any) -> str:
    """What somebody said or wrote: not nothing."""
    text = _text(value)
    if not text.strip():
        raise Problem(Sentence("must not be empty"))
    return text


CASE = Field(_ident, True, refers="case")
CAUSE = Field(_ident)
SAID = Field(_text, personal=True)
SEVERITY = Field(_severity)
CASE_CHANNEL = _one_of(*CASE_CHANNELS)


def _step(name: str, /, **fields: Field) -> None:
    """A kind that speaks of one case; the case says which customer it concerns."""
    own: dict[str, Any] = {"case": CASE, **fields}
    _kind(name, "case", customer="optional", **own)


_kind(
    "case_opened",
    "case",
    customer="optional",
    case=Field(_ident, True),
    category=_one_of(*CASE_CATEGORIES, required=True),
    parties=Field(_list_of(_ident), refers="staff"),
    departments=Field(_list_of(_ident)),
    channel=CASE_CHANNEL,
    demand=Field(_words, True, personal=True),
    facts=Field(_text, personal=True),
    cause=CAUSE,
    nature=_one_of("internal", "external"),
    character=_one_of("constructive", "destructive"),
    severity=Field(_severity, default=2),
    customer_type=_one_of(*CUSTOMER_TYPES),
    articles=Field(_list_of(_name)),
    outlet=Field(_ident, refers="outlet"),
    deal=DEAL,
)
_step(
    "case_accepted",
    handler=STAFF_REQUIRED,
    severity=SEVERITY,
    customer_type=_one_of(*CUSTOMER_TYPES),
)
_step("case_rejected", reason=Field(_words, True, personal=True))
_step("case_withdrawn", reason=Field(_text, personal=True))
_step(
    "case_contact",
    people=Field(_list_of(_name), personal=True),
    channel=CASE_CHANNEL,
    said=Field(_words, True, personal=True),
)
_step("case_response", channel=CASE_CHANNEL, said=SAID)
_step("case_update", channel=CASE_CHANNEL, said=SAID)
_step(
    "case_requirement",
    requirement=Field(_words, True, personal=True),
    confirmed=Field(_flag, default=False),
)
_step(
    "case_change",
    change=Field(_words, True, personal=True),
    impact=Field(_text, personal=True),
    cost=Field(_amount),
    currency=Field(_ident),
    accepted=Field(_flag, default=False),
)
_step(
    "case_finding",
    facts=Field(_words, True, personal=True),
    evidence=Field(_list_of(_ref)),
    files=Field(_rows({"name": _name, "digest": _digest}, ("name", "digest")), personal=True),
    cause=CAUSE,
    character=_one_of("constructive", "destructive"),
)
_step(
    "case_proposal",
    proposal=Field(_ident, True),
    text=Field(_words, True, personal=True),
    pros=SAID,
    cons=SAID,
)
_step(
    "case_reply",
    proposal=Field(_ident, True),
    party=Field(_ident, True),
    reply=_one_of(*CASE_REPLIES, required=True),
    said=SAID,
)
_step(
    "case_resolution",
    how=_one_of(*RESOLUTIONS, required=True),
    text=Field(_words, True, personal=True),
    proposal=Field(_ident),
    third_party=Field(_name, personal=True),
    amount=Field(_amount),
    currency=Field(_ident),
)
_step(
    "case_task",
    task=Field(_ident, True),
    owner=Field(_ident, True, refers="case_party"),
    due=Field(_day, True),
    text=Field(_words, True, personal=True),
)
_step("case_task_done", task=Field(_ident, True), text=SAID)
_step(
    "case_survey",
    score=Field(_score),
    comment=SAID,
    party=STAFF,
    reached=REACHED,
    # Not personal: whether a case may be closed is told without reading what people said.
    ended=Field(_words),
)
_step(
    "case_lesson",
    lesson=Field(_ident, True),
    root_cause=Field(_words, True, personal=True),
    improvement=Field(_words, True, personal=True),
    owner=STAFF_REQUIRED,
    due=Field(_day),
)
_step("case_lesson_done", lesson=Field(_ident, True), text=SAID)
_step(
    "case_obstruction",
    party=Field(_ident, True, refers="case_party"),
    how=_one_of(*OBSTRUCTIONS, required=True),
    said=Field(_words, True, personal=True),
)
_step(
    "case_escalated",
    to=Field(_ident, True),
    handler=STAFF,
    reason=Field(_words, True, personal=True),
)
_step("case_reopened", reason=Field(_words, True, personal=True))
_step("case_closed", summary=SAID, survey_waived=Field(_words))
_kind(
    "survey",
    "case",
    campaign=Field(_ident, True),
    score=Field(_score),
    comment=SAID,
    reached=REACHED,
)

_kind(
    "correction",
    "mend",
    customer="optional",
    corrects=Field(_ref, True, refers="event"),
    changes=Field(lambda value: value, True),
)
_kind(
    "void",
    "mend",
    customer="optional",
    voids=Field(_ref, True, refers="event"),
    reason=Field(_text, personal=True),
)
_kind(
    "redaction",
    "register",
    by="required",
    own=True,
    reason=Field(_text),
    # Which fields of which entries went: of a filing, a rule asks what its form had held.
    erased=Field(_rows({"seq": _whole, "fields": _list_of(_ident)}, ("seq", "fields"))),
)
_kind(
    "setting",
    "register",
    customer="none",
    by="optional",
    name=Field(_ident, True),
    value=Field(_plain, True),
)
_kind(
    "attestation",
    "register",
    customer="none",
    own=True,
    file=Field(_name, True),
    digest=Field(_ident, True),
)
_kind(
    "notification",
    "register",
    customer="optional",
    by="optional",
    own=True,
    channel=Field(_ident),
    to=Field(_ident),
    subject=Field(_ident),
)
_kind(
    "checkpoint",
    "register",
    customer="none",
    by="optional",
    own=True,
    size=Field(_whole, True),
    root=Field(_ident, True),
    frontier=Field(_list_of(_ident)),
)

REFERENCE_FIELDS = {
    "confirm": "on",
    "decision": "on",
    "cancel_order": "on",
    "withdraw_claim": "on",
    "appeal": "against",
    "correction": "corrects",
    "void": "voids",
}
"""Kinds that speak of one other event, and the field that names it."""

RULED_KINDS = {name: kind for name, kind in KINDS.items() if kind.group != "case"}
"""What a policy about deals can speak of; the steps of cases follow a policy of their own."""

CASE_STEPS = frozenset(
    name for name, kind in KINDS.items() if name.startswith("case_") and name != "case_opened"
)
"""Kinds that speak of one case; their customer is that of the case."""

COMMON = frozenset(
    {
        "kind",
        "id",
        "at",
        "recorded_at",
        "by",
        "recorded_by",
        "customer",
        "attested_by",
        "seq",
        "appended_at",
    }
)


# ------------------------------------------------------------------ lines and drafts


def read_line(line: Mapping[str, Any]) -> Draft:
    """Check one interchange line by itself and fill in the defaults.

    `at` may be missing here (a live entry happens now); importers demand it.  Raises
    InputRejected naming the field.  What a line refers to is checked where it is recorded.
    """
    name = line.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        if name is None:
            raise InputRejected(Sentence("the line has no kind"), _KINDS_HINT)
        raise InputRejected(Sentence("unknown kind {kind}", kind=str(name)[:40]), _KINDS_HINT)
    field_name = "kind"
    try:
        field_name = "id"
        identity = line.get("id")
        if identity is not None:
            identity = _ident(identity)
        field_name = "at"
        at, offset = _moment(line.get("at"))
        field_name = "recorded_at"
        recorded = line.get("recorded_at")
        if recorded is not None and recorded == line.get("at"):
            recorded_at, recorded_offset = at, offset
        else:
            recorded_at, recorded_offset = _moment(recorded)
        if at is not None and recorded_at is not None and recorded_at < at:
            raise Problem(Sentence("recorded before it happened"))
        if at is None:
            offset = recorded_offset
        field_name = "by"
        by = line.get("by")
        if by is not None:
            by = _recurring(by)
        field_name = "recorded_by"
        recorded_by = line.get("recorded_by")
        if recorded_by is not None:
            recorded_by = _ident(recorded_by)
        field_name = "customer"
        customer = line.get("customer")
        if customer is not None:
            if kind.customer == "none":
                raise Problem(Sentence("is not a field of {kind}", kind=kind.name))
            customer = _recurring(customer)
        elif kind.customer == "required":
            raise Problem(Sentence("is missing"))
        fields: dict[str, Any] = {}
        known = kind.fields
        for field_name, value in line.items():
            if field_name in COMMON:
                continue
            field = known.get(field_name)
            if field is None:
                raise Problem(Sentence("is not a field of {kind}", kind=kind.name))
            if value is not None:
                fields[field_name] = field.check(value)
        for field_name, default in kind.defaults:
            fields.setdefault(field_name, default)
        for field_name in kind.required:
            if field_name not in fields:
                raise Problem(Sentence("is missing"))
        if name == "filing" and "to" not in fields and "to_outlet" not in fields:
            field_name = "to"
            raise Problem(Sentence("is missing"))
        if name == "finding":
            field_name = "answer"
            _check_answer(fields)
        elif kind.group == "case":
            field_name, missing = _missing_of_case(kind.name, customer, fields)
            if missing is not None:
                raise Problem(missing)
    except Problem as problem:
        raise InputRejected(
            Sentence("{field}: {problem}", field=str(field_name)[:40], problem=problem.sentence),
            _fields_hint(kind),
        ) from None
    return Draft(
        kind.name,
        identity,
        at,
        offset,
        recorded_at,
        by,
        recorded_by or by,
        customer,
        fields,
        not ("attested_by" in line and line["attested_by"] is None),
    )


def _missing_of_case(
    name: str, customer: str | None, fields: Mapping[str, Any]
) -> tuple[str, Sentence | None]:
    """Which field of an entry about a case is wanting, and why; no sentence if none is."""
    if name == "case_opened" and fields["category"] == "complaint":
        if customer is None:
            return "customer", Sentence("a complaint is a customer's")
        if "channel" not in fields:
            return "channel", Sentence("a complaint came by some way")
    elif name == "case_opened":
        if len(fields.get("parties", ())) + len(fields.get("departments", ())) < 2:
            return "parties", Sentence("an internal conflict has two parties at least")
    elif name in ("case_survey", "survey"):
        if ("score" in fields) is not fields["reached"] and "ended" not in fields:
            return "score", Sentence("is given if somebody was reached, and only then")
    elif (
        name == "case_resolution"
        and fields["how"] in ("mediated", "arbitrated")
        and "third_party" not in fields
    ):
        return "third_party", Sentence("is missing")
    return "case", None


def _check_of_case(name: str, present: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Refuse a correction after which an entry about a case would want a field."""
    after = {**present, **{k: v for k, v in changes.items() if v is not None}}
    for cleared in (k for k, v in changes.items() if v is None):
        after.pop(cleared, None)
    # Whose it is, is not corrected here.
    field, missing = _missing_of_case(name, "", after)
    if missing is not None and field in changes:
        raise Problem(missing)


def _moment(value: Any) -> tuple[Moment | None, int]:
    if value is None:
        return None, 0
    if type(value) is not str:
        raise Problem(Sentence("must be a time in ISO 8601 with an offset"))
    return read_time(value)


_KINDS_HINT = Sentence("kinds are: {kinds}", kinds=", ".join(KINDS))


def _fields_hint(kind: Kind) -> Sentence:
    return Sentence("fields of {kind}: {fields}", kind=kind.name, fields=", ".join(kind.fields))


def read_changes(
    kind_name: str, changes: Any, present: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Check the `changes` of a correction against the kind of the entry it corrects.

    `present` are the fields of that entry, for what must fit together.  A null clears an
    optional field.  `at` comes back as RFC 3339 UTC text.
    """
    kind = KINDS[kind_name]
    if not isinstance(changes, dict) or not changes:
        raise InputRejected(Sentence("changes: {problem}", problem=Sentence("must be an object")))
    result: dict[str, Any] = {}
    for name, value in changes.items():
        field = kind.fields.get(name)
        try:
            if field is not None:
                if value is None and field.required:
                    raise Problem(Sentence("cannot be cleared"))
                result[name] = None if value is None else field.check(value)
            elif name == "at":
                result[name] = _time(value)
            elif name == "by" or (
                name == "customer" and kind.customer != "none" and kind_name not in CASE_STEPS
            ):
                result[name] = _ident(value)
            else:
                raise Problem(Sentence("cannot be corrected in {kind}", kind=kind.name))
            if kind_name == "finding" and present is not None and name in ("question", "answer"):
                _check_answer({**present, **changes})
            elif kind.group == "case" and present is not None:
                _check_of_case(kind_name, present, changes)
        except Problem as problem:
            raise InputRejected(
                Sentence(
                    "changes.{field}: {problem}", field=str(name)[:40], problem=problem.sentence
                ),
                Sentence("void the entry and record it anew if it is wrong altogether"),
            ) from None
    return result


def references(draft: Draft) -> Iterable[tuple[str, Any]]:
    """What a draft names: pairs of (`staff`, `outlet`, `party`, `customer`, `case`, `case_party`,
    `event`) and id."""
    if draft.by is not None:
        yield "staff", draft.by
    if draft.recorded_by is not None and draft.recorded_by != draft.by:
        yield "staff", draft.recorded_by
    if draft.customer is not None and draft.kind != "customer":
        yield "customer", draft.customer
    fields = draft.fields
    for name, refers in KINDS[draft.kind].referring:
        value = fields.get(name)
        if value is None:
            continue
        if refers == "shares":
            for row in value:
                yield "party", row["party"]
        elif refers == "signers":
            for row in value:
                yield "staff", row["staff"]
        elif refers == "staff_or_none":
            if value != "none":
                yield "staff", value
        elif isinstance(value, list):
            for item in value:
                yield refers, item
        else:
            yield refers, value


# ---------------------------------------------------------------- canonical bodies


def split_personal(
    draft: Draft, target_kind: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that stay in the body, and the personal ones for the side table.

    For a correction `target_kind` says which of its `changes` are personal.
    """
    personal_names = KINDS[draft.kind].personal
    plain: dict[str, Any] = {}
    personal: dict[str, Any] = {}
    for name, value in draft.fields.items():
        (personal if name in personal_names else plain)[name] = value
    if draft.kind == "correction":
        names = KINDS[target_kind].personal if target_kind else frozenset(("note",))
        changes = plain["changes"]
        hidden = {key: value for key, value in changes.items() if key in names}
        if hidden:
            plain["changes"] = {k: v for k, v in changes.items() if k not in names}
            personal["changes"] = hidden
    return plain, personal


def body_of(
    event: Event, plain: Mapping[str, Any], commitment: str | None, origin: str
) -> dict[str, Any]:
    """The canonical body as a plain object, ready to be written with sorted keys.

    `origin` is the log's own random id, so that a body cannot pass for one of another log.
    """
    body: dict[str, Any] = {
        "v": BODY_VERSION,
        "log": origin,
        "seq": event.seq,
        "kind": event.kind,
        "at": utc_text(event.at),
        "tz": offset_text(event.offset),
        "rec": utc_text(event.recorded_at),
        "app": utc_text(event.appended_at),
    }
    if event.id is not None:
        body["id"] = event.id
    if event.by is not None:
        body["by"] = event.by
    if event.recorded_by is not None:
        body["rby"] = event.recorded_by
    if event.customer is not None:
        body["customer"] = event.customer
    if event.attestation is not None:
        body["att"] = event.attestation
    if plain:
        body["data"] = dict(plain)
    if commitment is not None:
        body["pii"] = commitment
    return body


def merge_personal(data: Mapping[str, Any], personal: Mapping[str, Any] | None) -> dict[str, Any]:
    """Put the personal fields of the side table back beside those of the body."""
    fields = dict(data)
    if personal:
        for name, value in personal.items():
            if name == "changes":
                fields["changes"] = {**fields.get("changes", {}), **value}
            else:
                fields[name] = value
    return fields


def line_of(event: Event, origin: str, attester: str | None) -> dict[str, Any]:
    """The interchange line of an event, as `export` writes it.

    An event without an id gets `origin#seq`, so that others can refer to it and an import
    into the register it came from finds it again.  `attested_by` says who answers for the
    entry; null: nobody does, and own words in it need confirming.
    """
    line: dict[str, Any] = {
        "kind": event.kind,
        "id": event.id if event.id is not None else f"{origin}#{event.seq}",
        "at": iso_text(event.at, event.offset),
        "recorded_at": iso_text(event.recorded_at, event.offset),
    }
    if event.by is not None:
        line["by"] = event.by
    if event.recorded_by is not None and event.recorded_by != event.by:
        line["recorded_by"] = event.recorded_by
    if event.customer is not None:
        line["customer"] = event.customer
    line.update(event.fields)
    line["attested_by"] = attester
    return line
