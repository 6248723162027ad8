"""`staff add|edit|move|leave|return|absent|list|show|act-as`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from conflictctl.cli.options import (
    Group,
    command,
    explained,
    format_option,
    group_of,
    makes_command,
    one_of,
)
from conflictctl.cli.record import Line, record, show_receipt
from conflictctl.cli.session import session_of, staff_hint
from conflictctl.cli.write import kind_command, sent_before
from conflictctl.errors import InputRejected
from conflictctl.events import KINDS
from conflictctl.permissions import ACT_AS, ANYONE, OWN_LOGIN
from conflictctl.render.language import moment_text, person, term, tr
from conflictctl.wording import N_, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conflictctl.calendar import Calendar, Moment
    from conflictctl.people import People, Person
    from conflictctl.register.store import Writer


@makes_command
def app(name: str) -> Group:
    """The group `staff`."""
    return group_of(
        name,
        N_("Add, move and list staff."),
        [
            kind_command(
                "add",
                KINDS["staff"],
                N_(
                    "Add a member of staff.\n\n"
                    "Until there is a manager, department head or general manager, anybody may; "
                    "--login names the operating-system user for whom this member of staff "
                    "acts.\n\n"
                    '  conflictctl staff add li --name "Li Lei" --role consultant --outlet main'
                ),
                subject="staff",
                complete=_new,
            ),
            kind_command(
                "edit",
                KINDS["staff"],
                N_(
                    "Change what is known of a member of staff.\n\n"
                    "A change of outlet or department by `staff move` counts as a change of post; "
                    "here it mends what was entered wrongly."
                ),
                subject="staff",
                optional=("name", "role", "outlet"),
                complete=_edited,
            ),
            kind_command(
                "move",
                KINDS["staff_moved"],
                N_("Record a change of outlet, department or role."),
                subject="staff",
                complete=_moved,
            ),
            kind_command(
                "leave",
                KINDS["staff_left"],
                N_("Record that somebody left the company."),
                subject="staff",
            ),
            kind_command(
                "return",
                KINDS["staff_returned"],
                N_("Record that somebody is back."),
                subject="staff",
            ),
            kind_command(
                "absent",
                KINDS["staff_absent"],
                N_("Record that somebody is away, and who stands in."),
                subject="staff",
            ),
            command("list", list_staff, N_("List the staff.")),
            command("show", show, N_("Show a member of staff: posts, absences, departures.")),
            command("act-as", act_as, N_("Show or set whose name a login may act in.")),
        ],
    )


def _new(writer: Writer, line: Line, calendar: Calendar) -> Line:
    if line["staff"] in writer.people.staff and not sent_before(writer, line):
        raise InputRejected(
            Sentence("there is a member of staff {staff} already", staff=line["staff"]),
            Sentence("`conflictctl staff edit {staff}` changes it", staff=line["staff"]),
        )
    return line


def _edited(writer: Writer, line: Line, calendar: Calendar) -> Line:
    person = _known(writer.people, line["staff"])
    post = person.posts[-1]
    now = {
        "name": person.name,
        "role": post.role,
        "outlet": post.outlet,
        "department": post.department,
        "login": person.login,
    }
    return {**{name: value for name, value in now.items() if value is not None}, **line}


def _moved(writer: Writer, line: Line, calendar: Calendar) -> Line:
    if not {"outlet", "department", "role"} & line.keys():
        raise InputRejected(
            Sentence("nothing moves: there is neither outlet nor department nor role"),
            Sentence("--outlet, --department or --role says where to"),
        )
    return line


def _known(people: People, staff: str) -> Person:
    if staff not in people.staff:
        raise InputRejected(
            Sentence("no member of staff {staff}", staff=staff), staff_hint(staff, people)
        )
    return people.staff[staff]


def list_staff(
    ctx: typer.Context,
    everyone: Annotated[bool, typer.Option("--all", help=N_("Those who left, too."))] = False,
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Print the staff."""
    from conflictctl.render.json_text import write_json
    from conflictctl.render.terminal import Column, print_table

    session = session_of(ctx)
    people, now = session.open().people(), session.clock()
    chosen = [each for _, each in sorted(people.staff.items()) if everyone or each.employed(now)]
    if form == "json":
        write_json([_as_json(each, now) for each in chosen], sys.stdout, indent=True)
        return
    titles = (
        tr("Staff"),
        tr("Name"),
        tr("Role"),
        tr("Outlet"),
        tr("Department"),
        tr("Login"),
        tr("State"),
    )
    print_table(
        [Column(title) for title in titles],
        (
            (
                each.id,
                each.name,
                term(each.posts[-1].role),
                each.posts[-1].outlet,
                each.posts[-1].department or "",
                each.login or "",
                _state(each, now),
            )
            for each in chosen
        ),
    )


