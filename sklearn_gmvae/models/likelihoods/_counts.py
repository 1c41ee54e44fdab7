# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the likelihoods of counts share: where their logarithms start, and what the encoder sees.

Letters: B rows, M samples, D features.
"""

from abc import abstractmethod

import torch
from torch import Tensor

from sklearn_gmvae.models._tensors import DTYPE
from sklearn_gmvae.models.likelihoods._base import Likelihood


class CountLikelihood(Likelihood):
    """Counts x_j = 0, 1, 2, ...; the decoder says by what factor, on a log scale, they are more
    than X has on the whole.

    Counts reach over many powers of ten: the encoder sees standardised logarithms, and a network
    whose outputs start around 0 starts at each feature's own level.

    The buffers are statistics of X and no parameters; as built they change nothing.
    """

    domain = "counts"
    # Whether counts are shares of their row's sum, whose size then says nothing.
    is_relative: bool

    log_base: Tensor  # (D,)  what an output of 0 stands for
    centre: Tensor  # (D,)  of what the encoder sees,
    scale: Tensor  # (D,)   ... before it is divided by this
    library_size: Tensor  # ()  a typical row's sum

    def __init__(self, n_features: int) -> None:
        super().__init__(n_features)
        self.register_buffer("log_base", torch.zeros(n_features, dtype=DTYPE))
        self.register_buffer("centre", torch.zeros(n_features, dtype=DTYPE))
        self.register_buffer("scale", torch.ones(n_features, dtype=DTYPE))
        self.register_buffer("library_size", torch.ones((), dtype=DTYPE))

    @torch.no_grad()
    def set_statistics(
        self, log_base: Tensor, centre: Tensor, scale: Tensor, library_size: Tensor
    ) -> None:
        """What X has on the whole: (D,), (D,), (D,), ()."""
        self.log_base.copy_(log_base)
        self.centre.copy_(centre)
        self.scale.copy_(scale)
        self.library_size.copy_(library_size)

    def encoder_input(self, x: Tensor) -> Tensor:
        """log(1 + x), of relative counts after scaling the row to the typical sum; standardised."""
        if self.is_relative:
            x = x * (self.library_size / library_sizes(x))
        return (x.log1p() - self.centre) / self.scale

    def mean(self, output: Tensor) -> Tensor:
        return self.log_mean(output, self.library_size).exp()

    @abstractmethod
    def log_mean(self, output: Tensor, library_size: Tensor) -> Tensor:
        """log E[x | output], (..., D), in a row with this sum, (..., 1) or ()."""


def library_sizes(x: Tensor) -> Tensor:
    """The sum of each row of counts, (..., D) -> (..., 1): of those that are there (not NaN), and
    at least 1, so that a row of zeros has a logarithm."""
    return x.nansum(-1, keepdim=True).clamp_min(1.0)
