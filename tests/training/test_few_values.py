# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables of numbers whose columns have a few values: classes of the values, not lumps."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae.training._few_values import (
    MAX_VALUES,
    ROWS_PER_VALUE,
    FewValuedClasses,
    few_valued_clusters,
    few_values,
    may_have_few_values,
)
from sklearn_gmvae.training._product_clusters import BOOLEAN, CATEGORY, NUMBER


def questionnaire(n=900, n_numbers=2, seed=0):
    """Rows of three classes: six yes or no, two grades from 1 to 5, and numbers; standardised as
    the encoder sees them. Each class says yes to two questions mostly."""
    rng = np.random.RandomState(seed)
    y = rng.randint(3, size=n)
    says_yes = np.full((3, 6), 0.15)
    says_yes[np.arange(6) // 2, np.arange(6)] = 0.85
    answers = rng.rand(n, 6) < says_yes[y]
    grades = 1 + rng.binomial(4, np.array([0.3, 0.5, 0.7])[y][:, None], size=(n, 2))
    numbers = 0.7 * y[:, None] + rng.randn(n, n_numbers)
    X = np.column_stack([answers, grades, numbers]).astype(np.float32)
    return (X - X.mean(0)) / X.std(0), y


def test_values_are_few_up_to_ten_of_ten_rows_each():
    x = np.tile(np.arange(MAX_VALUES), ROWS_PER_VALUE)
    np.testing.assert_array_equal(few_values(x), np.arange(MAX_VALUES))
    assert few_values(x[1:]) is None  # too few rows
    assert few_values(np.append(x, [0.5] * 20)) is None  # too many values
    np.testing.assert_array_equal(few_values(np.zeros(10)), [0.0])


def test_code_has_an_indicator_for_each_value_and_one_for_two():
    classes = FewValuedClasses([np.array([0.0, 1.0]), None, np.array([1.0, 2.0, 4.0])])
    np.testing.assert_array_equal(classes.kinds, [BOOLEAN, NUMBER, *[CATEGORY] * 3])
    X = np.array([[0.0, 7.5, 4.0], [1.0, -2.0, 1.0]])
    np.testing.assert_array_equal(classes.coded(X), [[0, 7.5, 0, 0, 1], [1, -2, 1, 0, 0]])
    # What no row had is the nearest of what some had.
    np.testing.assert_array_equal(classes.coded(np.array([[0.8, 0, 2.9]])), [[1, 0, 0, 1, 0]])


def test_a_constant_column_says_nothing():
    X, _ = questionnaire()
    with_constant = np.insert(X, 3, 5.0, axis=1)
    classes = [few_valued_clusters(x, 3, np.random.RandomState(0)) for x in (X, with_constant)]
    np.testing.assert_array_equal(classes[0].predict(X), classes[1].predict(with_constant))


def test_classes_of_answers_are_found():
    X, y = questionnaire()
    classes = few_valued_clusters(X, 3, np.random.RandomState(0))
    resp = classes.predict_proba(X)
    np.testing.assert_allclose(resp.sum(1), 1.0)
    np.testing.assert_array_equal(resp.argmax(1), classes.predict(X))
    assert adjusted_rand_score(y, classes.predict(X)) > 0.75
    new, y_new = questionnaire(seed=1)
    assert adjusted_rand_score(y_new, classes.predict(new)) > 0.7


@pytest.mark.parametrize(
    "X",
    [load_iris().data, load_digits().data / 16, questionnaire(n_numbers=9)[0]],
    ids=["iris", "digits", "mostly numbers"],
)
def test_tables_of_numbers_are_left_alone(X):
    state = np.random.RandomState(0)
    assert few_valued_clusters(X, 3, state) is None
    assert state.randint(1000) == np.random.RandomState(0).randint(1000)  # nothing was drawn


def test_rows_that_settle_no_classes_are_left_alone():
    X, _ = questionnaire()
    assert few_valued_clusters(X, 3, np.random.RandomState(0)) is not None
    assert few_valued_clusters(X, 100, np.random.RandomState(0)) is None
    assert may_have_few_values(len(X), X.shape[1], 3)
    assert not may_have_few_values(len(X), X.shape[1], 100)
    assert not may_have_few_values(len(X), X.shape[1], 1)


def test_pictures_of_black_and_white_are_left_alone():
    """Pixels are not independent in a class: more classes than there are digits describe them."""
    X = (load_digits().data > 7).astype(np.float64)
    assert few_valued_clusters(X, 10, np.random.RandomState(0)) is None
