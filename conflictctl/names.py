"""How names sound: pinyin as typed, and as Chinese characters are read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice, product

# Surnames whose reading differs from the character's usual one.
SURNAMES: dict[str, tuple[str, ...]] = {
    "单": ("shan",),
    "曾": ("zeng",),
    "解": ("xie",),
    "仇": ("qiu",),
    "区": ("ou",),
    "查": ("zha",),
    "朴": ("piao",),
    "盖": ("ge",),
    "任": ("ren",),
    "华": ("hua",),
    "翟": ("zhai",),
    "宓": ("mi",),
    "尹": ("yin",),
    "乐": ("yue",),
    "员": ("yun",),
    "召": ("shao",),
    "覃": ("qin",),
    "晟": ("cheng",),
    "冼": ("xian",),
    "折": ("she",),
    "种": ("chong",),
    "秘": ("bi",),
    "缪": ("miao",),
    "繁": ("po",),
    "能": ("nai",),
    "逄": ("pang",),
    "隗": ("wei",),
    "黑": ("he",),
    "牟": ("mu",),
    "洗": ("xian",),
    "葛": ("ge",),
    "燕": ("yan",),
    "宁": ("ning",),
    "过": ("guo",),
    "那": ("na",),
    "哈": ("ha",),
    "句": ("gou",),
    "阚": ("kan",),
    "褚": ("chu",),
    "佴": ("nai",),
    "尉迟": ("yu", "chi"),
    "长孙": ("zhang", "sun"),
    "万俟": ("mo", "qi"),
    "澹台": ("tan", "tai"),
    "令狐": ("ling", "hu"),
    "单于": ("chan", "yu"),
    "夏侯": ("xia", "hou"),
    "鲜于": ("xian", "yu"),
    "赫连": ("he", "lian"),
    "宇文": ("yu", "wen"),
    "亓官": ("qi", "guan"),
    "濮阳": ("pu", "yang"),
}

_LETTERS = re.compile(r"[a-z]+")


def latin(text: str) -> str:
    """Pinyin as typed, in bare letters: `Wáng Xiǎomíng` is `wangxiaoming`, `lǚ` is `lv`.

    Empty where the text is not pinyin.
    """
    plain = unicodedata.normalize("NFD", text.casefold().replace("u:", "v"))
    plain = plain.replace("u\u0308", "v")
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    bare = re.sub(r"[\s'’\-·]+", "", bare)
    return bare if _LETTERS.fullmatch(bare) else ""


def readings(name: str) -> Sequence[tuple[str, ...]]:
    """How each Chinese character of a name may be read, the likeliest reading first."""
    characters = [char for char in name if "\u3400" <= char <= "\u9fff"]
    found = [_readings_of(char) for char in characters]
    surname = _surname("".join(characters[:2]))
    for index, reading in enumerate(surname):
        rest = tuple(other for other in found[index] if other != reading)
        found[index] = (reading, *rest)
    return found


def _surname(beginning: str) -> tuple[str, ...]:
    return SURNAMES.get(beginning) or SURNAMES.get(beginning[:1], ())


@lru_cache(maxsize=30_000)
def _readings_of(char: str) -> tuple[str, ...]:
    from pypinyin import Style, pinyin

    return tuple(pinyin(char, style=Style.NORMAL, heteronym=True)[0])


def spelt(letters: str, start: int, name: Sequence[tuple[str, ...]], index: int) -> int | None:
    """How many characters of a name the letters leave over, or None where they differ.

    Each character is spelt in full, with u for v if the writer has no better, or by its
    first letter; the last may be unfinished.
    """
    if start == len(letters):
        return len(name) - index
    if index == len(name):
        return None
    best: int | None = None
    rest = letters[start:]
    for reading in name[index]:
        for spelling in {reading, reading.replace("v", "u"), reading.replace("v", "yu")}:
            if rest.startswith(spelling):
                left = spelt(letters, start + len(spelling), name, index + 1)
            elif rest[0] == spelling[0]:
                left = spelt(letters, start + 1, name, index + 1)
                left = None if left is None else left + 1
                if spelling.startswith(rest):
                    left = len(name) - index if left is None else min(left, len(name) - index)
            else:
                left = None
            if left is not None and (best is None or left < best):
                best = left
    return best


_MOST_READINGS = 6


def sounds(name: str) -> Iterator[tuple[str, ...]]:
    """The likeliest ways to read the Chinese characters of a name, at most six of them."""
    yield from islice(dict.fromkeys(product(*readings(name))), _MOST_READINGS)


# What a first sound may be followed by; `v` is u with two dots.
_FINALS = {
    "": "a ai an ang ao e ei en eng er o ou",
    "b": "a ai an ang ao ei en eng i ian iao ie in ing o u",
    "p": "a ai an ang ao ei en eng i ian iao ie in ing o ou u",
    "m": "a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u",
    "f": "a an ang ei en eng o ou u",
    "d": "a ai an ang ao e ei en eng i ia ian iao ie ing iu ong ou u uan ui un uo",
    "t": "a ai an ang ao e eng i ian iao ie ing ong ou u uan ui un uo",
    "n": "a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan un uo v ve",
    "l": "a ai an ang ao e ei eng i ia ian iang iao ie in ing iu o ong ou u uan un uo v ve",
    "g": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "k": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "h": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "j": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "q": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "x": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "zh": "a ai an ang ao e ei en eng i ong ou u ua uai uan uang ui un uo",
    "ch": "a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo",
    "sh": "a ai an ang ao e ei en eng i ou u ua uai uan uang ui un uo",
    "r": "an ang ao e en eng i ong ou u ua uan ui un uo",
    "z": "a ai an ang ao e ei en eng i ong ou u uan ui un uo",
    "c": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "s": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "y": "a an ang ao e i in ing o ong ou u uan ue un",
    "w": "a ai an ang ei en eng o u",
}


@lru_cache(maxsize=1)
def syllables() -> frozenset[str]:
    """All syllables of standard Chinese, without tones."""
    return frozenset(first + final for first, finals in _FINALS.items() for final in finals.split())
