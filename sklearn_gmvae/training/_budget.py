# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What "auto" and None stand for: sizes and lengths as functions of n and D alone."""

# Updates (batches) that a phase is worth, where the limits below allow.
PRETRAIN_UPDATES = 5_500
TRAIN_UPDATES = 5_500
# Limits in epochs: many rows are seen at least so often, few rows at most so often.
MIN_EPOCHS = 10
MAX_EPOCHS = 200


def resolve_epochs(n_updates: int, n_rows: int, batch_size: int) -> int:
    """Epochs that give about ``n_updates`` updates, within limits.

    150 rows make one batch, so their epochs are many; 70,000 rows make 274.
    """
    batches = -(-n_rows // batch_size)
    return min(max(round(n_updates / batches), MIN_EPOCHS), MAX_EPOCHS)


def auto_hidden_sizes(n_features: int) -> tuple[int, ...]:
    """The papers' (500, 500, 2000) for wide X; two layers, narrower, for tables."""
    if n_features >= 200:
        return (500, 500, 2000)
    return (256, 256) if n_features > 32 else (128, 128)
