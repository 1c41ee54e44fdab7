# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Arithmetic that does not depend on what surrounds a call."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from threadpoolctl import threadpool_limits

# That imported this module: a process forked from it goes by another number.
_PROCESS = os.getpid()


@contextmanager
def own_arithmetic() -> Iterator[None]:
    """As if no ``torch.no_grad``, ``inference_mode`` or ``autocast`` were around the caller, nor a
    numpy that raises where numbers underflow: densities far away are zero, and meant to be.

    All of these belong to the present thread, and are as they were afterwards. A forked process
    computes with one thread. Also a decorator.
    """
    with (
        _one_thread_if_forked(),
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autocast("cpu", enabled=False),
        torch.autocast("cuda", enabled=False),
        np.errstate(under="ignore"),
    ):
        yield


@contextmanager
def _one_thread_if_forked() -> Iterator[None]:
    """Threads of GNU OpenMP, torch's and scikit-learn's, do not outlive a fork, and a child that
    shares work out among those of its parent would wait for them for ever."""
    if os.getpid() == _PROCESS:
        yield
        return
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):  # libraries that torch does not know of, scikit-learn's own
            yield
    finally:
        torch.set_num_threads(n_threads)
