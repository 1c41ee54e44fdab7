# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What several test files of the models share."""

import pytest
import torch


@pytest.fixture
def clustered_codes():
    """Two clusters of correlated codes, with the codes as features too."""
    generator = torch.Generator().manual_seed(3)
    z = torch.randn(4000, 2, generator=generator, dtype=torch.float64)
    z[:, 1] = 0.45 * z[:, 0] + 0.9 * z[:, 1]
    z[:2000] = 5.0 - z[:2000] * torch.tensor([1.0, -0.5])
    resp = torch.zeros(4000, 2, dtype=torch.float64)
    resp[:2000, 0] = resp[2000:, 1] = 1.0
    return z, resp
