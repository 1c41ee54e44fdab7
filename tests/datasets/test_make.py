# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The paper's synthetic data: what a description of it says is true of the points."""

import numpy as np
import pytest

from sklearn_gmvae.datasets import make_pinwheel, make_spiral

both = pytest.mark.parametrize("make", [make_pinwheel, make_spiral])


@both
def test_shapes_balance_and_seed(make):
    X, y = make(103, n_arms=4, random_state=0)
    assert X.shape == (103, 2)
    assert sorted(np.bincount(y)) == [25, 26, 26, 26]
    again, _ = make(103, n_arms=4, random_state=0)
    other, _ = make(103, n_arms=4, random_state=1)
    np.testing.assert_array_equal(X, again)
    assert not np.array_equal(X, other)


@both
def test_more_arms_than_rows_raise(make):
    with pytest.raises(ValueError, match="n_arms=9 should be at least 1 and at most n_samples=5"):
        make(5, n_arms=9)


def test_pinwheel_unbent_is_gaussian_arms_at_radius_one():
    X, y = make_pinwheel(20_000, n_arms=5, rate=0.25, random_state=0)
    radius = np.hypot(*X.T)
    across = 0.05  # the noise across an arm hardly changes the radius
    assert abs(radius.mean() - 1.0) < 0.02
    assert abs(radius.std() - 0.3) < 0.02
    # Turning each point back by its arm and its bend leaves the two standard deviations.
    along = np.sqrt(np.maximum(radius**2 - across**2, 0))
    angle = np.arctan2(X[:, 1], X[:, 0]) - 2 * np.pi * y / 5 - 0.25 * np.exp(along)
    offset = radius * np.sin(angle)
    assert abs(offset.std() - across) < 0.01


def test_spiral_arm_winds_as_often_as_asked():
    X, _ = make_spiral(5_000, n_arms=1, turns=1.5, noise=0.0, random_state=0)
    order = np.argsort(np.hypot(*X.T))
    angle = np.unwrap(np.arctan2(X[order, 1], X[order, 0]))
    assert abs((angle[-1] - angle[0]) / (2 * np.pi) - 1.5) < 0.01
