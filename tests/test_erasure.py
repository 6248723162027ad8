"""What stands where personal data were erased, and that no ruling changes by it."""

from __future__ import annotations

import pytest

from conflictctl.adjudication.worked_cases import load_cases, try_case
from conflictctl.erasure import erased_by, in_place_of, likely_names, names_of, words
from conflictctl.events import KINDS, Event
from conflictctl.policy.model import load_policy, preset_ids


def test_the_words_name_the_erasure() -> None:
    assert words("#812") == "redacted by #812"
    assert erased_by("redacted by #812") == "#812"
    assert erased_by(words("3fa9#12")) == "3fa9#12"
    for other in ("redacted by hand", "redacted by #12 and more", "", None, 12, ["#1"]):
        assert erased_by(other) is None


def test_a_form_keeps_which_fields_it_held() -> None:
    names = names_of({"note": "n", "fields": {"budget": "9", "name": "王"}})
    assert names == ["fields.budget", "fields.name", "note"]
    assert in_place_of(names, "#9") == {
        "fields": {"budget": "redacted by #9", "name": "redacted by #9"},
        "note": "redacted by #9",
    }


def test_what_was_left_empty_stays_empty() -> None:
    assert names_of({"note": "", "fields": {"consent": "", "budget": 0}}) == ["fields.budget"]


def test_telephone_numbers_and_files_leave_nothing_behind() -> None:
    assert in_place_of(["phones", "files", "changes.phones", "people"], "#9") == {
        "people": ["redacted by #9"]
    }


def test_an_erasure_that_does_not_say_what_went_still_leaves_what_a_kind_must_have() -> None:
    assert likely_names("customer") == ["name"]
    assert likely_names("visit") == ["note"]
    assert likely_names("filing") == []
    for kind in KINDS.values():
        assert set(likely_names(kind.name)) <= kind.personal


def erased(event: Event) -> Event:
    """The event as the register gives it after its personal data were erased by #9999."""
    personal = KINDS[event.kind].personal
    if event.kind == "correction":
        return event
    names = names_of({name: value for name, value in event.fields.items() if name in personal})
    kept = {name: value for name, value in event.fields.items() if name not in personal}
    return event._replace(fields={**kept, **in_place_of(names, "#9999")})


@pytest.mark.parametrize("policy", preset_ids())
def test_no_worked_case_is_ruled_otherwise_after_an_erasure(policy: str) -> None:
    """Of every customer and everything that was said of them."""
    loaded = load_policy(policy)
    found = load_cases(policy, loaded)
    assert found
    for case in found:
        outcome = try_case(case._replace(events=[erased(event) for event in case.events]), loaded)
        assert outcome.passed, (case.line, outcome.differences)
