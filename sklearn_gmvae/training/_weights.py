# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""How weights come about; a fitted model's as numpy arrays, which know neither torch nor a device,
and back."""

import math
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.utils import own_arithmetic

# float32: itself, its gradient and Adam's two moments.
BYTES_A_WEIGHT = 16


def seeded(device: torch.device, rng: np.random.RandomState) -> torch.Generator:
    """A generator of its own on ``device``."""
    return torch.Generator(device).manual_seed(int(rng.randint(2**31 - 1)))


def made_on_cpu(build_model: Callable[..., DeepMixture], generator: torch.Generator) -> DeepMixture:
    """A new model, on the CPU also where the user's default device is another.

    (Models are made on torch's default device, so that `weight_shapes` can have them on "meta".)
    """
    if torch.empty(0).device.type == "cpu":  # as it nearly always is: nothing to be set
        return build_model(generator=generator)
    with torch.device("cpu"):
        return build_model(generator=generator)


def export_weights(model: DeepMixture) -> dict[str, np.ndarray]:
    """Every weight by its name; of a model on the CPU they share its memory."""
    return {name: tensor.cpu().numpy() for name, tensor in model.state_dict().items()}


def weight_shapes(
    model_class: type[DeepMixture], architecture: dict[str, Any]
) -> dict[str, tuple[np.dtype, tuple[int, ...]]]:
    """dtype and shape of every weight of a fitted model, without room for one being taken."""
    with torch.device("meta"):
        model = _unfilled(model_class, architecture, torch.Generator("cpu"))
    return {
        name: (np.dtype(str(tensor.dtype).removeprefix("torch.")), tuple(tensor.shape))
        for name, tensor in model.state_dict().items()
    }


def check_room(model_class: type[DeepMixture], architecture: dict[str, Any]) -> None:
    """Raise ValueError where training would not fit into this machine's memory: some systems kill
    a process that takes more, without a word."""
    if not hasattr(os, "sysconf"):
        return
    room = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        shapes = [shape for _, shape in weight_shapes(model_class, architecture).values()]
        needed: float = BYTES_A_WEIGHT * sum(math.prod(shape) for shape in shapes)
    except (RuntimeError, OverflowError):  # more than torch can count
        needed = math.inf
    if needed > room:
        names = ("n_features", "hidden", "latent_dim", "style_dim", "n_clusters")
        sizes = ", ".join(f"{name}={architecture[name]}" for name in names if name in architecture)
        raise ValueError(
            f"Training a model with {sizes} takes {needed / 1e9:,.0f} GB of memory or more, but "
            f"this machine has {room / 1e9:,.0f}. Lower the largest of them."
        )


@own_arithmetic()
def build_model(
    model_class: type[DeepMixture],
    architecture: dict[str, Any],
    weights: dict[str, np.ndarray],
    device: torch.device,
) -> DeepMixture:
    """The model with these weights, ready to answer on ``device``."""
    model = made_on_cpu(partial(_unfilled, model_class, architecture), torch.Generator("cpu"))
    # joblib may hand over read-only memory maps, of which torch would warn.
    state = {
        name: torch.from_numpy(array if array.flags.writeable else array.copy())
        for name, array in weights.items()
    }
    model.load_state_dict(state)
    return model.to(device).eval()


def _unfilled(
    model_class: type[DeepMixture], architecture: dict[str, Any], generator: torch.Generator
) -> DeepMixture:
    model = model_class(**architecture, generator=generator)
    model.prior.double()  # as training leaves it
    return model
