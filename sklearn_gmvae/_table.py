# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Data frames whose columns are not all numbers, as numbers, and back.

A boolean column is 0 and 1; a column of texts or of a categorical dtype has the numbers of its
categories, 0, 1, 2, ...; what is missing, and a category that is not known, is NaN. Neither pandas
nor polars is needed, or imported, before a frame of theirs comes.
"""

import importlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.preprocessing import OrdinalEncoder

from sklearn_gmvae import training

LIBRARIES = ("pandas", "polars")
# What a column may be: "category" has a dtype that knows its categories and comes back, "ordered"
# one that knows their order, too, "text" the texts that it has.
# Files hold their places in this tuple.
KINDS = ("number", "boolean", "category", "text", "ordered")
NUMBER, BOOLEAN, CATEGORY, TEXT, ORDERED = KINDS
NAMED = (CATEGORY, TEXT, ORDERED)


@dataclass(frozen=True)
class Table:
    """How the columns of a data frame become numbers.

    Attributes
    ----------
    library : "pandas" or "polars"
    names : tuple of str
        Of the columns.
    kinds : tuple of str
        One of `KINDS` for each column.
    categories : tuple of tuple
        The categories of each column, texts or numbers, in the order of their numbers; none of a
        column that has none.
    """

    library: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    categories: tuple[tuple, ...]

    @classmethod
    def of(cls, X: Any) -> "Table | None":
        """That of a data frame; None for anything else, and for frames of numbers only, or of
        numbers and booleans without names of their own, which scikit-learn takes as arrays.

        Raises
        ------
        ValueError
            If a column has a dtype that can be no number and no category.
        """
        library = library_of(X)
        if library is None:
            return None
        # By position: two columns may have one name.
        columns = list(X) if library == "polars" else [X.iloc[:, j] for j in range(X.shape[1])]
        kinds = tuple(KIND[library](column.dtype, column) for column in columns)
        if set(kinds) <= {NUMBER}:
            return None
        names = tuple(X.columns)
        if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
            if set(kinds) <= {NUMBER, BOOLEAN}:
                return None
            odd = tuple(n for n in names if not isinstance(n, str) or names.count(n) > 1)
            raise ValueError(
                "A data frame with texts or categories should have a name of its own for every "
                f"column, a text, but X has {shown(odd)}. Rename them."
            )
        categories = (
            categories_of(column, library, kind)
            for column, kind in zip(columns, kinds, strict=True)
        )
        return cls(library, names, kinds, tuple(categories))

    @property
    def n_categories(self) -> tuple[int, ...]:
        """Of each column; 0 where it has none."""
        return tuple(map(len, self.categories))

    @property
    def choices(self) -> tuple[tuple, ...]:
        """What each column may have, in the order of its numbers; () of a column of numbers."""
        return tuple(
            (False, True) if kind == BOOLEAN else categories
            for kind, categories in zip(self.kinds, self.categories, strict=True)
        )

    def check_is_frame(self, X: Any) -> None:
        """Raise unless X is a data frame."""
        if library_of(X) is None:
            raise ValueError(
                f"X should be a data frame with the columns {shown(self.names)}, as the one fitted "
                f"on, but is of type {type(X).__name__}: it is by column that texts and categories "
                "become numbers. Make a frame of it."
            )

    def encode(self, X: Any) -> np.ndarray:
        """A frame's rows as numbers, (n, D): float32 if all its numbers are, else float64.

        Raises
        ------
        ValueError
            If a column of numbers has something else.
        """
        library = library_of(X)
        assert library is not None, "checked before"
        # Of the columns that the estimator has found to be there, in this order.
        out = np.empty((len(X), len(self.names)))
        kept = True
        for j, (name, kind) in enumerate(zip(self.names, self.kinds, strict=True)):
            column = X[name]
            if kind in NAMED:
                continue
            try:
                out[:, j] = numbers(column, library)
            except (TypeError, ValueError) as error:
                raise ValueError(
                    f"Column {name!r} of X was {kind} when the model was fitted, but has now "
                    f"values that are no numbers ({error}). Convert it."
                ) from error
            if kind == NUMBER:
                kept &= "float32" in str(column.dtype).lower()
        named = [j for j, kind in enumerate(self.kinds) if kind in NAMED]
        if named:
            values = [objects(X[self.names[j]], library) for j in named]
            out[:, named] = self._encoder(named).transform(np.column_stack(values))
        return out.astype(np.float32) if kept and NUMBER in self.kinds else out

    def decode(self, numbers: np.ndarray) -> Any:
        """The frame of these numbers, of the library and with the kinds of columns of the one
        fitted on: booleans and categories are the nearest."""
        try:
            library = importlib.import_module(self.library)
        except ImportError as error:
            raise ImportError(
                f"The model was fitted on a {self.library} data frame and answers with one, but "
                f"{self.library} is not installed. Install it."
            ) from error
        columns = {}
        for name, kind, categories, values in zip(
            self.names, self.kinds, self.categories, numbers.T, strict=True
        ):
            if kind == NUMBER:
                columns[name] = np.ascontiguousarray(values)
            elif kind == BOOLEAN:
                columns[name] = values > 0.5
            else:
                known = np.empty(len(categories), dtype=object)
                known[:] = categories
                drawn = known[values.astype(np.int64)].tolist()
                columns[name] = WITH_CATEGORIES[self.library](library, drawn, categories, kind)
        return library.DataFrame(columns)

    def _encoder(self, named: list[int]) -> OrdinalEncoder:
        categories = []
        for j in named:
            known = np.empty(len(self.categories[j]), dtype=object)
            known[:] = self.categories[j]
            categories.append(known)
        encoder = OrdinalEncoder(
            categories=categories, handle_unknown="use_encoded_value", unknown_value=np.nan
        )
        return encoder.fit(np.array([[known[0] for known in categories]], dtype=object))


def library_of(X: Any) -> str | None:
    """Whose data frame X is; None if it is none."""
    for name in LIBRARIES:
        module = sys.modules.get(name)
        if module is not None and isinstance(X, module.DataFrame):
            return name
    return None


def shown(names: tuple[str, ...]) -> str:
    """Some of the names, for messages."""
    return ", ".join(map(repr, names[:5])) + (", ..." if len(names) > 5 else "")


def _pandas_kind(dtype: Any, column: Any) -> str:
    pandas = sys.modules["pandas"]
    types = pandas.api.types
    if isinstance(dtype, pandas.CategoricalDtype):
        return ORDERED if dtype.ordered else CATEGORY
    if types.is_bool_dtype(dtype):
        return BOOLEAN
    if types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype):
        return NUMBER
    if types.is_object_dtype(dtype) or types.is_string_dtype(dtype):
        kind = OBJECTS.get(types.infer_dtype(column, skipna=True))
        if kind is not None:
            return kind
    raise no_values(column.name, f"dtype {dtype}")


# Of what pandas finds in columns of objects.
OBJECTS = {
    "string": TEXT,
    "boolean": BOOLEAN,
    "integer": NUMBER,
    "floating": NUMBER,
    "mixed-integer-float": NUMBER,
    "decimal": NUMBER,
    "empty": NUMBER,
}


def _polars_kind(dtype: Any, column: Any) -> str:
    polars = sys.modules["polars"]
    if dtype == polars.Boolean:
        return BOOLEAN
    if dtype.is_numeric() or dtype == polars.Null:
        return NUMBER
    if isinstance(dtype, polars.Enum):
        return CATEGORY
    # Categories of "Categorical" are shared by all columns of the process.
    if isinstance(dtype, polars.String | polars.Categorical):
        return TEXT
    raise no_values(column.name, f"dtype {dtype}")


def no_values(name: str, came: object) -> ValueError:
    """The error about a column that has neither numbers nor categories."""
    return ValueError(
        f"Column {name!r} of X should have numbers, booleans, texts or categories, but has "
        f"{came}. Convert it (dates to numbers such as days; mixed values with astype(str)) or "
        "drop it."
    )


KIND = {"pandas": _pandas_kind, "polars": _polars_kind}


def categories_of(column: Any, library: str, kind: str) -> tuple:
    """The values that a column may have: a categorical dtype's, else those it has, ascending."""
    if kind not in NAMED:
        return ()
    if kind == TEXT:
        values = [value for value in objects(column, library) if value is not None]
        found = tuple(sorted(set(values)))
    elif library == "pandas":
        found = tuple(column.cat.categories.tolist())
    else:
        found = tuple(column.dtype.categories.to_list())
    name = column.name
    if not found:
        raise ValueError(f"Column {name!r} of X has no value at all. Drop it.")
    if not all(isinstance(value, str | int | float | bool) for value in found):
        raise no_values(name, "categories that are neither texts nor numbers")
    if len({isinstance(value, str) for value in found}) > 1:
        raise no_values(name, "categories of which some are texts and some numbers")
    if len(found) > training.MAX_CATEGORIES:
        raise ValueError(
            f"Column {name!r} of X has {len(found)} different values, more than the "
            f"{training.MAX_CATEGORIES} categories that a model takes. Merge rare ones, or drop "
            "the column if it names the rows."
        )
    return found


