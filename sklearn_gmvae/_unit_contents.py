# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a model's file holds about X's units: the map to the model's, and a data frame's columns.

The map of one likelihood is stored by its fields, which tell maps apart; parts as lists of them.
Everything that is read is checked against the likelihood that the architecture names.
"""

import json
from dataclasses import fields
from typing import Any

import numpy as np

from sklearn_gmvae._content_checks import Arrays, check_array, check_type
from sklearn_gmvae._design import Design
from sklearn_gmvae._table import KINDS, LIBRARIES, NAMED, Table
from sklearn_gmvae.models import LIKELIHOODS, Spec
from sklearn_gmvae.training import (
    MAX_CATEGORIES,
    AffineMap,
    CategoryMap,
    ColumnsMap,
    CountMap,
    UnitMap,
)
from sklearn_gmvae.utils import texts_from_arrays, texts_to_arrays

INT64 = np.dtype(np.int64)
COUNTS = {"counts": True}
TABLE = "table.categories"


def pack_spec(spec: Spec) -> Any:
    """With an array of numbers of categories: a header has no room for many."""
    if isinstance(spec, str):
        return spec
    return tuple(
        (name, np.array(size, INT64) if isinstance(size, tuple) else size) for name, size in spec
    )


def unpack_spec(plain: Any) -> Any:
    """Inverts `pack_spec`; what is no spec stays what it is."""
    match plain:
        case tuple():
            return tuple(map(_unpack_part, plain))
    return plain


def _unpack_part(part: Any) -> Any:
    match part:
        case (name, np.ndarray() as sizes) if sizes.ndim == 1 and sizes.dtype == INT64:
            return name, tuple(sizes.tolist())
    return part


def pack_map(unit_map: UnitMap) -> dict:
    """A dict of plain values and arrays."""
    if isinstance(unit_map, CountMap):
        return COUNTS  # the model has the statistics
    if isinstance(unit_map, ColumnsMap):
        return {"columns": list(unit_map.columns), "maps": [*map(pack_map, unit_map.maps)]}
    return {field.name: getattr(unit_map, field.name) for field in fields(unit_map)}


def unpack_map(plain: Any, spec: Spec, n_features: int) -> UnitMap:
    """The map to a row of so many features with this likelihood.

    Raises
    ------
    ValueError
        If it is none.
    """
    check_type("the map of X's units", plain, dict)
    if "columns" not in plain:
        if isinstance(spec, str):
            return _unpack_part_map(plain, spec, n_features)
        if len(spec) > 1:
            raise ValueError(f"the map of {len(spec)} parts of a row should have as many parts.")
        return _unpack_part_map(plain, *spec[0])
    columns, maps = plain["columns"], plain.get("maps")
    check_type("the parts' columns", columns, list)
    check_type("the parts' maps", maps, list)
    if isinstance(spec, str) or not len(columns) == len(maps) == len(spec):
        raise ValueError(
            f"the likelihood {spec!r:.80} should have a map of as many parts, but it has "
            f"{len(columns)} lists of columns and {len(maps)} maps."
        )
    unpacked = []
    for at, part, (name, size) in zip(columns, maps, spec, strict=True):
        n_columns = len(size) if isinstance(size, tuple) else size
        check_array(f"the columns of {name!r}", at, INT64, (n_columns,))
        check_type("the map of a part", part, dict)
        unpacked.append(_unpack_part_map(part, name, size))
    together = np.concatenate(columns)
    if not np.array_equal(np.sort(together), np.arange(len(together))):
        raise ValueError("the parts' columns should be each of X's once, but are not.")
    return ColumnsMap(tuple(columns), tuple(unpacked))


def _unpack_part_map(
    plain: dict, name: str, size: int | tuple[int, ...]
) -> AffineMap | CategoryMap | CountMap:
    domain = LIKELIHOODS[name].domain
    if domain == "counts":
        if plain != COUNTS:
            raise ValueError(f"the map of counts should be {COUNTS}, but is {plain!r:.80}.")
        return CountMap()
    if domain == "categories":
        return _unpack_categories(plain, size)
    assert isinstance(size, int), "checked with the architecture"
    return _unpack_affine(plain, size)


def _unpack_categories(plain: dict, sizes: int | tuple[int, ...]) -> CategoryMap:
    if set(plain) != {"sizes", "codes"} or not isinstance(sizes, tuple):
        raise ValueError(f"the map of categories should have sizes and codes, not {plain!r:.80}.")
    check_array("the numbers of categories", plain["sizes"], INT64, (len(sizes),))
    check_array("the categories", plain["codes"], INT64, (sum(sizes),))
    if tuple(plain["sizes"].tolist()) != sizes:
        raise ValueError("the map has other numbers of categories than the likelihood.")
    codes = plain["codes"]
    steps = np.diff(codes, prepend=-1)
    steps[np.cumsum(sizes)[:-1]] = 1  # a next column begins anew
    if codes.min() < 0 or codes.max() >= MAX_CATEGORIES or (steps < 1).any():
        raise ValueError(
            f"a column's categories should ascend from 0 to {MAX_CATEGORIES - 1} at most, but are "
            f"in {codes.min()}..{codes.max()}."
        )
    return CategoryMap(plain["sizes"], codes)


def _unpack_affine(affine: dict, n_columns: int) -> AffineMap:
    names = [field.name for field in fields(AffineMap)]
    if set(affine) != set(names):
        raise ValueError(f"the affine map should have {names}, but is {affine!r:.300}.")
    for name in ("offset", "scale"):
        shape = () if np.ndim(affine[name]) == 0 else (n_columns,)
        check_array(f"the affine map's {name}", affine[name], np.dtype(np.float64), shape)
    if not (affine["scale"] > 0).all():
        raise ValueError(f"the affine map's scale should be > 0, but has {affine['scale'].min()}.")
    match affine["bounds"]:
        case (float(low), float(high)) if -np.inf < low < high < np.inf:
            pass
        case _:
            raise ValueError(
                "the affine map's bounds should be two finite numbers in ascending order, but are "
                f"{affine['bounds']!r:.80}."
            )
    check_type("the affine map's is_density", affine["is_density"], bool)
    return AffineMap(**affine)


def pack_table(table: Table, arrays: Arrays) -> dict:
    """What the header says of a data frame; its categories go into ``arrays``, each as JSON, and
    the names of its columns are there already."""
    texts = (json.dumps(value) for of_column in table.categories for value in of_column)
    arrays.update(texts_to_arrays(texts, TABLE))
    kinds = np.array([KINDS.index(kind) for kind in table.kinds], dtype=np.uint8)
    return {"library": table.library, "kinds": kinds}


def unpack_table(plain: Any, arrays: Arrays, names: np.ndarray | None, design: Design) -> Table:
    """The table of a data frame with columns of these names, whose arrays are taken out."""
    check_type("the table", plain, dict)
    if set(plain) != {"library", "kinds"} or plain["library"] not in LIBRARIES:
        raise ValueError(f"a table should have a library and kinds, but is {plain!r:.80}.")
    check_array("the kinds of columns", plain["kinds"], np.dtype(np.uint8), (design.n_columns,))
    if plain["kinds"].max() >= len(KINDS) or names is None:
        raise ValueError(f"a table should have names and kinds in 0..{len(KINDS) - 1}.")
    kinds = tuple(KINDS[kind] for kind in plain["kinds"])
    codes = _codes_of_columns(design.unit_map)
    named = [j for j, kind in enumerate(kinds) if kind in NAMED]
    for j in named:
        if j not in codes or not np.array_equal(codes[j], np.arange(len(codes[j]))):
            raise ValueError(f"column {j} should have categories numbered from 0, but has not.")
    texts = texts_from_arrays(arrays, TABLE, sum(len(codes[j]) for j in named))
    if texts is None:
        raise ValueError("a table should have categories, but has none.")
    values = iter([_scalar(text) for text in texts])
    categories = tuple(
        tuple(next(values) for _ in codes[j]) if kind in NAMED else ()
        for j, kind in enumerate(kinds)
    )
    for of_column in categories:
        if len(set(of_column)) < len(of_column):
            raise ValueError(f"the categories of a column should differ: {of_column!r:.80}.")
    return Table(plain["library"], tuple(names.tolist()), kinds, categories)


def _codes_of_columns(unit_map: UnitMap) -> dict[int, np.ndarray]:
    """The categories of each column that has some."""
    if not isinstance(unit_map, ColumnsMap):
        return {}
    return {
        int(j): codes
        for columns, own in zip(unit_map.columns, unit_map.maps, strict=True)
        if isinstance(own, CategoryMap)
        for j, codes in zip(columns, np.split(own.codes, np.cumsum(own.sizes)[:-1]), strict=True)
    }


def _scalar(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"a category should be JSON, but is {text!r:.80}.") from error
    if not isinstance(value, str | int | float):
        raise ValueError(f"a category should be a text or a number, but is {text!r:.80}.")
    return value
