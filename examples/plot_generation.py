# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Generation, interpolation and latent arithmetic
===============================================

A fitted model is a generator too. It draws rows that were never there, walks from one row to
another through rows that could be, and moves what is particular of a row to another cluster: the
row's code minus the mean of its cluster, plus the mean of another one.

Each line of a panel is a cluster, the largest first. A cluster is what the model takes for one
kind: here 2s and 3s share one, and 1s written in two ways fill two.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from sklearn_gmvae import VaDEClustering

X = load_digits(n_class=5).data / 16
vade = VaDEClustering(5, pretrain_iter=80, max_iter=80, random_state=0).fit(X)

# Drawn: noise=False gives the decoder's means, as pictures in papers are.
drawn = np.stack([vade.sample(5, cluster=k, noise=False, random_state=k)[0] for k in range(5)])

# Between two rows of different clusters, in a straight line of the latent space.
first = [(vade.labels_ == k).argmax() for k in range(5)]
codes = vade.transform(X[first])
share = np.linspace(0, 1, 5)[:, None]
walks = np.stack(
    [
        vade.inverse_transform((1 - share) * a + share * b)
        for a, b in zip(codes, np.roll(codes, -1, axis=0), strict=True)
    ]
)

# Each of these rows, as it would be in each of the clusters.
particular = codes - vade.means_[range(5)]
moved = np.stack([vade.inverse_transform(z + vade.means_) for z in particular])

figure, axes = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
titles = ["Drawn from each cluster", "From a row to another", "A row, in each cluster"]
for ax, title, rows in zip(axes, titles, [drawn, walks, moved], strict=True):
    pictures = np.pad(rows.reshape(5, 5, 8, 8), [(0, 0), (0, 0), (1, 1), (1, 1)])
    sheet = pictures.transpose(0, 2, 1, 3).reshape(50, 50)
    ax.imshow(sheet, cmap="gray_r")
    ax.set(title=title, xticks=[], yticks=[])
plt.show()
