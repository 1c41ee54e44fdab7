# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""ClusterProfileDisplay."""

import numpy as np
from sklearn.utils import check_array, check_consistent_length

from sklearn_gmvae._table import Table
from sklearn_gmvae.inspection._axes import (
    LINE,
    caption,
    font_size,
    number,
    settle,
    size_in_points,
    text_width,
)
from sklearn_gmvae.inspection._cells import FILLED, cell_axes, draw_cells
from sklearn_gmvae.inspection._numbers import Numbers
from sklearn_gmvae.inspection._select import (
    check_can,
    check_count,
    pick_clusters,
    pick_features,
)

ABOVE, BELOW = ("#1f5a96", ""), ("#e08214", "////")  # colour and pattern
PALE = 0.35
# What half a cell may stand for, in sd: clusters are hardly apart below, and wholly above.
SCALE = (1.0, 5.0)


class ClusterProfileDisplay:
    """Which features set each cluster apart from all other rows.

    A line a cluster, a column a feature. A bar is the effect: the mean of the cluster's rows minus
    that of all others, in standard deviations within clusters. Bars to the right (plain) are above
    the others, to the left (hatched) below. Each cluster's largest effects are drawn strongly, with
    the difference of means in X's own units beside the bar.

    Parameters
    ----------
    differences : ndarray of shape (n_clusters, n_features)
        Mean of the cluster's rows minus mean of all others, in X's units; NaN for a cluster
        without rows.
    effects : ndarray of shape (n_clusters, n_features)
        The same in standard deviations within clusters.
    names : sequence of str
        What each line is called.
    feature_names : sequence of str
    n_top : int, default=3
        Largest effects of each cluster that are drawn strongly and told in X's units.

    Attributes
    ----------
    top_features_ : dict of str to list of str
        The `n_top` features with the largest effects on each cluster, the largest first, of those
        shown.
    bars_ : list of matplotlib BarContainer
        One a feature.
    texts_ : list of matplotlib Text
        Differences in X's units, where there is room for them.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    def __init__(self, *, differences, effects, names, feature_names, n_top=3):
        self.differences = differences
        self.effects = effects
        self.names = names
        self.feature_names = feature_names
        self.n_top = n_top

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        clusters=None,
        features=None,
        max_features=10,
        n_top=3,
        ax=None,
        **kwargs,
    ):
        """Compare the rows of the predicted clusters.

        Parameters
        ----------
        estimator : VaDEClustering, GMVAEClustering or any fitted clusterer with `predict`
        X : array-like of shape (n_samples, n_features)
        clusters : sequence of int, default=None
            Which to show, in this order; None: all.
        features : sequence of str or int, default=None
            The features to show, by name or index. None: those with the largest effects.
        max_features : int, default=10
            How many of them, with ``features=None``.
        n_top : int, default=3
            Largest effects of each cluster that are drawn strongly and told in X's units.
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``barh``.

        Returns
        -------
        display : ClusterProfileDisplay

        Raises
        ------
        TypeError
            If the estimator does not predict.
        ValueError
            If a cluster or feature is none of the estimator's.
        NotFittedError
            Before `fit`.
        """
        check_can(estimator, cls.__name__, "predict")
        labels = estimator.predict(X)
        means = getattr(estimator, "means_", None)
        n_clusters = int(labels.max()) + 1 if means is None else len(means)
        return cls._of_labels(
            X, labels, pick_clusters(clusters, n_clusters),
            source=X if hasattr(X, "columns") else estimator,
            features=features, max_features=max_features, n_top=n_top, ax=ax, **kwargs,
        )  # fmt: skip

    @classmethod
    def from_predictions(
        cls, X, labels, *, features=None, max_features=10, n_top=3, ax=None, **kwargs
    ):
        """Compare the rows of given clusters.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A data frame's columns name the features.
        labels : array-like of shape (n_samples,)
            The cluster of each row, of any type that sorts.
        features, max_features, n_top, ax : object
            As in `from_estimator`.
        **kwargs : dict
            As in `from_estimator`.

        Returns
        -------
        display : ClusterProfileDisplay

        Raises
        ------
        ValueError
            If X and labels have different lengths, or a feature is none of X's.
        """
        labels = np.asarray(labels)
        return cls._of_labels(
            X, labels, np.unique(labels), source=X, features=features,
            max_features=max_features, n_top=n_top, ax=ax, **kwargs,
        )  # fmt: skip

    @classmethod
    def _of_labels(
        cls, X, labels, clusters, *, source, features, max_features, n_top, ax, **kwargs
    ):
        check_consistent_length(X, labels)
        check_count("n_top", n_top)
        table = Table.of(X)
        if table is None:
            X = check_array(X, dtype=[np.float64, np.float32], ensure_all_finite="allow-nan")
        numbers = Numbers(None if table is None else table.categories, source, X.shape[1])
        rows, names = numbers(X), numbers.names
        _, differences, effects = profile(rows, labels, clusters)
        found = np.where(np.isnan(effects), 0.0, np.abs(effects))
        chosen = pick_features(features, names, found.max(0), max_features)
        display = cls(
            differences=differences[:, chosen],
            effects=effects[:, chosen],
            names=[str(k) for k in clusters],
            feature_names=names[chosen],
            n_top=n_top,
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the profiles.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``barh``.

        Returns
        -------
        display : ClusterProfileDisplay
        """
        effects = np.asarray(self.effects)
        n_clusters, n_features = effects.shape
        self.ax_ = ax = cell_axes(ax, n_clusters, n_features)
        self.figure_ = ax.figure
        draw_cells(ax, self.names, self.feature_names)
        finite = np.abs(effects[np.isfinite(effects)])
        largest = finite.max(initial=0.0)
        # Chance differences do not fill cells, and one large difference does not dwarf the others.
        limit = float(np.clip(largest, *SCALE))
        lengths = (
            FILLED / 2 * np.clip(np.nan_to_num(effects, posinf=limit, neginf=-limit) / limit, -1, 1)
        )
        top = self._top()
        self.top_features_ = {
            name: [str(self.feature_names[j]) for j in row if np.abs(effects[i, j]) > 0]
            for i, (name, row) in enumerate(zip(self.names, top, strict=True))
        }
        strong = np.zeros(effects.shape, dtype=bool)
        np.put_along_axis(strong, top, True, axis=1)
        self.bars_ = []
        for j in range(n_features):
            ax.axvline(j, color="0.35", lw=0.8)
            bars = ax.barh(
                np.arange(n_clusters), lengths[:, j], left=j, **{"height": 0.66, **kwargs}
            )
            for bar, length, bold in zip(bars, lengths[:, j], strong[:, j], strict=True):
                color, hatch = ABOVE if length >= 0 else BELOW
                bar.set(facecolor=color, hatch=hatch, edgecolor="white", linewidth=0)
                bar.set_alpha(1.0 if bold else PALE)
            self.bars_.append(bars)
        ax.set(ylabel="Cluster")
        caption(
            ax,
            "Bars: above (right) or below (left, hatched) the other rows; half a cell is "
            f"{number(limit)} sd within clusters{' or more' if largest > limit else ''}. Numbers: "
            f"each cluster's {self.n_top} largest differences, in the feature's units.",
        )
        self.texts_ = self._write(top)
        return self

    def _top(self):
        n_top = min(self.n_top, np.shape(self.effects)[1])
        size = np.where(np.isnan(self.effects), -1.0, np.abs(self.effects))
        return np.argsort(-size, axis=1, kind="stable")[:, :n_top]

    def _write(self, top):
        """Differences beside the bars they belong to, on the side that is free."""
        settle(self.ax_)
        ax, (n_clusters, n_features) = self.ax_, np.shape(self.effects)
        width, height = size_in_points(ax)
        size = min(font_size("small"), height / n_clusters / LINE)
        if size < 5:
            return []
        texts = []
        for i, row in enumerate(top):
            for j in row:
                value = self.differences[i, j]
                if np.isnan(value) or value == 0:
                    continue
                text = f"{'+' if value > 0 else '-'}{number(abs(value))}"
                if text_width(text, size) > 0.5 * width / n_features:
                    continue
                side = -1 if value > 0 else 1
                texts.append(
                    ax.text(
                        j + side * 0.03, i, text, size=size, va="center_baseline",
                        ha="right" if value > 0 else "left",
                    )
                )  # fmt: skip
        return texts


