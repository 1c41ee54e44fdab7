# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Progress lines for verbose=1."""

import time


class EpochPrinter:
    """A watcher of training that prints a line every few seconds, and one at each phase's end.

    Parameters
    ----------
    offset : float
        Added to the ELBO, which training counts in the model's units.
    title : str
        What each line begins with.
    interval : float, default=5.0
        Seconds.
    """

    def __init__(self, offset: float = 0.0, title: str = "", interval: float = 5.0) -> None:
        self._offset, self._title, self._interval = offset, title, interval
        self._phase, self._n_epochs, self._done, self._resumed_at = "", 0, 0, 0
        self._started = self._printed = 0.0

    def begin_phase(self, name: str, n_epochs: int, n_done: int = 0) -> None:
        self._phase, self._n_epochs, self._done, self._resumed_at = name, n_epochs, n_done, n_done
        self._started = self._printed = time.monotonic()
        if n_done:
            self._print(f"epoch {n_done}/{n_epochs} was reached before, by the checkpoint")

    def begin_epoch(self) -> None:
        """Nothing is told of the beginning."""

    def end_epoch(self, history, model_now) -> bool:
        """A line, if it is time for one; never a reason to stop."""
        self._done += 1
        now = time.monotonic()
        if self._done < self._n_epochs and now - self._printed >= self._interval:
            self._printed = now
            per_epoch = (now - self._started) / (self._done - self._resumed_at)
            left = per_epoch * (self._n_epochs - self._done)
            self._print(f"epoch {self._progress(history)}, {left:.0f} s left")
        return False

    def end_phase(self, history) -> None:
        took = f"{time.monotonic() - self._started:.0f} s"
        if history is None:
            self._print(took)
        elif self._n_epochs:
            stopped = "stopped after " if self._done < self._n_epochs else ""
            self._print(f"{stopped}epoch {self._progress(history)}, {took}")

    def _progress(self, history) -> str:
        bound = history.lower_bound[-1] + self._offset if history.lower_bound else float("nan")
        return f"{self._done}/{self._n_epochs}, ELBO {bound:.3f} nats a row"

    def _print(self, text: str) -> None:
        print(f"{self._title}{self._phase}: {text}", flush=True)
