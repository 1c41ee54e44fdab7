# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Each likelihood is a distribution: it sums or integrates to 1, and samples have its mean."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from scipy.integrate import quad

from sklearn_gmvae.models.likelihoods import (
    LIKELIHOODS,
    Bernoulli,
    Categorical,
    Gaussian,
    Mixed,
    NegativeBinomial,
    Poisson,
)
from sklearn_gmvae.models.likelihoods._counts import library_sizes
from sklearn_gmvae.models.likelihoods._gaussian import VARIANCE_FLOOR
from sklearn_gmvae.models.likelihoods._negative_binomial import log_gamma_ratio, log_mass

OUTPUTS = torch.tensor([[-2.0, 0.3], [0.0, 4.0]])


def seeded():
    return torch.Generator().manual_seed(0)


def counting(likelihood, library_size=20.0):
    """Likelihoods of counts as training starts them: levels of 3 and 0.5."""
    log_base = torch.tensor([3.0, 0.5]).log()
    centre, scale = torch.tensor([1.0, 0.2]), torch.tensor([0.7, 1.5])
    likelihood.set_statistics(log_base, centre, scale, torch.tensor(library_size))
    return likelihood


def every_likelihood():
    """One of each kind, of rows with two columns or more, with parameters off their start; and
    rows of theirs."""
    rows = torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    gaussian, negative = Gaussian(2), counting(NegativeBinomial(2))
    with torch.no_grad():
        gaussian.raw_log_var.copy_(torch.tensor([-1.0, 0.3]))
        negative.raw_log_dispersion.copy_(torch.tensor([-0.7, 0.4]))
    counts = torch.tensor([[0.0, 3.0], [7.0, 0.0], [120.0, 1.0]])
    one_hot = torch.tensor([[1, 0, 0, 1, 0], [0, 1, 0, 0, 1], [0, 1, 1, 0, 0.0]])
    unknown = torch.tensor([[1, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 1, 1, 0, 0.0]])
    mixed = Mixed([Categorical((2, 3)), gaussian, negative])
    return [
        (Bernoulli(2), rows),
        (gaussian, rows),
        (counting(Poisson(2)), counts),
        (negative, counts),
        (Categorical((2, 3)), one_hot),
        (Categorical((2, 3)), unknown),
        (mixed, torch.cat([one_hot, rows, counts], -1)),
    ]


EVERY = every_likelihood()
IDS = [likelihood.name for likelihood, _ in EVERY]


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


def test_poisson_masses_sum_to_one():
    likelihood = counting(Poisson(2))
    for output in OUTPUTS:
        rate = likelihood.mean(output)
        counts = torch.arange(float(rate.max() + 20 * rate.max().sqrt() + 20)).unsqueeze(-1)
        masses = likelihood.log_prob_entries(counts.expand(-1, 2), output).double().exp()
        # float32: x log rate and log x! are each rounded
        torch.testing.assert_close(masses.sum(0), torch.ones(2).double(), rtol=1e-4, atol=0)


@pytest.mark.parametrize("dispersion", [0.01, 0.5, 3.0])
def test_negative_binomial_masses_sum_to_one_and_have_its_moments(dispersion):
    counts = torch.arange(20_000.0).double()
    for mean in (0.1, 4.0, 60.0):
        log_mean, log_dispersion = torch.tensor([mean, dispersion]).double().log()
        mass = log_mass(counts, log_mean, log_dispersion).exp()
        assert mass.sum().item() == pytest.approx(1.0, abs=1e-7)  # of Stirling's series
        assert (mass * counts).sum().item() == pytest.approx(mean, rel=1e-6)
        variance = (mass * (counts - mean) ** 2).sum().item()
        assert variance == pytest.approx(mean + dispersion * mean**2, rel=1e-6)


def test_categorical_masses_sum_to_one_over_all_rows():
    likelihood, output = Categorical((2, 3)), torch.randn(4, 5, generator=seeded())
    rows = [
        torch.cat([torch.eye(2)[i], torch.eye(3)[j]])
        for i, j in itertools.product(range(2), range(3))
    ]
    total = sum(likelihood.log_prob(row, output).exp() for row in rows)
    torch.testing.assert_close(total, torch.ones(4))


def test_categorical_blocks_of_any_order_of_sizes_are_normalised_one_by_one():
    sizes = (3, 1, 2, 3)
    likelihood, output = Categorical(sizes), torch.randn(2, 4, 9, generator=seeded())
    expected = [block.softmax(-1) for block in output.split(sizes, -1)]
    torch.testing.assert_close(likelihood.mean(output), torch.cat(expected, -1))


