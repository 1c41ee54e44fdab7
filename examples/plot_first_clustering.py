# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
A first clustering
==================

Two rings: no mixture of ellipses on the raw columns can tell them apart, VaDE can.
"""

import matplotlib.pyplot as plt
from sklearn.cluster import KMeans
from sklearn.datasets import make_circles
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from sklearn_gmvae import VaDEClustering

X, y = make_circles(600, noise=0.05, factor=0.4, random_state=0)

estimators = [
    KMeans(2, random_state=0),
    GaussianMixture(2, random_state=0),
    VaDEClustering(2, random_state=0),
]
figure, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
for ax, estimator in zip(axes, estimators, strict=True):
    labels = estimator.fit_predict(X)
    score = adjusted_rand_score(y, labels)
    print(f"{type(estimator).__name__}: ARI {score:z.2f}")
    ax.scatter(*X.T, c=labels, s=6, cmap="coolwarm")
    ax.set(title=f"{type(estimator).__name__}: ARI {score:z.2f}", aspect="equal")
plt.show()
