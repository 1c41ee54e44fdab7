# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Style and content
=================

GMVAE separates what a row is (its cluster) from how it is drawn (its style). Here each line is a
cluster of handwritten digits, each column one style.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from sklearn_gmvae import GMVAEClustering
from sklearn_gmvae.inspection import ClusterSamplesDisplay

X = load_digits(n_class=5).data / 16
gmvae = GMVAEClustering(5, pretrain_iter=60, max_iter=60, random_state=0).fit(X)

styles = np.random.RandomState(0).randn(8, gmvae.style_dim)
pictures = np.stack(
    [gmvae.sample(8, cluster=k, style=styles, noise=False, random_state=0)[0] for k in range(5)]
)
ClusterSamplesDisplay(samples=pictures.reshape(5, 8, 8, 8), names=[str(k) for k in range(5)]).plot()
plt.show()
