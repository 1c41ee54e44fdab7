# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Warning filters are left as they were, whoever sets them anew meanwhile and in which order."""

import warnings
from contextlib import ExitStack
from itertools import permutations

import pytest
from sklearn.exceptions import ConvergenceWarning

from sklearn_gmvae.utils import kept_filters, quietly


@pytest.fixture(autouse=True)
def filters():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield list(warnings.filters)


def anew():
    """As scikit-learn sets filters anew: two of these, not nested, leave the second's behind."""
    stack = ExitStack()
    stack.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore", category=UserWarning)
    return stack


def test_without_keeping_the_last_to_leave_puts_back_what_another_had_set(filters):
    first, second = anew(), anew()
    first.close()
    second.close()
    assert warnings.filters != filters


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("keep", [kept_filters, quietly])
def test_filters_are_as_they_were_when_the_last_has_left(filters, keep, order):
    stacks = []
    for _ in order:
        stack = ExitStack()
        stack.enter_context(keep())
        stack.enter_context(anew())
        stacks.append(stack)
    assert warnings.filters != filters
    for which in order:
        stacks[which].close()
    assert warnings.filters == filters


def test_filters_are_as_they_were_after_an_error(filters):
    with pytest.raises(KeyError), kept_filters():
        warnings.simplefilter("ignore")
        raise KeyError
    assert warnings.filters == filters


def test_filters_set_between_two_are_kept():
    with kept_filters():
        pass
    warnings.simplefilter("ignore", category=DeprecationWarning)
    before = list(warnings.filters)
    with kept_filters():
        warnings.simplefilter("error")
    assert warnings.filters == before


def test_quietly_silences_scikit_learn_alone():
    with quietly():
        warnings.warn_explicit("unheard", ConvergenceWarning, "kmeans.py", 1, "sklearn.cluster")
        with pytest.raises(ConvergenceWarning, match="heard"):
            warnings.warn("heard", ConvergenceWarning, stacklevel=1)
