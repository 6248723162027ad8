"""`outlet add|edit|list|show`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.options import Group, command, format_option, group_of, makes_command
from conflictctl.cli.record import Line
from conflictctl.cli.session import session_of
from conflictctl.cli.write import kind_command, sent_before
from conflictctl.errors import InputRejected
from conflictctl.events import KINDS
from conflictctl.render.language import list_joined, person, term, tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from conflictctl.calendar import Calendar, Moment
    from conflictctl.people import People
    from conflictctl.register.store import Writer


@makes_command
def app(name: str) -> Group:
    """The group `outlet`."""
    kind = KINDS["outlet"]
    return group_of(
        name,
        N_("Add and list outlets."),
        [
            kind_command(
                "add",
                kind,
                N_(
                    "Add an outlet.\n\n"
                    '  conflictctl outlet add main --name "Main showroom" --type store'
                ),
                subject="outlet",
                may_create=True,
                complete=_new,
            ),
            kind_command(
                "edit",
                kind,
                N_("Change what is known of an outlet."),
                subject="outlet",
                optional=("name", "type"),
                complete=_edited,
            ),
            command("list", list_outlets, N_("List the outlets.")),
            command("show", show, N_("Show an outlet and who works there.")),
        ],
    )


def _new(writer: Writer, line: Line, calendar: Calendar) -> Line:
    if line["outlet"] in writer.people.outlet_names and not sent_before(writer, line):
        raise InputRejected(
            Sentence("there is an outlet {outlet} already", outlet=line["outlet"]),
            Sentence("`conflictctl outlet edit {outlet}` changes it", outlet=line["outlet"]),
        )
    return line


def _edited(writer: Writer, line: Line, calendar: Calendar) -> Line:
    people, outlet = writer.people, line["outlet"]
    _known(people, outlet)
    return {"name": people.outlet_names[outlet], "type": people.outlet_types[outlet], **line}


def _known(people: People, outlet: str) -> None:
    if outlet not in people.outlet_names:
        raise InputRejected(
            Sentence("no outlet {outlet}", outlet=outlet),
            Sentence("`conflictctl outlet list` shows the outlets; `outlet add` adds one"),
        )


def list_outlets(
    ctx: typer.Context,
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Print all outlets."""
    from conflictctl.render.json_text import write_json
    from conflictctl.render.terminal import Column, print_table

    session = session_of(ctx)
    people, now = session.open().people(), session.clock()
    if form == "json":
        write_json(
            [_as_json(people, outlet, now) for outlet in sorted(people.outlet_names)],
            sys.stdout,
            indent=True,
        )
        return
    print_table(
        [Column(tr("Outlet")), Column(tr("Name")), Column(tr("Type")), Column(tr("Staff"), True)],
        (
            (
                outlet,
                people.outlet_names[outlet],
                term(people.outlet_types[outlet]),
                str(len(_staff_of(people, outlet, now))),
            )
            for outlet in sorted(people.outlet_names)
        ),
    )


def show(
    ctx: typer.Context,
    outlet: Annotated[str, typer.Argument(metavar="OUTLET", help=N_("The outlet's id."))],
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Print one outlet."""
    from conflictctl.render.json_text import write_json
    from conflictctl.render.terminal import key_lines

    session = session_of(ctx)
    people, now = session.open().people(), session.clock()
    _known(people, outlet)
    if form == "json":
        write_json(_as_json(people, outlet, now), sys.stdout, indent=True)
        return
    staff = [person(each, people) for each in _staff_of(people, outlet, now)]
    print(
        *key_lines(
            {
                tr("Outlet"): outlet,
                tr("Name"): people.outlet_names[outlet],
                tr("Type"): term(people.outlet_types[outlet]),
                tr("Staff"): list_joined(staff) or tr("none"),
            }
        ),
        sep="\n",
    )


def _as_json(people: People, outlet: str, now: Moment) -> dict[str, object]:
    return {
        "outlet": outlet,
        "name": people.outlet_names[outlet],
        "type": people.outlet_types[outlet],
        "staff": _staff_of(people, outlet, now),
    }


def _staff_of(people: People, outlet: str, now: Moment) -> list[str]:
    """The ids of those who work there now."""
    return sorted(
        each.id
        for each in people.staff.values()
        if each.posts[-1].outlet == outlet and each.employed(now)
    )
