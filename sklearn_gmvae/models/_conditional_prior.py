# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""K Gaussians whose means and variances are functions of the style: the prior of GMVAE.

Letters: M samples, B rows, K clusters, d content latent, s style latent.
"""

import torch
from torch import Tensor, nn

from sklearn_gmvae.models._gaussian import floored_log_var, raw_log_var
from sklearn_gmvae.models._networks import linear
from sklearn_gmvae.models._style_start import least_squares
from sklearn_gmvae.models._tensors import standard_normal

# Styles drawn to fit the network to a linear function.
FITTED_STYLES = 8192


class ConditionalMixturePrior(nn.Module):
    """p(z | w, k) = N(z; mu_k(w), diag sigma2_k(w)), mu and sigma2 by a network of w.

    One hidden tanh layer serves all clusters (Dilokthanakul et al., appendix A); the output
    layer has a mean and a raw log-variance for each cluster.
    """

    def __init__(
        self,
        n_clusters: int,
        latent_dim: int,
        style_dim: int,
        hidden_width: int,
        variance_floor: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.n_clusters = n_clusters
        self.latent_dim = latent_dim
        self.variance_floor = variance_floor
        self.hidden = linear(style_dim, hidden_width, generator)
        self.head = linear(hidden_width, n_clusters * 2 * latent_dim, generator)

    def forward(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """w (..., s) -> means and log-variances, both (..., K, d)."""
        out = self.head(self.hidden(w).tanh()).unflatten(-1, (self.n_clusters, -1))
        means, raw = out.chunk(2, dim=-1)
        return means, floored_log_var(raw, self.variance_floor)

    @torch.no_grad()
    def set_parameters(self, means: Tensor, loadings: Tensor, variances: Tensor) -> None:
        """mu_k(w) = means_k + loadings_k w, as nearly as the tanh layer allows, and
        sigma2_k(w) = variances_k; means and variances (K, d), loadings (K, d, s).
        """
        hidden, head = self.hidden, self.head
        seed = torch.Generator().manual_seed(0)
        w = standard_normal((FITTED_STYLES, hidden.in_features), seed).to(hidden.weight)
        weight, bias, _ = least_squares(hidden(w).tanh(), w)  # w from the tanh layer
        raw = raw_log_var(variances, self.variance_floor)
        head.bias.copy_(torch.cat([means + loadings @ bias.to(means), raw], dim=-1).flatten())
        by_cluster = head.weight.unflatten(0, (self.n_clusters, -1))
        by_cluster.zero_()
        by_cluster[:, : self.latent_dim] = loadings @ weight.to(loadings)

    @torch.no_grad()
    def permute(self, order: Tensor) -> None:
        """Renumber the clusters: the new cluster i is the old ``order[i]``."""
        for parameter in (self.head.weight, self.head.bias):
            by_cluster = parameter.unflatten(0, (self.n_clusters, -1))
            by_cluster.copy_(by_cluster[order])
