# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Multilayer perceptrons, initialised from a generator of their own."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from sklearn_gmvae.models._tensors import DTYPE

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
}


def linear(n_in: int, n_out: int, generator: torch.Generator) -> nn.Linear:
    """A linear layer with Glorot-uniform weights and zero biases.

    ``skip_init`` keeps ``nn.Linear`` from drawing on torch's global generator; by itself it would
    not see a ``with torch.device("meta")``, under which shapes are known and no memory is taken.
    (Nor does ``torch.get_default_device`` of early versions.)
    """
    here = torch.empty(0).device
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, n_in, n_out, device=here, dtype=DTYPE)
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


def mlp(sizes: Sequence[int], activation: str, generator: torch.Generator) -> nn.Sequential:
    """Layers ``sizes[0] -> sizes[1] -> ...``, each followed by the activation."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [linear(n_in, n_out, generator), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers)


class GaussianEncoder(nn.Module):
    """x -> mean and raw log-variance of a diagonal Gaussian for each of several latents.

    One trunk, (B, D) -> (B, width), serves all latents; each has its own linear head.
    """

    def __init__(
        self,
        trunk: nn.Sequential,
        width: int,
        latent_dims: Sequence[int],
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.trunk = trunk
        self.heads = nn.ModuleList(linear(width, 2 * d, generator) for d in latent_dims)

    def forward(self, x: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """x (B, D) -> for each latent: mean (B, d) and raw log-variance (B, d)."""
        dtype = next((p.dtype for p in self.trunk.parameters()), x.dtype)
        h = self.trunk(x.to(dtype)).to(x.dtype)
        return [tuple(head(h).chunk(2, dim=-1)) for head in self.heads]


class Decoder(nn.Module):
    """z -> the likelihood's parameter for each feature: a trunk, and a head without activation."""

    def __init__(self, trunk: nn.Sequential, head: nn.Module) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head

    @property
    def dtype(self) -> torch.dtype:
        """In which it computes."""
        return next(self.parameters()).dtype

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """z (..., d) -> (..., D)."""
        return self.head(self.trunk(z.to(self.dtype))).to(z.dtype)
