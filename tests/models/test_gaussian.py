# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Gaussian algebra against torch.distributions, Monte Carlo and finite differences."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Independent, Normal, kl_divergence

from sklearn_gmvae.models import _gaussian as g


def draw(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def diagonal(mean, log_var):
    return Independent(Normal(mean, (0.5 * log_var).exp()), 1)


def test_log_normal_equals_torch_distributions():
    x, mean, log_var = (draw(i, 7, 4) for i in range(3))
    torch.testing.assert_close(g.log_normal(x, mean, log_var), diagonal(mean, log_var).log_prob(x))


def test_entropy_normal_equals_torch_distributions():
    log_var = draw(0, 7, 4)
    torch.testing.assert_close(
        g.entropy_normal(log_var), diagonal(torch.zeros_like(log_var), log_var).entropy()
    )


def test_kl_normal_equals_torch_distributions():
    m, v, pm, pv = (draw(i, 7, 4) for i in range(4))
    expected = kl_divergence(diagonal(m, v), diagonal(pm, pv))
    torch.testing.assert_close(g.kl_normal(m, v, pm, pv), expected)
    zero = torch.zeros_like(m)
    torch.testing.assert_close(
        g.kl_standard_normal(m, v), kl_divergence(diagonal(m, v), diagonal(zero, zero))
    )


def test_kl_normal_equals_monte_carlo_within_five_standard_errors():
    m, v, pm, pv = (0.5 * draw(i, 3) for i in range(4))
    x = m + (0.5 * v).exp() * draw(9, 200_000, 3)
    ratios = g.log_normal(x, m, v) - g.log_normal(x, pm, pv)
    error = ratios.std() / len(x) ** 0.5
    assert abs(ratios.mean() - g.kl_normal(m, v, pm, pv)) < 5 * error


@pytest.mark.parametrize(
    ("function", "n_arguments"),
    [(g.log_normal, 3), (g.entropy_normal, 1), (g.kl_normal, 4), (g.kl_standard_normal, 2)],
)
def test_gradients_equal_finite_differences(function, n_arguments):
    arguments = tuple(draw(i, 3, 2).requires_grad_() for i in range(n_arguments))
    assert torch.autograd.gradcheck(function, arguments)


@given(log_var=st.floats(-60, 60), floor=st.sampled_from([1e-6, 1e-2, 1.0]))
def test_floored_log_var_any_value_stays_above_floor_and_inverts(log_var, floor):
    raw = torch.tensor(log_var, dtype=torch.float64)
    floored = g.floored_log_var(raw, floor)
    assert floored >= np.log(floor)
    if log_var > np.log(floor) + 1e-2:
        back = g.floored_log_var(g.raw_log_var(raw.exp(), floor), floor)
        torch.testing.assert_close(back, raw, rtol=1e-6, atol=1e-6)


def test_log_variances_have_a_floor_and_an_end():
    raw = torch.tensor([-1e4, 0.0, 70.0, 1e4, float("inf")], dtype=torch.float64)
    found = g.floored_log_var(raw, 1e-6)
    expected = [np.log(1e-6), np.log1p(1e-6), 70.0, g.MAX_LOG_VAR, g.MAX_LOG_VAR]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found.float().exp().isfinite().all()


def test_raw_log_variances_are_the_inverse_down_to_the_floor():
    floor = 1e-2
    variances = floor * (1 + torch.tensor([2e-3, 0.1, 1.0, 1e4], dtype=torch.float64))
    found = g.floored_log_var(g.raw_log_var(variances, floor), floor).exp()
    torch.testing.assert_close(found, variances)
    below = g.raw_log_var(torch.tensor([0.0, floor], dtype=torch.float64), floor)
    torch.testing.assert_close(g.floored_log_var(below, floor).exp() / floor, 1.001 + 0 * below)
