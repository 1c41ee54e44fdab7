# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What must hold of the content of a model's file, so that nothing in it is taken on trust.

The model that an architecture describes says which weights there must be; the tables here say what
`fit` leaves beside it. Every check raises a ValueError that says what was expected and what came.

Letters in shapes: n rows, D features, d latent dimensions, K clusters, T epochs.
"""

import inspect
from numbers import Integral, Real
from typing import Any

import numpy as np

from sklearn_gmvae import training
from sklearn_gmvae.models import (
    ACTIVATIONS,
    COVARIANCE_TYPES,
    LIKELIHOODS,
    MAX_LAYERS,
    NETWORKS,
    DeepMixture,
)
from sklearn_gmvae.utils._sklearn import Interval, StrOptions, validate_parameter_constraints

Arrays = dict[str, np.ndarray]

# Of every argument that a model's constructor may have. A size is at most the number of weights:
# each is the length of one at least, so a larger one is a lie (see `check_architecture`).
SIZE = Interval(Integral, 1, None, closed="left")
ARCHITECTURE: dict = {
    "n_features": [SIZE],
    "n_clusters": [SIZE],
    "latent_dim": [SIZE],
    "style_dim": [SIZE],
    "prior_width": [SIZE],
    "hidden": [tuple],
    "min_information": [Interval(Real, 0, None, closed="left")],
    "variance_floor": [Interval(Real, 0, None, closed="neither")],
    "covariance_type": [StrOptions(set(COVARIANCE_TYPES))],
    "activation": [StrOptions(set(ACTIVATIONS))],
    "likelihood": [StrOptions(set(LIKELIHOODS)), tuple],
    "network": [StrOptions(set(NETWORKS))],
    "image_shape": [tuple, None],
    "mask_input": ["boolean"],
    "fill_input": ["boolean"],
}
# What `fit` leaves beside the model. Arrays: dtype and shape, "covariances" as the class has it.
ARRAYS = {
    "labels_": (np.dtype(np.int64), ("n",)),
    "weights_": (np.dtype(np.float64), ("K",)),
    "means_": (np.dtype(np.float64), ("K", "d")),
    "covariances_": (np.dtype(np.float64), "covariances"),
    "cluster_centers_": (np.dtype(np.float64), ("K", "D")),
    "lower_bounds_": (np.dtype(np.float64), ("T",)),
}
SCALARS = {"n_iter_": int, "converged_": bool, "lower_bound_": float}
CURVES = ("history_", "pretrain_history_")
FITTED = {*ARRAYS, *SCALARS, *CURVES, "fit_seconds_"}
# scikit-learn's `set_output`: there or not.
OUTPUT = "_sklearn_output_config"


def check_architecture(
    architecture: Any, model_class: type[DeepMixture], weights: Arrays
) -> dict[str, Any]:
    """The architecture, complete, if the weights are those of its model; nothing is built, and no
    memory taken, on its word.

    Arguments with a default may be missing: they came after the file.
    """
    check_type("the architecture", architecture, dict)
    arguments = {
        name: argument.default
        for name, argument in inspect.signature(model_class).parameters.items()
        if name != "generator"
    }
    required = {name for name, value in arguments.items() if value is inspect.Parameter.empty}
    if not required <= set(architecture) <= set(arguments):
        raise ValueError(
            f"the architecture should have the arguments {sorted(arguments)}, but has "
            f"{sorted(architecture)!s:.300}."
        )
    architecture = {**arguments, **architecture}
    names = set(architecture)
    validate_parameter_constraints(
        {name: ARCHITECTURE[name] for name in names},
        architecture,
        caller_name=model_class.__name__,
    )
    n_weights = sum(array.size for array in weights.values())
    hidden = architecture["hidden"]
    sizes = {name: architecture[name] for name in names if ARCHITECTURE[name] == [SIZE]}
    for i, layer in enumerate(hidden):
        if isinstance(layer, tuple):
            # Of a convolution (channels, kernel, stride, padding) each number; no padding is none.
            numbers = layer[:3] if layer[3:] == (0,) else layer
            sizes |= {f"hidden[{i}][{j}]": size for j, size in enumerate(numbers)}
        else:
            sizes[f"hidden[{i}]"] = layer
    for j, size in enumerate(architecture.get("image_shape") or ()):
        sizes[f"image_shape[{j}]"] = size
    for name, size in sizes.items():
        if (
            type(size) is bool
            or not isinstance(size, int | np.integer)
            or not 1 <= size <= n_weights
        ):
            raise ValueError(
                f"{name} should be an integer from 1 to the number of weights, {n_weights}, but is "
                f"{size!r:.80}."
            )
    if not isinstance(architecture["likelihood"], str):
        check_parts(architecture["likelihood"], architecture["n_features"])
    if len(hidden) > min(MAX_LAYERS, len(weights)):
        raise ValueError(
            f"it has {len(hidden)} hidden layers, but {len(weights)} weights; {MAX_LAYERS} layers "
            "are possible."
        )
    try:
        expected = training.weight_shapes(model_class, architecture)
    # Sizes whose products torch cannot count, layers that do not fit together.
    except (
        RuntimeError,
        TypeError,
        ValueError,
        LookupError,
        ArithmeticError,
        AssertionError,
    ) as error:
        raise ValueError(f"no model can have the architecture {architecture!r:.300}.") from error
    if missing := set(expected) - set(weights):
        raise ValueError(f"it lacks the weights {sorted(missing)!s:.200}.")
    if extra := set(weights) - set(expected):
        raise ValueError(f"it has weights that its model has not: {sorted(extra)!s:.200}.")
    for name, (dtype, shape) in expected.items():
        check_array(f"the weight {name}", weights[name], dtype, shape)
    check_precision(weights)
    return architecture


def check_precision(weights: Arrays) -> None:
    """Whether that of the rows' Gaussian, where there is one, is a precision."""
    name = "row_gaussian.precision"
    if name not in weights:
        return
    precision = weights[name].astype(np.float64)
    is_one = len(precision) <= training.MAX_FILLED and bool((precision.diagonal() > 0).all())
    if is_one:
        scale = np.sqrt(precision.diagonal())
        scaled = precision / np.outer(scale, scale)
        is_one = np.allclose(scaled, scaled.T, rtol=0, atol=1e-4)
        try:
            np.linalg.cholesky(scaled)  # looks at one half
        except np.linalg.LinAlgError:
            is_one = False
    if not is_one:
        raise ValueError(
            f"the weight {name} should be symmetric and positive definite, with at most "
            f"{training.MAX_FILLED} rows."
        )


