# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A search gives the same whoever runs its fits, with as many threads in each of them."""

import joblib
import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV

from sklearn_gmvae import VaDEClustering

TIMES = ("mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time")


@pytest.fixture
def one_thread():
    """As many as joblib leaves each of its workers."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


def search(X, n_jobs):
    estimator = VaDEClustering(
        3, hidden_layer_sizes=(32,), pretrain_iter=60, max_iter=20, random_state=0
    )
    grid = {"latent_dim": [2, 4]}
    return GridSearchCV(estimator, grid, cv=2, n_jobs=n_jobs).fit(X)


def assert_same(found, expected, X):
    assert found.best_params_ == expected.best_params_
    for name, values in expected.cv_results_.items():
        if name not in TIMES:
            np.testing.assert_array_equal(found.cv_results_[name], values, err_msg=name)
    np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))


def test_loky_finds_what_one_process_finds(blobs, one_thread):
    X, _ = blobs
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        found = search(X, n_jobs=2)
    assert_same(found, search(X, n_jobs=1), X)


@pytest.mark.slow
def test_dask_finds_what_one_process_finds(blobs, one_thread):
    # Nothing else needs dask: no extra brings it.
    distributed = pytest.importorskip("distributed", reason="dask is not installed")
    X, _ = blobs
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        client.run(torch.set_num_threads, 1)
        with joblib.parallel_config("dask"):
            found = search(X, n_jobs=2)
    assert_same(found, search(X, n_jobs=1), X)
