"""Verification of a register: every entry recomputed from its bytes.

What holds afterwards: anything changed at or before an entry whose receipt, or a checkpoint of
which, somebody else keeps is found.  A register rewritten as a whole, by one who can compute the
chain anew, is found only by these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from conflictctl.checkpoint import Checkpoint
from conflictctl.errors import ConflictctlError, DamagedRegister
from conflictctl.register.around import Look, Looked, Surroundings, look
from conflictctl.register.chain import Head, genesis, receipt_bytes
from conflictctl.register.schema import events
from conflictctl.register.seals import Marks, Seals
from conflictctl.register.store import Register
from conflictctl.register.walk import LOWEST, Walk, erasures, walk_on
from conflictctl.wording import Sentence

STRETCH = 1 << 14
"""Entries that are checked at a stretch: a whole subtree of a checkpoint's tree."""

Progress = Callable[[int, int], None]


class Verification(NamedTuple):
    """What a verification found.

    `events` entries were checked, up to `head`.  `first_bad` is the first `seq` that does
    not hold, where one can be named, and `problem` says why.  `redacted` entries have had
    their personal data erased.  `receipt_seq` is the entry that bears the receipt asked
    for, `checkpoint_size` how many entries the largest checkpoint that holds vouches for;
    `unsealed` entries come after both (all, without either), and for them only the file itself
    speaks.  Where a checkpoint does not hold, `between` are the first and the last `seq` among
    which an entry was changed, as far as checkpoints tell.  `clock_back` counts entries
    appended by a clock that stood earlier than for the entry before.
    """

    ok: bool
    events: int
    head: Head
    first_bad: int | None
    problem: Sentence | None
    redacted: int
    receipt_seq: int | None
    checkpoint_size: int | None
    unsealed: int
    clock_back: int
    between: tuple[int, int] | None = None


class Stretch(NamedTuple):
    """The entries after one place up to another (None: to the end)."""

    after: int
    last: int | None


class Checked(NamedTuple):
    """What a walk over one stretch found; `fine` says that every entry of it holds.

    `head` and `clock` are those of its last entry, the counts are its own.
    """

    stretch: Stretch
    fine: bool
    head: Head
    clock: int
    redacted: int
    receipt_seq: int | None
    clock_back: int
    in_place: bool
    marks: Marks


Piece = Stretch | Look
"""A stretch of entries, or a piece of what is around them."""
Answer = Checked | Looked | None
"""Of a piece; None where it could not be read just then."""
Spread = Callable[
    [Register, Callable[[Register, Piece], Answer], Sequence[Piece]], Iterator[Answer]
]
"""Has a register's pieces looked at, in any order, and gives the answers in any order.

Who looks at one in another process has the register opened there, and hands that in.
"""


def one_by_one(
    register: Register, task: Callable[[Register, Piece], Answer], pieces: Sequence[Piece]
) -> Iterator[Answer]:
    """All pieces one after the other, in this process."""
    return map(partial(task, register), pieces)


def verify(
    register: Register,
    *,
    receipt: str | None = None,
    checkpoints: Sequence[Checkpoint] = (),
    progress: Progress | None = None,
    spread: Spread = one_by_one,
    private: bool = False,
) -> Verification:
    """Check every entry, column and index of a register, in steps that no writer waits for.

    With `receipt` also look for the entry that bears it; not finding it is a finding.  So is a
    checkpoint that the entries do not lead to, or that is of another log.
    `progress` is told how many entries of how many are done.  `spread` may share the work out; what
    is found is the same.  Of a `private` register, which nobody writes to, the database itself
    looks at the whole file in one go, and so at its free pages too.  Raises InputRejected for a
    text that is no receipt; never raises for damage, which is what it reports.
    """
    wanted = None if receipt is None else receipt_bytes(receipt)
    seals = Seals(checkpoints)
    start = Head(0, genesis(register.origin))
    walk = Walk(register.log, register.origin, {}, wanted, seals, start)
    try:
        walk.redactions |= erasures(register)
        total = register.head().seq
    except DamagedRegister as damage:
        return _verification(walk, None, damage.message)
    foreign = _foreign(register, checkpoints)
    if foreign is not None:
        return _verification(walk, None, foreign)
    around = Surroundings(register, private=private)
    problem = _walked(register, walk, seals, around, total, progress, spread)
    if seals.problem is not None:
        found = _verification(walk, None, problem)
        return found._replace(between=(seals.first_doubted, seals.tree.size))
    if problem is None:
        problem = seals.cut_off(walk.seq)
    if problem is not None:
        return _verification(walk, walk.seq + 1, problem)
    first_bad, problem = around.told(register, walk.seq if walk.in_place else 0)
    if problem is None and wanted is not None and walk.receipt_seq is None:
        problem = Sentence(
            "no entry bears the receipt {receipt}: what it vouched for was changed or cut off",
            receipt=receipt,
        )
    return _verification(walk, first_bad, problem)


