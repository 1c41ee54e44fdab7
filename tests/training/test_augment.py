# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Augmentation: the laws of the built-in moves, what a user's function gets and may return, and
that nothing but pretraining and training sees changed rows."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.models import VaDE
from sklearn_gmvae.training import AffineMap, Augmentation, Recipe, _train, choose_map
from sklearn_gmvae.training._augment import MAX_SHIFT, MAX_ZOOM, move_pictures, warp
from sklearn_gmvae.training._phase import Phase

UNIT = AffineMap(np.array(0.0), np.array(1.0), bounds=(0.0, 1.0), is_density=False)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def pictures(n, shape, margin=0, seed=0):
    """Noise in [0, 1] with ``margin`` black pixels around."""
    inner = [size - 2 * margin for size in shape[1:]]
    noise = torch.rand((n, shape[0], *inner), generator=seeded(seed))
    return torch.nn.functional.pad(noise, (margin,) * 4)


def still(n, **changes):
    """Arguments of `warp` that leave n pictures as they are, but for the changes."""
    values = {"right": 0.0, "down": 0.0, "angle": 0.0, "zoom": 1.0, **changes}
    return {name: torch.full((n,), float(value)) for name, value in values.items()}


# -- the moves -----------------------------------------------------------------------------------

SHAPES = [(1, 28, 28), (3, 7, 12), (2, 1, 9), (1, 5, 1), (1, 1, 1)]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_move_is_the_identity(shape):
    x = pictures(4, shape)
    torch.testing.assert_close(warp(x, **still(4)), x, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("right", "down"), [(2, 0), (0, -3), (1, 2)])
def test_shift_by_whole_pixels_is_a_roll(right, down):
    x = pictures(3, (2, 9, 12), margin=3)
    expected = torch.roll(x, (down, right), dims=(-2, -1))  # only black goes round
    torch.testing.assert_close(
        warp(x, **still(3, right=right, down=down)), expected, atol=1e-5, rtol=0
    )


def test_what_a_shift_brings_in_continues_the_edge():
    x = pictures(2, (1, 4, 5))
    moved = warp(x, **still(2, right=2))
    torch.testing.assert_close(moved[..., 2:], x[..., :-2], atol=1e-5, rtol=0)
    torch.testing.assert_close(moved[..., :2], x[..., :1].expand(-1, -1, -1, 2), atol=1e-5, rtol=0)


@pytest.mark.parametrize("shape", [(1, 9, 9), (3, 8, 8)])
def test_quarter_turn_is_rot90(shape):
    x = pictures(2, shape)
    turned = warp(x, **still(2, angle=math.pi / 2))
    torch.testing.assert_close(turned, torch.rot90(x, -1, dims=(-2, -1)), atol=1e-4, rtol=0)


def test_turning_keeps_shapes_in_pictures_that_are_not_square():
    # A bar of 7 x 1 pixels in the middle of 9 x 21: turned by 90 degrees a bar of 1 x 7.
    x = torch.zeros((1, 1, 9, 21))
    x[0, 0, 1:8, 10] = 1.0
    expected = torch.zeros_like(x)
    expected[0, 0, 4, 7:14] = 1.0
    torch.testing.assert_close(warp(x, **still(1, angle=math.pi / 2)), expected, atol=1e-4, rtol=0)


def test_zoom_by_two_enlarges_by_two():
    x = torch.zeros((1, 1, 16, 16))
    x[0, 0, 6:10, 6:10] = 1.0
    zoomed = warp(x, **still(1, zoom=2.0))
    assert zoomed[0, 0, 5:11, 5:11].min() > 0.99  # the middle of a square of side 8
    assert zoomed.sum().item() == pytest.approx(4 * x.sum().item(), rel=0.02)


def test_each_picture_is_moved_by_its_own_numbers():
    x = pictures(1, (1, 9, 12), margin=3).expand(2, -1, -1, -1)
    by = {**still(2), "right": torch.tensor([0.0, 2.0])}
    expected = torch.cat([x[:1], torch.roll(x[:1], 2, dims=-1)])
    torch.testing.assert_close(warp(x, **by), expected, atol=1e-5, rtol=0)


