# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A phase of training: how it is to go, and how it went."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from sklearn_gmvae.training._schedules import one_cycle


def no_anchor(progress: float) -> float:
    """The default of `Phase.anchor_weight`."""
    return 0.0


@dataclass(frozen=True)
class Phase:
    """How one phase of training goes.

    Attributes
    ----------
    name : str
        What progress lines call it.
    n_epochs : int
    learning_rate : float
        Adam's rate at the top of its one-cycle schedule.
    prior_weight : callable
        Share of training done, in [0, 1) -> weight of the ELBO's prior terms.
    anchor_weight : callable
        Share of training done -> weight of the anchor to the start, where there is one.
    n_samples : int, default=1
        M, draws a row.
    tol : float, default=0.0
        Stop when `n_iter_no_change` epochs gained less, in nats a row; 0 never stops.
    n_iter_no_change : int, default=10
    precision : torch.dtype, default=torch.float32
        In which the networks' matrix products are computed.
    rate : callable, default=one_cycle
        Share of training done -> learning rate, as a share of ``learning_rate``.
    can_be_cut : bool, default=False
        Whether a KeyboardInterrupt ends the phase, since its model is of use at any moment, or is
        raised.
    can_be_shorter : bool, default=False
        Whether ``n_epochs`` is a guess, for a trial to shorten.
    """

    name: str
    n_epochs: int
    learning_rate: float
    prior_weight: Callable[[float], float]
    n_samples: int = 1
    tol: float = 0.0
    n_iter_no_change: int = 10
    precision: torch.dtype = torch.float32
    anchor_weight: Callable[[float], float] = no_anchor
    rate: Callable[[float], float] = one_cycle
    can_be_cut: bool = False
    can_be_shorter: bool = False


@dataclass
class History:
    """What a phase went through: one number an epoch, means over rows, nats.

    ``missing_volumes``: the log volume (`AffineMap.log_volume`) of an epoch's missing entries;
    empty where it is the same in all.
    """

    objective: list[float] = field(default_factory=list)
    lower_bound: list[float] = field(default_factory=list)
    terms: dict[str, list[float]] = field(default_factory=dict)
    validation: list[float] = field(default_factory=list)
    missing_volumes: list[float] = field(default_factory=list)
    converged: bool = False
    stopped: bool = False  # by a watcher
    interrupted: bool = False  # by the user
    n_skipped: int = 0

    @property
    def n_iter(self) -> int:
        return len(self.objective)

    def append(self, objective: float, terms: dict[str, float]) -> None:
        self.objective.append(objective)
        self.lower_bound.append(sum(terms.values()))
        for name, value in terms.items():
            self.terms.setdefault(name, []).append(value)

    def arrays(self) -> dict[str, np.ndarray]:
        """Every named term, and the objective, as arrays."""
        curves = {**self.terms, "objective": self.objective}
        if self.validation:
            curves["validation"] = self.validation
        return {name: np.array(values) for name, values in curves.items()}

    def state(self) -> dict[str, Any]:
        """All of it as plain values and arrays."""
        state = vars(self).copy()
        # Beside their values: a file keeps no order of names.
        state["terms"] = {"names": list(self.terms), "values": np.array([*self.terms.values()])}
        for name in ("objective", "lower_bound", "validation"):
            state[name] = np.array(state[name], dtype=np.float64)
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """Be what `state` was taken of."""
        terms = state["terms"]
        vars(self).update(
            {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in state.items()},
            terms=dict(zip(terms["names"], terms["values"].tolist(), strict=True)),
        )
