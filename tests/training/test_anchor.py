# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What rows are held to: their start, then their neighbours' cluster."""

import numpy as np
import pytest
import torch

from sklearn_gmvae.models import GMVAE, VaDE
from sklearn_gmvae.training import Shard, _anchor
from sklearn_gmvae.training._affine import AffineMap
from sklearn_gmvae.training._anchor import HELD, N_UPDATES, Anchor, neighbors_clusters
from sklearn_gmvae.training._batches import Batches
from sklearn_gmvae.training._loop import fit_module
from sklearn_gmvae.training._model_rows import ModelRows
from sklearn_gmvae.training._phase import Phase

CPU = torch.device("cpu")


class Plane:
    """A model of two columns whose codes are the columns and whose cluster is what it is told
    about a row's first column."""

    latent_dims = (2,)
    n_clusters = 2

    def __init__(self, is_second):
        self.is_second = is_second

    def encode(self, x):
        return x

    def posterior(self, x):
        return [(x, torch.zeros_like(x))]

    def log_resp(self, x):
        second = self.is_second(x[:, 0])
        return torch.where(
            second[:, None], torch.tensor([0.1, 0.9]), torch.tensor([0.9, 0.1])
        ).log()


def two_groups(n=400):
    rng = np.random.RandomState(0)
    y = np.arange(n) % 2
    return rng.standard_normal((n, 2)).astype(np.float32) + np.float32(20) * y[:, None], y


@pytest.mark.parametrize("n_landmarks", [400, 150])
def test_neighbours_overrule_a_row_that_the_mixture_gets_wrong(n_landmarks):
    X, y = two_groups()
    wrong = X[:8, 0]
    model = Plane(lambda first: (first > 10) ^ torch.isin(first, torch.from_numpy(wrong)))
    landmarks = np.arange(n_landmarks)
    clusters = neighbors_clusters(
        model, X, landmarks, AffineMap.identity(), CPU, Shard.alone(len(X))
    )
    np.testing.assert_array_equal(clusters, y)


def test_one_landmark_answers_for_itself():
    X, _ = two_groups(2)
    model = Plane(lambda first: first > 10)
    for n in (1, 2):
        clusters = neighbors_clusters(
            model, X[:n], np.arange(1), AffineMap.identity(), CPU, Shard.alone(n)
        )
        assert clusters.shape == (n,)


def test_neighbours_are_asked_a_fixed_number_of_times_at_equal_distances(monkeypatch):
    X, y = two_groups()
    asked = []
    monkeypatch.setattr(_anchor, "neighbors_clusters", lambda *args: asked.append(1) or 1 - y)
    anchor = Anchor(X, y, np.arange(len(X)), AffineMap.identity(), CPU, Shard.alone(len(X)))
    counts = []
    for epoch in range(60):
        anchor.follow(Plane(None), epoch / 60)
        counts.append(len(asked))
    assert [counts.index(k) for k in range(1, N_UPDATES + 1)] == [10, 20, 30, 40, 50]
    assert torch.equal(anchor.of(torch.tensor([3, 0])), torch.tensor([1 - y[3], 1 - y[0]]))


@pytest.mark.parametrize("model_class", [VaDE, GMVAE])
def test_anchor_adds_its_weighted_divergence_to_the_objective(small_model, model_class):
    model = small_model(model_class, 2, 2)
    x = torch.randn((32, 2), generator=torch.Generator().manual_seed(1))
    start = torch.arange(32) % 2
    bound = model.elbo(x, n_samples=3, generator=torch.Generator().manual_seed(2))
    divergence = -bound.log_resp[torch.arange(32), start].mean()  # KL( start || q(k | x) )
    for prior_weight, anchor_weight in [(1.0, 0.0), (1.0, 0.7), (0.2, 0.7)]:
        expected = model.objective(bound, prior_weight) - prior_weight * anchor_weight * divergence
        actual = model.objective(bound, prior_weight, start, anchor_weight)
        torch.testing.assert_close(actual, expected)


