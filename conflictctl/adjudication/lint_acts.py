"""What one contender does alone, and what it gets him: an entry more, one less, another level."""

from __future__ import annotations

from collections.abc import Mapping

from conflictctl.adjudication import small_histories
from conflictctl.adjudication.lint_harvest import Act, Harvest, Turn
from conflictctl.adjudication.lint_space import deal_place, size_of
from conflictctl.adjudication.lint_trial import Seen, winners
from conflictctl.adjudication.small_histories import Move, SmallHistory

FORMAL = frozenset({"filing", "inform", "accompany", "card", "learn"})
"""Entries that somebody makes because the rules ask for them."""

_NOT_ALONE = frozenset({"order", "close", "agreement", "staff_left"})
"""The deal itself, what takes the consent of others, and what others record."""

_SAID = frozenset(
    {"level", "direction", "asked", "answer", "named", "outlet", "to_outlet", "reached", "rank"}
)
_OUTLET_OF: Mapping[str, str] = {small_histories.OUTSIDER: "east", small_histories.GUEST: "west"}

Histories = tuple[SmallHistory, SmallHistory]


def note_one_more(
    harvest: Harvest, histories: Histories, seen: tuple[Seen, Seen], move: Move
) -> None:
    """Note whether an entry more (the second history has it), or one less, gets its author what
    he did not have, or nobody anything.

    That somebody's first entry gets him a free customer is nothing to tell.
    """
    history, larger = histories
    before, after = _winners(seen)
    place = deal_place(larger)
    if seen[0].is_deal != seen[1].is_deal or move.kind in _NOT_ALONE:
        return
    if place is None and not (before and after):
        return
    mine = _of(move.by)
    act = Act(
        "add",
        move.kind,
        tuple((name, value) for name, value in move.fields if name in _SAID),
        None if place is None else larger.moves[place].by == move.by,
        place is not None and _on_last_day(history, larger, move.by, place),
        seen[0].given.decided_by,
        seen[1].given.decided_by,
    )
    if mine in after and mine not in before:
        _keep(harvest, act, histories, seen)
    elif mine in before and mine not in after:
        act = act._replace(how="omit", before=act.after, after=act.before)
        _keep(harvest, act, (larger, history), (seen[1], seen[0]))
    elif move.kind in FORMAL and mine in before == after and seen[0].rule != seen[1].rule:
        _keep(harvest, act._replace(how="needless"), histories, seen)


def note_level(harvest: Harvest, histories: Histories, seen: tuple[Seen, Seen], place: int) -> None:
    """Note whether another level in the entry at a place gets its author what he did not have."""
    history, other = histories
    before, after = _winners(seen)
    move = other.moves[place]
    if _of(move.by) in after and _of(move.by) not in before:
        deal = deal_place(history)
        closer = None if deal is None else history.moves[deal].by == move.by
        says = (("level", dict(move.fields)["level"]),)
        clauses = seen[0].given.decided_by, seen[1].given.decided_by
        _keep(harvest, Act("level", move.kind, says, closer, False, *clauses), histories, seen)


def _keep(harvest: Harvest, act: Act, histories: Histories, seen: tuple[Seen, Seen]) -> None:
    harvest.act_times[act] += 1
    known = harvest.acts.get(act)
    if known is None or _size(*histories) < _size(known.history, known.other):
        harvest.acts[act] = Turn(*histories, seen[0].given, seen[1].given)


def _size(history: SmallHistory, other: SmallHistory) -> tuple[int, ...]:
    return size_of(history) + size_of(other)


def _winners(seen: tuple[Seen, Seen]) -> tuple[frozenset[str], frozenset[str]]:
    before, after = (frozenset(map(_of, winners(one.given))) for one in seen)
    return before, after


def _of(party: str) -> str:
    """A party, or for somebody of another outlet the outlet: its credit is his."""
    return _OUTLET_OF.get(party, party)


def _on_last_day(history: SmallHistory, larger: SmallHistory, by: str, place: int) -> bool:
    """Whether the entry that is more stands on the day of the deal or after it, and nothing else
    that its author did does."""
    added = next(
        number
        for number, one in enumerate(larger.moves)
        if number >= len(history.moves) or one != history.moves[number]
    )
    own = [larger.days[n] for n in range(place) if n != added and larger.moves[n].by == by]
    last_day = larger.days[place]
    return larger.days[added] >= last_day > max(own, default=last_day)
