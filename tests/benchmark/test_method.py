# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What an older method measured is measured again where a newer one alters it, and only there."""

import json

import pytest
from sklearn.cluster import KMeans

from sklearn_gmvae import GMVAEClustering, VaDEClustering, benchmark
from sklearn_gmvae._version import METHOD
from sklearn_gmvae.benchmark._estimators import ESTIMATORS
from sklearn_gmvae.benchmark._method import METHOD_OF_OTHERS, method_of


@pytest.mark.parametrize(
    ("estimator", "method"),
    [
        (VaDEClustering(2), METHOD),
        (GMVAEClustering(2), METHOD),
        (ESTIMATORS["ae+kmeans"](2), METHOD),
        (KMeans(2), METHOD_OF_OTHERS),
    ],
)
def test_a_run_has_the_last_method_to_alter_it(estimator, method):
    assert method_of(estimator) == method


@pytest.mark.parametrize(
    ("measured_with", "is_repeated"),
    [(METHOD, False), (METHOD + 1, False), (METHOD - 1, True)],
)
def test_what_an_older_method_measured_is_repeated(tmp_path, measured_with, is_repeated):
    out = tmp_path / "r.jsonl"
    quick = {"max_iter": 1, "pretrain_iter": 1, "init_params": "kmeans"}
    (first,) = benchmark.run(["iris"], ["vade"], 1, out, settings=quick)
    out.write_text(json.dumps({**first, "method": measured_with}) + "\n")
    (second,) = benchmark.run(["iris"], ["vade"], 1, out, settings=quick)
    assert len(benchmark.read_results(out)) == 1 + is_repeated
    assert second["method"] == (first["method"] if is_repeated else measured_with)