def test_moves_are_within_their_limits_and_centred():
    # The centre of mass of a dot moves by the shift, and by what turning and zooming move a point
    # half a pixel off the middle: below a tenth of a pixel.
    n, side = 4000, 28
    x = torch.zeros((n, 1, side, side))
    x[:, :, 13:15, 13:15] = 1.0
    moved = move_pictures(x, seeded(0))
    mass = moved.sum((1, 2, 3))
    for axis in (2, 3):
        profile = moved.sum((1, 5 - axis))  # over channels and the other axis
        centre = (profile * torch.arange(side)).sum(1) / mass - 13.5
        assert centre.abs().max() <= MAX_SHIFT * side + 0.1
        sd = MAX_SHIFT * side / math.sqrt(3)  # of a uniform draw
        assert abs(centre.mean()) < 4 * sd / math.sqrt(n)
        assert centre.std().item() == pytest.approx(sd, rel=0.1)
    # and its mass by the square of the zoom: 1 + var(zoom) = 1 + .1^2 / 3 in the mean
    assert mass.mean().item() / 4 == pytest.approx(1.0 + MAX_ZOOM**2 / 3, rel=0.02)


def test_strips_are_moved_along_their_line_only():
    x = torch.rand((5, 1, 1, 9), generator=seeded(0))
    by = {"right": torch.linspace(-2, 2, 5), "zoom": torch.linspace(0.9, 1.1, 5)}
    along = warp(x, **{**still(5), **by})
    anyhow = warp(x, **{**still(5), **by, "down": torch.full((5,), 3.0)})
    torch.testing.assert_close(anyhow, along, atol=1e-5, rtol=0)
    one_pixel = x[..., :1]
    torch.testing.assert_close(move_pictures(one_pixel, seeded(0)), one_pixel)


@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9)),
    seed=st.integers(0, 2**31 - 1),
)
def test_image_augmentation_of_any_shape_stays_in_the_batchs_range(shape, seed):
    x = pictures(6, shape, seed=seed).flatten(1)
    moved = Augmentation("image", shape, UNIT)(x, seeded(seed))
    assert moved.shape == x.shape
    assert moved.dtype == x.dtype
    assert moved.min() >= x.min()
    assert moved.max() <= x.max()


def test_image_augmentation_is_drawn_from_its_generator():
    x = pictures(6, (1, 8, 8)).flatten(1)
    augmentation = Augmentation("image", (1, 8, 8), UNIT)
    state = torch.get_rng_state()
    first = augmentation(x, seeded(1))
    assert torch.equal(first, augmentation(x, seeded(1)))
    assert not torch.equal(first, augmentation(x, seeded(2)))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("offset", [0.0, 1e7])
def test_standardised_pixels_are_moved_as_in_x(offset):
    # Each pixel has a scale and a mean of its own, and yet the picture moves as a whole.
    X = np.random.RandomState(0).rand(50, 48) * np.linspace(1, 5, 48) + offset
    affine = choose_map(X, "gaussian", True)
    augmentation = Augmentation("image", (1, 6, 8), affine)
    moved = augmentation(torch.from_numpy(affine.forward(X)), seeded(0))
    by_hand = move_pictures(torch.from_numpy(X - offset).float().unflatten(1, (1, 6, 8)), seeded(0))
    by_hand = affine.forward(by_hand.flatten(1).double().numpy() + offset)
    inside = (by_hand < affine.forward(X).max()) & (by_hand > affine.forward(X).min())
    np.testing.assert_allclose(moved.numpy()[inside], by_hand[inside], atol=1e-4)
    assert inside.mean() > 0.9


def test_constant_pixels_take_no_extreme_values():
    X = np.random.RandomState(0).rand(50, 64) * 1e6
    X[:, :20] = 7.0  # standardised by 1: what is moved there would be a million of them
    affine = choose_map(X, "gaussian", True)
    x = torch.from_numpy(affine.forward(X))
    moved = Augmentation("image", (1, 8, 8), affine)(x, seeded(0))
    assert moved.abs().max() <= x.abs().max()


# -- the user's function -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image_shape", "given_shape"), [(None, (5, 12)), ((3, 2, 2), (5, 3, 2, 2))]
)
def test_callable_gets_batches_of_the_documented_shape(image_shape, given_shape):
    x = torch.arange(60.0).reshape(5, 12) / 60
    seen = []

    def change(batch, generator):
        seen.append((batch.clone(), generator))
        return 1.0 - batch

    generator = seeded(0)
    changed = Augmentation(change, image_shape, UNIT)(x, generator)
    assert torch.equal(changed, 1.0 - x)
    assert torch.equal(seen[0][0], x.reshape(given_shape))
    assert seen[0][1] is generator


