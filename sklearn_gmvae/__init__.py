# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Deep generative clustering for scikit-learn: VaDE and the Gaussian mixture VAE."""

from sklearn_gmvae._gmvae import GMVAEClustering
from sklearn_gmvae._persistence import load
from sklearn_gmvae._vade import VaDEClustering
from sklearn_gmvae._version import __version__

__all__ = ["GMVAEClustering", "VaDEClustering", "__version__", "load"]
