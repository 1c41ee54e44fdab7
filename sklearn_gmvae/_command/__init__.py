# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""``python -m sklearn_gmvae cluster``: a file in, labels, a model and a report out."""

from sklearn_gmvae._command._cluster import add_cluster

__all__ = ["add_cluster"]
