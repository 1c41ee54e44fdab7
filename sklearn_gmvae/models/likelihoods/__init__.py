# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Likelihoods p(x | decoder output). A new one is one file and one line in LIKELIHOODS."""

from sklearn_gmvae.models.likelihoods._base import Likelihood
from sklearn_gmvae.models.likelihoods._bernoulli import Bernoulli
from sklearn_gmvae.models.likelihoods._gaussian import Gaussian

LIKELIHOODS: dict[str, type[Likelihood]] = {
    likelihood.name: likelihood for likelihood in (Bernoulli, Gaussian)
}

__all__ = ["LIKELIHOODS", "Bernoulli", "Gaussian", "Likelihood"]
