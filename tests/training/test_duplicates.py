# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_gmvae.training import duplicate_clusters


@given(st.integers(1, 6), st.floats(0.01, 0.99), st.integers(0, 2**31 - 1))
def test_a_component_cut_in_two_is_found_whatever_the_halves_weights(n_others, share, seed):
    rng = np.random.RandomState(seed)
    labels = np.arange(400) % (n_others + 1)
    resp = np.eye(n_others + 1)[rng.permutation(labels)]
    cut = np.column_stack([share * resp[:, 0], resp[:, 1:], (1 - share) * resp[:, 0]])
    # A half that answers for less than a row is dead.
    alive = min(share, 1 - share) * resp[:, 0].sum() >= 1
    assert duplicate_clusters(cut) == ([(0, n_others + 1)] if alive else [])


@given(st.integers(2, 8), st.floats(0.0, 0.2))
def test_clusters_with_rows_of_their_own_are_no_duplicates(n_clusters, doubt):
    sure = np.eye(n_clusters)[np.arange(300) % n_clusters]
    assert duplicate_clusters((1 - doubt) * sure + doubt / n_clusters) == []


def test_a_cluster_without_rows_is_no_duplicate():
    resp = np.zeros((50, 3))
    resp[:, 0] = 1.0
    resp[:, 1:] = 1e-12
    assert duplicate_clusters(resp) == []


# Rounding decides to which of two equals a row goes; all may go to one.
@pytest.mark.filterwarnings("ignore:1 distinct clusters found:UserWarning")
def test_fit_tells_of_duplicates(quick, blobs):
    X, _ = blobs
    start = np.full((len(X), 2), 0.5)  # two components on the same rows
    with pytest.warns(UserWarning, match="Clusters 0 and 1 are not distinct"):
        quick(2, init_params=start, max_iter=1, learning_rate=1e-6).fit(X)
