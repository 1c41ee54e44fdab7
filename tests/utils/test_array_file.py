# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Header and arrays come back as they were written; what is not as written is told."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from sklearn_gmvae.utils import _array_file, read_array_file, write_array_file
from sklearn_gmvae.utils._array_file import DTYPES, MAX_HEADER

HEADER = {"class": "K", "numbers": [1, 2.5, None], "text": "ä\ud800重"}
ARRAYS = {
    "matrix": np.arange(6.0).reshape(2, 3),
    "scalar": np.array(3, np.int16),
    "empty": np.zeros((0, 4), np.float32),
    "bytes": np.arange(7, dtype=np.uint8),
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)  # fmt: skip
any_arrays = hnp.arrays(
    st.sampled_from(list(DTYPES.values())),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


@given(
    header=st.dictionaries(st.text(max_size=5), json_values, max_size=4),
    arrays=st.dictionaries(st.text(max_size=8), any_arrays, max_size=4),
)
def test_anything_comes_back_exactly(tmp_path_factory, header, arrays):
    header = {k: v for k, v in header.items() if k not in ("digest", "format_version")}
    arrays = {k: v for k, v in arrays.items() if k != "__metadata__"}
    path = tmp_path_factory.mktemp("files") / "model"
    write_array_file(path, header, arrays)
    read_header, read_arrays = read_array_file(path)
    assert read_header == header
    assert set(read_arrays) == set(arrays)
    for name, array in arrays.items():
        assert read_arrays[name].dtype == array.dtype
        assert read_arrays[name].shape == array.shape
        assert read_arrays[name].tobytes() == array.tobytes()


def test_same_content_gives_the_same_bytes_and_read_arrays_can_be_written_to(tmp_path):
    paths = [tmp_path / "first", tmp_path / "second"]
    write_array_file(paths[0], HEADER, ARRAYS)
    header, arrays = read_array_file(paths[0])
    write_array_file(paths[1], dict(reversed(header.items())), dict(reversed(arrays.items())))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert all(array.flags.writeable for array in arrays.values())


def test_order_and_byte_order_of_an_array_do_not_matter(tmp_path):
    matrix = ARRAYS["matrix"]
    for i, same in enumerate((matrix, np.asfortranarray(matrix), matrix.astype(">f8"))):
        write_array_file(tmp_path / str(i), {}, {"matrix": same})
    first, *others = ((tmp_path / str(i)).read_bytes() for i in range(3))
    assert all(other == first for other in others)


def test_other_programs_can_read_the_arrays(tmp_path):
    write_array_file(tmp_path / "model", HEADER, ARRAYS)
    tensors = load_tensors((tmp_path / "model").read_bytes())
    np.testing.assert_array_equal(tensors["matrix"], ARRAYS["matrix"])


@pytest.mark.parametrize("dtype", ["O", "U3", "M8[s]", "c16", "f2", "?"])
def test_dtype_without_a_place_raises_and_nothing_is_written(tmp_path, dtype):
    with pytest.raises(ValueError, match="odd has dtype"):
        write_array_file(tmp_path / "model", {}, {"odd": np.zeros(3, dtype)})
    assert not list(tmp_path.iterdir())


def test_header_longer_than_readers_take_raises_and_nothing_is_written(tmp_path):
    with pytest.raises(ValueError, match=f"a reader takes {MAX_HEADER} at most"):
        write_array_file(tmp_path / "model", {"text": "x" * MAX_HEADER}, {})
    assert not list(tmp_path.iterdir())


def test_every_single_flipped_byte_is_told_or_changes_nothing(tmp_path):
    path = tmp_path / "model"
    write_array_file(path, {"a": 1.5}, {"x": np.arange(3.0)})
    data = path.read_bytes()
    unchanged = 0
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 0x01
        path.write_bytes(damaged)
        try:
            header, arrays = read_array_file(path)
        except ValueError:
            continue
        unchanged += 1
        assert header == {"a": 1.5}
        np.testing.assert_array_equal(arrays["x"], np.arange(3.0))
    assert unchanged < 8  # the blanks that pad safetensors' header to a multiple of eight


def test_every_truncation_is_told(tmp_path):
    path = tmp_path / "model"
    write_array_file(path, {"a": 1.5}, {"x": np.arange(3.0)})
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(ValueError, match="damaged, truncated|was not written by"):
            read_array_file(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "0 bytes, fewer than"),
        (pickle.dumps([0]), "claim a header of .* begins as a pickle does"),
        (b"\xff" * 100, "claim a header of"),
        ((2**62).to_bytes(8, "little") + b"{}", "claim a header of"),
        ((MAX_HEADER + 8).to_bytes(8, "little") + b" " * 2 * MAX_HEADER, "a header of .* at most"),
        (save_tensors({"x": np.zeros(3)}), "was not written by sklearn_gmvae"),
        (save_tensors({"x": np.zeros(3)}, {"sklearn_gmvae": "{"}), "header is not the JSON"),
        (save_tensors({"x": np.zeros(3)}, {"sklearn_gmvae": "[]"}), "expected an object"),
        (save_tensors({"x": np.zeros(3)}, {"sklearn_gmvae": "{}"}), "format_version should be"),
        (save_tensors({}, {"sklearn_gmvae": '{"a": NaN}'}), "not a finite number"),
        (save_tensors({}, {"sklearn_gmvae": '{"a": 1e999}'}), "not a finite number"),
        (save_tensors({}, {"sklearn_gmvae": "[" * 50_000}), "RecursionError"),
        (save_tensors({"sklearn_gmvae": np.zeros(3)}), "header is not the JSON"),
        (save_tensors({"x": np.zeros(3, bool)}, {"sklearn_gmvae": "{}"}), "dtype BOOL"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, data, message):
    path = tmp_path / "model"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message):
        read_array_file(path)


def test_newer_format_asks_for_an_upgrade(tmp_path, monkeypatch):
    path = tmp_path / "model"
    monkeypatch.setattr(_array_file, "FORMAT_VERSION", 7)
    write_array_file(path, {"versions": {"sklearn_gmvae": "3.1"}}, {})
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"format version 7, .* reads up to 1. Upgrade .*'3.1'"):
        read_array_file(path)


def test_large_foreign_file_is_refused_by_its_header(tmp_path):
    path = tmp_path / "foreign"
    header = save_tensors({"x": np.zeros(0)})
    with open(path, "wb") as file:
        file.write(header)
        file.truncate(2**40)  # a terabyte of nothing, sparse: reading it would be noticed
    with pytest.raises(ValueError, match="was not written by sklearn_gmvae"):
        read_array_file(path)
