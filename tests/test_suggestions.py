"""Who is suggested as one person or one household: cases, then properties of any customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflictctl.adjudication.dossier import events_of
from conflictctl.calendar import Calendar
from conflictctl.matching.blocking import keys_of
from conflictctl.matching.compare import Suggestion
from conflictctl.matching.profile import Profile, mentions_in, profiles_of
from conflictctl.mending import mended
from conflictctl.register.pairing import LeftOut, Near, Wanted, among_all, around, sharers
from conflictctl.render.suggestions import link_command

CALENDAR = Calendar("Asia/Shanghai")
LIKELY = 50
Line = dict[str, Any]


def card(customer: str, name: str, *phones: str, **more: Any) -> Line:
    return {
        "kind": "customer",
        "customer": customer,
        "name": name,
        "phones": list(phones),
        "by": "li",
        "at": "2026-03-01T10:00:00+08:00",
        **more,
    }


def visit(customer: str, day: int, by: str = "li", **more: Any) -> Line:
    return {
        "kind": "visit",
        "customer": customer,
        "by": by,
        "at": f"2026-03-{day:02d}T11:00:00+08:00",
        **more,
    }


def link(kind: str, *customers: str, **more: Any) -> Line:
    at = "2026-03-20T09:00:00+08:00"
    return {"kind": kind, "customers": list(customers), "by": "sun", "at": at, **more}


def profiles(*lines: Line) -> list[Profile]:
    customers = dict.fromkeys(line["customer"] for line in lines if line["kind"] == "customer")
    return profiles_of(mended(events_of(lines)), customers, CALENDAR)


def suggested(*lines: Line, least: int = LIKELY) -> list[Suggestion]:
    return list(among_all(profiles(*lines), Wanted(least), []))


def only(*lines: Line) -> Suggestion:
    (one,) = suggested(*lines)
    return one


def codes(suggestion: Suggestion) -> set[str]:
    return {reason.code for reason in suggestion.reasons if reason.points > 0}


# ------------------------------------------------------------------------- one person


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (("王芳", "138 0013 8001"), ("王芳", "+86 138-0013-8001"), {"name", "mobile"}),
        (("张伟", "13800138001"), ("章伟", "１３８００１３８００１"), {"sound", "mobile"}),
        (("王小明", "13800138001"), ("王小朋", "13800138001"), {"typo", "mobile"}),
        (("王芳", "13800138001"), ("王女士", "13800138001"), {"title", "mobile"}),
        (("王芳", "13800138001"), ("王芳", "13800138010"), {"name", "swapped_digits"}),
        (("王芳", "13800138001"), ("王芳", "13800138007"), {"name", "near_number"}),
        (("李娜", "0533-2345678 转 801"), ("李娜", "0533 2345678-801"), {"name", "extension"}),
        (("李娜", "0533-2345678"), ("李娜", "2345678"), {"name", "line"}),
        (("Wang Fang", "13800138001"), ("王芳", "13800138001"), {"sound", "mobile"}),
        (("Fang Wang", "13800138001"), ("王芳", "13800138001"), {"sound", "mobile"}),
        (
            ("王芳", "13800138001/13900139005"),
            ("王芳", "13900139005", "13800138001"),
            {"name", "mobile", "second_number"},
        ),
    ],
)
def test_one_person_entered_twice(one: Sequence[str], other: Sequence[str], why: set[str]) -> None:
    found = only(card("K1", *one), card("K2", *other))
    assert (found.kind, found.left, found.right) == ("same", "K1", "K2")
    assert codes(found) == why


def test_a_number_in_a_note_is_the_other_one() -> None:
    lines = [card("K1", "王芳", "13800138001"), card("K2", "王芳", "13900139005")]
    assert suggested(*lines) == []
    found = only(*lines, visit("K1", 2, id="e2", note="另一个号码 139 0013 9005"))
    assert "named_number" in codes(found)
    assert "e2" in found.evidence


def test_contact_with_both_on_one_day_by_one_consultant() -> None:
    found = only(
        card("K1", "王芳", "13800138001"),
        card("K2", "王芳", "13800138010"),
        visit("K1", 5, id="e1"),
        visit("K2", 5, id="e2"),
        visit("K2", 6, by="wang", id="e3"),
    )
    (reason,) = [reason for reason in found.reasons if reason.code == "same_day"]
    assert reason.evidence == ("e1", "e2")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("张伟", "13800138001"), ("张伟", "15912345678")),  # a common name, two people
        (("张伟", "13800138001"), ("张强", "13800138007")),
        (("王芳", "00000000000"), ("李强", "00000000000")),  # stands for no number
        (("王芳", "13800138001"), ("王芳", "+85213800138001")),
        (("甲公司", "0533-2345678 转 801"), ("李强", "0533-2345678 转 802")),
    ],
)
def test_two_people_are_two(one: Sequence[str], other: Sequence[str]) -> None:
    assert suggested(card("K1", *one), card("K2", *other)) == []


# -------------------------------------------------------------------------- households


def test_a_note_names_the_wife() -> None:
    found = only(
        card("K1", "王强", "13800138001"),
        card("K2", "李梅花", "13900139005"),
        visit("K1", 2, id="e2", note="爱人李梅花也来看过"),
    )
    assert (found.kind, codes(found)) == ("household", {"kin_name"})
    assert "e2" in found.evidence


def test_a_note_gives_the_wifes_number() -> None:
    found = only(
        card("K1", "王强", "13800138001"),
        card("K2", "李梅花", "139 0013 9005"),
        visit("K1", 2, note="太太电话13900139005"),
    )
    assert (found.kind, codes(found)) == ("household", {"kin_number"})


def test_a_family_shares_line_and_address() -> None:
    home = {"address": "柳泉路 12 号 3 号楼 401"}
    found = only(
        card("K1", "王强", "0533-2345678", **home),
        card("K2", "李梅花", "0533-2345678", "13900139005", **home),
    )
    assert (found.kind, codes(found)) == ("household", {"line", "address"})


def test_two_of_one_firm_are_no_household() -> None:
    assert (
        suggested(
            card("K1", "淄博金鑫商贸有限公司", "0533-2345678"),
            card("K2", "李梅花", "0533-2345678"),
        )
        == []
    )


@pytest.mark.parametrize(
    ("note", "names"),
    [
        ("爱人李梅花也来看过", ("李梅花",)),
        ("李梅花的老公", ("李梅花",)),
        ("等太太有空一起来", ()),
        ("和老婆商量", ()),
        ("wife Mary Smith came along", ("Mary Smith",)),
    ],
)
def test_names_beside_words_for_relatives(note: str, names: tuple[str, ...]) -> None:
    (mention,) = mentions_in(note, "e1")
    assert set(names) <= set(mention.names)
    assert bool(names) == bool(mention.names)


# ------------------------------------------------------------------ linked, told apart

TWICE = (card("K1", "王芳", "13800138001"), card("K2", "王芳", "13800138001"))


def test_linked_customers_are_not_suggested() -> None:
    assert suggested(*TWICE, link("link", "K1", "K2", relation="household")) == []


def test_customers_linked_by_a_third_are_not_suggested() -> None:
    third = card("K3", "王芳", "13800138001")
    links = [link("link", "K1", "K2", relation="same"), link("link", "K2", "K3", relation="same")]
    assert suggested(*TWICE, third, *links) == []


def test_customers_said_to_be_two_are_not_suggested_again() -> None:
    assert suggested(*TWICE, link("unlink", "K1", "K2")) == []


def test_a_voided_word_no_longer_counts() -> None:
    apart = link("unlink", "K1", "K2", id="u1")
    void = {"kind": "void", "voids": "u1", "by": "sun", "reason": "-", "at": apart["at"]}
    assert len(suggested(*TWICE, apart, void)) == 1


# ----------------------------------------------------------------------------- crowds


def test_a_number_of_the_outlet_makes_no_pairs_and_is_named() -> None:
    crowd = [card(f"K{n}", f"Person{chr(97 + n % 26)}{n}", "13800138001") for n in range(500)]
    left_out: list[LeftOut] = []
    assert list(among_all(profiles(*crowd), Wanted(1), left_out)) == []
    assert left_out == [LeftOut("p", "+8613800138001", 500)]


def test_one_person_is_found_in_spite_of_a_crowded_number() -> None:
    crowd = [card(f"K{n}", f"Person{chr(97 + n % 26)}{n}", "13800138001") for n in range(500)]
    mine = card("M1", "欧阳晓峰", "13800138001")
    found = only(*crowd, mine, {**mine, "customer": "M2"})
    assert {found.left, found.right} == {"M1", "M2"}


# ------------------------------------------------------------------------- properties

NAMES = st.sampled_from(["王芳", "王方", "王女士", "李强", "Wang Fang", "甲公司", "[/] $(x);rm"])
PHONES = st.lists(
    st.sampled_from(
        ["13800138001", "138-0013-8010", "13800138007", "0533-2345678", "0533-2345678-801", "x"]
    ),
    max_size=2,
)
NOTES = st.sampled_from(
    [None, "爱人王芳", "太太电话13800138001", "<b>wife</b> \u0301", "李强的老公"]
)
ADDRESSES = st.sampled_from([None, "柳泉路12号3号楼"])


@st.composite
def dealership(draw: st.DrawFn) -> list[Line]:
    size = draw(st.integers(2, 7))
    lines: list[Line] = []
    for number in range(size):
        more = {"address": draw(ADDRESSES), "note": draw(NOTES)}
        lines.append(card(f"K{number}", draw(NAMES), *draw(PHONES), **more))
        lines.append(visit(f"K{number}", draw(st.integers(1, 3))))
    for _ in range(draw(st.integers(0, 2))):
        pair = draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
        kind = draw(st.sampled_from(["link", "unlink"]))
        more = {"relation": "same"} if kind == "link" else {}
        lines.append(link(kind, *(f"K{number}" for number in pair), **more))
    return lines


@settings(max_examples=60, deadline=None)
@given(dealership(), st.randoms(use_true_random=False))
def test_suggestions_do_not_depend_on_the_order_of_cards(lines: list[Line], dice: Any) -> None:
    found = profiles(*lines)
    shuffled = list(found)
    dice.shuffle(shuffled)
    expected = list(among_all(found, Wanted(1), []))
    assert list(among_all(shuffled, Wanted(1), [])) == expected
    for one in expected:
        assert one.left < one.right
        assert 1 <= one.score <= 99
        assert any(reason.points > 0 for reason in one.reasons)


@settings(max_examples=60, deadline=None)
@given(dealership())
def test_what_is_suggested_for_one_is_what_is_suggested_among_all(lines: list[Line]) -> None:
    found = profiles(*lines)
    everybody = list(among_all(found, Wanted(1), []))
    for target in found:
        near = Near()
        near.add(*sharers(frozenset(key for key, _ in keys_of(target)), found))
        mine = [one for one in everybody if target.customer in (one.left, one.right)]
        assert around(target, near, Wanted(1), []) == mine


@settings(max_examples=60, deadline=None)
@given(dealership())
def test_whoever_is_linked_or_told_apart_is_never_suggested(lines: list[Line]) -> None:
    apart = {profile.customer: set(profile.apart) for profile in profiles(*lines)}
    for one in suggested(*lines, least=1):
        assert one.right not in apart[one.left]
        assert one.left not in apart[one.right]


def test_the_command_is_safe_to_paste() -> None:
    found = only(card("K$(reboot)", "王芳", "13800138001"), card("K;ls", "王芳", "13800138001"))
    assert link_command(found) == "conflictctl customer link 'K$(reboot)' 'K;ls' --relation same"
