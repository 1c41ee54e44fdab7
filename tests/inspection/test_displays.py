# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Displays: what they hold and draw, not how it looks."""

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.inspection import (
    ClusterSamplesDisplay,
    LatentSpaceDisplay,
    LowerBoundDisplay,
)

matplotlib.use("agg")


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.fixture(scope="module", params=[VaDEClustering, GMVAEClustering])
def fitted(request, blobs):
    return request.param(
        3, hidden_layer_sizes=(8,), pretrain_iter=20, max_iter=7, random_state=0
    ).fit(blobs[0])


def test_lower_bound_display_draws_the_curve(fitted, ax):
    display = LowerBoundDisplay.from_estimator(fitted, ax=ax)
    np.testing.assert_array_equal(display.line_.get_ydata(), fitted.lower_bounds_)
    np.testing.assert_array_equal(display.line_.get_xdata(), np.arange(1, 8))
    assert display.ax_ is ax
    assert display.figure_ is ax.figure


def test_latent_space_display_draws_every_row_in_its_cluster(fitted, blobs, ax):
    display = LatentSpaceDisplay.from_estimator(fitted, blobs[0], ax=ax)
    sizes = [len(scatter.get_offsets()) for scatter in display.scatters_]
    assert sizes == np.bincount(fitted.labels_, minlength=3).tolist()
    assert len(ax.texts) == 3  # the components' numbers


def test_latent_space_display_by_labels(fitted, blobs, ax):
    X, y = blobs
    display = LatentSpaceDisplay.from_estimator(fitted, X, np.array(["a", "b", "c"])[y], ax=ax)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "b", "c"]
    assert len(display.scatters_) == 3


@pytest.mark.filterwarnings("ignore:.*not distinct:UserWarning")
@pytest.mark.parametrize("latent_dim", [1, 2])
def test_latent_space_display_of_few_dimensions(blobs, ax, latent_dim):
    vade = VaDEClustering(
        3, latent_dim=latent_dim, hidden_layer_sizes=(8,), pretrain_iter=20, max_iter=2,
        random_state=0,
    ).fit(blobs[0])  # fmt: skip
    display = LatentSpaceDisplay.from_estimator(vade, blobs[0], ax=ax)
    np.testing.assert_allclose(display.points[:, 0], vade.transform(blobs[0])[:, 0])


def test_cluster_samples_display_draws_a_line_a_cluster(fitted, ax):
    display = ClusterSamplesDisplay.from_estimator(
        fitted, n_per_cluster=5, image_shape=(2, 3), ax=ax
    )
    assert display.samples.shape == (3, 5, 2, 3)
    assert display.image_.get_array().shape == (3 * 3, 5 * 4)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["0", "1", "2"]


@pytest.mark.filterwarnings("ignore:.*(distinct clusters found|not distinct):UserWarning")
@pytest.mark.parametrize(
    ("image_shape", "samples", "sheet"),
    [
        ((1, 4, 6), (3, 5, 4, 6), (15, 35)),
        ((2, 4, 3), (3, 5, 4, 3), (15, 20)),
        ((3, 4, 2), (3, 5, 4, 2, 3), (15, 15, 3)),
        ((4, 1, 6), (3, 5, 1, 6, 3), (6, 35, 3)),
    ],
)
def test_cluster_samples_display_sees_the_estimators_pictures(image_shape, samples, sheet, ax):
    X = np.random.RandomState(0).rand(40, 24)
    vade = VaDEClustering(
        3, image_shape=image_shape, hidden_layer_sizes=(8,), pretrain_iter=2, max_iter=2
    ).fit(X)
    display = ClusterSamplesDisplay.from_estimator(vade, n_per_cluster=5, ax=ax)
    assert display.samples.shape == samples
    assert display.image_.get_array().shape == sheet
    first = vade.sample(5, cluster=0, noise=False, random_state=0)[0][0].reshape(image_shape)
    if len(samples) == 5:  # one range for all colours: the first pixel's order is kept
        np.testing.assert_array_equal(
            np.argsort(display.samples[0, 0, 0, 0]), np.argsort(first[:3, 0, 0])
        )
    else:
        np.testing.assert_array_equal(display.samples[0, 0], first[0])


def test_cluster_samples_display_wrong_shape_raises(fitted):
    with pytest.raises(ValueError, match="has 16 entries, but .* 6 features"):
        ClusterSamplesDisplay.from_estimator(fitted, image_shape=(4, 4))


def test_displays_make_a_figure_of_their_own(fitted, blobs):
    import matplotlib.pyplot as plt

    for display in (
        LowerBoundDisplay.from_estimator(fitted),
        LatentSpaceDisplay.from_estimator(fitted, blobs[0]),
        ClusterSamplesDisplay.from_estimator(fitted),
    ):
        assert display.figure_ is display.ax_.figure
        plt.close(display.figure_)
