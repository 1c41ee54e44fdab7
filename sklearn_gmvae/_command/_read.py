# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""A user's file as a table: CSV and its relatives and Parquet through pandas, .npy and .npz."""

import csv
import warnings
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
# What is looked at to find the separator.
HEAD_BYTES, HEAD_LINES = 1 << 16, 20
# Of the encodings that files have which are not UTF-8; first the marks that some begin with.
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
OLD_ENCODING = "cp1252"
DECIMAL_COMMA = r"[+-]?\d*,?\d+(?:[eE][+-]?\d+)?"
# Numpy's own words advise to allow pickles.
UNREADABLE = "it is damaged, or holds something other than numbers"
INSTALL = "pip install matplotlib pandas pyarrow"


@dataclass(frozen=True)
class Table:
    """What a file holds.

    Attributes
    ----------
    data : pandas DataFrame or ndarray of shape (n_rows, n_columns)
        A data frame if the file names its columns.
    names : list of str
    is_named : bool
        Whether the names are the file's.
    reading : str
        Python that reads such a file into X, by pandas if `is_named`, else by numpy.
    notes : list of str
        What had to be guessed.
    """

    data: Any
    names: list[str]
    is_named: bool
    reading: str
    notes: list[str] = field(default_factory=list)


def read_table(path: Path, header: bool | None = None, missing: Sequence[str] = ()) -> Table:
    """Read a file by its ending.

    Parameters
    ----------
    path : Path
    header : bool, default=None
        Of a text file: whether its first line names the columns. None: it does, and if it has only
        numbers it is asked for.
    missing : sequence of str
        Of a text file: what means a missing value, besides what pandas takes for it.

    Raises
    ------
    ValueError
        With the file's name, what is wrong with it and what to do.
    OSError
        If it cannot be opened.
    """
    reader = READERS.get(path.suffix.lower())
    if path.is_dir():
        raise ValueError(f"{path} is a folder. Name a file in it.")
    if not path.exists():
        raise ValueError(f"{path} is not there. Check its name and the folder you are in.")
    if reader is None:
        raise ValueError(
            f"{path} ends in {path.suffix or 'nothing'!r}, but files that can be read end in "
            f"{', '.join(READERS)}. From a spreadsheet, save the sheet as CSV."
        )
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty. Save it again from the program that it comes from.")
    table = reader(path, header, missing)
    n_rows, n_columns = table.data.shape
    if not n_rows or not n_columns:
        raise ValueError(f"{path} has {n_rows} rows and {n_columns} columns: nothing to cluster.")
    return table


def _read_text(path: Path, header: bool | None, missing: Sequence[str]) -> Table:
    pandas = _pandas(path)
    with open(path, "rb") as file:
        start = file.read(HEAD_BYTES)
    encoding = next((name for mark, name in MARKS.items() if start.startswith(mark)), "utf-8")
    if b"\0" in start and encoding != "utf-16":
        raise ValueError(f"{path} is no text, whatever its name. Save it as CSV.")
    notes: list[str] = []
    try:
        return _parse(pandas, path, start, encoding, header, missing, notes)
    except UnicodeDecodeError:
        notes[:] = [
            "The file is not in UTF-8 and was read as Windows-1252: check letters beyond a to z."
        ]
        return _parse(pandas, path, start, OLD_ENCODING, header, missing, notes)


def _parse(pandas, path, start, encoding, header, missing, notes) -> Table:
    # Of the last line and the last letter only a part may be there.
    lines = start.decode(encoding, errors="ignore").splitlines()
    lines = [line for line in (lines[:-1] if len(start) == HEAD_BYTES else lines) if line.strip()]
    if not lines:
        raise ValueError(f"{path} has only empty lines. Save it again.")
    separator = find_separator(lines)
    first = next(csv.reader(lines, delimiter=separator))
    if header is None and all(_is_number(word) for word in first):
        raise ValueError(
            f"The first line of {path} has only numbers ({', '.join(first[:4])}"
            f"{', ...' if len(first) > 4 else ''}). Add --no-header if it is a row like the "
            "others, or --header if it names the columns."
        )
    options = {
        "sep": separator,
        "encoding": encoding,
        "encoding_errors": "replace" if encoding == OLD_ENCODING else "strict",
        "header": None if header is False else 0,
        "na_values": list(missing),
        "skipinitialspace": True,
        "low_memory": False,  # types by whole columns
        "index_col": False,
    }
    try:
        with warnings.catch_warnings():
            # Which would leave values out.
            warnings.simplefilter("error", pandas.errors.ParserWarning)
            frame = pandas.read_csv(path, **options)
            if separator != "," and _has_decimal_commas(pandas, frame):
                options["decimal"] = ","
                frame = pandas.read_csv(path, **options)
        if "decimal" in options:
            notes.append("Numbers with a comma, such as 1,5, were read as decimal numbers.")
    except UnicodeDecodeError:
        raise
    except pandas.errors.ParserError as error:
        detail = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise ValueError(
            f"{path} is no table separated by {SEPARATORS[separator]}: {detail}. Mend that line, "
            "or save the file as CSV again."
        ) from error
    except pandas.errors.ParserWarning as error:
        raise ValueError(
            f"{path} has more values in a row than names in its first line ({len(first)}). Give "
            "every column a name."
        ) from error
    nameless = [
        name
        for name, column in frame.items()
        if str(name).startswith("Unnamed: ") and column.isna().all()
    ]
    frame = frame.drop(columns=nameless)  # a separator at the end of each line
    if header is False:
        frame.columns = [f"column {j}" for j in range(1, len(first) + 1)]
    if separator not in ",\t":
        notes.append(f"Columns were told apart by {SEPARATORS[separator]}.")
    usual = {"sep": ",", "encoding": "utf-8", "encoding_errors": "strict", "header": 0}
    usual |= {"na_values": [], "skipinitialspace": True, "low_memory": False, "index_col": False}
    changed = [f", {k}={v!r}" for k, v in options.items() if k not in usual or v != usual[k]]
    reading = f"X = pandas.read_csv({path.name!r}{''.join(changed)})"
    if header is False:
        reading += '\nX.columns = [f"column {j}" for j in range(1, X.shape[1] + 1)]'
    return _of_frame(frame, reading, notes)


