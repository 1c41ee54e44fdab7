# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Python values as JSON values and arrays, and back, exactly; what cannot be exact is refused.

None, bool, int, str, finite floats and lists stand for themselves. Everything else is an object
with one key, its kind: ``{"tuple": [...]}``, ``{"dict": {...}}``, ``{"float": "nan"}``,
``{"path": "runs/a"}``, ``{"device":
"cuda:0"}``, ``{"random_state": {...}}``; for a dict whose keys are not all texts
``{"items": [[key, value], ...]}``; and for numpy's ``{"array": name}`` or ``{"scalar": name}``,
which is a name among a file's arrays. Long lists of texts or integers become arrays too,
``{"texts": [name, length]}`` and ``{"integers": name}``, and long dicts two lists, ``{"columns":
[keys, values]}``: a likelihood for each column of a wide table would burst a header.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sklearn_gmvae.utils._texts import texts_from_arrays, texts_to_arrays

# Items from which lists and dicts are long.
LONG = 100
MT19937_WORDS = 624


def to_plain(value: Any, name: str, arrays: dict[str, np.ndarray]) -> Any:
    """``value`` as JSON; its arrays are put into ``arrays``, under ``name`` and what follows.

    Raises
    ------
    TypeError
        If the value, or one in it, has no exact counterpart. Says which, by ``name``.
    """
    if value is None or type(value) in (bool, int):
        return value
    numeric = isinstance(value, np.generic) or type(value) in (np.ndarray, np.memmap)
    if numeric and value.dtype.kind in "fiu":
        if name in arrays:
            raise TypeError(f"{name} names two arrays. Rename one of them.")
        arrays[name] = np.asarray(value)
        return {"array" if isinstance(value, np.ndarray) else "scalar": name}
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, str):  # and numpy's
        return str(value)
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if type(value) is list and len(value) >= LONG:
        if all(type(item) is str for item in value):
            if f"{name}.utf8" in arrays:
                raise TypeError(f"{name} names two arrays. Rename one of them.")
            arrays.update(texts_to_arrays(value, name))
            return {"texts": [name, len(value)]}
        if all(type(item) is int and -(2**63) <= item < 2**63 for item in value):
            to_plain(np.array(value, np.int64), name, arrays)
            return {"integers": name}
    if type(value) is list:
        return [to_plain(item, f"{name}.{i}", arrays) for i, item in enumerate(value)]
    if type(value) is tuple:
        return {"tuple": to_plain(list(value), name, arrays)}
    if type(value) is dict and len(value) >= LONG and {*map(type, value)} in ({str}, {int}):
        keys = to_plain([*value], f"{name}.keys", arrays)
        return {"columns": [keys, to_plain([*value.values()], f"{name}.values", arrays)]}
    if type(value) is dict and all(type(key) is str for key in value):
        return {"dict": {k: to_plain(item, f"{name}.{k}", arrays) for k, item in value.items()}}
    if type(value) is dict and all(isinstance(key, str | int | np.integer) for key in value):
        items = [list(item) for item in value.items()]
        return {"items": to_plain(items, name, arrays)}
    if isinstance(value, torch.device):
        return {"device": str(value)}
    if isinstance(value, Path):
        return {"path": str(value)}
    if type(value) is np.random.RandomState:
        state = value.get_state(legacy=False)
        if state["bit_generator"] == "MT19937":
            key, position = state["state"]["key"], int(state["state"]["pos"])
            kept = int(state["has_gauss"]), float(state["gauss"])
            return {"random_state": to_plain((key, position, *kept), name, arrays)}
    raise TypeError(
        f"{name} is of {type(value)}, which a file cannot hold exactly. It can hold None, bool, "
        "numbers, text, paths, lists, tuples, dicts, numpy arrays of integers and floats, "
        "RandomState and torch.device: set it to one of them (set_params), or use pickle."
    )


def from_plain(plain: Any, arrays: dict[str, np.ndarray]) -> Any:
    """The value that `to_plain` was given; its arrays are taken out of ``arrays``.

    Raises
    ------
    ValueError
        If ``plain`` is not what `to_plain` returns, or an array is missing.
    """
    if plain is None or isinstance(plain, bool | int | float | str):
        return plain
    if isinstance(plain, list):
        return [from_plain(item, arrays) for item in plain]
    if isinstance(plain, dict) and len(plain) == 1:
        ((kind, content),) = plain.items()
        if kind in _READERS:
            return _READERS[kind](content, arrays)
    raise ValueError(f"expected a value of one of the kinds {[*_READERS]}, got {plain!r:.80}.")


