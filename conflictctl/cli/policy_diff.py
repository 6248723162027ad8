"""`policy diff`: what changed between two policies, and the smallest history that shows it."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conflictctl.cli.options import format_option, whole_number
from conflictctl.cli.output import FORCE, opened_output
from conflictctl.cli.policy_choice import policy_named
from conflictctl.cli.session import session_of
from conflictctl.errors import WrongUsage
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conflictctl.adjudication.smallest_difference import Search, Searcher
    from conflictctl.policy.model import Policy

SUMMARY = N_(
    "What changed between two policies, and a smallest history on which they rule differently.\n\n"
    "A and B are ids, editions (ID@EDITION), files or folders; of a policy with several editions "
    "the latest is meant.  Every parameter, class, rule and the rest that differs is shown in "
    "both texts.  Then small histories are tried in order of size until the two differ.\n\n"
    "  conflictctl policy diff renault-zibo-2013 our-policy.toml\n"
    "  conflictctl policy diff our-policy@2025-01-01 our-policy@2026-01-01 --histories 200000\n"
    "  conflictctl policy diff renault-zibo-2013 --set-b level_limit_days.H=5 --save differs.toml"
)
MOST_ENTRIES, MOST_HISTORIES = 4, 20_000
ZONE = "Asia/Shanghai"
"""Where small histories take place, as worked cases do that name no zone."""


def diff(
    ctx: typer.Context,
    a: Annotated[str, typer.Argument(metavar="A", help=N_("The one policy."))],
    b: Annotated[
        str | None, typer.Argument(metavar="B", help=N_("The other policy; A if left out."))
    ] = None,
    set_a: Annotated[
        list[str] | None,
        typer.Option(
            "--set-a", metavar="PARAM=VALUE", help=N_("Read one parameter of A otherwise.")
        ),
    ] = None,
    set_b: Annotated[
        list[str] | None,
        typer.Option(
            "--set-b", metavar="PARAM=VALUE", help=N_("Read one parameter of B otherwise.")
        ),
    ] = None,
    within: Annotated[
        list[str] | None,
        typer.Option(
            "--within",
            metavar="N|SECONDSs",
            help=N_(
                "How far to search: up to so many entries (4), for so many seconds (no limit); "
                "may be given twice.  0: do not search."
            ),
        ),
    ] = None,
    histories: Annotated[
        int,
        typer.Option(
            "--histories",
            metavar="N",
            parser=whole_number("--histories"),
            help=N_("How many histories to try at most; the same number, the same answer."),
        ),
    ] = MOST_HISTORIES,
    save: Annotated[
        str | None,
        typer.Option(
            "--save",
            metavar="FILE",
            help=N_("Write the history as a worked case, with the ruling under B."),
        ),
    ] = None,
    code: Annotated[
        bool, typer.Option("--code", help=N_("Show each condition as it is written, too."))
    ] = False,
    form: Annotated[str, format_option("table", "json")] = "table",
    force: Annotated[bool, FORCE] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=N_("End with 1 if anything differs."))
    ] = False,
) -> None:
    """Compare, search, show; write the case if one was asked for."""
    from conflictctl.policy.difference import difference
    from conflictctl.policy.model import settings_from

    entries, seconds = _bounds(within or [])
    session = session_of(ctx)
    register = None if session.missing() else session.open()
    first = _edition(policy_named(register, a))
    second = first if b is None else _edition(policy_named(register, b))
    settings = settings_from(first, set_a or []), settings_from(second, set_b or [])
    changes = difference(_with(first, settings[0]), _with(second, settings[1]))
    searcher, search = None, None
    if entries and changes:
        searcher = _searcher(first, second, settings)
        search = _search(searcher, entries, seconds, histories)
    if form == "json":
        from conflictctl.render.json_text import write_json

        write_json(
            _data(first, second, settings, changes, searcher, search), sys.stdout, indent=True
        )
    else:
        _show(changes, first, second, searcher, search, code=code)
    if save is not None:
        _save(save, searcher, search, second, settings[1], force=force)
    if exit_code and changes:
        raise typer.Exit(1)


def _bounds(within: Sequence[str]) -> tuple[int, float]:
    entries, seconds = MOST_ENTRIES, float("inf")
    for text in within:
        found = re.fullmatch(r"([0-9]{1,5})(s?)", text)
        if found is None or (not found[2] and int(found[1]) > 9):
            raise WrongUsage(
                Sentence("--within: {value} is neither entries nor seconds", value=text),
                Sentence("write up to 9 entries as 3, seconds as 30s"),
            )
        if found[2]:
            seconds = float(found[1])
        else:
            entries = int(found[1])
    return entries, seconds


def _edition(policy: Policy) -> Policy:
    """One edition alone: of several the latest."""
    return policy._replace(editions=())


def _with(policy: Policy, settings: dict[str, Any]) -> Policy:
    """The policy with settings as if they stood in its file."""
    return policy._replace(
        parameters={
            name: parameter._replace(default=settings[name]) if name in settings else parameter
            for name, parameter in policy.parameters.items()
        }
    )


def _searcher(a: Policy, b: Policy, settings: tuple[dict[str, Any], dict[str, Any]]) -> Searcher:
    from conflictctl.adjudication.backtest import Ruler, laid_over
    from conflictctl.adjudication.smallest_difference import Searcher
    from conflictctl.calendar import Calendar

    return Searcher(
        Ruler(laid_over(a), settings[0]),
        Ruler(laid_over(b), settings[1]),
        Calendar("Asia/Shanghai"),
    )


def _search(searcher: Searcher, entries: int, seconds: float, histories: int) -> Search:
    begun = time.monotonic()

    def left(share: float) -> bool:
        fast = time.monotonic() - begun < seconds * share
        return fast and searcher.tried < histories * share

    return searcher.search(entries, left)


def _show(
    changes: Any,
    a: Policy,
    b: Policy,
    searcher: Searcher | None,
    search: Search | None,
    *,
    code: bool,
) -> None:
    from conflictctl.render.policy_difference import difference_lines
    from conflictctl.render.small_history import search_lines
    from conflictctl.render.terminal import is_terminal, width

    for line in difference_lines(changes, a, b, width=width(), fold=is_terminal(), code=code):
        print(line)
    if searcher is not None and search is not None:
        print()
        for line in search_lines(search, searcher.stage):
            print(line)


def _data(
    a: Policy,
    b: Policy,
    settings: tuple[dict[str, Any], dict[str, Any]],
    changes: Any,
    searcher: Searcher | None,
    search: Search | None,
) -> dict[str, Any]:
    from conflictctl.adjudication.backtest import Ruler
    from conflictctl.render.backtest_report import policy_data
    from conflictctl.render.policy_difference import difference_data
    from conflictctl.render.small_history import search_data

    return {
        "a": policy_data(Ruler(a, settings[0]), a.digest),
        "b": policy_data(Ruler(b, settings[1]), b.digest),
        "changes": difference_data(changes),
        "search": None
        if searcher is None or search is None
        else search_data(search, searcher.stage),
    }


def _save(
    path: str,
    searcher: Searcher | None,
    search: Search | None,
    policy: Policy,
    settings: dict[str, Any],
    *,
    force: bool,
) -> None:
    if searcher is None or search is None or search.found is None or search.found.result.b is None:
        raise WrongUsage(
            Sentence("there is no history to be saved"),
            Sentence("a longer search may find one: --histories 200000"),
        )
    from conflictctl.adjudication.case_text import CaseText, case_file

    case = CaseText(
        Path(path).name.partition(".")[0] or "case",
        _title(searcher.a.policy.id),
        "policy diff",
        search.found.history,
        search.found.result.b,
        settings,
    )
    text = case_file(policy.id, searcher.stage, [case])
    with opened_output(path, force=force) as out:
        out.write(text)


def _title(other: str) -> tuple[str, str]:
    """What the case is called, in English and Chinese: a file of cases has both."""
    return f"Ruled otherwise than by {other}", f"与 {other} 判定不同"
