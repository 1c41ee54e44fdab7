# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Any parameters on any data: the fit is sane, or an error says why there is none."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.benchmark import CLEAR_ERROR, FITS, judge
from sklearn_gmvae.models import ACTIVATIONS, COVARIANCE_TYPES
from sklearn_gmvae.training import STARTS

# A fit costs more than other examples; with -m slow as many as of every law.
N_FITS = 15 if settings.default.max_examples < 2000 else 2000
heavy = settings(
    max_examples=N_FITS,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

LARGEST_ENTRY = np.finfo(np.float64).max / 16
# What is refused of columns of several kinds, or of categories, by parameters that are for others.
KINDS = "takes a row for a picture, but likelihood makes columns categories"
DIVERGED = "The ELBO or its gradient was not finite"

shapes = st.tuples(st.integers(1, 40), st.integers(1, 5))
VALUES = {
    np.float64: st.floats(-1e308, 1e308) | st.floats(-10, 10),
    np.float32: st.floats(-(2.0**127), 2.0**127, width=32),
    np.float16: st.floats(-1000, 1000, width=16),
    np.int64: st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3),
    np.uint64: st.integers(0, 2**64 - 1),
    np.uint8: st.integers(0, 255),
    np.bool_: st.booleans(),
}


@st.composite
def tables(draw):
    """Numbers in a 2-D array: of one size, of all sizes, repeated, with a few that are not."""
    dtype = draw(st.sampled_from(list(VALUES)))
    shape = draw(shapes)
    if draw(st.booleans()):
        return draw(hnp.arrays(dtype, shape, elements=VALUES[dtype]))
    X = np.random.RandomState(draw(st.integers(0, 2**31))).standard_normal(shape)
    X *= 10.0 ** draw(st.integers(-300, 290))
    X += draw(st.sampled_from([0.0, 1.0, -1e6, 1e300]))
    X = X[np.sort(draw(st.lists(st.integers(0, len(X) - 1), min_size=1, max_size=40)))]
    if draw(st.booleans()):
        X[:, 0] = X[0, 0]
    if draw(st.integers(0, 9)) == 0:
        X[-1, -1] = draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    return X


CONTAINERS = [
    lambda X: X,
    np.asfortranarray,
    lambda X: X[::-1],
    lambda X: np.repeat(X, 2, axis=0)[::2],
    lambda X: X.astype(X.dtype.newbyteorder(">")),
    lambda X: X.astype(object),
    lambda X: X.tolist(),
    lambda X: pd.DataFrame(X),
    lambda X: pl.DataFrame(dict(zip("abcde", X.T, strict=False))),
    # scipy.sparse knows no float16
    lambda X: sparse.csr_array(X if X.dtype != np.float16 else X.astype(np.float32)),
]


@st.composite
def estimators(draw):
    network = draw(st.sampled_from(["mlp", "mlp", "conv"]))
    parameters = {
        "n_clusters": draw(st.integers(1, 4)),
        "latent_dim": draw(st.integers(1, 4)),
        "network": network,
        "hidden_layer_sizes": draw(
            st.lists(st.integers(1, 6), max_size=2) if network == "mlp" else st.just([(2, 2, 2), 4])
        ),
        "activation": draw(st.sampled_from(sorted(ACTIVATIONS))),
        "likelihood": draw(st.sampled_from(["auto", "bernoulli", "gaussian"])),
        "standardize": draw(st.sampled_from([True, True, False])),
        "n_mc_samples": draw(st.integers(1, 2)),
        "init_params": draw(st.sampled_from(["auto", *STARTS])),
        "n_init": draw(st.sampled_from([1, 1, 2])),
        "pretrain_iter": draw(st.integers(0, 3)),
        "max_iter": draw(st.integers(1, 3)),
        "batch_size": draw(st.sampled_from([7, 40, 256])),
        "learning_rate": draw(st.sampled_from([1e-3, 1e-3, 1.0, 100.0])),
        "tol": draw(st.sampled_from([0.0, 1e-2])),
        "early_stopping": draw(st.sampled_from([False, False, True])),
        "reg_covar": draw(st.sampled_from([1e-12, 1e-6, 1.0])),
        "precision": draw(st.sampled_from(["auto", "float32", "bfloat16"])),
        "random_state": draw(st.integers(0, 2**32 - 1)),
        "augment": draw(st.sampled_from([None, None, "image"])),
        "device": "cpu",
    }
    if draw(st.booleans()):
        return VaDEClustering(**parameters, covariance_type=draw(st.sampled_from(COVARIANCE_TYPES)))
    return GMVAEClustering(
        **parameters,
        style_dim=draw(st.integers(1, 3)),
        min_information=draw(st.sampled_from([0.0, 0.1])),
    )


def expected_error(estimator, X):
    """What the documentation says will be refused, in the order in which fit looks."""
    X = X.astype(np.float64)
    if np.isinf(X).any():
        return "contains infinity"
    if len(X) < estimator.n_clusters:
        return f"n_samples={len(X)} should be >= n_clusters"
    if estimator.early_stopping and len(X) < 2:
        return "early_stopping=True holds out rows"
    if np.isnan(X).all(0).any():
        return "no value at all"
    peak = np.nanmax(np.abs(X))
    if estimator.standardize:
        return "should not exceed" if peak > LARGEST_ENTRY else ""
    if estimator.likelihood == "bernoulli" and (np.nanmin(X) < 0 or np.nanmax(X) > 1):
        return r"Expected X in \[0, 1\] for likelihood='bernoulli'"
    return "Expected X within 1e.09" if peak > 1e9 else ""


