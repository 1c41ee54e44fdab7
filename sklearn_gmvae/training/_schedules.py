# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Schedules: pure functions of the share of training that is done, from 0 to 1."""

import math

PRETRAINING_PRIOR_WEIGHT = 0.05
# Share of training after which the prior terms have their full weight.
WARM_UP = 0.5
# Share of training after which the start no longer holds: it ends on the plain ELBO.
ANCHORED = 0.9
# Share of the learning rate that is left where training has no end: as much as it begins with.
FINAL_RATE = 0.02


def one_cycle(progress: float, warm_up: float = 0.1) -> float:
    """Learning-rate factor: a linear rise to 1 during ``warm_up``, then a cosine to 0."""
    if progress < warm_up:
        return (progress / warm_up) * 0.98 + 0.02
    return 0.5 * (1.0 + math.cos(math.pi * (progress - warm_up) / (1.0 - warm_up)))


def open_ended(progress: float) -> float:
    """Learning-rate factor of training without an end: `one_cycle`, and then on at FINAL_RATE."""
    return max(one_cycle(progress), FINAL_RATE)


def ramp(progress: float, start: float, end: float, until: float) -> float:
    """From ``start`` to ``end`` in a straight line, reached at ``until`` and kept."""
    return end if progress >= until else start + (end - start) * progress / until


def pretraining_prior_weight(progress: float) -> float:
    """Weight of the KL term in pretraining: enough to give the codes a common scale, too little
    to blur them."""
    return PRETRAINING_PRIOR_WEIGHT


def training_prior_weight(progress: float) -> float:
    """Weight of the prior terms in training: from pretraining's to the plain ELBO."""
    return ramp(progress, PRETRAINING_PRIOR_WEIGHT, 1.0, until=WARM_UP)


def full_prior_weight(progress: float) -> float:
    """Weight of the prior terms where training goes on with a model that it has trained before."""
    return 1.0


def training_anchor_weight(progress: float) -> float:
    """Share of its first weight that the anchor has in training: let go in a straight line."""
    return ramp(progress, 1.0, 0.0, until=ANCHORED)
