# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""One Gaussian of rows with missing entries, by EM.

Letters: n rows, D features.
"""

import numpy as np
import torch

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._inference import map_rows
from sklearn_gmvae.training._ranks import Shard
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._units import UnitMap

# Up to so many features a model has a Gaussian of its rows: each iteration solves a system of them
# for every pattern of missing entries.
MAX_FILLED = 64
# Rows that it is found from, and iterations of EM.
MAX_ROWS, EM_ITERATIONS = 2_000, 100
# EM has converged when no mean moves by more than this share of the root mean variance, and no
# covariance by more than this share of the mean variance.
TOLERANCE = 1e-3
# Share of the mean variance that every variance is larger than the rows have it: few rows with
# holes tell little of covariances, and where one feature is a function of others this bounds what
# an error in them is multiplied by.
RIDGE = 0.02


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
    its encoder sees them, EM going on from the one that it knows; nothing to do where it has no
    place for one."""
    known = model.row_gaussian
    if known is None:
        return
    if len(rows) > MAX_ROWS:
        # Beside the generators of training, which draw what they would without.
        rng = np.random.RandomState([seed, 0])
        rows = np.sort(rng.choice(rows, MAX_ROWS, replace=False))
    seen = map_rows(model.likelihood.encoder_input, X, unit_map, device, rows=shard.own(rows))
    before = known.mean.cpu().double().numpy(), known.precision.cpu().double().numpy()
    mean, covariance = gaussian_of(
        shard.ranks.gather(seen), mean=before[0], covariance=np.linalg.inv(before[1])
    )
    # Of several ranks the first decides: another machine may round otherwise.
    mean = shard.ranks.of_first(mean)
    precision = shard.ranks.of_first(np.linalg.inv(covariance))
    known.set_statistics(torch.from_numpy(mean), torch.from_numpy(precision))


def gaussian_of(
    X: np.ndarray, mean: np.ndarray, covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean (D,) and covariance (D, D) of rows (n, D) whose missing entries are NaN: those of
    highest likelihood of the others (Little and Rubin, 2019, section 11.2), and a ridge.

    EM starts from the given ones.
    """
    n, D = X.shape
    patterns, of_row = np.unique(np.isnan(X), axis=0, return_inverse=True)
    rows_of = np.split(np.argsort(of_row.ravel()), np.cumsum(np.bincount(of_row.ravel()))[:-1])
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
        before, mean = (mean, covariance), filled.mean(0)
        filled -= mean
        covariance = (filled.T @ filled + unexplained) / n
        variance = covariance.diagonal().mean()
        covariance[np.diag_indices(D)] += RIDGE * variance
        moved = np.abs(mean - before[0]).max() / np.sqrt(variance)
        if max(moved, np.abs(covariance - before[1]).max() / variance) <= TOLERANCE:
            break
    return mean, covariance
