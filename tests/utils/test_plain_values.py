# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Values come back exactly, with their types, or are refused by name."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sklearn_gmvae.utils import from_plain, to_plain

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers() | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


def there_and_back(value):
    arrays = {}
    plain = json.loads(json.dumps(to_plain(value, "value", arrays), allow_nan=False))
    result = from_plain(plain, arrays)
    assert not arrays
    return result


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return set(a) == set(b) and all(same(a[k], b[k]) for k in a)
    return a == b and (not isinstance(a, float) or math.copysign(1, a) == math.copysign(1, b))


@given(values)
def test_python_values_come_back_with_their_types(value):
    assert same(there_and_back(value), value)


@pytest.mark.parametrize(
    "value",
    [
        [f"column {i}\0ä" for i in range(200)], list(range(-100, 100)), tuple(range(200)),
        {f"column {i}": "poisson" for i in range(200)}, {i: "poisson" for i in range(200)},
        {i: {"a": i} for i in range(200)}, [2**63] * 200, [True] * 200, [*range(200), "a"],
        {i if i % 2 else str(i): i for i in range(200)},
    ],
    ids=lambda value: f"{type(value).__name__} {next(iter(value))!r:.10}",
)  # fmt: skip
def test_long_lists_and_dicts_come_back(value):
    assert same(there_and_back(value), value)
    assert list(there_and_back(value)) == list(value)  # of dicts the order too


@pytest.mark.parametrize("value", [{str(i): "poisson" for i in range(5000)}, [3] * 5000])
def test_long_lists_and_dicts_of_texts_and_integers_are_arrays(value):
    assert len(json.dumps(to_plain(value, "value", {}))) < 200


def test_nan_comes_back():
    assert math.isnan(there_and_back(math.nan))


@pytest.mark.parametrize(
    "value",
    [
        np.int64(2**62 + 1), np.float32(0.1), np.uint8(7), np.float64("nan"),
        np.arange(6).reshape(2, 3), np.array(2.5), np.zeros((0, 3), np.float32),
    ],
)  # fmt: skip
def test_numpy_values_come_back_with_their_dtypes(value):
    result = there_and_back([{"a": value}])[0]["a"]
    assert type(result) is type(value)
    assert (result.dtype, result.shape) == (value.dtype, value.shape)
    assert result.tobytes() == value.tobytes()


def test_names_of_numpy_and_its_booleans_come_back_as_pythons():
    assert same(there_and_back([np.str_("gmm"), np.True_]), ["gmm", True])


def test_paths_come_back():
    assert same(there_and_back([Path("a/b")]), [Path("a/b")])


def test_devices_come_back():
    assert there_and_back(torch.device("cuda:1")) == torch.device("cuda:1")


def test_random_state_goes_on_with_the_same_numbers():
    random_state = np.random.RandomState(3)
    random_state.standard_normal(7)  # an odd number: one is kept back
    copied = there_and_back(random_state)
    for method in ("standard_normal", "random_sample"):
        np.testing.assert_array_equal(
            getattr(copied, method)(1000), getattr(random_state, method)(1000)
        )


@pytest.mark.parametrize(
    "value",
    [
        lambda batch: batch, object(), {(1,): 2}, {"a", "b"}, b"bytes", 1j, np.array(["a"]),
        np.random.default_rng(0), np.random.RandomState(np.random.PCG64(0)), torch.zeros(2),
        np.ma.masked_array([1, 2], [True, False]), [1, [object()]],
    ],
)  # fmt: skip
def test_what_has_no_exact_counterpart_is_refused_by_name(value):
    with pytest.raises(TypeError, match=r"parameters\.odd.* which a file cannot hold exactly"):
        to_plain(value, "parameters.odd", {})


def test_two_arrays_of_one_name_are_refused():
    with pytest.raises(TypeError, match=r"a\.b\.c names two arrays"):
        to_plain({"b.c": np.zeros(1), "b": {"c": np.zeros(1)}}, "a", {})


KEY = np.zeros(624, np.uint32)


@pytest.mark.parametrize(
    "plain",
    [
        {}, {"tuple": 1}, {"dict": []}, {"float": "1.5"}, {"float": []}, {"unknown": 1},
        {"tuple": [], "dict": {}}, {"array": "missing"}, {"array": ["matrix"]}, {"array": None},
        {"scalar": "matrix"}, {"device": "gpu"}, {"device": 3}, {"device": None}, {"path": 3},
        {"random_state": 1}, {"random_state": {"tuple": []}},
        [{"array": "matrix"}, {"array": "matrix"}],
        *({"random_state": {"tuple": [{"array": key}, position, gauss, 0.0]}}
          for key, position, gauss in (
              ("key", 625, 0), ("key", -1, 0), ("key", 10**30, 0), ("key", 1, 2),
              ("matrix", 1, 0), ("missing", 1, 0))),
    ],
    ids=str,
)  # fmt: skip
def test_what_to_plain_never_gives_is_refused(plain):
    with pytest.raises(ValueError, match="expected|missing|should be"):
        from_plain(plain, {"matrix": np.zeros((2, 2)), "key": KEY})
