# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Every kind of fit on every kind of data: it fits, says clearly why not, or is wrong."""

import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.benchmark._machine import code_digest, versions
from sklearn_gmvae.benchmark._odd_data import DATA, rows
from sklearn_gmvae.benchmark._results import append_result, read_results
from sklearn_gmvae.benchmark._rst import list_table

FITS, CLEAR_ERROR, WRONG = "fits", "clear error", "wrong"

SMALL = {
    "latent_dim": 3, "hidden_layer_sizes": (8,), "pretrain_iter": 4, "max_iter": 3,
    "random_state": 0, "device": "cpu",
}  # fmt: skip
SMALL_PICTURES = {"network": "conv", "hidden_layer_sizes": ((3, 3, 2), 8)}


def _vade(**parameters):
    return lambda: VaDEClustering(2, **{**SMALL, **parameters})


def _gmvae(**parameters):
    return lambda: GMVAEClustering(2, **{**SMALL, "style_dim": 2, **parameters})


ROBUST_FITS: dict[str, Callable] = {
    "VaDE": _vade(),
    "tied, k-means": _vade(covariance_type="tied", init_params="kmeans"),
    "diag, gmm, bfloat16": _vade(
        covariance_type="diag", init_params="gmm", precision="bfloat16"
    ),
    "spherical, random, early stopping": _vade(
        covariance_type="spherical", init_params="random", early_stopping=True,
        validation_fraction=0.3,
    ),
    "bernoulli, two runs": _vade(likelihood="bernoulli", n_init=2),
    "gaussian, in X's units": _vade(likelihood="gaussian", standardize=False),
    "GMVAE": _gmvae(),
    "GMVAE, two draws, lambda": _gmvae(
        n_mc_samples=2, min_information=0.2, init_params="merge", activation="tanh"
    ),
    "GMVAE, pictures": _gmvae(**SMALL_PICTURES, augment="image"),
    "GMVAE, chunks": _gmvae(pretrain_iter=1),
}  # fmt: skip


# What a fit says of tables that are not for it.
REFUSED = {
    "bernoulli, two runs": "has texts or categories, for which likelihood='bernoulli' is none",
    "gaussian, in X's units": "has texts or categories, for which likelihood='gaussian' is none",
    "GMVAE, pictures": "takes a row for a picture, but likelihood makes columns categories",
}


def run_robustness(out: Path) -> Iterator[dict]:
    """Every fit on every X that the file does not have yet of this code; one record each.

    Each record is appended to ``out`` as soon as it is there.

    Parameters
    ----------
    out : Path
        Results file of JSON lines; it is made if it is not there.

    Yields
    ------
    record : dict
        JSON-ready: `benchmark`, `fit` (a key of `ROBUST_FITS`), `data` (a key of `ODD_DATA`),
        `outcome` and `said` as `judge` returns them, `code` and `versions`.

    Raises
    ------
    ImportError
        If pandas or polars is not installed, which some X are made with.
    """
    code = code_digest()
    known = {
        (record["fit"], record["data"])
        for record in read_results(out)
        if record.get("code") == code
    }
    for name in DATA:
        for fit in ROBUST_FITS:
            if (fit, name) in known:
                continue
            chunks = 5 if fit == "GMVAE, chunks" else 0
            X = DATA[name].make(rows())
            error = DATA[name].error if not chunks or DATA[name].is_error_of_chunks else ""
            allowed = REFUSED.get(fit, "")
            outcome, said = judge(ROBUST_FITS[fit](), X, error, allowed, chunks=chunks)
            record = {
                "benchmark": "robustness", "fit": fit, "data": name, "outcome": outcome,
                "said": said, "code": code, "versions": versions(),
            }  # fmt: skip
            append_result(out, record)
            yield record


def judge(estimator, X, error: str = "", allowed: str = "", *, chunks: int = 0) -> tuple[str, str]:
    """What came of a fit of X, and what was said: the error, the warning, or what is wrong.

    Parameters
    ----------
    estimator : VaDEClustering or GMVAEClustering
        It is fitted; with ``augment="image"`` its `image_shape` is set to that of strips of one
        line.
    X : object
        What is given to `fit`, good or bad.
    error : str, default=""
        Regular expression of the error that should come, "" if none should. Then two are expected
        all the same: of values beyond 1e9 with ``standardize=False``, and of chunks with too few
        distinct rows.
    allowed : str, default=""
        Regular expression of an error that may come, "" if none may.
    chunks : int, default=0
        How often X comes as a chunk of `partial_fit`; 0: `fit`.

    Returns
    -------
    outcome : {"fits", "clear error", "wrong"}
        "clear error" is a ValueError or TypeError that is expected or allowed. "wrong" is any
        other error, one that is expected and does not come, a warning that is no
        ConvergenceWarning, or an answer of the fitted estimator that is not as it must be.
    said : str
        The first warning of a fit that is right, "" if it gave none; else the error or the faults.
        Long ones are cut.
    """
    shape = X.shape if hasattr(X, "shape") else np.shape(X)
    if estimator.augment == "image":
        # Rows as strips of one line: any number of features is a picture.
        n_features = shape[1] if len(shape) == 2 else 0
        estimator.set_params(image_shape=(1, 1, max(n_features, 1)))
    if not error and not estimator.standardize and _peak(X) > 1e9:
        error = "Expected X within 1e\\+09 of zero for standardize=False"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if chunks:
                for _ in range(chunks):
                    estimator.partial_fit(X)
                # Too few distinct rows are an error of `predict` only: more may come.
                if not hasattr(estimator, "labels_"):
                    error = error or "has seen [0-9]+ distinct rows"
                    estimator.predict(X)
            else:
                estimator.fit(X)
        except (ValueError, TypeError) as raised:
            said = re.sub(r"\s+", " ", str(raised))[:160]
            # scikit-learn says TypeError where X is of a kind that it never takes.
            known = "|".join(filter(None, (error, allowed)))
            return (CLEAR_ERROR if known and re.search(known, str(raised)) else WRONG), said
        except Exception as raised:
            return WRONG, f"{type(raised).__name__}: {raised}"[:160]
        if error:
            return WRONG, f"no error, expected {error!r}"
        faults = [*_faults(estimator, X, chunks=bool(chunks))]
    faults += [
        f"{w.category.__name__}: {w.message}"
        for w in caught
        if not issubclass(w.category, ConvergenceWarning)
    ]
    if faults:
        return WRONG, "; ".join(faults)[:300]
    return FITS, str(caught[0].message)[:160] if caught else ""


