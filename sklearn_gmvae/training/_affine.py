# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The affine map from X's own units to those that a likelihood works in."""

from dataclasses import dataclass, replace
from functools import reduce
from typing import NamedTuple

import numpy as np

from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.training._rows import (
    Rows,
    chunks,
    column_moments,
    column_peaks,
    dense,
    divide_columns,
    value_range,
)

# Model units beyond this are cut: their squares, through a network's weights, would leave
# float32's range, and one row a billion scales away is no more telling than one a million away.
LARGEST = 1e9

# Entries beyond this are refused: differences between them, and the decoder's means, would leave
# float64's range.
LARGEST_ENTRY = float(np.finfo(np.float64).max) / 16

EVERY_BYTE = np.arange(256, dtype=np.uint8).reshape(1, -1)


@dataclass(frozen=True)
class AffineMap:
    """(x - offset) / scale, cut to ``bounds``.

    ``offset`` and ``scale`` are float64, of shape (D,) or (): one for all entries.
    ``is_density``: whether the likelihood is a density, which changes with X's units.
    """

    offset: np.ndarray
    scale: np.ndarray
    bounds: tuple[float, float] = (-LARGEST, LARGEST)
    is_density: bool = True

    def forward(self, X: Rows) -> np.ndarray:
        """Model units, float32 and dense; the arithmetic is float64, so that uint8 X and X / 255,
        or X far from zero, lose nothing."""
        X = dense(X)
        if X.dtype == np.uint8 and self.offset.ndim == 0 and len(X) > 1:
            # As many values as there are bytes: looked up, twice as fast as computed.
            return self.forward(EVERY_BYTE).ravel().take(X, mode="clip")
        if self.is_identity and X.dtype == np.float32:
            return np.clip(X, *self.bounds)
        with np.errstate(over="ignore"):
            out = np.subtract(X, self.offset, dtype=np.float64)
            np.divide(out, self.scale, out=out)
        return np.clip(out, *self.bounds, out=out).astype(np.float32)

    @property
    def is_identity(self) -> bool:
        """Whether values within the bounds stay as they are."""
        return bool(self.offset.ndim == 0 and self.offset == 0.0 and self.scale == 1.0)

    def inverse(self, X: np.ndarray) -> np.ndarray:
        """X's own units, float64."""
        return X.astype(np.float64) * self.scale + self.offset

    def log_volume(self, n_features: int) -> float:
        """log |dX / d(model units)| of one row: what a density loses from one to the other; 0
        for a likelihood that is none (the cross-entropy of values mapped to [0, 1])."""
        if not self.is_density:
            return 0.0
        return float(np.broadcast_to(np.log(self.scale), (n_features,)).sum())

    @classmethod
    def identity(cls) -> "AffineMap":
        """The map that leaves X as it is."""
        return cls(np.array(0.0), np.array(1.0))


def standardizing_map(X: Rows, ranks: Ranks = ALONE) -> AffineMap:
    """Per feature to mean 0 and variance 1, from moments merged over chunks (Chan et al.), and over
    the ranks.

    A feature that is constant up to rounding keeps its scale.
    """
    # In units of each feature's largest entry, so that no square leaves float64's range.
    peak = np.zeros(X.shape[1])
    for chunk in chunks(X):
        np.maximum(peak, column_peaks(chunk), out=peak)
    peak = ranks.gather(peak[None]).max(0)
    check_range(float(peak.max()))
    peak[peak == 0.0] = 1.0
    moments = Moments(0.0, np.zeros(X.shape[1]), np.zeros(X.shape[1]))
    for chunk in chunks(X):
        divide_columns(chunk, peak)
        moments = moments.merged(Moments(float(chunk.shape[0]), *column_moments(chunk)))
    if ranks.are_several:
        n = ranks.gather(np.array([moments.n]))
        parts = zip(
            n, ranks.gather(moments.mean[None]), ranks.gather(moments.scatter[None]), strict=True
        )
        moments = reduce(Moments.merged, (Moments(*part) for part in parts))
    mean, scale = moments.mean, np.sqrt(moments.scatter / moments.n)
    resolution = 10 * np.finfo(X.dtype if X.dtype.kind == "f" else np.float64).eps
    is_constant = scale <= resolution * np.abs(mean)
    return AffineMap(mean * peak, np.where(is_constant, 1.0, scale * peak))


