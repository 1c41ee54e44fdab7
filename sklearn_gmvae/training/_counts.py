# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Counts: what they must be, and what a model of them starts from.

Letters: n rows, D columns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sklearn_gmvae.models import CountLikelihood, Likelihood
from sklearn_gmvae.training._affine import LARGEST, moments_of
from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.training._rows import Rows, chunks, column_sums, dense, row_sums, scale_rows

NONE_WRONG = np.array([[-1.0, 0.0]])
# Half a count is added to each column's sum: a column of zeros has a logarithm too.
HALF = 0.5


@dataclass(frozen=True)
class CountStatistics:
    """What X has on the whole, all float64; see `CountLikelihood`."""

    log_base: np.ndarray  # (D,)
    centre: np.ndarray  # (D,)
    scale: np.ndarray  # (D,)
    library_size: float


@dataclass(frozen=True)
class CountMap:
    """Counts as they are.

    ``statistics`` are for the start of a model, which keeps them.
    """

    statistics: CountStatistics | None = None

    def forward(self, X: Rows) -> np.ndarray:
        """float32 and dense."""
        return np.clip(dense(X).astype(np.float32), 0.0, LARGEST)

    def inverse(self, X: np.ndarray) -> np.ndarray:
        """float64."""
        return X.astype(np.float64)

    def log_scales(self, n_columns: int) -> np.ndarray:
        """0: a mass, not a density."""
        return np.zeros(n_columns)

    def log_volume(self, n_columns: int, missing: np.ndarray | None = None) -> float:
        """0: a mass, not a density."""
        return 0.0

    @property
    def may_miss(self) -> bool:
        """Whether the model's rows may have missing entries where X has none."""
        return False

    def n_units(self, n_columns: int) -> int:
        """Of the model's rows: as many as X has."""
        return n_columns

    def cut(self, rows: Tensor) -> Tensor:
        """To where counts may be."""
        return rows.clamp(0.0, LARGEST)

    def prepare(self, likelihood: Likelihood) -> None:
        """Let a new model's likelihood know the statistics."""
        assert isinstance(likelihood, CountLikelihood), "counts have a likelihood of counts"
        if (found := self.statistics) is not None:
            arrays = (found.log_base, found.centre, found.scale, np.array(found.library_size))
            likelihood.set_statistics(*(torch.from_numpy(array) for array in arrays))

    def settled(self) -> "CountMap":
        """Without the statistics, once the model has them."""
        return CountMap()


def find_counts(X: Rows, *, relative: bool, standardize: bool, ranks: Ranks = ALONE) -> CountMap:
    """The statistics of counts, from two passes over X.

    The encoder's logarithms (of ``relative`` counts, of rows scaled to the median sum) are centred
    by column and divided by the column's standard deviation, but by no less than the columns' root
    mean square one: a column that is hardly ever anything but 0 is not made as loud as the others.
    Without ``standardize`` only the median sum is found.
    """
    n_columns = X.shape[1]
    library = np.concatenate([row_sums(chunk) for chunk in chunks(X)])
    library_size = float(np.median(np.maximum(ranks.gather(library), 1.0)))
    zeros, ones = np.zeros(n_columns), np.ones(n_columns)
    if not standardize:
        return CountMap(CountStatistics(zeros, zeros, ones, library_size))

    def logs() -> Iterator[Rows]:
        for chunk in chunks(X):
            if relative:
                scale_rows(chunk, library_size / np.maximum(row_sums(chunk), 1.0))
            yield np.log1p(chunk)  # of CSR too: log1p(0) = 0

    sums = sum((column_sums(chunk) for chunk in chunks(X)), zeros)
    moments = moments_of(logs(), n_columns, ranks)
    n = np.maximum(moments.n, 1.0)  # of entries that are there
    mean = (ranks.gather(sums[None]).sum(0) + HALF) / n
    variance = moments.scatter / n
    scale = np.sqrt(np.maximum(variance, variance.mean()))
    scale[scale == 0.0] = 1.0
    return CountMap(CountStatistics(np.log(mean), moments.mean, scale, library_size))


def check_whole_numbers(
    X: Rows, likelihood: str, labels: Sequence[Any], ranks: Ranks = ALONE
) -> None:
    """Raise unless all entries are whole numbers from 0 to `LARGEST`; NaN passes.

    ``labels`` are the columns' names or numbers, for the message.
    """
    # The first that is not; no temporary arrays beyond a chunk, and no pass where the dtype tells.
    wrong = NONE_WRONG
    if X.dtype.kind != "b" and not (X.dtype.kind == "u" and X.dtype.itemsize < 4):
        wrong = first_wrong(X)
    wrong = ranks.gather(wrong)
    wrong = wrong[wrong[:, 0] >= 0]
    if not len(wrong):
        return
    column, value = labels[int(wrong[0, 0])], wrong[0, 1]
    what = (
        "counts, whole numbers >= 0"
        if likelihood != "categorical"
        else "categories numbered 0, 1, 2, ..."
    )
    remedy = (
        "Round it or use likelihood='gaussian' for it"
        if likelihood != "categorical"
        else "Encode it (sklearn.preprocessing.OrdinalEncoder), pass a data frame with a "
        "categorical column, or use likelihood='gaussian' for it"
    )
    negative = "Negative values in data: " if value < 0 else ""
    raise ValueError(
        f"{negative}likelihood={likelihood!r} expects {what}, but column {column!r} of X has "
        f"{value:.6g}. {remedy}."
    )


def first_wrong(X: Rows) -> np.ndarray:
    """Column and value of one entry that is no whole number from 0 to `LARGEST`, (1, 2), or
    `NONE_WRONG`; one that is negative if there is one in its chunk."""
    for chunk in chunks(X):
        values = chunk if isinstance(chunk, np.ndarray) else chunk.data
        # Comparisons with NaN are false.
        wrong = (values < 0) | (values > LARGEST) | (np.floor(values) < values)
        if not wrong.any():
            continue
        place = int(np.flatnonzero(wrong)[0])
        if (values.ravel()[wrong.ravel()] < 0).any():
            place = int(np.flatnonzero(values < 0)[0])
        column = place % X.shape[1] if isinstance(chunk, np.ndarray) else chunk.indices[place]
        return np.array([[float(column), float(values.ravel()[place])]])
    return NONE_WRONG
