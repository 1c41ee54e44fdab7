# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""X with missing entries: they are left out, and `impute` says what they might be."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae import VaDEClustering, inspection, load, training
from sklearn_gmvae.models import LIKELIHOODS

# With so few updates components may stay empty: an outcome that is told.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)
FEW = {"pretrain_iter": 5, "max_iter": 5}
ANSWERS = ["predict", "predict_proba", "transform", "score_samples", "impute"]


def with_holes(X, share=0.3, seed=0):
    return np.where(np.random.RandomState(seed).random_sample(X.shape) < share, np.nan, X)


def assert_same_answers(estimator, X, Y, rows=slice(None)):
    for name in ANSWERS:
        answer = getattr(estimator, name)
        np.testing.assert_array_equal(answer(X)[rows], answer(Y), err_msg=name)


@pytest.fixture(scope="module", params=["whole", "holes"])
def fitted(request, blobs):
    """An estimator that was fitted to whole rows, and one that knows holes."""
    X = blobs[0] if request.param == "whole" else with_holes(blobs[0], seed=1)
    return VaDEClustering(3, hidden_layer_sizes=(32,), random_state=0).fit(X)


# -- fit -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"init_params": "merge", "early_stopping": True},
        {"likelihood": "bernoulli", "n_mc_samples": 2},
        {"standardize": False, "n_init": 2, "precision": "bfloat16"},
        {"network": "conv", "hidden_layer_sizes": ((4, 3, 2), 16)},
    ],
    ids=str,
)
def test_fit_on_holes_gives_finite_answers_of_one_truth(quick, blobs, changes):
    X = with_holes(blobs[0])
    estimator = quick(**FEW, **changes).fit(X)
    np.testing.assert_array_equal(estimator.labels_, estimator.predict(X))
    probabilities, bounds = estimator.predict_proba(X), estimator.score_samples(X)
    assert np.isfinite(estimator.transform(X)).all()
    assert np.isfinite(bounds).all()
    assert np.isfinite(estimator.lower_bounds_).all()
    np.testing.assert_allclose(probabilities.sum(1), 1.0, rtol=1e-6)
    assert estimator.lower_bound_ == pytest.approx(bounds.mean(), rel=1e-9)
    assert estimator.score(X) == pytest.approx(bounds.mean(), rel=1e-9)


def test_clusters_are_found_with_three_tenths_missing_in_fit_and_predict(fitted, blobs):
    """The floor is far above chance (0) and was set before anything was run."""
    X, y = blobs
    assert adjusted_rand_score(y, fitted.labels_) > 0.8
    assert adjusted_rand_score(y, fitted.predict(with_holes(X, seed=2))) > 0.8


def test_fit_is_deterministic(quick, blobs):
    X = with_holes(blobs[0])
    first, second = quick(**FEW).fit(X), quick(**FEW).fit(X)
    assert_same_answers(first, X, X)
    for name in ANSWERS:
        np.testing.assert_array_equal(getattr(first, name)(X), getattr(second, name)(X))


def test_units_of_a_column_with_holes_do_not_matter(quick, blobs):
    """Standardised by its observed entries; the density loses log scale where there is one."""
    X = with_holes(blobs[0])
    scale = 2.0 ** np.arange(6)
    first, second = quick(**FEW).fit(X), quick(**FEW).fit(scale * X)
    np.testing.assert_array_equal(first.labels_, second.labels_)
    loss = np.where(np.isnan(X), 0.0, np.log(scale)).sum(1)
    np.testing.assert_allclose(
        second.score_samples(scale * X), first.score_samples(X) - loss, rtol=1e-6, atol=1e-6
    )
    np.testing.assert_allclose(
        second.lower_bounds_, first.lower_bounds_ - loss.mean(), rtol=1e-6, atol=1e-6
    )
    np.testing.assert_allclose(second.impute(scale * X), scale * first.impute(X), rtol=1e-6)


def test_columns_without_any_value_raise_with_their_names(quick, blobs):
    frame = pd.DataFrame(with_holes(blobs[0]), columns=list("abcdef"))
    frame[["b", "e"]] = np.nan
    with pytest.raises(ValueError, match="no value at all in 2 of its 6 columns, b, e: .*Leave"):
        quick().fit(frame)
    with pytest.raises(ValueError, match="in 6 of its 6 columns, 0, 1, 2, 3, 4, 5"):
        quick().fit(np.full((20, 6), np.nan))


