# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables from results files, as reStructuredText, and into documents between two markers."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.stats import rankdata, spearmanr
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae.benchmark._data import LOOKED_AT, REGRET_SUITE

METRICS = (
    ("Hungarian accuracy", "accuracy"),
    ("ARI", "ari"),
    ("NMI", "nmi"),
    ("Seconds", "seconds"),
)
# Shown where it is comparable with the paper's: on test rows, after a fit to training rows.
PAPERS_METRIC = ("Paper's accuracy", "confident_sample_accuracy")

BASELINES = ("kmeans", "gmm-full", "gmm-diag")
OURS = ("vade", "gmvae")


def groups(records: list[dict]) -> dict[tuple[str, str], list[dict]]:
    """Records by data set and estimator, labelled with what differs from the defaults.

    Where a run was repeated (other method, other parameters), its last record counts; and of a row
    that was measured with several methods, only what is of the last record's.
    """
    last = {(r["data"], label(r), r["seed"]): r for r in records}
    grouped = defaultdict(list)
    method = {(r["data"], label(r)): r.get("method") for r in records}
    for (data, name, _), record in last.items():
        if record.get("method") == method[data, name]:
            grouped[data, name].append(record)
    return dict(grouped)


def label(record: dict, but: str | None = None) -> str:
    """The estimator's name with its settings, configuration and protocol, if not the usual.

    Parameters
    ----------
    record : dict
        As `run` yields it.
    but : str, default=None
        A setting that is left out; None: none is.

    Returns
    -------
    name : str
        Such as "vade" or "vade (latent_dim=5, split)". A configuration other than "default" stands
        in place of the settings.
    """
    settings = record.get("settings", {}).items()
    notes = [f"{name}={value}" for name, value in settings if name != but]
    if record.get("config", "default") != "default":
        notes = [record["config"]]
    if record.get("protocol", "all") != "all":
        notes.append(record["protocol"])
    return record["estimator"] + (f" ({', '.join(notes)})" if notes else "")


def table(records: list[dict]) -> str:
    """One line a data set and estimator: mean, standard deviation and worst over the seeds.

    Of the seconds the median alone. Records of the protocol "split" add the GMVAE paper's accuracy:
    each cluster takes the label of its surest row.

    Parameters
    ----------
    records : list of dict
        As `run` yields them; where a run was repeated, its last record counts.

    Returns
    -------
    text : str
        A table in reStructuredText.
    """
    metrics: tuple[tuple[str, str], ...] = METRICS
    if any(record.get("protocol") == "split" for record in records):
        metrics = (*METRICS[:1], PAPERS_METRIC, *METRICS[1:])
    lines = [["Data", "Estimator", "Seeds", *(title for title, _ in metrics)]]
    for (data, name), group in groups(records).items():
        has_test_rows = group[0].get("protocol") == "split"
        cells = [
            _cell([record[key] for record in group], key)
            if key in group[0] and (has_test_rows or (title, key) != PAPERS_METRIC)
            else ""
            for title, key in metrics
        ]
        lines.append([data, name, str(len(group)), *cells])
    return list_table(lines)


def regret_table(records: list[dict]) -> str:
    """Mean ARI of baselines and our estimators, and the regret.

    The regret is the best baseline's mean less ours; the last two lines have its mean and its
    largest value over the data sets. Data sets whose labels were looked at while choosing defaults
    carry a star.

    Parameters
    ----------
    records : list of dict
        As `run` yields them. Only those without settings, of the configuration "default" and the
        protocol "all" count; where a run was repeated, the last.

    Returns
    -------
    text : str
        A table in reStructuredText.

    Raises
    ------
    ValueError
        If no data set has such records of all of "vade", "gmvae" and "kmeans".
    """
    present, ari = regret_data(records)
    grouped = groups(records)
    titles = [*BASELINES, *OURS, *(f"regret {name}" for name in OURS)]
    lines = [["Data", "Seeds", *titles]]
    regrets = defaultdict(list)
    for data in present:
        scores = [ari.get((data, name)) for name in (*BASELINES, *OURS)]
        best = max(ari[data, name] for name in BASELINES if (data, name) in ari)
        for name in OURS:
            regrets[name].append(best - ari[data, name])
        cells = ["" if score is None else f"{score:.3f}" for score in scores]
        cells += [f"{regrets[name][-1]:+.3f}" for name in OURS]
        star = " *" if data in LOOKED_AT else ""
        lines.append([data + star, str(len(grouped[data, "vade"])), *cells])
    blank = [""] * (1 + len(BASELINES) + len(OURS))
    for title, summarise in (("mean", np.mean), ("worst", np.max)):
        lines.append([title, *blank, *(f"{summarise(regrets[name]):+.3f}" for name in OURS)])
    return list_table(lines)


def regret_data(records: list[dict]) -> tuple[list[str], dict[tuple[str, str], float]]:
    """The data sets that k-means and ours were run on, those of `REGRET_SUITE` first, and every
    mean ARI.

    Raises
    ------
    ValueError
        If there is none.
    """
    grouped = groups(records)
    ari = {key: float(np.mean([r["ari"] for r in group])) for key, group in grouped.items()}
    known = dict.fromkeys([*REGRET_SUITE, *(data for data, _ in ari)])
    present = [d for d in known if all((d, name) in ari for name in (*OURS, "kmeans"))]
    if not present:
        raise ValueError(
            f"--table regret needs records of {', '.join((*OURS, 'kmeans'))} on one data set."
        )
    return present, ari


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
        cells = [_cell(accuracy, "accuracy")] + [
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


TABLES: dict[str, Callable[[list[dict]], str]] = {
    "results": table,
    "regret": regret_table,
    "criteria": criteria_table,
    "n-clusters": n_clusters_table,
}


def _cell(values: list[float] | np.ndarray, key: str) -> str:
    if key == "seconds":
        median = np.median(values)
        return f"{median:.0f}" if median >= 1000 else f"{median:.3g}"
    spread = f" ± {np.std(values, ddof=1):.3f}, worst {min(values):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"


def list_table(lines: list[list[str]]) -> str:
    """A reStructuredText simple table; the first line is the header.

    Parameters
    ----------
    lines : list of list of str
        The cells of each line, the header's included.

    Returns
    -------
    text : str
        The table, without a line break at its end.

    Raises
    ------
    ValueError
        If the lines differ in their number of cells.
    """
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    rows = [
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    return "\n".join([rule, rows[0], rule, *rows[1:], rule])


def write_into(document: Path, name: str, text: str) -> None:
    """Replace a block of a document.

    It stands between the lines ``.. begin NAME`` and ``.. end NAME``, which stay.

    Parameters
    ----------
    document : Path
        The text file, which is written anew.
    name : str
        NAME of the block.
    text : str
        What it is to hold; an empty line is put before and after it.

    Raises
    ------
    ValueError
        If the document has no such lines.
    """
    begin, end = f".. begin {name}\n", f"\n.. end {name}"
    before, found, rest = document.read_text().partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise ValueError(
            f"{document} has no lines '.. begin {name}' and '.. end {name}' to write between."
        )
    document.write_text(f"{before}{begin}\n{text}\n{end}{after}")
