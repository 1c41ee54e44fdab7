# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What "auto" and None stand for: sizes and lengths as functions of n and D alone."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """How long a phase lasts.

    Attributes
    ----------
    updates : int
        Batches for ``enough_rows`` rows and more. Fewer rows get fewer, by the square root:
        they cannot teach as much, and are to be done in seconds.
    enough_rows : int
    """

    updates: int
    enough_rows: int


PRETRAINING = Budget(5_500, 20_000)
# Anchored training goes on gaining when the codes have long been good (doc/notes/quality.rst).
TRAINING = Budget(16_500, 70_000)
# Never fewer updates than a network needs to get anywhere.
MIN_UPDATES = 200
# Limits in epochs: every row is seen at least so often, however many there are, and a table of one
# or two batches at most so often.
MIN_EPOCHS = 10
MAX_EPOCHS = 330


def resolve_epochs(budget: Budget, n_rows: int, batch_size: int) -> int:
    """Epochs of a phase for ``n_rows`` rows.

    With batches of 256, pretraining and training: 330 and 330 epochs (and updates) for 150
    rows, 206 and 330 epochs for 1,797 rows, 20 and 60 epochs for 70,000.
    """
    share = min(1.0, math.sqrt(n_rows / budget.enough_rows))
    updates = max(budget.updates * share, MIN_UPDATES)
    epochs = round(updates / -(-n_rows // batch_size))
    return min(max(epochs, MIN_EPOCHS), MAX_EPOCHS)


def least_epochs(n_batches: int) -> int:
    """Epochs of so many batches that a phase has however short it is made."""
    return max(MIN_EPOCHS, math.ceil(MIN_UPDATES / n_batches))


def resolve_rows(budget: Budget, n_epochs: int | None, n_per_pass: int, batch_size: int) -> int:
    """Rows, repeats included, that a phase sees of a stream with so many rows in a pass.

    As many as ``n_epochs`` epochs see. None: as `resolve_epochs`, but no more than the budget's
    updates, so that a stream that never repeats a row gets there too.
    """
    if n_epochs is not None:
        return n_epochs * n_per_pass
    n_epochs = resolve_epochs(budget, n_per_pass, batch_size)
    return min(n_epochs * n_per_pass, budget.updates * batch_size)


def auto_hidden_sizes(n_features: int) -> tuple[int, ...]:
    """The VaDE paper's (500, 500, 2000) for wide X; two layers, narrower, for tables."""
    if n_features >= 200:
        return (500, 500, 2000)
    return (256, 256) if n_features > 32 else (128, 128)


# What a convolutional encoder has at most on a side before its dense layer: 7 of 28, 8 of 32.
MAX_SIDE = 8


def auto_convolutions(image_shape: tuple[int, int, int]) -> tuple[tuple[int, int, int] | int, ...]:
    """4 x 4 convolutions of stride 2, of 32 channels and then 64, until no side has more than
    MAX_SIDE pixels, and 256 dense units: for 28 x 28 pixels two, ((32, 4, 2), (64, 4, 2), 256).

    The kernel is a multiple of the stride, so that the decoder's mirror image of it covers all
    pixels equally often.
    """
    side = max(image_shape[1:])
    n_layers = max(1, math.ceil(math.log2(side / MAX_SIDE)))
    return (*((32 if i == 0 else 64, 4, 2) for i in range(n_layers)), 256)
