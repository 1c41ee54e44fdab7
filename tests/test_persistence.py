# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""`save` and `load`: the same estimator comes back, and what cannot come back is not written."""

import json
import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError

from sklearn_gmvae import GMVAEClustering, VaDEClustering, load
from sklearn_gmvae._contents import MAX_PARAMETER
from sklearn_gmvae.models import COVARIANCE_TYPES, LIKELIHOODS

# With so few updates components may stay empty: an outcome that is told, and not what is tested.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)

DATA = Path(__file__).parent / "data"
ANSWERS = ["predict", "predict_proba", "transform", "score_samples"]
FEW = {
    "pretrain_iter": 3, "max_iter": 3, "hidden_layer_sizes": (8,), "init_params": "random",
}  # fmt: skip


def assert_identical(a, b, what="estimator"):
    """Equal to the last bit, with equal types, through containers and estimators."""
    assert type(a) is type(b), f"{what}: {type(a)} and {type(b)}"
    if isinstance(a, np.ndarray | np.generic):
        assert (a.dtype, a.shape) == (b.dtype, b.shape), what
        same = a.tolist() == b.tolist() if a.dtype == object else a.tobytes() == b.tobytes()
        assert same, what
    elif isinstance(a, dict):
        assert set(a) == set(b), f"{what}: {set(a) ^ set(b)}"
        for key in a:
            assert_identical(a[key], b[key], f"{what}.{key}")
    elif isinstance(a, list | tuple):
        assert_identical(dict(enumerate(a)), dict(enumerate(b)), what)
    elif isinstance(a, np.random.RandomState):
        assert_identical(a.get_state(), b.get_state(), what)
    elif isinstance(a, torch.nn.Module):
        assert a.training == b.training
        for (name, x), (other, y) in zip(
            a.state_dict().items(), b.state_dict().items(), strict=True
        ):
            assert name == other
            assert_identical(x.cpu().numpy(), y.cpu().numpy(), f"{what}.{name}")
    elif isinstance(a, float) and math.isnan(a):
        assert math.isnan(b), what
    elif hasattr(a, "__dict__") and not isinstance(a, type):
        assert_identical(vars(a), vars(b), what)
    else:
        assert a == b, what


def assert_same_answers(estimator, loaded, X):
    for method in ANSWERS:
        assert_identical(getattr(estimator, method)(X), getattr(loaded, method)(X), method)
    assert_identical(estimator.sample(20, random_state=1), loaded.sample(20, random_state=1))
    if hasattr(estimator, "transform_style"):
        assert_identical(estimator.transform_style(X), loaded.transform_style(X))


def assert_comes_back(estimator, X, folder):
    first, second = folder / "first.safetensors", folder / "second.safetensors"
    estimator.save(first)
    loaded = load(first, device="cpu")
    assert_identical(estimator, loaded)
    assert_same_answers(estimator, loaded, X)
    loaded.save(second)
    assert first.read_bytes() == second.read_bytes()
    return loaded


# -- the same estimator comes back ---------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("likelihood", sorted(LIKELIHOODS))
def test_fitted_estimator_comes_back_whole(quick, blobs, fitting, tmp_path, dtype, likelihood):
    X = fitting(blobs[0], likelihood).astype(dtype)
    estimator = quick(likelihood=likelihood, **FEW).fit(X)
    loaded = assert_comes_back(estimator, X, tmp_path)
    other = np.float64 if dtype == np.float32 else np.float32
    assert_same_answers(estimator, loaded, X.astype(other))


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_every_covariance_type_comes_back(blobs, tmp_path, covariance_type):
    vade = VaDEClustering(3, covariance_type=covariance_type, latent_dim=2, **FEW).fit(blobs[0])
    assert_comes_back(vade, blobs[0], tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"early_stopping": True, "n_iter_no_change": 1},
        {"n_init": 2},
        {"pretrain_iter": 0},
        {"init_params": "auto"},
        {"hidden_layer_sizes": ()},
        {"hidden_layer_sizes": [8, 4]},
        {"hidden_layer_sizes": np.array([8, 4])},
        {"hidden_layer_sizes": 5},
        {"standardize": False},
        {"init_params": np.arange(200) % 3},
        {"init_params": np.eye(3, dtype=np.float32)[np.arange(200) % 3]},
        {"init_params": (np.arange(200) % 3).tolist()},
        {"random_state": np.random.RandomState(7)},
        {"random_state": None},
        {"device": torch.device("cpu")},
        {"n_clusters": np.int64(4), "reg_covar": np.float32(1e-4), "learning_rate": np.float64(1)},
        {"activation": np.str_("tanh")},
        {"augment": "image", "image_shape": (1, 2, 3)},
        {"network": "conv", "hidden_layer_sizes": ((3, 2, 2), (4, 2, 1, 1), 6)},
        {"network": "conv", "image_shape": (2, 1, 3), "hidden_layer_sizes": [(3, 2, 1)]},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_every_kind_of_parameter_comes_back(quick, blobs, tmp_path, changes):
    estimator = quick(**{**FEW, **changes}).fit(blobs[0])
    if changes.get("activation"):  # what is text comes back as text
        estimator.activation = str(estimator.activation)
        estimator._design.architecture["activation"] = estimator.activation
    assert_comes_back(estimator, blobs[0], tmp_path)


