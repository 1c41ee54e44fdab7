# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The order of the gallery's examples: that of a course."""

from pathlib import Path

COURSE = [
    "plot_first_clustering.py",
    "plot_reading_a_model.py",
    "plot_over_regularization.py",
    "plot_style_and_content.py",
    "plot_generation.py",
    "plot_choosing_k.py",
    "plot_messy_table.py",
    "plot_pipeline_and_search.py",
    "plot_uncertainty.py",
    "plot_larger_than_memory.py",
    "fit_mnist.py",
    "fit_cifar.py",
    "fit_torchrun.py",
    "fit_dask.py",
]


class CourseOrder:
    """Key by which sphinx-gallery sorts the files of a folder; what is not named comes last."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, filename: str) -> tuple[int, str]:
        name = Path(filename).name
        return (COURSE.index(name) if name in COURSE else len(COURSE), name)
