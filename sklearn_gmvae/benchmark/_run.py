# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""One fit measured, and many of them into a results file of JSON lines."""

import ast
import hashlib
import json
import os
import platform
import time
import warnings
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from sklearn_gmvae._version import __version__
from sklearn_gmvae.benchmark._data import DATA
from sklearn_gmvae.benchmark._estimators import ESTIMATORS
from sklearn_gmvae.metrics import clustering_accuracy, majority_accuracy


def measure(estimator, X, y) -> dict:
    """Fit the estimator and compare its labels with y, which the fit never sees.

    Returns
    -------
    record : dict
        JSON-ready: `accuracy` (Hungarian), `majority_accuracy`, `nmi`, `ari`, `seconds`,
        `cluster_sizes`, `params`, `warnings`, and where the estimator has them
        `lower_bound` (nats a row) and `n_iter`.
    """
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        labels = estimator.fit_predict(X)
    record = {
        "seconds": round(time.perf_counter() - started, 3),
        "accuracy": clustering_accuracy(y, labels),
        "majority_accuracy": majority_accuracy(y, labels),
        "nmi": normalized_mutual_info_score(y, labels),
        "ari": adjusted_rand_score(y, labels),
        "cluster_sizes": np.bincount(labels).tolist(),
        "class": type(estimator).__name__,
        "params": plain_params(estimator),
        "warnings": sorted({str(w.message) for w in caught}),
    }
    if hasattr(estimator, "lower_bound_"):
        record |= {"lower_bound": float(estimator.lower_bound_), "n_iter": estimator.n_iter_}
    return record


def run(data: Iterable[str], estimators: Iterable[str], n_seeds: int, out: Path) -> Iterator[dict]:
    """Fit every estimator on every data set with seeds 0, 1, ...; K is the number of classes.

    Each record is appended to ``out`` as soon as it is there, and a run that the file already
    holds, of the same code with the same parameters, is not repeated: a kill loses the run in
    flight only. Yields the records of the runs asked for, old and new.
    """
    finished = {_key(record): record for record in read_results(out)}
    code = code_digest()
    for data_name in data:
        X, y = DATA[data_name]()
        for seed in range(n_seeds):
            for name in estimators:
                estimator = ESTIMATORS[name](len(np.unique(y)), random_state=seed)
                key = (data_name, name, seed, code, json.dumps(plain_params(estimator)))
                if key not in finished:
                    record = {
                        "data": data_name,
                        "estimator": name,
                        "seed": seed,
                        "n_samples": len(X),
                        **measure(estimator, X, y),
                        "code": code,
                        "versions": versions(),
                        "machine": machine(),
                    }
                    append_result(out, record)
                    finished[key] = record
                yield finished[key]


def read_results(path: Path) -> list[dict]:
    """The records of a results file; none if it does not exist. A last line that a kill cut
    short is left out."""
    if not path.exists():
        return []
    records = []
    for line in path.read_text().splitlines():
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return records


def append_result(path: Path, record: dict) -> None:
    """Append one record as a line of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if file.tell() and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n":
            file.write(b"\n")  # after a line that a kill cut short
        file.write(json.dumps(record).encode() + b"\n")


def versions() -> dict[str, str]:
    packages = ("torch", "scikit-learn", "numpy", "scipy")
    return {
        "sklearn_gmvae": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def machine() -> dict:
    return {
        "processor": _processor(),
        "n_cpus": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def code_digest() -> str:
    """A fingerprint of what decides a fit's result: the code of estimators, training and models,
    without docstrings and comments."""
    package = Path(__file__).parents[1]
    files = [
        *package.glob("_*.py"),
        *package.glob("training/*.py"),
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


def plain_params(estimator) -> dict:
    """The estimator's parameters as JSON can hold them."""
    plain = (bool, int, float, str, type(None))
    return {k: v if isinstance(v, plain) else repr(v) for k, v in estimator.get_params().items()}


def _key(record: dict) -> tuple:
    params = json.dumps(record["params"])
    return record["data"], record["estimator"], record["seed"], record.get("code"), params
