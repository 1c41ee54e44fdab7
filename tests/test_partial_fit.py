# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""partial_fit: as many passes over chunks as fit has epochs reach what fit reaches; state lasts."""

import pickle
import re

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn import clone
from sklearn.datasets import load_digits, make_blobs
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae import GMVAEClustering, VaDEClustering, load, training
from sklearn_gmvae.metrics import clustering_accuracy
from sklearn_gmvae.training import _online, _prior_start
from sklearn_gmvae.training._budget import Budget
from sklearn_gmvae.training._ranks import Ranks
from sklearn_gmvae.utils import ChunkPrinter

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)

ANSWERS = ["predict", "predict_proba", "transform", "score_samples"]


def passes(estimator, X, n_passes, n_chunks=3):
    """Pass over X, in chunks of about equal size."""
    rows = np.array_split(np.arange(X.shape[0]), n_chunks)
    for _ in range(n_passes):
        for part in rows:
            estimator.partial_fit(X[part])
    return estimator


def test_rows_that_never_come_again_keep_nothing_from_starting_or_ending(quick, blobs):
    X = blobs[0]
    n = len(X) // 5
    some, others = X[:n], X[n:]
    online = quick(pretrain_iter=3, max_iter=3).partial_fit(some)
    for _ in range(5):
        online.partial_fit(others)
    assert online.predict(X).shape == (len(X),)
    online.partial_fit(some + 1.0)
    for _ in range(8):
        online.partial_fit(others)
    assert online.converged_


@pytest.fixture
def shuffled():
    """Five clusters in six columns, (300, 6); neighbouring ones overlap a little."""
    X, y = make_blobs(300, centers=5, n_features=6, cluster_std=2.0, random_state=0)
    return X, y


@pytest.mark.parametrize("n_chunks", [1, 3])
def test_as_many_passes_as_epochs_reach_what_fit_reaches(quick, shuffled, n_chunks):
    """Both see the same rows as often; what is left are the draws, for which .05 is room."""
    X, y = shuffled
    settings = {"pretrain_iter": 150, "max_iter": 60, "init_params": "auto"}
    fitted = quick(5, **settings).fit(X)
    online = passes(quick(5, **settings), X, 210, n_chunks)
    expected = adjusted_rand_score(y, fitted.labels_)
    assert expected > 0.8
    assert abs(adjusted_rand_score(y, online.predict(X)) - expected) < 0.05
    assert online.converged_
    assert online.likelihood_ == fitted.likelihood_
    # The sample is all of X: the same units.
    np.testing.assert_allclose(online._design.unit_map.scale, fitted._design.unit_map.scale)


@pytest.mark.parametrize("n_chunks", [1, 3])
def test_answers_that_many_rows_share_count_as_often(quick, n_chunks):
    """600 rows of seven answers, of which the typical are the most frequent: when rows were counted
    over distinct rows, training was over after a fifth of its steps, at an ARI of 0."""
    rng = np.random.RandomState(0)
    y = rng.randint(2, size=600)
    X = (rng.rand(600, 7) < np.array([[0.15] * 7, [0.7] * 7])[y]).astype(float)
    assert len(np.unique(X, axis=0)) < 128
    settings = {"pretrain_iter": 60, "max_iter": 60, "init_params": "auto"}
    fitted = quick(2, **settings).fit(X)
    online = passes(quick(2, **settings), X, 120, n_chunks)
    expected = adjusted_rand_score(y, fitted.labels_)
    assert expected > 0.6
    assert adjusted_rand_score(y, online.predict(X)) > expected - 0.1
    assert online.converged_
    np.testing.assert_allclose(
        online._design.unit_map.scale, fitted._design.unit_map.scale, rtol=0.02
    )


