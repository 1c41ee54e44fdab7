# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""From the ``random_state`` parameter to a generator that is ours alone."""

import numpy as np
from sklearn.utils import check_random_state


def private_random_state(random_state) -> np.random.RandomState:
    """As scikit-learn's ``check_random_state``, but None is a fresh generator seeded by the
    system, not numpy's global one: we neither read nor move global random state."""
    if random_state is None:
        return np.random.RandomState()
    return check_random_state(random_state)
