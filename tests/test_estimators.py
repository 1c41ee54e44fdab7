# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Contracts of the estimators (doc/developers.rst): one truth, determinism, independence of rows,
dtypes, units, scikit-learn's tools around them."""

import pickle
import random
import re
import tracemalloc

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import clone
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gmvae import GMVAEClustering, VaDEClustering, training
from sklearn_gmvae.training import AffineMap, _prior_start
from sklearn_gmvae.training._optimizer import MixedPrecisionAdam
from sklearn_gmvae.utils import _progress

# With so few updates components may stay empty: an outcome that is told, and has a test of its own.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)

ANSWERS = ["predict", "predict_proba", "transform", "score_samples"]


# -- one truth -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fitted_attributes_are_what_the_methods_answer(quick, blobs, dtype):
    X = blobs[0].astype(dtype)
    estimator = quick().fit(X)
    np.testing.assert_array_equal(estimator.labels_, estimator.predict(X))
    np.testing.assert_array_equal(estimator.labels_, estimator.predict_proba(X).argmax(1))
    assert estimator.lower_bound_ == estimator.score(X) == estimator.score_samples(X).mean()
    np.testing.assert_array_equal(quick().fit_predict(X), estimator.labels_)
    np.testing.assert_array_equal(quick().fit_transform(X), estimator.transform(X))
    tolerance = 1e-12 if dtype == np.float64 else 1e-6
    np.testing.assert_allclose(estimator.predict_proba(X).sum(1), 1.0, rtol=tolerance)
    np.testing.assert_allclose(
        estimator.cluster_centers_, estimator.inverse_transform(estimator.means_)
    )


def test_fitted_shapes_are_as_documented(quick, blobs):
    X, _ = blobs
    estimator = quick(latent_dim=4).fit(X)
    assert estimator.weights_.shape == (3,)
    assert estimator.weights_.sum() == pytest.approx(1.0)
    assert estimator.means_.shape == (3, 4)
    assert estimator.cluster_centers_.shape == (3, 6)
    assert estimator.n_iter_ == len(estimator.lower_bounds_) == 20
    assert all(len(curve) == 20 for curve in estimator.history_.values())
    assert estimator.inverse_transform(estimator.transform(X)).shape == X.shape


def test_history_terms_add_up_to_the_lower_bounds(quick, blobs):
    estimator = quick().fit(blobs[0])
    terms = {k: v for k, v in estimator.history_.items() if k != "objective"}
    np.testing.assert_allclose(sum(terms.values()), estimator.lower_bounds_, rtol=1e-9)
    # the last epochs maximise the plain ELBO, so there the two agree
    assert estimator.history_["objective"][-1] == pytest.approx(estimator.lower_bounds_[-1], 1e-4)


def test_histories_change_with_the_units_of_x_as_densities_do(quick, blobs):
    first, second = quick().fit(blobs[0]), quick().fit(1e3 * blobs[0])
    shift = 6 * np.log(1e3)
    np.testing.assert_allclose(second.lower_bounds_, first.lower_bounds_ - shift, 1e-4)
    for name, shifted in (("reconstruction", shift), ("objective", shift), ("cluster_prior", 0)):
        curves = first.history_[name] - shifted, second.history_[name]
        np.testing.assert_allclose(*curves, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    ("covariance_type", "shape"),
    [("full", (3, 10, 10)), ("tied", (10, 10)), ("diag", (3, 10)), ("spherical", (3,))],
)
def test_vade_covariances_have_gaussian_mixtures_shapes(blobs, covariance_type, shape):
    vade = VaDEClustering(
        3, covariance_type=covariance_type, hidden_layer_sizes=(8,), pretrain_iter=3, max_iter=2
    ).fit(blobs[0])
    assert vade.covariances_.shape == shape


def test_labels_have_no_holes_and_the_largest_cluster_first(quick, blobs):
    counts = np.bincount(quick(n_clusters=6).fit(blobs[0]).labels_)
    assert (counts > 0).all()
    assert (np.diff(counts) <= 0).all()


def test_separated_blobs_are_found(quick, blobs):
    X, y = blobs
    labels = quick(pretrain_iter=200, max_iter=100).fit(X).labels_
    assert adjusted_rand_score(y, labels) > 0.95  # k-means reaches 1


# -- determinism ---------------------------------------------------------------------------------


