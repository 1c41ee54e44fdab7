# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""One fit measured: how well it clusters, what it took and how it got there."""

import string
import time
import warnings

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.mixture import GaussianMixture

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.benchmark._machine import peak_memory_mb, reset_peak_memory
from sklearn_gmvae.benchmark._ways import WAYS, rows_of
from sklearn_gmvae.metrics import (
    clustering_accuracy,
    confident_sample_accuracy,
    majority_accuracy,
    neighbor_modularity,
)

LABELS_KEPT = 1_000
DENSE_ROWS = 1_000
ALPHABET = string.digits + string.ascii_letters


def measure(estimator, X, y, training_rows=None, judged_rows=None, way=None) -> dict:
    """Fit the estimator and compare its labels with y, which the fit never sees.

    Parameters
    ----------
    estimator : clusterer
    X : ndarray, sparse array or data frame of shape (n, D)
    y : ndarray of shape (n,)
    training_rows, judged_rows : slice or ndarray of int, default=None
        Which rows to fit on and which rows' labels to judge; None: all.
    way : str, default=None
        Of fitting all rows, a key of `WAYS`; None: at once.

    Returns
    -------
    record : dict
        JSON-ready: `accuracy` (Hungarian), `majority_accuracy`, `nmi`, `ari`, `modularity`,
        `seconds` of fit and predict, `peak_memory_mb`, `cluster_sizes`, `labels_sample`,
        `params`, `warnings`, and where the estimator has them `confident_sample_accuracy`, `score`
        of the judged rows, `lower_bound` of those fitted (nats a row), `latent_bic`, `terms` of
        the ELBO in the last epoch, `n_iter` and `seconds_by_phase`. In chunks, `lower_bound` is the
        last chunk's in training; of two processes, their start is in `seconds`, their warnings and
        memory are not told.
    """
    reset_peak_memory()
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if judged_rows is None:
            fitted = judged = X
            if way is None:
                labels = estimator.fit_predict(X)
            else:
                estimator = WAYS[way](estimator, X)
                labels = estimator.predict(X)
        else:
            fitted, judged = rows_of(X, training_rows), rows_of(X, judged_rows)
            y = y[judged_rows]
            labels = estimator.fit(fitted).predict(judged)
    record = {
        "seconds": round(time.perf_counter() - started, 3),
        "peak_memory_mb": None if way == "ranks" else peak_memory_mb(),
        "accuracy": clustering_accuracy(y, labels),
        "majority_accuracy": majority_accuracy(y, labels),
        "nmi": normalized_mutual_info_score(y, labels),
        "ari": adjusted_rand_score(y, labels),
        "cluster_sizes": np.bincount(labels).tolist(),
        "labels_sample": labels_sample(labels),
        "modularity": _modularity(judged, labels),
        "class": type(estimator).__name__,
        "params": plain_params(estimator),
        "warnings": sorted({str(w.message) for w in caught}),
    }
    if hasattr(estimator, "predict_proba"):
        resp = _responsibilities(estimator, judged)
        record["confident_sample_accuracy"] = confident_sample_accuracy(y, resp)
    if hasattr(estimator, "history_"):
        bound = float(estimator.lower_bound_)
        record |= {
            "score": bound if judged is fitted and way is None else float(estimator.score(judged)),
            "latent_bic": latent_bic(estimator, fitted),
            "lower_bound": bound,
            "terms": {name: float(curve[-1]) for name, curve in estimator.history_.items()},
            "n_iter": estimator.n_iter_,
            "seconds_by_phase": estimator.fit_seconds_,
        }
    return record


def latent_bic(estimator, X) -> float | None:
    """Bayesian information criterion of the fitted mixture on the codes of X; lower is better.

    None where the latent prior is no mixture of Gaussians (GMVAE).
    """
    if not isinstance(estimator, VaDEClustering):
        return None
    Z = estimator.transform(X).astype(np.float64)
    K = len(estimator.means_)
    covariances = estimator.covariances_
    mixture = GaussianMixture(K, covariance_type=estimator.covariance_type)
    mixture.weights_, mixture.means_, mixture.covariances_ = (
        estimator.weights_, estimator.means_, covariances
    )  # fmt: skip
    if estimator.covariance_type in ("full", "tied"):
        factors = np.linalg.inv(np.linalg.cholesky(covariances))
        mixture.precisions_cholesky_ = factors.swapaxes(-1, -2)
    else:
        mixture.precisions_cholesky_ = covariances**-0.5
    return float(mixture.bic(Z))


def _responsibilities(estimator, X) -> np.ndarray:
    if not issparse(X):
        return estimator.predict_proba(X)
    some = range(0, X.shape[0], DENSE_ROWS)
    return np.vstack([estimator.predict_proba(X[i : i + DENSE_ROWS].toarray()) for i in some])


def _modularity(X, labels: np.ndarray) -> float | None:
    """None where distances between rows mean nothing: among counts, words and categories."""
    return neighbor_modularity(X, labels) if isinstance(X, np.ndarray) else None


def labels_sample(labels: np.ndarray) -> str | None:
    """The labels of LABELS_KEPT rows, evenly spaced, a character each: enough to compare runs."""
    if labels.max() >= len(ALPHABET):
        return None
    return "".join(ALPHABET[k] for k in labels[:: -(-len(labels) // LABELS_KEPT)])


def plain_params(estimator) -> dict:
    """The estimator's parameters as JSON can hold them, the same in every process."""
    plain = (bool, int, float, str, type(None))
    return {
        name: value if isinstance(value, plain) else getattr(value, "__qualname__", repr(value))
        for name, value in estimator.get_params().items()
    }
