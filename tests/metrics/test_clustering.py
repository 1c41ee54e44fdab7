# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The three accuracies against brute force and by their definitions."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_gmvae.metrics import (
    clustering_accuracy,
    confident_sample_accuracy,
    majority_accuracy,
)

pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


@given(pairs)
def test_clustering_accuracy_equals_brute_force_over_matches(rows):
    y, labels = np.array(rows).T
    brute = max(np.mean(np.array(match)[labels] == y) for match in permutations(range(4)))
    assert clustering_accuracy(y, labels) == pytest.approx(brute)


@given(pairs)
def test_majority_accuracy_is_at_least_the_one_to_one(rows):
    y, labels = np.array(rows).T
    assert clustering_accuracy(y, labels) <= majority_accuracy(y, labels) <= 1.0


@given(pairs, st.permutations(range(4)))
def test_accuracies_do_not_depend_on_numbering(rows, order):
    y, labels = np.array(rows).T
    for accuracy in (clustering_accuracy, majority_accuracy):
        assert accuracy(y, np.array(order)[labels]) == pytest.approx(accuracy(y, labels))


def test_confident_sample_accuracy_takes_the_label_of_the_surest_row():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6]])
    assert confident_sample_accuracy([1, 0, 0, 0], probabilities) == 0.5


def test_of_equally_sure_rows_the_most_frequent_class_counts():
    # Cluster 0: classes 1, 0, 0 at probability 1; cluster 1: one surest row.
    probabilities = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.1, 0.9], [0.3, 0.7]])
    assert confident_sample_accuracy([1, 0, 0, 1, 0], probabilities) == pytest.approx(3 / 5)


@given(pairs.filter(lambda rows: len(rows) > 1), st.randoms(use_true_random=False))
def test_confident_sample_accuracy_does_not_depend_on_the_rows_order(rows, random):
    y = np.array(rows)[:, 0]
    probabilities = np.eye(4)[[label for _, label in rows]] * 0.5 + 0.125
    order = np.array(random.sample(range(len(y)), len(y)))
    found = confident_sample_accuracy(y[order], probabilities[order])
    assert found == confident_sample_accuracy(y, probabilities)
    # All rows of a cluster are equally sure: it takes its majority.
    assert found == pytest.approx(majority_accuracy(y, probabilities.argmax(1)))


def test_unequal_lengths_and_empty_input_raise():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        clustering_accuracy([0, 1], [0])
    with pytest.raises(ValueError, match="at least 1 is needed"):
        majority_accuracy([], [])
