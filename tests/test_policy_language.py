"""The policy language: what it says, what it refuses, and that nothing escapes from it."""

from __future__ import annotations

import re
import string
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflictctl.errors import InputRejected, WrongUsage
from conflictctl.policy import predicates
from conflictctl.policy.entry_tests import ENTRY_CALLS, ENTRY_FACTS, compile_entry_test
from conflictctl.policy.language import (
    ANY,
    UNKNOWN,
    Expr,
    Scope,
    compile_expression,
)
from conflictctl.policy.model import load_policy, parse_policy, preset_ids, settings_from
from conflictctl.policy.program import Program, compiled
from tests.in_memory import RENAULT


class Trace:
    """What a condition leaves behind, without a case around it."""

    def __init__(self, **values: Any) -> None:
        self.values = values
        self.evidence: list[str] = []
        self.margin: Any = None
        self._memo: dict[str, Any] = {}

    def worked_out(self, name: str) -> Any:
        return self.values[name], name, None, None


def evaluate(text: str, **values: Any) -> tuple[Any, list[str]]:
    def let(name: str) -> Expr | None:
        return Expr(lambda case: case.value(name), ANY) if name in values else None

    scope = Scope({"limit": 7}, let, {}, frozenset(), predicates.WORDS, {})
    trace: Any = Trace(**values)
    return compile_expression(text, scope, ("test",)).run(trace), trace.evidence


GUIDES = [
    Path(__file__).parent.parent / "docs" / "policy-guide.md",
    Path(__file__).parent.parent / "docs" / "zh" / "policy-guide.md",
]

THREE = (True, False, UNKNOWN)


def kleene_and(left: Any, right: Any) -> Any:
    if left is False or right is False:
        return False
    return UNKNOWN if UNKNOWN in (left, right) else True


def kleene_or(left: Any, right: Any) -> Any:
    if left is True or right is True:
        return True
    return UNKNOWN if UNKNOWN in (left, right) else False


@pytest.mark.parametrize("left", THREE)
@pytest.mark.parametrize("right", THREE)
def test_and_or_not_follow_kleene(left: Any, right: Any) -> None:
    assert evaluate("a and b", a=left, b=right)[0] is kleene_and(left, right)
    assert evaluate("a or b", a=left, b=right)[0] is kleene_or(left, right)
    expected = UNKNOWN if left is UNKNOWN else not left
    assert evaluate("not a", a=left)[0] is expected


def test_unknown_is_never_taken_for_no_by_accident() -> None:
    with pytest.raises(TypeError):
        bool(UNKNOWN)
    assert evaluate("sure(a)", a=UNKNOWN)[0] is False
    assert evaluate("known(a)", a=UNKNOWN)[0] is False
    assert evaluate("a < limit", a=UNKNOWN)[0] is UNKNOWN


def test_two_missing_facts_are_not_equal() -> None:
    assert evaluate("a == b", a=None, b=None)[0] is False
    assert evaluate("a != b", a=None, b="x")[0] is False
    assert evaluate("a <= limit", a=None)[0] is False


def test_a_true_conjunction_rests_on_all_its_parts_a_false_one_on_the_part_that_failed() -> None:
    assert evaluate("a and b", a=True, b=True) == (True, ["a", "b"])
    assert evaluate("a and b", a=True, b=False) == (False, ["b"])
    assert evaluate("a or b", a=False, b=True) == (True, ["b"])
    assert evaluate("a or b", a=False, b=False) == (False, ["a", "b"])


ESCAPES = [
    "().__class__",
    "a.b",
    "a[b]",
    "__import__('os')",
    "open('x')",
    "lambda: a",
    "[x for x in a]",
    "f'{a}'",
    "(a := b)",
    "a + b",
    "-a",
    "a ** b",
    "first(a, **a)",
    "union(*a)",
    "a if b",
    "exists(nothing)",
    "3 < a",
    "a < 1 < b",
    "await a",
    "b'x'",
    "...",
    "1j",
    "not " * 60 + "a",
    "a" * 3000,
    "",
]


@pytest.mark.parametrize("text", ESCAPES)
def test_what_is_not_in_the_language_is_refused(text: str) -> None:
    with pytest.raises(InputRejected):
        evaluate(text, a=True, b=True)
    with pytest.raises(InputRejected):
        compile_entry_test(text, {}, ("test",))


@given(st.text(alphabet=string.printable, max_size=60))
def test_any_text_compiles_or_is_refused_in_one_line(text: str) -> None:
    # Words given values of the wrong kind fail when run, not when compiled.
    for attempt in (
        lambda: evaluate(text, a=True, b=False),
        lambda: compile_entry_test(text, {}, ("t",)),
    ):
        with suppress(InputRejected, TypeError, AttributeError):
            attempt()


def test_a_bare_number_has_to_become_a_parameter() -> None:
    with pytest.raises(InputRejected, match="bare number"):
        evaluate("a < 7", a=3)


def test_every_preset_compiles_under_every_value_of_every_parameter() -> None:
    for identity in preset_ids():
        policy = load_policy(identity)
        for name, parameter in policy.parameters.items():
            values: list[Any] = list(parameter.values) or {
                "boolean": [True, False],
                "integer": [n for n in (parameter.minimum, parameter.maximum) if n is not None],
                "text": ["x"],
                "table": [parameter.default],
            }.get(parameter.type, [])
            if parameter.optional:
                values.append(None)
            for value in values if parameter.optional else [v for v in values if v is not None]:
                program = compiled(policy, {name: parameter.read(value)})
                assert program.values[name] == value


