# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The affine map from X's own units to those that a likelihood works in."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np
from torch import Tensor

from sklearn_gmvae.models import Likelihood
from sklearn_gmvae.training._background import background_of
from sklearn_gmvae.training._one_unit import look_like_components, look_like_pixels
from sklearn_gmvae.training._ranges import common_range, ranges_of
from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.training._rows import (
    Rows,
    chunks,
    column_moments,
    dense,
    divide_columns,
)

# Model units beyond this are cut: their squares, through a network's weights, would leave
# float32's range, and one row a billion scales away is no more telling than one a million away.
LARGEST = 1e9

# Entries beyond this are refused: differences between them, and the decoder's means, would leave
# float64's range.
LARGEST_ENTRY = float(np.finfo(np.float64).max) / 16
# The end of float64's range, for what a decoder or its noise puts beyond it.
FURTHEST = float(np.finfo(np.float64).max)

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
        """Model units, float32 and dense: X itself where it is that already. The arithmetic is
        float64, so that uint8 X and X / 255, or X far from zero, lose nothing."""
        X = dense(X)
        if X.dtype == np.uint8 and self.offset.ndim == 0 and len(X) > 1:
            # As many values as there are bytes: looked up, twice as fast as computed.
            return self.forward(EVERY_BYTE).ravel().take(X, mode="clip")
        if self.is_identity and X.dtype == np.float32:
            # To look is much cheaper than to copy; torch takes only what it might write to.
            low, high = self.bounds
            is_plain = X.size and X.flags.c_contiguous and X.flags.writeable
            if is_plain and low <= X.min() and X.max() <= high:
                return X
            return np.clip(X, low, high)
        with np.errstate(over="ignore"):
            out = np.subtract(X, self.offset, dtype=np.float64)
            np.divide(out, self.scale, out=out)
        return np.clip(out, *self.bounds, out=out).astype(np.float32)

    @property
    def is_identity(self) -> bool:
        """Whether values within the bounds stay as they are."""
        return bool(self.offset.ndim == 0 and self.offset == 0.0 and self.scale == 1.0)

    def inverse(self, X: np.ndarray) -> np.ndarray:
        """X's own units, float64; what would be beyond its range, at its end."""
        with np.errstate(over="ignore"):
            rows = X.astype(np.float64) * self.scale + self.offset
        return np.clip(rows, -FURTHEST, FURTHEST, out=rows)

    def log_scales(self, n_columns: int) -> np.ndarray:
        """log |dX / d(model units)| of each entry of a model's row, (D,): what a density loses from
        one to the other; 0 for a likelihood that is none (cross-entropy of values in [0, 1])."""
        if not self.is_density:
            return np.zeros(n_columns)
        return np.broadcast_to(np.log(self.scale), (n_columns,))

    def log_volume(self, n_columns: int, missing: np.ndarray | None = None) -> float:
        """The same of one row; on average, where a share of each column is ``missing``, (D,)."""
        log_scales = self.log_scales(n_columns)
        complete = float(log_scales.sum())
        return complete if missing is None else complete - float(missing @ log_scales)

    @property
    def may_miss(self) -> bool:
        """Whether the model's rows may have missing entries where X has none."""
        return False

    def n_units(self, n_columns: int) -> int:
        """Of the model's rows: as many as X has."""
        return n_columns

    def cut(self, rows: Tensor) -> Tensor:
        """To the bounds."""
        return rows.clamp(*self.bounds)

    def prepare(self, likelihood: Likelihood) -> None:
        """There is nothing to know but the units."""

    def settled(self) -> "AffineMap":
        """The same, once a model is prepared."""
        return self

    @classmethod
    def identity(cls) -> "AffineMap":
        """The map that leaves X as it is."""
        return cls(np.array(0.0), np.array(1.0))


