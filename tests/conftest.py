# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What several test files share."""

import signal

import numpy as np
import pytest
from hypothesis import settings
from sklearn.datasets import make_blobs

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.models import LIKELIHOODS

# Examples of a law in the default suite and, of every law, with -m slow.
# The same examples in every run: new ones are sought in the slow one.
settings.register_profile("quick", max_examples=30, deadline=None, derandomize=True)
settings.register_profile("slow", max_examples=2000, deadline=None)


def is_slow(config):
    expression = config.option.markexpr
    return "slow" in expression and "not slow" not in expression


def pytest_configure(config):
    settings.load_profile("slow" if is_slow(config) else "quick")
    # A shell starts what runs in the background with Ctrl-C ignored, and its tests would hear none.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """With -m slow the laws run too, on more examples."""
    if is_slow(config):
        for item in items:
            if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
                item.add_marker(pytest.mark.slow)


ESTIMATORS = [VaDEClustering, GMVAEClustering]


@pytest.fixture(params=ESTIMATORS)
def quick(request):
    """Each estimator class with a small network, few epochs and, where it is not what is tested,
    the start that takes least time: "auto" compares dozens of mixtures, for longer than these fits
    train."""

    def build(n_clusters=3, **changes):
        settings = {
            "hidden_layer_sizes": (32,), "pretrain_iter": 60, "max_iter": 20, "random_state": 0,
            "init_params": "kmeans",
        }  # fmt: skip
        return request.param(n_clusters, **{**settings, **changes})

    return build


@pytest.fixture(scope="session")
def blobs():
    X, y = make_blobs(200, centers=3, n_features=6, cluster_std=0.5, random_state=0)
    return X.astype(np.float64), y


@pytest.fixture
def fitting():
    """Rows that a likelihood takes: whole numbers from 0 where it counts or names things."""

    def change(X, likelihood):
        if LIKELIHOODS[likelihood].domain in ("counts", "categories"):
            return np.round(X - X.min())
        return X

    return change
