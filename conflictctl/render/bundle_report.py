"""A verified bundle in words and as JSON, and the ruling as a bundle stores it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conflictctl.render.language import LANGUAGES, say, speaking, tr
from conflictctl.render.ruling_json import Head, ruling_json
from conflictctl.wording import Sentence, Term, When

if TYPE_CHECKING:
    from conflictctl.bundles.account import Statement
    from conflictctl.bundles.judging import Judged
    from conflictctl.bundles.verifying import Verified
    from conflictctl.errors import ConflictctlError


def ruling_in_every_language(judged: Judged, head: Head) -> dict[str, Any]:
    """The JSON of `verdict --format json` by language, so that both readers have their words."""
    found = {}
    for lang in LANGUAGES:
        with speaking(lang):
            found[lang] = ruling_json(
                judged.ruling,
                calendar=judged.calendar,
                people=judged.people,
                head=head,
                full=True,
            )
    return found


def verified_lines(found: Verified, whose: str) -> list[str]:
    """What was confirmed and what was not, line by line, in the reader's language.

    `whose` says in a few words whose the deal or the customer is.
    """
    ruling = found.judged.ruling
    head = Sentence(
        "the bundle is whole, and its ruling follows from it: {customer}, as of {when}: {status}, "
        "{whose}, clause {clause}",
        customer=ruling.customer,
        when=When(ruling.as_of),
        status=Term(ruling.status),
        whose=whose or "-",
        clause=ruling.decided_by or "-",
    )
    lines = [say(head, None, found.judged.calendar), "", tr("Confirmed:")]
    lines += map(_line, found.confirmed)
    lines += ["", tr("Not confirmed:")]
    lines += map(_line, found.unconfirmed)
    return lines


def _line(statement: Statement) -> str:
    return f"  - {say(statement.sentence)}"


def verified_json(found: Verified) -> dict[str, Any]:
    """The same for programs; keys and words for `what` are never translated."""
    bundle, judged = found.bundle, found.judged
    with_words = [entry for entry in bundle.entries if entry.personal is not None]
    return {
        "ok": True,
        "problem": None,
        "digest": bundle.digest,
        "program": dict(bundle.program),
        "register": {"origin": bundle.origin, "seq": bundle.head.seq, "head": bundle.head.text},
        "entries": len(bundle.entries),
        "personal": len(with_words),
        "confirmed": [_statement(one) for one in found.confirmed],
        "not_confirmed": [_statement(one) for one in found.unconfirmed],
        "receipts": list(found.receipts),
        "ruling": ruling_json(
            judged.ruling,
            calendar=judged.calendar,
            people=judged.people,
            head=bundle.head,
            full=True,
        ),
    }


def _statement(statement: Statement) -> dict[str, str]:
    return {"what": statement.what, "says": say(statement.sentence)}


def failed_json(failure: ConflictctlError) -> dict[str, Any]:
    """What programs are told of a bundle that does not hold."""
    return {"ok": False, "problem": say(failure.message)}