def answers(estimator, X):
    return [getattr(estimator, name)(X) for name in ANSWERS]


def assert_same(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_same_seed_is_bit_identical(quick, blobs):
    X, _ = blobs
    assert_same(answers(quick().fit(X), X), answers(quick().fit(X), X))


def test_different_seed_is_different(quick, blobs):
    X, _ = blobs
    first, second = (quick(random_state=s).fit(X).score_samples(X) for s in (0, 1))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("random_state", [0, None])
def test_fit_leaves_global_random_states_and_threads_alone(quick, blobs, random_state):
    def state():
        numpy_state = np.random.get_state()  # noqa: NPY002
        return (
            random.getstate(), numpy_state[1].tobytes(), numpy_state[2],
            torch.get_rng_state().numpy().tobytes(), torch.get_num_threads(),
            torch.get_float32_matmul_precision(), torch.is_grad_enabled(),
            torch.get_default_dtype(),
        )  # fmt: skip

    before = state()
    estimator = quick(n_init=2, random_state=random_state).fit(blobs[0])
    answers(estimator, blobs[0])
    estimator.sample(5, random_state=random_state)
    assert state() == before


@pytest.mark.parametrize("init_params", ["merge", "random"])
def test_fit_does_not_depend_on_global_seeds(quick, blobs, init_params):
    X, _ = blobs
    results = []
    for seed in (0, 1):
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
        results.append(answers(quick(init_params=init_params).fit(X), X))
    assert_same(*results)


def test_n_jobs_two_is_bit_identical_to_one(quick, blobs):
    """At equal inner thread counts: loky gives its workers one thread each."""
    X, _ = blobs
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        sequential = quick(n_init=2).fit(X)
        with joblib.parallel_config("loky", inner_max_num_threads=1):
            parallel = quick(n_init=2, n_jobs=2).fit(X)
        assert_same(answers(sequential, X), answers(parallel, X))
    finally:
        torch.set_num_threads(threads)


# -- rows are independent ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_of_784_columns_are_answered_alone_as_in_any_batch(quick, dtype):
    rng = np.random.RandomState(0)
    X = rng.rand(300, 784).astype(dtype)
    estimator = quick(hidden_layer_sizes=(500, 500, 2000), pretrain_iter=1, max_iter=1).fit(X)
    order = rng.permutation(300)
    for name in ANSWERS:
        answer = getattr(estimator, name)
        whole = answer(X)
        tolerance = {"rtol": 1e-7, "atol": 1e-7} if dtype == np.float64 else {"rtol": 1e-6}
        np.testing.assert_allclose(answer(X[order]), whole[order], **tolerance)
        alone = np.concatenate([answer(X[i : i + 1]) for i in range(20)])
        np.testing.assert_allclose(alone, whole[:20], **tolerance)


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_subset_of_rows_gets_the_same_answers(fitted, blobs, data):
    rows = data.draw(st.lists(st.integers(0, 199), min_size=1, max_size=300))
    X = blobs[0]
    for whole, part in zip(answers(fitted, X), answers(fitted, X[rows]), strict=True):
        np.testing.assert_allclose(part, whole[rows], rtol=1e-7, atol=1e-7)


@pytest.fixture(scope="module", params=[VaDEClustering, GMVAEClustering])
def fitted(request, blobs):
    return request.param(
        3, hidden_layer_sizes=(32,), pretrain_iter=10, max_iter=5, random_state=0
    ).fit(blobs[0])


# -- dtypes, containers, units -------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_output_dtype_follows_the_input(quick, blobs, dtype):
    X = blobs[0].astype(dtype)
    estimator = quick().fit(X)
    for name in ("predict_proba", "transform", "score_samples"):
        assert getattr(estimator, name)(X).dtype == dtype
    assert estimator.inverse_transform(estimator.transform(X)).dtype == dtype
    assert estimator.predict(X).dtype == np.int64


def test_uint8_gives_the_labels_of_its_255th(quick):
    X = np.random.RandomState(0).randint(0, 256, (100, 12)).astype(np.uint8)
    first, second = quick().fit(X), quick().fit(X / 255)
    np.testing.assert_array_equal(first.labels_, second.labels_)
    assert first.likelihood_ == second.likelihood_ == "bernoulli"
    np.testing.assert_allclose(first.cluster_centers_, 255 * second.cluster_centers_)


@pytest.mark.parametrize("units", [lambda X: X * 1.0, lambda X: X / 127.5 - 1.0])
def test_pictures_have_the_same_labels_in_all_units(quick, units):
    X = np.random.RandomState(0).randint(-128, 256, (100, 250)).clip(0).astype(np.uint8)
    first, second = quick().fit(X), quick().fit(units(X))
    np.testing.assert_array_equal(first.labels_, second.labels_)
    assert first.likelihood_ == second.likelihood_ == "bernoulli"
    np.testing.assert_allclose(second.cluster_centers_, units(first.cluster_centers_), atol=1e-4)


@pytest.mark.parametrize("convert", [
    lambda X: X.tolist(), np.asfortranarray, lambda X: pd.DataFrame(X), lambda X: X.astype(object),
])  # fmt: skip
def test_containers_give_the_same_labels(quick, blobs, convert):
    X, _ = blobs
    np.testing.assert_array_equal(quick().fit(convert(X)).labels_, quick().fit(X).labels_)


@pytest.mark.parametrize("dtype", [np.uint8, bool])
def test_frames_of_integers_are_treated_as_their_array(quick, dtype):
    X = np.random.RandomState(0).randint(0, 2, (60, 5)).astype(dtype)
    array, frame = quick().fit(X), quick().fit(pd.DataFrame(X))
    assert array.likelihood_ == frame.likelihood_ == "bernoulli"
    np.testing.assert_array_equal(array.labels_, frame.labels_)


def test_two_columns_of_one_name_are_refused_beside_texts(quick, blobs):
    frame = pd.DataFrame(blobs[0]).set_axis(["a"] * blobs[0].shape[1], axis=1)
    frame.isetitem(0, ["x", "y"] * (len(frame) // 2))
    with pytest.raises(ValueError, match="a name of its own for every column, .* but X has 'a'"):
        quick().fit(frame)


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.int64])
def test_other_dtypes_are_never_converted_as_a_whole(quick, tmp_path, dtype, monkeypatch):
    monkeypatch.setattr(_prior_start, "MAX_LANDMARKS", 500)
    X = np.memmap(tmp_path / "X", dtype=dtype, mode="w+", shape=(3_000, 2_000))
    X[:] = np.random.RandomState(0).randint(0, 100, X.shape)
    quick(pretrain_iter=1, max_iter=1).fit(X[:20, :5])  # what is imported late takes memory too
    largest = []
    forward = AffineMap.forward
    monkeypatch.setattr(
        AffineMap, "forward", lambda self, rows: largest.append(len(rows)) or forward(self, rows)
    )
    tracemalloc.start()
    estimator = quick(pretrain_iter=1, max_iter=1, likelihood="bernoulli").fit(X)
    estimator.predict(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert max(largest) <= 256
    assert isinstance(X, np.memmap)
    # X would take 24 MB in float32, 48 MB in float64 or a copy of int64; batches take 4 MB each.
    assert peak < 20e6


@pytest.mark.parametrize("gaussian_clusters", [True, False])
def test_rows_beyond_the_landmarks_start_with_their_clusters(quick, monkeypatch, gaussian_clusters):
    """From either start, the mixture of the columns or the merge of codes."""
    monkeypatch.setattr(_prior_start, "MAX_LANDMARKS", 150)
    X, y = make_blobs(600, centers=3, n_features=6, cluster_std=0.5, random_state=0)
    asked = []
    find = _prior_start.gaussian_clusters

    def look(rows, K, rng):
        asked.append(len(rows))
        return find(rows, K, rng) if gaussian_clusters else None

    monkeypatch.setattr(_prior_start, "gaussian_clusters", look)
    estimator = quick(init_params="auto").fit(X)
    assert asked == [150]
    assert adjusted_rand_score(y, estimator.labels_) == 1.0


def test_a_start_on_training_rows_never_sees_those_held_out(quick, blobs, monkeypatch):
    seen = []
    choose = _prior_start.choose_landmarks
    monkeypatch.setattr(
        _prior_start, "choose_landmarks", lambda *args: seen.append(args[0]) or choose(*args)
    )
    quick(early_stopping=True, validation_fraction=0.25).fit(blobs[0])
    (rows,) = seen
    assert len(np.unique(rows)) == 150


@pytest.mark.parametrize("start", ["auto", "merge", "gmm", "kmeans", "random"])
@pytest.mark.parametrize("n", [4, 5, 12])
def test_few_rows_can_be_held_out_from_any_start(quick, start, n):
    X = np.random.RandomState(0).standard_normal((n, 2))
    estimator = quick(4, init_params=start, early_stopping=True, max_iter=3).fit(X)
    assert estimator.labels_.shape == (n,)


def test_of_several_runs_the_one_whose_clusters_hang_together_is_kept(quick, blobs, monkeypatch):
    X, y = blobs
    labels = [np.arange(len(X)) % 3, y, np.arange(len(X)) % 2]
    train, kept = training.train, []

    def scripted(*args, **kwargs):
        run = train(*args, **kwargs)
        run.labels = labels[len(kept)]
        kept.append(run)
        return run

    monkeypatch.setattr(training, "train", scripted)
    estimator = quick(n_init=3, max_iter=1, pretrain_iter=1).fit(X)
    assert estimator._model is kept[1].model


def test_columns_that_are_not_standardised_are_modelled_in_their_own_units(quick, blobs):
    X, _ = blobs
    mean, scale = X.mean(0), X.std(0)
    own = quick(standardize=False).fit((X - mean) / scale)
    standardised = quick().fit(X)
    np.testing.assert_array_equal(own.labels_, standardised.labels_)
    np.testing.assert_allclose(
        own.lower_bound_ - np.log(scale).sum(), standardised.lower_bound_, rtol=1e-3
    )


def test_networks_in_bfloat16_find_the_same_clusters_and_answer_in_full_precision(quick, blobs):
    X, y = blobs
    settings = {"pretrain_iter": 200, "max_iter": 100}  # with fewer updates GMVAE is not done
    low = quick(precision="bfloat16", **settings).fit(X)
    assert adjusted_rand_score(y, low.labels_) == 1.0
    assert low.lower_bound_ != quick(precision="float32", **settings).fit(X).lower_bound_
    x = torch.as_tensor(low._design.unit_map.forward(X[:256]))
    with torch.inference_mode():
        assert low._model.encoder(x)[0][0].dtype == torch.float32


def test_gaussian_scores_are_densities_in_the_units_of_x(quick, blobs):
    X, _ = blobs
    first, second = quick().fit(X), quick().fit(10 * X)
    shift = 6 * np.log(10)
    np.testing.assert_allclose(second.score_samples(10 * X), first.score_samples(X) - shift, 1e-4)


def test_outputs_are_in_the_units_of_x(quick, blobs):
    X = 1e4 * blobs[0] + 1e6
    estimator = quick(max_iter=100, pretrain_iter=200).fit(X)
    for rows in (estimator.sample(500, random_state=0)[0], estimator.cluster_centers_):
        assert (abs(rows.mean(0) - X.mean(0)) < 2 * X.std(0)).all()
    error = estimator.inverse_transform(estimator.transform(X)) - X
    assert (error.std(0) < 0.5 * X.std(0)).all()


# -- sampling ------------------------------------------------------------------------------------


def test_sample_counts_follow_the_weights_and_seeds(quick, blobs):
    estimator = quick().fit(blobs[0])
    X, y = estimator.sample(3000, random_state=0)
    assert X.shape == (3000, 6)
    assert (np.diff(y) >= 0).all()
    share, n = np.bincount(y, minlength=3) / 3000, 3000
    error = np.sqrt(estimator.weights_ * (1 - estimator.weights_) / n)
    assert (abs(share - estimator.weights_) < 5 * error).all()
    assert_same(estimator.sample(50, random_state=1), estimator.sample(50, random_state=1))
    assert not np.array_equal(X[:50], estimator.sample(3000, random_state=1)[0][:50])


def test_sample_of_one_cluster_is_assigned_to_it(quick, blobs):
    estimator = quick(pretrain_iter=200, max_iter=200).fit(blobs[0])
    for cluster in range(3):
        X, y = estimator.sample(100, cluster=cluster, random_state=0)
        assert (y == cluster).all()
        assert (estimator.predict(X) == cluster).mean() > 0.9


def test_sample_without_noise_is_what_the_decoder_gives(quick, blobs):
    estimator = quick().fit(blobs[0])
    noisy, clean = (estimator.sample(2000, cluster=0, noise=n, random_state=0)[0]
                    for n in (True, False))  # fmt: skip
    assert (clean.var(0) < noisy.var(0)).all()


def test_gmvae_sample_style_fixes_the_style(blobs):
    gmvae = GMVAEClustering(
        3, style_dim=2, hidden_layer_sizes=(32,), pretrain_iter=15, max_iter=10, random_state=0
    ).fit(blobs[0])
    one = gmvae.sample(50, cluster=1, style=[0.5, -1.0], random_state=0)[0]
    each = gmvae.sample(50, cluster=1, style=np.tile([0.5, -1.0], (50, 1)), random_state=0)[0]
    np.testing.assert_allclose(one, each)
    with pytest.raises(ValueError, match=r"style should have shape \(50, 2\) or \(2,\)"):
        gmvae.sample(50, style=[1.0])
    assert gmvae.transform_style(blobs[0]).shape == (200, 2)


# -- starts and restarts -------------------------------------------------------------------------


def test_labels_as_start_keep_their_order(quick, blobs):
    X, y = blobs
    y = np.array([2, 0, 1])[y]
    estimator = quick(init_params=y, pretrain_iter=100).fit(X)
    assert (estimator.labels_ == y).mean() > 0.95


def test_responsibilities_as_start_equal_labels_as_start(quick, blobs):
    X, y = blobs
    labels, resp = (quick(init_params=start).fit(X) for start in (y, np.eye(3)[y]))
    np.testing.assert_array_equal(labels.labels_, resp.labels_)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (np.full(200, 3), r"in 0..2 for n_clusters=3.*3..3"),
        (np.zeros(199, int), r"shape \(200,\).*shape \(199,\)"),
        (np.full((200, 3), 0.5), r"rows that sum to 1.*\[1.5, 1.5\]"),
        (np.linspace(0, 1, 200), r"dtype float64"),
    ],
)
def test_bad_start_array_raises(quick, blobs, start, message):
    with pytest.raises(ValueError, match=message):
        quick(init_params=start).fit(blobs[0])


