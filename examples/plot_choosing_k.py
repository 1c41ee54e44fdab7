# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Choosing the number of clusters
===============================

No number is the right one for every purpose. What helps, here on handwritten digits of five kinds:
the ELBO of rows that were held out, which is mostly about how rows are decoded and so changes
little; another seed should find the same clusters; and a row's nearest neighbours should be in its
own. None is enough by itself. Seeds can also agree on too few clusters, which puts several kinds
into one; the neighbours tell that, and gain little more once there are clusters enough.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.metrics import neighbor_modularity

digits = load_digits(n_class=5).data / 16
X, held_out = digits[::2], digits[1::2]
numbers = [3, 4, 5, 6, 8]
short = {"pretrain_iter": 60, "max_iter": 60}

bounds, agreement, modularity = [], [], []
for n_clusters in numbers:
    fits = [VaDEClustering(n_clusters, random_state=seed, **short).fit(X) for seed in (0, 1)]
    bounds.append(np.mean([fit.score(held_out) for fit in fits]))
    agreement.append(adjusted_rand_score(fits[0].labels_, fits[1].labels_))
    modularity.append(np.mean([neighbor_modularity(X, fit.labels_) for fit in fits]))
    print(
        f"{n_clusters} clusters: held-out ELBO {bounds[-1]:.2f}, "
        f"seeds agree by {agreement[-1]:.2f}, modularity {modularity[-1]:.3f}"
    )

figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
for ax, title, curve in zip(
    axes,
    ["ELBO of held-out rows, nats", "Agreement of two seeds (ARI)", "Modularity among neighbours"],
    [bounds, agreement, modularity],
    strict=True,
):
    ax.plot(numbers, curve, "o-")
    ax.axvline(5, color="0.7", lw=1, ls=":", zorder=0, label="kinds of digits")
    ax.set(title=title, xlabel="Number of clusters")
axes[0].legend(frameon=False)
plt.show()
