# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A Gaussian mixture in the latent space: the prior of VaDE.

Letters: B rows, K components, d latent dimensions.
"""

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor, nn

from sklearn_gmvae.models._gaussian import LOG_2PI, floored_log_var, raw_log_var
from sklearn_gmvae.models._tensors import DTYPE, standard_normal

COVARIANCE_TYPES = ("full", "tied", "diag", "spherical")

# Of N(mean, diag var), both (B, d), a value for each component, (B, K).
GaussianFunction: TypeAlias = Callable[[Tensor, Tensor], Tensor]


class GaussianMixturePrior(nn.Module):
    """p(z) = sum_k pi_k N(z; mu_k, Sigma_k), with learned parameters.

    The precision of a component is T T', T lower-triangular with a positive diagonal, so that
    every density is a product and a sum of squares. T = (I + L) diag(exp(-v / 2)), L strictly
    lower-triangular, v the log of the conditional variances of the coordinates, which never
    fall below ``variance_floor``. For "diag" and "spherical" L is absent and v is the log of
    the variances themselves.
    """

    def __init__(
        self, n_clusters: int, latent_dim: int, covariance_type: str, variance_floor: float
    ) -> None:
        super().__init__()
        K, d = n_clusters, latent_dim
        self.covariance_type = covariance_type
        self.variance_floor = variance_floor
        self.logits = nn.Parameter(torch.zeros(K, dtype=DTYPE))
        self.means = nn.Parameter(torch.zeros(K, d, dtype=DTYPE))
        n_shapes = 1 if covariance_type == "tied" else K
        n_scales = 1 if covariance_type == "spherical" else d
        self.raw_log_var = nn.Parameter(torch.zeros(n_shapes, n_scales, dtype=DTYPE))
        self.lower = (
            nn.Parameter(torch.zeros(n_shapes, d, d, dtype=DTYPE))
            if covariance_type in ("full", "tied")
            else None
        )

    def log_weights(self) -> Tensor:
        """log pi, (K,)."""
        return self.logits.log_softmax(0)

    def _log_var(self) -> Tensor:
        """v, (1 or K, d)."""
        v = floored_log_var(self.raw_log_var, self.variance_floor)
        return v.expand(-1, self.means.shape[1])

    def precision_cholesky(self) -> Tensor:
        """T with Sigma^-1 = T T', (1 or K, d, d); diagonal types give diagonal matrices."""
        v = self._log_var()
        if self.lower is None:
            return torch.diag_embed((-0.5 * v).exp())
        identity = torch.eye(v.shape[-1], dtype=v.dtype, device=v.device)
        unit = identity + self.lower.tril(-1)
        return unit * (-0.5 * v).exp().unsqueeze(-2)

    def covariances(self) -> Tensor:
        """Sigma_k, (1 or K, d, d)."""
        return torch.cholesky_inverse(self.precision_cholesky())

    def expected_log_prob(self, mean: Tensor, var: Tensor) -> Tensor:
        """E log N(z; mu_k, Sigma_k) for z ~ N(mean, diag var); mean and var (B, d) -> (B, K).

        -1/2 ( d log 2pi + log|Sigma_k| + tr(Sigma_k^-1 diag var) + ||T_k'(mean - mu_k)||^2 )
        (Jiang et al., appendix, with a full covariance in place of the diagonal one).
        """
        return self.log_prob_function()(mean, var)

    def log_prob_function(self) -> GaussianFunction:
        """`expected_log_prob` by the parameters as they are: what depends on them alone is computed
        once for all rows that it is asked for."""
        K, d = self.means.shape
        v = self._log_var()
        log_det = v.sum(-1)
        if self.lower is None:
            precision, inverse_scale = (-v).exp(), (-0.5 * v).exp()  # (K, d)
        else:
            T = self.precision_cholesky()
            precision = T.square().sum(-1)  # diagonal of T T', (1 or K, d)
            # One product with all K factors side by side: no (B, K, d, d).
            side_by_side = T.transpose(0, 1).reshape(d, -1)
            centre = torch.einsum("kd,kde->ke", self.means, T.expand(K, d, d))

        def expected_log_prob(mean: Tensor, var: Tensor) -> Tensor:
            if self.lower is None:
                deviation = (mean.unsqueeze(-2) - self.means) * inverse_scale  # (B, K, d)
            else:
                whitened = (mean @ side_by_side).unflatten(-1, (-1, d))  # (B, 1 or K, d)
                deviation = whitened - centre
            distance = deviation.square().sum(-1) + var @ precision.T  # (B, K)
            return -0.5 * (d * LOG_2PI + log_det + distance)

        return expected_log_prob

    def expected_log_joint(self, mean: Tensor, var: Tensor) -> Tensor:
        """log pi_k + E log p(z | k), (B, K)."""
        return self.log_joint_function()(mean, var)

    def log_joint_function(self) -> GaussianFunction:
        """`expected_log_joint`, as `log_prob_function`."""
        log_weights, log_prob = self.log_weights(), self.log_prob_function()
        return lambda mean, var: log_weights + log_prob(mean, var)

    def sample(self, cluster: Tensor, generator: torch.Generator) -> Tensor:
        """One z from the component named for each row; cluster (B,) -> (B, d)."""
        shape = (len(cluster), self.means.shape[1])
        noise = standard_normal(shape, generator)
        T = self.precision_cholesky().expand(len(self.means), -1, -1)[cluster]
        # Sigma = T'^-1 T^-1, so z - mu = T'^-1 noise.
        offset = torch.linalg.solve_triangular(T.mT, noise.to(T.dtype).unsqueeze(-1), upper=True)
        return self.means[cluster] + offset.squeeze(-1)

    @torch.no_grad()
    def set_parameters(self, weights: Tensor, means: Tensor, covariances: Tensor) -> None:
        """Take over a mixture given by weights (K,), means (K, d) and covariances (K, d, d).

        The covariances are reduced to what ``covariance_type`` can hold: averaged over the
        components for "tied", the diagonal for "diag", its mean for "spherical".
        """
        self.logits.copy_(weights.clamp_min(torch.finfo(weights.dtype).tiny).log())
        self.means.copy_(means)
        if self.covariance_type == "tied":
            covariances = (weights[:, None, None] * covariances).sum(0, keepdim=True)
        variances = covariances.diagonal(dim1=-2, dim2=-1)
        if self.lower is None:
            if self.covariance_type == "spherical":
                variances = variances.mean(-1, keepdim=True)
            self.raw_log_var.copy_(raw_log_var(variances, self.variance_floor))
            return
        # Sigma^-1 = T T' with T lower-triangular: the Cholesky factor of the precision.
        # In double: codes that are nearly collinear leave float32 no positive definite inverse.
        T = torch.linalg.cholesky(torch.linalg.inv(covariances.double()))
        diagonal = T.diagonal(dim1=-2, dim2=-1)
        self.raw_log_var.copy_(raw_log_var(diagonal.pow(-2), self.variance_floor))
        self.lower.copy_((T / diagonal.unsqueeze(-2)).tril(-1))

    @torch.no_grad()
    def permute(self, order: Tensor) -> None:
        """Renumber the components: the new component i is the old ``order[i]``."""
        for parameter in (self.logits, self.means, self.raw_log_var, self.lower):
            if parameter is not None and len(parameter) == len(order):
                parameter.copy_(parameter[order])
