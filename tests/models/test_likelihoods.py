# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Each likelihood is a distribution: it sums or integrates to 1, and samples have its mean."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from sklearn_gmvae.models.likelihoods import LIKELIHOODS, Bernoulli, Gaussian

OUTPUTS = torch.tensor([[-2.0, 0.3], [0.0, 4.0]])


def test_bernoulli_masses_sum_to_one():
    total = sum(
        Bernoulli(1).log_prob(torch.tensor([[x]]), OUTPUTS[:, :1]).exp() for x in (0.0, 1.0)
    )
    torch.testing.assert_close(total, torch.ones(2))


def test_gaussian_density_integrates_to_one():
    likelihood = Gaussian(1)
    with torch.no_grad():
        likelihood.raw_log_var.fill_(-1.0)

        def density(x):
            return likelihood.log_prob(torch.tensor([[x]]), OUTPUTS[:1, :1]).exp().item()

        assert abs(quad(density, -15, 11)[0] - 1) < 1e-4  # the density is float32


def test_sample_mean_equals_mean_within_five_standard_errors():
    n = 40_000
    for likelihood_class in LIKELIHOODS.values():
        likelihood = likelihood_class(2)
        outputs = OUTPUTS[0].expand(n, 2)
        with torch.no_grad():
            draws = likelihood.sample(outputs, torch.Generator().manual_seed(0))
            mean = likelihood.mean(outputs)[0]
        assert (abs(draws.mean(0) - mean) < 5 * draws.std(0) / n**0.5).all(), likelihood.name


@given(x=st.floats(0, 1), output=st.floats(-1e4, 1e4))
def test_bernoulli_any_output_is_finite_and_not_positive(x, output):
    log_prob = Bernoulli(1).log_prob(torch.tensor([[x]]), torch.tensor([[output]]))
    assert torch.isfinite(log_prob).all()
    # float32: x * output and softplus(output) are each rounded
    assert log_prob.item() <= 1e-6 * abs(output)


def test_gaussian_scale_has_a_floor():
    likelihood = Gaussian(1)
    with torch.no_grad():
        likelihood.raw_log_var.fill_(-1e6)
        log_prob = likelihood.log_prob(torch.zeros(1, 1), torch.zeros(1, 1))
    assert np.isfinite(log_prob.item())
