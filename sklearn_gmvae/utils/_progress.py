# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Progress lines for verbose=1."""

import time


class EpochPrinter:
    """Prints a line every few seconds, and one for the last scheduled epoch of a phase."""

    def __init__(self, interval: float = 5.0) -> None:
        self._interval = interval
        self._phase: str | None = None
        self._started = self._printed = 0.0

    def __call__(self, phase, history) -> None:
        """After an epoch of ``phase``, whose curves so far are ``history``."""
        now = time.monotonic()
        if phase.name != self._phase:
            self._phase, self._started, self._printed = phase.name, now, now
        done, total = history.n_iter, phase.n_epochs
        if done < total and now - self._printed < self._interval:
            return
        self._printed = now
        left = (now - self._started) / max(done - 1, 1) * (total - done)
        print(
            f"{phase.name}: epoch {done}/{total}, ELBO {history.lower_bound[-1]:.3f} nats a row "
            f"(model units), {left:.0f} s left",
            flush=True,
        )
