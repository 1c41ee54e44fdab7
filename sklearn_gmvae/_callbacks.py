# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn's callbacks (its version 1.9 and later; before, nothing is told).

The tasks of a fit: "fit", below it (with `n_init` > 1) each "run", below that its phases "trial"
(where there is one), "pretraining", "start" and "training", below those each "epoch".
"""

from collections.abc import Callable

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Without `set_callbacks`, which is how scikit-learn asks whether callbacks are known."""


# scikit-learn's own that look and never stop a fit.
WATCH_ONLY = {"ProgressBar", "ScoringMonitor"}


def callbacks_of(estimator) -> list:
    """Those that were set, or came down from a pipeline or a search."""
    return getattr(estimator, "_skl_callbacks", None) or []


def is_from_sklearn(callback, names) -> bool:
    """Whether it is one of these of scikit-learn's own."""
    kind = type(callback)
    return kind.__module__.startswith("sklearn.callback.") and kind.__name__ in names


def who_may_stop(estimator) -> list:
    """What is called at the end of epochs, of each callback but those that only look."""
    return [
        callback.on_fit_task_end
        for callback in callbacks_of(estimator)
        if not is_from_sklearn(callback, WATCH_ONLY)
    ]


def has_bar_of_its_own(estimator) -> bool:
    """Whether scikit-learn's bar was set on this very estimator: it shows how far each phase is but
    has no place for the ELBO. (Below a pipeline or a search the lines of many fits would hide it.)
    """
    return not hasattr(estimator, "_parent_callback_ctx") and any(
        is_from_sklearn(callback, {"ProgressBar"}) for callback in callbacks_of(estimator)
    )


class FitTasks:
    """The task of one fit, from its begin to `end`.

    Parameters
    ----------
    estimator : object
        Whose fit it is.
    X, y : array-like
        What callbacks are told.
    n_runs : int
        Fits from different seeds.
    phases : sequence of str
        The phases of each of them.
    """

    def __init__(self, estimator, X, y, n_runs: int, phases) -> None:
        self._told = {"estimator": estimator, "X": X, "y": y}
        self._n_runs, self._phases = n_runs, phases
        self._root = None
        if hasattr(estimator, "_init_callback_context"):
            self._root = estimator._init_callback_context(
                max_subtasks=len(phases) if n_runs == 1 else n_runs,
                sequential_subtasks=n_runs == 1,
            )
            self._root.call_on_fit_task_begin(**self._told)

    def watchers(self, fitted: Callable) -> list:
        """A watcher of training for each run; None where no callback wants to know.

        ``fitted(model, history)`` gives the attributes of the estimator as if fit ended with that
        model.
        """
        if self._root is None or not callbacks_of(self._told["estimator"]):
            return [None] * self._n_runs
        if self._n_runs == 1:
            return [RunTasks(self._root, self._told, fitted)]
        # All before the first run starts: a run may go to another process, with a copy.
        contexts = [
            self._root.subcontext("run", task_id=i, max_subtasks=len(self._phases))
            for i in range(self._n_runs)
        ]
        return [RunTasks(context, self._told, fitted, is_task=True) for context in contexts]

    def end(self) -> None:
        """The estimator is fitted."""
        if self._root is not None:
            self._root.call_on_fit_task_end(**self._told, reconstruction_attributes={})


class RunTasks:
    """A watcher of training that tells callbacks of the phases and epochs of one run.

    A callback can end a phase from its epochs; a run and a fit have no phase to spare, and what
    callbacks answer at their ends is not heard.
    """

    def __init__(self, context, told: dict, fitted: Callable, is_task: bool = False) -> None:
        self._run, self._told, self._fitted, self._is_task = context, told, fitted, is_task
        self._n_begun = 0
        self._phase = self._epoch = None

    def begin_phase(self, name, n_epochs, n_done=0):
        if self._is_task and not self._n_begun:
            self._run.call_on_fit_task_begin(**self._told)
        self._n_begun += 1
        self._phase = self._run.subcontext(name, max_subtasks=n_epochs - n_done)
        self._phase.call_on_fit_task_begin(**self._told)

    def begin_epoch(self):
        self._epoch = self._phase.subcontext("epoch")
        self._epoch.call_on_fit_task_begin(**self._told)

    def end_epoch(self, history, model_now):
        attributes = None  # before the start there are no clusters, and nothing to predict with
        if self._phase.task_name == "training":
            # A function: the copy is made only for a callback that asks for a fitted estimator.
            attributes = lambda: self._fitted(model_now(), history)  # noqa: E731
        return self._epoch.call_on_fit_task_end(**self._told, reconstruction_attributes=attributes)

    def end_phase(self, history):
        self._phase.call_on_fit_task_end(**self._told)
        if self._is_task and self._n_begun == self._run.max_subtasks:
            self._run.call_on_fit_task_end(**self._told)
