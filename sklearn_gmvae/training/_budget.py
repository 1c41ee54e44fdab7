# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What "auto" and None stand for: sizes and lengths as functions of n and D alone."""

import math

# Updates (batches) of each phase for ENOUGH_ROWS rows and more. Fewer rows get fewer updates,
# by the square root: they cannot teach as much, and are to be done in seconds ...
PRETRAIN_UPDATES = 5_500
TRAIN_UPDATES = 5_500
ENOUGH_ROWS = 20_000
# ... but never fewer than a network needs to get anywhere.
MIN_UPDATES = 200
# Limits in epochs: every row is seen at least so often, however many there are, and a table of one
# or two batches at most so often.
MIN_EPOCHS = 10
MAX_EPOCHS = 330


def resolve_epochs(n_updates: int, n_rows: int, batch_size: int) -> int:
    """Epochs for ``n_rows`` rows when ENOUGH_ROWS and more are worth ``n_updates`` updates.

    With batches of 256: 330 epochs (and updates) for 150 rows, 206 epochs for 1,797 rows, 20
    epochs for 70,000.
    """
    share = min(1.0, math.sqrt(n_rows / ENOUGH_ROWS))
    updates = max(n_updates * share, MIN_UPDATES)
    epochs = round(updates / -(-n_rows // batch_size))
    return min(max(epochs, MIN_EPOCHS), MAX_EPOCHS)


def auto_hidden_sizes(n_features: int) -> tuple[int, ...]:
    """The VaDE paper's (500, 500, 2000) for wide X; two layers, narrower, for tables."""
    if n_features >= 200:
        return (500, 500, 2000)
    return (256, 256) if n_features > 32 else (128, 128)
