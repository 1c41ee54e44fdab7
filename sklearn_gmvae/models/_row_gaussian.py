# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""One Gaussian of the rows: what an encoder sees where entries are missing.

Letters: B rows, D features.
"""

import torch
from torch import Tensor, nn

from sklearn_gmvae.models._tensors import DTYPE

# Steps of conjugate gradients. Without rounding they would be at the expectation after as many as
# entries are missing, at most; they are near it much earlier (doc/notes/data.rst).
STEPS = 16
# Added to divisors that are zero once an expectation is found; squares of standard deviations.
TINY = 1e-30


class RowGaussian(nn.Module):
    """x ~ N(mean, precision^-1), x being what the encoder sees of a row.

    The buffers are statistics of X and no parameters; as built they expect zero everywhere.

    Parameters
    ----------
    n_features : int
        D.
    """

    mean: Tensor  # (D,)
    precision: Tensor  # (D, D)

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_features, dtype=DTYPE))
        self.register_buffer("precision", torch.eye(n_features, dtype=DTYPE))

    @torch.no_grad()
    def set_statistics(self, mean: Tensor, precision: Tensor) -> None:
        """(D,), and (D, D), which is positive definite."""
        self.mean.copy_(mean)
        self.precision.copy_(precision)

    @torch.no_grad()
    def filled(self, x: Tensor, missing: Tensor) -> Tensor:
        """x (B, D) with E[entry | the row's others] where entries are ``missing``, (B, D) bool.

        There the density is highest: with P the precision, m the missing and o the other entries,
        P_mm e_m = -P_mo (x_o - mean_o) for the deviation e_m from the mean. All rows are solved at
        once by conjugate gradients, in units of each entry's conditional standard deviation, which
        brings the eigenvalues together; of 64 features a factorisation for each row would cost more
        than the encoder.
        """
        scale = self.precision.diagonal().rsqrt()  # of each entry given all others
        precision = scale[:, None] * self.precision * scale
        hole = missing.to(precision)
        deviation = torch.zeros_like(x)
        there = ((x - self.mean) / scale).masked_fill(missing, 0.0)
        residual = -(there @ precision) * hole
        direction, size = residual, residual.square().sum(-1, keepdim=True)
        for _ in range(STEPS):
            ahead = (direction @ precision) * hole
            length = size / ((direction * ahead).sum(-1, keepdim=True) + TINY)
            deviation = deviation + length * direction
            residual = residual - length * ahead
            before, size = size, residual.square().sum(-1, keepdim=True)
            direction = residual + size / (before + TINY) * direction
        return torch.where(missing, self.mean + scale * deviation, x)