def test_rows_that_nobody_expected_undo_nothing(quick, shuffled):
    """A table that is three times as long from the sixth pass of training on."""
    X, _ = shuffled
    online = passes(quick(5, pretrain_iter=2, max_iter=10), X[:100], 2 + 6, 1)
    done = [online._online._share_done]
    for _ in range(10):
        online.partial_fit(X)
        done.append(online._online._share_done)
    assert 0.5 < done[0] < 0.7
    assert done == sorted(done)
    assert online.converged_


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [VaDEClustering, GMVAEClustering])
def test_digits_with_the_default_schedule_reach_what_fit_reaches(estimator):
    """Mean of three seeds, within two standard errors of the paired difference or .02."""
    X, y = load_digits(return_X_y=True)
    differences = []
    for seed in range(3):
        fitted = estimator(10, random_state=seed).fit(X)
        n_passes = len(fitted.pretrain_history_["objective"]) + fitted.n_iter_
        online = passes(estimator(10, random_state=seed), X, n_passes)
        differences.append(
            clustering_accuracy(y, online.predict(X)) - clustering_accuracy(y, fitted.labels_)
        )
    standard_error = np.std(differences, ddof=1) / np.sqrt(3)
    assert np.mean(differences) > -max(0.02, 2 * standard_error)


# -- before the clusters are there ---------------------------------------------------------------


def test_until_pretrained_predict_says_how_many_rows_are_missing(quick, blobs):
    X, _ = blobs
    estimator = quick(pretrain_iter=3)
    for missing in (500, 400, 300, 200, 100):  # of 3 passes over the 200 rows seen at last
        first = missing in (500, 300, 100)
        estimator.partial_fit(X[:100] if first else X[100:])
        # The first chunk knows only of its own rows.
        told = 200 if missing == 500 else missing
        for method in (*ANSWERS, "score"):
            with pytest.raises(NotFittedError, match=f"after about {told} more rows"):
                getattr(estimator, method)(X)
        with pytest.raises(NotFittedError, match="partial_fit has seen"):
            estimator.sample()
        with pytest.raises(NotFittedError, match="partial_fit has seen"):
            estimator.inverse_transform(np.zeros((1, 10)))
        assert not hasattr(estimator, "labels_")
    estimator.partial_fit(X[100:])
    assert estimator.predict(X).shape == (200,)
    assert len(estimator.pretrain_history_["objective"]) == 6
    assert estimator.n_iter_ == 0


def test_clusters_wait_for_as_many_distinct_rows(quick, blobs):
    X, _ = blobs
    estimator = quick(4, pretrain_iter=0)
    for _ in range(3):
        estimator.partial_fit(np.repeat(X[:3], 5, axis=0))
    with pytest.raises(NotFittedError, match="3 distinct rows .* about 1 more"):
        estimator.predict(X)
    estimator.partial_fit(X[3:20])
    assert set(estimator.predict(X[:20])) <= set(range(4))
    assert "objective" in estimator.pretrain_history_
    assert len(estimator.pretrain_history_["objective"]) == 0


def test_single_rows_are_chunks(quick, blobs):
    X, _ = blobs
    estimator = quick(pretrain_iter=1, max_iter=1)
    order = np.random.RandomState(0).permutation(200)[:40]
    for i in order:
        estimator.partial_fit(X[[i]])
    # One pass is over as soon as there are no repeats to come: at K distinct rows.
    assert estimator.labels_.shape == (1,)
    assert np.isfinite(estimator.score_samples(X)).all()


def test_stream_without_repeats_gets_there_by_the_budget(quick, monkeypatch):
    monkeypatch.setattr(_online, "PRETRAINING", Budget(5, 20_000))
    monkeypatch.setattr(_online, "TRAINING", Budget(7, 20_000))
    rng = np.random.RandomState(0)
    estimator = quick(pretrain_iter=None, max_iter=None, batch_size=50)
    started, settled = [], []
    for _ in range(14):
        estimator.partial_fit(rng.standard_normal((50, 4)))
        started.append(hasattr(estimator, "labels_"))
        settled.append(getattr(estimator, "converged_", False))
    assert started.index(True) == 4
    assert settled.index(True) == 4 + 7
    assert estimator.n_iter_ == 9


