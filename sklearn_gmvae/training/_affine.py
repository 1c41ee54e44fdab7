# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The affine map from X's own units to those that a likelihood works in."""

from dataclasses import dataclass

import numpy as np

# Rows read at a time while moments are gathered: bounds the float64 copy of integer or
# memory-mapped X.
CHUNK = 4096


@dataclass(frozen=True)
class AffineMap:
    """(x - offset) / scale, cut to ``bounds`` where the likelihood has a bounded domain.

    ``offset`` and ``scale`` are float64, of shape (D,) or (): one for all entries.
    """

    offset: np.ndarray
    scale: np.ndarray
    bounds: tuple[float, float] | None = None

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Model units, float32; the arithmetic is float64, so that uint8 X and X / 255, or X
        far from zero, lose nothing."""
        out = (X - self.offset) / self.scale
        if self.bounds is not None:
            out = np.clip(out, *self.bounds)
        return out.astype(np.float32)

    def inverse(self, X: np.ndarray) -> np.ndarray:
        """X's own units, float64."""
        return X.astype(np.float64) * self.scale + self.offset

    def log_volume(self, n_features: int) -> float:
        """log |dX / d(model units)| of one row: what a density loses from one to the other.

        A map with bounds (cross-entropy of mapped values) is no change of variables: 0.
        """
        if self.bounds is not None:
            return 0.0
        return float(np.broadcast_to(np.log(self.scale), (n_features,)).sum())

    @classmethod
    def identity(cls) -> "AffineMap":
        return cls(np.float64(0.0), np.float64(1.0))  # type: ignore[arg-type]


def standardizing_map(X: np.ndarray) -> AffineMap:
    """Per feature to mean 0 and variance 1, from moments merged over chunks (Chan et al.).

    A feature that is constant up to rounding keeps its scale.
    """
    n = 0
    mean = np.zeros(X.shape[1])
    scatter = np.zeros(X.shape[1])
    for start in range(0, len(X), CHUNK):
        chunk = X[start : start + CHUNK].astype(np.float64)
        chunk_mean = chunk.mean(0)
        delta, m = chunk_mean - mean, len(chunk)
        scatter += ((chunk - chunk_mean) ** 2).sum(0) + delta**2 * n * m / (n + m)
        mean += delta * m / (n + m)
        n += m
    scale = np.sqrt(scatter / n)
    resolution = 10 * np.finfo(X.dtype if X.dtype.kind == "f" else np.float64).eps
    return AffineMap(mean, np.where(scale > resolution * np.abs(mean), scale, 1.0))


def unit_interval_map(X: np.ndarray) -> AffineMap:
    """One map of the whole matrix into [0, 1]; values beyond it at predict are clipped."""
    low, high = value_range(X)
    if X.dtype == np.uint8:
        low, high = 0.0, 255.0
    elif low >= 0.0 and high <= 1.0:
        low, high = 0.0, 1.0
    scale = high - low if high > low else 1.0
    return AffineMap(np.float64(low), np.float64(scale), (0.0, 1.0))  # type: ignore[arg-type]


def value_range(X: np.ndarray) -> tuple[float, float]:
    """Smallest and largest entry of X."""
    return float(X.min()), float(X.max())


def choose_likelihood(X: np.ndarray) -> str:
    """What likelihood="auto" stands for: "bernoulli" if X is boolean, uint8 or all within
    [0, 1], else "gaussian"."""
    if X.dtype.kind == "b" or X.dtype == np.uint8:
        return "bernoulli"
    low, high = value_range(X)
    return "bernoulli" if low >= 0.0 and high <= 1.0 else "gaussian"


def choose_map(X: np.ndarray, likelihood: str, standardize: bool) -> AffineMap:
    """The map of X to the units of its likelihood; the identity unless ``standardize``."""
    if not standardize:
        check_domain(X, likelihood)
        return AffineMap.identity()
    return unit_interval_map(X) if likelihood == "bernoulli" else standardizing_map(X)


def check_domain(X: np.ndarray, likelihood: str) -> None:
    """Raise unless the likelihood can take X as it is."""
    low, high = value_range(X)
    if likelihood == "bernoulli" and not (low >= 0.0 and high <= 1.0):
        raise ValueError(
            "Expected X in [0, 1] for likelihood='bernoulli' with standardize=False, but got "
            f"values in [{low:.6g}, {high:.6g}]. Rescale X, use standardize=True or "
            "likelihood='gaussian'."
        )