def test_an_unknown_category_says_nothing():
    likelihood, output = Categorical((2, 3)), torch.randn(5, generator=seeded())
    known = torch.tensor([0, 1.0])
    only = Categorical(2).log_prob(known, output[:2])
    row = torch.cat([known, torch.zeros(3)])
    torch.testing.assert_close(likelihood.log_prob(row, output), only)


@pytest.mark.parametrize(("likelihood", "x"), EVERY, ids=IDS)
def test_entries_add_up_to_the_row_and_broadcast_over_samples(likelihood, x):
    output = torch.randn(4, *x.shape, generator=seeded())
    entries = likelihood.log_prob_entries(x, output)
    assert entries.shape == output.shape
    torch.testing.assert_close(entries.sum(-1), likelihood.log_prob(x, output))
    one = likelihood.log_prob(x, output[2])
    torch.testing.assert_close(likelihood.log_prob(x, output)[2], one)


@pytest.mark.parametrize(("likelihood", "x"), EVERY, ids=IDS)
def test_gradients_equal_finite_differences(likelihood, x):
    # In double, of the output and of the likelihood's own parameters.
    likelihood = copy.deepcopy(likelihood).double()
    x = x.double()
    output = torch.randn(2, *x.shape, generator=seeded()).double().requires_grad_()
    parameters = dict(likelihood.named_parameters())

    def log_prob(output, *values):
        given = dict(zip(parameters, values, strict=True))
        return torch.func.functional_call(AsModule(likelihood), prefixed(given), (x, output))

    assert torch.autograd.gradcheck(log_prob, (output, *parameters.values()))


class AsModule(torch.nn.Module):
    """`functional_call` calls forward."""

    def __init__(self, likelihood):
        super().__init__()
        self.likelihood = likelihood

    def forward(self, x, output):
        return self.likelihood.log_prob(x, output)


def prefixed(parameters):
    return {f"likelihood.{name}": value for name, value in parameters.items()}


@pytest.mark.parametrize(("likelihood", "x"), EVERY, ids=IDS)
def test_samples_have_the_means_and_variances_of_the_law(likelihood, x):
    n = 20_000
    output = torch.randn(x.shape[-1], generator=seeded()).expand(n, -1)
    with torch.no_grad():
        draws = likelihood.sample(output, seeded()).double()
        mean = likelihood.mean(output)[0].double()
        if likelihood.name == "mixed":
            return  # its parts are tested by themselves
        variance = variance_of(likelihood, mean)
    assert (abs(draws.mean(0) - mean) < 5 * (variance / n).sqrt()).all()
    # Of a sample variance the standard error is sqrt((kurtosis - 1) / n) of it.
    deviation = (draws - mean) / variance.sqrt()
    error = ((deviation**4).mean(0) - 1).sqrt() / n**0.5
    assert (abs(draws.var(0) / variance - 1) < 5 * error).all()


def variance_of(likelihood, mean):
    if likelihood.name == "gaussian":
        return likelihood.log_var().exp().double()
    if likelihood.name == "poisson":
        return mean
    if likelihood.name == "negative_binomial":
        return mean + likelihood.log_dispersion().exp().double() * mean**2
    return mean * (1 - mean)


@pytest.mark.parametrize(("likelihood", "x"), EVERY, ids=IDS)
def test_samples_are_the_generators_and_nobody_elses(likelihood, x):
    output, state = torch.randn(200, x.shape[-1], generator=seeded()), torch.get_rng_state()
    with torch.no_grad():
        first, second = (likelihood.sample(output, seeded()) for _ in range(2))
        other = likelihood.sample(output, torch.Generator().manual_seed(1))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(("likelihood", "x"), EVERY, ids=IDS)
def test_samples_keep_the_shape_of_outputs_with_more_axes(likelihood, x):
    output = torch.randn(2, 3, x.shape[-1], generator=seeded())
    with torch.no_grad():
        draws = likelihood.sample(output, seeded())
        log_prob = likelihood.log_prob(draws, output)
    assert draws.shape == output.shape
    assert log_prob.isfinite().all()


def test_categories_that_are_never_drawn_keep_their_place():
    output = torch.tensor([0.0, 50.0, 0.0]).expand(5, 3)  # the last of a block is never drawn
    draws = Categorical(3).sample(output, seeded())
    assert torch.equal(draws, torch.tensor([0.0, 1.0, 0.0]).expand(5, 3))


