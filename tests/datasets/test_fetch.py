# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Loading from a folder, and clear errors without one and without network."""

from urllib.error import URLError

import numpy as np
import pytest

from sklearn_gmvae import datasets
from sklearn_gmvae.datasets import _fetch


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SKLEARN_GMVAE_DATA", str(tmp_path))
    return tmp_path


def test_fetch_reads_the_folder_and_checks_the_shape(folder):
    X = np.zeros((10_992, 16), dtype=np.float32)
    y = np.arange(10_992, dtype=np.int8) % 10
    np.savez(folder / "pendigits.npz", X=X, y=y)
    data = datasets.fetch_pendigits()
    assert (data.data.shape, data.data.dtype, data.target.dtype) == (X.shape, "f4", "i8")
    _, target = datasets.fetch_pendigits(return_X_y=True)
    np.testing.assert_array_equal(target, y)
    np.savez(folder / "pendigits.npz", X=X[:5], y=y[:5])
    with pytest.raises(ValueError, match=r"pendigits with X of shape \(10992, 16\)"):
        datasets.fetch_pendigits()


def test_fetch_missing_file_names_it(folder):
    with pytest.raises(FileNotFoundError, match=r"has no file mnist.npz \(arrays X and y\)"):
        datasets.fetch_mnist()


def test_fetch_refuses_pickled_arrays(folder):
    np.savez(folder / "mnist.npz", X=np.array([{}], dtype=object), y=np.zeros(1))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        datasets.fetch_mnist()


def test_fetch_without_folder_and_network_says_what_to_do(monkeypatch):
    def unreachable(*args, **kwargs):
        raise URLError("no network")

    monkeypatch.delenv("SKLEARN_GMVAE_DATA", raising=False)
    monkeypatch.setattr(_fetch, "fetch_openml", unreachable)
    with pytest.raises(ConnectionError, match="put mnist.npz .* set SKLEARN_GMVAE_DATA"):
        datasets.fetch_mnist()


def test_fetch_from_openml_gives_the_folders_format(monkeypatch):
    def openml(name, **kwargs):
        pixels = np.zeros((70_000, 784))
        pixels[0, 0] = 255.0
        return pixels, (np.arange(70_000) % 10).astype(str).astype(object)

    monkeypatch.delenv("SKLEARN_GMVAE_DATA", raising=False)
    monkeypatch.setattr(_fetch, "fetch_openml", openml)
    data = datasets.fetch_mnist()
    assert data.data.dtype == np.uint8
    assert set(data.target) == set(range(10))
