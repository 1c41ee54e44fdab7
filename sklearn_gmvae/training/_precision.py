# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""In which arithmetic the networks are trained."""

import torch

from sklearn_gmvae.utils import multiplies_bfloat16

# Products of the encoder for one row (of a dense network: its weights) from which bfloat16 is
# faster; below, converting costs more than the products gain (an epoch of 784 columns, 2 cores with
# AMX: 1.6 times as fast at 1.7e6 products, 1.1 times at 2.7e5, level at 1.2e5; with convolutions,
# one core, 1.4 times at 8.5e5 and 1.6 times at 2.5e6).
WIDE_NETWORK = 500_000

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def resolve_precision(precision: str, n_products: int, device: torch.device) -> torch.dtype:
    """ "auto" is bfloat16 for networks of many products a row where the device multiplies it
    natively."""
    if precision != "auto":
        return PRECISIONS[precision]
    wide = n_products >= WIDE_NETWORK
    return torch.bfloat16 if wide and multiplies_bfloat16(device) else torch.float32
