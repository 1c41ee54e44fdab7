# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The evidence lower bound as named terms."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class ELBO:
    """Terms of the evidence lower bound, one value a row, in nats; their sum is the bound.

    Every term is signed so that larger is better. ``style_prior`` is None where the model
    has no style latent (VaDE). ``log_resp`` is no term but what they were computed with.
    """

    reconstruction: Tensor  # (B,)  E_q log p(data | content)
    conditional_prior: Tensor  # (B,)  - sum_k q(k) KL( q(content) || p(content | k) )
    cluster_prior: Tensor  # (B,)  - KL( q(k) || p(k) )
    style_prior: Tensor | None = None  # (B,)  - KL( q(style) || p(style) )
    log_resp: Tensor | None = None  # (B, K)  E_q log q(k)

    def terms(self) -> dict[str, Tensor]:
        """The terms that the model has, by name."""
        terms = {name: value for name, value in vars(self).items() if value is not None}
        terms.pop("log_resp", None)
        return terms

    def total(self) -> Tensor:
        """The bound itself, (B,)."""
        return sum(self.terms().values())  # type: ignore[return-value]
