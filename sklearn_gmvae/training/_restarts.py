# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which of several runs to keep, without labels."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae.training._train import Run

# Rows on which runs are compared, evenly spaced.
MAX_COMPARED = 10_000


def choose_run(runs: Sequence[Run]) -> Run:
    """The run whose clusters agree best with all others'; of two, the one with the higher bound.

    Errors of restarts differ, what is right recurs: the mean adjusted Rand index with the other
    runs ranks runs by accuracy where the ELBO, which is nearly all reconstruction, does not
    (doc/notes/quality.rst). Runs that ended with a bound that is not finite do not compete.
    """
    runs = [run for run in runs if np.isfinite(run.lower_bound)] or list(runs)
    if len(runs) > 2:
        step = -(-len(runs[0].labels) // MAX_COMPARED)
        return runs[int(np.argmax(consensus([run.labels[::step] for run in runs])))]
    return max(runs, key=lambda run: run.lower_bound)


def consensus(labels: Sequence[np.ndarray]) -> np.ndarray:
    """Mean adjusted Rand index of each labelling with the others."""
    agreement = np.array([[adjusted_rand_score(a, b) for b in labels] for a in labels])
    return (agreement.sum(1) - 1.0) / max(len(labels) - 1, 1)
