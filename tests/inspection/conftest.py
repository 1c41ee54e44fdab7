# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fitted estimators to look at, and axes to draw on; no screen is needed."""

import warnings

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.datasets import load_digits, load_iris

from sklearn_gmvae import GMVAEClustering, VaDEClustering

QUICK = {"hidden_layer_sizes": (8,), "pretrain_iter": 20, "max_iter": 7, "random_state": 0}


@pytest.fixture(autouse=True)
def no_screen():
    matplotlib.use("agg")
    yield
    plt.close("all")


@pytest.fixture
def ax():
    return Figure(layout="constrained").subplots()


@pytest.fixture(scope="module", params=[VaDEClustering, GMVAEClustering])
def fitted(request, blobs):
    return request.param(3, **QUICK).fit(blobs[0])


@pytest.fixture(scope="module")
def digits():
    """200 digits and a GMVAE of 4 clusters."""
    X = load_digits().data[:200] / 16
    return X, briefly(GMVAEClustering(4, style_dim=3, **QUICK), X)


@pytest.fixture(scope="module", params=[VaDEClustering, GMVAEClustering])
def iris(request):
    """The table with its names, and 3 clusters."""
    X = load_iris(as_frame=True).data
    return X, briefly(request.param(3, **QUICK), X)


@pytest.fixture(scope="module")
def many():
    """A table of 12 long-named columns in very different units, in 100 clusters."""
    rng = np.random.RandomState(0)
    centers = 20 * rng.randn(100, 12)
    y = np.arange(400) % 100
    names = [f"a rather long name of measurement {j}" for j in range(12)]
    X = pd.DataFrame((centers[y] + rng.randn(400, 12)) * np.logspace(-3, 5, 12), columns=names)
    gmvae = GMVAEClustering(100, style_dim=2, init_params=y, **{**QUICK, "max_iter": 2})
    return X, briefly(gmvae, X)


def briefly(estimator, X):
    """Fitted for a few epochs, whatever the clusters are then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(X)
