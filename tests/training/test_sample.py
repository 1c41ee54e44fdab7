# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The sample of a stream depends on its rows alone, takes each distinct one as likely as any other,
and knows how many there were, and which of them more often."""

import numpy as np
import pytest
from scipy import sparse

from sklearn_gmvae.training._sample import DistinctSample, row_hashes


def sampled(X, size, key=b"key", chunks=1):
    sample = DistinctSample(size, key)
    for part in np.array_split(np.arange(X.shape[0]), chunks):
        sample.add(X[part])
    return sample


def numbered(n):
    """n distinct rows, their number in the first column."""
    return np.c_[np.arange(n), np.arange(n) % 7].astype(np.float32)


@pytest.mark.parametrize("n", [5, 40, 500])
def test_order_chunks_and_repeats_make_no_difference(n):
    X = numbered(n)
    once = sampled(X, 40)
    shuffled = np.random.RandomState(0).permutation(np.repeat(np.arange(n), 3))
    again = sampled(X[shuffled], 40, chunks=11)
    np.testing.assert_array_equal(once.rows, again.rows)
    assert once.n_distinct == again.n_distinct
    assert len(once.rows) == min(n, 40)
    assert len(np.unique(once.rows, axis=0)) == len(once.rows)


def test_fewer_distinct_rows_than_the_size_are_counted():
    assert sampled(numbered(39)[np.arange(200) % 39], 40, chunks=4).n_distinct == 39


@pytest.mark.parametrize("n_passes", [1, 2, 7])
@pytest.mark.parametrize("chunks", [1, 4, 50])
def test_rows_that_X_has_more_than_once_are_kept_as_often(n_passes, chunks):
    X = np.repeat(numbered(40), np.arange(40) % 4 + 1, axis=0)  # 100 rows
    order = np.concatenate([np.random.RandomState(i).permutation(100) for i in range(n_passes)])
    sample = sampled(X[order], 200, chunks=n_passes * chunks)
    assert len(sample.distinct_rows) == sample.n_distinct == 40
    kept = np.bincount(sample.rows[:, 0].astype(int))
    if chunks == 1:  # a chunk is a pass
        assert sample.n_per_pass == 100
        np.testing.assert_array_equal(kept, np.arange(40) % 4 + 1)
    else:
        assert sample.n_per_pass == pytest.approx(100, rel={1: 0.4, 2: 0.3, 7: 0.15}[n_passes])
        assert np.abs(kept - (np.arange(40) % 4 + 1)).max() <= 1


def test_where_all_rows_come_often_a_chunk_tells_how_often():
    X = np.repeat(numbered(3), [20, 40, 60], axis=0)
    X = np.concatenate([X[np.random.RandomState(i).permutation(120)] for i in range(5)])
    sample = sampled(X, 200, chunks=5)
    assert sample.n_per_pass == 120
    np.testing.assert_array_equal(np.sort(sample.rows[:, 0]), np.sort(X[:120, 0]))


# What comes, and the least and the most that may be taken for a pass.
STREAMS = {
    "passes": (lambda rng: np.concatenate([rng.permutation(300) for _ in range(20)]), 300, 300),
    "not completed": (lambda rng: np.r_[np.arange(300), np.arange(130)], 300, 300),
    "one new row": (
        lambda rng: np.r_[np.arange(4_500) % 300, 999, np.arange(4_000) % 300], 300, 305,
    ),
    "growing": (lambda rng: np.concatenate([np.arange(300 + 3 * i) for i in range(60)]), 477, 525),
    "without the last": (
        lambda rng: np.concatenate([rng.permutation(300)[:250] for _ in range(40)]), 300, 360,
    ),
    "drawn at random": (lambda rng: rng.randint(300, size=20 * 300), 300, 450),
    "some never again": (
        lambda rng: np.r_[np.arange(60), np.tile(np.arange(60, 300), 50)], 300, 300,
    ),
    "others from the middle on": (
        lambda rng: np.r_[np.tile(np.arange(150), 40), np.tile(np.arange(150, 300), 40)], 300, 300,
    ),
    "never twice": (lambda rng: np.arange(5_000), 4_000, 6_000),
}  # fmt: skip


@pytest.mark.parametrize("stream", STREAMS)
def test_a_pass_is_known_whatever_else_comes(stream):
    draw, least, most = STREAMS[stream]
    numbers = draw(np.random.RandomState(0))
    X = numbered(numbers.max() + 1)[numbers]
    sample = sampled(X, 1_000, chunks=len(X) // 50)
    assert least <= sample.n_per_pass <= most
    assert len(sample.rows) <= 1_000
    # No row is much more frequent in the sample than in the stream.
    assert np.bincount(sample.rows[:, 0].astype(int)).max() <= 2


def test_in_the_first_passes_rare_rows_count_though_others_come_often():
    rng = np.random.RandomState(0)
    a_pass = np.r_[np.repeat(np.arange(10), 90), np.arange(10, 110)]  # 1,000 rows
    numbers = np.concatenate([rng.permutation(a_pass) for _ in range(4)])
    X = numbered(110)[numbers]
    sample = DistinctSample(1_000, b"key")
    for i in range(0, 4_000, 50):
        sample.add(X[i : i + 50])
        so_far = min(i + 50, 1_000)
        assert 0.8 * so_far <= sample.n_per_pass <= 1.25 * so_far + 100
        assert len(sample.rows) > 0.75 * so_far


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_of_more_rows_than_the_size_each_is_kept_and_others_by_their_shares(container):
    X = np.repeat(numbered(6), [1, 10, 20, 30, 40, 99], axis=0)
    rows = sampled(container(X), 26, chunks=3).rows
    rows = rows if isinstance(rows, np.ndarray) else rows.toarray()
    counts = np.bincount(rows[:, 0].astype(int), minlength=6)
    assert 20 < counts.sum() <= 26
    assert np.abs(counts - 1 - 20 * np.array([0, 9, 19, 29, 39, 98]) / 194).max() < 1.5
    skewed = sampled(np.repeat(numbered(3), [30_000, 1, 1], axis=0), 100)
    assert len(np.unique(skewed.rows, axis=0)) == 3


def test_number_of_distinct_rows_is_within_its_standard_error():
    """Relative errors over 40 keys: mean 0, standard deviation 1 / sqrt(size - 2)."""
    X, size = numbered(3_000), 200
    errors = [sampled(X, size, bytes([key])).n_distinct / 3_000 - 1 for key in range(40)]
    sigma = 1 / np.sqrt(size - 2)
    assert abs(np.mean(errors)) < 4 * sigma / np.sqrt(40)
    assert 0.6 < np.std(errors) / sigma < 1.5  # chi-square of 39 degrees: beyond, one in a million


def test_every_row_is_as_likely():
    """Of 100 rows 20 are kept, 200 times: counts are binomial(200, .2) each."""
    X = numbered(100)
    counts = np.zeros(100)
    for key in range(200):
        counts[sampled(X, 20, key.to_bytes(2, "big")).rows[:, 0].astype(int)] += 1
    assert counts.sum() == 20 * 200
    assert np.abs(counts - 40).max() < 4.5 * np.sqrt(200 * 0.2 * 0.8)
    # thirds of the stream are as likely, too
    assert np.abs(counts.reshape(4, 25).sum(1) - 1000).max() < 4.5 * np.sqrt(25 * 200 * 0.2 * 0.8)


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array])
def test_rows_of_csr_are_told_apart_by_their_values(container):
    X = np.array([[0.0, 1.0, 2.0], [0.0, 2.0, 1.0], [1.0, 2.0, 0.0], [0.0, 1.0, 2.0]])
    S = container(X)
    values, columns = [2.0, 1.0, 0.0, 2.0, 1.0, 1.0, 2.0, 1.0, 2.0], [2, 1, 0, 1, 2, 0, 1, 1, 2]
    unordered = container((values, columns, [0, 2, 5, 7, 9]), shape=(4, 3))
    hashes = row_hashes(S, b"key")
    assert len(np.unique(hashes)) == 3
    assert hashes[0] == hashes[3]
    np.testing.assert_array_equal(row_hashes(unordered, b"key"), hashes)
    assert unordered.nnz == 9  # left alone
    sample = sampled(S, 2, chunks=2)
    assert sparse.issparse(sample.rows)
    assert sample.rows.shape == (2, 3)


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.float16, np.int64])
def test_rows_of_any_dtype_and_layout_have_hashes(dtype):
    X = np.random.RandomState(0).randint(0, 2, (20, 30)).astype(dtype)
    hashes = row_hashes(X, b"key")
    assert len(np.unique(hashes)) == len(np.unique(X, axis=0))
    np.testing.assert_array_equal(hashes, row_hashes(np.asfortranarray(X), b"key"))
    assert sampled(X, 10).rows.dtype == dtype
