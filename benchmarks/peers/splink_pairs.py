"""The same duplicates and households by Splink on DuckDB, as its guide sets it up.

Two models, one for one person and one for a household, each with blocking rules and comparison
levels for what the cards hold; the probabilities are estimated from the data.  Splink reads
neither pinyin nor notes: it is given each name's sound, and the numbers and names that notes
speak of, as columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suggest import Card, Scored


def pairs(cards: Sequence[Card]) -> list[Scored]:
    """All pairs that Splink predicts from probability 0.1, with a score of 100 times that."""
    import logging

    logging.getLogger("splink").setLevel(logging.ERROR)
    rows = list(map(_row, cards))
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for kind, predict in (("same", _one_person), ("household", _household)):
        for one, other, probability in predict(rows):
            pair = (one, other) if one < other else (other, one)
            best[pair] = max(best.get(pair, (0.0, "")), (probability, kind))
    return [
        (kind, one, other, 100 * probability) for (one, other), (probability, kind) in best.items()
    ]


def _row(card: Card) -> dict[str, object]:
    from conflictctl.matching.profile import heard, mentions_in, numbers_in, surnames

    numbers = [number for text in card.phones for number in numbers_in(text)]
    mobiles = sorted({number.digits for number in numbers if number.is_mobile})
    bare = re.sub("(先生|女士|总)$", "", card.name)
    kin = [mention for mention in mentions_in(card.note, "") if mention.kin]
    return {
        "unique_id": card.customer,
        "name": bare if bare == card.name else None,
        "sound": heard(bare)[0] if bare == card.name else None,
        "surname": surnames(bare)[0],
        "mobiles": mobiles or None,
        "first_mobile": mobiles[0] if mobiles else None,
        "lines": [n.key + (n.extension or "") for n in numbers if not n.is_mobile] or None,
        "address": card.address or None,
        "kin_names": [name for mention in kin for name in mention.names],
        "kin_numbers": [number[3:] for mention in kin for number in mention.numbers],
    }


def _linker(rows: list[dict[str, object]], comparisons: list[object], blocking: list[object]):
    import pyarrow
    from splink import DuckDBAPI, Linker, SettingsCreator

    text, texts = pyarrow.string(), pyarrow.list_(pyarrow.string())
    types = {
        name: texts if name in ("mobiles", "lines", "kin_names", "kin_numbers") else text
        for name in rows[0]
    }
    table = pyarrow.Table.from_pylist(rows, schema=pyarrow.schema(list(types.items())))
    api = DuckDBAPI()
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=blocking,
    )
    return Linker(api.register(table), settings)


def _one_person(rows: list[dict[str, object]]) -> list[tuple[str, str, float]]:
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons
    from splink import block_on

    name = comparisons.CustomComparison(
        [
            levels.NullLevel("surname"),
            levels.ExactMatchLevel("name", term_frequency_adjustments=True),
            levels.ExactMatchLevel("sound", term_frequency_adjustments=True),
            levels.And(levels.LevenshteinLevel("name", 1), levels.ExactMatchLevel("surname")),
            levels.ExactMatchLevel("surname"),
            levels.ElseLevel(),
        ],
        output_column_name="name",
    )
    mobile = comparisons.CustomComparison(
        [
            levels.NullLevel("mobiles"),
            levels.ArrayIntersectLevel("mobiles", 1),
            levels.DamerauLevenshteinLevel("first_mobile", 1),
            levels.ElseLevel(),
        ],
        output_column_name="mobiles",
    )
    rules = [
        block_on("sound"),
        block_on("mobiles", arrays_to_explode=["mobiles"]),
        block_on("lines", arrays_to_explode=["lines"]),
        block_on("address", "surname"),
        block_on("surname", "substr(first_mobile, 4, 4)"),
        block_on("surname", "substr(first_mobile, 8, 4)"),
    ]
    linker = _linker(
        rows,
        [
            name,
            mobile,
            comparisons.ArrayIntersectAtSizes("lines", [1]),
            comparisons.ExactMatch("address"),
        ],
        rules,
    )
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("sound", "first_mobile"), block_on("sound", "address")], recall=0.6
    )
    training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    training.estimate_parameters_using_expectation_maximisation(block_on("first_mobile"))
    training.estimate_parameters_using_expectation_maximisation(block_on("sound"))
    training.estimate_parameters_using_expectation_maximisation(block_on("address", "surname"))
    return _predicted(linker)


def _household(rows: list[dict[str, object]]) -> list[tuple[str, str, float]]:
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons

    kin = comparisons.CustomComparison(
        [
            levels.CustomLevel(
                "list_has_any(coalesce(mobiles_l, []), kin_numbers_r) "
                "or list_has_any(coalesce(mobiles_r, []), kin_numbers_l)",
                "a relative's number",
            ),
            levels.CustomLevel(
                "list_contains(kin_names_l, name_r) or list_contains(kin_names_r, name_l)",
                "a relative's name",
            ),
            levels.ElseLevel(),
        ],
        output_column_name="kin",
    )
    # Who has the same name is one person, if anything.
    other = "l.sound is distinct from r.sound"
    rules = [
        f"{rule} and {other}"
        for rule in (
            "list_has_any(l.mobiles, r.mobiles) and l.first_mobile = r.first_mobile",
            "l.lines[1] = r.lines[1]",
            "l.address = r.address",
            "l.name = r.kin_names[1]",
            "r.name = l.kin_names[1]",
            "l.first_mobile = r.kin_numbers[1]",
            "r.first_mobile = l.kin_numbers[1]",
        )
    ]
    linker = _linker(
        rows,
        [
            kin,
            comparisons.ArrayIntersectAtSizes("mobiles", [1]),
            comparisons.ArrayIntersectAtSizes("lines", [1]),
            comparisons.ExactMatch("address"),
            comparisons.ExactMatch("surname"),
        ],
        rules,
    )
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [f"l.address = r.address and {other}"], recall=0.2
    )
    training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in (
        "l.address = r.address",
        "l.lines[1] = r.lines[1]",
        "l.first_mobile = r.first_mobile",
    ):
        training.estimate_parameters_using_expectation_maximisation(f"{rule} and {other}")
    return _predicted(linker)


def _predicted(linker) -> list[tuple[str, str, float]]:
    found = linker.inference.predict(threshold_match_probability=0.1)
    table = found.as_pyarrow_table() if hasattr(found, "as_pyarrow_table") else None
    rows = table.to_pylist() if table is not None else found.as_record_dict()
    return [(row["unique_id_l"], row["unique_id_r"], row["match_probability"]) for row in rows]