# -- what lasts ----------------------------------------------------------------------------------


def test_answers_are_those_of_the_attributes(quick, blobs):
    X, _ = blobs
    estimator = passes(quick(pretrain_iter=5), X, 8)
    last = X[np.array_split(np.arange(200), 3)[-1]]
    np.testing.assert_array_equal(estimator.labels_, estimator.predict(last))
    assert estimator.lower_bound_ == estimator.lower_bounds_[-1]
    assert len(estimator.lower_bounds_) == estimator.n_iter_ == 3 * 3
    assert estimator.weights_.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(
        estimator.cluster_centers_, estimator.inverse_transform(estimator.means_)
    )


def test_clusters_are_ordered_by_size_at_the_start_and_keep_their_numbers(quick, shuffled):
    X, y = shuffled
    X = X[np.isin(y, [0, 1]) | (np.arange(len(X)) % 5 == 0)]  # clusters of many rows and few
    estimator = passes(quick(5, pretrain_iter=20), X, 20)
    assert estimator.n_iter_ == 0
    first = estimator.predict(X)
    assert (np.diff(np.bincount(first, minlength=5)) <= 0).all()
    passes(estimator, X, 10)
    after = estimator.predict(X)
    assert not np.array_equal(after, first)
    assert (after == first).mean() > 0.8  # by number, not only up to names


def test_same_seed_is_bit_identical(quick, blobs):
    X, _ = blobs
    first, second = (passes(quick(pretrain_iter=5), X, 8) for _ in range(2))
    for name in ANSWERS:
        np.testing.assert_array_equal(getattr(first, name)(X), getattr(second, name)(X))


@pytest.mark.parametrize("n_passes", [3, 7, 40])  # pretraining; held by the landmarks; settled
def test_pickled_in_between_it_goes_on_alike(quick, blobs, n_passes):
    X, _ = blobs
    estimator = passes(quick(pretrain_iter=5, max_iter=20), X, n_passes)
    copied = pickle.loads(pickle.dumps(estimator))
    torch_types = (torch.Tensor, torch.nn.Module, torch.Generator, torch.device)
    state = estimator._online.__getstate__()
    assert not any(isinstance(value, torch_types) for value in state.values())
    for name in ANSWERS:
        answers = [
            getattr(passes(clone_state, X, 5), name)(X)
            for clone_state in (pickle.loads(pickle.dumps(copied)), copied)
        ]
        np.testing.assert_array_equal(*answers)
    passes(estimator, X, 5 * len(ANSWERS))
    np.testing.assert_array_equal(estimator.predict_proba(X), copied.predict_proba(X))


def test_state_of_a_gpu_goes_on_without_one(quick, blobs, monkeypatch):
    X, _ = blobs
    estimator = passes(quick(pretrain_iter=5), X, 8)
    state = estimator.__getstate__()
    online = state["_online"].__getstate__()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    restored = training.OnlineTraining.__new__(training.OnlineTraining)
    restored.__setstate__({**online, "device": "cuda:0"})
    assert restored.device == torch.device("cpu")
    assert restored.learn(X[:50], np.zeros(X.shape[1])) == 0


@pytest.mark.parametrize("n_passes", [5, 7])  # just started; trained
def test_saved_it_goes_on_as_a_fitted_model(quick, blobs, tmp_path, n_passes):
    X, _ = blobs
    estimator = passes(quick(pretrain_iter=5), X, n_passes)
    estimator.save(tmp_path / "m.safetensors")
    loaded = load(tmp_path / "m.safetensors")
    for name in ANSWERS:
        np.testing.assert_array_equal(getattr(loaded, name)(X), getattr(estimator, name)(X))
    loaded.partial_fit(X[:50])
    assert loaded.converged_
    with pytest.raises(NotFittedError, match="partial_fit has seen"):
        quick().partial_fit(X).save(tmp_path / "not")


