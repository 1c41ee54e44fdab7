# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Other ways to fit all rows than at once: chunk by chunk, or in two processes."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
import torch.distributed as dist

from sklearn_gmvae import load, training

N_CHUNKS = 10
N_RANKS = 2


def rows_of(X, rows):
    """Some rows of an array, of CSR or of a data frame."""
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def by_chunks(estimator, X):
    """`partial_fit` of chunks of X, in as many passes as `fit` has epochs."""
    n_rows = X.shape[0]
    budgets = {"pretrain_iter": training.PRETRAINING, "max_iter": training.TRAINING}
    n_passes = 0
    for name, budget in budgets.items():
        n_epochs = getattr(estimator, name)
        if n_epochs is None:
            n_epochs = training.resolve_epochs(budget, n_rows, estimator.batch_size)
        n_passes += n_epochs
    # In any order: files are often sorted by something.
    order = np.random.RandomState(0).permutation(n_rows)
    chunks = [rows_of(X, np.sort(rows)) for rows in np.array_split(order, N_CHUNKS)]
    for _ in range(n_passes):
        for chunk in chunks:
            estimator.partial_fit(chunk)
    return estimator


def by_ranks(estimator, X):
    """`fit` in two processes of one group, each with every second row of X and its share of this
    process's threads."""
    n_threads = max(1, torch.get_num_threads() // N_RANKS)
    with TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(_fit_rank, (estimator, X, Path(folder), n_threads), N_RANKS)
        return load(Path(folder) / "model")


def _fit_rank(rank: int, estimator, X, folder: Path, n_threads: int) -> None:
    torch.set_num_threads(n_threads)
    meeting = (folder / "group").as_uri()
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=N_RANKS)
    try:
        estimator.fit(X[rank::N_RANKS])
        if rank == 0:
            estimator.save(folder / "model")
    finally:
        dist.destroy_process_group()


WAYS: dict[str, Callable] = {"chunks": by_chunks, "ranks": by_ranks}
