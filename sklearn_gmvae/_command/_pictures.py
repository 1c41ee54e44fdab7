# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The displays of a report as PNG."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sklearn_gmvae._command._findings import Findings
from sklearn_gmvae.inspection import (
    ClusterProfileDisplay,
    ClusterSamplesDisplay,
    LatentSpaceDisplay,
    LowerBoundDisplay,
    ResponsibilityDisplay,
)
from sklearn_gmvae.inspection._select import picture_shape

DPI, PIXELS_PER_INCH = 140, 96
# Columns of a profile that a page is wide enough for.
MAX_FEATURES = 10


@dataclass(frozen=True)
class Picture:
    """PNG data, and its size on a page in CSS pixels."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Pictures:
    """The displays of a report.

    Attributes
    ----------
    samples : Picture
    profile : Picture or None
        None where rows are pictures themselves, or no column has numbers.
    latent, responsibility, bound : Picture
    rows_are_pictures : bool
    has_all_letters : bool
        False if names have letters that the pictures' font has not.
    """

    samples: Picture
    profile: Picture | None
    latent: Picture
    responsibility: Picture
    bound: Picture
    rows_are_pictures: bool
    has_all_letters: bool


def draw(found: Findings) -> Pictures:
    """Draw all of them; needs no screen."""
    estimator, rows = found.estimator, found.rows
    some = rows.X.iloc[found.shown] if hasattr(rows.X, "iloc") else rows.X[found.shown]
    with no_screen(), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        pictured = picture_shape(estimator, None) is not None
        profiled, features = None, None
        if not pictured:
            features = sorted(found.strongest[:MAX_FEATURES].tolist())
            profiled = png(profile_display(found, features).figure_)
        samples = ClusterSamplesDisplay.from_estimator(estimator, some, features=features)
        pictures = Pictures(
            samples=png(samples.figure_),
            profile=profiled,
            latent=png(LatentSpaceDisplay.from_estimator(estimator, some).figure_),
            responsibility=png(ResponsibilityDisplay.from_predictions(found.probabilities).figure_),
            bound=png(LowerBoundDisplay.from_estimator(estimator).figure_),
            rows_are_pictures=pictured,
            has_all_letters=not any("Glyph" in str(warning.message) for warning in told),
        )
    return pictures


def profile_display(found: Findings, features: list[int]) -> ClusterProfileDisplay:
    """How the clusters differ in some features."""
    return ClusterProfileDisplay(
        differences=found.differences[:, features],
        effects=found.effects[:, features],
        names=[str(k) for k in range(len(found.sizes))],
        feature_names=found.names[features],
    ).plot()


def png(figure) -> Picture:
    """A figure as a picture; it is closed."""
    from matplotlib import pyplot

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    pyplot.close(figure)
    width, height = (round(inches * PIXELS_PER_INCH) for inches in figure.get_size_inches())
    return Picture(buffer.getvalue(), width, height)


@contextmanager
def no_screen() -> Iterator[None]:
    """Draw without a window, and leave matplotlib as it was."""
    import matplotlib
    from matplotlib import pyplot

    before = matplotlib.get_backend()
    pyplot.switch_backend("agg")
    try:
        with matplotlib.rc_context():
            matplotlib.rcdefaults()  # a report looks the same whatever the user's own settings
            yield
    finally:
        pyplot.switch_backend(before)
