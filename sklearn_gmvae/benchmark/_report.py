# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables of accuracies and of the regret from results files."""

from collections import defaultdict

import numpy as np

from sklearn_gmvae.benchmark._data import LOOKED_AT, REGRET_SUITE
from sklearn_gmvae.benchmark._rst import list_table

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
    that was measured with several methods, only what is of the last record's or a later one's:
    new records carry the last method to alter them, old ones that of their day.
    """
    last = {(r["data"], label(r), r["seed"]): r for r in records}
    grouped = defaultdict(list)
    method = {(r["data"], label(r)): r.get("method") for r in records}
    for (data, name, _), record in last.items():
        if (record.get("method") or 0) >= (method[data, name] or 0):
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
            cell([record[key] for record in group], key)
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


def cell(values: list[float] | np.ndarray, key: str) -> str:
    """Mean, standard deviation and worst; of seconds the median."""
    if key == "seconds":
        median = np.median(values)
        return f"{median:.0f}" if median >= 1000 else f"{median:.3g}"
    spread = f" ± {np.std(values, ddof=1):.3f}, worst {min(values):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"
