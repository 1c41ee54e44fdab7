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
    CodedClasses,
    coded_clusters,
    few_valued_clusters,
    few_values,
    may_have_few_values,
)
from sklearn_gmvae.training._product_clusters import (
    BOOLEAN,
    CATEGORY,
    NUMBER,
    product_clusters,
)


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
    classes = CodedClasses(
        np.array([NUMBER] * 3), [np.array([0.0, 1.0]), None, np.array([1.0, 2.0, 4.0])]
    )
    np.testing.assert_array_equal(classes.kinds, [BOOLEAN, NUMBER, *[CATEGORY] * 3])
    X = np.array([[0.0, 7.5, 4.0], [1.0, -2.0, 1.0]])
    np.testing.assert_array_equal(classes.coded(X), [[0, 7.5, 0, 0, 1], [1, -2, 1, 0, 0]])
    # What no row had is the nearest of what some had.
    np.testing.assert_array_equal(classes.coded(np.array([[0.8, 0, 2.9]])), [[1, 0, 0, 1, 0]])


def test_a_constant_column_says_nothing():
    X, _ = questionnaire()
    with_constant = np.insert(X, 3, 5.0, axis=1)
    classes = [
        few_valued_clusters(x, None, 3, np.random.RandomState(0)) for x in (X, with_constant)
    ]
    np.testing.assert_array_equal(classes[0].predict(X), classes[1].predict(with_constant))


def test_constant_columns_alone_have_no_classes():
    X = np.tile([0.0, 1.0, 2.0], (200, 1))
    assert may_have_few_values(*X.shape, 2)
    assert few_valued_clusters(X, None, 2, np.random.RandomState(0)) is None


def test_classes_of_answers_are_found():
    X, y = questionnaire()
    classes = few_valued_clusters(X, None, 3, np.random.RandomState(0))
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
    assert few_valued_clusters(X, None, 3, state) is None
    assert state.randint(1000) == np.random.RandomState(0).randint(1000)  # nothing was drawn


def test_rows_that_settle_no_classes_are_left_alone():
    X, _ = questionnaire()
    assert few_valued_clusters(X, None, 3, np.random.RandomState(0)) is not None
    assert few_valued_clusters(X, None, 100, np.random.RandomState(0)) is None
    assert may_have_few_values(len(X), X.shape[1], 3)
    assert not may_have_few_values(len(X), X.shape[1], 100)
    assert not may_have_few_values(len(X), X.shape[1], 1)


def test_pictures_of_black_and_white_are_left_alone():
    """Pixels are not independent in a class: more classes than there are digits describe them."""
    X = (load_digits().data > 7).astype(np.float64)
    assert few_valued_clusters(X, None, 10, np.random.RandomState(0)) is None


def with_a_category(n=900, seed=0):
    """`questionnaire` and a category of three that the class says a little of."""
    X, y = questionnaire(n, seed=seed)
    rng = np.random.RandomState(seed + 100)
    category = np.where(rng.rand(n) < 0.4, y, rng.randint(3, size=n))
    kinds = np.array([NUMBER] * X.shape[1] + [CATEGORY] * 3)
    return np.column_stack([X, np.eye(3)[category]]), kinds, y


def test_numbers_of_few_values_beside_categories_are_categories_too():
    """A Gaussian of a flag has no width in a class that says yes: ARI .46 as numbers."""
    X, kinds, y = with_a_category()
    classes = coded_clusters(kinds, X, None, 3, np.random.RandomState(0))
    assert adjusted_rand_score(y, classes.predict(X)) > 0.75
    as_numbers = product_clusters(kinds, X, 3, np.random.RandomState(0))
    assert adjusted_rand_score(y, as_numbers.predict(X)) < 0.65


def test_guesses_in_holes_are_no_values():
    X, kinds, y = with_a_category()
    rng = np.random.RandomState(1)
    holes = rng.rand(*X.shape) < 0.1
    holes[:, kinds == CATEGORY] = False
    guessed = np.where(holes, rng.randn(*X.shape), X)
    classes = coded_clusters(kinds, guessed, holes, 3, np.random.RandomState(0))
    assert (classes.kinds == BOOLEAN).sum() == 6
    assert adjusted_rand_score(y, classes.predict(guessed)) > 0.6


def test_without_few_values_classes_are_those_of_the_columns_as_they_are():
    X, kinds, _ = with_a_category()
    X[:, :8] += np.random.RandomState(0).randn(len(X), 8)
    resp = [
        find(np.random.RandomState(0)).predict_proba(X)
        for find in (
            lambda rng: coded_clusters(kinds, X, None, 3, rng),
            lambda rng: product_clusters(kinds, X, 3, rng),
        )
    ]
    np.testing.assert_array_equal(*resp)


def test_a_column_of_holes_has_no_values():
    X, _ = questionnaire()
    holes = np.zeros(X.shape, bool)
    holes[:, 0] = True
    guessed = np.where(holes, np.random.RandomState(0).randn(*X.shape), X)
    classes = few_valued_clusters(guessed, holes, 3, np.random.RandomState(0))
    assert classes.values[0] is None
    assert classes.values[1] is not None


def test_grades_of_one_scale_are_numbers():
    """Within a class they go up and down together: categories find their level, not the class."""
    rng = np.random.RandomState(0)
    y = rng.randint(3, size=900)
    Z = 1.2 * rng.randn(3, 4)[y] + 1.2 * rng.randn(900, 1) + 0.5 * rng.randn(900, 4)
    X = np.round(9 * (Z - Z.min()) / (Z.max() - Z.min()))
    X = (X - X.mean(0)) / X.std(0)
    rng = np.random.RandomState(0)
    assert few_valued_clusters(X, None, 3, rng) is None
    assert rng.randint(1000) == np.random.RandomState(0).randint(1000)  # nothing was drawn
    # Beside a category they are numbers to the classes.
    kinds = np.array([NUMBER] * 4 + [CATEGORY] * 3)
    beside = np.column_stack([X, np.eye(3)[rng.randint(3, size=900)]])
    classes = coded_clusters(kinds, beside, None, 3, rng)
    assert adjusted_rand_score(y, classes.predict(beside)) > 0.7


def test_a_flag_beside_many_booleans_does_not_cost_them_their_classes():
    """Booleans alone may be pixels; of columns of several kinds nobody asks."""
    pixels = (load_digits().data > 7).astype(np.float64)
    pixels = pixels[:, pixels.std(0) > 0]
    flag = np.random.RandomState(0).randint(1, 3, size=len(pixels))
    X = np.column_stack([pixels, flag])
    kinds = np.array([BOOLEAN] * pixels.shape[1] + [NUMBER])
    assert coded_clusters(kinds, X, None, 10, np.random.RandomState(0)) is not None
