# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fitted in chunks or in two processes, an estimator sees all rows as often as `fit` does."""

import numpy as np
import pandas as pd
import pytest
import torch.distributed as dist
from scipy.sparse import csr_array, issparse

from sklearn_gmvae import VaDEClustering, benchmark
from sklearn_gmvae.benchmark._ways import N_CHUNKS, by_chunks
from sklearn_gmvae.training import PRETRAINING, TRAINING, resolve_epochs


class Seen:
    """An estimator that counts how often it is given each row."""

    pretrain_iter = max_iter = None
    batch_size = 32

    def __init__(self, n_rows):
        self.times = np.zeros(n_rows, dtype=int)

    def partial_fit(self, X):
        rows = X.toarray() if issparse(X) else np.asarray(X)
        np.add.at(self.times, rows[:, 0], 1)


@pytest.mark.parametrize(("pretrain_iter", "max_iter"), [(None, None), (3, None), (2, 5)])
@pytest.mark.parametrize("kind", [np.array, csr_array, pd.DataFrame])
def test_chunks_have_every_row_once_a_pass_and_passes_are_epochs(kind, pretrain_iter, max_iter):
    n_rows = 10 * N_CHUNKS + 3
    seen = Seen(n_rows)
    seen.pretrain_iter, seen.max_iter = pretrain_iter, max_iter
    by_chunks(seen, kind(np.arange(n_rows)[:, None]))
    expected = sum(
        n or resolve_epochs(budget, n_rows, 32)
        for n, budget in ((pretrain_iter, PRETRAINING), (max_iter, TRAINING))
    )
    assert (seen.times == expected).all()


@pytest.mark.parametrize("protocol", ["chunks", "ranks"])
def test_measured_are_all_rows_with_the_model_that_was_fitted_so(protocol, tmp_path, monkeypatch):
    # Of this process; those of the ranks are new and have their own.
    monkeypatch.setattr(VaDEClustering, "fit", None)
    settings = {
        "hidden_layer_sizes": [32], "pretrain_iter": 20, "max_iter": 10, "init_params": "kmeans",
    }  # fmt: skip
    out = tmp_path / "r.jsonl"
    first, again = (
        next(benchmark.run(["iris"], ["vade"], 1, out, protocol=protocol, settings=settings))
        for _ in range(2)
    )
    assert first == again
    assert len(benchmark.read_results(out)) == 1
    assert first["protocol"] == protocol
    assert sum(first["cluster_sizes"]) == 150
    assert first["accuracy"] > 0.6
    assert not dist.is_initialized()
    assert protocol in benchmark.TABLES["results"]([first])
