# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""When a phase slows down, ends early, or gives up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sklearn_gmvae.training._optimizer import MixedPrecisionAdam
from sklearn_gmvae.training._phase import History, Phase
from sklearn_gmvae.training._ranks import Ranks
from sklearn_gmvae.utils import deferred_interrupt

# Epochs in a row with steps that were not finite after which training gives up. Each one halves
# the learning rate, so the last try is at 1/16; each clean one doubles it back.
MAX_FAILED_EPOCHS = 5
REMEDY = (
    "Look for extreme values in X (standardize=True maps columns to unit scale), lower "
    "learning_rate or raise reg_covar."
)


class Caution:
    """How much of the learning rate is used: half as much after an epoch with steps that were
    not finite, twice as much (at most all) after a clean one."""

    def __init__(self) -> None:
        self.rate = 1.0
        self._failed_epochs = 0

    def after_epoch(self, phase: Phase, epoch: int, n_steps: int, n_finite: int) -> None:
        """Take note of an epoch; raise where lower rates have not helped."""
        tried = self.rate
        failed = n_finite < n_steps
        self._failed_epochs = self._failed_epochs + 1 if failed else 0
        # A floor, so that a stream of chunks can recover after any number of failed ones.
        slower = max(tried * 0.5, 0.5**MAX_FAILED_EPOCHS)
        self.rate = slower if failed else min(1.0, tried * 2.0)
        last = epoch + 1 == phase.n_epochs
        if self._failed_epochs >= MAX_FAILED_EPOCHS or (last and not n_finite):
            raise ValueError(
                f"The ELBO or its gradient was not finite in {n_steps - n_finite} of {n_steps} "
                f"steps of epoch {epoch + 1} of {phase.name}, and in the "
                f"{self._failed_epochs - 1} epochs before it, although the learning rate was "
                f"lowered to {tried * phase.learning_rate:.1e}. {REMEDY}"
            )

    def state(self) -> dict[str, Any]:
        return {"rate": self.rate, "failed_epochs": self._failed_epochs}

    def restore(self, state: dict[str, Any]) -> None:
        self.rate, self._failed_epochs = state["rate"], state["failed_epochs"]


class BestEpoch:
    """The parameters of the epoch with the best held-out ELBO."""

    def __init__(self) -> None:
        self._value = -np.inf
        self._parameters: list[Tensor] | None = None
        self.epochs_since = 0

    def update(self, values: list[float], optimizer: MixedPrecisionAdam, phase: Phase) -> None:
        improved = values[-1] > self._value + phase.tol
        self.epochs_since = 0 if improved else self.epochs_since + 1
        if values[-1] > self._value:
            self._value, self._parameters = values[-1], optimizer.values()

    def take_back(self, optimizer: MixedPrecisionAdam) -> None:
        """Go back to that epoch's parameters, if there is one."""
        if self._parameters is not None:
            optimizer.set_values(self._parameters)

    def state(self) -> dict[str, Any]:
        return {
            "value": float(self._value),
            "epochs_since": self.epochs_since,
            "parameters": self._parameters and [p.cpu().numpy() for p in self._parameters],
        }

    def restore(self, state: dict[str, Any]) -> None:
        self._value, self.epochs_since = state["value"], state["epochs_since"]
        kept = state["parameters"]
        self._parameters = kept and [torch.tensor(array, device="cpu") for array in kept]


def has_converged(history: History, phase: Phase, best: BestEpoch | None) -> bool:
    """Whether the last ``n_iter_no_change`` epochs gained less than ``tol`` nats a row.

    With held-out rows: over the best epoch before them. Without: the mean of those epochs over
    the mean of as many before them, since one epoch's ELBO carries the noise of its draws.
    """
    n = phase.n_iter_no_change
    if best is not None:
        return best.epochs_since >= n
    if phase.tol == 0 or history.n_iter < 2 * n:
        return False
    curve = history.lower_bound
    return bool(np.mean(curve[-n:]) - np.mean(curve[-2 * n : -n]) < phase.tol)


@contextmanager
def until_interrupted(phase: Phase, history: History, ranks: Ranks) -> Iterator[Callable[[], bool]]:
    """Where a KeyboardInterrupt ends a phase that can be cut; what is yielded says whether the user
    asks for it, and the loop then raises it between two steps. A second one is raised on."""
    # Ranks would wait for each other if one left in its own time.
    held_back = nullcontext(lambda: False) if ranks.are_several else deferred_interrupt()
    try:
        with held_back as is_interrupted:
            yield is_interrupted
            history.interrupted = is_interrupted()
    except KeyboardInterrupt:
        is_second = is_interrupted() and not history.interrupted
        if is_second or ranks.are_several or not phase.can_be_cut:
            raise
        history.interrupted = True
