"""A straight line through logarithms, what it says of a size not measured, and its picture."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 400, 70, 50, 40, 50


class Fit(NamedTuple):
    """seconds = exp(base) * size ** power; `scatter` is the residual deviation of the logarithm.

    `middle`, `breadth` and `number` are of the logarithms of the sizes measured.
    """

    power: float
    base: float
    scatter: float
    middle: float
    breadth: float
    number: int

    def at(self, size: float) -> tuple[float, float, float]:
        """Seconds at a size; the least and the most, two deviations of a single run away."""
        x = math.log(size)
        spread = 1 + 1 / self.number + (x - self.middle) ** 2 / self.breadth
        middle, away = self.base + self.power * x, 2 * self.scatter * math.sqrt(spread)
        return math.exp(middle), math.exp(middle - away), math.exp(middle + away)


def fit(runs: Mapping[int, Sequence[float]]) -> Fit:
    """The line of least squares through every run: seconds by size, all of them logarithms."""
    points = [(math.log(size), math.log(one)) for size, found in runs.items() for one in found]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    power, base = statistics.linear_regression(xs, ys)
    left = sum((y - base - power * x) ** 2 for x, y in points)
    middle = statistics.fmean(xs)
    breadth = sum((x - middle) ** 2 for x in xs)
    scatter = math.sqrt(left / max(len(points) - 2, 1))
    return Fit(power, base, scatter, middle, breadth, len(points))


def picture(
    runs: Mapping[int, Sequence[float]], line: Fit, wanted: int, *, title: str, unit: str
) -> str:
    """An SVG with both axes logarithmic: runs as dots, the line, beyond them dashed, its spread."""
    sizes = sorted(runs)
    low, high = _decades([*sizes, wanted])
    ends = [line.at(size) for size in (sizes[0], wanted)]
    least = min(min(map(min, runs.values())), *(end[1] for end in ends))
    bottom, top = _decades([least, max(end[2] for end in ends)])

    def x(size: float) -> float:
        share = (math.log10(size) - low) / (high - low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(seconds: float) -> float:
        share = (math.log10(seconds) - bottom) / (top - bottom)
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)

    steps = [10 ** (low + (high - low) * n / 60) for n in range(61)]
    band = [size for size in steps if sizes[0] <= size <= wanted] + [wanted]
    outline = [(x(s), y(line.at(s)[2])) for s in band] + [
        (x(s), y(line.at(s)[1])) for s in reversed(band)
    ]
    last = sizes[-1]
    shapes = [
        f'<polygon points="{_points(outline)}" fill="#4477aa" fill-opacity="0.15"/>',
        *(_across(y(10.0**n), f"{10.0**n:,g} s") for n in range(bottom, top + 1)),
        *(_upright(x(10.0**n), f"{10**n:,}") for n in range(low, high + 1)),
        _stroke([(x(s), y(line.at(s)[0])) for s in (sizes[0], last)], ""),
        _stroke([(x(s), y(line.at(s)[0])) for s in (last, wanted)], "6 4"),
        *(
            f'<circle cx="{x(size):.1f}" cy="{y(one):.1f}" r="4" fill="#223355"/>'
            for size in sizes
            for one in runs[size]
        ),
        f'<circle cx="{x(wanted):.1f}" cy="{y(line.at(wanted)[0]):.1f}" r="5" fill="none" '
        'stroke="#223355" stroke-width="2"/>',
        _text(WIDTH / 2, 22, title, "middle", 15),
        _text(WIDTH / 2, HEIGHT - 8, unit, "middle", 12),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n' + "\n".join(shapes) + "\n"
        "</svg>\n"
    )


def _decades(values: Sequence[float]) -> tuple[int, int]:
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _stroke(places: Sequence[tuple[float, float]], dashes: str) -> str:
    return (
        f'<polyline points="{_points(places)}" fill="none" stroke="#4477aa" stroke-width="2" '
        f'stroke-dasharray="{dashes}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str, size: int) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
        f"{escape(text)}</text>"
    )


def _across(y: float, text: str) -> str:
    line = f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#cccccc"/>'
    return line + _text(LEFT - 6, y + 4, text, "end", 11)


def _upright(x: float, text: str) -> str:
    line = f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#eeeeee"/>'
    return line + _text(x, HEIGHT - BOTTOM + 16, text, "middle", 11)
