# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The clock stops while labels are written down, and they are compared only afterwards."""

import time

import numpy as np
import pytest

from sklearn_gmvae import VaDEClustering, benchmark
from sklearn_gmvae.benchmark import _time_to_accuracy
from sklearn_gmvae.benchmark._time_to_accuracy import (
    LabelsOfEpochs,
    Stopwatch,
    seconds_to,
    time_to_accuracy,
)

# Warnings are errors here, and scikit-learn's callbacks are experimental.
pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9")
QUICK = {"hidden_layer_sizes": (32,), "pretrain_iter": 60, "max_iter": 3}


def test_labels_are_those_of_each_epoch_and_their_cost_is_not_counted(blobs):
    class Slow(LabelsOfEpochs):
        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            super().on_fit_task_end(estimator, context, fitted_estimator=fitted_estimator)
            if fitted_estimator is not None:
                time.sleep(0.5)

    X, _ = blobs
    stopwatch = Stopwatch()
    epochs = Slow(stopwatch)
    model = VaDEClustering(3, random_state=0, **QUICK).set_callbacks(stopwatch, epochs)
    began = time.perf_counter()
    model.fit(X)
    elapsed = time.perf_counter() - began
    assert len(epochs.labels) == len(epochs.seconds) == 3
    assert epochs.seconds == sorted(epochs.seconds)
    assert epochs.seconds[-1] <= elapsed - 1.5 + 0.01  # three sleeps; two decimals
    np.testing.assert_array_equal(epochs.labels[-1], model.labels_)


# Three updates leave clusters alike, of which fit warns.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_case_measures_every_seed_and_its_table_says_when(monkeypatch):
    monkeypatch.setattr(_time_to_accuracy, "SEEDS", (0, 1))
    measured = time_to_accuracy("iris", QUICK)
    assert set(measured["seeds"]) == {"0", "1"}
    for curve in measured["seeds"].values():
        assert len(curve["seconds"]) == len(curve["accuracy"]) == 3
        assert all(0 < a <= 1 for a in curve["accuracy"])
    measured["seeds"] = {
        "0": {"seconds": [10.0, 20.0, 30.0], "accuracy": [0.9, 0.96, 0.95]},
        "1": {"seconds": [10.0, 20.0, 30.0], "accuracy": [0.9, 0.91, 0.92]},
    }
    records = [{"benchmark": "speed", "case": "mnist", "measured": measured}]
    first, second = benchmark.TABLES["time-to-accuracy"](records).splitlines()[3:5]
    assert first.split() == ["0", "20", "0.9500", "30"]
    assert second.split() == ["1", "never", "0.9200", "30"]


def test_seconds_to_is_the_first_moment():
    curve = {"seconds": [1.0, 2.0, 3.0], "accuracy": [0.5, 0.7, 0.6]}
    assert seconds_to(curve, 0.6) == 2.0
    assert seconds_to(curve, 0.8) is None
