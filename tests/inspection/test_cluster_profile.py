# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""ClusterProfileDisplay."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

from sklearn_gmvae.inspection import ClusterProfileDisplay
from sklearn_gmvae.inspection._cluster_profile import FILLED

# Two clusters; "a" tells them apart, "b" does not, "c" is constant, "d" is constant in each.
X = pd.DataFrame(
    {
        "a": [0.0, 2.0, 10.0, 12.0, 14.0],
        "b": [1.0, 3.0, 1.0, 3.0, 2.0],
        "c": [0.1] * 5,
        "d": [5.0, 5.0, 7.0, 7.0, 7.0],
    }
)
LABELS = np.array(["low", "low", "up", "up", "up"])


def test_cluster_profile_display_effects_by_hand(ax):
    display = ClusterProfileDisplay.from_predictions(X, LABELS, ax=ax)
    assert display.names == ["low", "up"]
    np.testing.assert_allclose(display.differences, [[-11, 0, 0, -2], [11, 0, 0, 2]], atol=1e-12)
    # Within: (1 + 1 + 4 + 0 + 4) / 5 = 2 for "a".
    np.testing.assert_allclose(display.effects[:, 0], np.array([-11, 11]) / np.sqrt(2))
    np.testing.assert_array_equal(display.effects[:, 2], 0)
    np.testing.assert_array_equal(display.effects[:, 3], [-np.inf, np.inf])
    assert display.top_features_ == {"low": ["d", "a"], "up": ["d", "a"]}


def test_cluster_profile_display_bars_point_where_the_effect_does(ax):
    display = ClusterProfileDisplay.from_predictions(X, LABELS, ax=ax)
    below, above = display.bars_[0]
    assert below.get_width() < 0 < above.get_width()
    assert below.get_hatch() and not above.get_hatch()
    np.testing.assert_allclose(above.get_width(), 0.42)  # half a filled cell: the largest
    np.testing.assert_allclose(display.bars_[3][1].get_width(), 0.42)  # infinite: clipped to it
    assert [bars[0].get_x() + bars[0].get_width() - j for j, bars in enumerate(display.bars_)] == (
        pytest.approx([-0.42, 0, 0, -0.42])
    )
    # In X's units, on the side that has no bar.
    told = {(round(t.get_position()[0]), t.get_position()[1]): t.get_text() for t in display.texts_}
    assert told == {(0, 0): "-11", (3, 0): "-2", (0, 1): "+11", (3, 1): "+2"}


def test_cluster_profile_display_leaves_missing_entries_out(ax):
    with_gap = X.copy()
    with_gap.loc[0, "a"] = np.nan
    display = ClusterProfileDisplay.from_predictions(with_gap, LABELS, features=["a"], ax=ax)
    np.testing.assert_allclose(display.differences, [[2 - 12], [12 - 2]])
    np.testing.assert_allclose(display.effects, display.differences / np.sqrt(8 / 4))


def test_cluster_profile_display_of_an_estimator_uses_its_labels_and_names(iris, ax):
    frame, estimator = iris
    display = ClusterProfileDisplay.from_estimator(estimator, frame, max_features=2, n_top=1, ax=ax)
    by_hand = ClusterProfileDisplay.from_predictions(frame, estimator.labels_, max_features=2)
    np.testing.assert_array_equal(display.effects, by_hand.effects)
    assert display.effects.shape == (3, 2)
    assert set(display.feature_names) <= set(frame.columns)
    assert all(len(top) == 1 for top in display.top_features_.values())
    assert len(display.texts_) == 3


def test_cluster_profile_display_of_a_cluster_without_rows_is_blank(fitted, blobs, ax):
    rows = blobs[0][fitted.labels_ != 1]
    display = ClusterProfileDisplay.from_estimator(fitted, rows, ax=ax)
    assert np.isnan(display.effects[1]).all()
    assert [bars[1].get_width() for bars in display.bars_] == [0.0] * 6
    assert display.top_features_["1"] == []


def test_cluster_profile_display_of_another_clusterer(blobs, ax):
    kmeans = KMeans(3, n_init=1, random_state=0).fit(blobs[0])
    display = ClusterProfileDisplay.from_estimator(kmeans, blobs[0], ax=ax)
    assert display.effects.shape == (3, 6)


def test_cluster_profile_display_of_one_cluster_has_no_effects(ax):
    display = ClusterProfileDisplay.from_predictions(X, np.zeros(5, dtype=int), ax=ax)
    np.testing.assert_array_equal(display.effects, np.zeros((1, 4)))
    assert display.texts_ == []


def test_cluster_profile_display_of_100_clusters_writes_small_or_nothing(many):
    frame, _ = many
    display = ClusterProfileDisplay.from_predictions(frame, np.arange(400) % 100)
    assert len(display.bars_) == 10
    assert display.ax_.get_ylim() == (99.5, -0.5)
    assert len(display.texts_) > 100
    # On small axes, there is no room for 300 numbers.
    small = ClusterProfileDisplay.from_predictions(frame, np.arange(400) % 100, ax=make_small())
    assert small.texts_ == []


def make_small():
    from matplotlib.figure import Figure

    return Figure(figsize=(4, 3), layout="constrained").subplots()


def test_cluster_profile_display_of_labels_of_another_length_raises():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ClusterProfileDisplay.from_predictions(X, LABELS[:-1])


def test_cluster_profile_display_of_no_top_raises():
    with pytest.raises(ValueError, match="n_top should be an integer >= 1, but got 0"):
        ClusterProfileDisplay.from_predictions(X, LABELS, n_top=0)


@pytest.mark.parametrize(
    ("apart", "filled"), [(0.1, 0.0), (3.0, 1.0), (50.0, 1.0)], ids=["chance", "as it is", "far"]
)
def test_half_a_cell_is_one_to_five_sd(ax, apart, filled):
    rng = np.random.RandomState(0)
    labels = np.arange(400) % 2
    rows = rng.standard_normal((400, 2)) + [apart, 0.0] * labels[:, None]
    display = ClusterProfileDisplay.from_predictions(rows, labels, ax=ax)
    first, second = (abs(bars[0].get_width()) / (FILLED / 2) for bars in display.bars_)
    # Of 400 rows chance makes 0.1 sd, its standard error; five of them.
    limit = np.clip(abs(display.effects).max(), 1.0, 5.0)
    assert first == pytest.approx(min(abs(display.effects[0, 0]) / limit, 1.0))
    assert first >= filled - 1e-9 and first <= filled + 0.6
    assert second <= 0.5
