"""Help pages: plain text in the reader's language, aligned whatever the width of a letter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import typer
from typer.core import TyperArgument, TyperOption

from conflictctl.render.language import tr
from conflictctl.render.layout import cells, pad, wrap

Row = tuple[str, str]
INDENT = "  "
WIDEST_NAME = 30


def page(usage: str, text: str, sections: Iterable[tuple[str, Sequence[Row]]], width: int) -> str:
    """A whole help page: usage, what the command does, then tables under headings."""
    parts = [f"{tr('Usage:')} {usage}"]
    if text:
        parts.append(
            "\n\n".join(
                "\n".join(INDENT + line for line in _paragraph(block, width - 2))
                for block in text.strip().split("\n\n")
            )
        )
    parts += [f"{heading}\n{table(rows, width)}" for heading, rows in sections if rows]
    return "\n\n".join(parts) + "\n"


def first_paragraph(text: str) -> str:
    """What stands for a command in the help of its group."""
    return " ".join(text.strip().split("\n\n")[0].split())


def _paragraph(block: str, width: int) -> list[str]:
    # Indented lines are examples and stay as they are.
    lines = block.split("\n")
    if all(line.startswith("  ") for line in lines):
        return lines
    return wrap(" ".join(lines), width, fold=False)


def table(rows: Sequence[Row], width: int) -> str:
    """Names on the left, wrapped explanations on the right."""
    left = min(max(cells(name) for name, _ in rows), WIDEST_NAME)
    lines: list[str] = []
    for name, text in rows:
        body = wrap(text, width - left - 4, fold=False)
        if cells(name) > left:
            lines.append(INDENT + name)
        else:
            lines.append(f"{INDENT}{pad(name, left)}{INDENT}{body.pop(0)}".rstrip())
        lines += [" " * (left + 4) + line for line in body]
    return "\n".join(lines)


def argument_row(param: TyperArgument) -> Row:
    """One argument of a command and what it means."""
    return _argument_name(param), _explained(param)


def option_row(param: TyperOption) -> Row:
    """One option of a command, its names and what it means."""
    names = " / ".join([param.opts[0], *param.secondary_opts])  # second names go unsaid
    if not param.is_flag:
        names += f" {param.metavar or 'TEXT'}"
        if param.multiple:
            names += " ..."
    return names, _explained(param)


def _explained(param: TyperArgument | TyperOption) -> str:
    text = tr(param.help) if param.help else ""
    if param.required:
        return f"{text} {tr('[required]')}".strip()
    default = param.default
    if isinstance(default, (str, int)) and not isinstance(default, bool) and default != "":
        return f"{text} {tr('[default: {value}]').format(value=default)}".strip()
    return text


def _argument_name(param: TyperArgument) -> str:
    name = param.metavar or (param.name or "").upper()
    return f"{name}..." if param.nargs != 1 else name


def usage_line(ctx: typer.Context, params: Sequence[object], tail: str = "") -> str:
    """`conflictctl log-visit CUSTOMER [OPTIONS]`."""
    words = [ctx.command_path]
    for param in params:
        if isinstance(param, TyperArgument) and not param.hidden:
            name = _argument_name(param)
            words.append(name if param.required else f"[{name}]")
        elif isinstance(param, TyperOption) and param.required:
            words.append(f"{param.opts[0]} {param.metavar or 'TEXT'}")
    words.append("[OPTIONS]")
    if tail:
        words.append(tail)
    return " ".join(words)
