# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reuters from scikit-learn's RCV1 and SVHN from its MATLAB files, both in place of the network
by files of the published shape."""

from urllib.error import URLError

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.io import savemat
from sklearn.utils import Bunch

from sklearn_gmvae import datasets
from sklearn_gmvae.datasets import _reuters, _svhn


@pytest.fixture
def rcv1(monkeypatch):
    """Six stories of each topic, some in two, with words 0, 1, ... ever rarer."""
    names = np.array(["GCAT", "C11", "CCAT", "ECAT", "MCAT"])
    topics = np.zeros((26, 5), dtype=np.uint8)
    for i in range(24):
        topics[i, [2, 0, 4, 3][i % 4]] = 1  # CCAT, GCAT, MCAT, ECAT
    topics[24, [0, 2]] = 1  # in two root topics: left out
    topics[25, 1] = 1  # in none
    words = np.tril(np.ones((26, 30)))[:, ::-1] * np.arange(1, 27)[:, None]
    words[24:] = 1.0
    monkeypatch.setattr(_reuters, "N_DOCUMENTS", 24)
    monkeypatch.setattr(_reuters, "N_WORDS", 10)
    data = Bunch(data=sp.csr_matrix(words), target=sp.csr_matrix(topics), target_names=names)
    monkeypatch.setattr(_reuters, "fetch_rcv1", lambda: data)
    return words


def test_reuters_is_the_stories_of_one_topic_and_the_most_frequent_words(rcv1):
    data = datasets.fetch_reuters()
    assert data.data.shape == (24, 10)
    assert data.data.dtype == np.float32
    assert data.data.format == "csr"
    np.testing.assert_array_equal(data.target, np.arange(24) % 4)
    assert data.target_names == ["CCAT", "GCAT", "MCAT", "ECAT"]
    # The frequent words are the last ten columns: those that short triangles have too.
    np.testing.assert_array_equal(data.data.toarray(), rcv1[:24, 20:])


def test_reuters_sample_is_a_subset_and_reproducible(rcv1):
    X, y = datasets.fetch_reuters(return_X_y=True)
    X5, y5 = datasets.fetch_reuters(n_samples=5, return_X_y=True)
    again, _ = datasets.fetch_reuters(n_samples=5, return_X_y=True)
    assert (again != X5).nnz == 0
    rows = {(tuple(row), k) for row, k in zip(X.toarray().tolist(), y, strict=True)}
    assert {(tuple(r), k) for r, k in zip(X5.toarray().tolist(), y5, strict=True)} <= rows
    with pytest.raises(ValueError, match=r"n_samples should be in 1\.\.24, but got 25"):
        datasets.fetch_reuters(n_samples=25)


def test_reuters_of_another_size_is_refused(rcv1, monkeypatch):
    monkeypatch.setattr(_reuters, "N_DOCUMENTS", 25)
    with pytest.raises(ValueError, match="Expected 25 stories .* has 24"):
        datasets.fetch_reuters()


def test_reuters_without_network_says_what_to_do(monkeypatch):
    def unreachable():
        raise URLError("no network")

    monkeypatch.setattr(_reuters, "fetch_rcv1", unreachable)
    with pytest.raises(ConnectionError, match="that has the rcv1 files"):
        datasets.fetch_reuters()


def test_svhn_reads_the_published_files(tmp_path, monkeypatch):
    monkeypatch.setattr(_svhn, "FILES", (("train_32x32.mat", 20), ("test_32x32.mat", 10)))
    rng = np.random.RandomState(0)
    written = {}
    for name, n in _svhn.FILES:
        X = rng.randint(0, 256, (32, 32, 3, n)).astype(np.uint8)
        y = (np.arange(n) % 10 + 1)[:, None].astype(np.uint8)
        savemat(tmp_path / name, {"X": X, "y": y})
        written[name] = X
    X, y = datasets.load_svhn(tmp_path, return_X_y=True)
    assert (X.shape, X.dtype) == ((30, 3072), np.uint8)
    np.testing.assert_array_equal(y, (np.r_[np.arange(20), np.arange(10)] + 1) % 10)
    # A row is a picture, channels first.
    picture = written["test_32x32.mat"][:, :, :, 3]
    np.testing.assert_array_equal(X[23].reshape(3, 32, 32), picture.transpose(2, 0, 1))
    monkeypatch.setenv("SKLEARN_GMVAE_DATA", str(tmp_path))
    np.testing.assert_array_equal(datasets.load_svhn().data, X)
    monkeypatch.setattr(_svhn, "FILES", (("train_32x32.mat", 21), ("test_32x32.mat", 10)))
    with pytest.raises(ValueError, match=r"shape \(32, 32, 3, 21\)"):
        datasets.load_svhn(tmp_path)


def test_svhn_without_files_says_where_they_are(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"train_32x32\.mat.*ufldl\.stanford\.edu"):
        datasets.load_svhn(tmp_path)
