# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files and folders that are there whole or not at all."""

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write ``data`` to ``path``: whoever opens it, and whatever machine stops at whatever moment,
    finds the old content or the new one.

    A file in the same folder is written, forced to disk and renamed over ``path``; if anything
    fails it is removed and ``path`` is as it was. Of a symbolic link the target is replaced.

    Raises
    ------
    OSError
        If the folder is not there or not writable, the disk is full, or ``path`` is there and no
        ordinary file: a folder, a device, a pipe.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        kind = IsADirectoryError if target.is_dir() else OSError
        raise kind(f"{target} is there and is no ordinary file. Name another one.")
    temporary = _beside(target)
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():  # a private file stays private
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


@contextmanager
def new_folder(path: str | os.PathLike) -> Iterator[Path]:
    """A folder to fill, which becomes ``path`` when the block ends: until then, and for ever if
    it fails, there is no ``path``.

    It is made at once beside ``path``, so that a place that cannot be written to is told before
    the work that fills it.

    Raises
    ------
    FileExistsError
        If ``path`` is there, at the beginning or by then.
    OSError
        If the folder above is not there or not writable.
    """
    target = Path(os.path.realpath(path))
    _refuse(target)
    temporary = _beside(target)
    temporary.mkdir()
    try:
        yield temporary
        for file in temporary.iterdir():
            with open(file, "r+b") as written:
                os.fsync(written.fileno())
        _sync_folder(temporary)
        _refuse(target)  # renaming would replace an empty folder
        os.rename(temporary, target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _sync_folder(target.parent)


def _refuse(target: Path) -> None:
    if target.exists():
        raise FileExistsError(f"{target} exists already. Name another folder, or remove it first.")


def _beside(target: Path) -> Path:
    """A name in the same folder that nothing has."""
    # Not `tempfile`: what it makes is the owner's only, a model should be as the umask says.
    # Cut: a name may have 255 bytes on most systems.
    name = os.fsencode(target.name)[:200].decode(errors="ignore")
    return target.with_name(f".{name}.{secrets.token_hex(8)}.tmp")


def _sync_folder(folder: Path) -> None:
    """The renaming itself to disk, where a folder can be opened for that (not on Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
