# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Progress lines for verbose=1 where rows come in chunks."""

import time


class ChunkPrinter:
    """Prints a line every few seconds of training on chunks, and one when a phase is done.

    Parameters
    ----------
    share : float, default=0.0
        How much of the present phase is done already.
    is_over : bool, default=False
        Whether all of training is.
    interval : float, default=5.0
        Seconds.
    """

    def __init__(self, share: float = 0.0, is_over: bool = False, interval: float = 5.0) -> None:
        self._before, self._is_over, self._interval = share, is_over, interval
        self._phase, self._n_rows = "", 0
        self._started = self._printed = time.monotonic()

    def after_chunk(
        self, phase: str, share: float, is_over: bool, bound: float, n_rows: int
    ) -> None:
        """A line, if it is time for one.

        Parameters
        ----------
        phase : str
            In which the chunk was trained on.
        share : float
            How much of the phase is done, in (0, 1].
        is_over : bool
            Whether the phase is; after the last one training goes on nevertheless.
        bound : float
            ELBO of the chunk, nats a row.
        n_rows : int
            Of the chunk.
        """
        now = time.monotonic()
        if phase != self._phase:
            if self._phase:
                self._before, self._is_over = 0.0, False
            self._phase, self._n_rows = phase, 0
        self._n_rows += n_rows
        told = f"{self._n_rows:,} rows, ELBO {bound:.3f} nats a row"
        if is_over and not self._is_over:
            print(f"{phase}: done after {told}, {now - self._started:.0f} s", flush=True)
            self._is_over = True
            self._started = self._printed = now
        elif now - self._printed >= self._interval:
            self._printed = now
            if is_over:
                print(f"{phase}: done, and went on for {told}", flush=True)
                return
            rate = (share - self._before) / (now - self._started)
            left = "waiting for rows that are not yet there"
            if rate > 0 and share < 1:
                left = f"{(1 - share) / rate:.0f} s left"
            print(f"{phase}: {share:.0%} after {told}, {left}", flush=True)
