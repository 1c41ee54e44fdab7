# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whatever torch, numpy and scikit-learn have been set to around a call, it answers the same."""

import contextlib
import pickle
import warnings

import numpy as np
import pytest
import sklearn
import torch
from sklearn.exceptions import ConvergenceWarning

from sklearn_gmvae import load

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)

SMALL = {
    "hidden_layer_sizes": (8,), "latent_dim": 3, "pretrain_iter": 3, "max_iter": 2, "device": "cpu",
}  # fmt: skip
WAYS = {
    "table": {"n_init": 2, "early_stopping": True},
    "picture": {
        "init_params": "kmeans",
        "network": "conv", "hidden_layer_sizes": ((3, 3, 2), 8), "image_shape": (1, 2, 3),
        "augment": "image", "likelihood": "bernoulli",
    },
}  # fmt: skip


@contextlib.contextmanager
def defaults(dtype=torch.float32, device=None):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    torch.set_default_device(device)
    try:
        yield
    finally:  # also after a test that failed: others follow
        torch.set_default_dtype(before)
        torch.set_default_device(None)


@contextlib.contextmanager
def deterministic_algorithms():
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


@contextlib.contextmanager
def every_warning_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


SURROUNDINGS = {
    "default dtype": lambda: defaults(dtype=torch.float64),
    "default dtype of half the size": lambda: defaults(dtype=torch.bfloat16),
    # No data can be on "meta": whatever is made where nobody said fails.
    "default device": lambda: defaults(device="meta"),
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu"),
    "deterministic algorithms": deterministic_algorithms,
    "numpy raises": lambda: np.errstate(all="raise"),
    "assume_finite": lambda: sklearn.config_context(assume_finite=True),
    "working memory": lambda: sklearn.config_context(working_memory=1),
    "warnings": every_warning_an_error,
}


@pytest.fixture(scope="module")
def X():
    rng = np.random.RandomState(0)
    rows = rng.standard_normal((60, 6))
    rows[:30] += 5
    return rows


def answers(quick, X, folder):
    """All that a fit, a fit that goes on, files and chunks give, as bytes."""
    found = []
    for way in WAYS.values():
        estimator = quick(2, warm_start=True, **{**SMALL, **way}).fit(X)
        found += [estimator.score_samples(X), estimator.sample(3, random_state=0)[0]]
        estimator.save(folder / "model")
        found += [
            estimator.fit(X).predict_proba(X),
            pickle.loads(pickle.dumps(estimator)).transform(X),
            load(folder / "model", device="cpu").fit(X).score_samples(X),
        ]
    estimator = quick(2, **SMALL)
    for chunk in (X, X[:40], X, X[20:], X, X):
        estimator = pickle.loads(pickle.dumps(estimator.partial_fit(chunk)))
    return [part.tobytes() for part in (*found, estimator.score_samples(X))]


@pytest.fixture(scope="module")
def known():
    return {}


@pytest.fixture
def alone(quick, X, tmp_path, known):
    name = type(quick()).__name__
    if name not in known:
        known[name] = answers(quick, X, tmp_path)
    return known[name]


@pytest.mark.parametrize("surroundings", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_answers_are_the_same_whatever_surrounds_the_call(quick, X, tmp_path, alone, surroundings):
    with surroundings():
        found = answers(quick, X, tmp_path)
    assert found == alone


def test_surroundings_are_left_as_they_were(quick, X):
    with torch.no_grad(), torch.autocast("cpu"), np.errstate(all="raise"):
        quick(2, **SMALL).fit(X).predict(X)
        assert not torch.is_grad_enabled()
        assert torch.is_autocast_enabled("cpu")
        assert set(np.geterr().values()) == {"raise"}
    assert not torch.is_inference_mode_enabled()