def test_fit_begins_anew_and_partial_fit_goes_on_from_it(quick, blobs):
    X, _ = blobs
    fresh = quick().fit(X)
    again = passes(quick(), X, 2).fit(X)
    np.testing.assert_array_equal(fresh.score_samples(X), again.score_samples(X))
    labels = fresh.labels_
    again.partial_fit(X[:50])
    assert again.converged_
    assert (again.predict(X) == labels).mean() > 0.95  # at a fiftieth of the learning rate
    assert not np.array_equal(again.score_samples(X), fresh.score_samples(X))


def test_cloned_it_is_new(quick, blobs):
    X, _ = blobs
    estimator = clone(passes(quick(pretrain_iter=1), X, 2))
    with pytest.raises(NotFittedError):
        estimator.predict(X)


# -- containers and errors -----------------------------------------------------------------------


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array])
@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_sparse_chunks_are_clustered_as_dense_ones(quick, blobs, container, likelihood):
    X = np.c_[blobs[0], np.zeros((200, 3))]
    estimator = quick(pretrain_iter=200, likelihood=likelihood)
    passes(estimator, container(X), 200, 2)
    assert sparse.issparse(estimator._online._sample.rows)
    passes(estimator, container(X), 10, 2)
    np.testing.assert_array_equal(estimator.predict(container(X)), estimator.predict(X))
    assert adjusted_rand_score(blobs[1], estimator.predict(X)) > 0.95  # k-means reaches 1


def test_chunks_of_bytes_are_not_converted(quick):
    X = np.random.RandomState(0).randint(0, 256, (200, 12)).astype(np.uint8)
    estimator = quick(pretrain_iter=30).partial_fit(X)
    assert estimator._online._sample.rows.dtype == np.uint8
    assert passes(estimator, X, 40).likelihood_ == "bernoulli"


def test_augmentation_moves_the_chunks_rows(blobs):
    X = np.random.RandomState(0).rand(100, 16)
    seen = []

    def change(batch, generator):
        seen.append(tuple(batch.shape))
        return batch

    estimator = VaDEClustering(
        2, augment=change, image_shape=(1, 4, 4), hidden_layer_sizes=(8,), pretrain_iter=1,
        max_iter=1,
    )  # fmt: skip
    passes(estimator, X, 2, 2)
    assert seen == [(50, 1, 4, 4)] * 4


def test_another_width_raises(quick, blobs):
    X, _ = blobs
    estimator = quick().partial_fit(X)
    with pytest.raises(ValueError, match="X has 5 features, but .* is expecting 6 features"):
        estimator.partial_fit(X[:, :5])
    fitted = quick().fit(X)
    with pytest.raises(ValueError, match="X has 5 features, but .* is expecting 6 features"):
        fitted.partial_fit(X[:, :5])


def test_another_model_raises(quick, blobs):
    X, _ = blobs
    for estimator in (quick().partial_fit(X), quick().fit(X)):
        estimator.set_params(latent_dim=3)
        with pytest.raises(ValueError, match="partial_fit continues .* latent_dim was 10, is 3"):
            estimator.partial_fit(X)


