# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Arithmetic that does not depend on what surrounds a call."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def own_arithmetic() -> Iterator[None]:
    """As if no ``torch.no_grad``, ``inference_mode`` or ``autocast`` were around the caller, nor a
    numpy that raises where numbers underflow: densities far away are zero, and meant to be.

    All of these belong to the present thread, and are as they were afterwards. Also a decorator.
    """
    with (
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autocast("cpu", enabled=False),
        torch.autocast("cuda", enabled=False),
        np.errstate(under="ignore"),
    ):
        yield
