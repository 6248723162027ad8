"""Which customers belong to one dossier: connected by links and corrections, ever."""

from __future__ import annotations

from collections.abc import Iterable


def groups(touches: Iterable[tuple[int, str]]) -> dict[str, tuple[str, ...]]:
    """The connected groups of customers that some entry names together.

    `touches` are pairs of an entry's place and a customer it concerns, in any order.  The
    result gives for each customer of a group of two or more its sorted members; the
    smallest is the one under which the dossier is listed.
    """
    parent: dict[str, str] = {}

    def root(customer: str) -> str:
        while (above := parent.setdefault(customer, customer)) != customer:
            parent[customer] = parent[above]
            customer = parent[customer]
        return customer

    first: dict[int, str] = {}
    for place, customer in touches:
        one, other = root(first.setdefault(place, customer)), root(customer)
        if one != other:
            parent[max(one, other)] = min(one, other)
    members: dict[str, list[str]] = {}
    for customer in parent:
        members.setdefault(root(customer), []).append(customer)
    result: dict[str, tuple[str, ...]] = {}
    for group in members.values():
        if len(group) > 1:
            together = tuple(sorted(group))
            result.update(dict.fromkeys(together, together))
    return result
