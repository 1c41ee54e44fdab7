# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Bernoulli likelihood, for X within [0, 1]."""

import torch
from torch import Tensor
from torch.nn import functional as F

from sklearn_gmvae.models.likelihoods._base import Likelihood


class Bernoulli(Likelihood):
    """x_j ~ Bernoulli(sigmoid(output_j)); for x_j between 0 and 1 the cross-entropy, as in
    both papers' experiments on images of grey levels."""

    name = "bernoulli"
    domain = "unit_interval"

    def log_prob_entries(self, x: Tensor, output: Tensor) -> Tensor:
        # x log s(o) + (1 - x) log(1 - s(o)) = x o - softplus(o)
        return x * output - F.softplus(output)

    def mean(self, output: Tensor) -> Tensor:
        return output.sigmoid()

    def sample(self, output: Tensor, generator: torch.Generator) -> Tensor:
        return torch.bernoulli(output.sigmoid(), generator=generator)
