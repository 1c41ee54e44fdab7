# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Missing entries in the models: what is left out, and what it is expected to be."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal

from sklearn_gmvae.models import GMVAE, VaDE, _base
from sklearn_gmvae.models._row_gaussian import RowGaussian
from sklearn_gmvae.models.likelihoods import LIKELIHOODS, Categorical, Mixed
from sklearn_gmvae.models.likelihoods._gaussian import VARIANCE_FLOOR
from sklearn_gmvae.training._row_gaussian import RIDGE

NAN = float("nan")
HOLES = torch.tensor(
    [
        [False, False, False, False, False],
        [True, False, False, False, False],
        [False, True, False, True, False],
        [True, True, True, True, False],
    ]
)


def generator(seed):
    return torch.Generator().manual_seed(seed)


def build(model_class=VaDE, **changes):
    extra = (
        {"covariance_type": "full"}
        if model_class is VaDE
        else {"style_dim": 2, "prior_width": 8, "min_information": 0.0}
    )
    settings = {
        "n_features": 5, "n_clusters": 3, "latent_dim": 2, "hidden": (16,), "activation": "tanh",
        "likelihood": "gaussian", "variance_floor": 1e-6, "generator": generator(0),
    }  # fmt: skip
    model = model_class(**{**settings, **extra, **changes})
    with torch.no_grad():
        for parameter in model.prior.parameters():
            parameter += 0.7 * torch.randn(parameter.shape, generator=generator(1))
    return model.eval()


def rows(n, D=5, seed=1):
    return torch.randn(n, D, generator=generator(seed))


def row_gaussian(D=5, seed=5):
    """One as training finds it, with its mean and covariance in double."""
    factor = rows(D, D, seed).double()
    covariance = factor @ factor.T
    covariance += RIDGE * covariance.diagonal().mean() * torch.eye(D)
    mean = rows(1, D, seed + 1)[0].double()
    found = RowGaussian(D)
    found.set_statistics(mean, torch.linalg.inv(covariance))
    return found, mean, covariance


def exact_linear_gaussian():
    """One component, x = W z + b + noise with orthogonal columns, the exact posterior, in double;
    and mean and covariance of x."""
    model = build(n_clusters=1, hidden=(), variance_floor=1e-10).double()
    D, d, noise_var, prior_var = 5, 2, 0.5, 0.8
    with torch.no_grad():
        model.likelihood.raw_log_var.fill_(math.log(noise_var - VARIANCE_FLOOR))
        W = torch.linalg.qr(rows(D, d, seed=3).double())[0] * torch.tensor([2.0, 0.7])
        b, mu = rows(1, D, seed=4)[0].double(), torch.tensor([0.5, -1.0], dtype=torch.float64)
        model.decoder.head.weight.copy_(W)
        model.decoder.head.bias.copy_(b)
        identity = torch.eye(d, dtype=torch.float64)
        model.prior.set_parameters(mu.new_ones(1), mu[None], prior_var * identity[None])
        # q(z | x) = N(S (W'(x - b) / noise_var + mu / prior_var), S): S diagonal, since W'W is.
        S = 1.0 / ((W**2).sum(0) / noise_var + 1.0 / prior_var)
        head = model.encoder.heads[0]
        head.weight.zero_()
        head.weight[:d] = (W * S / noise_var).T
        head.bias[:d] = S * (mu / prior_var - W.T @ b / noise_var)
        head.bias[d:] = S.log()
        covariance = prior_var * W @ W.T + noise_var * torch.eye(D, dtype=torch.float64)
    return model, W @ mu + b, covariance


@pytest.mark.parametrize("name", [name for name in LIKELIHOODS if name != "categorical"])
def test_likelihood_of_observed_entries_is_that_of_a_row_of_them(name):
    likelihood = LIKELIHOODS[name](5)
    x = torch.randint(0, 2, (4, 5), generator=generator(0)).float()
    output = rows(4).requires_grad_()
    observed = likelihood.log_prob_observed(x.masked_fill(HOLES, NAN), output, HOLES)
    for i, there in enumerate(~HOLES):
        alone = LIKELIHOODS[name](int(there.sum()))
        torch.testing.assert_close(observed[i], alone.log_prob(x[i, there], output[i, there]))
    observed.sum().backward()
    assert output.grad.isfinite().all()
    assert (output.grad[HOLES] == 0).all()


