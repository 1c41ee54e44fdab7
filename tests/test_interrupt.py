# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C during `fit`: a fitted estimator once there are clusters, and nothing lost by it."""

import pickle
import signal

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from sklearn_gmvae import VaDEClustering, load, training
from sklearn_gmvae.training import _loop, _prior_start

# With so few updates components may stay empty: an outcome that is told, and tested elsewhere.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)

FEW = {
    "hidden_layer_sizes": (16,), "pretrain_iter": 4, "max_iter": 4, "batch_size": 50,
    "latent_dim": 3, "init_params": "gmm",
}  # fmt: skip
# Steps of either phase: 4 batches of 50 rows, 4 times.
PHASE = 16


@pytest.fixture
def short(quick):
    return lambda **changes: quick(**{**FEW, **changes})


def vade(**changes):
    return VaDEClustering(3, random_state=0, **{**FEW, **changes})


def ctrl_c(*args, **kwargs):
    signal.raise_signal(signal.SIGINT)


@pytest.fixture
def press(monkeypatch):
    """press(n, m) presses Ctrl-C in the n-th and the m-th step from now, counted from 1."""
    step = _loop.MixedPrecisionAdam.step

    def in_steps(*numbers):
        count = 0

        def pressing(self, *args):
            nonlocal count
            count += 1
            for _ in range(numbers.count(count)):
                ctrl_c()
            return step(self, *args)

        monkeypatch.setattr(_loop.MixedPrecisionAdam, "step", pressing)

    yield in_steps
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def result(estimator):
    weights = [p.numpy().tobytes() for p in estimator._model.state_dict().values()]
    return weights, estimator.lower_bounds_.tobytes(), estimator.labels_.tobytes()


def test_interrupt_in_training_leaves_a_fitted_estimator(short, blobs, press, tmp_path):
    X = blobs[0]
    whole = short().fit(X)
    press(PHASE + 10)
    with pytest.warns(ConvergenceWarning, match="interrupted after 2 epochs of training; the mode"):
        estimator = short().fit(X)
    assert (estimator.n_iter_, estimator.converged_) == (2, False)
    np.testing.assert_array_equal(estimator.lower_bounds_, whole.lower_bounds_[:2])
    np.testing.assert_array_equal(estimator.labels_, estimator.predict(X))
    assert estimator.lower_bound_ == estimator.score(X)
    # As any other: pickled, saved, and trained on.
    copied = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(copied.predict(X), estimator.labels_)
    estimator.save(tmp_path / "model")
    assert load(tmp_path / "model").set_params(warm_start=True).fit(X).n_iter_ == 4


def test_default_schedule_that_was_cut_has_not_converged(short, blobs, press):
    press(PHASE + 1)  # in the first epoch
    with pytest.warns(ConvergenceWarning, match="interrupted after 0 epochs of training"):
        estimator = short(max_iter=None).fit(blobs[0])
    assert (estimator.n_iter_, estimator.converged_) == (0, False)
    assert np.isfinite(estimator.predict_proba(blobs[0])).all()


def test_interrupt_is_all_that_is_told_where_tol_was_not_reached(blobs, press):
    press(PHASE + 10)
    with pytest.warns(ConvergenceWarning) as told:
        vade(tol=1e-9).fit(blobs[0])
    messages = [str(w.message) for w in told if "distinct" not in str(w.message)]
    assert [message.startswith("fit was interrupted") for message in messages] == [True]


def test_early_stopping_takes_the_best_epoch(blobs, press, monkeypatch):
    X = blobs[0]
    # 180 rows are 4 batches too. Of the third epoch nothing is better than of the second.
    bounds = iter([1.0, 2.0, 0.0, 0.0])
    monkeypatch.setattr(_loop, "evaluate", lambda *args: next(bounds))
    press(PHASE + 3 * 4 + 2)
    with pytest.warns(ConvergenceWarning, match="interrupted after 3 epochs"):
        cut = vade(early_stopping=True).fit(X)
    bounds = iter([1.0, 2.0, 0.0, 0.0])
    whole = vade(early_stopping=True).fit(X)
    assert result(cut)[0] == result(whole)[0]


@pytest.mark.parametrize("step", [1, 6, PHASE])
def test_interrupt_in_pretraining_is_raised(short, blobs, press, step):
    press(step)
    estimator = short()
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(blobs[0])
    with pytest.raises(NotFittedError):
        estimator.predict(blobs[0])


