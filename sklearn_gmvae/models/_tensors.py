# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What tensors are made of here, whatever the user has set as torch's default."""

from collections.abc import Sequence

import torch
from torch import Tensor

# Of every parameter and every draw.
DTYPE = torch.float32


def standard_normal(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    """Draws from N(0, 1), on the generator's device."""
    return torch.randn(shape, generator=generator, dtype=DTYPE, device=generator.device)
