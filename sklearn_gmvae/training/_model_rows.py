# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows of X as a model sees them: tensors in its units, on its device, by their numbers."""

import torch
from torch import Tensor

from sklearn_gmvae.training._rows import CHUNK, Rows
from sklearn_gmvae.training._units import UnitMap
from sklearn_gmvae.utils import free_memory

# Of a device's free memory, what X may take there: the rest is the networks' and other fits'.
SHARE_OF_ROOM = 0.5


class ModelRows:
    """X in model units, float32, on a device.

    A GPU would wait for every batch that is made on the CPU. So all of X is put there once, where
    it has memory of its own with room for it; else, and on the CPU, rows are converted when they
    are asked for, and X is never copied.

    Parameters
    ----------
    X : ndarray or CSR of shape (n, D)
    unit_map : UnitMap
    device : torch.device
    """

    def __init__(self, X: Rows, unit_map: UnitMap, device: torch.device) -> None:
        self._X, self._unit_map, self.device = X, unit_map, device
        # In model units a row may have more columns: one for each category.
        n_bytes = X.shape[0] * unit_map.forward(X[:1]).nbytes
        self._held = self._all() if n_bytes <= SHARE_OF_ROOM * free_memory(device) else None

    def __len__(self) -> int:
        return self._X.shape[0]

    def of(self, numbers: Tensor) -> Tensor:
        """The rows with these numbers, an int64 tensor (B,) on the device: (B, D)."""
        if self._held is not None:
            return self._held[numbers]
        return to_tensor(self._X[numbers.cpu().numpy()], self._unit_map, self.device)

    def _all(self) -> Tensor:
        first = to_tensor(self._X[:1], self._unit_map, self.device)
        held = first.new_empty((len(self), first.shape[1]))
        for start in range(0, len(self), CHUNK):
            part = slice(start, start + CHUNK)
            held[part] = to_tensor(self._X[part], self._unit_map, self.device)
        return held


def to_tensor(X: Rows, unit_map: UnitMap, device: torch.device) -> Tensor:
    """Rows of X in model units, float32, on ``device``."""
    return torch.from_numpy(unit_map.forward(X)).to(device)