def test_interrupt_in_the_start_is_raised_at_once(blobs, monkeypatch):
    reached = []
    monkeypatch.setitem(_prior_start.STARTS, "gmm", lambda *args: reached.append(ctrl_c()))
    with pytest.raises(KeyboardInterrupt):
        vade().fit(blobs[0])
    assert not reached


@pytest.mark.parametrize("step", [10, PHASE + 10])
def test_second_interrupt_in_a_step_is_raised(short, blobs, press, step):
    press(step, step)
    with pytest.raises(KeyboardInterrupt):
        short().fit(blobs[0])


def test_second_interrupt_after_training_is_raised(short, blobs, press, monkeypatch):
    press(PHASE + 10)
    estimator = short()
    monkeypatch.setattr(type(estimator), "_order_components", ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(blobs[0])


@pytest.mark.parametrize("method", ["_order_components", "_score_samples", "_duplicate_clusters"])
def test_interrupt_after_training_waits_for_the_rest(short, blobs, press, monkeypatch, method):
    X, estimator = blobs[0], short()
    whole = result(short().fit(X))
    original = getattr(type(estimator), method)

    def press_and_go_on(*args, **kwargs):
        monkeypatch.setattr(type(estimator), method, original)
        ctrl_c()
        return original(*args, **kwargs)

    monkeypatch.setattr(type(estimator), method, press_and_go_on)
    with pytest.warns(ConvergenceWarning, match="interrupted when all training was done; the mode"):
        estimator.fit(X)
    assert result(estimator) == whole
    assert estimator.lower_bound_ == estimator.score(X)


def test_second_interrupt_after_training_leaves_what_was_fitted_before(short, blobs, monkeypatch):
    X = blobs[0]
    estimator = short().fit(X)
    before = dict(vars(estimator))
    monkeypatch.setattr(type(estimator), "_score_samples", lambda *args: ctrl_c() or ctrl_c())
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(2 * X[:, :3])
    assert vars(estimator) == before


def test_interrupt_after_the_last_step_is_not_lost(blobs, monkeypatch):
    monkeypatch.setattr(_loop, "has_converged", lambda *args: ctrl_c() or True)
    with pytest.raises(KeyboardInterrupt):
        vade().fit(blobs[0])  # of pretraining
    with pytest.warns(ConvergenceWarning, match="interrupted after 1 epochs"):
        vade(pretrain_iter=0).fit(blobs[0])


@pytest.mark.parametrize("step", [3, PHASE, PHASE + 1, PHASE + 10, 2 * PHASE])
def test_with_a_checkpoint_the_same_fit_goes_on_bit_for_bit(short, blobs, press, tmp_path, step):
    X = blobs[0]
    expected = result(short().fit(X))
    press(step)
    estimator = short(checkpoint=tmp_path)
    if step <= PHASE:
        with pytest.raises(KeyboardInterrupt):
            estimator.fit(X)
    else:
        with pytest.warns(ConvergenceWarning, match="With the checkpoint the same fit goes on"):
            estimator.fit(X)
    press(2 * PHASE + 1 - step)  # one more than are left to do
    assert result(short(checkpoint=tmp_path).fit(X)) == expected


def test_restarts_that_were_done_compete_with_the_one_that_was_cut(
    short, blobs, press, monkeypatch
):
    choose, competed = training.choose_run, []

    def noted(runs, *args):
        competed.extend(run.training.n_iter for run in runs)
        return choose(runs, *args)

    monkeypatch.setattr(training, "choose_run", noted)
    press(2 * PHASE + PHASE + 6)
    with pytest.warns(ConvergenceWarning, match="after 1 epochs of training of run 2 of 3"):
        short(n_init=3).fit(blobs[0])
    assert competed == [4, 1]


def test_interrupt_in_pretraining_of_a_later_run_keeps_the_earlier(short, blobs, press, tmp_path):
    X = blobs[0]
    seedless = {"n_init": 3, "random_state": None, "checkpoint": tmp_path}
    press(2 * PHASE + 6)
    with pytest.warns(ConvergenceWarning, match="before training of run 2 of 3"):
        estimator = short(**seedless).fit(X)
    assert estimator.n_iter_ == 4
    assert len(list(tmp_path.iterdir())) == 2  # also without a seed: it is to go on
    press(26 + 2 * PHASE + 1)  # one more than are left
    short(**seedless).fit(X)
    assert not list(tmp_path.iterdir())


def test_interrupt_of_another_handler_is_taken_alike(blobs, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(_loop, "evaluate", interrupted)
    with pytest.warns(ConvergenceWarning, match="interrupted after 1 epochs of training"):
        vade(early_stopping=True).fit(blobs[0])
