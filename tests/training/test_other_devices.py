# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What holds on a GPU, tested without one: steps neither wait for the device nor mix it with the
CPU, and X that is kept there trains as X that is not."""

import numpy as np
import pytest
import torch
from scipy import sparse
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.optim import optimizer

from sklearn_gmvae.models import GMVAE, VaDE, _base
from sklearn_gmvae.models.likelihoods import NegativeBinomial, _negative_binomial
from sklearn_gmvae.training import AffineMap, ModelRows, Phase, Shard, _model_rows
from sklearn_gmvae.training._batches import Batch
from sklearn_gmvae.training._loop import run_epoch
from sklearn_gmvae.training._optimizer import MixedPrecisionAdam
from sklearn_gmvae.training._ranks import ALONE

# A device that torch's builds for the CPU know by name. On it tensors are shapes without values:
# an operation that needs a value on the CPU raises, and so does one that mixes two devices.
ELSEWHERE = torch.device("lazy:0")
CPU = torch.device("cpu")
B, D, K = 5, 16, 3

LIKELIHOODS = {
    "gaussian": "gaussian",
    "bernoulli": "bernoulli",
    "poisson": "poisson",
    "negative_binomial": "negative_binomial",
    "categorical": (("categorical", (4, 4, 4, 4)),),
    "mixed": (("gaussian", 4), ("categorical", (4, 4)), ("poisson", 4)),
}


def make(model_class, likelihood, network="mlp", *, mask_input, **parameters):
    return model_class(
        n_features=D, n_clusters=K, latent_dim=2,
        hidden=((4, 3, 2), 8) if network == "conv" else (8,), activation="relu",
        likelihood=LIKELIHOODS[likelihood], variance_floor=1e-6, generator=torch.Generator(),
        network=network, image_shape=(1, 4, 4) if network == "conv" else None,
        mask_input=mask_input, fill_input=mask_input, **parameters,
    )  # fmt: skip


def move_elsewhere(model):
    for module in model.modules():
        for name, weight in module.named_parameters(recurse=False):
            there = torch.empty(weight.shape, dtype=weight.dtype, device=ELSEWHERE)
            setattr(module, name, torch.nn.Parameter(there))
        for name, buffer in module.named_buffers(recurse=False):
            setattr(module, name, torch.empty(buffer.shape, dtype=buffer.dtype, device=ELSEWHERE))


class BatchesElsewhere:
    """Two batches of rows that are on the device already."""

    shard = Shard.alone(2 * B)

    def epoch(self, shuffling, first):
        for _ in range(2):
            rows = torch.empty(B, dtype=torch.int64, device=ELSEWHERE)
            yield Batch(rows, torch.empty(B, D, device=ELSEWHERE), B, slice(None))


class AnchorElsewhere:
    weight = 1.0

    def of(self, rows):
        return torch.empty_like(rows)


@pytest.fixture
def elsewhere(monkeypatch):
    """What a GPU has and ELSEWHERE has not: generators, and Adam in one kernel."""

    def drawn(shape, generator):
        return torch.empty(shape, device=ELSEWHERE)

    monkeypatch.setattr(_base, "standard_normal", drawn)
    monkeypatch.setattr(optimizer, "_get_fused_kernels_supported_devices", lambda: ["lazy"])


@pytest.mark.parametrize("mask_input", [False, True])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize(
    ("model_class", "parameters"),
    [
        (VaDE, {"covariance_type": "full"}),
        (VaDE, {"covariance_type": "diag"}),
        (GMVAE, {"style_dim": 2, "prior_width": 8, "min_information": 0.0}),
        (GMVAE, {"style_dim": 2, "prior_width": 8, "min_information": 0.5}),
    ],
)
def test_epochs_wait_for_nothing_on_the_device(
    model_class, parameters, likelihood, mask_input, elsewhere
):
    epochs_elsewhere(model_class, likelihood, mask_input=mask_input, **parameters)


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_epochs_of_pictures_wait_for_nothing_on_the_device(likelihood, elsewhere):
    epochs_elsewhere(VaDE, likelihood, "conv", mask_input=False, covariance_type="full")


def epochs_elsewhere(*args, **parameters):
    """An epoch of pretraining and one of training; raises where a step waits or mixes devices."""
    with torch.device("meta"):
        model = make(*args, **parameters)
    with FakeTensorMode():
        move_elsewhere(model)
        phase = Phase("training", 1, 1e-3, lambda progress: 0.5, n_samples=2)
        with MixedPrecisionAdam(model, 1e-3, torch.float32, ALONE) as adam:
            for elbo, anchor in (
                (model.autoencoder_elbo_at, None),
                (model.elbo_at, AnchorElsewhere()),
            ):
                totals = run_epoch(
                    model.train(), elbo, BatchesElsewhere(), phase, adam, [0.0, 0.5],
                    caution=1.0, shuffling=torch.Generator(), noise=torch.Generator(),
                    anchor=anchor,
                )  # fmt: skip
        assert totals._sums.device == ELSEWHERE  # what the epoch's end reads


def test_what_waits_is_seen():
    """The tests above can fail: so do a question, a search, a mixture of devices."""
    with FakeTensorMode():
        x = torch.empty(B, D, device=ELSEWHERE)
        for waits in (
            lambda: x.sum().item(), lambda: x.nonzero(), lambda: x + torch.empty(B, D)
        ):  # fmt: skip
            with pytest.raises(RuntimeError):
                waits()


RATES = np.repeat([[9, 1, 1, 3, 3, 2], [1, 9, 1, 3, 2, 3], [1, 1, 9, 2, 3, 3]], 20, axis=0)
X = np.random.RandomState(0).poisson(RATES).astype(np.float64)
WITH_HOLES = np.where(np.random.RandomState(1).rand(60, 6) < 0.1, np.nan, X)


@pytest.mark.parametrize(
    ("X", "parameters"),
    [
        (X, {}),
        (X.astype(np.uint8), {"early_stopping": True, "likelihood": "poisson"}),
        (WITH_HOLES, {}),
        (sparse.csr_array(X), {"likelihood": "negative_binomial"}),
        (X, {"likelihood": {0: "gaussian", 3: "categorical", 2: "poisson"}}),
    ],
    ids=["numbers", "bytes", "holes", "sparse", "parts"],
)
def test_rows_kept_on_the_device_train_the_same_model(X, parameters, quick, monkeypatch):
    read = quick(**parameters).fit(X)
    monkeypatch.setattr(_model_rows, "free_memory", lambda device: 1 << 40)
    assert ModelRows(sparse.csr_array(X), AffineMap.identity(), CPU)._held is not None
    kept = quick(**parameters).fit(X)
    for name, weight in read._model.state_dict().items():
        torch.testing.assert_close(kept._model.state_dict()[name], weight, rtol=0, atol=0)


@pytest.mark.parametrize(("room", "is_kept"), [(0, False), (479, False), (480, True)])
def test_rows_are_kept_where_they_take_half_of_the_room(room, is_kept, monkeypatch):
    monkeypatch.setattr(_model_rows, "free_memory", lambda device: room)
    rows = ModelRows(X[:10], AffineMap.identity(), CPU)  # 10 x 6 x 4 bytes
    assert (rows._held is not None) == is_kept


@pytest.mark.parametrize("training", [False, True])
def test_negative_binomial_without_looking_for_zeros_is_the_same(training, monkeypatch):
    likelihood = NegativeBinomial(6).train(training)
    x = torch.from_numpy(X[:20]).float()
    x[::2, 1:4] = 0.0

    def log_prob_and_gradients():
        output = torch.linspace(-2.0, 2.0, 120).view(20, 6).requires_grad_()
        log_prob = likelihood.log_prob(x, output)
        return [log_prob, *torch.autograd.grad(log_prob.sum(), [output, *likelihood.parameters()])]

    looked = log_prob_and_gradients()
    monkeypatch.setattr(_negative_binomial, "can_look", lambda x: False)
    for found, expected in zip(log_prob_and_gradients(), looked, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
