# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""ClusterSamplesDisplay."""

import numpy as np


class ClusterSamplesDisplay:
    """Rows drawn from each cluster, as small pictures: one line of them a cluster.

    Parameters
    ----------
    samples : ndarray of shape (n_clusters, n_per_cluster, height, width) or \
            (n_clusters, n_per_cluster, height, width, 3)
        Grey levels, or colours in [0, 1].
    names : sequence of str
        What each line is called.

    Attributes
    ----------
    image_ : matplotlib AxesImage
        All pictures, side by side.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    def __init__(self, *, samples, names):
        self.samples = samples
        self.names = names

    @classmethod
    def from_estimator(
        cls, estimator, *, n_per_cluster=12, image_shape=None, random_state=0, ax=None, **kwargs
    ):
        """Draw from each cluster of a fitted estimator.

        Parameters
        ----------
        estimator : VaDEClustering or GMVAEClustering
        n_per_cluster : int, default=12
            Samples of each cluster.
        image_shape : tuple (height, width) or (channels, height, width), default=None
            How a row is a picture. None: the estimator's `image_shape`; if it has none, a square
            if the number of features is one, else a strip of height 1. Of three channels and more
            the first three are colours, of two the first is the grey level.
        random_state : int, RandomState instance or None, default=0
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``imshow``.

        Returns
        -------
        display : ClusterSamplesDisplay
        """
        n_features = estimator.n_features_in_
        if image_shape is None:
            image_shape = getattr(estimator, "image_shape", None)
        if image_shape is None:
            side = int(np.sqrt(n_features))
            image_shape = (side, side) if side * side == n_features else (1, n_features)
        if np.prod(image_shape) != n_features:
            raise ValueError(
                f"image_shape={image_shape} has {np.prod(image_shape)} entries, but the estimator "
                f"was fitted on {n_features} features. Their product should be the same."
            )
        n_clusters = len(estimator.weights_)
        samples = np.stack(
            [
                estimator.sample(n_per_cluster, cluster=k, noise=False, random_state=random_state)[
                    0
                ]
                for k in range(n_clusters)
            ]
        )
        samples = samples.reshape(n_clusters, n_per_cluster, *image_shape)
        if len(image_shape) == 3:
            samples = samples[:, :, :3].transpose(0, 1, 3, 4, 2)
            if image_shape[0] < 3:
                samples = samples[..., 0]
            else:  # one range for all, as it is for grey levels
                samples = (samples - samples.min()) / (np.ptp(samples) or 1.0)
        display = cls(
            samples=samples,
            names=[str(k) for k in range(n_clusters)],
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the pictures.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``imshow``.

        Returns
        -------
        display : ClusterSamplesDisplay
        """
        K, n, height, width, *colours = self.samples.shape
        if ax is None:
            import matplotlib.pyplot as plt

            shown = {"figsize": (0.5 * n + 1, 0.5 * K * height / width + 0.6)}
            if height == 1:
                shown = {"figsize": (6.4, 0.3 * K + 1)}
            ax = plt.subplots(layout="constrained", **shown)[1]
        self.ax_, self.figure_ = ax, ax.figure
        # A pixel of margin around every picture, left blank.
        blank = 1.0 if colours else np.nan
        margins = [(0, 0), (0, 0), (0, 1), (0, 1), *((0, 0) for _ in colours)]
        framed = np.pad(self.samples, margins, constant_values=blank)
        sheet = framed.swapaxes(1, 2).reshape(K * (height + 1), n * (width + 1), *colours)
        aspect = "auto" if height == 1 else "equal"
        self.image_ = ax.imshow(sheet, **{"cmap": "gray_r", "aspect": aspect, **kwargs})
        ax.set_yticks((np.arange(K) + 0.5) * (height + 1) - 1, self.names)
        ax.set_xticks([])
        ax.set(ylabel="Cluster", xlabel="Samples")
        ax.tick_params(length=0)
        return self
