# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators x data sets x seeds -> results file -> table."""

from sklearn_gmvae.benchmark._data import DATA, REGRET_SUITE
from sklearn_gmvae.benchmark._estimators import ESTIMATORS
from sklearn_gmvae.benchmark._figures import save_figure
from sklearn_gmvae.benchmark._memory import MEMORY_CASES, run_memory
from sklearn_gmvae.benchmark._report import TABLES as QUALITY_TABLES
from sklearn_gmvae.benchmark._report import (
    label,
    list_table,
    regret_table,
    table,
    write_into,
)
from sklearn_gmvae.benchmark._run import measure, read_results, run
from sklearn_gmvae.benchmark._speed import CASES, run_speed
from sklearn_gmvae.benchmark._speed_report import (
    growth_table,
    inference_table,
    throughput_table,
    time_to_accuracy_table,
)

TABLES = {
    **QUALITY_TABLES,
    "throughput": throughput_table,
    "growth": growth_table,
    "inference": inference_table,
    "time-to-accuracy": time_to_accuracy_table,
}

__all__ = [
    "CASES",
    "DATA",
    "ESTIMATORS",
    "MEMORY_CASES",
    "REGRET_SUITE",
    "TABLES",
    "label",
    "list_table",
    "measure",
    "read_results",
    "regret_table",
    "run",
    "run_memory",
    "run_speed",
    "save_figure",
    "table",
    "write_into",
]
