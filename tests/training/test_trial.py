# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A trial ends where held-out counts gain no more; the fit is then as if its lengths were given."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sklearn_gmvae import training
from sklearn_gmvae.models import VaDE
from sklearn_gmvae.training import _budget, _trial
from sklearn_gmvae.training._budget import MIN_EPOCHS, MIN_UPDATES
from sklearn_gmvae.training._counts import CountMap
from sklearn_gmvae.training._phase import History

K = 3
COUNTS = ["poisson", "negative_binomial"]


@pytest.fixture(scope="module")
def noisy_counts():
    """Three clusters of rows that have little to say beside the noise of what is counted."""
    rng = np.random.RandomState(0)
    rates = rng.gamma(0.5, 1.0, (K, 40))
    return rng.poisson(rates[rng.randint(K, size=240)])


@pytest.fixture
def fast(quick, monkeypatch):
    """`quick`, of few and large steps where it chooses their number."""
    for name, value in (("MAX_EPOCHS", 60), ("MIN_EPOCHS", 2), ("MIN_UPDATES", 2)):
        monkeypatch.setattr(_budget, name, value)
    return lambda **changes: quick(
        K, **{"pretrain_iter": None, "max_iter": None, "learning_rate": 2e-2, **changes}
    )


def phase(n_epochs, name="pretraining", can_be_shorter=True):
    return training.Phase(
        name,
        n_epochs,
        1e-3,
        training.pretraining_prior_weight,
        can_be_shorter=can_be_shorter,
    )


def recipe_of(n_pretraining, n_training, *, validation_fraction=None, **parameters):
    return training.Recipe(
        phase(n_pretraining, **parameters), phase(n_training), "kmeans", 256, validation_fraction
    )


def lengths(n_epochs, recipe, validation, n_batches, **told):
    """Of the phases after a trial of at most so many epochs that went so."""
    trial = object.__new__(_trial.Trial)
    trial.phase = phase(n_epochs, "trial")
    shorter = trial.shorten(recipe, History(validation=validation, **told), n_batches)
    assert replace(shorter, pretraining=recipe.pretraining, training=recipe.training) == recipe
    return shorter.pretraining.n_epochs, shorter.training.n_epochs


def test_phases_last_as_long_as_held_out_rows_gained():
    validation = [0.0] * 49 + [1.0] + [0.5] * 10
    assert lengths(100, recipe_of(100, 160), validation, 1000) == (50, 80)


def test_trial_that_gains_to_the_end_changes_no_length():
    assert lengths(30, recipe_of(30, 90), list(range(30)), 1000) == (30, 90)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_epochs_without_a_bound_are_not_the_best(broken):
    validation = [0.0, broken, 1.0, 2.0, broken, -1.0]
    assert lengths(8, recipe_of(80, 80), validation, 10**6) == (40, 40)
    assert lengths(8, recipe_of(80, 80), [broken] * 3, 10**6) == (80, 80)


def test_trial_that_was_stopped_while_there_were_gains_changes_no_length():
    recipe = recipe_of(80, 160)
    assert lengths(80, recipe, [0.0] * 30 + [1.0], 10**6, stopped=True) == (80, 160)
    assert lengths(80, recipe, [0.0] * 39 + [1.0, 0.0], 10**6, stopped=True) == (40, 80)


