# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Synthetic tables with columns of several kinds, and holes."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state

# Of every numeric column: its unit, as a power of ten, and how far from zero it lies in units.
UNITS = (-2.0, 3.0)
OFFSETS = (-5.0, 5.0)
# Of probabilities of categories: below 1 most of them are near 0, and one near 1.
CONCENTRATION = 0.5
# A count's rate, on a log scale: its middle, and how far apart the clusters' are.
LOG_RATE = 1.5


def make_mixed(
    n_samples=500,
    *,
    n_clusters=4,
    n_numeric=4,
    n_boolean=2,
    n_categorical=3,
    n_counts=1,
    n_categories=4,
    separation=1.5,
    missing=0.0,
    random_state=None,
):
    """Draw clusters in a table of numbers, booleans, categories and counts.

    The columns are independent given the cluster: numbers are normal with variance 1 around the
    cluster's means, which are normal with standard deviation `separation`, in a unit of each
    column's own (powers of ten from -2 to 3) and away from zero; booleans and categories have
    probabilities from a Dirichlet distribution with concentration 1/2 for each cluster; counts are
    Poisson with log-normal rates. So the probability of each cluster given a row is known, and no
    column alone tells all clusters apart.

    Parameters
    ----------
    n_samples : int, default=500
        Number of rows, spread over the clusters as evenly as possible.
    n_clusters : int, default=4
        Number of clusters.
    n_numeric, n_boolean, n_categorical, n_counts : int, default=4, 2, 3 and 1
        Number of columns of each kind.
    n_categories : int, default=4
        Categories of each categorical column.
    separation : float, default=1.5
        How far apart the clusters' numbers are, in standard deviations; for the logarithms of the
        counts' rates half of it.
    missing : float, default=0.0
        Share of the entries that are removed, completely at random.
    random_state : int, RandomState instance or None, default=None
        None: another table at each call.

    Returns
    -------
    X : pandas.DataFrame of shape (n_samples, n_columns)
        Columns ``number_0``, ... (float64), ``flag_0``, ... (bool; with `missing` the nullable
        "boolean"), ``kind_0``, ... (category, of texts) and ``count_0``, ... (int64; with `missing`
        the nullable "Int64").
    y : ndarray of shape (n_samples,)
        The cluster of each row.

    Raises
    ------
    ImportError
        If pandas is not installed.
    ValueError
        If there are fewer rows than clusters or no columns, or a number is out of its range.

    Examples
    --------
    >>> from sklearn_gmvae.datasets import make_mixed
    >>> X, y = make_mixed(100, n_numeric=1, n_boolean=1, n_categorical=1, random_state=0)
    >>> X.dtypes.astype(str).tolist()
    ['float64', 'bool', 'category', 'int64']
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "make_mixed returns a pandas data frame, but pandas is not installed. Install it: "
            "pip install pandas."
        ) from error
    numbers = {
        "n_numeric": n_numeric,
        "n_boolean": n_boolean,
        "n_categorical": n_categorical,
        "n_counts": n_counts,
    }
    for name, number in numbers.items():
        if not isinstance(number, Integral) or number < 0:
            raise ValueError(f"{name} should be an integer >= 0, but is {number!r}.")
    if not sum(numbers.values()):
        raise ValueError(f"At least one of {', '.join(numbers)} should be > 0, but all are 0.")
    if not 1 <= n_clusters <= n_samples:
        raise ValueError(
            f"n_clusters={n_clusters} should be at least 1 and at most n_samples={n_samples}."
        )
    if not isinstance(n_categories, Integral) or n_categories < 2:
        raise ValueError(f"n_categories should be an integer >= 2, but is {n_categories!r}.")
    if not isinstance(missing, Real) or not 0.0 <= missing < 1.0:
        raise ValueError(f"missing should be a share in [0, 1), but is {missing!r}.")

    rng = check_random_state(random_state)
    y = rng.permutation(np.arange(n_samples) % n_clusters)
    columns = {}
    for j in range(n_numeric):
        means = separation * rng.standard_normal(n_clusters)
        unit, offset = 10.0 ** rng.uniform(*UNITS), rng.uniform(*OFFSETS)
        columns[f"number_{j}"] = unit * (offset + means[y] + rng.standard_normal(n_samples))
    for j in range(n_boolean):
        columns[f"flag_{j}"] = _drawn(2, y, n_clusters, rng).astype(bool)
    for j in range(n_categorical):
        drawn = _drawn(n_categories, y, n_clusters, rng)
        names = [
            f"kind {chr(ord('a') + i)}" if i < 26 else f"kind {i}" for i in range(n_categories)
        ]
        columns[f"kind_{j}"] = pd.Categorical.from_codes(drawn, categories=names)
    for j in range(n_counts):
        log_rates = LOG_RATE + separation / 2 * rng.standard_normal(n_clusters)
        columns[f"count_{j}"] = rng.poisson(np.exp(log_rates[y]))
    X = pd.DataFrame(columns)
    if missing:
        nullable = {"bool": "boolean", "int64": "Int64"}
        X = X.astype({n: nullable[t] for n, t in X.dtypes.astype(str).items() if t in nullable})
        X = X.mask(rng.uniform(size=X.shape) < missing)
    return X, y


def _drawn(n_categories, y, n_clusters, rng):
    """A category for each row, by probabilities of its cluster."""
    p = rng.dirichlet(np.full(n_categories, CONCENTRATION), size=n_clusters)
    return (rng.uniform(size=(len(y), 1)) > p.cumsum(1)[y][:, :-1]).sum(1)