@heavy
@given(estimator=estimators(), X=tables(), container=st.sampled_from(CONTAINERS))
@pytest.mark.filterwarnings("ignore:min_information:UserWarning")
def test_any_fit_is_sane_or_says_why_not(estimator, X, container):
    error = expected_error(estimator, X)
    # At such rates diverging is the user's doing, and told; X in its own units may be beyond all.
    # "auto" takes bytes for Bernoulli's, in whatever units they are.
    allowed = []
    if estimator.likelihood == "auto" and not estimator.standardize and X.dtype == np.uint8:
        allowed.append(r"Expected X in \[0, 1\] for likelihood='bernoulli'")
    wild = estimator.learning_rate > 0.1 or not estimator.standardize
    if wild:
        allowed.append(DIVERGED)
    outcome, said = judge(estimator, container(X), error, "|".join(allowed))
    assert outcome in (FITS, CLEAR_ERROR), said


@st.composite
def counted(draw):
    """Counts, or numbers of categories, also with holes or sparse; and which of them they are."""
    likelihood = draw(st.sampled_from(["poisson", "negative_binomial", "categorical"]))
    largest = 5 if likelihood == "categorical" else draw(st.sampled_from([1, 30, 10**6]))
    X = draw(hnp.arrays(np.int64, draw(shapes), elements=st.integers(0, largest)))
    kind = draw(st.sampled_from(["whole", "holes", "sparse", "read-only"]))
    if kind == "sparse":
        return likelihood, sparse.csr_array(X)
    if kind == "holes":
        X = np.where(draw(hnp.arrays(np.bool_, X.shape)), X, np.nan)
    X.flags.writeable = kind != "read-only"
    return likelihood, X


COLUMNS = {
    "float": lambda n, rng: rng.standard_normal(n),
    "integer": lambda n, rng: pd.array(rng.integers(0, 9, n), "Int64"),
    "yes or no": lambda n, rng: pd.array(rng.random(n) < 0.5, "boolean"),
    "text": lambda n, rng: pd.array(rng.choice(["a", "b", "ä"], n), "string"),
    "objects": lambda n, rng: rng.choice(["a", "b"], n).astype(object),
    "category": lambda n, rng: pd.Categorical(rng.choice(["x", "y"], n), ["x", "y", "none is z"]),
    "constant": lambda n, rng: np.full(n, 3.5),
}


@st.composite
def frames(draw):
    """Columns of several kinds, some of their entries missing; in pandas or polars."""
    n, rng = draw(st.integers(1, 40)), np.random.default_rng(draw(st.integers(0, 2**31)))
    kinds = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=4))
    X = pd.DataFrame({f"{kind} {j}": COLUMNS[kind](n, rng) for j, kind in enumerate(kinds)})
    if draw(st.booleans()):
        X = X.mask(rng.random(X.shape) < 0.2)
    return pl.from_pandas(X) if draw(st.booleans()) else X


def error_of_holes(estimator, X):
    """What is refused of tables that are otherwise as they should be; of several, any."""
    dense = X.toarray() if sparse.issparse(X) else X
    missing = pd.DataFrame(dense.to_pandas() if hasattr(dense, "to_pandas") else dense).isna()
    errors = {
        "should be >= n_clusters": X.shape[0] < estimator.n_clusters,
        "early_stopping=True holds out rows": estimator.early_stopping and X.shape[0] < 2,
        "no value at all|has no values": missing.all().any(),
    }
    return "|".join(error for error, holds in errors.items() if holds)


@heavy
@given(estimator=estimators(), data=counted(), chunks=st.sampled_from([0, 0, 3]))
@pytest.mark.filterwarnings("ignore:min_information:UserWarning")
def test_any_fit_of_counts_and_categories_is_sane_or_says_why_not(estimator, data, chunks):
    likelihood, X = data
    estimator.set_params(likelihood=likelihood, learning_rate=1e-3)
    error = error_of_holes(estimator, X)
    # Of a chunk alone no column has to have values.
    expected, allowed = ("", error) if chunks else (error, "")
    allowed = "|".join(filter(None, (allowed, KINDS)))
    outcome, said = judge(estimator, X, expected, allowed, chunks=chunks)
    assert outcome in (FITS, CLEAR_ERROR), said


@heavy
@given(estimator=estimators(), X=frames())
@pytest.mark.filterwarnings("ignore:min_information:UserWarning")
def test_any_fit_of_a_data_frame_is_sane_or_says_why_not(estimator, X):
    estimator.set_params(likelihood="auto", learning_rate=1e-3)
    outcome, said = judge(estimator, X, error_of_holes(estimator, X), KINDS)
    assert outcome in (FITS, CLEAR_ERROR), said


@pytest.fixture(scope="module", params=[VaDEClustering, GMVAEClustering])
def fitted(request, blobs):
    return request.param(
        3, hidden_layer_sizes=(16,), pretrain_iter=10, max_iter=5, random_state=0
    ).fit(blobs[0])


@given(
    X=hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.just(6)), elements=VALUES[np.float64])
)
@pytest.mark.filterwarnings("ignore:.*(distinct clusters found|not distinct):UserWarning")
def test_any_row_gets_sane_answers_however_far_it_is(fitted, X):
    probabilities = fitted.predict_proba(X)
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(1), 1.0, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(probabilities.argmax(1), fitted.predict(X))
    assert np.isfinite(fitted.transform(X)).all()
    assert np.isfinite(fitted.score_samples(X)).all()
