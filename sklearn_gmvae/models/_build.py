# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Encoder and decoder by the name of their kind, of which a new one is one function here; and the
likelihood that an architecture names."""

from collections.abc import Callable, Sequence

import torch

from sklearn_gmvae.models._convolutions import Layer, convolutional_trunk, mirrored_trunk
from sklearn_gmvae.models._networks import Decoder, GaussianEncoder, linear, mlp
from sklearn_gmvae.models.likelihoods import LIKELIHOODS, Likelihood, Mixed

ImageShape = tuple[int, int, int]
# A likelihood of all features by its name; or parts of the row that follow one another, each with a
# name and the number of its features, of categories that of each variable.
Spec = str | tuple[tuple[str, int | tuple[int, ...]], ...]


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


# Hidden layers of a network: more are of no use, and take seconds to make.
MAX_LAYERS = 100
NETWORKS: dict[str, Callable[..., tuple[GaussianEncoder, Decoder]]] = {"mlp": _mlp, "conv": _conv}


def build_likelihood(spec: Spec, n_features: int) -> Likelihood:
    """The likelihood of rows of so many features."""
    if isinstance(spec, str):
        return LIKELIHOODS[spec](n_features)
    # mypy: Categorical takes several numbers.
    parts = [LIKELIHOODS[name](size) for name, size in spec]  # type: ignore[arg-type]
    likelihood = parts[0] if len(parts) == 1 else Mixed(parts)
    assert likelihood.n_features == n_features, "the parts are the row"
    return likelihood
