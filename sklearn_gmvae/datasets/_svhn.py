# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Street view house numbers, from the published MATLAB files."""

import os
from pathlib import Path

import numpy as np
from scipy.io import loadmat
from sklearn.utils import Bunch

from sklearn_gmvae.datasets._fetch import DATA_VARIABLE

# File and number of pictures, of the training set and of the test set.
FILES = (("train_32x32.mat", 73_257), ("test_32x32.mat", 26_032))


def load_svhn(folder=None, *, return_X_y=False):
    """SVHN: 99,289 colour pictures of digits on houses, 32 x 32 pixels (train, then test).

    Reads the cropped digits (format 2) as Netzer et al. (2011) publish them at
    http://ufldl.stanford.edu/housenumbers: ``train_32x32.mat`` and ``test_32x32.mat``.

    Parameters
    ----------
    folder : str or Path, default=None
        Where the two files are; None: the folder that ``$SKLEARN_GMVAE_DATA`` names.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : Bunch with ``data`` (99289, 3072) uint8, channels first, ``target`` (99289,) int, and
        ``name``, or the tuple ``(data, target)``.

    Raises
    ------
    FileNotFoundError
        If a file is not there.
    ValueError
        If a file does not hold as many pictures of 32 x 32 x 3, or not ten classes.
    """
    folder = Path(folder or os.environ.get(DATA_VARIABLE, ""))
    pictures, targets = [], []
    for name, n_pictures in FILES:
        path = folder / name
        if not path.is_file():
            raise FileNotFoundError(
                f"No file {path}. Download {' and '.join(name for name, _ in FILES)} from "
                f"http://ufldl.stanford.edu/housenumbers and pass their folder, or set "
                f"{DATA_VARIABLE} to it."
            )
        arrays = loadmat(path, variable_names=("X", "y"))
        X, y = arrays["X"], arrays["y"].ravel()
        if X.shape != (32, 32, 3, n_pictures) or len(np.unique(y)) != 10:
            raise ValueError(
                f"Expected {path} to hold X of shape (32, 32, 3, {n_pictures}) and 10 classes, but "
                f"X has shape {X.shape} and y {len(np.unique(y))} classes. Download it again."
            )
        pictures.append(X.transpose(3, 2, 0, 1).reshape(n_pictures, -1))
        targets.append(y.astype(np.int64) % 10)  # the digit 0 is class 10 in the file
    X, y = np.concatenate(pictures), np.concatenate(targets)
    return (X, y) if return_X_y else Bunch(data=X, target=y, name="svhn")
