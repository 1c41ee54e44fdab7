# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Adam on a model whose networks may be in bfloat16, taking no step that is not finite."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._ranks import Ranks

# Learning rate of the likelihood's own parameters (the Gaussian's scales), as a multiple of the
# networks': Adam moves a log-variance by about its rate a step, and a table of a few hundred
# rows has a few hundred steps to get from 0 to log .03.
LIKELIHOOD_RATE = 10.0


class MixedPrecisionAdam:
    """Adam, with float32 master values of the weights that are computed with in bfloat16.

    Its steps are too small for the eight bits of a bfloat16: they are added up in the masters,
    and each sum is rounded into the model. Use it as a context: afterwards the model is float32
    again and has the masters' values, also where training was interrupted.

    Parameters
    ----------
    model : DeepMixture
        In float32.
    learning_rate : float
        The networks' rate; the likelihood and the prior have multiples of it.
    precision : torch.dtype
        Of the networks, from here to the end of the context.
    ranks : Ranks
        Whose gradients are added up.
    """

    def __init__(
        self, model: DeepMixture, learning_rate: float, precision: torch.dtype, ranks: Ranks
    ) -> None:
        self._ranks = ranks
        self.model, self.learning_rate, self.precision = model, learning_rate, precision
        self._parameters = list(model.parameters())
        lowered = model.network_parameters() if precision != torch.float32 else []
        self._masters = {p: nn.Parameter(p.detach().clone()) for p in lowered}
        groups = [
            {
                "params": [self._masters.get(p, p) for part in parts for p in part.parameters()],
                "rate": rate,
            }
            for rate, parts in (
                (1.0, (model.encoder, model.decoder)),
                (LIKELIHOOD_RATE, (model.likelihood,)),
                (model.prior_rate, (model.prior,)),
            )
        ]
        self._adam = torch.optim.Adam(groups, lr=learning_rate, fused=True)

    def __enter__(self) -> "MixedPrecisionAdam":
        if self._masters:
            self.model.set_network_precision(self.precision)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._masters:
            self.model.set_network_precision(torch.float32)
        self._round_masters()
        self._forget_gradients()

    def step(self, objective: Tensor, rate: float, share: float = 1.0) -> Tensor:
        """Ascend the objective at ``rate`` times the learning rates, unless a gradient is not
        finite; returns whether, as a 0-d tensor.

        With several ranks, the sum of their objectives, each weighted by its ``share``: of a
        share of 0, an empty batch, nothing is asked.

        The test stays on the device: the fused kernel itself leaves every parameter as it is
        where ``found_inf`` is set (the protocol of ``torch.amp.GradScaler``).
        """
        self._forget_gradients()
        if share:
            (-objective if share == 1.0 else -share * objective).backward()
        finite = self._hand_on_gradients()
        for group in self._adam.param_groups:
            group["lr"] = self.learning_rate * group["rate"] * rate
        self._adam.grad_scale = None  # type: ignore[attr-defined]
        self._adam.found_inf = (~finite).float()  # type: ignore[attr-defined]
        self._adam.step()
        self._round_masters()
        return finite

    def _hand_on_gradients(self) -> Tensor:
        """From the model's parameters, and from all ranks, to what Adam moves; returns whether
        they are finite."""
        moved = [self._masters.get(p, p) for p in self._parameters]
        if self._ranks.are_several:
            flat = [
                (torch.zeros_like(p) if p.grad is None else p.grad).flatten().to(m.dtype)
                for p, m in zip(self._parameters, moved, strict=True)
            ]
            summed = self._ranks.sum(torch.cat(flat))
            pieces = summed.split([p.numel() for p in moved])
            for m, piece in zip(moved, pieces, strict=True):
                m.grad = piece.view_as(m)
            return summed.norm().isfinite()
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        for weight, master in self._masters.items():
            if weight.grad is None:
                master.grad = None
            elif master.grad is None:
                master.grad = weight.grad.float()
            else:
                master.grad.copy_(weight.grad)
        return torch.nn.utils.get_total_norm(gradients).isfinite()

    def values(self) -> list[Tensor]:
        """A copy of every parameter, in full precision."""
        return [self._masters.get(p, p).detach().clone() for p in self._parameters]

    @torch.no_grad()
    def set_values(self, values: list[Tensor]) -> None:
        """Go back to what `values` gave."""
        for parameter, value in zip(self._parameters, values, strict=True):
            self._masters.get(parameter, parameter).copy_(value)
        self._round_masters()

    def moments(self) -> dict[Any, Any]:
        """Adam's moments and counts, of each parameter."""
        return self._adam.state_dict()["state"]

    def set_moments(self, moments: dict[Any, Any]) -> None:
        """Go on where `moments` were taken."""
        self._adam.load_state_dict({**self._adam.state_dict(), "state": moments})

    def state(self) -> dict[str, np.ndarray]:
        """Everything that moves, each kind end to end; what no gradient has reached yet has moments
        of zero, as Adam would begin with."""
        state = {"values": flat(self.values())}
        moments = [self._adam.state.get(p, {}) for p in self._moved()]
        state["steps"] = np.array([float(m.get("step", 0.0)) for m in moments])
        for name in ("exp_avg", "exp_avg_sq"):
            state[name] = flat(
                [
                    m.get(name, torch.zeros_like(p))
                    for m, p in zip(moments, self._moved(), strict=True)
                ]
            )
        return state

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on where `state` was taken."""
        self.set_values(pieces(state["values"], self._parameters))
        moved = self._moved()
        averages = (pieces(state[name], moved) for name in ("exp_avg", "exp_avg_sq"))
        self.set_moments(
            {
                i: {"step": torch.tensor(step), "exp_avg": mean, "exp_avg_sq": square}
                for i, (step, mean, square) in enumerate(
                    zip(state["steps"].tolist(), *averages, strict=True)
                )
            }
        )

    def _moved(self) -> list[nn.Parameter]:
        """What Adam moves, in its order."""
        return [p for group in self._adam.param_groups for p in group["params"]]

    @torch.no_grad()
    def _round_masters(self) -> None:
        for weight, master in self._masters.items():
            weight.copy_(master)

    def _forget_gradients(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None


def flat(tensors: list[Tensor]) -> np.ndarray:
    """All entries of all tensors, one after the other."""
    return torch.cat([tensor.detach().flatten() for tensor in tensors]).cpu().numpy()


def pieces(entries: np.ndarray, like: Sequence[Tensor]) -> list[Tensor]:
    """What `flat` has joined, each of the shape of its counterpart, and with memory of its own."""
    split = torch.tensor(entries).split([tensor.numel() for tensor in like])
    return [piece.view_as(tensor).clone() for piece, tensor in zip(split, like, strict=True)]
