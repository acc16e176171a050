"""Plots as SVG: bars, and lines over time."""
import math
from collections.abc import Mapping
from html import escape

WIDTH, ROW, GAP, LEFT, TOP = 720, 22, 16, 170, 64
COLOURS = ("#0b7285", "#adb5bd", "#ced4da", "#868e96")
INK = """<style>
text { fill: #212529 } .paper { fill: #ffffff } .grid { stroke: #dee2e6 } .mark { stroke: #868e96 }
@media (prefers-color-scheme: dark) { text { fill: #e9ecef } .paper { fill: #16191d } .grid { stroke: #343a40 } }
</style>"""
LINE_COLOURS = ("#0b7285", "#74c0fc", "#e8590c", "#f59f00")


def bar_plot(title: str, unit: str, groups: Mapping[str, Mapping[str, float]]) -> str:
    """Return bars from left to right: for each group a block, in it a bar for each name, the number behind it."""
    names = list(dict.fromkeys(name for bars in groups.values() for name in bars))
    largest = max((figure for bars in groups.values() for figure in bars.values()), default=1.0) or 1.0
    scale = (WIDTH - LEFT - 90) / largest
    lines, top = [], TOP
    for group, bars in groups.items():
        lines.append(text(LEFT - 10, top + ROW * len(bars) / 2 + 4, group, anchor="end", weight="bold"))
        for name, figure in bars.items():
            lines.append(f'<rect x="{LEFT}" y="{top:.0f}" width="{figure * scale:.1f}" height="{ROW - 4}" fill="{COLOURS[names.index(name) % len(COLOURS)]}"/>')
            lines.append(text(LEFT + figure * scale + 6, top + ROW - 9, f"{figure:.1f} {unit}"))
            top += ROW
        top += GAP
    place = LEFT
    for index, name in enumerate(names):
        lines.append(f'<rect x="{place}" y="38" width="12" height="12" fill="{COLOURS[index % len(COLOURS)]}"/>')
        lines.append(text(place + 18, 48, name))
        place += 40 + 7 * len(name)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}" font-family="sans-serif" font-size="13">\n'
            f'{INK}\n<rect class="paper" width="100%" height="100%"/>\n{text(10, 24, title, weight="bold")}\n' + "\n".join(lines) + "\n</svg>\n")


def text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'


def line_plot(title: str, unit: str, seconds: float, lines: Mapping[str, list[tuple[float, float]]], events: Mapping[float, str]) -> str:
    """Return lines over time, each of (second, figure), with events marked by what happened at a second."""
    width, height, left, top = WIDTH, 340, 50, 70
    largest = 40 * math.ceil(max((figure for points in lines.values() for _, figure in points), default=1.0) / 40) or 40      # quarters that are read at ease

    def at(second: float, figure: float) -> str:
        return f"{left + second / seconds * (width - left - 20):.1f},{top + (1 - figure / largest) * (height - top - 50):.1f}"

    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = top + (1 - share) * (height - top - 50)
        parts += [f'<line x1="{left}" y1="{y:.1f}" x2="{width - 20}" y2="{y:.1f}" class="grid"/>', text(left - 6, y + 4, f"{largest * share:.0f}", anchor="end")]
    for second in range(0, int(seconds) + 1, 10):
        parts.append(text(left + second / seconds * (width - left - 20), height - 30, f"{second}", anchor="middle"))
    for second, words in events.items():
        x = left + second / seconds * (width - left - 20)
        parts += [f'<line x1="{x:.1f}" y1="{top - 8}" x2="{x:.1f}" y2="{height - 50}" class="mark" stroke-dasharray="4 3"/>', text(x + 4, top - 12, words)]
    place = left
    for name, points, colour in zip(lines, lines.values(), LINE_COLOURS, strict=False):
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(at(*point) for point in points)}"/>')
        parts += [f'<rect x="{place}" y="34" width="12" height="12" fill="{colour}"/>', text(place + 18, 44, name)]
        place += 40 + 8 * len(name)
    parts += [text(width / 2, height - 10, "seconds", anchor="middle"), text(width - 20, 44, unit, anchor="end")]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">\n'
            f'{INK}\n<rect class="paper" width="100%" height="100%"/>\n{text(10, 22, title, weight="bold")}\n' + "\n".join(parts) + "\n</svg>\n")
