"""`policy check --exhaustive`: small histories tried on a policy, and what it comes to."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from conflictctl.cli.output import opened_output
from conflictctl.cli.progress import progress_bar
from conflictctl.render.language import tr

if TYPE_CHECKING:
    from conflictctl.render.lint_report import LintReport

BOUND, BUDGET = 5, 50
"""Entries of a history at most, and seconds of the processor."""
ZONE = "Asia/Shanghai"
"""Where small histories take place, as worked cases do that name no zone."""
_TOLD_EVERY = 200
"""So many times the clock is read before the bar moves."""


def show_exhaustive(
    policy: str, form: str, bound: int, budget: int, save: str | None, *, force: bool
) -> int:
    """Try, show, write the cases if they were asked for; return how many findings call for a
    look."""
    from conflictctl.adjudication.lint_told import worth_a_look

    report = made(policy, bound, budget)
    if form == "json":
        from conflictctl.render.json_text import write_json
        from conflictctl.render.lint_report import report_data

        write_json(report_data(report), sys.stdout, indent=True)
    else:
        from conflictctl.render.lint_report import report_lines
        from conflictctl.render.terminal import is_terminal, width

        for line in report_lines(report, width=min(width(), 100), fold=is_terminal()):
            print(line)
    if save is not None:
        _save(save, report, force=force)
    return worth_a_look(report.told)


def made(named: str, bound: int, budget: int) -> LintReport:
    """The report on the latest edition of a policy."""
    from conflictctl.adjudication.backtest import laid_over
    from conflictctl.adjudication.lint_findings import findings_of
    from conflictctl.adjudication.lint_search import Search
    from conflictctl.adjudication.lint_space import space_of
    from conflictctl.adjudication.lint_told import told
    from conflictctl.adjudication.lint_trial import Trial
    from conflictctl.calendar import Calendar
    from conflictctl.policy.model import load_policy
    from conflictctl.policy.program import compiled
    from conflictctl.render.lint_report import LintReport

    policy = load_policy(named)._replace(editions=())
    everyday = laid_over(policy)
    trial = Trial(space_of(compiled(everyday, {}), Calendar(ZONE)), {})
    with progress_bar(tr("Trying small histories")) as hear:
        harvest = Search(trial, bound, _clock(budget, hear)).run()
    findings = findings_of(trial, harvest, bound)
    return LintReport(
        policy, trial.space.stage, findings, tuple(told(findings, trial.program.values))
    )


def _clock(budget: int, hear: Callable[[int, int], None] | None) -> Callable[[float], bool]:
    """Whether less than a share of the processor's time is spent: so a busy machine tries as
    much as an idle one."""
    begun, asked = time.process_time(), 0

    def left(share: float) -> bool:
        nonlocal asked
        spent = time.process_time() - begun
        asked += 1
        if hear is not None and asked % _TOLD_EVERY == 0:
            hear(int(spent), budget)
        return spent < budget * share

    return left


def _save(folder: str, report: LintReport, *, force: bool) -> None:
    """One file of worked cases for each section."""
    from conflictctl.adjudication.case_text import case_file
    from conflictctl.render.lint_report import worked_cases

    Path(folder).mkdir(parents=True, exist_ok=True)
    for section, cases in worked_cases(report):
        path = Path(folder) / f"{section}.cases.toml"
        with opened_output(str(path), force=force) as out:
            out.write(case_file(report.policy.id, report.stage, cases))
