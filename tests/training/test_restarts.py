# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The choice between runs looks at X, labels found and bounds, never at classes."""

import numpy as np
import pytest
import torch
from sklearn.datasets import make_blobs

from sklearn_gmvae.models.likelihoods import Gaussian
from sklearn_gmvae.training import AffineMap, Shard
from sklearn_gmvae.training._phase import History
from sklearn_gmvae.training._restarts import choose_run
from sklearn_gmvae.training._train import Run

X, TRUTH = make_blobs(120, centers=3, n_features=2, random_state=0, shuffle=False)


class Model(torch.nn.Linear):
    """What is asked of one here: where it is, and how its encoder sees rows."""

    def __init__(self):
        super().__init__(1, 1)
        self.likelihood = Gaussian(2)


def run(labels, bound):
    return Run(Model(), History(), History(), {}, bound, np.asarray(labels))


def choose(runs):
    return choose_run(runs, X, AffineMap.identity(), Shard.alone(len(X)))


def shaken(n_wrong, seed):
    rng = np.random.RandomState(seed)
    labels = TRUTH.copy()
    labels[rng.choice(len(labels), n_wrong, replace=False)] = rng.randint(3, size=n_wrong)
    return labels


def test_the_run_whose_clusters_hang_together_is_kept_whatever_the_bounds():
    runs = [run(shaken(n, n), bound) for n, bound in [(60, 9.0), (5, 1.0), (40, 5.0), (20, 2.0)]]
    assert choose(runs) is runs[1]
    assert choose(runs[2:]) is runs[3]


def test_of_equal_clusters_the_higher_bound_and_of_one_run_that_one():
    low, high = run(TRUTH, 1.0), run((TRUTH + 1) % 3, 2.0)  # other names, the same clusters
    assert choose([low, high]) is high
    assert choose([low]) is low


@pytest.mark.parametrize("bad", [float("nan"), float("-inf")])
def test_a_bound_that_is_not_finite_does_not_compete(bad):
    broken, fine = run(TRUTH, bad), run(shaken(50, 1), -5.0)
    assert choose([broken, fine]) is fine
    assert choose([broken, broken]) is broken
