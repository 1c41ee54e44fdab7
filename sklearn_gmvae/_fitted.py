# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a fitted estimator answers: the predict family, and what scikit-learn and pickle ask.

Letters in shapes: n rows, D features, d latent dimensions, K clusters.
"""

import warnings
from abc import ABCMeta
from collections.abc import Callable
from numbers import Integral

import numpy as np
import torch
from scipy.sparse import issparse
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_array
from torch import Tensor

from sklearn_gmvae import training
from sklearn_gmvae._callbacks import CallbackSupportMixin
from sklearn_gmvae._contents import pack
from sklearn_gmvae._design import Design
from sklearn_gmvae._table import Table, of_numbers
from sklearn_gmvae.models import LIKELIHOODS, DeepMixture
from sklearn_gmvae.utils import (
    count_missing,
    documentation_page,
    filled,
    kept_filters,
    private_random_state,
    resolve_device,
    validate_columns,
    validate_rows,
    write_array_file,
)
from sklearn_gmvae.utils._sklearn import check_is_fitted


class FittedDeepMixture(
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    ClusterMixin,
    BaseEstimator,
    metaclass=ABCMeta,
):
    """The half of both estimators that only reads what `fit` has left."""

    # scikit-learn's HTML representation links to what this template becomes; "" is no link.
    _doc_link_module = "sklearn_gmvae"
    _doc_link_template = "{page}"

    _model_class: type[DeepMixture]
    _model: DeepMixture
    _design: Design

    @property
    def categories_(self) -> list[np.ndarray]:
        table = getattr(getattr(self, "_design", None), "table", None)
        if table is None:
            raise AttributeError(
                f"This {type(self).__name__} has no categories_: it was not fitted on a data frame "
                "of more than numbers."
            )
        return [np.array(known, dtype=object) for known in table.categories]

    def _check_is_fitted(self) -> None:
        online = getattr(self, "_online", None)
        if online is not None and not online.has_started:
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet: partial_fit has seen "
                f"{online.n_distinct} distinct rows and makes the clusters after about "
                f"{online.n_missing} more rows. Pass others, or the same again in further passes, "
                "or begin anew with a lower pretrain_iter."
            )
        check_is_fitted(self)

    def _rows(self, X) -> training.Rows:
        self._check_is_fitted()
        X, _ = self._validated(X, self._design.table, reset=False)
        names = getattr(self, "feature_names_in_", None)
        training.check_domain(X, self._design.layout, self._design.standardize, labels=names)
        return X

    def _validated(
        self, X, table: Table | None, *, reset: bool
    ) -> tuple[training.Rows, np.ndarray]:
        """Rows of numbers, of a data frame with other columns too by its table; and how many
        entries are missing in each column."""
        if table is None:
            return validate_rows(self, of_numbers(X), reset=reset)
        table.check_is_frame(X)
        with kept_filters():
            validate_columns(self, X, reset=reset)
            rows = check_array(table.encode(X), ensure_all_finite=False)
        return rows, count_missing(self, rows)

    def _in_columns(self, X: np.ndarray):
        """Rows in X's units as the user knows them: a data frame where only one can hold them."""
        table = self._design.table
        return X if table is None else table.decode(X)

    def _map(self, function: Callable[[Tensor], Tensor], X: training.Rows) -> np.ndarray:
        return training.map_rows(function, X, self._design.unit_map, torch.device(self.device_))

    def _predict(self, X: training.Rows) -> np.ndarray:
        device = torch.device(self.device_)
        return training.cluster_rows(self._model, X, self._design.unit_map, device)

    def _log_resp(self, X: training.Rows) -> np.ndarray:
        device = torch.device(self.device_)
        return training.log_resp_rows(self._model, X, self._design.unit_map, device)

    def _score_samples(self, X: training.Rows) -> np.ndarray:
        device = torch.device(self.device_)
        return like(X, training.row_bounds(self._model, X, self._design.unit_map, device))

    def _score(self, X: training.Rows) -> float:
        return float(self._score_samples(X).mean())

    def _decode(self, Z: np.ndarray) -> np.ndarray:
        device = torch.device(self.device_)
        return training.decode_rows(self._model, Z, self._design.unit_map, device)

    def predict(self, X):
        """The most probable cluster of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        labels : ndarray of shape (n_samples,), dtype int64

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X has infinite entries, another number of features than the X fitted or values
            outside the likelihood's domain.
        """
        return self._predict(self._rows(X))

    def predict_proba(self, X):
        """Responsibilities: the probability of each cluster given the row.

        VaDE: q(k | x) in closed form (Jiang et al., section 3.2, its expectation taken exactly).
        GMVAE: p(k | z, w) at the posterior means (Dilokthanakul et al., section 3.1).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Dense; of a sparse matrix pass some rows at a time, ``X[i:j].toarray()``.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_clusters)
            Rows sum to 1; float32 for float32 X, else float64.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is sparse, has infinite entries or another number of features than the X fitted.
        """
        X = self._rows(X)
        # We could: but scikit-learn (1.9) checks the probabilities of whatever takes sparse rows
        # as a classifier's of four classes, which no clusterer can meet.
        if issparse(X):
            raise ValueError(
                "predict_proba expects dense rows, but got a sparse matrix of shape "
                f"{X.shape}. Pass some rows at a time, as X[i:j].toarray(); predict, transform "
                "and score_samples take sparse X."
            )
        log_resp = self._log_resp(X)
        return like(X, np.exp(log_resp, out=log_resp))

    def transform(self, X):
        """Posterior mean of the content latent.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        Z : ndarray of shape (n_samples, latent_dim)
            float32 for float32 X, else float64.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X has infinite entries or another number of features than the X fitted.
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
        X : ndarray of shape (n_samples, n_features) or data frame
            In the units of the X that was fitted; float32 for float32 Z, else float64. Of
            categories the most probable. A data frame of pandas or polars where X was one with
            booleans, texts or categories, which it has too; its numbers are floats.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If Z is not finite or has another width than `latent_dim`.
        """
        self._check_is_fitted()
        with kept_filters():
            Z = check_array(Z, dtype=[np.float64, np.float32])
        latent_dim = self.means_.shape[1]
        if Z.shape[1] != latent_dim:
            raise ValueError(
                f"Z has {Z.shape[1]} columns, but the latent space has latent_dim={latent_dim} "
                "dimensions. Pass what transform returned."
            )
        return self._in_columns(like(Z, self._decode(Z)))

    def impute(self, X):
        """X with its missing entries replaced by what the model expects there.

        E[entry | the row's other entries]: the decoder's mean, averaged over the draws of the
        content latent that `score_samples` has.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (n_samples, n_features)
            NaN, and in data frames null, is a missing entry.

        Returns
        -------
        X : ndarray, sparse matrix or DataFrame of shape (n_samples, n_features)
            Of the container and the dtypes of the X passed (a list becomes an ndarray); entries
            that were there are unchanged; so are categories that the fit has not seen, which count
            as missing. A category is the most probable one; nullable columns of whole numbers and
            of booleans get the nearest value that they can hold. A column that cannot hold its
            category, as one of texts that comes without any and so as numbers, gets another dtype.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X has infinite entries or another number of features than the X fitted.
        """
        rows = self._rows(X)
        incomplete = training.incomplete_rows(rows)
        device = torch.device(self.device_)
        values = training.imputed_rows(self._model, rows, self._design.unit_map, device, incomplete)
        table = self._design.table
        return filled(X, rows, incomplete, values, None if table is None else table.choices)

    def score_samples(self, X):
        """The evidence lower bound of log p(x) for each row.

        The expectation of the reconstruction term is an average over one fixed table of normal
        draws that all rows share: the answer is deterministic and each row's its own.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        bounds : ndarray of shape (n_samples,)
            Nats. ``likelihood_ == "gaussian"``: a density in X's own units.
            ``likelihood_ == "bernoulli"``: the cross-entropy of values mapped to [0, 1],
            not comparable with a density. Counts and categories: log-probabilities (of
            "negative_binomial" given the row's sum). Where columns differ, the sum of theirs.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X has infinite entries or another number of features than the X fitted.
        """
        return self._score_samples(self._rows(X))

    def score(self, X, y=None):
        """Mean of `score_samples` over the rows of X, nats a row; larger is better.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
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
            If X has infinite entries or another number of features than the X fitted.
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
        X : ndarray of shape (n_samples, n_features), float64, or data frame
            In the units of the X that was fitted; a data frame as from `inverse_transform`.
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
        self._check_is_fitted()
        if isinstance(n_samples, bool) or not isinstance(n_samples, Integral) or n_samples < 1:
            raise ValueError(f"n_samples should be an integer >= 1, but got {n_samples!r}.")
        rng = private_random_state(random_state)
        n_clusters = len(self.weights_)
        if cluster is None:
            counts = rng.multinomial(n_samples, self.weights_ / self.weights_.sum())
            y = np.repeat(np.arange(n_clusters), counts)
        elif (
            isinstance(cluster, Integral)
            and not isinstance(cluster, bool)
            and 0 <= cluster < n_clusters
        ):
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
            unit_map=self._design.unit_map,
            generator=training.seeded(torch.device(self.device_), rng),
        )
        return self._in_columns(X), y

    # -- what scikit-learn and pickle ask ----------------------------------------------------

    def _doc_link_url_param_generator(self):
        return {"page": documentation_page(type(self).__name__)}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        if isinstance(self.likelihood, str) and self.likelihood in LIKELIHOODS:
            # Numbers of things and numbered things; scikit-learn's checks send whole numbers to
            # what takes categories only.
            are_whole = LIKELIHOODS[self.likelihood].domain in ("counts", "categories")
            tags.input_tags.positive_only = tags.input_tags.categorical = are_whole
        return tags

    def __sklearn_is_fitted__(self):
        # Not by any attribute in "_": a fit that failed has left `n_features_in_`.
        return hasattr(self, "labels_")

    def save(self, path):
        """Write the fitted estimator to one file, for `sklearn_gmvae.load`.

        The file is in the safetensors format: parameters and other plain values as JSON in its
        header, weights and arrays as tensors, with a digest over all. It does not depend on the
        device, and later versions of this package read it. It is written beside `path`, forced to
        disk and renamed: at every moment `path` is the old file or the new one, whole.

        Parameters
        ----------
        path : str or path-like
            The file, by custom ``.safetensors``. One that is there is replaced.

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError
            If a parameter has a value that a file cannot hold exactly (it can hold None, numbers,
            text, paths, lists, tuples, numpy arrays, a RandomState and a torch.device), or if this
            is an instance of a class of your own: `load` knows the two of this package only.
        ValueError
            If there are attributes that no fit leaves.
        OSError
            If the file cannot be written; what was there is unchanged.

        See Also
        --------
        sklearn_gmvae.load : Reads it.
        """
        self._check_is_fitted()
        estimator_class = type(self)
        if estimator_class.__module__.partition(".")[0] != "sklearn_gmvae":
            raise TypeError(
                f"A file can hold a VaDEClustering or a GMVAEClustering, but this is a "
                f"{estimator_class.__qualname__}, which load would not know. Use pickle."
            )
        parameters = self.get_params(deep=False)
        header, arrays = pack(
            estimator_class.__name__, self._model_class, parameters, self.__getstate__()
        )
        write_array_file(path, header, arrays)

    def __getstate__(self):
        # numpy arrays in place of the module: the pickle knows no device, and neither it nor
        # joblib's memory map has to know torch's storages.
        state = dict(super().__getstate__())
        if "_model" in state:
            state["_model"] = training.export_weights(state["_model"])
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
        self._model = training.build_model(
            self._model_class, self._design.architecture, state["_model"], device
        )


def like(X: training.Rows, result: np.ndarray) -> np.ndarray:
    """float32 for float32 X, else float64."""
    return result.astype(np.float32) if X.dtype == np.float32 else result
