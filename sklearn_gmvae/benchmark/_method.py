# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which of our methods altered a fit last: what was measured with it still holds."""

from sklearn_gmvae._base import BaseDeepMixture
from sklearn_gmvae._version import METHOD
from sklearn_gmvae.benchmark._baselines import CodesThenClusters

# Other people's estimators know none of our methods.
METHOD_OF_OTHERS = 1


def method_of(estimator) -> int:
    """The last method that may have altered what such a fit gives."""
    is_ours = isinstance(estimator, (BaseDeepMixture, CodesThenClusters))
    return METHOD if is_ours else METHOD_OF_OTHERS
