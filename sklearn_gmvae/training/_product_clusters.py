# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""K classes of rows whose columns are of several kinds, as they are.

A class is a Gaussian in the columns of numbers times, independent of it, a probability of 1 in each
boolean column and of each category in each variable (a latent class model with numbers in it;
Everitt, 1988). Codes are no place to look for clusters of such tables: each combination of
categories is a lump of its own there, and lumps, not clusters, are what hangs together.
Letters: n rows, D columns, K classes.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from sklearn_gmvae.models import Likelihood
from sklearn_gmvae.training._gaussian_clusters import (
    EVIDENCE,
    N_INIT,
    RIVALS,
    ROWS_PER_PARAMETER,
)
from sklearn_gmvae.training._initialize import kmeans_start

NUMBER, BOOLEAN, CATEGORY = "number", "boolean", "category"
# Of the columns that a likelihood is of, as its `encoder_input` has them.
KINDS = {
    "gaussian": NUMBER,
    "poisson": NUMBER,
    "negative_binomial": NUMBER,
    "bernoulli": BOOLEAN,
    "categorical": CATEGORY,
}
# EM ends after so many iterations, or when one gains less than this, nats a row.
MAX_ITERATIONS = 200
TOLERANCE = 1e-4
# Every class has seen this many rows more, of all rows' proportions: no category is impossible.
PRIOR_ROWS = 1.0


def column_kinds(likelihood: Likelihood) -> np.ndarray | None:
    """One of `KINDS` for each column, (D,); None where all are numbers, counts among them: if they
    are Gaussian throughout `gaussian_clusters` knows more."""
    parts = getattr(likelihood, "parts", [likelihood])
    kinds = np.concatenate([np.repeat(KINDS[part.name], part.n_features) for part in parts])
    return None if (kinds == NUMBER).all() else kinds


def can_tell_classes(n: int, kinds: np.ndarray, n_clusters: int) -> bool:
    """Whether n rows settle the parameters of K > 1 classes."""
    return n_clusters > 1 and bool(affordable(n, kinds, n_clusters))


def affordable(n: int, kinds: np.ndarray, n_clusters: int) -> list[str]:
    """Covariances of the numbers with which the classes have parameters that n rows settle."""
    return [
        covariance_type
        for covariance_type in ("full", "diag")
        if ROWS_PER_PARAMETER * n_parameters(kinds, n_clusters, covariance_type) <= n
    ]


