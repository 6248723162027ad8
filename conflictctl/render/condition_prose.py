"""A condition of the policy language in words: what a manager signs instead of code.

It is read from the syntax tree.  Whatever has no phrase is shown as it was written, so that
nothing a condition says is left out.
"""

from __future__ import annotations

import ast
import string
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from conflictctl.policy.language import LIST
from conflictctl.policy.predicates import WORDS
from conflictctl.render.condition_words import (
    AMOUNTS,
    ANSWERS,
    CLASSES,
    COMPARISONS,
    DEFAULTS,
    ENTRY_FACTS,
    ENTRY_PHRASES,
    FIELDS,
    MODIFIERS,
    MOMENT_WORDS,
    MOMENTS,
    NAMING_WORDS,
    ONE,
    WORD_PHRASES,
    Modifier,
    Phrase,
)
from conflictctl.render.language import language, list_joined, say, tr
from conflictctl.render.layout import cells
from conflictctl.render.safe import safe
from conflictctl.render.terms import TERMS
from conflictctl.wording import N_, Bilingual

if TYPE_CHECKING:
    from conflictctl.policy.model import Policy

ROOM_FOR_TWO = 90
"""Two short conditions stand in one sentence up to so many terminal cells, else in a list."""


class Clause(NamedTuple):
    """A statement, or a heading such as `all of:` with the clauses under it."""

    text: str
    children: tuple[Clause, ...] = ()


class Vocabulary(NamedTuple):
    """What the names in a policy's conditions mean to a reader.

    `names`: what named values, classes of entries, windows and findings are called (a named
    value with its article, a class without one and in the singular).  `values` and `units`
    are those of parameters, `lists` the lists of roles, `lets` the named values as written.
    """

    names: Mapping[str, Bilingual] = {}
    values: Mapping[str, Any] = {}
    units: Mapping[str, str | None] = {}
    lists: Mapping[str, tuple[str, ...]] = {}
    lets: Mapping[str, str] = {}


def vocabulary_of(policy: Policy, overrides: Mapping[str, Any] | None = None) -> Vocabulary:
    """The vocabulary of a policy, with some parameters set otherwise than by default."""
    return Vocabulary(
        policy.names,
        policy.settings(overrides or {}),
        {name: parameter.unit for name, parameter in policy.parameters.items()},
        policy.words,
        policy.lets,
    )


def condition_clause(text: str, vocabulary: Vocabulary, *, of_entry: bool = False) -> Clause:
    """A condition in words; `of_entry`, one on a single entry (`when`, `valid` of a class)."""
    return _read(text, vocabulary, of_entry, lambda reader, node: reader.tree(node, True))


def value_clause(text: str, vocabulary: Vocabulary, *, of_entry: bool = False) -> Clause:
    """An expression in words: a condition if it is one, else the value that it gives."""
    return _read(text, vocabulary, of_entry, lambda reader, node: reader.value_tree(node))


def value_phrase(text: str, vocabulary: Vocabulary) -> str:
    """A value in words, in one line: `the closer`."""
    return _read(text, vocabulary, False, lambda reader, node: Clause(reader.value(node))).text


def name_phrase(name: str, vocabulary: Vocabulary) -> str:
    """What a named value, class, window or finding is called; its quoted name if nothing."""
    return _Reader(vocabulary, False).called(name)


def class_phrase(name: str, vocabulary: Vocabulary) -> str:
    """What a class of entries is called: by the policy, else by the term of its kind."""
    known = CLASSES.get(name) or TERMS.get(name)
    if name in vocabulary.names or known is None:
        return name_phrase(name, vocabulary)
    return tr(known)