def test_missing_categories_and_parts_with_holes_are_left_out():
    mixed = Mixed(
        [Categorical((2, 3)), LIKELIHOODS["negative_binomial"](4), LIKELIHOODS["gaussian"](2)]
    )
    missing = torch.zeros(1, 11, dtype=torch.bool)
    missing[0, [2, 3, 4, 6, 10]] = True  # the second variable, a count and a number
    x = torch.tensor([[0, 1, 1, 0, 0, 3, 1, 0, 7, 0.5, -0.5]])
    output = rows(1, 11).requires_grad_()
    observed = mixed.log_prob_observed(x.masked_fill(missing, NAN), output, missing)
    there = ~missing[0]
    alone = Mixed([Categorical(2), LIKELIHOODS["negative_binomial"](3), LIKELIHOODS["gaussian"](1)])
    torch.testing.assert_close(observed, alone.log_prob(x[:, there], output[:, there]))
    observed.sum().backward()
    assert (output.grad[missing] == 0).all()
    chosen = torch.tensor([[True, False, False, True, True] + 6 * [False]])
    whole = mixed.whole_variables(chosen)[0].tolist()
    assert whole == [True, True] + 9 * [False]


def test_counts_are_filled_in_proportion_to_those_that_are_there():
    counts = LIKELIHOODS["negative_binomial"](3)
    x = torch.tensor([[20.0, NAN, 40.0], [3.0, 9.0, NAN], [NAN, NAN, NAN]])
    guess = torch.tensor([1.0, 3.0, 2.0])
    expected = torch.tensor([[20.0, 60.0, 40.0], [3.0, 9.0, 6.0], [1.0, 3.0, 2.0]])
    torch.testing.assert_close(counts.filled(x, x.isnan(), guess), expected)
    # also where the typical row has less than one count
    expected[2] *= 1e-3
    torch.testing.assert_close(counts.filled(x, x.isnan(), 1e-3 * guess), expected)


@pytest.mark.parametrize("model_class", [VaDE, GMVAE])
@pytest.mark.parametrize("mask_input", [False, True])
def test_training_on_holes_has_finite_gradients(model_class, mask_input):
    model = build(model_class, mask_input=mask_input).train()
    model.may_miss = True
    x = rows(4).masked_fill(HOLES, NAN)
    bound = model.elbo(x, n_samples=2, generator=generator(2))
    assert bound.total().isfinite().all()
    model.objective(bound).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("model_class", [VaDE, GMVAE])
@pytest.mark.parametrize("mask_input", [False, True])
def test_whole_rows_answer_the_same_bits_beside_rows_with_holes(model_class, mask_input):
    model = build(model_class, mask_input=mask_input, fill_input=True)
    if mask_input:
        model.row_gaussian.load_state_dict(row_gaussian()[0].state_dict())
    whole = rows(4)
    holey = torch.where(torch.tensor([[False], [True], [True], [True]]) & HOLES, NAN, whole)
    noise = model.draw_noise(3, 1, generator(0))
    with torch.no_grad():
        for answer in (
            model.log_resp, model.encode, model.features,
            lambda x: model.elbo_at(x, noise).total(), lambda x: model.impute(x, noise),
        ):  # fmt: skip
            assert torch.equal(answer(whole)[0], answer(holey)[0])


def test_bound_of_observed_entries_is_below_their_evidence():
    model, mean, covariance = exact_linear_gaussian()
    x = rows(4).double()
    M = 20_000
    noise = model.draw_noise(M, 4, generator(0)).double()
    with torch.no_grad():
        bounds = torch.stack(
            [model.elbo_at(x.masked_fill(HOLES, NAN), e[None]).total() for e in noise[:400]]
        )
        bound = model.elbo_at(x.masked_fill(HOLES, NAN), noise).total()
    error = bounds.std(0) / M**0.5
    for i, hole in enumerate(HOLES):
        o = ~hole
        evidence = MultivariateNormal(mean[o], covariance[o][:, o]).log_prob(x[i, o])
        assert bound[i] <= evidence + 5 * error[i]
        if o.all():
            assert abs(bound[i] - evidence) < 5 * error[i]


