# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""LowerBoundDisplay."""

import numpy as np

from sklearn_gmvae import VaDEClustering, load
from sklearn_gmvae.inspection import LowerBoundDisplay


def test_lower_bound_display_draws_the_curve(fitted, ax):
    display = LowerBoundDisplay.from_estimator(fitted, ax=ax)
    np.testing.assert_array_equal(display.line_.get_ydata(), fitted.lower_bounds_)
    np.testing.assert_array_equal(display.line_.get_xdata(), np.arange(1, 8))
    assert display.ax_ is ax
    assert display.figure_ is ax.figure


def test_lower_bound_display_bands_lead_from_reconstruction_to_the_elbo(fitted, ax):
    display = LowerBoundDisplay.from_estimator(fitted, ax=ax)
    history = fitted.history_
    np.testing.assert_array_equal(display.reconstruction_.get_ydata(), history["reconstruction"])
    assert set(display.bands_) == set(history) - {"reconstruction", "objective", "validation"}
    # The last band's edges in the last epoch: the ELBO, and that without the band's term.
    name, band = list(display.bands_.items())[-1]
    (path,) = band.get_paths()
    at_end = path.vertices[path.vertices[:, 0] == 7, 1]
    np.testing.assert_allclose(
        [at_end.min(), at_end.max()],
        np.sort(fitted.lower_bounds_[-1] - [0, history[name][-1]]),
        rtol=1e-9,
    )
    hatches = {band.get_hatch() for band in display.bands_.values()}
    assert len(hatches) == len(display.bands_)  # told apart without colours


def test_lower_bound_display_of_a_model_from_a_file_is_the_same_picture(fitted, ax, tmp_path):
    fitted.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert list(loaded.history_) != list(fitted.history_)  # a file's are in alphabetic order
    bands = [LowerBoundDisplay.from_estimator(e, ax=ax).bands_ for e in (fitted, loaded)]
    assert list(bands[0]) == list(bands[1])
    for name, band in bands[0].items():
        np.testing.assert_array_equal(band.get_facecolor(), bands[1][name].get_facecolor())


def test_lower_bound_display_tells_the_last_values(fitted, ax):
    LowerBoundDisplay.from_estimator(fitted, ax=ax)
    told = " ".join(t.get_text() for t in ax.get_legend().get_texts())
    assert f"ELBO: {fitted.lower_bounds_[-1]:.2f}" in told
    assert f"cluster prior: {fitted.history_['cluster_prior'][-1]:.2f}" in told


def test_lower_bound_display_without_terms_shares_axes(fitted, ax):
    for _ in range(2):
        display = LowerBoundDisplay.from_estimator(fitted, terms=False, ax=ax)
    assert len(ax.lines) == 2
    assert display.bands_ == {}
    assert display.reconstruction_ is None


def test_lower_bound_display_of_one_epoch_shows_a_point(blobs):
    vade = VaDEClustering(3, hidden_layer_sizes=(8,), pretrain_iter=20, max_iter=1, random_state=0)
    display = LowerBoundDisplay.from_estimator(vade.fit(blobs[0]))
    assert display.line_.get_marker() == "o"
    assert display.figure_ is display.ax_.figure


def test_lower_bound_display_leaves_out_the_held_out_curve(blobs, ax):
    vade = VaDEClustering(
        3, hidden_layer_sizes=(8,), pretrain_iter=20, max_iter=3, early_stopping=True,
        random_state=0,
    ).fit(blobs[0])  # fmt: skip
    display = LowerBoundDisplay.from_estimator(vade, ax=ax)
    assert "validation" in vade.history_
    assert "validation" not in display.bands_
