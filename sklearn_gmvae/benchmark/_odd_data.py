# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""X as people bring it: every kind of array, table and scale, good, odd and bad."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

N_ROWS = 60
N_FEATURES = 6


@dataclass(frozen=True)
class OddData:
    """Some X.

    Attributes
    ----------
    make : callable
        Two clusters of rows (N_ROWS, N_FEATURES), float64 -> X.
    error : str
        Regular expression of what `fit` says of it; "" where it is to be clustered.
    is_error_of_chunks : bool
        Whether `partial_fit` says so too.
    """

    make: Callable[[np.ndarray], object]
    error: str = ""
    is_error_of_chunks: bool = True


def rows(seed: int = 0) -> np.ndarray:
    """Two clusters of 30 rows, 6 standard deviations apart, (60, 6)."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((N_ROWS, N_FEATURES))
    X[: N_ROWS // 2] += 6.0 / np.sqrt(N_FEATURES)
    return X[rng.permutation(N_ROWS)]


def _set(X: np.ndarray, where, value: float) -> np.ndarray:
    X = X.copy()
    X[where] = value
    return X


def _read_only(X: np.ndarray) -> np.ndarray:
    X = X.copy()
    X.flags.writeable = False
    return X


def _outliers(X: np.ndarray) -> np.ndarray:
    # 1 % of the entries, and no column without one.
    X = X.copy()
    X[np.arange(N_FEATURES), np.arange(N_FEATURES)] = 1e6 * X.std(0) * (-1.0) ** np.arange(6)
    return X


def _long_rows(X: np.ndarray) -> np.ndarray:
    tall = np.tile(X, (5, 1)) + 1e-3 * np.random.RandomState(0).standard_normal((300, 6))
    tall[[7, 150, 290]] = 1e6
    return tall


def _frame(X: np.ndarray, **columns):
    import pandas as pd

    names = [f"column {i}" for i in range(X.shape[1])]
    return pd.DataFrame(X, columns=names).assign(**columns)


def _nullable(X: np.ndarray, missing: bool):
    frame = _frame(np.rint(10 * X).astype(int)).astype("Int64")
    frame["flag"] = (frame["column 0"] > 0).astype("boolean")
    frame["float"] = frame["column 1"].astype("Float64") / 7
    if missing:
        import pandas as pd

        frame.iloc[3, 2] = pd.NA
    return frame


def _polars(X: np.ndarray, missing: bool = False):
    import polars as pl

    columns = {f"c{i}": column for i, column in enumerate(X.T)}
    whole = np.rint(10 * X[:, 0]).astype(int).tolist()
    return pl.DataFrame({**columns, "whole": [None, *whole[1:]] if missing else whole})


def _csr_unsorted(X: np.ndarray):
    coo = sparse.coo_matrix(np.where(X > 1, X, 0.0))
    twice = np.concatenate([coo.data / 2, coo.data / 2])  # duplicates, which are to be added up
    order = np.random.RandomState(0).permutation(len(twice))
    where = (np.tile(coo.row, 2)[order], np.tile(coo.col, 2)[order])
    by_row = np.argsort(where[0], kind="stable")
    counts = np.bincount(where[0], minlength=len(X))
    return sparse.csr_matrix(
        (twice[order][by_row], where[1][by_row], np.r_[0, counts.cumsum()]), shape=X.shape
    )


FINITE = "contains infinity|infinite|too large"

DATA: dict[str, OddData] = {
    "as it is": OddData(lambda X: X),
    # dtypes
    "float32": OddData(lambda X: X.astype(np.float32)),
    "float16": OddData(lambda X: X.astype(np.float16)),
    "longdouble": OddData(lambda X: X.astype(np.longdouble)),
    "float64 of the other byte order": OddData(lambda X: X.astype(">f8")),
    "float32 of the other byte order": OddData(lambda X: X.astype(">f4")),
    "int8": OddData(lambda X: np.clip(20 * X, -128, 127).astype(np.int8)),
    "uint8": OddData(lambda X: np.clip(20 * X + 60, 0, 255).astype(np.uint8)),
    "uint16": OddData(lambda X: np.clip(5e3 * X + 2e4, 0, 65535).astype(np.uint16)),
    "int64 to 2**63 - 1": OddData(
        lambda X: (X / np.abs(X).max() * (2.0**63 - 1024)).astype(np.int64)
    ),
    "int64 just below 2**63": OddData(
        lambda X: np.int64(2**63 - 1) - np.rint(1e5 * (X - X.min())).astype(np.int64)
    ),
    "uint64 to 2**64 - 1": OddData(
        lambda X: (np.clip(X / 12 + 0.5, 0, 1) * (2.0**64 - 4096)).astype(np.uint64)
    ),
    "booleans": OddData(lambda X: X > 1),
    "objects that are numbers": OddData(lambda X: X.astype(object)),
    "objects, also texts of numbers": OddData(
        lambda X: _set(X.astype(object), (0, 0), "1.5")  # type: ignore[arg-type]
    ),
    "complex": OddData(lambda X: X + 1j, "Complex data not supported"),
    "texts": OddData(lambda X: np.full(X.shape, "a"), "could not convert|dtype='numeric'"),
    "dates": OddData(
        lambda X: X.astype("datetime64[s]"), "dates|datetime|DType|dtype"
    ),
    # containers and layouts
    "list of lists": OddData(lambda X: X.tolist()),
    "Fortran order": OddData(np.asfortranarray),
    "every second row and column": OddData(lambda X: np.repeat(np.repeat(X, 2, 0), 2, 1)[::2, ::2]),
    "reversed": OddData(lambda X: X[::-1, ::-1]),
    "read-only": OddData(_read_only),
    "read-only float32": OddData(lambda X: _read_only(X.astype(np.float32))),
    "one row broadcast": OddData(lambda X: np.broadcast_to(X[:1], X.shape)),
    "one dimension": OddData(lambda X: X[:, 0], "Expected 2D array"),
    "three dimensions": OddData(lambda X: X[None], "dim 3|Found array with dim 3"),
    "no row": OddData(lambda X: X[:0], "0 sample"),
    "no column": OddData(lambda X: X[:, :0], "0 feature"),
    "None": OddData(lambda X: None, "Expected 2D array|NoneType|scalar"),
    "masked array": OddData(
        lambda X: np.ma.MaskedArray(X, X > 3), "masked array with"
    ),
    "masked array, nothing masked": OddData(lambda X: np.ma.MaskedArray(X)),
    "matrix": OddData(lambda X: np.asmatrix(X), "np.matrix is not supported"),
    "pandas": OddData(_frame),
    "pandas, mixed": OddData(
        lambda X: _frame(X, whole=np.arange(N_ROWS), flag=X[:, 0] > 0)
    ),
    "pandas, nullable": OddData(lambda X: _nullable(X, False)),
    "pandas, nullable, missing": OddData(lambda X: _nullable(X, True)),
    "pandas, texts": OddData(lambda X: _frame(X, name=["a", "b"] * (N_ROWS // 2))),
    "polars": OddData(_polars),
    "polars, missing": OddData(lambda X: _polars(X, True)),
    "CSR": OddData(lambda X: sparse.csr_matrix(np.where(X > 1, X, 0.0))),
    "CSR, unsorted with duplicates": OddData(_csr_unsorted),
    "CSR of bytes": OddData(lambda X: sparse.csr_array((20 * X).clip(0).astype(np.uint8))),
    "CSR without an entry": OddData(lambda X: sparse.csr_matrix(X.shape)),
    "CSC": OddData(lambda X: sparse.csc_array(np.where(X > 1, X, 0.0))),
    "COO, NaN": OddData(lambda X: sparse.coo_array(_set(X, (3, 3), np.nan))),
    # values
    "NaN": OddData(lambda X: _set(X, (3, 3), np.nan)),
    # Of a chunk such a column may come: others may have it.
    "a column of NaN": OddData(
        lambda X: _set(X, (slice(None), 3), np.nan), "no value at all", is_error_of_chunks=False
    ),
    "a row of NaN": OddData(lambda X: _set(X, 3, np.nan)),
    "infinity": OddData(lambda X: _set(X, (3, 3), -np.inf), FINITE),
    "float16 infinity": OddData(lambda X: _set(X.astype(np.float16), (3, 3), np.inf), FINITE),
    "all zeros": OddData(np.zeros_like),
    "all the same": OddData(lambda X: np.full_like(X, 0.1)),
    "constant columns": OddData(lambda X: np.c_[X, np.full((len(X), 3), 1e9), np.zeros(len(X))]),
    "nearly constant column": OddData(lambda X: np.c_[X, 1e9 + 1e-7 * X[:, 0]]),
    "collinear columns": OddData(lambda X: np.c_[X, X @ np.ones((6, 4)), -X]),
    "duplicates": OddData(lambda X: X[np.arange(N_ROWS) % 5]),
    "two distinct rows": OddData(lambda X: X[np.arange(N_ROWS) % 2]),
    "one column": OddData(lambda X: X[:, :1]),
    "one row": OddData(lambda X: X[:1], "n_samples=1|has seen 1 distinct rows"),
    "as many rows as clusters": OddData(lambda X: X[:2]),
    "one row more": OddData(lambda X: X[:3]),
    "more columns than rows": OddData(lambda X: np.tile(X[:10], 12)),
    "columns of scales 1e-150 to 1e150": OddData(lambda X: X * np.logspace(-150, 150, 6)),
    "scale 1e-300": OddData(lambda X: 1e-300 * X),
    "smallest denormals": OddData(lambda X: np.rint(3 * X) * 5e-324),
    "scale 1e300": OddData(lambda X: 1e300 * X),
    "to the largest float": OddData(
        lambda X: np.sign(X) * 1.7e308, "should not exceed|within 1e.09 of zero"
    ),
    "float32, to its largest": OddData(lambda X: np.clip(3e38 * X, -3e38, 3e38).astype("f4")),
    "float32, denormals": OddData(lambda X: (1e-42 * X).astype(np.float32)),
    "far from zero": OddData(lambda X: 1e12 + X),
    "outliers at 1e6 sigma": OddData(_outliers),
    "1 % of rows at 1e6 sigma": OddData(_long_rows),
    "one entry of 1e300": OddData(lambda X: _set(X, (3, 3), 1e300)),
    "nearly all zeros": OddData(lambda X: np.where(X > 3.5, X, 0.0)),
    "counts with a long tail": OddData(lambda X: np.floor(np.exp(3 * X))),
}  # fmt: skip
