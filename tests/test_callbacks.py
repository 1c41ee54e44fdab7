# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn's callbacks: what they are told and can stop, and that nothing else changes."""

import pickle
import re
import time

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gmvae import VaDEClustering, load
from sklearn_gmvae._callbacks import FitTasks
from sklearn_gmvae.training import _budget

# Warnings are errors here, and this package is experimental.
callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9")


class Diary:
    """Writes down every task, and stops the phase named ``stop`` after so many epochs."""

    def __init__(self, stop=None, after=0):
        self.stop, self.after = stop, after
        self.begun, self.ended, self.calls = [], [], []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.begun.append((context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context):
        self.ended.append((context.task_name, context.task_id))
        phase = context.parent and context.parent.task_name
        return phase == self.stop and context.task_id + 1 == self.after


class Witness(Diary):
    """Asks for the fitted estimator of every task."""

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
        self.X, self.y = X, y
        self.ended.append((context.task_name, context.parent and context.parent.task_name))
        self.seen = getattr(self, "seen", [])
        if fitted_estimator is not None:
            self.seen.append(
                (
                    context.task_name,
                    fitted_estimator.predict(X),
                    fitted_estimator.score(X),
                    fitted_estimator.labels_,
                    fitted_estimator.lower_bounds_,
                )
            )


def small_vade(**changes):
    """For what happens in other processes: they take seconds to start, and both estimators share
    the code."""
    settings = {
        "hidden_layer_sizes": (32,), "pretrain_iter": 60, "max_iter": 2, "random_state": 0,
    }  # fmt: skip
    return VaDEClustering(3, **{**settings, **changes})


def outcome(estimator, X):
    return [
        estimator.labels_, estimator.means_, estimator.covariances_, estimator.lower_bounds_,
        estimator.predict_proba(X), estimator.score_samples(X),
    ]  # fmt: skip


def assert_same(a, b):
    for left, right in zip(a, b, strict=True):
        np.testing.assert_array_equal(left, right)


def test_tasks_are_phases_and_epochs(quick, blobs):
    diary = Diary()
    quick(pretrain_iter=3, max_iter=2, tol=0).set_callbacks(diary).fit(blobs[0])
    expected = [
        ("fit", 0),
        ("pretraining", 0), ("epoch", 0), ("epoch", 1), ("epoch", 2),
        ("start", 1),
        ("training", 2), ("epoch", 0), ("epoch", 1),
    ]  # fmt: skip
    assert diary.begun == expected
    assert sorted(diary.ended) == sorted(expected)
    assert diary.calls == ["setup", "teardown"]


def test_tasks_without_pretraining_and_of_a_warm_start(quick, blobs):
    diary = Diary()
    estimator = quick(pretrain_iter=0, max_iter=1, warm_start=True, init_params=blobs[1])
    estimator.set_callbacks(diary).fit(blobs[0])
    assert diary.begun == [
        ("fit", 0), ("pretraining", 0), ("start", 1), ("training", 2), ("epoch", 0),
    ]  # fmt: skip
    diary.begun.clear()
    estimator.fit(blobs[0])
    assert diary.begun == [("fit", 0), ("start", 0), ("training", 1), ("epoch", 0)]


@pytest.mark.filterwarnings("ignore:.*(distinct clusters found|not distinct):UserWarning")
def test_trial_of_counts_is_a_task_that_can_be_stopped(quick, blobs, monkeypatch):
    for name, value in (("MAX_EPOCHS", 30), ("MIN_EPOCHS", 1), ("MIN_UPDATES", 1)):
        monkeypatch.setattr(_budget, name, value)
    diary = Diary("trial", after=12)
    estimator = quick(pretrain_iter=None, max_iter=1, likelihood="poisson").set_callbacks(diary)
    estimator.fit(np.round(blobs[0] - blobs[0].min()))
    phases = [task for task in diary.begun if task[0] != "epoch"]
    assert phases == [
        ("fit", 0), ("trial", 0), ("pretraining", 1), ("start", 2), ("training", 3),
    ]  # fmt: skip
    assert diary.begun.count(("epoch", 11)) == 2
    assert diary.begun.count(("epoch", 12)) == 1  # of pretraining, which that made no shorter


@pytest.mark.parametrize(
    "changes",
    [{}, {"early_stopping": True}, {"precision": "bfloat16"}, {"n_init": 2}],
    ids=str,
)
def test_callbacks_that_look_change_no_bit(quick, blobs, changes):
    X = blobs[0]
    without = quick(max_iter=5, **changes).fit(X)
    watched = quick(max_iter=5, **changes).set_callbacks(Witness()).fit(X)
    assert_same(outcome(without, X), outcome(watched, X))
    assert without.n_iter_ == watched.n_iter_
    # Neither the tasks nor their contexts stay behind.
    assert set(vars(watched)) - set(vars(without)) == {"_skl_callbacks"}


def test_fitted_estimator_is_as_if_fit_had_ended(quick, blobs):
    X, y = blobs
    witness = Witness()
    estimator = quick(pretrain_iter=20, max_iter=4).set_callbacks(witness).fit(X, y)
    # Four epochs and the fit; before the start, there is nothing to predict with.
    assert [name for name, *_ in witness.seen] == ["epoch"] * 4 + ["fit"]
    assert ("epoch", "pretraining") in witness.ended
    for n, (_, labels, _, labels_, curve) in enumerate(witness.seen[:4], start=1):
        np.testing.assert_array_equal(labels, labels_)
        np.testing.assert_array_equal(curve, estimator.lower_bounds_[:n])
    for _, labels, score, _, curve in witness.seen[-2:]:
        np.testing.assert_array_equal(labels, estimator.labels_)
        assert score == estimator.lower_bound_
        np.testing.assert_array_equal(curve, estimator.lower_bounds_)
    assert witness.y is y
    np.testing.assert_array_equal(witness.X, X)


def test_fitted_estimator_of_bfloat16_networks_is_in_full_precision(quick, blobs):
    witness = Witness()
    estimator = quick(max_iter=3, precision="bfloat16").set_callbacks(witness).fit(blobs[0])
    assert witness.seen[-2][2] == estimator.lower_bound_  # the last epoch's, from the masters


def test_callback_stops_training(quick, blobs):
    estimator = quick(max_iter=20).set_callbacks(Diary("training", after=5)).fit(blobs[0])
    assert estimator.n_iter_ == 5
    assert not estimator.converged_
    np.testing.assert_array_equal(estimator.labels_, estimator.predict(blobs[0]))
    # The same epochs as without; they are cut, not another schedule.
    whole = quick(max_iter=20).fit(blobs[0])
    np.testing.assert_array_equal(estimator.lower_bounds_, whole.lower_bounds_[:5])


def test_callback_stops_the_default_schedule_unconverged(quick, blobs):
    estimator = quick(max_iter=None).set_callbacks(Diary("training", after=2)).fit(blobs[0])
    assert estimator.n_iter_ == 2
    assert not estimator.converged_


def test_callback_that_stops_pretraining_leaves_training(quick, blobs):
    diary = Diary("pretraining", after=30)
    estimator = quick(max_iter=4).set_callbacks(diary).fit(blobs[0])
    assert len(estimator.pretrain_history_["objective"]) == 30
    assert estimator.n_iter_ == 4


def test_callback_stop_with_tol_does_not_warn_of_max_iter(quick, blobs):
    # Warnings are errors: "max_iter epochs were completed" would not be so.
    quick(tol=1e-9).set_callbacks(Diary("training", after=3)).fit(blobs[0])


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_runs_are_tasks(blobs, n_jobs):
    monitor = callback.ScoringMonitor(scoring="adjusted_rand_score")
    settings = {"n_init": 2, "max_iter": 3}
    estimator = small_vade(n_jobs=n_jobs, **settings).set_callbacks(monitor).fit(*blobs)
    log = logged(monitor, 2 * 3 + 1)
    paths = {row["task_id_path"] for row in log}
    assert paths == {(0,)} | {(0, run, 2, epoch) for run in (0, 1) for epoch in range(3)}
    without = small_vade(**settings).fit(blobs[0])
    assert_same(outcome(estimator, blobs[0]), outcome(without, blobs[0]))


def elbo(estimator, X, y):
    return estimator.score(X)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_callbacks_inside_a_pipeline_in_a_search(blobs, n_jobs):
    X, y = blobs
    monitor = callback.ScoringMonitor(scoring={"elbo": elbo})
    estimator = small_vade()
    grid = {"vadeclustering__latent_dim": [4, 5]}
    plain = GridSearchCV(make_pipeline(StandardScaler(), estimator), grid, cv=2).fit(X, y)
    watched = clone(estimator).set_callbacks(monitor)
    search = GridSearchCV(make_pipeline(StandardScaler(), watched), grid, cv=2, n_jobs=n_jobs)
    search.fit(X, y)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"]
    )
    # Two candidates on two splits, and the best on all rows: two epochs and the fit of each.
    log = logged(monitor, 5 * 3)
    assert {row["estimator_name"] for row in log} == {"VaDEClustering"}
    assert np.isfinite([row["elbo"] for row in log]).all()


