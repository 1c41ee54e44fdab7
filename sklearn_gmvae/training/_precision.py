# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""In which arithmetic the networks are trained."""

from collections.abc import Sequence
from itertools import pairwise

import torch

from sklearn_gmvae.utils import multiplies_bfloat16

# Weights of the encoder from which bfloat16 is faster; below, converting costs more than the
# products gain (an epoch of 784 columns, 2 cores with AMX: 1.6 times as fast at 1.7e6 weights,
# 1.1 times at 2.7e5, level at 1.2e5).
WIDE_NETWORK = 500_000

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def resolve_precision(
    precision: str, n_features: int, hidden: Sequence[int], device: torch.device
) -> torch.dtype:
    """ "auto" is bfloat16 for wide networks where the device multiplies it natively."""
    if precision != "auto":
        return PRECISIONS[precision]
    n_weights = sum(n_in * n_out for n_in, n_out in pairwise([n_features, *hidden]))
    wide = n_weights >= WIDE_NETWORK
    return torch.bfloat16 if wide and multiplies_bfloat16(device) else torch.float32
