# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Data sets that do not ship with scikit-learn: from a folder of .npz files, or OpenML."""

import os
from pathlib import Path

import numpy as np
from sklearn.datasets import fetch_openml
from sklearn.utils import Bunch

DATA_VARIABLE = "SKLEARN_GMVAE_DATA"


def fetch_mnist(*, return_X_y=False):
    """MNIST: 70,000 handwritten digits of 28 x 28 pixels (train, then test, original order).

    Read from ``$SKLEARN_GMVAE_DATA/mnist.npz`` if that variable names a folder, else fetched (and
    cached) by :func:`sklearn.datasets.fetch_openml`.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : Bunch with ``data`` (70000, 784) uint8, ``target`` (70000,) int and ``name``,
        or the tuple ``(data, target)``.

    Raises
    ------
    FileNotFoundError
        If the folder has no mnist.npz.
    ConnectionError
        If no folder is named and OpenML cannot be reached.
    ValueError
        If what was found does not have MNIST's shape.
    """
    return _fetch("mnist", "mnist_784", (70_000, 784), 10, return_X_y)


def fetch_fashion_mnist(*, return_X_y=False):
    """Fashion-MNIST: 70,000 pictures of clothes, 28 x 28 pixels, 10 classes.

    Read from ``$SKLEARN_GMVAE_DATA/fashion_mnist.npz``, else fetched from OpenML.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : Bunch or tuple
        As :func:`fetch_mnist`, and it raises the same errors.
    """
    return _fetch("fashion_mnist", "Fashion-MNIST", (70_000, 784), 10, return_X_y)


def fetch_usps(*, return_X_y=False):
    """USPS: 9,298 handwritten digits of 16 x 16 pixels in [0, 1], 10 classes.

    Read from ``$SKLEARN_GMVAE_DATA/usps.npz``, else fetched from OpenML, whose values in [-1, 1]
    are mapped to [0, 1].

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : Bunch or tuple
        As :func:`fetch_mnist`, and it raises the same errors.
    """
    return _fetch("usps", "USPS", (9_298, 256), 10, return_X_y)


def fetch_pendigits(*, return_X_y=False):
    """Pen digits: 10,992 rows of 16 pen coordinates in 0..100, 10 classes.

    Read from ``$SKLEARN_GMVAE_DATA/pendigits.npz``, else fetched from OpenML.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : Bunch or tuple
        As :func:`fetch_mnist`, and it raises the same errors.
    """
    return _fetch("pendigits", "pendigits", (10_992, 16), 10, return_X_y)


def _fetch(name, openml_name, shape, n_classes, return_X_y):
    folder = os.environ.get(DATA_VARIABLE)
    X, y = _read(Path(folder), name) if folder else _download(name, openml_name)
    if X.shape != shape or len(y) != len(X) or len(np.unique(y)) != n_classes:
        raise ValueError(
            f"Expected {name} with X of shape {shape} and {n_classes} classes, but got X of shape "
            f"{X.shape} and {len(np.unique(y))} classes. Replace the file or its cache."
        )
    return (X, y) if return_X_y else Bunch(data=X, target=y, name=name)


def _read(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    path = folder / f"{name}.npz"
    if not path.is_file():
        raise FileNotFoundError(
            f"{DATA_VARIABLE}={folder} has no file {path.name} (arrays X and y). Put it there, or "
            f"unset {DATA_VARIABLE} to fetch the data from OpenML."
        )
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["X"], arrays["y"].astype(np.int64)


def _download(name: str, openml_name: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        X, target = fetch_openml(
            openml_name, version=1, return_X_y=True, as_frame=False, parser="liac-arff"
        )
    except OSError as error:  # URLError, ConnectionError, TimeoutError
        raise ConnectionError(
            f"{name} could not be fetched from OpenML ({error}). Without network, put {name}.npz "
            f"(arrays X and y) in a folder and set {DATA_VARIABLE} to it."
        ) from error
    if name == "usps":
        X = (X + 1) / 2
    elif X.min() >= 0 and X.max() <= 255 and name.endswith("mnist"):
        X = X.astype(np.uint8)
    return X, np.unique(target, return_inverse=True)[1]
