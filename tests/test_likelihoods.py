# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Counts, categories and columns of several kinds through both estimators."""

import pickle
import warnings
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.models import LIKELIHOODS
from sklearn_gmvae.training._restarts import as_encoded

WHOLE = [name for name in LIKELIHOODS if LIKELIHOODS[name].domain in ("counts", "categories")]
MAPPING = {0: "gaussian", 1: "poisson", 2: "categorical", 3: "negative_binomial"}
FEW = {"hidden_layer_sizes": (16,), "pretrain_iter": 10, "max_iter": 5, "random_state": 0}
# Each with one of the estimators: what they do about it is written once.
CASES = {
    "categorical": (VaDEClustering, "categorical"),
    "negative_binomial": (GMVAEClustering, "negative_binomial"),
    "poisson": (VaDEClustering, "poisson"),
    "mapping": (GMVAEClustering, MAPPING),
}

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)


def counts():
    """Counts of three clusters, (90, 5): numbers that every likelihood takes."""
    rng = np.random.RandomState(0)
    rates = np.exp(rng.randn(3, 5))
    return rng.poisson(rates[np.arange(90) % 3]).astype(float)


@pytest.fixture
def rows():
    return counts()


class Case(NamedTuple):
    build: Callable  # an estimator that is not fitted
    likelihood: str | dict
    fitted: object


@pytest.fixture(scope="module", params=CASES)
def case(request):
    estimator, likelihood = CASES[request.param]
    build = partial(estimator, 3, likelihood=likelihood, **FEW)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return Case(build, likelihood, build().fit(counts()))


def test_every_whole_number_likelihood_has_its_case():
    assert set(WHOLE) == set(CASES) - {"mapping"}


def test_fit_is_deterministic_and_true_to_its_methods(case, rows):
    first, second = case.fitted, case.build().fit(rows)
    for method in ("predict_proba", "transform", "score_samples"):
        np.testing.assert_array_equal(getattr(first, method)(rows), getattr(second, method)(rows))
    np.testing.assert_array_equal(first.labels_, first.predict(rows))
    assert first.lower_bound_ == first.score(rows) == first.score_samples(rows).mean()
    assert first.cluster_centers_.shape == (3, 5)
    assert first.n_features_in_ == 5
    for answer, again in zip(
        first.sample(9, random_state=1), second.sample(9, random_state=1), strict=True
    ):
        np.testing.assert_array_equal(answer, again)


