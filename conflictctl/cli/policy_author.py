"""`policy check`, `policy schema`, `policy new`: what an author of a policy needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from conflictctl.cli.options import format_option, whole_number
from conflictctl.cli.output import FORCE
from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.render.language import say, tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.policy.problems import Problem
    from conflictctl.policy.template import Answers

_T = TypeVar("_T")

CHECK = N_(
    "Find everything that is wrong or doubtful in a policy file.\n\n"
    "Every problem is shown with its place, the line, and what to write instead.  The command "
    "ends with 3 if there is an error; warnings alone end with 0, with --strict they count, too."
    "\n\n"
    "With --exhaustive small histories are then tried on it: two or three people, a few entries, "
    "days on either side of every limit.  Shown are rules that name different winners, that decide "
    "nothing, deals that no rule decides, hours that turn a ruling, parameters and what they turn, "
    "and what one contender can do alone; each with the smallest history found that shows it."
    "\n\n"
    "  conflictctl policy check our-policy.toml\n"
    "  conflictctl policy check our-policy.toml --exhaustive --save counterexamples"
)
SCHEMA = N_(
    "Print the JSON Schema of policy files.\n\n"
    "Editors complete and check by it while a policy is written: save it beside the policy and "
    "write #:schema ./policy.schema.json in the policy's first line.\n\n"
    "  conflictctl policy schema --out policy.schema.json"
)
NEW = N_(
    "Begin a policy: a complete file with comments, and worked cases beside it.\n\n"
    "On a terminal the questions are asked one by one; options answer them beforehand, and with "
    "--no-input nothing is asked.  --from copies a policy that comes with the program, and its "
    "cases.\n\n"
    "  conflictctl policy new our-policy.toml\n"
    "  conflictctl policy new our-policy.toml --from renault-zibo-2013 --id our-policy"
)


MOST_BOUND = 9
"""Entries of a small history; more take longer than anybody waits."""

# ------------------------------------------------------------------------------- check


def check_policy(
    policy: Annotated[str, typer.Argument(metavar="POLICY", help=N_("A policy's id or file."))],
    form: Annotated[str, format_option("table", "json")] = "table",
    strict: Annotated[
        bool, typer.Option("--strict", help=N_("Warnings count as errors, too."))
    ] = False,
    exhaustive: Annotated[
        bool, typer.Option("--exhaustive", help=N_("Try small histories on the policy."))
    ] = False,
    bound: Annotated[
        int | None,
        typer.Option(
            "--bound",
            metavar="N",
            parser=whole_number("--bound"),
            help=N_("Entries of a small history at most (5)."),
        ),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(
            "--budget",
            metavar="SECONDS",
            parser=whole_number("--budget"),
            help=N_("For how long to try at most, in seconds of the processor (50)."),
        ),
    ] = None,
    save: Annotated[
        str | None,
        typer.Option(
            "--save",
            metavar="FOLDER",
            help=N_("Write the histories as worked cases, with the rulings as they are."),
        ),
    ] = None,
    force: Annotated[bool, FORCE] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=N_("End with 1 if anything is worth a look."))
    ] = False,
) -> None:
    """Print the problems of every edition of a policy; exit with 3 if there is an error.

    With `exhaustive`, and where there is no error, what small histories show of it.
    """
    from conflictctl.policy.checking import check_editions
    from conflictctl.policy.model import policy_texts

    _only_exhaustive(exhaustive, bound=bound, budget=budget, save=save, exit_code=exit_code)
    texts = policy_texts(policy)
    problems = check_editions(texts)
    errors = sum(problem.severe for problem in problems)
    if exhaustive and not (errors or (strict and problems)):
        from conflictctl.cli.policy_exhaustive import BOUND, BUDGET, show_exhaustive

        if problems and form == "table":
            _show(problems, dict(texts), errors)
            print()
        number = show_exhaustive(policy, form, bound or BOUND, budget or BUDGET, save, force=force)
        if exit_code and number:
            raise typer.Exit(1)
        return
    if form == "json":
        from conflictctl.render.json_text import write_json
        from conflictctl.render.problem_lines import problem_data

        report = {
            "files": [name for name, _ in texts],
            "errors": errors,
            "warnings": len(problems) - errors,
            "problems": [problem_data(problem) for problem in problems],
        }
        write_json(report, sys.stdout, indent=True)
    else:
        _show(problems, dict(texts), errors)
    if errors or (strict and problems):
        raise typer.Exit(InputRejected.exit_code)


def _only_exhaustive(exhaustive: bool, **given: object) -> None:
    """Raise WrongUsage where an option is given that only the trying of histories takes."""
    for name, value in given.items():
        if value not in (None, False) and not exhaustive:
            option = f"--{name.replace('_', '-')}"
            raise WrongUsage(
                Sentence("{option} is for --exhaustive", option=option),
                Sentence("add --exhaustive, or leave it out"),
            )
    bound = given.get("bound")
    if isinstance(bound, int) and not 1 <= bound <= MOST_BOUND:
        raise WrongUsage(
            Sentence(
                "--bound: {value} is no number of entries from 1 to {most}",
                value=bound,
                most=MOST_BOUND,
            ),
            Sentence("5 entries show most of what there is"),
        )


def _show(problems: tuple[Problem, ...], texts: Mapping[str, str], errors: int) -> None:
    from conflictctl.policy.source import Source
    from conflictctl.render.problem_lines import problem_lines

    sources = {name: Source(text, name) for name, text in texts.items()}
    for problem in problems:
        source = sources.get(problem.file)
        line = source.excerpt(problem.line) if source is not None else ""
        for shown in problem_lines(problem, line):
            print(shown)
        print()
    if not problems:
        print(tr("no problems"))
    else:
        print(
            say(
                Sentence(
                    "errors: {errors}, warnings: {warnings}",
                    errors=errors,
                    warnings=len(problems) - errors,
                )
            )
        )


# ------------------------------------------------------------------------------ schema


def print_schema(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help=N_("Write it into this file."))
    ] = None,
) -> None:
    """Print or write the JSON Schema, its descriptions in the reader's language."""
    text = schema_text()
    if out is None:
        sys.stdout.write(text)
    else:
        from conflictctl.register.sqlite import check_link

        check_link(out)
        out.write_text(text, encoding="utf-8")


