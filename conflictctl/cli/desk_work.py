"""What the desk does with a line: record, look up, take back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from conflictctl.cli.asking import agreed, ask, ask_if_any
from conflictctl.cli.customer import UnknownCustomer, new_customer
from conflictctl.cli.desk_lines import ENTRIES, NAMES_STAFF, Reading, details_of, read_entry, split
from conflictctl.cli.directory import Directory, Proposal
from conflictctl.cli.holding import Holdings
from conflictctl.cli.record import late_remark, receipt_line, record
from conflictctl.cli.session import Session
from conflictctl.cli.undo import entry_line, last_of, take_back
from conflictctl.errors import InputRejected
from conflictctl.identity import Query
from conflictctl.register.finding import find
from conflictctl.render.language import language, say, tr
from conflictctl.render.safe import safe
from conflictctl.render.terminal import warning_line
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar
    from conflictctl.people import People
    from conflictctl.register.store import Receipt

COMMANDS = {
    "?": "help",
    "？": "help",
    "help": "help",
    "帮助": "help",
    "last": "last",
    "最近": "last",
    "find": "find",
    "查找": "find",
    "undo": "undo",
    "撤销": "undo",
    "new": "new",
    "新客户": "new",
    "quit": "quit",
    "exit": "quit",
    "退出": "quit",
}
HELP = N_(
    "visit K1 H 14:30 wants a white one     来访 张三 H 今天 14:30 想要白色\n"
    "visit K1 out · went K1                 上门 K1\n"
    "call K1 in · call K1 out not-reached   来电 K1 · 去电 K1 未接\n"
    "followup K1 wechat price sent          跟进 K1 微信 已发报价\n"
    "level K1 A                             定级 K1 A\n"
    "filing K1 to sun                       报备 K1 给 sun\n"
    'new K9 "Li Lei" 13800138000            新客户 K9 李雷 13800138000\n'
    "find TEXT · last · undo [WHY] · quit   查找 · 最近 · 撤销 · 退出\n"
    "\n"
    "A customer is named by id, whole name or whole number; quote a name with spaces.\n"
    "After the customer: level, time, `by STAFF`, `asked none`; then the note.\n"
    "A time of day alone is today's. // begins a note that looks like something else."
)
_USUAL_LEVELS = ("H", "A", "B", "C")
_MOST_FOUND = 5
_MOST_LAST = 5


class Answer(NamedTuple):
    """What a line is answered by: the acknowledgement, if something was recorded, and remarks."""

    receipt: str
    remarks: tuple[str, ...] = ()


class Desk:
    """One sitting at the desk: whoever acts, and the register, open all the while."""

    def __init__(self, session: Session, actor: str) -> None:
        self.actor = actor
        self._session = session
        self._register = session.open()
        self._first = self._register.head().seq
        self._directory = Directory(self._register)
        self._holdings = Holdings(session)

    @property
    def people(self) -> People:
        """Outlets and staff as they stand."""
        return self._directory.people

    @property
    def calendar(self) -> Calendar:
        """The register's calendar."""
        return self._register.calendar

    # ------------------------------------------------------------------------ lines

    @staticmethod
    def ends(line: str) -> bool:
        """Whether a line ends the sitting."""
        words = split(line)
        return len(words) == 1 and COMMANDS.get(words[0].text.lower()) == "quit"

    def answers(self, line: str, *, may_ask: bool) -> Iterator[Answer]:
        """Do what a line says; each answer comes once what it acknowledges is durable.

        With `may_ask` whoever types is asked whether an unknown customer is a new one.
        Raises InputRejected, NotPermitted and Busy: what was not answered was not recorded.
        """
        _refuse_broken(line)
        words = split(line)
        first = words[0].text.lower() if words else ""
        rest = line[words[1].start :].strip() if len(words) > 1 else ""
        if first in ENTRIES:
            yield from self._enter(line, may_ask)
            return
        match COMMANDS.get(first):
            case "help":
                yield Answer("", tuple(tr(HELP).splitlines()))
            case "find":
                yield self._find(rest)
            case "last":
                yield self._last()
            case "undo":
                yield self._undo(rest)
            case "new":
                yield self._new([word.text for word in words[1:]])
            case _:
                raise InputRejected(
                    Sentence("{word}: there is no such line", word=words[0].text if words else ""),
                    Sentence("`?` shows what may be written"),
                )

    def _enter(self, line: str, may_ask: bool) -> Iterator[Answer]:
        calendar = self.calendar
        read = read_entry(
            line, Reading(self._session.clock(), calendar, self._levels, self._directory.staff)
        )
        try:
            customer = self._directory.customer(read.customer)
        except UnknownCustomer:
            if not may_ask:
                raise
            words = self._asked(read.customer)
            customer = words[0]
            yield self._new(words)
        values = {"kind": read.kind, "customer": customer, **read.fields}
        if read.at is not None:
            values["at"] = calendar.iso(read.at)
        yield self._recorded(record(self._session, values))

    def _recorded(self, receipt: Receipt) -> Answer:
        """The acknowledgement, what was understood, and how long the customer is held yet."""
        event = receipt.event
        remarks = [self._shown(receipt), *late_remark(receipt, self.calendar)]
        if event.kind != "customer":
            remarks += self._holdings.lines(event)
        return Answer(receipt_line(receipt, self.calendar), tuple(remarks))

    def _shown(self, receipt: Receipt) -> str:
        event = receipt.event
        names = self._register.names([event.customer] if event.customer else [])
        return entry_line(event, self.people, self._register, names)

    @cached_property
    def _levels(self) -> tuple[str, ...]:
        from conflictctl.policy.program import compiled

        question = self._holdings.question
        return tuple(compiled(question.policy, {}).holding.limits) or _USUAL_LEVELS

    # ------------------------------------------------------------------ new customers

    def _asked(self, text: str) -> list[str]:
        """Id, name and perhaps the number of a customer whom somebody says to be a new one."""
        question = say(Sentence("no customer {customer}. Is it a new one?", customer=text))
        if not agreed(question):
            raise InputRejected(
                Sentence("no customer {customer}", customer=text),
                Sentence("`find {customer}` looks for him", customer=text),
            )
        identity, name = (text, "") if _is_id(text) else (self._free_id(), text)
        if not name:
            name = ask(tr("name"), tr("What is his name?"))
        phone = ask_if_any(tr("Phone, or nothing:"))
        return [identity, name, phone] if phone else [identity, name]

    def _free_id(self) -> str:
        """An id without personal data in it: an erased name must not live on in the id."""
        today = self.calendar.local(self._session.clock()).strftime("%y%m%d")
        number = 1
        while self._register.customer_exists(f"N{today}-{number}"):
            number += 1
        return f"N{today}-{number}"

    def _new(self, words: list[str]) -> Answer:
        if len(words) < 2:
            raise InputRejected(
                Sentence("new: an id and a name are needed"),
                Sentence('write new K9 "Li Lei" 13800138000'),
            )
        identity, name, *phones = words
        line: dict[str, Any] = {"kind": "customer", "customer": identity, "name": name}
        if phones:
            line["phones"] = phones
        same = [
            hit.card.id
            for phone in phones
            for hit in find(self._register, Query(phone), _MOST_FOUND, by_sound=False).hits
            if hit.match.by == "phone" and hit.match.rank == 1
        ]
        answer = self._recorded(record(self._session, line, complete=new_customer))
        if not same:
            return answer
        shared = Sentence(
            "{customers} has that number too; `conflictctl customer link` joins two records of one "
            "person",
            customers=same,
        )
        return answer._replace(remarks=(*answer.remarks, warning_line(shared)))

    # ------------------------------------------------------------------ look up, take back

    def _find(self, text: str) -> Answer:
        if not text:
            raise InputRejected(Sentence("find: what?"), Sentence("write find TEXT"))
        hits, more = find(self._register, Query(text), _MOST_FOUND)
        lines = []
        for hit in hits:
            told = self._holdings.told(hit.card.id, self.actor, self._session.clock())
            lines.append(f"{safe(hit.card.name)}  {told}")
        if not hits:
            lines.append(say(Sentence("no customer answers to {text}", text=text)))
        if more:
            lines.append(say(Sentence("there are more: more letters or digits find fewer")))
        return Answer("", tuple(lines))

    def _last(self) -> Answer:
        people = self.people
        found: list[str] = []
        for event in self._register.backwards():
            if event.seq <= self._first or len(found) == _MOST_LAST:
                break
            if self.actor in (event.by, event.recorded_by):
                found.append(entry_line(event, people, self._register))
        return Answer("", tuple(reversed(found)) or (tr("nothing was entered here yet"),))

    def _undo(self, reason: str) -> Answer:
        now = self._session.clock()
        event = last_of(self._register, self.actor, now, after=self._first)
        shown = entry_line(event, self.people, self._register)
        receipt = take_back(self._session, event, reason or None)
        return Answer(
            receipt_line(receipt, self.calendar),
            (say(Sentence("void now: {entry}", entry=shown)), *self._holdings.lines(receipt.event)),
        )

    # --------------------------------------------------------------------- proposals

    @staticmethod
    def last_word(text: str) -> str:
        """The word that is being typed."""
        words = split(text)
        if not words or text[-1:].isspace():
            return ""
        return text[words[-1].start :].removeprefix("@")

    def proposals(self, text: str) -> list[Proposal]:
        """What may come next in a line typed so far."""
        typed = self.last_word(text)
        before = [word.text for word in split(text[: len(text) - len(typed)])]
        if not before:
            return [Proposal(word, "") for word in _beginnings() if word.startswith(typed.lower())]
        entry = ENTRIES.get(before[0].lower())
        if before == ["@"] or before[-1].lower() in NAMES_STAFF or before[-1] == "@":
            return self._directory.staff_like(typed)
        if entry is None:
            return []
        if len(before) == 1:
            return self._directory.customers_like(typed) if typed else []
        return [
            Proposal(word, "")
            for word in details_of(entry[0], self._levels)
            if typed and word.startswith(typed)
        ]


def _beginnings() -> list[str]:
    """Words that begin a line, those of the reader's language first."""
    words = [*ENTRIES, *(word for word in COMMANDS if len(word) > 1)]
    return sorted(words, key=lambda word: word.isascii() == (language() == "zh"))


def _is_id(text: str) -> bool:
    """Whether a text looks like an id rather than a name: letters and a digit, no spaces."""
    return text.isascii() and " " not in text and any(map(str.isdigit, text)) and text[0].isalpha()


def _refuse_broken(line: str) -> None:
    try:
        line.encode()
    except UnicodeEncodeError:
        raise InputRejected(
            Sentence("the line is not valid text"), Sentence("lines are read as UTF-8")
        ) from None