def test_rows_are_independent_of_their_batch_and_order(case, rows):
    order = np.random.RandomState(0).permutation(len(rows))
    for method in ("predict_proba", "transform", "score_samples"):
        answer = getattr(case.fitted, method)
        np.testing.assert_allclose(answer(rows)[order], answer(rows[order]), rtol=1e-7, atol=1e-9)
        alone = np.concatenate([answer(row[None]) for row in rows[:10]])
        np.testing.assert_allclose(answer(rows)[:10], alone, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("form", [np.float32, np.uint16, csr_array], ids=lambda form: form.__name__)
def test_dtypes_and_sparse_rows_give_the_same_model(case, rows, form):
    X = csr_array(rows) if form is csr_array else rows.astype(form)
    other = case.build().fit(X)
    np.testing.assert_array_equal(other.labels_, case.fitted.labels_)
    np.testing.assert_allclose(other.lower_bound_, case.fitted.lower_bound_, rtol=1e-6)
    expected = np.float32 if X.dtype == np.float32 else np.float64
    assert other.transform(X).dtype == other.score_samples(X).dtype == expected


def test_memory_maps_and_read_only_rows_give_the_same_model(case, rows, tmp_path):
    np.save(tmp_path / "X.npy", rows)
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    np.testing.assert_array_equal(case.build().fit(X).labels_, case.fitted.labels_)


def test_samples_are_rows_that_the_model_takes(case, rows):
    X, y = case.fitted.sample(50, random_state=0)
    assert X.shape == (50, 5) and y.shape == (50,)
    assert np.isfinite(case.fitted.score_samples(X)).all()
    whole = X if isinstance(case.likelihood, str) else X[:, [1, 2, 3]]
    np.testing.assert_array_equal(whole, np.round(whole))
    if case.likelihood == "categorical":
        assert all(set(drawn) <= set(known) for drawn, known in zip(X.T, rows.T, strict=True))
        assert set(case.fitted.inverse_transform(case.fitted.means_)[:, 0]) <= set(rows[:, 0])


def test_pickled_estimators_answer_the_same(case, rows):
    again = pickle.loads(pickle.dumps(case.fitted))
    np.testing.assert_array_equal(again.score_samples(rows), case.fitted.score_samples(rows))


def test_what_is_outside_the_domain_is_refused_at_fit_and_predict(case, rows):
    for value, message in ((-1.0, "Negative values in data"), (0.5, "column 2 of X has 0.5")):
        wrong = rows.copy()
        wrong[7, 2] = value
        for method in (case.fitted.predict, case.fitted.score_samples, case.build().fit):
            with pytest.raises(ValueError, match=message):
                method(wrong)


def test_categories_not_seen_in_fit_are_as_if_missing(rows):
    fitted = VaDEClustering(3, likelihood="categorical", **FEW).fit(rows)
    first, second = rows[:1].copy(), rows[:1].copy()
    first[0, 1], second[0, 1] = 500, 700
    for method in ("predict_proba", "transform", "score_samples"):
        answer = getattr(fitted, method)
        np.testing.assert_array_equal(answer(first), answer(second))
    assert fitted.score_samples(first).item() != fitted.score_samples(rows[:1]).item()


@pytest.mark.parametrize("name", ["poisson", "negative_binomial"])
def test_standardize_false_takes_no_levels_from_the_columns(rows, name):
    fitted = VaDEClustering(3, likelihood=name, standardize=False, **FEW).fit(rows)
    likelihood = fitted._model.likelihood
    assert not likelihood.log_base.any() and not likelihood.centre.any()
    assert likelihood.library_size == np.median(rows.sum(1))


def test_bound_of_several_kinds_is_a_density_in_the_units_of_its_numbers(rows):
    fitted = [
        GMVAEClustering(3, likelihood=MAPPING, **FEW).fit(X)
        for X in (rows, rows * [100, 1, 1, 1, 1])
    ]
    assert fitted[0].likelihood_ == {**MAPPING, 4: "gaussian"}
    lost = fitted[0].lower_bound_ - fitted[1].lower_bound_
    assert lost == pytest.approx(np.log(100), abs=1e-3)  # the model's rows agree to rounding
    lost = fitted[0].lower_bounds_ - fitted[1].lower_bounds_
    np.testing.assert_allclose(lost, np.log(100), atol=1e-3)


# -- the mapping ---------------------------------------------------------------------------------


def test_mapping_leaves_other_columns_to_auto(rows):
    quick = partial(GMVAEClustering, 3)
    X = np.column_stack([rows, rows[:, 0] > 1])
    fitted = quick(likelihood={-0: "poisson", np.int64(2): "categorical"}, **FEW).fit(X)
    rest = dict.fromkeys((1, 3, 4, 5), "gaussian")
    assert fitted.likelihood_ == {0: "poisson", **rest, 2: "categorical"}
    assert list(fitted.likelihood_) == list(range(6))
    only = quick(likelihood=dict.fromkeys(range(5), "poisson"), **FEW).fit(X)
    assert only.likelihood_ == {**dict.fromkeys(range(5), "poisson"), 5: "bernoulli"}
    all_one = quick(likelihood=dict.fromkeys(range(6), "poisson"), **FEW).fit(X)
    assert all_one.likelihood_ == "poisson"


@pytest.mark.parametrize(
    ("likelihood", "message"),
    [
        ({"age": "gaussian"}, "names a column 'age', but X has no column names; use numbers"),
        ({7: "gaussian"}, r"numbers in 0..4 as its keys, but has 7"),
        ({-1: "gaussian"}, r"numbers in 0..4 as its keys, but has -1"),
        ({True: "gaussian"}, "but has True"),
        ({0: "normal"}, "likelihood of column 0 should be one of .*'poisson'.*but is 'normal'"),
        ({0: "auto"}, "Leave a column out to have it chosen"),
    ],
)
def test_mapping_that_is_none_is_told(rows, likelihood, message):
    with pytest.raises(ValueError, match=message):
        VaDEClustering(3, likelihood=likelihood, **FEW).fit(rows)


@pytest.mark.parametrize(
    "changes",
    [{"network": "conv", "hidden_layer_sizes": "auto"}, {"augment": "image"},
     {"image_shape": (1, 1, 5)}],
)  # fmt: skip
def test_rows_of_several_kinds_are_no_pictures(rows, changes):
    quick = partial(VaDEClustering, 3)
    for likelihood in ("categorical", MAPPING):
        with pytest.raises(ValueError, match=f"^{next(iter(changes))}=.*takes a row for a picture"):
            quick(likelihood=likelihood, **{**FEW, **changes}).fit(rows)


def test_counts_may_be_pictures():
    X = np.random.RandomState(0).poisson(3.0, size=(40, 16))
    fitted = GMVAEClustering(
        3, likelihood="poisson", network="conv", augment="image", pretrain_iter=2, max_iter=2,
        hidden_layer_sizes=((2, 3, 2), 8),
    ).fit(X)  # fmt: skip
    assert np.isfinite(fitted.lower_bound_)


def test_callable_augment_of_several_kinds_is_cut_part_by_part(rows):
    def change(batch, generator):
        assert batch.shape[1] == 5 - 1 + len(set(rows[:, 2]))
        return batch - 10.0

    fitted = VaDEClustering(3, likelihood=MAPPING, augment=change, **FEW).fit(rows)
    assert np.isfinite(fitted.lower_bounds_).all()


# -- continued -----------------------------------------------------------------------------------


def test_warm_start_and_partial_fit_go_on_with_the_same_model(case, rows):
    fitted = case.build(warm_start=True).fit(rows)
    before = fitted.lower_bound_
    fitted.fit(rows)
    assert fitted.likelihood_ == case.fitted.likelihood_
    assert fitted.lower_bound_ > before - 1.0
    fitted.partial_fit(rows[:40])
    assert fitted.labels_.shape == (40,)
    fitted.set_params(likelihood="gaussian")
    with pytest.raises(ValueError, match="what it was built with changed: .*likelihood was"):
        fitted.fit(rows)


def test_partial_fit_on_chunks_keeps_the_width_of_the_first(case, rows):
    online = case.build()
    for _ in range(12):
        for start in range(0, 90, 45):
            online.partial_fit(rows[start : start + 45])
    assert np.isfinite(online.score(rows))
    # Categories that only later chunks have count as missing.
    late = rows[:45].copy()
    late[:, 2] = 90
    online.partial_fit(late)
    assert online.cluster_centers_.shape == (3, 5)


def test_restarts_of_counts_are_compared_by_what_the_encoder_sees(case, rows):
    model = case.fitted._model
    seen = as_encoded(model, case.fitted._design.unit_map.forward(rows))
    assert seen.dtype == np.float32
    width = model.likelihood.n_features
    assert seen.shape == (90, width)
    if case.likelihood == "negative_binomial":
        np.testing.assert_allclose(seen, as_encoded(model, 30 * rows.astype("f4")), atol=1e-4)


# -- quality -------------------------------------------------------------------------------------


def clusters_of_counts(n=300, D=30, seed=0):
    """Three clusters that differ in a third of the columns by a factor of 3, in rows whose sums
    reach over a factor of 50 whatever the cluster: what k-means sees of them is the sum."""
    rng = np.random.RandomState(seed)
    y = np.arange(n) % 3
    level = np.exp(0.5 * rng.randn(D))
    up = 3.0 ** (np.arange(D) % 3 == np.arange(3)[:, None])
    depth = np.exp(rng.uniform(np.log(2), np.log(100), size=(n, 1)))
    shares = level * up[y]
    return rng.poisson(depth * shares / shares.mean(1, keepdims=True)), y


def test_clusters_of_counts_are_found_where_k_means_finds_the_sums():
    X, y = clusters_of_counts()
    k_means = KMeans(3, n_init=3, random_state=0).fit_predict(X)
    fitted = VaDEClustering(
        3, likelihood="negative_binomial", latent_dim=3, hidden_layer_sizes=(32,),
        pretrain_iter=100, max_iter=20, random_state=0,
    ).fit(X)  # fmt: skip
    # Fixed beforehand: k-means no better than half, we all but a few rows.
    assert adjusted_rand_score(y, k_means) < 0.5
    assert adjusted_rand_score(y, fitted.labels_) > 0.9
