# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A short name for any number of values, arrays of any size among them: equal values, equal name.

The values may be None, numbers, texts, sequences, mappings, numpy arrays, CSR, RandomStates,
torch's devices and dtypes, dataclasses of such, and what can be called: of a function its code,
defaults and closure count besides its name, of another object its methods and attributes. Of an
attribute that is none of these only the type does, and of a function what global names it reads.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from types import CodeType, FunctionType, MethodType
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


def _feed(digest: "hashlib.blake2b", value: Any, within: tuple[int, ...] = ()) -> None:
    """``within``: the objects that this value is an attribute of, by their ids."""
    if isinstance(value, np.generic):
        value = value.item()  # np.int64(3) as a parameter means 3
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        _mark(digest, type(value).__name__, repr(value))
    elif isinstance(value, np.ndarray):
        _feed_array(digest, value)
    elif isinstance(value, torch.Tensor):
        _feed_array(digest, value.detach().cpu().numpy())
    elif hasattr(value, "indptr"):
        _mark(digest, "csr", value.shape)
        for part in (value.indptr, value.indices, value.data):
            _feed_array(digest, part)
    elif isinstance(value, Mapping):
        _mark(digest, "mapping", len(value))
        for key in sorted(value, key=repr):
            _feed(digest, key, within)
            _feed(digest, value[key], within)
    elif isinstance(value, list | tuple):
        _mark(digest, "sequence", len(value))
        for item in value:
            _feed(digest, item, within)
    elif isinstance(value, torch.device | torch.dtype):
        _mark(digest, type(value).__name__, value)
    elif isinstance(value, np.random.RandomState):
        _feed(digest, value.get_state(legacy=False))
    elif is_dataclass(value) and not isinstance(value, type):
        _mark(digest, "dataclass", type(value).__qualname__)
        for field in fields(value):
            _feed(digest, field.name)
            _feed(digest, getattr(value, field.name), within)
        if callable(value):
            _feed_methods(digest, type(value))
    elif callable(value):
        _feed_callable(digest, value, within)
    elif within:
        _feed_object(digest, value, within)
    else:
        raise TypeError(f"{value!r:.80} of {type(value)} has no fingerprint.")


def _feed_callable(digest: "hashlib.blake2b", value: Any, within: tuple[int, ...]) -> None:
    """What it does, as far as that can be seen."""
    if isinstance(value, partial):
        _mark(digest, "partial", "")
        _feed(digest, (value.func, value.args, value.keywords), within)
    elif isinstance(value, MethodType):
        _mark(digest, "method", value.__func__.__qualname__)
        _feed(digest, value.__func__, within)
        _feed_object(digest, value.__self__, within)
    elif isinstance(value, FunctionType):
        _mark(digest, "function", f"{value.__module__}.{value.__qualname__}")
        _feed_code(digest, value.__code__)
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        around = (value.__defaults__, value.__kwdefaults__, cells)
        if id(value) not in within:  # which may be its own closure's
            _feed(digest, around, (*within, id(value)))
    elif hasattr(value, "__qualname__"):  # classes, and what is not written in Python
        _mark(digest, "callable", f"{value.__module__}.{value.__qualname__}")
    else:
        _feed_object(digest, value, within)


def _feed_object(digest: "hashlib.blake2b", value: Any, within: tuple[int, ...]) -> None:
    """Class, with its methods, and attributes."""
    _mark(digest, "object", f"{type(value).__module__}.{type(value).__qualname__}")
    _feed_methods(digest, type(value))
    if id(value) not in within and hasattr(value, "__dict__"):
        _feed(digest, vars(value), (*within, id(value)))


def _feed_methods(digest: "hashlib.blake2b", cls: type) -> None:
    """The code of a class and those that it derives from: what is called may call the others."""
    for base in cls.__mro__:
        for name, method in sorted(vars(base).items()):
            if isinstance(method, FunctionType):
                _mark(digest, "method", name)
                _feed_code(digest, method.__code__)


def _feed_code(digest: "hashlib.blake2b", code: CodeType) -> None:
    """Instructions, names and constants, those of functions inside too."""
    _mark(digest, "code", code.co_code.hex())
    _mark(digest, "names", (code.co_names, code.co_varnames))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _feed_code(digest, constant)
        else:
            shown = sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant
            _mark(digest, type(constant).__name__, repr(shown))


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
