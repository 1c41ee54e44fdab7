# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Synthetic data of the GMVAE paper: clusters that bend."""

import numpy as np
from sklearn.utils import check_random_state, shuffle


def make_pinwheel(
    n_samples=500,
    *,
    n_arms=5,
    radial_std=0.3,
    tangential_std=0.05,
    rate=0.25,
    random_state=None,
):
    """Draw arms of a pinwheel: elongated Gaussians around a centre, bent.

    Each point is rotated with its distance.

    The data of section 4.1 of the GMVAE paper (Dilokthanakul et al. 2016), as Johnson et al.
    (2016, Structured VAE) draw it.

    Parameters
    ----------
    n_samples : int, default=500
        Number of rows, spread over the arms as evenly as possible.
    n_arms : int, default=5
        Number of arms.
    radial_std, tangential_std : float, default=0.3 and 0.05
        Standard deviation of a point along and across its arm; an arm's centre is at radius 1.
    rate : float, default=0.25
        Strength of the bend: a point at x along its arm turns by ``rate * exp(x)`` radians.
    random_state : int, RandomState instance or None, default=None
        None: other points at each call.

    Returns
    -------
    X : ndarray of shape (n_samples, 2)
    y : ndarray of shape (n_samples,)
        The arm of each row.

    Raises
    ------
    ValueError
        If ``n_samples < n_arms``.

    Examples
    --------
    >>> from sklearn_gmvae.datasets import make_pinwheel
    >>> X, y = make_pinwheel(100, n_arms=5, random_state=0)
    >>> X.shape
    (100, 2)
    """
    rng, y = _arms(n_samples, n_arms, random_state)
    points = rng.standard_normal((n_samples, 2)) * [radial_std, tangential_std] + [1.0, 0.0]
    X = _rotate(points, 2 * np.pi * y / n_arms + rate * np.exp(points[:, 0]))
    return shuffle(X, y, random_state=rng)


def make_spiral(n_samples=500, *, n_arms=2, turns=0.75, noise=0.05, random_state=None):
    """Draw arms of an Archimedean spiral around a common centre.

    Parameters
    ----------
    n_samples : int, default=500
        Number of rows, spread over the arms as evenly as possible.
    n_arms : int, default=2
        Number of arms.
    turns : float, default=0.75
        How often an arm winds around the centre between radius 0.2 and radius 1.
    noise : float, default=0.05
        Standard deviation of a point around its arm.
    random_state : int, RandomState instance or None, default=None
        None: other points at each call.

    Returns
    -------
    X : ndarray of shape (n_samples, 2)
    y : ndarray of shape (n_samples,)
        The arm of each row.

    Raises
    ------
    ValueError
        If ``n_samples < n_arms``.

    Examples
    --------
    >>> from sklearn_gmvae.datasets import make_spiral
    >>> X, y = make_spiral(90, n_arms=3, random_state=0)
    >>> sorted(set(y.tolist()))
    [0, 1, 2]
    """
    rng, y = _arms(n_samples, n_arms, random_state)
    radius = 0.2 + 0.8 * rng.uniform(size=n_samples)
    points = np.column_stack([radius, np.zeros(n_samples)])
    X = _rotate(points, 2 * np.pi * (y / n_arms + turns * (radius - 0.2) / 0.8))
    return shuffle(X + noise * rng.standard_normal(X.shape), y, random_state=rng)


def _arms(n_samples, n_arms, random_state):
    if not 1 <= n_arms <= n_samples:
        raise ValueError(f"n_arms={n_arms} should be at least 1 and at most n_samples={n_samples}.")
    return check_random_state(random_state), np.arange(n_samples) % n_arms


def _rotate(points, angles):
    cos, sin = np.cos(angles), np.sin(angles)
    x, y = points.T
    return np.column_stack([cos * x - sin * y, sin * x + cos * y])
