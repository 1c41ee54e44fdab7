# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Convolutional networks: sizes, the mirror image, rows by themselves, precision."""

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from sklearn_gmvae.models import GMVAE, VaDE, encoder_products
from sklearn_gmvae.models._convolutions import (
    Convolution,
    TransposedConvolution,
    convolution_shapes,
    convolutional_trunk,
    mirrored_trunk,
)

# Dilokthanakul et al., appendix: 16@6x6, 32@6x6, 64@4x4 stride 2, 500@9x9 (a dense layer here).
PAPER = ((16, 6, 1, 0), (32, 6, 1, 0), (64, 4, 2, 1), 500)
# From one pixel to what a stride does not divide, with 1 to 4 channels.
SHAPES = [(1, 1, 1), (1, 1, 13), (2, 7, 1), (3, 5, 8), (4, 9, 9)]
LAYERS = [((4, 4, 2), (5, 4, 2), 6), ((4, 3, 2), (3, 3, 1)), ((4, 5, 3), 7, 6)]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def build(model_class, image_shape, hidden, likelihood="gaussian"):
    extra = (
        {"covariance_type": "full"}
        if model_class is VaDE
        else {"style_dim": 2, "prior_width": 8, "min_information": 0.0}
    )
    return model_class(
        n_features=torch.Size(image_shape).numel(), n_clusters=3, latent_dim=4, hidden=hidden,
        activation="relu", likelihood=likelihood, variance_floor=1e-6, generator=seeded(),
        network="conv", image_shape=image_shape, **extra,
    )  # fmt: skip


@pytest.mark.parametrize("image_shape", SHAPES)
@pytest.mark.parametrize("layers", LAYERS)
def test_decoder_ends_at_the_size_that_the_encoder_began_with(image_shape, layers):
    n_features = torch.Size(image_shape).numel()
    trunk, width = convolutional_trunk(image_shape, layers, "relu", seeded())
    body, head = mirrored_trunk(4, image_shape, layers, "relu", seeded())
    assert trunk(torch.zeros((6, n_features))).shape == (6, width)
    assert head(body(torch.zeros((2, 6, 4)))).shape == (2, 6, n_features)


def test_sizes_are_halved_and_rounded_up():
    shapes, dense = convolution_shapes((1, 28, 7), ((32, 4, 2), (64, 4, 2), 256))
    assert [shape.after for shape in shapes] == [(32, 14, 4), (64, 7, 2)]
    assert dense == (256,)


def test_the_gmvae_papers_sizes_are_the_papers():
    shapes, dense = convolution_shapes((1, 28, 28), PAPER)
    assert [shape.after for shape in shapes] == [(16, 23, 23), (32, 18, 18), (64, 9, 9)]
    assert dense == (500,)  # its 9 x 9 kernels see the whole map: 64 * 9 * 9 weights a unit
    trunk, _ = convolutional_trunk((1, 28, 28), PAPER, "relu", seeded())
    weights = [tuple(p.shape) for p in trunk.parameters() if p.ndim > 1]
    assert weights == [(16, 1, 6, 6), (32, 16, 6, 6), (64, 32, 4, 4), (500, 64 * 9 * 9)]