def schema_text() -> str:
    """The JSON Schema of policy files in the reader's language."""
    import json

    from conflictctl.policy.shape import SCHEMA as SHAPE
    from conflictctl.policy.shape import described

    return json.dumps(described(SHAPE, tr), ensure_ascii=False, indent=2) + "\n"


# --------------------------------------------------------------------------------- new


def new_policy(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=N_("The file to be written."))],
    preset: Annotated[
        str | None,
        typer.Option("--from", metavar="PRESET", help=N_("Copy this policy and its cases.")),
    ] = None,
    identity: Annotated[
        str | None, typer.Option("--id", metavar="ID", help=N_("The id of the new policy."))
    ] = None,
    title_en: Annotated[
        str | None, typer.Option("--title-en", metavar="TEXT", help=N_("Its title in English."))
    ] = None,
    title_zh: Annotated[
        str | None, typer.Option("--title-zh", metavar="TEXT", help=N_("Its title in Chinese."))
    ] = None,
    opens: Annotated[
        str | None,
        typer.Option(
            "--opens", metavar="visit|filing|assignment", help=N_("What opens a holding.")
        ),
    ] = None,
    days: Annotated[
        str | None,
        typer.Option(
            "--days", metavar="N", help=N_("How many days a holding lasts; 0: without end.")
        ),
    ] = None,
    keeps: Annotated[
        str | None,
        typer.Option(
            "--keeps", metavar="contact|visit|nothing", help=N_("What keeps a holding alive.")
        ),
    ] = None,
    idle_days: Annotated[
        str | None,
        typer.Option(
            "--idle-days", metavar="N", help=N_("After how many days without that it ends.")
        ),
    ] = None,
    claim_days: Annotated[
        str | None,
        typer.Option(
            "--claim-days",
            metavar="N",
            help=N_("Within how many days the holder has to claim a deal; 0: he need not."),
        ),
    ] = None,
    ties: Annotated[
        str | None,
        typer.Option(
            "--ties",
            metavar="closer|split|refer",
            help=N_("Who has the deal if nobody holds the customer and several were in contact."),
        ),
    ] = None,
    decides: Annotated[
        str | None,
        typer.Option(
            "--decides",
            metavar="sales_manager|department_head|panel|general_manager",
            help=N_("Who decides what the rules leave open."),
        ),
    ] = None,
    no_input: Annotated[
        bool, typer.Option("--no-input", help=N_("Ask nothing: options and defaults decide."))
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help=N_("Overwrite files that are there."))
    ] = False,
) -> None:
    """Write a policy file and its cases; refuses to overwrite without --force."""
    if file.suffix != ".toml" or file.name.endswith(".cases.toml"):
        raise WrongUsage(
            Sentence("{path}: a policy file ends in .toml", path=str(file)),
            Sentence("write {path}", path=f"{file.name.partition('.')[0]}.toml"),
        )
    targets = (file, file.with_suffix(".cases.toml"))
    for target in targets:
        if target.exists() and not force:
            raise WrongUsage(
                Sentence("{path} is there already", path=str(target)),
                Sentence("name another file, or overwrite it with --force"),
            )
    given = {
        "id": identity,
        "title_en": title_en,
        "title_zh": title_zh,
        "opens": opens,
        "days": days,
        "keeps": keeps,
        "idle_days": idle_days,
        "claim_days": claim_days,
        "ties": ties,
        "decides": decides,
    }
    if preset is not None:
        texts = _copied(preset, file, given)
    else:
        from conflictctl.policy.template import cases_text, policy_text

        ask = not no_input and sys.stdin.isatty() and sys.stdout.isatty()
        answers = _answers(file, given, ask=ask)
        texts = policy_text(answers), cases_text(answers)
    written = [
        target for target, text in zip(targets, texts, strict=True) if _written(target, text)
    ]
    print(say(Sentence("wrote {files}", files=[str(path) for path in written])))
    print(
        say(
            Sentence(
                "read it, change it, then run `conflictctl policy check {file}` and "
                "`conflictctl policy test {file}`",
                file=str(file),
            )
        )
    )


