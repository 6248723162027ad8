"""Everything that is wrong or doubtful in a policy file, all at once, in the file's order.

Judging needs a policy that compiles; its author needs more: what was forgotten, what is
never used, what can never decide.  Errors are what leaves a ruling open or makes the file
say something else than it seems to; warnings are what is merely suspicious.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from conflictctl.events import INSTANCES, ROLES, RULED_KINDS
from conflictctl.policy import shape
from conflictctl.policy.language import _offset_of, _source, parse
from conflictctl.policy.model import MOST_PROBLEMS, Policy, edited, located, policy_from, read_toml
from conflictctl.policy.problems import FaultyPolicy, Path, Problem, nearest
from conflictctl.policy.program import Program
from conflictctl.policy.quantity import is_time
from conflictctl.policy.reach import beaten_in_vain, dead_rules
from conflictctl.policy.source import Source
from conflictctl.wording import Sentence

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_LETTER = re.compile(r"[^\W\d_]")
_IN_BRACES = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

REFUSED_WORDS = (
    "own_word",
    "no_power",
    "not_valid",
    "late",
    "altered",
    "too_late",
    "too_early",
    "expired",
    "rejected",
    "not_told",
    "not_reached",
    "left_out",
    "void",
    "voided",
    "struck",
)
"""Words for why an entry is refused that readers are told in their own language."""


def check(text: str, name: str) -> tuple[Policy | None, tuple[Problem, ...]]:
    """The policy, if it could be read at all, and its problems in the order of the file.

    `name` is what the file is called in messages.  Raises nothing.
    """
    try:
        data, source = read_toml(text, name)
    except FaultyPolicy as error:
        return None, error.problems
    problems = list(islice(shape.faults(data), MOST_PROBLEMS))
    if problems:
        return None, _sorted(problems, source)
    policy, problems = _parsed(data, text, source)
    if policy is None or problems:
        return None, _sorted(problems, source)
    used: set[str] = set()
    program = Program(policy, {}, problems=problems, used=used)
    broken = bool(problems)
    for found in (
        _undeclared(policy),
        _uncited(policy, data),
        _untold(data),
        _untranslated(data),
        _bad_ranges(data),
        _bad_classes(policy),
        _bad_holding(policy),
        _bad_grounds(policy),
        _bad_lengths(policy, data),
        _bad_levels(policy, data),
        _circular_classes(policy),
        _bad_strikes(policy),
        _no_levels(policy, data),
        _deaf_filters(policy, data),
        _bad_sanctions(policy),
        _bad_roles(policy),
        _bad_rows(policy),
        _own_totals(policy, data),
        _bad_names(policy),
        beaten_in_vain(policy),
        () if broken else dead_rules(program),
        _unused(policy, data, used, broken=broken),
    ):
        problems += found
    return policy, _sorted(problems, source)


def check_editions(texts: Sequence[tuple[str, str]]) -> tuple[Problem, ...]:
    """The problems of all editions of a policy, given as names and texts, edition by edition."""
    checked = [check(text, name) for name, text in texts]
    found = [problem for _, problems in checked for problem in problems]
    policies = [policy for policy, _ in checked if policy is not None]
    if len(policies) == len(texts) > 1:
        try:
            edited(policies)
        except FaultyPolicy as error:
            found += error.problems
    return tuple(found)


def _sorted(problems: list[Problem], source: Source) -> tuple[Problem, ...]:
    if not problems:
        return ()
    placed = located(FaultyPolicy(problems[:MOST_PROBLEMS]), source).problems
    return tuple(dict.fromkeys(placed))


def _parsed(
    data: Mapping[str, Any], text: str, source: Source
) -> tuple[Policy | None, list[Problem]]:
    """The policy; where parts of it cannot be read, what is wrong with each of them."""
    problems: list[Problem] = []
    left: dict[Any, Any] = {
        key: dict(value) if isinstance(value, dict) else list(value) for key, value in data.items()
    }
    numbers = {key: list(range(len(left.get(key, ())))) for key in _PARTS if key != "parameters"}
    while len(problems) < MOST_PROBLEMS:
        try:
            return policy_from(left, text, source), problems
        except FaultyPolicy as error:
            (problem,) = error.problems
            section, item = problem.path[0], problem.path[1]
            if section not in _PARTS:
                return None, [*problems, problem]
            del left[section][item]
            if isinstance(item, int):
                item = numbers[section].pop(item)
            problems.append(problem._replace(path=(section, item, *problem.path[2:])))
    return None, problems


_PARTS = ("parameters", "rule", "fallback")
"""Sections of which a faulty part can be left out to look at the others."""


# ------------------------------------------------------------------ what has to be said


def _undeclared(policy: Policy) -> Iterator[Problem]:
    """What must be declared, so that nobody has to guess: precedence, ties, open customers."""
    first: Path = ("rule", 0)
    if not policy.precedence:
        yield Problem(
            first,
            None,
            Sentence("[precedence] is missing: which rule goes before which?"),
            Sentence(
                'write [precedence] with order = "listed" and why = {example}, '
                'or order = "declared"',
                example='{ en = "...", zh = "..." }',
            ),
        )
    elif policy.precedence["order"] == "listed" and "why" not in policy.precedence:
        yield Problem(
            ("precedence",),
            None,
            Sentence("{key} is missing", key="why"),
            Sentence(
                "add why = {example}: why the rules stand in this order",
                example='{ en = "...", zh = "..." }',
            ),
        )
    if not policy.tie:
        yield Problem(
            ("no_rule",),
            None,
            Sentence("[tie] is missing: what holds where several are equal?"),
            Sentence(
                'write [tie] with refer = "{instance}" and why = {example}',
                instance=policy.no_rule["refer"],
                example='{ en = "...", zh = "..." }',
            ),
        )
    if policy.rules and not any(rule.stage == "open" for rule in policy.rules):
        yield Problem(
            first,
            None,
            Sentence("no rule says who holds a customer while there is no deal"),
            Sentence(
                'add a rule with stage = "open" and then.hold, or then.nobody = true if nobody does'
            ),
            severe=False,
        )


def _uncited(policy: Policy, data: Mapping[str, Any]) -> Iterator[Problem]:
    """Clauses that are cited and have no title; parameters that cite none."""
    for place, clause in _citations(policy, data):
        if clause not in policy.clauses:
            yield Problem(
                place,
                None,
                Sentence("the clause {clause} is not in [clauses]", clause=clause),
                nearest(clause, policy.clauses)
                if policy.clauses
                else Sentence(
                    'write [clauses] with "{clause}" = {example}',
                    clause=clause,
                    example='{ en = "...", zh = "..." }',
                ),
            )
    for name, parameter in policy.parameters.items():
        if parameter.clause is None:
            yield Problem(
                ("parameters", name),
                None,
                Sentence("the parameter names no clause"),
                Sentence('add clause = "...": where the text says it, or leaves it open'),
            )


def _citations(policy: Policy, data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for section in ("rule", "fallback", "rate", "sanction"):
        for number, table in enumerate(data.get(section, ())):
            yield (section, number, "clause"), table["clause"]
    for section in ("parameters", "findings"):
        for name, table in data.get(section, {}).items():
            if "clause" in table:
                yield (section, name, "clause"), table["clause"]
    for section in ("no_rule", "instances"):
        if data.get(section, {}).get("clause"):
            yield (section, "clause"), data[section]["clause"]
    by_unit = policy.instances.get("by_unit", {})
    for key in ("one", "several"):
        if key in by_unit:
            yield ("instances", "by_unit", key, "clause"), by_unit[key]["clause"]


def _untold(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Rules that cannot say why they do not apply; facts of which nobody knows who has them."""
    for section in ("rule", "fallback"):
        for number, table in enumerate(data.get(section, ())):
            if "why_not" not in table and "note" not in table["then"]:
                yield Problem(
                    (section, number),
                    None,
                    Sentence("{key} is missing", key="why_not"),
                    Sentence(
                        "add why_not.en and why_not.zh: what is said where the rule does not apply"
                    ),
                    severe=False,
                )
    for name, table in data.get("findings", {}).items():
        if "from" not in table:
            yield Problem(
                ("findings", name),
                None,
                Sentence("{key} is missing", key="from"),
                Sentence('add from = "department_head": who supplies this fact'),
                severe=False,
            )


