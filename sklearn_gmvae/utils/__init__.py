# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Leaves: devices, random states, progress lines, interrupts, fingerprints, files, warning
filters, scikit-learn's private helpers."""

from sklearn_gmvae.utils._arithmetic import own_arithmetic
from sklearn_gmvae.utils._array_file import (
    FORMAT_VERSION,
    parse_array_file,
    read_array_bytes,
    read_array_file,
    write_array_file,
)
from sklearn_gmvae.utils._atomic import new_folder, write_atomically
from sklearn_gmvae.utils._chunk_progress import ChunkPrinter
from sklearn_gmvae.utils._device import free_memory, multiplies_bfloat16, resolve_device
from sklearn_gmvae.utils._documentation import documentation_page
from sklearn_gmvae.utils._filled import filled
from sklearn_gmvae.utils._fingerprint import fingerprint
from sklearn_gmvae.utils._interrupt import deferred_interrupt
from sklearn_gmvae.utils._plain_values import from_plain, to_plain
from sklearn_gmvae.utils._progress import EpochPrinter
from sklearn_gmvae.utils._random import private_random_state
from sklearn_gmvae.utils._rows import count_missing, validate_columns, validate_rows
from sklearn_gmvae.utils._texts import texts_from_arrays, texts_to_arrays
from sklearn_gmvae.utils._unchanged import unchanged_on_error
from sklearn_gmvae.utils._warning_filters import kept_filters, quietly

__all__ = [
    "FORMAT_VERSION",
    "ChunkPrinter",
    "EpochPrinter",
    "count_missing",
    "deferred_interrupt",
    "documentation_page",
    "filled",
    "free_memory",
    "fingerprint",
    "from_plain",
    "multiplies_bfloat16",
    "own_arithmetic",
    "kept_filters",
    "new_folder",
    "parse_array_file",
    "private_random_state",
    "quietly",
    "read_array_bytes",
    "read_array_file",
    "resolve_device",
    "texts_from_arrays",
    "texts_to_arrays",
    "to_plain",
    "unchanged_on_error",
    "validate_columns",
    "validate_rows",
    "write_array_file",
    "write_atomically",
]
