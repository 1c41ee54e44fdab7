# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators of the benchmark by name, each for a number of clusters and a seed."""

from collections.abc import Callable
from functools import partial

from sklearn.base import ClusterMixin
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.benchmark._baselines import CodesThenClusters
from sklearn_gmvae.benchmark._peers import PEERS


def _mixture(n_clusters, **params):
    # reg_covar: pixels that never change make every covariance singular otherwise.
    return GaussianMixture(n_clusters, reg_covar=1e-3, **params)


ESTIMATORS: dict[str, Callable[..., ClusterMixin]] = {
    "vade": VaDEClustering,
    "gmvae": GMVAEClustering,
    "kmeans": partial(KMeans, n_init=3),
    **{
        f"gmm-{covariance_type}": partial(_mixture, covariance_type=covariance_type)
        for covariance_type in ("full", "tied", "diag", "spherical")
    },
    "ae+kmeans": partial(CodesThenClusters, clusterer="kmeans", kl_weight=0.0),
    "ae+gmm": partial(CodesThenClusters, clusterer="gmm", kl_weight=0.0),
    "vae+gmm": partial(CodesThenClusters, clusterer="gmm", kl_weight=1.0),
    **PEERS,
}

# The papers' recipes as far as the contracts allow; what differs from them is kept with the
# results.
PAPER: dict[str, dict] = {
    "vade": {
        "covariance_type": "diag",
        "init_params": "gmm",
        "batch_size": 100,
        "learning_rate": 2e-3,
        "pretrain_iter": 20,
        "max_iter": 40,
    },
    "gmvae": {
        "latent_dim": 200,
        "style_dim": 150,
        "init_params": "random",
        "min_information": 0.5,
        "pretrain_iter": 0,
        "batch_size": 50,
        "learning_rate": 1e-4,
        "max_iter": 40,
    },
}
DEVIATIONS: dict[str, list[str]] = {
    "vade": [
        "pretraining is a VAE with KL weight .05, not a stacked autoencoder",
        "40 epochs in place of 3000",
        "one-cycle learning rate, a prior that moves at .3 of it, the likelihood's scales at 10",
        "KL warm-up; Adam's epsilon 1e-8 in place of 1e-4; bfloat16 networks where they pay",
        "the first covariances are shrunk to the pooled one",
        "an anchor to the start, later to the neighbours' clusters, gone in the last tenth",
        "q(c | x) in closed form, not at a sampled z",
        "hidden layers by D (784 columns: the paper's); for real-valued X a learned scale",
    ],
    "gmvae": [
        "an MLP without BatchNorm in place of the convolutional network with it; widths by D",
        "40 epochs in place of 100",
        "one-cycle learning rate, a prior that moves at .1 of it, the likelihood's scales at 10",
        "KL warm-up; bfloat16 networks where they pay",
        "the prior network starts from K random codes in closed form",
    ],
}
