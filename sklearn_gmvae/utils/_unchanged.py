# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""All or nothing for an object's attributes."""

from collections.abc import Callable
from functools import wraps
from typing import Any


def unchanged_on_error(method: Callable) -> Callable:
    """A method that leaves its object with the attributes that it had, whatever is raised inside,
    also by Ctrl-C."""

    @wraps(method)
    def all_or_nothing(self: object, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(self))
        try:
            return method(self, *args, **kwargs)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    return all_or_nothing
