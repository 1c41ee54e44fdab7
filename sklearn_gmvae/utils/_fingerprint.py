# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A short name for any number of values, arrays of any size among them: equal values, equal name.

The values may be None, numbers, texts, sequences, mappings, numpy arrays, CSR, RandomStates,
torch's devices and dtypes, dataclasses of such, and functions, of which only the name can be
looked at.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch

# Bytes of an array that are copied at a time.
CHUNK = 2**22


def fingerprint(*values: Any) -> str:
    """32 hexadecimal digits (128 bits of BLAKE2).

    Raises
    ------
    TypeError
        If there is a value whose content cannot be told from another's.
    """
    digest = hashlib.blake2b(digest_size=16)
    _feed(digest, values)
    return digest.hexdigest()


def _feed(digest: "hashlib.blake2b", value: Any) -> None:
    if isinstance(value, np.generic):
        value = value.item()  # np.int64(3) as a parameter means 3
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        _mark(digest, type(value).__name__, repr(value))
    elif isinstance(value, np.ndarray):
        _feed_array(digest, value)
    elif hasattr(value, "indptr"):
        _mark(digest, "csr", value.shape)
        for part in (value.indptr, value.indices, value.data):
            _feed_array(digest, part)
    elif isinstance(value, Mapping):
        _mark(digest, "mapping", len(value))
        for key in sorted(value, key=repr):
            _feed(digest, key)
            _feed(digest, value[key])
    elif isinstance(value, list | tuple):
        _mark(digest, "sequence", len(value))
        for item in value:
            _feed(digest, item)
    elif isinstance(value, torch.device | torch.dtype):
        _mark(digest, type(value).__name__, value)
    elif isinstance(value, np.random.RandomState):
        _feed(digest, value.get_state(legacy=False))
    elif is_dataclass(value) and not isinstance(value, type):
        _mark(digest, "dataclass", type(value).__qualname__)
        for field in fields(value):
            _feed(digest, field.name)
            _feed(digest, getattr(value, field.name))
    elif callable(value):
        _mark(digest, "callable", _name(value))
    else:
        raise TypeError(f"{value!r:.80} of {type(value)} has no fingerprint.")


def _feed_array(digest: "hashlib.blake2b", array: np.ndarray) -> None:
    """dtype, shape and entries in C order, of which a chunk is copied at a time."""
    if array.dtype.hasobject:
        raise TypeError(f"An array of dtype {array.dtype} has no fingerprint.")
    _mark(digest, array.dtype.str, array.shape)
    if not array.size:
        return
    rows = array.reshape(1) if array.ndim == 0 else array
    step = max(1, CHUNK // max(1, rows[:1].nbytes))
    for start in range(0, len(rows), step):
        digest.update(np.ascontiguousarray(rows[start : start + step]).reshape(-1).data)


def _mark(digest: "hashlib.blake2b", kind: str, content: Any) -> None:
    """What comes, with its length, so that no two sequences of values run into each other."""
    text = f"{kind}:{content}".encode("utf-8", "surrogatepass")
    digest.update(len(text).to_bytes(8, "little") + text)


def _name(function: Any) -> str:
    """Where a function is defined; of another callable how it shows itself, without its address."""
    if hasattr(function, "__qualname__"):
        return f"{function.__module__}.{function.__qualname__}"
    return f"{type(function).__module__}.{re.sub(r' at 0x[0-9a-fA-F]+', '', repr(function))}"
