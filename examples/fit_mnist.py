# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
MNIST
=====

70,000 pictures of digits in ten clusters, without a label: some minutes on a CPU. The labels are
read afterwards, to see how many rows are in the cluster of their digit; :doc:`/benchmarks` has that
over ten seeds. ``fetch_mnist`` reads ``mnist.npz`` from the folder that ``SKLEARN_GMVAE_DATA``
names, or downloads it from OpenML::

    python examples/fit_mnist.py
"""

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.datasets import fetch_mnist
from sklearn_gmvae.metrics import clustering_accuracy

if __name__ == "__main__":
    X, y = fetch_mnist(return_X_y=True)
    vade = VaDEClustering(10, random_state=0, verbose=1, checkpoint="runs").fit(X)
    print(f"accuracy {clustering_accuracy(y, vade.labels_):.3f}")
    vade.save("mnist.safetensors")
