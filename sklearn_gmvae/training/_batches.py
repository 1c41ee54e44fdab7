# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows of X as tensors in model units, a batch at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

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
    rows : ndarray of int of shape (B,)
        Their numbers in X.
    x : Tensor of shape (B, D)
    size : int
        Rows of the batch on all ranks.
    positions : slice or ndarray of int
        Where among those the B rows stand.
    """

    rows: np.ndarray
    x: Tensor
    size: int
    positions: slice | np.ndarray


class Batches:
    """Shuffled batches of some rows of X; only one batch is ever converted.

    Parameters
    ----------
    X : ndarray or CSR of shape (n, D)
    rows : ndarray of int
        Which rows of X these batches are of; with several ranks, which of all ranks' rows.
    unit_map : UnitMap
    batch_size : int
    device : torch.device
    augment : callable, optional
        Rows in model units, (B, D) -> (B, D): a change of every batch.
    shard : Shard, optional
        Which of all ranks' rows X has; None: all.
    """

    def __init__(
        self,
        X: Rows,
        rows: np.ndarray,
        unit_map: UnitMap,
        batch_size: int,
        device: torch.device,
        augment: Callable[[Tensor], Tensor] | None = None,
        shard: Shard | None = None,
    ) -> None:
        self.X, self.rows, self.unit_map, self.device = X, rows, unit_map, device
        self.augment = augment
        self.shard = shard or Shard.alone(X.shape[0])
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
        for part in np.array_split(order, self.n_batches)[first:]:
            rows = self.shard.own(part)
            x = to_tensor(self.X[rows], self.unit_map, self.device)
            if self.augment is not None and len(rows):
                x = self.augment(x)
            yield Batch(rows, x, len(part), self.shard.positions(part))


def to_tensor(X: Rows, unit_map: UnitMap, device: torch.device) -> Tensor:
    """Rows of X in model units, float32, on ``device``."""
    return torch.from_numpy(unit_map.forward(X)).to(device)


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
