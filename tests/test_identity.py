"""Telephone numbers, names and how names sound."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflictctl.identity import (
    Probe,
    Query,
    keys_of,
    masked_name,
    masked_text,
    probes,
    sound_probes,
)
from conflictctl.names import SURNAMES, latin, readings, syllables
from conflictctl.phones import masked_phone, phone_key, phone_keys, read_phone

MOBILE = "+8613800138000"


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "138.0013.8000",
        " 13800138000 ",
        "+8613800138000",
        "+86 138 0013 8000",
        "+86-138-0013-8000",
        "(+86) 13800138000",
        "0086 13800138000",
        "0086-138-0013-8000",
        "8613800138000",
        "86 138 0013 8000",
        "013800138000",
        "１３８００１３８０００",
        "＋８６　１３８００１３８０００",
        "138–0013–8000",
        "138\u00a00013\u00a08000",
    ],
)
def test_spellings_of_one_mobile_number(text: str) -> None:
    assert phone_key(text) == MOBILE


@pytest.mark.parametrize(
    "text",
    [
        "0533-2345678",
        "0533 2345678",
        "(0533) 2345678",
        "(0533)2345678",
        "+86 533 2345678",
        "+86 (0)533 2345678",
        "+86 0533 2345678",
        "0086 533 2345678",
        "０５３３－２３４５６７８",
    ],
)
def test_spellings_of_one_line(text: str) -> None:
    assert phone_key(text) == "+865332345678"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2345678", "2345678"),
        ("10086", "10086"),
        ("+1 415 555 2671", "+14155552671"),
        ("001 (415) 555-2671", "+14155552671"),
        ("+852 2345 6789", "+85223456789"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("01012345678", "+861012345678"),
    ],
)
def test_other_numbers(text: str, key: str) -> None:
    assert phone_key(text) == key


@pytest.mark.parametrize("text", ["", " ", "none", "K1", "王芳", "138x0013", "+", "-", "12+34"])
def test_what_is_no_number(text: str) -> None:
    assert phone_key(text) is None


def test_the_same_national_number_in_two_countries_is_two_numbers() -> None:
    assert phone_key("+86 138 0013 8000") != phone_key("+1 138 0013 8000")
    assert phone_key("+86 2345 6789") != phone_key("+852 2345 6789")


@pytest.mark.parametrize(
    "text",
    [
        "13800138000/13900139000",
        "13800138000, 13900139000",
        "13800138000；139 0013 9000",
        "13800138000、13900139000",
    ],
)
def test_two_numbers_in_one_text(text: str) -> None:
    assert phone_keys(text) == [MOBILE, "+8613900139000"]


def test_a_slash_within_a_number_is_no_separator() -> None:
    assert phone_keys("0533/2345678") == ["+865332345678"]


@given(st.text(alphabet="+0123456789-() /１２", max_size=30))
def test_a_key_is_its_own_key(text: str) -> None:
    key = phone_key(text)
    assert key is None or phone_key(key) == key


@settings(deadline=None)  # the pinyin tables are loaded once
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_can_be_looked_for(text: str, name: str) -> None:
    query = Query(text)
    query.plainly("K1", name, [name])
    query.by_sound(name)


# ---------------------------------------------------------------------------------- sound


@pytest.mark.parametrize(
    ("typed", "letters"),
    [
        ("wangxiaoming", "wangxiaoming"),
        ("Wang Xiao Ming", "wangxiaoming"),
        ("Wáng Xiǎomíng", "wangxiaoming"),
        ("lǚ", "lv"),
        ("lu:", "lv"),
        ("LÜ", "lv"),
        ("xi'an", "xian"),
        ("王", ""),
        ("K1", ""),
        ("138", ""),
        ("", ""),
    ],
)
def test_pinyin_as_typed(typed: str, letters: str) -> None:
    assert latin(typed) == letters


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("单丽娜", "shan"),
        ("曾强", "zeng"),
        ("解缙", "xie"),
        ("仇英", "qiu"),
        ("区志强", "ou"),
        ("查良镛", "zha"),
        ("朴正", "piao"),
        ("盖聂", "ge"),
        ("任平", "ren"),
        ("华罗庚", "hua"),
        ("尉迟恭", "yu"),
        ("长孙无忌", "zhang"),
        ("万俟卨", "mo"),
        ("王芳", "wang"),
        ("李雷", "li"),
    ],
)
def test_a_surname_is_read_as_a_surname(name: str, reading: str) -> None:
    assert readings(name)[0][0] == reading


def test_the_table_of_surnames_gives_a_reading_for_each_character() -> None:
    for surname, reading in SURNAMES.items():
        assert len(surname) == len(reading)


@pytest.mark.parametrize(
    ("typed", "name", "rank"),
    [
        ("shanlina", "单丽娜", 4),
        ("zengqiang", "曾强", 4),
        ("yuchigong", "尉迟恭", 4),
        ("lvbu", "吕布", 4),
        ("lubu", "吕布", 4),
        ("lyubu", "吕布", 4),
        ("wang", "王小明", 9),
        ("wangxm", "王小明", 9),
        ("wxm", "王小明", 9),
        ("wangxiaom", "王小明", 9),
        ("danlina", "单丽娜", 4),
    ],
)
def test_pinyin_answers(typed: str, name: str, rank: int) -> None:
    match = Query(typed).by_sound(name)
    assert match is not None
    assert (match.rank, match.by) == (rank, "pinyin")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("wong", "王小明"),
        ("xiaoming", "王小明"),
        ("wangxiaomingg", "王小明"),
        ("lina", "单丽娜"),
        ("smith", "王小明"),
        ("wang", ""),
        ("wang", "Smith"),
    ],
)
def test_pinyin_does_not_answer(typed: str, name: str) -> None:
    assert Query(typed).by_sound(name) is None


def test_names_that_sound_alike_answer_each_other() -> None:
    match = Query("王晓明").by_sound("王小明")
    assert match is not None
    assert match.by == "sound"
    assert Query("王晓明").by_sound("王小红") is None
    assert Query("张晓明").by_sound("章小明") is not None


def test_what_is_equal_ranks_before_what_is_like_it() -> None:
    def rank(text: str, identity: str, name: str, *phones: str) -> int:
        match = Query(text).plainly(identity, name, phones)
        assert match is not None
        return match.rank

    assert (
        rank("K1", "K1", "x")
        < rank("13800138000", "K2", "x", "138-0013-8000")
        < rank("王芳", "K2", "王芳")
        < rank("王芳", "K2", "王芳芳")
        < rank("芳", "K2", "王芳")
    )
    assert rank("0000", "K2", "x", "13801380000") == 7
    assert rank("1380", "K2", "x", "13801380000") == 7
    assert Query("0138").plainly("K2", "x", ["13801380000"]) is None


# -------------------------------------------------------------------- numbers, further


@pytest.mark.parametrize(
    ("text", "key", "extension"),
    [
        ("0533-2345678转801", "+865332345678", "801"),
        ("0533-2345678 转 801", "+865332345678", "801"),
        ("0533-2345678-801", "+865332345678", "801"),
        ("(0533)2345678 分机：12", "+865332345678", "12"),
        ("+1 415 555 2671 ext. 9", "+14155552671", "9"),
        ("0533-2345678", "+865332345678", None),
        ("138-0013-8000", MOBILE, None),
    ],
)
def test_an_extension_is_no_part_of_the_number(text: str, key: str, extension: str | None) -> None:
    assert read_phone(text) == (key, extension)


def test_a_carrier_prefix_is_no_part_of_the_number() -> None:
    assert phone_key("17951 138 0013 8000") == MOBILE
    assert phone_keys("13800138000 13900139000") == [MOBILE, "+8613900139000"]


def test_a_number_without_country_belongs_to_the_country_of_the_register() -> None:
    assert phone_key("(415) 555-2671", "US") == "+14155552671"
    assert phone_key("020 7946 0018", "GB") == phone_key("+44 (0)20 7946 0018")
    assert phone_key("+86 138 0013 8000", "US") == MOBILE


@given(st.text(alphabet="+0123456789-() 转x#", max_size=30), st.sampled_from(["CN", "US", "IT"]))
def test_a_key_is_its_own_key_in_every_country(text: str, country: str) -> None:
    key = phone_key(text, country)
    assert key is None or phone_key(key, country) == key


# ------------------------------------------------------------------------------ masking


def test_what_is_masked_is_known_to_its_owner_alone() -> None:
    assert masked_name("李小明") == "李**"
    assert masked_name("尉迟恭") == "尉迟*"
    assert masked_name("欧阳晓峰") == "欧阳**"
    assert masked_name("Smith") == "S***"
    assert masked_phone(MOBILE) == masked_text("138 0013 8000") == "138****8000"
    assert masked_text("李小明") == "李**"
    assert masked_name("") == ""


# --------------------------------------------------------------------------------- keys


def proposes(probe: Probe, keys: set[str]) -> bool:
    like = re.escape(probe.like or "%").replace("%", ".*")
    return any(probe.low <= key < probe.high and re.fullmatch(like, key) for key in keys)


@pytest.mark.parametrize(
    "text",
    [
        "K-2026-0017",
        "k-2026",
        "0017",
        "单丽娜",
        "丽娜",
        "娜",
        "shanlina",
        "danlina",
        "Shàn Lìnà",
        "sln",
        "shanln",
        "shanli",
        "shanl",
        "slna",
        "138 0013 8000",
        "+86 13800138000",
        "8000",
        "1380",
    ],
)
def test_the_keys_propose_a_customer_who_answers(text: str) -> None:
    name, phones = "单丽娜", ["138-0013-8000"]
    query = Query(text)
    assert query.plainly("K-2026-0017", name, phones) or query.by_sound(name)
    keys = keys_of("K-2026-0017", name, phones)
    assert any(proposes(probe, keys) for probe in probes(query))


@pytest.mark.parametrize("text", ["lvbu", "lubu", "lyubu", "lb"])
def test_the_keys_propose_a_name_with_two_dots(text: str) -> None:
    assert any(proposes(probe, keys_of("K1", "吕布", [])) for probe in probes(Query(text)))


def test_the_keys_propose_a_name_that_sounds_alike() -> None:
    keys = keys_of("K1", "王小明", [])
    assert any(proposes(probe, keys) for probe in sound_probes("王晓明"))


@settings(deadline=None)  # the pinyin tables are loaded once
@given(st.text(alphabet="王小明单丽娜吕 Ab1-", min_size=1, max_size=8), st.data())
def test_any_beginning_of_a_name_is_proposed(name: str, data: st.DataObject) -> None:
    text = name[: data.draw(st.integers(1, len(name)))]
    if Query(text).folded:
        keys = keys_of("K1", name, [])
        assert any(proposes(probe, keys) for probe in probes(Query(text)))


def test_every_reading_of_a_surname_is_a_syllable() -> None:
    assert {reading for surname in SURNAMES.values() for reading in surname} <= syllables()
