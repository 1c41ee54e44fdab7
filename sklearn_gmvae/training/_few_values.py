# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""K classes of rows some of whose columns of numbers have a few values only.

Answers, grades, yes and no in a table of numbers: each combination of them is a lump among the
codes, and merging follows lumps (see `_product_clusters`); and a Gaussian of a flag has no width
in a class that says yes. To the start such columns are categories, whatever the likelihood makes of
them.
"""

import copy

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
    """`product_clusters` of X (n, D), with few values as categories if n rows settle that many and
    are not better described by numbers.

    ``holes`` (n, D), if there are any: which entries are not X's own, but a guess.
    """
    values = few_values_of(kinds, X, holes)
    classes = found_classes(kinds, values, X, n_clusters, rng)
    if classes is not None and are_numbers(classes, kinds, X, n_clusters, rng):
        classes = found_classes(kinds, flags_of(values), X, n_clusters, rng)
    return classes or product_clusters(kinds, X, n_clusters, rng)


def may_have_few_values(n: int, D: int, n_clusters: int) -> bool:
    """Whether n rows settle the parameters of K classes of D columns if all have two values."""
    return can_tell_classes(n, np.full(D, BOOLEAN), n_clusters)


def few_valued_clusters(
    X: np.ndarray, holes: np.ndarray | None, n_clusters: int, rng: np.random.RandomState
) -> CodedClasses | None:
    """The classes of numbers X (n, D); None where fewer than `MIN_SHARE` of the columns have few
    values, n rows tell too little, or numbers describe them better."""
    kinds = np.full(X.shape[1], NUMBER)
    values = few_values_of(kinds, X, holes)
    n_few = sum(few is not None and len(few) > 1 for few in values)
    n_varying = sum(few is None or len(few) > 1 for few in values)
    if not n_few or n_few < MIN_SHARE * n_varying:
        return None
    own = copy.deepcopy(rng)  # what is refused has drawn nothing
    classes = found_classes(kinds, values, X, n_clusters, own)
    if classes is None or are_numbers(classes, kinds, X, n_clusters, own):
        return None
    return classes


def found_classes(
    kinds: np.ndarray,
    values: list[np.ndarray | None],
    X: np.ndarray,
    n_clusters: int,
    rng: np.random.RandomState,
) -> CodedClasses | None:
    """Classes of X with the columns that have ``values`` coded; None if none has, n rows tell too
    little, or `product_clusters` is None."""
    classes = CodedClasses(kinds, values)
    if all(few is None for few in values):
        return None
    if not can_tell_classes(len(X), classes.kinds, n_clusters):
        return None
    mixture = product_clusters(classes.kinds, classes.coded(X), n_clusters, rng)
    if mixture is None:
        return None
    classes.mixture = mixture
    return classes


def are_numbers(
    classes: CodedClasses,
    kinds: np.ndarray,
    X: np.ndarray,
    n_clusters: int,
    rng: np.random.RandomState,
) -> bool:
    """Whether Gaussians of the columns of three values and more describe X better than categories:
    grades of one scale go up and down together within a class, which categories cannot say.

    By the integrated completed likelihood. A value is a cell as wide as values are apart: rows
    spread over their cells have a density, and that times the cells' volume is a probability.
    """
    spread, log_volume = X.astype(np.float64), 0.0
    for x, few in zip(spread.T, classes.values, strict=True):
        if few is not None and len(few) > 2:
            width = float(np.median(np.diff(few)))
            x += width * (rng.uniform(size=len(x)) - 0.5)
            log_volume += np.log(width)
    numbers = CodedClasses(kinds, flags_of(classes.values))
    if len(numbers.kinds) == len(classes.kinds):
        return False  # there are flags only
    if not can_tell_classes(len(X), numbers.kinds, n_clusters):
        return False
    mixture = product_clusters(numbers.kinds, numbers.coded(spread), n_clusters, rng)
    assert mixture is not None, "only flags are refused"
    as_numbers = mixture.completed_likelihood(numbers.coded(spread)) - 2 * len(X) * log_volume
    return as_numbers < classes.mixture.completed_likelihood(classes.coded(X))


def flags_of(values: list[np.ndarray | None]) -> list[np.ndarray | None]:
    """Those of two values, or one."""
    return [few if few is not None and len(few) <= 2 else None for few in values]


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
