# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows of X as tensors in model units, a batch at a time."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from sklearn_gmvae.training._affine import AffineMap
from sklearn_gmvae.training._rows import Rows

# Inference always multiplies matrices of this many rows, the last chunk padded with zeros:
# a row then meets the same arithmetic alone, in any batch and in any order.
INFERENCE_ROWS = 256


class Batches:
    """Shuffled batches of some rows of X; only one batch is ever converted.

    Parameters
    ----------
    X : ndarray or CSR of shape (n, D)
    rows : ndarray of int
        Which rows of X these batches are of.
    affine : AffineMap
    batch_size : int
    device : torch.device
    """

    def __init__(
        self,
        X: Rows,
        rows: np.ndarray,
        affine: AffineMap,
        batch_size: int,
        device: torch.device,
    ) -> None:
        self.X, self.rows, self.affine, self.device = X, rows, affine, device
        # Batches of nearly equal size: a last one of a few rows would count as much in the
        # gradient as a full one.
        self.n_batches = -(-len(rows) // batch_size)

    @property
    def n_rows(self) -> int:
        return len(self.rows)

    def epoch(self, generator: torch.Generator) -> Iterator[tuple[np.ndarray, Tensor]]:
        """Every row once, in an order drawn from ``generator`` (on the CPU): the numbers of a
        batch's rows, and the rows."""
        order = self.rows[torch.randperm(len(self.rows), generator=generator).numpy()]
        for part in np.array_split(order, self.n_batches):
            yield part, to_tensor(self.X[part], self.affine, self.device)


def to_tensor(X: Rows, affine: AffineMap, device: torch.device) -> Tensor:
    """Rows of X in model units, float32, on ``device``."""
    return torch.from_numpy(affine.forward(X)).to(device)


def inference_chunks(
    X: Rows, affine: AffineMap, device: torch.device, rows: np.ndarray | None = None
) -> Iterator[tuple[slice, Tensor]]:
    """The given rows of X (None: all) in order: which of them, and their tensor padded to
    INFERENCE_ROWS."""
    n = X.shape[0] if rows is None else len(rows)
    for start in range(0, n, INFERENCE_ROWS):
        part = slice(start, min(start + INFERENCE_ROWS, n))
        x = to_tensor(X[part] if rows is None else X[rows[part]], affine, device)
        padding = INFERENCE_ROWS - len(x)
        yield part, torch.nn.functional.pad(x, (0, 0, 0, padding)) if padding else x
