# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What an older method measured is measured again where a newer one alters it, and only there."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.cluster import KMeans

from sklearn_gmvae import VaDEClustering, benchmark
from sklearn_gmvae._version import (
    METHOD,
    METHOD_OF_COUNTS,
    METHOD_OF_HOLES,
    METHOD_OF_ONE_UNIT,
    METHOD_OF_WHOLE_ROWS,
    METHOD_OF_WORDS,
)
from sklearn_gmvae.benchmark._method import Traits, method_of, traits_of

HOLES = Traits(misses=True, likelihood="gaussian")
FAINT = Traits(is_unit=True, likelihood="gaussian")
ON_BACKGROUND = Traits(has_background=True, likelihood="gaussian")
PICTURES = ON_BACKGROUND._replace(is_unit=True, likelihood="bernoulli")
OTHER_UNITS = PICTURES._replace(is_unit=False, has_one_scale=True)
COMPONENTS = Traits(has_one_scale=True, likelihood="gaussian")


@pytest.mark.parametrize(
    ("parameters", "traits", "method"),
    [
        ({}, Traits(likelihood="gaussian"), METHOD_OF_WHOLE_ROWS),
        ({}, HOLES, METHOD_OF_HOLES),
        ({}, FAINT, METHOD_OF_WORDS),
        ({"likelihood": "gaussian"}, FAINT, METHOD_OF_WHOLE_ROWS),
        ({}, ON_BACKGROUND, METHOD),
        ({}, PICTURES, METHOD_OF_WHOLE_ROWS),
        ({"likelihood": "gaussian"}, PICTURES, METHOD),
        ({}, OTHER_UNITS, METHOD_OF_ONE_UNIT),
        ({"likelihood": "gaussian"}, OTHER_UNITS, METHOD_OF_ONE_UNIT),
        ({}, COMPONENTS, METHOD_OF_ONE_UNIT),
        ({"likelihood": "bernoulli"}, COMPONENTS, METHOD_OF_WHOLE_ROWS),
        ({"likelihood": "poisson"}, OTHER_UNITS, METHOD_OF_COUNTS),
        ({"likelihood": "negative_binomial"}, HOLES, METHOD_OF_COUNTS),
        ({"likelihood": "poisson", "pretrain_iter": 9}, HOLES, METHOD_OF_HOLES),
        ({"likelihood": {"gaussian": [0]}}, Traits(likelihood="gaussian"), METHOD),
    ],
)
def test_a_run_is_repeated_only_if_a_newer_method_alters_it(parameters, traits, method):
    assert method_of(VaDEClustering(2, **parameters), traits) == method
    assert method_of(KMeans(2), traits) <= METHOD_OF_HOLES


@pytest.mark.parametrize(
    ("measured_with", "is_repeated"),
    [(METHOD, False), (METHOD_OF_WHOLE_ROWS, False), (METHOD_OF_WHOLE_ROWS - 1, True)],
)
def test_what_an_older_method_measured_is_repeated(tmp_path, measured_with, is_repeated):
    out = tmp_path / "r.jsonl"
    (first,) = benchmark.run(["iris"], ["kmeans"], 1, out)
    out.write_text(json.dumps({**first, "method": measured_with}) + "\n")
    (second,) = benchmark.run(["iris"], ["kmeans"], 1, out)
    assert len(benchmark.read_results(out)) == 1 + is_repeated
    assert second["method"] == (first["method"] if is_repeated else measured_with)


@pytest.mark.parametrize("kind", [np.array, csr_array, pd.DataFrame])
def test_traits_of_any_X_are_seen(kind):
    X = np.array([[0.0, 1.0], [2.0, 0.0]])
    assert traits_of(kind(X)) == Traits(likelihood="gaussian")
    X[1, 0] = np.nan
    assert traits_of(kind(X)).misses
    faint = Traits(likelihood="gaussian", is_unit=True)
    assert traits_of(kind([[0.1, 0.2], [0.1, 0.0]])) == faint
    assert traits_of(kind([[0.1, 0.2], [0.9, 0.0]])) == faint._replace(likelihood="bernoulli")
    assert not traits_of(kind([[0.1, -0.2], [0.1, 0.0]])).is_unit
    many = np.zeros((3, 300))
    many[:, 7] = 1.0
    assert not traits_of(kind(many)).has_background
    many[:2, 7] = 0.0
    assert traits_of(kind(many)).has_background
    many[0], many[2] = -1.0, 3.0
    assert traits_of(kind(many)) == OTHER_UNITS._replace(has_background=False)
    assert traits_of(kind((many + 1.0) / 4)).is_unit
    assert traits_of(kind((many + 1.0).astype(np.uint8))).is_unit


def test_traits_of_bytes_in_a_frame_are_those_of_what_is_fitted():
    """Beside texts they are numbers like others."""
    frame = pd.DataFrame({"a": np.array([0, 9], dtype=np.uint8), "b": np.array([1, 0], np.uint8)})
    assert traits_of(frame) == Traits(likelihood="bernoulli", is_unit=True)
    assert traits_of(frame.assign(c=["x", "y"])) == Traits(likelihood="gaussian")
    quick = {"max_iter": 1, "pretrain_iter": 1, "init_params": "kmeans"}
    assert VaDEClustering(2, **quick).fit(frame).likelihood_ == "bernoulli"
    fitted = VaDEClustering(2, **quick).fit(frame.assign(c=["x", "y"]))
    assert fitted.likelihood_["a"] == "gaussian"
