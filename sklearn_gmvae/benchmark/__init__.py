# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators x data sets x seeds -> results file -> table."""

from sklearn_gmvae.benchmark._criteria import criteria_table, n_clusters_table
from sklearn_gmvae.benchmark._data import DATA, REGRET_SUITE
from sklearn_gmvae.benchmark._estimators import ESTIMATORS
from sklearn_gmvae.benchmark._figures import save_figure
from sklearn_gmvae.benchmark._measure import measure
from sklearn_gmvae.benchmark._memory import MEMORY_CASES, memory_table, run_memory
from sklearn_gmvae.benchmark._missing import MISSING_DATA, SHARES, missing_table, run_missing
from sklearn_gmvae.benchmark._odd_data import DATA as ODD_DATA
from sklearn_gmvae.benchmark._report import label, regret_table, table
from sklearn_gmvae.benchmark._results import read_results
from sklearn_gmvae.benchmark._robustness import (
    CLEAR_ERROR,
    FITS,
    ROBUST_FITS,
    judge,
    robustness_table,
    run_robustness,
)
from sklearn_gmvae.benchmark._rst import list_table, write_into
from sklearn_gmvae.benchmark._run import run
from sklearn_gmvae.benchmark._speed import CASES, run_speed
from sklearn_gmvae.benchmark._speed_report import (
    growth_table,
    inference_table,
    throughput_table,
    time_to_accuracy_table,
)

TABLES = {
    "results": table,
    "regret": regret_table,
    "criteria": criteria_table,
    "n-clusters": n_clusters_table,
    "throughput": throughput_table,
    "growth": growth_table,
    "inference": inference_table,
    "memory": memory_table,
    "missing": missing_table,
    "robustness": robustness_table,
    "time-to-accuracy": time_to_accuracy_table,
}

__all__ = [
    "CASES",
    "CLEAR_ERROR",
    "DATA",
    "ESTIMATORS",
    "FITS",
    "MEMORY_CASES",
    "MISSING_DATA",
    "ODD_DATA",
    "REGRET_SUITE",
    "ROBUST_FITS",
    "SHARES",
    "TABLES",
    "judge",
    "label",
    "list_table",
    "measure",
    "read_results",
    "regret_table",
    "run",
    "run_memory",
    "run_missing",
    "run_robustness",
    "run_speed",
    "save_figure",
    "table",
    "write_into",
]
