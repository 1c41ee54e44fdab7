# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Numbers, shares and lists of names as people write them."""

from collections.abc import Sequence

import numpy as np

from sklearn_gmvae.inspection._axes import number


def number_text(value) -> str:
    """A number as people write it; a text as it is."""
    try:
        value = float(value)
    except (TypeError, ValueError):
        return str(value)
    if not np.isfinite(value):
        return ""  # missing
    text = f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else number(value)
    return text.replace("-", "\u2212", 1) if value < 0 else text


def signed_text(value: float, decimals: int | None = None) -> str:
    """A difference: with its sign, also where it is a plus."""
    text = number_text(abs(value)) if decimals is None else f"{abs(value):.{decimals}f}"
    return f"+{text}" if value >= 0 else f"\u2212{text}"


def percent_text(share: float) -> str:
    """A share; one that is nearly nothing or all is not told as 0 % or 100 %."""
    percent = 100 * share
    if 0 < percent < 0.05:
        return "below 0.1 %"
    if 99.95 <= percent < 100:
        return "above 99.9 %"
    return f"{percent:.1f} %"


def names_text(names: Sequence[str]) -> str:
    """The first forty, and how many more."""
    more = len(names) - 40
    return " · ".join(names[:40]) + (f" and {more} more" if more > 0 else "")
