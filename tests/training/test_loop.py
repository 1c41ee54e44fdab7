# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The training loop: it learns, it is deterministic, and nothing non-finite reaches a weight."""

import copy

import numpy as np
import pytest
import torch

from sklearn_gmvae.models import ELBO, VaDE
from sklearn_gmvae.training._affine import AffineMap
from sklearn_gmvae.training._batches import Batches
from sklearn_gmvae.training._loop import UNWATCHED, evaluate, fit_module
from sklearn_gmvae.training._model_rows import ModelRows
from sklearn_gmvae.training._optimizer import MixedPrecisionAdam
from sklearn_gmvae.training._phase import Phase
from sklearn_gmvae.training._stopping import MAX_FAILED_EPOCHS
from sklearn_gmvae.training._watch import Watchers

CPU = torch.device("cpu")


def build():
    return VaDE(
        n_features=6, n_clusters=2, latent_dim=3, covariance_type="full", hidden=(16,),
        activation="relu", likelihood="gaussian", variance_floor=1e-6,
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip


def spread(model):
    """Components apart: at equal components nothing pulls on the weights."""
    with torch.no_grad():
        model.prior.means[1] += 1.0
        model.prior.logits[1] += 0.5
    return model


def batches(n=64, batch_size=16):
    X = np.random.RandomState(0).randn(n, 6)
    return Batches(ModelRows(X, AffineMap.identity(), CPU), np.arange(n), batch_size)


def phase(**changes):
    settings = {"n_epochs": 3, "learning_rate": 1e-2, "prior_weight": lambda progress: 1.0}
    return Phase("training", **{**settings, **changes})


def fit(model, data=None, elbo=None, validation=None, watch=UNWATCHED, **changes):
    return fit_module(
        model,
        elbo or model.elbo_at,
        data or batches(),
        phase(**changes),
        shuffling=torch.Generator().manual_seed(1),
        noise=torch.Generator().manual_seed(2),
        validation=validation,
        watch=watch,
    )


def test_fit_changes_every_parameter():
    model = spread(build())
    before = copy.deepcopy(model.state_dict())
    fit(model)
    for name, value in model.state_dict().items():
        assert not torch.equal(value, before[name]), name


def test_evaluate_changes_no_parameter_and_repeats():
    model = build()
    before = copy.deepcopy(model.state_dict())
    first, second = (evaluate(model, model.elbo_at, batches()) for _ in range(2))
    assert first == second
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_features_share_a_scale_until_the_prior_counts_in_full(monkeypatch):
    told = []
    model = spread(build())
    monkeypatch.setattr(model.likelihood, "share_scale", told.append)
    fit(model, n_epochs=8, prior_weight=lambda progress: min(0.1 + progress, 1.0))
    assert told == [True] * 29 + [False] * 3  # .9 of 32 steps


def test_one_batch_is_overfitted():
    history = fit(build(), batches(n=4), n_epochs=300)
    assert history.lower_bound[-1] > history.lower_bound[0] + 1.0


def test_same_seeds_same_curve_bit_for_bit():
    curves = [fit(build()).lower_bound for _ in range(2)]
    assert curves[0] == curves[1]


def test_global_generators_are_neither_read_nor_moved():
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
    first = fit(build()).lower_bound
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state[1])  # noqa: NPY002
    torch.manual_seed(1)
    assert fit(build()).lower_bound == first


def poisoned(model, is_bad):
    """The model's ELBO, infinite in the calls for which is_bad(call number)."""
    calls = iter(range(10**6))

    def elbo(x, noise):
        bound = model.elbo_at(x, noise)
        factor = float("nan") if is_bad(next(calls)) else 1.0
        return ELBO(bound.reconstruction * factor, bound.conditional_prior, bound.cluster_prior)

    return elbo


def test_nonfinite_step_is_skipped_and_training_goes_on():
    model = build()
    history = fit(model, elbo=poisoned(model, lambda call: call in (0, 5)))
    assert history.n_iter == 3
    assert history.n_skipped == 2
    assert np.isfinite(history.lower_bound).all()
    assert all(torch.isfinite(p).all() for p in model.parameters())


@pytest.mark.parametrize(("n_epochs", "epoch"), [(50, MAX_FAILED_EPOCHS), (2, 2)])
def test_nonfinite_everywhere_raises_and_leaves_the_parameters(n_epochs, epoch):
    model = build()
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ValueError, match=f"4 of 4 steps of epoch {epoch} of training"):
        fit(model, elbo=poisoned(model, lambda call: True), n_epochs=n_epochs)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_one_nonfinite_batch_in_every_epoch_raises():
    model = build()
    with pytest.raises(ValueError, match=f"1 of 4 steps of epoch {MAX_FAILED_EPOCHS}"):
        fit(model, elbo=poisoned(model, lambda call: call % 4 == 0), n_epochs=50)


def test_nonfinite_epochs_halve_the_learning_rate_until_clean_ones(monkeypatch):
    def rates(is_bad):
        seen, step = [], MixedPrecisionAdam.step
        with monkeypatch.context() as patch:
            patch.setattr(
                MixedPrecisionAdam,
                "step",
                lambda self, objective, rate, *share: (
                    seen.append(rate) or step(self, objective, rate, *share)
                ),
            )
            model = build()
            fit(model, elbo=poisoned(model, is_bad), n_epochs=5)
        return np.array(seen).reshape(5, 4)

    ratio = rates(lambda call: call in (0, 1, 6)) / rates(lambda call: False)
    np.testing.assert_allclose(ratio, np.repeat([[1.0], [0.5], [0.25], [0.5], [1.0]], 4, axis=1))


def test_tol_stops_when_epochs_gain_less():
    history = fit(build(), n_epochs=500, tol=1e9, n_iter_no_change=3)
    assert history.converged
    assert history.n_iter == 6


def test_tol_zero_never_stops():
    history = fit(build(), n_epochs=40, tol=0.0, n_iter_no_change=2)
    assert not history.converged
    assert history.n_iter == 40


def test_early_stopping_restores_the_best_epoch():
    model = build()
    X = np.random.RandomState(1).randn(40, 6)
    held_out = Batches(ModelRows(X, AffineMap.identity(), CPU), np.arange(40), 16)
    history = fit(
        model, batches(n=8), validation=held_out, n_epochs=400, n_iter_no_change=5,
        learning_rate=3e-2,
    )  # fmt: skip
    assert history.n_iter < 400
    best = max(history.validation)
    assert best > history.validation[-1]
    assert evaluate(model, model.elbo_at, held_out) == pytest.approx(best, abs=1e-6)


def test_early_stopping_in_bfloat16_restores_the_best_epoch_in_full_precision():
    model = build()
    X = np.random.RandomState(1).randn(40, 6)
    held_out = Batches(ModelRows(X, AffineMap.identity(), CPU), np.arange(40), 16)
    fit(model, validation=held_out, n_epochs=3, precision=torch.bfloat16)
    weight = model.decoder.head.weight
    assert weight.dtype == torch.float32
    assert not torch.equal(weight, weight.bfloat16().float())  # a master, nothing rounded


def test_training_that_is_interrupted_leaves_a_float32_model():
    model = build()

    class Interrupt(Watchers):
        def end_epoch(self, history, model_now):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(model, watch=Interrupt(), precision=torch.bfloat16)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert all(p.grad is None for p in model.parameters())
