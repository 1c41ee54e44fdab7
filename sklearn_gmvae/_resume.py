# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which files are the checkpoints of a fit: named by a fingerprint of all that decides it."""

from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch

from sklearn_gmvae import training
from sklearn_gmvae._callbacks import who_may_stop
from sklearn_gmvae._design import Design
from sklearn_gmvae._version import METHOD, __version__
from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.utils import fingerprint

# The code that decides what a fit gives; the rest only looks at it.
CODE = ("*.py", "metrics/*.py", "models/**/*.py", "training/*.py", "utils/*.py")


def checkpoints_of_fit(
    estimator,
    X: training.Rows,
    shard: training.Shard,
    design: Design,
    recipe: training.Recipe,
    device: torch.device,
    warm_model: DeepMixture | None,
    n_runs: int,
) -> list[training.Checkpoint]:
    """A checkpoint for each run of a fit, the same as in any process that begins the same fit.

    The same are X (of each rank), the model and the recipe that the parameters have been resolved
    to, a model to go on with, `random_state`, the kind of device, callbacks that may stop training
    and the code. With ``random_state=None`` fits that differ by nothing else are one.
    """
    if estimator.checkpoint is None:
        return [training.NO_CHECKPOINT] * n_runs
    # Not the map of X's units: another machine, which may go on as well, would round it otherwise.
    augment = recipe.augment and (recipe.augment.change, recipe.augment.image_shape)
    own = fingerprint(
        f"{type(estimator).__module__}.{type(estimator).__qualname__}",
        X,
        {f.name: getattr(design, f.name) for f in fields(design) if f.name != "unit_map"},
        (replace(recipe, augment=None), augment),
        None if warm_model is None else (training.export_weights(warm_model), design.unit_map),
        estimator.random_state,
        n_runs,
        device.type,
        who_may_stop(estimator),
        (__version__, METHOD, fingerprint_of_code()),
    )
    of_ranks = shard.ranks.gather(np.frombuffer(bytes.fromhex(own), np.uint8)[None])
    identity = fingerprint(of_ranks)
    name = f"{type(estimator).__name__}-{identity}"
    return [
        training.Checkpoint(
            Path(estimator.checkpoint).absolute() / f"{name}-{i + 1}-of-{n_runs}.safetensors",
            f"{identity} {i}",
            device,
            shard.ranks,
        )
        for i in range(n_runs)
    ]


@cache
def fingerprint_of_code() -> str:
    """Of the package's sources, where they are files: METHOD counts what alters a fit beyond
    rounding, and a checkpoint must also fit to what the code takes for its state."""
    package = Path(__file__).parent
    return fingerprint(
        {
            str(path.relative_to(package)): path.read_bytes()
            for pattern in CODE
            for path in package.glob(pattern)
        }
    )