def test_mixed_answers_part_by_part():
    mixed, x = EVERY[-1]
    output = torch.randn(4, *x.shape, generator=seeded())
    missing = torch.rand(x.shape, generator=seeded()) < 0.4
    missing = mixed.whole_variables(missing)
    holey, guess = x.masked_fill(missing, math.nan), mixed.mean(output[0, 0])

    def parts(*tensors):
        split = [tensor.split(mixed.widths, -1) for tensor in tensors]
        return zip(mixed.parts, *split, strict=True)

    with torch.no_grad():
        for found, expected in (
            (mixed.mean(output), [part.mean(o) for part, o in parts(output)]),
            (mixed.encoder_input(x), [part.encoder_input(a) for part, a in parts(x)]),
            (
                mixed.filled(holey, missing, guess),
                [part.filled(*given) for part, *given in parts(holey, missing, guess)],
            ),
            (
                mixed.whole_variables(missing[None]),
                [part.whole_variables(m) for part, m in parts(missing[None])],
            ),
        ):
            assert torch.equal(found, torch.cat(expected, -1))
    assert missing.any()


def test_what_a_likelihood_can_rebuild_is_not_in_its_state():
    assert not Categorical((2, 3)).state_dict()
    statistics = {"log_base", "centre", "scale", "library_size"}
    assert set(Poisson(2).state_dict()) == statistics
    assert set(NegativeBinomial(2).state_dict()) == {*statistics, "raw_log_dispersion"}


def test_mixed_is_the_sum_of_its_parts():
    mixed, x = EVERY[-1]
    output = torch.randn(x.shape, generator=seeded())
    parts = zip(mixed.parts, x.split(mixed.widths, -1), output.split(mixed.widths, -1), strict=True)
    total = sum(part.log_prob(own, o) for part, own, o in parts)
    torch.testing.assert_close(mixed.log_prob(x, output), total)


def test_negative_binomial_of_a_row_is_scipys():
    likelihood = EVERY[3][0]
    x, output = EVERY[3][1], torch.tensor([0.4, -1.0])
    shares = torch.softmax(likelihood.log_base + output, -1)
    means = x.sum(-1, keepdim=True) * shares
    r = (-likelihood.log_dispersion()).exp().detach().numpy()
    expected = stats.nbinom.logpmf(x, r, r / (r + means.numpy()))
    found = likelihood.log_prob_entries(x, output).detach()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("r", [1e-4, 0.01, 0.5, 1.0, 3.7, 1e3, 1e6])
def test_log_gamma_ratio_keeps_float32s_digits_for_any_dispersion(r):
    x = torch.tensor([0.0, 1.0, 2.0, 5.0, 10.0, 100.0, 1e4, 1e6])
    expected = special.gammaln(x.double().numpy() + r) - special.gammaln(r)
    found = log_gamma_ratio(x, torch.tensor(r)).numpy()
    # A few roundings of each of the terms, none of which is larger than the result.
    np.testing.assert_allclose(found, expected, rtol=8 * np.finfo(np.float32).eps, atol=1e-6)


def test_log_gamma_ratio_is_as_near_as_three_terms_of_stirlings_series():
    # What they leave of log Gamma(t), t >= 4, is 1 / (1680 t^7) at most, and here twice that.
    x, r = torch.tensor([0.5, 3.0, 40.0, 1e3]).double(), torch.tensor([0.01, 1.0, 7.0]).double()
    found = log_gamma_ratio(x[:, None], r)
    expected = torch.from_numpy(
        special.gammaln(np.add.outer(x.numpy(), r.numpy())) - special.gammaln(r.numpy())
    )
    assert (abs(found - expected) < 2 / (1680 * (r + 4) ** 7)).all()


def test_negative_binomial_without_dispersion_is_poissons():
    x, rate = torch.tensor([0.0, 1.0, 4.0, 30.0]), torch.tensor(5.0)
    nearly = log_mass(x, rate.log(), torch.tensor(1e-6).log())
    exactly = torch.distributions.Poisson(rate).log_prob(x)
    # To first order in the dispersion: ((x - rate)^2 - x) / 2 of it.
    np.testing.assert_allclose(nearly, exactly, atol=1e-6 * 400 + 1e-4)


