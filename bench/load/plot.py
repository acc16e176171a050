"""A bar plot as SVG."""
from collections.abc import Mapping
from html import escape

WIDTH, ROW, GAP, LEFT, TOP = 720, 22, 16, 170, 64
COLOURS = ("#0b7285", "#adb5bd", "#ced4da", "#868e96")


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
            f'<rect width="100%" height="100%" fill="white"/>\n{text(10, 24, title, weight="bold")}\n' + "\n".join(lines) + "\n</svg>\n")


def text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="#212529">{escape(words)}</text>'
