# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""One Gaussian of rows with missing entries, by EM.

Letters: n rows, D features.
"""

import numpy as np
import torch

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._inference import map_rows
from sklearn_gmvae.training._prior_start import choose_landmarks
from sklearn_gmvae.training._ranks import Shard
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._units import UnitMap

# Up to so many features a model has a Gaussian of its rows: each iteration solves a system of them
# for every pattern of missing entries.
MAX_FILLED = 64
# Rows that it is found from, and iterations of EM.
MAX_ROWS, EM_ITERATIONS = 2_000, 50
# In units of the columns' standard deviations: EM has converged when no mean or covariance moves by
# more than this.
TOLERANCE = 1e-3
# What EM adds to every variance, so that all systems have a solution.
JITTER = 1e-6
# By this share every variance is larger in the end: few rows with holes tell little of covariances,
# and where one feature is a function of others this bounds what an error in them is multiplied by.
RIDGE = 0.02
# A standard deviation below which a column counts as constant: the squares of others, and their
# inverses, are to be within float32's range.
SMALLEST_SCALE = 1e-15


def learn_row_gaussian(
    model: DeepMixture,
    X: Rows,
    unit_map: UnitMap,
    device: torch.device,
    seed: int,
    *,
    rows: np.ndarray,
    shard: Shard,
) -> None:
    """Let the model know the Gaussian of (at most `MAX_ROWS` of) the given rows of all ranks, as
    its encoder sees them; nothing to do where it has no place for one."""
    if model.row_gaussian is None:
        return
    # Beside the generators of training, which draw what they would without.
    rows = choose_landmarks(rows, np.random.RandomState([seed, 0]), MAX_ROWS)
    seen = map_rows(model.likelihood.encoder_input, X, unit_map, device, rows=shard.own(rows))
    mean, precision = gaussian_of(shard.ranks.gather(seen))
    # Of several ranks the first decides: another machine may round otherwise.
    mean, precision = shard.ranks.of_first(mean), shard.ranks.of_first(precision)
    model.row_gaussian.set_statistics(torch.from_numpy(mean), torch.from_numpy(precision))


def gaussian_of(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (D,) and precision (D, D) of rows (n, D) whose missing entries are NaN: those of highest
    likelihood of the others, all variances larger by a `RIDGE`."""
    n_there = (~np.isnan(X)).sum(0)
    offset = np.nansum(X, 0) / np.maximum(n_there, 1)
    scale = np.sqrt(np.nansum((X - offset) ** 2, 0) / np.maximum(n_there, 1))
    scale[scale < SMALLEST_SCALE] = 1.0
    mean, covariance = maximum_likelihood((X - offset) / scale)
    covariance[np.diag_indices_from(covariance)] *= 1.0 + RIDGE
    return offset + scale * mean, np.linalg.inv(covariance) / np.outer(scale, scale)


def maximum_likelihood(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (D,) and covariance (D, D) of highest likelihood of what is there of standardised rows
    (n, D), by EM (Little and Rubin, 2019, section 11.2)."""
    n, D = X.shape
    patterns, of_row = np.unique(np.isnan(X), axis=0, return_inverse=True)
    rows_of = np.split(np.argsort(of_row.ravel()), np.cumsum(np.bincount(of_row.ravel()))[:-1])
    mean, covariance = np.zeros(D), np.eye(D)
    for _ in range(EM_ITERATIONS):
        filled, unexplained = X.copy(), np.zeros((D, D))
        for rows, missing in zip(rows_of, patterns, strict=True):
            there = ~missing
            across = covariance[np.ix_(there, missing)]
            gain = np.linalg.solve(covariance[np.ix_(there, there)], across)
            expected = mean[missing] + (X[np.ix_(rows, there)] - mean[there]) @ gain
            filled[np.ix_(rows, missing)] = expected
            rest = covariance[np.ix_(missing, missing)] - across.T @ gain
            unexplained[np.ix_(missing, missing)] += len(rows) * rest
        mean_before, covariance_before = mean, covariance
        mean = filled.mean(0)
        filled -= mean
        covariance = (filled.T @ filled + unexplained) / n
        covariance[np.diag_indices(D)] += JITTER
        moved = abs(mean - mean_before).max(), abs(covariance - covariance_before).max()
        if max(moved) <= TOLERANCE:
            break
    return mean, covariance
