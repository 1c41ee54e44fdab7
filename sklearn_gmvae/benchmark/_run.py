# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""One fit measured, and many of them into a results file of JSON lines."""

import hashlib
import json
import os
import string
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.mixture import GaussianMixture

from sklearn_gmvae import VaDEClustering, training
from sklearn_gmvae._version import (
    METHOD,
    METHOD_OF_COUNTS,
    METHOD_OF_HOLES,
    METHOD_OF_ONE_UNIT,
    METHOD_OF_WHOLE_ROWS,
    METHOD_OF_WORDS,
)
from sklearn_gmvae.benchmark._baselines import CodesThenClusters
from sklearn_gmvae.benchmark._data import TRAINING_ROWS, load
from sklearn_gmvae.benchmark._estimators import DEVIATIONS, ESTIMATORS, PAPER
from sklearn_gmvae.benchmark._machine import (
    code_digest,
    machine,
    peak_memory_mb,
    reset_peak_memory,
    versions,
)
from sklearn_gmvae.benchmark._ways import WAYS, rows_of
from sklearn_gmvae.metrics import (
    clustering_accuracy,
    confident_sample_accuracy,
    majority_accuracy,
    neighbor_modularity,
)

COUNTS = ("negative_binomial", "poisson")
LABELS_KEPT = 1_000
DENSE_ROWS = 1_000
ALPHABET = string.digits + string.ascii_letters


def measure(estimator, X, y, training_rows=None, judged_rows=None, way=None) -> dict:
    """Fit the estimator and compare its labels with y, which the fit never sees.

    Parameters
    ----------
    estimator : clusterer
    X : ndarray, sparse array or data frame of shape (n, D)
    y : ndarray of shape (n,)
    training_rows, judged_rows : slice or ndarray of int, default=None
        Which rows to fit on and which rows' labels to judge; None: all.
    way : str, default=None
        Of fitting all rows, a key of `WAYS`; None: at once.

    Returns
    -------
    record : dict
        JSON-ready: `accuracy` (Hungarian), `majority_accuracy`, `nmi`, `ari`, `modularity`,
        `seconds` of fit and predict, `peak_memory_mb`, `cluster_sizes`, `labels_sample`,
        `params`, `warnings`, and where the estimator has them `confident_sample_accuracy`, `score`
        of the judged rows, `lower_bound` of those fitted (nats a row), `latent_bic`, `terms` of
        the ELBO in the last epoch, `n_iter` and `seconds_by_phase`. In chunks, `lower_bound` is the
        last chunk's in training; of two processes, their start is in `seconds`, their warnings and
        memory are not told.
    """
    reset_peak_memory()
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if judged_rows is None:
            fitted = judged = X
            if way is None:
                labels = estimator.fit_predict(X)
            else:
                estimator = WAYS[way](estimator, X)
                labels = estimator.predict(X)
        else:
            fitted, judged = rows_of(X, training_rows), rows_of(X, judged_rows)
            y = y[judged_rows]
            labels = estimator.fit(fitted).predict(judged)
    record = {
        "seconds": round(time.perf_counter() - started, 3),
        "peak_memory_mb": None if way == "ranks" else peak_memory_mb(),
        "accuracy": clustering_accuracy(y, labels),
        "majority_accuracy": majority_accuracy(y, labels),
        "nmi": normalized_mutual_info_score(y, labels),
        "ari": adjusted_rand_score(y, labels),
        "cluster_sizes": np.bincount(labels).tolist(),
        "labels_sample": labels_sample(labels),
        "modularity": _modularity(judged, labels),
        "class": type(estimator).__name__,
        "params": plain_params(estimator),
        "warnings": sorted({str(w.message) for w in caught}),
    }
    if hasattr(estimator, "predict_proba"):
        resp = _responsibilities(estimator, judged)
        record["confident_sample_accuracy"] = confident_sample_accuracy(y, resp)
    if hasattr(estimator, "history_"):
        bound = float(estimator.lower_bound_)
        record |= {
            "score": bound if judged is fitted and way is None else float(estimator.score(judged)),
            "latent_bic": latent_bic(estimator, fitted),
            "lower_bound": bound,
            "terms": {name: float(curve[-1]) for name, curve in estimator.history_.items()},
            "n_iter": estimator.n_iter_,
            "seconds_by_phase": estimator.fit_seconds_,
        }
    return record


def latent_bic(estimator, X) -> float | None:
    """Bayesian information criterion of the fitted mixture on the codes of X; lower is better.

    None where the latent prior is no mixture of Gaussians (GMVAE).
    """
    if not isinstance(estimator, VaDEClustering):
        return None
    Z = estimator.transform(X).astype(np.float64)
    K = len(estimator.means_)
    covariances = estimator.covariances_
    mixture = GaussianMixture(K, covariance_type=estimator.covariance_type)
    mixture.weights_, mixture.means_, mixture.covariances_ = (
        estimator.weights_, estimator.means_, covariances
    )  # fmt: skip
    if estimator.covariance_type in ("full", "tied"):
        factors = np.linalg.inv(np.linalg.cholesky(covariances))
        mixture.precisions_cholesky_ = factors.swapaxes(-1, -2)
    else:
        mixture.precisions_cholesky_ = covariances**-0.5
    return float(mixture.bic(Z))


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
        digest, traits = digest_of(X), traits_of(X)
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
                    "method": method_of(estimator, traits),
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


