# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""From X's units to the model's: what the likelihood of each column asks of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from sklearn_gmvae.models import LIKELIHOODS, CountLikelihood, Spec
from sklearn_gmvae.training._affine import (
    AffineMap,
    check_not_cut,
    standardizing_map,
    unit_interval_map,
)
from sklearn_gmvae.training._categories import CategoryMap, find_categories
from sklearn_gmvae.training._columns import ColumnsMap, PartMap
from sklearn_gmvae.training._counts import check_whole_numbers, find_counts
from sklearn_gmvae.training._ranges import common_range
from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.training._rows import Rows, some_columns

UnitMap: TypeAlias = PartMap | ColumnsMap


@dataclass(frozen=True)
class Part:
    """Columns that have one likelihood.

    Attributes
    ----------
    likelihood : str
        A key of `LIKELIHOODS`.
    columns : tuple of int
    n_categories : tuple of int, optional
        How many each of them has at least, numbered from 0.
    """

    likelihood: str
    columns: tuple[int, ...]
    n_categories: tuple[int, ...] | None = None


# One likelihood for all columns, or parts which together have every column once.
Layout: TypeAlias = str | tuple[Part, ...]


class Asked(NamedTuple):
    """What is known when the columns of one part are looked at."""

    X: Rows
    likelihood: str
    standardize: bool
    ranks: Ranks
    labels: Sequence[Any]  # names or numbers of the columns, for messages
    n_categories: tuple[int, ...] | None = None


class Domain(NamedTuple):
    """What columns may be, and how they become a model's.

    ``check`` raises where they are not in the domain; ``find`` gives the map.
    """

    check: Callable[[Asked], None]
    find: Callable[[Asked], PartMap]


def choose_map(
    X: Rows,
    likelihood: Layout,
    standardize: bool,
    ranks: Ranks = ALONE,
    *,
    labels: Sequence[Any] | None = None,
    known: UnitMap | None = None,
) -> UnitMap:
    """The map of X to the units of its likelihood; without ``standardize`` the identity, where
    there is one.

    ``labels`` are the columns' names. The categories, and with them the width of the model, are
    those of a map that is ``known`` already.

    Raises
    ------
    ValueError
        If X has entries that are not in the likelihood's domain; on every rank.
    """
    check_domain(X, likelihood, standardize, ranks, labels=labels)
    maps: list[PartMap] = []
    parts = known.maps if isinstance(known, ColumnsMap) else (known,)
    for i, asked in enumerate(_parts(X, likelihood, standardize, ranks, labels)):
        before = None if known is None else parts[i]
        if isinstance(before, CategoryMap):
            maps.append(before)
        else:
            maps.append(_domain(asked).find(asked))
    if isinstance(likelihood, str):
        return maps[0]
    columns = tuple(np.array(part.columns, dtype=np.int64) for part in likelihood)
    return ColumnsMap(columns, tuple(maps))


def check_domain(
    X: Rows,
    likelihood: Layout,
    standardize: bool,
    ranks: Ranks = ALONE,
    *,
    labels: Sequence[Any] | None = None,
) -> None:
    """Raise unless the likelihood can take X."""
    for asked in _parts(X, likelihood, standardize, ranks, labels):
        _domain(asked).check(asked)


def model_spec(layout: Layout, unit_map: UnitMap) -> Spec:
    """The likelihood as a model is built with it."""
    if isinstance(layout, str):
        if isinstance(unit_map, CategoryMap):
            return ((layout, tuple(unit_map.sizes.tolist())),)
        return layout
    assert isinstance(unit_map, ColumnsMap), "parts have maps"
    return tuple(
        (part.likelihood, _size(own, len(part.columns)))
        for part, own in zip(layout, unit_map.maps, strict=True)
    )


def layout_of(spec: Spec, unit_map: UnitMap) -> Layout:
    """The likelihood of X's columns, from what a model was built with; inverts `model_spec`."""
    if isinstance(spec, str):
        return spec
    if not isinstance(unit_map, ColumnsMap):
        return spec[0][0]
    return tuple(
        Part(name, tuple(columns.tolist()))
        for (name, _), columns in zip(spec, unit_map.columns, strict=True)
    )


def _size(unit_map: PartMap, n_columns: int) -> int | tuple[int, ...]:
    if isinstance(unit_map, CategoryMap):
        return tuple(unit_map.sizes.tolist())
    return n_columns


def _parts(
    X: Rows, likelihood: Layout, standardize: bool, ranks: Ranks, labels: Sequence[Any] | None
) -> list[Asked]:
    labels = range(X.shape[1]) if labels is None else labels
    if isinstance(likelihood, str):
        return [Asked(X, likelihood, standardize, ranks, labels)]
    return [
        Asked(
            some_columns(X, np.array(part.columns)),
            part.likelihood,
            standardize,
            ranks,
            [labels[j] for j in part.columns],
            part.n_categories,
        )
        for part in likelihood
    ]


def _domain(asked: Asked) -> Domain:
    return DOMAINS[LIKELIHOODS[asked.likelihood].domain]


def _find_reals(asked: Asked) -> PartMap:
    found = AffineMap.identity()
    if asked.standardize:
        found = standardizing_map(asked.X, asked.ranks)
    else:
        check_not_cut(asked.X, asked.ranks)
    return replace(found, is_density=LIKELIHOODS[asked.likelihood].is_density)


def _find_unit_interval(asked: Asked) -> PartMap:
    if asked.standardize:
        return unit_interval_map(asked.X, asked.ranks)
    return replace(AffineMap.identity(), is_density=LIKELIHOODS[asked.likelihood].is_density)


def _check_unit_interval(asked: Asked) -> None:
    if asked.standardize:
        return
    low, high = common_range(asked.X, asked.ranks)
    if low < 0.0 or high > 1.0:
        raise ValueError(
            f"Expected X in [0, 1] for likelihood={asked.likelihood!r} with standardize=False, but "
            f"got values in [{low:.6g}, {high:.6g}]. Rescale X, use standardize=True or "
            "likelihood='gaussian'."
        )


def _check_whole_numbers(asked: Asked) -> None:
    check_whole_numbers(asked.X, asked.likelihood, asked.labels, asked.ranks)


def _find_counts(asked: Asked) -> PartMap:
    likelihood = LIKELIHOODS[asked.likelihood]
    assert issubclass(likelihood, CountLikelihood), "counts have a likelihood of counts"
    return find_counts(
        asked.X,
        relative=likelihood.is_relative,
        standardize=asked.standardize,
        ranks=asked.ranks,
    )


def _find_categories(asked: Asked) -> PartMap:
    return find_categories(asked.X, asked.labels, asked.n_categories, asked.ranks)


def _anything(asked: Asked) -> None:
    pass


DOMAINS: dict[str, Domain] = {
    "reals": Domain(_anything, _find_reals),
    "unit_interval": Domain(_check_unit_interval, _find_unit_interval),
    "counts": Domain(_check_whole_numbers, _find_counts),
    "categories": Domain(_check_whole_numbers, _find_categories),
}