@given(
    image_shape=st.tuples(st.integers(1, 4), st.integers(1, 12), st.integers(1, 12)),
    channels=st.integers(1, 3),
    kernel=st.integers(1, 6),
    stride=st.integers(1, 4),
    padding=st.none() | st.integers(0, 3),
)
def test_the_mirror_image_of_any_convolution_is_its_adjoint(
    image_shape, channels, kernel, stride, padding
):
    """<conv x, y> = <x, mirror y> for the same weights: each pixel goes back where it came from."""
    given_padding = () if padding is None else (padding,)
    sides = [size + 2 * (padding or 0) for size in image_shape[1:]]
    assume(padding is None or min(sides) >= kernel)
    (shape,), _ = convolution_shapes(image_shape, ((channels, kernel, stride, *given_padding),))
    there = Convolution(shape, seeded(1)).double()
    back = TransposedConvolution(shape, seeded(2)).double()
    back.weight.data.copy_(there.weight)
    x = torch.randn((2, *shape.before), generator=seeded(3), dtype=torch.float64)
    y = torch.randn((2, *shape.after), generator=seeded(4), dtype=torch.float64)
    torch.testing.assert_close((there(x) * y).sum(), (x * back(y)).sum())
    if padding is None:
        assert shape.after[1:] == tuple(-(-size // stride) for size in image_shape[1:])


def test_kernel_larger_than_the_map_raises():
    message = r"hidden_layer_sizes .* \(64, 6, 1, 0\) .* 5 x 5 .* image_shape=\(1, 10, 10\)"
    with pytest.raises(ValueError, match=message):
        convolution_shapes((1, 10, 10), ((16, 6, 1, 0), (64, 6, 1, 0)))
    for sides in ((3, 9), (9, 3)):
        with pytest.raises(ValueError, match=f"map of {sides[0]} x {sides[1]} that"):
            convolution_shapes((1, *sides), ((4, 5, 1, 0),))


@pytest.mark.parametrize(
    ("image_shape", "layers"),
    [((1, 28, 28), PAPER), ((3, 5, 8), LAYERS[0]), ((1, 1, 12), (5, 4)), ((1, 1, 12), ())],
)
def test_products_are_those_that_torch_counts(image_shape, layers):
    n_features = torch.Size(image_shape).numel()
    if layers and not isinstance(layers[0], int):
        model = build(VaDE, image_shape, layers)
    else:
        model = VaDE(
            n_features=n_features, n_clusters=3, latent_dim=4, hidden=layers, activation="relu",
            likelihood="gaussian", variance_floor=1e-6, generator=seeded(), covariance_type="full",
        )  # fmt: skip
    with FlopCounterMode(display=False) as counter:
        model.features(torch.zeros((1, n_features)))
    assert counter.get_total_flops() == 2 * encoder_products(image_shape, layers)


@pytest.mark.parametrize("layer", [Convolution, TransposedConvolution])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (4, 2), (6, 3)])
def test_weights_start_as_glorot_for_what_meets_inside_the_picture(layer, kernel, stride):
    (shape,), _ = convolution_shapes((2, 24, 24), ((3, kernel, stride),))
    module = layer(shape, seeded())
    largest = module.weight.abs().max().item()
    torch.nn.init.ones_(module.weight)  # so that what is met is counted
    x = torch.ones((1, *(shape.before if layer is Convolution else shape.after)))
    x.requires_grad_()
    output = module(x)
    output.sum().backward()
    bound = (6.0 / (output.max() + x.grad.max()).item()) ** 0.5
    # The largest of 54 and more uniform draws is within 15 % of the bound but for a chance of 2e-4.
    assert 0.85 * bound < largest <= bound


def test_decoder_has_the_encoders_layers_backwards():
    layers = ((4, 3, 2), (5, 3, 1), (6, 3, 2), 9, 8, 7)
    trunk, head = mirrored_trunk(3, (2, 12, 12), layers, "relu", seeded())
    dense = [(m.in_features, m.out_features) for m in trunk if isinstance(m, torch.nn.Linear)]
    assert dense == [(3, 7), (7, 8), (8, 9), (9, 6 * 3 * 3)]
    modules = [m for m in (*trunk, *head) if isinstance(m, TransposedConvolution)]
    assert [(m.in_channels, m.out_channels) for m in modules] == [(6, 5), (5, 4), (4, 2)]


def test_weights_come_from_the_generator_alone():
    state = torch.get_rng_state()
    first, second = (build(VaDE, (1, 5, 5), LAYERS[0]).state_dict() for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    for name, weights in first.items():
        assert torch.equal(weights, second[name]), name


@pytest.mark.parametrize("model_class", [VaDE, GMVAE])
@pytest.mark.parametrize("n_samples", [1, 3])
def test_elbo_trains_every_weight_of_the_networks(model_class, n_samples):
    model = build(model_class, (3, 5, 8), LAYERS[0])
    x = torch.randn((6, 120), generator=seeded(1))
    model.elbo(x, n_samples=n_samples, generator=seeded(2)).total().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        if name.startswith(("encoder", "decoder")):
            assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("model_class", [VaDE, GMVAE])
def test_rows_are_independent(model_class):
    model = build(model_class, (3, 5, 8), LAYERS[0]).eval()
    x = torch.randn((8, 120), generator=seeded(1))
    z = torch.randn((8, 4), generator=seeded(2))
    with torch.inference_mode():
        for function, rows in ((model.log_resp, x), (model.encode, x), (model.decode, z)):
            alone = torch.cat([function(row) for row in rows.split(1)])
            torch.testing.assert_close(function(rows), alone, rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(function(rows.flip(0)).flip(0), alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model_class", [VaDE, GMVAE])
def test_bfloat16_changes_networks_a_little_and_the_mixture_not_at_all(model_class):
    model = build(model_class, (2, 6, 7), LAYERS[1])
    x = torch.randn((32, 84), generator=seeded(1))
    exact = model.elbo(x, n_samples=1, generator=seeded(2))
    model.set_network_precision(torch.bfloat16)
    assert {p.dtype for p in model.network_parameters()} == {torch.bfloat16}
    assert {p.dtype for p in model.encoder.heads.parameters()} == {torch.float32}
    rough = model.elbo(x, n_samples=1, generator=seeded(2))
    for name, term in rough.terms().items():
        assert term.dtype == torch.float32
        torch.testing.assert_close(term, exact.terms()[name], rtol=0.05, atol=0.05)
    assert not torch.equal(rough.total(), exact.total())
    assert model.sample(torch.zeros(5, dtype=torch.int64), generator=seeded(3)).shape == (5, 84)
