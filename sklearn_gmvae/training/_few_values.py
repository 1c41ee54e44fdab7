# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""K classes of rows of numbers of which most columns have a few values only.

Answers, grades, yes and no in a table of numbers: each combination of them is a lump among the
codes, and merging follows lumps (see `_product_clusters`). To the start such columns are
categories, whatever the likelihood makes of them.
"""

import numpy as np

from sklearn_gmvae.training._product_clusters import (
    BOOLEAN,
    CATEGORY,
    NUMBER,
    ProductMixture,
    can_tell_classes,
    product_clusters,
)

# A column has few values if there are no more than these, each so many rows' on average.
MAX_VALUES = 10
ROWS_PER_VALUE = 10
# Share of the columns that are not constant which have to have few values: fewer are a part of
# what tells rows apart, and leave the codes connected.
MIN_SHARE = 0.5


class FewValuedClasses:
    """A `ProductMixture` of coded columns, for columns as they are.

    Parameters
    ----------
    values : list of (ndarray or None)
        Of each column: its few values; None for one of numbers.
    """

    mixture: ProductMixture

    def __init__(self, values: list[np.ndarray | None]) -> None:
        self.values = values

    @property
    def kinds(self) -> np.ndarray:
        """Of the coded columns."""
        kinds: list[str] = []
        for values in self.values:
            if values is None:
                kinds.append(NUMBER)
            elif len(values) == 2:
                kinds.append(BOOLEAN)
            elif len(values) > 2:
                kinds += [CATEGORY] * len(values)
        return np.array(kinds)

    def coded(self, X: np.ndarray) -> np.ndarray:
        """A column of few values as indicators of each, of two values of the larger, of one value
        not at all; what is none of them as the nearest."""
        columns = []
        for x, values in zip(X.T, self.values, strict=True):
            if values is None:
                columns.append(x[:, None])
                continue
            nearest = np.abs(x[:, None] - values).argmin(1)
            indicators = nearest[:, None] == np.arange(len(values))
            columns.append(indicators[:, 1:] if len(values) <= 2 else indicators)
        return np.concatenate(columns, axis=1, dtype=np.float64)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.mixture.predict_proba(self.coded(X))

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.mixture.predict(self.coded(X))


def may_have_few_values(n: int, D: int, n_clusters: int) -> bool:
    """Whether n rows settle the parameters of K classes of D columns if all have two values."""
    return can_tell_classes(n, np.full(D, BOOLEAN), n_clusters)


def few_valued_clusters(
    X: np.ndarray, n_clusters: int, rng: np.random.RandomState
) -> FewValuedClasses | None:
    """The classes of X (n, D); None where fewer than `MIN_SHARE` of the columns have few values, or
    n rows tell too little."""
    values = [few_values(x) for x in X.T]
    n_few = sum(v is not None and len(v) > 1 for v in values)
    n_varying = sum(v is None or len(v) > 1 for v in values)
    if not n_few or n_few < MIN_SHARE * n_varying:
        return None
    classes = FewValuedClasses(values)
    kinds = classes.kinds
    if not can_tell_classes(len(X), kinds, n_clusters):
        return None
    mixture = product_clusters(kinds, classes.coded(X), n_clusters, rng)
    if mixture is None:
        return None
    classes.mixture = mixture
    return classes


def few_values(x: np.ndarray) -> np.ndarray | None:
    """The values of a column in ascending order if they are few."""
    values = np.unique(x)
    return values if len(values) <= min(MAX_VALUES, len(x) / ROWS_PER_VALUE) else None
