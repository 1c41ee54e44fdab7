# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What both models share: the plain VAE, the objective, answers about codes, draws."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from sklearn_gmvae.models import ELBO, GMVAE, LIKELIHOODS, VaDE
from sklearn_gmvae.models._build import build_likelihood

D, d, K = 5, 2, 3


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, generator=seeded(seed))


def build(model_class, **changes):
    extra = (
        {"covariance_type": "full"}
        if model_class is VaDE
        else {"style_dim": 1, "prior_width": 8, "min_information": 0.0}
    )
    settings = {
        "n_features": D, "n_clusters": K, "latent_dim": d, "hidden": (7,), "activation": "tanh",
        "likelihood": "gaussian", "variance_floor": 1e-6, "generator": seeded(),
    }  # fmt: skip
    model = model_class(**{**settings, **extra, **changes})
    with torch.no_grad():
        for parameter in model.prior.parameters():
            parameter += 0.7 * normal(*parameter.shape, seed=1)
    return model


both = pytest.mark.parametrize("model_class", [VaDE, GMVAE])


@both
def test_plain_vaes_bound_is_reconstruction_less_kl_from_a_standard_normal(model_class):
    model, x, M = build(model_class).double(), normal(4, D).double(), 2
    noise = model.draw_noise(M, 4, seeded(2)).double()
    with torch.no_grad():
        bound = model.autoencoder_elbo_at(x, noise)
        mean, log_var = model.posterior(x)[0]
        scale = model.likelihood.log_var().exp().sqrt().numpy()
        rows = torch.stack([model.decode(mean + (log_var / 2).exp() * e[:, :d]) for e in noise])
    expected = norm.logpdf(x.numpy(), rows.numpy(), scale).sum(-1).mean(0)
    np.testing.assert_allclose(bound.reconstruction, expected, rtol=1e-10)
    kl = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, (log_var / 2).exp()), torch.distributions.Normal(0.0, 1.0)
    )
    np.testing.assert_allclose(bound.conditional_prior, -kl.sum(-1), rtol=1e-10)
    assert (bound.cluster_prior == 0).all()
    assert bound.cluster_prior.shape == (4,)
    assert set(bound.terms()) == {"reconstruction", "conditional_prior", "cluster_prior"}


@both
@pytest.mark.parametrize("bound", ["elbo_at", "autoencoder_elbo_at"])
def test_what_the_draws_hide_is_missing_for_the_encoder_and_counts_for_the_bound(
    model_class, bound
):
    model, x = build(model_class, mask_input=True).train(), normal(6, D)
    noise = model.draw_noise(1, 6, seeded(2))
    hidden = noise[0, :, sum(model.latent_dims) :] < model._hidden_below
    assert 0 < hidden.sum() < hidden.numel()
    with torch.no_grad():
        terms = getattr(model, bound)(x, noise)
        mean, log_var = model.posterior(x.masked_fill(hidden, math.nan))[0]
        z = mean + (0.5 * log_var).exp() * noise[0, :, :d]
        expected = model.likelihood.log_prob(x, model.decoder(z))
    torch.testing.assert_close(terms.reconstruction, expected)


@both
@pytest.mark.parametrize(("n_features", "share"), [(D, 0.2), (15, 0.2), (60, 0.05)])
def test_an_encoder_that_sees_the_mask_learns_with_some_of_the_entries_hidden(
    model_class, n_features, share
):
    model = build(model_class, mask_input=True, n_features=n_features)
    noise = model.draw_noise(1, 10_000, seeded())
    # five standard errors of a share of 10,000 x D draws
    error = 5 * math.sqrt(share * (1 - share) / (10_000 * n_features))
    assert model.hidden(noise).float().mean().item() == pytest.approx(share, abs=error)
    assert model.eval().hidden(model.draw_noise(1, 2, seeded())) is None
    assert build(model_class).train().hidden(noise[..., : sum(model.latent_dims)]) is None


def terms(n=6, style=True):
    log_resp = normal(n, K, seed=9).log_softmax(-1)
    return ELBO(
        *(normal(n, seed=i) for i in range(3)), normal(n, seed=3) if style else None, log_resp
    )


