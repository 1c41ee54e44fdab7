# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Data sets of the benchmark, prepared the same way for every estimator: tables standardised
per column, pictures in [0, 1]."""

from collections.abc import Callable

import numpy as np
from sklearn import datasets as sk
from sklearn.preprocessing import StandardScaler

from sklearn_gmvae import datasets


def _table(loader: Callable) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    def load():
        X, y = loader(return_X_y=True)
        return StandardScaler().fit_transform(X), y

    return load


def _digits():
    X, y = sk.load_digits(return_X_y=True)
    return X / 16.0, y


def _pictures(fetch: Callable) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    def load():
        X, y = fetch(return_X_y=True)
        return (X / np.float32(255) if X.dtype == np.uint8 else X), y

    return load


DATA: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
    "digits": _digits,
    "iris": _table(sk.load_iris),
    "wine": _table(sk.load_wine),
    "breast_cancer": _table(sk.load_breast_cancer),
    "mnist": _pictures(datasets.fetch_mnist),
    "fashion_mnist": _pictures(datasets.fetch_fashion_mnist),
    "usps": _pictures(datasets.fetch_usps),
    "pendigits": _table(datasets.fetch_pendigits),
}
