# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""LatentSpaceDisplay."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length

from sklearn_gmvae.inspection._axes import axes, cluster_styles, cut, place_texts
from sklearn_gmvae.inspection._select import check_can

# Points drawn at most: more would only lie on top of each other.
MAX_POINTS = 5000
# A Gaussian in two dimensions has 86 % of its mass within two standard deviations.
ELLIPSE_SD = 2.0
# More clusters than this get a larger figure.
MANY = 40
# Names in a legend, and lines of one of its columns.
MAX_NAMES, NAMES_A_COLUMN = 40, 20


class LatentSpaceDisplay:
    """A map of the latent space: rows by cluster or class, clusters as ellipses.

    Latents of more than two dimensions are projected on their first two principal components.
    Each cluster has a colour and a marker that no other has.

    Parameters
    ----------
    points : ndarray of shape (n_points, 2)
        Where the rows lie on the map.
    labels : ndarray of shape (n_points,)
        The cluster (or class) of each.
    centers : ndarray of shape (n_clusters, 2), default=None
        Where the clusters' means lie.
    names : tuple of two str, default=("", "")
        What the axes are.
    covariances : ndarray of shape (n_clusters, 2, 2), default=None
        The clusters' covariances on the map, drawn as ellipses of two standard deviations.
    classes : bool, default=False
        Whether `labels` are classes rather than clusters; they then get a legend.
    ellipses : {"components", "codes"}, default="components"
        What `covariances` are of: the components of the prior, which also hold how unsure each
        row's code is, or the codes themselves.

    Attributes
    ----------
    scatters_ : list of matplotlib PathCollection
        One a cluster.
    ellipses_ : list of matplotlib Ellipse
        One a cluster, if there are `covariances`.
    texts_ : list of matplotlib Text
        Numbers of the clusters at their means, or beside them; one that would overlap others is
        left out.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    def __init__(
        self,
        *,
        points,
        labels,
        centers=None,
        names=("", ""),
        covariances=None,
        classes=False,
        ellipses="components",
    ):
        self.points = points
        self.labels = labels
        self.centers = centers
        self.names = names
        self.covariances = covariances
        self.classes = classes
        self.ellipses = ellipses

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, ax=None, random_state=0, **kwargs):
        """Map rows through a fitted estimator.

        Parameters
        ----------
        estimator : VaDEClustering or GMVAEClustering
        X : array-like of shape (n_samples, n_features)
            Rows to show; at most 5,000 of them are drawn.
        y : array-like of shape (n_samples,), default=None
            What to colour by; None: the predicted clusters.
        ax : matplotlib Axes, default=None
            None: a new figure.
        random_state : int, RandomState instance or None, default=0
            Chooses the rows that are drawn, if there are too many.
        **kwargs : dict
            For matplotlib's ``scatter``.

        Returns
        -------
        display : LatentSpaceDisplay

        Raises
        ------
        TypeError
            If the estimator is another one.
        ValueError
            If X has another number of features than the X fitted, or y of rows than X.
        NotFittedError
            Before `fit`.

        Notes
        -----
        The ellipses are VaDE's components. GMVAE's components move with the style, and it has
        ellipses of the drawn codes of each cluster instead.
        """
        check_can(estimator, cls.__name__, "transform", "predict", "means_", "covariances_")
        Z = np.asarray(estimator.transform(X), dtype=np.float64)
        clusters = estimator.predict(X)
        if y is not None:
            check_consistent_length(X, y)
        labels = clusters if y is None else np.asarray(y)
        centers = estimator.means_
        ellipses = "codes" if hasattr(estimator, "transform_style") else "components"
        if ellipses == "codes":
            centers, covariances = moments(Z, clusters, centers)
        else:
            covariances = full_covariances(estimator)
        d = Z.shape[1]
        axes_of_map = np.eye(d, 2)
        names = ("Latent dimension 0", "Latent dimension 1" if d > 1 else "")
        if d > 2 and len(Z) > 2:
            axes_of_map = PCA(2, random_state=random_state).fit(Z).components_.T
            names = (
                "First principal component of the latent space",
                "Second principal component",
            )
        offset = Z.mean(0) if d > 2 else np.zeros(d)
        if len(Z) > MAX_POINTS:
            rng = check_random_state(random_state)
            rows = rng.choice(len(Z), MAX_POINTS, replace=False)
            Z, labels = Z[rows], labels[rows]
        display = cls(
            points=(Z - offset) @ axes_of_map,
            labels=labels,
            centers=(centers - offset) @ axes_of_map,
            covariances=axes_of_map.T @ covariances @ axes_of_map,
            names=names,
            classes=y is not None,
            ellipses=ellipses,
        )
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
        labels = np.asarray(self.labels)
        names = np.unique(labels)
        if self.centers is not None and not self.classes:
            names = np.arange(len(self.centers))
        larger = 1.0 if len(names) <= MANY else 1.5
        self.ax_ = axes(ax, width=7.2 * larger, height=5.6 * larger)
        self.figure_ = self.ax_.figure
        styles = cluster_styles(len(names))
        style = {"s": 16, "alpha": 0.55, "linewidths": 0, **kwargs}
        self.scatters_ = [
            self.ax_.scatter(
                *self.points[labels == name].T,
                **{"color": color, "marker": marker, "label": cut(name), **style},
            )
            for name, (color, marker) in zip(names, styles, strict=True)
        ]
        self.ellipses_ = self._draw_ellipses(styles)
        notes = []
        if self.ellipses_:
            of = {"components": "component", "codes": "cluster's codes"}[self.ellipses]
            notes.append(f"Ellipses: two standard deviations of each {of}")
        if self.classes and len(names) > MAX_NAMES:
            notes.append(f"{len(names)} classes: too many for a legend")
        self.ax_.set(xlabel="\n".join([self.names[0], *notes]), ylabel=self.names[1])
        if self.classes and len(names) <= MAX_NAMES:
            self.ax_.legend(
                loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize="small", markerscale=1.5,
                ncols=-(-len(names) // NAMES_A_COLUMN), frameon=False,
                title="Class" if self.centers is None else "Class\n(ellipses:\nclusters)",
                title_fontsize="small",
            )  # fmt: skip
        self.texts_ = self._draw_numbers()
        return self

    def _draw_ellipses(self, styles):
        if self.covariances is None or self.centers is None:
            return []
        from matplotlib.patches import Ellipse

        ellipses = []
        width_of_line = 1.4 if len(self.centers) <= 12 else 0.9 if len(self.centers) <= 40 else 0.5
        for k, (center, covariance) in enumerate(zip(self.centers, self.covariances, strict=True)):
            values, vectors = np.linalg.eigh(covariance)
            width, height = 2 * ELLIPSE_SD * np.sqrt(np.maximum(values[::-1], 0.0))
            angle = np.degrees(np.arctan2(*vectors[::-1, 1]))
            color = "0.3" if self.classes else styles[k % len(styles)][0]
            ellipse = Ellipse(
                center, width, height, angle=angle, fill=False, ec=color, lw=width_of_line
            )
            ellipses.append(self.ax_.add_patch(ellipse))
        self.ax_.autoscale_view()
        return ellipses

    def _draw_numbers(self):
        if self.centers is None:
            return []
        size = "medium" if len(self.centers) <= 12 else "x-small"
        box = {"boxstyle": "round,pad=0.15", "fc": "white", "alpha": 0.85, "lw": 0.5}
        leader = {"arrowstyle": "-", "lw": 0.8, "color": "0.2", "shrinkA": 0, "shrinkB": 0}
        places = place_texts(self.ax_, range(len(self.centers)), self.centers, size=size)
        return [
            self.ax_.annotate(
                str(k), self.centers[k], offset, textcoords="offset points", ha="center",
                va="center", weight="bold", size=size, bbox=box,
                arrowprops=leader if offset.any() else None,
            )
            for k, offset in places
        ]  # fmt: skip


def full_covariances(estimator):
    """VaDE's covariances as (K, d, d), whatever its `covariance_type`."""
    given, (n_clusters, d) = estimator.covariances_, estimator.means_.shape
    if estimator.covariance_type == "full":
        return given
    if estimator.covariance_type == "tied":
        return np.broadcast_to(given, (n_clusters, d, d))
    variances = given if estimator.covariance_type == "diag" else given[:, None]
    return variances[:, :, None] * np.eye(d)


def moments(Z, labels, centers):
    """Mean and covariance of the codes of each cluster, of no extent where it has none."""
    n_clusters, d = centers.shape
    means, covariances = centers.copy(), np.zeros((n_clusters, d, d))
    for k in range(n_clusters):
        own = Z[labels == k]
        if len(own):
            means[k] = own.mean(0)
            covariances[k] = np.cov(own.T, bias=True)
    return means, covariances