def numbers(column: Any, library: str) -> np.ndarray:
    """A column of numbers or booleans as float64, NaN where it has nothing."""
    if library == "pandas":
        if getattr(column.dtype, "kind", "") in ("m", "M"):  # which have numbers, of nanoseconds
            raise ValueError(f"dtype {column.dtype}")
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    polars = sys.modules["polars"]
    if column.dtype not in (polars.Boolean, polars.Null) and not column.dtype.is_numeric():
        raise ValueError(f"dtype {column.dtype}")
    return column.cast(polars.Float64).fill_null(np.nan).to_numpy()


def of_numbers(X: Any) -> Any:
    """X, or a frame whose columns scikit-learn takes for numbers: those of objects, texts,
    categories and Arrow's types as the numbers that they have, NaN where they have nothing.

    Raises
    ------
    ValueError
        If such a column, or one of dates, has something else.
    """
    library = library_of(X)
    if library is None:
        return X
    result = X
    for j, dtype in enumerate(X.dtypes):
        if IS_PLAIN[library](dtype):
            continue
        column = X.iloc[:, j] if library == "pandas" else X.to_series(j)
        try:
            values = numbers(column, library)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Column {column.name!r} of X should have numbers, as when the model was fitted, "
                f"but has dtype {dtype} and values that are none ({error}). Convert it."
            ) from error
        if library == "pandas":
            result = X.copy(deep=False) if result is X else result
            result.isetitem(j, values.astype(np.float32) if dtype == "float[pyarrow]" else values)
    return result


