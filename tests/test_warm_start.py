# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""``warm_start=True``: the next fit goes on from the last one's model, and from nothing else."""

import pickle
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_gmvae.training import _loop

# With so few updates components may stay empty: an outcome that is told, and tested elsewhere.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)

FEW = {"pretrain_iter": 5, "max_iter": 3}


def weights(estimator):
    return [p.numpy().tobytes() for p in estimator._model.state_dict().values()]


def test_warm_start_continues_from_the_last_model(quick, blobs):
    X, _ = blobs
    settings = {"pretrain_iter": 200, "max_iter": 100}  # with fewer updates GMVAE is not done
    cold = quick(warm_start=True, **settings).fit(X)
    before = cold.lower_bound_
    labels = cold.labels_
    warm = cold.fit(X)
    assert warm.lower_bound_ > before
    np.testing.assert_array_equal(warm.labels_, labels)  # and holds on to its clusters
    assert len(warm.pretrain_history_["objective"]) == 0
    once = quick(**settings).fit(X).fit(X)
    assert once.lower_bound_ == before  # without warm_start a second fit starts anew


def test_warm_start_with_another_architecture_raises(quick, blobs):
    estimator = quick(warm_start=True).fit(blobs[0])
    for change in (
        {"n_clusters": 4}, {"hidden_layer_sizes": (16, 16)}, {"standardize": False},
        {"likelihood": "bernoulli"},
    ):  # fmt: skip
        before = estimator.get_params()
        (name,) = change
        with pytest.raises(ValueError, match=f"({name}|hidden) was .*, is "):
            estimator.set_params(**change).fit(blobs[0])
        estimator.set_params(**before)
    with pytest.raises(ValueError, match="X has 5 features, but .* is expecting 6"):
        estimator.fit(blobs[0][:, :5])
    assert estimator.predict(blobs[0]).shape == (200,)  # nothing was lost


def test_first_fit_is_as_without(quick, blobs):
    X = blobs[0]
    assert weights(quick(warm_start=True, **FEW).fit(X)) == weights(quick(**FEW).fit(X))


def test_it_may_be_set_after_a_fit_and_taken_back(quick, blobs):
    X = blobs[0]
    first = quick(**FEW).fit(X)
    once, twice = pickle.loads(pickle.dumps(first)), quick(warm_start=True, **FEW).fit(X).fit(X)
    assert weights(once.set_params(warm_start=True).fit(X)) == weights(twice)
    assert weights(once.set_params(warm_start=False).fit(X)) == weights(first)


def test_a_clone_starts_anew(quick, blobs):
    X = blobs[0]
    estimator = quick(warm_start=True, **FEW).fit(X)
    expected = weights(estimator)
    copied = clone(estimator)
    with pytest.raises(NotFittedError):
        copied.predict(X)
    assert weights(copied.fit(X)) == expected


def test_what_makes_a_new_model_has_no_effect(quick, blobs):
    X, y = blobs
    first = pickle.dumps(quick(warm_start=True, **FEW).fit(X))
    expected = weights(pickle.loads(first).fit(X))
    for changes in (
        {"n_init": 3, "n_jobs": 2}, {"init_params": y}, {"init_params": "random"},
        {"pretrain_iter": 50},
    ):  # fmt: skip
        assert weights(pickle.loads(first).set_params(**changes).fit(X)) == expected


def test_what_says_how_to_train_has(quick, blobs):
    X = blobs[0]
    first = pickle.dumps(quick(warm_start=True, **FEW).fit(X))
    results = [weights(pickle.loads(first).fit(X))]
    for changes in (
        {"max_iter": 4}, {"learning_rate": 1e-2}, {"batch_size": 64}, {"random_state": 1},
        {"n_mc_samples": 2}, {"early_stopping": True},
    ):  # fmt: skip
        results.append(weights(pickle.loads(first).set_params(**changes).fit(X)))
    assert all(a != b for i, a in enumerate(results) for b in results[:i])


def test_other_rows_are_trained_on_in_the_units_of_the_first(quick, blobs):
    X = blobs[0]
    estimator = quick(warm_start=True, **FEW).fit(X)
    affine = estimator._design.unit_map
    more = np.concatenate([X, X[:50] + 1.0]).astype(np.float32)
    estimator.fit(more)
    assert estimator.labels_.shape == (250,)
    np.testing.assert_array_equal(estimator.labels_, estimator.predict(more))
    assert estimator._design.unit_map is affine
    assert estimator.n_iter_ == len(estimator.lower_bounds_) == 3  # of the last fit


def test_clusters_keep_their_numbers_also_where_sizes_change(quick, blobs):
    X, y = blobs
    estimator = quick(warm_start=True, pretrain_iter=60, max_iter=20).fit(X)
    few = np.concatenate([X[y == k][: 10 * (k + 1)] for k in range(3)])
    before = estimator.predict(few)
    after = estimator.fit(few).labels_
    same = [np.sum(np.take(order, before) == after) for order in permutations(range(3))]
    assert same[0] == max(same)  # of all renumberings none agrees better than that of no cluster


def test_a_fit_that_fails_leaves_the_model(quick, blobs, monkeypatch):
    X = blobs[0]
    estimator = quick(warm_start=True, **FEW).fit(X)
    before, labels = weights(estimator), estimator.labels_
    bad = X.copy()
    bad[3, 2] = np.inf
    for rows, message in ((bad, "infinity"), (X[:2], "n_samples=2 should be >= n_clusters=3")):
        with pytest.raises(ValueError, match=message):
            estimator.fit(rows)
    evaluate = iter([1.0])  # and then no more: in the second epoch

    monkeypatch.setattr(_loop, "evaluate", lambda *args: next(evaluate))
    with pytest.raises(StopIteration):
        estimator.set_params(early_stopping=True).fit(X)
    assert weights(estimator) == before
    assert estimator.labels_ is labels


@pytest.mark.parametrize("learning_rate", [1e5, 1e30])
def test_training_on_that_diverges_says_so_and_leaves_the_model(quick, blobs, learning_rate):
    X = blobs[0]
    estimator = quick(warm_start=True, **FEW).fit(X)
    before = weights(estimator)
    estimator.set_params(learning_rate=learning_rate, max_iter=8)
    with pytest.raises(ValueError, match="not finite.*lower learning_rate"):
        estimator.fit(X)
    assert weights(estimator) == before


def test_names_of_features_are_those_of_the_first(quick, blobs):
    frame = pd.DataFrame(blobs[0], columns=list("abcdef"))
    estimator = quick(warm_start=True, **FEW).fit(frame)
    with pytest.raises(ValueError, match="feature names should match"):
        estimator.fit(frame[list("bacdef")])
    assert list(estimator.fit(frame).feature_names_in_) == list("abcdef")


def test_it_goes_on_from_what_partial_fit_has_made(quick, blobs):
    X = blobs[0]
    estimator = quick(warm_start=True, **FEW)
    for _ in range(8):
        estimator.partial_fit(X)
    before = estimator.lower_bound_
    estimator.fit(X)
    assert len(estimator.pretrain_history_["objective"]) == 0
    assert estimator.lower_bounds_[-1] > before
