"""`audit verify --export`: a file that was handed out, held against the register."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from conflictctl.cli.reading import readable
from conflictctl.errors import ConflictctlError, DamagedRegister, InputRejected, WrongUsage
from conflictctl.render.language import say
from conflictctl.wording import Sentence

if TYPE_CHECKING:
    from conflictctl.calendar import Moment
    from conflictctl.exchange.comparing import Comparison
    from conflictctl.register.store import Register


class Held(NamedTuple):
    """What came of it: how far file and register agree, and what is wrong if anything is."""

    path: Path
    found: Comparison
    problem: Sentence | None
    whole: bool
    """Whether a manifest says that this is all there was."""

    def told(self) -> list[Sentence]:
        """What is to be said where all agrees."""
        if self.problem is not None:
            return []
        found = self.found
        sentences = [
            Sentence(
                "{path}: all {count} lines are those of the register, up to #{seq}",
                path=str(self.path),
                count=found.lines,
                seq=found.last,
            )
        ]
        if found.erased:
            sentences.append(
                Sentence(
                    "{count} of them hold personal data that were erased since", count=found.erased
                )
            )
        if found.left:
            sentences.append(
                Sentence(
                    "{count} later entries are not in it: it is older than they are, or its end "
                    "was cut off, which only a manifest tells",
                    count=found.left,
                )
            )
        return sentences

    def failure(self) -> DamagedRegister:
        """The first difference as the command's failure."""
        assert self.problem is not None
        return DamagedRegister(
            Sentence("{path}: {problem}", path=str(self.path), problem=self.problem),
            Sentence("the register itself verifies; keep the file as evidence, and export anew"),
        )

    def values(self) -> dict[str, Any]:
        """The same for programs."""
        found = self.found
        return {
            "file": str(self.path),
            "lines": found.lines,
            "up_to": found.last,
            "erased": found.erased,
            "left": found.left,
            "whole": self.whole,
            "line": found.line,
            "seq": found.seq,
            "problem": None if self.problem is None else say(self.problem),
        }


class HandedOut(NamedTuple):
    """An exported file, and the manifest that goes with it if there is one."""

    path: Path
    manifest: Path | None
    said: dict[str, Any] | None

    def held_against(self, register: Register) -> Held:
        """Compare file and register, and the manifest with both."""
        from conflictctl.exchange.comparing import compared, nothing_yet
        from conflictctl.exchange.exporting import exported

        chosen: dict[str, Any] = {}
        last = register.head().seq
        if self.said is not None:
            foreign = _foreign(self.said["register"], register)
            if foreign is not None:
                return Held(self.path, nothing_yet(), foreign, False)
            chosen = _chosen(self.said["chosen"])
            last = self.said["register"]["seq"]
        with readable(self.path), self.path.open("rb") as file:
            found = compared(file, exported(register, last=last, **chosen))
        problem = found.problem or self._unlike_manifest(found)
        return Held(self.path, found, problem, self.said is not None and problem is None)

    def _unlike_manifest(self, found: Comparison) -> Sentence | None:
        """Where every line is right: whether they are all, and the bytes those named."""
        from conflictctl.exchange.manifest import check_manifest

        if self.manifest is None:
            return None
        if found.left:
            return Sentence(
                "its end is cut off: {count} lines are missing after #{seq}",
                count=found.left,
                seq=found.last,
            )
        if found.erased:
            return None  # the register would write other bytes now, and rightly so
        try:
            check_manifest(self.manifest, self.path)
        except InputRejected as rejected:
            return rejected.message
        return None


def _foreign(named: dict[str, Any], register: Register) -> Sentence | None:
    """Whether a manifest is of this register as it stands: the same log, the same receipt there."""
    from conflictctl.register.chain import receipt_text

    seq = named["seq"]
    if named["origin"] == register.origin and (
        seq == 0
        or (
            seq <= register.head().seq and receipt_text(register.stored(seq)[1]) == named["receipt"]
        )
    ):
        return None
    return Sentence("the manifest is of another register, or of this one before it was rewritten")


def handed_out(export: Path | None, manifest: Path | None) -> HandedOut | None:
    """The file to be held against the register.  Raises where there is none, or no manifest."""
    from conflictctl.exchange.manifest import read_manifest

    if export is None:
        if manifest is not None:
            raise WrongUsage(
                Sentence("--manifest says what an export is to be"),
                Sentence(
                    "write for example: audit verify --export all.jsonl --manifest {path}",
                    path=str(manifest),
                ),
            )
        return None
    with readable(export), export.open("rb"):
        pass
    if manifest is None:
        return HandedOut(export, None, None)
    with readable(manifest):
        return HandedOut(export, manifest, read_manifest(manifest))


def _chosen(said: dict[str, str]) -> dict[str, Any]:
    """What was asked for, as `export` takes it."""
    return {
        name: _moment(value) if name in ("since", "until") else value
        for name, value in said.items()
        if name in ("customer", "kind", "since", "until")
    }


def _moment(text: str) -> Moment:
    from conflictctl.calendar import parse_time

    try:
        return parse_time(text)[0]
    except (ValueError, ConflictctlError):
        raise InputRejected(
            Sentence(
                "the manifest says that the file was chosen by {time}, which meant something else "
                "on another day",
                time=text,
            ),
            Sentence("only times with date and offset can be asked for again"),
        ) from None
