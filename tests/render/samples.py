"""Rulings and a dealership written by hand, for looking at them through every view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from conflictctl.adjudication.ruling import (
    Alternative,
    ByRule,
    Contest,
    Credit,
    Deal,
    Finding,
    Margin,
    PolicyUsed,
    Refused,
    Ruling,
    Sanction,
)
from conflictctl.calendar import Calendar, Moment, parse_time
from conflictctl.events import Event
from conflictctl.people import People
from conflictctl.wording import Bilingual, Sentence, Span, Term, When, Who

SHANGHAI = Calendar("Asia/Shanghai")


def moment(text: str) -> Moment:
    """`2013-03-10 11:00` in Shanghai."""
    return parse_time(text.replace(" ", "T") + ":00+08:00")[0]


def event(
    ref: str, kind: str, at: str, by: str | None = None, *, entered: str = "", **fields: Any
) -> Event:
    """An event with an id, entered when it happened unless `entered` says otherwise."""
    recorded = moment(entered or at)
    return Event("main", 1, ref, kind, moment(at), 480, recorded, recorded, by, by, "K1", fields)


def people(names: Mapping[str, str] | None = None) -> People:
    """A store, a second-tier outlet and the usual staff; `names` replaces names."""
    staff = {"wang": "王强", "li": "李娜", "zhang": "张伟", "sun": "孙经理", **(names or {})}
    found = People()
    found.learn(
        event("o1", "outlet", "2012-12-01 09:00", outlet="shop", name="绿茵 4S 展厅", type="store")
    )
    found.learn(
        event(
            "o2", "outlet", "2012-12-01 09:00", outlet="boshan", name="博山网点", type="second_tier"
        )
    )
    for staff_id, name in staff.items():
        role = "manager" if staff_id == "sun" else "consultant"
        found.learn(
            event(
                f"s-{staff_id}",
                "staff",
                "2012-12-01 09:00",
                staff=staff_id,
                name=name,
                role=role,
                outlet="shop",
            )
        )
    return found


class SampleHead(NamedTuple):
    """The end of a register's log."""

    seq: int = 812
    text: str = "sha256:" + "ab" * 32


TITLES = {
    "P1": Bilingual("First file", "第一留档"),
    "P2": Bilingual("Tell first", "事先沟通"),
    "P3": Bilingual("Regular follow-up", "定期回访"),
    "P4": Bilingual("Friendly settlement", "友好协商"),
    "P6": Bilingual("The company decides", "公司裁定"),
    "K2": Bilingual("A deal in a short time", "短时间内成交"),
    "6.1": Bilingual("No claim in three days", "三天之内未申述"),
    "6.2": Bilingual("In contact in the last week", "成交前一周有跟踪"),
    "6.3": Bilingual("No contact in the last week", "成交前一周无跟踪"),
    "6.4": Bilingual("The order decides", "订单归订车顾问"),
}


class SampleTitles:
    """A policy, as far as the table knows one."""

    def clause_title(self, clause: str) -> Bilingual | None:
        """The title of a clause; None for one without."""
        return TITLES.get(clause)

    def row_titles(self) -> dict[str, Bilingual]:
        """The rows of the scorecard: this policy has none."""
        return {}


POLICY = PolicyUsed("renault-zibo-2013", "2013-01-27", "sha256:" + "cd" * 32, {})
LI, WANG = Credit("li", "staff", "100"), Credit("wang", "staff", "100")
NAMES = {"K1": "客户K1"}


def both(en: str, zh: str, **values: object) -> Sentence:
    """A sentence that brings its translation, as a policy's sentences do."""
    return Sentence(Bilingual(en, zh), **values)


EIGHT_DAYS_FACTS = {
    entry.ref: entry
    for entry in (
        event("R13-01", "visit", "2013-02-26 10:00", "wang", direction="in", level="A"),
        event("R13-02", "followup", "2013-03-01 10:00", "wang", channel="phone", reached=True),
        event("R13-03", "followup", "2013-03-02 16:00", "wang", channel="phone", reached=True),
        event("R13-3a", "call", "2013-03-05 09:30", "wang", direction="out", reached=False),
        event(
            "R13-3b",
            "followup",
            "2013-03-08 17:40",
            "wang",
            channel="wechat",
            reached=True,
            entered="2013-03-10 12:05",
        ),
        event(
            "R13-04", "visit", "2013-03-10 10:00", "li", direction="in", asked=True, answer="wang"
        ),
        event("R13-05", "inform", "2013-03-10 10:05", "li", to="wang"),
        event("R13-06", "close", "2013-03-10 11:00", "li"),
        event("R13-07", "claim", "2013-03-11 09:00", "wang"),
    )
}


