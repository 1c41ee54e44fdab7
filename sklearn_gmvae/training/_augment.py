# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Random changes of the rows that training sees, which leave their clusters as they are.

Letters: B rows, D features, C channels, H height, W width.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sklearn_gmvae.training._affine import LARGEST, AffineMap
from sklearn_gmvae.training._units import UnitMap

# Limits of augment="image", drawn uniformly between: small enough that a 6 does not become a 0
# or a 9, and what a careless crop or scan does to a picture.
MAX_SHIFT = 1 / 14  # of the height and of the width: 2 pixels of 28
MAX_ANGLE = math.radians(10.0)
MAX_ZOOM = 0.1


@dataclass(frozen=True)
class Augmentation:
    """`augment` as a function of rows in model units: (B, D), generator -> (B, D).

    Attributes
    ----------
    change : "image" or callable
    image_shape : tuple (C, H, W) or None
        What a row is given to ``change`` as; None: as it is.
    unit_map : UnitMap
        What has led to the model's units.
    """

    change: str | Callable[[Tensor, torch.Generator], Tensor]
    image_shape: tuple[int, int, int] | None
    unit_map: UnitMap

    @torch.no_grad()
    def __call__(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        if isinstance(self.change, str):
            return self._moved(rows, generator)
        batch = rows if self.image_shape is None else rows.unflatten(-1, self.image_shape)
        changed = checked(self.change(batch, generator), batch)
        # As at predict, values beyond the likelihood's domain are cut.
        return self.unit_map.cut(changed.reshape(rows.shape))

    def _moved(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        assert self.image_shape is not None, "pictures have a shape"
        pictures = rows
        unit_map = self.unit_map
        by_pixel = isinstance(unit_map, AffineMap) and bool(unit_map.offset.ndim)
        if by_pixel:
            assert isinstance(unit_map, AffineMap)
            # Each pixel was standardised by itself: moved as such, a stroke would change its
            # brightness on its way. A scale and an offset of the whole make no difference, and
            # keep float32 from losing what X far from zero says.
            peak, centre = unit_map.scale.max(), unit_map.offset.mean()
            scale = torch.from_numpy(unit_map.scale / peak).to(rows)
            # Of a pixel that is nothing beside others; it is undone below.
            scale = scale.clamp_min(torch.finfo(scale.dtype).tiny)
            # Cut where constant pixels are so far apart that float32 knows nothing beside them.
            offsets = np.clip((unit_map.offset - centre) / peak, -LARGEST, LARGEST)
            offset = torch.from_numpy(offsets).to(rows)
            pictures = rows * scale + offset
        moved = move_pictures(pictures.unflatten(-1, self.image_shape), generator).flatten(1)
        if by_pixel:
            moved = (moved - offset) / scale
        # No value that the batch does not have: a pixel that is hardly ever lit has a tiny scale.
        low, high = rows.nan_to_num(math.inf), rows.nan_to_num(-math.inf)  # missing ones have none
        return moved.clamp(low.amin(), high.amax())


def move_pictures(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Shift, turn and zoom each picture (B, C, H, W) by amounts of its own."""
    n, _, height, width = pictures.shape
    draws = torch.rand((4, n), generator=generator, dtype=torch.float32, device=pictures.device)
    draws = 2.0 * draws - 1.0
    return warp(
        pictures,
        right=MAX_SHIFT * width * draws[0],
        down=MAX_SHIFT * height * draws[1],
        angle=MAX_ANGLE * draws[2],
        zoom=1.0 + MAX_ZOOM * draws[3],
    )


def warp(pictures: Tensor, right: Tensor, down: Tensor, angle: Tensor, zoom: Tensor) -> Tensor:
    """Pictures zoomed and turned about their middle, then shifted; interpolated bilinearly.

    What comes from outside continues the picture's edge, which is the background whatever its
    brightness, and also right where the object is cut off there.

    Parameters
    ----------
    pictures : Tensor of shape (B, C, H, W)
    right, down : Tensor of shape (B,)
        Shifts in pixels.
    angle : Tensor of shape (B,)
        Clockwise as seen, radians.
    zoom : Tensor of shape (B,)
        Above 1 enlarges.
    """
    height, width = pictures.shape[-2:]
    # affine_grid asks where in the old picture a new pixel comes from, half a side being 1.
    cos, sin = angle.cos() / zoom, angle.sin() / zoom
    to_x, to_y = sin * (height / width), -sin * (width / height)
    x, y = right * (2.0 / width), down * (2.0 / height)
    theta = torch.stack([cos, to_x, -(cos * x + to_x * y), to_y, cos, -(to_y * x + cos * y)], -1)
    grid = F.affine_grid(theta.unflatten(-1, (2, 3)), list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def checked(changed: object, batch: Tensor) -> Tensor:
    """What the user's function made of a batch; raise unless it is a batch like it."""
    expected = f"a tensor of shape {tuple(batch.shape)}, dtype {batch.dtype} and device"
    if not isinstance(changed, Tensor):
        raise TypeError(
            f"augment should return {expected} {batch.device}, but returned {type(changed)}."
        )
    same = ("shape", "dtype", "device")
    if any(getattr(changed, name) != getattr(batch, name) for name in same):
        raise ValueError(
            f"augment should return {expected} {batch.device}, as it was given, but returned "
            f"shape {tuple(changed.shape)}, dtype {changed.dtype} and device {changed.device}."
        )
    # What was whole stays so. (A synchronisation, for functions that are not ours.)
    may_miss = batch.isnan().flatten(1).any(1).view(-1, *[1] * (batch.ndim - 1))
    if not (changed.isfinite() | changed.isnan() & may_miss).all():
        raise ValueError(
            f"augment should return finite values, but {int((~changed.isfinite()).sum())} of "
            f"{changed.numel()} are not. Look for divisions and logarithms in it."
        )
    return changed
