# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Pictures in colour
==================

CIFAR-10's photographs, 32 x 32 pixels in three channels, through convolutions: rows, what the model
makes of them, and pictures that it draws from each cluster. Its clusters are those of colour and
layout, which come before what is shown when nobody says what is shown; of an accuracy no claim is
made. Rows are bytes, channel by channel, as CIFAR-10 stores them. Give a file with an array "X" of
shape (n_samples, 3072); the folder that ``SKLEARN_GMVAE_DATA`` names may hold ``cifar10_10k.npz``::

    python examples/fit_cifar.py cifar10_10k.npz cifar.jpg
"""

import argparse
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.inspection import ClusterSamplesDisplay

SHAPE, N_SHOWN = (3, 32, 32), 16


def sheet(rows):
    """Pictures side by side, (32, 32 x n, 3)."""
    pictures = np.clip(rows, 0, 255).reshape(-1, *SHAPE).astype(np.uint8)
    return np.concatenate(list(pictures.transpose(0, 2, 3, 1)), axis=1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", default="cifar10_10k.npz")
    parser.add_argument("picture", nargs="?", default="cifar.jpg")
    told = parser.parse_args()
    X = np.load(Path(os.environ.get("SKLEARN_GMVAE_DATA", "."), told.file))["X"]
    # Photographs vary in more ways than digits: ten latent dimensions would leave blots of colour.
    # Fewer epochs than the default: a quarter of an hour in one thread of a busy machine.
    vade = VaDEClustering(
        n_clusters=10,
        network="conv",
        image_shape=SHAPE,
        latent_dim=64,
        pretrain_iter=40,
        max_iter=30,
        random_state=0,
        verbose=1,
    ).fit(X)
    shown = X[:N_SHOWN]
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(8, 8), height_ratios=[2, 10], layout="constrained"
    )
    made = vade.inverse_transform(vade.transform(shown))
    top.imshow(np.concatenate([sheet(shown), sheet(made)]))
    top.set(title="Rows of X, and what the model makes of them", xticks=[], yticks=[])
    ClusterSamplesDisplay.from_estimator(vade, X, n_per_cluster=8, ax=bottom)
    bottom.set_title("Each cluster's mean, pictures drawn from it, and rows near its mean")
    figure.savefig(told.picture, dpi=110)
