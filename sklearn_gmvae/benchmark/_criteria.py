# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables of what label-free criteria say, of seeds and of K, beside what labels say afterwards."""

from collections import defaultdict

import numpy as np
from scipy.stats import rankdata, spearmanr
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae.benchmark._report import cell, groups, label
from sklearn_gmvae.benchmark._rst import list_table


def criteria_table(records: list[dict]) -> str:
    """How well label-free criteria rank the seeds of an estimator: Spearman's correlation with
    the Hungarian accuracy, and its 95 % bootstrap interval over the seeds. Modularity is what
    `n_init` looks at; agreement is the mean ARI with the other seeds' labels."""
    lines = [["Data", "Estimator", "Seeds", "Accuracy", "Modularity", "Agreement", "ELBO"]]
    for (data, name), group in groups(records).items():
        if len(group) < 5 or not all(r.get("labels_sample") for r in group):
            continue
        accuracy = np.array([r["accuracy"] for r in group])
        criteria = [
            [r.get("modularity") for r in group],
            consensus([np.array(list(r["labels_sample"])) for r in group]).tolist(),
            [r.get("lower_bound") for r in group],
        ]
        cells = [cell(accuracy, "accuracy")] + [
            "" if None in values else _correlation(np.array(values), accuracy)
            for values in criteria
        ]
        lines.append([data, name, str(len(group)), *cells])
    return list_table(lines)


def n_clusters_table(records: list[dict]) -> str:
    """What label-free criteria say of K, by fits with several: the clusters' modularity among the
    rows' nearest neighbours, the stability (mean ARI between the seeds' labels), the mean score of
    held-out rows and the BIC of the latent mixture. The best of each column carries a star, and so
    does the number of classes."""
    lines = [["Data", "Estimator", "K", "Seeds", "ARI"]]
    lines[0] += ["Modularity", "Stability", "Held-out score", "BIC"]
    for (data, name), of_k in by_n_clusters(records).items():
        K = sorted(of_k)
        stars = {key: best_n_clusters(of_k, key) for key in CRITERIA_OF_K}
        for k in K:
            values = of_k[k]
            cells = [data, name, f"{k}{' *' if k == values['n_classes'] else ''}"]
            cells += [str(values["seeds"]), f"{values['ari']:.3f}"]
            for key, style in CRITERIA_OF_K.items():
                star = " *" if k == stars[key] else ""
                cells.append("" if values[key] is None else format(values[key], style) + star)
            lines.append(cells)
    return list_table(lines)


# Criteria of K and how they are printed; the BIC is better when lower.
CRITERIA_OF_K = {"modularity": ".3f", "stability": ".3f", "score": ".2f", "latent_bic": ".0f"}


def by_n_clusters(records: list[dict]) -> dict[tuple[str, str], dict[int, dict]]:
    """Records by data set and estimator (with what else was set), and there by K: means over the
    seeds.

    Raises
    ------
    ValueError
        If no estimator was run with two K and more.
    """
    last = {(r["data"], label(r, but="n_clusters"), n_clusters(r), r["seed"]): r for r in records}
    groups_of_k: dict = defaultdict(lambda: defaultdict(list))
    for (data, name, k, _), record in last.items():
        groups_of_k[data, name][k].append(record)
    several = {
        key: {k: _criteria_of_k(group) for k, group in of_k.items()}
        for key, of_k in groups_of_k.items()
        if len(of_k) > 1
    }
    if not several:
        raise ValueError("No estimator has records with several K: run --grid n_clusters=5,10,20.")
    return several


def n_clusters(record: dict) -> int:
    """K of a run, by whichever name the estimator has for it."""
    params = record["params"]
    return params.get("n_clusters") or params["n_components"]


def _criteria_of_k(group: list[dict]) -> dict:
    labels = [np.array(list(r["labels_sample"])) for r in group if r.get("labels_sample")]

    held_out = all(r.get("protocol", "all") != "all" for r in group)

    def mean(key):
        values = [r.get(key) for r in group]
        return None if None in values else float(np.mean(values))

    return {
        "seeds": len(group),
        "n_classes": group[0].get("n_classes"),
        "ari": mean("ari"),
        "modularity": mean("modularity"),
        "stability": float(consensus(labels).mean()) if len(labels) > 1 else None,
        "score": mean("score") if held_out else None,
        "latent_bic": mean("latent_bic"),
    }


def best_n_clusters(of_k: dict[int, dict], key: str) -> int | None:
    """The K that a criterion prefers; None where it is not known for every K."""
    if any(values[key] is None for values in of_k.values()):
        return None
    sign = -1 if key == "latent_bic" else 1
    return max(of_k, key=lambda k: sign * of_k[k][key])


def consensus(labels: list[np.ndarray]) -> np.ndarray:
    """Mean adjusted Rand index of each labelling with the others."""
    agreement = np.array([[adjusted_rand_score(a, b) for b in labels] for a in labels])
    return (agreement.sum(1) - 1.0) / max(len(labels) - 1, 1)


def _correlation(criterion: np.ndarray, accuracy: np.ndarray, n_draws: int = 2000) -> str:
    rng = np.random.RandomState(0)
    draws = rng.randint(len(accuracy), size=(n_draws, len(accuracy)))
    pairs = np.stack([rankdata(criterion[draws], axis=1), rankdata(accuracy[draws], axis=1)])
    pairs -= pairs.mean(-1, keepdims=True)
    scale = np.sqrt((pairs**2).sum(-1).prod(0))
    varied = scale > 0
    if not varied.any():
        return "undefined"
    resampled = pairs.prod(0).sum(-1)[varied] / scale[varied]
    low, high = np.percentile(resampled, [2.5, 97.5])
    return f"{spearmanr(criterion, accuracy).statistic:.2f} [{low:.2f}, {high:.2f}]"