@pytest.mark.parametrize("model_class", [VaDE, GMVAE])
def test_training_with_an_anchor_keeps_a_start_that_it_loses_without(small_model, model_class):
    """Two halves of one blob: nothing in the ELBO tells them apart."""
    X = np.random.RandomState(0).standard_normal((256, 2)).astype(np.float32)
    halves = (X[:, 0] > 0).astype(np.int64)
    agreement = {}
    for weight in (0.0, 1.0):
        model = small_model(model_class, 2, 2)
        x = torch.from_numpy(X)
        (mean, log_var), *_ = model.posterior(x)
        resp = torch.nn.functional.one_hot(torch.from_numpy(halves), 2).float()
        with torch.no_grad():
            model.initialize_prior(model.features(x), mean, log_var.exp(), resp, shrinkage=1.0)
        anchor = Anchor(
            X, halves, np.arange(len(X)), AffineMap.identity(), CPU, Shard.alone(len(X))
        )
        anchor.follow = lambda model, progress: None
        fit_module(
            model,
            model.elbo_at,
            Batches(ModelRows(X, AffineMap.identity(), CPU), np.arange(len(X)), 64),
            Phase(
                "training", 300, 1e-2, lambda p: 1.0, anchor_weight=lambda p, weight=weight: weight
            ),
            shuffling=torch.Generator().manual_seed(1),
            noise=torch.Generator().manual_seed(2),
            anchor=anchor,
        )
        labels = model.log_resp(x).argmax(1).numpy()
        agreement[weight] = (labels == halves).mean()
    assert agreement[1.0] > 0.95
    assert agreement[0.0] < 0.9


def test_an_anchor_that_does_not_follow_asks_nobody(monkeypatch):
    X, y = two_groups()
    monkeypatch.setattr(_anchor, "neighbors_clusters", lambda *args: 1 / 0)
    anchor = Anchor(
        X, y, np.arange(len(X)), AffineMap.identity(), CPU, Shard.alone(len(X)), follows=False
    )
    for progress in (0.0, 0.5, 0.99):
        anchor.follow(Plane(None), progress)
    np.testing.assert_array_equal(anchor.clusters, y)


def anchored(X, clusters):
    n = len(X)
    return Anchor(X, clusters, np.arange(n), AffineMap.identity(), CPU, Shard.alone(n))


def test_a_start_that_the_mixture_would_undo_is_held_to():
    X, y = two_groups()
    anchor = anchored(X, y)
    anchor.hold_if_better(Plane(lambda first: first > 0), y)  # cuts the first group
    assert (anchor.weight, anchor.follows) == (HELD, False)
    anchor.follow(Plane(lambda first: first > 0), 0.5)
    np.testing.assert_array_equal(anchor.clusters, y)


@pytest.mark.parametrize("n_wrong", [0, 40])
def test_a_start_that_neighbours_confirm_or_mend_is_not(n_wrong):
    X, y = two_groups()
    start = np.where(np.arange(len(y)) < n_wrong, 1 - y, y)
    model = Plane(lambda first: first > 10)
    anchor = anchored(X, start)
    anchor.hold_if_better(model, start)
    assert (anchor.weight, anchor.follows) == (1.0, True)
    anchor.follow(model, 0.5)
    np.testing.assert_array_equal(anchor.clusters, y)


def test_one_landmark_has_no_neighbours_to_compare_with():
    anchor = anchored(np.zeros((1, 2), np.float32), np.zeros(1, np.int64))
    anchor.hold_if_better(Plane(lambda first: first > 10), np.zeros(1, np.int64))
    assert anchor.follows


def test_a_held_anchor_is_restored_as_one():
    X, y = two_groups()
    anchor = anchored(X, y)
    anchor.hold_if_better(Plane(lambda first: first > 0), y)
    again = Anchor.from_state(anchor.state(), X, AffineMap.identity(), CPU, Shard.alone(len(X)))
    assert (again.weight, again.follows) == (HELD, False)
    np.testing.assert_array_equal(again.clusters, y)


def test_the_weight_multiplies_the_schedule(small_model):
    """An epoch with weight 10 and schedule 1 is one with weight 1 and schedule 10."""
    weight = 10.0
    X = np.random.RandomState(0).standard_normal((64, 2)).astype(np.float32)
    trained = []
    for of_anchor, of_schedule in [(weight, 1.0), (1.0, weight)]:
        model = small_model(VaDE, 2, 2)
        anchor = anchored(X, (X[:, 0] > 0).astype(np.int64))
        anchor.weight = of_anchor
        fit_module(
            model,
            model.elbo_at,
            Batches(ModelRows(X, AffineMap.identity(), CPU), np.arange(len(X)), 16),
            Phase("training", 2, 1e-2, lambda p: 1.0, anchor_weight=lambda p, s=of_schedule: s),
            shuffling=torch.Generator().manual_seed(1),
            noise=torch.Generator().manual_seed(2),
            anchor=anchor,
        )
        trained.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    assert torch.equal(*trained)
