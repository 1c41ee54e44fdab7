# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""K classes of rows some of whose columns of numbers have a few values only.

Answers, grades, yes and no in a table of numbers: each combination of them is a lump among the
codes, and merging follows lumps (see `_product_clusters`); and a Gaussian of a flag has no width
in a class that says yes. To the start such columns are categories, whatever the likelihood makes of
them.
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
# Share of the columns that are not constant which have to have few values where all are numbers:
# fewer are a part of what tells rows apart, and leave the codes connected.
MIN_SHARE = 0.5


class CodedClasses:
    """A `ProductMixture` of coded columns, for columns as they are.

    Parameters
    ----------
    kinds : ndarray of shape (D,)
        Of the columns, as in `_product_clusters`.
    values : list of (ndarray or None)
        Of each column that is to be coded: its few values.
    """

    mixture: ProductMixture

    def __init__(self, kinds: np.ndarray, values: list[np.ndarray | None]) -> None:
        self.values = values
        coded: list[str] = []
        for kind, few in zip(kinds, values, strict=True):
            if few is None:
                coded.append(kind)
            elif len(few) == 2:
                coded.append(BOOLEAN)
            elif len(few) > 2:
                coded += [CATEGORY] * len(few)
        self.kinds = np.array(coded)

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


def coded_clusters(
    kinds: np.ndarray,
    X: np.ndarray,
    holes: np.ndarray | None,
    n_clusters: int,
    rng: np.random.RandomState,
) -> CodedClasses | ProductMixture | None:
    """`product_clusters` of X (n, D), with few values as categories if n rows settle that many.

    ``holes`` (n, D), if there are any: which entries are not X's own, but a guess.
    """
    values = few_values_of(kinds, X, holes)
    classes = CodedClasses(kinds, values)
    is_coded = any(few is not None for few in values)
    if not is_coded or not can_tell_classes(len(X), classes.kinds, n_clusters):
        return product_clusters(kinds, X, n_clusters, rng)
    return with_mixture(classes, X, n_clusters, rng)


def may_have_few_values(n: int, D: int, n_clusters: int) -> bool:
    """Whether n rows settle the parameters of K classes of D columns if all have two values."""
    return can_tell_classes(n, np.full(D, BOOLEAN), n_clusters)


def few_valued_clusters(
    X: np.ndarray, holes: np.ndarray | None, n_clusters: int, rng: np.random.RandomState
) -> CodedClasses | None:
    """The classes of numbers X (n, D); None where fewer than `MIN_SHARE` of the columns have few
    values, or n rows tell too little."""
    kinds = np.full(X.shape[1], NUMBER)
    values = few_values_of(kinds, X, holes)
    n_few = sum(few is not None and len(few) > 1 for few in values)
    n_varying = sum(few is None or len(few) > 1 for few in values)
    classes = CodedClasses(kinds, values)
    if not n_few or n_few < MIN_SHARE * n_varying:
        return None
    if not can_tell_classes(len(X), classes.kinds, n_clusters):
        return None
    return with_mixture(classes, X, n_clusters, rng)


def with_mixture(
    classes: CodedClasses, X: np.ndarray, n_clusters: int, rng: np.random.RandomState
) -> CodedClasses | None:
    """Fitted to X; None where `product_clusters` is."""
    mixture = product_clusters(classes.kinds, classes.coded(X), n_clusters, rng)
    if mixture is None:
        return None
    classes.mixture = mixture
    return classes


def few_values_of(
    kinds: np.ndarray, X: np.ndarray, holes: np.ndarray | None
) -> list[np.ndarray | None]:
    """Of each column of numbers what `few_values` says of the entries that are there."""
    return [
        few_values(X[:, j] if holes is None else X[~holes[:, j], j]) if kind == NUMBER else None
        for j, kind in enumerate(kinds)
    ]


def few_values(x: np.ndarray) -> np.ndarray | None:
    """The values of a column in ascending order if they are few."""
    values = np.unique(x)
    return values if 0 < len(values) <= min(MAX_VALUES, len(x) / ROWS_PER_VALUE) else None
