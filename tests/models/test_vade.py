# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""VaDE against cases with a known answer and against importance sampling."""

import math

import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from sklearn_gmvae.models import COVARIANCE_TYPES, VaDE
from sklearn_gmvae.models._gaussian import kl_normal, log_normal
from sklearn_gmvae.models.likelihoods._gaussian import VARIANCE_FLOOR


def build(K=3, d=2, D=5, covariance_type="full", hidden=(), likelihood="gaussian", seed=0):
    generator = torch.Generator().manual_seed(seed)
    model = VaDE(
        n_features=D, n_clusters=K, latent_dim=d, covariance_type=covariance_type,
        hidden=hidden, activation="tanh", likelihood=likelihood, variance_floor=1e-10,
        generator=generator,
    )  # fmt: skip
    model.double()
    with torch.no_grad():
        prior = model.prior
        for p in prior.parameters():
            p.copy_(torch.randn(p.shape, generator=generator, dtype=p.dtype) * 0.7)
    return model


def rows(n, D=5, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, D, generator=generator, dtype=torch.float64)


def linear_gaussian(K, covariance_type):
    """x = W z + b + noise with orthogonal columns, and the encoder set to the exact posterior
    of component 0, which is that of the model when K = 1 or all components are the same."""
    D, d = 5, 2
    model = build(K, d, D, covariance_type)
    with torch.no_grad():
        noise_var, prior_var = 0.5, 0.8
        model.likelihood.raw_log_var.fill_(math.log(noise_var - VARIANCE_FLOOR))
        q, _ = torch.linalg.qr(rows(D, d, seed=3))
        W, b = q * torch.tensor([2.0, 0.7]), rows(1, D, seed=4)[0]
        model.decoder.head.weight.copy_(W)
        model.decoder.head.bias.copy_(b)
        mu = torch.tensor([0.5, -1.0], dtype=torch.float64)
        model.prior.set_parameters(
            torch.full((K,), 1.0 / K, dtype=torch.float64),
            mu.expand(K, d),
            (prior_var * torch.eye(d, dtype=torch.float64)).expand(K, d, d),
        )
        # q(z | x) = N(S (W'(x - b) / noise_var + mu / prior_var), S): S diagonal, since W'W is.
        S = 1.0 / ((W**2).sum(0) / noise_var + 1.0 / prior_var)
        head = model.encoder.heads[0]
        head.weight.zero_()
        head.weight[:d] = (W * S / noise_var).T
        head.bias[:d] = S * (mu / prior_var - W.T @ b / noise_var)
        head.bias[d:] = S.log()
        covariance = prior_var * W @ W.T + noise_var * torch.eye(D, dtype=torch.float64)
    return model, MultivariateNormal(W @ mu + b, covariance)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("K", [1, 3])
def test_elbo_of_linear_gaussian_with_exact_posterior_is_the_evidence(K, covariance_type):
    model, evidence = linear_gaussian(K, covariance_type)
    x = rows(4)
    M = 40_000
    with torch.no_grad():
        noise = model.draw_noise(M, 4, torch.Generator().manual_seed(0)).double()
        # one bound a draw: the mean over draws must meet log p(x)
        bounds = torch.stack([model.elbo_at(x, e.unsqueeze(0)).total() for e in noise[:400]])
        whole = model.elbo_at(x, noise).total()
    error = bounds.std(0) / M**0.5
    assert (abs(whole - evidence.log_prob(x)) < 5 * error).all()


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_elbo_with_several_components_is_below_importance_sampled_evidence(covariance_type):
    model = build(K=3, covariance_type=covariance_type)
    x = rows(6)
    M = 100_000
    with torch.no_grad():
        noise = model.draw_noise(M, 6, torch.Generator().manual_seed(0)).double()
        bound = model.elbo_at(x, noise).total()
        # log p(x) = log E_q [ p(x | z) p(z) / q(z | x) ]
        ((mean, log_var),) = model.posterior(x)
        z = mean + (0.5 * log_var).exp() * noise
        log_p_z = (
            model.prior.expected_log_joint(z.flatten(0, 1), torch.zeros_like(z).flatten(0, 1))
            .logsumexp(-1)
            .unflatten(0, (M, 6))
        )
        log_ratio = (
            model.likelihood.log_prob(x, model.decoder(z)) + log_p_z - log_normal(z, mean, log_var)
        )
        evidence = log_ratio.logsumexp(0) - math.log(M)
        weights = (log_ratio - log_ratio.amax(0)).exp()
        error = weights.std(0) / weights.mean(0) / M**0.5  # of the logarithm, first order
    assert (bound < evidence + 5 * error).all()
    assert (bound < evidence).any()


