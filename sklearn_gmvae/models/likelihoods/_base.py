# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every likelihood p(x | decoder output) provides."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class Likelihood(nn.Module, ABC):
    """Distribution of one row of X given the decoder's output for it.

    The D features are independent given the output (and, for counts, the row's sum). Values are in
    the model's own units.

    Parameters
    ----------
    n_features : int
        D, the number of features; the decoder has one output for each.
    """

    name: str
    # What X has to be, and how it becomes the model's rows: a key of `DOMAINS` in training.
    domain: str
    # Whether it is a density, which changes with X's units.
    is_density = False

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.n_features = n_features

    def share_scale(self, shares: bool) -> None:
        """Whether in training all features have one scale, where the likelihood has any."""

    @abstractmethod
    def log_prob_entries(self, x: Tensor, output: Tensor) -> Tensor:
        """Log-density or log-mass of each entry of x (..., D) in nats, (..., D)."""

    def log_prob(self, x: Tensor, output: Tensor) -> Tensor:
        """Log-density or log-mass of x (..., D) in nats, summed over D: (...)."""
        return self.log_prob_entries(x, output).sum(-1)

    def log_prob_observed(self, x: Tensor, output: Tensor, missing: Tensor) -> Tensor:
        """`log_prob` of the entries that are not ``missing``, (..., D) bool; where they are, x does
        not matter."""
        # Something of the domain in their place: no gradient survives a NaN, not even times zero.
        entries = self.log_prob_entries(x.masked_fill(missing, 0.0), output)
        return entries.masked_fill(missing, 0.0).sum(-1)

    def filled(self, x: Tensor, missing: Tensor, guess: Tensor) -> Tensor:
        """x (..., D) with ``guess``, what `mean` expects there, where entries are ``missing``."""
        return torch.where(missing, guess, x)

    def whole_variables(self, chosen: Tensor) -> Tensor:
        """Entries that are ``chosen`` at random, (..., D) bool, so that those which together are
        one variable are it together."""
        return chosen

    def encoder_input(self, x: Tensor) -> Tensor:
        """What the encoder sees of x (..., D), (..., D): numbers around 1 at most, as far as x has
        them."""
        return x

    @abstractmethod
    def mean(self, output: Tensor) -> Tensor:
        """E[x | output], (..., D)."""

    @abstractmethod
    def sample(self, output: Tensor, generator: torch.Generator) -> Tensor:
        """One draw of x for each output, (..., D)."""
