# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Poisson likelihood, for counts whose totals mean something."""

import torch
from torch import Tensor

from sklearn_gmvae.models.likelihoods._counts import CountLikelihood

# Outputs beyond this, e^10 times a feature's mean, raise the rate linearly and no more
# exponentially: it stays finite, and a network that went too far finds back.
LINEAR_FROM = 10.0


class Poisson(CountLikelihood):
    """x_j ~ Poisson(exp(base_j + output_j)); no exposure: rows with larger sums are other rows."""

    name = "poisson"
    is_relative = False

    def log_mean(self, output: Tensor, library_size: Tensor) -> Tensor:
        above = (output - LINEAR_FROM).clamp_min(0.0).log1p()
        return self.log_base + output.clamp_max(LINEAR_FROM) + above

    def log_prob_entries(self, x: Tensor, output: Tensor) -> Tensor:
        log_rate = self.log_mean(output, self.library_size)
        return x * log_rate - log_rate.exp() - (x + 1.0).lgamma()

    def sample(self, output: Tensor, generator: torch.Generator) -> Tensor:
        return torch.poisson(self.mean(output), generator=generator)
