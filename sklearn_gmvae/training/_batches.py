# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows of X as tensors in model units, a batch at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from sklearn_gmvae.training._model_rows import ModelRows, to_tensor
from sklearn_gmvae.training._ranks import Shard
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._units import UnitMap

# Inference always multiplies matrices of this many rows, the last chunk padded with zeros:
# a row then meets the same arithmetic alone, in any batch and in any order.
INFERENCE_ROWS = 256


@dataclass(frozen=True)
class Batch:
    """One step's rows, or this rank's share of them.

    Attributes
    ----------
    rows : Tensor of int64 of shape (B,)
        Their numbers in X.
    x : Tensor of shape (B, D)
    size : int
        Rows of the batch on all ranks.
    positions : slice or ndarray of int
        Where among those the B rows stand.
    """

    rows: Tensor
    x: Tensor
    size: int
    positions: slice | np.ndarray


class Batches:
    """Shuffled batches of some rows of X.

    Parameters
    ----------
    X : ModelRows
    rows : ndarray of int
        Which rows of X these batches are of; with several ranks, which of all ranks' rows.
    batch_size : int
    augment : callable, optional
        Rows in model units, (B, D) -> (B, D): a change of every batch.
    shard : Shard, optional
        Which of all ranks' rows X has; None: all.
    """

    def __init__(
        self,
        X: ModelRows,
        rows: np.ndarray,
        batch_size: int,
        augment: Callable[[Tensor], Tensor] | None = None,
        shard: Shard | None = None,
    ) -> None:
        self.X, self.rows, self.augment = X, rows, augment
        self.shard = shard or Shard.alone(len(X))
        # Batches of nearly equal size: a last one of a few rows would count as much in the
        # gradient as a full one.
        self.n_batches = -(-len(rows) // batch_size)

    @property
    def n_rows(self) -> int:
        """Rows of an epoch, on all ranks."""
        return len(self.rows)

    def epoch(self, generator: torch.Generator, first: int = 0) -> Iterator[Batch]:
        """Every row once, in an order drawn from ``generator`` (on the CPU), but for the batches
        before number ``first``."""
        order = self.rows[
            torch.randperm(len(self.rows), generator=generator, device=generator.device).numpy()
        ]
        parts = np.array_split(order, self.n_batches)
        # The epoch's one transfer of them to a GPU.
        own = torch.from_numpy(self.shard.own(order)).to(self.X.device)
        shares = own.split([len(self.shard.own(part)) for part in parts])
        for part, rows in islice(zip(parts, shares, strict=True), first, None):
            x = self.X.of(rows)
            if self.augment is not None and len(rows):
                x = self.augment(x)
            yield Batch(rows, x, len(part), self.shard.positions(part))


def inference_chunks(
    X: Rows, unit_map: UnitMap, device: torch.device, rows: np.ndarray | None = None
) -> Iterator[tuple[slice, Tensor]]:
    """The given rows of X (None: all) in order: which of them, and their tensor padded to
    INFERENCE_ROWS."""
    n = X.shape[0] if rows is None else len(rows)
    for start in range(0, max(n, 1), INFERENCE_ROWS):  # of no rows, one chunk of padding
        part = slice(start, min(start + INFERENCE_ROWS, n))
        x = to_tensor(X[part] if rows is None else X[rows[part]], unit_map, device)
        padding = INFERENCE_ROWS - len(x)
        yield part, torch.nn.functional.pad(x, (0, 0, 0, padding)) if padding else x
