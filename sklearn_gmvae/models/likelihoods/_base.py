# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every likelihood p(x | decoder output) provides."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class Likelihood(nn.Module, ABC):
    """Distribution of one row of X given the decoder's output for it.

    The D features are independent given the output. Values are in the model's own
    (standardised) units.

    Parameters
    ----------
    n_features : int
        D, the number of features.
    """

    name: str

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.n_features = n_features

    @abstractmethod
    def log_prob(self, x: Tensor, output: Tensor) -> Tensor:
        """Log-density or log-mass of x (..., D) in nats, summed over D: (...)."""

    @abstractmethod
    def mean(self, output: Tensor) -> Tensor:
        """E[x | output], (..., D)."""

    @abstractmethod
    def sample(self, output: Tensor, generator: torch.Generator) -> Tensor:
        """One draw of x for each output, (..., D)."""
