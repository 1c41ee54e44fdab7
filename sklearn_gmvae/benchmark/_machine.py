# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where a figure was measured: versions, processor, memory, and the code itself."""

import ast
import contextlib
import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from sklearn_gmvae._version import __version__
from sklearn_gmvae.utils import multiplies_bfloat16


def versions() -> dict[str, str]:
    known = {"sklearn_gmvae": __version__, "python": platform.python_version()}
    for name in ("torch", "scikit-learn", "numpy", "scipy", "clustpy"):
        with contextlib.suppress(PackageNotFoundError):
            known[name] = version(name)
    return known


def machine() -> dict:
    return {
        "processor": _processor(),
        "n_cpus": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "bfloat16": multiplies_bfloat16(torch.device("cpu")),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def reset_peak_memory() -> None:
    """Let `peak_memory_mb` count from now on (Linux; elsewhere nothing happens)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_mb() -> float | None:
    """Largest resident memory of the process, X and libraries included, in 1e6 bytes; None where
    the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    for line in status.read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) * 1024 / 1e6, 1)
    return None


def code_digest() -> str:
    """A fingerprint of the code that fits: of estimators, training, models and baselines, without
    docstrings and comments."""
    package = Path(__file__).parents[1]
    files = [
        *(
            package / name
            for name in (
                "_base.py",
                "_described.py",
                "_design.py",
                "_fitted.py",
                "_vade.py",
                "_gmvae.py",
            )
        ),
        package / "benchmark" / "_baselines.py",
        *package.glob("training/*.py"),
        *package.glob("utils/*.py"),
        *package.rglob("models/**/*.py"),
    ]
    digest = hashlib.sha256()
    for path in sorted(files):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            documented = ast.Module, ast.ClassDef, ast.FunctionDef
            if isinstance(node, documented) and ast.get_docstring(node) is not None:
                node.body = node.body[1:]
        digest.update(f"{path.relative_to(package).as_posix()} {ast.dump(tree)}".encode())
    return digest.hexdigest()[:12]