def _peak(X) -> float:
    """Largest absolute value; 0 of what are no numbers."""
    try:
        values = np.asarray(X.toarray() if sparse.issparse(X) else X, dtype=float)
    except (TypeError, ValueError):
        return 0.0
    return float(np.nan_to_num(np.abs(values), posinf=0.0).max(initial=0.0))


def _is_finite(answer) -> bool:
    """Whether there is a value everywhere, and none of them is infinite."""
    if not hasattr(answer, "columns"):
        return bool(np.isfinite(answer).all())
    columns = (np.asarray(answer[name]) for name in answer.columns)
    return all(
        np.isfinite(c).all() if c.dtype.kind in "biuf" else not any(v is None or v != v for v in c)
        for c in columns
    )


def _faults(estimator, X, chunks: bool) -> Iterator[str]:
    """What of a fitted estimator's answers is not as it must be."""
    dense = X.toarray() if sparse.issparse(X) else X
    K, labels = estimator.n_clusters, estimator.predict(X)
    found = {
        "predict_proba": estimator.predict_proba(dense),
        "transform": estimator.transform(X),
        "score_samples": estimator.score_samples(X),
        "means_": estimator.means_,
        "covariances_": estimator.covariances_,
        "weights_": estimator.weights_,
        "cluster_centers_": estimator.cluster_centers_,
        "lower_bounds_": estimator.lower_bounds_,
        "lower_bound_": np.array(estimator.lower_bound_),
        "sample": estimator.sample(5, random_state=0)[0],
        "inverse_transform": estimator.inverse_transform(estimator.means_),
    }
    yield from (f"{name} is not finite" for name, a in found.items() if not _is_finite(a))
    probabilities = found["predict_proba"]
    if not np.allclose(probabilities.sum(1), 1.0, rtol=0, atol=1e-6):
        yield "probabilities do not sum to 1"
    if not np.array_equal(labels, estimator.labels_):
        yield "labels_ are not those of predict"
    if not np.allclose(probabilities.max(1), np.take_along_axis(
        probabilities, labels[:, None], 1)[:, 0], atol=1e-6):  # fmt: skip
        yield "labels are not the most probable clusters"
    occupied = np.unique(labels)
    # With chunks the order is fixed at the start.
    has_holes = not chunks and not np.array_equal(occupied, np.arange(len(occupied)))
    if labels.dtype != np.int64 or has_holes:
        yield f"labels {occupied} have holes"
    if occupied.max() >= K or abs(estimator.weights_.sum() - 1) > 1e-6:
        yield "clusters beyond n_clusters, or weights that do not sum to 1"
    single = np.asarray(dense).dtype == np.float32  # of a frame, that of all its columns
    if found["transform"].dtype != (np.float32 if single else np.float64):
        yield f"transform gives {found['transform'].dtype}"
    if not np.isclose(estimator.score(X), np.mean(found["score_samples"]), rtol=1e-5):
        yield "score is not the mean of score_samples"
    if not chunks and not np.array_equal(clone(estimator).fit(X).labels_, estimator.labels_):
        yield "the same fit again gives other labels"


def robustness_table(records: list[dict]) -> str:
    """One line a kind of data, one column a kind of fit."""
    last = {(record["data"], record["fit"]): record["outcome"] for record in records}
    mark = {FITS: "fits", CLEAR_ERROR: "error", WRONG: "WRONG"}
    fits = list(dict.fromkeys(record["fit"] for record in records))
    names = list(dict.fromkeys(record["data"] for record in records))
    lines = [["Data", *(str(i) for i in range(1, len(fits) + 1))]]
    lines += [[name, *(mark[last[name, fit]] for fit in fits)] for name in names]
    counts = [sum(outcome == kind for outcome in last.values()) for kind in mark]
    key = "\n".join(f"{i}. {fit}" for i, fit in enumerate(fits, 1))
    summary = f"{counts[0]} fit, {counts[1]} end in a clear error, {counts[2]} are wrong."
    return f"{summary}\n\n{list_table(lines)}\n\n{key}"
