# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A guide says of rows that come later what an anchor says of rows that are there."""

import numpy as np
import pytest
import torch

from sklearn_gmvae.models import GMVAE, VaDE
from sklearn_gmvae.training import AffineMap, map_rows
from sklearn_gmvae.training._anchor import neighbors_clusters
from sklearn_gmvae.training._guide import Guide
from sklearn_gmvae.training._ranks import Shard

CPU = torch.device("cpu")
AFFINE = AffineMap.identity()


@pytest.fixture
def rows():
    return np.random.RandomState(0).standard_normal((300, 5)).astype(np.float32)


def votes_of(model, X):
    return map_rows(lambda x: model.log_resp(x).exp(), X, AFFINE, CPU)


@pytest.mark.parametrize("model_class", [VaDE, GMVAE])
@pytest.mark.parametrize("latent_dim", [2, 20])  # searched by a tree, and by products
def test_clusters_are_those_of_the_anchor(small_model, rows, model_class, latent_dim):
    landmarks = np.arange(0, 300, 2)
    X = rows[landmarks]
    generator = torch.Generator().manual_seed(0)
    n_telling = 0
    for _ in range(30):  # of most random priors one cluster has all rows
        model = small_model(model_class, 5, latent_dim)
        with torch.no_grad():
            for parameter in model.prior.parameters():
                parameter.add_(0.5 * torch.randn(parameter.shape, generator=generator))
        guide = Guide(model, X, votes_of(model, X), AFFINE, CPU, decides_itself=False)
        expected = neighbors_clusters(model, rows, landmarks, AFFINE, CPU, Shard.alone(300))
        np.testing.assert_array_equal(guide.clusters(rows), expected)
        n_telling += len(set(expected)) == 2
    assert n_telling


def test_landmarks_that_decide_for_themselves_keep_their_clusters(small_model, rows):
    model = small_model(VaDE, 5, 2)
    labels = np.random.RandomState(0).randint(0, 2, 300)
    guide = Guide(model, rows, np.eye(2)[labels], AFFINE, CPU, decides_itself=True)
    np.testing.assert_array_equal(guide.clusters(rows[::-1]), labels[::-1])


def test_later_training_does_not_change_what_a_guide_says(small_model, rows):
    model = small_model(VaDE, 5, 2)
    labels = (rows[:, 0] > 0).astype(int)
    guide = Guide(model, rows[:200], np.eye(2)[labels[:200]], AFFINE, CPU, decides_itself=True)
    before = guide.clusters(rows)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.neg_()
    np.testing.assert_array_equal(guide.clusters(rows), before)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_landmarks_vote_too(small_model, rows, n):
    model = small_model(VaDE, 5, 2)
    votes = np.eye(2)[np.arange(n) % 2]
    for decides_itself in (True, False):
        guide = Guide(model, rows[:n], votes, AFFINE, CPU, decides_itself=decides_itself)
        assert set(guide.clusters(rows)) <= {0, 1}
