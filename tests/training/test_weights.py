# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Weights as arrays and back; shapes without memory."""

import numpy as np
import pytest
import torch

from sklearn_gmvae.models import COVARIANCE_TYPES, GMVAE, LIKELIHOODS, VaDE
from sklearn_gmvae.training import build_model, export_weights, weight_shapes

COMMON = {
    "n_features": 5, "n_clusters": 3, "latent_dim": 2, "hidden": (7, 6), "activation": "relu",
    "likelihood": "gaussian", "variance_floor": 1e-6,
}  # fmt: skip
ARCHITECTURES = [
    *((VaDE, {**COMMON, "covariance_type": c}) for c in COVARIANCE_TYPES),
    (GMVAE, {**COMMON, "style_dim": 4, "prior_width": 6, "min_information": 0.0}),
    *((VaDE, {**COMMON, "covariance_type": "diag", "likelihood": name}) for name in LIKELIHOODS),
    (VaDE, {**COMMON, "covariance_type": "full", "hidden": ()}),
    (
        VaDE,
        {
            **COMMON,
            "covariance_type": "full",
            "network": "conv",
            "image_shape": (1, 1, 5),
            "hidden": ((3, 2, 2), (4, 2, 1, 1), 6),
        },
    ),
]


def fitted_like(model_class, architecture):
    model = model_class(**architecture, generator=torch.Generator().manual_seed(0)).eval()
    model.prior.double()
    return model


@pytest.mark.parametrize(("model_class", "architecture"), ARCHITECTURES)
def test_model_built_from_its_weights_is_the_same(model_class, architecture):
    model = fitted_like(model_class, architecture)
    weights = export_weights(model)
    for array in weights.values():
        array.flags.writeable = False  # as joblib's memory maps come
    built = build_model(model_class, architecture, weights, torch.device("cpu"))
    x = torch.rand((4, 5), generator=torch.Generator().manual_seed(1))
    assert torch.equal(built.log_resp(x), model.log_resp(x))
    assert not built.training
    with torch.no_grad():
        next(built.parameters()).add_(1)
    assert not torch.equal(next(built.parameters()), next(model.parameters()))


@pytest.mark.parametrize(("model_class", "architecture"), ARCHITECTURES)
def test_shapes_are_those_of_the_weights(model_class, architecture):
    weights = export_weights(fitted_like(model_class, architecture))
    expected = {name: (array.dtype, array.shape) for name, array in weights.items()}
    assert weight_shapes(model_class, architecture) == expected


@pytest.mark.parametrize(("model_class", "architecture"), ARCHITECTURES)
def test_models_built_on_meta_take_no_memory_for_any_tensor(model_class, architecture):
    # `weight_shapes` relies on it: with a file's hostile sizes there would be no end of memory.
    with torch.device("meta"):
        model = fitted_like(model_class, architecture)
    tensors = [*model.named_parameters(), *model.named_buffers()]
    assert {name for name, tensor in tensors if not tensor.is_meta} == set()


def test_shapes_of_a_model_too_large_for_any_machine_are_known_at_once():
    huge = {**COMMON, "hidden": (10**7, 10**7), "covariance_type": "full"}
    shapes = weight_shapes(VaDE, huge)
    assert shapes["encoder.trunk.2.weight"] == (np.dtype(np.float32), (10**7, 10**7))


def test_prior_stays_in_float64_and_networks_in_float32():
    model = fitted_like(*ARCHITECTURES[0])
    built = build_model(*ARCHITECTURES[0], export_weights(model), torch.device("cpu"))
    assert built.prior.means.dtype == torch.float64
    assert built.encoder.heads[0].weight.dtype == torch.float32
