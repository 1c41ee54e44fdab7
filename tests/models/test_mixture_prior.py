# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The mixture prior against scikit-learn's GaussianMixture and against samples of itself."""

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture
from torch.distributions import MultivariateNormal

from sklearn_gmvae.models import COVARIANCE_TYPES, GaussianMixturePrior

FLOOR = 1e-12


@pytest.fixture(scope="module")
def codes():
    rng = np.random.RandomState(0)
    mix = rng.randn(3, 4, 4)
    return np.concatenate([rng.randn(80, 4) @ mix[k] + 4 * rng.randn(4) for k in range(3)])


def full_covariances(mixture):
    K, d = mixture.means_.shape
    covariances = {
        "full": lambda c: c,
        "tied": lambda c: np.broadcast_to(c, (K, d, d)),
        "diag": lambda c: np.stack([np.diag(v) for v in c]),
        "spherical": lambda c: c[:, None, None] * np.eye(d),
    }[mixture.covariance_type](mixture.covariances_)
    return torch.tensor(np.array(covariances))


def prior_of(mixture):
    K, d = mixture.means_.shape
    prior = GaussianMixturePrior(K, d, mixture.covariance_type, FLOOR).double()
    weights, means = torch.tensor(mixture.weights_), torch.tensor(mixture.means_)
    prior.set_parameters(weights, means, full_covariances(mixture))
    return prior


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_prior_from_gaussian_mixture_reproduces_its_probabilities(codes, covariance_type):
    mixture = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(codes)
    prior = prior_of(mixture)
    z = torch.tensor(codes)
    with torch.no_grad():
        log_joint = prior.expected_log_joint(z, torch.zeros_like(z))
        covariances = prior.covariances().expand(3, -1, -1)
    np.testing.assert_allclose(
        log_joint.softmax(-1), mixture.predict_proba(codes), rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose(
        log_joint.logsumexp(-1), mixture.score_samples(codes), rtol=1e-6, atol=1e-8
    )
    np.testing.assert_allclose(covariances, full_covariances(mixture), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_expected_log_prob_equals_monte_carlo_within_five_standard_errors(codes, covariance_type):
    prior = prior_of(GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(codes))
    mean = torch.tensor(codes[:2])
    var = torch.tensor([[0.3, 1.0, 0.1, 2.0], [1.0, 0.5, 0.2, 0.1]], dtype=torch.float64)
    n = 100_000
    generator = torch.Generator().manual_seed(0)
    eps = torch.randn(n, 2, 4, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        normal = MultivariateNormal(prior.means, prior.covariances().expand(3, -1, -1))
        draws = normal.log_prob((mean + var.sqrt() * eps).unsqueeze(-2))  # (n, 2, K)
        expected = prior.expected_log_prob(mean, var)
    error = draws.std(0) / n**0.5
    assert (abs(draws.mean(0) - expected) < 5 * error).all()


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_sample_moments_equal_parameters(codes, covariance_type):
    prior = prior_of(GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(codes))
    n = 50_000
    with torch.no_grad():
        z = prior.sample(torch.full((n,), 1), torch.Generator().manual_seed(0)).numpy()
        mean, covariance = prior.means[1].numpy(), prior.covariances().expand(3, -1, -1)[1].numpy()
    scale = np.sqrt(np.diag(covariance))
    assert (abs(z.mean(0) - mean) < 5 * scale / np.sqrt(n)).all()
    # Var(sample covariance_ij) = (S_ii S_jj + S_ij^2) / n
    error = np.sqrt((np.outer(scale**2, scale**2) + covariance**2) / n)
    assert (abs(np.cov(z.T) - covariance) < 5 * error).all()


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_gradients_equal_finite_differences(codes, covariance_type):
    prior = prior_of(GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(codes))
    names = list(dict(prior.named_parameters()))

    def log_joint(mean, log_var, *parameters):
        return torch.func.functional_call(
            Joint(prior), {f"prior.{n}": p for n, p in zip(names, parameters, strict=True)},
            (mean, log_var.exp()),
        )  # fmt: skip

    inputs = [torch.tensor(codes[:2]), torch.zeros(2, 4, dtype=torch.float64)]
    inputs += [p.detach().clone() for p in prior.parameters()]
    assert torch.autograd.gradcheck(log_joint, [t.requires_grad_() for t in inputs])


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_covariances_keep_their_type_in_training(codes, covariance_type):
    prior = prior_of(GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(codes))
    z = torch.tensor(codes)
    (-prior.expected_log_prob(z, torch.ones_like(z))[:, 0].mean()).backward()
    with torch.no_grad():
        for parameter in prior.parameters():
            if parameter.grad is not None:
                parameter -= 0.1 * parameter.grad  # for the first component's sake
        covariances = prior.covariances().expand(3, -1, -1)
    diagonals = covariances.diagonal(dim1=1, dim2=2)
    is_tied = torch.allclose(covariances, covariances[:1])
    is_diagonal = torch.allclose(covariances, torch.diag_embed(diagonals), atol=1e-12)
    is_round = is_diagonal and torch.allclose(diagonals, diagonals[:, :1])
    expected = {
        "full": (False, False, False),
        "tied": (True, False, False),
        "diag": (False, True, False),
        "spherical": (False, True, True),
    }
    assert (is_tied, is_diagonal, is_round) == expected[covariance_type]


class Joint(torch.nn.Module):
    def __init__(self, prior):
        super().__init__()
        self.prior = prior

    def forward(self, mean, var):
        return self.prior.expected_log_joint(mean, var)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_permute_moves_components_only(codes, covariance_type):
    prior = prior_of(GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(codes))
    z = torch.tensor(codes)
    with torch.no_grad():
        before = prior.expected_log_joint(z, torch.zeros_like(z))
        prior.permute(torch.tensor([2, 0, 1]))
        after = prior.expected_log_joint(z, torch.zeros_like(z))
    torch.testing.assert_close(after, before[:, [2, 0, 1]])
