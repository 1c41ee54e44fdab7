# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators x data sets x seeds -> results file -> table."""

from sklearn_gmvae.benchmark._data import DATA
from sklearn_gmvae.benchmark._estimators import ESTIMATORS
from sklearn_gmvae.benchmark._report import list_table, table, write_into
from sklearn_gmvae.benchmark._run import measure, read_results, run

__all__ = [
    "DATA",
    "ESTIMATORS",
    "list_table",
    "measure",
    "read_results",
    "run",
    "table",
    "write_into",
]
