# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""InterpolationDisplay."""

import numpy as np

from sklearn_gmvae.inspection._axes import caption
from sklearn_gmvae.inspection._cells import (
    cell_axes,
    draw_walks,
    range_details,
    value_ranges,
)
from sklearn_gmvae.inspection._numbers import Numbers
from sklearn_gmvae.inspection._select import (
    as_pictures,
    check_can,
    check_count,
    feature_names,
    pick_clusters,
    pick_features,
    picture_shape,
    some_rows,
)
from sklearn_gmvae.inspection._sheets import draw_sheet, sheet_axes

# Walks drawn unless others are asked for.
MAX_WALKS = 12


class InterpolationDisplay:
    """Decoded walks on straight lines of the latent space, between clusters or between rows.

    Of pictures, each column is a step. Of a table, each feature has a column with its own scale,
    and the curve in a cell is the feature along the walk, left (with a dot) to right.

    Parameters
    ----------
    walks : ndarray of shape (n_walks, n_steps, height, width[, 3]) or \
            (n_walks, n_steps, n_features)
        Decoded rows, as pictures or as features.
    names : sequence of str
        What each line is called.
    ends : ndarray of shape (n_walks, 2, height, width[, 3]), default=None
        The rows themselves between which pictures were walked, drawn at both ends.
    feature_names : sequence of str, default=None
        Of a table.
    between : {"clusters", "rows"}, default="clusters"
        What the walks connect.
    n_possible : int, default=None
        How many walks there would be, if not all of them are here.

    Attributes
    ----------
    image_ : matplotlib AxesImage or None
        All pictures; None for a table.
    lines_ : matplotlib LineCollection or None
        A table's curves, walk by walk; None for pictures.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    def __init__(
        self,
        *,
        walks,
        names,
        ends=None,
        feature_names=None,
        between="clusters",
        n_possible=None,
    ):
        self.walks = walks
        self.names = names
        self.ends = ends
        self.feature_names = feature_names
        self.between = between
        self.n_possible = n_possible

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X=None,
        *,
        pairs=None,
        n_steps=11,
        image_shape=None,
        features=None,
        max_features=10,
        ax=None,
        **kwargs,
    ):
        """Walk through the latent space of a fitted estimator.

        Parameters
        ----------
        estimator : VaDEClustering or GMVAEClustering
        X : array-like of shape (n_samples, n_features), default=None
            Rows to walk between. None: walk between the means of clusters.
        pairs : sequence of (int, int), default=None
            Which rows of X, or which clusters, to connect, a walk each. None: the first row with
            the second, the third with the fourth and so on; clusters each with the one whose mean
            is nearest. At most 12 walks then, and the axis says of how many.
        n_steps : int, default=11
            Steps of a walk, both ends among them.
        image_shape : tuple (height, width) or (channels, height, width), default=None
            How a row is a picture; None: as in `ClusterSamplesDisplay.from_estimator`.
        features : sequence of str or int, default=None
            The features of a table to show. None: those that change most.
        max_features : int, default=10
            How many of them, with ``features=None``.
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``imshow`` (pictures) or ``LineCollection`` (tables).

        Returns
        -------
        display : InterpolationDisplay

        Raises
        ------
        TypeError
            If the estimator is another one.
        ValueError
            If a pair, a feature or the shape of pictures is impossible.
        NotFittedError
            Before `fit`.
        """
        check_can(estimator, cls.__name__, "transform", "inverse_transform", "means_")
        shape = picture_shape(estimator, image_shape, features)
        check_count("n_steps", n_steps, least=2)
        numbers = Numbers.of_estimator(estimator)
        if X is None:
            codes, ends, what = estimator.means_, None, "clusters"
        else:
            codes, what = np.asarray(estimator.transform(X), dtype=np.float64), "rows of X"
        possible = pairs
        if pairs is None:
            possible = neighbours(codes) if X is None else successive(len(codes))
            pairs = possible[:MAX_WALKS]
        pairs = check_pairs(pairs, len(codes), what)
        if X is not None:
            ends = numbers(some_rows(X, pairs.ravel())).reshape(*pairs.shape, -1)
        share = np.linspace(0.0, 1.0, n_steps)[:, None]
        first, last = codes[pairs[:, 0], None], codes[pairs[:, 1], None]
        path = (1 - share) * first + share * last  # (n_walks, n_steps, d)
        walks = numbers(estimator.inverse_transform(path.reshape(-1, path.shape[-1])))
        walks = walks.reshape(*path.shape[:2], -1)
        told = {
            "names": [f"{a} to {b}" for a, b in pairs],
            "between": "clusters" if X is None else "rows",
            "n_possible": len(possible),
        }
        if shape is not None:
            display = cls(
                walks=as_pictures(walks, shape),
                ends=None if ends is None else as_pictures(ends, shape),
                **told,
            )
            return display.plot(ax=ax, **kwargs)
        all_names = numbers.names
        spread = walks.std((0, 1))
        change = walks.std(1).mean(0) / np.where(spread > 0, spread, 1.0)
        chosen = pick_features(features, all_names, change, max_features)
        display = cls(walks=walks[..., chosen], feature_names=all_names[chosen], **told)
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the walks.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``imshow`` (pictures) or ``LineCollection`` (tables).

        Returns
        -------
        display : InterpolationDisplay
        """
        self.image_, self.lines_ = None, None
        if np.ndim(self.walks) == 3:
            walks = np.asarray(self.walks)
            names = self.feature_names
            if names is None:
                names = feature_names(None, walks.shape[-1])
            self.ax_ = cell_axes(ax, len(walks), len(names))
            ranges = value_ranges([walks])
            self.lines_ = draw_walks(
                self.ax_, walks, ranges, self.names, names, details=range_details(ranges), **kwargs
            )
            caption(
                self.ax_,
                "Each cell: from the first (dot) to the second; up is more, within the range below "
                "the name.",
            )
        else:
            groups, titles = [self.walks], ["decoded on the way"]
            if self.ends is not None:
                groups = [self.ends[:, :1], self.walks, self.ends[:, 1:]]
                titles = ["row", *titles, "row"]
            self.ax_ = sheet_axes(ax, groups)
            self.image_ = draw_sheet(self.ax_, groups, self.names, titles=titles, **kwargs)
        self.figure_ = self.ax_.figure
        left_out = self.n_possible is not None and self.n_possible > len(self.walks)
        of = f" ({len(self.walks)} of {self.n_possible} walks)" if left_out else ""
        self.ax_.set(ylabel=("Clusters" if self.between == "clusters" else "Rows") + of)
        return self


def neighbours(means):
    """Each cluster with the nearest other one, each pair once."""
    if len(means) < 2:
        raise ValueError(
            "There is one cluster, and nothing to walk to. Pass X to walk between its rows."
        )
    away = ((means[:, None] - means) ** 2).sum(-1)
    np.fill_diagonal(away, np.inf)
    pairs = {tuple(sorted((k, int(other)))) for k, other in enumerate(away.argmin(1))}
    return np.array(sorted(pairs))


def successive(n_rows):
    """The first row with the second, the third with the fourth, and so on."""
    return np.arange(n_rows // 2 * 2).reshape(-1, 2)


def check_pairs(pairs, n, what):
    """Pairs of indices as an array (n_walks, 2)."""
    pairs = np.asarray(pairs)
    if pairs.ndim != 2 or pairs.shape[1:] != (2,) or not len(pairs) or pairs.dtype.kind not in "iu":
        raise ValueError(
            f"pairs should be pairs of {what} like [(0, 1), (0, 2)], but got shape {pairs.shape} "
            f"of dtype {pairs.dtype}."
        )
    pick_clusters(np.unique(pairs), n) if what == "clusters" else check_rows(pairs, n)
    return pairs


def check_rows(pairs, n):
    """Raise if a pair names a row that X does not have."""
    if pairs.min() < 0 or pairs.max() >= n:
        raise ValueError(
            f"pairs should be rows of X in 0..{n - 1}, but are in {pairs.min()}..{pairs.max()}."
        )