class Traits(NamedTuple):
    """What of X decides which methods have altered its fits.

    Attributes
    ----------
    misses : bool
        Whether an entry is missing.
    likelihood : str
        What "auto" stands for, of a data frame for its numbers.
    is_unit : bool
        Whether X is bytes, or within [0, 1].
    has_background : bool
        Whether columns are many and some of them one value in many rows.
    has_one_scale : bool
        Whether Gaussian columns have one: pixels, principal components.
    """

    misses: bool = False
    likelihood: str = ""
    is_unit: bool = False
    has_background: bool = False
    has_one_scale: bool = False


def traits_of(X) -> Traits:
    """Of an array, of CSR or of a data frame."""
    if hasattr(X, "isna"):
        misses = bool(X.isna().to_numpy().any())
        numbers = X.select_dtypes("number")
        is_plain = numbers.shape == X.shape and not misses  # and keeps its dtype, of bytes say
        X = numbers.to_numpy() if is_plain else numbers.to_numpy(dtype=float, na_value=np.nan)
    else:
        misses = bool(np.isnan(X.data if issparse(X) else X).any())
    if not X.size:
        return Traits(misses)
    likelihood = training.choose_likelihood(X)
    low, high = training.value_range(X)
    has_background = training.has_background(X)
    scales = training.standardizing_map(X).scale
    has_one_scale = bool(len(scales) > 1 and np.ptp(scales) == 0.0)
    return Traits(
        misses,
        likelihood,
        is_unit=bool(X.dtype == np.uint8 or (low >= 0.0 and high <= 1.0)),
        has_background=has_background,
        # flags of one length on a background have one by chance
        has_one_scale=has_one_scale and (not has_background or training.look_like_pixels(X)),
    )


def method_of(estimator, traits: Traits) -> int:
    """The last method to alter what such a fit gives: what was measured with it holds."""
    params = estimator.get_params()
    likelihood = params.get("likelihood")
    if isinstance(likelihood, dict):  # whose rest may have other traits than the whole
        return METHOD
    if isinstance(estimator, CodesThenClusters):
        likelihood = "auto"
    was_auto = likelihood == "auto"
    if was_auto:
        likelihood = traits.likelihood
        if likelihood == "bernoulli" and not traits.is_unit:
            return METHOD_OF_ONE_UNIT
    if likelihood == "gaussian" and traits.has_one_scale:
        return METHOD_OF_ONE_UNIT
    if likelihood == "gaussian" and traits.has_background:
        return METHOD
    if likelihood == "gaussian" and was_auto and traits.is_unit:
        return METHOD_OF_WORDS
    if likelihood in COUNTS and params.get("pretrain_iter") is None:
        return METHOD_OF_COUNTS
    return METHOD_OF_HOLES if traits.misses else METHOD_OF_WHOLE_ROWS


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


def _responsibilities(estimator, X) -> np.ndarray:
    if not issparse(X):
        return estimator.predict_proba(X)
    some = range(0, X.shape[0], DENSE_ROWS)
    return np.vstack([estimator.predict_proba(X[i : i + DENSE_ROWS].toarray()) for i in some])


def _modularity(X, labels: np.ndarray) -> float | None:
    """None where distances between rows mean nothing: among counts, words and categories."""
    return neighbor_modularity(X, labels) if isinstance(X, np.ndarray) else None


def labels_sample(labels: np.ndarray) -> str | None:
    """The labels of LABELS_KEPT rows, evenly spaced, a character each: enough to compare runs."""
    if labels.max() >= len(ALPHABET):
        return None
    return "".join(ALPHABET[k] for k in labels[:: -(-len(labels) // LABELS_KEPT)])


def last_of_cases(records: list[dict], benchmark: str) -> dict[str, dict]:
    """The last record of every case of the benchmark "speed" or "memory".

    Raises
    ------
    ValueError
        If there is none.
    """
    cases = {r["case"]: r for r in records if r.get("benchmark") == benchmark}
    if not cases:
        command = f"python -m sklearn_gmvae benchmark {benchmark}"
        raise ValueError(f"No {benchmark} records: run `{command}` first.")
    return cases


def read_results(path: Path) -> list[dict]:
    """The records of a results file; none if it does not exist.

    A last line that a kill cut short is left out, as is any other that is no JSON.

    Parameters
    ----------
    path : Path
        A file of JSON lines.

    Returns
    -------
    records : list of dict
        In the order of the file.
    """
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


def plain_params(estimator) -> dict:
    """The estimator's parameters as JSON can hold them, the same in every process."""
    plain = (bool, int, float, str, type(None))
    return {
        name: value if isinstance(value, plain) else getattr(value, "__qualname__", repr(value))
        for name, value in estimator.get_params().items()
    }


def _key(record: dict) -> tuple:
    """What makes a run another run."""
    settings = (record.get("config", "default"), record.get("protocol", "all"))
    # Without defaults, so that a parameter that is new to the package makes no run another one.
    defaults = plain_params(ESTIMATORS[record["estimator"]](2))
    params = json.dumps({n: v for n, v in record["params"].items() if defaults.get(n) != v})
    digest = record.get("data_digest")
    return (record["data"], record["estimator"], record["seed"], *settings, params, digest)
