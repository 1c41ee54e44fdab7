# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""ClusterSamplesDisplay."""

import numpy as np
from sklearn.utils import check_random_state

from sklearn_gmvae.inspection._cells import (
    cell_axes,
    draw_cells,
    range_details,
    share,
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

# Rows drawn from each cluster of a table with texts: a share of them is off by .04 at most, as a
# rule.
N_FOR_SHARES = 200


class ClusterSamplesDisplay:
    """What each cluster looks like: its decoded mean, rows drawn from it, and rows nearest to it.

    Pictures stand side by side, a line of them a cluster. Of a table, each cluster has a line and
    each feature a column with its own scale: a bar from the middle of all clusters to the cluster's
    decoded mean, a tick for each drawn row and a diamond for each of the nearest rows. A column of
    texts or categories is one column for each of them, 1 where a row has it and 0 where not, and
    the bar ends at the share of rows that have it.

    Parameters
    ----------
    samples : ndarray of shape (n_clusters, n_per_cluster, height, width[, 3]) or \
            (n_clusters, n_per_cluster, n_features)
        Rows drawn from each cluster, as pictures or as features.
    names : sequence of str
        What each line is called.
    means : ndarray of shape (n_clusters, height, width[, 3]) or (n_clusters, n_features), \
            default=None
        The decoded mean of each cluster. A table's bars need it; None: the mean of the samples.
    nearest : ndarray, default=None
        Rows near each cluster's mean, of a shape like `samples`; NaN where there are too few.
    feature_names : sequence of str, default=None
        Of a table.

    Attributes
    ----------
    image_ : matplotlib AxesImage or None
        All pictures, side by side; None for a table.
    bars_ : list of matplotlib BarContainer or None
        A table's decoded means, one container a feature; None for pictures.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    See Also
    --------
    ClusterProfileDisplay : Which features set a cluster of rows apart.
    """

    def __init__(self, *, samples, names, means=None, nearest=None, feature_names=None):
        self.samples = samples
        self.names = names
        self.means = means
        self.nearest = nearest
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X=None,
        *,
        clusters=None,
        n_per_cluster=12,
        n_nearest=4,
        image_shape=None,
        features=None,
        max_features=10,
        random_state=0,
        ax=None,
        **kwargs,
    ):
        """Draw from each cluster of a fitted estimator.

        Parameters
        ----------
        estimator : VaDEClustering or GMVAEClustering
        X : array-like of shape (n_samples, n_features), default=None
            Rows to show the nearest of: those of a cluster whose codes are nearest to its mean.
            None: only what the model makes.
        clusters : sequence of int, default=None
            Which to show, in this order; None: all.
        n_per_cluster : int, default=12
            Samples of each cluster: of pictures the decoder's means, of a table with the
            likelihood's noise.
        n_nearest : int, default=4
            Rows of X beside them.
        image_shape : tuple (height, width) or (channels, height, width), default=None
            How a row is a picture. None: the estimator's `image_shape`; if that is None too, a
            square if the number of features is one of 64 or more and they have no names, else a
            table. Of two channels the first is shown, of four the first three.
        features : sequence of str or int, default=None
            The features of a table to show. None: those that differ most between clusters.
        max_features : int, default=10
            How many of them, with ``features=None``.
        random_state : int, RandomState instance or None, default=0
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``imshow`` (pictures) or ``barh`` (tables).

        Returns
        -------
        display : ClusterSamplesDisplay

        Raises
        ------
        TypeError
            If the estimator is another one.
        ValueError
            If a cluster, a feature or the shape of pictures is impossible.
        NotFittedError
            Before `fit`.
        """
        check_can(estimator, cls.__name__, "sample", "transform", "cluster_centers_", "means_")
        shape = picture_shape(estimator, image_shape, features)
        clusters = pick_clusters(clusters, len(estimator.means_))
        check_count("n_per_cluster", n_per_cluster)
        numbers = Numbers.of_estimator(estimator)
        # The decoded mean of texts is none of them: their shares among many drawn rows are told.
        n_drawn = max(n_per_cluster, N_FOR_SHARES) if numbers.have_texts else n_per_cluster
        rng = check_random_state(random_state)  # goes on: no cluster has the draws of another
        drawn = np.stack(
            [
                numbers(
                    estimator.sample(
                        n_drawn, cluster=int(k), noise=shape is None, random_state=rng
                    )[0]
                )
                for k in clusters
            ]
        )
        samples = drawn[:, :n_per_cluster]
        means = drawn.mean(1)
        if not numbers.have_texts:
            means = estimator.cluster_centers_[clusters]
        nearest = None
        if X is not None and check_count("n_nearest", n_nearest, least=0):
            nearest = nearest_rows(estimator, X, numbers, clusters, n_nearest)
        names = [str(k) for k in clusters]
        if shape is not None:
            display = cls(
                samples=as_pictures(samples, shape),
                names=names,
                means=as_pictures(means, shape),
                nearest=None if nearest is None else as_pictures(nearest, shape),
            )
            return display.plot(ax=ax, **kwargs)
        all_names = numbers.names
        chosen = pick_features(features, all_names, separation(means, drawn), max_features)
        display = cls(
            samples=samples[..., chosen],
            names=names,
            means=means[:, chosen],
            nearest=None if nearest is None else nearest[..., chosen],
            feature_names=all_names[chosen],
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the clusters.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``imshow`` (pictures) or ``barh`` (tables).

        Returns
        -------
        display : ClusterSamplesDisplay
        """
        self.image_, self.bars_ = None, None
        if np.ndim(self.samples) == 3:
            self._plot_table(ax, kwargs)
        else:
            self._plot_pictures(ax, kwargs)
        self.figure_ = self.ax_.figure
        self.ax_.set(ylabel="Cluster")
        return self

    def _plot_pictures(self, ax, kwargs):
        groups, titles = [self.samples], ["samples"]
        if self.means is not None:
            groups.insert(0, np.asarray(self.means)[:, None])
            titles.insert(0, "mean")
        if self.nearest is not None:
            groups.append(self.nearest)
            titles.append("nearest rows")
        self.ax_ = sheet_axes(ax, groups)
        self.image_ = draw_sheet(self.ax_, groups, self.names, titles=titles, **kwargs)

    def _plot_table(self, ax, kwargs):
        samples = np.asarray(self.samples)
        means = samples.mean(1) if self.means is None else np.asarray(self.means)
        n_clusters, _, n_features = samples.shape
        names = self.feature_names
        if names is None:
            names = feature_names(None, n_features)
        shown = [means[:, None], samples]
        if self.nearest is not None:
            shown.append(np.asarray(self.nearest))
        ranges = value_ranges(shown)
        self.ax_ = ax = cell_axes(ax, n_clusters, n_features)
        draw_cells(ax, self.names, names, details=range_details(ranges))
        middle = share(means.mean(0), ranges)
        lengths = share(means, ranges) - middle
        y = np.arange(n_clusters)
        bar = {
            "height": 0.62,
            "color": "#8fbbe0",
            "label": "mean, from that of all clusters",
            **kwargs,
        }
        columns = np.arange(n_features)
        self.bars_ = [
            ax.barh(
                y,
                lengths[:, j],
                left=j + middle[j],
                **{**bar, "label": None if j else bar["label"]},
            )
            for j in range(n_features)
        ]
        ax.vlines(columns + middle, -0.5, n_clusters - 0.5, color="0.35", lw=0.8)
        drawn = {"marker": "|", "s": 40, "color": "black", "alpha": 0.55, "linewidths": 0.8}
        near = {"marker": "D", "s": 11, "color": "#bd1f01", "linewidths": 0, "zorder": 3}
        for values, label, style in (
            (samples, "drawn rows", drawn),
            (self.nearest, "nearest rows", near),
        ):
            if values is not None:
                x = columns + share(np.asarray(values), ranges)
                at = np.broadcast_to(y[:, None, None], x.shape)
                ax.scatter(x.ravel(), at.ravel(), label=label, **style)
        ax.legend(
            loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, fontsize="small", frameon=False,
            title="Below a name: what a cell's left and right stand for, drawn rows included",
            title_fontsize="small",
        )  # fmt: skip


def separation(means, samples):
    """How far apart the clusters are in each feature, in sd within them."""
    between = means.std(0) if len(means) > 1 else np.abs(means[0])
    within = samples.std(1).mean(0)
    return between / np.maximum(within, 1e-12 * (between + 1e-300))


def nearest_rows(estimator, X, numbers, clusters, n_nearest):
    """The rows of each cluster whose codes are nearest to its mean, NaN where it has too few,
    (n_clusters, n_nearest, n_names), as ``numbers``."""
    Z, labels = np.asarray(estimator.transform(X), dtype=np.float64), estimator.predict(X)
    result = np.full((len(clusters), n_nearest, len(numbers.names)), np.nan)
    for i, k in enumerate(clusters):
        own = np.flatnonzero(labels == k)
        away = ((Z[own] - estimator.means_[k]) ** 2).sum(1)
        found = own[np.argsort(away, kind="stable")[:n_nearest]]
        if len(found):
            result[i, : len(found)] = numbers(some_rows(X, found))
    return result
