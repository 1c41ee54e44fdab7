# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Are the rows of X, as they are, K Gaussian clusters?

Where they are, no start on latent codes can do better than the mixture of the rows themselves,
and small tables (iris, wine) often are. The integrated completed likelihood (Biernacki, Celeux
and Govaert, 2000) answers without a label: it is the Bayesian information criterion with a
price on components that overlap: it counts clusters where BIC counts components. If more than K
are worth their price, the clusters bend or have tails, and the start is left to merging.
Letters: n rows, D features, K clusters, L components.
"""

import math

import numpy as np
from sklearn.mixture import GaussianMixture

from sklearn_gmvae.training._initialize import quietly

# Rows that are looked at.
MAX_ROWS = 5_000
# Sizes that K has to beat, as multiples of it. Two rings are one Gaussian to 2 components and to
# 4, and come apart at 10: the test has to go far beyond K.
RIVALS = (1.5, 2, 3, 5, 8)
# A mixture with fewer rows than this for each parameter describes the rows, not their law: it
# neither wins nor counts as a rival. (On wine, 178 rows, the criterion's optimum is a mixture of
# 175 parameters.)
ROWS_PER_PARAMETER = 2
# A rival has to be better by this much: "very strong" evidence on the scale of BIC differences
# (Kass and Raftery, 1995).
EVIDENCE = 10.0
# Fits of which the likeliest counts.
N_INIT = 3


def can_tell(n: int, D: int, n_clusters: int) -> bool:
    """Whether n rows of D features afford a mixture of K > 1 at all."""
    return n_clusters > 1 and bool(affordable(min(n, MAX_ROWS), D, n_clusters))


def gaussian_clusters(
    X: np.ndarray, n_clusters: int, rng: np.random.RandomState
) -> np.ndarray | None:
    """Responsibilities (n, K) of the mixture of K Gaussians on X (n, D), or None.

    None: a larger mixture has the better criterion, or the rows `can_tell` nothing.
    """
    rows = X if len(X) <= MAX_ROWS else X[rng.choice(len(X), MAX_ROWS, replace=False)]
    n, D = rows.shape
    if not can_tell(n, D, n_clusters):
        return None
    rivals = [
        (L, covariance_type)
        for L in sorted({math.ceil(factor * n_clusters) for factor in RIVALS})
        for covariance_type in affordable(n, D, L)
    ]
    mixtures = [fitted(rows, n_clusters, c, rng) for c in affordable(n, D, n_clusters)]
    criteria = [completed_likelihood(mixture, rows) for mixture in mixtures]
    best = int(np.argmin(criteria))
    for L, covariance_type in rivals:
        rival = fitted(rows, L, covariance_type, rng)
        if completed_likelihood(rival, rows) < criteria[best] - EVIDENCE:
            return None
    return mixtures[best].predict_proba(X)


def affordable(n: int, D: int, n_components: int) -> list[str]:
    """Covariance types with which the mixture has parameters that n rows can settle."""
    L, symmetric = n_components, D * (D + 1) // 2
    n_parameters = {
        "full": L * (1 + D + symmetric),
        "tied": L * (1 + D) + symmetric,
        "diag": L * (1 + 2 * D),
    }
    return [c for c, count in n_parameters.items() if ROWS_PER_PARAMETER * count <= n]


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
