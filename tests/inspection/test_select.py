# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What displays show: which estimators, clusters and features; errors that say so."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gmvae import GMVAEClustering, VaDEClustering, inspection
from sklearn_gmvae.inspection._select import (
    as_pictures,
    feature_names,
    pick_clusters,
    pick_features,
    picture_shape,
    some_rows,
)

DISPLAYS = {name: getattr(inspection, name) for name in inspection.__all__}
NEED_X = ("LatentSpaceDisplay", "ClusterProfileDisplay", "ResponsibilityDisplay")


@pytest.mark.parametrize("name", DISPLAYS)
def test_unfitted_estimator_raises(name, blobs):
    X = (blobs[0],) if name in NEED_X else ()
    with pytest.raises(NotFittedError):
        DISPLAYS[name].from_estimator(GMVAEClustering(3), *X)


@pytest.mark.parametrize("name", DISPLAYS)
def test_class_in_place_of_an_estimator_raises(name, blobs):
    X = (blobs[0],) if name in NEED_X else ()
    with pytest.raises(TypeError, match="needs a fitted estimator, but got the class VaDE"):
        DISPLAYS[name].from_estimator(VaDEClustering, *X)


@pytest.mark.parametrize("name", sorted(set(DISPLAYS) - {"ClusterProfileDisplay"}))
def test_other_estimator_raises(name, blobs):
    X = (blobs[0],) if name in NEED_X else ()
    with pytest.raises(TypeError, match=rf"{name} reads .* of a fitted .* KMeans does not have"):
        DISPLAYS[name].from_estimator(KMeans(3, n_init=1).fit(blobs[0]), *X)


def test_pipeline_raises_and_names_its_last_step(fitted, blobs):
    pipeline = make_pipeline(StandardScaler(), fitted)
    with pytest.raises(TypeError, match="Pass the pipeline's last step"):
        inspection.ClusterSamplesDisplay.from_estimator(pipeline)


def test_style_of_an_estimator_without_one_raises(blobs):
    vade = VaDEClustering(3, hidden_layer_sizes=(4,), pretrain_iter=2, max_iter=1, random_state=0)
    with pytest.raises(TypeError, match="fitted GMVAEClustering, which VaDEClustering does not"):
        inspection.StyleTraversalDisplay.from_estimator(vade)


@pytest.mark.parametrize("name", ["ClusterSamplesDisplay", "ClusterProfileDisplay"])
def test_cluster_that_is_not_there_raises(name, fitted, blobs):
    with pytest.raises(ValueError, match=r"in 0..2: the estimator has 3 clusters, but got 3, 7\."):
        DISPLAYS[name].from_estimator(fitted, blobs[0], clusters=[0, 3, 7])


@pytest.mark.parametrize("clusters", [[], [0.5], "a", [[0]], [True]])
def test_clusters_that_are_no_integers_raise(clusters):
    with pytest.raises(ValueError, match="clusters should be None or integers in 0..2"):
        pick_clusters(clusters, 3)


def test_pick_clusters_keeps_the_order():
    assert pick_clusters([2, 0], 3).tolist() == [2, 0]
    assert pick_clusters(1, 3).tolist() == [1]
    assert pick_clusters(None, 3).tolist() == [0, 1, 2]


def test_pick_features_by_name_and_index():
    names = np.array(["a", "b", "c"], dtype=object)
    assert pick_features(["c", 0], names, None, 1).tolist() == [2, 0]
    assert pick_features("b", names, None, 1).tolist() == [1]
    # The most important ones, in the columns' order; one that has no importance comes last.
    importance = np.array([np.nan, 3.0, 5.0])
    assert pick_features(None, names, importance, 2).tolist() == [1, 2]
    assert pick_features(None, names, importance, 10).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (["petal length (mm)"], "but 'petal length (mm)' is none. There are 'petal length (cm)'"),
        (["qqq"], "'qqq' is none. There are 'sepal length (cm)'"),
        ([4], "features should be names or indices in 0..3, but got 4"),
        ([0.5], "features should be names or indices in 0..3, but got 0.5"),
    ],
)
def test_unknown_feature_raises_and_names_close_ones(iris, features, message):
    X, estimator = iris
    with pytest.raises(ValueError, match=re.escape(message)):
        inspection.ClusterProfileDisplay.from_estimator(estimator, X, features=features)


