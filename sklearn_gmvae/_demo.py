# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The demo: the two estimators beside KMeans and GaussianMixture on digits or MNIST."""

from pathlib import Path

from sklearn_gmvae.benchmark import DATA, ESTIMATORS, list_table, measure

OURS = ("vade", "gmvae")


def demo(data: str, folder: Path, random_state: int = 0) -> None:
    """Fit, print a table, write pictures below ``folder``."""
    X, y = DATA[data]()
    n_clusters = len(set(y))
    print(f"{data}: {len(X)} rows of {X.shape[1]} features, {n_clusters} classes", flush=True)
    # Full covariances of hundreds of columns would take longer than all the rest.
    mixture = "gmm-full" if X.shape[1] <= 100 else "gmm-diag"
    estimators = [
        ESTIMATORS[name](n_clusters, random_state=random_state, verbose=int(name in OURS))
        for name in (*OURS, "kmeans", mixture)
    ]
    lines = [["Estimator", "Hungarian accuracy", "NMI", "ARI", "Seconds"]]
    for estimator in estimators:
        name = type(estimator).__name__
        print(f"\n{name}", flush=True)
        record = measure(estimator, X, y)
        scores = [f"{record[key]:.3f}" for key in ("accuracy", "nmi", "ari")]
        lines.append([name, *scores, f"{record['seconds']:.1f}"])
    print(f"\n{list_table(lines)}\n")
    for estimator in estimators[: len(OURS)]:
        draw(estimator, X, folder)
    print(f"Pictures are in {folder.resolve()}")


def draw(estimator, X, folder: Path) -> None:
    """Latent map, samples per cluster and ELBO curve of a fitted estimator, as PNG files."""
    # Not pyplot: the demo must neither need a screen nor change the user's backend.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from sklearn_gmvae.inspection import (
        ClusterSamplesDisplay,
        LatentSpaceDisplay,
        LowerBoundDisplay,
    )

    name = type(estimator).__name__
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {
        "latent_space": lambda ax: LatentSpaceDisplay.from_estimator(estimator, X, ax=ax),
        "samples": lambda ax: ClusterSamplesDisplay.from_estimator(estimator, ax=ax),
        "lower_bound": lambda ax: LowerBoundDisplay.from_estimator(estimator, ax=ax),
    }
    for picture, plot in pictures.items():
        figure = Figure(layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.subplots()
        plot(ax)
        ax.set_title(name)
        figure.savefig(folder / f"{name}_{picture}.png", dpi=120)
