# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The one rule behind pretrain_iter=None and max_iter=None."""

from hypothesis import given
from hypothesis import strategies as st

from sklearn_gmvae.training import PRETRAINING, TRAINING, auto_hidden_sizes, resolve_epochs
from sklearn_gmvae.training._budget import MAX_EPOCHS, MIN_EPOCHS, MIN_UPDATES


@given(
    budget=st.sampled_from([PRETRAINING, TRAINING]),
    n=st.integers(1, 10**7),
    batch_size=st.integers(1, 4096),
)
def test_resolve_epochs_any_size_keeps_the_limits(budget, n, batch_size):
    epochs = resolve_epochs(budget, n, batch_size)
    updates = epochs * -(-n // batch_size)
    assert MIN_EPOCHS <= epochs <= MAX_EPOCHS
    assert epochs == MAX_EPOCHS or updates >= MIN_UPDATES / 2  # rounded to whole epochs
    assert epochs == MIN_EPOCHS or updates <= 1.5 * budget.updates


def test_resolve_epochs_documented_examples():
    sizes = (150, 1797, 70_000)
    assert [resolve_epochs(PRETRAINING, n, 256) for n in sizes] == [330, 206, 20]
    assert [resolve_epochs(TRAINING, n, 256) for n in sizes] == [330, 330, 60]


def test_auto_hidden_sizes_grow_with_the_number_of_features():
    parameters = [sum(auto_hidden_sizes(d)) for d in range(1, 1000)]
    assert parameters == sorted(parameters)
    assert auto_hidden_sizes(784) == (500, 500, 2000)
