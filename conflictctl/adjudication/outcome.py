"""What the rules give: a status, to whom, by which clause; and how shares are divided."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache
from typing import NamedTuple

from conflictctl.adjudication.ruling import Credit
from conflictctl.calendar import Moment
from conflictctl.events import plain_decimal
from conflictctl.policy.case import Case
from conflictctl.wording import Sentence


class Outcome(NamedTuple):
    """What the rules give.  `final`: a person's ruling does not stand in its place."""

    status: str
    credit: tuple[Credit, ...]
    holder: str | None
    clause: str | None
    reason: Sentence
    referred_to: str | None = None
    provisional_until: Moment | None = None
    final: bool = False

    @property
    def shares(self) -> frozenset[tuple[str, str]]:
        """Who has how much, in percent: a holder all; empty where nobody is named."""
        if self.holder is not None:
            return frozenset({(self.holder, "100")})
        return frozenset((part.party, part.share) for part in self.credit)

    @property
    def gives(self) -> tuple[object, ...]:
        """To whom it gives what: two outcomes that give the same do not contradict each other."""
        return (self.status, self.credit, self.holder, self.referred_to)


def kind_of_party(case: Case, party: str) -> str:
    """Whether a party is a member of staff or an outlet."""
    people = case.history.people
    return "outlet" if party in people.outlet_types and party not in people.staff else "staff"


def whole(case: Case, party: str, kind: str | None = None) -> tuple[Credit, ...]:
    """All of it for one; he is of a kind, or what the register says he is."""
    return _whole(party, kind or kind_of_party(case, party))


@lru_cache(maxsize=4096)
def _whole(party: str, kind: str) -> tuple[Credit, ...]:
    """Most deals go whole to one of a few people."""
    return (Credit(party, kind, "100"),)


def divided(
    case: Case, parties: Sequence[str], weights: Sequence[Decimal] = ()
) -> tuple[Credit, ...]:
    """Shares of exactly 100 percent, with two places at most.

    Equal, or in the proportion of the weights (the last goes on for whoever comes after it);
    what rounding leaves over goes to the first named.
    """
    heavy = [
        weights[min(n, len(weights) - 1)] if weights else Decimal(1) for n in range(len(parties))
    ]
    total = sum(heavy)
    if not total:
        return ()
    shares = [
        (weight * 100 / total).quantize(Decimal("0.01"), rounding=ROUND_DOWN) for weight in heavy
    ]
    shares[0] += 100 - sum(shares)
    return tuple(
        Credit(party, kind_of_party(case, party), plain_decimal(share))
        for party, share in zip(parties, shares, strict=True)
        if share
    )


def credited(case: Case, shares: Sequence[tuple[str, str]]) -> tuple[Credit, ...]:
    """Shares as somebody fixed them."""
    return tuple(Credit(party, kind_of_party(case, party), share) for party, share in shares)
