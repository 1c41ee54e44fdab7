# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Encoder and decoder by the name of their kind. A new kind is one function here."""

from collections.abc import Callable, Sequence

import torch

from sklearn_gmvae.models._convolutions import Layer, convolutional_trunk, mirrored_trunk
from sklearn_gmvae.models._networks import Decoder, GaussianEncoder, linear, mlp

ImageShape = tuple[int, int, int]


def _mlp(
    n_features: int,
    hidden: Sequence[int],
    latent_dims: Sequence[int],
    activation: str,
    image_shape: ImageShape | None,
    mask_input: bool,
    generator: torch.Generator,
) -> tuple[GaussianEncoder, Decoder]:
    widths = [2 * n_features if mask_input else n_features, *hidden]
    trunk = mlp(widths, activation, generator)
    width = widths[-1]
    encoder = GaussianEncoder(trunk, width, latent_dims, generator)
    mirror = [latent_dims[0], *hidden[::-1]]
    trunk = mlp(mirror, activation, generator)
    return encoder, Decoder(trunk, linear(mirror[-1], n_features, generator))


def _conv(
    n_features: int,
    hidden: Sequence[Layer],
    latent_dims: Sequence[int],
    activation: str,
    image_shape: ImageShape | None,
    mask_input: bool,
    generator: torch.Generator,
) -> tuple[GaussianEncoder, Decoder]:
    assert image_shape is not None, "pictures have a shape"
    channels, height, width = image_shape
    seen = (2 * channels if mask_input else channels, height, width)
    trunk, width = convolutional_trunk(seen, hidden, activation, generator)
    encoder = GaussianEncoder(trunk, width, latent_dims, generator)
    mirror = mirrored_trunk(latent_dims[0], image_shape, hidden, activation, generator)
    return encoder, Decoder(*mirror)


NETWORKS: dict[str, Callable[..., tuple[GaussianEncoder, Decoder]]] = {"mlp": _mlp, "conv": _conv}
