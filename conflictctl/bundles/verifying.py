"""A bundle verified: what it shows, and what it cannot show.

Each step is by itself: the bytes fit their digest; every entry is one that a register writes,
with its personal data under its commitment; the chain holds where two entries meet; the policy
is whole, and the ruling is what it gives on these entries.  All of that can be made anew by
whoever made the file.  What ties it to a register is what the verifier holds himself: receipts
(by the chain) and a checkpoint (by the tree).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from conflictctl.bundles.account import Account, Statement
from conflictctl.bundles.comparing import differences
from conflictctl.bundles.entries import apart, check_chain, events_in, links_of
from conflictctl.bundles.form import Bundle, damaged, read
from conflictctl.bundles.judging import Judged, judged, latest_setting
from conflictctl.bundles.proving import check_proofs
from conflictctl.bundles.ties import Held, check_ties
from conflictctl.events import Event
from conflictctl.policy.model import policy_texts, preset_ids
from conflictctl.register.chain import Head
from conflictctl.wording import Sentence

Show = Callable[[Judged, Head], Mapping[str, Any]]
"""The JSON of a ruling by language, as it is stored in a bundle."""


class Verified(NamedTuple):
    """A bundle that holds; `receipts` are the places of the entries whose receipts were held."""

    bundle: Bundle
    judged: Judged
    confirmed: Sequence[Statement]
    unconfirmed: Sequence[Statement]
    receipts: Sequence[int]


def verify(
    content: bytes, *, show: Show, versions: Mapping[str, str], held: Held | None = None
) -> Verified:
    """Verify the bytes of a bundle without any register.

    `versions` are those of the programs here, by name.  Raises DamagedBundle for what does not
    hold, SchemaMismatch for a bundle that a newer program made, InputRejected for a text that
    is no receipt.
    """
    bundle = read(content)
    account = Account()
    account.confirm("bytes", Sentence("its bytes fit its digest {digest}", digest=bundle.digest))
    events = events_in(bundle.entries, bundle.origin)
    hashes = links_of(bundle.entries)
    check_chain(bundle, hashes)
    account.confirm(
        "entries",
        Sentence(
            "its {count} entries are whole, and fit the chain wherever two of them meet",
            count=len(events),
        ),
    )
    check_proofs(bundle, account)
    _check_personal(bundle, account)
    found = judged(bundle, events)
    _check_policy(bundle, found, apart(events)[1], account)
    _check_ruling(bundle, found, show(found, bundle.head), versions, account)
    places = check_ties(bundle, hashes, held or Held(), account)
    return Verified(bundle, found, account.confirmed, account.unconfirmed, places)


def _check_personal(bundle: Bundle, account: Account) -> None:
    sealed = [entry for entry in bundle.entries if "pii" in entry.body]
    shown = sum(entry.personal is not None for entry in sealed)
    if shown:
        account.confirm(
            "personal",
            Sentence(
                "names, phones and notes of {count} entries are those that were recorded",
                count=shown,
            ),
        )
    if shown < len(sealed):
        account.leave_open(
            "personal",
            Sentence(
                "names, phones and notes of {count} entries are not in it: left out, or erased",
                count=len(sealed) - shown,
            ),
        )


def _check_policy(bundle: Bundle, found: Judged, house: Sequence[Event], account: Account) -> None:
    identity = found.policy.id
    if identity in preset_ids():
        if [tuple(edition) for edition in bundle.policy] == policy_texts(identity):
            account.confirm(
                "preset", Sentence("the policy is {id} as this program carries it", id=identity)
            )
        else:
            account.leave_open(
                "preset",
                Sentence(
                    "that it is the policy {id}: the one that this program carries reads otherwise",
                    id=identity,
                ),
            )
    if bundle.kept_at is None:
        account.leave_open(
            "policy_chosen", Sentence("that the company goes by the policy {id}", id=identity)
        )
        return
    setting = latest_setting(house, "policy")
    with_text = setting is not None and isinstance(setting.fields["value"], dict)
    account.confirm(
        "policy_chosen",
        Sentence("#{seq} holds this policy, with its text", seq=bundle.kept_at)
        if with_text
        else Sentence("#{seq} names this policy, without its text", seq=bundle.kept_at),
    )


def _check_ruling(
    bundle: Bundle,
    found: Judged,
    given: Mapping[str, Any],
    versions: Mapping[str, str],
    account: Account,
) -> None:
    made = bundle.program
    others = sorted(
        name for name in made.keys() | versions.keys() if made.get(name) != versions.get(name)
    )
    here, there = (
        [f"{name} {known.get(name, '-')}" for name in others] for known in (versions, made)
    )
    by_how: dict[str, str] = {}
    for one in differences(bundle.ruling, given):
        by_how.setdefault(one.how if others else "other", one.where)
    if "other" in by_how and others:
        raise damaged(
            Sentence(
                "its ruling, made by {made}, is not the one that {here} gives, first at {where}",
                made=there,
                here=here,
                where=by_how["other"],
            )
        )
    if "other" in by_how:
        raise damaged(
            Sentence(
                "its ruling is not what its policy gives on its entries, first at {where}",
                where=by_how["other"],
            )
        )
    account.confirm(
        "ruling", Sentence("judged again, its policy gives the same ruling on its entries")
    )
    if others:
        account.leave_open(
            "program",
            Sentence(
                "that {made} ruled so: judged again by {here}, the same came out",
                made=there,
                here=here,
            ),
        )
    if "worded" in by_how:
        account.leave_open(
            "words",
            Sentence(
                "the words in which it gives its reasons, first at {where}: this version words "
                "them otherwise",
                where=by_how["worded"],
            ),
        )
    if "added" in by_how:
        account.leave_open(
            "added",
            Sentence(
                "that nothing was taken out of it: this version says more, first at {where}",
                where=by_how["added"],
            ),
        )
    if bundle.caseloads is not None:
        account.leave_open(
            "caseloads",
            Sentence("how many customers everybody held, which the policy asks; no entry shows it"),
        )
