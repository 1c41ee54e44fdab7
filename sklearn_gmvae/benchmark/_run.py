# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Many fits measured, into a results file."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import joblib
import numpy as np
from scipy.sparse import issparse

from sklearn_gmvae.benchmark._data import TRAINING_ROWS, load
from sklearn_gmvae.benchmark._estimators import DEVIATIONS, ESTIMATORS, PAPER
from sklearn_gmvae.benchmark._machine import code_digest, machine, versions
from sklearn_gmvae.benchmark._measure import measure, plain_params
from sklearn_gmvae.benchmark._method import method_of
from sklearn_gmvae.benchmark._results import append_result, read_results
from sklearn_gmvae.benchmark._ways import WAYS


def run(
    data: Iterable[str],
    estimators: Iterable[str],
    n_seeds: int,
    out: Path,
    *,
    config: str = "default",
    protocol: str = "all",
    settings: Mapping | None = None,
) -> Iterator[dict]:
    """Fit every estimator on every data set with seeds 0, 1, ...; K is the number of classes.

    Each record is appended to ``out`` as soon as it is there, and a run that the file already
    holds, with the same parameters, of the last method to alter it or a later one, is not repeated:
    a kill loses the run in flight only.

    Parameters
    ----------
    data, estimators : iterable of str
        Keys of `DATA` or files NAME.npz; keys of `ESTIMATORS`.
    n_seeds : int
    out : Path
    config : {"default", "paper"}
        The estimators as shipped, or with each paper's recipe as far as the contracts allow.
    protocol : {"all", "split", "held-out", "chunks", "ranks"}
        Fit and judge on all rows; or fit on the data set's training rows and judge on its test
        rows; or fit on four fifths of the rows, the same at every seed, and judge on the others; or
        on all rows, which `partial_fit` has in chunks, or each of two processes has half of.
    settings : mapping, default=None
        Parameters that differ from the defaults, such as ``{"n_clusters": 16}``.

    Yields
    ------
    record : dict
        Of each run asked for, old or new, by data set, seed and estimator. JSON-ready: what
        `measure` returns, and `data`, `estimator`, `seed`, `config`, `protocol`, `method`,
        `data_digest`, `code`, `settings`, `deviations` from the paper's recipe, `n_samples`,
        `n_classes`, `versions` and `machine`.

    Raises
    ------
    OSError
        If a data set is not there or cannot be fetched.
    ValueError
        If a name is that of no data set, a data set is not as it should be or has no published
        split, or an estimator has no paper's recipe, lacks the package that it needs or does not
        take the settings.
    """
    estimators = list(estimators)
    finished = {_key(r): r for r in read_results(out) if r.get("estimator") in estimators}
    code = code_digest()
    for data_name in data:
        X, y = load(data_name)
        training_rows, judged_rows = split_rows(data_name, len(y), protocol)
        way = protocol if protocol in WAYS else None
        digest = digest_of(X)
        for seed in range(n_seeds):
            for name in estimators:
                if config == "paper" and name not in PAPER:
                    raise ValueError(f"--config paper: no paper has a recipe for {name}.")
                chosen = {**(PAPER[name] if config == "paper" else {}), **(settings or {})}
                asked = {"n_clusters": len(np.unique(y)), "random_state": seed, **chosen}
                try:
                    estimator = ESTIMATORS[name](asked.pop("n_clusters"), **asked)
                except TypeError as error:
                    raise ValueError(f"{name} cannot be set so: {error}") from error
                if way is not None and not hasattr(estimator, "partial_fit"):
                    raise ValueError(f"--protocol {protocol}: {name} cannot be fitted so.")
                identity = {
                    "data": data_name,
                    "estimator": name,
                    "seed": seed,
                    "config": config,
                    "protocol": protocol,
                    "params": plain_params(estimator),
                    "method": method_of(estimator),
                    "data_digest": digest,
                }
                record = finished.get(_key(identity))
                if record is None or record.get("method", 0) < identity["method"]:
                    record = {
                        **identity,
                        "code": code,
                        "settings": chosen,
                        "deviations": DEVIATIONS[name] if config == "paper" else [],
                        "n_samples": len(y),
                        "n_classes": len(np.unique(y)),
                        **measure(estimator, X, y, training_rows, judged_rows, way),
                        "versions": versions(),
                        "machine": machine(),
                    }
                    append_result(out, record)
                    finished[_key(record)] = record
                yield record


def split_rows(data: str, n: int, protocol: str) -> tuple:
    """Rows to fit on and rows to judge on; (None, None) for all."""
    if protocol == "all" or protocol in WAYS:
        return None, None
    if protocol == "held-out":
        order = np.random.RandomState(0).permutation(n)
        return np.sort(order[n // 5 :]), np.sort(order[: n // 5])
    if data not in TRAINING_ROWS:
        raise ValueError(
            f"--protocol split: {data} has no published split into training and test "
            f"rows; {', '.join(TRAINING_ROWS)} have. --protocol held-out draws one."
        )
    return slice(TRAINING_ROWS[data]), slice(TRAINING_ROWS[data], None)


def digest_of(X) -> str:
    """The same for equal X in every process: twelve hexadecimal digits."""
    if issparse(X):
        return joblib.hash((X.shape, X.data, X.indices, X.indptr))[:12]
    if not isinstance(X, np.ndarray):
        return joblib.hash(X.to_csv())[:12]
    return hashlib.sha256(np.ascontiguousarray(X).data).hexdigest()[:12]


def _key(record: dict) -> tuple:
    """What makes a run another run."""
    settings = (record.get("config", "default"), record.get("protocol", "all"))
    # Without defaults, so that a parameter that is new to the package makes no run another one.
    defaults = plain_params(ESTIMATORS[record["estimator"]](2))
    params = json.dumps({n: v for n, v in record["params"].items() if defaults.get(n) != v})
    digest = record.get("data_digest")
    return (record["data"], record["estimator"], record["seed"], *settings, params, digest)
