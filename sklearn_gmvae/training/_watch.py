# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Those who watch training: told what begins and ends, and asked whether to stop."""

from collections.abc import Callable
from typing import Protocol

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._phase import History


class Watcher(Protocol):
    """What `fit_module` and `train` tell. Whatever it does, it must draw no random number of
    theirs and leave the model alone."""

    def begin_phase(self, name: str, n_epochs: int, n_done: int = 0) -> None:
        """Before "trial", "pretraining", "start" (of no epochs) or "training", of whose epochs
        ``n_done`` were done before, in a process that has ended."""

    def begin_epoch(self) -> None:
        """Before each epoch."""

    def end_epoch(self, history: History, model_now: Callable[[], DeepMixture]) -> bool:
        """After each epoch; True ends the phase. ``model_now()`` is a copy of the model as it is,
        in full precision and for inference."""

    def end_phase(self, history: History | None) -> None:
        """After the phase, however it ended; no history for "start"."""


class Watchers:
    """Several watchers as one, or none."""

    def __init__(self, *watchers: Watcher | None) -> None:
        self._watchers = [watcher for watcher in watchers if watcher is not None]

    def begin_phase(self, name: str, n_epochs: int, n_done: int = 0) -> None:
        for watcher in self._watchers:
            watcher.begin_phase(name, n_epochs, n_done)

    def begin_epoch(self) -> None:
        for watcher in self._watchers:
            watcher.begin_epoch()

    def end_epoch(self, history: History, model_now: Callable[[], DeepMixture]) -> bool:
        # A list: all are told, also after one that wants to stop.
        return any([watcher.end_epoch(history, model_now) for watcher in self._watchers])

    def end_phase(self, history: History | None) -> None:
        for watcher in self._watchers:
            watcher.end_phase(history)