def test_rows_without_any_value_take_part_and_get_the_prior(quick, blobs):
    X = with_holes(blobs[0])
    X[[0, 7]] = np.nan
    estimator = quick(**FEW).fit(X)
    np.testing.assert_allclose(
        estimator.predict_proba(X)[[0, 7]], estimator.weights_[None].repeat(2, 0), rtol=1e-6
    )
    assert np.isfinite(estimator.score_samples(X)).all()
    expected = estimator.weights_ @ estimator.cluster_centers_
    np.testing.assert_allclose(estimator.impute(X)[0], expected, rtol=1e-3, atol=1e-3)


def fill_of(estimator):
    """The precision of the Gaussian that fills what the encoder sees; None: there is none."""
    model = estimator._model if hasattr(estimator, "_model") else estimator._online.model
    return None if model.row_gaussian is None else model.row_gaussian.precision.numpy()


def test_holes_are_filled_for_the_encoder_in_tables_of_at_most_64_features(quick, blobs):
    X = with_holes(np.random.RandomState(0).standard_normal((60, 65)), 0.1)
    assert fill_of(quick(**FEW).fit(X)) is None
    precision = fill_of(quick(**FEW).fit(X[:, :64]))
    assert precision.shape == (64, 64)
    assert (precision != np.eye(64)).any()
    assert fill_of(quick(**FEW).fit(blobs[0])) is None  # nothing is missing
    frame = pd.DataFrame(with_holes(blobs[0]), columns=list("abcdef"))
    frame["town"] = np.array(["Ghent", "Aalst", "Ypres"])[np.arange(len(frame)) % 3]
    assert fill_of(quick(**FEW).fit(frame)).shape == (9, 9)  # each category counts


def test_what_the_encoder_is_filled_with_is_of_the_columns_relations(quick):
    """Two columns that are one: the hole in one is filled with the other's value."""
    x = np.random.RandomState(0).standard_normal((400, 1))
    X = with_holes(np.hstack([x, 3.0 * x + 5.0]), 0.2)
    for estimator in (quick(**FEW).fit(X), quick(**FEW).partial_fit(X)):
        P = fill_of(estimator)
        assert 0.9 < -P[0, 1] / P[0, 0] < 1.0  # standardised, and a ridge


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("share", [0.01, 0.3])
def test_columns_that_are_constant_may_have_holes(quick, value, share):
    X = with_holes(np.full((200, 3), value), share)
    assert 0 < np.isnan(X).sum() < 300
    with pytest.warns(ConvergenceWarning):
        estimator = quick(**FEW).fit(X)
    assert np.isfinite(fill_of(estimator)).all()
    assert np.isfinite(estimator.score(X))
    assert ((estimator.impute(X) >= 0.0) & (estimator.impute(X) <= 1.0)).all()


def test_stream_that_begins_with_one_row_again_and_again_goes_on(quick, blobs):
    first = np.repeat(blobs[0][:1], 60, axis=0)
    first[::7, 1] = np.nan
    estimator = quick(**{**FEW, "pretrain_iter": 30})
    for chunk in (first, first, with_holes(blobs[0][:100]), with_holes(blobs[0][100:])):
        estimator.partial_fit(chunk)
        assert np.isfinite(fill_of(estimator)).all()


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_entries_raise_also_beside_holes(quick, blobs, value):
    X = with_holes(blobs[0])
    X[3, 2] = value
    with pytest.raises(ValueError, match="Input X contains infinity"):
        quick().fit(X)
    with pytest.raises(ValueError, match="Input X contains infinity"):
        quick(**FEW).fit(blobs[0]).impute(X)


def test_warm_start_goes_on_where_holes_are_new(quick, blobs):
    estimator = quick(warm_start=True, **FEW).fit(blobs[0])
    estimator.fit(with_holes(blobs[0]))
    assert np.isfinite(estimator.lower_bounds_).all()
    assert np.isfinite(estimator.score(with_holes(blobs[0])))


@pytest.mark.parametrize("augment", ["image", lambda batch, generator: 0.9 * batch])
def test_augment_meets_holes(quick, augment):
    X = with_holes(np.random.RandomState(0).random_sample((60, 16)), 0.1)
    estimator = quick(augment=augment, pretrain_iter=3, max_iter=3).fit(X)
    assert np.isfinite(estimator.lower_bounds_).all()


