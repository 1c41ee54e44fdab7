# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""StyleTraversalDisplay."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from sklearn_gmvae.inspection import StyleTraversalDisplay


def test_style_traversal_display_changes_one_dimension_and_nothing_else(digits, ax):
    _, gmvae = digits
    display = StyleTraversalDisplay.from_estimator(
        gmvae, dimension=1, n_steps=5, span=2.0, clusters=[3, 1], random_state=7, ax=ax
    )
    assert display.walks.shape == (2, 5, 8, 8)
    np.testing.assert_array_equal(display.steps, [-2, -1, 0, 1, 2])
    seed = np.random.RandomState(7).randint(2**31 - 1)
    x, _ = gmvae.sample(1, cluster=3, style=[0, -2, 0], noise=False, random_state=int(seed))
    np.testing.assert_array_equal(display.walks[0, 0].ravel(), x[0])
    assert display.image_.get_array().shape == (2 * 9, 5 * 9)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["3", "1"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["-2", "-1", "0", "1", "2"]
    assert ax.get_xlabel() == "Style dimension 1"


def test_style_traversal_display_finds_the_dimension_that_matters(digits, ax):
    _, gmvae = digits

    class OneStyle(BaseEstimator):
        """Only the style's last dimension changes what is drawn."""

        style_dim, n_features_in_, means_ = 3, 64, gmvae.means_
        transform_style = None

        def __sklearn_is_fitted__(self):
            return True

        def fit(self, X):
            """For check_is_fitted, which asks whether this is an estimator."""

        def sample(self, n_samples, *, cluster, style, noise, random_state):
            return np.full((1, 64), cluster + style[2] + 0.1 * style[0]), np.array([cluster])

    display = StyleTraversalDisplay.from_estimator(OneStyle(), n_steps=3, span=1.0, ax=ax)
    assert display.dimension == 2
    np.testing.assert_allclose(display.walks[1, :, 0, 0], [0, 1, 2])


def test_style_traversal_display_of_a_table_draws_changes(many, ax):
    X, gmvae = many
    display = StyleTraversalDisplay.from_estimator(
        gmvae, clusters=range(5), n_steps=4, max_features=3, ax=ax
    )
    assert display.image_ is None
    curves = display.lines_.get_segments()
    assert len(curves) == 5 * 3
    for i in range(5):
        for j in range(3):
            curve = curves[3 * i + j]
            assert (np.abs(curve[:, 0] - j) <= 0.5).all()
            assert (np.abs(curve[:, 1] - i) <= 0.5).all()
            change = display.walks[i, :, j] - display.walks[i, 1:3, j].mean()
            # y points down.
            assert np.corrcoef(change, i - curve[:, 1])[0, 1] > 1 - 1e-9
    assert set(display.feature_names) <= set(X.columns)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dimension": 3}, "dimension should be None or an integer in 0..2 for style_dim=3"),
        ({"dimension": "first"}, "dimension should be None"),
        ({"n_steps": 1}, "n_steps should be an integer >= 2, but got 1"),
        ({"span": 0}, "span should be a number > 0, but got 0"),
        ({"clusters": [4]}, "in 0..3: the estimator has 4 clusters, but got 4"),
    ],
)
def test_style_traversal_display_of_the_impossible_raises(digits, changes, message):
    with pytest.raises(ValueError, match=message):
        StyleTraversalDisplay.from_estimator(digits[1], **changes)
