# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""All or nothing for an object's attributes."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unchanged_on_error(it: object) -> Iterator[None]:
    """Whatever is raised inside, also by Ctrl-C, leaves ``it`` with the attributes that it had."""
    before = dict(vars(it))
    try:
        yield
    except BaseException:
        vars(it).clear()
        vars(it).update(before)
        raise
