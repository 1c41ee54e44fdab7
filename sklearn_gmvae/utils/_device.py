# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Devices: which are there, and what they can do."""

import torch


def resolve_device(device: str | torch.device) -> torch.device:
    """ "auto" is CUDA where there is one, else the CPU; a named device must be there."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        resolved = torch.device(device)
    except (RuntimeError, TypeError) as error:
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


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions that multiply bfloat16 (AMX or AVX512-BF16; tensor
    cores), rather than only software that imitates them."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    # torch has named these tests privately and differently; absent means not known to be there.
    tests = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, test, bool)() for test in tests)


def free_memory(device: torch.device) -> int:
    """Bytes that are free in a device's own memory; 0 where it has none, as the CPU."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 0
