# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns of one unit, pixels and principal components, have one scale, others their own; and what
likelihood="auto" makes of them and of all else."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.datasets import load_digits, make_blobs
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.training import _one_unit, choose_likelihood, choose_map
from sklearn_gmvae.training._affine import standardizing_map
from sklearn_gmvae.training._one_unit import MANY_PIXELS, look_like_pixels
from sklearn_gmvae.training._rows import CHUNK, column_matches, column_ranges

CONTAINERS = [np.asarray, sparse.csr_array, sparse.csr_matrix]


def pictures(n=50, n_pixels=MANY_PIXELS + 40, n_margin=40):
    """Dark and bright dots, bytes; the margin has no colour at all."""
    rng = np.random.RandomState(0)
    X = rng.choice(np.array([0, 90, 255], dtype=np.uint8), (n, n_pixels), p=[0.6, 0.1, 0.3])
    X[:, :n_margin] = 0
    return X


# As bytes become numbers elsewhere: fetch_openml, torchvision's Normalize, a film's negative.
UNITS = {
    "whole numbers": lambda X: X.astype(np.int64),
    "float32": lambda X: X.astype(np.float32),
    "float64": lambda X: X.astype(np.float64),
    "-1 to 1": lambda X: X / 127.5 - 1.0,
    "normalized": lambda X: (X / 255 - 0.1307) / 0.3081,
    "negative": lambda X: 255.0 - X,
    "far from zero": lambda X: 1e9 + X,
    "huge": lambda X: X * 1e300,
}


