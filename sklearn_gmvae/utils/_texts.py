# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Texts as two arrays, bytes and lengths: the column names of a wide table would burst a header."""

from collections.abc import Iterable
from itertools import accumulate, pairwise

import numpy as np


def texts_to_arrays(texts: Iterable[str], name: str) -> dict[str, np.ndarray]:
    """``name``.utf8, all texts end to end, and ``name``.lengths, how many bytes each has."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return {
        f"{name}.utf8": np.frombuffer(b"".join(encoded), np.uint8),
        f"{name}.lengths": np.array([len(text) for text in encoded], np.int64),
    }


def texts_from_arrays(arrays: dict[str, np.ndarray], name: str, n_texts: int) -> np.ndarray | None:
    """The texts as an object array, (n_texts,), their arrays taken out; None if there are none.

    Raises
    ------
    ValueError
        If the arrays are not what `texts_to_arrays` makes of so many texts.
    """
    utf8, lengths = (arrays.pop(f"{name}.{part}", None) for part in ("utf8", "lengths"))
    if utf8 is None and lengths is None:
        return None
    error = ValueError(
        f"{name} should be {n_texts} texts: uint8 bytes, and as many int64 lengths, whose sum is "
        "the number of bytes."
    )
    if utf8 is None or utf8.dtype != np.uint8 or utf8.ndim != 1:
        raise error
    if lengths is None or lengths.dtype != np.int64 or lengths.shape != (n_texts,):
        raise error
    # Summed as Python's integers, which do not overflow.
    if (lengths < 0).any() or sum(lengths.tolist()) != len(utf8):
        raise error
    data = utf8.tobytes()
    try:
        texts = [
            data[start:end].decode("utf-8", "surrogatepass")
            for start, end in pairwise(accumulate(lengths.tolist(), initial=0))
        ]
    except UnicodeDecodeError as reason:
        raise ValueError(f"{name} should be texts in UTF-8, but {reason}.") from reason
    return np.array(texts, dtype=object)
