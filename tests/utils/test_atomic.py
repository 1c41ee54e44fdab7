# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A file is the old one or the new one, whole, whatever fails and whenever one looks."""

import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from sklearn_gmvae.utils import _atomic
from sklearn_gmvae.utils._atomic import new_folder, write_atomically


def test_new_content_replaces_old_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "model"
    for data in (b"old" * 1000, b"", b"new"):
        write_atomically(path, data)
        assert path.read_bytes() == data
        assert os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_failure_leaves_the_old_content_and_no_temporary_file(
    tmp_path, monkeypatch, failing, error
):
    path = tmp_path / "model"
    write_atomically(path, b"old")

    def fail(*args):
        raise error

    monkeypatch.setattr(_atomic.os, failing, fail)
    with pytest.raises(type(error)):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model"]


def test_content_is_on_disk_before_the_name_and_the_name_before_the_return(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace

    def logged_fsync(descriptor):
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        calls.append("sync folder" if is_folder else "sync file")
        fsync(descriptor)

    monkeypatch.setattr(_atomic.os, "fsync", logged_fsync)
    monkeypatch.setattr(
        _atomic.os, "replace", lambda *names: calls.append("rename") or replace(*names)
    )
    write_atomically(tmp_path / "model", b"new")
    folder = ["sync folder"] if hasattr(os, "O_DIRECTORY") else []
    assert calls == ["sync file", "rename", *folder]


def test_missing_folder_and_folder_as_path_raise_what_the_system_says(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "nowhere" / "model", b"new")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        write_atomically(tmp_path / "folder", b"new")
    assert os.listdir(tmp_path) == ["folder"]


@pytest.mark.skipif(os.name == "nt", reason="modes and links as POSIX has them")
def test_mode_follows_the_umask_and_links_stay_links(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    old = os.umask(0o027)
    try:
        write_atomically(link, b"new")
    finally:
        os.umask(old)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


WRITER = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("atomic", sys.argv[1])
atomic = importlib.util.module_from_spec(spec)
spec.loader.exec_module(atomic)
while True:
    for byte in (b"a", b"b"):
        atomic.write_atomically(sys.argv[2], byte * 300_000)
"""


def test_a_private_file_stays_private(tmp_path):
    path = tmp_path / "model"
    write_atomically(path, b"old")
    path.chmod(0o600)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["重" * 80, "é" * 120, "a" * 255])
def test_names_as_long_as_the_system_takes_are_written(tmp_path, name):
    write_atomically(tmp_path / name, b"new")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_readers_and_a_kill_find_the_file_whole(tmp_path):
    path = tmp_path / "model"
    write_atomically(path, b"a" * 300_000)
    whole = (b"a" * 300_000, b"b" * 300_000)
    for moment in (0.2, 0.31, 0.42):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, _atomic.__file__, str(path)])
        end = time.monotonic() + moment
        while time.monotonic() < end:
            assert path.read_bytes() in whole
        writer.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        assert writer.wait() != 0
        assert path.read_bytes() in whole


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_what_is_no_ordinary_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no ordinary file"):
        write_atomically(tmp_path / "pipe", b"new")
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


def test_new_folder_is_there_when_it_is_whole(tmp_path):
    with new_folder(tmp_path / "out") as folder:
        (folder / "a").write_bytes(b"1")
        assert not (tmp_path / "out").exists()
    assert os.listdir(tmp_path) == ["out"]
    assert (tmp_path / "out" / "a").read_bytes() == b"1"


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_new_folder_that_fails_leaves_nothing(tmp_path, error):
    with pytest.raises(type(error)), new_folder(tmp_path / "out") as folder:
        (folder / "a").write_bytes(b"1")
        raise error
    assert os.listdir(tmp_path) == []


def test_new_folder_never_replaces_what_is_there(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    for name in ("file", "file/"):
        with pytest.raises(FileExistsError, match="exists already. Name another folder"):
            new_folder(tmp_path / name).__enter__()
    with pytest.raises(FileExistsError), new_folder(tmp_path / "late") as folder:
        (folder / "a").write_bytes(b"1")
        (tmp_path / "late").mkdir()  # by somebody else
    assert sorted(os.listdir(tmp_path)) == ["file", "late"]
    assert os.listdir(tmp_path / "late") == []
