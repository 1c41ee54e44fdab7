# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""ResponsibilityDisplay."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.mixture import GaussianMixture

from sklearn_gmvae.inspection import ResponsibilityDisplay

PROBA = np.array(
    [
        [1.0, 0.0, 0.0],
        [0.5, 0.5, 0.0],  # the first of equals
        [0.6, 0.0, 0.4],
        [0.4, 0.3, 0.3],
        [0.05, 0.95, 0.0],
        [0.01, 0.99, 0.0],
    ]
)


def test_responsibility_display_by_hand(ax):
    display = ResponsibilityDisplay.from_predictions(PROBA, ax=ax)
    np.testing.assert_allclose(display.shares[0], [0.25, 0.5, 0, 0, 0.25])
    np.testing.assert_allclose(display.shares[1], [0, 0, 0, 0.5, 0.5])
    assert np.isnan(display.shares[2]).all()  # no row of its own
    np.testing.assert_allclose(display.torn[0], [2.5 / 4, 0.8 / 4, 0.7 / 4])
    np.testing.assert_allclose(display.torn[1], [0.03, 0.97, 0])


def test_responsibility_display_of_clear_clusters_says_so(ax):
    display = ResponsibilityDisplay.from_predictions(np.eye(3)[[0, 1, 2, 0]], ax=ax)
    (note,) = display.texts_
    assert note.get_text() == "no other cluster\nhas 0.1 % on average"
    assert display.image_.norm.vmax == 5.0  # a per cent is not drawn as if it were all


def test_responsibility_display_draws_shares_and_the_matrix(ax):
    display = ResponsibilityDisplay.from_predictions(PROBA, ax=ax)
    widths = np.array([[bar.get_width() for bar in bars] for bars in display.bars_])
    np.testing.assert_allclose(widths.sum(0), [100, 100, 0])
    image = display.image_.get_array()
    assert np.ma.getmaskarray(image).diagonal().all()
    np.testing.assert_allclose(image[0, 1], 20.0)
    told = {tuple(t.get_position()): t.get_text() for t in display.texts_}
    assert told == {(1, 0): "20.0", (2, 0): "17.5", (0, 1): "3.0"}
    assert display.ax_ is ax
    assert len(display.axes_) == 2
    assert display.figure_ is ax.figure


def test_responsibility_display_of_an_estimator(fitted, blobs, ax):
    display = ResponsibilityDisplay.from_estimator(fitted, blobs[0], ax=ax)
    proba = fitted.predict_proba(blobs[0])
    for k in np.unique(fitted.labels_):
        np.testing.assert_allclose(display.torn[k], proba[fitted.labels_ == k].mean(0))
    np.testing.assert_allclose(np.nansum(display.torn, axis=1), 1.0)


def test_responsibility_display_of_another_mixture(blobs):
    mixture = GaussianMixture(3, random_state=0).fit(blobs[0])
    display = ResponsibilityDisplay.from_estimator(mixture, blobs[0])
    assert display.torn.shape == (3, 3)


@pytest.mark.parametrize("n_clusters", [1, 2, 30, 100])
def test_responsibility_display_of_any_number_of_clusters(n_clusters):
    proba = np.random.RandomState(0).dirichlet(np.full(n_clusters, 0.05), size=500)
    display = ResponsibilityDisplay.from_predictions(proba)
    assert display.axes_[0].get_ylim() == (n_clusters - 0.5, -0.5)
    assert max(display.figure_.get_size_inches()) <= 18
    if n_clusters == 100:
        assert display.texts_ == []  # no room
    for labels in (display.axes_[0].get_yticklabels(), display.axes_[1].get_xticklabels()):
        assert 1 <= len(labels) <= n_clusters


def test_responsibility_display_on_axes_outside_a_grid_raises():
    with pytest.raises(ValueError, match="ax should be one of a grid"):
        ResponsibilityDisplay.from_predictions(PROBA, ax=Figure().add_axes((0, 0, 1, 1)))


@pytest.mark.parametrize("proba", [[[0.5, 0.4]], [[1.5, -0.5]]])
def test_responsibility_display_of_no_probabilities_raises(proba):
    with pytest.raises(ValueError, match="Pass what predict_proba returned"):
        ResponsibilityDisplay.from_predictions(proba)


def test_a_cluster_without_rows_is_not_taken_for_a_sure_one(ax):
    proba = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    display = ResponsibilityDisplay.from_predictions(proba, ax=ax)
    told = {text.get_text(): text.get_position()[1] for text in display.axes_[0].texts}
    assert told == {"no rows": 2}
