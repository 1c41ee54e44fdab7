# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Likelihoods p(x | decoder output). A new one is one file and one line in LIKELIHOODS."""

from sklearn_gmvae.models.likelihoods._base import Likelihood
from sklearn_gmvae.models.likelihoods._bernoulli import Bernoulli
from sklearn_gmvae.models.likelihoods._categorical import Categorical
from sklearn_gmvae.models.likelihoods._counts import CountLikelihood
from sklearn_gmvae.models.likelihoods._gaussian import Gaussian
from sklearn_gmvae.models.likelihoods._mixed import Mixed
from sklearn_gmvae.models.likelihoods._negative_binomial import NegativeBinomial
from sklearn_gmvae.models.likelihoods._poisson import Poisson

LIKELIHOODS: dict[str, type[Likelihood]] = {
    likelihood.name: likelihood
    for likelihood in (Bernoulli, Categorical, Gaussian, NegativeBinomial, Poisson)
}

__all__ = [
    "LIKELIHOODS",
    "Bernoulli",
    "Categorical",
    "CountLikelihood",
    "Gaussian",
    "Likelihood",
    "Mixed",
    "NegativeBinomial",
    "Poisson",
]