# ------------------------------------------------------------------- stretch by stretch


def _walked(
    register: Register,
    walk: Walk,
    seals: Seals,
    around: Surroundings,
    total: Any,
    progress: Progress | None,
    spread: Spread,
) -> Sentence | None:
    """Take the walk to the end, or to the first entry that does not hold: what is wrong with it.

    Stretches that hold are joined to the walk in their order; from the first that does not, the
    walk goes on entry by entry, so that what it tells does not depend on how the work was shared.
    """
    stretches = _stretches(total)
    # What is around takes as long as many stretches: not the last to be begun.
    mixed = chain.from_iterable(zip_longest(stretches, around.work))
    pieces = [piece for piece in mixed if piece is not None]
    sizes = [checkpoint.size for checkpoint in seals.waiting]
    task = partial(_piece, walk.redactions, walk.receipt, sizes)
    waiting: dict[int, Checked] = {}
    done, ended = 0, False
    for answer in spread(register, task, pieces):
        if isinstance(answer, Looked):
            around.take(answer)
        if not isinstance(answer, Checked):
            continue
        done += answer.head.seq - answer.stretch.after
        if progress is not None:
            progress(done, max(done, total) if isinstance(total, int) else done)
        waiting[answer.stretch.after] = answer
        while (following := waiting.pop(walk.seq, None)) is not None:
            if not following.fine or not seals.join(following.marks):
                return walk_on(register, walk)
            _join(walk, following)
            ended = following.stretch.last is None
    return None if ended else walk_on(register, walk)


def _stretches(total: Any) -> list[Stretch]:
    """Stretches of equal length that begin where subtrees do; one where places are no numbers."""
    if not isinstance(total, int) or total <= STRETCH:
        return [Stretch(0, None)]
    starts = list(range(0, total, STRETCH))
    return [
        *(Stretch(after, after + STRETCH) for after in starts[:-1]),
        Stretch(starts[-1], None),
    ]


def _piece(
    redactions: dict[str, int],
    receipt: bytes | None,
    sizes: Sequence[int],
    register: Register,
    piece: Piece,
) -> Answer:
    try:
        if not isinstance(piece, Stretch):
            return look(register, piece)
        return _stretch(redactions, receipt, sizes, register, piece)
    except ConflictctlError:
        return None


def _stretch(
    redactions: dict[str, int],
    receipt: bytes | None,
    sizes: Sequence[int],
    register: Register,
    stretch: Stretch,
) -> Checked | None:
    """A walk over one stretch, on the word of the entry before it, which has its own turn."""
    before, clock = Head(0, genesis(register.origin)), LOWEST
    if stretch.after:
        rows = register.fetch(_BEFORE, {"log": register.log, "seq": stretch.after})
        if not rows or type(rows[0][0]) is not bytes or type(rows[0][1]) is not int:
            return None
        before, clock = Head(stretch.after, rows[0][0]), rows[0][1]
    marks = Marks(stretch.after, sizes)
    walk = Walk(register.log, register.origin, redactions, receipt, marks, before, clock)
    problem = walk_on(register, walk, stretch.last)
    return Checked(
        stretch,
        problem is None,
        walk.head,
        walk.clock,
        walk.redacted,
        walk.receipt_seq,
        walk.clock_back,
        walk.in_place,
        marks,
    )


def _join(walk: Walk, checked: Checked) -> None:
    walk.seq, walk.hash = checked.head
    walk.clock = checked.clock
    walk.redacted += checked.redacted
    walk.clock_back += checked.clock_back
    walk.in_place &= checked.in_place
    if checked.receipt_seq is not None:
        walk.receipt_seq = checked.receipt_seq


def _verification(walk: Walk, first_bad: int | None, problem: Sentence | None) -> Verification:
    count = walk.seq
    return Verification(
        problem is None,
        count,
        walk.head,
        first_bad,
        problem,
        walk.redacted,
        walk.receipt_seq,
        walk.seals.held,
        count - max(walk.receipt_seq or 0, walk.seals.held or 0),
        walk.clock_back,
    )


def _foreign(register: Register, checkpoints: Sequence[Checkpoint]) -> Sentence | None:
    if all(checkpoint.origin == register.origin for checkpoint in checkpoints):
        return None
    return Sentence(
        "a checkpoint is of another register: either it was not made of this one, or this one was "
        "put in its place"
    )


_BEFORE = select(events.c.hash, events.c.appended_at).where(
    events.c.log == bindparam("log"), events.c.seq == bindparam("seq")
)
