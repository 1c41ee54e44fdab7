# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the training loop holds between two steps."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from sklearn_gmvae.models import ELBO
from sklearn_gmvae.training._optimizer import MixedPrecisionAdam
from sklearn_gmvae.training._phase import History
from sklearn_gmvae.training._ranks import Ranks
from sklearn_gmvae.training._stopping import BestEpoch, Caution


class Loop:
    """What the loop of a phase holds between two steps.

    Attributes
    ----------
    epoch : int
        The one under way.
    totals : EpochTotals
        Of its steps so far.
    """

    def __init__(
        self, optimizer: MixedPrecisionAdam, shuffling: torch.Generator, ranks: Ranks
    ) -> None:
        self._optimizer, self._shuffling, self._ranks = optimizer, shuffling, ranks
        self.history, self.caution, self.best = History(), Caution(), BestEpoch()
        self._begin(0)

    def _begin(self, epoch: int) -> None:
        self.epoch, self.totals = epoch, EpochTotals(self._ranks)
        # From which the epoch's order of rows is drawn, once more by a process that goes on in it.
        self._order = self._shuffling.get_state()

    def epochs(self, n_epochs: int) -> Iterator[int]:
        """Those that are not done; the first may have been begun."""
        while self.epoch < n_epochs:
            yield self.epoch
            self._begin(self.epoch + 1)

    def state(self) -> dict[str, Any]:
        """All of it but the generator of noise, which is not the loop's."""
        return {
            "epoch": self.epoch,
            "order": self._order.numpy(),
            "totals": self.totals.state(),
            "optimizer": self._optimizer.state(),
            "history": self.history.state(),
            "caution": self.caution.state(),
            "best": self.best.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._shuffling.set_state(torch.tensor(state["order"], device="cpu"))
        self._begin(state["epoch"])
        for name in ("totals", "optimizer", "history", "caution", "best"):
            part = self._optimizer if name == "optimizer" else getattr(self, name)
            part.restore(state[name])


class EpochTotals:
    """Sums over an epoch's finite steps, kept on the device until they are read.

    Attributes
    ----------
    n_batches : int
        Steps so far, finite or not.
    """

    def __init__(self, ranks: Ranks) -> None:
        self._ranks = ranks
        self.n_batches = 0
        self._sums: Tensor | None = None
        self._names: list[str] = []

    def add(self, bound: ELBO, objective: Tensor, finite: Tensor, n_rows: int) -> None:
        terms = bound.terms()
        self._names = list(terms)
        means = torch.stack([objective, *(term.detach().mean() for term in terms.values())])
        if not n_rows:  # another rank's batch: its means are none
            means = torch.zeros_like(means)
        row = torch.cat([means.new_ones(1), means.new_full((1,), n_rows), means * n_rows])
        row = torch.where(finite, row, torch.zeros_like(row)).double()
        self._sums = row if self._sums is None else self._sums.to(row.device) + row
        self.n_batches += 1

    def read(self) -> tuple[int, float, dict[str, float]]:
        """Number of finite steps, mean objective a row, mean of each term a row."""
        assert self._sums is not None, "an epoch has at least one batch"
        n_finite, n_rows, objective, *terms = self._ranks.sum(self._sums).tolist()
        n_finite /= self._ranks.size  # the ranks skip the same steps
        n_rows = max(n_rows, 1.0)
        means = {name: t / n_rows for name, t in zip(self._names, terms, strict=True)}
        return int(n_finite), objective / n_rows, means

    def state(self) -> dict[str, Any]:
        assert self._sums is not None, "there has been a step"
        sums = self._ranks.gather(self._sums.cpu().numpy()[None])
        return {"n_batches": self.n_batches, "names": self._names, "sums": sums}

    def restore(self, state: dict[str, Any]) -> None:
        self.n_batches, self._names = state["n_batches"], state["names"]
        self._sums = torch.tensor(state["sums"][self._ranks.rank], device="cpu")
