# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Columns on a background, a value that many rows have: the dark of pictures, words that are not
in a document, genes that are silent.

With a variance of 1 each, a word in three documents would count as much as one in all, and
networks would learn by heart in which (doc/notes/data.rst, Words, and Columns on a background). By
how far they are off it, where they are, columns are alike whatever their units are; also after
StandardScaler, which moves and stretches each by itself (but hides a zero between other values).
"""

from typing import NamedTuple

import numpy as np

from sklearn_gmvae.training._ranges import ranges_of
from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.training._rows import Rows, chunks, column_known, column_matches

# Columns are so many at least: a table's few are not alike.
MANY_COLUMNS = 200
# Share of the rows that are on it. All pixels of MNIST reach it, of Fashion-MNIST four fifths, and
# all words but the one in most documents.
ON_BACKGROUND = 0.2


class Background(NamedTuple):
    """Of each column a value, (D,), in how many rows it has another, (D,), and whether they are
    few enough to call the value a background, (D,) bool."""

    value: np.ndarray
    n_off: np.ndarray
    is_one: np.ndarray


def background_of(X: Rows, low: np.ndarray, high: np.ndarray, ranks: Ranks = ALONE) -> Background:
    """The most frequent of each column's smallest entry, its largest and zero, over all ranks."""
    D = X.shape[1]
    if D < MANY_COLUMNS:
        return Background(np.zeros(D), np.zeros(D), np.zeros(D, dtype=bool))
    candidates = np.stack([np.zeros(D), low, high])
    counts = np.zeros((4, D))
    for chunk in chunks(X):
        counts += column_known(chunk), *(column_matches(chunk, values) for values in candidates)
    n_known, *n_on = ranks.gather(counts[None]).sum(0)
    best = np.argmax(n_on, axis=0)[None]
    n_on = np.take_along_axis(np.stack(n_on), best, axis=0)[0]
    is_one = (n_on >= ON_BACKGROUND * n_known) & (n_on > 1) & (n_on < n_known)
    return Background(np.take_along_axis(candidates, best, axis=0)[0], n_known - n_on, is_one)


def has_background(X: Rows) -> bool:
    """Whether some columns of X have one."""
    return bool(background_of(X, *ranges_of(X)).is_one.any())
