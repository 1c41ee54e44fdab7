# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""GMVAEClustering."""

import math
import warnings
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils import check_array

from sklearn_gmvae._fitted import like
from sklearn_gmvae._online import OnlineDeepMixture
from sklearn_gmvae.models import GMVAE
from sklearn_gmvae.utils import kept_filters
from sklearn_gmvae.utils._sklearn import Interval

# Width of the prior network's hidden layer (the paper's), at most the encoder's last dense layer.
MAX_PRIOR_WIDTH = 500


class GMVAEClustering(OnlineDeepMixture):
    """Gaussian mixture VAE: clusters whose shape depends on a continuous style.

    Each row has a cluster and a style; a network of the style gives, for each cluster, a Gaussian
    over the content latent, which is decoded to the row. Clusters so may bend in the latent
    space, and the style says where along it a row lies.

    Parameters
    ----------
    n_clusters : int, default=8
        K, the number of clusters.

    latent_dim : int, default=10
        Dimension of the content latent: the width of `transform`.

    style_dim : int, default=10
        Dimension of the style latent (the paper's w).

    hidden_layer_sizes : "auto" or array-like of int, default="auto"
        Widths of the encoder's hidden layers, 100 at most; the decoder mirrors them. "auto": the
        VaDE paper's (500, 500, 2000) for 200 features and more, (256, 256) for more than 32, else
        (128, 128).

        With ``network="conv"`` one or more convolutions ``(channels, kernel_size, stride)`` and
        then widths of dense layers. They are padded to ``ceil(size / stride)`` pixels a side,
        unless a fourth number says by how many pixels. "auto": 4 x 4 convolutions of stride 2, of
        32 channels and then 64, until no side has more than 8 pixels, and 256 dense units,
        ``((32, 4, 2), (64, 4, 2), 256)`` for 28 x 28. The GMVAE paper's sizes for 28 x 28 are
        ``((16, 6, 1, 0), (32, 6, 1, 0), (64, 4, 2, 1), 500)``, here without its BatchNorm, which
        would let rows depend on each other.

    activation : {"relu", "gelu", "silu", "tanh"}, default="relu"
        Nonlinearity of the hidden layers.

    network : {"mlp", "conv"}, default="mlp"
        Dense layers, or for pictures convolutions and their mirror image in the decoder.

    image_shape : tuple (channels, height, width), default=None
        How a row of X is a picture of 1 to 4 channels: ``X.reshape(-1, *image_shape)``. None: a
        square of one channel if the number of features is a square, else a strip of one line.

    augment : {"image"} or callable, default=None
        A random change of the rows each time that pretraining and training see them, under which
        they should stay in their clusters. "image": every picture shifted by up to 1/14 of its
        sides (2 pixels of 28), turned by up to 10 degrees and zoomed by up to 10 %, uniformly and
        independently; what enters continues the picture's edge. A callable ``(batch, generator) ->
        batch`` gets a float32 tensor in the model's units (see `standardize`), of shape (B, C, H,
        W) with an `image_shape` or ``network="conv"``, else (B, D), and a
        :class:`torch.Generator` for its draws, both on the device in use; the result has the same
        shape, dtype and device, and is clipped as rows at predict are. Missing entries are NaN in
        it, and rows that had none must come back without. Starts, held-out rows and
        everything after `fit` see the rows as they are; `lower_bounds_` and `history_` are of the
        changed ones.

    likelihood : {"auto", "bernoulli", "categorical", "gaussian", "negative_binomial", "poisson"} \
            or dict, default="auto"
        Distribution of a feature given the latent.

        - "gaussian": real numbers, with a learned scale per feature.
        - "bernoulli": images and values in [0, 1] (cross-entropy).
        - "poisson": counts whose totals mean something, with rates of their own.
        - "negative_binomial": counts of which each row has as many as it happened to have, with a
          learned dispersion per feature: the row's sum times the features' shares (the law of
          scVI, with the sum as library size). Means and samples without a row have the median sum.
        - "categorical": categories numbered 0, 1, 2, ... (at most 1,000), each column its own. One
          that `fit` did not see counts as missing: its column says nothing of the row.

        A dict from columns (names or numbers) to these names lets columns differ; those that it
        does not name are as for "auto". "auto" is "bernoulli" if X is boolean, uint8, or all within
        [0, 1] and (with `standardize`) no scaled table, or (with `standardize`) like pixels, and
        not faint, else "gaussian". A scaled table, as of ``MinMaxScaler``: fewer than 200 columns,
        neither of zeros and ones nor of bytes over 255 (but for those of few grey levels: all
        multiples of 3, 5 or 17, taken alike as bytes); of the columns with more than 10 values less
        than a fifth of the entries are the smallest or the largest of X, and if there are none, all
        that vary reach from 0 to 1; and neither ``network="conv"``, `image_shape` nor
        ``augment="image"`` says that rows are pictures. Like pixels: 200 columns vary or more, half
        of them or more reach over nine tenths of the range of X, a fifth of all entries or more are
        at one end of it, and no column that often differs from that end stays within three tenths
        of the range. Faint: mapped to [0, 1], the mean of the values, each weighted by itself, is
        below 1/3, as of tf-idf. Of a data frame with booleans, texts or categories the booleans are
        "bernoulli", texts and categories "categorical" (encoded inside; missing and unseen ones
        count as missing), and that rule is applied to the numbers. See `likelihood_`.

    standardize : bool, default=True
        Map X to the likelihood's natural range inside the model, and every output in X's units
        back. Gaussian: each feature to mean 0 and variance 1; features like pixels (see
        `likelihood`), and principal components (5 or more, orthogonal, each shorter than the one
        before), to mean 0, and all by one scale; where there are 200 others or more, those that are
        on a background (their smallest or largest value or zero in a fifth of the rows: words,
        genes) by how far off it they are where they are, so that they vary the less the fewer rows
        are, and all to variances of 1 on average only. Bernoulli: one affine map of the whole
        matrix into [0, 1] (none if it is there already, / 255 for uint8); values beyond it at
        predict are clipped. Counts stay counts, of which the encoder sees standardised
        logarithms, and rates start at each feature's mean; without, plain logarithms, and rates
        start at 1. Categories become blocks of 0 and 1 either way.

    n_mc_samples : int, default=1
        M, the samples of the latents per row in the training objective.

    min_information : float, default=0.0
        lambda, nats: the cluster prior's term acts only where a batch's mean information about
        its clusters exceeds this (the paper's minimum-information constraint). 0 is
        the plain ELBO; log(n_clusters) and more switch the term off.

    init_params : {"auto", "merge", "gmm", "kmeans", "random"} or array-like, default="auto"
        How the clusters start. "auto": if columns are of several kinds and not all numbers or
        counts, or are categories, or zeros and ones of so many classes, or if the likelihood is
        Gaussian and half of the columns or more have two to ten values, of ten rows each, that
        categories describe better than numbers, and rows are not too few for it, a latent class
        model of X itself, to which numbers of few values are categories; if the likelihood is
        Gaussian and X itself, by the integrated completed likelihood, is `n_clusters` Gaussian
        clusters, the mixture of X; else "merge", unless the clusters of a single merge, of "kmeans"
        or of "gmm" hang together plainly better among nearest neighbours; of numbers in 2,000 rows
        and 2,000,000 entries or fewer, too few to settle a mixture of X, k-means of X competes too,
        and neighbours in X have half of the say. The others look at the pretrained codes.
        "merge": Gaussian mixtures of more components than clusters, merged along
        nearest-neighbour links, several times; the result that agrees best with the others (of
        too few rows for that, "gmm"). "gmm": a Gaussian mixture. "kmeans": k-means. "random":
        nearest of K random codes. Or labels of shape (n_samples,) in 0..n_clusters - 1, or
        responsibilities of shape (n_samples, n_clusters).

    n_init : int, default=1
        Fits from different seeds. The one is kept whose clusters have the highest modularity
        among the rows' ten nearest neighbours in X: the share of neighbours in one cluster,
        beyond chance (the `lower_bound_` says little about clusters).

    n_jobs : int, default=None
        Processes for the `n_init` fits, through joblib; None is one, -1 all processors.

    pretrain_iter : int, default=None
        Epochs of autoencoder pretraining; 0 skips it. None: a budget in updates, so that few
        rows are seen more often. Of 200 rows of counts or more ("poisson",
        "negative_binomial") a trial on nine tenths of them, before, tells at which of these
        epochs the ELBO of the others is best, and pretraining ends there.

    max_iter : int, default=None
        Largest number of epochs of training. None: a budget in updates, three
        times that of pretraining from 70,000 rows to some 140,000; where a trial has
        shortened pretraining, the same share of it.

    batch_size : int, default=256
        Rows per update.

    learning_rate : float, default=1e-3
        Adam's rate at the top of its one-cycle schedule.

    tol : float, default=0.0
        Stop when the mean ELBO of the last `n_iter_no_change` epochs is less than this above
        the mean of as many before, in nats a row. 0: never, the schedule is completed. With
        `early_stopping`, what counts as an improvement of the held-out ELBO.

    n_iter_no_change : int, default=10
        Epochs that `tol` and `early_stopping` look at.

    early_stopping : bool, default=False
        Hold out `validation_fraction` of the rows, stop when their ELBO has not improved for
        `n_iter_no_change` epochs, and keep the best epoch's parameters.

    validation_fraction : float, default=0.1
        Share of the rows held out by `early_stopping`.

    reg_covar : float, default=1e-6
        Floor of every latent variance.

    device : {"auto", "cpu", "cuda", "cuda:<index>"} or torch.device, default="auto"
        "auto" is CUDA where there is one, else the CPU. A named device must be there.

    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Arithmetic of the networks' matrix products in training; everything else, and all of
        prediction, is in float32 or better. "auto": bfloat16 for wide networks (500,000 products
        a row in the encoder and more) where the device multiplies it natively, else float32.

    checkpoint : str or path-like, default=None
        A folder, made if it is not there, in which `fit` keeps its state: every two minutes, at the
        beginning of each phase, and at Ctrl-C. The same `fit` after a kill goes on from there, in
        whichever phase and run, to the result of an undisturbed one; see Notes. None writes
        nothing. `partial_fit` does not look at it.

    warm_start : bool, default=False
        Continue from the last fit's model, without pretraining and a new start: the rows are
        held to the clusters that it sees in X, and the prior terms have their full weight.

    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, shuffling, noise and starts. On a CPU the same seed gives the
        same result bit for bit. None is a fresh seed from the system: no global random state
        is read or changed.

    verbose : int, default=0
        1: print a line every few seconds and at the end of each phase: the run of several, the
        phase, the epoch (of `partial_fit` how much of the phase is done), the ELBO in nats a row
        and the seconds that are left of the phase. scikit-learn's callbacks (its version 1.9 and
        later) are told of the same phases and epochs of `fit`, see Notes.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
        Cluster of each row of the fitted X, the largest cluster first (with an array as
        `init_params`, in its order; with `warm_start`, in the last fit's).
    weights_ : ndarray of shape (n_clusters,)
        1 / n_clusters: the prior is uniform.
    means_ : ndarray of shape (n_clusters, latent_dim)
        The components' means at style 0.
    covariances_ : ndarray
        The components' variances at style 0, of shape (n_clusters, latent_dim).
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
        The decoded means, in X's units; of a category the number of the most probable, in the
        order of `categories_`.
    categories_ : list of ndarray
        Only after a data frame of more than numbers: what each column may be, in the order of
        the numbers that stand for them; empty for a column of numbers or booleans.
    n_iter_ : int
        Epochs of training.
    converged_ : bool
        Whether training stopped by `tol` or `early_stopping`, or completed the default
        schedule (``max_iter=None``), which ends with a learning rate of zero.
    lower_bound_ : float
        `score` of the fitted X, nats a row; of several ranks, the mean over all their rows.
    lower_bounds_ : ndarray of shape (n_epochs,)
        The plain ELBO of each epoch of training, nats a row (from single draws, and with the
        parameters as they were during the epoch).
    history_ : dict of str to ndarray of shape (n_epochs,)
        The named terms of the ELBO: `reconstruction`, `conditional_prior`, `cluster_prior`,
        `style_prior`; `objective`, what was maximised (see Notes); and with `early_stopping`
        `validation`, the held-out ELBO. Means over rows, nats.
    pretrain_history_ : dict of str to ndarray
        The same of the pretraining.
    fit_seconds_ : dict of str to float
        Seconds that `trial` (if there was one), `pretraining`, `start` and `training` took.
    likelihood_ : str or dict
        The likelihood in use; where columns differ, that of each by its name or number.
    hidden_layer_sizes_ : tuple
        The layers in use.
    device_ : str
        The device in use.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X had string column names.

    See Also
    --------
    VaDEClustering : Components that are Gaussians in the latent space; faster.
    sklearn.mixture.GaussianMixture : A mixture on X itself.

    Notes
    -----
    The generative model (Dilokthanakul et al., section 3), in this package's letters:
    w ~ N(0, I), k ~ Cat(1/K), z | w, k ~ N(mu_k(w), diag sigma2_k(w)),
    x | z ~ likelihood(decoder(z)); the paper writes x, y, z for our z, x, k.

    Training maximises the ELBO with prior terms weighted by .05 at first and by 1 from the
    middle on. One more term beside them, -KL(anchor || p(k | z, w)), holds each row to the most
    probable cluster of its start, and from time to time anew to the cluster of its nearest codes;
    its weight relative to theirs falls from 1 to 0, which it is in the last tenth. Where the
    start is a mixture or a latent class model of X, rows are held to it alone; from 10 on where it
    is a mixture and no larger one comes near by BIC, and alone, from 10 on, where a start on the
    codes hangs together better among them than what Gaussians make of it.
    A random start is not held to. `early_stopping` and `tol` look at the plain ELBO and may stop
    before that.

    Missing entries are left out of the likelihood: of a row with holes the ELBO is that of its
    other entries. If X has any in `fit`, the encoder sees which, and some of the others are hidden
    from it in training at random: three a row, a fifth at most. It gets both filled by what one
    Gaussian of the rows expects, given what it sees (of up to 64 features, each category being one;
    of more by zeros, after standardisation). An encoder that was fitted to whole rows gets holes
    filled by what the model makes of the row.

    With scikit-learn 1.9 and later, `set_callbacks` takes its callbacks, like
    `sklearn.callback.ProgressBar`. The tasks are the fit, each of the `n_init` runs if there are
    several, the phases "trial" (if there is one), "pretraining", "start" and "training", and their
    epochs. A callback that returns True at the end of an epoch ends the phase. Epochs of training
    come with the estimator as if `fit` had ended there, whose last entry of `lower_bounds_` is the
    epoch's ELBO. A bar has no place for it: above one set on the estimator, the lines of
    ``verbose=1`` appear.

    With a `checkpoint`, each of the `n_init` runs has a file, named by a fingerprint of X, of all
    that the parameters say about the model and its training, of `random_state`, of the kind of
    device and of this package's code: no other fit takes it up, and folds and candidates of a
    search share a folder. (Of an `augment` function, and of callbacks that may stop training, code
    and attributes count, but not what they read elsewhere.) The files of a completed fit stay and
    stand for it: a search that was killed does not repeat what was done. Delete the folder to train
    anew. Only with
    ``random_state=None``, when each fit is to be another one, are they removed at the end; until
    then they keep the seeds that were drawn. The result is bit for bit that of an undisturbed fit
    if the machine, the versions of the libraries and the number of threads are the same; where they
    are not, a warning says so. A damaged file is told of and not used. It holds plain arrays and
    text, and can run no code.

    References
    ----------
    Dilokthanakul, Mediano, Garnelo, Lee, Salimbeni, Arulkumaran and Shanahan (2016). Deep
    Unsupervised Clustering with Gaussian Mixture Variational Autoencoders. arXiv:1611.02648.

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> from sklearn_gmvae import GMVAEClustering
    >>> X, _ = make_blobs(n_samples=150, centers=3, n_features=5, random_state=0)
    >>> gmvae = GMVAEClustering(n_clusters=3, random_state=0).fit(X)
    >>> gmvae.transform_style(X).shape
    (150, 10)
    """

    _model_class = GMVAE
    _parameter_constraints: dict = {
        **OnlineDeepMixture._parameter_constraints,
        "style_dim": [Interval(Integral, 1, None, closed="left")],
        "min_information": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_clusters=8,
        *,
        latent_dim=10,
        style_dim=10,
        hidden_layer_sizes="auto",
        activation="relu",
        network="mlp",
        image_shape=None,
        augment=None,
        likelihood="auto",
        standardize=True,
        n_mc_samples=1,
        min_information=0.0,
        init_params="auto",
        n_init=1,
        n_jobs=None,
        pretrain_iter=None,
        max_iter=None,
        batch_size=256,
        learning_rate=1e-3,
        tol=0.0,
        n_iter_no_change=10,
        early_stopping=False,
        validation_fraction=0.1,
        reg_covar=1e-6,
        device="auto",
        precision="auto",
        checkpoint=None,
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.n_clusters = n_clusters
        self.latent_dim = latent_dim
        self.style_dim = style_dim
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.network = network
        self.image_shape = image_shape
        self.augment = augment
        self.likelihood = likelihood
        self.standardize = standardize
        self.n_mc_samples = n_mc_samples
        self.min_information = min_information
        self.init_params = init_params
        self.n_init = n_init
        self.n_jobs = n_jobs
        self.pretrain_iter = pretrain_iter
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.reg_covar = reg_covar
        self.device = device
        self.precision = precision
        self.checkpoint = checkpoint
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def _check_parameters(self):
        if self.n_clusters > 1 and self.min_information >= math.log(self.n_clusters):
            warnings.warn(
                f"min_information={self.min_information} is not below log(n_clusters)="
                f"{math.log(self.n_clusters):.3f}, the most that a cluster can tell: the cluster "
                "prior's term never acts. Lower min_information to bring it back.",
                UserWarning,
                stacklevel=5,
            )

    def _architecture(self, n_features, hidden, likelihood):
        return {
            "n_features": n_features,
            "n_clusters": self.n_clusters,
            "latent_dim": self.latent_dim,
            "style_dim": self.style_dim,
            "prior_width": min([MAX_PRIOR_WIDTH, *(h for h in hidden[-1:] if isinstance(h, int))]),
            # Beyond log K it never acts; beyond this it would be no float32.
            "min_information": min(float(self.min_information), 1e30),
            "hidden": hidden,
            "activation": self.activation,
            "likelihood": likelihood,
            "variance_floor": self.reg_covar,
        }

    def _mixture_arrays(self, model):
        w = torch.zeros(self.style_dim, dtype=torch.float64, device=self.device_)
        with torch.no_grad():
            means, log_var = model.prior(w)
        weights = np.full(self.n_clusters, 1.0 / self.n_clusters)
        return weights, means.cpu().numpy(), log_var.exp().cpu().numpy()

    def transform_style(self, X):
        """Posterior mean of the style latent.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        W : ndarray of shape (n_samples, style_dim)
            float32 for float32 X, else float64.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X has infinite entries or another number of features than the X fitted.
        """
        X = self._rows(X)
        return like(X, self._map(self._model.encode_style, X))

    def sample(self, n_samples=1, *, cluster=None, style=None, noise=True, random_state=None):
        """Draw rows from the fitted model.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        cluster : int, default=None
            Draw from this cluster only; None: from all, by their weights.
        style : array-like of shape (n_samples, style_dim), (1, style_dim) or (style_dim,), \
                default=None
            The style of each row, or one of all; None: drawn from N(0, I).
        noise : bool, default=True
            False returns the decoder's mean for each drawn latent, without the likelihood's
            noise: the pictures in the papers.
        random_state : int, RandomState instance or None, default=None
            None: a new draw at each call.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float64, or data frame
            In the units of the X that was fitted; a frame with its columns and dtypes if that was
            one with texts, categories or booleans.
        y : ndarray of shape (n_samples,)
            The cluster of each row, in ascending order, as `GaussianMixture.sample`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If `n_samples`, `cluster` or the shape of `style` is impossible.
        """
        self._check_is_fitted()
        if style is not None:
            style_dim = self._model.latent_dims[1]
            with kept_filters():
                style = np.atleast_2d(check_array(style, ensure_2d=False, dtype=np.float64))
            if style.shape not in ((1, style_dim), (n_samples, style_dim)):
                raise ValueError(
                    f"style should have shape ({n_samples}, {style_dim}) or ({style_dim},), but "
                    f"has {style.shape}. Give one style for all rows or one for each."
                )
        return self._sample(n_samples, cluster, style, noise, random_state)
