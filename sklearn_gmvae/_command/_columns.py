# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which columns and rows of a table are clustered, and what stands in the way."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np

from sklearn_gmvae._command._read import Table

NAMES_TOLD, VALUES_TOLD, LETTERS_TOLD = 8, 2, 20
# A column of more different texts than this, or than half of its rows, names rows and no kinds.
MAX_TEXTS = 100
ROWS_AT_A_TIME = 4096
# A column of as many numbers that go up by one each numbers the rows; one of so many whole numbers
# that all differ may.
MIN_COUNTED, MIN_DIFFERENT = 10, 100
# With or without a time of day behind it.
DATE = re.compile(
    r"\s*(\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})([T ]\d{1,2}:.*)?\s*"
)


@dataclass(frozen=True)
class Rows:
    """What is clustered.

    Attributes
    ----------
    X : pandas DataFrame or ndarray of shape (n, D)
    names : list of str
        Of the columns.
    ids : ndarray of shape (n_rows,) of str
        What each row of the file is called, from its `id_name` or its number from 1 on.
    id_name : str
    kept : ndarray of shape (n,) of int
        Which rows of the file those of X are.
    left_out : list of str
        Columns of the file that X has not.
    notes : list of str
        What is worth knowing of them.
    """

    X: Any
    names: list[str]
    ids: np.ndarray
    id_name: str
    kept: np.ndarray
    left_out: list[str]
    notes: list[str] = field(default_factory=list)


def choose_rows(
    table: Table,
    *,
    columns: Sequence[str] = (),
    drop: Sequence[str] = (),
    id_column: str | None = None,
    complete_rows: bool = False,
) -> Rows:
    """The columns asked for, if they can be clustered.

    Parameters
    ----------
    table : Table
    columns : sequence of str
        To use; none: all.
    drop : sequence of str
        Not to use.
    id_column : str, default=None
        What names the rows; not used either.
    complete_rows : bool, default=False
        Whether to leave rows with missing values out.

    Raises
    ------
    ValueError
        If there is no such column, or one that cannot be clustered: all of them are named, with
        the options that leave them out.
    """
    for option, asked in (
        ("--columns", columns),
        ("--drop", drop),
        ("--id-column", [] if id_column is None else [id_column]),
    ):
        _check_names(option, asked, table.names)
    names = [
        name
        for name in (columns or table.names)
        if name not in drop and (name != id_column or name in columns)
    ]
    names = list(dict.fromkeys(names))
    if not names:
        raise ValueError("No column is left to cluster. Name fewer with --drop.")
    X, left_out = _pick(table, names), [name for name in table.names if name not in names]
    n_rows = len(X)
    ids, id_name = np.arange(1, n_rows + 1).astype(str), "row"
    if id_column is not None:
        id_name = id_column
        ids = _as_texts(_pick(table, [id_column]))
    _check_kinds(X, names, named=bool(columns))
    kept, notes = np.arange(n_rows), []
    if not columns and (different := _all_different(X)):
        notes.append(
            f"All whole numbers differ in {_list(map(repr, different))}. If they name the rows "
            f"rather than measure something: --drop {shlex.join(different[:NAMES_TOLD])}."
        )
    incomplete, counts = missing(X)  # (n_rows,), (D,)
    if incomplete.any() and complete_rows:
        kept = np.flatnonzero(~incomplete)
        notes.append(
            f"{n_rows - len(kept):,} of {n_rows:,} rows have missing values: they were left out "
            "and have no cluster."
        )
        if not len(kept):
            raise ValueError(
                "Every row has a missing value, so --complete-rows leaves none. Leave out the "
                f"columns that miss most: {_most_missing(counts, names, n_rows)}."
            )
        X = X.iloc[kept] if hasattr(X, "iloc") else X[kept]
    elif incomplete.any():
        notes.append(
            f"Values are missing in {_most_missing(counts, names, n_rows)}: the model takes these "
            "rows by what they have. --complete-rows leaves them out."
        )
    if hasattr(X, "columns"):
        # Not pandas' own kinds of numbers, with a missing value of theirs. Booleans stay what they
        # are, which have a likelihood of their own.
        X = X.astype({name: np.float64 for name in names if X[name].dtype.kind in "iuf"})
    constant = [name for name, low, high in zip(names, *_ranges(X), strict=True) if low == high]
    if constant:
        notes.append(f"The same value in all rows, which tells nothing: {_list(constant)}.")
    if id_column is not None and len(np.unique(ids)) < n_rows:
        notes.append(f"{id_column!r} does not tell all rows apart: some have the same one.")
    return Rows(X, names, ids, id_name, kept, left_out, notes)


