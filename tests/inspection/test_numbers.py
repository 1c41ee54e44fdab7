# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows as numbers: texts become a column for each of them."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array

from sklearn_gmvae import GMVAEClustering, inspection
from sklearn_gmvae._table import Table
from sklearn_gmvae.inspection._numbers import Numbers

COLUMNS = {
    "size": [1.5, None, 3.0, 4.0, 2.0, 1.0],
    "sold": [True, False, False, True, True, False],
    "sex": ["f", "m", None, "f", "m", "f"],
    "colour": ["red", "blue", "green", None, "red", "blue"],
}
nan = np.nan
EXPECTED = {
    "size": [1.5, nan, 3.0, 4.0, 2.0, 1.0],
    "sold": [1, 0, 0, 1, 1, 0],
    "sex = m": [0, 1, nan, 0, 1, 0],
    "colour = blue": [0, 1, 0, nan, 0, 1],
    "colour = green": [0, 0, 1, nan, 0, 0],
    "colour = red": [1, 0, 0, nan, 1, 0],
}


@pytest.mark.parametrize("library", [pd, pl])
def test_texts_become_a_column_each_and_two_of_them_one(library):
    frame = library.DataFrame(COLUMNS)
    numbers = Numbers(Table.of(frame).categories, frame, 4)
    assert numbers.names.tolist() == list(EXPECTED)
    np.testing.assert_array_equal(numbers(frame), np.column_stack(list(EXPECTED.values())))
    # Of other rows too, whatever categories they have.
    assert numbers(frame[:1]).shape == (1, 6)


def test_numbers_are_numbers_already():
    X = np.arange(6).reshape(3, 2)
    named = pd.DataFrame(X, columns=["a", "b"])
    for rows, source, names in (
        (X, None, ["x0", "x1"]), (csr_array(X), None, ["x0", "x1"]), (named, named, ["a", "b"]),
    ):  # fmt: skip
        numbers = Numbers(None, source, 2)
        assert numbers.names.tolist() == names
        assert numbers(rows).dtype == np.float64
        np.testing.assert_array_equal(numbers(rows), X)


@pytest.fixture(scope="module", params=[pd, pl])
def mixed(request):
    rng = np.random.RandomState(0)
    y = rng.randint(2, size=80)
    frame = request.param.DataFrame(
        {
            "size": rng.randn(80) + 8 * y,
            "flag": rng.rand(80) < np.where(y, 0.9, 0.1),
            "colour": rng.choice(["red", "green", "blue"], size=80),
            "shape": np.where(y == 1, "round", "square"),
        }
    )
    estimator = GMVAEClustering(
        2, latent_dim=2, style_dim=2, hidden_layer_sizes=(16,), pretrain_iter=100, max_iter=40,
        random_state=0,
    )  # fmt: skip
    return estimator.fit(frame), frame


NAMES = ["size", "flag", "colour = blue", "colour = green", "colour = red", "shape = square"]


def test_displays_read_nothing_private(mixed):
    estimator, frame = mixed

    class Public:
        """What an estimator has without an underscore before it."""

        _estimator_type = None  # what scikit-learn's own tags read before 1.7

        def __getattr__(self, name):
            if name.startswith("_") and not name.startswith("__sklearn"):
                raise AssertionError(f"{name} was asked for")
            return getattr(estimator, name)

    Numbers.of_estimator(Public())
    samples = inspection.ClusterSamplesDisplay.from_estimator(Public(), frame)
    assert samples.feature_names.tolist() == NAMES


def test_displays_show_frames_with_texts(mixed):
    estimator, frame = mixed
    with mpl.rc_context({"figure.max_open_warning": 0}):
        samples = inspection.ClusterSamplesDisplay.from_estimator(estimator, frame)
        assert samples.feature_names.tolist() == NAMES
        assert samples.samples.shape == (2, 12, 6)
        assert samples.nearest.shape == (2, 4, 6)
        profile = inspection.ClusterProfileDisplay.from_estimator(estimator, frame)
        assert profile.feature_names.tolist() == NAMES
        for display in (
            inspection.InterpolationDisplay.from_estimator(estimator, frame, pairs=[(0, 1)]),
            inspection.InterpolationDisplay.from_estimator(estimator),
            inspection.StyleTraversalDisplay.from_estimator(estimator),
        ):
            assert display.feature_names.tolist() == NAMES
            assert np.isfinite(display.walks).all()


def test_bars_of_texts_are_their_shares_and_set_clusters_apart(mixed):
    estimator, frame = mixed
    display = inspection.ClusterSamplesDisplay.from_estimator(estimator, frame, n_per_cluster=3)
    means = display.means[:, display.feature_names.tolist().index("shape = square")]
    assert sorted(means.round()) == [0, 1]
    assert ((display.means[:, 2:] >= 0) & (display.means[:, 2:] <= 1)).all()
    np.testing.assert_allclose(display.means[:, 2:5].sum(1), 1.0)  # one colour a row
    assert display.samples.shape[1] == 3
    profile = inspection.ClusterProfileDisplay.from_predictions(frame, estimator.labels_)
    effects = np.abs(profile.effects).max(0)
    largest = profile.feature_names[np.argsort(-effects)[:2]]
    assert set(largest) == {"size", "shape = square"}
