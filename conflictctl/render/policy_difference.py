"""What differs between two policies as a person reads it: both texts in prose, item by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conflictctl.policy.difference import ADDED, MOVED, REMOVED, Change
from conflictctl.policy.model import Policy
from conflictctl.render.language import say, tr
from conflictctl.render.layout import cells
from conflictctl.render.policy_sheet import Page, value_text
from conflictctl.render.safe import safe
from conflictctl.render.terminal import key_lines
from conflictctl.wording import N_, Bilingual

_SECTIONS = {
    "policy": N_("The policy"),
    "words": N_("Lists of roles and other words"),
    "parameters": N_("Parameters"),
    "entries": N_("What counts as what"),
    "findings": N_("What only a person can say"),
    "let": N_("What the rules call what"),
    "deal": N_("The deal"),
    "holding": N_("Who holds a customer"),
    "windows": N_("Windows"),
    "standing": N_("Filings"),
    "identity": N_("One customer and households"),
    "calendar": N_("Working days"),
    "powers": N_("Who decides"),
    "instances": N_("Who decides"),
    "precedence": N_("Which rule goes first"),
    "tie": N_("Where several are equal"),
    "no_rule": N_("Where no rule decides"),
    "names": N_("What things are called"),
    "clauses": N_("Clauses"),
    "says": N_("What the clauses say"),
    "rule": N_("Rules"),
    "fallback": N_("Rules where no other decided"),
    "scorecard": N_("Scorecard"),
    "scorecard.row": N_("Rows of the scorecard"),
    "warning": N_("Warnings"),
    "sanction": N_("Sanctions"),
    "rate": N_("Rates"),
    "leave_out": N_("Whose entries are left out"),
}
_HEAD = {
    "id": N_("policy"),
    "version": N_("edition"),
    "title": N_("full title"),
    "source": N_("source"),
    "applies_from": N_("deals from"),
    "applies_to": N_("deals until"),
    "otherwise": N_("deals of other days"),
}


def difference_lines(
    changes: Sequence[Change], a: Policy, b: Policy, *, width: int, fold: bool, code: bool = False
) -> Iterator[str]:
    """The lines of the document, laid out for a width of so many cells."""
    for name, policy in (("A", a), ("B", b)):
        yield from key_lines({name: f"{policy.id}  {policy.version}  {policy.digest}"})
    if not changes:
        yield ""
        yield tr("The two say the same.")
        return
    pages = {name: Page(policy, width, fold, code) for name, policy in (("A", a), ("B", b))}
    title = ""
    for change in changes:
        heading = tr(_SECTIONS[change.section])
        if heading != title:
            title = heading
            yield ""
            yield title
            yield "-" * min(cells(title), width)
        yield ""
        yield from _lines(change, pages)


def _lines(change: Change, pages: Mapping[str, Page]) -> Iterator[str]:
    if change.change == MOVED:
        text = tr("  moved from place {a} to place {b}: {rule}")
        yield text.format(
            a=change.places[0], b=change.places[1], rule=pages["B"].clause_name(change.key)
        )
        return
    for name, item, place in (
        ("A", change.a, change.places[0]),
        ("B", change.b, change.places[1]),
    ):
        if item is None and change.change in (ADDED, REMOVED):
            continue
        mark = {ADDED: tr("only in B"), REMOVED: tr("only in A")}.get(change.change, name)
        yield tr("{label}:").format(label=mark)
        yield from item_lines(change.section, change.key, item, place, pages[name])


def item_lines(section: str, key: str, item: Any, place: int | None, page: Page) -> Iterator[str]:
    """One item of a policy in prose, without empty lines."""
    for line in _item(section, key, item, place, page):
        if line:
            yield line


def _item(section: str, key: str, item: Any, place: int | None, page: Page) -> Iterator[str]:
    if item is None:
        yield from page.prose(f"{safe(key)}: –", 2)
    elif section == "policy":
        text = say(item) if isinstance(item, Bilingual) else safe(value_text(item))
        yield from page.prose(tr("{label}: {text}").format(label=tr(_HEAD[key]), text=text), 2)
    elif section == "parameters":
        yield from page.parameter(item)
    elif section == "entries":
        yield from page.entry_class(item)
    elif section == "findings":
        yield from page.question(item)
    elif section == "let":
        yield from page.clause(N_("{label}: {text}"), page.value(item), 2, page.title(key))
        yield from page.as_written("let", item, 6)
    elif section in ("rule", "fallback"):
        yield from page.rule(item, place or 0)
    elif section == "windows":
        yield from page.prose(tr("Window {name}").format(name=page.title(key)), 2)
        yield from page.facts(item, 4)
    elif isinstance(item, Bilingual):
        yield from page.prose(tr("{label}: {text}").format(label=safe(key), text=say(item)), 2)
    elif section == "scorecard.row":
        yield from page.prose(f"{safe(item.id)}  {say(item.text)}", 2)
        yield from page.facts({k: v for k, v in item.table.items() if k in item.table}, 6)
    elif isinstance(item, Mapping) and not key:
        yield from page.facts({name: _plain(value) for name, value in item.items()})
    else:
        yield from page.facts({key: _plain(item)})


def _plain(value: Any) -> Any:
    return say(value) if isinstance(value, Bilingual) else value


# --------------------------------------------------------------------------- for programs


def difference_data(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The changes in JSON, with the items as a policy file has them."""
    return [
        {
            "section": change.section,
            "key": change.key,
            "change": change.change,
            "a": _data(change.a),
            "b": _data(change.b),
            "places": list(change.places) if change.section in ("rule", "fallback") else None,
        }
        for change in changes
    ]


def _data(item: Any) -> Any:
    if hasattr(item, "_asdict"):
        return {name: _data(value) for name, value in item._asdict().items() if name != "place"}
    if isinstance(item, Mapping):
        return {str(name): _data(value) for name, value in item.items()}
    if isinstance(item, list | tuple):
        return [_data(value) for value in item]
    if item is None or isinstance(item, str | int | float | bool):
        return item
    return str(item)
