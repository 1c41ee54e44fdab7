# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""How GMVAE's style starts: as the coordinates in which each cluster varies.

A component of GMVAE has a diagonal covariance once its style w is known, so a start that leaves w
without meaning makes every cluster an axis-parallel ellipse, and loses rows that a mixture with
full covariances would place (MNIST: .95 -> .91, doc/notes/first_light.rst). Here w starts as the
common factors of each cluster (factor analysis), z | w, k ~ N(mu_k + A_k w, diag D_k) with
A_k A_k' + D_k about Sigma_k, and the encoder's style head as the least-squares guess of w.

Letters: n codes, K clusters, d content latent, s style latent.
"""

import torch
from torch import Tensor

# Iterations of principal-axis factoring, and the share of a coordinate's variance that stays its
# own: the less it is, the more exactly the encoder has to tell w. On MNIST the start is as good
# from .1 to .5 (accuracy .955 to .958 on rows not used), and its ELBO best at .5.
ITERATIONS = 20
MIN_RESIDUAL = 0.5


def principal_factors(covariances: Tensor, n_factors: int) -> tuple[Tensor, Tensor]:
    """Loadings A (K, d, s) and residual variances D (K, d) of covariances (K, d, d).

    Principal-axis factoring of the correlation matrix R: A from the positive part of R - D, D
    from the diagonal that A A' leaves, in turn. The diagonal of A A' + D is the covariance's.
    """
    scale = covariances.diagonal(dim1=-2, dim2=-1).sqrt()  # (K, d)
    correlations = covariances / (scale.unsqueeze(-1) * scale.unsqueeze(-2))
    # What rounding left: LAPACK makes NaN of the eigenvectors of subnormal numbers.
    negligible = torch.finfo(correlations.dtype).eps ** 2
    correlations = correlations.masked_fill(correlations.abs() < negligible, 0.0)
    n_kept = min(n_factors, scale.shape[-1])
    # What the other coordinates leave of each: 1 / (R^-1)_jj.
    own = 1.0 / torch.linalg.inv(correlations.double()).diagonal(dim1=-2, dim2=-1)
    own = own.to(scale).clamp(MIN_RESIDUAL, 1.0)
    for _ in range(ITERATIONS):
        eigenvalues, axes = torch.linalg.eigh(correlations - torch.diag_embed(own))  # ascending
        common = eigenvalues.flip(-1)[..., :n_kept].clamp_min(0.0)
        loadings = axes.flip(-1)[..., :n_kept] * common.sqrt().unsqueeze(-2)
        shared = loadings.square().sum(-1)  # of a variance of 1
        excess = (shared / (1.0 - MIN_RESIDUAL)).clamp_min(1.0)
        loadings = loadings / excess.sqrt().unsqueeze(-1)
        own = 1.0 - loadings.square().sum(-1)
    loadings = torch.nn.functional.pad(loadings, (0, n_factors - n_kept))
    return scale.unsqueeze(-1) * loadings, scale.square() * own


def expected_style(
    z: Tensor, resp: Tensor, means: Tensor, loadings: Tensor, residual: Tensor
) -> tuple[Tensor, Tensor]:
    """E[w | z] for each code, (n, s), and the variance of w around it, (s,), over clusters.

    w | z, k ~ N( P_k A_k' D_k^-1 (z - mu_k), P_k ),  P_k = (I + A_k' D_k^-1 A_k)^-1
    """
    scaled = (loadings / residual.unsqueeze(-1)).mT  # A' D^-1, (K, s, d)
    identity = torch.eye(loadings.shape[-1], dtype=z.dtype, device=z.device)
    posterior = torch.linalg.inv(identity + scaled @ loadings)  # P, (K, s, s)
    gain = posterior @ scaled  # (K, s, d)
    style = torch.zeros_like(z[:, :1]).expand(-1, loadings.shape[-1]).clone()
    for k in range(len(means)):
        style += resp[:, k, None] * ((z - means[k]) @ gain[k].T)
    variance = resp.mean(0) @ posterior.diagonal(dim1=-2, dim2=-1)
    return style, variance


def least_squares(inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Ridge regression of targets (n, t) on inputs (n, h): weight (t, h), bias (t,), and the
    variance that is left, (t,).

    The penalty, a hundredth of the inputs' mean variance, keeps inputs that are collinear or
    more than the rows from being fitted exactly; in double, as the normal equations ask.
    """
    x, y = inputs.double(), targets.double()
    x_mean, y_mean = x.mean(0), y.mean(0)
    x, y = x - x_mean, y - y_mean
    gram = x.T @ x
    gram.diagonal().add_(1e-2 * gram.diagonal().mean() + 1e-12)
    weight = torch.linalg.solve(gram, x.T @ y).T
    left = (y - x @ weight.T).square().mean(0)
    return weight, y_mean - weight @ x_mean, left
