"""A first policy from a few answers: complete, commented, with cases that pass.

It is a beginning: what it says is said in the file and can be changed there.  Comments and
sentences stand in both languages, because whoever takes the file over may read the other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from conflictctl.wording import N_

OPENINGS = {
    "visit": N_("the first visit of, or to, the customer"),
    "filing": N_("a filing that management approved"),
    "assignment": N_("management assigns the customer"),
}
KEEPS = {
    "contact": N_("any contact: a visit, a call, a follow-up"),
    "visit": N_("only a visit"),
    "nothing": N_("nothing has to be done"),
}
TIES = {
    "closer": N_("whoever closed has the deal"),
    "split": N_("all who were in contact share equally"),
    "refer": N_("a person decides"),
}
DECIDERS = {
    "sales_manager": ("manager", "general_manager"),
    "department_head": ("department_head", "general_manager"),
    "panel": ("manager", "department_head", "general_manager"),
    "general_manager": ("general_manager",),
}
"""Who decides what the rules leave open, and which roles can rule there."""
MOST_DAYS = 3650


class Answers(NamedTuple):
    """What the author wants.  `day` (an ISO date) is the edition.

    `days`: how long a holding lasts; 0: without end.  `idle_days` counts only where
    something has to keep the holding alive.  `claim_days`: within how many days after the
    close the holder has to claim the deal; 0: he need not.
    """

    id: str
    day: str
    title_en: str
    title_zh: str
    opens: str = "visit"
    days: int = 90
    keeps: str = "contact"
    idle_days: int = 14
    claim_days: int = 3
    ties: str = "split"
    decides: str = "sales_manager"


def policy_text(answers: Answers) -> str:
    """The policy file: TOML."""
    return "\n".join(
        [
            _HEAD.format(
                id=answers.id,
                day=answers.day,
                en=_quoted(answers.title_en),
                zh=_quoted(answers.title_zh),
                selling=_SELLING
                if _asks_for_contacts(answers) or answers.opens == "filing"
                else "",
            ),
            *_parameters(answers),
            *_entries(answers),
            *_holding(answers),
            _CLOSING.format(decides=answers.decides, roles=_list(DECIDERS[answers.decides])),
            *_let(answers),
            *_clauses(answers),
            *_rules(answers),
            _LAST.format(decides=answers.decides),
        ]
    )


def _quoted(text: str) -> str:
    """A text as TOML writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _list(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


_SELLING = 'selling_roles = ["consultant", "supervisor"]\n'
_HEAD = """\
# What stands here decides.  Change it, then look:
#   conflictctl policy check FILE      what is wrong with the file
#   conflictctl policy test FILE       the worked cases beside it
# 本文件即判定依据。修改后请用以上两条命令检查文件、试算案例。

[policy]
id = "{id}"
version = "{day}"           # the edition: the day it is of / 版本：制定日期
title.en = {en}
title.zh = {zh}

[words]                          # roles / 角色
{selling}managing_roles = ["manager", "department_head", "general_manager"]

# ---------------------------------------------------------------- numbers / 数字"""


def _parameters(answers: Answers) -> list[str]:
    found = []
    if answers.days:
        found.append(
            _parameter(
                "holding_days",
                answers.days,
                "2",
                "How many days a holding lasts.",
                "归属有效多少天。",
            )
        )
    if answers.keeps != "nothing":
        found.append(
            _parameter(
                "idle_days",
                answers.idle_days,
                "3",
                "After how many days without contact a holding ends.",
                "多少天没有联系即失去归属。",
            )
        )
    if answers.claim_days:
        found.append(
            _parameter(
                "claim_days",
                answers.claim_days,
                "4",
                "Within how many days after the close the holder has to claim the deal.",
                "成交后几天内须提出申述。",
            )
        )
    return found


def _parameter(name: str, value: int, clause: str, english: str, chinese: str) -> str:
    return f"""
[parameters.{name}]
default = {value}
type = "integer"
minimum = 1
maximum = {MOST_DAYS}
unit = "days"                    # or working_days, hours, months
clause = "{clause}"
en = "{english}"
zh = "{chinese}\""""


def _entries(answers: Answers) -> list[str]:
    found = ["\n# ----------------------------------------------- classes of entries / 记录的分类"]
    if _asks_for_contacts(answers):
        found.append(_CONTACT)
    if answers.opens == "visit":
        found.append(_VISIT)
    elif answers.opens == "filing":
        found.append(_FILING)
    if answers.keeps == "visit" and answers.opens != "visit":
        found.append(_VISIT)
    found.append(_TRANSFER)
    if answers.claim_days:
        found.append(_CLAIM)
    found.append(_RULING)
    return found


def _asks_for_contacts(answers: Answers) -> bool:
    return answers.opens == "visit" or answers.keeps != "nothing" or answers.ties != "closer"


_CONTACT = """
[entries.contact]
kinds = ["visit", "call", "followup"]
valid = "not voided and not struck and reached != False and role in selling_roles\""""

_VISIT = """
[entries.visit]
of = "contact"
kinds = ["visit"]"""

_FILING = """
[entries.filing]
kinds = ["filing"]
valid = "not voided and not struck and role in selling_roles"

[entries.approval]
kinds = ["decision"]
when = "decision == 'approve'"
valid = "not voided and not struck and above_parties()\""""

_TRANSFER = """
[entries.transfer]
kinds = ["reassign"]
valid = "not voided and not struck and above_parties()\""""

_CLAIM = """
[entries.claim]
kinds = ["claim"]
valid = "not voided and not struck and not taken_back()\""""

_RULING = """
[entries.ruling]
kinds = ["ruling"]
valid = "not voided and not struck and has_power()\""""


def _holding(answers: Answers) -> list[str]:
    lines = [
        "",
        "# ------------------------------------------- holding a customer / 客户归属",
        "",
        "[holding]",
    ]
    if answers.opens != "assignment":
        lines.append(f'opens = "{answers.opens}"                 # clause 1 / 第一条')
    if answers.opens == "filing":
        lines.append('granted_by = "approval"')
    if answers.days:
        lines.append('lasts = "holding_days"           # clause 2 / 第二条')
    if answers.keeps != "nothing":
        lines += [
            f'keeps = "{answers.keeps}"',
            'idle = "idle_days"               # clause 3 / 第三条',
            'lapse = "releases"',
        ]
    lines += [
        'queue = "anew"                   # who comes next has to begin anew / 之后须重新取得',
        'transfers = "transfer"           # management may hand the customer on / 管理人员可转交',
        'rulings = "ruling"',
        'ends_on = ["left", "moved"]',
        "",
        "[holding.grounds]                # what a transfer needs, by its cause / 转交的依据",
        *(
            f'{cause} = "always"'
            for cause in ("overdue", "left", "moved", "demand", "ruling", "other")
        ),
    ]
    if answers.claim_days:
        lines += ["", "[windows.claim]", 'limit = "claim_days"']
    return lines


_CLOSING = """
[deal]
moment = "close"                 # or order: the deposit counts / 或 order：以订单为准
restart = "since_last_deal"

[powers]
above_parties = "managing_roles"

[instances]                      # who may rule / 由谁裁定
clause = "6"
[instances.powers]
{decides} = {roles}"""


def _let(answers: Answers) -> list[str]:
    lines = [
        "",
        "# ---------------------------------------------------- named values / 名称",
        "",
        "[let]",
        'holder = "holder(at=deal)"',
        'closer = "author(deal)"',
    ]
    if answers.ties != "closer":
        lines.append('contenders = "union(closer, values(contact, before=deal))"')
    lines += [
        "",
        "[names]",
        'holder = { en = "the holder", zh = "归属人" }',
        'closer = { en = "the closer", zh = "成交人" }',
    ]
    if answers.ties != "closer":
        lines.append('contenders = { en = "those who were in contact", zh = "有联系的人" }')
    return lines


_OPENED = {
    "visit": (
        "Whoever has the first visit holds the customer",
        "首次拜访或接待者取得归属",
    ),
    "filing": ("Whoever filed the customer holds him once it is approved", "报备获批者取得归属"),
    "assignment": ("Whoever is assigned the customer holds him", "由管理人员指定归属人"),
}
_UNHELD = {
    "closer": ("A customer nobody holds is the closer's", "无人归属的客户归成交人"),
    "split": (
        "A customer nobody holds is shared by all who were in contact",
        "无人归属的客户由有联系者平分",
    ),
    "refer": (
        "Where several were in contact with a customer nobody holds, a person decides",
        "无人归属而多人有联系的，由人裁定",
    ),
}


def _clauses(answers: Answers) -> list[str]:
    titles = {"1": _OPENED[answers.opens]}
    if answers.days:
        titles["2"] = ("A holding lasts so many days", "归属有期限")
    if answers.keeps != "nothing":
        titles["3"] = ("Without contact a holding ends", "不联系即失去归属")
    if answers.claim_days:
        titles["4"] = (
            "If another closes, the holder has to claim the deal",
            "他人成交的，归属人须申述",
        )
    titles["5"] = _UNHELD[answers.ties]
    titles["6"] = ("What the rules leave open a person decides", "规则不能判定的由人裁定")
    return [
        "",
        "# --------------------------------------------------------- clauses / 条款",
        "",
        "[clauses]",
        *(
            f'"{clause}" = {{ en = "{english}", zh = "{chinese}" }}'
            for clause, (english, chinese) in titles.items()
        ),
    ]


def _rules(answers: Answers) -> list[str]:
    found = [_PRECEDENCE]
    if answers.claim_days:
        found.append(_WITH_CLAIM)
    else:
        found.append(_WITHOUT_CLAIM)
    if answers.ties == "split":
        found.append(_SPLIT)
    elif answers.ties == "refer":
        found.append(_REFER.format(decides=answers.decides))
    if answers.ties != "split":
        found.append(_CLOSER)
    found.append(_OPEN)
    return found


_PRECEDENCE = """
# ------------------------------------- rules, the first that applies decides / 规则

[precedence]
order = "listed"
why.en = "Who holds the customer is looked at first; who was in contact only where nobody does."
why.zh = "先看归属；无人归属的再看谁有联系。\""""

_WITH_CLAIM = """
[[rule]]
clause = "1"
when = "closer == holder"
party = "holder"
then.credit = "holder"
why.en = "{holder} holds the customer and closed the deal."
why.zh = "{holder} 是归属人且由其成交。"
why_not.en = "The closer does not hold the customer."
why_not.zh = "成交人不是归属人。"

[[rule]]
clause = "4"
when = "holder and exists(claim, by=holder, in_window='claim')"
party = "holder"
then.credit = "holder"
why.en = "{holder} holds the customer and claimed the deal within {claim_days} after the close."
why.zh = "{holder} 是归属人，并在成交后 {claim_days} 内申述。"
why_not.en = "No holder claimed the deal within {claim_days} after the close."
why_not.zh = "没有归属人在成交后 {claim_days} 内申述。"

[[rule]]
clause = "4"
when = "holder"
party = "closer"
then.credit = "closer"
provisional.window = "claim"
why.en = "{holder} holds the customer, but no claim is on record; {closer} closed."
why.zh = "{holder} 是归属人但没有申述，由 {closer} 成交。"
why_not.en = "Nobody holds the customer."
why_not.zh = "没有归属人。\""""

_WITHOUT_CLAIM = """
[[rule]]
clause = "1"
when = "holder"
party = "holder"
then.credit = "holder"
why.en = "{holder} holds the customer."
why.zh = "{holder} 是归属人。"
why_not.en = "Nobody holds the customer."
why_not.zh = "没有归属人。\""""

_SPLIT = """
[[rule]]
clause = "5"
when = "not holder"
then.split = { among = "contenders" }
why.en = "Nobody holds the customer; {contenders} were in contact or closed."
why.zh = "没有归属人；{contenders} 有联系或成交。"
why_not.en = "{holder} holds the customer."
why_not.zh = "{holder} 是归属人。\""""

_REFER = """
[[rule]]
clause = "5"
when = "not holder and several(contenders)"
then.refer = "{decides}"
why.en = "Nobody holds the customer; {{contenders}} were in contact or closed: whose deal is it?"
why.zh = "没有归属人，{{contenders}} 有联系或成交：该单应归谁?"
why_not.en = "Somebody holds the customer, or only one was in contact."
why_not.zh = "有归属人，或只有一人有联系。\""""

_CLOSER = """
[[rule]]
clause = "5"
when = "not holder"
party = "closer"
then.credit = "closer"
why.en = "Nobody holds the customer; {closer} closed."
why.zh = "没有归属人，由 {closer} 成交。"
why_not.en = "{holder} holds the customer."
why_not.zh = "{holder} 是归属人。\""""

_OPEN = """
[[rule]]                         # while there is no deal / 尚未成交时
stage = "open"
clause = "1"
when = "holder"
party = "holder"
then.hold = "holder"
why.en = "{holder} holds the customer."
why.zh = "{holder} 是归属人。"
why_not.en = "Nobody holds the customer."
why_not.zh = "没有归属人。\""""

_LAST = """
[tie]
refer = "{decides}"
why.en = "Several are equal: whose is it?"
why.zh = "情形相同：应归谁?"

[no_rule]
clause = "6"
refer = "{decides}"
why.en = "No rule decides: whose is it?"
why.zh = "没有规则可以判定：应归谁?"
"""


# ------------------------------------------------------------------------------- cases

_START = datetime(2024, 3, 1, 10)
_MOST_CONTACTS = 60


def cases_text(answers: Answers) -> str:
    """The worked cases of the policy: TOML."""
    return "\n".join(
        [
            _CASES_HEAD.format(id=answers.id),
            *(
                _case(case)
                for case in (
                    *_held(answers),
                    *_run_out(answers),
                    *_unheld(answers),
                    *_open(answers),
                )
            ),
        ]
    )


_CASES_HEAD = """\
# Worked cases: what must come out.  Add those that people will ask about.
# 案例：应得出的结果。请补充大家关心的情形。

policy = "{id}"
timezone = "Asia/Shanghai"

[outlets]
shop = "store"

[staff]                          # id = "role outlet"
li = "consultant shop"
wang = "consultant shop"
zhao = "consultant shop"
gao = "general_manager shop"
"""


class _Case(NamedTuple):
    """One worked case; `expect` and `as_of` as TOML writes them."""

    id: str
    english: str
    chinese: str
    cites: str
    history: list[str]
    expect: str
    as_of: str = ""


def _case(case: _Case) -> str:
    history = "\n".join(case.history)
    as_of = f'as_of = "{case.as_of}"\n' if case.as_of else ""
    return f'''\
[[case]]
id = "{case.id}"
title.en = "{case.english}"
title.zh = "{case.chinese}"
cites = "{case.cites}"
history = """
{history}
"""
{as_of}expect = {{ {case.expect} }}
'''


def _at(days: int, hours: int = 0) -> str:
    return (_START + timedelta(days=days, hours=hours)).strftime("%Y-%m-%d %H:%M")


def _opening(answers: Answers) -> list[str]:
    """What makes li hold the customer, an hour after the start at the latest."""
    if answers.opens == "visit":
        return [f"{_at(0)}  li  visit K1"]
    if answers.opens == "filing":
        return [
            f"{_at(0)}  li  filing K1 to=gao id=f1",
            f"{_at(0, 1)}  gao  decision K1 on=f1 decision=approve",
        ]
    return [f"{_at(0)}  gao  reassign K1 to=li cause=other"]


def _held(answers: Answers) -> list[_Case]:
    opening = _opening(answers)
    found = [
        _Case(
            "holder-closes",
            "The holder closes",
            "归属人成交",
            "1",
            [*opening, f"{_at(0, 4)}  li  close K1"],
            'status = "credited", credit = { li = "100" }, decided_by = "1"',
        )
    ]
    closed = [*opening, f"{_at(0, 4)}  wang  close K1"]
    if not answers.claim_days:
        found.append(
            _Case(
                "another-closes",
                "Another closes, the holder has the deal",
                "他人成交仍归归属人",
                "1",
                closed,
                'credit = { li = "100" }, decided_by = "1"',
            )
        )
        return found
    found += [
        _Case(
            "claimed",
            "Another closes, and the holder claims in time",
            "他人成交，归属人及时申述",
            "4",
            [*closed, f"{_at(answers.claim_days)}  li  claim K1"],
            'credit = { li = "100" }, decided_by = "4"',
        ),
        _Case(
            "claimed-late",
            "A late claim counts for nothing",
            "逾期申述无效",
            "4",
            [*closed, f"{_at(answers.claim_days + 2)}  li  claim K1"],
            'credit = { wang = "100" }, decided_by = "4"',
        ),
    ]
    return found


def _run_out(answers: Answers) -> list[_Case]:
    """Holdings that ended; zhao, who had nothing to do with the customer before, closes."""
    alone = "100" if answers.ties != "split" else "50"
    found: list[_Case] = []
    credit = f'zhao = "{alone}"' + (', li = "50"' if alone == "50" else "")
    expect = (
        f'status = "referred", referred_to = "{answers.decides}", decided_by = "5"'
        if answers.ties == "refer"
        else f'credit = {{ {credit} }}, decided_by = "5"'
    )
    kind = "visit" if answers.keeps == "visit" else "followup"
    contact = f"{_at(0, 2)}  li  {kind} K1"
    if answers.days:
        contacts = [contact]
        if answers.keeps != "nothing" and answers.days // answers.idle_days < _MOST_CONTACTS:
            contacts += [
                f"{_at(day)}  li  {kind} K1"
                for day in range(answers.idle_days, answers.days, answers.idle_days)
            ]
        found.append(
            _Case(
                "run-out",
                "The holding has run out",
                "归属已到期",
                "2",
                [*_opening(answers), *contacts, f"{_at(answers.days + 1)}  zhao  close K1"],
                expect,
            )
        )
    if answers.keeps != "nothing":
        found.append(
            _Case(
                "silent",
                "The holder was silent too long",
                "归属人长期未联系",
                "3",
                [
                    *_opening(answers),
                    contact,
                    f"{_at(answers.idle_days + 1)}  zhao  close K1",
                ],
                expect,
            )
        )
    return found


def _unheld(answers: Answers) -> list[_Case]:
    calls = [
        f"{_at(0)}  wang  call K1 direction=out",
        f"{_at(0, 1)}  zhao  call K1 direction=out",
        f"{_at(1)}  zhao  close K1",
    ]
    expect = {
        "closer": 'credit = { zhao = "100" }, decided_by = "5"',
        "split": 'credit = { wang = "50", zhao = "50" }, decided_by = "5"',
        "refer": f'status = "referred", referred_to = "{answers.decides}", decided_by = "5"',
    }[answers.ties]
    return [
        _Case(
            "nobody-holds",
            "Nobody holds the customer, two were in contact",
            "无人归属，两人有联系",
            "5",
            calls,
            expect,
        ),
        _Case(
            "nobody-else",
            "Nobody but the closer had to do with the customer",
            "除成交人外无人有联系",
            "5",
            [f"{_at(1)}  zhao  close K1"],
            'credit = { zhao = "100" }, decided_by = "5"',
        ),
    ]


def _open(answers: Answers) -> list[_Case]:
    """While there is no deal: held, and no more once silence or time has ended it."""
    opening = _opening(answers)
    found = [
        _Case(
            "open-held",
            "Held while there is no deal",
            "尚未成交，有归属人",
            "1",
            opening,
            'status = "held", holder = "li"',
            _at(0, 6),
        )
    ]
    return found
