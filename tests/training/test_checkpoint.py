# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A checkpoint's file is there whole or not at all, and only the right one is used."""

import os
import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_gmvae.training import _checkpoint
from sklearn_gmvae.training._checkpoint import NO_CHECKPOINT, Checkpoint, check_folder
from sklearn_gmvae.training._phase import History
from sklearn_gmvae.training._ranks import ALONE

STATE = {"seed": 3, "values": np.arange(5, dtype=np.float32), "best": -np.inf, "loop": None}


def written(path, identity="this", state=STATE):
    Checkpoint(path, identity).write(lambda: state)
    return path


def same(state):
    return (
        state is not None
        and state.keys() == STATE.keys()
        and state["values"].tobytes() == STATE["values"].tobytes()
        and (state["seed"], state["best"], state["loop"]) == (3, -np.inf, None)
    )


def test_what_was_written_is_read(tmp_path):
    path = written(tmp_path / "run")
    assert same(Checkpoint(path, "this").read())
    assert os.listdir(tmp_path) == ["run"]


def test_without_a_path_nothing_is_read_written_or_asked_for():
    def state():
        raise AssertionError("a state is gathered for nothing")

    NO_CHECKPOINT.write(state)
    assert NO_CHECKPOINT.read() is None
    assert not NO_CHECKPOINT.is_due()
    NO_CHECKPOINT.remove()


def test_where_there_is_none_a_run_begins(tmp_path):
    assert Checkpoint(tmp_path / "run", "this").read() is None


def test_one_of_another_fit_is_told_of_and_not_used(tmp_path):
    path = written(tmp_path / "run", "another")
    with pytest.warns(UserWarning, match=r"run is not used, .* of another fit"):
        assert Checkpoint(path, "this").read() is None


def assert_told_or_unchanged(path, content):
    path.write_bytes(content)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        state = Checkpoint(path, "this").read()
    if state is None:
        assert ["is not used, and this run begins anew" in str(w.message) for w in told] == [True]
    else:
        assert same(state)
        assert not told


def test_one_that_ends_early_is_never_used(tmp_path):
    path = written(tmp_path / "run")
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.warns(UserWarning, match="is not used, and this run begins anew"):
            assert Checkpoint(path, "this").read() is None


@settings(deadline=None)
@given(st.data())
def test_one_with_other_bytes_is_never_used(tmp_path_factory, data):
    path = written(tmp_path_factory.mktemp("changed") / "run")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= data.draw(st.integers(1, 255))
    assert_told_or_unchanged(path, bytes(content))


def test_every_byte_counts(tmp_path):
    path = written(tmp_path / "run")
    content = path.read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        assert_told_or_unchanged(path, bytes(changed))


def test_what_was_computed_elsewhere_is_used_and_told_of(tmp_path, monkeypatch):
    path = written(tmp_path / "run")
    here = _checkpoint.environment(_checkpoint.CPU)
    monkeypatch.setattr(_checkpoint, "environment", lambda device: {**here, "threads": 64})
    with pytest.warns(
        UserWarning, match=r"run holds was computed elsewhere \(threads was \d+, is 64"
    ):
        assert same(Checkpoint(path, "this").read())


def test_it_is_due_after_the_interval(tmp_path, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(_checkpoint.time, "monotonic", lambda: now)
    checkpoint = Checkpoint(tmp_path / "run", "this")
    checkpoint.read()
    now += _checkpoint.INTERVAL - 1
    assert not checkpoint.is_due()
    now += 1
    assert checkpoint.is_due()
    checkpoint.write(lambda: STATE)
    assert not checkpoint.is_due()


def test_first_writing_that_fails_raises_and_later_ones_warn(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    checkpoint = Checkpoint(tmp_path / "run", "this")
    with monkeypatch.context() as patch:
        patch.setattr(_checkpoint, "write_array_file", full)
        with pytest.raises(OSError, match=r"cannot write .*run: .*No space left"):
            checkpoint.write(lambda: STATE)
    checkpoint.write(lambda: STATE)
    with monkeypatch.context() as patch:
        patch.setattr(_checkpoint, "write_array_file", full)
        with pytest.warns(UserWarning, match="No space left on device. Training goes on"):
            checkpoint.write(lambda: {"seed": 4})
    assert same(Checkpoint(tmp_path / "run", "this").read())


def test_what_a_dead_writer_left_is_removed_and_a_live_ones_not(tmp_path):
    path = written(tmp_path / "run")
    for name in (".run.0123.tmp", ".run.4567.tmp", ".other.0123.tmp"):
        (tmp_path / name).write_bytes(b"half")
    long_ago = time.time() - 2 * _checkpoint.STALE
    for name in (".run.0123.tmp", ".other.0123.tmp"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    assert same(Checkpoint(path, "this").read())
    assert sorted(os.listdir(tmp_path)) == [".other.0123.tmp", ".run.4567.tmp", "run"]


def test_a_folder_is_made_and_left_empty(tmp_path):
    check_folder(tmp_path / "a" / "b", ALONE)
    assert os.listdir(tmp_path / "a" / "b") == []


def test_what_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file", str(tmp_path / "file" / "below")):
        with pytest.raises(OSError, match=r"checkpoint='.*file.*' should be a folder"):
            check_folder(path, ALONE)


def test_a_history_comes_back_with_its_order():
    history = History(n_skipped=2, stopped=True)
    history.append(1.5, {"b": 2.0, "a": float("nan")})
    history.append(2.5, {"b": 3.0, "a": 1.0})
    for original in (history, History()):
        restored = History()
        restored.restore(original.state())
        assert repr(restored) == repr(original)  # also the types; nan is no equal of itself
        assert list(restored.terms) == list(original.terms)