def eight_days(**changed: Any) -> Ruling:
    """A level A customer left alone for eight days: the deal is the closer's under P3."""
    findings = (
        Finding(
            "P4",
            "not_met",
            None,
            both(
                "No agreement of the two that a sales manager approved.",
                "双方没有经销售经理批准的协议。",
            ),
        ),
        Finding("6.4", "not_met", None, both("No order was taken.", "没有订单。")),
        Finding(
            "P1",
            "supports",
            "wang",
            both("{who} entered the first valid file.", "{who} 第一个接待留档。", who=Who("wang")),
            None,
            ("R13-01",),
        ),
        Finding(
            "6.1",
            "not_met",
            "wang",
            both("{who} claimed the deal in time.", "{who} 在期限内提出申述。", who=Who("wang")),
            Margin(Span(2, "d"), Span(3, "d")),
            ("R13-07",),
        ),
        Finding(
            "P3",
            "awards",
            "li",
            both(
                "{original} had no contact for {gap}; level {level} allows {limit}. "
                "{closer} closed.",
                "{original} 已 {gap}未跟踪，{level} 级客户限 {limit}；该单归成交的 {closer}。",
                original=Who("wang"),
                closer=Who("li"),
                level="A",
                gap=Span(8, "d"),
                limit=Span(7, "d"),
            ),
            Margin(Span(8, "d"), Span(7, "d")),
            ("R13-03", "R13-04", "R13-06"),
            (Refused("R13-3a", "not_reached"), Refused("R13-3b", "late")),
        ),
        *(
            Finding(clause, "not_reached", None, both("Not tried.", "未审及。"))
            for clause in ("P2", "K2", "6.2", "6.3", "P6")
        ),
    )
    ruling = Ruling(
        customer="K1",
        deal=Deal("1", 1, moment("2013-03-10 11:00"), "li", "118800", "CNY", "Koleos 2.5"),
        as_of=moment("2013-03-12 17:00"),
        policy=POLICY,
        status="credited",
        credit=(LI,),
        holder=None,
        decided_by="P3",
        reason=both(
            "{original} had not been in contact for {gap} when {closer} closed; a level {level} "
            "customer must be followed up every {limit}. The claim in time does not help.",
            "{closer} 成交时，{original} 已 {gap}未跟踪；{level} 级客户最短每隔 {limit}须跟踪一次。"
            "虽按时申述，仍不能改变归属。",
            original=Who("wang"),
            closer=Who("li"),
            level="A",
            gap=Span(8, "d"),
            limit=Span(7, "d"),
        ),
        findings=findings,
        contested=(
            Contest("level_vs_week", "both", ()),
            Contest("lapse_test", "at_intervention_or_close", ()),
            Contest(
                "file_order",
                "recorded",
                (Alternative("happened", "credited", (WANG,), None, "6.2"),),
            ),
        ),
        warnings=(
            both(
                "{ref} was entered on a later day and does not count.",
                "{ref} 系补录，不予计入。",
                ref="R13-3b",
            ),
        ),
        late=("R13-3b",),
    )
    return ruling._replace(**changed)


def referred() -> Ruling:
    """Two receptions, no follow-up, closed within the week: the panel decides under K2."""
    return eight_days(
        status="referred",
        credit=(),
        decided_by="K2",
        referred_to="panel",
        reason=both(
            "{a} and {b} received the customer once each within {gap}: they negotiate, and "
            "if they do not agree, the panel decides from how it went.",
            "{a} 与 {b} 在 {gap}内各接待一次：先由双方协商，协商不成由管理层根据过程裁定。",
            a=Who("wang"),
            b=Who("li"),
            gap=Span(4, "d"),
        ),
        findings=(
            Finding(
                "P3",
                "not_met",
                "wang",
                both("Not overdue.", "未逾期。"),
                Margin(Span(4, "d"), Span(7, "d")),
                ("R13-03",),
            ),
            Finding(
                "K2",
                "refers",
                None,
                both("Once each, in a short time.", "各一次，短时间。"),
                Margin(Span(4, "d"), Span(7, "d")),
                ("R13-01", "R13-04"),
            ),
        ),
        contested=(),
        warnings=(),
        late=(),
    )


def held() -> Ruling:
    """No deal yet: the original holds the customer."""
    return eight_days(
        status="held",
        deal=None,
        credit=(),
        holder="wang",
        decided_by="P1",
        reason=both(
            "{who} entered the first valid file.", "{who} 第一个接待留档。", who=Who("wang")
        ),
        findings=(
            Finding("P1", "awards", "wang", both("First file.", "第一留档。"), None, ("R13-01",)),
        ),
        contested=(),
        warnings=(),
        late=(),
    )


def unheld() -> Ruling:
    """Nobody ever filed the customer."""
    return eight_days(
        status="unheld",
        deal=None,
        credit=(),
        decided_by=None,
        findings=(),
        contested=(),
        reason=both("Nobody has a file.", "无人留档。"),
        warnings=(),
        late=(),
    )


def departed() -> Ruling:
    """The general manager shared the deal, where the rule gave it to one."""
    return eight_days(
        credit=(Credit("li", "staff", "60"), Credit("boshan", "outlet", "40")),
        decided_by="P6",
        by_rule=ByRule("credited", (LI,), "P3"),
        reason=both("The general manager ruled so.", "总经理裁定如此。"),
        policy=POLICY._replace(set={"level_limit_days": {"H": 5}}),
        void=(Refused("R13-02", "struck"), Refused("R13-03", "altered")),
        sanctions=(Sanction("P2", "li", "fine", "100", ("R13-04",)),),
    )


def provisional() -> Ruling:
    """The closer has the deal unless the original claims by the end of 12 March."""
    return eight_days(
        decided_by="6.1",
        provisional_until=moment("2013-03-13 00:00"),
        reason=both(
            "{who} has not claimed; {until} is the end of the window ({instance}).",
            "{who} 尚未申述；申述期至 {until}（{instance}）。",
            who=Who("wang"),
            until=When(moment("2013-03-13 00:00")),
            instance=Term("sales_manager"),
        ),
        findings=(
            Finding(
                "6.1",
                "awards",
                "li",
                both("No claim.", "未申述。"),
                Margin(Span(1, "d"), Span(3, "d")),
            ),
        ),
        contested=(),
        warnings=(),
        late=(),
    )


ALL = (eight_days, referred, held, unheld, departed, provisional)