@both
def test_objective_weighs_the_prior_terms_and_holds_rows_to_their_anchors(model_class):
    model, elbo, anchor = build(model_class), terms(), torch.tensor([0, 2, 1, 1, 0, 2])
    prior = elbo.conditional_prior.mean() + elbo.style_prior.mean() + model.cluster_term(elbo)
    reconstruction = elbo.reconstruction.mean()
    torch.testing.assert_close(model.objective(elbo), reconstruction + prior)
    torch.testing.assert_close(model.objective(elbo, 0.3), reconstruction + 0.3 * prior)
    # given a cluster for each row, its KL divergence from q(k | x)
    kl = -elbo.log_resp[torch.arange(6), anchor].mean()
    held = model.objective(elbo, 0.3, anchor, 2.0)
    torch.testing.assert_close(held, reconstruction + 0.3 * (prior - 2.0 * kl))
    torch.testing.assert_close(model.objective(elbo, anchor=anchor), reconstruction + prior)


def test_anchors_of_a_plain_vae_are_refused():
    elbo = ELBO(*(normal(4, seed=i) for i in range(3)))
    with pytest.raises(AssertionError, match="no clusters"):
        build(VaDE).objective(elbo, 1.0, torch.zeros(4, dtype=torch.int64), 1.0)


@both
@pytest.mark.parametrize("between", [None, 0.5, 2.0])
def test_gradients_of_a_batchs_halves_average_to_the_whole_batchs(model_class, between):
    model, x = build(model_class).double(), 2 * normal(8, D).double()
    noise = model.draw_noise(1, 8, seeded(2)).double()
    information = -model.elbo_at(x, noise).cluster_prior.detach()
    mean, larger = information.mean(), max(information[:4].mean(), information[4:].mean())
    assert larger > mean
    # lambda: none; such that one half, but not the batch, is beyond it; beyond all.
    model.min_information = 0.0 if between is None else float(mean + between * (larger - mean))
    elbo = model.elbo_at(x, noise)
    model.objective(elbo).backward()
    whole = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad(set_to_none=True)
    total = 0.0
    for half in (slice(0, 4), slice(4, 8)):
        part = model.objective(model.elbo_at(x[half], noise[:, half]), cluster_prior=-mean) / 2
        part.backward()
        total += part.item()
    for name, parameter in model.named_parameters():
        if name in whole:
            torch.testing.assert_close(parameter.grad, whole[name], msg=name)
    assert total == pytest.approx(model.objective(elbo).item())


@both
def test_anchors_are_compared_with_the_responsibilities_over_the_draws(model_class):
    model, x = build(model_class).double(), normal(4, D).double()
    none = torch.zeros(1, 4, sum(model.latent_dims), dtype=torch.float64)
    draws = torch.cat([none, model.draw_noise(1, 4, seeded(1)).double()])
    with torch.no_grad():
        torch.testing.assert_close(model.elbo_at(x, none).log_resp, model.log_resp(x))
        each = [model.elbo_at(x, e[None]).log_resp for e in draws]
        found = model.elbo_at(x, draws).log_resp
    torch.testing.assert_close(found, sum(each) / 2)


@both
def test_posteriors_are_in_the_priors_dtype(model_class):
    model, x = build(model_class).eval(), normal(4, D)
    model.prior.double()
    with torch.no_grad():
        for mean, log_var in model.posterior(x):
            assert mean.dtype == log_var.dtype == torch.float64
        # What the decoder makes of them is in its own again.
        noise = model.draw_noise(1, 4, seeded())
        assert model.elbo_at(x, noise.double()).reconstruction.dtype == torch.float32
        assert model.sample(torch.tensor([0, 1]), generator=seeded()).dtype == torch.float32
        holey = x.masked_fill(x > 1, math.nan)
        assert model.impute(holey, noise.double()).dtype == torch.float32


@both
def test_decoder_has_the_encoders_layers_backwards(model_class):
    model = build(model_class, hidden=(9, 8, 7))
    dense = [m for m in model.decoder.modules() if isinstance(m, torch.nn.Linear)]
    assert [(m.in_features, m.out_features) for m in dense] == [(d, 7), (7, 8), (8, 9), (9, D)]


def test_a_single_part_is_its_likelihood_and_several_are_mixed():
    assert type(build_likelihood((("poisson", 5),), 5)) is LIKELIHOODS["poisson"]
    mixed = build_likelihood((("poisson", 2), ("categorical", (3, 2))), 7)
    assert [part.name for part in mixed.parts] == ["poisson", "categorical"]
    assert mixed.widths == [2, 5]


@both
def test_codes_are_the_posteriors_means(model_class):
    model, x = build(model_class).eval(), normal(4, D)
    with torch.no_grad():
        assert torch.equal(model.encode(x), model.posterior(x)[0][0])
        if model_class is GMVAE:
            assert torch.equal(model.encode_style(x), model.posterior(x)[1][0])


