# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The first Ctrl-C waits to be asked for, the second does not."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from sklearn_gmvae.utils import deferred_interrupt


def press():
    signal.raise_signal(signal.SIGINT)


def test_the_first_is_held_back_and_told():
    with pytest.raises(KeyboardInterrupt), deferred_interrupt() as came:
        assert not came()
        press()
        assert came()
        raise KeyboardInterrupt
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_one_that_nobody_asked_for_is_raised_at_the_end():
    passed = False
    with pytest.raises(KeyboardInterrupt), deferred_interrupt():
        press()
        passed = True
    assert passed


def test_the_second_interrupts_at_once():
    passed = False
    with pytest.raises(KeyboardInterrupt), deferred_interrupt():
        press()
        press()
        passed = True
    assert not passed
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_one_nothing_happens():
    with deferred_interrupt() as came:
        assert not came()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_handlers_of_others_and_other_threads_are_left_alone():
    heard = []
    ours = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        theirs = signal.getsignal(signal.SIGINT)
        with deferred_interrupt() as came:
            press()
            assert signal.getsignal(signal.SIGINT) is theirs
            assert not came()
        assert heard == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, ours)

    def in_a_thread():
        with deferred_interrupt() as came:
            return came(), signal.getsignal(signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(in_a_thread).result() == (False, signal.default_int_handler)
