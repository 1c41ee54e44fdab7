# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Adam on a model whose networks may be in bfloat16, taking no step that is not finite."""

import torch
from torch import Tensor, nn

from sklearn_gmvae.models import DeepMixture

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
    """

    def __init__(self, model: DeepMixture, learning_rate: float, precision: torch.dtype) -> None:
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
        self.model.set_network_precision(self.precision)
        return self

    def __exit__(self, *exception: object) -> None:
        self.model.set_network_precision(torch.float32)
        self._round_masters()
        self._forget_gradients()

    def step(self, objective: Tensor, rate: float) -> Tensor:
        """Ascend the objective at ``rate`` times the learning rates, unless a gradient is not
        finite; returns whether, as a 0-d tensor.

        The test stays on the device: the fused kernel itself leaves every parameter as it is
        where ``found_inf`` is set (the protocol of ``torch.amp.GradScaler``).
        """
        self._forget_gradients()
        (-objective).backward()
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        finite = torch.nn.utils.get_total_norm(gradients).isfinite()
        for weight, master in self._masters.items():
            if weight.grad is None:
                master.grad = None
            elif master.grad is None:
                master.grad = weight.grad.float()
            else:
                master.grad.copy_(weight.grad)
        for group in self._adam.param_groups:
            group["lr"] = self.learning_rate * group["rate"] * rate
        self._adam.grad_scale = None  # type: ignore[attr-defined]
        self._adam.found_inf = (~finite).float()  # type: ignore[attr-defined]
        self._adam.step()
        self._round_masters()
        return finite

    def values(self) -> list[Tensor]:
        """A copy of every parameter, in full precision."""
        return [self._masters.get(p, p).detach().clone() for p in self._parameters]

    @torch.no_grad()
    def set_values(self, values: list[Tensor]) -> None:
        """Go back to what `values` gave."""
        for parameter, value in zip(self._parameters, values, strict=True):
            self._masters.get(parameter, parameter).copy_(value)
        self._round_masters()

    @torch.no_grad()
    def _round_masters(self) -> None:
        for weight, master in self._masters.items():
            weight.copy_(master)

    def _forget_gradients(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None
