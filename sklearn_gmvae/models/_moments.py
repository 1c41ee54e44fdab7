# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Weights, means and covariances of clusters from codes and responsibilities."""

import torch
from torch import Tensor


def mixture_moments(
    z: Tensor, var: Tensor, resp: Tensor, shrinkage: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The M step of a Gaussian mixture on uncertain codes N(z, diag var), its covariances
    shrunk towards the pooled one.

    The codes' own variances belong to the scatter: it is what maximises the ELBO's prior terms
    for a given q, and without it a latent dimension that the encoder leaves unused (its codes
    all near 0, their variance near 1) would start with a prior that its own codes contradict.

    Component k takes the posterior mean under an inverse-Wishart prior worth ``shrinkage``
    rows and centred on the pooled within-cluster covariance W:
    Sigma_k = (S_k + shrinkage W) / (n_k + shrinkage), S_k its scatter and n_k its rows. A
    component of few rows so keeps a covariance that its neighbours vouch for, one of many
    rows its own; a component without rows gets the mean of all codes.

    Parameters
    ----------
    z, var : Tensor of shape (n, d)
    resp : Tensor of shape (n, K)
    shrinkage : float
        Rows that the pooled covariance counts for.

    Returns
    -------
    weights (K,), means (K, d), covariances (K, d, d)
    """
    n, d = z.shape
    n_k = resp.sum(0)  # (K,)
    centre = z.mean(0)
    means = (resp.T @ (z - centre)) / n_k.clamp_min(1e-10).unsqueeze(-1) + centre
    scatter = torch.diag_embed(resp.T @ var)
    for k in range(resp.shape[1]):
        deviation = z - means[k]
        scatter[k] += (deviation * resp[:, k].unsqueeze(-1)).T @ deviation
    pooled = scatter.sum(0) / n
    covariances = (scatter + shrinkage * pooled) / (n_k + shrinkage).clamp_min(1e-10)[:, None, None]
    # Half a row for every component: none starts with a weight that it cannot grow from.
    weights = (n_k + 0.5) / (n + 0.5 * len(n_k))
    # A floor relative to the spread of the codes keeps the factorisation defined where codes
    # repeat (duplicates, constant X).
    ridge = 1e-6 * pooled.diagonal().mean() + 1e-6
    covariances = covariances + ridge * torch.eye(d, dtype=z.dtype, device=z.device)
    return weights, means, covariances
