# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""LatentSpaceDisplay."""

import numpy as np
import pytest

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.inspection import LatentSpaceDisplay, _latent_space

QUICK = {"hidden_layer_sizes": (8,), "pretrain_iter": 20, "max_iter": 2, "random_state": 0}


def test_latent_space_display_draws_every_row_in_its_cluster(fitted, blobs, ax):
    display = LatentSpaceDisplay.from_estimator(fitted, blobs[0], ax=ax)
    sizes = [len(scatter.get_offsets()) for scatter in display.scatters_]
    assert sizes == np.bincount(fitted.labels_, minlength=3).tolist()
    assert {t.get_text() for t in display.texts_} <= {"0", "1", "2"}
    assert len(display.ellipses_) == 3
    assert display.ax_ is ax


def test_latent_space_display_by_labels(fitted, blobs, ax):
    X, y = blobs
    display = LatentSpaceDisplay.from_estimator(fitted, X, np.array(["a", "b", "c"])[y], ax=ax)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "b", "c"]
    assert [len(s.get_offsets()) for s in display.scatters_] == np.bincount(y).tolist()
    assert len(display.ellipses_) == 3  # the clusters, beside the classes


def test_latent_space_display_of_labels_of_another_length_raises(fitted, blobs):
    X, y = blobs
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        LatentSpaceDisplay.from_estimator(fitted, X, y[:-1])


@pytest.mark.filterwarnings("ignore:.*not distinct:UserWarning")
@pytest.mark.parametrize("latent_dim", [1, 2])
def test_latent_space_display_of_few_dimensions(blobs, ax, latent_dim):
    vade = VaDEClustering(3, latent_dim=latent_dim, **QUICK).fit(blobs[0])
    display = LatentSpaceDisplay.from_estimator(vade, blobs[0], ax=ax)
    np.testing.assert_allclose(display.points[:, 0], vade.transform(blobs[0])[:, 0])
    np.testing.assert_allclose(display.centers[:, 0], vade.means_[:, 0])


@pytest.mark.filterwarnings("ignore:.*not distinct:UserWarning")
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_latent_space_display_ellipses_are_the_components(blobs, ax, covariance_type):
    # As many clusters as dimensions: "diag" and "tied" then have the same shape.
    vade = VaDEClustering(3, latent_dim=3, covariance_type=covariance_type, **QUICK).fit(blobs[0])
    display = LatentSpaceDisplay.from_estimator(vade, blobs[0], ax=ax)
    # On the map of two of three dimensions: the projection's covariance of many draws.
    rng = np.random.RandomState(0)
    covariance = {
        "full": lambda: vade.covariances_[1],
        "tied": lambda: vade.covariances_,
        "diag": lambda: np.diag(vade.covariances_[1]),
        "spherical": lambda: vade.covariances_[1] * np.eye(3),
    }[covariance_type]()
    draws = rng.multivariate_normal(vade.means_[1], covariance, size=20_000)
    Z = vade.transform(blobs[0])
    # The map is linear: fitted from the rows' codes to where they are drawn.
    ones = np.ones((len(Z), 1))
    to_map = np.linalg.lstsq(np.hstack([Z, ones]), display.points, rcond=None)[0]
    mapped = np.hstack([draws, np.ones((len(draws), 1))]) @ to_map
    ellipse = display.ellipses_[1]
    # A sample variance of n draws has a relative standard error of sqrt(2 / n) = 1 %.
    expected = np.sort(np.sqrt(np.linalg.eigvalsh(np.cov(mapped.T))))
    np.testing.assert_allclose(np.sort([ellipse.width, ellipse.height]) / 4, expected, rtol=0.05)
    along = np.radians(ellipse.angle)
    variance = np.var(mapped @ [np.cos(along), np.sin(along)])
    np.testing.assert_allclose(np.sqrt(variance), ellipse.width / 4, rtol=0.05)
    assert "Ellipses: two standard deviations of each component" in ax.get_xlabel()


def test_latent_space_display_of_many_rows_draws_some(fitted, blobs, ax, monkeypatch):
    monkeypatch.setattr(_latent_space, "MAX_POINTS", 50)
    display = LatentSpaceDisplay.from_estimator(fitted, blobs[0], ax=ax)
    assert len(display.points) == len(display.labels) == 50


def test_latent_space_display_of_100_clusters(many, ax):
    X, estimator = many
    display = LatentSpaceDisplay.from_estimator(estimator, X)
    assert len(display.scatters_) == len(display.ellipses_) == 100
    assert "Ellipses: two standard deviations of each cluster's codes" in display.ax_.get_xlabel()
    by_class = LatentSpaceDisplay.from_estimator(estimator, X, np.arange(len(X)) % 50)
    assert "50 classes: too many for a legend" in by_class.ax_.get_xlabel()
    assert by_class.ax_.get_legend() is None
    looks = {
        (tuple(s.get_facecolor()[0]), s.get_label())
        for s in display.scatters_
        if len(s.get_offsets())
    }
    assert len(looks) > 10
    assert 10 <= len(display.texts_) <= 100
