# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""LowerBoundDisplay."""

import numpy as np

from sklearn_gmvae.inspection._axes import axes
from sklearn_gmvae.inspection._select import check_can

# Of history_: curves that are no terms of the ELBO.
NOT_TERMS = ("objective", "validation")
# The prior's terms in the order of their bands, from above, with colour and pattern: those of a
# model read from a file come in another.
BANDS = {
    "conditional_prior": ("#ffcf7f", ""),
    "style_prior": ("#d9d2a6", "...."),
    "cluster_prior": ("#9ecbee", "////"),
}
OTHER_BAND = ("0.85", "\\\\\\\\")


class LowerBoundDisplay:
    """The ELBO over the epochs of training, and what it is made of.

    The upper edge is the reconstruction; each band below it is what one of the prior's terms takes
    away, as thick as it costs in nats a row; the thick line at the bottom is the ELBO, which is
    their sum.

    Parameters
    ----------
    lower_bounds : ndarray of shape (n_epochs,)
        Nats a row.
    estimator_name : str, default=None
        Name in the legend.
    terms : dict of str to ndarray of shape (n_epochs,), default=None
        The named terms whose sum the ELBO is, `reconstruction` among them. None: only the ELBO is
        drawn.

    Attributes
    ----------
    line_ : matplotlib Line2D
        The ELBO.
    reconstruction_ : matplotlib Line2D or None
    bands_ : dict of str to matplotlib PolyCollection
        One for each other term.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    def __init__(self, *, lower_bounds, estimator_name=None, terms=None):
        self.lower_bounds = lower_bounds
        self.estimator_name = estimator_name
        self.terms = terms

    @classmethod
    def from_estimator(cls, estimator, *, terms=True, ax=None, **kwargs):
        """Plot the curves of a fitted estimator.

        Parameters
        ----------
        estimator : VaDEClustering or GMVAEClustering
        terms : bool, default=True
            Whether to show the terms of the ELBO too. Without them, curves of several estimators
            can share one ``ax``.
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``plot`` of the ELBO.

        Returns
        -------
        display : LowerBoundDisplay

        Raises
        ------
        TypeError
            If the estimator is another one.
        NotFittedError
            Before `fit`.
        """
        check_can(estimator, cls.__name__, "score_samples", "lower_bounds_", "history_")
        named = {k: v for k, v in estimator.history_.items() if k not in NOT_TERMS}
        display = cls(
            lower_bounds=estimator.lower_bounds_,
            estimator_name=type(estimator).__name__,
            terms=named if terms else None,
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Plot the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None: a new figure.
        **kwargs : dict
            For matplotlib's ``plot`` of the ELBO.

        Returns
        -------
        display : LowerBoundDisplay
        """
        self.ax_ = axes(ax)
        self.figure_ = self.ax_.figure
        bound = np.asarray(self.lower_bounds)
        epochs = np.arange(1, len(bound) + 1)
        marker = "o" if len(bound) == 1 else None
        self.reconstruction_, self.bands_ = None, {}
        top = bound
        if self.terms:
            top = self._draw_terms(epochs, marker)
        label = self.estimator_name
        if self.terms:
            label = f"ELBO: {bound[-1]:.2f}" if label is None else f"{label}, ELBO: {bound[-1]:.2f}"
        style = {
            "label": label,
            "lw": 2.2,
            "marker": marker,
            "color": "black" if self.terms else None,
        }
        (self.line_,) = self.ax_.plot(epochs, bound, **{**style, **kwargs})
        # The first epochs, with the prior's terms still weighted down, would squeeze the rest.
        low, high = np.quantile(bound, 0.05), np.max(top)
        if high > low:
            margin = 0.05 * (high - low)
            self.ax_.set_ylim(low - margin, high + margin)
        if self.terms and len(bound) > 1:
            self.ax_.set_xlim(1, len(bound))
        self.ax_.xaxis.get_major_locator().set_params(integer=True)
        self.ax_.set(xlabel="Epoch", ylabel="Nats a row" if self.terms else "ELBO (nats a row)")
        if self.terms:
            self.ax_.legend(
                title="In the last epoch, nats a row", loc="upper center",
                bbox_to_anchor=(0.5, -0.13), fontsize="small", title_fontsize="small", ncols=2,
                frameon=False,
            )  # fmt: skip
        elif label is not None:
            self.ax_.legend(loc="lower right")
        return self

    def _draw_terms(self, epochs, marker):
        edge = top = np.asarray(self.terms["reconstruction"])
        (self.reconstruction_,) = self.ax_.plot(
            epochs, edge, color="#a0450a", ls="--", marker=marker,
            label=f"reconstruction: {edge[-1]:.2f}",
        )  # fmt: skip
        others = [name for name in self.terms if name not in ("reconstruction", *BANDS)]
        for name in [*(name for name in BANDS if name in self.terms), *others]:
            color, hatch = BANDS.get(name, OTHER_BAND)
            below = edge + np.asarray(self.terms[name])
            self.bands_[name] = self.ax_.fill_between(
                epochs, edge, below, fc=color, hatch=hatch, ec="0.45", lw=0.6,
                label=f"{name.replace('_', ' ')}: {self.terms[name][-1]:.2f}",
            )  # fmt: skip
            edge = below
        return top