def _check_names(option: str, asked: Sequence[str], names: list[str]) -> None:
    for name in asked:
        if name not in names:
            close = get_close_matches(name, names)
            known = " or ".join(map(repr, close))
            all_names = _list(map(repr, names))
            hint = f"Did you mean {known}?" if close else f"There are {all_names}."
            raise ValueError(f"{option}: there is no column {name!r}. {hint}")


def _pick(table: Table, names: list[str]):
    if hasattr(table.data, "columns"):
        return table.data[names]
    if names == table.names:
        return table.data  # a memory map stays one
    return table.data[:, [table.names.index(name) for name in names]]


def _as_texts(column) -> np.ndarray:
    """A column of one name as texts, empty where it is missing."""
    if not hasattr(column, "iloc"):
        return column[:, 0].astype(str)
    column = column.iloc[:, 0]
    return np.where(column.isna(), "", column.astype(str)).astype(str)


def _check_kinds(X, names: list[str], *, named: bool) -> None:
    """Raise one error about all columns that cannot be clustered, each with the reason."""
    if not hasattr(X, "columns"):
        _check_finite(X, names)
        return
    from pandas.api.types import is_numeric_dtype

    found, numbers = {}, []
    for name in names:
        column = X[name]
        known = column.dropna()
        if not len(known):
            found[name] = "empty"
        elif not is_numeric_dtype(column) or column.dtype.kind == "c":
            why, is_text = _what_else(known)
            n_texts = known.astype(str).nunique()
            if not is_text:
                found[name] = why
            elif n_texts > min(MAX_TEXTS, len(known) / 2):
                found[name] = f"{why}, and {n_texts:,} of {len(known):,} are different"
        elif not np.isfinite(known.to_numpy(dtype=np.float64)).all():
            found[name] = "infinite values"
        elif not named and len(known) == len(column) >= MIN_COUNTED and _counts(known.to_numpy()):
            numbers.append(name)
    if found:
        told = _list(f"{name!r} ({why})" for name, why in found.items())
        besides = f" {numbers[0]!r} only numbers the rows: drop it too." if numbers else ""
        raise ValueError(
            f"{len(found)} of {len(names)} columns cannot be clustered: {told}.{besides} Leave "
            f"{'it' if len(found) == 1 and not numbers else 'them'} out with --drop "
            f"{shlex.join([*found, *numbers[:1]])}"
            + (" (or use one to name the rows: --id-column)" if "text" in told or numbers else "")
            + ", or mend the file."
        )
    if numbers:
        raise ValueError(
            f"{numbers[0]!r} only numbers the rows, which is no property of theirs. Add "
            f"--id-column {shlex.quote(numbers[0])} or --drop {shlex.quote(numbers[0])}; if it "
            "is to count, name all columns to use with --columns."
        )


def _check_finite(X: np.ndarray, names: list[str]) -> None:
    if X.dtype.kind != "f":
        return
    infinite, known = np.zeros(X.shape[1], dtype=bool), np.zeros(X.shape[1], dtype=bool)
    for part in _parts(X):
        infinite |= np.isinf(part).any(0)
        known |= ~np.isnan(part).all(0)
    for bad, why in ((infinite, "Infinite values"), (~known, "No value at all")):
        if bad.any():
            found = [name for name, wrong in zip(names, bad, strict=True) if wrong]
            raise ValueError(
                f"{why} in {_list(found)}. Leave {'it' if len(found) == 1 else 'them'} out with "
                f"--drop {shlex.join(found[:NAMES_TOLD])}, or mend the file."
            )


