# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Axes, colours and labels that all displays share; matplotlib is only imported to draw."""

import math
import textwrap

import numpy as np

# The largest figure a display makes, in inches: with 100 clusters its rows become thin instead.
MAX_WIDTH, MAX_HEIGHT = 18.0, 24.0
# A letter's width and a line's height in font sizes; both a little more than most fonts need.
LETTER, LINE = 0.62, 1.35
POINTS_PER_INCH = 72.0
# Names are cut to this many letters, on one line and on several; those as short as numbers of
# clusters are never slanted.
MAX_LETTERS, WRAPPED_LETTERS, SHORT = 24, 40, 3
# Share of a column's width that its name may take.
APART = 0.93
# Petroff's accessible sequence of ten colours.
COLORS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
    "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
# Where a text is tried, in its own widths and heights: at its place, then in rings around it.
PLACES = (
    (0, 0),
    *((r * x, r * y) for r in (1.1, 2.2) for x in (0, 1, -1) for y in (1, -1, 0) if x or y),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")


def axes(ax=None, *, width=6.4, height=4.8):
    """``ax``, or the axes of a new figure of (at most) so many inches."""
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("Displays need matplotlib to draw: pip install matplotlib.") from error
    size = (min(width, MAX_WIDTH), min(height, MAX_HEIGHT))
    return plt.subplots(figsize=size, layout="constrained")[1]


def cluster_styles(n_clusters):
    """(colour, marker) of each cluster. Up to ten, every colour and every marker is another, so
    that either tells them apart; up to a hundred, every pair is."""
    n = len(COLORS)
    return [(COLORS[k % n], MARKERS[(k + k // n) % n]) for k in range(n_clusters)]


def size_in_points(ax):
    """Width and height of the axes as they are now laid out."""
    box, dpi = ax.get_window_extent(), ax.figure.dpi
    return box.width / dpi * POINTS_PER_INCH, box.height / dpi * POINTS_PER_INCH


def font_size(size):
    """ "small" and the like in points."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(size=size).get_size_in_points()


def text_width(text, size):
    """About how many points wide a text of one line is."""
    return LETTER * size * len(text)


def cut(text, letters=MAX_LETTERS):
    """A name of tolerable length, on one line, whose dollars are no mathematics. Its middle is left
    out: long names differ at their ends, such as by a number."""
    text = " ".join(str(text).split())
    if len(text) > letters:
        end = letters // 3
        text = f"{text[: letters - 1 - end]}…{text[-end:]}"
    return text.replace("$", r"\$")


def step_between(n, length, needed):
    """Every how many of n labels, evenly over a length, one of the needed length fits."""
    return max(1, math.ceil(needed * n / max(length, 1e-9)))


def label_rows(ax, names, positions):
    """Names along the y axis, one each at positions evenly over all of it, thinned out to as many
    as fit."""
    settle(ax)
    size = font_size("small")
    step = step_between(len(names), size_in_points(ax)[1], LINE * size)
    ax.set_yticks(positions[::step], [cut(name) for name in names[::step]])
    ax.tick_params(axis="y", length=0, labelsize=size)


def label_columns(ax, names, positions, pitch, extent, *, details=None):
    """Names above the columns: level, on several lines if need be, else slanted and thinned out to
    as many as fit.

    ``pitch`` is the distance between columns and ``extent`` the width of the axes, in the
    positions' units; ``details`` is one more line.
    """
    settle(ax)
    size = font_size("small")
    wide = size_in_points(ax)[0] * pitch / extent  # points a column has
    letters = int(APART * wide / (LETTER * size))
    short = max(len(str(name)) for name in names) <= SHORT and details is None
    wrapped = [wrap(cut(name, WRAPPED_LETTERS), letters) for name in names]
    if details is not None:
        wrapped = [a + wrap(b, letters) for a, b in zip(wrapped, details, strict=True)]
    lines = [line for name in wrapped for line in name]
    if all(len(line) <= letters for line in lines):
        texts, step, slanted = ["\n".join(name) for name in wrapped], 1, {}
    else:
        texts = [cut(name) for name in names]
        if details is not None:
            texts = [f"{name}  {detail}" for name, detail in zip(texts, details, strict=True)]
        needed = text_width("0" * (SHORT + 1), size) if short else LINE * size
        step = step_between(1, wide, needed)
        slanted = {} if short else {"rotation": 40, "ha": "left", "rotation_mode": "anchor"}
    ax.xaxis.tick_top()
    ax.set_xticks(positions[::step], texts[::step], **slanted)
    ax.tick_params(axis="x", length=0, labelsize=size)
    settle(ax)


def wrap(text, letters):
    """Lines of at most so many letters, or of one word."""
    return textwrap.wrap(text, max(letters, 1), break_long_words=False, break_on_hyphens=False)


def caption(ax, text):
    """What to know about the picture, below it, no wider than it."""
    size = font_size("small")
    letters = max(20, int(size_in_points(ax)[0] / (LETTER * size)))
    ax.xaxis.set_label_position("bottom")
    ax.set_xlabel("\n".join(wrap(text, letters)), size=size)


def settle(ax):
    """Lay the figure out now, so that lengths can be measured before it is drawn."""
    figure = ax.figure.canvas.figure
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)


def place_texts(ax, texts, positions, *, size="small"):
    """Where texts may stand, centred, without touching each other.

    Returns ``(index, offset)`` of each that finds a place: at its data position, else a little
    beside it, by that many points. Those that come first choose first.
    """
    settle(ax)
    points = font_size(size)
    at = ax.transData.transform(positions) / ax.figure.dpi * POINTS_PER_INCH
    height = LINE * points + 3
    placed, found = [], []
    for i, text in enumerate(texts):
        width = max(text_width(str(text), points), points) + 4
        for dx, dy in PLACES:
            offset = np.array([dx * width, dy * height])
            x, y = at[i] + offset
            if all(abs(x - u) >= (width + w) / 2 or abs(y - v) >= height for u, v, w in placed):
                placed.append((x, y, width))
                found.append((i, offset))
                break
    return found


def number(value):
    """A number as people write it, three digits of it."""
    if value != 0 and (abs(value) >= 1e5 or abs(value) < 1e-3):
        return f"{value:.1e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    digits = 2 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{min(digits, 5)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def panels(ax, n, *, width_ratios, width, height):
    """``n`` axes side by side with one y axis, in the place of ``ax`` or in a new figure.

    As scikit-learn's PartialDependenceDisplay: a given ``ax`` is the frame and is switched off.
    """
    frame = axes(ax, width=width, height=height)
    spec = frame.get_subplotspec()
    if spec is None:
        raise ValueError(
            "ax should be one of a grid, as plt.subplots or Figure.subplots make it: this display "
            "divides its place between several axes."
        )
    frame.set_axis_off()
    grid = spec.subgridspec(1, n, width_ratios=width_ratios)
    first = frame.figure.add_subplot(grid[0])
    rest = [frame.figure.add_subplot(grid[i], sharey=first) for i in range(1, n)]
    return frame, [first, *rest]