def test_verbose_tells_what_is_done_of_which_phase_and_changes_nothing(
    quick, blobs, capsys, monkeypatch
):
    monkeypatch.setattr(ChunkPrinter.__init__, "__defaults__", (0.0, False, 0.0))
    X = 100 * blobs[0]
    silent = passes(quick(pretrain_iter=2, max_iter=2), X, 6, 2)
    assert capsys.readouterr().out == ""
    told = passes(quick(pretrain_iter=2, max_iter=2, verbose=1), X, 3, 2)
    told = passes(pickle.loads(pickle.dumps(told)), X, 3, 2)
    number = r"-?\d+\.\d{3}"
    patterns = [
        rf"pretraining: \d+% after 100 rows, ELBO {number} nats a row, \d+ s left",
        *[rf"pretraining: \d+% after \d+ rows, ELBO {number} nats a row, .*"] * 2,
        rf"pretraining: done after 400 rows, ELBO {number} nats a row, \d+ s",
        rf"training: 25% after 100 rows, ELBO {number} nats a row, \d+ s left",
        rf"training: 50% after 200 rows, ELBO {number} nats a row, \d+ s left",
        rf"training: 75% after 100 rows, ELBO {number} nats a row, \d+ s left",  # pickled
        rf"training: done after 200 rows, ELBO {number} nats a row, \d+ s",
        *[rf"training: done, and went on for \d+ rows, ELBO {number} nats a row"] * 4,
    ]
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(patterns)
    for line, pattern in zip(printed, patterns, strict=True):
        assert re.fullmatch(pattern, line), line
    # In X's units, other than the model's.
    assert f"ELBO {told.lower_bounds_[-1]:.3f}" in printed[-1]
    np.testing.assert_array_equal(told.lower_bounds_, silent.lower_bounds_)


def test_several_ranks_are_refused(quick, blobs, monkeypatch):
    monkeypatch.setattr(training, "all_ranks", lambda: Ranks(0, 2))
    with pytest.raises(ValueError, match="torch.distributed has 2 ranks"):
        quick().partial_fit(blobs[0])


def test_start_from_an_array_raises(quick, blobs):
    with pytest.raises(
        ValueError, match=r"partial_fit expects a name, but got an array .*\(200,\)"
    ):
        quick(init_params=blobs[1]).partial_fit(blobs[0])


def test_bad_chunk_raises_and_leaves_the_state(quick, blobs):
    X, _ = blobs
    estimator, other = (passes(quick(pretrain_iter=2), X, 3) for _ in range(2))
    bad = X[:10].copy()
    bad[3, 2] = np.inf
    with pytest.raises(ValueError, match="Input X contains infinity"):
        estimator.partial_fit(bad)
    for e in (estimator, other):
        e.partial_fit(X[:50])
    np.testing.assert_array_equal(estimator.score_samples(X), other.score_samples(X))


def test_outside_the_domain_raises_at_any_chunk(quick, blobs):
    X = 1 / (1 + np.exp(-blobs[0]))
    estimator = quick(likelihood="bernoulli", standardize=False).partial_fit(X)
    with pytest.raises(ValueError, match=r"Expected X in \[0, 1\] for likelihood='bernoulli'"):
        estimator.partial_fit(blobs[0])


def test_steps_that_are_not_finite_are_told(quick, blobs, monkeypatch):
    X, _ = blobs
    estimator = passes(quick(pretrain_iter=1), X, 2)
    step = _online.MixedPrecisionAdam.step
    broken = iter([True, False, False, False])
    monkeypatch.setattr(
        _online.MixedPrecisionAdam, "step",
        lambda self, objective, *rest: step(
            self, objective * float("nan") if next(broken) else objective, *rest
        ),
    )  # fmt: skip
    estimator.set_params(batch_size=256)
    with pytest.warns(ConvergenceWarning, match="1 steps had a gradient that was not finite"):
        estimator.partial_fit(np.r_[X, X])
    assert np.isfinite(estimator.score_samples(X)).all()


def test_landmarks_are_bounded(quick, shuffled, monkeypatch):
    monkeypatch.setattr(_online, "MAX_LANDMARKS", 100)
    seen = []
    choose = _prior_start.choose_landmarks
    monkeypatch.setattr(
        _prior_start, "choose_landmarks", lambda *args: seen.append(args[0]) or choose(*args)
    )
    X, y = shuffled
    # The number of rows is told within 10 %, and so is the end of the schedule: room for 4 of that.
    estimator = passes(quick(5, pretrain_iter=100, max_iter=20), X, 168)
    assert [len(rows) for rows in seen] == [100]
    assert adjusted_rand_score(y, estimator.predict(X)) > 0.7
    assert estimator.converged_
