# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""``checkpoint``: a fit that is killed goes on bit for bit, and nothing else ever does."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from joblib import parallel_config
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_gmvae import GMVAEClustering, VaDEClustering, _resume, load
from sklearn_gmvae.training import _budget, _checkpoint, _loop
from sklearn_gmvae.training._checkpoint import Checkpoint
from sklearn_gmvae.utils import read_array_file, write_array_file

KILLED = Path(__file__).with_name("killed.py")
REPOSITORY = KILLED.parents[1]

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)

FEW = {"pretrain_iter": 3, "max_iter": 3, "batch_size": 64, "latent_dim": 3, "init_params": "gmm"}


@pytest.fixture
def short(quick):
    """`quick`, still quicker: 24 steps, 4 an epoch."""
    return lambda **changes: quick(**{"hidden_layer_sizes": (16,), **FEW, **changes})


def vade(**changes):
    """Where both estimators share the code."""
    return VaDEClustering(3, **{"hidden_layer_sizes": (16,), "random_state": 0, **FEW, **changes})


class Death(BaseException):
    """What no code catches."""


@pytest.fixture
def dies_at(monkeypatch):
    """Makes the next fit write after every step, and die after so many writings; it writes once
    more when it is killed in the middle of one."""

    def fit(n, estimator, X):
        write, count = Checkpoint.write, 0

        def count_and_die(self, state):
            nonlocal count
            write(self, state)
            count += 1
            if count == n:
                raise Death

        with monkeypatch.context() as patch:
            patch.setattr(_checkpoint, "INTERVAL", 0.0)
            patch.setattr(Checkpoint, "write", count_and_die)
            with suppress(Death):
                estimator.fit(X)
        return count

    return fit


@pytest.fixture
def steps(monkeypatch):
    """A list that grows by one with each step of training."""
    taken, step = [], _loop.MixedPrecisionAdam.step

    def noted(self, *args):
        taken.append(1)
        return step(self, *args)

    monkeypatch.setattr(_loop.MixedPrecisionAdam, "step", noted)
    return taken


def outcome(estimator, X):
    weights = [p.numpy() for p in estimator._model.state_dict().values()]
    curves = [*estimator.history_.values(), *estimator.pretrain_history_.values()]
    facts = (estimator.n_iter_, estimator.converged_, list(estimator.history_))
    scores = estimator.score_samples(X)
    return facts, [a.tobytes() for a in (*weights, *curves, estimator.labels_, scores)]


def phases(folder):
    """Of every checkpoint there, by name; not of those that a thread is about to rename."""
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return [read_array_file(path)[0]["state"]["dict"]["phase"] for path in paths]


# -- real kills ----------------------------------------------------------------------------------