@pytest.mark.parametrize(
    "names", [["a", "b", "c", "d", "e", "f"], ["", "ä", "重さ", "\n", "x.y", "{}"]]
)
def test_feature_names_come_back_and_are_checked(quick, blobs, tmp_path, names):
    frame = pd.DataFrame(blobs[0], columns=names)
    estimator = quick(**FEW).set_output(transform="pandas").fit(frame)
    estimator.save(tmp_path / "model")
    loaded = load(tmp_path / "model", device="cpu")
    assert_identical(estimator, loaded)
    pd.testing.assert_frame_equal(loaded.transform(frame), estimator.transform(frame))
    with pytest.raises(ValueError, match="feature names should match"):
        loaded.predict(frame.rename(columns={names[0]: "other"}))


def test_parameters_changed_after_the_fit_come_back_changed(quick, blobs, tmp_path):
    estimator = quick(**FEW).fit(blobs[0])
    estimator.set_params(n_clusters=7, latent_dim=4, max_iter=9, tol=math.inf, verbose=np.int8(1))
    loaded = assert_comes_back(estimator, blobs[0], tmp_path)
    assert loaded.get_params() == estimator.get_params()


def test_loaded_model_trains_on_as_the_saved_one_would(quick, blobs, tmp_path):
    estimator = quick(warm_start=True, random_state=np.random.RandomState(3), **FEW).fit(blobs[0])
    estimator.save(tmp_path / "model")
    loaded = load(tmp_path / "model", device="cpu")
    for each in (estimator, loaded):
        each.fit(blobs[0])
        each.fit_seconds_ = None  # by the clock
    assert_identical(estimator, loaded)


def test_path_may_be_text_or_a_path_and_a_file_there_is_replaced(quick, blobs, tmp_path):
    first, second = (quick(random_state=seed, **FEW).fit(blobs[0]) for seed in (0, 1))
    first.save(tmp_path / "model")
    second.save(str(tmp_path / "model"))
    assert load(str(tmp_path / "model")).random_state == 1
    assert os.listdir(tmp_path) == ["model"]


# -- devices -------------------------------------------------------------------------------------


def test_model_fitted_on_cuda_loads_where_there_is_none(quick, blobs, tmp_path, monkeypatch):
    estimator = quick(**FEW).fit(blobs[0])
    expected = estimator.predict_proba(blobs[0])
    estimator.save(tmp_path / "cpu")
    estimator.device_ = "cuda:0"
    estimator.save(tmp_path / "cuda")
    assert (tmp_path / "cpu").read_bytes() == (tmp_path / "cuda").read_bytes()
    estimator.set_params(device="cuda").save(tmp_path / "cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    loaded = load(tmp_path / "cuda")  # without a warning: it was asked for "auto"
    assert (loaded.device_, loaded.device) == ("cpu", "cuda")
    np.testing.assert_array_equal(loaded.predict_proba(blobs[0]), expected)


def test_device_that_is_not_there_raises_before_the_file_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"device='cuda' was asked for, but .* finds 0 CUDA"):
        load(tmp_path / "missing", device="cuda")
    with pytest.raises(ValueError, match="device='gpu' is not a device that torch knows"):
        load(tmp_path / "missing", device="gpu")


# -- versions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(DATA.glob("v*.safetensors")), ids=lambda path: path.stem)
def test_files_of_earlier_formats_load_and_answer_as_they_did(path):
    content = json.loads(path.with_suffix(".json").read_text())
    X = pd.DataFrame(content["X"], columns=content["columns"])
    loaded = load(path, device="cpu")
    np.testing.assert_array_equal(loaded.predict(X), content["predict"])
    # Another machine sums the networks' float32 products in another order. These have at most 8
    # terms in each of 4 layers: a relative error of 8 * 4 * 2**-24 = 2e-6 of values below 10.
    # Quadratic forms and exponentials of 2 latent dimensions make some ten times that of it.
    for method in ("predict_proba", "transform", "score_samples"):
        np.testing.assert_allclose(
            getattr(loaded, method)(X), content[method], rtol=1e-4, atol=1e-4, err_msg=method
        )


