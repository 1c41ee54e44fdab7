# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""InterpolationDisplay."""

import numpy as np
import pytest

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.inspection import InterpolationDisplay


def test_interpolation_display_walks_straight_between_rows(digits, ax):
    X, estimator = digits
    display = InterpolationDisplay.from_estimator(
        estimator, X, pairs=[(0, 3), (1, 2)], n_steps=3, ax=ax
    )
    Z = estimator.transform(X[:4])
    expected = estimator.inverse_transform([Z[0], (Z[0] + Z[3]) / 2, Z[3]])
    np.testing.assert_allclose(display.walks[0].reshape(3, 64), expected, atol=1e-6)
    np.testing.assert_array_equal(display.ends[1].reshape(2, 64), X[1:3])
    assert display.image_.get_array().shape == (2 * 9, 9 + 2 + 3 * 9 + 2 + 9)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["0 to 3", "1 to 2"]
    assert ax.get_ylabel() == "Rows"


def test_interpolation_display_takes_rows_two_by_two(digits, ax):
    X, estimator = digits
    display = InterpolationDisplay.from_estimator(estimator, X[:5], ax=ax)
    assert display.names == ["0 to 1", "2 to 3"]


def test_interpolation_display_of_clusters_goes_to_the_nearest(fitted, ax):
    display = InterpolationDisplay.from_estimator(fitted, n_steps=4, ax=ax)
    away = np.linalg.norm(fitted.means_[:, None] - fitted.means_, axis=2) + np.diag([np.inf] * 3)
    pairs = {tuple(sorted((k, int(j)))) for k, j in enumerate(away.argmin(1))}
    assert display.names == [f"{a} to {b}" for a, b in sorted(pairs)]
    assert ax.get_ylabel() == "Clusters"
    # Six unnamed features are a table: curves, all of them, from one decoded mean to the other.
    a, b = sorted(pairs)[0]
    np.testing.assert_allclose(
        display.walks[0, [0, -1]], fitted.cluster_centers_[[a, b]], rtol=1e-5, atol=1e-5
    )
    assert len(display.lines_.get_segments()) == len(pairs) * 6


def test_interpolation_display_of_many_clusters_draws_a_few(many, ax):
    X, estimator = many
    display = InterpolationDisplay.from_estimator(estimator, features=[X.columns[3]], ax=ax)
    assert display.walks.shape == (12, 11, 1)
    low, high = display.walks.min(), display.walks.max()
    curves = np.array(display.lines_.get_segments())
    np.testing.assert_allclose(np.ptp(curves[..., 1] - np.arange(12)[:, None]), 0.84, rtol=1e-6)
    assert high > low
    away = np.linalg.norm(estimator.means_[:, None] - estimator.means_, axis=2)
    nearest = (away + np.diag([np.inf] * len(away))).argmin(1)
    n_pairs = len({frozenset((k, int(j))) for k, j in enumerate(nearest)})
    assert n_pairs > 12
    assert ax.get_ylabel() == f"Clusters (12 of {n_pairs} walks)"


@pytest.mark.parametrize("pairs", [[(0, 4)], [(-1, 0)]])
def test_interpolation_display_to_clusters_that_are_not_there_raises(digits, pairs):
    with pytest.raises(ValueError, match="in 0..3: the estimator has 4 clusters"):
        InterpolationDisplay.from_estimator(digits[1], pairs=pairs)


def test_interpolation_display_to_rows_that_are_not_there_raises(digits):
    X, estimator = digits
    with pytest.raises(ValueError, match=r"rows of X in 0..9, but are in 0..10"):
        InterpolationDisplay.from_estimator(estimator, X[:10], pairs=[(0, 10)])


@pytest.mark.parametrize("pairs", [[0, 1], [(0, 1, 2)], [(0.5, 1)], []])
def test_interpolation_display_of_what_is_no_pairs_raises(digits, pairs):
    with pytest.raises(ValueError, match="pairs should be pairs of clusters"):
        InterpolationDisplay.from_estimator(digits[1], pairs=pairs)


def test_interpolation_display_of_one_cluster_raises(blobs):
    vade = VaDEClustering(1, hidden_layer_sizes=(4,), pretrain_iter=2, max_iter=1, random_state=0)
    with pytest.raises(ValueError, match="Pass X to walk between its rows"):
        InterpolationDisplay.from_estimator(vade.fit(blobs[0]))
