# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""LatentSpaceDisplay."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils import check_random_state

from sklearn_gmvae.inspection._axes import axes, cluster_colors

# Points drawn at most: more would only lie on top of each other.
MAX_POINTS = 5000


class LatentSpaceDisplay:
    """A map of the latent space, rows coloured by their cluster.

    Latents of more than two dimensions are projected on their first two principal components.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
        Where the rows lie on the map.
    labels : ndarray of shape (n_points,)
        The cluster (or class) of each.
    centers : ndarray of shape (n_clusters, 2), default=None
        Where the components' means lie.
    names : tuple of two str, default=("", "")
        What the axes are.

    Attributes
    ----------
    scatters_ : list of matplotlib PathCollection
        One a cluster.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    def __init__(self, *, points, labels, centers=None, names=("", "")):
        self.points = points
        self.names = names
        self.labels = labels
        self.centers = centers

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, ax=None, random_state=0, **kwargs):
        """Map rows through a fitted estimator.

        Parameters
        ----------
        estimator : VaDEClustering or GMVAEClustering
        X : array-like of shape (n_samples, n_features)
            Rows to show; at most 5,000 of them are drawn.
        y : array-like of shape (n_samples,), default=None
            What to colour by; None: the predicted clusters, with the components' means.
        ax : matplotlib Axes, default=None
            None: a new figure.
        random_state : int, RandomState instance or None, default=0
            Chooses the rows that are drawn, if there are too many.
        **kwargs : dict
            For matplotlib's ``scatter``.

        Returns
        -------
        display : LatentSpaceDisplay
        """
        Z = estimator.transform(X)
        labels = estimator.predict(X) if y is None else np.asarray(y)
        Z = np.asarray(Z, dtype=np.float64)
        centers = estimator.means_
        if Z.shape[1] > 2 and len(Z) > 2:
            projection = PCA(2, random_state=random_state).fit(Z)
            Z, centers = projection.transform(Z), projection.transform(centers)
            names = ("First principal component", "Second principal component")
        elif Z.shape[1] == 1:
            Z, centers = (np.pad(A, ((0, 0), (0, 1))) for A in (Z, centers))
            names = ("Latent dimension 0", "")
        else:
            names = ("Latent dimension 0", "Latent dimension 1")
        if len(Z) > MAX_POINTS:
            rng = check_random_state(random_state)
            rows = rng.choice(len(Z), MAX_POINTS, replace=False)
            Z, labels = Z[rows], labels[rows]
        display = cls(points=Z, labels=labels, centers=centers if y is None else None, names=names)
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the map.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``scatter``.

        Returns
        -------
        display : LatentSpaceDisplay
        """
        self.ax_ = axes(ax)
        self.figure_ = self.ax_.figure
        names = np.unique(self.labels)
        if self.centers is not None:
            names = np.arange(len(self.centers))
        style = {"s": 6, "alpha": 0.6, "linewidths": 0, **kwargs}
        self.scatters_ = [
            self.ax_.scatter(*self.points[self.labels == name].T, color=color, label=name, **style)
            for name, color in zip(names, cluster_colors(len(names)), strict=True)
        ]
        if self.centers is not None:
            for name, center in zip(names, self.centers, strict=True):
                self.ax_.annotate(
                    str(name), center, ha="center", va="center", weight="bold",
                    bbox={"boxstyle": "circle,pad=0.15", "fc": "white", "alpha": 0.8, "lw": 0.5},
                )  # fmt: skip
        elif len(names) <= 12:
            self.ax_.legend(markerscale=3, fontsize="small")
        self.ax_.set(xlabel=self.names[0], ylabel=self.names[1])
        return self
