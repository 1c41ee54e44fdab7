# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""VaDE as one would write it down in plain torch: what the package's trainer is timed against.

The paper's model (diagonal covariances, Bernoulli likelihood), autocast for bfloat16, fused Adam;
no schedule, no check for non-finite steps, no history.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def layers(sizes: list[int]) -> list[nn.Module]:
    return [m for n_in, n_out in pairwise(sizes) for m in (nn.Linear(n_in, n_out), nn.ReLU())]


class BareVaDE:
    """Trains on X (n, D) in [0, 1], float32, in shuffled batches; `epoch` is one pass."""

    def __init__(
        self, X: Tensor, sizes: list[int], latent_dim: int, n_clusters: int, precision: torch.dtype
    ) -> None:
        self.X, self.precision = X, precision
        D, d, K = X.shape[1], latent_dim, n_clusters
        with torch.device(X.device):
            self.encoder = nn.Sequential(*layers([D, *sizes]))
            self.heads = nn.Linear(sizes[-1], 2 * d)
            self.decoder = nn.Sequential(*layers([d, *sizes[::-1]]), nn.Linear(sizes[0], D))
            self.logits = nn.Parameter(torch.zeros(K))
            self.means = nn.Parameter(torch.randn(K, d))
            self.log_var = nn.Parameter(torch.zeros(K, d))
        modules = (self.encoder, self.heads, self.decoder)
        parameters = [p for module in modules for p in module.parameters()]
        parameters += [self.logits, self.means, self.log_var]
        self.adam = torch.optim.Adam(parameters, lr=1e-3, fused=True)

    def epoch(self, batch_size: int = 256) -> None:
        for rows in torch.randperm(len(self.X), device=self.X.device).split(batch_size):
            loss = -self.elbo(self.X[rows]).mean()
            self.adam.zero_grad()
            loss.backward()
            self.adam.step()

    def elbo(self, x: Tensor) -> Tensor:
        """Jiang et al. (2017), section 3.2, with q(c | x) at its optimum."""
        lowered = self.precision == torch.bfloat16
        with torch.autocast(self.X.device.type, torch.bfloat16, enabled=lowered):
            h = self.encoder(x)
        mean, log_var = self.heads(h.float()).chunk(2, -1)
        z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
        with torch.autocast(self.X.device.type, torch.bfloat16, enabled=lowered):
            output = self.decoder(z)
        reconstruction = -F.binary_cross_entropy_with_logits(output.float(), x, reduction="none")
        precision = (-self.log_var).exp()
        distance = (
            mean.square() @ precision.T
            - 2 * mean @ (self.means * precision).T
            + (self.means.square() * precision).sum(-1)
            + log_var.exp() @ precision.T
        )
        log_joint = self.logits.log_softmax(0) - 0.5 * (distance + self.log_var.sum(-1))
        return reconstruction.sum(-1) + log_joint.logsumexp(-1) + 0.5 * log_var.sum(-1)
