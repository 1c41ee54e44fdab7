# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Common factors, the style that they give a code, and the regression that the encoder learns."""

import numpy as np
import pytest
import torch

from sklearn_gmvae.models._style_start import expected_style, least_squares, principal_factors


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def test_style_tells_where_in_its_cluster_a_code_lies(clustered_codes):
    z, resp = clustered_codes
    means = torch.stack([z[:2000].mean(0), z[2000:].mean(0)])
    covariances = torch.stack([torch.cov(z[:2000].T), torch.cov(z[2000:].T)])
    loadings, residual = principal_factors(covariances, 3)
    rebuilt = loadings @ loadings.mT + torch.diag_embed(residual)
    torch.testing.assert_close(rebuilt, covariances, rtol=1e-2, atol=1e-2)
    style, variance = expected_style(z, resp, means, loadings, residual)
    # the law of total variance: of w ~ N(0, I), what z explains and what it leaves add up
    total = style[:, :1].var(0) + variance[:1]
    torch.testing.assert_close(total, torch.ones_like(total), rtol=0.05, atol=0.0)
    assert (style[:, 1:].abs() < 1e-6).all()  # two correlated coordinates have one factor
    assert torch.equal(variance[1:], torch.ones_like(variance[1:]))


@pytest.mark.parametrize("spread", [1.0, 1e-3])
def test_principal_factors_find_the_one_factor_that_made_a_covariance(spread):
    # With half of each variance its own, as much as the start leaves it.
    loading = torch.tensor([[0.7, -0.5, 0.6, 0.3], [0.1, 0.7, 0.4, -0.6]], dtype=torch.float64)
    scale = spread * torch.tensor([1.0, 2.0, 0.5, 3.0], dtype=torch.float64)
    correlations = loading.unsqueeze(-1) * loading.unsqueeze(-2)
    correlations.diagonal(dim1=1, dim2=2).fill_(1.0)
    found, residual = principal_factors(scale.outer(scale) * correlations, 1)
    sign = (found[..., 0] * loading).sum(-1, keepdim=True).sign()
    # Twenty rounds of an iteration whose error here falls by a sixth in each.
    torch.testing.assert_close(sign * found[..., 0] / scale, loading, atol=4e-3, rtol=0)
    torch.testing.assert_close(residual / scale**2, 1 - loading**2, atol=4e-3, rtol=0)


def test_principal_factors_leave_half_of_each_variance_where_more_is_shared():
    covariance = torch.full((1, 5, 5), 0.95, dtype=torch.float64)
    covariance.diagonal(dim1=1, dim2=2).fill_(1.0)
    loadings, residual = principal_factors(covariance, 1)
    torch.testing.assert_close(residual, torch.full_like(residual, 0.5))
    torch.testing.assert_close(loadings.square(), torch.full_like(loadings, 0.5))


def test_correlations_of_next_to_nothing_are_none():
    for dtype in (torch.float32, torch.float64):
        tiny = torch.finfo(dtype).smallest_normal * torch.finfo(dtype).eps  # the smallest of all
        signs = torch.tensor([[0.0, 1.0, -1.0], [1.0, 0.0, -1.0], [-1.0, -1.0, 0.0]], dtype=dtype)
        covariance = torch.eye(3, dtype=dtype) + tiny * signs
        assert (covariance[0, 1] > 0).item()
        loadings, residual = principal_factors(covariance.unsqueeze(0), 1)
        assert (loadings == 0).all()
        assert torch.equal(residual, torch.ones_like(residual))


def test_principal_factors_are_no_more_than_coordinates():
    mix = normal(3, 2, 2, seed=1)
    loadings, _ = principal_factors(mix @ mix.mT, 4)
    assert loadings.shape == (3, 2, 4)
    assert (loadings[..., 2:] == 0).all()


def test_principal_factors_keep_variances_and_the_sign_of_correlations():
    generator = torch.Generator().manual_seed(0)
    mix = torch.randn(5, 6, 6, generator=generator, dtype=torch.float64)
    covariances = mix @ mix.mT
    for n_factors in (2, 6, 9):
        loadings, residual = principal_factors(covariances, n_factors)
        assert loadings.shape == (5, 6, n_factors)
        assert (residual > 0).all()
        rebuilt = loadings @ loadings.mT + torch.diag_embed(residual)
        diagonal = covariances.diagonal(dim1=1, dim2=2)
        torch.testing.assert_close(rebuilt.diagonal(dim1=1, dim2=2), diagonal)
    # with all factors the rebuilt matrix is nearer than the diagonal alone
    diagonal_only = torch.diag_embed(diagonal)
    assert (covariances - rebuilt).norm() < (covariances - diagonal_only).norm()


def test_expected_style_is_the_conditional_mean_of_the_joint_gaussian():
    K, d, s, n = 3, 4, 2, 20
    means, loadings, residual = normal(K, d), normal(K, d, s, seed=1), normal(K, d, seed=2).exp()
    z, resp = normal(n, d, seed=3), normal(n, K, seed=4).softmax(-1)
    style, variance = expected_style(z, resp, means, loadings, residual)
    expected, left = torch.zeros(n, s).double(), torch.zeros(s).double()
    for k in range(K):
        A = loadings[k]
        gain = A.T @ torch.linalg.inv(A @ A.T + torch.diag(residual[k]))
        expected += resp[:, k, None] * ((z - means[k]) @ gain.T)
        left += resp[:, k].mean() * (torch.eye(s) - gain @ A).diagonal()
    torch.testing.assert_close(style, expected)
    torch.testing.assert_close(variance, left)


def test_least_squares_recovers_a_linear_map():
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(500, 4, generator=generator, dtype=torch.float64)
    weight = torch.randn(3, 4, generator=generator, dtype=torch.float64)
    fitted, bias, left = least_squares(inputs, inputs @ weight.T + 2.0)
    torch.testing.assert_close(fitted, weight, rtol=0.02, atol=0.02)  # ridge of 1 %
    torch.testing.assert_close(bias, torch.full_like(bias, 2.0), rtol=0.01, atol=0.01)
    assert (left < 1e-3 * (inputs @ weight.T).var(0)).all()


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e3])
def test_least_squares_is_ridge_regression_with_a_hundredth_of_the_inputs_variance(size):
    n, h = 12, 20  # more inputs than rows
    inputs, targets = size * normal(n, h), normal(n, 3, seed=1)
    weight, bias, left = least_squares(inputs, targets)
    x, y = inputs.numpy(), targets.numpy()
    centred = x - x.mean(0)
    gram = centred.T @ centred
    penalty = 1e-2 * np.trace(gram) / h
    expected = np.linalg.solve(gram + penalty * np.eye(h), centred.T @ (y - y.mean(0))).T
    np.testing.assert_allclose(weight, expected, rtol=1e-3)
    np.testing.assert_allclose(bias, y.mean(0) - expected @ x.mean(0), rtol=1e-3)
    residual = y - (x @ weight.numpy().T + bias.numpy())
    np.testing.assert_allclose(left, (residual**2).mean(0), rtol=1e-6)


def test_least_squares_of_constant_inputs_is_the_targets_mean():
    targets = normal(9, 2)
    weight, bias, left = least_squares(torch.ones(9, 4), targets)
    assert (weight == 0).all()
    torch.testing.assert_close(bias, targets.mean(0))
    torch.testing.assert_close(left, targets.var(0, correction=0))
