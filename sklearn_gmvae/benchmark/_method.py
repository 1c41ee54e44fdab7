# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which of our methods altered a fit last: what was measured with it still holds."""

from sklearn_gmvae._base import BaseDeepMixture
from sklearn_gmvae._version import METHOD, METHOD_OF_GIVEN_STARTS
from sklearn_gmvae.benchmark._baselines import CodesThenClusters

# Other people's estimators know none of our methods.
METHOD_OF_OTHERS = 1


def method_of(estimator) -> int:
    """The last method to alter what such a fit may give."""
    if isinstance(estimator, BaseDeepMixture):
        starts_by_itself = estimator.get_params()["init_params"] == "auto"
        return METHOD if starts_by_itself else METHOD_OF_GIVEN_STARTS
    is_ours = isinstance(estimator, CodesThenClusters)
    return METHOD_OF_GIVEN_STARTS if is_ours else METHOD_OF_OTHERS
