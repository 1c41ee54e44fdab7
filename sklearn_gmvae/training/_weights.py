# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model as numpy arrays, which know neither torch nor a device, and back."""

import numpy as np
import torch

from sklearn_gmvae.models import DeepMixture


def export_weights(model: DeepMixture) -> dict[str, np.ndarray]:
    """Every weight by its name; of a model on the CPU they share its memory."""
    return {name: tensor.cpu().numpy() for name, tensor in model.state_dict().items()}


def weight_shapes(
    model_class: type[DeepMixture], architecture: dict
) -> dict[str, tuple[np.dtype, tuple[int, ...]]]:
    """dtype and shape of every weight of a fitted model, without room for one being taken."""
    with torch.device("meta"):
        model = _unfilled(model_class, architecture)
    return {
        name: (np.dtype(str(tensor.dtype).removeprefix("torch.")), tuple(tensor.shape))
        for name, tensor in model.state_dict().items()
    }


def build_model(
    model_class: type[DeepMixture],
    architecture: dict,
    weights: dict[str, np.ndarray],
    device: torch.device,
) -> DeepMixture:
    """The model with these weights, ready to answer on ``device``."""
    model = _unfilled(model_class, architecture)
    # joblib may hand over read-only memory maps, of which torch would warn.
    state = {
        name: torch.from_numpy(array if array.flags.writeable else array.copy())
        for name, array in weights.items()
    }
    model.load_state_dict(state)
    return model.to(device).eval()


def _unfilled(model_class: type[DeepMixture], architecture: dict) -> DeepMixture:
    model = model_class(**architecture, generator=torch.Generator("cpu"))
    model.prior.double()  # as training leaves it
    return model
