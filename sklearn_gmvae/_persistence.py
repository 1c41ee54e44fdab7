# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""`load`, the other half of an estimator's `save`."""

import os

from sklearn_gmvae._base import BaseDeepMixture
from sklearn_gmvae._contents import unpack
from sklearn_gmvae._gmvae import GMVAEClustering
from sklearn_gmvae._vade import VaDEClustering
from sklearn_gmvae.utils import read_array_file, resolve_device

# The only classes that a file can name; no name from a file is ever imported.
CLASSES: dict[str, type[BaseDeepMixture]] = {
    "GMVAEClustering": GMVAEClustering,
    "VaDEClustering": VaDEClustering,
}


def load(path, device="auto"):
    """The estimator that `save` wrote.

    Nothing in the file is executed or unpickled. Its digest, and every name, dtype and shape, is
    checked against the architecture that it states before a model is built; memory for twice the
    file is enough. The digest finds damage, but is no signature: a file from someone else loads if
    it is well formed, and its parameters are theirs; look at them before you call `fit` again.

    Parameters
    ----------
    path : str or path-like
        A file that an estimator's `save` wrote, with this version of the package or an older one.
    device : {"auto", "cpu", "cuda", "cuda:<index>"} or torch.device, default="auto"
        Where the model is to answer, wherever it was fitted; "auto" is CUDA where there is one,
        else the CPU. The parameter `device`, which `fit` follows, stays as it was saved.

    Returns
    -------
    estimator : VaDEClustering or GMVAEClustering
        Fitted. On the same machine and device it gives, bit for bit, the answers of the estimator
        that was saved.

    Raises
    ------
    ValueError
        If the file is damaged, truncated, of another program or a newer format, or inconsistent;
        the message says what was expected and what came. If `device` is not there.
    OSError
        If the file cannot be read: FileNotFoundError, PermissionError, IsADirectoryError.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import make_blobs
    >>> from sklearn_gmvae import VaDEClustering, load
    >>> X, _ = make_blobs(n_samples=150, centers=3, n_features=5, random_state=0)
    >>> vade = VaDEClustering(n_clusters=3, random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     vade.save(f"{folder}/vade.safetensors")
    ...     loaded = load(f"{folder}/vade.safetensors")
    >>> bool((loaded.predict(X) == vade.labels_).all())
    True
    """
    device = resolve_device(device)
    try:
        header, arrays = read_array_file(path)
        name = header.get("class")
        if not isinstance(name, str) or name not in CLASSES:
            raise ValueError(f"its class should be one of {[*CLASSES]}, but is {name!r:.80}.")
        estimator_class = CLASSES[name]
        known = estimator_class._get_param_names()
        parameters, state = unpack(header, arrays, estimator_class._model_class, set(known))
    except ValueError as error:
        raise ValueError(f"Cannot load {os.fspath(path)!r}: {error}") from error
    # Parameters that are newer than the file take their defaults.
    estimator = estimator_class(**parameters)
    estimator.__setstate__({**vars(estimator), **state, "device_": str(device)})
    return estimator
