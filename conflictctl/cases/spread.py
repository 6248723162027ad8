"""How many measurements are spread: middle, upper end, and shares with their wholes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import NamedTuple


class Share(NamedTuple):
    """A part of a whole, both counted."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The part as a fraction of the whole; None of nothing."""
        return self.part / self.whole if self.whole else None


class Spread:
    """Measurements (whole numbers below 2**63), eight bytes each; merged in any order."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: array[int] = array("q")

    def __len__(self) -> int:
        return len(self._values)

    def add(self, values: Iterable[int]) -> None:
        """Count measurements in."""
        self._values.extend(values)

    def merge(self, other: Spread) -> None:
        """Count another's measurements in."""
        self._values.extend(other._values)

    def percentiles(self, *percents: int) -> tuple[int | None, ...]:
        """Percentiles by nearest rank: the smallest measurement that so many percent do not pass.

        Of n measurements in rising order it is the one at place ceil(percent * n / 100), so
        that it is always one that was made; the median of an even number is the lower of the
        two in the middle.  None of no measurements.
        """
        if not self._values:
            return (None,) * len(percents)
        ordered = sorted(self._values)
        return tuple(ordered[max(-(-percent * len(ordered) // 100), 1) - 1] for percent in percents)