def show(
    ctx: typer.Context,
    staff: Annotated[str, typer.Argument(metavar="STAFF", help=N_("The staff id."))],
    form: Annotated[str, format_option("table", "json")] = "table",
) -> None:
    """Print one member of staff."""
    from conflictctl.render.json_text import write_json
    from conflictctl.render.terminal import Column, key_lines, print_table

    session = session_of(ctx)
    register = session.open()
    people, now = register.people(), session.clock()
    found = _known(people, staff)
    if form == "json":
        write_json(_as_json(found, now), sys.stdout, indent=True)
        return
    post = found.posts[-1]
    print(
        *key_lines(
            {
                tr("Staff"): found.id,
                tr("Name"): found.name,
                tr("Role"): term(post.role),
                tr("Outlet"): person(post.outlet, people),
                tr("Department"): post.department or "",
                tr("Login"): found.login or "",
                tr("State"): _state(found, now),
            }
        ),
        sep="\n",
    )
    print()
    print_table([Column(tr("When")), Column(tr("What"))], _course(found, people, register.calendar))


@explained(
    N_(
        "Show or set whose name a login may act in.\n\n"
        "`anyone`, as it is without a setting: --as and CONFLICTCTL_AS name anybody on the staff. "
        "`own_login`: a login that is somebody's acts as that person alone (of several who share "
        "it, as each of them), and --as is refused for others; a login that nobody has is free as "
        "before. It takes management. A register that is a file cannot enforce it: it keeps "
        "honest people from mistakes.\n\n"
        "  conflictctl staff act-as own_login --as sun"
    )
)
def act_as(
    ctx: typer.Context,
    rule: Annotated[
        str | None,
        typer.Argument(
            metavar=f"{ANYONE}|{OWN_LOGIN}",
            help=N_("The rule from now on; without it, the rule is shown."),
            autocompletion=lambda: [ANYONE, OWN_LOGIN],
        ),
    ] = None,
) -> None:
    """Record the setting, or print it."""
    session = session_of(ctx)
    if rule is None:
        print(session.open().settings().get(ACT_AS, ANYONE))
        return
    line = {"kind": "setting", "name": ACT_AS, "value": one_of("act-as", ANYONE, OWN_LOGIN)(rule)}
    receipt = record(session, line)
    show_receipt(receipt, session.open())


def _state(person: Person, now: Moment) -> str:
    return tr("works here") if person.employed(now) else tr("has left")


def _course(person: Person, people: People, calendar: Calendar) -> Iterator[tuple[str, str]]:
    """The posts, departures, returns and absences of a person, oldest first."""
    steps = [
        (
            post.since,
            f"{term(post.role)}, {people.name(post.outlet)}"
            + (f", {post.department}" if post.department else ""),
        )
        for post in person.posts
    ]
    steps += [(gone.moment, term(gone.cause)) for gone in person.departures]
    steps += [(moment, tr("is back")) for moment, _ in person.returns]
    steps += [(away.since, _absence(away.until, away.cover, people)) for away in person.absences]
    for moment, text in sorted(steps):
        yield moment_text(moment, calendar), text


def _absence(until: str | None, cover: str | None, people: People) -> str:
    from conflictctl.render.language import list_joined

    parts = [tr("away")]
    if until:
        parts.append(tr("until {day}").format(day=until))
    if cover:
        parts.append(tr("{staff} stands in").format(staff=people.name(cover)))
    return list_joined(parts)


def _as_json(person: Person, now: Moment) -> dict[str, object]:
    post = person.posts[-1]
    return {
        "staff": person.id,
        "name": person.name,
        "role": post.role,
        "outlet": post.outlet,
        "department": post.department,
        "login": person.login,
        "employed": person.employed(now),
    }
