"""Numbers that know their unit and how it is counted: days, working days, hours, a plain count."""

from __future__ import annotations

from decimal import Decimal

TIME_UNITS: dict[str, str] = {
    "minutes": "min",
    "hours": "h",
    "days": "d",
    "working_days": "wd",
    "months": "mo",
}
"""A parameter's unit, and the sign under which margins show it."""

COUNTS = ("from_next_day", "first_day_counts", "clock")
"""How days are counted: the first day is day 0, or day 1, or every 24 hours are a day."""


class Quantity(int):
    """A whole number of some unit (the word a policy file uses: `days`, `points`, `CNY`).

    `measure` says how it is measured: the unit, with `/first_day_counts` or `/clock` behind
    it where days are not simply the local calendar days that begin in between.
    """

    unit: str | None
    measure: str | None

    def __new__(cls, amount: int, unit: str | None, count: str = "from_next_day") -> Quantity:
        made = super().__new__(cls, amount)
        made.unit = unit
        made.measure = f"{unit}/{count}" if unit and count != "from_next_day" else unit
        return made


def is_time(measure: str | None) -> bool:
    """Whether a measure is one of time."""
    return measure is not None and measure.partition("/")[0] in TIME_UNITS


def sign_of(measure: str | None) -> str:
    """The unit as margins show it; `n` for what is not a length of time."""
    return TIME_UNITS.get((measure or "").partition("/")[0], "n")


def plain_number(value: object) -> str:
    """A number as JSON margins and sentences show it: `8`, `1.5`, `33.34`."""
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Decimal):
        number = value
    else:
        numerator, denominator = value.numerator, value.denominator  # type: ignore[attr-defined]
        number = Decimal(numerator * 100 // denominator) / 100
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
