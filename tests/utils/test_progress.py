# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Progress lines."""

from types import SimpleNamespace

import pytest

from sklearn_gmvae.utils import EpochPrinter, _progress


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when they are told to."""
    now = SimpleNamespace(value=100.0)
    monkeypatch.setattr(_progress.time, "monotonic", lambda: now.value)
    return now


def run(printer, clock, n_epochs, done, seconds):
    history = SimpleNamespace(lower_bound=[])
    printer.begin_phase("training", n_epochs)
    for epoch in range(done):
        printer.begin_epoch()
        clock.value += seconds
        history.lower_bound.append(float(epoch))
        assert printer.end_epoch(history, None) is False
    printer.end_phase(history)


def test_a_line_an_interval_and_one_at_the_end(clock, capsys):
    run(EpochPrinter(), clock, n_epochs=10, done=10, seconds=2.0)
    assert capsys.readouterr().out.splitlines() == [
        "training: epoch 3/10, ELBO 2.000 nats a row, 14 s left",
        "training: epoch 6/10, ELBO 5.000 nats a row, 8 s left",
        "training: epoch 9/10, ELBO 8.000 nats a row, 2 s left",
        "training: epoch 10/10, ELBO 9.000 nats a row, 20 s",
    ]


def test_a_phase_that_stops_early_says_so(clock, capsys):
    run(EpochPrinter(), clock, n_epochs=10, done=4, seconds=1.0)
    assert capsys.readouterr().out.splitlines() == [
        "training: stopped after epoch 4/10, ELBO 3.000 nats a row, 4 s"
    ]


def test_offset_and_title(clock, capsys):
    run(EpochPrinter(offset=-100.0, title="run 2/3, "), clock, n_epochs=1, done=1, seconds=1.0)
    assert capsys.readouterr().out == (
        "run 2/3, training: epoch 1/1, ELBO -100.000 nats a row, 1 s\n"
    )


def test_phases_without_epochs(clock, capsys):
    printer = EpochPrinter()
    printer.begin_phase("pretraining", 0)
    printer.end_phase(SimpleNamespace(lower_bound=[]))  # switched off: no line
    printer.begin_phase("start", 0)
    clock.value += 3
    printer.end_phase(None)
    assert capsys.readouterr().out == "start: 3 s\n"


def test_epochs_without_a_finite_step_have_no_elbo_yet(clock, capsys):
    printer = EpochPrinter()
    printer.begin_phase("training", 3)
    clock.value += 6
    printer.end_epoch(SimpleNamespace(lower_bound=[]), None)
    assert capsys.readouterr().out == "training: epoch 1/3, ELBO nan nats a row, 12 s left\n"