def test_callables_values_are_clipped_to_the_domain():
    changed = Augmentation(lambda b, g: b + 0.5, None, UNIT)(torch.full((2, 3), 0.7), seeded(0))
    assert torch.equal(changed, torch.ones((2, 3)))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda b, g: b[:-1], ValueError, r"returned shape \(3, 6\), dtype torch.float32"),
        (lambda b, g: b.double(), ValueError, r"shape \(4, 6\), dtype torch.float64"),
        (lambda b, g: b.numpy(), TypeError, r"returned <class 'numpy.ndarray'>"),
        (lambda b, g: None, TypeError, r"returned <class 'NoneType'>"),
        (lambda b, g: b / 0.0 * 0.0, ValueError, r"finite values, but 24 of 24 are not"),
    ],
)
def test_callable_that_returns_something_else_raises(change, error, message):
    with pytest.raises(error, match=f"augment should return .*{message}"):
        Augmentation(change, None, UNIT)(torch.ones((4, 6)), seeded(0))


# -- where it acts -------------------------------------------------------------------------------


def test_only_pretraining_and_training_see_changed_rows(small_model, monkeypatch):
    # Rows that are changed carry a mark: 9 in the first column.
    def mark(batch, generator):
        batch = batch.clone()
        batch[:, 0] = 9.0
        return batch

    X = np.random.RandomState(0).randn(40, 6)
    phase = Phase("training", 2, 1e-3, lambda progress: 1.0)
    recipe = Recipe(phase, phase, "kmeans", 8, 0.25, Augmentation(mark, None, AffineMap.identity()))
    training_rows, other_rows = [], []
    model = small_model(VaDE, 6, 3)
    posterior = model.posterior

    def watched(x, *hidden):
        rows = training_rows if torch.is_grad_enabled() else other_rows
        rows.append(x[:, 0].clone())
        return posterior(x, *hidden)

    monkeypatch.setattr(model, "posterior", watched)
    _train.train(
        lambda generator: model, X, AffineMap.identity(), recipe,
        seed=0, device=torch.device("cpu"), competes=True,
    )  # fmt: skip
    assert torch.cat(training_rows).numel() == 2 * 2 * 30
    assert (torch.cat(training_rows) == 9.0).all()
    assert other_rows  # the start, the anchor, held-out rows, the bound
    assert (torch.cat(other_rows) != 9.0).all()


def test_fit_with_an_augmentation_that_changes_nothing_is_fit_without(quick, blobs):
    X, _ = blobs
    plain, same = quick().fit(X), quick(augment=lambda batch, generator: batch).fit(X)
    np.testing.assert_array_equal(plain.means_, same.means_)
    np.testing.assert_array_equal(plain.score_samples(X), same.score_samples(X))


@pytest.mark.filterwarnings("ignore:.*(distinct clusters found|not distinct):UserWarning")
@pytest.mark.parametrize("image_shape", [None, (4, 2, 2), (1, 2, 8)])
def test_fit_with_image_augmentation_is_deterministic_and_answers_for_plain_rows(
    quick, image_shape
):
    X = np.random.RandomState(0).rand(60, 16)
    fits = [quick(augment="image", image_shape=image_shape).fit(X) for _ in range(2)]
    np.testing.assert_array_equal(fits[0].means_, fits[1].means_)
    np.testing.assert_array_equal(fits[0].labels_, fits[0].predict(X))
    assert fits[0].lower_bound_ == fits[0].score(X) == fits[1].score(X)
    assert not np.array_equal(quick().fit(X).means_, fits[0].means_)


def test_rows_that_are_no_pictures_are_refused(quick, blobs):
    with pytest.raises(ValueError, match=r"augment='image' .* 6 features, which are no square"):
        quick(augment="image").fit(blobs[0])


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 2), "three integers"),
        ((1, 2, 0), "three integers"),
        ((1.0, 2, 3), "three integers"),
        ((2, 3, 4), "24 entries, but X has 6 features"),
        ((6, 1, 1), "6 channels, more than 4"),
    ],
)
def test_shape_that_is_not_the_rows_raises(quick, blobs, shape, message):
    with pytest.raises(ValueError, match=f"image_shape.*{message}"):
        quick(image_shape=shape).fit(blobs[0])


def test_augment_of_another_kind_raises():
    with pytest.raises(ValueError, match="The 'augment' parameter"):
        VaDEClustering(augment="flip").fit(np.eye(9))
