# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Larger than memory
==================

The rows lie in a file and come in chunks; never are more than a chunk of them in memory. Training
counts passes over the file. Until enough rows have come (here 30 passes) there are no clusters, and
from then on the model answers at any time. The clusters are found at that start, and change little
after it; the ELBO goes on rising. It is that of one chunk at a time, hence the teeth: some chunks
are harder than others.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae import VaDEClustering

digits = load_digits(n_class=5)
n_chunks, n_passes = 3, 45
vade = VaDEClustering(5, pretrain_iter=30, max_iter=n_passes - 30, random_state=0)

with tempfile.TemporaryDirectory() as folder:
    # As bytes, which are not converted as a whole, and in random order.
    order = np.random.default_rng(0).permutation(len(digits.data))
    np.save(Path(folder) / "X.npy", (16 * digits.data[order]).clip(0, 255).astype(np.uint8))
    X, y = np.load(Path(folder) / "X.npy", mmap_mode="r"), digits.target[order]

    passes, scores = [], []
    for number in range(1, n_passes + 1):
        for rows in np.array_split(np.arange(len(X)), n_chunks):
            vade.partial_fit(X[rows[0] : rows[-1] + 1])
        try:
            scores.append(adjusted_rand_score(y, vade.predict(X)))
            passes.append(number)
        except NotFittedError as error:
            if number == 1:
                print(error)
    del X  # the file can go

print(f"{len(vade.lower_bounds_)} chunks since the start; ARI {scores[-1]:.2f} at the end")
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
left.plot(np.arange(len(vade.lower_bounds_)) / n_chunks + passes[0], vade.lower_bounds_)
left.set(xlabel="Passes over the file", ylabel="ELBO of the chunk, nats a row")
right.plot(passes, scores)
right.set(xlabel="Passes over the file", ylabel="ARI against the digits", ylim=(0, 1))
plt.show()
