# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Python's warning filters, which belong to all threads, after calls that set them anew."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from sklearn.exceptions import ConvergenceWarning


class _Kept:
    """The filters as they were when the first thread came in; put back when the last leaves."""

    def __init__(self) -> None:
        self._lock, self._n_inside = Lock(), 0
        self._filters = warnings.catch_warnings()

    def enter(self) -> None:
        with self._lock:
            if not self._n_inside:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
            self._n_inside += 1

    def leave(self) -> None:
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                self._filters.__exit__(None, None, None)


_KEPT = _Kept()


@contextmanager
def kept_filters() -> Iterator[None]:
    """For calls of scikit-learn, in any number of threads; also a decorator.

    Its `check_array` and `Parallel` set the filters anew while they run, and put back what they had
    found: of two threads at once, the last may put back the other's, for good. (Filters that the
    user's own threads set anew in between are beyond help: Python has one list for all.)
    """
    _KEPT.enter()
    try:
        yield
    finally:
        _KEPT.leave()


@contextmanager
def quietly() -> Iterator[None]:
    """Without scikit-learn's ConvergenceWarning: an unfinished EM is as good a start, and codes
    that repeat (constant X) are reported by the estimator in its own words."""
    with kept_filters():
        # Only scikit-learn's own: the estimator's, in another thread, are to be heard.
        warnings.filterwarnings("ignore", category=ConvergenceWarning, module=r"sklearn\.")
        yield
