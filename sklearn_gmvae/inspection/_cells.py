# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows of a table as a grid of cells: a line a cluster, a column a feature with its own scale."""

import numpy as np

from sklearn_gmvae.inspection._axes import axes, label_columns, label_rows, number

# Share of a cell's width and height that is drawn on.
FILLED = 0.84


def cell_axes(ax, n_rows, n_columns):
    """Axes whose figure suits the number of cells."""
    cell_width = min(1.4, max(1.05, 11.0 / n_columns))
    tall = 0.4 if n_rows <= 12 else max(0.2, 0.4 * 12 / n_rows)
    return axes(
        ax, width=max(5.5, cell_width * n_columns + 0.8), height=max(2.0, tall * n_rows + 1.4)
    )


def draw_cells(ax, names, columns, *, details=None):
    """Lines between the cells of a grid, and their labels; cell (i, j) is centred at (j, i)."""
    n_rows, n_columns = len(names), len(columns)
    ax.set(xlim=(-0.5, n_columns - 0.5), ylim=(n_rows - 0.5, -0.5))
    for j in range(1, n_columns):
        ax.axvline(j - 0.5, color="0.75", lw=0.8, zorder=0)
    if n_rows <= 40:
        for i in range(1, n_rows):
            ax.axhline(i - 0.5, color="0.9", lw=0.6, zorder=0)
    label_rows(ax, list(names), np.arange(n_rows))
    label_columns(ax, list(columns), np.arange(n_columns), 1.0, n_columns, details=details)
    ax.spines[:].set_color("0.75")


def value_ranges(values):
    """Smallest and largest of each feature, (2, n_features), of arrays (..., n_features)."""
    flat = np.concatenate([v.reshape(-1, v.shape[-1]) for v in values])
    return np.stack([np.nanmin(flat, axis=0), np.nanmax(flat, axis=0)])


def share(values, ranges):
    """Values (..., n_features) as -0.5 to 0.5 of the filled part of a cell."""
    low, high = ranges
    width = np.where(high > low, high - low, 1.0)
    middle = np.where(high > low, (values - low) / width, 0.5)
    return FILLED * (middle - 0.5)


def range_details(ranges):
    """ "low to high" of each feature."""
    return [f"{number(low)} to {number(high)}" for low, high in ranges.T]


def draw_walks(ax, walks, ranges, names, columns, *, details, **kwargs):
    """Each row's features along a walk, as a curve in its cell, with a dot where it starts.

    ``walks`` is (n_rows, n_steps, n_features), ``ranges`` what a cell's bottom and top stand for.
    Returns the curves, a LineCollection, row by row.
    """
    from matplotlib.collections import LineCollection

    draw_cells(ax, names, columns, details=details)
    n_rows, n_steps, n_features = walks.shape
    heights = -share(walks, ranges)  # y points down
    at = np.linspace(-FILLED / 2, FILLED / 2, n_steps)
    curves = [
        np.column_stack([j + at, i + heights[i, :, j]])
        for i in range(n_rows)
        for j in range(n_features)
    ]
    style = {"colors": "#1f5a96", "linewidths": 1.6, **kwargs}
    lines = ax.add_collection(LineCollection(curves, **style), autolim=False)
    ax.scatter(*np.transpose([curve[0] for curve in curves]), s=9, color="black", zorder=3)
    return lines