# -- around it: pickles, pipelines, searches -----------------------------------------------------


@pytest.mark.parametrize("dump_load", [
    lambda e, path: pickle.loads(pickle.dumps(e)),
    lambda e, path: joblib.load(joblib.dump(e, path / "model")[0]),
    lambda e, path: joblib.load(joblib.dump(e, path / "model")[0], mmap_mode="r"),
])  # fmt: skip
def test_pickled_estimator_answers_the_same_and_trains_on(quick, blobs, dump_load, tmp_path):
    X, _ = blobs
    estimator = quick(warm_start=True).fit(X)
    loaded = dump_load(estimator, tmp_path)
    assert_same(answers(estimator, X), answers(loaded, X))
    assert_same(answers(estimator.fit(X), X), answers(loaded.fit(X), X))


def test_pickle_holds_no_torch_object(quick, blobs):
    assert b"torch" not in pickle.dumps(quick().fit(blobs[0]))


def test_model_fitted_on_cuda_loads_where_there_is_none(quick, blobs, monkeypatch):
    X, _ = blobs
    estimator = quick().fit(X)
    expected = answers(estimator, X)
    estimator.device_ = "cuda:0"
    data = pickle.dumps(estimator)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.warns(UserWarning, match="fitted on cuda:0, which is not there"):
        loaded = pickle.loads(data)
    assert loaded.device_ == "cpu"
    assert_same(answers(loaded, X), expected)