def standardizing_map(X: Rows, ranks: Ranks = ALONE) -> AffineMap:
    """Per feature to mean 0 and variance 1, from moments merged over chunks (Chan et al.), and over
    the ranks.

    Missing entries do not count. A feature that is constant up to rounding keeps its scale. All
    have one scale, and variance 1 on average, if they `look_like_pixels` or components. If others
    are on a background (`background_of`), the unit of those is how far off it they are, root mean
    square, where they are; of the rest it is the standard deviation; and variances are 1 on
    average only.
    """
    low, high = ranges_of(X, ranks)
    # In units of each feature's largest entry, so that no square leaves float64's range.
    peak = np.nan_to_num(np.maximum(-low, high))
    check_range(float(peak.max()))
    peak[peak == 0.0] = 1.0

    def in_peaks() -> Iterable[Rows]:
        for chunk in chunks(X):
            divide_columns(chunk, peak)
            yield chunk

    moments = moments_of(in_peaks(), X.shape[1], ranks)
    mean, scale = moments.mean, np.sqrt(moments.scatter / np.maximum(moments.n, 1.0))
    resolution = 10 * np.finfo(X.dtype if X.dtype.kind == "f" else np.float64).eps
    varies = scale > resolution * np.abs(mean)
    with np.errstate(over="ignore"):
        norms = np.sqrt(moments.squares_about(0.0)) * peak
    if varies.any() and (look_like_pixels(X, ranks) or look_like_components(X, norms, ranks)):
        in_largest = scale[varies] * (peak[varies] / peak.max())
        common = np.sqrt(np.mean(in_largest**2)) * peak.max()
        return AffineMap(mean * peak, np.full(X.shape[1], common))
    background = background_of(X, low, high, ranks)
    on = background.is_one & varies
    if on.any():
        squares = moments.squares_about(background.value / peak)[on]
        distance = np.sqrt(squares / background.n_off[on])
        variance = (scale[on] / distance) ** 2
        # 1 on average over what varies, as beside them, not over columns: most may be rare.
        unit = scale.copy()
        unit[on] = distance * np.sqrt(np.square(variance).sum() / variance.sum())
        scale = unit * np.sqrt(np.mean((scale[varies] / unit[varies]) ** 2))
    return AffineMap(mean * peak, np.where(varies, scale * peak, 1.0))


def check_range(peak: float) -> None:
    """Raise where X has entries too large for arithmetic."""
    if peak > LARGEST_ENTRY:
        raise ValueError(
            f"X has entries of {peak:.2g} in absolute value, but to be mapped to the model's units "
            f"they should not exceed {LARGEST_ENTRY:.2g}. Divide X by a constant, such as 1e10."
        )


class Moments(NamedTuple):
    """Of each column the number, the mean and the scatter (squared deviations from it) of its
    values."""

    n: np.ndarray
    mean: np.ndarray
    scatter: np.ndarray

    def merged(self, other: "Moments") -> "Moments":
        """Those of both parts' rows together (Chan et al., 1979)."""
        n, m = self.n, other.n
        total = np.maximum(n + m, 1.0)
        delta = other.mean - self.mean
        scatter = self.scatter + (other.scatter + delta**2 * n * m / total)
        return Moments(n + m, self.mean + delta * m / total, scatter)

    def squares_about(self, value: np.ndarray | float) -> np.ndarray:
        """Sum of the squared deviations from another value."""
        return self.scatter + self.n * (self.mean - value) ** 2


def moments_of(parts: Iterable[Rows], n_columns: int, ranks: Ranks) -> Moments:
    """Those of all chunks, which are used up, and of all ranks."""
    moments = Moments(*np.zeros((3, n_columns)))
    for chunk in parts:
        moments = moments.merged(Moments(*column_moments(chunk)))
    if ranks.are_several:
        each = ranks.gather(np.stack(moments)[None])
        moments = reduce(Moments.merged, (Moments(*part) for part in each))
    return moments


def unit_interval_map(X: Rows, ranks: Ranks = ALONE) -> AffineMap:
    """One map of the whole matrix into [0, 1]; values beyond it at predict are clipped."""
    low, high = (0.0, 255.0) if X.dtype == np.uint8 else common_range(X, ranks)
    check_range(max(-low, high))
    if (low >= 0.0 and high <= 1.0) or np.isnan(low):  # or there is no value yet
        low, high = 0.0, 1.0
    scale = high - low if high > low else 1.0
    return AffineMap(np.array(low), np.array(scale), bounds=(0.0, 1.0), is_density=False)


def check_not_cut(X: Rows, ranks: Ranks) -> None:
    """Raise where X as it is leaves the range of the model's units."""
    low, high = common_range(X, ranks)
    if max(-low, high) > LARGEST:
        raise ValueError(
            f"Expected X within {LARGEST:.0e} of zero for standardize=False, but got values in "
            f"[{low:.6g}, {high:.6g}]. Rescale X or use standardize=True."
        )
