# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Figures show what the results files hold."""

import json

import numpy as np

from sklearn_gmvae.__main__ import main
from sklearn_gmvae.benchmark import _figures


def records():
    return [
        {
            "data": data, "estimator": name, "seed": seed, "accuracy": 0.1 * k + 0.01 * seed,
            "ari": 0.1 * k, "nmi": 0.0, "seconds": 1.0, "params": {"n_clusters": k},
            "n_classes": 3, "labels_sample": "0110", "score": -float(k), "latent_bic": None,
            "protocol": "held-out", "settings": {"n_clusters": k},
        }
        for data in ("iris", "moons") for name in ("kmeans", "vade", "gmvae")
        for k in (2, 3) for seed in (0, 1)
    ]  # fmt: skip


def with_defaults():
    return [{**record, "settings": {}, "protocol": "all"} for record in records()]


def test_results_figure_has_a_point_for_every_run_and_the_mean():
    of_two = [r for r in records() if r["params"]["n_clusters"] == 2]
    (ax,) = _figures.results_figure(of_two).axes
    points, mean = ax.lines[:2]
    np.testing.assert_allclose(points.get_xdata(), [0.2, 0.21])
    np.testing.assert_allclose(mean.get_xdata(), [0.205, 0.205])
    assert [t.get_text() for t in ax.get_yticklabels()][:2] == [
        f"iris {name} (n_clusters=2, held-out)" for name in ("kmeans", "vade")
    ]


def test_regret_figure_has_every_estimator_at_its_mean():
    (ax,) = _figures.regret_figure(
        [{**r, "settings": {}, "protocol": "all"} for r in records()]
    ).axes
    assert [t.get_text() for t in ax.get_yticklabels()] == ["iris", "moons"]
    assert "gmm-full" not in {line.get_label() for line in ax.lines}  # there is no record of it
    by_name = {line.get_label(): line.get_xdata() for line in ax.lines}
    np.testing.assert_allclose(by_name["vade"], [0.3, 0.3])  # of runs repeated, the last


def test_n_clusters_figure_has_a_column_a_data_set_and_leaves_out_the_unknown():
    figure = _figures.n_clusters_figure(records())
    axes = np.reshape(figure.axes, (5, 2))
    assert [ax.get_title() for ax in axes[0]] == ["iris", "moons"]
    vade = next(line for line in axes[3, 0].lines if line.get_label() == "vade (held-out)")
    np.testing.assert_allclose(vade.get_xydata(), [[2, -2], [3, -3]])
    assert len(axes[4, 0].lines) == 3  # no BIC: only the line of the number of classes, thrice


def test_command_draws_a_figure_and_names_the_kinds_that_have_one(tmp_path, capsys):
    results, picture = tmp_path / "r.jsonl", tmp_path / "f.png"
    results.write_text("\n".join(json.dumps(r) for r in with_defaults()))
    report = ["benchmark", "--report", str(results), "--figure", str(picture), "--table"]
    assert main([*report, "regret"]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main([*report, "criteria"]) == 1
    assert "--table criteria has none" in capsys.readouterr().err


def test_what_a_figure_needs_is_told(tmp_path, capsys):
    results = tmp_path / "r.jsonl"
    results.write_text(json.dumps(records()[0]))
    for kind, message in [("regret", "needs records of"), ("n-clusters", "several K")]:
        for option in (["--figure", str(tmp_path / "f.png")], []):
            assert main(["benchmark", "--report", str(results), "--table", kind, *option]) == 1
            assert message in capsys.readouterr().err


def test_k_is_read_by_whichever_name_the_estimator_has():
    mixtures = [{**r, "params": {"n_components": r["params"]["n_clusters"]}} for r in records()]
    assert len(_figures.n_clusters_figure(mixtures).axes) == 10
