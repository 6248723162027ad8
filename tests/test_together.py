"""Who came together: asked within one customer, or within his whole household."""

from __future__ import annotations

import pytest

from tests.policy_frame import LET, a_rule, ruled, shares, small

LINK = '01-02 09:00 boss link customers=["K1","K2"] relation=household'
CAME = '03-05 10:00 boss together customers=["K1","K2"]'
DEAL = "03-10 15:00 b close"
ONE_CUSTOMER = '[identity]\njoined = ["same", "household"]\n'


def credited(asked: str, *events: str, identity: str = "") -> list[str]:
    """Whom a policy credits that gives `a` the deal where `asked` is true, else the closer."""
    rules = a_rule("1", asked, "credit = \"'a'\""), a_rule("2", "closer", 'credit = "closer"')
    return list(shares(ruled(small(LET, identity, *rules), *events, DEAL)))


def test_the_files_of_one_customer_came_together() -> None:
    assert credited("together()", LINK, CAME, identity=ONE_CUSTOMER) == ["a"]
    assert credited("together()", LINK, identity=ONE_CUSTOMER) == ["b"]


def test_a_household_that_is_several_customers_is_asked_for_by_name() -> None:
    assert credited("together()", LINK, CAME) == ["b"]
    assert credited("together(household=True)", LINK, CAME) == ["a"]
    assert credited("together(household=True)", CAME) == ["b"]


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        ("together(before=deal)", "a"),
        ("together(before=first_file)", "b"),
        ("together(after=first_file)", "a"),
        ("together(after=delivery)", "b"),
    ],
)
def test_between_two_moments(asked: str, who: str) -> None:
    assert credited(asked, LINK, "03-01 10:00 b visit", CAME, identity=ONE_CUSTOMER) == [who]


def test_it_leaves_the_entry_as_evidence_and_the_latest_counts() -> None:
    later = '03-06 10:00 boss together customers=["K1","K2"]'
    rules = a_rule("1", "together(before=deal)", "credit = \"'a'\"")
    ruling = ruled(small(ONE_CUSTOMER, rules), LINK, CAME, later, DEAL)
    assert ruling.findings[0].evidence == ("e3",)


def test_what_was_declared_void_did_not_happen() -> None:
    void = "03-06 10:00 boss void voids=e2 reason=mistake"
    assert credited("together()", LINK, CAME, void, identity=ONE_CUSTOMER) == ["b"]
