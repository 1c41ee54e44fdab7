# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What VaDE and GMVAE share: encoder, decoder, likelihood, and the plain VAE they start from.

Letters: B rows, M samples, K clusters, D features, d content latent, s style latent.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import TypeAlias

import torch
from torch import Tensor, nn

from sklearn_gmvae.models._build import NETWORKS, Spec, build_likelihood
from sklearn_gmvae.models._convolutions import Layer
from sklearn_gmvae.models._elbo import ELBO
from sklearn_gmvae.models._gaussian import floored_log_var, kl_standard_normal
from sklearn_gmvae.models._row_gaussian import RowGaussian
from sklearn_gmvae.models._tensors import standard_normal

# Raw log-variances of q are cut here before use: exp() of anything beyond overflows or
# underflows float32 within a few products.
MAX_LOG_VAR = 15.0
# How often an encoder that knows no missing entries fills them: more mends little and can run away
# (doc/notes/data.rst).
FILLING_ROUNDS = 5
# How many entries of a row, and at most which share of them, are hidden from an encoder that learns
# to do with less (doc/notes/data.rst).
HIDDEN_ENTRIES, MOST_HIDDEN = 3, 0.2

# q(. | x) of each latent: mean and log-variance, both (B, d).
Posterior: TypeAlias = list[tuple[Tensor, Tensor]]


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
    network : str
        A key of `NETWORKS`.
    image_shape : tuple (C, H, W) or None
        How "conv" sees a row.
    mask_input : bool
        Whether the encoder sees which entries are missing, beside the others.
    fill_input : bool
        Whether it then sees in their place what `row_gaussian` expects, and not 0.

    Attributes
    ----------
    may_miss : bool
        Whether training has to look for missing entries (NaN); answers always do.
    row_gaussian : RowGaussian or None
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
        network: str,
        image_shape: tuple[int, int, int] | None,
        mask_input: bool,
        fill_input: bool,
    ) -> None:
        super().__init__()
        self.mask_input = self.may_miss = mask_input
        self.row_gaussian = RowGaussian(n_features) if mask_input and fill_input else None
        share = min(MOST_HIDDEN, HIDDEN_ENTRIES / n_features)
        self._hidden_below = NormalDist().inv_cdf(share)  # of standard-normal draws
        self.n_clusters = n_clusters
        self.latent_dims = tuple(latent_dims)
        self.variance_floor = variance_floor
        self.encoder, self.decoder = NETWORKS[network](
            n_features, hidden, latent_dims, activation, image_shape, mask_input, generator
        )
        self.likelihood = build_likelihood(likelihood, n_features)

    # -- what the two models define ----------------------------------------------------------

    @abstractmethod
    def elbo_at(self, x: Tensor, noise: Tensor) -> ELBO:
        """The ELBO of x (B, D), its expectations taken over given standard-normal draws.

        ``noise`` is (M, B, sum of latent_dims), or (M, 1, ...) for draws shared by all rows.
        """

    @abstractmethod
    def log_resp_of_codes(self) -> Callable[[Posterior], Tensor]:
        """log q(k | x), (B, K), as a function of what `posterior` says of x: deterministic, and by
        the parameters as they are now."""

    @abstractmethod
    def log_weights(self) -> Tensor:
        """log p(k), (K,)."""

    @abstractmethod
    def centres(self) -> Tensor:
        """E[content | k], (K, d); with a style latent, of style 0."""

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

    def missing(self, x: Tensor) -> Tensor | None:
        """Which entries of x (B, D) are missing, (B, D) bool; None: none is."""
        if self.training and not self.may_miss:
            return None
        # On a GPU the question waits for an answer; all of inference does, training must not. A sum
        # without NaN is cheaper than a look at each entry, and has no NaN in it.
        if not self.training and not x.sum().isnan():
            return None
        missing = x.isnan()
        return missing if self.training or missing.any() else None

    def encoder_input(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        """What the encoder sees of x (B, D); ``hidden`` as in `posterior`.

        With ``mask_input`` missing entries are what `row_gaussian` expects of them, or 0 without
        one, and D more columns say which. Else the encoder has learned from whole rows, and gets
        some: with what the decoder makes of the row, and at first of any row, in the holes
        (Rezende et al., 2014, appendix F, without its noise).
        """
        missing = self.missing(x)
        if hidden is not None:
            missing = hidden if missing is None else missing | hidden
        seen = self.likelihood.encoder_input(x)
        if missing is not None:
            seen = seen.masked_fill(missing, 0.0)
            if self.row_gaussian is not None:
                seen = self.row_gaussian.filled(seen, missing)
            elif not (self.mask_input or self.training):
                guess = self.expected_row()
                for _ in range(FILLING_ROUNDS):
                    seen = self.likelihood.encoder_input(self.likelihood.filled(x, missing, guess))
                    guess = self.decode(self.encoder(seen)[0][0])
        if self.mask_input:
            mask = torch.zeros_like(seen) if missing is None else missing.to(seen)
            seen = torch.cat([seen, mask], dim=-1)
        return seen

    def posterior(self, x: Tensor, hidden: Tensor | None = None) -> Posterior:
        """q(. | x) of each latent: mean and log-variance, both (B, d), in the prior's dtype.

        ``hidden``, (B, D) bool: what the encoder is not to see, though it is there.
        """
        dtype = next(self.prior.parameters()).dtype
        return [
            (
                mean.to(dtype),
                floored_log_var(raw.to(dtype).clamp(max=MAX_LOG_VAR), self.variance_floor),
            )
            for mean, raw in self.encoder(self.encoder_input(x, hidden))
        ]

    def log_resp(self, x: Tensor) -> Tensor:
        """log q(k | x), (B, K): deterministic. Of a row without any entry, log p(k)."""
        return self.log_resp_function()(x)

    def log_resp_function(self) -> Callable[[Tensor], Tensor]:
        """`log_resp` by the parameters as they are now: what depends on them alone is computed once
        for all the x that it is asked for."""
        of_codes = self.log_resp_of_codes()

        def log_resp(x: Tensor) -> Tensor:
            log_resp, missing = of_codes(self.posterior(x)), self.missing(x)
            if missing is None:
                return log_resp
            return torch.where(missing.all(-1, keepdim=True), self.log_weights(), log_resp)

        return log_resp

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
        """Standard-normal draws for `elbo_at`, (M, B, sum of latent_dims); in training with
        ``mask_input`` D columns more, for `hidden`."""
        n_hidden = self.likelihood.n_features if self.training and self.mask_input else 0
        shape = (n_samples, n_rows, sum(self.latent_dims) + n_hidden)
        return standard_normal(shape, generator)

    def hidden(self, noise: Tensor) -> Tensor | None:
        """Which entries the encoder is not to see, (B, D) bool, by the draws; None: it sees all.

        The bound of the observed entries holds for any q; one that has seen fewer of them teaches
        what to expect of those that are missing.
        """
        draws = noise[0, :, sum(self.latent_dims) :]
        return (
            self.likelihood.whole_variables(draws < self._hidden_below) if draws.shape[-1] else None
        )

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
        mean, log_var = self.posterior(x, self.hidden(noise))[0]
        noise = noise[..., : self.latent_dims[0]]
        return ELBO(
            reconstruction=self.reconstruction(x, mean, log_var, noise),
            conditional_prior=-kl_standard_normal(mean, log_var),
            cluster_prior=torch.zeros_like(mean[:, 0]),
        )

    def reconstruction(self, x: Tensor, mean: Tensor, log_var: Tensor, noise: Tensor) -> Tensor:
        """E log p(x | z) over z = mean + scale * noise: (B, d), (B, d), (M, B, d) -> (B,)."""
        z = mean + (0.5 * log_var).exp() * noise  # (M, B, d)
        output, missing = self.decoder(z.to(x.dtype)), self.missing(x)
        if missing is None:
            return self.likelihood.log_prob(x, output).mean(0)
        return self.likelihood.log_prob_observed(x, output, missing).mean(0)

    def encode(self, x: Tensor) -> Tensor:
        """Posterior mean of the content latent, (B, d)."""
        return self.encoder(self.encoder_input(x))[0][0]

    def decode(self, z: Tensor) -> Tensor:
        """E[x | z], (B, D)."""
        return self.likelihood.mean(self.decoder(z))

    def expected_row(self) -> Tensor:
        """What to expect of a row of which nothing is known, (D,): the clusters' decoded centres by
        their weights."""
        rows = self.decode(self.centres().float())
        return self.log_weights().exp().to(rows) @ rows

    def impute(self, x: Tensor, noise: Tensor) -> Tensor:
        """x (B, D) with E[entry | the others] in place of missing ones: the decoder's mean over
        given draws of the content latent, as in `elbo_at`; `expected_row` where there is none."""
        missing = x.isnan()
        mean, log_var = self.posterior(x)[0]
        z = mean + (0.5 * log_var).exp() * noise[..., : self.latent_dims[0]]  # (M, B, d)
        expected = self.likelihood.mean(self.decoder(z.to(x.dtype))).mean(0)
        expected = torch.where(missing.all(-1, keepdim=True), self.expected_row(), expected)
        return self.likelihood.filled(x, missing, expected)

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
