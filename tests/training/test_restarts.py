# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The choice between runs looks at labels and bounds, never at classes."""

import numpy as np
import pytest

from sklearn_gmvae.training._loop import History
from sklearn_gmvae.training._restarts import choose_run, consensus
from sklearn_gmvae.training._train import Run

TRUTH = np.repeat([0, 1, 2], 40)


def run(labels, bound):
    return Run(None, History(), History(), {}, bound, np.asarray(labels))


def shaken(n_wrong, seed):
    rng = np.random.RandomState(seed)
    labels = TRUTH.copy()
    labels[rng.choice(len(labels), n_wrong, replace=False)] = rng.randint(3, size=n_wrong)
    return labels


def test_of_three_and_more_the_one_that_agrees_best_is_kept():
    runs = [run(shaken(n, n), bound) for n, bound in [(60, 9.0), (5, 1.0), (40, 5.0), (20, 2.0)]]
    assert choose_run(runs) is runs[1]


def test_names_of_clusters_do_not_matter():
    runs = [run(shaken(n, n), 0.0) for n in (60, 5, 40)]
    renamed = [run(np.array([2, 0, 1])[r.labels], 0.0) for r in runs]
    assert choose_run([runs[0], renamed[1], runs[2]]) is renamed[1]
    np.testing.assert_allclose(
        consensus([r.labels for r in runs]), consensus([r.labels for r in renamed])
    )


def test_of_two_the_higher_bound_and_of_one_that_one():
    low, high = run(shaken(5, 0), 1.0), run(shaken(50, 1), 2.0)
    assert choose_run([low, high]) is high
    assert choose_run([low]) is low


@pytest.mark.parametrize("bad", [float("nan"), float("-inf")])
def test_a_bound_that_is_not_finite_does_not_compete(bad):
    broken, fine = run(TRUTH, bad), run(shaken(50, 1), -5.0)
    assert choose_run([broken, fine]) is fine
    assert choose_run([broken, broken]) is broken