def test_clone_keeps_parameters_and_drops_the_fit(quick, blobs):
    copied = clone(quick(n_init=2).fit(blobs[0]))
    assert copied.get_params() == quick(n_init=2).get_params()
    assert not hasattr(copied, "labels_")


def test_pipeline_fits_and_predicts(quick, blobs):
    X, y = blobs
    pipeline = make_pipeline(StandardScaler(), quick(pretrain_iter=200, max_iter=100)).fit(X)
    assert adjusted_rand_score(y, pipeline.predict(X)) > 0.95
    assert pipeline.score(X) == pytest.approx(pipeline[-1].lower_bound_)


def test_grid_search_without_labels_goes_by_score(quick, blobs):
    X, _ = blobs
    grid = {"n_clusters": [1, 3], "latent_dim": [1, 2]}
    search = GridSearchCV(quick(pretrain_iter=60, max_iter=60), grid, cv=2).fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()


def test_grid_search_with_labels_finds_the_number_of_clusters(quick, blobs):
    X, y = blobs
    search = GridSearchCV(quick(), {"n_clusters": [1, 3]}, scoring="adjusted_rand_score", cv=2).fit(
        X, y
    )
    assert search.best_params_ == {"n_clusters": 3}


def test_set_output_pandas_names_the_latents(quick, blobs):
    frame = quick(latent_dim=2).set_output(transform="pandas").fit(blobs[0]).transform(blobs[0])
    assert isinstance(frame, pd.DataFrame)
    assert [c[-1] for c in frame.columns] == ["0", "1"]


