# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Torch's default dtype and device are the user's: the models' arithmetic looks at neither."""

from contextlib import contextmanager

import pytest
import torch

from sklearn_gmvae.models import GMVAE, VaDE
from sklearn_gmvae.models._moments import mixture_moments
from sklearn_gmvae.models._style_start import expected_style
from sklearn_gmvae.models._tensors import standard_normal

CPU = torch.device("cpu")
SHARED = {
    "n_features": 16, "n_clusters": 3, "latent_dim": 2, "activation": "relu",
    "likelihood": "bernoulli", "variance_floor": 1e-6,
}  # fmt: skip


@contextmanager
def foreign_defaults():
    """float64, and a device on which nothing can be computed."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.device("meta"):
            yield
    finally:
        torch.set_default_dtype(before)


def seeded():
    return torch.Generator().manual_seed(0)


def draws():
    return standard_normal((4, 2), seeded())


def moments():
    resp = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [1.0, 0.0]], device=CPU)
    return mixture_moments(draws(), draws().square(), resp.float(), 1.0)


def styles():
    z, resp = draws(), torch.full((4, 1), 1.0, dtype=torch.float32, device=CPU)
    means, loadings = z[:1], z[1:2].unsqueeze(-1)
    return expected_style(z, resp, means, loadings, z[2:3].square() + 0.1)


def made(model_class, **params):
    with torch.device(CPU):
        return model_class(**SHARED, **params, generator=seeded())


def vade(**params):
    return made(VaDE, **{"covariance_type": "full", "hidden": (5,), **params})


def mixture_draws():
    model = vade()
    cluster = torch.tensor([0, 1, 2], device=CPU)
    return [*model.prior.parameters(), model.prior.sample(cluster, seeded())]


def mixture_densities():
    return vade().prior.expected_log_prob(draws(), draws().square())


def style_draws():
    model = made(GMVAE, style_dim=2, prior_width=4, min_information=0.0, hidden=(5,))
    cluster = torch.tensor([0, 1, 2], device=CPU)
    return [*model.parameters(), model.sample_content(cluster, None, seeded())]


def convolutions():
    layers = ((2, 3, 2), 5)
    model = vade(network="conv", image_shape=(1, 4, 4), hidden=layers)
    return [*model.parameters()]


@pytest.mark.parametrize(
    "compute",
    [draws, moments, styles, mixture_draws, mixture_densities, style_draws, convolutions],
)
@torch.no_grad()
def test_answers_do_not_depend_on_torchs_defaults(compute):
    expected = compute()
    with foreign_defaults():
        found = compute()
    torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"likelihood": (("categorical", (2, 3, 1)), ("gaussian", 10))},
        {"network": "conv", "image_shape": (1, 4, 4), "hidden": ((2, 3, 2), 5)},
    ],
    ids=["mlp", "categories", "conv"],
)
def test_shapes_are_known_without_memory(params):
    # What `with torch.device("meta")` is for.
    with torch.device("meta"):
        model = VaDE(
            **{**SHARED, "covariance_type": "full", "hidden": (5,), **params}, generator=seeded()
        )
    tensors = [*model.parameters(), *model.buffers()]
    assert {tensor.device.type for tensor in tensors} == {"meta"}