def test_importance_weights_prior_density_equals_torch_mixture():
    prior = build(K=3, covariance_type="full").prior
    z = rows(5, D=2)
    with torch.no_grad():
        mixture = MixtureSameFamily(
            Categorical(logits=prior.logits), MultivariateNormal(prior.means, prior.covariances())
        )
        torch.testing.assert_close(
            prior.expected_log_joint(z, torch.zeros_like(z)).logsumexp(-1), mixture.log_prob(z)
        )


def test_one_component_is_a_vae_with_that_prior():
    model = build(K=1, covariance_type="diag")
    x = rows(4)
    with torch.no_grad():
        bound = model.elbo(x, n_samples=2, generator=torch.Generator().manual_seed(0))
        ((mean, log_var),) = model.posterior(x)
        prior_log_var = model.prior.covariances()[0].diagonal().log()
        kl = kl_normal(mean, log_var, model.prior.means[0], prior_log_var)
    torch.testing.assert_close(bound.conditional_prior, -kl)
    torch.testing.assert_close(bound.cluster_prior, torch.zeros_like(kl))


def test_terms_equal_the_papers_sum_over_components():
    """The sum over components of the paper's section 3.2, written out for a diagonal prior."""
    model = build(K=3, covariance_type="diag")
    x = rows(4)
    with torch.no_grad():
        bound = model.elbo(x, n_samples=1, generator=torch.Generator().manual_seed(0))
        gamma = model.log_resp(x).exp()
        ((mean, log_var),) = model.posterior(x)
        log_pi = model.prior.log_weights()
        prior_log_var = model.prior.covariances().diagonal(dim1=1, dim2=2).log()
        for i in range(4):
            conditional = cluster = 0.0
            for c in range(3):
                kl = kl_normal(mean[i], log_var[i], model.prior.means[c], prior_log_var[c])
                conditional -= gamma[i, c] * kl
                cluster += gamma[i, c] * (log_pi[c] - gamma[i, c].log())
            torch.testing.assert_close(bound.conditional_prior[i], conditional)
            torch.testing.assert_close(bound.cluster_prior[i], cluster)


def test_responsibilities_maximise_the_bound():
    model = build(K=3)
    x = rows(4)
    with torch.no_grad():
        ((mean, log_var),) = model.posterior(x)
        log_joint = model.prior.expected_log_joint(mean, log_var.exp())
        best = model.log_resp(x)

        def prior_terms(log_gamma):
            return (log_gamma.exp() * (log_joint - log_gamma)).sum(-1)

        shift = 0.1 * rows(4, D=3, seed=7)
        other = (best + shift).log_softmax(-1)
        assert (prior_terms(best) > prior_terms(other)).all()


def test_gradient_of_the_total_equals_finite_differences():
    model = build(K=2, D=3, hidden=(4,))
    x = rows(2, D=3)
    noise = model.draw_noise(2, 2, torch.Generator().manual_seed(0)).double()
    names = list(dict(model.named_parameters()))

    def total(*parameters):
        return torch.func.functional_call(
            Bound(model), {f"model.{n}": p for n, p in zip(names, parameters, strict=True)},
            (x, noise),
        )  # fmt: skip

    inputs = [p.detach().clone().requires_grad_() for p in model.parameters()]
    assert torch.autograd.gradcheck(total, inputs)


class Bound(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x, noise):
        return self.model.elbo_at(x, noise).total()


def test_permuting_clusters_permutes_responsibilities_only():
    model = build(K=3)
    x = rows(4)
    with torch.no_grad():
        before = model.log_resp(x)
        bound = model.elbo(x, n_samples=1, generator=torch.Generator().manual_seed(0)).total()
        model.permute(torch.tensor([1, 2, 0]))
        after = model.log_resp(x)
        again = model.elbo(x, n_samples=1, generator=torch.Generator().manual_seed(0)).total()
    torch.testing.assert_close(after, before[:, [1, 2, 0]])
    torch.testing.assert_close(again, bound)


def test_responsibilities_far_from_all_components_are_certain_and_right():
    model = build(K=2, d=2, D=2, covariance_type="spherical")
    with torch.no_grad():
        head = model.encoder.heads[0]
        head.weight.zero_()
        head.weight[:2] = torch.eye(2)
        head.bias.zero_()
        model.prior.set_parameters(
            torch.tensor([0.5, 0.5], dtype=torch.float64),
            torch.tensor([[-1.0, 0.0], [1.0, 0.0]], dtype=torch.float64),
            torch.eye(2, dtype=torch.float64).expand(2, 2, 2),
        )
        x = torch.tensor([[-1e8, 0.0], [1e8, 0.0]], dtype=torch.float64)
        resp = model.log_resp(x).exp()
    torch.testing.assert_close(resp, torch.eye(2, dtype=torch.float64))


def test_model_knows_its_sizes():
    model = build(K=3, d=2)
    assert (model.n_clusters, model.latent_dims) == (3, (2,))
