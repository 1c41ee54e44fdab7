# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The fit template and the predict family of both estimators.

Letters in shapes: n rows, D features, d latent dimensions, K clusters.
"""

import copy
import warnings
from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from joblib import Parallel, delayed
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array
from torch import Tensor

from sklearn_gmvae import training
from sklearn_gmvae.models import ACTIVATIONS, LIKELIHOODS, DeepMixture
from sklearn_gmvae.utils import EpochPrinter, private_random_state, resolve_device
from sklearn_gmvae.utils._sklearn import (
    Interval,
    StrOptions,
    check_is_fitted,
    fit_context,
    validate_data,
)


class BaseDeepMixture(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    ClusterMixin,
    BaseEstimator,
    metaclass=ABCMeta,
):
    """Base of VaDEClustering and GMVAEClustering; see them for parameters and attributes."""

    _parameter_constraints: dict = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "latent_dim": [Interval(Integral, 1, None, closed="left")],
        "hidden_layer_sizes": [
            StrOptions({"auto"}),
            "array-like",
            Interval(Integral, 1, None, closed="left"),
        ],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "likelihood": [StrOptions({"auto", *LIKELIHOODS})],
        "standardize": ["boolean"],
        "n_mc_samples": [Interval(Integral, 1, None, closed="left")],
        "init_params": [StrOptions({"auto", *training.STARTS}), "array-like"],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [None, Integral],
        "pretrain_iter": [None, Interval(Integral, 0, None, closed="left")],
        "max_iter": [None, Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "reg_covar": [Interval(Real, 0, None, closed="neither")],
        "device": [str, torch.device],
        "precision": [StrOptions({"auto", *training.PRECISIONS})],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    # -- what the two estimators define ------------------------------------------------------

    _model_class: type[DeepMixture]

    @abstractmethod
    def _architecture(self, n_features: int, hidden: tuple[int, ...], likelihood: str) -> dict:
        """Keyword arguments of the model's constructor, all plain values."""

    def _check_parameters(self) -> None:
        """Warn about parameters that are possible and yet of no use."""

    @abstractmethod
    def _mixture_arrays(self, model: DeepMixture) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """``weights_``, ``means_`` and ``covariances_``, float64."""

    # -- fit ---------------------------------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Cluster X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows to cluster, of any numeric dtype; what is not float32 already is converted
            a batch at a time.
        y : None
            Ignored; here by scikit-learn's convention.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If X has NaN or infinite entries, fewer rows than `n_clusters`, or values outside
            the likelihood's domain with ``standardize=False``; if `device` is not there; if
            the ELBO stays non-finite at every learning rate tried.

        Warns
        -----
        ConvergenceWarning
            If clusters stayed empty, if steps were not finite and therefore not taken, or if
            `max_iter` was given together with `tol` and reached before the ELBO settled.
        """
        self._check_parameters()
        warm = self.warm_start and hasattr(self, "_model")
        X = validate_data(self, X, dtype="numeric", reset=not warm)
        n_samples = len(X)
        if n_samples < self.n_clusters:
            raise ValueError(
                f"n_samples={n_samples} should be >= n_clusters={self.n_clusters}. "
                "Lower n_clusters or bring more rows."
            )
        if self.early_stopping and n_samples < 2:
            raise ValueError(
                "early_stopping=True holds out rows and needs at least 2 of them, but "
                f"n_samples={n_samples}. Use early_stopping=False."
            )
        device = resolve_device(self.device)
        design = self._resolve_design(X, warm)
        recipe = self._recipe(n_samples, design, device)
        build = partial(self._model_class, **design.architecture)
        seeds = private_random_state(self.random_state).randint(
            2**31 - 1, size=1 if warm else self.n_init
        )
        runs = Parallel(n_jobs=self.n_jobs if len(seeds) > 1 else 1)(
            delayed(training.train)(
                build,
                X,
                design.affine,
                recipe,
                seed=int(seed),
                device=device,
                on_epoch=EpochPrinter() if self.verbose else None,
                warm_model=copy.deepcopy(self._model) if warm else None,
                competes=len(seeds) > 1,
            )
            for seed in seeds
        )
        best = training.choose_run(runs)

        self.device_ = str(device)
        self._design, self._model = design, best.model
        self.likelihood_ = design.architecture["likelihood"]
        self.hidden_layer_sizes_ = design.architecture["hidden"]
        self._n_features_out = self.latent_dim
        self._order_components(X, keep_order=not isinstance(self.init_params, str) or warm)
        self.weights_, self.means_, self.covariances_ = self._mixture_arrays(self._model)
        self.cluster_centers_ = self._decode(self.means_)
        self._export_history(best)
        # By the very code of `predict` and `score`: what fit reports is what they answer.
        self.labels_ = self._predict(X)
        self.lower_bound_ = self._score(X)
        self._warn_about_outcome(best)
        return self

    def _resolve_design(self, X: np.ndarray, warm: bool) -> "Design":
        """The model that the parameters describe for X; with ``warm``, the fitted one, which
        they must still describe."""
        likelihood = self.likelihood
        if likelihood == "auto":
            likelihood = self.likelihood_ if warm else training.choose_likelihood(X)
        sizes = self.hidden_layer_sizes
        if isinstance(sizes, str):
            hidden = training.auto_hidden_sizes(X.shape[1])
        else:
            hidden = tuple(np.atleast_1d(sizes).tolist())
            if any(not isinstance(size, int) or size < 1 for size in hidden):
                raise ValueError(
                    f"hidden_layer_sizes should be 'auto' or integers >= 1, but got {sizes!r}."
                )
        architecture = self._architecture(X.shape[1], hidden, likelihood)
        if not warm:
            affine = training.choose_map(X, likelihood, self.standardize)
            return Design(architecture, affine, self.standardize)
        fitted = {**self._design.architecture, "standardize": self._design.standardize}
        asked = {**architecture, "standardize": self.standardize}
        changed = [
            f"{name} was {fitted[name]!r}, is {value!r}"
            for name, value in asked.items()
            if value != fitted[name]
        ]
        if changed:
            raise ValueError(
                "warm_start=True continues the last fit, but what it was built with changed: "
                f"{'; '.join(changed)}. Set it back, or use warm_start=False."
            )
        if not self.standardize:
            training.check_domain(X, likelihood)
        return self._design

    def _recipe(self, n_samples: int, design: "Design", device: torch.device) -> training.Recipe:
        """The parameters that say how to train, resolved for n rows and a model."""
        precision = training.resolve_precision(
            self.precision, design.architecture["n_features"], design.architecture["hidden"], device
        )
        pretrain_iter, max_iter = (
            training.resolve_epochs(budget, n_samples, self.batch_size) if given is None else given
            for given, budget in (
                (self.pretrain_iter, training.PRETRAINING),
                (self.max_iter, training.TRAINING),
            )
        )
        return training.Recipe(
            pretraining=training.Phase(
                "pretraining",
                n_epochs=pretrain_iter,
                learning_rate=self.learning_rate,
                prior_weight=training.pretraining_prior_weight,
                precision=precision,
            ),
            training=training.Phase(
                "training",
                n_epochs=max_iter,
                learning_rate=self.learning_rate,
                prior_weight=training.training_prior_weight,
                anchor_weight=training.training_anchor_weight,
                n_samples=self.n_mc_samples,
                tol=self.tol,
                n_iter_no_change=self.n_iter_no_change,
                precision=precision,
            ),
            start=self._validate_start(n_samples),
            batch_size=self.batch_size,
            validation_fraction=self.validation_fraction if self.early_stopping else None,
        )

    def _validate_start(self, n_samples: int) -> str | np.ndarray:
        """`init_params` as a name, labels (n,) or responsibilities (n, K)."""
        if isinstance(self.init_params, str):
            return self.init_params
        start = np.asarray(self.init_params)
        K = self.n_clusters
        if start.shape == (n_samples,) and start.dtype.kind in "iu":
            if start.min() < 0 or start.max() >= K:
                raise ValueError(
                    f"init_params as labels should be in 0..{K - 1} for n_clusters={K}, but "
                    f"they are in {start.min()}..{start.max()}. Renumber them or change "
                    "n_clusters."
                )
            return start
        if start.shape == (n_samples, K) and start.dtype.kind in "fiu":
            start = start.astype(np.float64)
            if not (np.all(start >= 0) and np.allclose(start.sum(1), 1.0, atol=1e-6)):
                raise ValueError(
                    "init_params as responsibilities should be >= 0 with rows that sum to 1, "
                    f"but the smallest entry is {start.min():.6g} and the row sums are in "
                    f"[{start.sum(1).min():.6g}, {start.sum(1).max():.6g}]. Normalise the rows."
                )
            return start
        raise ValueError(
            f"init_params as an array should be integer labels of shape ({n_samples},) or "
            f"responsibilities of shape ({n_samples}, {K}), but it has shape {start.shape} and "
            f"dtype {start.dtype}. Or name a start: {['auto', *sorted(training.STARTS)]}."
        )

    def _order_components(self, X: np.ndarray, *, keep_order: bool) -> None:
        """Renumber the components, the one with most rows first (or in the user's order), empty
        ones last, so that labels have no holes."""
        counts = np.bincount(self._predict(X), minlength=self.n_clusters)
        key = (counts == 0) if keep_order else -counts
        order = torch.from_numpy(np.argsort(key, kind="stable"))
        self._model.permute(order.to(self.device_))

    def _export_history(self, run: training.Run) -> None:
        # The loop counts in the model's units; the user's density is in X's.
        log_volume = self._design.affine.log_volume(self.n_features_in_)
        for attribute, history in (
            ("history_", run.training),
            ("pretrain_history_", run.pretraining),
        ):
            curves = history.arrays()
            for name in ("reconstruction", "objective", "validation"):
                if name in curves:
                    curves[name] = curves[name] - log_volume
            setattr(self, attribute, curves)
        self.lower_bounds_ = np.array(run.training.lower_bound) - log_volume
        self.n_iter_ = run.training.n_iter
        self.fit_seconds_ = run.seconds
        # The default schedule ends with a learning rate of zero: completed is converged.
        self.converged_ = run.training.converged or self.max_iter is None

    def _warn_about_outcome(self, run: training.Run) -> None:
        # 4 frames up: fit's caller, past this method, fit and scikit-learn's wrapper of it.
        warn = partial(warnings.warn, category=ConvergenceWarning, stacklevel=4)
        n_skipped = run.pretraining.n_skipped + run.training.n_skipped
        if n_skipped:
            warn(
                f"{n_skipped} steps had a gradient that was not finite and were not taken. Look "
                "for extreme values in X, lower learning_rate or raise reg_covar."
            )
        n_found = len(np.unique(self.labels_))
        if n_found < self.n_clusters:
            warn(
                f"{n_found} distinct clusters found, fewer than n_clusters={self.n_clusters}: "
                "no row is assigned to the others. X may have duplicates or be constant; "
                "otherwise lower n_clusters, raise n_init or try another init_params."
            )
        if self.max_iter is not None and self.tol > 0 and not self.converged_:
            warn(
                f"max_iter={self.max_iter} epochs were completed before the ELBO gained less "
                f"than tol={self.tol} nats a row over n_iter_no_change="
                f"{self.n_iter_no_change} epochs. Raise max_iter or tol."
            )

    # -- the predict family ------------------------------------------------------------------

    def _rows(self, X) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, dtype="numeric", reset=False)
        if not self._design.standardize:
            training.check_domain(X, self.likelihood_)
        return X

    def _map(self, function: Callable[[Tensor], Tensor], X: np.ndarray) -> np.ndarray:
        return training.map_rows(function, X, self._design.affine, torch.device(self.device_))

    def _predict(self, X: np.ndarray) -> np.ndarray:
        return self._map(lambda x: self._model.log_resp(x).argmax(-1), X)

    def _score_samples(self, X: np.ndarray) -> np.ndarray:
        device = torch.device(self.device_)
        return like(X, training.row_bounds(self._model, X, self._design.affine, device))

    def _score(self, X: np.ndarray) -> float:
        return float(self._score_samples(X).mean())

    def _decode(self, Z: np.ndarray) -> np.ndarray:
        device = torch.device(self.device_)
        return training.decode_rows(self._model, Z, self._design.affine, device)

    def predict(self, X):
        """The most probable cluster of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        labels : ndarray of shape (n_samples,), dtype int64

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is not finite or has another number of features than the X fitted.
        """
        return self._predict(self._rows(X))

    def predict_proba(self, X):
        """Responsibilities: the probability of each cluster given the row.

        VaDE: q(c | x) in closed form (Jiang et al., section 3.2, its expectation taken exactly).
        GMVAE: p(z | x, w) at the posterior means (Dilokthanakul et al., section 3.1).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_clusters)
            Rows sum to 1; float32 for float32 X, else float64.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is not finite or has another number of features than the X fitted.
        """
        X = self._rows(X)
        return like(X, np.exp(self._map(self._model.log_resp, X)))

    def transform(self, X):
        """Posterior mean of the content latent.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Z : ndarray of shape (n_samples, latent_dim)
            float32 for float32 X, else float64.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is not finite or has another number of features than the X fitted.
        """
        X = self._rows(X)
        return like(X, self._map(self._model.encode, X))

    def inverse_transform(self, Z):
        """Decode latent codes: the mean of X given the content latent.

        Parameters
        ----------
        Z : array-like of shape (n_samples, latent_dim)

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            In the units of the X that was fitted; float32 for float32 Z, else float64.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If Z is not finite or has another width than `latent_dim`.
        """
        check_is_fitted(self)
        Z = check_array(Z, dtype=[np.float64, np.float32])
        latent_dim = self.means_.shape[1]
        if Z.shape[1] != latent_dim:
            raise ValueError(
                f"Z has {Z.shape[1]} columns, but the latent space has latent_dim={latent_dim} "
                "dimensions. Pass what transform returned."
            )
        return like(Z, self._decode(Z))

    def score_samples(self, X):
        """The evidence lower bound of log p(x) for each row.

        The expectation of the reconstruction term is an average over one fixed table of normal
        draws that all rows share: the answer is deterministic and each row's its own.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        bounds : ndarray of shape (n_samples,)
            Nats. ``likelihood_ == "gaussian"``: a density in X's own units.
            ``likelihood_ == "bernoulli"``: the cross-entropy of values mapped to [0, 1],
            not comparable with a density.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is not finite or has another number of features than the X fitted.
        """
        return self._score_samples(self._rows(X))

    def score(self, X, y=None):
        """Mean of `score_samples` over the rows of X, nats a row; larger is better.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : None
            Ignored.

        Returns
        -------
        score : float

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is not finite or has another number of features than the X fitted.
        """
        return self._score(self._rows(X))

    def sample(self, n_samples=1, *, cluster=None, noise=True, random_state=None):
        """Draw rows from the fitted model.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        cluster : int, default=None
            Draw from this cluster only; None: from all, by their weights.
        noise : bool, default=True
            False returns the decoder's mean for each drawn latent, without the likelihood's
            noise: the pictures in the papers.
        random_state : int, RandomState instance or None, default=None
            None: a new draw at each call.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float64
            In the units of the X that was fitted.
        y : ndarray of shape (n_samples,)
            The cluster of each row, in ascending order, as `GaussianMixture.sample`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If `n_samples` or `cluster` is impossible.
        """
        return self._sample(n_samples, cluster, None, noise, random_state)

    def _sample(self, n_samples, cluster, style, noise, random_state):
        check_is_fitted(self)
        if not isinstance(n_samples, Integral) or n_samples < 1:
            raise ValueError(f"n_samples should be an integer >= 1, but got {n_samples!r}.")
        rng = private_random_state(random_state)
        n_clusters = len(self.weights_)
        if cluster is None:
            counts = rng.multinomial(n_samples, self.weights_ / self.weights_.sum())
            y = np.repeat(np.arange(n_clusters), counts)
        elif isinstance(cluster, Integral) and 0 <= cluster < n_clusters:
            y = np.full(n_samples, int(cluster))
        else:
            raise ValueError(
                f"cluster should be None or an integer in 0..{n_clusters - 1}, but got {cluster!r}."
            )
        X = training.sample_rows(
            self._model,
            y,
            style,
            noise=noise,
            affine=self._design.affine,
            generator=training.seeded(torch.device(self.device_), rng),
        )
        return X, y

    # -- what scikit-learn and pickle ask ----------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def __sklearn_is_fitted__(self):
        # Not by any attribute in "_": a fit that failed has left `n_features_in_`.
        return hasattr(self, "labels_")

    def __getstate__(self):
        # numpy arrays in place of the module: the pickle knows no device, and neither it nor
        # joblib's memory map has to know torch's storages.
        state = dict(super().__getstate__())
        if "_model" in state:
            state["_model"] = {
                name: tensor.cpu().numpy() for name, tensor in state["_model"].state_dict().items()
            }
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "_model" not in state:
            return
        try:
            device = resolve_device(self.device_)
        except ValueError:
            warnings.warn(
                f"The model was fitted on {self.device_}, which is not there; it runs on the CPU.",
                UserWarning,
                stacklevel=2,
            )
            device = torch.device("cpu")
            self.device_ = str(device)
        model = self._model_class(**self._design.architecture, generator=torch.Generator())
        model.prior.double()
        # Copies: joblib may hand over read-only memory maps.
        weights = {name: torch.tensor(np.array(array)) for name, array in state["_model"].items()}
        model.load_state_dict(weights)
        self._model = model.to(device).eval()


@dataclass(frozen=True)
class Design:
    """What a model was built with: its constructor's arguments and the map of X's units."""

    architecture: dict
    affine: training.AffineMap
    standardize: bool


def like(X: np.ndarray, result: np.ndarray) -> np.ndarray:
    """float32 for float32 X, else float64."""
    return result.astype(np.float32) if X.dtype == np.float32 else result