@pytest.mark.parametrize("n_batches", [1, 7, 40, 10**4])
def test_no_phase_is_cut_below_what_any_network_needs(n_batches):
    least = max(MIN_EPOCHS, -(-MIN_UPDATES // n_batches))
    assert lengths(300, recipe_of(300, 320), [1.0, 0.0], n_batches) == (least, least)


def test_no_phase_is_made_longer():
    assert lengths(4, recipe_of(4, 3), [0.0, 1.0, 2.0, 3.0], 1) == (4, 3)


@pytest.mark.parametrize("likelihood", [*COUNTS, "gaussian", (("poisson", 2), ("gaussian", 1))])
@pytest.mark.parametrize("n_rows", [199, 200])
def test_counts_of_enough_rows_are_tried(likelihood, n_rows):
    recipe = recipe_of(50, 60)
    tried = training.with_trial(recipe, likelihood, n_rows)
    assert (tried.trial is not None) == (likelihood in COUNTS and n_rows == 200)
    assert replace(tried, trial=None) == recipe


@pytest.mark.parametrize("n_rows", [221, 223])
def test_rows_held_out_for_early_stopping_are_not_counted(n_rows):
    tried = training.with_trial(recipe_of(50, 60, validation_fraction=0.1), "poisson", n_rows)
    assert (tried.trial is not None) == (n_rows == 223)


def test_a_given_length_is_not_tried():
    given = recipe_of(50, 60, can_be_shorter=False)
    assert training.with_trial(given, "poisson", 999) == given


@pytest.mark.parametrize(("n_epochs", "patience"), [(50, 10), (300, 30)])
def test_longer_phases_are_given_longer_to_gain(n_epochs, patience):
    tried = training.with_trial(recipe_of(n_epochs, 9), "poisson", 999)
    assert tried.trial.n_iter_no_change == patience


@pytest.mark.parametrize("likelihood", COUNTS)
def test_fit_is_that_of_the_lengths_found_given(fast, noisy_counts, likelihood):
    X = noisy_counts
    tried = fast(likelihood=likelihood).fit(X)
    found = len(tried.pretrain_history_["objective"])
    assert 2 < found < 60 and found == tried.n_iter_
    given = fast(likelihood=likelihood, pretrain_iter=found, max_iter=found).fit(X)
    np.testing.assert_array_equal(given.transform(X), tried.transform(X))
    np.testing.assert_array_equal(given.predict_proba(X), tried.predict_proba(X))
    assert list(tried.fit_seconds_) == ["trial", "pretraining", "start", "training"]
    assert all(seconds > 0 for seconds in tried.fit_seconds_.values())


def test_lengths_that_are_given_are_not_tried(fast, noisy_counts):
    fitted = fast(likelihood="poisson", pretrain_iter=3, max_iter=None).fit(noisy_counts)
    assert "trial" not in fitted.fit_seconds_
    assert (len(fitted.pretrain_history_["objective"]), fitted.n_iter_) == (3, 60)


def test_given_length_of_training_is_kept(fast, noisy_counts):
    fitted = fast(likelihood="poisson", max_iter=70).fit(noisy_counts)
    assert len(fitted.pretrain_history_["objective"]) < 60
    assert fitted.n_iter_ == 70


def test_early_stopping_leaves_a_trial_its_rows(fast, noisy_counts):
    settings = {"likelihood": "poisson", "early_stopping": True}
    most = fast(validation_fraction=0.99, **settings).fit(noisy_counts)
    assert "trial" not in most.fit_seconds_
    some = fast(validation_fraction=0.1, **settings).fit(noisy_counts)
    assert "trial" in some.fit_seconds_
    assert len(some.pretrain_history_["objective"]) < 60


def test_trial_leaves_the_model_as_it_was(noisy_counts):
    # Also where its pictures or rows are changed by draws of its own.
    def ripple(batch, generator):
        drawn.append(generator)
        return torch.poisson(batch, generator=generator)

    drawn = []
    X = noisy_counts.astype(np.float32)
    model = VaDE(
        n_features=40, n_clusters=K, latent_dim=2, hidden=(8,), activation="relu",
        likelihood="poisson", variance_floor=1e-6, covariance_type="full",
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    recipe = training.with_trial(recipe_of(4, 4), "poisson", len(X))
    recipe = replace(recipe, augment=training.Augmentation(ripple, None, CountMap()))
    trial = _trial.Trial(
        model, training.ModelRows(X, CountMap(), torch.device("cpu")), np.arange(len(X)), recipe,
        seed=0, shard=training.Shard.alone(len(X)),
    )  # fmt: skip
    history = trial.run(training.Watchers(), lambda loop, is_last: None, None)
    assert len(set(history.validation)) == 4
    assert {*drawn} == {trial.generators[2]}
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)
