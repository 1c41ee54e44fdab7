# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""ClusterSamplesDisplay."""

import numpy as np
import pytest

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.inspection import ClusterSamplesDisplay


def test_cluster_samples_display_draws_a_line_a_cluster(fitted, ax):
    display = ClusterSamplesDisplay.from_estimator(
        fitted, n_per_cluster=5, image_shape=(2, 3), ax=ax
    )
    assert display.samples.shape == (3, 5, 2, 3)
    # A margin of a pixel a picture, a gap of 2 between the means and the samples.
    assert display.image_.get_array().shape == (3 * 3, 4 + 2 + 5 * 4)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["0", "1", "2"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["mean", "samples"]
    np.testing.assert_array_equal(display.means.reshape(3, 6), fitted.cluster_centers_)


def test_cluster_samples_display_draws_each_cluster_anew(many, ax):
    X, estimator = many
    display = ClusterSamplesDisplay.from_estimator(estimator, X, clusters=[0, 1, 2], ax=ax)
    spread = display.samples - display.samples.mean(1, keepdims=True)
    spread /= spread.std(1, keepdims=True)
    # With the same draws for all, clusters of one spread would have the same offsets.
    for a, b in [(0, 1), (0, 2), (1, 2)]:
        assert np.abs(spread[a] - spread[b]).max() > 0.5
    again = ClusterSamplesDisplay.from_estimator(estimator, X, clusters=[0, 1, 2], ax=ax)
    np.testing.assert_array_equal(again.samples, display.samples)


def test_cluster_samples_display_sheet_has_the_pictures_in_their_places(digits, ax):
    X, estimator = digits
    display = ClusterSamplesDisplay.from_estimator(
        estimator, X, n_per_cluster=3, n_nearest=2, ax=ax
    )
    sheet = display.image_.get_array()
    assert sheet.shape == (4 * 9, 9 + 2 + 3 * 9 + 2 + 2 * 9)
    np.testing.assert_array_equal(sheet[9:17, :8], display.means[1])
    np.testing.assert_array_equal(sheet[9:17, 11 + 9 : 11 + 17], display.samples[1, 1])
    np.testing.assert_array_equal(sheet[9:17, -9:-1], display.nearest[1, 1])


def test_cluster_samples_display_nearest_rows_are_of_their_cluster_and_nearest(digits, ax):
    X, estimator = digits
    display = ClusterSamplesDisplay.from_estimator(
        estimator, X, clusters=[2, 0], n_nearest=3, ax=ax
    )
    for k, pictures in zip([2, 0], display.nearest, strict=True):
        rows = pictures.reshape(3, 64)
        assert set(estimator.predict(rows)) == {k}
        own = X[estimator.labels_ == k]
        away = np.linalg.norm(estimator.transform(own) - estimator.means_[k], axis=1)
        np.testing.assert_array_equal(rows, own[np.argsort(away, kind="stable")[:3]])


def test_cluster_samples_display_of_too_few_rows_leaves_blanks(digits, ax):
    X, estimator = digits
    display = ClusterSamplesDisplay.from_estimator(estimator, X[:1], n_nearest=2, ax=ax)
    (k,) = estimator.predict(X[:1])
    blank = np.isnan(display.nearest).all((2, 3))
    assert blank.sum() == 4 * 2 - 1
    assert not blank[k, 0]


def test_cluster_samples_display_of_colour_pictures(fitted, ax):
    rng = np.random.RandomState(0)
    display = ClusterSamplesDisplay(
        samples=rng.rand(3, 4, 5, 6, 3), names="abc", means=rng.rand(3, 5, 6, 3)
    ).plot(ax=ax)
    sheet = display.image_.get_array()
    assert sheet.shape == (3 * 6, 7 + 2 + 4 * 7, 4)
    np.testing.assert_array_equal(sheet[:5, :6, :3], display.means[0])
    assert (sheet[:5, :6, 3] == 1).all()
    assert (sheet[5, :, 3] == 0).all()  # the margin is transparent


@pytest.mark.filterwarnings("ignore:.*(distinct clusters found|not distinct):UserWarning")
@pytest.mark.parametrize(
    ("image_shape", "samples"),
    [
        ((1, 4, 6), (3, 5, 4, 6)),
        ((2, 4, 3), (3, 5, 4, 3)),
        ((3, 4, 2), (3, 5, 4, 2, 3)),
        ((4, 1, 6), (3, 5, 1, 6, 3)),
    ],
)
def test_cluster_samples_display_sees_the_estimators_pictures(image_shape, samples, ax):
    X = np.random.RandomState(0).rand(40, 24)
    vade = VaDEClustering(
        3, image_shape=image_shape, hidden_layer_sizes=(8,), pretrain_iter=2, max_iter=2,
        random_state=0,
    ).fit(X)  # fmt: skip
    display = ClusterSamplesDisplay.from_estimator(vade, n_per_cluster=5, ax=ax)
    assert display.samples.shape == samples
    first = vade.sample(5, cluster=0, noise=False, random_state=0)[0][0].reshape(image_shape)
    expected = np.moveaxis(first[:3], 0, -1) if len(samples) == 5 else first[0]
    np.testing.assert_array_equal(display.samples[0, 0], expected)


def test_cluster_samples_display_of_a_table_has_bars_from_the_middle(iris, ax):
    X, estimator = iris
    display = ClusterSamplesDisplay.from_estimator(estimator, X, n_per_cluster=5, ax=ax)
    assert display.image_ is None
    assert display.bars_[0].get_label() == "mean, from that of all clusters"
    assert len(display.bars_) == 4
    names = [t.get_text().replace("\n", " ") for t in ax.get_xticklabels()]
    assert [name.split(" (cm)")[0] for name in names] == [c.removesuffix(" (cm)") for c in X]
    for j, bars in enumerate(display.bars_):
        lengths = [bar.get_width() for bar in bars]
        means = estimator.cluster_centers_[:, j]
        # In proportion to how far the cluster's mean is from the middle of all.
        apart = means - means.mean()
        np.testing.assert_allclose(lengths / apart, np.full(3, lengths[0] / apart[0]), rtol=1e-6)
        assert lengths[0] / apart[0] > 0
        assert all(
            j - 0.5 <= bar.get_x() + w <= j + 0.5 for bar, w in zip(bars, lengths, strict=True)
        )
    marks = {
        c.get_label(): len(c.get_offsets())
        for c in ax.collections
        if not c.get_label().startswith("_")
    }
    assert marks == {"drawn rows": 3 * 5 * 4, "nearest rows": 3 * 4 * 4}


def test_cluster_samples_display_shows_the_features_asked_for(iris, ax):
    _, estimator = iris
    display = ClusterSamplesDisplay.from_estimator(
        estimator, features=["petal width (cm)", 0], ax=ax
    )
    assert display.feature_names.tolist() == ["petal width (cm)", "sepal length (cm)"]
    np.testing.assert_array_equal(display.means, estimator.cluster_centers_[:, [3, 0]])


def test_cluster_samples_display_of_100_clusters_has_a_limited_figure(many):
    _, estimator = many
    display = ClusterSamplesDisplay.from_estimator(estimator, n_per_cluster=2, max_features=6)
    assert len(display.bars_) == 6
    assert all(len(bars) == 100 for bars in display.bars_)
    assert display.figure_.get_figheight() <= 24
    assert display.ax_.get_ylim() == (99.5, -0.5)


@pytest.mark.parametrize("name", ["n_per_cluster", "max_features"])
def test_cluster_samples_display_wrong_count_raises(iris, name):
    with pytest.raises(ValueError, match=f"{name} should be an integer >= 1, but got 0"):
        ClusterSamplesDisplay.from_estimator(iris[1], **{name: 0})


def test_cluster_samples_display_wrong_shape_raises(fitted):
    with pytest.raises(ValueError, match="has 16 entries, but .* 6 features"):
        ClusterSamplesDisplay.from_estimator(fitted, image_shape=(4, 4))


def test_cluster_samples_display_makes_a_figure_of_its_own(fitted):
    display = ClusterSamplesDisplay.from_estimator(fitted)
    assert display.figure_ is display.ax_.figure