def _untranslated(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Sentences in one language under the name of the other."""
    todo: list[tuple[Path, Any]] = [((), data)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, list):
            todo += [((*path, number), item) for number, item in enumerate(value)]
        elif isinstance(value, dict):
            todo += [((*path, key), item) for key, item in value.items()]
            english, chinese = value.get("en"), value.get("zh")
            if not (isinstance(english, str) and isinstance(chinese, str)):
                continue
            if _HAN.search(english):
                yield Problem(
                    (*path, "en"),
                    None,
                    Sentence("en is not translated: it has Chinese characters"),
                    Sentence("write the English sentence in `en`"),
                    severe=False,
                )
            bare = _IN_BRACES.sub("", chinese)
            if not _HAN.search(bare) and _LETTER.search(bare):
                yield Problem(
                    (*path, "zh"),
                    None,
                    Sentence("zh is not translated: it has no Chinese character"),
                    Sentence("write the Chinese sentence in `zh`"),
                    severe=False,
                )
            for language, text in (("en", english), ("zh", chinese)):
                if not text.strip():
                    yield Problem(
                        (*path, language),
                        None,
                        Sentence("the text is empty"),
                        Sentence("write the sentence in `{language}`", language=language),
                    )


# ------------------------------------------------------------------- values and tables


def _bad_ranges(data: Mapping[str, Any]) -> Iterator[Problem]:
    for name, table in data.get("parameters", {}).items():
        low, high = table.get("minimum"), table.get("maximum")
        if low is not None and high is not None and low > high:
            yield Problem(
                ("parameters", name, "minimum"),
                None,
                Sentence("the least value is greater than the greatest"),
                Sentence("exchange minimum and maximum"),
            )
        for number, one in enumerate(table.get("dated", ())):
            yield from _backwards(one, ("parameters", name, "dated", number))
    yield from _backwards(data.get("applies_to", {}), ("applies_to",))


def _backwards(table: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    since, until = table.get("from"), table.get("to")
    if since is not None and until is not None and since > until:
        yield Problem(
            (*path, "to"),
            None,
            Sentence("`to` is before `from`"),
            Sentence("`to` is the last day, `from` the first"),
        )


def _bad_holding(policy: Policy) -> Iterator[Problem]:
    """Keys of [holding] that do nothing without another."""
    table = policy.holding
    for key, needed in (
        ("lasts", "opens"),
        ("granted_by", "opens"),
        ("renews", "opens"),
        ("extends", "opens"),
        ("releases", "opens"),
        ("idle", "keeps"),
        ("lapse", "idle"),
        ("extension", "extends"),
        ("grounds", "transfers"),
    ):
        if needed == "opens" and "transfers" in table:
            continue  # whoever is appointed holds the customer, too
        if table.get(key) and table.get(key) != "exposes" and needed not in table:
            yield Problem(
                ("holding", key),
                None,
                Sentence("`{key}` does nothing without `{needed}`", key=key, needed=needed),
                Sentence(
                    "add {key}: {about}",
                    key=needed,
                    about=Sentence(
                        shape.SCHEMA["properties"]["holding"]["properties"][needed]["description"]
                    ),
                ),
                severe=False,
            )


def _bad_classes(policy: Policy) -> Iterator[Problem]:
    """Words for why an entry is refused that nobody can be told."""
    for name, spec in policy.classes.items():
        if spec.refused is not None and spec.refused not in REFUSED_WORDS:
            yield Problem(
                ("entries", name, "refused"),
                None,
                Sentence("{name} is no word for why an entry is refused", name=spec.refused),
                nearest(spec.refused, REFUSED_WORDS),
            )


def _bad_grounds(policy: Policy) -> Iterator[Problem]:
    """Transfers that need a departure which this policy never looks at."""
    ends_on = policy.holding.get("ends_on", ())
    for cause, ground in policy.holding.get("grounds", {}).items():
        if ground != "departure" or cause in ends_on:
            continue
        yield Problem(
            ("holding", "grounds", cause),
            None,
            Sentence(
                "no departure is ever the ground of a transfer with the cause {cause}", cause=cause
            ),
            Sentence('add "{cause}" to ends_on, or name another ground', cause=cause)
            if cause in _DEPARTURES
            else Sentence(
                "departures are {names} only; name another ground", names=", ".join(_DEPARTURES)
            ),
            severe=False,
        )


_DEPARTURES = ("left", "moved")
"""Causes of a transfer that are departures, as `ends_on` names them."""


def _bad_lengths(policy: Policy, data: Mapping[str, Any]) -> Iterator[Problem]:
    """What is no length of time where one belongs: nothing would ever run out."""
    for key in ("lasts", "idle", "extension"):
        text = policy.holding.get(key)
        where: Path = ("holding", key)
        yield from _no_length(policy, text, where, _tree(text, where) if text is not None else None)
    for path, text in _conditions(data):
        for call in _calls(text, path, "span"):
            yield from _no_length(policy, text, path, call.args[0] if call.args else None)


def _no_length(
    policy: Policy, text: str | None, path: Path, tree: ast.expr | None
) -> Iterator[Problem]:
    """A whole table, or numbers of no unit of time, among what an expression can come out as."""
    for node in _outcomes(tree):
        looked_up = isinstance(node, ast.Call) and ast.unparse(node.func) == "lookup" and node.args
        named = node.args[0] if isinstance(node, ast.Call) and looked_up else node
        parameter = policy.parameters.get(named.id) if isinstance(named, ast.Name) else None
        if parameter is None:
            continue
        if parameter.type == "table" and not looked_up:
            yield Problem(
                path,
                _offset_of(str(text), node),
                Sentence("{name} is a whole table, not one length of time", name=parameter.name),
                Sentence(
                    "write lookup({name}, ...), with what chooses the row", name=parameter.name
                ),
            )
        elif not is_time(parameter.unit):
            yield Problem(
                path,
                _offset_of(str(text), node),
                Sentence("{text} is no length of time", text=parameter.name),
                Sentence("give the parameter a unit: days, working_days, hours ..."),
            )


def _outcomes(node: ast.expr | None) -> Iterator[ast.expr]:
    """What an expression can come out as: the ends of its branches."""
    if isinstance(node, ast.IfExp):
        yield from _outcomes(node.body)
        yield from _outcomes(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for one in node.values:
            yield from _outcomes(one)
    elif node is not None:
        yield node


def _tree(text: str, path: Path) -> ast.expr | None:
    """A condition, parsed; None where that fails, which is said elsewhere."""
    try:
        return parse(text, path)
    except FaultyPolicy:
        return None


def _calls(text: str, path: Path, *names: str) -> Iterator[ast.Call]:
    """The calls of some words in a condition; of all, where none is named."""
    if names and not any(name in text for name in names):
        return
    tree = _tree(text, path)
    for node in ast.walk(tree) if tree is not None else ():
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and (not names or node.func.id in names)
        ):
            yield node


class _Asking(NamedTuple):
    """A place in a class of entries that takes a look at all of a class."""

    path: Path
    offset: int | None
    word: str
    asked: str


def _circular_classes(policy: Policy) -> Iterator[Problem]:
    """Classes that rest on themselves, and so could never be told apart."""
    asking = {name: list(_askings(policy, name)) for name in policy.classes}
    beyond = {name: {one.asked for one in found} for name, found in asking.items()}
    for name, spec in policy.classes.items():
        beyond[name].add(spec.parent or "")
    for name, found in asking.items():
        for one in found:
            if name not in _reached(one.asked, beyond):
                continue
            if one.word == "level_then":
                yield Problem(
                    one.path,
                    one.offset,
                    Sentence("the entries that set the level cannot rest on the level"),
                    Sentence(
                        "name another class as levels of [holding], or ask for the field `level`"
                    ),
                )
            else:
                yield Problem(
                    one.path,
                    one.offset,
                    Sentence(
                        "{name} rests on itself: {word} looks at it", name=name, word=one.word
                    ),
                    Sentence("let it look at another class of entries"),
                )


def _askings(policy: Policy, name: str) -> Iterator[_Asking]:
    """Where a class asks for findings, decisions or the level."""
    spec = policy.classes[name]
    if spec.question is not None and spec.question in policy.findings:
        asked = policy.findings[spec.question].entries
        yield _Asking(("entries", name, "question"), None, "question", asked)
    for key in ("when", "valid", "doubt"):
        path: Path = ("entries", name, key)
        text = getattr(spec, key) or ""
        for call in _calls(text, path, "found", "decided", "level_then"):
            word = ast.unparse(call.func)
            yield _Asking(path, _offset_of(text, call), word, _class_asked(policy, call))


def _reached(start: str, beyond: Mapping[str, set[str]]) -> set[str]:
    """A class and all that it rests on."""
    found: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += beyond.get(name, ())
    return found


def _no_levels(policy: Policy, data: Mapping[str, Any]) -> Iterator[Problem]:
    """Asking for the level where nothing sets one."""
    for path, text in _conditions(data) if "levels" not in policy.holding else ():
        for call in _calls(text, path, "level_then"):
            yield Problem(
                path,
                _offset_of(text, call),
                Sentence(
                    "`{key}` does nothing without `{needed}`", key="level_then", needed="levels"
                ),
                Sentence(
                    "add {key}: {about}",
                    key="levels",
                    about=Sentence(
                        shape.SCHEMA["properties"]["holding"]["properties"]["levels"]["description"]
                    ),
                ),
                severe=False,
            )


def _class_asked(policy: Policy, call: ast.Call) -> str:
    """The class of entries that a call of a condition on one entry looks at; "" for none."""
    word = ast.unparse(call.func)
    if word != "found":
        section, key = _CLASS_OF[word]
        return str(getattr(policy, section).get(key, ""))
    name = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    return policy.findings[str(name)].entries if str(name) in policy.findings else ""


_CLASS_OF = {"decided": ("standing", "decisions"), "level_then": ("holding", "levels")}
"""Words that look at a whole class of entries, and the key that names it."""


def _bad_strikes(policy: Policy) -> Iterator[Problem]:
    """What cannot be asked of a finding while it is not yet settled which entries stand."""
    path: Path = ("powers", "strike")
    text = policy.powers.get("strike", "")
    for call in _calls(text, path, *_BEFORE_ANY_DEAL):
        yield Problem(
            path,
            _offset_of(text, call),
            Sentence("{text} cannot be asked where a finding strikes entries", text=_source(call)),
            Sentence("ask for facts of the finding, above_parties(), no_party() or given(...)"),
        )


_BEFORE_ANY_DEAL = (
    "absent",
    "attribute",
    "cancelled",
    "decided",
    "entered_within",
    "found",
    "has_power",
    "level_then",
    "taken_back",
)
"""Words that look at a deal; strikes are settled before there is one."""

_SPEAKS_OF = ("on", "against", "voids", "corrects")
"""Fields in which an entry names another one."""


def _deaf_filters(policy: Policy, data: Mapping[str, Any]) -> Iterator[Problem]:
    """`on=` asked of entries that never speak of another one."""
    for path, text in _conditions(data):
        for call in _calls(text, path) if "on" in text else ():
            chosen = call.args[0] if call.args else None
            if not (isinstance(chosen, ast.Name) and chosen.id in policy.classes):
                continue
            kinds = _kinds_of(policy, chosen.id)
            if not any(word.arg == "on" for word in call.keywords) or any(
                field in RULED_KINDS[kind].fields for kind in kinds for field in _SPEAKS_OF
            ):
                continue
            yield Problem(
                path,
                _offset_of(text, call),
                Sentence(
                    "entries of the class {name} never speak of another entry", name=chosen.id
                ),
                Sentence(
                    "kinds that do: {names}",
                    names=", ".join(
                        kind
                        for kind, spec in RULED_KINDS.items()
                        if not set(_SPEAKS_OF).isdisjoint(spec.fields)
                    ),
                ),
                severe=False,
            )


def _kinds_of(policy: Policy, name: str) -> tuple[str, ...]:
    """The kinds of event that a class is made of, its own or those of the class it narrows."""
    spec = policy.classes.get(name)
    if spec is None:
        return ()
    return tuple(spec.kinds) or _kinds_of(policy, spec.parent or "")


def _bad_levels(policy: Policy, data: Mapping[str, Any]) -> Iterator[Problem]:
    """Levels that the table of the longest gaps does not know."""
    limits = policy.parameters.get(str(policy.holding.get("limits", "")))
    if limits is None or not isinstance(limits.default, Mapping):
        return
    levels = set(limits.default)
    default = policy.parameters.get(str(policy.holding.get("default_level", "")))
    if default is not None and default.default is not None and default.default not in levels:
        yield _no_level(("parameters", default.name, "default"), None, default.default, levels)
    for path, text in _conditions(data):
        for offset, level in _levels_in(text, path):
            if level not in levels:
                yield _no_level(path, offset, level, levels)


def _no_level(path: Path, offset: int | None, level: object, levels: set[str]) -> Problem:
    return Problem(
        path,
        offset,
        Sentence("{level} is no level of the table of limits", level=str(level)),
        nearest(str(level), levels),
        severe=False,
    )


def _levels_in(text: str, path: Path) -> Iterator[tuple[int | None, str]]:
    """The levels that a condition compares with, and where they stand in it."""
    tree = _tree(text, path) if "level" in text else None
    for node in ast.walk(tree) if tree is not None else ():
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        if not any(_is_level(side) for side in sides):
            continue
        for side in sides:
            for one in side.elts if isinstance(side, (ast.List, ast.Tuple)) else (side,):
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    plain = text.find(f"'{one.value}'")
                    yield (plain if plain >= 0 else None), one.value


def _is_level(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "level"
    return isinstance(node, ast.Name) and node.id == "level"


def _conditions(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Every condition of a file with its place, by the shape of policy files."""
    todo: list[tuple[Path, Any, Any]] = [((), data, shape.SCHEMA)]
    while todo:
        path, value, schema = todo.pop()
        if not isinstance(schema, dict):
            continue
        if isinstance(value, dict):
            known, free = schema.get("properties", {}), schema.get("additionalProperties")
            todo += [((*path, key), item, known.get(key, free)) for key, item in value.items()]
        elif isinstance(value, list):
            todo += [
                ((*path, number), item, schema.get("items")) for number, item in enumerate(value)
            ]
        elif isinstance(value, str) and "maxLength" in schema:
            yield path, value


def _bad_sanctions(policy: Policy) -> Iterator[Problem]:
    choices = RULED_KINDS["sanction"].fields["measure"].choices or ()
    questions = {question.question for question in policy.findings.values()}
    for number, table in enumerate(policy.sanctions):
        where: Path = ("sanction", number)
        if questions and table["question"] not in questions:
            yield Problem(
                (*where, "question"),
                None,
                Sentence("no finding asks the question {name}", name=table["question"]),
                nearest(table["question"], questions),
            )
        if "measure" not in table and "ladder" not in table:
            yield Problem(
                where,
                None,
                Sentence("{key} is missing", key="measure"),
                Sentence("add measure = one of {names}, or a ladder of them", names=choices),
            )
        steps: list[tuple[Path, Any]] = [(where, table)]
        steps += [((*where, "ladder", n), step) for n, step in enumerate(table.get("ladder", ()))]
        for place, step in steps:
            if "measure" in step and step["measure"] not in choices:
                yield Problem(
                    (*place, "measure"),
                    None,
                    Sentence("{name} is no measure", name=step["measure"]),
                    nearest(step["measure"], choices),
                )
            if "amount" in step and step["amount"] not in policy.parameters:
                yield Problem(
                    (*place, "amount"),
                    None,
                    Sentence("no parameter {name}", name=step["amount"]),
                    nearest(step["amount"], policy.parameters),
                )


def _bad_roles(policy: Policy) -> Iterator[Problem]:
    """Roles that nobody can have, where only roles can stand."""
    places: list[tuple[Path, str, tuple[str, ...]]] = []
    for name, roles in policy.instances.get("powers", {}).items():
        places += [
            (("instances", "powers", name, number), role, ROLES)
            for number, role in enumerate(roles)
        ]
    if "by_unit" in policy.instances:
        places.append(
            (("instances", "by_unit", "role"), policy.instances["by_unit"]["role"], ROLES)
        )
    if "mends" in policy.powers:
        places.append((("powers", "mends", "role"), policy.powers["mends"]["role"], ROLES))
    above = policy.powers.get("above_parties", "")
    places += [
        (("words", above, number), role, ROLES)
        for number, role in enumerate(policy.words.get(above, ()))
    ]
    known = tuple(dict.fromkeys((*ROLES, *INSTANCES)))
    places += [
        (("findings", name, "from"), question.supplier, known)
        for name, question in policy.findings.items()
        if question.supplier is not None
    ]
    for path, role, roles in places:
        if role not in roles:
            yield Problem(
                path,
                None,
                Sentence("{name} is no role", name=role)
                if roles is ROLES
                else Sentence("{name} is neither a role nor an instance", name=role),
                nearest(role, roles),
            )


def _own_totals(policy: Policy, data: Mapping[str, Any]) -> Iterator[Problem]:
    """Parts of the scorecard that ask for the totals it has yet to work out."""
    asking = {name for name, text in policy.lets.items() if "score" in _WORD.findall(text)}
    before = 0
    while len(asking) > before:
        before = len(asking)
        asking |= {
            name for name, text in policy.lets.items() if asking.intersection(_WORD.findall(text))
        }
    for path, text in _conditions(data):
        if path[0] == "scorecard" and {"score", *asking}.intersection(_WORD.findall(text)):
            yield Problem(
                path,
                None,
                Sentence("the scorecard cannot rest on its own totals"),
                Sentence("compare what gives the points, not score(...)"),
            )


def _bad_rows(policy: Policy) -> Iterator[Problem]:
    """Rows of the scorecard that mean another, or each other."""
    where: Path = ("scorecard", "row")
    ids = {row.id for row in policy.rows}
    always = set()
    for number, row in enumerate(policy.rows):
        other = row.table.get("not_for")
        if other is not None and (other not in ids or other == row.id):
            yield Problem(
                (*where, number, "not_for"),
                None,
                Sentence("no other row has the id {name}", name=other),
                nearest(other, ids - {row.id}),
            )
        if "if" not in row.table:
            if row.id in always:
                yield Problem(
                    (*where, number, "id"),
                    None,
                    Sentence("two rows have the id {name}", name=row.id),
                    Sentence("give it another id, or both an `if` that excludes the other"),
                )
            always.add(row.id)


def _bad_names(policy: Policy) -> Iterator[Problem]:
    """Names of rules used twice; words for things that are not there."""
    taken: set[tuple[str, str]] = set()
    for rule in policy.rules:
        if rule.name is None or rule.guard is not None:
            continue
        if (rule.stage, rule.name) in taken:
            yield Problem(
                (*rule.place, "name"),
                None,
                Sentence("two rules are called {name}", name=rule.name),
                Sentence("give it another name"),
            )
        taken.add((rule.stage, rule.name))
    known = {
        *policy.lets,
        *policy.classes,
        *policy.windows,
        *policy.parameters,
        *policy.words,
        *policy.findings,
    }
    for name in policy.names:
        if name not in known:
            yield Problem(
                ("names", name),
                None,
                Sentence("nothing is called {name}", name=name),
                nearest(name, known),
                severe=False,
            )


# ------------------------------------------------------------------- what nobody asks for


_NAMED = {
    "words": ("",),
    "parameters": ("",),
    "let": ("", "let "),
    "entries": ("class ",),
    "findings": ("finding ",),
    "windows": ("window ",),
}
"""Sections of named things, and how a program notes that it uses one."""


def _unused(
    policy: Policy, data: Mapping[str, Any], used: set[str], *, broken: bool
) -> Iterator[Problem]:
    """Named things that nothing asks for.

    In a `broken` file, texts that did not compile may ask for them: there, only what no text
    so much as mentions is unused.
    """
    used = used | _named_elsewhere(policy, data)
    mentioned = _mentioned(data) if broken else set()
    for section, prefixes in _NAMED.items():
        for name in data.get(section, ()):
            if name not in mentioned and used.isdisjoint(prefix + name for prefix in prefixes):
                yield Problem(
                    (section, name),
                    None,
                    Sentence("{name} is used nowhere", name=name),
                    Sentence("take it out, or use it"),
                    severe=False,
                )


def _named_elsewhere(policy: Policy, data: Mapping[str, Any]) -> set[str]:
    """What is named outside of conditions: in sentences, tables and conditions on an entry."""
    found: set[str] = set()
    for table in (*data.get("rule", ()), *data.get("fallback", ()), *data.get("warning", ())):
        for text in _sentences(table):
            found |= set(_WORD.findall(" ".join(_IN_BRACES.findall(text))))
        window = table.get("provisional", {}).get("window")
        if window is not None:
            found.add(f"window {window}")
    found |= {f"class {spec.parent}" for spec in policy.classes.values() if spec.parent}
    found |= {f"finding {spec.question}" for spec in policy.classes.values() if spec.question}
    asked = {table["question"] for table in policy.sanctions}
    found |= {f"finding {name}" for name, one in policy.findings.items() if one.question in asked}
    for table in policy.sanctions:
        found |= {str(step.get("amount")) for step in (table, *table.get("ladder", ()))}
    for path, text in _conditions(data):
        if path[0] in ("entries", "holding", "powers"):
            found |= {f"finding {name}" for name in policy.findings if f"'{name}'" in text}
            found |= {f"finding {name}" for name in policy.findings if f'"{name}"' in text}
    for rule in policy.rules:
        if "replace" in rule.then:
            found.add(rule.then["replace"]["value"])
    return found


def _sentences(table: Mapping[str, Any]) -> Iterator[str]:
    for value in (table, *table.values()):
        if isinstance(value, dict):
            yield from (text for key in ("en", "zh") if isinstance(text := value.get(key), str))


def _mentioned(data: Mapping[str, Any]) -> set[str]:
    """Every word in a value of the file."""
    words: set[str] = set()
    todo: list[Any] = [data]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, list):
            todo += value
        elif isinstance(value, str):
            words |= set(_WORD.findall(value))
    return words
