# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Small fits give what they gave when METHOD was last raised.

After raising METHOD, with a line in CHANGELOG.rst that says what changed, this writes the new
reference: ``python tests/test_reference.py``.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae._version import METHOD

REFERENCE = Path(__file__).with_name("reference.json")
# Rounding differs between processors: AVX2 in place of AVX-512 changed these bounds by 1e-7 of
# their size. A change of the method changes them by far more than 1e-5.
ROUNDING = 1e-5

# Each fit takes another way through the package: start, covariances, likelihood, restarts.
FITS = {
    "vade": (VaDEClustering, "table", {}),
    "vade tied, k-means start": (
        VaDEClustering, "table", {"covariance_type": "tied", "init_params": "kmeans"},
    ),
    "vade bytes": (VaDEClustering, "bytes", {}),
    "vade two runs": (VaDEClustering, "bytes", {"n_init": 2, "covariance_type": "diag"}),
    "gmvae": (GMVAEClustering, "table", {"init_params": "merge"}),
    "gmvae bytes, lambda": (GMVAEClustering, "bytes", {"min_information": 0.3, "n_mc_samples": 2}),
    "gmvae early stopping": (GMVAEClustering, "table", {"early_stopping": True}),
    "vade counts": (VaDEClustering, "bytes", {"likelihood": "negative_binomial"}),
    "vade counts, trial": (
        VaDEClustering, "bytes",
        {"likelihood": "poisson", "pretrain_iter": None, "max_iter": 5, "init_params": "kmeans"},
    ),
    "vade holes": (VaDEClustering, "holes", {}),
    "vade stray rows": (VaDEClustering, "stray", {}),
    "gmvae several kinds": (GMVAEClustering, "frame", {}),
    "vade grades": (VaDEClustering, "grades", {}),
    "vade faint": (VaDEClustering, "faint", {}),
    "vade pixels": (VaDEClustering, "pixels", {}),
    "vade Gaussian pixels": (VaDEClustering, "pixels", {"likelihood": "gaussian"}),
    "vade scaled pixels": (VaDEClustering, "scaled pixels", {}),
    "vade components": (VaDEClustering, "components", {}),
    "vade words": (VaDEClustering, "words", {}),
    "vade pictures": (
        VaDEClustering, "bytes",
        {
            "network": "conv", "image_shape": (1, 3, 4), "hidden_layer_sizes": ((8, 2, 1), 16),
            "augment": "image",
        },
    ),
}  # fmt: skip


def data(kind: str):
    """Four clusters of 60 rows along curves, (240, 12), or the same as bytes, with holes, with
    stray rows among clusters that overlap, as grades, as faint values in [0, 1], as principal
    components, as pixels, also standardised, or words (240, 200), or with texts, categories and
    yes or no."""
    rng = np.random.RandomState(0)
    cluster = np.arange(240) % 4
    along = rng.uniform(-1, 1, 240)
    centres, bends = 4 * rng.standard_normal((2, 4, 12))
    X = centres[cluster] + bends[cluster] * along[:, None] ** 2
    X += along[:, None] * rng.standard_normal((4, 12))[cluster]
    X += 0.3 * rng.standard_normal(X.shape)
    if kind == "table":
        return X
    if kind == "grades":
        return np.digitize(X[:, :6], [-3.0, 0.0, 3.0]).astype(float)
    if kind == "faint":
        return np.exp((X - X.max()) / 4)
    if kind == "components":
        return PCA(8, random_state=0).fit_transform(X)
    if kind == "pixels":
        bright = 1 / (1 + np.exp(-X.repeat(17, 1)[:, :200]))
        return 255.0 * (rng.uniform(size=bright.shape) < bright)
    if kind == "scaled pixels":
        return StandardScaler().fit_transform(data("pixels"))
    if kind == "words":
        rates = 20 * rng.dirichlet(np.full(200, 0.05), 4) + 0.01
        return rng.poisson(rates[cluster]).astype(float)
    if kind == "holes":
        return np.where(rng.uniform(size=X.shape) < 0.1, np.nan, X)
    if kind == "stray":
        X = X / 2 + rng.standard_normal(X.shape)
        return np.r_[X, 20 + rng.standard_normal((12, 12))]
    if kind == "frame":
        thirds = np.array(["low", "middle", "high"])[np.digitize(X[:, 0], [-2.0, 2.0])]
        town = np.array(["Aalst", "Ghent", "Bruges", "Ypres"])[cluster]
        town[:40] = "Ghent"
        frame = pd.DataFrame(X[:, 2:5], columns=["a", "b", "c"])
        return frame.assign(thirds=pd.Categorical(thirds), town=town, above=X[:, 5] > 0)
    return (255 * (X - X.min()) / (X.max() - X.min())).astype(np.uint8)


def result(name: str) -> dict:
    """Labels and mean ELBO (nats a row) of a fit."""
    estimator, kind, parameters = FITS[name]
    fitted = estimator(
        4,
        **{
            "latent_dim": 4, "hidden_layer_sizes": (32, 32), "pretrain_iter": 40,
            "max_iter": 40, "batch_size": 32, "precision": "float32", "device": "cpu",
            "random_state": 0, **parameters,
        },
    ).fit(data(kind))  # fmt: skip
    return {
        "labels": "".join(map(str, fitted.labels_)),
        "lower_bound": fitted.lower_bound_,
        "history": fitted.lower_bounds_[[0, -1]].tolist(),
    }


@pytest.fixture(scope="module")
def expected():
    return json.loads(REFERENCE.read_text())


@pytest.mark.filterwarnings("ignore:.*clusters:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", FITS)
def test_small_fits_give_what_this_method_gave(expected, name):
    found, fit = result(name), expected["fits"][name]
    message = (
        f"{name!r} gives another result than METHOD {METHOD} did: undo that, or raise "
        "METHOD in sklearn_gmvae/_version.py, say in CHANGELOG.rst what changed and run "
        "`python tests/test_reference.py`."
    )
    assert found["labels"] == fit["labels"], message
    for key in ("lower_bound", "history"):
        np.testing.assert_allclose(found[key], fit[key], rtol=ROUNDING, err_msg=message)


def test_the_reference_is_of_this_method_and_the_one_that_the_changelog_names(expected):
    assert (expected["method"], set(expected["fits"])) == (METHOD, set(FITS))
    digest = hashlib.sha256(REFERENCE.read_bytes()).hexdigest()[:12]
    changelog = (Path(__file__).parents[1] / "CHANGELOG.rst").read_text()
    assert f"reference results {digest}" in " ".join(changelog.split()), (
        f"tests/reference.json has changed: say in CHANGELOG.rst what changed in the results, and "
        f"that its reference results are {digest} now."
    )


if __name__ == "__main__":
    REFERENCE.write_text(
        json.dumps({"method": METHOD, "fits": {name: result(name) for name in FITS}}, indent=1)
        + "\n"
    )
