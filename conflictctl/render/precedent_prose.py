"""Earlier rulings by people on the same clauses, in words."""

from __future__ import annotations

from conflictctl.adjudication.ruling import Precedent, Precedents
from conflictctl.render.language import list_joined, moment_text, sentences_joined, term, tr
from conflictctl.render.safe import safe
from conflictctl.render.sheet import Sheet
from conflictctl.wording import N_

MOST = 5
"""Rulings named where they are not all asked for."""


def print_precedents(sheet: Sheet, found: Precedents, *, asked: bool) -> None:
    """The section of a ruling's table; left out where nobody asked and there are none."""
    if not found.rulings and not asked:
        return
    sheet.heading(tr("Earlier rulings on the same clauses"))
    for text in precedent_texts(sheet, found, MOST):
        sheet.prose(text, 2)


def precedent_texts(sheet: Sheet, found: Precedents, most: int) -> list[str]:
    """One text for each, the latest first; of more than `most` the rest is only counted."""
    texts = [_precedent_text(sheet, one) for one in found.rulings[:most]]
    if len(found.rulings) > most:
        more = len(found.rulings) - most
        texts.append(tr("and {n} more: `--format json` has them all").format(n=more))
    if not found.rulings:
        clauses = list_joined([safe(step.clause) for step in found.path if step.clause]) or "-"
        texts.append(tr("None on the same clauses ({clauses}).").format(clauses=clauses))
    if not found.complete:
        texts.append(tr("Only the latest rulings of the register were looked at."))
    return texts


def _precedent_text(sheet: Sheet, one: Precedent) -> str:
    """`#812, 2013-03-05 10:00, K7: Sun (sales manager) gave it to Wang.  As the rules had it.`"""
    said = tr("{event}, {moment}, {customer}: {who} ({instance}) gave it to {credit}.").format(
        event=safe(one.event),
        moment=moment_text(one.at, sheet.calendar),
        customer=safe(one.customer),
        who=sheet.person(one.by),
        instance=term(one.instance),
        credit=sheet.credit(one.credit),
    )
    return sentences_joined([said, *(tr(text) for text in _remarks(one))])


def _remarks(one: Precedent) -> list[str]:
    remarks = []
    if one.follows_rule is not None:
        remarks.append(
            N_("The rules gave the same.") if one.follows_rule else N_("The rules gave otherwise.")
        )
    if one.agrees is False:
        remarks.append(N_("This ruling departs from it."))
    elif one.agrees:
        remarks.append(N_("This ruling agrees with it."))
    elif not one.same_roles:
        remarks.append(N_("The people concerned stood otherwise to each other there."))
    return remarks
