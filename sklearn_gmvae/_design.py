# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the constructor's parameters may be, and what they mean for n rows of D features."""

import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from numbers import Integral, Real

import numpy as np
import torch

from sklearn_gmvae import training
from sklearn_gmvae._table import BOOLEAN, NAMED, NUMBER, Table
from sklearn_gmvae.models import ACTIVATIONS, LIKELIHOODS, MAX_LAYERS, NETWORKS
from sklearn_gmvae.utils._sklearn import Interval, StrOptions

# Of a picture: grey, grey with alpha, colour, colour with alpha.
MAX_CHANNELS = 4

# Of both estimators, in scikit-learn's notation.
PARAMETER_CONSTRAINTS: dict = {
    "n_clusters": [Interval(Integral, 1, None, closed="left")],
    "latent_dim": [Interval(Integral, 1, None, closed="left")],
    "hidden_layer_sizes": [
        StrOptions({"auto"}),
        "array-like",
        Interval(Integral, 1, None, closed="left"),
    ],
    "activation": [StrOptions(set(ACTIVATIONS))],
    "network": [StrOptions(set(NETWORKS))],
    "image_shape": [None, "array-like"],
    "augment": [None, StrOptions({"image"}), callable],
    "likelihood": [StrOptions({"auto", *LIKELIHOODS}), dict],
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
    "checkpoint": [None, str, os.PathLike],
    "warm_start": ["boolean"],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


def check_integers(parameters: dict) -> None:
    """Raise where True stands for a number: Python takes it for 1, torch for none."""
    for name, value in parameters.items():
        kinds = PARAMETER_CONSTRAINTS.get(name, [Interval(Integral, 1, None, closed="left")])
        numbers = [kind for kind in kinds if isinstance(kind, Interval) and kind.type is Integral]
        if isinstance(value, bool) and numbers and "boolean" not in kinds:
            raise ValueError(f"{name} should be an integer, but is {value}. Use {int(value)}.")


@dataclass(frozen=True)
class Design:
    """What a model is built with.

    Attributes
    ----------
    architecture : dict
        Its constructor's arguments.
    unit_map : UnitMap
        From X's units to the model's.
    standardize : bool
    table : Table or None
        From a data frame's columns to numbers, where X is one that has not only numbers.
    """

    architecture: dict
    unit_map: training.UnitMap
    standardize: bool
    table: Table | None = None

    @property
    def layout(self) -> training.Layout:
        """The likelihood of each column."""
        return training.layout_of(self.architecture["likelihood"], self.unit_map)

    @property
    def n_columns(self) -> int:
        """Of X; the model's rows may have more features."""
        return n_columns_of(self.architecture["n_features"], self.unit_map)

    @property
    def columns(self) -> list[tuple[int, ...]]:
        """Which columns of X have each of several likelihoods."""
        return [] if isinstance(self.layout, str) else [part.columns for part in self.layout]

    def likelihoods(self, names: Iterable | None) -> str | dict:
        """The likelihood of all columns, or that of each by its name or number."""
        layout = self.layout
        if isinstance(layout, str) or len(layout) == 1:
            return layout if isinstance(layout, str) else layout[0].likelihood
        of_column = columns_of(layout)
        assert isinstance(of_column, dict)
        keys = sorted(of_column) if names is None else list(map(str, names))
        return {keys[j]: of_column[j] for j in sorted(of_column)}

    def check_unchanged(self, architecture: dict, standardize: bool, by: str) -> None:
        """Refuse to continue this model's training as another model's; ``by`` is what would."""
        fitted = {**self.architecture, "standardize": self.standardize}
        asked = {**architecture, "standardize": standardize}
        changed = [
            f"{name} was {fitted[name]!r}, is {value!r}"
            for name, value in asked.items()
            if value != fitted[name]
        ]
        if changed:
            raise ValueError(
                f"{by} continues the last fit, but what it was built with changed: "
                f"{'; '.join(changed)}. Set it back, or use fit with warm_start=False."
            )


def n_columns_of(n_features: int, unit_map: training.UnitMap) -> int:
    """Columns of X that the map makes the model's features of."""
    if isinstance(unit_map, training.ColumnsMap):
        return sum(map(len, unit_map.columns))
    return len(unit_map.sizes) if isinstance(unit_map, training.CategoryMap) else n_features


def columns_of(layout: training.Layout) -> str | dict[int, str]:
    """The likelihood of all columns, or of each by its number."""
    if isinstance(layout, str):
        return layout
    return {j: part.likelihood for part in layout for j in part.columns}


def resolve_likelihood(
    likelihood: str | dict,
    X: training.Rows,
    names: Sequence | None,
    table: Table | None,
    choose: Callable[[training.Rows], str],
    fitted: training.Layout = "",
) -> training.Layout:
    """`likelihood` as one name, or parts of X's columns; what is left to "auto" is as ``fitted``,
    where that is something, or else what ``choose`` says."""
    n_columns = X.shape[1]
    of_column: dict[int, str] = {}
    if isinstance(likelihood, dict):
        of_column = resolve_columns(likelihood, n_columns, names)
    elif likelihood != "auto":
        of_column = dict.fromkeys(range(n_columns), likelihood)
    left = [j for j in range(n_columns) if j not in of_column]
    if fitted:
        if isinstance(fitted, str):
            of_column |= dict.fromkeys(left, fitted)
        else:
            before = {j: part.likelihood for part in fitted for j in part.columns}
            of_column |= {j: before[j] for j in left}
    else:
        if table is not None:
            kinds = dict.fromkeys(NAMED, "categorical") | {BOOLEAN: "bernoulli"}
            of_column |= {j: kinds[k] for j in left if (k := table.kinds[j]) in kinds}
            left = [j for j in left if table.kinds[j] == NUMBER]
        if left:
            rest = X if len(left) == n_columns else training.some_columns(X, np.array(left))
            of_column |= dict.fromkeys(left, choose(rest))
    if table is not None:
        for j, name in of_column.items():
            if table.categories[j] and name != "categorical":
                raise ValueError(
                    f"Column {table.names[j]!r} of X has texts or categories, for which "
                    f"likelihood={name!r} is none. Use 'categorical' or 'auto' for it, or make it "
                    "a column of numbers."
                )
    chosen = list(dict.fromkeys(of_column[j] for j in range(n_columns)))
    if len(chosen) == 1 and (chosen[0] != "categorical" or table is None):
        return chosen[0]
    parts = []
    for name in chosen:
        columns = tuple(j for j in range(n_columns) if of_column[j] == name)
        n_categories = None
        if name == "categorical" and table is not None:
            n_categories = tuple(table.n_categories[j] for j in columns)
        parts.append(training.Part(name, columns, n_categories))
    return tuple(parts)


def resolve_columns(likelihood: dict, n_columns: int, names: Sequence | None) -> dict[int, str]:
    """`likelihood` as a mapping from columns' numbers."""
    numbers = {name: j for j, name in enumerate(names)} if names is not None else {}
    of_column: dict[int, str] = {}
    for key, name in likelihood.items():
        if isinstance(key, str):
            if key not in numbers:
                raise ValueError(
                    f"likelihood names a column {key!r}, but "
                    + (
                        f"X has {', '.join(map(repr, [*numbers][:10]))}"
                        if numbers
                        else "X has no column names; use numbers, or pass a data frame"
                    )
                    + "."
                )
            j = numbers[key]
        elif isinstance(key, Integral) and not isinstance(key, bool) and 0 <= int(key) < n_columns:
            j = int(key)
        else:
            raise ValueError(
                "likelihood as a mapping should have names of columns or numbers in "
                f"0..{n_columns - 1} as its keys, but has {key!r}."
            )
        if not isinstance(name, str) or name not in LIKELIHOODS:
            raise ValueError(
                f"likelihood of column {key!r} should be one of {sorted(LIKELIHOODS)}, but is "
                f"{name!r}. Leave a column out to have it chosen."
            )
        if j in of_column:
            raise ValueError(f"likelihood names column {j} twice. Keep one of the two.")
        of_column[j] = name
    return of_column


def check_pictures(
    layout: training.Layout, network: str, image_shape: object, augment: object
) -> None:
    """Refuse what takes rows for pictures where columns are of several kinds or categories."""
    if layout != "categorical" and isinstance(layout, str):
        return
    for name, value, is_used in (
        ("network", network, network == "conv"),
        ("image_shape", image_shape, image_shape is not None),
        ("augment", augment, isinstance(augment, str)),
    ):
        if is_used:
            raise ValueError(
                f"{name}={value!r} takes a row for a picture, but likelihood makes columns "
                "categories or gives them different likelihoods. Use one of the other likelihoods "
                f"for all columns, or leave {name} at its default."
            )


def resolve_hidden_sizes(
    network: str, sizes: str | Integral | Sequence, image_shape: tuple[int, int, int]
) -> tuple[int | tuple[int, ...], ...]:
    """`hidden_layer_sizes` as the encoder's layers: widths, for "conv" after convolutions."""
    if isinstance(sizes, str):
        if network == "conv":
            return training.auto_convolutions(image_shape)
        return training.auto_hidden_sizes(math.prod(image_shape))
    given: list = [sizes] if isinstance(sizes, Integral) else list(sizes)
    layers = tuple(
        np.asarray(layer).tolist() if np.ndim(layer) == 0 else tuple(np.asarray(layer).tolist())
        for layer in given
    )
    if len(layers) > MAX_LAYERS:
        raise ValueError(
            f"hidden_layer_sizes should have at most {MAX_LAYERS} layers, but has {len(layers)}. "
            "Leave some out."
        )
    convolutions = tuple(takewhile(lambda layer: isinstance(layer, tuple), layers))
    widths = layers[len(convolutions) :]
    dense = all(type(size) is int and size >= 1 for size in widths)
    if network == "mlp" and not (dense and not convolutions):
        raise ValueError(
            f"hidden_layer_sizes should be 'auto' or integers >= 1, but got {sizes!r}. "
            "Convolutions are for network='conv'."
        )
    if network == "conv" and not (
        dense and convolutions and all(map(is_convolution, convolutions))
    ):
        raise ValueError(
            "hidden_layer_sizes for network='conv' should be 'auto', or one or more convolutions "
            "(channels, kernel_size, stride) or (channels, kernel_size, stride, padding) and then "
            "widths of dense layers, such as ((32, 4, 2), (64, 4, 2), 256), all integers >= 1 "
            f"(padding >= 0), but got {sizes!r}."
        )
    return layers


def is_convolution(layer: tuple) -> bool:
    """Whether it is (channels, kernel_size, stride) or (channels, kernel_size, stride, padding)."""
    return (
        len(layer) in (3, 4)
        and all(type(number) is int for number in layer)
        and min(layer[:3]) >= 1
        and min(layer[3:], default=0) >= 0
    )


def resolve_image_shape(image_shape: Sequence[int] | None, n_features: int) -> tuple[int, int, int]:
    """`image_shape` as (C, H, W); None is a square if D is one, else a strip of one line."""
    if image_shape is None:
        side = math.isqrt(n_features)
        return (1, side, side) if side * side == n_features else (1, 1, n_features)
    shape = tuple(np.asarray(image_shape).tolist())
    if len(shape) != 3 or any(not isinstance(size, int) or size < 1 for size in shape):
        raise ValueError(
            "image_shape should be None or three integers >= 1, (channels, height, width), but "
            f"got {image_shape!r}."
        )
    if shape[0] > MAX_CHANNELS:
        raise ValueError(
            f"image_shape={shape} has {shape[0]} channels, more than {MAX_CHANNELS}. Channels come "
            "first: (channels, height, width), and so do they in a row of X."
        )
    if math.prod(shape) != n_features:
        raise ValueError(
            f"image_shape={shape} has {math.prod(shape)} entries, but X has {n_features} features. "
            "Their product should be the same."
        )
    return shape


def resolve_augment(
    augment: str | Callable | None,
    image_shape: Sequence[int] | None,
    network: str,
    unit_map: training.UnitMap,
    n_features: int,
) -> training.Augmentation | None:
    """`augment` as a function of rows in model units."""
    shape = resolve_image_shape(image_shape, n_features)
    if augment is None:
        return None
    if not isinstance(augment, str):
        are_rows = image_shape is None and network != "conv"
        return training.Augmentation(augment, None if are_rows else shape, unit_map)
    if image_shape is None and shape[1] != shape[2]:
        raise ValueError(
            f"augment='image' moves pictures, but X has {n_features} features, which are no "
            "square. Give image_shape=(channels, height, width), or use augment=None."
        )
    return training.Augmentation(augment, shape, unit_map)


def resolve_start(init_params, n_samples: int, n_clusters: int) -> str | np.ndarray:
    """`init_params` as a name, labels (n,) or responsibilities (n, K)."""
    if isinstance(init_params, str):
        return init_params
    start = np.asarray(init_params)
    K = n_clusters
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