@given(
    x=st.integers(0, 10**9),
    output=st.floats(-1e4, 1e4),
    raw=st.floats(-50, 20),
)
@settings(max_examples=100, deadline=None)
def test_counts_any_output_is_finite_with_finite_gradients(x, output, raw):
    row = torch.tensor([[float(x), 1.0]])
    for likelihood in (counting(Poisson(2)), counting(NegativeBinomial(2))):
        outputs = torch.tensor([[output, 0.0]], requires_grad=True)
        if likelihood.name == "negative_binomial":
            with torch.no_grad():
                likelihood.raw_log_dispersion.fill_(raw)
        log_prob = likelihood.log_prob(row, outputs)
        log_prob.sum().backward()
        assert torch.isfinite(log_prob).all()
        assert torch.isfinite(outputs.grad).all()
        assert torch.isfinite(likelihood.encoder_input(row)).all()


def test_counts_encoder_does_not_see_a_relative_rows_sum():
    likelihood = counting(NegativeBinomial(2))
    row = torch.tensor([[4.0, 8.0]])
    torch.testing.assert_close(likelihood.encoder_input(row), likelihood.encoder_input(10 * row))
    likelihood = counting(Poisson(2))
    assert not torch.allclose(likelihood.encoder_input(row), likelihood.encoder_input(10 * row))


def test_counts_encoder_sees_standardised_logarithms():
    row = torch.tensor([[4.0, 8.0]])
    seen = [
        (math.log1p(count) - centre) / scale
        for count, centre, scale in zip((4, 8), (1.0, 0.2), (0.7, 1.5), strict=True)
    ]
    torch.testing.assert_close(counting(Poisson(2)).encoder_input(row), torch.tensor([seen]))
    # of relative counts, those of a row of the typical sum
    found = counting(NegativeBinomial(2), library_size=12.0).encoder_input(row / 2)
    torch.testing.assert_close(found, torch.tensor([seen]))


def test_sum_of_a_row_is_at_least_one():
    rows = torch.tensor([[0.0, 0.0], [1.0, 0.0], [math.nan, 3.0], [2.0, 5.0]])
    assert library_sizes(rows).flatten().tolist() == [1.0, 1.0, 3.0, 7.0]


def test_counts_mean_without_a_row_is_of_a_typical_one():
    likelihood = counting(NegativeBinomial(2), library_size=50.0)
    assert likelihood.mean(torch.zeros(2)).sum().item() == pytest.approx(50.0)
    likelihood = counting(Poisson(2))
    torch.testing.assert_close(likelihood.mean(torch.zeros(2)), torch.tensor([3.0, 0.5]))
    # Far beyond, rates grow linearly: e^10 (1 + 90) of the level.
    far = likelihood.mean(torch.tensor([100.0, 0.0]))[0].item()
    assert far == pytest.approx(3 * math.exp(10) * 91, rel=1e-4)


def test_sample_mean_equals_mean_within_five_standard_errors():
    n = 40_000
    for likelihood_class in LIKELIHOODS.values():
        likelihood = likelihood_class(2)
        outputs = OUTPUTS[0].expand(n, 2)
        with torch.no_grad():
            draws = likelihood.sample(outputs, torch.Generator().manual_seed(0))
            mean = likelihood.mean(outputs)[0]
        assert draws.shape == outputs.shape
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


@pytest.mark.parametrize("in_mixture", [False, True])
def test_shared_scale_teaches_the_decoder_and_each_features_own_is_learned_beside_it(in_mixture):
    variances, residual = torch.tensor([0.5, 8.0]), torch.tensor([[3.0, 1.0]])
    gaussian = Gaussian(2)
    with torch.no_grad():
        gaussian.raw_log_var.copy_((variances - VARIANCE_FLOOR).log())
    whole = Mixed([gaussian, Bernoulli(1)]) if in_mixture else gaussian
    x = torch.cat([residual, torch.ones(1, 1)], -1)[:, : whole.n_features]

    def learned(shares, training=True):
        whole.share_scale(shares)
        whole.train(training)
        output = torch.zeros_like(x, requires_grad=True)
        value = whole.log_prob(x, output)
        return value, *torch.autograd.grad(value.sum(), [output, gaussian.raw_log_var])

    value, of_output, of_scales = learned(True)
    own_value, _, own_of_scales = learned(False)
    shared = torch.distributions.Normal(0.0, variances.mean().sqrt())
    rest = -math.log(2.0) * in_mixture  # a Bernoulli of one half
    torch.testing.assert_close(value, shared.log_prob(residual).sum(-1) + rest)
    torch.testing.assert_close(of_output[:, :2], residual / variances.mean())
    torch.testing.assert_close(of_scales, own_of_scales)
    torch.testing.assert_close(learned(True, training=False)[0], own_value)
