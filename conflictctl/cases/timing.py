"""The times of one case as its case policy counts them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conflictctl.calendar import Moment
from conflictctl.cases import due
from conflictctl.cases.figures import Timing
from conflictctl.cases.procedure import FINISHED, Case

if TYPE_CHECKING:
    from conflictctl.cases.policy import CasePolicy
    from conflictctl.cases.worktime import WorkingTime


def timing(case: Case, policy: CasePolicy, time: WorkingTime, as_of: Moment) -> Timing:
    """Whether first response and resolution were in time, and how much working time they took.

    Of `due.deadlines` only these two are asked for: they are worked out for every case there
    ever was.  A clock stops when the policy says so: a late entry at the day it was entered,
    where the policy goes by that.  What a finished case never got is neither in time nor late.
    """
    clocks = due.Clocks(case, policy, time, as_of)
    start = case.opened.at
    finished = case.state in FINISHED

    def kept(deadlines: Iterator[due.Deadline]) -> tuple[int | None, bool | None]:
        found = next(deadlines, None)
        if found is None:
            return None, None
        met = found.met
        if met is None:
            return None, False if found.due < as_of and not finished else None
        return time.elapsed(start, max(met, start)), met <= found.due

    return Timing(*kept(clocks.first_response()), *kept(clocks.resolution()), policy.satisfied_from)