def test_callbacks_of_both_estimators_in_a_search(quick, blobs):
    diary = Diary()
    search = GridSearchCV(quick(max_iter=2).set_callbacks(diary), {"latent_dim": [4]}, cv=2)
    search.fit(blobs[0])
    # Three fits, each with its phases and epochs.
    assert diary.begun.count(("training", 2)) == 3
    assert len([task for task in diary.begun if task[0] == "epoch"]) == 3 * (60 + 2)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_progress_bar_of_a_search_reaches_the_phases(blobs, n_jobs, capsys):
    name = "VaDEClustering"
    search = GridSearchCV(
        make_pipeline(StandardScaler(), small_vade()), {"vadeclustering__latent_dim": [4]}, cv=2,
        n_jobs=n_jobs,
    )  # fmt: skip
    search.set_callbacks(callback.ProgressBar(max_propagation_depth=None)).fit(blobs[0])
    shown = capsys.readouterr().out
    assert f"{name} - pretraining #0" in shown
    assert f"{name} - training #2" in shown
    # The propagated callback does not stay with what was fitted.
    assert not hasattr(search.best_estimator_[-1], "_skl_callbacks")


@pytest.mark.parametrize("verbose", [0, 1])
def test_bound_is_written_above_the_bars(blobs, capsys, verbose):
    small_vade(verbose=verbose).set_callbacks(callback.ProgressBar()).fit(blobs[0])
    shown = capsys.readouterr().out
    assert "VaDEClustering - training #2" in shown
    assert len(re.findall(r"training: epoch 2/2, ELBO -?[\d.]+ nats a row", shown)) == 1


