# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Several likelihoods, each of some columns."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from sklearn_gmvae.models.likelihoods._base import Likelihood


class Mixed(Likelihood):
    """Parts of a row, one after the other, each with a likelihood of its own."""

    name = "mixed"

    def __init__(self, parts: Sequence[Likelihood]) -> None:
        widths = [part.n_features for part in parts]
        super().__init__(sum(widths))
        self.widths = widths
        self.parts = nn.ModuleList(parts)

    def share_scale(self, shares: bool) -> None:
        for part in self.parts:
            assert isinstance(part, Likelihood)
            part.share_scale(shares)

    def log_prob_entries(self, x: Tensor, output: Tensor) -> Tensor:
        return torch.cat(self._each(lambda part, *xo: part.log_prob_entries(*xo), x, output), -1)

    def log_prob(self, x: Tensor, output: Tensor) -> Tensor:
        return torch.stack(self._each(lambda part, *xo: part.log_prob(*xo), x, output)).sum(0)

    def log_prob_observed(self, x: Tensor, output: Tensor, missing: Tensor) -> Tensor:
        each = self._each(lambda part, *xom: part.log_prob_observed(*xom), x, output, missing)
        return torch.stack(each).sum(0)

    def filled(self, x: Tensor, missing: Tensor, guess: Tensor) -> Tensor:
        guess = guess.expand_as(x)
        return torch.cat(self._each(lambda part, *xmg: part.filled(*xmg), x, missing, guess), -1)

    def whole_variables(self, chosen: Tensor) -> Tensor:
        return torch.cat(self._each(lambda part, c: part.whole_variables(c), chosen), -1)

    def encoder_input(self, x: Tensor) -> Tensor:
        return torch.cat(self._each(lambda part, x: part.encoder_input(x), x), -1)

    def mean(self, output: Tensor) -> Tensor:
        return torch.cat(self._each(lambda part, o: part.mean(o), output), -1)

    def sample(self, output: Tensor, generator: torch.Generator) -> Tensor:
        return torch.cat(self._each(lambda part, o: part.sample(o, generator), output), -1)

    def _each(self, answer: Callable[..., Tensor], *rows: Tensor) -> list[Tensor]:
        """``answer(part, its columns of each of rows)`` of every part."""
        split = [values.split(self.widths, -1) for values in rows]
        return [answer(part, *columns) for part, *columns in zip(self.parts, *split, strict=True)]
