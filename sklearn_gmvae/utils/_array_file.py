# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A header of JSON values and named arrays in one safetensors file; nothing of it is ever run.

The metadata of safetensors has one entry, ``sklearn_gmvae``: the header as JSON, with the format's
version and a digest over all its values and all arrays. safetensors checks that the arrays that the
file claims to have tile the file exactly, so no claim is larger than what is there.

The digest finds damage. It is no signature: whoever writes a file can write its digest.
"""

import hashlib
import json
import math
import os
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from sklearn_gmvae.utils._atomic import write_atomically

FORMAT = "sklearn_gmvae"
FORMAT_VERSION = 1

# Bytes of safetensors' own header, in which ours is. Some kilobytes are usual; the limit bounds
# what parsing a hostile one can cost, as JSON takes some twenty times its length in memory.
MAX_HEADER = 2**18
# How deep a header may be nested; ours are some ten deep.
MAX_DEPTH = 50

DTYPES: dict[str, np.dtype] = {
    "F64": np.dtype(np.float64),
    "F32": np.dtype(np.float32),
    "I64": np.dtype(np.int64),
    "I32": np.dtype(np.int32),
    "I16": np.dtype(np.int16),
    "I8": np.dtype(np.int8),
    "U64": np.dtype(np.uint64),
    "U32": np.dtype(np.uint32),
    "U16": np.dtype(np.uint16),
    "U8": np.dtype(np.uint8),
}

DAMAGED = (
    "The file is damaged, truncated or none of ours: take another copy, or save the model anew."
)


def write_array_file(
    path: str | os.PathLike, header: dict[str, Any], arrays: dict[str, np.ndarray]
) -> None:
    """Write header and arrays to ``path``, atomically; the same content gives the same bytes.

    Parameters
    ----------
    path : path-like
    header : dict
        JSON values; floats finite.
    arrays : dict of str to ndarray
        Their dtypes among `DTYPES`.

    Raises
    ------
    ValueError
        If the header is longer than a reader takes, or an array's dtype has no place in a file.
    OSError
        As `write_atomically`.
    """
    for name, array in arrays.items():
        if array.dtype.newbyteorder("=") not in DTYPES.values():
            raise ValueError(
                f"{name} has dtype {array.dtype}, but a file takes "
                f"{sorted(map(str, DTYPES.values()))} only. Convert it."
            )
    arrays = {
        # `ascontiguousarray` makes 0-d arrays 1-d.
        name: np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape)
        for name, array in arrays.items()
    }
    _check_depth(header)
    header = {**header, "format_version": FORMAT_VERSION}
    header["digest"] = _digest(header, arrays)
    data = save(arrays, metadata={FORMAT: _to_json(header)})
    n_header = int.from_bytes(data[:8], "little")
    if n_header > MAX_HEADER:
        raise ValueError(
            f"The header would take {n_header} bytes, but a reader takes {MAX_HEADER} at most. "
            "Make parameters that are long lists or texts arrays, or shorter."
        )
    write_atomically(path, data)


def read_array_file(path: str | os.PathLike) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What `write_array_file` wrote: the header, without version and digest, and the arrays.

    Takes memory for twice the file at most, and a few megabytes.

    Raises
    ------
    ValueError
        If the file is not of this format, or of a version that this package cannot read, or if
        its content is not what was written. Says which; the caller adds the path.
    OSError
        If the file cannot be read.
    """
    return parse_array_file(read_array_bytes(path))


def parse_array_file(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """`read_array_file` of a file that `read_array_bytes` has read."""
    try:
        tensors = deserialize(data)
    except SafetensorError as error:
        raise ValueError(f"safetensors finds: {error}. {DAMAGED}") from error
    header = _our_header(data)
    del data
    arrays = {}
    for name, tensor in tensors:
        if tensor["dtype"] not in DTYPES:
            raise ValueError(f"{name!r} has dtype {tensor['dtype']}, not one of {[*DTYPES]}.")
        array = np.frombuffer(tensor["data"], DTYPES[tensor["dtype"]])  # no copy
        arrays[name] = array.reshape(tensor["shape"])
    _check_version(header)
    expected = header.pop("digest", None)
    if _digest(header, arrays) != expected:
        raise ValueError(
            f"its content does not have the digest that was written with it. {DAMAGED}"
        )
    del header["format_version"]
    return header, arrays


def read_array_bytes(path: str | os.PathLike) -> bytes:
    """The whole file, if its beginning is that of one of ours; raises as `read_array_file`."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        beginning = file.read(8)
        n_header = int.from_bytes(beginning, "little")
        if size < 8:
            raise ValueError(f"it has {size} bytes, fewer than any of ours. {DAMAGED}")
        if 8 + n_header > size:
            pickled = "It begins as a pickle does; none is read here. " * (beginning[0] == 0x80)
            raise ValueError(
                f"it has {size} bytes, but its first eight claim a header of {n_header}. "
                f"{pickled}{DAMAGED}"
            )
        if n_header > MAX_HEADER:
            raise ValueError(
                f"it has a header of {n_header} bytes, but those of ours have {MAX_HEADER} at "
                f"most. {DAMAGED}"
            )
        # Before the rest is read: other programs' safetensors files may be huge.
        if f'"{FORMAT}"'.encode() not in file.read(n_header):
            raise ValueError(
                f"it was not written by {FORMAT}. Load what an estimator's save() wrote."
            )
        file.seek(0)
        return file.read(size)


def _our_header(data: bytes) -> dict[str, Any]:
    n_header = int.from_bytes(data[:8], "little")
    try:
        text = json.loads(data[8 : 8 + n_header])["__metadata__"][FORMAT]
        header = json.loads(text, parse_constant=_finite, parse_float=_finite)
        if not isinstance(header, dict):
            raise ValueError(f"expected an object, got {type(header).__name__}")
        _check_depth(header)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"its header is not the JSON that save() writes ({type(error).__name__}: {error}). "
            f"{DAMAGED}"
        ) from error
    return header


def _check_depth(node: Any, depth: int = 0) -> None:
    """Raise ValueError before anything that follows nested content runs out of stack."""
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
    if isinstance(node, list | dict):
        for item in node.values() if isinstance(node, dict) else node:
            _check_depth(item, depth + 1)


def _finite(text: str) -> float:
    """JSON has no other numbers; Python's parser takes NaN, Infinity and 1e999."""
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text:.20} is not a finite number")
    return value


def _check_version(header: dict[str, Any]) -> None:
    version = header.get("format_version")
    if type(version) is not int or version < 1:
        raise ValueError(
            f"its format_version should be an integer from 1 on, but is {version!r:.80}. {DAMAGED}"
        )
    if version > FORMAT_VERSION:
        raise ValueError(
            f"it has format version {version}, but this version of {FORMAT} reads up to "
            f"{FORMAT_VERSION}. Upgrade {FORMAT}; the file was written with "
            f"{header.get('versions')!r:.200}."
        )


def _to_json(header: dict[str, Any]) -> str:
    return json.dumps(header, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _digest(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 over the header's values, and over name, dtype, shape and bytes of each array."""
    digest = hashlib.sha256(_to_json(header).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"\n{json.dumps(name)} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.reshape(-1).data)
    return f"sha256:{digest.hexdigest()}"