@pytest.mark.parametrize("units", UNITS)
def test_gaussian_pixels_have_one_scale(units):
    """Variance 1 on average, also where a pixel has a colour in few rows; in all units."""
    X = pictures(n=2 * CHUNK).astype(float)
    X[3, 7] = 60.0  # on the margin, and bright once
    Z = standardizing_map(UNITS[units](X)).forward(UNITS[units](X))
    expected = (X - X.mean(0)) / np.sqrt(X[:, X.std(0) > 0].var(0).mean())
    sign = -1 if units == "negative" else 1
    np.testing.assert_allclose(Z, sign * expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(("share", "expected"), [(0.89, False), (0.91, True)])
def test_pixels_reach_from_end_to_end(share, expected):
    X = pictures(n_margin=0).astype(float)
    X[:, 1:] *= share
    assert look_like_pixels(X) is expected


@pytest.mark.parametrize(("n_dull", "expected"), [(121, False), (120, True)])
def test_most_of_them_do(n_dull, expected):
    X = pictures(n_margin=0).astype(float)
    X[:, :n_dull] *= 0.8
    assert look_like_pixels(X) is expected


@pytest.mark.parametrize("n_varying", [MANY_PIXELS - 1, MANY_PIXELS])
def test_few_columns_are_no_pixels(n_varying):
    assert look_like_pixels(pictures(n_pixels=n_varying + 40) * 1.0) is (n_varying == MANY_PIXELS)


@pytest.mark.parametrize(("share", "expected"), [(0.15, False), (0.25, True)])
def test_pixels_have_a_background(share, expected):
    rng = np.random.RandomState(0)
    X = rng.uniform(0, 255, (200, 300))
    X[rng.uniform(size=X.shape) < share] = 0.0
    assert look_like_pixels(X) is expected


@pytest.mark.parametrize(
    ("n", "n_lit", "length", "expected"),
    [
        (400, 10, 1.0, True),
        (400, 11, 1.0, False),
        (2000, 40, 1.0, True),
        (2000, 41, 1.0, False),
        (400, 11, 76.0, False),
        (400, 11, 77.0, True),
    ],
)
def test_a_column_in_another_unit_is_not_erased(n, n_lit, length, expected):
    """0 and 1 beside percentages: a pixel of the margin is lit as faintly, but hardly ever."""
    X = pictures(n=n).astype(float)
    X[:n_lit, 0] = length
    assert look_like_pixels(X) is expected


def test_a_frame_around_pictures_does_not_matter():
    X = pictures().astype(float)
    X[:, :40] = 90.0
    assert look_like_pixels(X)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("units", ["float64", "-1 to 1", "negative"])
def test_missing_pixels_have_no_colour_of_their_own(container, units):
    X = UNITS[units](pictures(n=CHUNK + 7))
    X[np.random.RandomState(1).rand(*X.shape) < 0.1] = np.nan
    X[:, 3] = np.nan
    assert look_like_pixels(container(X))


DIGITS = load_digits().data


@pytest.mark.parametrize(
    "scores",
    [
        PCA(20, random_state=0).fit_transform(DIGITS),
        PCA(5, random_state=0).fit_transform(DIGITS).astype(np.float32),
        1e5 * PCA(random_state=0).fit_transform(DIGITS),  # three are rounding
        TruncatedSVD(20, random_state=0).fit_transform(DIGITS),
    ],
    ids=["20", "float32", "all", "not centred"],
)
def test_principal_components_have_one_scale(scores):
    unit_map = standardizing_map(scores)
    assert np.ptp(unit_map.scale) == 0.0
    varying = scores.std(0) > 1e-12 * np.abs(scores).max()
    Z = unit_map.forward(scores)[:, varying]
    np.testing.assert_allclose(np.mean(Z.var(0)), 1.0, rtol=0.04)  # those of rounding count too
    np.testing.assert_allclose(Z.mean(0), 0.0, atol=1e-3)


@pytest.mark.parametrize(
    "change",
    [
        lambda Z: Z[:, ::-1],  # in another order
        lambda Z: Z[:, :4],  # too few
        lambda Z: Z[: len(Z) // 2],  # other rows than they are the components of
        lambda Z: Z + Z[:, :1] / 100,
        lambda Z: np.random.RandomState(0).standard_normal((10_000, 6)) * 3.0 ** -np.arange(6),
        lambda Z: np.tile(np.diag(3.0 ** -np.arange(6)), (50, 1)),
    ],
    ids=["ascending", "four", "half the rows", "mixed", "independent", "one in a row"],
)
def test_other_columns_have_scales_of_their_own(change):
    Z = change(PCA(20, random_state=0).fit_transform(DIGITS))
    unit_map = standardizing_map(Z)
    np.testing.assert_allclose(unit_map.forward(Z).std(0), 1.0, rtol=1e-4)


@pytest.mark.parametrize("container", CONTAINERS)
def test_column_ranges_and_matches(container):
    X = np.array([[0.0, -2.0, np.nan, 5.0, 0.0], [3.0, -1.0, np.nan, np.nan, 0.0]])
    low, high = column_ranges(container(X))
    np.testing.assert_array_equal(low, [0.0, -2.0, np.nan, 5.0, 0.0])
    np.testing.assert_array_equal(high, [3.0, -1.0, np.nan, 5.0, 0.0])
    np.testing.assert_array_equal(column_matches(container(X), 0.0), [1, 0, 0, 0, 2])
    np.testing.assert_array_equal(column_matches(container(X), 5.0), [0, 0, 0, 1, 0])


@pytest.mark.parametrize(
    ("X", "likelihood"),
    [
        (np.array([[0, 255]], dtype=np.uint8), "bernoulli"),
        (np.array([[True, False]]), "bernoulli"),
        (np.array([[0.0, 0.5, 1.0]]), "bernoulli"),
        (np.array([[0.0, 1.1]]), "gaussian"),
        (np.array([[-0.1, 1.0]]), "gaussian"),
        (np.array([[0, 1000]], dtype=np.int64), "gaussian"),
        # Faint: in documents of unit length a word weighs little, though one be all of its own.
        (np.array([[1.0, 0.0], *[[0.1, 0.1]] * 99]), "gaussian"),
        (np.array([[1.0, 0.0], *[[0.1, np.nan]] * 99]), "gaussian"),
        (np.array([[0.0, 0.4]] * 9), "bernoulli"),
        (np.zeros((3, 2)), "bernoulli"),
        (np.array([[0, 1]] * 9, dtype=np.uint8), "bernoulli"),
        (np.array([[0, 1]] * 9), "bernoulli"),
    ],
)
def test_choose_likelihood(X, likelihood):
    assert choose_likelihood(X) == likelihood


GRADES = np.random.RandomState(0).randint(0, 5, (90, 6)) / 4
NUMBERS = np.random.RandomState(0).standard_normal((90, 4))
SCALED = MinMaxScaler().fit_transform(NUMBERS)
BYTES = np.random.RandomState(0).randint(0, 256, (900, 4), dtype=np.uint8)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(
    ("X", "likelihood"),
    [
        (SCALED, "gaussian"),
        (SCALED[:40], "gaussian"),  # of which hardly a column reaches both ends
        (SCALED.astype(np.float32), "gaussian"),
        (np.hstack([SCALED, NUMBERS > 0]), "gaussian"),  # answers beside them
        (GRADES, "gaussian"),
        (0.9 * GRADES, "bernoulli"),  # grades that do not reach an end
        (np.where(SCALED > 0.5, SCALED, 0.0), "bernoulli"),  # a background
        (np.tile(SCALED, 50), "bernoulli"),  # as many as pixels
        (NUMBERS > 0.0, "bernoulli"),
        ((NUMBERS > 0.0).astype(float), "bernoulli"),
        (BYTES / 255, "bernoulli"),
        (BYTES / np.float32(255), "bernoulli"),
        (BYTES, "bernoulli"),
        (MinMaxScaler().fit_transform(BYTES // 17), "gaussian"),  # sixteen grades
        (BYTES // 17 * 17, "gaussian"),  # the same as bytes
        (BYTES // 17 * 17 / 255, "gaussian"),
        (np.where(BYTES > 67, BYTES, 0) // 17 * 17, "bernoulli"),  # a background
        (MinMaxScaler().fit_transform(NUMBERS[:8]), "gaussian"),
        (np.random.RandomState(0).uniform(0.3, 0.6, (90, 4)), "gaussian"),
        (load_digits().data / 16, "bernoulli"),
        (0.98 * load_digits().data / 16 + 0.01, "bernoulli"),  # a background that is not 0
        (load_digits().data[:30] / 16, "bernoulli"),
    ],
)
def test_a_scaled_table_is_of_numbers(X, likelihood, container):
    X = container(X)
    assert choose_likelihood(X) == likelihood
    if likelihood == "gaussian":
        assert choose_likelihood(X, standardize=False) == "bernoulli"


class ThreadRank:
    """One of several ranks, each a thread."""

    def __init__(self, rank, barrier, sent):
        self.rank, self.barrier, self.sent = rank, barrier, sent

    def gather(self, values):
        self.barrier.wait()
        self.sent[self.rank] = values
        self.barrier.wait()
        return np.concatenate(self.sent)


def test_what_a_scaled_table_is_does_not_depend_on_its_ranks():
    grades = np.repeat(np.arange(16), 5) / 16 + 1 / 32  # sixteen values, but few on each rank
    X = np.c_[grades, np.arange(80) % 2, np.arange(80) % 3 / 2]
    assert choose_likelihood(X) == "gaussian"
    barrier, sent = Barrier(8), [None] * 8
    ranks = [ThreadRank(i, barrier, sent) for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(choose_likelihood, np.split(X, 8), ranks))
    assert found == ["gaussian"] * 8


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "parameters", [{"image_shape": (1, 2, 2)}, {"network": "conv", "image_shape": (1, 2, 2)}]
)
def test_pictures_are_no_scaled_table(parameters):
    model = VaDEClustering(2, pretrain_iter=1, max_iter=1, init_params="kmeans", **parameters)
    assert choose_likelihood(SCALED) == "gaussian"
    assert model.fit(SCALED).likelihood_ == "bernoulli"


def noisy(x, generator):
    return x + 0.01 * torch.randn(x.shape, generator=generator, device=x.device)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_function_that_augments_does_not_make_rows_pictures():
    model = VaDEClustering(2, pretrain_iter=1, max_iter=1, init_params="kmeans", augment=noisy)
    assert model.fit(SCALED).likelihood_ == "gaussian"


def test_a_scaled_table_with_holes_is_of_numbers():
    X = SCALED.copy()
    X[::3, 1] = np.nan
    assert choose_likelihood(X) == "gaussian"


def test_clusters_are_the_same_however_columns_are_scaled():
    X, _ = make_blobs(150, n_features=5, centers=3, cluster_std=3.0, random_state=0)
    X *= [1, 10, 0.1, 5, 1000]
    model = VaDEClustering(3, pretrain_iter=50, max_iter=50, random_state=0)
    expected = model.fit_predict(X)
    for scaler in (StandardScaler(), MinMaxScaler()):
        assert adjusted_rand_score(expected, model.fit_predict(scaler.fit_transform(X))) == 1.0
        assert model.likelihood_ == "gaussian"


@pytest.mark.parametrize("units", UNITS)
def test_pictures_are_the_same_to_auto_in_all_units_beyond_one(units):
    X = pictures()
    scaled = UNITS[units](X)
    assert choose_likelihood(scaled) == choose_likelihood(X) == "bernoulli"
    unit_map = choose_map(scaled, "bernoulli", standardize=True)
    expected = 1.0 - X / 255 if units == "negative" else X / 255
    np.testing.assert_allclose(unit_map.forward(scaled), expected, rtol=0, atol=1e-6)


def rows(draw, n=300, n_columns=300):
    return draw(np.random.RandomState(0), (n, n_columns))


@pytest.mark.parametrize(
    "X",
    [
        rows(lambda rng, shape: rng.standard_normal(shape)),
        rows(lambda rng, shape: rng.standard_t(2, shape)),
        rows(lambda rng, shape: rng.poisson(np.linspace(0.1, 9, shape[1]), shape)),
        rows(lambda rng, shape: rng.uniform(-1, 1, shape)),
        rows(lambda rng, shape: rng.standard_normal(shape).clip(-1.5, 1.5)),
        rows(lambda rng, shape: MinMaxScaler((-1, 1)).fit_transform(rng.standard_normal(shape))),
        rows(
            lambda rng, shape: QuantileTransformer(
                output_distribution="normal", n_quantiles=shape[0]
            ).fit_transform(rng.standard_normal(shape))
        ),
        rows(lambda rng, shape: rng.choice([-1.0, 0.0, 1.0], shape, p=[0.01, 0.98, 0.01])),
        rows(lambda rng, shape: rng.standard_normal(shape), n=2),
        rows(lambda rng, shape: rng.standard_normal(shape), n=1),
        np.full((9, 500), 7.0),
        np.full((9, 500), np.nan),
    ],
    ids=[
        "normal", "heavy tails", "counts", "uniform", "clipped", "scaled to -1..1", "quantiles",
        "rarely -1 or 1", "two rows", "one row", "constant", "nothing",
    ],
)  # fmt: skip
def test_what_else_is_wide_stays_gaussian(X):
    assert choose_likelihood(X) == "gaussian"


def test_what_is_not_mapped_to_the_unit_interval_stays_gaussian():
    X = pictures()
    assert choose_likelihood(X * 1.0, standardize=False) == "gaussian"
    assert choose_likelihood(X / 255, standardize=False) == "bernoulli"


@pytest.mark.parametrize("container", CONTAINERS)
def test_faint_pictures_are_gaussian_in_all_units(container):
    X = np.where(pictures(n=500) == 255, 60.0, 0.0)
    X[np.arange(X.shape[1]), np.arange(X.shape[1])] = 255.0  # each is bright once
    for units in UNITS.values():
        if units is not UNITS["negative"]:
            assert choose_likelihood(container(units(X))) == "gaussian"
    assert choose_likelihood(container(X / 255)) == "gaussian"


def test_wide_csr_is_never_dense(monkeypatch):
    monkeypatch.setattr("scipy.sparse.csr_array.toarray", pytest.fail, raising=False)
    n, n_columns = 5000, 25_000
    rng = np.random.RandomState(0)
    data = np.tile([1.0, 2.0], n_columns)
    columns = np.repeat(np.arange(n_columns), 2)
    where = rng.randint(n // 2, size=2 * n_columns) + np.tile([0, n // 2], n_columns)
    X = sparse.csr_array((data, (where, columns)), shape=(n, n_columns))
    assert choose_likelihood(X) == "bernoulli"


def test_wide_csr_of_equal_columns_is_never_dense(monkeypatch):
    """Its columns are no longer than the one before, so their products are looked at."""
    X = sparse.csr_array(np.tile(np.eye(8, 5000), (50, 1)))
    widths = []
    dense = _one_unit.dense
    monkeypatch.setattr(_one_unit, "dense", lambda X: widths.append(X.shape[1]) or dense(X))
    standardizing_map(X)
    assert widths == [8]
