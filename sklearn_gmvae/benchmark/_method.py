# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which of our methods altered a fit last: what was measured with it still holds."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from sklearn_gmvae import training
from sklearn_gmvae._version import (
    METHOD,
    METHOD_OF_COUNTS,
    METHOD_OF_HOLES,
    METHOD_OF_ONE_UNIT,
    METHOD_OF_WHOLE_ROWS,
    METHOD_OF_WORDS,
)
from sklearn_gmvae.benchmark._baselines import CodesThenClusters

COUNTS = ("negative_binomial", "poisson")


class Traits(NamedTuple):
    """What of X decides which methods have altered its fits.

    Attributes
    ----------
    misses : bool
        Whether an entry is missing.
    likelihood : str
        What "auto" stands for, of a data frame for its numbers.
    is_unit : bool
        Whether X is bytes, or within [0, 1].
    has_background : bool
        Whether columns are many and some of them one value in many rows.
    has_one_scale : bool
        Whether Gaussian columns have one: pixels, principal components.
    """

    misses: bool = False
    likelihood: str = ""
    is_unit: bool = False
    has_background: bool = False
    has_one_scale: bool = False


def traits_of(X) -> Traits:
    """Of an array, of CSR or of a data frame."""
    if hasattr(X, "isna"):
        misses = bool(X.isna().to_numpy().any())
        numbers = X.select_dtypes("number")
        is_plain = numbers.shape == X.shape and not misses  # and keeps its dtype, of bytes say
        X = numbers.to_numpy() if is_plain else numbers.to_numpy(dtype=float, na_value=np.nan)
    else:
        misses = bool(np.isnan(X.data if issparse(X) else X).any())
    if not X.size:
        return Traits(misses)
    likelihood = training.choose_likelihood(X)
    low, high = training.value_range(X)
    has_background = training.has_background(X)
    scales = training.standardizing_map(X).scale
    has_one_scale = bool(len(scales) > 1 and np.ptp(scales) == 0.0)
    return Traits(
        misses,
        likelihood,
        is_unit=bool(X.dtype == np.uint8 or (low >= 0.0 and high <= 1.0)),
        has_background=has_background,
        # flags of one length on a background have one by chance
        has_one_scale=has_one_scale and (not has_background or training.look_like_pixels(X)),
    )


def method_of(estimator, traits: Traits) -> int:
    """The last method to alter what such a fit gives: what was measured with it holds."""
    params = estimator.get_params()
    likelihood = params.get("likelihood")
    if isinstance(likelihood, dict):  # whose rest may have other traits than the whole
        return METHOD
    if isinstance(estimator, CodesThenClusters):
        likelihood = "auto"
    was_auto = likelihood == "auto"
    if was_auto:
        likelihood = traits.likelihood
        if likelihood == "bernoulli" and not traits.is_unit:
            return METHOD_OF_ONE_UNIT
    if likelihood == "gaussian" and traits.has_one_scale:
        return METHOD_OF_ONE_UNIT
    if likelihood == "gaussian" and traits.has_background:
        return METHOD
    if likelihood == "gaussian" and was_auto and traits.is_unit:
        return METHOD_OF_WORDS
    if likelihood in COUNTS and params.get("pretrain_iter") is None:
        return METHOD_OF_COUNTS
    return METHOD_OF_HOLES if traits.misses else METHOD_OF_WHOLE_ROWS
