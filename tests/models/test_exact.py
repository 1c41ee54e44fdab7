# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Densities and responsibilities against 60-digit arithmetic, up to 1e8 standard deviations away.

What float64 may differ by is not looked up but bounded: every product and sum of m terms is off by
at most m units in the last place of the sum of their absolute values (Higham, 2002, chapter 3).
"""

import math

import mpmath
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

from sklearn_gmvae.models import COVARIANCE_TYPES, GMVAE, GaussianMixturePrior, VaDE
from sklearn_gmvae.models._gaussian import (
    MAX_LOG_VAR,
    entropy_normal,
    floored_log_var,
    kl_normal,
    kl_standard_normal,
    log_normal,
)

EPS = 2.0**-53
FLOOR = 1e-6
# Operations on the way to a sum that the bounds below do not count one by one (exponentials, the
# terms that do not depend on the distance).
SPARE = 16

mpmath.mp.dps = 60
exponents = st.floats(-3.0, 8.0)
seeds = st.integers(0, 2**31 - 1)


def exact(tensor):
    """Nested lists of mpf."""
    return [exact(t) for t in tensor] if tensor.ndim else mpf(tensor.item())


def normal(shape, seed, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(shape, generator=generator, dtype=torch.float64)


def exact_log_normal(x, mean, log_var):
    return (
        -sum(
            mpmath.log(2 * mpmath.pi) + v + (a - m) ** 2 * mpmath.exp(-v)
            for a, m, v in zip(x, mean, log_var, strict=True)
        )
        / 2
    )


def exact_kl(mean, log_var, prior_mean, prior_log_var):
    return (
        sum(
            q - p + ((m - n) ** 2 + mpmath.exp(p)) * mpmath.exp(-q) - 1
            for m, p, n, q in zip(mean, log_var, prior_mean, prior_log_var, strict=True)
        )
        / 2
    )


def log_softmax(joint):
    top = max(joint)
    evidence = top + mpmath.log(sum(mpmath.exp(j - top) for j in joint))
    return [j - evidence for j in joint]


def assert_close(found, expected, size, n_operations):
    """``size``: sum of the absolute values that were added up."""
    bound = (n_operations + SPARE) * EPS * float(size)
    assert math.isfinite(found)
    assert abs(mpf(found) - expected) <= bound, (found, expected, bound)


@given(exponent=exponents, width=st.floats(-30, 30), seed=seeds)
def test_log_normal_and_kl_are_exact_at_any_distance(exponent, width, seed):
    d = 3
    mean, prior_mean = normal((2, d), seed)
    log_var = normal(d, seed + 1) + width
    prior_log_var = normal(d, seed + 2) + width
    x = prior_mean + 10.0**exponent * (0.5 * prior_log_var).exp() * normal(d, seed + 3)
    args = (x, prior_mean, prior_log_var)
    expected = exact_log_normal(*map(exact, args))
    # Of x - mean, itself the nearest number to the true difference, the square is off threefold.
    assert_close(
        log_normal(*args).item(), expected, abs(expected) + 3 * d * (abs(width) + 8), 4 + d
    )
    args = (x, log_var, prior_mean, prior_log_var)
    expected = exact_kl(*map(exact, args))
    assert_close(kl_normal(*args).item(), expected, abs(expected) + 3 * d * (abs(width) + 8), 4 + d)
    args = (mean, log_var)
    expected = exact_kl(*map(exact, (*args, torch.zeros(d), torch.zeros(d))))
    size = abs(expected) + 3 * d * (abs(width) + 8)
    assert_close(kl_standard_normal(*args).item(), expected, size, 4 + d)
    expected = sum(1 + mpmath.log(2 * mpmath.pi) + v for v in exact(log_var)) / 2
    assert_close(entropy_normal(log_var).item(), expected, d * (abs(width) + 8), d)


@given(raw=st.floats(-700, MAX_LOG_VAR), floor=st.sampled_from([1e-12, 1e-6, 1.0, 1e6]))
def test_floored_variance_is_exact(raw, floor):
    found = floored_log_var(torch.tensor(raw, dtype=torch.float64), floor).item()
    expected = mpmath.log(mpmath.exp(mpf(raw)) + mpf(floor))
    assert_close(found, expected, abs(raw) + abs(math.log(floor)) + 1, 4)


def random_prior(covariance_type, K, d, seed):
    """A prior in double, of components at several distances and widths."""
    prior = GaussianMixturePrior(K, d, covariance_type, FLOOR).double()
    with torch.no_grad():
        for i, parameter in enumerate(prior.parameters()):
            parameter.copy_(normal(parameter.shape, seed + i, scale=2.0))
    return prior


def exact_log_joint(prior, mean, var):
    """log pi_k + E log N(z; mu_k, Sigma_k) of one code, for each k, and what float64 may differ
    by: the rounding of z'T and mu'T, times what they are multiplied with."""
    K, d = prior.means.shape
    logits = exact(prior.logits.detach())
    log_pi = log_softmax(logits)
    raw = exact(prior._log_var().detach())  # (1 or K, d), with its own test
    joint, bounds = [], []
    for k in range(K):
        v = raw[k % len(raw)]
        scale = [mpmath.exp(-a / 2) for a in v]
        lower = None if prior.lower is None else exact(prior.lower.detach()[k % len(raw)])
        T = [
            [scale[j] * (1 if i == j else lower[i][j] if lower and i > j else 0) for j in range(d)]
            for i in range(d)
        ]
        mu = exact(prior.means.detach()[k])
        deviation = [sum((mean[i] - mu[i]) * T[i][j] for i in range(d)) for j in range(d)]
        spread = sum(var[i] * T[i][j] ** 2 for i in range(d) for j in range(d))
        distance = sum(a**2 for a in deviation)
        joint.append(log_pi[k] - (d * mpmath.log(2 * mpmath.pi) + sum(v) + distance + spread) / 2)
        rounding = [
            (2 * d + SPARE)
            * EPS
            * sum((abs(mean[i]) + abs(mu[i])) * abs(T[i][j]) for i in range(d))
            for j in range(d)
        ]
        off = sum(abs(2 * a) * r + r**2 for a, r in zip(deviation, rounding, strict=True))
        size = distance + spread + sum(map(abs, v)) + abs(log_pi[k]) + 10 * d
        bounds.append(off / 2 + (2 * d + SPARE) * EPS * size)
    return joint, max(bounds)


def assert_is_softmax_of(found, joint, bound):
    """Log-responsibilities (K,) of exact log-joints that are known up to ``bound``."""
    found, K = found.tolist(), len(joint)
    assert all(map(math.isfinite, found))
    expected = log_softmax(joint)
    worst = max(abs(mpf(f) - e) for f, e in zip(found, expected, strict=True))
    size = max(map(abs, expected))
    assert worst <= 2 * bound + (K + SPARE) * EPS * (size + 1)
    best, second = sorted(range(K), key=lambda k: -joint[k])[:2]
    if joint[best] - joint[second] > 2 * bound:
        assert max(range(K), key=found.__getitem__) == best


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@given(exponent=exponents, seed=seeds, K=st.integers(2, 4), d=st.integers(1, 3))
def test_vades_responsibilities_are_exact_at_any_distance(covariance_type, exponent, seed, K, d):
    prior = random_prior(covariance_type, K, d, seed)
    mean = normal((3, d), seed + 10, scale=10.0**exponent)
    var = normal((3, d), seed + 11).exp()
    model = VaDE(
        n_features=1, n_clusters=K, latent_dim=d, covariance_type=covariance_type, hidden=(),
        activation="relu", likelihood="gaussian", variance_floor=FLOOR, generator=torch.Generator(),
    )  # fmt: skip
    model.prior = prior
    model.posterior = lambda x: [(mean, var.log())]
    with torch.no_grad():
        found = model.log_resp(torch.zeros(3, 1))
    for i in range(3):
        joint, bound = exact_log_joint(prior, exact(mean[i]), exact(var.log().exp()[i]))
        assert_is_softmax_of(found[i], joint, bound)


@given(exponent=exponents, seed=seeds, K=st.integers(2, 4), d=st.integers(1, 3))
def test_gmvaes_responsibilities_are_exact_at_any_distance(exponent, seed, K, d):
    model = GMVAE(
        n_features=1, n_clusters=K, latent_dim=d, style_dim=2, prior_width=4, min_information=0.0,
        hidden=(), activation="relu", likelihood="gaussian", variance_floor=FLOOR,
        generator=torch.Generator().manual_seed(seed),
    ).double()  # fmt: skip
    mean, style = normal((3, d), seed + 10, 10.0**exponent), normal((3, 2), seed + 11)
    model.posterior = lambda x: [(mean, mean), (style, style)]
    with torch.no_grad():
        found = model.log_resp(torch.zeros(3, 1))
        prior_mean, prior_log_var = model.prior(style)
    for i in range(3):
        joint = [
            exact_log_normal(exact(mean[i]), exact(prior_mean[i, k]), exact(prior_log_var[i, k]))
            for k in range(K)
        ]
        bound = (3 * d + SPARE) * EPS * max(abs(j) + 10 * d for j in joint)
        assert_is_softmax_of(found[i], joint, bound)
