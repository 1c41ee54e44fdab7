# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Axes and colours that all displays share; matplotlib is imported only when one is drawn."""


def axes(ax=None):
    """``ax``, or the axes of a new figure."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1]


def cluster_colors(n_clusters):
    """One colour a cluster: ten that colour-blind people can tell apart, beyond that a
    colour map from dark to light."""
    import matplotlib

    if n_clusters <= 10:
        # Petroff's accessible sequence of ten.
        names = (
            "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
            "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
        )  # fmt: skip
        return list(names[:n_clusters])
    shades = matplotlib.colormaps["viridis"]
    return [shades(i / (n_clusters - 1)) for i in range(n_clusters)]
