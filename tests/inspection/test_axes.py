# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Colours, labels and numbers that displays share."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sklearn_gmvae.inspection._axes import (
    MAX_HEIGHT,
    MAX_LETTERS,
    axes,
    caption,
    cluster_styles,
    cut,
    label_columns,
    label_rows,
    number,
    panels,
    place_texts,
)
from sklearn_gmvae.inspection._cells import cell_axes, draw_cells


def overlapping(texts, figure):
    """Pairs of texts whose boxes share area when the figure is drawn."""
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in texts if t.get_text() and t.get_rotation() == 0]
    return [
        (i, j)
        for i, a in enumerate(boxes)
        for j, b in enumerate(boxes[:i])
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]


@pytest.mark.parametrize("n_clusters", [2, 10, 30, 100])
def test_cluster_styles_are_all_different(n_clusters):
    styles = cluster_styles(n_clusters)
    assert len(set(styles)) == len(styles) == n_clusters
    if n_clusters <= 10:
        for part in zip(*styles, strict=True):
            assert len(set(part)) == n_clusters


@pytest.mark.parametrize("n", [2, 10, 30, 100, 400])
def test_label_rows_are_thinned_until_they_fit(n):
    ax = axes(height=4)
    ax.set_ylim(n - 0.5, -0.5)
    label_rows(ax, [str(i) for i in range(n)], np.arange(n))
    labels = ax.get_yticklabels()
    assert labels[0].get_text() == "0"
    assert not overlapping(labels, ax.figure)
    assert len(labels) >= min(n, 12)  # thinned, not removed


@pytest.mark.parametrize("n", [2, 5, 12, 100])
@pytest.mark.parametrize("name", ["{}", "width {}", "the width of the petal number {}", "a{}" * 20])
def test_label_columns_wrap_slant_or_thin_until_they_fit(n, name):
    ax = axes(width=8)
    ax.set_xlim(-0.5, n - 0.5)
    label_columns(ax, [name.format(*[i] * 20) for i in range(n)], np.arange(n), 1.0, n)
    labels = ax.get_xticklabels()
    assert len(labels) >= min(n, 2)
    assert not overlapping(labels, ax.figure)
    rotated = labels[0].get_rotation() != 0
    assert rotated == (len({t.get_rotation() for t in labels}) == 1 and rotated)
    assert all(len(t.get_text()) <= 60 for t in labels)


def test_label_columns_level_keeps_every_short_name():
    ax = axes(width=8)
    ax.set_xlim(-0.5, 4.5)
    label_columns(ax, list("abcde"), np.arange(5), 1.0, 5, details=["1 to 2"] * 5)
    assert [t.get_text() for t in ax.get_xticklabels()] == [f"{c}\n1 to 2" for c in "abcde"]


def test_caption_is_no_wider_than_the_axes(ax):
    caption(ax, "some words of a sentence that is long " * 8)
    FigureCanvasAgg(ax.figure)
    ax.figure.draw_without_rendering()
    assert ax.xaxis.label.get_window_extent().width <= 1.05 * ax.get_window_extent().width


def test_place_texts_keeps_those_apart_and_moves_those_that_touch(ax):
    ax.set(xlim=(0, 10), ylim=(0, 10))
    apart = np.array([[1.0, 1.0], [9.0, 9.0], [1.0, 9.0]])
    assert [(i, *offset) for i, offset in place_texts(ax, "abc", apart)] == [
        (0, 0, 0), (1, 0, 0), (2, 0, 0),
    ]  # fmt: skip
    same = place_texts(ax, range(3), np.full((3, 2), 5.0))
    assert [i for i, _ in same] == [0, 1, 2]
    assert len({tuple(offset) for _, offset in same}) == 3
    # Where all are in one place, the last find none.
    crowd = place_texts(ax, range(100), np.full((100, 2), 5.0))
    assert 3 <= len(crowd) < 100


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1, "1"), (-2.5, "-2.5"), (0.123456, "0.123"), (14388.2, "14388"), (100, "100"),
        (1234567, "1.2e6"), (1e-7, "1.0e-7"), (-3.1e12, "-3.1e12"), (0.00123456, "0.00123"),
    ],
)  # fmt: skip
def test_number_is_short(value, text):
    assert number(value) == text


def test_axes_of_very_many_rows_have_a_largest_height():
    assert axes(height=1000).figure.get_figheight() == MAX_HEIGHT


def test_panels_take_the_place_of_the_axes_given():
    figure = Figure(layout="constrained")
    left, right = figure.subplots(1, 2)
    frame, parts = panels(right, 2, width_ratios=(1, 2), width=5, height=5)
    assert frame is right
    assert not right.axison
    assert len(parts) == 2
    assert all(part.figure is figure for part in parts)
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    assert left.get_position().x1 < parts[0].get_position().x0


def test_panels_on_axes_outside_a_grid_raise():
    with pytest.raises(ValueError, match="ax should be one of a grid"):
        panels(Figure().add_axes((0, 0, 1, 1)), 2, width_ratios=(1, 1), width=5, height=5)


def test_axes_without_matplotlib_say_what_to_install(monkeypatch):
    import sys

    plt.close("all")
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        axes()


def test_names_with_dollars_and_line_breaks_are_drawn_as_they_are(ax):
    cell_axes(ax, 2, 2)
    draw_cells(ax, ["0", "1"], [r"$\frac{$ 1", "5 $ of\n7 $"])
    ax.figure.savefig(io.BytesIO())  # as mathematics, the first would be an error
    drawn = [label._preprocess_math(label.get_text()) for label in ax.get_xticklabels()]
    assert [text.replace("\n", " ") for text, _ in drawn] == [r"$\frac{$ 1", "5 $ of 7 $"]
    assert not any(is_math for _, is_math in drawn)


def test_long_names_that_differ_at_their_end_stay_different():
    names = [f"a column with a very long name, the number {i}" for i in range(30)]
    assert len({cut(name) for name in names}) == 30
    assert max(map(len, map(cut, names))) == MAX_LETTERS
    assert cut("short") == "short"