def test_bar_of_a_pipeline_is_not_hidden_by_lines(blobs, capsys):
    pipeline = make_pipeline(StandardScaler(), small_vade())
    pipeline.set_callbacks(callback.ProgressBar(max_propagation_depth=None)).fit(blobs[0])
    shown = capsys.readouterr().out
    assert "VaDEClustering - training #2" in shown
    assert "ELBO" not in shown


def test_estimator_with_callbacks_pickles_and_clones(quick, blobs):
    estimator = quick(max_iter=2).set_callbacks(Diary()).fit(blobs[0])
    restored = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(restored.predict(blobs[0]), estimator.labels_)
    with pytest.raises(NotFittedError):
        clone(estimator).predict(blobs[0])


def test_callbacks_are_no_part_of_a_saved_model(quick, blobs, tmp_path):
    estimator = quick(max_iter=2).set_callbacks(Diary()).fit(blobs[0])
    estimator.save(tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(blobs[0]), estimator.labels_)
    assert not hasattr(loaded, "_skl_callbacks")


def test_fit_that_fails_tears_callbacks_down(quick, blobs, monkeypatch):
    diary = Diary()
    estimator = quick(max_iter=2).set_callbacks(diary)
    monkeypatch.setattr(type(estimator), "_export_history", broken)
    with pytest.raises(RuntimeError, match="broken"):
        estimator.fit(blobs[0])
    assert diary.calls == ["setup", "teardown"]


def broken(*args):
    raise RuntimeError("broken")


def test_without_callbacks_nobody_watches(quick):
    tasks = FitTasks(quick(), None, None, 2, ["pretraining", "start", "training"])
    assert tasks.watchers(broken) == [None, None]


def test_estimator_without_support_has_no_tasks():
    # As on scikit-learn before 1.9, where the mixin has no methods.
    tasks = FitTasks(object(), None, None, 2, ["pretraining", "start", "training"])
    assert tasks.watchers(broken) == [None, None]
    tasks.end()


def logged(monitor, n):
    """The rows of a monitor's log, once workers' messages have arrived."""
    for _ in range(100):
        if len(rows := monitor.get_logs().data) >= n:
            break
        time.sleep(0.05)
    assert len(rows) == n
    return rows
