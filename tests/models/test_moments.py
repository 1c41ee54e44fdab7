# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Moments of clusters against the formulas, row by row in numpy."""

import numpy as np
import pytest
import torch

from sklearn_gmvae.models._moments import mixture_moments


def codes(n=30, d=3, K=4, seed=0):
    rng = np.random.RandomState(seed)
    return 5 + rng.randn(n, d), rng.rand(n, d), rng.dirichlet(np.full(K, 0.3), size=n)


def moments(z, var, resp, shrinkage):
    found = mixture_moments(*map(torch.tensor, (z, var, resp)), shrinkage)
    return [tensor.numpy() for tensor in found]


def expected_moments(z, var, resp, shrinkage):
    (n, d), K = z.shape, resp.shape[1]
    n_k = resp.sum(0)
    means = np.stack([np.average(z, axis=0, weights=resp[:, k]) for k in range(K)])
    scatter = np.zeros((K, d, d))
    for k in range(K):
        for i in range(n):
            off = z[i] - means[k]
            scatter[k] += resp[i, k] * (np.outer(off, off) + np.diag(var[i]))
    pooled = scatter.sum(0) / n
    ridge = 1e-6 * (1 + np.trace(pooled) / d) * np.eye(d)
    covariances = [
        (scatter[k] + shrinkage * pooled) / (n_k[k] + shrinkage) + ridge for k in range(K)
    ]
    return (n_k + 0.5) / (n + 0.5 * K), means, np.stack(covariances)


@pytest.mark.parametrize("shrinkage", [0.0, 3.0, 1e6])
def test_moments_equal_the_formulas(shrinkage):
    for found, expected in zip(
        moments(*codes(), shrinkage), expected_moments(*codes(), shrinkage), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_weights_sum_to_one_and_none_is_zero():
    z, var, resp = codes()
    resp[:, 1] = 0.0
    resp /= resp.sum(1, keepdims=True)
    weights, means, covariances = moments(z, var, resp, 0.0)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[1] == pytest.approx(0.5 / (len(z) + 0.5 * 4))
    # Without rows: the mean of all codes, and no covariance but the ridge.
    np.testing.assert_allclose(means[1], z.mean(0))
    assert (np.linalg.eigvalsh(covariances[1]) > 0).all()
    _, _, shrunk = moments(z, var, resp, 2.0)
    pooled = expected_moments(*(a[:, [0, 2, 3]] if a is resp else a for a in (z, var, resp)), 0.0)
    average = sum(c * r for c, r in zip(pooled[2], resp[:, [0, 2, 3]].sum(0), strict=True)) / len(z)
    np.testing.assert_allclose(shrunk[1], average, rtol=1e-5)


def test_a_fraction_of_a_row_is_enough_for_a_mean():
    z, var, resp = codes()
    resp[:, 1] = 0.0
    resp[4, 1] = 1e-4
    _, means, covariances = moments(z, var, resp, 0.0)
    np.testing.assert_allclose(means[1], z[4], rtol=1e-6)
    np.testing.assert_allclose(np.diag(covariances[1]), var[4], rtol=1e-3)


def test_codes_that_repeat_have_covariances_that_can_be_inverted():
    z, _, resp = codes()
    z = np.broadcast_to(z[:1], z.shape)
    _, _, covariances = moments(z.copy(), np.zeros(z.shape), resp, 0.0)
    np.testing.assert_allclose(covariances, np.broadcast_to(1e-6 * np.eye(3), (4, 3, 3)), rtol=1e-6)


def test_moments_are_in_the_codes_dtype():
    found = mixture_moments(*(torch.tensor(a).float() for a in codes()), 1.0)
    assert {tensor.dtype for tensor in found} == {torch.float32}