def _pandas_is_plain(dtype: Any) -> bool:
    types = sys.modules["pandas"].api.types
    is_numeric = types.is_numeric_dtype(dtype) or types.is_bool_dtype(dtype)
    return is_numeric and not hasattr(dtype, "pyarrow_dtype")


def _polars_is_plain(dtype: Any) -> bool:
    polars = sys.modules["polars"]
    return dtype.is_numeric() or dtype in (polars.Boolean, polars.Null, polars.String)


# Whether scikit-learn makes numbers of a column of this dtype itself.
IS_PLAIN = {"pandas": _pandas_is_plain, "polars": _polars_is_plain}


def objects(column: Any, library: str) -> np.ndarray:
    """A column's values as Python has them, None where it has nothing."""
    values = np.empty(len(column), dtype=object)
    if library == "polars":
        values[:] = column.to_list()
        return values
    values[:] = column.astype(object).tolist()
    values[column.isna().to_numpy()] = None
    return values


def _pandas_column(pandas: Any, values: list, categories: tuple, kind: str) -> Any:
    if kind != TEXT:
        return pandas.Categorical(values, categories=list(categories), ordered=kind == ORDERED)
    return pandas.Series(values, dtype=object if not values else None)


def _polars_column(polars: Any, values: list, categories: tuple, kind: str) -> Any:
    if kind == CATEGORY:
        return polars.Series(values=values, dtype=polars.Enum(list(categories)))
    return polars.Series(values=values)


WITH_CATEGORIES = {"pandas": _pandas_column, "polars": _polars_column}


def merged(own: Table | None, ranks: training.Ranks) -> Table | None:
    """One table for all ranks: the same columns, and every rank's categories.

    Raises
    ------
    ValueError
        If their columns differ; on every rank.
    """
    if not ranks.are_several:
        return own
    plain = None if own is None else vars(own)
    text = np.frombuffer(json.dumps(plain).encode(), dtype=np.uint8)
    lengths = np.cumsum([0, *ranks.gather(np.array([len(text)]))])
    data = ranks.gather(text).tobytes()
    tables = [json.loads(data[a:b]) for a, b in pairwise(lengths)]
    shapes = [
        None if table is None else (table["names"], _unordered(table["kinds"])) for table in tables
    ]
    if any(shape != shapes[0] for shape in shapes):
        raise ValueError(
            "X should have the same columns of the same kinds on all ranks, but has "
            f"{'; '.join(str(shape)[:200] for shape in shapes)}. Convert them alike."
        )
    if own is None:
        return None
    kinds, categories = [], []
    for j, of_column in enumerate(zip(*(table["categories"] for table in tables), strict=True)):
        known = dict.fromkeys(value for found in of_column for value in found)
        are_same = len(set(map(tuple, of_column))) == 1
        categories.append(tuple(known if are_same else sorted(known)))
        of_ranks = {table["kinds"][j] for table in tables}
        # An order is known where all know the same.
        agree = are_same and len(of_ranks) == 1
        kinds.append(own.kinds[j] if agree else _unordered([own.kinds[j]])[0])
    return Table(own.library, own.names, tuple(kinds), tuple(categories))


def _unordered(kinds: Sequence[str]) -> list[str]:
    return [CATEGORY if kind == ORDERED else kind for kind in kinds]
