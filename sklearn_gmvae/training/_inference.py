# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A model's answers for rows of X: deterministic, row by row independent, chunk by chunk."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._affine import AffineMap
from sklearn_gmvae.training._batches import INFERENCE_ROWS, inference_chunks
from sklearn_gmvae.training._model_rows import to_tensor
from sklearn_gmvae.training._rows import Rows
from sklearn_gmvae.training._units import UnitMap
from sklearn_gmvae.utils import own_arithmetic

# Draws over which the reconstruction term of `row_bounds` is averaged: pairs e, -e.
BOUND_DRAWS = 8


@own_arithmetic()
@torch.inference_mode()
def map_rows(
    function: Callable[[Tensor], Tensor],
    X: Rows,
    unit_map: UnitMap,
    device: torch.device,
    finish: Callable[[np.ndarray], np.ndarray] = lambda part: part,
    rows: np.ndarray | None = None,
) -> np.ndarray:
    """``function`` of the given rows of X (None: all) in model units, (B, D) -> (B, ...), as one
    array.

    Floats come as float64, integers as int64; ``finish`` is applied chunk by chunk.
    """
    result = None
    for chunk, x in inference_chunks(X, unit_map, device, rows):
        answer = function(x)[: chunk.stop - chunk.start]
        if answer.is_floating_point():
            answer = answer.double()
        part = finish(answer.cpu().numpy())
        if result is None:
            n = X.shape[0] if rows is None else len(rows)
            result = np.empty((n, *part.shape[1:]), dtype=part.dtype)
        result[chunk] = part
    assert result is not None, "X has at least one row"
    return result


@own_arithmetic()
@torch.inference_mode()
def log_resp_rows(
    model: DeepMixture, X: Rows, unit_map: UnitMap, device: torch.device
) -> np.ndarray:
    """log q(k | x) of each row, (n, K)."""
    return map_rows(model.log_resp_function(), X, unit_map, device)


@own_arithmetic()
@torch.inference_mode()
def cluster_rows(
    model: DeepMixture, X: Rows, unit_map: UnitMap, device: torch.device
) -> np.ndarray:
    """The most probable cluster of each row, (n,)."""
    log_resp = model.log_resp_function()
    return map_rows(lambda x: log_resp(x).argmax(-1), X, unit_map, device)


def row_bounds(model: DeepMixture, X: Rows, unit_map: UnitMap, device: torch.device) -> np.ndarray:
    """The plain ELBO of each row in nats, a density in X's units where the likelihood is one.

    All rows share one fixed table of draws, so that a row's bound depends on the row alone. Of a
    row with missing entries it is that of the others.
    """
    noise = bound_draws(model, device)
    log_scales = torch.from_numpy(unit_map.log_scales(X.shape[1]).copy()).to(device)

    def bound(x: Tensor) -> Tensor:
        total = model.elbo_at(x, noise).total()
        missing = model.missing(x)
        return total if missing is None else total.double() + missing.double() @ log_scales

    return map_rows(bound, X, unit_map, device) - unit_map.log_volume(X.shape[1])


def imputed_rows(
    model: DeepMixture, X: Rows, unit_map: AffineMap, device: torch.device, rows: np.ndarray
) -> np.ndarray:
    """Some rows of X with the expectation of what is missing in its place, in X's units, (n, D)
    float64; averaged over the draws of `row_bounds`."""
    noise = bound_draws(model, device)
    complete = partial(model.impute, noise=noise)
    return map_rows(complete, X, unit_map, device, finish=unit_map.inverse, rows=rows)


def bound_draws(model: DeepMixture, device: torch.device) -> Tensor:
    """The table of standard-normal draws that all rows share, (M, 1, sum of latent_dims)."""
    generator = torch.Generator().manual_seed(0)
    half = model.draw_noise(BOUND_DRAWS // 2, 1, generator)[..., : sum(model.latent_dims)]
    return torch.cat([half, -half]).to(device)


def decode_rows(
    model: DeepMixture, Z: np.ndarray, unit_map: UnitMap, device: torch.device
) -> np.ndarray:
    """The decoder's mean for each latent code, in X's units, (n, D) float64."""
    return map_rows(model.decode, Z, AffineMap.identity(), device, finish=unit_map.inverse)


@own_arithmetic()
@torch.inference_mode()
def sample_rows(
    model: DeepMixture,
    cluster: np.ndarray,
    style: np.ndarray | None,
    *,
    noise: bool,
    unit_map: UnitMap,
    generator: torch.Generator,
) -> np.ndarray:
    """One row of X, in X's units, for each named cluster, (n, D) float64."""
    device = generator.device
    result = None
    for start in range(0, len(cluster), INFERENCE_ROWS):
        rows = slice(start, start + INFERENCE_ROWS)
        w = None
        if style is not None:
            given = style if len(style) == 1 else style[rows]
            w = to_tensor(given, AffineMap.identity(), device)
        k = torch.from_numpy(cluster[rows]).to(device)
        x = model.sample(k, style=w, noise=noise, generator=generator)
        part = unit_map.inverse(x.cpu().numpy())
        if result is None:
            result = np.empty((len(cluster), part.shape[1]))
        result[rows] = part
    assert result is not None, "at least one row is asked for"
    return result