def test_augment_that_makes_holes_in_whole_rows_raises(quick, blobs):
    def careless(batch, generator):
        return batch.clone().fill_(float("nan"))

    with pytest.raises(ValueError, match="augment should return finite values"):
        quick(augment=careless).fit(blobs[0])


# -- partial_fit -----------------------------------------------------------------------------


@pytest.mark.parametrize("first", [0.0, 0.3])
def test_partial_fit_takes_holes_from_the_first_chunk_or_a_later_one(quick, blobs, first):
    X = np.concatenate([with_holes(blobs[0][:100], first), with_holes(blobs[0][100:])])
    X[:100, 4] = np.nan if first else 0.0  # a chunk may have nothing of a column
    estimator = quick(**FEW)
    for _ in range(12):
        for start in (0, 100):
            estimator.partial_fit(X[start : start + 100])
    assert estimator.converged_
    assert np.isfinite(estimator.lower_bounds_).all()
    np.testing.assert_array_equal(estimator.labels_, estimator.predict(X[100:]))
    # in X's units as scores are: the last epochs cannot be far from them
    scores = [estimator.score(X[:100]), estimator.score(X[100:])]
    assert np.ptp([*scores, *estimator.lower_bounds_[-2:]]) < np.ptp(scores) + 3.0


def test_rows_with_the_same_holes_are_the_same_row(blobs):
    X = with_holes(blobs[0][:50])
    other = X.copy()
    other.view(np.uint64)[np.isnan(X)] ^= np.uint64(1 << 63)  # NaN has a sign
    estimator = VaDEClustering(2, hidden_layer_sizes=(8,), pretrain_iter=1000, random_state=0)
    estimator.partial_fit(X).partial_fit(other).partial_fit(sparse.csr_array(X))
    assert estimator._online.n_distinct in (50, 100)  # dense and sparse rows have other bytes
    estimator = VaDEClustering(2, hidden_layer_sizes=(8,), pretrain_iter=1000, random_state=0)
    assert estimator.partial_fit(X).partial_fit(other)._online.n_distinct == 50


# -- answers ---------------------------------------------------------------------------------


def test_whole_rows_get_the_answers_they_get_without_others(fitted, blobs):
    X = blobs[0]
    mixed = X.copy()
    mixed[::2] = with_holes(X[::2])
    assert_same_answers(fitted, mixed, X[1::2], slice(1, None, 2))


@given(missing=arrays(np.bool_, (7, 6)), order=st.permutations(range(7)))
def test_any_holes_answers_are_each_rows_own(fitted, blobs, missing, order):
    X = np.where(missing, np.nan, blobs[0][:7])
    assert_same_answers(fitted, X, X[order], order)
    assert_same_answers(fitted, X, X[2:3], slice(2, 3))


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
def test_sparse_rows_with_holes_get_the_answers_of_dense_ones(fitted, blobs, form):
    X = np.where(np.random.RandomState(0).random_sample(blobs[0].shape) < 0.5, 0.0, blobs[0])
    X = with_holes(X, 0.2)[:40]
    S = sparse.csr_array(X).asformat(form)
    for name in ("predict", "transform", "score_samples"):
        answer = getattr(fitted, name)
        np.testing.assert_array_equal(answer(S), answer(X), err_msg=name)
    imputed = fitted.impute(S)
    assert imputed.format == form
    np.testing.assert_array_equal(imputed.toarray(), fitted.impute(X))
    assert fitted.score(S) == fitted.score(X)


def test_fit_on_csr_with_holes_is_that_on_its_array(quick, blobs):
    X = with_holes(np.where(blobs[0] < 0, 0.0, blobs[0]))
    dense, csr = quick(**FEW).fit(X), quick(**FEW).fit(sparse.csr_array(X))
    np.testing.assert_array_equal(dense.labels_, csr.labels_)
    assert csr.lower_bound_ == pytest.approx(dense.lower_bound_, rel=1e-4)


def test_memory_map_with_holes_is_read_where_it_is(quick, blobs, tmp_path):
    np.save(tmp_path / "X.npy", with_holes(blobs[0]).astype(np.float32))
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    estimator = quick(pretrain_iter=3, max_iter=3).fit(X)
    assert_same_answers(estimator, X, np.array(X))