def _written(path: Path, text: str | None) -> bool:
    if text is None:
        return False
    from conflictctl.register.sqlite import check_link

    check_link(path)
    path.write_text(text, encoding="utf-8")
    return True


def _copied(preset: str, file: Path, given: Mapping[str, str | None]) -> tuple[str, str | None]:
    """A preset's text and cases under a new id."""
    from conflictctl.policy.model import load_policy, preset_ids, preset_text
    from conflictctl.policy.source import Source

    if preset not in preset_ids():
        raise WrongUsage(
            Sentence("no policy {id}", id=preset),
            Sentence("known are {known}", known=preset_ids()),
        )
    odd = next((name for name, value in given.items() if value is not None and name != "id"), None)
    if odd is not None:
        raise WrongUsage(
            Sentence(
                "--{option} answers a question that --from does not ask",
                option=odd.replace("_", "-"),
            ),
            Sentence("change it in the file afterwards"),
        )
    identity = _identity(given["id"] if given["id"] is not None else _stem(file))
    text = load_policy(preset).text
    copied = _put(text, Source(text, preset).position(("policy", "id")), identity)
    try:
        cases = preset_text(f"{preset}.cases.toml")
    except FileNotFoundError:
        return copied, None
    return copied, _put(cases, Source(cases, preset).position(("policy",)), identity)


def _put(text: str, place: tuple[int, int], value: str) -> str:
    """The text with another value in quotes at a place (line and column from 1)."""
    lines = text.split("\n")
    row, column = place[0] - 1, place[1] - 1
    quote = lines[row][column]
    end = lines[row].index(quote, column + 1)
    lines[row] = f'{lines[row][:column]}"{value}"{lines[row][end + 1 :]}'
    return "\n".join(lines)


# --------------------------------------------------------------------------- questions