def test_feature_names_of_estimators_frames_and_nothing(iris):
    X, estimator = iris
    assert feature_names(estimator, 4).tolist() == X.columns.tolist()
    assert feature_names(X, 4).tolist() == X.columns.tolist()
    assert feature_names(None, 2).tolist() == ["x0", "x1"]


@pytest.mark.parametrize(
    ("n_features", "image_shape", "shape"),
    [
        (64, None, (8, 8)),
        (784, None, (28, 28)),
        (63, None, None),
        (4, None, None),  # a square, yet iris
        (6, (2, 3), (2, 3)),
        (6, (1, 2, 3), (2, 3)),
        (12, (3, 2, 2), (2, 2, 3)),
        (8, (2, 2, 2), (2, 2, 2)),
        (5, (1, 5), (1, 5)),
    ],
)
def test_picture_shape(n_features, image_shape, shape):
    assert picture_shape(SimpleNamespace(n_features_in_=n_features), image_shape) == shape


def test_picture_shape_of_named_features_is_a_table():
    named = SimpleNamespace(n_features_in_=64, feature_names_in_=np.array(["p"] * 64))
    assert picture_shape(named, None) is None
    assert picture_shape(named, (8, 8)) == (8, 8)
    assert picture_shape(SimpleNamespace(n_features_in_=64), None, features=["x0"]) is None


def test_picture_shape_of_the_estimator_is_the_default():
    estimator = SimpleNamespace(n_features_in_=12, image_shape=(3, 2, 2))
    assert picture_shape(estimator, None) == (2, 2, 3)
    assert picture_shape(estimator, (3, 4)) == (3, 4)
    assert picture_shape(estimator, None, features=[0]) is None


@pytest.mark.parametrize(("n_features", "shape"), [(9, (3, 3)), (10, (1, 10))])
def test_picture_shape_of_convolutions_is_what_they_see(n_features, shape):
    estimator = SimpleNamespace(n_features_in_=n_features, image_shape=None, network="conv")
    assert picture_shape(estimator, None) == shape


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((4, 4),), "image_shape=(4, 4) has 16 entries, but the estimator was fitted on 12"),
        (((6, 2, 1),), "(channels, height, width) with 1 to 4 channels"),
        (((12,),), "image_shape should be (height, width)"),
        (((3, 4), [0]), "image_shape and features were both given"),
    ],
)
def test_picture_shape_that_is_impossible_raises(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        picture_shape(SimpleNamespace(n_features_in_=12), *arguments)


def test_as_pictures_of_channels_puts_them_last():
    picture = np.arange(12).reshape(3, 2, 2)  # (channels, height, width)
    (result,) = as_pictures(picture.reshape(1, 12), (2, 2, 3))
    np.testing.assert_array_equal(result, np.moveaxis(picture, 0, -1))


@pytest.mark.parametrize(("channels", "shape"), [(2, (5, 2, 2)), (4, (5, 2, 2, 3))])
def test_as_pictures_of_two_or_four_channels_can_be_drawn(channels, shape):
    X = np.random.RandomState(0).rand(5, 4 * channels)
    result = as_pictures(X, (2, 2, channels))
    assert result.shape == shape
    first = X[0].reshape(channels, 2, 2)
    expected = first[0] if channels == 2 else np.moveaxis(first[:3], 0, -1)
    np.testing.assert_allclose(result[0], expected)


def test_some_rows_of_arrays_lists_frames_and_sparse(iris):
    X, _ = iris
    expected = X.to_numpy()[[3, 1]]
    for given in (X, X.to_numpy(), X.to_numpy().tolist(), csr_array(X.to_numpy())):
        rows = some_rows(given, np.array([3, 1]))
        dense = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)
        np.testing.assert_array_equal(dense, expected)
    assert list(some_rows(X, [3, 1]).columns) == list(X.columns)
