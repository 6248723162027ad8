"""A register in this process, a clock to set, and a short way to log lines."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conflictctl.calendar import HOUR, SECOND, parse_time
from conflictctl.events import read_line
from conflictctl.register.store import Receipt, Register, create_register, open_register

NINE = parse_time("2013-03-01T09:00:00+08:00")[0]

SHOWROOM: list[dict[str, Any]] = [
    {"kind": "outlet", "outlet": "shop", "name": "展厅", "type": "store"},
    {"kind": "outlet", "outlet": "boshan", "name": "博山网点", "type": "second_tier"},
    {"kind": "staff", "staff": "sun", "name": "孙", "role": "manager", "outlet": "shop"},
    {"kind": "staff", "staff": "wang", "name": "王", "role": "consultant", "outlet": "shop"},
    {"kind": "staff", "staff": "li", "name": "李", "role": "consultant", "outlet": "shop"},
    {
        "kind": "customer",
        "customer": "K1",
        "name": "赵先生",
        "phones": ["13800138000"],
        "by": "wang",
    },
    {"kind": "customer", "customer": "K2", "name": "钱女士", "by": "li"},
    {"kind": "customer", "customer": "K3", "name": "周先生", "by": "li"},
]

EVERY_KIND: list[dict[str, Any]] = [
    *SHOWROOM,
    {"kind": "lost", "customer": "K3", "reason": "no_interest", "by": "li"},
    {"kind": "reopened", "customer": "K3", "by": "li"},
    {"kind": "staff_moved", "staff": "li", "outlet": "boshan", "by": "sun"},
    {"kind": "staff_absent", "staff": "li", "until": "2013-03-09", "cover": "wang", "by": "sun"},
    {"kind": "staff_left", "staff": "li", "by": "sun"},
    {"kind": "staff_returned", "staff": "li", "by": "sun"},
    {"kind": "link", "customers": ["K2", "K3"], "relation": "household", "by": "sun"},
    {"kind": "unlink", "customers": ["K2", "K3"], "by": "sun"},
    {
        "kind": "visit",
        "id": "v1",
        "customer": "K1",
        "by": "wang",
        "level": "H",
        "asked": True,
        "answer": "none",
        "named": "li",
        "witness": "sun",
        "note": "问价 [/] \u4e00",
    },
    {"kind": "call", "customer": "K1", "by": "wang", "direction": "out", "reached": False},
    {"kind": "followup", "customer": "K1", "by": "wang", "channel": "wechat"},
    {"kind": "inform", "customer": "K1", "by": "li", "to": "wang"},
    {"kind": "accompany", "customer": "K1", "by": "li", "to_outlet": "shop"},
    {"kind": "confirm", "by": "sun", "on": "v1"},
    {"kind": "together", "by": "wang", "customers": ["K1", "K2"]},
    {"kind": "level", "customer": "K1", "by": "wang", "level": "A"},
    {"kind": "check", "by": "wang", "query": "138****8000", "result": "taken"},
    {
        "kind": "card",
        "customer": "K1",
        "by": "wang",
        "contact": "赵经理",
        "title": "采购经理",
        "rank": 3,
    },
    {
        "kind": "filing",
        "id": "f1",
        "customer": "K1",
        "by": "wang",
        "to": "sun",
        "expires_at": "2013-04-01T00:00:00+08:00",
        "fields": {"need": "SUV", "seats": 7},
    },
    {"kind": "decision", "by": "sun", "on": "f1", "decision": "approve"},
    {"kind": "notice", "customer": "K1", "by": "sun", "to": "wang"},
    {"kind": "reassign", "customer": "K1", "by": "sun", "to": "li", "cause": "overdue"},
    {"kind": "demand", "customer": "K1", "by": "sun", "to": "li"},
    {
        "kind": "order",
        "id": "o1",
        "customer": "K1",
        "by": "wang",
        "amount": 5000,
        "currency": "CNY",
    },
    {"kind": "cancel_order", "by": "wang", "on": "o1"},
    {
        "kind": "close",
        "customer": "K1",
        "by": "li",
        "amount": "199800.50",
        "signers": [{"staff": "li", "share": "60"}, {"staff": "wang", "share": "40"}],
    },
    {"kind": "learn", "customer": "K1", "by": "wang"},
    {"kind": "claim", "id": "c1", "customer": "K1", "by": "wang", "to": "sun"},
    {"kind": "withdraw_claim", "by": "wang", "on": "c1"},
    {
        "kind": "agreement",
        "customer": "K1",
        "by": "wang",
        "parties": ["wang", "boshan"],
        "shares": [{"party": "wang", "share": "33.34"}, {"party": "boshan", "share": "66.66"}],
    },
    {
        "kind": "finding",
        "by": "sun",
        "question": "customer_called",
        "subject": "wang",
        "answer": True,
        "grounds": "通话记录",
        "strikes": ["v1"],
    },
    {
        "kind": "ruling",
        "id": "r1",
        "customer": "K1",
        "by": "sun",
        "instance": "sales_manager",
        "award": [{"party": "li", "share": 100}],
        "reason": "按 6.2",
    },
    {"kind": "appeal", "by": "wang", "against": "r1", "to": "general_manager"},
    {
        "kind": "sanction",
        "by": "sun",
        "staff": "li",
        "measure": "fine",
        "amount": 100,
        "reason": "P2",
    },
    *[
        {"by": "sun", **line}
        for line in (
            {
                "kind": "case_opened",
                "id": "co1",
                "case": "C-2013-0001",
                "category": "complaint",
                "customer": "K1",
                "channel": "phone",
                "demand": "退一赔三",
                "facts": "变速箱异响",
                "cause": "product_quality",
                "nature": "external",
                "character": "destructive",
                "severity": 4,
                "customer_type": "highly_emotional",
                "articles": ["5", "七、八"],
                "outlet": "shop",
                "deal": "D1",
            },
            {
                "kind": "case_opened",
                "case": "C-2013-0002",
                "category": "internal",
                "parties": ["wang", "li"],
                "departments": ["sales", "service"],
                "demand": "展厅值班不公",
            },
            {"kind": "case_rejected", "case": "C-2013-0002", "reason": "无事实"},
            {"kind": "case_reopened", "case": "C-2013-0002", "reason": "有新材料"},
            {"kind": "case_withdrawn", "case": "C-2013-0002", "reason": "已和好"},
            {
                "kind": "case_accepted",
                "case": "C-2013-0001",
                "handler": "wang",
                "severity": 3,
                "customer_type": "domineering",
            },
            {"kind": "case_response", "case": "C-2013-0001", "channel": "phone", "said": "已收到"},
            {
                "kind": "case_contact",
                "case": "C-2013-0001",
                "people": ["赵先生", "赵太太"],
                "channel": "visit",
                "said": "要求退车",
            },
            {"kind": "case_update", "case": "C-2013-0001", "channel": "chat", "said": "在检测"},
            {
                "kind": "case_requirement",
                "case": "C-2013-0001",
                "requirement": "三日内修好",
                "confirmed": True,
            },
            {
                "kind": "case_change",
                "case": "C-2013-0001",
                "change": "改为换件",
                "impact": "多两天",
                "cost": "1200.50",
                "currency": "CNY",
                "accepted": True,
            },
            {
                "kind": "case_finding",
                "case": "C-2013-0001",
                "facts": "油封漏油",
                "evidence": ["v1"],
                "files": [{"name": "检测单.pdf", "digest": "sha256:" + "0a" * 32}],
                "cause": "product_quality",
                "character": "constructive",
            },
            {
                "kind": "case_proposal",
                "case": "C-2013-0001",
                "proposal": "P1",
                "text": "换变速箱",
                "pros": "彻底",
                "cons": "费用高",
            },
            {
                "kind": "case_reply",
                "case": "C-2013-0001",
                "proposal": "P1",
                "party": "customer",
                "reply": "accept",
                "said": "可以",
            },
            {
                "kind": "case_escalated",
                "case": "C-2013-0001",
                "to": "supervisor",
                "handler": "sun",
                "reason": "金额大",
            },
            {
                "kind": "case_obstruction",
                "case": "C-2013-0001",
                "party": "li",
                "how": "delay",
                "said": "不交记录",
            },
            {
                "kind": "case_resolution",
                "case": "C-2013-0001",
                "how": "mediated",
                "text": "免费更换",
                "proposal": "P1",
                "third_party": "消协",
                "amount": 5000,
                "currency": "CNY",
            },
            {
                "kind": "case_task",
                "case": "C-2013-0001",
                "task": "T1",
                "owner": "wang",
                "due": "2013-03-05",
                "text": "订件",
            },
            {"kind": "case_task_done", "case": "C-2013-0001", "task": "T1", "text": "已到"},
            {
                "kind": "case_survey",
                "case": "C-2013-0001",
                "score": 4,
                "comment": "尚可",
                "party": "wang",
                "ended": "客户不愿再谈",
            },
            {
                "kind": "case_lesson",
                "case": "C-2013-0001",
                "lesson": "L1",
                "root_cause": "未做交车检查",
                "improvement": "加一道检查",
                "owner": "li",
                "due": "2013-04-01",
            },
            {"kind": "case_lesson_done", "case": "C-2013-0001", "lesson": "L1", "text": "已执行"},
            {
                "kind": "case_closed",
                "case": "C-2013-0001",
                "summary": "客户满意",
                "survey_waived": "出国",
            },
            {
                "kind": "sanction",
                "staff": "li",
                "measure": "warning",
                "reason": "拖延",
                "case": "C-2013-0001",
            },
            {
                "kind": "survey",
                "customer": "K1",
                "campaign": "2013-Q1",
                "score": 5,
                "comment": "好",
            },
        )
    ],
    {
        "kind": "correction",
        "id": "x1",
        "by": "wang",
        "corrects": "v1",
        "changes": {"level": "A", "note": "改"},
    },
    {"kind": "void", "by": "wang", "voids": "x1", "reason": "误改"},
    {"kind": "setting", "name": "policy", "value": "renault-zibo-2013", "by": "sun"},
    {"kind": "attestation", "id": "a1", "by": "sun", "file": "三月.xlsx", "digest": "sha256:00"},
    {
        "kind": "notification",
        "customer": "K1",
        "channel": "wecom",
        "to": "wang",
        "subject": "overdue",
    },
    {"kind": "checkpoint", "size": 40, "root": "sha256:11"},
    {"kind": "redaction", "customer": "K3", "by": "sun", "reason": "asked for"},
]


class Clock:
    """Stands still until it is set; `now` is a moment in microseconds."""

    def __init__(self, now: int = NINE) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def set(self, text: str) -> None:
        """Set it to an ISO time with offset."""
        self.now = parse_time(text)[0]


Log = Callable[..., list[Receipt]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(register_path: Path) -> Path:
    return register_path


@pytest.fixture(scope="session")
def new_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("new") / "register.db"
    create_register(
        str(path), zone="Asia/Shanghai", clock=Clock(), policy="renault-zibo-2013"
    ).close()
    return path


@pytest.fixture
def register(new_file: Path, path: Path) -> Iterator[Register]:
    """A new register in Shanghai's time."""
    shutil.copyfile(new_file, path)
    path.chmod(0o600)
    with open_register(str(path)) as opened:
        yield opened


@pytest.fixture
def log(register: Register, clock: Clock) -> Log:
    """`log(line, line, ...)` records lines in one transaction, one second later each time."""

    def run(*lines: dict[str, Any], **options: Any) -> list[Receipt]:
        clock.now += SECOND
        with register.writing(clock) as writer:
            return [writer.add(read_line(line), **options) for line in lines]

    return run


@pytest.fixture
def showroom(log: Log, clock: Clock) -> Log:
    """`log` on a register with two outlets, three members of staff and three customers."""
    log(*SHOWROOM)
    clock.now += HOUR
    return log
