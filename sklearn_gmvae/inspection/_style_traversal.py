# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""StyleTraversalDisplay."""

from numbers import Integral

import numpy as np

from sklearn_gmvae.inspection._axes import caption, number
from sklearn_gmvae.inspection._cells import cell_axes, draw_walks
from sklearn_gmvae.inspection._numbers import Numbers
from sklearn_gmvae.inspection._select import (
    as_pictures,
    check_can,
    check_count,
    feature_names,
    pick_clusters,
    pick_features,
    picture_shape,
)
from sklearn_gmvae.inspection._sheets import draw_sheet, sheet_axes
from sklearn_gmvae.utils import private_random_state

# Clusters on which the style's dimensions are compared, the largest first.
CLUSTERS_COMPARED = 10


class StyleTraversalDisplay:
    """What GMVAE's style changes: a line a cluster, along it a walk in one dimension of w.

    Of pictures, each column is one style. Of a table, each feature has a column with its own scale,
    and the curve in a cell is how the feature changes along the walk, left (with a dot) to right,
    from what it is in the middle.

    Parameters
    ----------
    walks : ndarray of shape (n_clusters, n_steps, height, width[, 3]) or \
            (n_clusters, n_steps, n_features)
        Decoded rows, as pictures or as features.
    steps : ndarray of shape (n_steps,)
        The dimension's values, in standard deviations of its prior.
    names : sequence of str
        What each line is called.
    dimension : int, default=None
        Which dimension of the style it is.
    feature_names : sequence of str, default=None
        Of a table.

    Attributes
    ----------
    image_ : matplotlib AxesImage or None
        All pictures; None for a table.
    lines_ : matplotlib LineCollection or None
        A table's curves, cluster by cluster; None for pictures.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    def __init__(self, *, walks, steps, names, dimension=None, feature_names=None):
        self.walks = walks
        self.steps = steps
        self.names = names
        self.dimension = dimension
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator,
        *,
        dimension=None,
        clusters=None,
        n_steps=11,
        span=2.5,
        image_shape=None,
        features=None,
        max_features=10,
        random_state=0,
        ax=None,
        **kwargs,
    ):
        """Walk through the style of a fitted GMVAE.

        Parameters
        ----------
        estimator : GMVAEClustering
        dimension : int, default=None
            Of the style, 0 to ``style_dim - 1``. None: the one that changes the decoded rows most.
        clusters : sequence of int, default=None
            Which to show, in this order; None: all.
        n_steps : int, default=11
        span : float, default=2.5
            The walk goes from -span to span, in standard deviations of the style's prior, with all
            other dimensions at 0.
        image_shape : tuple (height, width) or (channels, height, width), default=None
            How a row is a picture; None: as in `ClusterSamplesDisplay.from_estimator`.
        features : sequence of str or int, default=None
            The features of a table to show. None: those that change most.
        max_features : int, default=10
            How many of them, with ``features=None``.
        random_state : int, RandomState instance or None, default=0
            Draws the content: one draw for all steps and clusters, so that along a line nothing
            but the style changes.
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``imshow`` (pictures) or ``LineCollection`` (tables).

        Returns
        -------
        display : StyleTraversalDisplay

        Raises
        ------
        TypeError
            If the estimator has no style.
        ValueError
            If a cluster, a dimension, a feature or the shape of pictures is impossible.
        NotFittedError
            Before `fit`.
        """
        check_can(estimator, cls.__name__, "transform_style", "sample", "means_")
        shape = picture_shape(estimator, image_shape, features)
        clusters = pick_clusters(clusters, len(estimator.means_))
        check_count("n_steps", n_steps, least=2)
        if not span > 0:
            raise ValueError(f"span should be a number > 0, but got {span!r}.")
        style_dim = estimator.style_dim
        seed = int(private_random_state(random_state).randint(2**31 - 1))
        if dimension is None:
            dimension = liveliest_dimension(estimator, clusters[:CLUSTERS_COMPARED], span, seed)
        elif not isinstance(dimension, Integral) or not 0 <= dimension < style_dim:
            raise ValueError(
                f"dimension should be None or an integer in 0..{style_dim - 1} for "
                f"style_dim={style_dim}, but got {dimension!r}."
            )
        steps = np.linspace(-span, span, n_steps)
        walks = walk(estimator, clusters, dimension, steps, seed)
        names = [str(k) for k in clusters]
        if shape is not None:
            display = cls(
                walks=as_pictures(walks, shape), steps=steps, names=names, dimension=int(dimension)
            )
            return display.plot(ax=ax, **kwargs)
        all_names = Numbers.of_estimator(estimator).names
        spread = walks.std((0, 1))
        change = np.ptp(walks, axis=1).mean(0) / np.where(spread > 0, spread, 1.0)
        chosen = pick_features(features, all_names, change, max_features)
        display = cls(
            walks=walks[..., chosen],
            steps=steps,
            names=names,
            dimension=int(dimension),
            feature_names=all_names[chosen],
        )
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
        display : StyleTraversalDisplay
        """
        self.image_, self.lines_ = None, None
        steps = [number(step) for step in self.steps]
        which = "Style" if self.dimension is None else f"Style dimension {self.dimension}"
        if np.ndim(self.walks) == 3:
            walks = np.asarray(self.walks)
            names = self.feature_names
            if names is None:
                names = feature_names(None, walks.shape[-1])
            self.ax_ = cell_axes(ax, len(walks), len(names))
            n_steps = walks.shape[1]
            middle = walks[:, [(n_steps - 1) // 2, n_steps // 2]].mean(1, keepdims=True)
            change = walks - middle
            most = np.abs(change).max((0, 1))
            self.lines_ = draw_walks(
                self.ax_, change, np.stack([-most, most]), self.names, names,
                details=[f"± {number(value)}" for value in most], **kwargs,
            )  # fmt: skip
            caption(
                self.ax_,
                f"Each cell: what changes with {which.lower()} from {steps[0]} (dot) to "
                f"{steps[-1]}, in the feature's units; up is more.",
            )
        else:
            self.ax_ = sheet_axes(ax, [self.walks])
            self.image_ = draw_sheet(self.ax_, [self.walks], self.names, columns=steps, **kwargs)
            self.ax_.xaxis.set_label_position("top")
            self.ax_.set_xlabel(which)
        self.figure_ = self.ax_.figure
        self.ax_.set(ylabel="Cluster")
        return self


def walk(estimator, clusters, dimension, steps, seed):
    """Decoded rows along a dimension of the style, (n_clusters, n_steps, n_features).

    Row by row, each from the same seed: the content's draw is the same in all.
    """
    styles = np.zeros((len(steps), estimator.style_dim))
    styles[:, dimension] = steps
    numbers = Numbers.of_estimator(estimator)

    def row(cluster, style):
        drawn, _ = estimator.sample(
            1, cluster=int(cluster), style=style, noise=False, random_state=seed
        )
        return numbers(drawn)[0]

    return np.stack([[row(k, style) for style in styles] for k in clusters])


def liveliest_dimension(estimator, clusters, span, seed):
    """The dimension whose two ends decode to the most different rows."""
    ends = np.array([-span, span]) / 2
    walks = np.stack(
        [walk(estimator, clusters, j, ends, seed) for j in range(estimator.style_dim)]
    )  # (style_dim, n_clusters, 2, n_features)
    # Features in their own spread, or one of large numbers would decide alone; of pictures, the
    # pixels' common one, or the blank margin's faint changes would count like the strokes'.
    bounded = np.all((walks >= 0) & (walks <= 1))
    scale = 1.0 if bounded else np.maximum(walks.std((0, 1, 2)), 1e-12)
    change = (np.diff(walks, axis=2) / scale) ** 2
    return int(change.mean((1, 2, 3)).argmax())
