# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Over-regularisation, and lambda against it
==========================================

From a random start, the prior of the clusters wins before the networks have learned to tell
clusters apart: its term of the ELBO, -KL(p(k | z, w) || uniform), can reach its best value, 0, by
forgetting which cluster k a row is from. The arms of the pinwheel merge. The remedy of
Dilokthanakul et al. (2016), whose letter for the cluster is z, is a minimum of information lambda:
the term is not rewarded beyond -lambda nats. (The reconstruction goes on rising above the axes.)

The estimator's default start does not need it: it clusters pretrained codes, and training is held
to that start at first.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae import GMVAEClustering
from sklearn_gmvae.datasets import make_pinwheel

X, y = make_pinwheel(1000, random_state=0)
from_nothing = {
    "latent_dim": 2, "style_dim": 2, "init_params": "random", "pretrain_iter": 0, "random_state": 0
}  # fmt: skip

TERMS = {
    "reconstruction": ("reconstruction", "-"),
    "conditional_prior": ("content prior", "-."),
    "style_prior": ("style prior", "-"),
    "cluster_prior": ("cluster prior", "--"),
}

scores = {}
figure, axes = plt.subplots(2, 2, figsize=(8, 7), layout="constrained")
for min_information, (rows, curves) in zip([0.0, 1.0], axes.T, strict=True):
    with warnings.catch_warnings():
        # Without lambda, clusters end without rows or as duplicates, and fit says so.
        warnings.simplefilter("ignore", ConvergenceWarning)
        gmvae = GMVAEClustering(5, min_information=min_information, **from_nothing).fit(X)
    score = scores[min_information] = adjusted_rand_score(y, gmvae.labels_)
    information = -gmvae.history_["cluster_prior"][-1]
    print(
        f"lambda {min_information}: ARI {score:.2f}, "
        f"KL(p(k | z, w) || uniform) {information:.2f} nats at the end"
    )
    rows.scatter(*X.T, c=gmvae.labels_, s=5, cmap="Set1", vmin=0, vmax=8)
    rows.set(title=f"lambda = {min_information:g}: ARI {score:.2f}", aspect="equal")
    for name, (title, style) in TERMS.items():
        curve = gmvae.history_[name]
        curves.plot(range(1, len(curve) + 1), curve, style, label=title)
    curves.axhline(-min_information, color="0.7", lw=1, ls=":", zorder=0)
    curves.set(xlabel="Epoch", ylabel="Nats a row", ylim=(-3.5, 1))
axes[1, 0].legend(loc="center right")
plt.show()
