# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""LowerBoundDisplay."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_gmvae.inspection._axes import axes


class LowerBoundDisplay:
    """The ELBO over the epochs of training.

    Parameters
    ----------
    lower_bounds : ndarray of shape (n_epochs,)
        Nats a row.
    estimator_name : str, default=None
        Name in the legend.

    Attributes
    ----------
    line_ : matplotlib Line2D
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    def __init__(self, *, lower_bounds, estimator_name=None):
        self.lower_bounds = lower_bounds
        self.estimator_name = estimator_name

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, **kwargs):
        """Plot the curve of a fitted estimator.

        Parameters
        ----------
        estimator : VaDEClustering or GMVAEClustering
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``plot``.

        Returns
        -------
        display : LowerBoundDisplay
        """
        check_is_fitted(estimator)
        display = cls(lower_bounds=estimator.lower_bounds_, estimator_name=type(estimator).__name__)
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Plot the curve.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``plot``.

        Returns
        -------
        display : LowerBoundDisplay
        """
        self.ax_ = axes(ax)
        self.figure_ = self.ax_.figure
        epochs = np.arange(1, len(self.lower_bounds) + 1)
        (self.line_,) = self.ax_.plot(
            epochs, self.lower_bounds, **{"label": self.estimator_name, **kwargs}
        )
        # The first epochs, with the prior's terms still weighted down, would squeeze the rest.
        low = np.quantile(self.lower_bounds, 0.02)
        high = np.max(self.lower_bounds)
        if high > low:
            self.ax_.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
        self.ax_.set(xlabel="Epoch", ylabel="ELBO (nats a row)")
        if self.estimator_name is not None:
            self.ax_.legend(loc="lower right")
        return self