def test_every_parameter_has_a_clause_and_a_sentence_in_both_languages() -> None:
    for parameter in RENAULT.parameters.values():
        assert parameter.clause in RENAULT.clauses
        assert parameter.text.en.endswith((".", "?"))
        assert any("\u4e00" <= char <= "\u9fff" for char in parameter.text.zh)


def test_every_rule_cites_a_clause_and_speaks_both_languages() -> None:
    for rule in (*RENAULT.rules, *RENAULT.fallback):
        assert rule.clause in RENAULT.clauses
        for text in (rule.why, rule.why_not):
            names = [set(string.Formatter().parse(t)) for t in text]
            assert {n for _, n, _, _ in names[0]} == {n for _, n, _, _ in names[1]}


def test_a_word_that_only_one_preset_needs_is_argued_for_in_the_guide() -> None:
    """No word is made for one policy; chapter 7 says of each lonely one why it is general."""
    texts = [load_policy(identity).text for identity in preset_ids()]
    lonely = [
        name
        for names, sign in (
            (predicates.WORDS, r"\("),
            (predicates.FILTERS, "="),
            (ENTRY_CALLS, r"\("),
        )
        for name in names
        if sum(bool(re.search(rf"\b{name}{sign}", text)) for text in texts) < 2
    ]
    for page in GUIDES:
        chapter = page.read_text(encoding="utf-8").partition("\n## 7.")[2]
        assert chapter
        missing = [name for name in lonely if f"`{name}`" not in chapter]
        assert missing == [], page


# ------------------------------------------------------------------------ policy files


def changed(old: str, new: str) -> str:
    assert old in RENAULT.text
    return RENAULT.text.replace(old, new, 1)


FAULTY = {
    "not TOML": "[policy",
    "a section nobody knows": RENAULT.text + "\n[magic]\nx = 1\n",
    "no id": changed('id = "renault-zibo-2013"', 'name = "x"'),
    "a default that is not allowed": changed('default = "exclude"', 'default = "forget"'),
    "a parameter without its Chinese sentence": changed('zh = "次日以后', 'cn = "次日以后'),
    "a rule with two actions": changed(
        "then.note = true", 'then.note = true\nthen.refer = "panel"'
    ),
    "a rule that refers to nobody": changed('then.refer = "panel"', 'then.refer = "the boss"'),
    "a class of unknown kinds": changed('kinds = ["inform"]', 'kinds = ["telepathy"]'),
    "a class before its parent": changed('of = "contact"', 'of = "ghost"'),
    "an unknown word in a rule": changed('when = "agreement"', 'when = "summon(original)"'),
    "an unknown filter": changed("parties=[original, closer]", "colour=original"),
    "an unknown ground of a transfer": changed('overdue = "notice"', 'overdue = "whim"'),
    "a typing error in a rule's key": changed('party = "closer"', 'partei = "closer"'),
}


@pytest.mark.parametrize("what", FAULTY)
def test_a_faulty_file_is_refused_with_where_and_why(what: str) -> None:
    with pytest.raises(InputRejected) as caught:
        Program(parse_policy(FAULTY[what]), {})
    assert str(caught.value)


def test_unknown_policies_and_unreadable_files_are_wrong_usage(tmp_path: Any) -> None:
    for name in ("no-such-policy", str(tmp_path / "missing.toml"), str(tmp_path)):
        with pytest.raises(WrongUsage):
            load_policy(name)
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(WrongUsage):
        load_policy(str(latin))


def test_the_digest_follows_the_content_not_the_layout() -> None:
    same = parse_policy("# another comment\n" + RENAULT.text)
    other = parse_policy(changed("default = 3", "default = 4"))
    assert same.digest == RENAULT.digest != other.digest


def test_set_reads_every_type_of_parameter() -> None:
    got = settings_from(
        RENAULT,
        [
            "claim_days=5",
            "short_time_rule=false",
            "level_limit_days.H=5",
            "level_limit_days.A=9",
            "filing_valid_days=null",
            "household_rule=panel",
            "default_level=C",
        ],
    )
    assert got == {
        "claim_days": 5,
        "short_time_rule": False,
        "level_limit_days": {"H": 5, "A": 9, "B": 15, "C": 30},
        "filing_valid_days": None,
        "household_rule": "panel",
        "default_level": "C",
    }


@pytest.mark.parametrize(
    "text",
    [
        "claim_days",
        "nothing=1",
        "claim_days=soon",
        "claim_days=-1",
        "claim_days=99999999999",
        "household_rule=lottery",
        "short_time_rule=maybe",
        "claim_days.H=3",
        "level_limit_days=7",
        "level_limit_days.H=x",
        "claim_days=null",
        "claim_days=\u0663",
    ],
)
def test_set_refuses_what_the_parameter_does_not_take(text: str) -> None:
    with pytest.raises(WrongUsage):
        settings_from(RENAULT, [text])


def test_the_guide_names_every_word_filter_and_call_of_the_language() -> None:
    from pathlib import Path

    from conflictctl.policy.model import ACTIONS

    docs = Path(__file__).parent.parent / "docs"
    for page in (docs / "policy-guide.md", docs / "zh" / "policy-guide.md"):
        text = page.read_text(encoding="utf-8")
        for name in (
            *predicates.WORDS,
            *predicates.FILTERS,
            *ENTRY_CALLS,
            *ENTRY_FACTS,
            *ACTIONS,
        ):
            assert f"`{name}" in text, name