def find_separator(lines: list[str]) -> str:
    """That by which the lines have most columns, as many in all of them; else the comma."""

    def n_columns(separator: str) -> int:
        rows = csv.reader(lines[:HEAD_LINES], delimiter=separator)
        counts = {len(row) for row in rows}
        return counts.pop() if len(counts) == 1 else 1

    best = max(SEPARATORS, key=n_columns)
    if n_columns(best) > 1:
        return best
    # Lines of several lengths: let the parser say which, by the separator of the first.
    return max(SEPARATORS, key=lines[0].count)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _has_decimal_commas(pandas, frame) -> bool:
    """Whether a column of texts has nothing but numbers with a comma."""
    for _, column in frame.items():
        if pandas.api.types.is_numeric_dtype(column):
            continue
        known = column.dropna().astype(str)
        if len(known) and known.str.fullmatch(DECIMAL_COMMA).all():
            return True
    return False


def _read_parquet(path: Path, header: bool | None, missing: Sequence[str]) -> Table:
    pandas = _pandas(path)
    try:
        import pyarrow  # noqa: F401  what pandas reads Parquet with
    except ImportError as error:
        raise ValueError(f"Reading {path} needs pyarrow: {INSTALL}, or save it as CSV.") from error
    try:
        frame = pandas.read_parquet(path, engine="pyarrow")
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        raise ValueError(f"{path} is no readable Parquet file: {error}") from error
    reading = f"X = pandas.read_parquet({path.name!r})"
    if not isinstance(frame.index, pandas.RangeIndex):
        frame = frame.reset_index()  # it may name the rows: a column like the others
        reading += ".reset_index()"
    return _of_frame(frame, reading, [])


def _of_frame(frame, reading: str, notes: list[str]) -> Table:
    names = [" ".join(str(name).split()) for name in frame.columns]
    if names != list(frame.columns):
        frame.columns = names
        reading += '\nX.columns = [" ".join(str(name).split()) for name in X.columns]'
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"Several columns have the name {twice[0]!r}. Give each its own.")
    return Table(frame, names, True, reading, notes)


def _read_npy(path: Path, header: bool | None, missing: Sequence[str]) -> Table:
    try:
        # A memory map: rows are read as they are needed.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} is no readable .npy file: {UNREADABLE}.") from error
    return _of_array(path, array, "")


def _read_npz(path: Path, header: bool | None, missing: Sequence[str]) -> Table:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            names = arrays.files
            name = "X" if "X" in names else names[0] if len(names) == 1 else ""
            array = arrays[name] if name else None
    except (ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is no readable .npz file: {UNREADABLE}.") from error
    if array is None:
        raise ValueError(
            f"{path} should have one array of numbers, or one that is called X, but has "
            f"{', '.join(names) or 'none'}."
        )
    return _of_array(path, array, f"[{name!r}]")


def _of_array(path: Path, array, part: str) -> Table:
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise ValueError(
            f"{path} has an array of shape {array.shape} and type {array.dtype}, but rows and "
            "columns of numbers are needed. Reshape it to (rows, columns) and save it again."
        )
    names = [f"x{j}" for j in range(array.shape[1])]
    return Table(array, names, False, f"X = numpy.load({path.name!r}){part}")


def _pandas(path: Path):
    try:
        import pandas
    except ImportError as error:
        raise ValueError(f"Reading {path} needs pandas: {INSTALL}.") from error
    return pandas


READERS: dict[str, Callable[[Path, bool | None, Sequence[str]], Table]] = {
    ".csv": _read_text,
    ".tsv": _read_text,
    ".txt": _read_text,
    ".parquet": _read_parquet,
    ".npy": _read_npy,
    ".npz": _read_npz,
}
