# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What clustering the codes of a plain autoencoder gives: the baseline that both papers name."""

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from sklearn_gmvae import training
from sklearn_gmvae.models import VaDE, encoder_products
from sklearn_gmvae.utils import private_random_state, resolve_device


class CodesThenClusters(ClusterMixin, BaseEstimator):
    """An autoencoder with the networks, likelihood and number of updates of our estimators, then
    KMeans or a full GaussianMixture on its codes.

    Parameters
    ----------
    n_clusters : int
    clusterer : {"kmeans", "gmm"}
    kl_weight : float
        Weight of KL(q(z | x) || N(0, I)): 0 is an autoencoder, 1 a VAE.
    latent_dim, batch_size, learning_rate, random_state
        As those of our estimators.
    """

    def __init__(
        self,
        n_clusters=8,
        *,
        clusterer="kmeans",
        kl_weight=0.0,
        latent_dim=10,
        batch_size=256,
        learning_rate=1e-3,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.clusterer = clusterer
        self.kl_weight = kl_weight
        self.latent_dim = latent_dim
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def fit(self, X, y=None):
        rng = private_random_state(self.random_state)
        device = resolve_device("auto")
        likelihood = training.choose_likelihood(X)
        unit_map = training.choose_map(X, likelihood, standardize=True)
        hidden = training.auto_hidden_sizes(X.shape[1])
        phase = training.Phase(
            "autoencoder",
            n_epochs=sum(
                training.resolve_epochs(budget, len(X), self.batch_size)
                for budget in (training.PRETRAINING, training.TRAINING)
            ),
            learning_rate=self.learning_rate,
            prior_weight=lambda progress: self.kl_weight,
            precision=training.resolve_precision(
                "auto", encoder_products((1, 1, X.shape[1]), hidden), device
            ),
        )
        weights, shuffling = (training.seeded(torch.device("cpu"), rng) for _ in range(2))
        model = VaDE(
            n_features=X.shape[1],
            n_clusters=self.n_clusters,
            latent_dim=self.latent_dim,
            covariance_type="full",
            hidden=hidden,
            activation="relu",
            likelihood=likelihood,
            variance_floor=1e-6,
            generator=weights,
        ).to(device)
        training.fit_module(
            model,
            model.autoencoder_elbo_at,
            training.Batches(
                training.ModelRows(X, unit_map, device), np.arange(len(X)), self.batch_size
            ),
            phase,
            shuffling=shuffling,
            noise=training.seeded(device, rng),
        )
        codes = training.map_rows(model.encode, X, unit_map, device)
        if self.clusterer == "kmeans":
            final = KMeans(self.n_clusters, n_init=3, random_state=rng)
        else:
            reg_covar = 1e-3 * float(codes.var(0).mean()) + 1e-6
            final = GaussianMixture(self.n_clusters, reg_covar=reg_covar, random_state=rng)
        self.labels_ = final.fit_predict(codes)
        return self