def n_parameters(kinds: np.ndarray, n_clusters: int, covariance_type: str) -> int:
    """What is estimated; that weights and a variable's categories add up to 1 is left aside."""
    d = int((kinds == NUMBER).sum())
    of_class = len(kinds) + (d * (d + 1) // 2 if covariance_type == "full" else d)
    return n_clusters * (1 + of_class)


def product_clusters(
    kinds: np.ndarray, X: np.ndarray, n_clusters: int, rng: np.random.RandomState
) -> "ProductMixture | None":
    """The classes of X (n, D), with those covariances that have the better integrated completed
    likelihood (see `_gaussian_clusters`).

    None: all columns are booleans and too few rows have nothing between 0 and 1, or more classes
    have the better criterion. They may be pixels, which are not independent in a class.
    """
    are_booleans = bool((kinds == BOOLEAN).all())
    if are_booleans:
        X = X[np.isin(X, (0, 1)).all(1)]  # what was missing is not filled with one of the two
        if not can_tell_classes(len(X), kinds, n_clusters):
            return None
    mixtures = [
        fitted(X, kinds, n_clusters, covariance_type, rng)
        for covariance_type in affordable(len(X), kinds, n_clusters)
    ]
    best = min(mixtures, key=lambda mixture: mixture.completed_likelihood(X))
    bar = best.completed_likelihood(X) - EVIDENCE
    for L in rivals_of(len(X), kinds, n_clusters) if are_booleans else ():
        if fitted(X, kinds, L, "diag", rng, n_init=1).completed_likelihood(X) < bar:
            return None
    return best


def rivals_of(n: int, kinds: np.ndarray, n_clusters: int) -> list[int]:
    """The larger numbers of classes that n rows afford."""
    sizes = sorted({math.ceil(factor * n_clusters) for factor in RIVALS})
    return [L for L in sizes if n_parameters(kinds, L, "diag") <= n]


def fitted(
    X: np.ndarray,
    kinds: np.ndarray,
    n_clusters: int,
    covariance_type: str,
    rng: np.random.RandomState,
    n_init: int = N_INIT,
) -> "ProductMixture":
    """By EM from k-means on the columns, numbers at unit scale; the likeliest of ``n_init``."""
    X = X.astype(np.float64)
    scale = np.where(kinds == NUMBER, X.std(0), 1.0)
    scaled = X / np.where(scale > 0, scale, 1.0)
    runs = []
    for _ in range(n_init):
        resp, last = kmeans_start(scaled, n_clusters, rng), -np.inf
        for _ in range(MAX_ITERATIONS):
            mixture = ProductMixture.of_responsibilities(X, kinds, resp, covariance_type)
            log_joint = mixture.log_joint(X)
            log_evidence = logsumexp(log_joint, axis=1)
            resp = np.exp(log_joint - log_evidence[:, None])
            if log_evidence.mean() - last < TOLERANCE:
                break
            last = log_evidence.mean()
        runs.append((log_evidence.mean(), mixture))
    return max(runs, key=lambda run: run[0])[1]


@dataclass
class ProductMixture:
    """K classes with weights; ``covariances`` (K, d, d) and ``means`` (K, d) of the numbers,
    ``probabilities`` (K, D) of the other columns being 1."""

    kinds: np.ndarray
    covariance_type: str
    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    probabilities: np.ndarray

    @classmethod
    def of_responsibilities(
        cls, X: np.ndarray, kinds: np.ndarray, resp: np.ndarray, covariance_type: str
    ) -> "ProductMixture":
        """The M step."""
        numbers = X[:, kinds == NUMBER]
        n_k = resp.sum(0)[:, None] + PRIOR_ROWS
        means = (resp.T @ numbers + PRIOR_ROWS * numbers.mean(0)) / n_k
        # Of a class of few rows the variance is mostly that of all rows; none vanishes.
        pooled = numbers.var(0)
        covariances = []
        for k, mean in enumerate(means):
            off = numbers - mean
            covariance = (off * resp[:, [k]]).T @ off
            if covariance_type == "diag":
                covariance = np.diag(np.diag(covariance))
            covariances.append((covariance + np.diag(PRIOR_ROWS * pooled)) / n_k[k])
        ridge = np.diag(1e-3 * pooled + 1e-6)
        probabilities = (resp.T @ X + PRIOR_ROWS * X.mean(0)) / n_k
        return cls(
            kinds,
            covariance_type,
            (n_k / n_k.sum())[:, 0],
            means,
            np.array(covariances).reshape(len(n_k), *ridge.shape) + ridge,
            np.clip(probabilities, 1e-9, 1 - 1e-9),
        )

    def log_joint(self, X: np.ndarray) -> np.ndarray:
        """log p(k) p(row | k), (n, K)."""
        is_category, is_boolean = self.kinds == CATEGORY, self.kinds == BOOLEAN
        log_p, log_rest = np.log(self.probabilities), np.log1p(-self.probabilities)
        joint = np.log(self.weights) + X[:, is_category] @ log_p[:, is_category].T
        joint += X[:, is_boolean] @ log_p[:, is_boolean].T
        joint += (1 - X[:, is_boolean]) @ log_rest[:, is_boolean].T
        numbers = X[:, self.kinds == NUMBER]
        if not numbers.shape[1]:
            return joint
        for k, factor in enumerate(np.linalg.cholesky(self.covariances)):
            whitened = solve_triangular(factor, (numbers - self.means[k]).T, lower=True)
            log_det = np.log(2 * np.pi * np.diag(factor) ** 2).sum()
            joint[:, k] -= 0.5 * ((whitened**2).sum(0) + log_det)
        return joint

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        joint = self.log_joint(X)
        return np.exp(joint - logsumexp(joint, axis=1, keepdims=True))

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.log_joint(X).argmax(1)

    def completed_likelihood(self, X: np.ndarray) -> float:
        """ICL on the scale of a BIC: lower is better."""
        joint = self.log_joint(X)
        log_evidence = logsumexp(joint, axis=1, keepdims=True)
        log_resp = joint - log_evidence
        entropy = -(np.exp(log_resp) * log_resp).sum()
        size = n_parameters(self.kinds, len(self.weights), self.covariance_type)
        return float(size * np.log(len(X)) - 2 * log_evidence.sum() + 2 * entropy)
