# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of training share."""

import pytest
import torch

from sklearn_gmvae.models import VaDE


@pytest.fixture
def small_model():
    """Either model for two clusters, always with the same weights."""

    def build(model_class, n_features, latent_dim):
        extra = (
            {"covariance_type": "full"}
            if model_class is VaDE
            else {"style_dim": 2, "prior_width": 8, "min_information": 0.0}
        )
        return model_class(
            n_features=n_features, n_clusters=2, latent_dim=latent_dim, hidden=(16,),
            activation="relu", likelihood="gaussian", variance_floor=1e-6,
            generator=torch.Generator().manual_seed(0), **extra,
        )  # fmt: skip

    return build
