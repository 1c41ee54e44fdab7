# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Data sets by name and from files, and how their rows are split."""

import numpy as np
import pytest

from sklearn_gmvae.benchmark import _data, _run


def test_a_files_table_is_standardised_and_pictures_are_scaled(tmp_path):
    rng = np.random.RandomState(0)
    y = np.array(["b", "a"] * 10)
    table, picture = rng.normal(5, 3, (20, 4)), rng.randint(0, 256, (20, 4)).astype(np.uint8)
    np.savez(tmp_path / "table.npz", X=table, y=y)
    X, labels = _data.load(str(tmp_path / "table.npz"))
    np.testing.assert_allclose([X.mean(0), X.std(0)], [[0] * 4, [1] * 4], atol=1e-12)
    np.testing.assert_array_equal(labels, [1, 0] * 10)
    np.savez(tmp_path / "picture.npz", X=picture, y=y)
    X, _ = _data.load(str(tmp_path / "picture.npz"))
    np.testing.assert_allclose(X, picture / 255, rtol=1e-6)
    np.savez(tmp_path / "unit.npz", X=picture / 255, y=y)
    np.testing.assert_array_equal(_data.load(str(tmp_path / "unit.npz"))[0], picture / 255)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": np.zeros((3, 2))}, r"should hold arrays X and y, but has \['X'\]"),
        ({"X": np.zeros((3, 2)), "y": np.zeros(4)}, "y shape \\(4,\\)"),
        ({"X": np.array([["a"]] * 3), "y": np.arange(3)}, "should hold numbers"),
        ({"X": np.zeros((3, 2)), "y": np.ones(3)}, "one class in y"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "other.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        _data.load(str(tmp_path / "other.npz"))


def test_unknown_names_and_missing_files_are_told(tmp_path):
    with pytest.raises(ValueError, match=r"'irises' is neither a file NAME.npz nor one of digits"):
        _data.load("irises")
    with pytest.raises(FileNotFoundError, match="no such file"):
        _data.load(str(tmp_path / "none.npz"))


def test_data_of_a_folder_only_are_sparse_and_checked(tmp_path, monkeypatch):
    monkeypatch.setattr(_data, "DATA", {"few": _data._sparse("few", (6, 3), 2)})
    monkeypatch.delenv("SKLEARN_GMVAE_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="set SKLEARN_GMVAE_DATA"):
        _data.load("few")
    monkeypatch.setenv("SKLEARN_GMVAE_DATA", str(tmp_path))
    X, y = np.arange(18.0).reshape(6, 3) % 4, np.arange(6) % 2
    np.savez(tmp_path / "few.npz", X=X, y=y)
    loaded, labels = _data.load("few")
    np.testing.assert_array_equal(loaded.toarray(), X)
    np.testing.assert_array_equal(labels, y)
    components, _ = _data._components_of_counts(2, "few", (6, 3), 2)()
    assert components.shape == (6, 2)
    np.testing.assert_allclose(components.mean(0), 0, atol=1e-6)
    logs, _ = _data._logs_of_counts("few", (6, 3), 2)()
    # whatever a row's sum was, it is the median one now
    np.testing.assert_allclose(np.expm1(logs.toarray()).sum(1), np.median(X.sum(1)), rtol=1e-5)
    topics, _ = _data._components_of_words(2, "few", (6, 3), 2)()
    np.testing.assert_allclose(
        (topics**2).sum(0), np.linalg.svd(X, compute_uv=False)[:2] ** 2, rtol=1e-6
    )
    np.savez(tmp_path / "few.npz", X=X[:5], y=y[:5])
    with pytest.raises(
        ValueError, match=r"shape \(6, 3\) and 2 classes, but got X of shape \(5, 3\)"
    ):
        _data.load("few")


def test_a_table_of_several_kinds_is_there_in_numbers_too():
    X, y = _data.load("mixed_1")
    numbers, same = _data.load("mixed_1_numbers")
    np.testing.assert_array_equal(y, same)
    assert 0.08 < X.isna().to_numpy().mean() < 0.12
    # five numeric columns and counts, two booleans and three kinds of four categories one-hot
    assert numbers.shape == (len(X), 5 + 2 * 2 + 3 * 4)
    np.testing.assert_allclose([numbers.mean(0), numbers.std(0)], [[0] * 21, [1] * 21], atol=1e-9)


def test_held_out_rows_are_a_fifth_and_the_same_every_time():
    fitted, judged = _run.split_rows("iris", 103, "held-out")
    assert len(judged) == 20
    np.testing.assert_array_equal(np.sort(np.r_[fitted, judged]), np.arange(103))
    np.testing.assert_array_equal(_run.split_rows("iris", 103, "held-out")[1], judged)
