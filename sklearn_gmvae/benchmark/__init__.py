# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators x data sets x seeds -> results file -> table."""

from sklearn_gmvae.benchmark._data import DATA, REGRET_SUITE
from sklearn_gmvae.benchmark._estimators import ESTIMATORS
from sklearn_gmvae.benchmark._figures import save_figure
from sklearn_gmvae.benchmark._report import (
    TABLES,
    label,
    list_table,
    regret_table,
    table,
    write_into,
)
from sklearn_gmvae.benchmark._run import measure, read_results, run

__all__ = [
    "DATA",
    "ESTIMATORS",
    "REGRET_SUITE",
    "TABLES",
    "label",
    "list_table",
    "measure",
    "read_results",
    "regret_table",
    "run",
    "save_figure",
    "table",
    "write_into",
]
