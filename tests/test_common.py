# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn's own checks, with nothing skipped, expected to fail or excused by a tag."""

import numpy as np
import pytest
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    _enforce_estimator_tags_X,
    check_clustering,
    check_dataframe_column_names_consistency,
    check_get_feature_names_out_error,
    check_global_output_transform_pandas,
    check_global_set_output_transform_polars,
    check_param_validation,
    check_set_output_transform,
    check_set_output_transform_pandas,
    check_set_output_transform_polars,
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
    parametrize_with_checks,
)

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.models import COVARIANCE_TYPES, LIKELIHOODS
from sklearn_gmvae.training import STARTS

# The checks fit eight clusters on twenty rows of noise: that some stay empty is an outcome to be
# told (ConvergenceWarning), and not what they check.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)

SMALL = {"hidden_layer_sizes": (32,), "pretrain_iter": 30, "max_iter": 5}

CONV = {"hidden_layer_sizes": ((4, 3, 2), 16), "pretrain_iter": 30, "max_iter": 5}
# Held out rows leave fewer to learn from.
LONGER = {"hidden_layer_sizes": (32,), "pretrain_iter": 50, "max_iter": 5}

# What both estimators have they share the code of: the default suite checks one of them with each
# option, and the slow one the other. Options that have nothing to do with each other share a fit.
VARIANTS = [
    VaDEClustering(covariance_type="tied", init_params="random", **SMALL),
    VaDEClustering(covariance_type="diag", init_params="merge", likelihood="gaussian", **SMALL),
    VaDEClustering(
        covariance_type="spherical", init_params="gmm", likelihood="negative_binomial", **SMALL
    ),
    GMVAEClustering(min_information=0.5, likelihood="bernoulli", **SMALL),
    GMVAEClustering(n_mc_samples=3, likelihood="poisson", **SMALL),
    GMVAEClustering(likelihood="categorical", **SMALL),
    # Rows of a number of features that is no square are strips.
    VaDEClustering(network="conv", **CONV),
    GMVAEClustering(early_stopping=True, init_params="kmeans", **LONGER),
]

OTHER_HALF = [
    *(VaDEClustering(init_params=name, **SMALL) for name in STARTS),
    *(GMVAEClustering(init_params=name, **SMALL) for name in STARTS),
    *(VaDEClustering(covariance_type=c, **SMALL) for c in COVARIANCE_TYPES),
    VaDEClustering(n_mc_samples=3, **SMALL),
    VaDEClustering(likelihood="bernoulli", **SMALL),
    GMVAEClustering(likelihood="gaussian", **SMALL),
    VaDEClustering(likelihood="poisson", **SMALL),
    GMVAEClustering(likelihood="negative_binomial", **SMALL),
    VaDEClustering(likelihood="categorical", **SMALL),
    GMVAEClustering(network="conv", **CONV),
    VaDEClustering(early_stopping=True, **LONGER),
]


def test_variants_have_every_option():
    """Of those that the code goes another way with."""
    params = [estimator.get_params() for estimator in VARIANTS]
    tried = {name: {p[name] for p in params if name in p} for p in params for name in p}
    assert tried["init_params"] >= set(STARTS)
    assert tried["likelihood"] >= set(LIKELIHOODS)
    assert tried["covariance_type"] == set(COVARIANCE_TYPES)


# The default schedules take minutes over all checks; GMVAE's options below are quicker.
@parametrize_with_checks([VaDEClustering()])
def test_defaults_pass_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([GMVAEClustering()])
def test_gmvaes_defaults_pass_scikit_learns_checks(estimator, check):
    check(estimator)


@parametrize_with_checks(VARIANTS)
def test_every_option_passes_scikit_learns_checks(estimator, check):
    check(as_tagged(estimator, check))


@pytest.mark.slow
@parametrize_with_checks(OTHER_HALF)
def test_the_other_estimators_options_pass_scikit_learns_checks(estimator, check):
    check(as_tagged(estimator, check))


def as_tagged(estimator, check):
    """The estimator; for `check_clustering` one that sees X as the likelihood takes it.

    That check (of scikit-learn 1.9) alone sends standardised X to all, also to those whose tags say
    that it must not be negative, of which `check_positive_only_tag_during_fit` asks that they
    refuse it. For counts X is the logarithm of rates, beside a column that does not change: where
    only shares count, two columns alone would be one number.
    """
    if check.func is not check_clustering or not get_tags(estimator).input_tags.positive_only:
        return estimator

    class Tagged(type(estimator)):
        def fit(self, X, y=None):
            X = np.asarray(X)
            if LIKELIHOODS[self.likelihood].domain == "counts":
                return super().fit(np.round(10 * np.exp(np.pad(X, ((0, 0), (0, 1))))), y)
            return super().fit(_enforce_estimator_tags_X(self, X), y)

    return Tagged(**estimator.get_params())


# Some of these checks fit on a frame and transform an array, and the reverse, on purpose.
@pytest.mark.filterwarnings("ignore:X (does not have valid|has) feature names:UserWarning")
@pytest.mark.parametrize(
    "check",
    [
        check_param_validation,
        check_dataframe_column_names_consistency,
        check_set_output_transform,
        check_set_output_transform_pandas,
        check_set_output_transform_polars,
        check_global_output_transform_pandas,
        check_global_set_output_transform_polars,
        check_transformer_get_feature_names_out,
        check_transformer_get_feature_names_out_pandas,
        check_get_feature_names_out_error,
    ],
)
@pytest.mark.parametrize("estimator_class", [VaDEClustering, GMVAEClustering])
def test_checks_outside_the_generator_pass(estimator_class, check):
    check(estimator_class.__name__, estimator_class(**SMALL))