def profile(X, labels, clusters):
    """Each cluster's mean, and that minus the mean of all other rows, in X's units and in sd within
    clusters; three arrays (clusters, features).

    The sd is pooled over all clusters. NaN entries of X are left out.
    """
    D = X.shape[1]
    sums, counts, within = np.zeros(D), np.zeros(D), np.zeros(D)
    of_cluster = {}
    for k in np.unique(labels):
        own = np.asarray(X[labels == k], dtype=np.float64)
        n = np.count_nonzero(~np.isnan(own), axis=0)
        total = np.nansum(own, axis=0)
        mean = total / np.maximum(n, 1)
        within += np.nansum((own - mean) ** 2, axis=0)
        of_cluster[k] = (total, n)
        sums, counts = sums + total, counts + n
    sd = np.sqrt(within / np.maximum(counts, 1))
    means, differences = np.full((2, len(clusters), D), np.nan)
    for i, k in enumerate(clusters):
        if k not in of_cluster:
            continue
        total, n = of_cluster[k]
        others = counts - n
        with np.errstate(invalid="ignore", divide="ignore"):
            means[i] = total / n
            apart = means[i] - (sums - total) / others
        differences[i] = np.where(others > 0, apart, 0.0)
    # A feature that is constant within clusters separates without end; rounding is no difference.
    scale = np.abs(sums / np.maximum(counts, 1))
    exact = sd <= 1e-12 * scale
    with np.errstate(invalid="ignore", divide="ignore"):
        effects = np.where(
            exact & (np.abs(differences) <= 1e-12 * scale),
            0.0,
            differences / np.where(exact, 0.0, sd),
        )
    return means, differences, effects
