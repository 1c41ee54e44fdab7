# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The mathematics: torch only. ELBO terms, Gaussian algebra, priors, likelihoods, networks."""

from sklearn_gmvae.models._base import DeepMixture
from sklearn_gmvae.models._build import MAX_LAYERS, NETWORKS, Spec
from sklearn_gmvae.models._convolutions import encoder_products
from sklearn_gmvae.models._elbo import ELBO
from sklearn_gmvae.models._gmvae import GMVAE
from sklearn_gmvae.models._mixture_prior import COVARIANCE_TYPES, GaussianMixturePrior
from sklearn_gmvae.models._networks import ACTIVATIONS
from sklearn_gmvae.models._vade import VaDE
from sklearn_gmvae.models.likelihoods import LIKELIHOODS, CountLikelihood, Likelihood, Mixed

__all__ = [
    "ACTIVATIONS",
    "COVARIANCE_TYPES",
    "ELBO",
    "GMVAE",
    "LIKELIHOODS",
    "MAX_LAYERS",
    "NETWORKS",
    "CountLikelihood",
    "DeepMixture",
    "GaussianMixturePrior",
    "Likelihood",
    "Mixed",
    "Spec",
    "VaDE",
    "encoder_products",
]
