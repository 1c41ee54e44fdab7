# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Style and content
=================

GMVAE separates what a row is (its cluster) from how it is drawn (its style). Here each line is a
cluster of handwritten digits; along it the style changes and nothing else. Nobody has told the
model what counts as content: where two kinds of digits share a cluster, its style is what tells
them apart, and one kind that is written in two ways may be two clusters.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from sklearn_gmvae import GMVAEClustering
from sklearn_gmvae.inspection import StyleTraversalDisplay

X = load_digits(n_class=5).data / 16
gmvae = GMVAEClustering(5, pretrain_iter=60, max_iter=60, random_state=0).fit(X)

StyleTraversalDisplay.from_estimator(gmvae)
plt.show()
