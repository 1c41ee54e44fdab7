# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where the documentation is, for the link in an estimator's HTML representation."""

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

DISTRIBUTION = "sklearn-gmvae"
BUILT = Path(__file__).parents[2] / "doc" / "_build" / "html"  # by ``make doc``, in a clone


def documentation_page(name: str) -> str:
    """The address of the page of a public name; "" if there is none.

    That of the project's published documentation, if its metadata have a URL "Documentation"; else
    the page that ``make doc`` has built beside this code.
    """
    page = f"generated/sklearn_gmvae.{name}.html"
    if root := published():
        return f"{root}/{page}"
    return (BUILT / page).as_uri() if (BUILT / page).is_file() else ""


@cache
def published() -> str:
    """The URL "Documentation" of the installed distribution's metadata, "" without one."""
    try:
        urls = metadata(DISTRIBUTION).get_all("Project-URL") or []
    except PackageNotFoundError:  # imported from a folder
        return ""
    labelled = dict(entry.split(", ", 1) for entry in urls)
    return labelled.get("Documentation", "").rstrip("/")
