# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Texts come back exactly; arrays that are none are told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_gmvae.utils import texts_from_arrays, texts_to_arrays


@given(st.lists(st.text(st.characters(), max_size=8), max_size=8))
def test_texts_come_back_exactly(texts):
    arrays = texts_to_arrays(texts, "names")
    assert texts_from_arrays(arrays, "names", len(texts)).tolist() == texts
    assert not arrays


def test_no_texts_are_none():
    assert texts_from_arrays({"other": np.zeros(2)}, "names", 3) is None


@pytest.mark.parametrize(
    ("utf8", "lengths"),
    [
        (b"abc", [1, 1]),
        (b"abc", [1, 1, 1, 0]),
        (b"abc", [-1, 2, 2]),
        (b"abc", [2**62, 2**62, 2**63 - 1]),
        (b"abc", None),
        (None, [1, 1, 1]),
        (b"a\xffc", [1, 1, 1]),
    ],
)
def test_arrays_that_are_no_texts_raise(utf8, lengths):
    arrays = {}
    if utf8 is not None:
        arrays["names.utf8"] = np.frombuffer(utf8, np.uint8)
    if lengths is not None:
        arrays["names.lengths"] = np.array(lengths, np.int64)
    with pytest.raises(ValueError, match="names should be"):
        texts_from_arrays(arrays, "names", 3)
