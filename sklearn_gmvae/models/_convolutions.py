# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Convolutional encoder trunk and its mirror image, for pictures of any size down to one pixel.

No BatchNorm, which the GMVAE paper has after every layer: a row's answer would depend on others.

Letters: B rows, C channels, H height, W width, k kernel size, s stride.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_gmvae.models._networks import ACTIVATIONS, mlp
from sklearn_gmvae.models._tensors import DTYPE

# A layer as the user gives it: (channels, kernel size, stride) or (..., padding), or the width
# of a dense layer.
Layer = int | tuple[int, ...]


@dataclass(frozen=True)
class ConvolutionShape:
    """One convolution from a map (C, H, W) to a smaller one.

    Attributes
    ----------
    before, after : tuple (C, H, W)
    kernel, stride : int
    padding : tuple (vertical, horizontal)
        Zeros put on each side of the map.
    extra : tuple (vertical, horizontal)
        One more zero at the bottom or at the right, where those needed are an odd number.
    """

    before: tuple[int, int, int]
    after: tuple[int, int, int]
    kernel: int
    stride: int
    padding: tuple[int, int]
    extra: tuple[int, int]

    @property
    def n_products(self) -> int:
        """Multiplications for one picture."""
        return self.before[0] * self.kernel**2 * math.prod(self.after)


def convolution_shapes(
    image_shape: tuple[int, int, int], layers: Sequence[Layer]
) -> tuple[list[ConvolutionShape], tuple[int, ...]]:
    """The convolutions among ``layers``, and the widths of the dense layers after them.

    Raises
    ------
    ValueError
        If a kernel without padding is larger than the map that it meets.
    """
    shapes, before = [], image_shape
    for layer in layers:
        if isinstance(layer, int):
            break
        channels, kernel, stride, *given = layer
        sides = [_side(size, kernel, stride, *given) for size in before[1:]]
        (height, width), padding, extra = zip(*sides, strict=True)
        if height < 1 or width < 1:
            raise ValueError(
                f"hidden_layer_sizes has a convolution {tuple(layer)} with a kernel larger than "
                f"the map of {before[1]} x {before[2]} that it meets in pictures of image_shape="
                f"{image_shape}. Leave out its padding, which is then as much as is needed, or use "
                "a smaller kernel."
            )
        after = (channels, height, width)
        shapes.append(ConvolutionShape(before, after, kernel, stride, padding, extra))
        before = after
    return shapes, tuple(size for size in layers[len(shapes) :] if isinstance(size, int))


def _side(size: int, kernel: int, stride: int, padding: int | None = None) -> tuple[int, int, int]:
    """Of one side of a map: its size after a convolution, the zeros on both ends, and the extra.

    Without ``padding`` as many as make the size ceil(size / stride), for any size and kernel.
    """
    if padding is not None:
        return (size + 2 * padding - kernel) // stride + 1, padding, 0
    after = -(-size // stride)
    needed = max((after - 1) * stride + kernel - size, 0)
    return after, needed // 2, needed % 2


class Convolution(nn.Conv2d):
    """A convolution as its `ConvolutionShape` says, with zero biases."""

    def __init__(self, shape: ConvolutionShape, generator: torch.Generator) -> None:
        # On "meta" torch's own initialisation draws nothing from its global generator.
        super().__init__(
            shape.before[0],
            shape.after[0],
            shape.kernel,
            shape.stride,
            shape.padding,
            device="meta",
            dtype=DTYPE,
        )
        self.to_empty(device=torch.empty(0).device)
        self.extra = (0, shape.extra[1], 0, shape.extra[0])
        fan = shape.kernel**2
        _glorot(self, shape.before[0] * fan, shape.after[0] * fan / shape.stride**2, generator)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H', W')."""
        return super().forward(F.pad(x, self.extra) if any(self.extra) else x)


class TransposedConvolution(nn.ConvTranspose2d):
    """From the map after a convolution to one of exactly the size before it."""

    def __init__(self, shape: ConvolutionShape, generator: torch.Generator) -> None:
        # What the stride left over is filled up; what the extra zeros were is cut off.
        reached = [
            (after - 1) * shape.stride + shape.kernel - 2 * padding
            for after, padding in zip(shape.after[1:], shape.padding, strict=True)
        ]
        height, width = (
            max(before - side, 0) for before, side in zip(shape.before[1:], reached, strict=True)
        )
        super().__init__(
            shape.after[0],
            shape.before[0],
            shape.kernel,
            shape.stride,
            shape.padding,
            output_padding=(height, width),
            device="meta",
            dtype=DTYPE,
        )
        self.to_empty(device=torch.empty(0).device)
        self.sides = shape.before[1:]
        fan = shape.kernel**2
        _glorot(self, shape.after[0] * fan / shape.stride**2, shape.before[0] * fan, generator)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        """(..., C', H', W') -> (..., C, H, W)."""
        height, width = self.sides
        full = super().forward(x.flatten(0, -4))
        return full[..., :height, :width].unflatten(0, x.shape[:-3])


def _glorot(
    layer: nn.Conv2d | nn.ConvTranspose2d, n_in: float, n_out: float, generator: torch.Generator
) -> None:
    """Glorot-uniform weights for ``n_in`` inputs that meet in an output and ``n_out`` outputs that
    an input meets (a stride makes either fewer, which torch's own count leaves out)."""
    bound = (6.0 / (n_in + n_out)) ** 0.5
    nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
    assert layer.bias is not None, "made with one"
    nn.init.zeros_(layer.bias)


def convolutional_trunk(
    image_shape: tuple[int, int, int],
    layers: Sequence[Layer],
    activation: str,
    generator: torch.Generator,
) -> tuple[nn.Sequential, int]:
    """(B, D) -> (B, width): convolutions, then dense layers; and the width."""
    shapes, dense = convolution_shapes(image_shape, layers)
    modules: list[nn.Module] = [nn.Unflatten(-1, image_shape)]
    for shape in shapes:
        modules += [Convolution(shape, generator), ACTIVATIONS[activation]()]
    widths = [math.prod(shapes[-1].after), *dense]
    modules += [nn.Flatten(-3), *mlp(widths, activation, generator)]
    return nn.Sequential(*modules), widths[-1]


def mirrored_trunk(
    latent_dim: int,
    image_shape: tuple[int, int, int],
    layers: Sequence[Layer],
    activation: str,
    generator: torch.Generator,
) -> tuple[nn.Sequential, nn.Sequential]:
    """The same layers backwards, in two parts: (..., latent_dim) -> the last map but one, and the
    convolution without activation that makes a picture's row of it, (..., D)."""
    shapes, dense = convolution_shapes(image_shape, layers)
    modules: list[nn.Module] = [
        *mlp([latent_dim, *dense[::-1], math.prod(shapes[-1].after)], activation, generator),
        nn.Unflatten(-1, shapes[-1].after),
    ]
    for shape in shapes[:0:-1]:
        modules += [TransposedConvolution(shape, generator), ACTIVATIONS[activation]()]
    head = nn.Sequential(TransposedConvolution(shapes[0], generator), nn.Flatten(-3))
    return nn.Sequential(*modules), head


def encoder_products(image_shape: tuple[int, int, int], layers: Sequence[Layer]) -> int:
    """Multiplications of the trunk for one row."""
    shapes, dense = convolution_shapes(image_shape, layers)
    widths = [math.prod(shapes[-1].after if shapes else image_shape), *dense]
    return sum(shape.n_products for shape in shapes) + sum(a * b for a, b in pairwise(widths))
