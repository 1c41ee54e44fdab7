# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Are the rows of X, as they are, K Gaussian clusters?

Where they are, no start on latent codes can do better than the mixture of the rows themselves,
and small tables (iris, wine) often are. The integrated completed likelihood (Biernacki, Celeux
and Govaert, 2000) answers without a label: it is the Bayesian information criterion with a
price on components that overlap: it counts clusters where BIC counts components. If more than K
are worth their price, the clusters bend or have tails, and the start is left to merging. If more
than K are not even worth the price of components, the K Gaussians are the law of X, as far as its
rows can tell, and there is nothing for training to mend.
Letters: n rows, D features, K clusters, L components.
"""

import math
from dataclasses import dataclass

import numpy as np
from sklearn.mixture import GaussianMixture

from sklearn_gmvae.training._initialize import is_far
from sklearn_gmvae.utils import quietly

# Rows that are looked at.
MAX_ROWS = 5_000
# Sizes that K has to beat, as multiples of it. Two rings are one Gaussian to 2 components and to
# 4, and come apart at 10: the test has to go far beyond K.
RIVALS = (1.5, 2, 3, 5, 8)
# The mixture of K has to have so many rows for each parameter: with fewer it describes the rows,
# not their law. Rivals may do with one: there is one then (1.5 K) for every K. With so few rows
# only rivals whose components all are clusters count (of wine's 178 rows the criterion makes 6
# tied components, one of 4 rows); with more, stray rows speak against K Gaussians.
ROWS_PER_PARAMETER = 2
ROWS_PER_RIVALS_PARAMETER = 1
# A rival has to be better by this much: "very strong" evidence on the scale of BIC differences
# (Kass and Raftery, 1995).
EVIDENCE = 10.0
# Fits of which the likeliest counts.
N_INIT = 3


@dataclass(frozen=True)
class GaussianClusters:
    """The mixture of K Gaussians on X, and whether it is all that X tells: larger ones were tried,
    and none came near it by the Bayesian information criterion."""

    mixture: GaussianMixture
    is_law: bool

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        resp: np.ndarray = self.mixture.predict_proba(X)
        return resp

    def predict(self, X: np.ndarray) -> np.ndarray:
        labels: np.ndarray = self.mixture.predict(X)
        return labels


def can_tell(n: int, D: int, n_clusters: int) -> bool:
    """Whether n rows of D features afford a mixture of K > 1 at all."""
    types = affordable(min(n, MAX_ROWS), D, n_clusters, ROWS_PER_PARAMETER)
    return n_clusters > 1 and bool(types)


def gaussian_clusters(
    X: np.ndarray, n_clusters: int, rng: np.random.RandomState
) -> GaussianClusters | None:
    """Those of X (n, D), or None.

    None: a larger mixture has the better criterion, or the rows `can_tell` nothing or are
    far from zero (X that is not standardised), or a component
    of every mixture of K stands on a few rows.
    """
    rows = X if len(X) <= MAX_ROWS else X[rng.choice(len(X), MAX_ROWS, replace=False)]
    n, D = rows.shape
    if not can_tell(n, D, n_clusters) or is_far(rows):
        return None
    types = affordable(n, D, n_clusters, ROWS_PER_PARAMETER)
    mixtures = [fitted(rows, n_clusters, covariance_type, rng) for covariance_type in types]
    mixtures = [mixture for mixture in mixtures if has_clusters(mixture, n)]
    if not mixtures:
        return None
    best = min(mixtures, key=lambda mixture: completed_likelihood(mixture, rows))
    bar = completed_likelihood(best, rows) - EVIDENCE
    bics = []
    for L, covariance_type in rivals_of(n, D, n_clusters):
        rival = fitted(rows, L, covariance_type, rng)
        settled = covariance_type in affordable(n, D, L, ROWS_PER_PARAMETER)
        if settled or has_clusters(rival, n):
            if completed_likelihood(rival, rows) < bar:
                return None
            bics.append(rival.bic(rows))
    is_law = bool(bics and min(bics) - best.bic(rows) > EVIDENCE)
    return GaussianClusters(best, is_law)


def rivals_of(n: int, D: int, n_clusters: int) -> list[tuple[int, str]]:
    """Sizes and covariance types of the larger mixtures that n rows afford."""
    return [
        (L, covariance_type)
        for L in sorted({math.ceil(factor * n_clusters) for factor in RIVALS})
        for covariance_type in affordable(n, D, L, ROWS_PER_RIVALS_PARAMETER)
    ]


def affordable(n: int, D: int, n_components: int, rows_per_parameter: int) -> list[str]:
    """Covariance types with which the mixture has parameters that n rows can settle."""
    L, symmetric = n_components, D * (D + 1) // 2
    n_parameters = {
        "full": L * (1 + D + symmetric),
        "tied": L * (1 + D) + symmetric,
        "diag": L * (1 + 2 * D),
    }
    return [c for c, count in n_parameters.items() if rows_per_parameter * count <= n]


def has_clusters(mixture: GaussianMixture, n: int) -> bool:
    """Whether each component has as many of the n rows as parameters of its own: one that has
    fewer is a few rows apart (an outlier, a spurious optimum), not a cluster."""
    D = mixture.means_.shape[1]
    own = {"full": 1 + D + D * (D + 1) // 2, "tied": 1 + D, "diag": 1 + 2 * D}
    return bool(n * mixture.weights_.min() >= own[mixture.covariance_type])


def fitted(
    X: np.ndarray, n_components: int, covariance_type: str, rng: np.random.RandomState
) -> GaussianMixture:
    """scikit-learn's mixture, the likeliest of `N_INIT`."""
    mixture = GaussianMixture(
        n_components,
        covariance_type=covariance_type,
        reg_covar=1e-3 * float(X.var(0).mean()) + 1e-6,
        n_init=N_INIT,
        random_state=rng,
    )
    with quietly():
        return mixture.fit(X)


def completed_likelihood(mixture: GaussianMixture, X: np.ndarray) -> float:
    """ICL on the scale of `GaussianMixture.bic`: lower is better."""
    resp = mixture.predict_proba(X)
    entropy = -(resp * np.log(resp.clip(min=np.finfo(float).tiny))).sum()
    return float(mixture.bic(X) + 2 * entropy)
