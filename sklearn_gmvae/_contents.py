# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the file of a fitted estimator holds: from its state to a header and arrays, and back."""

import platform
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import sklearn
import torch

from sklearn_gmvae._content_checks import (
    FITTED,
    OUTPUT,
    Arrays,
    check_architecture,
    check_fitted,
    check_type,
)
from sklearn_gmvae._design import Design
from sklearn_gmvae._unit_contents import (
    pack_map,
    pack_spec,
    pack_table,
    unpack_map,
    unpack_spec,
    unpack_table,
)
from sklearn_gmvae._version import __version__
from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.utils import from_plain, texts_from_arrays, texts_to_arrays, to_plain

# The design says these already.
DERIVED: dict[str, Callable[[Design, np.ndarray | None], Any]] = {
    "n_features_in_": lambda design, names: design.n_columns,
    "_n_features_out": lambda design, names: design.architecture["latent_dim"],
    "likelihood_": lambda design, names: design.likelihoods(names),
    "hidden_layer_sizes_": lambda design, names: design.architecture["hidden"],
}
NAMES = "feature_names_in_"
# `device_` is where a model runs, not what it is: the reader says. Callbacks are only who watched.
# What is under way in `partial_fit` stays here: from the file it goes on as from any fitted model.
ELSEWHERE = {"_model", "_design", "device_", NAMES, "_skl_callbacks", "_online"}

# The longest JSON of one parameter: what is longer belongs in an array.
MAX_PARAMETER = 2**14


def pack(
    class_name: str, model_class: type[DeepMixture], parameters: dict, state: dict
) -> tuple[dict[str, Any], Arrays]:
    """Header and arrays for the parameters and the state (as pickle would see it) of a fitted
    estimator.

    Raises
    ------
    TypeError
        If a parameter or an attribute cannot be stored exactly.
    ValueError
        If there is an attribute that no fit leaves, or one that `unpack` would not take.
    """
    arrays: Arrays = {}
    plain_parameters = {
        name: to_plain(value, f"parameters.{name}", arrays) for name, value in parameters.items()
    }
    for name, plain in plain_parameters.items():
        if len(repr(plain)) > MAX_PARAMETER:
            raise ValueError(
                f"The parameter {name} would take {len(repr(plain))} characters, but "
                f"{MAX_PARAMETER} is the most. If it is a list of numbers make it an array, "
                f"set_params({name}=numpy.asarray(...)); else use pickle."
            )
    attributes = {name: value for name, value in state.items() if name not in parameters}
    if unknown := set(attributes) - FITTED - ELSEWHERE - {OUTPUT} - set(DERIVED):
        raise ValueError(
            f"The attributes {sorted(unknown)} are neither parameters nor what fit leaves, and "
            "have no place in a model's file. Delete them, or use pickle."
        )
    design: Design = state["_design"]
    architecture = {
        **design.architecture,
        "likelihood": pack_spec(design.architecture["likelihood"]),
    }
    plain_design = {
        "architecture": to_plain(architecture, "architecture", arrays),
        "affine": to_plain(pack_map(design.unit_map), "affine", arrays),
        "standardize": to_plain(design.standardize, "standardize", arrays),
    }
    if design.table is not None:
        plain_design["table"] = to_plain(pack_table(design.table, arrays), "table", arrays)
    fitted = {name: attributes[name] for name in sorted({*FITTED, OUTPUT} & set(attributes))}
    plain_fitted = to_plain(fitted, "fitted", arrays)
    if NAMES in attributes:
        arrays.update(texts_to_arrays(attributes[NAMES], NAMES))
    arrays.update({f"model.{name}": array for name, array in state["_model"].items()})
    header = {
        "class": class_name,
        "versions": {
            "sklearn_gmvae": __version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
            "torch": str(torch.__version__),
        },
        "parameters": plain_parameters,
        "design": plain_design,
        "fitted": plain_fitted,
    }
    # What could not be read must not be written: the user would learn of it too late.
    unpack(header, dict(arrays), model_class, set(parameters))
    return header, arrays


def unpack(
    header: dict[str, Any],
    arrays: Arrays,
    model_class: type[DeepMixture],
    parameter_names: set[str],
) -> tuple[dict, dict]:
    """Parameters and the rest of the state, without ``device_``, from a header and arrays; uses
    ``arrays`` up.

    Raises
    ------
    ValueError
        If anything is missing, too much, or not what the architecture asks for. Says what.
    """
    parameters = _section(header, "parameters")
    if unknown := set(parameters) - parameter_names:
        raise ValueError(
            f"it has parameters that this version of sklearn_gmvae does not know, "
            f"{sorted(unknown)!s:.200}. It was written with {header.get('versions')!r:.200}: "
            "upgrade."
        )
    weights = {
        name.removeprefix("model."): arrays.pop(name)
        for name in sorted(arrays)
        if name.startswith("model.")
    }
    design = _unpack_design(_section(header, "design"), arrays, model_class, weights)
    fitted = _read(header.get("fitted"), arrays, "the fitted attributes")
    check_fitted(fitted, design.architecture, design.n_columns)
    names = texts_from_arrays(arrays, NAMES, design.n_columns)
    if "table" in header["design"]:
        plain = _read(header["design"]["table"], arrays, "the table")
        design = replace(design, table=unpack_table(plain, arrays, names, design))
    state = {
        **fitted,
        **{name: derive(design, names) for name, derive in DERIVED.items()},
        "_design": design,
        "_model": weights,
    }
    if names is not None:
        state[NAMES] = names
    values = {
        name: _read(plain, arrays, f"the parameter {name}") for name, plain in parameters.items()
    }
    if arrays:
        raise ValueError(f"it has arrays that nothing refers to: {sorted(arrays)!s:.200}.")
    return values, state


def _unpack_design(
    section: dict, arrays: Arrays, model_class: type[DeepMixture], weights: Arrays
) -> Design:
    architecture = _read(section.get("architecture"), arrays, "the architecture")
    check_type("the architecture", architecture, dict)
    if "likelihood" in architecture:
        architecture["likelihood"] = unpack_spec(architecture["likelihood"])
    architecture = check_architecture(architecture, model_class, weights)
    plain = _read(section.get("affine"), arrays, "the map of X's units")
    unit_map = unpack_map(plain, architecture["likelihood"], architecture["n_features"])
    check_type("standardize", section.get("standardize"), bool)
    return Design(architecture, unit_map, section["standardize"])


def _section(header: dict, name: str) -> dict:
    section = header.get(name)
    if not isinstance(section, dict):
        raise ValueError(f"its header should have an object {name!r}, but has {section!r:.80}.")
    return section


def _read(plain: Any, arrays: Arrays, what: str) -> Any:
    try:
        return from_plain(plain, arrays)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"in {what}: {error}") from error
