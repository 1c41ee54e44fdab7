# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Data sets for examples and benchmarks: nothing is downloaded unless asked."""

from sklearn_gmvae.datasets._fetch import (
    fetch_fashion_mnist,
    fetch_mnist,
    fetch_pendigits,
    fetch_usps,
)
from sklearn_gmvae.datasets._make import make_pinwheel, make_spiral
from sklearn_gmvae.datasets._mixed import make_mixed
from sklearn_gmvae.datasets._reuters import fetch_reuters
from sklearn_gmvae.datasets._svhn import load_svhn

__all__ = [
    "fetch_fashion_mnist",
    "fetch_mnist",
    "fetch_pendigits",
    "fetch_reuters",
    "fetch_usps",
    "load_svhn",
    "make_mixed",
    "make_pinwheel",
    "make_spiral",
]
