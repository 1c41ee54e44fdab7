# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns of several kinds: each part of a model's row comes from some columns of X."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sklearn_gmvae.models import Likelihood, Mixed
from sklearn_gmvae.training._affine import AffineMap
from sklearn_gmvae.training._categories import CategoryMap
from sklearn_gmvae.training._counts import CountMap
from sklearn_gmvae.training._rows import Rows, dense

# The map of columns that have one likelihood.
PartMap = AffineMap | CategoryMap | CountMap


@dataclass(frozen=True)
class ColumnsMap:
    """Some columns by a map of their own, then others by theirs, until all are mapped.

    Attributes
    ----------
    columns : tuple of ndarray of int64
        Which columns of X each part has.
    maps : tuple
        The map of each part.
    """

    columns: tuple[np.ndarray, ...]
    maps: tuple[PartMap, ...]

    def forward(self, X: Rows) -> np.ndarray:
        """The parts' model units, one after the other, float32 and dense."""
        X = dense(X)
        return np.concatenate([part.forward(X[:, at]) for at, part in self._parts()], axis=1)

    def inverse(self, X: np.ndarray) -> np.ndarray:
        """X's own columns, float64."""
        out = np.empty((len(X), sum(map(len, self.columns))))
        start = 0
        for at, part in self._parts():
            end = start + part.n_units(len(at))
            out[:, at] = part.inverse(X[:, start:end])
            start = end
        return out

    def log_scales(self, n_columns: int) -> np.ndarray:
        """Of the model's rows: those of all parts."""
        return np.concatenate([part.log_scales(len(at)) for at, part in self._parts()])

    def log_volume(self, n_columns: int, missing: np.ndarray | None = None) -> float:
        """The sum of the parts'."""
        return sum(
            part.log_volume(len(at), None if missing is None else missing[at])
            for at, part in self._parts()
        )

    @property
    def may_miss(self) -> bool:
        """Whether those of a part may have missing entries where X has none."""
        return any(part.may_miss for part in self.maps)

    def n_units(self, n_columns: int) -> int:
        """Of the model's rows: those of all parts."""
        return sum(self.widths())

    def cut(self, rows: Tensor) -> Tensor:
        """Each part to where it may be."""
        parts = rows.split(self.widths(), -1)
        return torch.cat([own.cut(part) for own, part in zip(self.maps, parts, strict=True)], -1)

    def prepare(self, likelihood: Likelihood) -> None:
        """Let the likelihood of each part know what its map found."""
        parts: Iterable[Any] = likelihood.parts if isinstance(likelihood, Mixed) else [likelihood]
        for own, part in zip(self.maps, parts, strict=True):
            own.prepare(part)

    def settled(self) -> "ColumnsMap":
        """The same, once a model is prepared."""
        return ColumnsMap(self.columns, tuple(own.settled() for own in self.maps))

    def widths(self) -> list[int]:
        """The model units of each part."""
        return [part.n_units(len(at)) for at, part in self._parts()]

    def _parts(self) -> Iterable[tuple[np.ndarray, PartMap]]:
        return zip(self.columns, self.maps, strict=True)
