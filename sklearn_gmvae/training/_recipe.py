# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""All that a training run needs to be told once."""

from dataclasses import dataclass

import numpy as np

from sklearn_gmvae.training._augment import Augmentation
from sklearn_gmvae.training._phase import Phase


@dataclass(frozen=True)
class Recipe:
    """All that a training run needs besides X, the seed and the model.

    Attributes
    ----------
    pretraining, training : Phase
    start : str, ndarray or None
        "auto" or a key of `STARTS`, or labels (n,), or responsibilities (n, K); None where a model
        is continued.
    batch_size : int
    validation_fraction : float or None
        Share of the rows held out for early stopping; None: no early stopping.
    augment : Augmentation or None
        What the rows go through each time that pretraining and training see them; starts, anchors
        and validation see them as they are.
    may_miss : bool
        Whether X may have missing entries.
    trial : Phase or None
        What tells how much shorter pretraining and training are to be (`Trial`); None: they are as
        long as they say.
    """

    pretraining: Phase
    training: Phase
    start: str | np.ndarray | None
    batch_size: int
    validation_fraction: float | None
    augment: Augmentation | None = None
    may_miss: bool = False
    trial: Phase | None = None

    def n_held_out(self, n: int) -> int:
        """How many of n rows, 2 or more, are held out for early stopping."""
        if self.validation_fraction is None:
            return 0
        return min(max(round(self.validation_fraction * n), 1), n - 1)

    @property
    def phases(self) -> tuple[str, ...]:
        """Names of what a run goes through, in order."""
        if self.start is None:
            return ("start", "training")
        tried = () if self.trial is None else (self.trial.name,)
        return (*tried, "pretraining", "start", "training")