def _array(name: Any, arrays: dict[str, np.ndarray]) -> np.ndarray:
    if not isinstance(name, str) or name not in arrays:
        raise ValueError(f"the array {name!r:.80} is missing, or referred to twice.")
    return arrays.pop(name)


def _scalar(name: Any, arrays: dict[str, np.ndarray]) -> Any:
    array = _array(name, arrays)
    if array.ndim != 0:
        raise ValueError(f"{name!r:.80} should be a scalar, but has shape {array.shape}.")
    return array[()]


def _float(content: Any, arrays: dict[str, np.ndarray]) -> float:
    if content not in ("nan", "inf", "-inf"):
        raise ValueError(f"expected 'nan', 'inf' or '-inf', got {content!r:.80}.")
    return float(content)


def _tuple(content: Any, arrays: dict[str, np.ndarray]) -> tuple:
    items = from_plain(content, arrays)
    if not isinstance(items, list):
        raise ValueError(f"expected the items of a tuple, got {content!r:.80}.")
    return tuple(items)


def _texts(content: Any, arrays: dict[str, np.ndarray]) -> list:
    match content:
        case [str(name), int(n)] if (found := texts_from_arrays(arrays, name, n)) is not None:
            return found.tolist()
    raise ValueError(f"expected the name of an array of texts and a number, got {content!r:.80}.")


def _integers(content: Any, arrays: dict[str, np.ndarray]) -> list:
    array = _array(content, arrays)
    if array.ndim != 1 or array.dtype != np.int64:
        raise ValueError(f"{content!r:.80} should be int64 numbers, but is {array.dtype}.")
    return array.tolist()


def _columns(content: Any, arrays: dict[str, np.ndarray]) -> dict:
    match from_plain(content, arrays):
        case [[*keys], [*values]] if len(keys) == len(values) and all(
            isinstance(key, str | int) for key in keys
        ):
            return dict(zip(keys, values, strict=True))
    raise ValueError(f"expected as many keys as values, got {content!r:.80}.")


def _dict(content: Any, arrays: dict[str, np.ndarray]) -> dict:
    if not isinstance(content, dict):
        raise ValueError(f"expected the items of a dict, got {content!r:.80}.")
    return {key: from_plain(item, arrays) for key, item in content.items()}


def _items(content: Any, arrays: dict[str, np.ndarray]) -> dict:
    items = from_plain(content, arrays)
    match items:
        case [*pairs] if all(
            isinstance(pair, list)
            and len(pair) == 2
            and isinstance(pair[0], str | int | np.integer)
            for pair in pairs
        ):
            return dict(pairs)
    raise ValueError(f"expected pairs of a key and a value, got {items!r:.80}.")


def _path(content: Any, arrays: dict[str, np.ndarray]) -> Path:
    if not isinstance(content, str):
        raise ValueError(f"expected the text of a path, got {content!r:.80}.")
    return Path(content)


def _device(content: Any, arrays: dict[str, np.ndarray]) -> torch.device:
    try:
        return torch.device(str(content))
    except RuntimeError as error:
        raise ValueError(f"expected the name of a device, got {content!r:.80}.") from error


def _random_state(content: Any, arrays: dict[str, np.ndarray]) -> np.random.RandomState:
    state = from_plain(content, arrays)
    match state:
        case (np.ndarray() as key, int(position), int(has_gauss), float(cached)) if (
            key.shape == (MT19937_WORDS,)
            and key.dtype == np.uint32
            # numpy takes any position, and would read beyond the key.
            and 0 <= position <= MT19937_WORDS
            and has_gauss in (0, 1)
        ):
            random_state = np.random.RandomState(0)
            random_state.set_state(("MT19937", key, position, has_gauss, cached))
            return random_state
    raise ValueError(
        f"expected the state of a MT19937: {MT19937_WORDS} words, a position among them and a "
        f"number kept back, got {state!r:.80}."
    )


_READERS = {
    "array": _array,
    "scalar": _scalar,
    "float": _float,
    "tuple": _tuple,
    "dict": _dict,
    "items": _items,
    "texts": _texts,
    "integers": _integers,
    "columns": _columns,
    "device": _device,
    "path": _path,
    "random_state": _random_state,
}
