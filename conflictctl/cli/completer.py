"""Lines typed on a terminal, with proposals below the cursor (the only prompt_toolkit)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.output import create_output

from conflictctl.render.safe import safe

if TYPE_CHECKING:
    from conflictctl.cli.directory import Directory, Proposal

Propose = Callable[[str], "Iterable[Proposal]"]


class Proposing(Completer):
    """Proposes values for what stands before the cursor; `last_word` for its last word only."""

    def __init__(self, propose: Propose, last_word: Callable[[str], str] = lambda text: text):
        self._propose = propose
        self._last_word = last_word

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterator[Completion]:
        """The proposals, each with the name of whom it stands for."""
        text = document.text_before_cursor
        typed = len(self._last_word(text))
        for proposal in self._propose(text):
            # Stored text: a name may hold what would move the cursor.
            yield Completion(
                proposal.value,
                -typed,
                display=safe(proposal.value),
                display_meta=safe(proposal.name),
            )


def words_completer(choices: Sequence[str]) -> Completer:
    """Proposes the few words that an answer may be."""
    from conflictctl.cli.directory import Proposal

    return Proposing(
        lambda text: [Proposal(word, "") for word in choices if word.startswith(text.strip())]
    )


def completer_of(directory: Directory, metavar: str) -> Completer | None:
    """Proposes customers, staff or outlets, as a parameter takes them; None for all else."""
    propose = {
        "CUSTOMER": directory.customers_like,
        "STAFF": directory.staff_like,
        "OUTLET": directory.outlets_like,
    }.get(metavar)
    return None if propose is None else Proposing(propose)


def new_session(completer: Completer) -> PromptSession[str]:
    """A place to type lines in, on standard error: standard output is for data."""
    return PromptSession(
        completer=completer, complete_while_typing=True, output=create_output(stdout=sys.stderr)
    )


def read_line(prompt: str, completer: Completer) -> str:
    """One line.  Raises EOFError at Ctrl-D and KeyboardInterrupt at Ctrl-C."""
    return new_session(completer).prompt(prompt)
