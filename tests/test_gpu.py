# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""On CUDA: run with -m gpu where there is one; collected and left out elsewhere."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_gmvae import GMVAEClustering, VaDEClustering, load
from sklearn_gmvae.training import _checkpoint

pytestmark = [
    pytest.mark.gpu,
    # As in test_common: an outcome that is told, and not what the checks check.
    pytest.mark.filterwarnings("ignore:.*(distinct clusters found|not distinct):UserWarning"),
]

SMALL = {"hidden_layer_sizes": (32,), "pretrain_iter": 60, "max_iter": 20, "device": "cuda"}


@parametrize_with_checks([VaDEClustering(**SMALL), GMVAEClustering(**SMALL)])
def test_scikit_learns_checks_pass_on_cuda(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator_class", [VaDEClustering, GMVAEClustering])
@pytest.mark.parametrize(("here", "there"), [("cuda", "cpu"), ("cpu", "cuda")])
def test_one_model_answers_the_same_on_both_devices(estimator_class, here, there, blobs):
    X, _ = blobs
    estimator = estimator_class(3, **{**SMALL, "device": here}, random_state=0).fit(X)
    loaded = pickle.loads(pickle.dumps(estimator))
    loaded._model.to(there)
    loaded.device_ = there
    np.testing.assert_allclose(loaded.predict_proba(X), estimator.predict_proba(X), atol=1e-5)


def test_pickle_of_a_cuda_fit_loads_without_cuda(blobs, monkeypatch):
    X, _ = blobs
    estimator = VaDEClustering(3, **SMALL, random_state=0).fit(X)
    expected, data = estimator.predict_proba(X), pickle.dumps(estimator)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.warns(UserWarning, match="which is not there"):
        loaded = pickle.loads(data)
    np.testing.assert_allclose(loaded.predict_proba(X), expected, atol=1e-5)


@pytest.mark.parametrize("estimator_class", [VaDEClustering, GMVAEClustering])
@pytest.mark.parametrize(("here", "there"), [("cuda", "cpu"), ("cpu", "cuda"), ("cuda", "auto")])
def test_saved_model_answers_the_same_on_both_devices(
    estimator_class, here, there, blobs, tmp_path
):
    X, _ = blobs
    estimator = estimator_class(3, **{**SMALL, "device": here}, random_state=0).fit(X)
    estimator.save(tmp_path / "first")
    loaded = load(tmp_path / "first", device=there)
    assert loaded.device_.startswith("cuda" if there == "auto" else there)
    np.testing.assert_allclose(loaded.predict_proba(X), estimator.predict_proba(X), atol=1e-5)
    loaded.save(tmp_path / "second")  # where it runs is no part of it
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


@pytest.mark.parametrize("estimator_class", [VaDEClustering, GMVAEClustering])
def test_killed_fit_goes_on_on_cuda(estimator_class, blobs, tmp_path, monkeypatch):
    X, _ = blobs
    parameters = {**SMALL, "batch_size": 64, "augment": jitter, "random_state": 0}
    whole = estimator_class(3, **parameters).fit(X)
    write, count = _checkpoint.Checkpoint.write, 0

    def dies(self, state):
        nonlocal count
        write(self, state)
        count += 1
        if count == 280:  # in training
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.warns(ConvergenceWarning, match="interrupted"):
        patch.setattr(_checkpoint, "INTERVAL", 0.0)
        patch.setattr(_checkpoint.Checkpoint, "write", dies)
        estimator_class(3, checkpoint=tmp_path, **parameters).fit(X)
    resumed = estimator_class(3, checkpoint=tmp_path, **parameters).fit(X)
    # The last bits may differ from run to run, and training makes more of them.
    np.testing.assert_allclose(resumed.lower_bounds_, whole.lower_bounds_, rtol=1e-2)
    estimator_class(3, checkpoint=tmp_path, **{**parameters, "device": "cpu"}).fit(X)
    assert len(list(tmp_path.iterdir())) == 2  # on the CPU it is another fit


def jitter(batch, generator):
    return batch + 0.1 * torch.randn(batch.shape, generator=generator, device=batch.device)