def test_verbose_prints_and_silence_is_the_default(quick, blobs, capsys):
    quick().fit(blobs[0])
    assert capsys.readouterr().out == ""
    quick(verbose=1).fit(blobs[0])
    printed = capsys.readouterr().out
    assert "pretraining: epoch 60/60" in printed
    assert "start: " in printed
    assert "training: epoch 20/20" in printed


def test_verbose_prints_the_elbo_that_is_kept_and_where_it_stopped(quick, blobs, capsys):
    # In X's units, other than the model's; training ends by tol long before 60 epochs.
    estimator = quick(verbose=1, max_iter=60, tol=10.0, n_iter_no_change=2).fit(100 * blobs[0])
    assert estimator.n_iter_ < 60
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(
        f"training: stopped after epoch {estimator.n_iter_}/60, "
        f"ELBO {estimator.lower_bounds_[-1]:.3f} nats a row, "
    )


def test_verbose_names_the_run_of_several_and_what_is_left(quick, blobs, capsys, monkeypatch):
    monkeypatch.setattr(_progress.EpochPrinter.__init__, "__defaults__", (0.0, "", 0.0))
    quick(verbose=1, n_init=2, pretrain_iter=2, max_iter=2).fit(blobs[0])
    number = r"-?\d+\.\d{3}"
    expected = [
        line
        for run in ("run 1/2", "run 2/2")
        for line in (
            rf"{run}, pretraining: epoch 1/2, ELBO {number} nats a row, \d+ s left",
            rf"{run}, pretraining: epoch 2/2, ELBO {number} nats a row, \d+ s",
            rf"{run}, start: \d+ s",
            rf"{run}, training: epoch 1/2, ELBO {number} nats a row, \d+ s left",
            rf"{run}, training: epoch 2/2, ELBO {number} nats a row, \d+ s",
        )
    ]
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(expected)
    for line, pattern in zip(printed, expected, strict=True):
        assert re.fullmatch(pattern, line), line


