# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Categorical likelihood, for columns that name one of several things."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from sklearn_gmvae.models.likelihoods._base import Likelihood


class Categorical(Likelihood):
    """Each variable is one of L categories, with probabilities softmax(its L outputs).

    A row has a block of L entries for each variable, 1 for the category and 0 elsewhere; a variable
    that is missing is missing in its whole block.

    Parameters
    ----------
    sizes : int or sequence of int
        L of each variable, whose blocks follow one another; a number is one variable.
    """

    name = "categorical"
    _back: Tensor
    domain = "categories"

    def __init__(self, sizes: int | Sequence[int]) -> None:
        sizes = (sizes,) if isinstance(sizes, int) else tuple(sizes)
        super().__init__(sum(sizes))
        # Blocks of one size are normalised together. For each size: where the entries of its
        # blocks stand; and how those of all sizes get back from there.
        lengths = torch.tensor(sizes, device="cpu")
        lengths = lengths.repeat_interleave(lengths)
        self._sizes = sorted(set(sizes))
        places = [(lengths == size).nonzero().squeeze(1) for size in self._sizes]
        here = torch.empty(0).device  # see `linear`
        for size, place in zip(self._sizes, places, strict=True):
            self.register_buffer(f"_places_{size}", place.to(here), persistent=False)
        self.register_buffer("_back", torch.cat(places).argsort().to(here), persistent=False)

    def log_prob_entries(self, x: Tensor, output: Tensor) -> Tensor:
        return x * self._of_blocks(output, lambda block: block.log_softmax(-1))

    def whole_variables(self, chosen: Tensor) -> Tensor:
        return self._of_blocks(chosen, lambda block: block[..., :1].expand_as(block))

    def mean(self, output: Tensor) -> Tensor:
        """The probability of each category, (..., D)."""
        return self._of_blocks(output, lambda block: block.softmax(-1))

    def sample(self, output: Tensor, generator: torch.Generator) -> Tensor:
        def draw(block: Tensor) -> Tensor:
            weights = block.softmax(-1).flatten(0, -2)
            drawn = torch.multinomial(weights, 1, generator=generator)
            return F.one_hot(drawn, weights.shape[-1]).view(block.shape).to(block)

        return self._of_blocks(output, draw)

    def _of_blocks(self, output: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
        """``function``, (..., L) -> (..., L), of the outputs of each variable."""
        changed = []
        for size in self._sizes:
            blocks = output[..., getattr(self, f"_places_{size}")].unflatten(-1, (-1, size))
            changed.append(function(blocks).flatten(-2))
        return torch.cat(changed, -1)[..., self._back]
