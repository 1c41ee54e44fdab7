# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""From the ``device`` parameter to a torch.device that is there."""

import torch


def resolve_device(device: str | torch.device) -> torch.device:
    """ "auto" is CUDA where there is one, else the CPU; a named device must be there."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        resolved = torch.device(device)
    except RuntimeError as error:
        raise ValueError(
            f"device={device!r} is not a device that torch knows. "
            "Use 'auto', 'cpu', 'cuda' or 'cuda:<index>'."
        ) from error
    if resolved.type not in ("cpu", "cuda"):
        raise ValueError(
            f"device={device!r} is not supported: the mixture arithmetic needs float64. "
            "Use 'auto', 'cpu' or 'cuda'."
        )
    if resolved.type == "cuda":
        n_devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (resolved.index or 0) >= n_devices:
            raise ValueError(
                f"device={device!r} was asked for, but torch finds {n_devices} CUDA device(s) "
                "here. Use device='auto' to take what is there, or device='cpu'."
            )
    return resolved