# -- outcomes ------------------------------------------------------------------------------------


def test_default_schedule_converges_without_a_warning(blobs):
    vade = VaDEClustering(3, hidden_layer_sizes=(8,), random_state=0).fit(blobs[0][:30])
    assert vade.converged_


def test_max_iter_before_tol_warns(quick, blobs):
    with pytest.warns(ConvergenceWarning, match="max_iter=20 epochs were completed before"):
        estimator = quick(tol=1e-9).fit(blobs[0])
    assert not estimator.converged_


def test_skipped_steps_are_told(quick, blobs, monkeypatch):
    original = MixedPrecisionAdam.step
    calls = iter(range(10**6))

    def step(self, objective, *rest):
        return original(self, objective * (np.nan if next(calls) == 3 else 1.0), *rest)

    monkeypatch.setattr(MixedPrecisionAdam, "step", step)
    with pytest.warns(ConvergenceWarning, match="1 steps had a gradient that was not finite"):
        assert np.isfinite(quick().fit(blobs[0]).lower_bound_)


def test_large_tol_stops_early(quick, blobs):
    estimator = quick(tol=1e6, n_iter_no_change=2).fit(blobs[0])
    assert estimator.n_iter_ == 4
    assert estimator.converged_


def test_early_stopping_labels_all_rows(quick, blobs):
    estimator = quick(early_stopping=True, validation_fraction=0.3).fit(blobs[0])
    assert len(estimator.labels_) == 200
    assert len(estimator.history_["validation"]) == estimator.n_iter_


def test_gmvae_min_information_of_log_k_and_more_warns(blobs):
    gmvae = GMVAEClustering(
        3, min_information=1.2, hidden_layer_sizes=(8,), pretrain_iter=2, max_iter=2
    )
    with pytest.warns(UserWarning, match=r"min_information=1.2 is not below log\(n_clusters\)"):
        gmvae.fit(blobs[0])