def test_saved_and_pickled_models_know_holes(quick, blobs, tmp_path):
    X = with_holes(blobs[0])
    estimator = quick(pretrain_iter=3, max_iter=3).fit(X)
    estimator.save(tmp_path / "model.safetensors")
    for again in (
        load(tmp_path / "model.safetensors"), pickle.loads(pickle.dumps(estimator))
    ):  # fmt: skip
        for name in ANSWERS:
            np.testing.assert_array_equal(getattr(again, name)(X), getattr(estimator, name)(X))


@pytest.mark.parametrize("fitted_to_holes", [False, True])
def test_every_likelihood_takes_holes(quick, blobs, fitted_to_holes):
    whole = np.rint(np.abs(blobs[0])) % 3
    X = with_holes(whole)
    names = list(LIKELIHOODS)
    mixed = {j: name for j, name in enumerate(names[:6])}
    for likelihood in (*names, mixed):
        estimator = quick(likelihood=likelihood, pretrain_iter=3, max_iter=3)
        estimator.fit(X if fitted_to_holes else whole)
        imputed = estimator.impute(X)
        assert np.isfinite(imputed).all(), likelihood
        np.testing.assert_array_equal(imputed[~np.isnan(X)], X[~np.isnan(X)])
        assert np.isfinite(estimator.score_samples(X)).all(), likelihood
        assert_same_answers(estimator, X, X[3:9], slice(3, 9))
        part = np.where(np.arange(len(X))[:, None] % 2, X, whole)
        assert_same_answers(estimator, part, whole[::2], slice(None, None, 2))


def test_counts_with_holes_have_the_statistics_of_what_is_there(blobs):
    whole = np.rint(np.abs(blobs[0]))
    X = with_holes(whole)
    for S in (X, sparse.csr_array(X)):
        found = training.choose_map(S, "poisson", True).statistics
        np.testing.assert_allclose(
            found.log_base, np.log((np.nansum(X, 0) + 0.5) / (~np.isnan(X)).sum(0)), rtol=1e-9
        )
        np.testing.assert_allclose(found.centre, np.nanmean(np.log1p(X), 0), rtol=1e-9)


def test_unseen_categories_count_as_missing_and_stay_where_they_are(quick):
    rng = np.random.RandomState(0)
    y = np.arange(60) % 3
    frame = pd.DataFrame({"a": y + rng.standard_normal(60), "b": np.array(list("xyz"))[y]})
    frame.loc[::7, "b"] = None
    estimator = quick(**FEW).fit(frame)
    new, none = frame.assign(b="new"), frame.assign(b=None)
    for name in ("predict_proba", "score_samples"):
        answer = getattr(estimator, name)
        np.testing.assert_array_equal(answer(new), answer(none.astype(frame.dtypes)))
    pd.testing.assert_frame_equal(estimator.impute(new), new)
    imputed = estimator.impute(frame)
    assert set(imputed["b"]) == set("xyz")
    there = frame["b"].notna()
    pd.testing.assert_frame_equal(imputed[there], frame[there])


def test_displays_draw_rows_with_holes(quick, blobs):
    plt = pytest.importorskip("matplotlib.pyplot")
    X = with_holes(blobs[0])
    estimator = quick(**FEW).fit(X)
    for display in (
        inspection.ClusterProfileDisplay, inspection.ClusterSamplesDisplay,
        inspection.LatentSpaceDisplay, inspection.ResponsibilityDisplay,
        inspection.InterpolationDisplay,
    ):  # fmt: skip
        display.from_estimator(estimator, X)
    plt.close("all")


def test_scikit_learns_assume_finite_hides_no_missing_value(blobs):
    X = np.where(np.random.RandomState(0).uniform(size=blobs[0].shape) < 0.1, np.nan, blobs[0])
    settings = {"hidden_layer_sizes": (8,), "pretrain_iter": 2, "max_iter": 2, "random_state": 0}
    expected = VaDEClustering(3, **settings).fit(X).score_samples(X)
    with config_context(assume_finite=True):
        found = VaDEClustering(3, **settings).fit(X).score_samples(X)
        with pytest.raises(ValueError, match="contains infinity"):
            VaDEClustering(3, **settings).fit(np.where(np.isnan(X), np.inf, X))
    np.testing.assert_array_equal(found, expected)