def test_there_is_a_file_of_each_class_in_format_one():
    loaded = [load(DATA / f"v1_{name}.safetensors") for name in ("vade", "gmvae")]
    assert [type(estimator) for estimator in loaded] == [VaDEClustering, GMVAEClustering]


def test_parameters_newer_than_the_file_take_their_defaults(blobs, tmp_path, monkeypatch):
    vade = VaDEClustering(3, **FEW).fit(blobs[0])
    old = vade.get_params()
    del old["verbose"], old["n_init"]
    monkeypatch.setattr(VaDEClustering, "get_params", lambda self, deep=True: old)
    del vade.verbose, vade.n_init
    vade.save(tmp_path / "old")
    monkeypatch.undo()
    loaded = load(tmp_path / "old")
    assert (loaded.verbose, loaded.n_init) == (0, 1)
    np.testing.assert_array_equal(loaded.predict(blobs[0]), loaded.labels_)


# -- what cannot come back is not written --------------------------------------------------------


def test_unfitted_estimator_is_not_saved(quick, tmp_path):
    with pytest.raises(NotFittedError):
        quick().save(tmp_path / "model")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("random_state", np.random.default_rng(0)),
        ("init_params", pd.Series(np.arange(200) % 3)),
        ("augment", lambda batch, generator: batch),
        ("tol", 1j),
    ],
)
def test_parameter_that_a_file_cannot_hold_is_named_and_nothing_written(
    quick, blobs, tmp_path, name, value
):
    estimator = quick(**FEW).fit(blobs[0])
    estimator.save(tmp_path / "model")
    before = (tmp_path / "model").read_bytes()
    with pytest.raises(TypeError, match=rf"parameters\.{name} is of .* cannot hold exactly"):
        estimator.set_params(**{name: value}).save(tmp_path / "model")
    assert (tmp_path / "model").read_bytes() == before
    assert os.listdir(tmp_path) == ["model"]


def test_long_lists_are_to_be_arrays(quick, blobs, tmp_path):
    estimator = quick(**FEW).fit(blobs[0]).set_params(init_params=[0.5] * MAX_PARAMETER)
    with pytest.raises(ValueError, match="parameter init_params would take .* make it an array"):
        estimator.save(tmp_path / "model")
    estimator.set_params(init_params=np.asarray(estimator.init_params)).save(tmp_path / "model")
    assert (tmp_path / "model").exists()


def test_a_likelihood_for_each_column_of_a_wide_table_is_saved(tmp_path):
    X = np.random.RandomState(0).poisson(2.0, (30, 900))
    likelihood = {j: "poisson" if j % 2 else "gaussian" for j in range(900)}
    vade = VaDEClustering(3, likelihood=likelihood, **FEW).fit(X)
    vade.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.likelihood == likelihood
    np.testing.assert_array_equal(loaded.predict(X), vade.labels_)


def test_attributes_of_other_origin_are_named(quick, blobs, tmp_path):
    estimator = quick(**FEW).fit(blobs[0])
    estimator.comment = "mine"
    with pytest.raises(ValueError, match=r"attributes \['comment'\] are neither"):
        estimator.save(tmp_path / "model")
    del estimator.comment
    estimator.means_ = estimator.means_[:, :2]
    with pytest.raises(ValueError, match=r"means_ should be float64 of shape \(3, 10\), but"):
        estimator.save(tmp_path / "model")
    assert not os.listdir(tmp_path)


def test_class_that_load_would_not_know_is_not_saved(blobs, tmp_path):
    class Mine(VaDEClustering):
        pass

    with pytest.raises(TypeError, match=r"this is a .*Mine, which load would not know"):
        Mine(3, **FEW).fit(blobs[0]).save(tmp_path / "model")


# -- what the system says stays what it is -------------------------------------------------------


def test_errors_of_the_file_system_pass_through(quick, blobs, tmp_path):
    estimator = quick(**FEW).fit(blobs[0])
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing")
    with pytest.raises(OSError):
        load(tmp_path)
    with pytest.raises(FileNotFoundError):
        estimator.save(tmp_path / "missing" / "model")
    with pytest.raises(OSError):
        estimator.save(tmp_path)
    with pytest.raises(TypeError):
        load(None)


def test_skops_keeps_a_model_and_asks_for_classes_of_this_package_only(quick, blobs):
    skops = pytest.importorskip("skops.io", reason="not needed but by those who use it")
    X = blobs[0]
    estimator = quick(**FEW).fit(X)
    data = skops.dumps(estimator)
    unknown = skops.get_untrusted_types(data=data)
    assert all(name.startswith("sklearn_gmvae.") for name in unknown)
    loaded = skops.loads(data, trusted=unknown)
    np.testing.assert_array_equal(loaded.predict_proba(X), estimator.predict_proba(X))
