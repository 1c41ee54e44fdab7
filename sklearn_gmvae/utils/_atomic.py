# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files that are there whole or not at all."""

import os
import secrets
from pathlib import Path


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write ``data`` to ``path``: whoever opens it, and whatever machine stops at whatever moment,
    finds the old content or the new one.

    A file in the same folder is written, forced to disk and renamed over ``path``; if anything
    fails it is removed and ``path`` is as it was. Of a symbolic link the target is replaced.

    Raises
    ------
    OSError
        If the folder is not there or not writable, the disk is full, or ``path`` is a folder.
    """
    target = Path(os.path.realpath(path))
    # Not `tempfile`: its files are the owner's only, a model's should be as the umask says.
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """The renaming itself to disk, where a folder can be opened for that (not on Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
