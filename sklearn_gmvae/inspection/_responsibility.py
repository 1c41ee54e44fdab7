# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""ResponsibilityDisplay."""

import numpy as np
from sklearn.utils import check_array

from sklearn_gmvae.inspection._axes import (
    LINE,
    font_size,
    label_columns,
    label_rows,
    panels,
    settle,
    size_in_points,
    text_width,
)
from sklearn_gmvae.inspection._select import check_can

# Bands of the largest responsibility, from torn to sure.
EDGES = (0.0, 0.5, 0.7, 0.9, 0.99, 1.0)
BAND_NAMES = ("below 0.5", "0.5 to 0.7", "0.7 to 0.9", "0.9 to 0.99", "0.99 and more")
# Dark where torn: shades of one hue differ in lightness, which everyone sees.
BAND_COLORS = ("#08306b", "#2b7bba", "#7db8da", "#c6dbef", "#eff3f9")
# In percent: a mean responsibility that is worth a number, and the least that is drawn dark.
LEAST_TOLD, LEAST_TOP = 0.1, 5.0


class ResponsibilityDisplay:
    """How sure the clusters are of their rows, and between which ones rows are torn.

    Left, a bar a cluster: the shares of its rows by their largest responsibility, dark where it is
    low. Right, the same clusters in lines: how much of the responsibility for their rows other
    clusters have, in percent.

    Parameters
    ----------
    shares : ndarray of shape (n_clusters, 5)
        Of the rows of each cluster, the share whose largest responsibility is below 0.5, to 0.7, to
        0.9, to 0.99 and more; NaN for a cluster without rows.
    torn : ndarray of shape (n_clusters, n_clusters)
        Mean responsibility of each cluster (column) for the rows of each cluster (line).
    names : sequence of str, default=None
        What the clusters are called.

    Attributes
    ----------
    bars_ : list of matplotlib BarContainer
        One a band of the largest responsibility.
    image_ : matplotlib AxesImage
        `torn` in percent, its diagonal blank.
    texts_ : list of matplotlib Text
        Percents of at least 0.1, where there is room for them.
    colorbar_ : matplotlib Colorbar
    axes_ : list of two matplotlib Axes
    ax_ : matplotlib Axes
        The frame that holds both.
    figure_ : matplotlib Figure
    """

    def __init__(self, *, shares, torn, names=None):
        self.shares = shares
        self.torn = torn
        self.names = names

    @classmethod
    def from_estimator(cls, estimator, X, *, ax=None, **kwargs):
        """Look at the responsibilities for rows.

        Parameters
        ----------
        estimator : VaDEClustering, GMVAEClustering or any fitted estimator with `predict_proba`
        X : array-like of shape (n_samples, n_features)
        ax : matplotlib Axes, default=None
            One of a grid, divided in two. None: a new figure.
        **kwargs : dict
            For matplotlib's ``imshow``.

        Returns
        -------
        display : ResponsibilityDisplay

        Raises
        ------
        TypeError
            If the estimator has no `predict_proba`.
        NotFittedError
            Before `fit`.
        """
        check_can(estimator, cls.__name__, "predict_proba")
        return cls.from_predictions(estimator.predict_proba(X), ax=ax, **kwargs)

    @classmethod
    def from_predictions(cls, probabilities, *, ax=None, **kwargs):
        """Look at given responsibilities.

        Parameters
        ----------
        probabilities : array-like of shape (n_samples, n_clusters)
            Rows that sum to 1.
        ax : matplotlib Axes, default=None
            One of a grid, divided in two. None: a new figure.
        **kwargs : dict
            For matplotlib's ``imshow``.

        Returns
        -------
        display : ResponsibilityDisplay

        Raises
        ------
        ValueError
            If they are no probabilities.
        """
        proba = check_array(probabilities, dtype=np.float64)
        sums = proba.sum(1)
        if proba.min() < 0 or not np.allclose(sums, 1.0, atol=1e-4):
            raise ValueError(
                "probabilities should be >= 0 with rows that sum to 1, but the smallest entry is "
                f"{proba.min():.6g} and the row sums are in [{sums.min():.6g}, {sums.max():.6g}]. "
                "Pass what predict_proba returned."
            )
        n_clusters = proba.shape[1]
        labels, largest = proba.argmax(1), proba.max(1)
        # From the left: 0.5 is in "0.5 to 0.7", and 1 in the last band.
        bands = np.searchsorted(EDGES[1:-1], largest, side="right")
        counts = np.zeros((n_clusters, len(BAND_NAMES)))
        torn = np.zeros((n_clusters, n_clusters))
        np.add.at(counts, (labels, bands), 1)
        np.add.at(torn, labels, proba)
        with np.errstate(invalid="ignore"):
            n = counts.sum(1, keepdims=True)
            shares, torn = counts / n, torn / n
        return cls(shares=shares, torn=torn).plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw both panels.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            One of a grid, divided in two. None: a new figure.
        **kwargs : dict
            For matplotlib's ``imshow``.

        Returns
        -------
        display : ResponsibilityDisplay
        """
        K = len(self.torn)
        names = [str(k) for k in range(K)] if self.names is None else list(self.names)
        side = min(max(2.4, 0.4 * K), 10.0)
        self.ax_, self.axes_ = panels(
            ax, 2, width_ratios=(3.0, side + 0.8), width=4.4 + side, height=side + 1.3
        )
        self.figure_ = self.ax_.figure
        sure, torn = self.axes_
        y, left = np.arange(K), np.zeros(K)
        self.bars_ = []
        for name, color, share in zip(
            BAND_NAMES, BAND_COLORS, np.transpose(self.shares), strict=True
        ):
            width = 100 * np.nan_to_num(share)
            self.bars_.append(
                sure.barh(
                    y,
                    width,
                    left=left,
                    height=0.82 if K <= 40 else 1.0,
                    color=color,
                    ec="0.6",
                    lw=0.4 if K <= 40 else 0.1,
                    label=name,
                )
            )
            left += width
        sure.set(
            xlim=(0, 100), ylim=(K - 0.5, -0.5), ylabel="Cluster", xlabel="Rows of the cluster, %"
        )
        label_rows(sure, names, y)
        for k in np.flatnonzero(~(np.nansum(self.shares, axis=1) > 0)):
            sure.text(2.0, k, "no rows", va="center", size="x-small", color="0.35")
        sure.legend(
            title="Largest responsibility", loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2,
            fontsize="x-small", title_fontsize="small", frameon=False,
        )  # fmt: skip
        self._draw_matrix(torn, names, kwargs)
        return self

    def _draw_matrix(self, ax, names, kwargs):
        import matplotlib

        K = len(self.torn)
        percent = 100 * np.array(self.torn, dtype=float)
        np.fill_diagonal(percent, np.nan)
        highest = np.nanmax(percent) if np.isfinite(percent).any() else 0.0
        cmap = matplotlib.colormaps["Blues"].with_extremes(bad="0.82")
        style = {"cmap": cmap, "vmin": 0.0, "vmax": max(highest, LEAST_TOP), "aspect": "auto"}
        self.image_ = ax.imshow(percent, **{**style, **kwargs})
        self.colorbar_ = self.figure_.colorbar(
            self.image_, ax=ax, label="Their mean responsibility, %", pad=0.02
        )
        ax.tick_params(axis="y", left=False, labelleft=False)
        label_columns(ax, names, np.arange(K), 1.0, K)
        ax.xaxis.set_label_position("top")
        ax.set_xlabel("Other clusters they are torn with")
        settle(ax)
        self.texts_ = []
        if highest < LEAST_TOLD:
            note = f"no other cluster\nhas {LEAST_TOLD:.1f} % on average"
            self.texts_.append(
                ax.text(
                    0.5, 0.5, note, ha="center", va="center", color="0.35", size="small",
                    transform=ax.transAxes,
                )
            )  # fmt: skip
            return
        width, height = size_in_points(ax)
        size = font_size("x-small")
        if text_width("00.0", size) > width / K or LINE * size > height / K:
            return
        for (i, j), value in np.ndenumerate(percent):
            if value >= LEAST_TOLD:  # NaN is not
                color = "white" if self.image_.norm(value) > 0.6 else "black"
                self.texts_.append(
                    ax.text(j, i, f"{value:.1f}", ha="center", va="center", size=size, color=color)
                )
