# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
One model, several processes: torchrun
======================================

Every process has a part of the rows and calls ``fit`` with it; all end with the same model. Nothing
but the process group says that they belong together. On one machine::

    torchrun --standalone --nproc-per-node 2 examples/fit_torchrun.py

and on two, with the first one's address::

    torchrun --nnodes 2 --nproc-per-node 1 --rdzv-backend c10d --rdzv-endpoint first:29500 \\
        examples/fit_torchrun.py
"""

import os

import numpy as np
import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae import VaDEClustering

# NCCL where every process has a GPU of its own, which is the one it is to use; gloo on CPUs.
if torch.cuda.is_available():
    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
rank, size = dist.get_rank(), dist.get_world_size()

# Each process reads its own rows; here, every size-th of scikit-learn's digits.
X, y = load_digits(return_X_y=True)
X, y = X[rank::size] / 16, y[rank::size]

model = VaDEClustering(n_clusters=10, random_state=0, verbose=1).fit(X)

# labels_ are of this process's rows; the model, and its bound, of all.
print(
    f"rank {rank}: {len(X)} rows, ARI {adjusted_rand_score(y, model.labels_):.3f}, "
    f"ELBO {model.lower_bound_:.3f}, first weight {np.round(model.weights_[0], 6)}"
)
dist.destroy_process_group()
