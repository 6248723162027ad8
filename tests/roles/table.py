"""Who may record what, written down by hand: every role, every kind, every relation.

The columns are the roles; a cell holds the relations in which the role may:

    o  his own act, and he is no party          t  a colleague's act, of his own outlet
    p  his own act, and he is a party           x  a colleague's act, of another outlet
    h  his own act, and he handles the case     q  a colleague's act, and he himself is a party

A colleague's act is entered with `--by`.  Of entries that speak of another (`correct`, `void`,
`confirm`) it is the entry that is his own or a colleague's.  In cases the colleague of his outlet
is the handler, the one of another outlet is not.
"""

from __future__ import annotations

from conflictctl.events import ROLES
from conflictctl.permissions import HOUSE

EVERY = "optxq"

TABLE = """
kinds                     consult. superv. manager  d.head  g.m.    clerk   auditor

visit call followup level card
                          op       optxq   txq      txq     txq     txq     -
claim                     op       op      txq      txq     txq     txq     -
withdraw_claim            op       op      txq      txq     txq     txq     -
customer lost reopened link inform accompany together filing order cancel_order close learn
agreement appeal survey
                          op       optxq   optxq    optxq   optxq   optxq   -
check                     op       optxq   optxq    optxq   optxq   optxq   op

decision notice reassign finding sanction unlink demand
                          -        -       otx      otx     otx     -       -
ruling                    -        o       o        o       o       -       -
redaction                 -        -       o        o       o       -       -
attestation               -        -       o        o       o       -       -

correction void           op       op      optx     optx    optx    op      -
confirm                   op       op      op       op      op      op      -

outlet staff staff_left staff_returned staff_moved staff_absent setting
                          -        -       otx      otx     otx     -       -

case_opened case_withdrawn case_contact case_response case_update case_requirement case_change
case_proposal case_reply case_task_done case_survey case_lesson case_lesson_done
case_obstruction case_escalated case_reopened
                          hop      hoptxq  hoptxq   hoptxq  hoptxq  hoptxq  -
case_accepted             ho       hotx    hotx     hotx    hotx    hotx    -
case_rejected             -        o       o        o       o       -       -
case_finding case_resolution case_task case_closed
                          h        hot     hot      hot     hot     ht      -

notification checkpoint   o        o       o        o       o       o       o
"""
"""What a role may record, in which relation.  `-`: in none."""

_ASKED = {
    **dict.fromkeys(("redaction",), "op"),
    **dict.fromkeys(("attestation", "notification", "checkpoint"), "o"),
    **dict.fromkeys(HOUSE, "otx"),
}


def asked(kind: str) -> str:
    """The relations that can occur with a kind: the house has no parties, nobody else erases."""
    if kind in ("case_opened", "case_rejected"):
        return EVERY  # nobody handles it yet
    return "h" + EVERY if kind.startswith("case_") else _ASKED.get(kind, EVERY)


def _read(text: str) -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = {}
    kinds: list[str] = []
    _, *lines = (line for line in text.splitlines() if line.strip())
    for line in lines:
        words = line.split()
        cells = words[-len(ROLES) :]
        if not all(cell == "-" or set(cell) <= set("hoptxq") for cell in cells) or (
            len(words) < len(ROLES)
        ):
            kinds += words
            continue
        for kind in [*kinds, *words[: -len(ROLES)]]:
            assert kind not in table, f"{kind} stands twice"
            table[kind] = dict(zip(ROLES, (cell.strip("-") for cell in cells), strict=True))
        kinds = []
    assert not kinds, kinds
    return table


RIGHTS = _read(TABLE)


def may(kind: str, role: str, relation: str) -> bool:
    """Whether a role may record a kind in a relation."""
    return relation in RIGHTS[kind][role]