def compared_names(text: str) -> set[str]:
    """The names in a condition that something is held to be more or less than."""
    try:
        tree = ast.parse(f"({text}\n)", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {
        side.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
        for side in (node.left, *node.comparators)
        if isinstance(side, ast.Name)
    }


def _read(
    text: str,
    vocabulary: Vocabulary,
    of_entry: bool,
    put: Callable[[_Reader, ast.expr], Clause],
) -> Clause:
    try:
        node = ast.parse(f"({text}\n)" if text.strip() else "", mode="eval").body
        return put(_Reader(vocabulary, of_entry), node)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Clause(_code(text))


class _NoPhrase(Exception):
    """There is no phrase for something, or none with a place for all that it says."""


class _Reader:
    """Puts the nodes of one condition into words."""

    def __init__(self, vocabulary: Vocabulary, of_entry: bool) -> None:
        self.vocabulary = vocabulary
        self.of_entry = of_entry
        self._flags: dict[str, bool] = {}
        self._lists: dict[str, bool] = {}

    # ---------------------------------------------------------------- lists of clauses

    def tree(self, node: ast.expr, positive: bool) -> Clause:
        """A statement; what several parts make up is a heading with a list."""
        while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node, positive = node.operand, not positive
        if isinstance(node, ast.IfExp):
            parts = tuple(self.tree(part, positive) for part in (node.body, node.orelse))
            return self._depending(node, parts)
        if not isinstance(node, ast.BoolOp):
            return Clause(self.statement(node, positive))
        listed = [self.tree(part, True) for part in node.values]
        if positive and len(listed) == 2 and not any(part.children for part in listed):
            text = self.statement(node, True)
            if cells(text) <= ROOM_FOR_TWO and not any(map(_combined, node.values)):
                return Clause(text)
        return Clause(tr(_HEADS[type(node.op), positive]), tuple(listed))

    def value_tree(self, node: ast.expr) -> Clause:
        """A value; what depends on a condition, and what stands in for it, as a list."""
        if self.is_flag(node):
            return self.tree(node, True)
        if isinstance(node, ast.IfExp):
            values = tuple(self.value_tree(part) for part in (node.body, node.orelse))
            return self._depending(node, values)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            parts = tuple(self.value_tree(part) for part in node.values)
            return Clause(tr("the first of these that there is:"), parts)
        if _is_call(node, "union"):
            parts = tuple(self.value_tree(part) for part in node.args)
            return Clause(tr("all of these together:"), parts)
        return Clause(self.value(node))

    def _depending(self, node: ast.IfExp, parts: tuple[Clause, ...]) -> Clause:
        test = tr("if {test}:").format(test=self.statement(node.test, True))
        cases = (Clause(test, parts[:1]), Clause(tr("if not:"), parts[1:]))
        return Clause(tr("depending on the case:"), cases)

    # ---------------------------------------------------------------------- statements

    def statement(self, node: ast.expr, positive: bool) -> str:
        """A condition, or its denial, in one sentence without a full stop."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.statement(node.operand, not positive)
        if isinstance(node, ast.BoolOp):
            return self._joined(node, positive)
        if isinstance(node, ast.Compare):
            return self._compared(node, positive)
        if isinstance(node, ast.IfExp):
            return self._either(node, lambda part: self.statement(part, positive))
        if isinstance(node, ast.Call):
            return self._asked(node, positive)
        if isinstance(node, ast.Name):
            return self._name_holds(node.id, positive)
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            return tr("always") if node.value is positive else tr("never")
        return self._there_is(self.value(node), positive, self.is_list(node))

    def _asked(self, node: ast.Call, positive: bool) -> str:
        for form in ("says", "there") if positive else ("denies", "lacks"):
            with suppress(_NoPhrase):
                return self._call(node, form)
        with suppress(_NoPhrase):
            return self._there_is(self._call(node, "noun"), positive, self.is_list(node))
        return self._code_holds(node, positive)

    def _joined(self, node: ast.BoolOp, positive: bool) -> str:
        parts = [self._operand(part) for part in node.values]
        pattern = (
            N_("{one} and {other}") if isinstance(node.op, ast.And) else N_("{one} or {other}")
        )
        text = parts[0]
        for part in parts[1:]:
            text = tr(pattern).format(one=text, other=part)
        return text if positive else tr("it is not so that {0}").format(_bracketed(text))

    def _operand(self, node: ast.expr) -> str:
        text = self.statement(node, True)
        return _bracketed(text) if _combined(node) else text

    def _compared(self, node: ast.Compare, positive: bool) -> str:
        left, right, name = node.left, node.comparators[0], type(node.ops[0]).__name__
        if name not in COMPARISONS or len(node.ops) != 1:
            return self._code_holds(node, positive)
        setting = self._setting(left, right, name, positive)
        if setting is not None:
            return setting
        if self.of_entry and name in ("Eq", "NotEq") and _is_constant(right, bool):
            fact = self._fact(left, ast.literal_eval(right) is True)
            if fact is not None:
                if (name == "Eq") is positive:
                    return fact
                return tr("it does not say that {0}").format(fact)
        if name in _SAME and isinstance(right, ast.Constant) and isinstance(right.value, bool):
            return self._answered(left, right.value, _SAME[name] is positive)
        pattern = tr(COMPARISONS[name][0 if positive else 1])
        return pattern.format(left=self.value(left), right=self.value(right))

    def _answered(self, node: ast.expr, yes: bool, positive: bool) -> str:
        """What is said to be true is said itself; of anything else, that it is yes or no."""
        if yes and not self.of_entry and self.is_flag(node):
            return self.statement(node, positive)
        return tr(ANSWERS[yes][0 if positive else 1]).format(left=self.value(node))

    def _fact(self, node: ast.expr, yes: bool) -> str | None:
        phrase = ENTRY_FACTS.get(node.id) if isinstance(node, ast.Name) else None
        return (
            None if phrase is None or not phrase.says else tr(phrase.says if yes else phrase.denies)
        )

    def _setting(self, left: ast.expr, right: ast.expr, name: str, positive: bool) -> str | None:
        """How a parameter is compared with what it may be set to; None for anything else."""
        if not isinstance(left, ast.Name) or left.id not in self.vocabulary.values:
            return None
        if not isinstance(right, ast.Constant | ast.List | ast.Tuple):
            return None
        if name in ("NotEq", "NotIn", "IsNot"):
            positive = not positive
        elif name not in ("Eq", "In", "Is"):
            return None
        items = right.elts if isinstance(right, ast.List | ast.Tuple) else [right]
        if not all(isinstance(item, ast.Constant) for item in items):
            return None
        wanted = _any_of([_plain(ast.literal_eval(item)) for item in items])
        return self._is_set(left.id, wanted, positive)

    def _is_set(self, name: str, wanted: str, positive: bool) -> str:
        pattern = (
            N_("{name} is set to {wanted} (it is {value})")
            if positive
            else N_("{name} is not set to {wanted} (it is {value})")
        )
        return tr(pattern).format(
            name=safe(name), wanted=wanted, value=_plain(self.vocabulary.values[name])
        )

    def _name_holds(self, name: str, positive: bool) -> str:
        if self.of_entry and name in ENTRY_FACTS and ENTRY_FACTS[name].says:
            phrase = ENTRY_FACTS[name]
            return tr(phrase.says if positive else phrase.denies)
        if name in self.vocabulary.values:
            if isinstance(self.vocabulary.values[name], bool):
                return self._is_set(name, tr("yes"), positive)
        elif self.is_flag(ast.Name(name)):
            pattern = N_("'{name}' holds") if positive else N_("'{name}' does not hold")
            return tr(pattern).format(name=self.bare_name(name))
        return self._there_is(self.value(ast.Name(name)), positive, self.is_list(ast.Name(name)))

    def _there_is(self, thing: str, positive: bool, several: bool = False) -> str:
        if several:  # its name may stand in the plural
            pattern = (
                N_("there is at least one of {thing}")
                if positive
                else N_("there is none of {thing}")
            )
            return tr(pattern).format(thing=thing)
        if language() == "en":
            for article in ("a ", "an "):
                thing = f"the {thing[len(article) :]}" if thing.startswith(article) else thing
        if language() == "en" and thing.startswith("whoever "):
            pattern = N_("there is somebody who {does}") if positive else N_("nobody {does}")
            return tr(pattern).format(does=thing.removeprefix("whoever "))
        if language() == "en" and not thing.startswith("the "):
            pattern = N_("{thing} is given") if positive else N_("{thing} is not given")
            return tr(pattern).format(thing=thing)
        bare = thing.removeprefix("the ")
        pattern = N_("there is {a}") if positive else N_("there is no {a}")
        return tr(pattern).format(a=_indefinite(bare) if positive else bare)

    def _code_holds(self, node: ast.expr, positive: bool) -> str:
        pattern = N_("{code} holds") if positive else N_("{code} does not hold")
        return tr(pattern).format(code=_code(ast.unparse(node)))

    # -------------------------------------------------------------------------- values

    def value(self, node: ast.expr) -> str:
        """A value, or a condition taken as one, in words."""
        if isinstance(node, ast.Constant):
            return self._constant(node.value)
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.List | ast.Tuple):
            return list_joined([self.value(item) for item in node.elts]) or tr("none")
        if isinstance(node, ast.IfExp):
            return _bracketed(self._either(node, self.value))
        if isinstance(node, ast.BoolOp) and not self.is_flag(node):
            return _bracketed(self._one_or_else(node))
        if isinstance(node, ast.Call):
            with suppress(_NoPhrase):
                return self._call(node, "noun")
            with suppress(_NoPhrase):
                return tr("whether {0}").format(self._call(node, "says"))
            return _code(ast.unparse(node))
        if self.is_flag(node):
            return tr("whether {0}").format(_bracketed(self.statement(node, True)))
        return _code(ast.unparse(node))

    def _one_or_else(self, node: ast.BoolOp) -> str:
        if isinstance(node.op, ast.Or):
            pattern = N_("{one}, or else {other}")
        else:
            pattern = N_("{other}, provided there is {one}")
        text = self.value(node.values[0])
        for part in node.values[1:]:
            text = tr(pattern).format(one=text, other=self.value(part))
        return text

    def _either(self, node: ast.IfExp, put: Callable[[ast.expr], str]) -> str:
        return tr("{then} (if {test}), else {other}").format(
            then=put(node.body), test=self.statement(node.test, True), other=put(node.orelse)
        )

    def _constant(self, value: object) -> str:
        if isinstance(value, str):
            return tr(TERMS[value]) if value in TERMS else _quoted(safe(value))
        return _plain(value)

    def _name(self, name: str) -> str:
        words = self.vocabulary
        # A field keeps its own name, whatever class or value is called the same.
        of_entry = self.of_entry and (name in FIELDS or name in ENTRY_FACTS)
        if name in words.names and not of_entry:
            return self.bare_name(name)
        if name in words.values:
            text = amount_text(words.values[name], words.units.get(name))
            return tr("{value} ({name})").format(value=text, name=safe(name))
        if name in words.lists:
            roles = list_joined([self._constant(role) for role in words.lists[name]])
            return tr("{value} ({name})").format(value=roles, name=safe(name))
        if self.of_entry:
            if name in ENTRY_FACTS and ENTRY_FACTS[name].noun:
                return tr(ENTRY_FACTS[name].noun)
            return tr("its {field}").format(field=_field_name(name))
        if name in MOMENTS and name not in words.lets:
            return tr(MOMENTS[name])
        return self.called(name)

    def bare_name(self, name: str) -> str:
        """What something is called, or its name in plain letters, without quotes."""
        given = self.vocabulary.names.get(name)
        return say(given) if given is not None else safe(name.replace("_", " "))

    def called(self, name: str) -> str:
        """What something is called; its quoted name if nothing says so."""
        if name in self.vocabulary.names:
            return self.bare_name(name)
        return _quoted(self.bare_name(name))

    def is_flag(self, node: ast.expr) -> bool:
        """Whether an expression is a statement, not a value that may be there or not."""
        if isinstance(node, ast.BoolOp):
            return any(self.is_flag(part) for part in node.values)  # else a choice of values
        if isinstance(node, ast.IfExp):
            return self.is_flag(node.body) and self.is_flag(node.orelse)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            table = ENTRY_PHRASES if self.of_entry else WORD_PHRASES
            return bool(table.get(node.func.id, Phrase()).says)
        if isinstance(node, ast.Name):
            return self._name_is_flag(node.id)
        negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        return negated or isinstance(node, ast.Compare) or _is_constant(node, bool)

    def is_list(self, node: ast.expr) -> bool:
        """Whether an expression gives a list, by its words."""
        if isinstance(node, ast.BoolOp):
            return any(map(self.is_list, node.values))
        if isinstance(node, ast.IfExp):
            return self.is_list(node.body) or self.is_list(node.orelse)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            word = None if self.of_entry else WORDS.get(node.func.id)
            return word is not None and word.gives == LIST
        if isinstance(node, ast.Name):
            return self._of_let(node.id, self._lists, self.is_list)
        return isinstance(node, ast.List | ast.Tuple)

    def _of_let(self, name: str, known: dict[str, bool], ask: Callable[[ast.expr], bool]) -> bool:
        """What is asked of a named value's definition; False where there is none."""
        if name not in known:
            known[name] = False  # should it be named in its own definition
            text = self.vocabulary.lets.get(name)
            if text is not None and not self.of_entry:
                with suppress(SyntaxError, ValueError):
                    known[name] = ask(ast.parse(f"({text}\n)", mode="eval").body)
        return known[name]

    def _name_is_flag(self, name: str) -> bool:
        if name in self.vocabulary.values:
            return isinstance(self.vocabulary.values[name], bool)
        if self.of_entry:
            return name in ENTRY_FACTS and bool(ENTRY_FACTS[name].says)
        return self._of_let(name, self._flags, self.is_flag)

    # --------------------------------------------------------------------------- calls

    def _call(self, node: ast.Call, form: str) -> str:
        """A call by its phrase; raises _NoPhrase where there is none for all that it says."""
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        if not isinstance(node.func, ast.Name) or len(keywords) != len(node.keywords):
            raise _NoPhrase
        word, args = node.func.id, list(node.args)
        for name, value in DEFAULTS.get(word, {}).items():
            keywords.setdefault(name, ast.Constant(value))
        phrase = self._phrase(word, args, keywords, form)
        template = tr(getattr(phrase, form))
        values: dict[str, str] = {}
        if _has(template, "thing", "a", "things"):
            values.update(self._class(args, keywords))
            del args[0]
        said = [self.statement(a, True) if phrase.asks else self._argument(a) for a in args]
        if word in NAMING_WORDS and args and _is_constant(args[0], str):
            said[0] = self._named(args[0])
        return self._filled(word, template, values, said, keywords)

    def _phrase(
        self, word: str, args: list[ast.expr], keywords: dict[str, ast.expr], form: str
    ) -> Phrase:
        """The most particular phrase of a word; what it says by itself is taken off."""
        table = ENTRY_PHRASES if self.of_entry else WORD_PHRASES
        for name, value in [*keywords.items()]:
            phrase = table.get(f"{word}:{name}")
            if phrase is None:
                continue
            if _is_false(value):
                del keywords[name]
            elif _has(getattr(phrase, form), name):
                return phrase
            elif isinstance(value, ast.Constant):
                del keywords[name]
                return phrase
        if args and isinstance(args[-1], ast.Constant):
            phrase = table.get(f"{word}('{ast.literal_eval(args[-1])}')")
            if phrase is not None:
                del args[-1]
                return phrase
        first = args[0].func if args and isinstance(args[0], ast.Call) else None
        if isinstance(first, ast.Name) and first.id in MOMENT_WORDS and f"{word}(moment)" in table:
            return table[f"{word}(moment)"]
        found = table.get(f"{word}/{len(args)}") or table.get(word)
        if found is None or not getattr(found, form):
            raise _NoPhrase
        return found

    def _filled(
        self,
        word: str,
        template: str,
        values: dict[str, str],
        args: list[str],
        keywords: dict[str, ast.expr],
    ) -> str:
        wanted = _places(template)
        slots: dict[str, list[str]] = {"whose": [], "time": []}
        for name, node in keywords.items():
            if name in wanted:
                values[name] = self._keyword_value(name, node)
                continue
            modifier, text = self._modified(_modifier(word, name, keywords), name, node)
            if text and modifier.slot not in wanted:
                raise _NoPhrase
            slots[modifier.slot] += [text] if text else []
        values["whose"], values["time"] = _attributive(slots["whose"]), _adverbial(slots["time"])
        values["all"], values["rest"] = _listed(args), _listed(args[1:])
        numbers = {str(number) for number in range(len(args))}
        said = wanted | (numbers if "all" in wanted else set())
        said |= numbers - {"0"} if "rest" in wanted else set()
        if not numbers <= said or not wanted <= numbers | values.keys():
            raise _NoPhrase
        return template.format(*args, **values)

    def _keyword_value(self, name: str, node: ast.expr) -> str:
        if name == "field":
            return self._argument(node)
        return self.statement(node, True) if name == "when" else self.value(node)

    def _argument(self, node: ast.expr) -> str:
        """A value of a word: text in quotes is a name, of a field if it is none of the policy."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value in FIELDS or "." in node.value:
                return _field_name(node.value)
            return self._constant(node.value)
        if isinstance(node, ast.Name):  # a parameter that chooses a field or a grain of time
            chosen = self.vocabulary.values.get(node.id)
            if (
                isinstance(chosen, str)
                and chosen in FIELDS
                and node.id not in self.vocabulary.names
            ):
                return tr("{value} ({name})").format(value=tr(FIELDS[chosen]), name=safe(node.id))
        return self.value(node)

    def _named(self, node: ast.expr) -> str:
        """What a name in quotes means, where names of the policy stand."""
        return self.called(str(ast.literal_eval(node)))

    def _class(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> dict[str, str]:
        if not args or not isinstance(args[0], ast.Name):
            raise _NoPhrase
        name = args[0].id
        given = name in self.vocabulary.names
        remarks = [safe(name)] if given and self.bare_name(name) != name else []
        for keyword in [*keywords]:
            modifier = MODIFIERS.get(keyword)
            if modifier is not None and modifier.slot == "class":
                remarks += filter(None, [self._switched(modifier, keywords.pop(keyword))])
        thing = self.bare_name(name).removeprefix("the ")
        if not given:
            known = CLASSES.get(name) or TERMS.get(name)
            thing = tr(known) if known else _quoted(thing)
        behind = tr(" ({remarks})").format(remarks=list_joined(remarks)) if remarks else ""
        return {
            "thing": thing + behind,
            "a": _indefinite(thing) + behind,
            "things": _plural(thing) + behind,
        }

    def _modified(self, modifier: Modifier, name: str, node: ast.expr) -> tuple[Modifier, str]:
        """The phrase of a keyword; empty where its value says that it does not apply."""
        wanted = _places(modifier.text)
        if not wanted:
            return modifier, self._switched(modifier, node)
        if "first" in wanted:
            return modifier, self._paired(modifier, node)
        return modifier, tr(modifier.text).format(value=self._modifying(name, node))

    def _paired(self, modifier: Modifier, node: ast.expr) -> str:
        if not isinstance(node, ast.List | ast.Tuple) or len(node.elts) != 2:
            raise _NoPhrase
        first, second = node.elts
        values = self.vocabulary.values
        unset = isinstance(second, ast.Name) and values.get(second.id, "") is None
        text = modifier.off if unset and modifier.off else modifier.text
        limit = safe(ast.unparse(second)) if text is modifier.off else self.value(second)
        return tr(text).format(first=self.value(first), second=limit)

    def _modifying(self, name: str, node: ast.expr) -> str:
        if name == "in_window" and isinstance(node, ast.Constant):
            return _quoted(self.bare_name(str(node.value)))
        if name == "question" and _is_constant(node, str):
            return self._named(node)
        if isinstance(node, ast.List | ast.Tuple) and name not in ("parties", "exactly"):
            return _any_of([self.value(item) for item in node.elts])
        return self.value(node)

    def _switched(self, modifier: Modifier, node: ast.expr) -> str:
        if _is_false(node):
            return tr(modifier.off) if modifier.off else ""
        text = tr(modifier.text)
        if isinstance(node, ast.Constant):
            return text
        return tr("{then} (if {test})").format(then=text, test=self.statement(node, True))


_SAME = {"Eq": True, "Is": True, "NotEq": False, "IsNot": False}
"""Comparisons that ask whether two values are the same, and whether they say so."""

_HEADS = {
    (ast.And, True): N_("all of:"),
    (ast.Or, True): N_("any of:"),
    (ast.And, False): N_("not all of:"),
    (ast.Or, False): N_("none of:"),
}


def amount_text(value: object, unit: str | None) -> str:
    """The value of a parameter as people read it, with its unit where that is not plain."""
    if isinstance(value, Mapping):
        return list_joined([f"{safe(str(k))}={amount_text(v, unit)}" for k, v in value.items()])
    pattern = AMOUNTS.get(unit or "")
    if pattern is None or value is None or isinstance(value, bool):
        return _plain(value)
    if str(value) == "1" and unit in ONE:
        pattern = ONE[unit]
    return tr(pattern).format(n=_plain(value))


def _plain(value: object) -> str:
    if value is None:
        return tr("none")
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return safe(str(value))


def _code(text: str) -> str:
    return f"`{safe(' '.join(text.split()))}`"


def _quoted(text: str) -> str:
    return tr("'{name}'").format(name=text)


def _bracketed(text: str) -> str:
    return tr("({text})").format(text=text)


def _combined(node: ast.expr) -> bool:
    """Whether what follows a statement with `and` could be taken for a part of it."""
    if isinstance(node, ast.UnaryOp):
        return _combined(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return WORD_PHRASES.get(node.func.id, Phrase()).asks
    return isinstance(node, ast.BoolOp | ast.IfExp)


def _is_constant(node: ast.expr, kind: type) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, kind)


def _is_call(node: ast.expr, word: str) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == word


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is False or node.value is None)


def _modifier(word: str, keyword: str, beside: Iterable[str]) -> Modifier:
    keys = [f"{word}.{keyword}:{other}" for other in beside]
    for key in (*keys, f"{word}.{keyword}", keyword):
        if key in MODIFIERS:
            return MODIFIERS[key]
    raise _NoPhrase


def _field_name(name: str) -> str:
    if name in FIELDS:
        return tr(FIELDS[name])
    whole, _, part = name.partition(".")
    if part and whole == "fields":
        return tr("form field '{name}'").format(name=safe(part.replace("_", " ")))
    if part and whole in FIELDS:
        return tr("{part} of every {field}").format(part=_field_name(part), field=tr(FIELDS[whole]))
    return _quoted(safe(name.replace("_", " ")))


def _places(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def _has(template: str, *names: str) -> bool:
    return not _places(template).isdisjoint(names)


def _any_of(items: list[str]) -> str:
    text = items[0] if items else tr("none")
    for item in items[1:]:
        text = tr("{first} or {second}").format(first=text, second=item)
    return text


def _listed(items: list[str]) -> str:
    return ("；" if language() == "zh" else "; ").join(items)


def _attributive(phrases: list[str]) -> str:
    """What stands behind a noun in English, before it in Chinese."""
    if not phrases:
        return ""
    return "、".join(phrases) + "的" if language() == "zh" else " " + ", ".join(phrases)


def _adverbial(phrases: list[str]) -> str:
    if not phrases:
        return ""
    return "、".join(phrases) if language() == "zh" else " " + " and ".join(phrases)


# English alone has articles and plurals; a name in Chinese passes through unchanged.


def _indefinite(thing: str) -> str:
    if language() != "en":
        return thing
    return f"{'an' if thing[:1].lower() in ('a', 'e', 'i', 'o') else 'a'} {thing}"


def _plural(thing: str) -> str:
    if language() != "en" or not thing or thing.startswith("'"):
        return thing
    words = thing.split(" ")
    head = next((n for n, word in enumerate(words) if n and word in _AFTER_HEAD), len(words)) - 1
    words[head] = _plural_word(words[head])
    return " ".join(words)


_AFTER_HEAD = frozenset(
    {
        "of",
        "by",
        "with",
        "without",
        "to",
        "at",
        "in",
        "on",
        "for",
        "from",
        "about",
        "that",
        "where",
        "who",
        "whose",
        "which",
        "than",
    }
)


def _plural_word(word: str) -> str:
    if word.endswith("s") and not word.endswith("ss"):
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return word + ("es" if word.endswith(("ss", "sh", "ch", "x")) else "s")
