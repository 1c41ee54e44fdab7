# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Gaussian algebra: pure functions on tensors, in nats. The last axis is the event's."""

import math

import torch
from torch import Tensor

LOG_2PI = math.log(2.0 * math.pi)
# A variance of 5e34, with which float32 still computes: of a model that has diverged.
MAX_LOG_VAR = 80.0


def log_normal(x: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """Log-density of N(mean, diag exp(log_var)) at x, summed over the last axis."""
    return -0.5 * (LOG_2PI + log_var + (x - mean).square() * (-log_var).exp()).sum(-1)


def log_normal_entries(x: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """Log-density of N(mean, exp(log_var)) at each entry of x."""
    return -0.5 * (LOG_2PI + log_var + (x - mean).square() * (-log_var).exp())


def entropy_normal(log_var: Tensor) -> Tensor:
    """Entropy of N(., diag exp(log_var)), summed over the last axis."""
    return 0.5 * (1.0 + LOG_2PI + log_var).sum(-1)


def kl_normal(mean: Tensor, log_var: Tensor, prior_mean: Tensor, prior_log_var: Tensor) -> Tensor:
    """KL( N(mean, diag exp(log_var)) || N(prior_mean, diag exp(prior_log_var)) )."""
    ratio = ((mean - prior_mean).square() + log_var.exp()) * (-prior_log_var).exp()
    return 0.5 * (prior_log_var - log_var + ratio - 1.0).sum(-1)


def kl_standard_normal(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL( N(mean, diag exp(log_var)) || N(0, I) )."""
    return 0.5 * (mean.square() + log_var.exp() - log_var - 1.0).sum(-1)


def floored_log_var(raw: Tensor, floor: float) -> Tensor:
    """log(exp(raw) + floor): a variance that never falls below ``floor``, with a gradient
    everywhere (a clamp would leave a component that reached the floor there for good); cut at
    `MAX_LOG_VAR`, far beyond any data."""
    return torch.logaddexp(raw.clamp_max(MAX_LOG_VAR), raw.new_full((), floor).log())


def raw_log_var(var: Tensor, floor: float) -> Tensor:
    """Inverse of `floored_log_var`; variances at or below the floor end just above it."""
    return (var - floor).clamp_min(1e-3 * floor + torch.finfo(var.dtype).tiny).log()
