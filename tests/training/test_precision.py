# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Mixed precision: chosen where it pays, in training only, and the mixture never in it."""

import numpy as np
import pytest
import torch

from sklearn_gmvae.models import GMVAE, VaDE, encoder_products
from sklearn_gmvae.training import _precision, resolve_precision
from sklearn_gmvae.training._affine import AffineMap
from sklearn_gmvae.training._batches import Batches
from sklearn_gmvae.training._loop import fit_module
from sklearn_gmvae.training._model_rows import ModelRows
from sklearn_gmvae.training._phase import Phase

CPU = torch.device("cpu")
WIDE = encoder_products((1, 28, 28), (500, 500, 2000))
NARROW = encoder_products((1, 8, 8), (256, 256))


@pytest.mark.parametrize("native", [True, False])
def test_auto_is_bfloat16_only_where_it_pays(monkeypatch, native):
    monkeypatch.setattr(_precision, "multiplies_bfloat16", lambda device: native)
    wide = torch.bfloat16 if native else torch.float32
    assert resolve_precision("auto", WIDE, CPU) == wide
    assert resolve_precision("auto", NARROW, CPU) == torch.float32


@pytest.mark.parametrize("n_products", [WIDE, NARROW])
@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_a_named_precision_is_literal(name, n_products):
    assert resolve_precision(name, n_products, CPU) == getattr(torch, name)


@pytest.mark.parametrize("model_class", [VaDE, GMVAE])
def test_bfloat16_changes_networks_a_little_and_the_mixture_not_at_all(small_model, model_class):
    model = small_model(model_class, 6, 3)
    x = torch.randn((32, 6), generator=torch.Generator().manual_seed(1))
    exact = model.elbo(x, n_samples=1, generator=torch.Generator().manual_seed(2))
    model.set_network_precision(torch.bfloat16)
    rough = model.elbo(x, n_samples=1, generator=torch.Generator().manual_seed(2))
    for name, term in rough.terms().items():
        assert term.dtype == torch.float32
        torch.testing.assert_close(term, exact.terms()[name], rtol=0.05, atol=0.05)
    assert not torch.equal(rough.total(), exact.total())


def test_training_in_bfloat16_learns_and_leaves_a_float32_model(small_model):
    X = np.random.RandomState(0).randn(64, 6)
    batches = Batches(ModelRows(X, AffineMap.identity(), CPU), np.arange(64), 16)
    curves = {}
    for precision in (torch.float32, torch.bfloat16):
        model = small_model(VaDE, 6, 3)
        phase = Phase("training", 30, 1e-2, lambda progress: 1.0, precision=precision)
        generators = {
            "shuffling": torch.Generator().manual_seed(1),
            "noise": torch.Generator().manual_seed(2),
        }
        curves[precision] = fit_module(
            model, model.elbo_at, batches, phase, **generators
        ).lower_bound
        assert {p.dtype for p in model.parameters()} == {torch.float32}
    exact, rough = curves[torch.float32], curves[torch.bfloat16]
    assert rough != exact  # bfloat16 was in use
    gain = exact[-1] - exact[0]
    assert gain > 0.5
    assert abs(rough[-1] - exact[-1]) < 0.1 * gain
