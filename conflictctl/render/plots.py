"""Plots as still pictures: SVG to stand in a page, without scripts, links or anything random."""

from __future__ import annotations

from typing import Any

import pygal
from pygal.etree import etree  # lxml's where that is installed, else the standard one
from pygal.style import Style

from conflictctl.render.layout import cells
from conflictctl.render.report_page import Plot
from conflictctl.render.safe import safe

COLOURS = ("#1f5fa8", "#d9822b")
"""Told apart by those who do not see red or green, and in grey."""

_WIDTH = 420
_LONGEST_LABEL = 26
_FONT = 11
_FAMILY = (
    "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', "
    "sans-serif"
)
_KINDS: dict[str, Any] = {
    "lying": pygal.HorizontalBar,
    "standing": pygal.Bar,
    "lines": pygal.Line,
}


def colours(plot: Plot) -> list[str]:
    """The colour of each series, in their order: the same in every plot of a page."""
    return list(COLOURS[: len(plot.series)])


def svg(plot: Plot) -> str:
    """The picture as the text of one `svg` element, its sizes left to the page.

    Titles and labels are told to those who do not see it in `title` and `desc`.
    """
    lying = plot.kind == "lying"
    # Bars that lie are drawn from the bottom: the first shall be on top.
    order = slice(None, None, -1) if lying else slice(None)
    labels = [_short(label) for label in plot.labels][order]
    chart = _KINDS[plot.kind](
        width=_WIDTH,
        height=70 + 30 * len(labels) if lying else 250,
        style=Style(
            background="transparent",
            plot_background="transparent",
            foreground="#1c2430",
            foreground_strong="#1c2430",
            foreground_subtle="#8792a2",
            opacity="1",
            transition="0s",
            colors=tuple(colours(plot)),
            font_family=_FAMILY,
            label_font_size=_FONT,
            major_label_font_size=_FONT,
            value_font_size=_FONT,
            value_colors=("#1c2430",) * 2,
            no_data_font_size=14,
            guide_stroke_dasharray="2,3",
        ),
        js=(),
        no_prefix=True,
        disable_xml_declaration=True,
        show_legend=False,
        show_x_guides=False,
        show_y_guides=not lying,
        margin=6,
        margin_right=24,
        margin_left=6 + (_too_narrow(labels) if lying else 0),
        spacing=6,
        dots_size=2.5,
        stroke_style={"width": 2},
        x_label_rotation=45 if not lying and len(labels) > 6 else 0,
        truncate_label=-1,
        include_x_axis=plot.kind != "lines",
        range=_range(plot),
        value_formatter=_number,
        max_scale=6,
        print_values=lying or (plot.kind == "standing" and len(labels) <= 6),
        print_values_position="top",
        no_data_text="–",
    )
    chart.x_labels = labels
    if not lying and len(labels) > 12:
        chart.x_labels_major_every = -(-len(labels) // 12)
        chart.show_minor_x_labels = False
    for name, values in plot.series:
        chart.add(safe(name), list(values)[order])
    return _still(chart.render_tree(), plot)


def _range(plot: Plot) -> tuple[float, float] | None:
    if plot.kind == "lines":
        return (0, 100) if plot.unit == "%" else (1, 5)
    most = max((value or 0 for _, values in plot.series for value in values), default=0)
    # Room for the number at the end of the longest bar.
    return (0, most * 1.1) if most else None


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _too_narrow(labels: list[str]) -> int:
    """How much wider the labels are than pygal takes them to be: it counts characters."""
    if not labels:
        return 0
    taken = max(len(label) * _FONT * 0.6 for label in labels)
    return max(0, round(max(cells(label) * _FONT * 0.55 for label in labels) - taken))


def _short(label: str) -> str:
    """A label of bounded width: the table beside the plot has it whole."""
    label = safe(label)
    if cells(label) <= _LONGEST_LABEL:
        return label
    while cells(label) > _LONGEST_LABEL - 1:
        label = label[:-1]
    return label + "…"


def _still(root: Any, plot: Plot) -> str:
    """The drawn tree without what moves, links or tells of its making."""
    for parent in list(root.iter()):
        for child in list(parent):
            if (
                not isinstance(child.tag, str)
                or child.tag.rpartition("}")[2] in ("script", "title", "desc")
                or "tooltip-overlay" in (child.get("class") or "")
            ):
                parent.remove(child)
    if plot.kind == "lying":  # numbers begin where their bars end
        for text in root.iter():
            if text.get("text-anchor") == "middle" and text.get("class") == "value":
                text.set("text-anchor", "start")
    for name in ("width", "height", "id"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    title = etree.Element("title")
    title.text = safe(plot.title)
    told = etree.Element("desc")
    told.text = safe(_told(plot))
    root.insert(0, told)
    root.insert(0, title)
    drawn: str = etree.tostring(root, encoding="unicode")
    return drawn


def _told(plot: Plot) -> str:
    """All values in a sentence, for those who do not see the picture."""
    parts = []
    for name, values in plot.series:
        pairs = [
            f"{label} {_number(value)}{plot.unit}"
            for label, value in zip(plot.labels, values, strict=True)
            if value is not None
        ]
        parts.append(f"{name}: {', '.join(pairs)}")
    return "; ".join(parts)