@both
def test_weights_of_clusters_sum_to_one(model_class):
    assert build(model_class).log_weights().exp().sum().item() == pytest.approx(1.0)


@both
def test_centres_are_the_means_of_what_is_drawn_at_style_zero(model_class):
    model, n = build(model_class), 40_000
    with torch.no_grad():
        for k, centre in enumerate(model.centres()):
            z = model.sample_content(torch.full((n,), k), torch.zeros(1, 1), seeded(k))
            assert (abs(z.mean(0) - centre) < 5 * z.std(0) / n**0.5).all()


@both
def test_expected_row_is_the_mean_of_the_decoded_centres(model_class):
    model = build(model_class, likelihood="bernoulli")
    with torch.no_grad():
        weights = model.log_weights().exp()
        expected = sum(w * model.decode(c) for w, c in zip(weights, model.centres(), strict=True))
        torch.testing.assert_close(model.expected_row(), expected)


@both
def test_imputed_entries_are_the_decoders_mean_over_the_draws(model_class):
    model, x = build(model_class, likelihood="bernoulli").eval(), torch.rand(3, D)
    x[0, 1] = x[2, 0] = math.nan
    noise = model.draw_noise(4, 3, seeded())
    with torch.no_grad():
        imputed = model.impute(x, noise)
        mean, log_var = model.posterior(x)[0]
        rows = [model.decode(mean + (0.5 * log_var).exp() * e[:, :d]) for e in noise]
    expected = torch.stack(rows).mean(0)
    torch.testing.assert_close(imputed, torch.where(x.isnan(), expected, x))


@both
def test_samples_are_the_generators_and_nobody_elses(model_class):
    model, cluster = build(model_class), torch.tensor([0, 1, 2, 1])
    state = torch.get_rng_state()
    with torch.no_grad():
        first = model.sample(cluster, generator=seeded(4))
        assert torch.equal(first, model.sample(cluster, generator=seeded(4)))
        assert not torch.equal(first, model.sample(cluster, generator=seeded(5)))
        # Without the likelihood's noise, the decoder's mean of the same content.
        z = model.sample_content(cluster, None, seeded(4))
        mean = model.sample(cluster, noise=False, generator=seeded(4))
    assert torch.equal(mean, model.decode(z))
    assert not torch.equal(first, mean)
    assert torch.equal(torch.get_rng_state(), state)


def test_samples_of_a_style_are_of_that_style():
    model, cluster, style = build(GMVAE), torch.tensor([0, 1]), torch.tensor([[1.5]])
    with torch.no_grad():
        z = model.sample_content(cluster, style, seeded())
        rows = model.sample(cluster, style=style, noise=False, generator=seeded())
    assert torch.equal(rows, model.decode(z))


@both
def test_models_are_built_in_float32_whatever_torchs_default(model_class):
    parts = (("categorical", (2, 3)), ("negative_binomial", 2), ("gaussian", 1))
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        model = build(model_class, n_features=8, likelihood=parts)
        with torch.no_grad():
            draws = model.sample_content(torch.zeros(2, dtype=torch.int64), None, seeded())
    finally:
        torch.set_default_dtype(before)
    tensors = [*model.parameters(), *model.buffers(), draws]
    assert {t.dtype for t in tensors if t.is_floating_point()} == {torch.float32}


@both
def test_weights_come_from_the_generator_alone(model_class):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first = build(model_class).state_dict()
        torch.manual_seed(1)
        second = build(model_class).state_dict()
    for name, weights in first.items():
        assert torch.equal(weights, second[name]), name


def test_vades_prior_starts_at_the_clusters_moments():
    model, n = build(VaDE).double(), 300
    z, var = normal(n, d, seed=3).double(), torch.full((n, d), 0.1).double()
    resp = torch.nn.functional.one_hot(torch.arange(n) % K, K).double()
    model.initialize_prior(z, z, var, resp, shrinkage=0.0)
    with torch.no_grad():
        for k in range(K):
            own = z[resp[:, k] == 1]
            torch.testing.assert_close(model.centres()[k], own.mean(0))
            expected = torch.cov(own.T, correction=0) + 0.1 * torch.eye(d)
            torch.testing.assert_close(
                model.prior.covariances()[k], expected.double(), rtol=1e-4, atol=1e-4
            )
        torch.testing.assert_close(
            model.log_weights().exp(), torch.full((K,), 1 / K, dtype=torch.float64)
        )
