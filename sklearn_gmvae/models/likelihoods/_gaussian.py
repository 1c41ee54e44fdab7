# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Gaussian likelihood with a learned scale per feature, for real-valued X."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sklearn_gmvae.models._gaussian import floored_log_var, log_normal, log_normal_entries
from sklearn_gmvae.models._tensors import DTYPE, standard_normal
from sklearn_gmvae.models.likelihoods._base import Likelihood

# Floor of the decoder's variance in standardised units: a feature that the decoder gets
# exactly right (a constant column, X of fewer columns than the latent space) would otherwise
# take the density, and every gradient with it, to infinity.
VARIANCE_FLOOR = 1e-2


class Gaussian(Likelihood):
    """x_j ~ N(output_j, scale_j^2), scale_j learned and the same for all rows.

    While the prior's terms count for little, a scale of each feature's own is a trap: whatever it
    costs, as many features as there are latent dimensions are reproduced exactly, their scales
    going to zero (a Heywood case of factor analysis), and the codes say nothing of the others. With
    one scale for all, the codes hold what varies most, as principal components do (Tipping and
    Bishop, 1999). So training begins with one, the mean of the variances; each feature's own is
    learned beside it from what the decoder leaves, and does not teach the decoder anything yet.
    """

    name = "gaussian"
    domain = "reals"
    is_density = True

    def __init__(self, n_features: int) -> None:
        super().__init__(n_features)
        self.raw_log_var = nn.Parameter(torch.zeros(n_features, dtype=DTYPE))
        self._shares_scale = False

    def share_scale(self, shares: bool) -> None:
        self._shares_scale = shares

    def log_var(self) -> Tensor:
        """Log-variance of each feature around the decoder's output, (D,)."""
        return floored_log_var(self.raw_log_var, VARIANCE_FLOOR)

    def log_prob_entries(self, x: Tensor, output: Tensor) -> Tensor:
        return self._evaluate(log_normal_entries, x, output)

    def log_prob(self, x: Tensor, output: Tensor) -> Tensor:
        # Factors are taken out of the sum: a pass over (M, B, D) less.
        return self._evaluate(log_normal, x, output)

    def _evaluate(self, density: Callable[..., Tensor], x: Tensor, output: Tensor) -> Tensor:
        log_var = self.log_var()
        if not (self.training and self._shares_scale):
            return density(x, output, log_var)
        shared = log_var.detach().exp().mean().log().expand_as(log_var)
        own = density(x, output.detach(), log_var)
        return density(x, output, shared) + (own - own.detach())  # of own, the gradient alone

    def mean(self, output: Tensor) -> Tensor:
        return output

    def sample(self, output: Tensor, generator: torch.Generator) -> Tensor:
        noise = standard_normal(output.shape, generator)
        return output + noise * (0.5 * self.log_var()).exp()
