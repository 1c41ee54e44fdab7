# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Negative binomial likelihood, for counts that vary more than a Poisson's, in rows whose sums are
an accident of the measurement."""

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, softplus

from sklearn_gmvae.models._gaussian import floored_log_var
from sklearn_gmvae.models._tensors import DTYPE
from sklearn_gmvae.models.likelihoods._counts import CountLikelihood, library_sizes

# Floor of the dispersion: there the law is a Poisson's, to a part in a million of its mean.
DISPERSION_FLOOR = 1e-6
# An output whose share is none, and whose logarithm is finite.
NO_SHARE = -1e4
# Stirling's series is used from here on, where its first three terms leave 4e-8.
STIRLING_FROM = 4


class NegativeBinomial(CountLikelihood):
    """x_j ~ NB(mean mu_j, variance mu_j + dispersion_j mu_j^2),  mu = l softmax(base + output),
    l = sum_j x_j; dispersion_j learned and the same for all rows.

    The law of scVI (Lopez et al., 2018) with the row's own sum as its library size (as Gayoso et
    al., 2022, have it), given which the counts are modelled. Without a row (means, samples) l is
    the median of X.
    """

    name = "negative_binomial"
    is_relative = True

    def __init__(self, n_features: int) -> None:
        super().__init__(n_features)
        self.raw_log_dispersion = nn.Parameter(torch.zeros(n_features, dtype=DTYPE))

    def log_dispersion(self) -> Tensor:
        """log of the dispersion of each feature, (D,)."""
        return floored_log_var(self.raw_log_dispersion, DISPERSION_FLOOR)

    def log_mean(self, output: Tensor, library_size: Tensor) -> Tensor:
        return (self.log_base + output).log_softmax(-1) + library_size.log()

    def log_prob_entries(self, x: Tensor, output: Tensor) -> Tensor:
        return log_mass(x, self.log_mean(output, library_sizes(x)), self.log_dispersion())

    def log_prob(self, x: Tensor, output: Tensor) -> Tensor:
        # In training the sum of the entries without writing them down, which is much of a step
        # where rows are long and nearly empty; else, to the last bit, as beside missing entries.
        if not (self.training and can_look(x)):
            return super().log_prob(x, output)
        log_mean, log_dispersion = self.log_mean(output, library_sizes(x)), self.log_dispersion()
        r, log_odds = (-log_dispersion).exp(), log_mean + log_dispersion
        x = x.expand_as(log_odds).reshape(-1, self.n_features)
        (row, _), more = where_beyond_zero(x, r, log_odds.reshape(-1, self.n_features))
        of_zeros = -softplus(log_odds) @ r
        return of_zeros.reshape(-1).index_add(0, row, more).view_as(of_zeros)

    def log_prob_observed(self, x: Tensor, output: Tensor, missing: Tensor) -> Tensor:
        # l is the sum of the entries that are there, and so are the shares of it.
        return super().log_prob_observed(x, output.masked_fill(missing, NO_SHARE), missing)

    def filled(self, x: Tensor, missing: Tensor, guess: Tensor) -> Tensor:
        """The guess is of a row of typical size: here of one of this size, by the entries that are
        there."""
        there = x.masked_fill(missing, 0.0).sum(-1, keepdim=True)
        typical = guess.expand_as(x).masked_fill(missing, 0.0).sum(-1, keepdim=True)
        size = torch.where(typical > 0.0, there / typical, torch.ones_like(there))
        return torch.where(missing, guess * size, x)

    def sample(self, output: Tensor, generator: torch.Generator) -> Tensor:
        # A Poisson whose rate has a gamma law. (torch.distributions takes no generator.)
        shape = (-self.log_dispersion()).exp().expand_as(output).contiguous()
        rate = torch._standard_gamma(shape, generator=generator) / shape * self.mean(output)
        return torch.poisson(rate, generator=generator)


def log_mass(x: Tensor, log_mean: Tensor, log_dispersion: Tensor) -> Tensor:
    """log NB(x). With r = 1 / dispersion and odds = mean / r,

    log NB(0) = -r log(1 + odds)
    log NB(x) = log NB(0) + log [ Gamma(x + r) / (Gamma(r) x!) ] + x log( odds / (1 + odds) )

    without differences of large numbers as r grows and the law becomes a Poisson's.
    """
    r, log_odds = (-log_dispersion).exp(), log_mean + log_dispersion
    x, log_odds = torch.broadcast_tensors(x, log_odds)
    if can_look(x):
        at, there = where_beyond_zero(x, r, log_odds)
        more = torch.zeros_like(log_odds).index_put(at, there)
    else:
        more = beyond_zero(x, r, log_odds)
    return more - r * softplus(log_odds)


def can_look(x: Tensor) -> bool:
    """Whether to look for the entries that are not 0: a GPU would have to be waited for, and adds
    up their gradients in another order each time."""
    return x.device.type == "cpu"


def where_beyond_zero(x: Tensor, r: Tensor, log_odds: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
    """Where x is not 0, as most counts are, and `beyond_zero` there."""
    # By places that differ, not by columns that recur: gradients are then added up in one order.
    at = x.nonzero(as_tuple=True)
    return at, beyond_zero(x[at], r.expand_as(x)[at], log_odds[at])


def beyond_zero(x: Tensor, r: Tensor, log_odds: Tensor) -> Tensor:
    """log NB(x) - log NB(0): 0 where x is."""
    coefficient = log_gamma_ratio(x, r) - (x + 1.0).lgamma()
    return coefficient + x * logsigmoid(log_odds)


def log_gamma_ratio(x: Tensor, r: Tensor) -> Tensor:
    """log( Gamma(x + r) / Gamma(r) ) for x >= 0, r > 0.

    In float32 the difference of two `lgamma` has lost all digits at r = 1e6. Here
    Gamma(r) = Gamma(r + 4) / (r (r + 1) (r + 2) (r + 3)), and of the two logarithms of Gamma
    beyond 4 by Stirling's series the difference is taken term by term.
    """
    ratio = torch.zeros_like(x)
    for i in range(0, STIRLING_FROM, 2):  # two factors at a time: four might overflow
        ratio = ratio - ((1.0 + x / (r + i)) * (1.0 + x / (r + i + 1))).log()
    s = r + STIRLING_FROM
    t = x + s
    series = remainder(t) - remainder(s)
    return ratio + (s - 0.5) * (x / s).log1p() + x * (t.log() - 1.0) + series


def remainder(t: Tensor) -> Tensor:
    """Stirling's: log Gamma(t) - (t - 1/2) log t + t - log(2 pi) / 2."""
    inverse = t.reciprocal()
    square = inverse.square()
    return inverse * (1 / 12 - square * (1 / 360 - square / 1260))
