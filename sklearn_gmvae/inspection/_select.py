# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What of an estimator a display shows: whether it can, which clusters and features, and rows as
pictures or as features."""

from difflib import get_close_matches
from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

# Squares of fewer pixels are tables: scikit-learn's digits are the smallest pictures about.
MIN_SIDE = 8
# As many as estimators take.
MAX_CHANNELS = 4
NAMES_TOLD = 5


def check_can(estimator, display, *needed):
    """Raise unless the estimator is fitted and has all that is needed."""
    name = type(estimator).__name__
    if isinstance(estimator, type):
        raise TypeError(
            f"{display} needs a fitted estimator, but got the class {estimator.__name__}. "
            f"Pass {estimator.__name__}(...).fit(X)."
        )
    # Of the class: some attributes are only there after fit, methods before.
    missing = [m for m in needed if not m.endswith("_") and not hasattr(estimator, m)]
    if not missing:
        check_is_fitted(estimator)
        missing = [m for m in needed if not hasattr(estimator, m)]
    if missing:
        ours = "GMVAEClustering"
        if "transform_style" not in needed:
            ours = "VaDEClustering or GMVAEClustering"
        inner = " Pass the pipeline's last step." if hasattr(estimator, "named_steps") else ""
        raise TypeError(
            f"{display} reads {', '.join(missing)} of a fitted {ours}, which {name} does not "
            f"have.{inner}"
        )


def pick_clusters(clusters, n_clusters):
    """The clusters asked for, or all, as an integer array."""
    if clusters is None:
        return np.arange(n_clusters)
    picked = np.atleast_1d(np.asarray(clusters))
    if picked.ndim != 1 or picked.size == 0 or picked.dtype.kind not in "iu":
        raise ValueError(
            f"clusters should be None or integers in 0..{n_clusters - 1}, but got {clusters!r}."
        )
    if picked.min() < 0 or picked.max() >= n_clusters:
        wrong = picked[(picked < 0) | (picked >= n_clusters)].tolist()
        raise ValueError(
            f"clusters should be in 0..{n_clusters - 1}: the estimator has {n_clusters} clusters, "
            f"but got {', '.join(map(str, wrong))}."
        )
    return picked


def some_rows(X, rows):
    """Some rows (n,) of an array, a data frame or a sparse matrix, of its kind."""
    if hasattr(X, "tocsr"):
        return X.tocsr()[rows]
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    return (X if hasattr(X, "columns") else np.asarray(X))[rows]


def feature_names(source, n_features):
    """Names of an estimator's or a data frame's features, else x0, x1 and so on."""
    names = getattr(source, "feature_names_in_", getattr(source, "columns", None))
    if names is None:
        return np.array([f"x{j}" for j in range(n_features)], dtype=object)
    return np.asarray([str(name) for name in names], dtype=object)


def pick_features(features, names, importance, max_features):
    """Indices of the features asked for, by name or index; else of the most important ones, in
    the order of the columns."""
    if features is None:
        importance = np.nan_to_num(importance, nan=-1.0)
        best = np.argsort(-importance, kind="stable")[: check_count("max_features", max_features)]
        return np.sort(best)
    if isinstance(features, str | Integral):
        features = [features]
    return np.array([index_of(feature, names) for feature in features], dtype=int)


def index_of(feature, names):
    """Index of one feature, given by name or index."""
    if isinstance(feature, str):
        found = np.flatnonzero(names == feature)
        if len(found):
            return found[0]
        close = get_close_matches(feature, names.tolist()) or names[:NAMES_TOLD].tolist()
        more = "" if len(close) == len(names) else " and others"
        raise ValueError(
            f"features should be names or indices of features, but {feature!r} is none. "
            f"There are {', '.join(map(repr, close))}{more}."
        )
    if not isinstance(feature, Integral) or not 0 <= feature < len(names):
        raise ValueError(
            f"features should be names or indices in 0..{len(names) - 1}, but got {feature!r}."
        )
    return int(feature)


def check_count(name, value, least=1):
    """The value, if it is an integer that is large enough."""
    if not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} should be an integer >= {least}, but got {value!r}.")
    return int(value)


def picture_shape(estimator, image_shape, features=None):
    """How a row is a picture, (height, width) or (height, width, channels); None: it is a table's.

    The one place where displays decide it. Without a word from the caller, by the estimator's own
    `image_shape`, or with ``network="conv"`` as its network sees them; else a row is a picture if
    its features have no names and are a square number of at least `MIN_SIDE` squared.
    """
    n_features = estimator.n_features_in_
    if image_shape is None and features is None:
        image_shape = getattr(estimator, "image_shape", None)
    if image_shape is None:
        side = round(np.sqrt(n_features))
        if features is None and getattr(estimator, "network", "mlp") == "conv":
            return (side, side) if side * side == n_features else (1, n_features)
        named = hasattr(estimator, "feature_names_in_")
        if features is not None or named or side * side != n_features or side < MIN_SIDE:
            return None
        return side, side
    if features is not None:
        raise ValueError(
            "image_shape and features were both given: rows are drawn as pictures or as features. "
            "Leave one out."
        )
    shape = tuple(image_shape)
    if np.prod(shape) != n_features:
        raise ValueError(
            f"image_shape={image_shape} has {np.prod(shape)} entries, but the estimator "
            f"was fitted on {n_features} features. Their product should be the same."
        )
    if len(shape) == 3 and shape[0] <= MAX_CHANNELS:
        return shape[1:] if shape[0] == 1 else (*shape[1:], shape[0])
    if len(shape) != 2:
        raise ValueError(
            f"image_shape should be (height, width) or (channels, height, width) with 1 to "
            f"{MAX_CHANNELS} channels, but got {image_shape}."
        )
    return shape


def as_pictures(X, shape):
    """Rows (..., n_features) as grey pictures (..., height, width) or coloured ones (..., height,
    width, 3); channels come first in a row. Of two channels the first is shown, of four the first
    three."""
    if len(shape) == 2:
        return X.reshape(*X.shape[:-1], *shape)
    height, width, channels = shape
    pictures = np.moveaxis(X.reshape(*X.shape[:-1], channels, height, width), -3, -1)
    return pictures[..., 0] if channels == 2 else pictures[..., :3]
