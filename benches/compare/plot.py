"""The plot, written by hand so that it needs nothing to be drawn by.

Colours follow the reader's theme.
"""

from html import escape
from statistics import median

WIDTH = 940
LEFT = 410
RIGHT = 60
BAR = 15
GAP = 6
HEADING = 34

STYLE = """
text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #57606a }
.heading { font-weight: 600; font-size: 14px; fill: #24292f }
.ours { fill: #1a7f64 }
.floor { fill: #8c959f }
.peer { fill: #6e8fc7 }
.spread { stroke: #24292f; stroke-width: 1.2 }
@media (prefers-color-scheme: dark) {
  text { fill: #9da7b3 }
  .heading { fill: #e6edf3 }
  .ours { fill: #3fb68b }
  .floor { fill: #6e7681 }
  .peer { fill: #5b7fbf }
  .spread { stroke: #e6edf3 }
}
"""


def bars(results, columns, figure, descriptions):
    """A panel per experiment, a bar per server, a line from the least to the greatest."""
    parts, y = [], 0
    for experiment, title in columns.items():
        seen = {server: results.all(experiment, server, figure) for server in descriptions}
        seen = {server: values for server, values in seen.items() if values}
        if not seen:
            continue
        heading = f"{escape(title)}: µs of CPU per delivery"
        parts.append(f'<text class="heading" x="0" y="{y + 20}">{heading}</text>')
        y += HEADING
        # One server that is far off must not press all others together.
        longest = min(max(map(max, seen.values())), 2.5 * median(map(median, seen.values())))
        for server, values in sorted(seen.items(), key=lambda item: median(item[1])):
            parts += bar(y, descriptions[server], kind(server), values, longest)
            y += BAR + GAP
        y += GAP * 2
    size = f'viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    title = "<title>CPU time of the server per delivery</title>"
    return "\n".join([head, title, f"<style>{STYLE}</style>", *parts, "</svg>"]) + "\n"


def bar(y, label, kind, values, longest):
    def x(value):
        return LEFT + (WIDTH - LEFT - RIGHT) * min(value / longest, 1)

    middle = median(values)
    base = y + BAR - 3
    label = escape(label.replace("`", ""))
    yield f'<text x="{LEFT - 8}" y="{base}" text-anchor="end">{label}</text>'
    width = x(middle) - LEFT
    yield f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"/>'
    line = y + BAR / 2
    least, greatest = f"{x(min(values)):.1f}", f"{x(max(values)):.1f}"
    yield f'<line class="spread" x1="{least}" x2="{greatest}" y1="{line}" y2="{line}"/>'
    end = max(x(middle), x(max(values)))
    yield f'<text x="{end + 6:.1f}" y="{base}">{middle:.1f}</text>'


def kind(server):
    if server.startswith("ours"):
        return "ours"
    return "floor" if server == "floor" else "peer"