def test_filling_finds_the_conditional_expectation_of_a_linear_gaussian(monkeypatch):
    """Filling in turn with E[z | x] and E[x | z] has its fixed point there."""
    monkeypatch.setattr(_base, "FILLING_ROUNDS", 400)
    model, mean, covariance = exact_linear_gaussian()
    x = rows(4).double()
    noise = model.draw_noise(4, 1, generator(0)).double()
    with torch.no_grad():
        # of pairs e, -e the mean is that of the linear decoder
        imputed = model.impute(x.masked_fill(HOLES, NAN), torch.cat([noise, -noise]))
    for i, hole in enumerate(HOLES):
        o = ~hole
        gain = covariance[hole][:, o] @ torch.linalg.inv(covariance[o][:, o])
        expected = mean[hole] + gain @ (x[i, o] - mean[o])
        torch.testing.assert_close(imputed[i, hole], expected, atol=1e-5, rtol=1e-5)
        assert torch.equal(imputed[i, o], x[i, o])


def conditional_expectation(x, missing, mean, covariance):
    """Of the missing entries of one row, by the formula."""
    o = ~missing
    gain = covariance[missing][:, o] @ torch.linalg.inv(covariance[o][:, o])
    return mean[missing] + gain @ (x[o].double() - mean[o])


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e8])
def test_row_gaussian_fills_with_its_conditional_expectation(size):
    gaussian, mean, covariance = row_gaussian()
    x = size * rows(4)
    filled = gaussian.filled(x.masked_fill(HOLES, 0.0), HOLES)
    for i, hole in enumerate(HOLES):
        expected = conditional_expectation(x[i], hole, mean, covariance)
        torch.testing.assert_close(
            filled[i, hole].double(), expected, rtol=1e-4, atol=1e-4 * max(size, 1.0)
        )
        assert torch.equal(filled[i, ~hole], x[i, ~hole])
    nothing = torch.ones_like(HOLES)
    torch.testing.assert_close(gaussian.filled(x, nothing)[0].double(), mean)


def test_row_gaussian_needs_few_steps_where_half_of_many_entries_are_missing():
    gaussian, mean, covariance = row_gaussian(64)
    x = (mean + rows(50, 64) @ torch.linalg.cholesky(covariance).float().T).float()
    missing = torch.rand(x.shape, generator=generator(7)) < 0.5
    filled = gaussian.filled(x.masked_fill(missing, 0.0), missing)
    for i, hole in enumerate(missing):
        expected = conditional_expectation(x[i], hole, mean, covariance)
        error = (filled[i, hole] - expected).norm() / (expected - mean[hole]).norm()
        assert error < 0.1


@pytest.mark.parametrize("model_class", [VaDE, GMVAE])
def test_encoder_sees_what_the_row_gaussian_expects_of_missing_and_hidden_entries(model_class):
    model = build(model_class, mask_input=True, fill_input=True)
    gaussian, mean, covariance = row_gaussian()
    model.row_gaussian.load_state_dict(gaussian.state_dict())
    x, hidden = rows(4), HOLES.roll(1, 0)
    seen = model.encoder_input(x.masked_fill(HOLES, NAN), hidden)
    unknown = HOLES | hidden
    assert torch.equal(seen[:, 5:] == 1.0, unknown)
    for i, hole in enumerate(unknown):
        expected = conditional_expectation(x[i], hole, mean, covariance)
        torch.testing.assert_close(seen[i, :5][hole].double(), expected, rtol=1e-4, atol=1e-4)
    # Trained, it stays what it was: statistics of X, no parameters.
    assert not any("row_gaussian" in name for name, _ in model.named_parameters())
    model.train()
    bound = model.elbo(x.masked_fill(HOLES, NAN), n_samples=1, generator=generator(2))
    model.objective(bound).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("model_class", [VaDE, GMVAE])
def test_row_without_any_entry_gets_the_prior(model_class):
    model = build(model_class)
    x = torch.full((2, 5), NAN)
    x[1, 0] = 1.0
    with torch.no_grad():
        torch.testing.assert_close(model.log_resp(x)[0], model.log_weights())
        assert not torch.allclose(model.log_resp(x)[1], model.log_weights())
        imputed = model.impute(x, model.draw_noise(4, 1, generator(0)))
        torch.testing.assert_close(imputed[0], model.expected_row())
    assert imputed.isfinite().all()


def test_mask_of_pictures_has_their_channels_and_places():
    model = build(
        n_features=2 * 4 * 4, hidden=((4, 3, 2), 8), network="conv", image_shape=(2, 4, 4),
        mask_input=True,
    )  # fmt: skip
    x = torch.zeros(1, 32)
    x[0, 16 + 4 * 2 + 3] = NAN  # channel 1, row 2, column 3
    seen = model.encoder.trunk[0](model.encoder_input(x))
    assert seen.shape == (1, 4, 4, 4)
    assert seen.nonzero().tolist() == [[0, 3, 2, 3]]