def check_parts(parts: tuple, n_features: int) -> None:
    """Whether the parts of a likelihood are those of a row of so many features."""
    total = 0
    for part in parts:
        match part:
            case (str(name), int() | tuple() as size) if name in LIKELIHOODS:
                is_categories = LIKELIHOODS[name].domain == "categories"
                numbers = size if isinstance(size, tuple) else (size,)
                if isinstance(size, tuple) == is_categories and all(
                    type(number) is int and 1 <= number <= n_features for number in numbers
                ):
                    total += sum(numbers)
                    continue
        raise ValueError(
            f"a part of the likelihood should be a name and sizes, but is {part!r:.80}"
        )
    if not parts or total != n_features:
        raise ValueError(
            f"the parts of the likelihood should have {n_features} features together, but have "
            f"{total}."
        )


def check_fitted(fitted: Any, architecture: dict[str, Any], n_columns: int) -> None:
    """Whether these are the attributes that a fit of the architecture leaves."""
    check_type("the fitted attributes", fitted, dict)
    if set(fitted) - {OUTPUT} != FITTED:
        raise ValueError(
            f"the fitted attributes should be {sorted(FITTED)}, but are {sorted(fitted)!s:.500}."
        )
    for name, kind in SCALARS.items():
        check_type(name, fitted[name], kind)
    for name in (*CURVES, "fit_seconds_"):
        check_type(name, fitted[name], dict)
    if fitted["n_iter_"] < 0:
        raise ValueError(f"n_iter_ should be >= 0, but is {fitted['n_iter_']}.")

    K, d, D = architecture["n_clusters"], architecture["latent_dim"], n_columns
    covariances = {"full": (K, d, d), "tied": (d, d), "diag": (K, d), "spherical": (K,)}
    lengths = {"K": K, "d": d, "D": D, "T": fitted["n_iter_"]}
    lengths["n"] = max(np.size(fitted["labels_"]), 1)
    for name, (dtype, shape) in ARRAYS.items():
        if shape == "covariances":
            expected = covariances[architecture.get("covariance_type", "diag")]
        else:
            expected = tuple(lengths[letter] for letter in shape)
        check_array(name, fitted[name], dtype, expected, finite=name != "lower_bounds_")
    labels, weights = fitted["labels_"], fitted["weights_"]
    if labels.min() < 0 or labels.max() >= K:
        raise ValueError(
            f"labels_ should be in 0..{K - 1}, but are in {labels.min()}..{labels.max()}."
        )
    if weights.min() < 0 or abs(weights.sum() - 1.0) > 1e-6:
        raise ValueError(
            "weights_ should be >= 0 with sum 1, but their least is "
            f"{weights.min():.6g} and their sum {weights.sum():.6g}."
        )
    for attribute, length in zip(CURVES, (fitted["n_iter_"], None), strict=True):
        for name, curve in fitted[attribute].items():
            expected = (np.size(curve) if length is None else length,)
            what = f"{attribute}[{name!r:.80}]"
            check_array(what, curve, np.dtype(np.float64), expected, finite=False)
    for name, seconds in fitted["fit_seconds_"].items():
        check_type(f"fit_seconds_[{name!r:.80}]", seconds, float)
    if OUTPUT in fitted:
        check_type(OUTPUT, fitted[OUTPUT], dict)
        for name, container in fitted[OUTPUT].items():
            check_type(f"the output container of {name!r:.80}", container, str)


def check_type(what: str, value: Any, kind: type) -> None:
    """Whether a value is of exactly this type."""
    if type(value) is not kind:
        raise ValueError(f"{what} should be of type {kind.__name__}, but is {value!r:.80}.")


def check_array(
    what: str, array: Any, dtype: np.dtype, shape: tuple[int, ...], *, finite: bool = True
) -> None:
    """Whether a value is an array of this dtype and shape, and finite if it should be."""
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape:
        came = (
            f"{array.dtype} of shape {array.shape}"
            if isinstance(array, np.ndarray)
            else f"{array!r:.80}"
        )
        raise ValueError(f"{what} should be {dtype} of shape {shape}, but is {came}.")
    if finite and not np.isfinite(array).all():
        raise ValueError(f"{what} has entries that are not finite.")
