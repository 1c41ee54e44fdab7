# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Variational Deep Embedding.

Letters: B rows, M samples, K clusters, D features, d latent.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from sklearn_gmvae.models._base import DeepMixture, Posterior
from sklearn_gmvae.models._build import Spec
from sklearn_gmvae.models._convolutions import Layer
from sklearn_gmvae.models._elbo import ELBO
from sklearn_gmvae.models._gaussian import entropy_normal
from sklearn_gmvae.models._mixture_prior import GaussianMixturePrior
from sklearn_gmvae.models._moments import mixture_moments


class VaDE(DeepMixture):
    """Variational Deep Embedding (Jiang et al., 2017).

    c ~ Cat(pi);  z | c ~ N(mu_c, Sigma_c);  x | z ~ likelihood(decoder(z))
    q(z, c | x) = q(z | x) q(c | x),  q(z | x) = N(m(x), diag s2(x))
    q(c | x) is proportional to pi_c exp( E_q(z|x) log p(z | c) )
    """

    # 1 loses the rings, .3 and .1 keep them.
    prior_rate = 0.3

    def __init__(
        self,
        *,
        n_features: int,
        n_clusters: int,
        latent_dim: int,
        covariance_type: str,
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
            latent_dims=(latent_dim,),
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
        self.prior: GaussianMixturePrior = GaussianMixturePrior(
            n_clusters, latent_dim, covariance_type, variance_floor
        )

    def elbo_at(self, x: Tensor, noise: Tensor) -> ELBO:
        """The ELBO (the paper's section 3.2), with q(c | x) at its optimum in closed form."""
        ((mean, log_var),) = self.posterior(x, self.hidden(noise))
        log_joint = self.prior.expected_log_joint(mean, log_var.exp())  # (B, K)
        # At the optimal q(c | x) the two prior terms and the entropy of q(z | x) add up to
        # logsumexp_c + entropy; what the cluster term takes is left to the other. q(c | x) is a
        # stationary point, so no gradient has to pass through it in the split.
        log_evidence = log_joint.logsumexp(-1)  # (B,)
        log_resp = log_joint - log_evidence.unsqueeze(-1)
        fixed = log_resp.detach()
        cluster_prior = (fixed.exp() * (self.prior.log_weights() - fixed)).sum(-1)
        return ELBO(
            reconstruction=self.reconstruction(x, mean, log_var, noise[..., : self.latent_dims[0]]),
            conditional_prior=log_evidence + entropy_normal(log_var) - cluster_prior,
            cluster_prior=cluster_prior,
            log_resp=log_resp,
        )

    def log_resp_of_codes(self) -> Callable[[Posterior], Tensor]:
        """log q(c | x), in closed form (the paper's section 3.2, without sampling z)."""
        log_joint = self.prior.log_joint_function()

        def log_resp(posterior: Posterior) -> Tensor:
            ((mean, log_var),) = posterior
            return log_joint(mean, log_var.exp()).log_softmax(-1)

        return log_resp

    def log_weights(self) -> Tensor:
        return self.prior.log_weights()

    def centres(self) -> Tensor:
        return self.prior.means

    def initialize_prior(
        self, features: Tensor, z: Tensor, var: Tensor, resp: Tensor, shrinkage: float
    ) -> None:
        self.prior.set_parameters(*mixture_moments(z, var, resp, shrinkage))

    def sample_content(
        self, cluster: Tensor, style: Tensor | None, generator: torch.Generator
    ) -> Tensor:
        return self.prior.sample(cluster, generator)

    def permute(self, order: Tensor) -> None:
        self.prior.permute(order)
