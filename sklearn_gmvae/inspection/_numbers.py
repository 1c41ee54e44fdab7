# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows as numbers, also those of a data frame with texts and categories."""

import numpy as np

from sklearn_gmvae.inspection._select import feature_names


class Numbers:
    """How rows become numbers, and what their columns are called.

    Arrays, sparse matrices and frames of numbers are numbers already. A frame's column of texts or
    categories is as many columns of 0 and 1, "column = category"; of two categories one is enough.

    Parameters
    ----------
    table : Table or None
        Of a frame that has more than numbers.
    source : object
        An estimator or a frame, which names the features otherwise.
    n_features : int

    Attributes
    ----------
    names : ndarray of str
    """

    def __init__(self, table, source, n_features):
        self.table = table
        if table is None:
            self.names = feature_names(source, n_features)
            return
        # Of each column made: the given one, and the category that it tells of.
        self._made = [
            (j, i)
            for j, n_categories in enumerate(table.n_categories)
            for i in {0: [None], 2: [1]}.get(n_categories, range(n_categories))
        ]
        self.names = np.array(
            [
                table.names[j] if i is None else f"{table.names[j]} = {table.categories[j][i]}"
                for j, i in self._made
            ],
            dtype=object,
        )

    @classmethod
    def of_estimator(cls, estimator):
        """Those of the rows that an estimator was fitted on, and answers with."""
        design = getattr(estimator, "_design", None)
        return cls(getattr(design, "table", None), estimator, estimator.n_features_in_)

    def __call__(self, rows):
        """Rows (n, D) of any kind -> (n, number of names), float64; what is missing is NaN."""
        if self.table is None:
            dense = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)
            return dense.astype(np.float64)
        codes = self.table.encode(rows).astype(np.float64)
        columns = [
            codes[:, j] if i is None else np.where(np.isnan(codes[:, j]), np.nan, codes[:, j] == i)
            for j, i in self._made
        ]
        return np.column_stack(columns)
