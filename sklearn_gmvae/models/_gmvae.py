# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Gaussian mixture variational autoencoder.

Letters: B rows, M samples, K clusters, D features, d content latent, s style latent. The
paper calls the data y and the content x; here, as everywhere in the package, x is the data and
z the content (the paper's z, the cluster, is k).
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from sklearn_gmvae.models._base import DeepMixture, Posterior
from sklearn_gmvae.models._build import Spec
from sklearn_gmvae.models._conditional_prior import ConditionalMixturePrior
from sklearn_gmvae.models._convolutions import Layer
from sklearn_gmvae.models._elbo import ELBO
from sklearn_gmvae.models._gaussian import (
    kl_normal,
    kl_standard_normal,
    log_normal,
    raw_log_var,
)
from sklearn_gmvae.models._moments import mixture_moments
from sklearn_gmvae.models._style_start import (
    expected_style,
    least_squares,
    principal_factors,
)
from sklearn_gmvae.models._tensors import standard_normal


class GMVAE(DeepMixture):
    """Gaussian mixture VAE (Dilokthanakul et al., 2016).

    w ~ N(0, I);  k ~ Cat(1/K);  z | w, k ~ N(mu_k(w), diag sigma2_k(w));
    x | z ~ likelihood(decoder(z))
    q(z, w, k | x) = q(z | x) q(w | x) p(k | z, w)

    Parameters
    ----------
    min_information : float
        lambda, nats: the cluster prior's KL divergence, averaged over the batch, acts only
        where it exceeds this (the paper's minimum-information constraint).
    """

    # A network moves its K Gaussians further at the same rate: .3 already costs the rings.
    prior_rate = 0.1

    def __init__(
        self,
        *,
        n_features: int,
        n_clusters: int,
        latent_dim: int,
        style_dim: int,
        prior_width: int,
        min_information: float,
        hidden: Sequence[Layer],
        activation: str,
        likelihood: Spec,
        variance_floor: float,
        generator: torch.Generator,
        network: str = "mlp",
        image_shape: tuple[int, int, int] | None = None,
        mask_input: bool = False,
        fill_input: bool = False,
    ) -> None:
        super().__init__(
            n_features=n_features,
            n_clusters=n_clusters,
            latent_dims=(latent_dim, style_dim),
            hidden=hidden,
            activation=activation,
            likelihood=likelihood,
            variance_floor=variance_floor,
            generator=generator,
            network=network,
            image_shape=image_shape,
            mask_input=mask_input,
            fill_input=fill_input,
        )
        self.min_information = min_information
        self.prior: ConditionalMixturePrior = ConditionalMixturePrior(
            n_clusters, latent_dim, style_dim, prior_width, variance_floor, generator
        )

    def elbo_at(self, x: Tensor, noise: Tensor) -> ELBO:
        """The four terms of the paper's eq. (4), with an explicit sum over k."""
        (mean, log_var), (style_mean, style_log_var) = self.posterior(x, self.hidden(noise))
        both = noise[..., : sum(self.latent_dims)]
        noise_z, noise_w = both.split(self.latent_dims, dim=-1)  # (M, B, d), (M, B, s)
        z = mean + (0.5 * log_var).exp() * noise_z
        w = style_mean + (0.5 * style_log_var).exp() * noise_w
        prior_mean, prior_log_var = self.prior(w)  # (M, B, K, d)
        log_resp = log_normal(z.unsqueeze(-2), prior_mean, prior_log_var).log_softmax(-1)
        resp = log_resp.exp()  # p(k | z, w), (M, B, K): exact, not amortised
        kl = kl_normal(mean.unsqueeze(-2), log_var.unsqueeze(-2), prior_mean, prior_log_var)
        information = math.log(self.n_clusters) + (resp * log_resp).sum(-1)  # (M, B)
        return ELBO(
            reconstruction=self.reconstruction(x, mean, log_var, noise_z),
            conditional_prior=-(resp * kl).sum(-1).mean(0),
            cluster_prior=-information.mean(0),
            style_prior=-kl_standard_normal(style_mean, style_log_var),
            log_resp=log_resp.mean(0),
        )

    def cluster_term(self, elbo: ELBO, batch_mean: Tensor | None = None) -> Tensor:
        """- max(lambda, E KL): no gradient while the batch's information is below lambda."""
        mean = elbo.cluster_prior.mean()
        if batch_mean is None:
            return mean.clamp(max=-self.min_information)
        floor = torch.full_like(mean, -self.min_information)
        return torch.where(batch_mean < -self.min_information, mean, floor)

    def log_resp_of_codes(self) -> Callable[[Posterior], Tensor]:
        """log p(k | z, w) at the posterior means of z and w."""

        def log_resp(posterior: Posterior) -> Tensor:
            (mean, _), (style_mean, _) = posterior
            prior_mean, prior_log_var = self.prior(style_mean)
            return log_normal(mean.unsqueeze(-2), prior_mean, prior_log_var).log_softmax(-1)

        return log_resp

    def log_weights(self) -> Tensor:
        weight = next(self.prior.parameters())
        return weight.new_full((self.n_clusters,), -math.log(self.n_clusters))

    def centres(self) -> Tensor:
        weight = next(self.prior.parameters())
        means: Tensor = self.prior(weight.new_zeros(self.latent_dims[1]))[0]
        return means

    def encode_style(self, x: Tensor) -> Tensor:
        """Posterior mean of w, (B, s)."""
        return self.encoder(self.encoder_input(x))[1][0]

    @torch.no_grad()
    def initialize_prior(
        self, features: Tensor, z: Tensor, var: Tensor, resp: Tensor, shrinkage: float
    ) -> None:
        _, means, covariances = mixture_moments(z, var, resp, shrinkage)
        style_dim = self.latent_dims[1]
        loadings, residual = principal_factors(covariances, style_dim)
        self.prior.set_parameters(means, loadings, residual)
        style, style_var = expected_style(z, resp, means, loadings, residual)
        weight, bias, left = least_squares(features, style)
        head = self.encoder.heads[1]
        assert isinstance(head, nn.Linear)
        head.weight.zero_()
        head.weight[:style_dim] = weight.to(head.weight)
        raw = raw_log_var(style_var + left.to(style_var), self.variance_floor)
        head.bias.copy_(torch.cat([bias.to(raw), raw]))

    def sample_content(
        self, cluster: Tensor, style: Tensor | None, generator: torch.Generator
    ) -> Tensor:
        n, (d, s) = len(cluster), self.latent_dims
        noise = standard_normal((n, d + s), generator)
        noise = noise.to(next(self.prior.parameters()).dtype)
        w = noise[:, d:] if style is None else style.to(noise)
        means, log_var = self.prior(w.expand(n, s))
        rows = torch.arange(n, device=cluster.device)
        return means[rows, cluster] + (0.5 * log_var[rows, cluster]).exp() * noise[:, :d]

    def permute(self, order: Tensor) -> None:
        self.prior.permute(order)
