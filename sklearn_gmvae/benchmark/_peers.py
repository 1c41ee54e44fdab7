# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Peers that run through the same command where they are installed (extra ``[benchmark]``)."""

from collections.abc import Callable
from functools import partial

from sklearn.base import ClusterMixin


def _clustpy(class_name: str, n_clusters: int, **params) -> ClusterMixin:
    """An estimator of ClustPy with its own defaults, which take X as we do."""
    try:
        from clustpy import deep
    except (ImportError, RuntimeError) as error:  # the latter: torchvision for another torch
        raise ValueError(
            f"clustpy-{class_name.lower()} needs ClustPy, which cannot be imported here ({error}). "
            "Install it with: pip install clustpy."
        ) from error
    return getattr(deep, class_name)(n_clusters, **params)


PEERS: dict[str, Callable[..., ClusterMixin]] = {
    f"clustpy-{name.lower()}": partial(_clustpy, name) for name in ("VaDE", "DEC", "IDEC")
}
