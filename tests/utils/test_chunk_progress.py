# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Progress lines of training on chunks."""

from types import SimpleNamespace

import pytest

from sklearn_gmvae.utils import ChunkPrinter, _chunk_progress


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when they are told to."""
    now = SimpleNamespace(value=100.0)
    monkeypatch.setattr(_chunk_progress.time, "monotonic", lambda: now.value)
    return now


def run(printer, clock, chunks, seconds=2.0):
    for phase, share, is_over, bound in chunks:
        clock.value += seconds
        printer.after_chunk(phase, share, is_over, bound, 1000)


def test_a_line_an_interval_and_one_when_a_phase_is_done(clock, capsys):
    pretraining = [("pretraining", i / 4, i == 4, -i) for i in range(1, 5)]
    training = [("training", i / 4, i == 4, i) for i in range(1, 5)]
    run(ChunkPrinter(), clock, [*pretraining, *training, *[("training", 1.0, True, 9)] * 3])
    assert capsys.readouterr().out.splitlines() == [
        "pretraining: 75% after 3,000 rows, ELBO -3.000 nats a row, 2 s left",
        "pretraining: done after 4,000 rows, ELBO -4.000 nats a row, 8 s",
        "training: 75% after 3,000 rows, ELBO 3.000 nats a row, 2 s left",
        "training: done after 4,000 rows, ELBO 4.000 nats a row, 8 s",
        "training: done, and went on for 7,000 rows, ELBO 9.000 nats a row",
    ]


def test_time_left_counts_from_where_it_began(clock, capsys):
    run(ChunkPrinter(share=0.5), clock, [("training", 0.75, False, 0.0)], seconds=6.0)
    assert capsys.readouterr().out == (
        "training: 75% after 1,000 rows, ELBO 0.000 nats a row, 6 s left\n"
    )


def test_what_is_settled_before_is_not_done_again(clock, capsys):
    run(ChunkPrinter(1.0, True), clock, [("training", 1.0, True, 0.0)] * 3)
    assert capsys.readouterr().out == (
        "training: done, and went on for 3,000 rows, ELBO 0.000 nats a row\n"
    )


def test_waiting_for_other_rows_is_told(clock, capsys):
    run(ChunkPrinter(), clock, [("pretraining", 1.0, False, 0.0)] * 3)
    assert "waiting for rows that are not yet there" in capsys.readouterr().out
