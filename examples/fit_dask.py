# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
One model, several machines: dask workers
=========================================

Each dask worker joins one process group and fits with the rows it holds; then the model is on every
worker, and comes back as a pickle. ``pip install distributed``, then::

    python examples/fit_dask.py
"""

import socket

import numpy as np
import torch.distributed as dist
from dask.distributed import Client, LocalCluster
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae import VaDEClustering


def fit_part(X, rank, size, address):
    """What every worker runs at the same time, with its own rows."""
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=size)
    try:
        return VaDEClustering(n_clusters=10, random_state=0).fit(X)
    finally:
        dist.destroy_process_group()


def free_address():
    """Where the first worker, on this machine, can listen."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


if __name__ == "__main__":
    X, y = load_digits(return_X_y=True)
    parts = np.array_split(X / 16, 2)
    # One process a worker and one thread in each: a process can be one rank only.
    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster) as client:
        workers = list(client.scheduler_info()["workers"])
        address = free_address()
        futures = [
            client.submit(fit_part, part, rank, 2, address, workers=[worker], pure=False)
            for rank, (part, worker) in enumerate(zip(parts, workers, strict=True))
        ]
        models = client.gather(futures)
    assert np.array_equal(models[0].means_, models[1].means_)
    labels = models[0].predict(X / 16)
    print(f"ARI {adjusted_rand_score(y, labels):.3f}, ELBO {models[0].lower_bound_:.3f}")
