# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows as numbers, also those of a data frame with texts and categories."""

import numpy as np

from sklearn_gmvae._table import library_of, numbers
from sklearn_gmvae.inspection._select import feature_names


class Numbers:
    """How rows become numbers, and what their columns are called.

    Arrays, sparse matrices and frames of numbers are numbers already. A frame's column of texts or
    categories is as many columns of 0 and 1, "column = category"; of two categories one is enough.

    Parameters
    ----------
    categories : sequence of sequences or None
        Of each column of a frame, as an estimator's `categories_`; None: all is numbers.
    source : object
        An estimator or a frame, which names the features.
    n_features : int

    Attributes
    ----------
    names : ndarray of str
    column_of : ndarray of int
        Of each name the column that it tells of.
    are_categories : ndarray of bool
        Whether a name is one of a column's categories.
    have_texts : bool
        Whether a column has become several.
    """

    def __init__(self, categories, source, n_features):
        self.categories = categories
        self.columns = self.names = feature_names(source, n_features)
        self.have_texts = categories is not None and any(map(len, categories))
        self.column_of = np.arange(n_features)
        self.are_categories = np.zeros(n_features, dtype=bool)
        if categories is None:
            return
        # Of each column made: the given one, and the number of the category that it tells of.
        self._made = [
            (j, i)
            for j, known in enumerate(categories)
            for i in {0: [None], 2: [1]}.get(len(known), range(len(known)))
        ]
        self.column_of = np.array([j for j, _ in self._made])
        self.are_categories = np.array([i is not None for _, i in self._made])
        self.names = np.array(
            [
                self.columns[j] if i is None else f"{self.columns[j]} = {categories[j][i]}"
                for j, i in self._made
            ],
            dtype=object,
        )

    @classmethod
    def of_estimator(cls, estimator):
        """Those of the rows that an estimator was fitted on, and answers with."""
        return cls(getattr(estimator, "categories_", None), estimator, estimator.n_features_in_)

    def __call__(self, rows):
        """Rows (n, D) of any kind -> (n, number of names), float64; what is missing is NaN."""
        if self.categories is None:
            dense = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)
            return dense.astype(np.float64)
        library = library_of(rows)
        codes = []
        for name, known in zip(self.columns, self.categories, strict=True):
            if len(known):
                number = {category: i for i, category in enumerate(known)}
                codes.append(np.array([number.get(value, np.nan) for value in rows[name]]))
            else:
                codes.append(numbers(rows[name], library))
        return np.column_stack(
            [
                codes[j] if i is None else np.where(np.isnan(codes[j]), np.nan, codes[j] == i)
                for j, i in self._made
            ]
        )
