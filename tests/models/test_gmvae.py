# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""GMVAE's four terms against a brute-force loop in numpy, and its minimum-information rule."""

import math

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from sklearn_gmvae.models import GMVAE


def build(K=3, d=2, s=2, D=4, min_information=0.0, likelihood="gaussian"):
    return GMVAE(
        n_features=D, n_clusters=K, latent_dim=d, style_dim=s, prior_width=6,
        min_information=min_information, hidden=(8,), activation="tanh",
        likelihood=likelihood, variance_floor=1e-6, generator=torch.Generator().manual_seed(0),
    ).double()  # fmt: skip


def rows(n, D=4):
    generator = torch.Generator().manual_seed(1)
    return torch.rand(n, D, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
@pytest.mark.parametrize("n_samples", [1, 3])
def test_terms_equal_brute_force_over_clusters_and_samples(likelihood, n_samples):
    model, x = build(likelihood=likelihood), rows(3)
    K, M = 3, n_samples
    with torch.no_grad():
        noise = model.draw_noise(M, 3, torch.Generator().manual_seed(2)).double()
        bound = model.elbo_at(x, noise)
        (m, v), (mw, vw) = [(a.numpy(), b.exp().numpy()) for a, b in model.posterior(x)]

    def normal_log_pdf(value, mean, var):
        return multivariate_normal.logpdf(value, mean, np.diag(var))

    for i in range(3):
        reconstruction = conditional = cluster = 0.0
        for j in range(M):
            z = m[i] + np.sqrt(v[i]) * noise[j, i, :2].numpy()
            w = mw[i] + np.sqrt(vw[i]) * noise[j, i, 2:].numpy()
            with torch.no_grad():
                means, log_vars = (t.numpy() for t in model.prior(torch.tensor(w)))
                output = model.decoder(torch.tensor(z)).numpy()
                if likelihood == "gaussian":
                    var = model.likelihood.log_var().exp().numpy()
            if likelihood == "gaussian":
                reconstruction += normal_log_pdf(x[i].numpy(), output, var)
            else:
                p = 1 / (1 + np.exp(-output))
                xi = x[i].numpy()
                reconstruction += (xi * np.log(p) + (1 - xi) * np.log(1 - p)).sum()
            joint = [normal_log_pdf(z, means[k], np.exp(log_vars[k])) for k in range(K)]
            resp = np.exp(joint - logsumexp(joint))
            for k in range(K):
                prior_var = np.exp(log_vars[k])
                kl = 0.5 * np.sum(
                    np.log(prior_var / v[i]) + (v[i] + (m[i] - means[k]) ** 2) / prior_var - 1
                )
                conditional -= resp[k] * kl
                cluster -= resp[k] * np.log(resp[k] * K)
        style = -0.5 * np.sum(mw[i] ** 2 + vw[i] - np.log(vw[i]) - 1)
        np.testing.assert_allclose(bound.reconstruction[i], reconstruction / M, rtol=1e-8)
        np.testing.assert_allclose(bound.conditional_prior[i], conditional / M, rtol=1e-8)
        np.testing.assert_allclose(bound.cluster_prior[i], cluster / M, rtol=1e-6, atol=1e-10)
        np.testing.assert_allclose(bound.style_prior[i], style, rtol=1e-8)
        total = (reconstruction + conditional + cluster) / M + style
        np.testing.assert_allclose(bound.total()[i], total, rtol=1e-8)


def cluster_gradient(min_information):
    model = build(min_information=min_information)
    bound = model.elbo(rows(8), n_samples=1, generator=torch.Generator().manual_seed(0))
    information = -bound.cluster_prior.mean().item()
    gradients = torch.autograd.grad(
        model.cluster_term(bound), list(model.parameters()), allow_unused=True
    )
    return information, sum(g.abs().sum().item() for g in gradients if g is not None)


def test_cluster_term_below_lambda_has_no_gradient():
    information, gradient = cluster_gradient(math.log(3))
    assert information < math.log(3)
    assert gradient == 0.0


def test_cluster_term_above_lambda_has_a_gradient():
    information, gradient = cluster_gradient(0.0)
    assert information > 0.0
    assert gradient > 0.0


def test_objective_below_lambda_counts_lambda_instead_of_information():
    model = build(min_information=0.9)
    bound = model.elbo(rows(8), n_samples=1, generator=torch.Generator().manual_seed(0))
    information = -bound.cluster_prior.mean()
    assert information < 0.9
    expected = bound.total().mean() + information - 0.9
    torch.testing.assert_close(model.objective(bound), expected)


def test_responsibilities_are_the_posterior_at_the_means():
    model, x = build(), rows(5)
    with torch.no_grad():
        resp = model.log_resp(x).exp().numpy()
        (m, _), (mw, _) = model.posterior(x)
        means, log_vars = model.prior(mw)
    for i in range(5):
        joint = [
            multivariate_normal.logpdf(m[i], means[i, k], np.diag(log_vars[i, k].exp()))
            for k in range(3)
        ]
        np.testing.assert_allclose(resp[i], np.exp(joint - logsumexp(joint)), rtol=1e-6)


def test_initialize_prior_gives_the_clusters_moments_over_styles(clustered_codes):
    model = build(K=2)
    z, resp = clustered_codes
    features = torch.nn.functional.pad(z, (0, 6))
    model.initialize_prior(features, z, torch.zeros_like(z), resp, shrinkage=0.0)
    n = 200_000
    with torch.no_grad():
        means, _ = model.prior(torch.zeros(2, dtype=torch.float64))
        for k, rows_k in enumerate((z[:2000], z[2000:])):
            torch.testing.assert_close(means[k], rows_k.mean(0), rtol=1e-2, atol=1e-2)
            drawn = model.sample_content(
                torch.full((n,), k), None, torch.Generator().manual_seed(k)
            )
            expected = torch.cov(rows_k.T, correction=0)
            # 6 hidden tanh units are linear to a few per cent; n draws are far more exact
            torch.testing.assert_close(torch.cov(drawn.T), expected, rtol=0.1, atol=0.05)


def test_permuting_clusters_permutes_responsibilities_only():
    model, x = build(), rows(4)
    with torch.no_grad():
        before = model.log_resp(x)
        model.permute(torch.tensor([2, 0, 1]))
        after = model.log_resp(x)
    torch.testing.assert_close(after, before[:, [2, 0, 1]])


def test_sample_content_moments_equal_the_prior_at_that_style():
    model, n = build(), 40_000
    style = torch.tensor([[0.4, -1.0]], dtype=torch.float64)
    with torch.no_grad():
        z = model.sample_content(
            torch.ones(n, dtype=torch.long), style, torch.Generator().manual_seed(0)
        )
        means, log_var = model.prior(style[0])
    scale = (0.5 * log_var[1]).exp()
    assert (abs(z.mean(0) - means[1]) < 5 * scale / n**0.5).all()
    assert (abs(z.std(0) - scale) < 5 * scale / (2 * n) ** 0.5).all()
