# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Figures from results files: one for each kind of table that says more when it is seen."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sklearn_gmvae.benchmark._criteria import by_n_clusters
from sklearn_gmvae.benchmark._report import BASELINES, OURS, groups, regret_data

# Okabe and Ito's colours, told apart by the colour-blind too; baselines in greys.
COLOURS = {"vade": "#0072B2", "gmvae": "#D55E00", "kmeans": "0.2", "gmm-full": "0.5"}
MARKERS = {"vade": "o", "gmvae": "D", "kmeans": "|", "gmm-full": "x", "gmm-diag": "+"}


def results_figure(records: list[dict]):
    """The accuracy of every run: a line a data set and estimator, a point a seed."""
    rows = groups(records)
    figure = new_figure(7, 0.8 + 0.28 * len(rows))
    ax = figure.subplots()
    for y, group in enumerate(rows.values()):
        accuracy = [r["accuracy"] for r in group]
        style = group[0]["estimator"]
        ax.plot(accuracy, [y] * len(accuracy), MARKERS.get(style, "."), alpha=0.6,
                color=COLOURS.get(style, "0.6"))  # fmt: skip
        ax.plot([np.mean(accuracy)] * 2, [y - 0.35, y + 0.35], color="0.2", lw=1)
    ax.set_yticks(range(len(rows)), [f"{data} {name}" for data, name in rows])
    ax.invert_yaxis()
    ax.grid(axis="x", color="0.9")
    ax.set(xlabel="Hungarian accuracy of each seed, and their mean")
    return figure


def regret_figure(records: list[dict]):
    """Mean ARI of baselines and ours on each data set of the suite."""
    data_sets, ari = regret_data(records)
    figure = new_figure(7, 1.0 + 0.3 * len(data_sets))
    ax = figure.subplots()
    for name in (*BASELINES, *OURS):
        at = [(ari[data, name], y) for y, data in enumerate(data_sets) if (data, name) in ari]
        if not at:
            continue
        ax.plot(*np.transpose(at), MARKERS[name], color=COLOURS.get(name, "0.6"), label=name,
                ms=9 if name in BASELINES else 6, mfc="none" if name in OURS else None,
                mew=1.8)  # fmt: skip
    ax.set_yticks(range(len(data_sets)), data_sets)
    ax.invert_yaxis()
    ax.grid(axis="y", color="0.9")
    ax.set(xlabel="Mean adjusted Rand index over the seeds")
    figure.legend(loc="outside upper center", ncols=len(BASELINES) + len(OURS), frameon=False)
    return figure


def n_clusters_figure(records: list[dict]):
    """The criteria of K over K, a column a data set; the dotted line is the number of classes."""
    curves = by_n_clusters(records)
    data_sets = list(dict.fromkeys(data for data, _ in curves))
    titles = {
        "ari": "ARI",
        "modularity": "modularity",
        "stability": "stability",
        "score": "held-out score",
        "latent_bic": "BIC",
    }
    figure = new_figure(2.4 * max(len(data_sets), 2), 7)
    axes = figure.subplots(len(titles), len(data_sets), sharex="col", squeeze=False)
    for (data, name), of_k in curves.items():
        column = data_sets.index(data)
        K, style = sorted(of_k), name.partition(" ")[0]
        for ax, (key, title) in zip(axes[:, column], titles.items(), strict=True):
            if all(of_k[k][key] is not None for k in K):
                ax.plot(K, [of_k[k][key] for k in K], marker=MARKERS.get(style, "."), ms=4,
                        color=COLOURS.get(style, "0.6"), label=name)  # fmt: skip
            ax.axvline(of_k[K[0]]["n_classes"], color="0.6", lw=1, ls=":")
            if column == 0:
                ax.set(ylabel=title)
            ax.ticklabel_format(axis="y", useOffset=False)
            ax.tick_params(labelsize="small")
        axes[0, column].set(title=data)
        axes[-1, column].set(xlabel="K")
    named = {line.get_label(): line for ax in axes.flat for line in ax.lines}
    labels = [name for name in named if not name.startswith("_")]
    handles = [named[name] for name in labels]
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    return figure


FIGURES: dict[str, Callable] = {
    "results": results_figure,
    "regret": regret_figure,
    "n-clusters": n_clusters_figure,
}


def save_figure(kind: str, records: list[dict], path: Path) -> None:
    """Draw the figure of a kind of table and write it to ``path``.

    Parameters
    ----------
    kind : {"results", "regret", "n-clusters"}
        Every run's accuracy, the mean ARI on every data set, or the criteria of K
        over K.
    records : list of dict
        As `run` yields them.
    path : Path
        Its suffix tells the format, such as .png or .pdf.

    Raises
    ------
    ValueError
        If there is no figure of this kind or format, the records lack the runs that it needs, or
        matplotlib is not installed.
    """
    if kind not in FIGURES:
        raise ValueError(f"--figure: --table {kind} has none; {', '.join(FIGURES)} have.")
    FIGURES[kind](records).savefig(path, dpi=100)


def new_figure(width: float, height: float):
    """A figure that needs no screen and leaves the user's backend alone."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ValueError("--figure needs matplotlib: pip install matplotlib.") from error
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure
