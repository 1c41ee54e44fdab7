# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Entries removed at random: clusters and imputed values, beside those after an imputer.

Each contestant gets the same X with the same holes. "mean" (SimpleImputer) and "iterative"
(IterativeImputer within each column's observed range) fill them, and the same estimator clusters
what they made; "knn" (KNNImputer) only fills.
"""

import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.metrics import adjusted_rand_score

from sklearn_gmvae._version import METHOD
from sklearn_gmvae.benchmark._data import load
from sklearn_gmvae.benchmark._estimators import ESTIMATORS
from sklearn_gmvae.benchmark._machine import machine, versions
from sklearn_gmvae.benchmark._results import append_result, read_results
from sklearn_gmvae.benchmark._rst import list_table
from sklearn_gmvae.benchmark._run import digest_of
from sklearn_gmvae.training import choose_likelihood

MISSING_DATA = ("iris", "wine", "breast_cancer", "digits", "pendigits")
SHARES = (0.1, 0.3, 0.5)


def _iterative(X: np.ndarray, seed: int) -> IterativeImputer:
    low, high = np.nanmin(X, axis=0), np.nanmax(X, axis=0)
    # Of constant columns, such as the corners of digits, the range would be refused.
    high = np.maximum(high, np.nextafter(low, np.inf))
    return IterativeImputer(random_state=seed, min_value=low, max_value=high)


IMPUTERS: Mapping[str, Callable] = {
    "mean": lambda X, seed: SimpleImputer(),
    "iterative": _iterative,
    "knn": lambda X, seed: KNNImputer(),
}
THEN_CLUSTERED = ("mean", "iterative")


def run_missing(
    data: Iterable[str],
    estimators: Iterable[str],
    shares: Iterable[float],
    n_seeds: int,
    out: Path,
) -> Iterator[dict]:
    """Measure every contestant on every data set, share of entries removed and seed 0, 1, ...

    Each record is appended to ``out`` as soon as it is there, and one that the file already holds,
    of the same method, is not repeated. The likelihood is what "auto" stands for on the whole X,
    for all contestants: an imputer's values may leave the range of X.

    Parameters
    ----------
    data, estimators : iterable of str
        Keys of `DATA` or files NAME.npz; "vade", "gmvae".
    shares : iterable of float
        Of the entries, removed independently.
    n_seeds : int
    out : Path

    Yields
    ------
    record : dict
        Of each run asked for, old or new, by data set, share, seed and contestant. JSON-ready:
        `benchmark`, `data`, `data_digest`, `share`, `seed`, `contestant`, `method`, `ari` if it
        clusters, `rmse` of the removed entries in units of each column's standard deviation
        (constant columns left out), `seconds`, `warnings`, `versions` and `machine`.

    Raises
    ------
    OSError
        If a data set is not there or cannot be fetched.
    ValueError
        If a name is that of no data set, or a data set is not as it should be.
    """
    contestants = [
        ("knn", None, "knn"),
        *((name, name, None) for name in estimators),
        *((f"{i} + {name}", name, i) for name in estimators for i in THEN_CLUSTERED),
    ]
    finished = {_key(r): r for r in read_results(out) if r.get("benchmark") == "missing"}
    for name in data:
        X, y = load(name)
        digest = digest_of(X)
        for share in shares:
            for seed in range(n_seeds):
                removed = np.random.RandomState(seed).random_sample(X.shape) < share
                for contestant, estimator, imputer in contestants:
                    identity = {
                        "benchmark": "missing",
                        "data": name,
                        "data_digest": digest,
                        "share": share,
                        "seed": seed,
                        "contestant": contestant,
                        "method": METHOD,
                    }
                    if _key(identity) not in finished:
                        record = {
                            **identity,
                            **compete(X, y, removed, estimator, imputer, seed),
                            "versions": versions(),
                            "machine": machine(),
                        }
                        append_result(out, record)
                        finished[_key(record)] = record
                    yield finished[_key(identity)]


def compete(
    X: np.ndarray,
    y: np.ndarray,
    removed: np.ndarray,
    estimator: str | None,
    imputer: str | None,
    seed: int,
) -> dict:
    """One contestant: `ari` against y if it clusters, `rmse` of the removed entries in units of
    each column's standard deviation (constant columns left out), `seconds`."""
    holes = np.where(removed, np.nan, X)
    result: dict = {}
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        filled = holes if imputer is None else IMPUTERS[imputer](holes, seed).fit_transform(holes)
        if estimator is not None:
            fitted = ESTIMATORS[estimator](
                len(np.unique(y)), likelihood=choose_likelihood(X), random_state=seed
            )
            result["ari"] = adjusted_rand_score(y, fitted.fit_predict(filled))
            if imputer is None:
                filled = fitted.impute(holes)
    scale = X.std(0)
    judged = removed & (scale > 0)
    errors = ((filled - X) / np.where(scale > 0, scale, 1.0))[judged]
    return {
        **result,
        "rmse": float(np.sqrt(np.mean(errors**2))),
        "seconds": round(time.perf_counter() - started, 3),
        "warnings": sorted({str(w.message) for w in caught}),
    }


def missing_table(records: list[dict]) -> str:
    """Mean ARI and mean error of imputation over the seeds, of the estimator alone and after
    imputers; the best carry a star. The last line counts where the estimator alone is ahead.

    Raises
    ------
    ValueError
        If there are no such records.
    """
    cells = missing_means(records)
    rivals = [("ari", i) for i in THEN_CLUSTERED] + [("rmse", i) for i in (*THEN_CLUSTERED, "knn")]
    titles = {"ari": "ARI", "rmse": "error"}
    columns = [("ari", ""), *rivals[:2], ("rmse", ""), *rivals[2:]]
    lines = [
        ["Data", "Removed", "Estimator", "Seeds", *(f"{titles[m]} {i}".strip() for m, i in columns)]
    ]
    ahead: dict = defaultdict(list)
    for (data, share, name), (n_seeds, values) in cells.items():
        for measure, imputer in rivals:
            if (measure, imputer) in values:
                difference = values[measure, ""] - values[measure, imputer]
                ahead[measure, imputer].append(
                    difference > 0 if measure == "ari" else difference < 0
                )
        best = {
            measure: choose(v for (m, _), v in values.items() if m == measure)
            for measure, choose in (("ari", max), ("rmse", min))
        }
        lines.append(
            [data, f"{share:.0%}", name, str(n_seeds)]
            + [
                f"{values[c]:.3f}{' *' if values[c] == best[c[0]] else ''}" if c in values else ""
                for c in columns
            ]
        )
    counts = [f"{sum(ahead[c])} of {len(ahead[c])}" if c in ahead else "" for c in columns]
    return list_table([*lines, ["ahead of", "", "", "", *counts]])


def missing_means(records: list[dict]) -> dict:
    """By data set, share and estimator: the number of seeds, and the means over them by measure
    and imputer ("": none), of what was measured with the newest method."""
    last = {_key(r): r for r in records if r.get("benchmark") == "missing"}
    if not last:
        raise ValueError(
            "No records of missing values: run `python -m sklearn_gmvae benchmark missing` first."
        )
    newest = max(r["method"] for r in last.values())
    found = defaultdict(list)
    for r in last.values():
        if r["method"] == newest:
            for measure in ("ari", "rmse"):
                if measure in r:
                    where = (r["data"], r["share"], r["contestant"], measure)
                    found[where].append(r[measure])
    means = {}
    for data, share, contestant, _ in found:
        if contestant not in ESTIMATORS:
            continue
        names = {"": contestant, "knn": "knn"}
        names |= {i: f"{i} + {contestant}" for i in THEN_CLUSTERED}
        values = {
            (measure, imputer): float(np.mean(found[data, share, name, measure]))
            for imputer, name in names.items()
            for measure in ("ari", "rmse")
            if (data, share, name, measure) in found
        }
        means[data, share, contestant] = (len(found[data, share, contestant, "ari"]), values)
    return means


def _key(record: dict) -> tuple:
    return tuple(
        record[name] for name in ("data", "data_digest", "share", "seed", "contestant", "method")
    )