def _answers(file: Path, given: Mapping[str, str | None], *, ask: bool) -> Answers:
    """What the options say; the rest is asked for, or has its default."""
    from conflictctl.policy.template import DECIDERS, KEEPS, OPENINGS, TIES, Answers
    from conflictctl.render.terms import TERMS

    deciders = {name: TERMS[name] for name in DECIDERS}
    usual = Answers("", "", "", "")

    def answer(
        name: str,
        question: str,
        default: str,
        read: Callable[[str], _T],
        choices: Mapping[str, str] | None = None,
    ) -> _T:
        value = given[name]
        if value is not None or not ask:
            try:
                return read(default if value is None else value)
            except WrongUsage as error:
                raise WrongUsage(
                    Sentence(
                        "--{option}: {problem}",
                        option=name.replace("_", "-"),
                        problem=error.message,
                    ),
                    error.hint,
                ) from None
        return _asked(question, default, read, choices or {})

    identity = answer("id", tr("The id of the policy"), _stem(file), _identity)
    title_en = answer(
        "title_en", tr("Its title in English"), f"Customer policy {identity}", _english
    )
    title_zh = answer("title_zh", tr("Its title in Chinese"), f"客户归属办法 {identity}", _chinese)
    opens = answer("opens", tr("What opens a holding"), usual.opens, _one(OPENINGS), OPENINGS)
    days = answer(
        "days",
        tr("How many days a holding lasts (0: without end)"),
        str(usual.days),
        _number(0),
    )
    keeps = answer("keeps", tr("What keeps a holding alive"), usual.keeps, _one(KEEPS), KEEPS)
    idle = usual.idle_days
    if keeps != "nothing":
        idle = answer(
            "idle_days", tr("After how many days without that it ends"), str(idle), _number(1)
        )
    claim = answer(
        "claim_days",
        tr("Within how many days the holder has to claim a deal another closed (0: he need not)"),
        str(usual.claim_days),
        _number(0),
    )
    ties = answer(
        "ties",
        tr("Who has the deal if nobody holds the customer and several were in contact"),
        usual.ties,
        _one(TIES),
        TIES,
    )
    decides = answer(
        "decides",
        tr("Who decides what the rules leave open"),
        usual.decides,
        _one(deciders),
        deciders,
    )
    return Answers(
        identity, _today(), title_en, title_zh, opens, days, keeps, idle, claim, ties, decides
    )


def _today() -> str:
    from datetime import date

    return date.today().isoformat()


def _asked(
    question: str, default: str, read: Callable[[str], _T], choices: Mapping[str, str]
) -> _T:
    """Ask until the answer can be read; an empty answer is the default."""
    for name, about in choices.items():
        print(f"  {name}: {tr(about)}")
    while True:
        try:
            text = input(f"{question} [{default}]: ").strip()
        except EOFError:
            print()
            raise WrongUsage(
                Sentence("the answers ended before the questions"),
                Sentence("--no-input asks nothing: options and defaults decide"),
            ) from None
        try:
            return read(text or default)
        except WrongUsage as error:
            print(say(error.message))
            if error.hint is not None:
                print(say(error.hint))


def _stem(file: Path) -> str:
    """An id after the file's name, where that can be one."""
    try:
        return _identity(file.name.removesuffix(".toml"))
    except WrongUsage:
        return "our-policy"


def _identity(text: str) -> str:
    import re

    from conflictctl.policy.model import preset_ids

    if not re.fullmatch(r"[A-Za-z0-9._-]{1,80}", text):
        raise WrongUsage(
            Sentence("{name} is no name", name=text[:60]),
            Sentence("write letters, digits, dots, - and _ only"),
        )
    if text in preset_ids():
        raise WrongUsage(
            Sentence("{id} is a policy that comes with the program", id=text),
            Sentence("give yours another id"),
        )
    return text


def _has_chinese(text: str) -> bool:
    return any("\u3400" <= char <= "\u9fff" for char in text)


def _english(text: str) -> str:
    if _has_chinese(text) or not text.strip() or not text.isprintable():
        raise WrongUsage(
            Sentence("{text} is no English title", text=text[:60]),
            Sentence("the Chinese title is asked for separately"),
        )
    return text


def _chinese(text: str) -> str:
    if not _has_chinese(text) or not text.isprintable():
        raise WrongUsage(
            Sentence("{text} is no Chinese title", text=text[:60]),
            Sentence("write it with Chinese characters"),
        )
    return text


def _one(choices: Mapping[str, Any]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise WrongUsage(
                Sentence("{value} is not one of {values}", value=text[:60], values=list(choices))
            )
        return text

    return read


def _number(least: int) -> Callable[[str], int]:
    from conflictctl.policy.template import MOST_DAYS

    def read(text: str) -> int:
        plain = text.isascii() and text.isdigit() and len(text) <= 4
        number = int(text) if plain else -1
        if not least <= number <= MOST_DAYS:
            raise WrongUsage(
                Sentence(
                    "{value} is no whole number from {least} to {most}",
                    value=text[:60],
                    least=least,
                    most=MOST_DAYS,
                )
            )
        return number

    return read