def _parts(X: np.ndarray):
    """Some rows at a time: a memory map may be larger than memory."""
    for start in range(0, len(X), ROWS_AT_A_TIME):
        yield np.asarray(X[start : start + ROWS_AT_A_TIME])


def _what_else(known) -> tuple[str, bool]:
    """What a column is that is not numbers, and whether that is text."""
    if known.dtype.kind in "mM" or "datetime" in str(known.dtype):
        return "dates or times", False
    from pandas import to_numeric

    texts = known.astype(str)
    wrong = texts[to_numeric(texts, errors="coerce").isna()]
    if not len(wrong):
        return f"of type {known.dtype}", False
    few = wrong.drop_duplicates().head(VALUES_TOLD)
    told = ", ".join(repr(_short(value)) for value in few)
    if len(wrong) < len(known) / 2:
        signs = shlex.join(_short(value) for value in few)
        return (
            f"{len(wrong):,} of {len(known):,} values are no numbers, such as {told}; "
            f"if they mean missing, add --missing {signs}"
        ), False
    if wrong.str.fullmatch(DATE).all():
        return f"dates or times, such as {told}", False
    return f"text, such as {told}", True


def _counts(values: np.ndarray) -> bool:
    return bool(values.dtype.kind in "iu" and (np.diff(values) == 1).all())


def _all_different(X) -> list[str]:
    """Columns of whole numbers, none twice and none missing, of a table that is long enough for
    that to be a sign."""
    if not hasattr(X, "columns") or len(X) < MIN_DIFFERENT:
        return []
    return [name for name in X.columns if X[name].dtype.kind in "iu" and X[name].is_unique]


def missing(X) -> tuple[np.ndarray, np.ndarray]:
    """Which rows miss a value, (n_rows,), and how many each column misses, (D,)."""
    if hasattr(X, "isna"):
        holes = X.isna().to_numpy()
        return holes.any(1), holes.sum(0)
    rows, counts = np.zeros(len(X), dtype=bool), np.zeros(X.shape[1], dtype=int)
    if X.dtype.kind == "f":
        for i, part in enumerate(_parts(X)):
            holes = np.isnan(part)
            rows[i * ROWS_AT_A_TIME : (i + 1) * ROWS_AT_A_TIME] = holes.any(1)
            counts += holes.sum(0)
    return rows, counts


def _ranges(X) -> tuple[list, list]:
    """Smallest and largest value of each column; of one that is not numbers, two that differ."""
    if not hasattr(X, "columns"):
        lows = [np.fmin.reduce(part) for part in _parts(X)]
        highs = [np.fmax.reduce(part) for part in _parts(X)]
        return list(np.fmin.reduce(lows)), list(np.fmax.reduce(highs))
    pairs = []
    for column in map(X.get, X.columns):
        if column.dtype.kind == "b":  # which may have a missing value of its own
            column = column.astype(np.float64)
        is_number = column.dtype.kind in "iuf"
        pairs.append((column.min(), column.max()) if is_number else (0, 1))
    return [low for low, _ in pairs], [high for _, high in pairs]


def _most_missing(counts: np.ndarray, names: list[str], n_rows: int) -> str:
    order = [j for j in np.argsort(-counts, kind="stable") if counts[j]]
    return _list(f"{names[j]!r} ({counts[j]:,} of {n_rows:,})" for j in order)


def _short(value: str) -> str:
    return value if len(value) <= LETTERS_TOLD else value[: LETTERS_TOLD - 1] + "…"


def _list(names) -> str:
    """Names, the first of many."""
    names = [str(name) for name in names]
    more = len(names) - NAMES_TOLD
    return ", ".join(names[:NAMES_TOLD]) + (f" and {more} more" if more > 0 else "")
