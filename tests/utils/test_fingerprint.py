# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Equal values have one name, others another, in every process."""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from sklearn_gmvae.utils import _fingerprint, fingerprint

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(plain, plain)
def test_plain_values_share_a_name_if_they_are_the_same(a, b):
    # repr tells 1, 1.0 and True apart, which Python takes for equal; mappings have no order.
    def shown(value):
        if isinstance(value, dict):
            return sorted((repr(k), shown(v)) for k, v in value.items()), "mapping"
        return [shown(v) for v in value] if isinstance(value, list) else repr(value)

    assert (fingerprint(a) == fingerprint(b)) == (shown(a) == shown(b))


@given(arrays(np.int16, st.tuples(st.integers(0, 3), st.integers(0, 3))), st.integers(1, 40))
def test_arrays_are_read_in_chunks_of_any_size_and_in_any_layout(array, chunk):
    expected = fingerprint(array)
    before = _fingerprint.CHUNK
    try:
        _fingerprint.CHUNK = chunk
        assert fingerprint(np.asfortranarray(array)) == expected
        assert fingerprint(np.repeat(array, 2, axis=1)[:, ::2]) == expected
    finally:
        _fingerprint.CHUNK = before


class Sharpen:
    def __init__(self, by):
        self.by = by

    def __call__(self, batch, generator):
        return batch * self.by


@dataclass
class Blur:
    width: int

    def __call__(self, batch, generator):
        return batch


def scaled_by(factor, offset=0):
    def scaled(batch, generator, offset=offset):
        return batch * factor + offset

    return scaled


A = np.arange(6.0).reshape(2, 3)
DIFFERENT = {
    "rows": A, "columns": A.reshape(3, 2), "order": A[::-1], "a last bit": np.nextafter(A, 9.0),
    "float32": A.astype(np.float32), "int64": A.astype(np.int64), "other end": A.astype(">f8"),
    "csr": sparse.csr_array(A), "other csr": sparse.csr_array(A + 1.0), "none": None,
    "text": "None",
    "0-d": np.array(1.0), "1": 1, "1.0": 1.0, "true": True, "empty": [], "nested": [[]],
    "joined": ["ab", "c"], "split": ["a", "bc"], "device": torch.device("cuda:1"),
    "dtype": torch.float32, "state": np.random.RandomState(0), "state 1": np.random.RandomState(1),
    "other generator": np.random.RandomState(np.random.PCG64(0)),
    "function": np.sum, "other function": np.prod, "partial": partial(np.sum, axis=0),
    "other partial": partial(np.sum, axis=1), "dataclass": Blur(3), "other width": Blur(4),
    "closure": scaled_by(1), "other closure": scaled_by(2), "other default": scaled_by(1, 1),
    "lambda": lambda batch: batch + 1, "other lambda": lambda batch: batch + 2,
    "other instruction": lambda batch: batch - 1, "other name": lambda batch: batch.sum,
    "inner": lambda batch: (lambda: 1), "other inner": lambda batch: (lambda: 2),
    "object": Sharpen(1), "other object": Sharpen(2), "of an array": Sharpen(A),
    "method": Sharpen(1).__call__, "other method": Sharpen(2).__call__,
    "tensor": Sharpen(torch.ones(2)), "other tensor": Sharpen(torch.zeros(2)),
    "module": torch.nn.Dropout(0.1), "other module": torch.nn.Dropout(0.2),
}  # fmt: skip


def test_what_differs_has_another_name():
    assert len({fingerprint(value) for value in DIFFERENT.values()}) == len(DIFFERENT)


def test_what_is_the_same_has_the_same_name(tmp_path):
    mapped = np.memmap(tmp_path / "A", A.dtype, "w+", shape=A.shape)
    mapped[:] = A
    assert fingerprint(mapped) == fingerprint(A) == fingerprint(A.copy("F"))
    assert fingerprint(np.int64(3), np.str_("a")) == fingerprint(3, "a")
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint(scaled_by(2)) == fingerprint(scaled_by(2))
    assert fingerprint(Sharpen(2)) == fingerprint(Sharpen(2))
    assert fingerprint(Sharpen(2).__call__) == fingerprint(Sharpen(2).__call__)


def test_what_a_call_calls_counts_too():
    def made(factor):
        class Layer(torch.nn.Module):
            pass

        @dataclass
        class Shift:
            width: int = 1

            def __call__(self, batch, generator):
                return self.moved(batch)

        Layer.forward = (lambda self, x: x + 1) if factor == 1 else (lambda self, x: x + 2)
        Shift.moved = Layer.forward
        return Layer(), Shift()

    for one, same, other in zip(made(1), made(1), made(2), strict=True):
        assert fingerprint(one) == fingerprint(same) != fingerprint(other)


def test_of_what_cannot_be_told_in_an_object_the_type_counts():
    assert fingerprint(Sharpen(object())) == fingerprint(Sharpen(object()))
    assert fingerprint(Sharpen(object())) != fingerprint(Sharpen({1}))
    itself = Sharpen(1)
    itself.by = itself
    assert fingerprint(itself) == fingerprint(itself)

    def again(batch):
        return again

    assert fingerprint(again) == fingerprint(again)


def test_a_name_is_the_same_in_another_process():
    # Neither addresses nor the hashes of texts, which differ from process to process, are in it.
    code = "{'b': 1.5, 'a': ['x', None]}, partial(np.sum, axis=1), np.prod"
    imports = "import numpy as np; from functools import partial; import sklearn_gmvae.utils as u; "
    there = subprocess.run(
        [sys.executable, "-c", f"{imports} print(u.fingerprint({code}))"],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": "1"},
    )  # fmt: skip
    here = fingerprint({"b": 1.5, "a": ["x", None]}, partial(np.sum, axis=1), np.prod)
    assert there.stdout.strip() == here
    assert len(here) == 32


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, np.array([object()]), [object()]],
    ids=["object", "set", "array", "list"],  # their texts have addresses, other ones in each worker
)
def test_what_cannot_be_told_from_another_is_refused(value):
    with pytest.raises(TypeError, match="no fingerprint"):
        fingerprint(value)
