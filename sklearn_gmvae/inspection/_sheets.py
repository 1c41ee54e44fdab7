# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures side by side: a line of them a cluster, on one sheet."""

import numpy as np

from sklearn_gmvae.inspection._axes import axes, label_columns, label_rows

# Inches of a picture's height, for few and for many lines.
LARGE, SMALL, FEW = 0.55, 0.24, 12


def sheet_axes(ax, groups):
    """Axes whose figure suits the groups of pictures."""
    if ax is not None:
        return ax
    n_rows, _, height, width = groups[0].shape[:4]
    n_columns = sum(group.shape[1] for group in groups)
    side = max(SMALL, LARGE * min(1.0, FEW / n_rows))
    side_width = side * width / height
    return axes(
        width=max(3.0, side_width * (n_columns + 0.4 * len(groups)) + 0.8),
        height=max(1.6, side * n_rows + 0.9),
    )


def draw_sheet(ax, groups, names, *, titles=None, columns=None, **kwargs):
    """Draw groups of pictures next to each other.

    Parameters
    ----------
    ax : matplotlib Axes
    groups : list of ndarray of shape (n_rows, n_columns, height, width[, 3])
        NaN is left blank.
    names : sequence of str
        One a row.
    titles : sequence of str, default=None
        One above each group.
    columns : sequence of str, default=None
        One above each column.
    **kwargs : dict
        For matplotlib's ``imshow``.

    Returns
    -------
    image : matplotlib AxesImage
    """
    n_rows, _, height, width = groups[0].shape[:4]
    gap = max(2, width // 3)
    parts, centres, group_centres, left = [], [], [], 0
    for i, group in enumerate(groups):
        n = group.shape[1]
        # A pixel of margin around every picture, left blank.
        margin = [(0, 0), (0, 0), (0, 1), (0, 1)] + [(0, 0)] * (group.ndim - 4)
        framed = np.pad(np.asarray(group, dtype=float), margin, constant_values=np.nan)
        part = np.moveaxis(framed, 1, 2).reshape(
            n_rows * (height + 1), n * (width + 1), *group.shape[4:]
        )
        if i:
            part = np.pad(
                part, [(0, 0), (gap, 0)] + [(0, 0)] * (part.ndim - 2), constant_values=np.nan
            )
            left += gap
        parts.append(part)
        centres += [left + (j + 0.5) * (width + 1) - 1 for j in range(n)]
        group_centres.append(left + n * (width + 1) / 2 - 1)
        left += n * (width + 1)
    sheet = np.concatenate(parts, axis=1)
    if sheet.ndim == 3:
        sheet = colours(sheet)
    aspect = "auto" if height == 1 else "equal"
    image = ax.imshow(sheet, **{"cmap": "gray_r", "aspect": aspect, **kwargs})
    label_rows(ax, list(names), (np.arange(n_rows) + 0.5) * (height + 1) - 1)
    ax.set_xticks([])
    if columns is not None:
        label_columns(ax, list(columns), centres, width + 1, left)
    elif titles is not None:
        ax.xaxis.tick_top()
        ax.set_xticks(group_centres, titles)
        ax.tick_params(axis="x", length=0, labelsize="small")
    ax.spines[:].set_visible(False)
    return image


def colours(sheet):
    """A sheet of three channels within [0, 1], blank where it is NaN."""
    low, high = np.nanmin(sheet), np.nanmax(sheet)
    if low < 0 or high > 1:
        sheet = (sheet - low) / max(high - low, 1e-12)
    blank = np.isnan(sheet).any(-1)
    sheet = np.where(blank[..., None], 1.0, sheet)
    return np.dstack([sheet, ~blank])  # blank is transparent