def check_range(peak: float) -> None:
    """Raise where X has entries too large for arithmetic."""
    if peak > LARGEST_ENTRY:
        raise ValueError(
            f"X has entries of {peak:.2g} in absolute value, but to be mapped to the model's units "
            f"they should not exceed {LARGEST_ENTRY:.2g}. Divide X by a constant, such as 1e10."
        )


class Moments(NamedTuple):
    """Number of rows, and of each column its mean and scatter (squared deviations from it)."""

    n: float
    mean: np.ndarray
    scatter: np.ndarray

    def merged(self, other: "Moments") -> "Moments":
        """Those of both parts' rows together (Chan et al., 1979)."""
        n, m = self.n, other.n
        delta = other.mean - self.mean
        scatter = self.scatter + (other.scatter + delta**2 * n * m / (n + m))
        return Moments(n + m, self.mean + delta * m / (n + m), scatter)


def unit_interval_map(X: Rows, ranks: Ranks = ALONE) -> AffineMap:
    """One map of the whole matrix into [0, 1]; values beyond it at predict are clipped."""
    low, high = (0.0, 255.0) if X.dtype == np.uint8 else common_range(X, ranks)
    check_range(max(-low, high))
    if low >= 0.0 and high <= 1.0:
        low, high = 0.0, 1.0
    scale = high - low if high > low else 1.0
    return AffineMap(np.array(low), np.array(scale), bounds=(0.0, 1.0), is_density=False)


def common_range(X: Rows, ranks: Ranks) -> tuple[float, float]:
    """Smallest and largest entry of all ranks' X."""
    low, high = ranks.gather(np.array([value_range(X)])).T
    return float(low.min()), float(high.max())


def choose_likelihood(X: Rows, ranks: Ranks = ALONE) -> str:
    """What likelihood="auto" stands for: "bernoulli" if X is boolean, uint8 or all within
    [0, 1], else "gaussian"."""
    if X.dtype.kind == "b" or X.dtype == np.uint8:
        return "bernoulli"
    low, high = common_range(X, ranks)
    return "bernoulli" if low >= 0.0 and high <= 1.0 else "gaussian"


def choose_map(X: Rows, likelihood: str, standardize: bool, ranks: Ranks = ALONE) -> AffineMap:
    """The map of X to the units of its likelihood; the identity unless ``standardize``."""
    if not standardize:
        check_domain(X, likelihood, ranks)
        check_not_cut(X, ranks)
        return replace(AffineMap.identity(), is_density=likelihood != "bernoulli")
    find = unit_interval_map if likelihood == "bernoulli" else standardizing_map
    return find(X, ranks)


def check_not_cut(X: Rows, ranks: Ranks) -> None:
    """Raise where X as it is leaves the range of the model's units."""
    low, high = common_range(X, ranks)
    if max(-low, high) > LARGEST:
        raise ValueError(
            f"Expected X within {LARGEST:.0e} of zero for standardize=False, but got values in "
            f"[{low:.6g}, {high:.6g}]. Rescale X or use standardize=True."
        )


def check_domain(X: Rows, likelihood: str, ranks: Ranks = ALONE) -> None:
    """Raise unless the likelihood can take X as it is."""
    if likelihood != "bernoulli":
        return
    low, high = common_range(X, ranks)
    if not (low >= 0.0 and high <= 1.0):
        raise ValueError(
            "Expected X in [0, 1] for likelihood='bernoulli' with standardize=False, but got "
            f"values in [{low:.6g}, {high:.6g}]. Rescale X, use standardize=True or "
            "likelihood='gaussian'."
        )
