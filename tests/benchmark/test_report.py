# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables of records."""

import numpy as np

from sklearn_gmvae import benchmark


def record(data, estimator, seed, ari, **more):
    return {"data": data, "estimator": estimator, "seed": seed, "ari": ari, "accuracy": ari,
            "nmi": ari, "seconds": 1.0, "params": {}, **more}  # fmt: skip


def test_regret_is_the_best_baselines_mean_less_ours():
    records = [
        record(data, name, seed, ari + 0.1 * seed)
        for data, scores in {
            "iris": {"kmeans": 0.5, "gmm-full": 0.8, "vade": 0.7, "gmvae": 0.9},
            "blobs": {"kmeans": 0.4, "gmm-full": 0.2, "vade": 0.4, "gmvae": 0.1},
        }.items()
        for name, ari in scores.items()
        for seed in (0, 1)
    ]
    text = benchmark.regret_table(records)
    iris, blobs, mean, worst = text.splitlines()[3:-1]
    assert iris.split()[:3] == ["iris", "*", "2"]  # its labels were looked at
    assert iris.split()[-2:] == ["+0.100", "-0.100"]
    assert blobs.split()[0:2] == ["blobs", "2"]
    assert blobs.split()[-2:] == ["+0.000", "+0.300"]
    assert mean.split() == ["mean", "+0.050", "+0.100"]
    assert worst.split() == ["worst", "+0.100", "+0.300"]


def test_regret_suite_names_data_sets_and_is_long_enough():
    assert set(benchmark.REGRET_SUITE) <= set(benchmark.DATA)
    assert len(set(benchmark.REGRET_SUITE)) >= 12


def test_settings_protocol_and_configuration_are_other_rows_of_the_table(tmp_path):
    records = [
        record("mnist", "gmvae", 0, 0.5),
        record("mnist", "gmvae", 0, 0.6, settings={"n_clusters": 16}),
        record("mnist", "gmvae", 0, 0.7, protocol="split"),
        record("mnist", "gmvae", 0, 0.8, config="paper", settings={"batch_size": 50}),
    ]
    text = benchmark.table(records)
    for name in ("gmvae ", "gmvae (n_clusters=16)", "gmvae (split)", "gmvae (paper)"):
        assert name in text


def test_a_row_of_different_methods_shows_the_last_only():
    records = [record("iris", "vade", s, 0.1, method=1) for s in range(3)]
    records += [record("iris", "vade", s, 0.9, method=2) for s in range(2)]
    line = benchmark.table(records).splitlines()[3]
    assert line.split()[:4] == ["iris", "vade", "2", "0.900"]


def test_a_row_shows_what_a_later_method_measured_before_it():
    records = [record("iris", "vade", s, 0.1, method=6) for s in range(3)]
    records.append(record("iris", "vade", 3, 0.9, method=5))  # 6 alters nothing of such fits
    assert benchmark.table(records).splitlines()[3].split()[2] == "4"


def test_criteria_are_correlated_with_accuracy_over_seeds():
    truth = np.repeat([0, 1, 2], 40)
    rng = np.random.RandomState(0)
    records = []
    for seed, n_wrong in enumerate([0, 6, 12, 20, 30, 45]):
        labels = truth.copy()
        labels[rng.choice(120, n_wrong, replace=False)] = rng.randint(3, size=n_wrong)
        sample = "".join(map(str, labels))
        # the bound says the opposite of the truth
        records.append(
            record("iris", "vade", seed, 1 - n_wrong / 120,
                   labels_sample=sample, lower_bound=float(n_wrong))
        )  # fmt: skip
    line = benchmark.TABLES["criteria"](records).splitlines()[3]
    assert " 1.00 [1.00, 1.00]" in line
    assert "-1.00 [-1.00, -1.00]" in line
    assert "iris" not in benchmark.TABLES["criteria"](records[:4])  # too few to rank


def test_choice_of_n_clusters_stars_the_best_by_each_criterion():
    sample = {2: ["0101", "0101"], 3: ["0121", "0120"]}
    records = [
        {
            **record("iris", "vade", seed, 0.5),
            "params": {"n_clusters": k},
            "settings": {"n_clusters": k},
            "protocol": "held-out",
            "n_classes": 3,
            "labels_sample": sample[k][seed],
            "modularity": {2: 0.3, 3: 0.2}[k],
            "score": {2: -5.0, 3: -4.0}[k],
            "latent_bic": {2: 10.0, 3: 20.0}[k],
        }
        for k in (2, 3)
        for seed in (0, 1)
    ]
    two, three = benchmark.TABLES["n-clusters"](records).splitlines()[3:5]
    assert two.split()[1:] == [
        "vade",
        "(held-out)",
        "2",
        "2",
        "0.500",
        "0.300",
        "*",
        "1.000",
        "*",
        "-5.00",
        "10",
        "*",
    ]
    assert three.split()[3:6] == ["3", "*", "2"]  # the number of classes
    assert three.split()[-3:] == ["-4.00", "*", "20"]
