# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What VaDE and GMVAE share: encoder, decoder, likelihood, and the plain VAE they start from.

Letters: B rows, M samples, K clusters, D features, d content latent, s style latent.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sklearn_gmvae.models._build import NETWORKS, Spec, build_likelihood
from sklearn_gmvae.models._convolutions import Layer
from sklearn_gmvae.models._elbo import ELBO
from sklearn_gmvae.models._gaussian import floored_log_var, kl_standard_normal
from sklearn_gmvae.models._tensors import standard_normal

# Raw log-variances of q are cut here before use: exp() of anything beyond overflows or
# underflows float32 within a few products.
MAX_LOG_VAR = 15.0


class DeepMixture(nn.Module, ABC):
    """A deep latent-variable model with K clusters.

    The networks and the mixture may have different dtypes: the arithmetic of every latent
    Gaussian is done in the dtype of ``prior``. Training keeps both in float32; for inference
    ``model.prior.double()`` makes responsibilities exact far from all components too.

    Parameters
    ----------
    n_features : int
        D, the number of features in the model's units.
    n_clusters : int
        K, the number of clusters.
    latent_dims : sequence of int
        The dimension of each latent that the encoder serves, the content latent first.
    hidden : sequence of int, or of tuples and int
        Widths of the encoder's layers; the decoder mirrors them. For "conv" convolutions
        (channels, kernel size, stride[, padding]) come first.
    activation : str
        A key of `ACTIVATIONS`.
    likelihood : str or tuple
        A key of `LIKELIHOODS`, or parts of the row as in `Spec`.
    variance_floor : float
        Floor of every latent variance.
    generator : torch.Generator
        Draws the initial weights.
    network : str, default="mlp"
        A key of `NETWORKS`.
    image_shape : tuple (C, H, W), optional
        How "conv" sees a row.
    """

    prior: nn.Module  # over the content latent, given the cluster
    # Learning rate of the prior as a multiple of the networks'. A start that is right is to be
    # kept: at the same rate, two rings that the start had found were cut into halves by training
    # (ARI 1 -> 0; doc/notes/first_light.rst).
    prior_rate: float
    # lambda, nats; 0 where a model has none.
    min_information = 0.0

    def __init__(
        self,
        *,
        n_features: int,
        n_clusters: int,
        latent_dims: Sequence[int],
        hidden: Sequence[Layer],
        activation: str,
        likelihood: Spec,
        variance_floor: float,
        generator: torch.Generator,
        network: str = "mlp",
        image_shape: tuple[int, int, int] | None = None,
    ) -> None:
        super().__init__()
        self.n_clusters = n_clusters
        self.latent_dims = tuple(latent_dims)
        self.variance_floor = variance_floor
        self.encoder, self.decoder = NETWORKS[network](
            n_features, hidden, latent_dims, activation, image_shape, generator
        )
        self.likelihood = build_likelihood(likelihood, n_features)

    # -- what the two models define ----------------------------------------------------------

    @abstractmethod
    def elbo_at(self, x: Tensor, noise: Tensor) -> ELBO:
        """The ELBO of x (B, D), its expectations taken over given standard-normal draws.

        ``noise`` is (M, B, sum of latent_dims), or (M, 1, ...) for draws shared by all rows.
        """

    @abstractmethod
    def log_resp(self, x: Tensor) -> Tensor:
        """log q(k | x), (B, K): deterministic."""

    @abstractmethod
    def initialize_prior(
        self, features: Tensor, z: Tensor, var: Tensor, resp: Tensor, shrinkage: float
    ) -> None:
        """Set the prior from codes N(z, diag var), both (n, d), and responsibilities (n, K).

        ``features`` (n, H) are the same rows before the encoder's heads; ``shrinkage`` as in
        `mixture_moments`.
        """

    @abstractmethod
    def sample_content(
        self, cluster: Tensor, style: Tensor | None, generator: torch.Generator
    ) -> Tensor:
        """One content latent for each named cluster; cluster (B,) -> (B, d)."""

    @abstractmethod
    def permute(self, order: Tensor) -> None:
        """Renumber the clusters: the new cluster i is the old ``order[i]``."""

    # -- what is the same for both -----------------------------------------------------------

    def encoder_input(self, x: Tensor) -> Tensor:
        """What the encoder sees of rows in the model's units, (B, D)."""
        return self.likelihood.encoder_input(x)

    def posterior(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """q(. | x) of each latent: mean and log-variance, both (B, d), in the prior's dtype."""
        dtype = next(self.prior.parameters()).dtype
        return [
            (
                mean.to(dtype),
                floored_log_var(raw.to(dtype).clamp(max=MAX_LOG_VAR), self.variance_floor),
            )
            for mean, raw in self.encoder(self.encoder_input(x))
        ]

    def set_network_precision(self, precision: torch.dtype) -> None:
        """Encoder and decoder in float32 or bfloat16. The encoder's heads stay in float32: they
        are small, and the mixture is built on what they say."""
        self.encoder.trunk.to(precision)
        self.decoder.to(precision)

    def network_parameters(self) -> list[nn.Parameter]:
        """Those that `set_network_precision` changes."""
        return [*self.encoder.trunk.parameters(), *self.decoder.parameters()]

    def features(self, x: Tensor) -> Tensor:
        """What the encoder's heads see of x, (B, H)."""
        return self.encoder.trunk(self.encoder_input(x))

    def draw_noise(self, n_samples: int, n_rows: int, generator: torch.Generator) -> Tensor:
        """Standard-normal draws for `elbo_at`, (M, B, sum of latent_dims)."""
        shape = (n_samples, n_rows, sum(self.latent_dims))
        return standard_normal(shape, generator)

    def elbo(self, x: Tensor, *, n_samples: int, generator: torch.Generator) -> ELBO:
        """The ELBO of x (B, D) estimated with M = ``n_samples`` draws a row."""
        return self.elbo_at(x, self.draw_noise(n_samples, len(x), generator))

    def objective(
        self,
        elbo: ELBO,
        prior_weight: float = 1.0,
        anchor: Tensor | None = None,
        anchor_weight: float = 0.0,
        cluster_prior: Tensor | None = None,
    ) -> Tensor:
        """What training maximises: the batch mean of the ELBO, its prior terms weighted.

        ``cluster_prior`` is that term's mean over the whole batch where ``elbo`` is of a part of
        it only.

        With ``anchor`` (B,), a cluster for each row, the prior terms have one more,
        - anchor_weight KL( anchor || q(k | x) ), which holds the rows to those clusters while
          the networks learn to tell them apart.
        """
        prior = elbo.conditional_prior.mean() + self.cluster_term(elbo, cluster_prior)
        if elbo.style_prior is not None:
            prior = prior + elbo.style_prior.mean()
        if anchor is not None:
            assert elbo.log_resp is not None, "a VAE has no clusters to hold to"
            prior = prior + anchor_weight * elbo.log_resp.gather(-1, anchor.unsqueeze(-1)).mean()
        return elbo.reconstruction.mean() + prior_weight * prior

    def cluster_term(self, elbo: ELBO, batch_mean: Tensor | None = None) -> Tensor:
        """The cluster prior's share of the objective; ``batch_mean`` as in `objective`."""
        return elbo.cluster_prior.mean()

    def autoencoder_elbo_at(self, x: Tensor, noise: Tensor) -> ELBO:
        """The ELBO of the plain VAE of encoder and decoder, with content latent ~ N(0, I):
        what pretraining maximises (a mixture of one known component has no cluster term)."""
        mean, log_var = self.posterior(x)[0]
        noise = noise[..., : self.latent_dims[0]]
        return ELBO(
            reconstruction=self.reconstruction(x, mean, log_var, noise),
            conditional_prior=-kl_standard_normal(mean, log_var),
            cluster_prior=torch.zeros_like(mean[:, 0]),
        )

    def reconstruction(self, x: Tensor, mean: Tensor, log_var: Tensor, noise: Tensor) -> Tensor:
        """E log p(x | z) over z = mean + scale * noise: (B, d), (B, d), (M, B, d) -> (B,)."""
        z = mean + (0.5 * log_var).exp() * noise  # (M, B, d)
        return self.likelihood.log_prob(x, self.decoder(z.to(x.dtype))).mean(0)

    def encode(self, x: Tensor) -> Tensor:
        """Posterior mean of the content latent, (B, d)."""
        return self.encoder(self.encoder_input(x))[0][0]

    def decode(self, z: Tensor) -> Tensor:
        """E[x | z], (B, D)."""
        return self.likelihood.mean(self.decoder(z))

    def sample(
        self,
        cluster: Tensor,
        *,
        style: Tensor | None = None,
        noise: bool = True,
        generator: torch.Generator,
    ) -> Tensor:
        """One row of X for each named cluster, (B, D); without ``noise`` the decoder's mean."""
        z = self.sample_content(cluster, style, generator)
        output = self.decoder(z.to(self.decoder.dtype))
        return self.likelihood.sample(output, generator) if noise else self.likelihood.mean(output)
