# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures: both estimators with convolutional networks keep the contracts of the dense ones."""

import pickle

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)

ANSWERS = ["predict", "predict_proba", "transform", "score_samples"]
SMALL = ((4, 4, 2), 16)
# image_shape as given, and the number of features
SHAPES = [(None, 1), (None, 7), (None, 16), ((1, 2, 6), 12), ((3, 5, 4), 60), ((4, 1, 3), 12)]


@pytest.fixture
def conv(quick):
    """Each estimator class with a small convolutional network and few epochs."""

    def build(n_clusters=3, **changes):
        settings = {
            "network": "conv", "hidden_layer_sizes": SMALL, "pretrain_iter": 10, "max_iter": 5,
        }  # fmt: skip
        return quick(n_clusters, **{**settings, **changes})

    return build


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize(("image_shape", "n_features"), SHAPES)
def test_pictures_of_any_size_are_clustered_decoded_and_drawn(
    conv, image_shape, n_features, likelihood
):
    X = np.random.RandomState(0).rand(50, n_features)
    estimator = conv(image_shape=image_shape, likelihood=likelihood, latent_dim=4).fit(X)
    np.testing.assert_array_equal(estimator.labels_, estimator.predict(X))
    assert estimator.lower_bound_ == estimator.score(X)
    assert np.isfinite(estimator.lower_bound_)
    assert estimator.hidden_layer_sizes_ == SMALL
    assert estimator.cluster_centers_.shape == (3, n_features)
    assert estimator.sample(7, random_state=0)[0].shape == (7, n_features)
    assert estimator.inverse_transform(estimator.transform(X)).shape == X.shape


def test_same_seed_is_bit_identical(conv):
    X = np.random.RandomState(0).rand(60, 36)
    first, second = (conv(image_shape=(1, 6, 6), augment="image").fit(X) for _ in range(2))
    for name in ANSWERS:
        np.testing.assert_array_equal(getattr(first, name)(X), getattr(second, name)(X))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_are_answered_alone_as_in_any_batch(conv, dtype):
    rng = np.random.RandomState(0)
    X = rng.rand(300, 147).astype(dtype)
    estimator = conv(
        image_shape=(3, 7, 7), hidden_layer_sizes="auto", pretrain_iter=1, max_iter=1
    ).fit(X)
    order = rng.permutation(300)
    # As for dense networks.
    tolerance = {"rtol": 1e-7, "atol": 1e-7} if dtype == np.float64 else {"rtol": 1e-6}
    for name in ANSWERS:
        answer = getattr(estimator, name)
        whole = answer(X)
        np.testing.assert_allclose(answer(X[order]), whole[order], **tolerance)
        alone = np.concatenate([answer(X[i : i + 1]) for i in range(20)])
        np.testing.assert_allclose(alone, whole[:20], **tolerance)


def test_pixels_are_seen_as_a_picture(conv):
    """The same rows with their columns shuffled are another picture, and give another fit."""
    X = load_digits().data[:100]
    order = np.random.RandomState(0).permutation(64)
    plain, shuffled = conv().fit(X), conv().fit(X[:, order])
    assert abs(plain.lower_bound_ - shuffled.lower_bound_) > 1e-3


def test_pickled_and_back_it_answers_the_same(conv):
    X = np.random.RandomState(0).rand(40, 36)
    estimator = conv().fit(X)
    loaded = pickle.loads(pickle.dumps(estimator))
    for name in ANSWERS:
        np.testing.assert_array_equal(getattr(loaded, name)(X), getattr(estimator, name)(X))


def test_warm_start_continues_and_refuses_another_network(conv):
    X = np.random.RandomState(0).rand(40, 36)
    estimator = conv(warm_start=True).fit(X)
    before = estimator.lower_bound_
    assert estimator.set_params(max_iter=30).fit(X).lower_bound_ > before
    with pytest.raises(ValueError, match=r"image_shape was \(1, 6, 6\), is \(1, 4, 9\)"):
        estimator.set_params(image_shape=(1, 4, 9)).fit(X)
    with pytest.raises(ValueError, match="network was 'conv', is 'mlp'"):
        estimator.set_params(network="mlp", image_shape=None, hidden_layer_sizes=(8,)).fit(X)


@pytest.mark.parametrize(
    "sizes",
    [
        (32,), (), 16, (32, (4, 4, 2)), ((4, 4),), ((4, 4, 2, 1, 1), 8), ((4, 0, 2), 8),
        ((4, 4, 2, -1), 8), ((4, 4.0, 2), 8), ((4, 4, 2), -8), "large",
    ],
)  # fmt: skip
def test_layers_that_are_no_convolutions_raise(conv, sizes):
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        conv(hidden_layer_sizes=sizes).fit(np.random.RandomState(0).rand(20, 16))


def test_convolutions_without_conv_raise(quick):
    with pytest.raises(ValueError, match=r"Convolutions are for network='conv'"):
        quick(hidden_layer_sizes=SMALL).fit(np.eye(9))


def test_layers_may_be_lists_and_arrays(conv):
    X = np.random.RandomState(0).rand(40, 36)
    first = conv(hidden_layer_sizes=[[4, 4, 2], 16]).fit(X)
    second = conv(hidden_layer_sizes=[np.array([4, 4, 2]), np.int64(16)]).fit(X)
    assert first.hidden_layer_sizes_ == second.hidden_layer_sizes_ == SMALL
    assert conv(hidden_layer_sizes=np.array([[4, 3, 2], [5, 3, 2]])).fit(X).hidden_layer_sizes_ == (
        (4, 3, 2),
        (5, 3, 2),
    )


@pytest.mark.parametrize(
    ("n_features", "expected"),
    [
        (1, ((32, 4, 2), 256)),
        (64, ((32, 4, 2), 256)),
        (784, ((32, 4, 2), (64, 4, 2), 256)),
        (1024, ((32, 4, 2), (64, 4, 2), 256)),
        (4096, ((32, 4, 2), (64, 4, 2), (64, 4, 2), 256)),
    ],
)
def test_auto_layers_follow_the_size_of_the_picture(conv, n_features, expected):
    X = np.random.RandomState(0).rand(4, n_features)
    estimator = conv(hidden_layer_sizes="auto", pretrain_iter=0, max_iter=1).fit(X)
    assert estimator.hidden_layer_sizes_ == expected


def test_callable_augmentation_sees_pictures(conv):
    shapes = set()

    def look(batch, generator):
        shapes.add(tuple(batch.shape[1:]))
        return batch

    conv(augment=look).fit(np.random.RandomState(0).rand(40, 36))
    assert shapes == {(1, 6, 6)}


def test_digits_are_learned(conv):
    """Better than a Gaussian for each pixel, and clusters at least half as good as k-means'."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:800], y[:800]
    estimator = conv(
        10, hidden_layer_sizes=((16, 4, 2), 64), pretrain_iter=40, max_iter=40, standardize=False,
        likelihood="gaussian", batch_size=64,
    ).fit(X)  # fmt: skip
    assert estimator.score(X) > GaussianMixture(1, covariance_type="diag", reg_covar=1e-2).fit(
        X
    ).score(X)
    k_means = KMeans(10, n_init=3, random_state=0).fit(X).labels_
    ours = adjusted_rand_score(y, estimator.labels_)
    assert ours > 0.5 * adjusted_rand_score(y, k_means)