def kill(n, folder, *cases):
    done = subprocess.run(
        [sys.executable, str(KILLED), str(n), "0", str(folder), *cases],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_killed_fits_go_on_bit_for_bit(tmp_path):
    killed = kill(3, tmp_path, "gmvae")
    assert [fit["same"] for fit in killed] == [True] * 3


@pytest.mark.slow
def test_fifty_killed_fits_of_every_kind_go_on_bit_for_bit(tmp_path):
    killed = kill(50, tmp_path)
    assert [fit["same"] for fit in killed] == [True] * 50
    assert {"pretraining", "start", "training"} <= {p for fit in killed for p in fit["killed in"]}


# -- the same result, whatever happened ------------------------------------------------------------


def ripple(batch, generator):
    noise = torch.randn(batch.shape, generator=generator, device=batch.device)
    return batch + 0.1 * noise


def assert_goes_on(estimator, X, folder, dies_at):
    """A fit that dies at any moment, and its successor too, ends as an undisturbed one."""
    expected = outcome(clone(estimator).fit(X), X)
    n = dies_at(0, clone(estimator).set_params(checkpoint=folder / "whole"), X)
    for at in (1, n // 3, 2 * n // 3, n):
        again = clone(estimator).set_params(checkpoint=folder / str(at))
        dies_at(at, again, X)
        if at == n // 3:
            dies_at(at, again, X)
        assert outcome(again.fit(X), X) == expected


@pytest.mark.parametrize(
    "changes", [{}, {"early_stopping": True, "n_iter_no_change": 2, "max_iter": 6}], ids=str
)
def test_fit_that_dies_anywhere_goes_on_bit_for_bit(short, blobs, changes, tmp_path, dies_at):
    assert_goes_on(short(**changes), blobs[0], tmp_path, dies_at)


@pytest.mark.parametrize(
    "changes",
    [
        {"precision": "bfloat16", "augment": ripple, "n_mc_samples": 2},
        {"n_init": 2, "pretrain_iter": 2, "max_iter": 1},
        {"pretrain_iter": 0, "init_params": "random"},
    ],
    ids="-".join,
)
def test_other_ways_through_a_fit_go_on_bit_for_bit(blobs, changes, tmp_path, dies_at):
    assert_goes_on(vade(**changes), blobs[0], tmp_path, dies_at)


def test_trial_goes_on_too(short, tmp_path, dies_at, monkeypatch):
    for name, value in (("MAX_EPOCHS", 6), ("MIN_EPOCHS", 1), ("MIN_UPDATES", 1)):
        monkeypatch.setattr(_budget, name, value)
    X = np.random.RandomState(0).poisson(1.0, (200, 40))  # of which nothing is to be learned
    estimator = short(likelihood="poisson", pretrain_iter=None, max_iter=None, learning_rate=0.05)
    assert_goes_on(estimator, X, tmp_path, dies_at)
    fitted = estimator.fit(X)
    assert "trial" in fitted.fit_seconds_
    assert len(fitted.pretrain_history_["objective"]) == fitted.n_iter_ < 6


def kinds_of_X(X):
    """With the parameters that make most of each."""
    counts = np.round(5 * np.abs(X)).astype(np.uint8)
    frame = pd.DataFrame(X[:, :3], columns=list("abc"))
    frame["city"] = np.array(["Bonn", "Kiel", "Ulm"], dtype=object)[counts[:, 0] % 3]
    frame["member"] = X[:, 4] > X[:, 5]
    return {
        "float32": (X.astype(np.float32), {}),
        "bytes": (counts, {}),
        "counts": (counts, {"likelihood": "negative_binomial"}),
        "csr": (sparse.csr_array(counts * (counts > 9)), {"n_mc_samples": 2}),
        "holes": (np.where(np.random.RandomState(0).rand(*X.shape) < 0.2, np.nan, X), {}),
        "frame": (frame, {"warm_start": True}),
    }


@pytest.mark.parametrize("kind", ["float32", "bytes", "counts", "csr", "holes", "frame"])
def test_fit_of_any_kind_of_X_goes_on(blobs, kind, tmp_path, dies_at):
    X, changes = kinds_of_X(blobs[0])[kind]
    estimator = vade(checkpoint=tmp_path, **changes)
    dies_at(20, estimator, X)
    whole = vade(**changes).fit(X)
    assert outcome(estimator.fit(X), X) == outcome(whole, X)
    if estimator.warm_start:
        dies_at(5, clone(estimator).fit(X), X)
        assert outcome(estimator.fit(X), X) == outcome(whole.fit(X), X)


def test_runs_in_parallel_go_on_each_in_its_file(blobs, tmp_path, dies_at):
    X = blobs[0]
    expected = outcome(vade(n_init=3).fit(X), X)
    with parallel_config(backend="threading"):
        dies_at(40, vade(n_init=3, n_jobs=2, checkpoint=tmp_path), X)
        assert len(phases(tmp_path)) >= 2
        assert outcome(vade(n_init=3, n_jobs=2, checkpoint=tmp_path).fit(X), X) == expected
    assert phases(tmp_path) == ["end"] * 3


def test_warm_start_goes_on_from_where_it_was(short, blobs, tmp_path, dies_at):
    X = blobs[0]
    first = short(warm_start=True).fit(X)
    expected = outcome(clone(first).fit(X).fit(X), X)
    first.save(tmp_path / "first")
    for at in (1, 2, 9):
        again = load(tmp_path / "first").set_params(checkpoint=tmp_path / str(at))
        dies_at(at, again, X)
        again = load(tmp_path / "first").set_params(checkpoint=tmp_path / str(at))
        assert outcome(again.fit(X), X) == expected


def test_step_by_step_only_what_was_missing_is_done(blobs, tmp_path, dies_at, steps):
    X = blobs[0]
    n = dies_at(0, vade(checkpoint=tmp_path / "whole"), X)
    assert n == len(steps) + 4  # one more at the beginning of each phase and at the end
    dies_at(10, vade(checkpoint=tmp_path / "cut"), X)  # the beginning and nine steps
    steps.clear()
    vade(checkpoint=tmp_path / "cut").fit(X)
    assert len(steps) == 24 - 9


# -- a checkpoint of something else is never used --------------------------------------------------


@pytest.fixture
def name_of(tmp_path, dies_at):
    """The file that a fit begins with."""

    def begin(estimator, X):
        folder = tmp_path / "names"
        shutil.rmtree(folder, ignore_errors=True)
        dies_at(1, estimator.set_params(checkpoint=folder), X)
        (name,) = os.listdir(folder)
        return name

    return begin


# For every parameter another value, which makes another fit.
OTHER = {
    "n_clusters": 4, "latent_dim": 2, "style_dim": 3, "covariance_type": "diag",
    "hidden_layer_sizes": (17,), "activation": "tanh", "network": "conv", "image_shape": (1, 2, 3),
    "augment": ripple, "likelihood": "bernoulli", "standardize": False, "n_mc_samples": 2,
    "min_information": 0.1, "init_params": "kmeans", "n_init": 2, "pretrain_iter": 5,
    "max_iter": 4, "batch_size": 65, "learning_rate": 2e-3, "tol": 1e-3, "n_iter_no_change": 9,
    "early_stopping": True, "validation_fraction": 0.2, "reg_covar": 1e-5, "precision": "bfloat16",
    "random_state": 1,
}  # fmt: skip
# These change nothing: where, by how many processes, with which words a fit takes place.
SAME = {"checkpoint", "device", "n_jobs", "verbose", "warm_start"}


@pytest.mark.parametrize("estimator_class", [VaDEClustering, GMVAEClustering])
def test_every_parameter_but_these_makes_another_file(estimator_class, blobs, name_of):
    parameters = {
        "n_clusters": 3, "hidden_layer_sizes": (16,), "random_state": 0, "precision": "float32",
        **FEW,
    }  # fmt: skip
    names = [name_of(estimator_class(**parameters), blobs[0])]
    for name in set(estimator_class().get_params()) - SAME:
        beside = {}
        if name == "network":
            beside = {"hidden_layer_sizes": ((2, 1, 1), 16)}
        if name in ("validation_fraction", "n_iter_no_change"):
            beside = {"early_stopping": True}
        if name == "image_shape":  # says something beside pictures only
            beside = {"augment": ripple}
        names.append(
            name_of(estimator_class(**{**parameters, **beside, name: OTHER[name]}), blobs[0])
        )
    assert len(set(names)) == len(names)


def test_other_rows_make_another_file(blobs, name_of):
    X = blobs[0]
    changed = X.copy()
    changed[-1, -1] = np.nextafter(changed[-1, -1], np.inf)
    others = [X, changed, X[::-1], X[:-1], X.astype(np.float32), sparse.csr_array(X)]
    assert len({name_of(vade(), A) for A in others}) == len(others)


def test_other_starts_callbacks_and_code_make_another_file(blobs, name_of, monkeypatch):
    X, y = blobs
    one_hot = np.eye(3)[y]
    fits = [
        vade(), vade(init_params=y), vade(init_params=(y + 1) % 3), vade(init_params=one_hot),
        vade(random_state=None), vade(random_state=np.random.RandomState(0)),
        vade(random_state=np.random.RandomState(1)), vade(augment=ripple),
        vade(augment=lambda batch, generator: batch), GMVAEClustering(3, random_state=0, **FEW),
    ]  # fmt: skip
    names = [name_of(fit, X) for fit in fits]
    for what in ("METHOD", "__version__"):
        with monkeypatch.context() as patch:
            patch.setattr(_resume, what, 1000)
            names.append(name_of(vade(), X))
    with monkeypatch.context() as patch:
        patch.setattr(_resume, "fingerprint_of_code", lambda: "other")
        names.append(name_of(vade(), X))
    assert len(set(names)) == len(names)


def test_the_same_fit_has_the_same_file(blobs, name_of, tmp_path):
    X = blobs[0]
    expected = name_of(vade(), X)
    mapped = np.memmap(tmp_path / "X", X.dtype, "w+", shape=X.shape)
    mapped[:] = X
    for A in (X.tolist(), X.copy("F"), np.repeat(X, 2, axis=0)[::2], mapped):
        assert name_of(vade(), A) == expected
    for changes in ({"verbose": 1}, {"n_jobs": 2}, {"device": "cpu"}, {"warm_start": True}):
        assert name_of(vade(**changes), X) == expected
    assert name_of(vade(max_iter=np.int64(FEW["max_iter"])), X) == expected


def test_code_is_read_from_every_module_that_decides_a_fit():
    assert len(_resume.fingerprint_of_code()) == 32
    found = {
        path.name
        for pattern in _resume.CODE
        for path in Path(_resume.__file__).parent.glob(pattern)
    }
    assert {"_base.py", "_vade.py", "_loop.py", "_mixture_prior.py", "_gaussian.py"} <= found
    assert "_modularity.py" in found  # which judges starts


def test_other_data_in_the_same_folder_is_fitted_as_without(short, blobs, tmp_path, dies_at):
    X = blobs[0]
    dies_at(20, short(checkpoint=tmp_path), X)
    assert outcome(short(checkpoint=tmp_path).fit(X[5:]), X) == outcome(short().fit(X[5:]), X)
    changed = {"learning_rate": 2e-3}
    got = short(checkpoint=tmp_path, **changed).fit(X)
    assert outcome(got, X) == outcome(short(**changed).fit(X), X)
    assert sorted(phases(tmp_path)) == ["end", "end", "training"]  # the first one waits


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "foreign"])
def test_damaged_checkpoint_is_told_of_and_changes_nothing(blobs, tmp_path, dies_at, damage):
    X = blobs[0]
    dies_at(20, vade(checkpoint=tmp_path), X)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[-100] ^= 1
    if damage == "foreign":
        dies_at(20, vade(checkpoint=tmp_path / "other", random_state=1), X)
        content = next((tmp_path / "other").iterdir()).read_bytes()
        shutil.rmtree(tmp_path / "other")
    path.write_bytes({"cut": content[: len(content) // 2], "empty": b""}.get(damage, content))
    with pytest.warns(UserWarning, match="is not used, and this run begins anew"):
        estimator = vade(checkpoint=tmp_path).fit(X)
    assert outcome(estimator, X) == outcome(vade().fit(X), X)


@pytest.mark.parametrize("environments", [None, 3, [{}], ["torch"]], ids=str)
def test_checkpoint_that_lacks_where_it_was_computed_is_told_of(
    blobs, tmp_path, dies_at, environments
):
    X = blobs[0]
    dies_at(20, vade(checkpoint=tmp_path), X)
    (path,) = tmp_path.iterdir()
    header, arrays = read_array_file(path)
    write_array_file(path, {**header, "environments": environments}, arrays)
    with pytest.warns(UserWarning, match="is not used, and this run begins anew: it lacks"):
        estimator = vade(checkpoint=tmp_path).fit(X)
    assert outcome(estimator, X) == outcome(vade().fit(X), X)


# -- what completed fits leave ---------------------------------------------------------------------


def test_completed_fit_is_not_done_again(short, blobs, tmp_path, steps):
    X = blobs[0]
    expected = outcome(short(checkpoint=tmp_path, n_init=2).fit(X), X)
    steps.clear()
    again = short(checkpoint=tmp_path, n_init=2).fit(X)
    assert not steps
    assert outcome(again, X) == expected
    assert again.fit_seconds_["pretraining"] > 0.0  # what it took then


def test_random_state_gives_the_next_numbers_also_where_nothing_is_done_again(blobs, tmp_path):
    X = blobs[0]

    def two_fits(**changes):
        estimator = vade(random_state=np.random.RandomState(3), **changes)
        return [outcome(estimator.fit(X), X) for _ in range(2)]

    first = two_fits()
    assert first[0] != first[1]
    assert two_fits(checkpoint=tmp_path) == two_fits(checkpoint=tmp_path) == first
    assert len(os.listdir(tmp_path)) == 2


def test_fits_without_a_seed_go_on_and_are_new_ones_each_time(short, blobs, tmp_path, dies_at):
    X = blobs[0]
    seedless = {"random_state": None, "n_init": 2}
    dies_at(40, short(checkpoint=tmp_path / "a", **seedless), X)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert phases(tmp_path / "a") == ["end", "pretraining"]
    first, second = (short(checkpoint=tmp_path / f, **seedless).fit(X) for f in "ab")
    assert outcome(first, X) == outcome(second, X)
    assert not os.listdir(tmp_path / "a")
    assert outcome(short(checkpoint=tmp_path / "a", **seedless).fit(X), X) != outcome(first, X)


def test_search_that_was_killed_does_not_repeat_what_was_done(blobs, tmp_path, dies_at, steps):
    X = blobs[0]
    grid = {"latent_dim": [2, 3]}

    def search(**changes):
        return GridSearchCV(vade(**changes), grid, cv=2)

    expected = search().fit(X)
    steps.clear()
    n = dies_at(0, search(checkpoint=tmp_path / "whole"), X)
    n_steps = len(steps)
    dies_at(2 * n // 3, search(checkpoint=tmp_path / "cut"), X)
    steps.clear()
    got = search(checkpoint=tmp_path / "cut").fit(X)
    assert 0 < len(steps) < 0.4 * n_steps
    for name in ("mean_test_score", "params"):
        np.testing.assert_array_equal(got.cv_results_[name], expected.cv_results_[name])
    assert outcome(got.best_estimator_, X) == outcome(expected.best_estimator_, X)
    assert phases(tmp_path / "cut") == ["end"] * 5


def test_two_fits_of_the_same_at_once_end_alike(blobs, tmp_path, monkeypatch):
    X = blobs[0]
    monkeypatch.setattr(_checkpoint, "INTERVAL", 0.0)
    with ThreadPoolExecutor(2) as pool:
        fits = [pool.submit(vade(checkpoint=tmp_path).fit, X) for _ in range(2)]
        results = [outcome(fit.result(), X) for fit in fits]
    assert results == [outcome(vade().fit(X), X)] * 2
    assert phases(tmp_path) == ["end"]


# -- around it -------------------------------------------------------------------------------------


def test_folder_that_cannot_be_one_raises_before_training(short, blobs, tmp_path, steps):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        OSError, match=r"checkpoint='.*file' should be a folder that can be written"
    ):
        short(checkpoint=str(tmp_path / "file")).fit(blobs[0])
    assert not steps


def test_disk_that_is_full_for_a_while_costs_nothing_but_a_warning(blobs, tmp_path, monkeypatch):
    X = blobs[0]
    write, calls = _checkpoint.write_array_file, []

    def sometimes(*args):
        calls.append(1)
        if 5 <= len(calls) < 10:
            raise OSError(28, "No space left on device")
        write(*args)

    monkeypatch.setattr(_checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(_checkpoint, "write_array_file", sometimes)
    with pytest.warns(UserWarning, match="No space left"):
        estimator = vade(checkpoint=tmp_path).fit(X)
    assert outcome(estimator, X) == outcome(vade().fit(X), X)
    assert phases(tmp_path) == ["end"]


def test_without_checkpoint_and_in_partial_fit_nothing_is_written(
    short, blobs, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    short().fit(blobs[0])
    short(checkpoint=tmp_path / "folder").partial_fit(blobs[0])
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("kind", [str, Path])
def test_the_parameter_is_cloned_and_saved(blobs, tmp_path, kind):
    folder = kind(tmp_path / "folder")
    estimator = vade(checkpoint=folder).fit(blobs[0])
    estimator.save(tmp_path / "model")
    for other in (clone(estimator), load(tmp_path / "model")):
        assert (other.checkpoint, type(other.checkpoint)) == (folder, type(folder))
    with pytest.raises(ValueError, match="class should be one of"):
        load(next((tmp_path / "folder").iterdir()))  # a checkpoint is no model


def test_verbose_tells_where_it_goes_on(blobs, tmp_path, dies_at, capsys):
    dies_at(20, vade(checkpoint=tmp_path), blobs[0])
    vade(checkpoint=tmp_path, verbose=1).fit(blobs[0])
    told = capsys.readouterr().out
    assert "pretraining: epoch 3/3 was reached before, by the checkpoint" in told
    assert "training: epoch 1/3 was reached before, by the checkpoint" in told
    assert "training: epoch 3/3, ELBO" in told


class Diary:
    """A callback that writes tasks down, and stops training after so many epochs."""

    def __init__(self, stop_after=None):
        self.stop_after, self.begun = stop_after, []

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context):
        self.begun.append((context.task_name, context.parent and context.parent.task_name))

    def on_fit_task_end(self, estimator, context):
        is_training = context.parent and context.parent.task_name == "training"
        return is_training and context.task_id + 1 == self.stop_after


def test_callbacks_are_told_of_what_is_left(blobs, tmp_path, dies_at):
    pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9")
    X = blobs[0]
    diary = Diary()
    dies_at(20, vade(checkpoint=tmp_path).set_callbacks(Diary()), X)
    estimator = vade(checkpoint=tmp_path).set_callbacks(diary).fit(X)
    assert diary.begun == [
        ("fit", None), ("pretraining", "fit"), ("start", "fit"), ("training", "fit"),
        ("epoch", "training"), ("epoch", "training"),
    ]  # fmt: skip
    assert outcome(estimator, X) == outcome(vade().fit(X), X)


def test_fit_that_a_callback_ended_does_not_stand_for_one_without(blobs, tmp_path):
    callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9")
    X = blobs[0]
    assert vade(checkpoint=tmp_path).set_callbacks(Diary(stop_after=1)).fit(X).n_iter_ == 1
    assert vade(checkpoint=tmp_path).fit(X).n_iter_ == 3
    assert vade(checkpoint=tmp_path).set_callbacks(Diary(stop_after=2)).fit(X).n_iter_ == 2
    # A monitor stops nothing: with it the fit is the same.
    monitor = callback.ScoringMonitor(scoring="adjusted_rand_score")
    assert vade(checkpoint=tmp_path).set_callbacks(monitor).fit(X).n_iter_ == 3
    assert len(os.listdir(tmp_path)) == 3
