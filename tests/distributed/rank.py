# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What one rank does in test_distributed.py: ``python rank.py TASK FOLDER RANK SIZE``.

With SIZE 1 there is no process group, and the one process has all rows.
"""

import os
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from sklearn.datasets import load_digits, make_blobs, make_moons
from sklearn.decomposition import PCA

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.datasets import make_mixed
from sklearn_gmvae.models import GMVAE, VaDE
from sklearn_gmvae.training import (
    AffineMap,
    Batches,
    ColumnsMap,
    ModelRows,
    Phase,
    Recipe,
    Shard,
    Watchers,
    _budget,
    _checkpoint,
    choose_map,
    fit_module,
    train,
)
from sklearn_gmvae.training._checkpoint import Checkpoint

CPU = torch.device("cpu")
# Of all rows, those of rank 0 where there are two: uneven, and less than a batch of 64 at the end.
SHARE = 0.7


class DoubleMap(AffineMap):
    """The identity, for a training that is in double throughout."""

    def forward(self, X):
        return X


def shard_of(X, rank, size):
    if size == 1:
        return X
    cut = round(SHARE * len(X))
    return X[:cut] if rank == 0 else X[cut:]


def exact(rank, size):
    """Parameters after 30 epochs in double, in batches and in one batch, of both models."""
    rng = np.random.RandomState(0)
    X = shard_of(rng.randn(101, 6), rank, size)
    shard = Shard.of(X)
    results = {}
    for batch_size in (16, 101):
        for model_class in (VaDE, GMVAE):
            extra = (
                {"covariance_type": "full"}
                if model_class is VaDE
                # lambda so that the term acts in some batches and not in others
                else {"style_dim": 2, "prior_width": 8, "min_information": 0.05}
            )
            model = model_class(
                n_features=6, n_clusters=3, latent_dim=2, hidden=(16,), activation="tanh",
                likelihood="gaussian", variance_floor=1e-6,
                generator=torch.Generator().manual_seed(0), **extra,
            ).double()  # fmt: skip
            with torch.no_grad():
                for i, parameter in enumerate(model.prior.parameters()):
                    generator = torch.Generator().manual_seed(i)
                    parameter += torch.randn(parameter.shape, generator=generator).double()
            rows = ModelRows(X, DoubleMap(np.array(0.0), np.array(1.0)), CPU)
            batches = Batches(rows, np.arange(101), batch_size, shard=shard)
            history = fit_module(
                model, model.elbo_at, batches,
                Phase("training", 30, 1e-2, lambda progress: 1.0, n_samples=2),
                shuffling=torch.Generator().manual_seed(1), noise=torch.Generator().manual_seed(2),
            )  # fmt: skip
            name = f"{model_class.__name__} {batch_size}"
            flat = torch.cat([p.detach().flatten() for p in model.parameters()])
            results[name] = flat.numpy()
            results[name + " bound"] = np.array(history.lower_bound)
    return results


def fits(rank, size):
    """The estimators' fits of rows of many kinds.

    Digits (pictures), blobs far from zero (a table), early stopping, a data frame of which a rank
    has texts that the other has not, holes in the rows of one only, moons, which Gaussians cut,
    counts, of which a trial of few epochs tells how long to train, pixels, of which the first rank
    has none of one range, principal components, and words, of which it has none that is rare.
    """
    _budget.MAX_EPOCHS, _budget.MIN_EPOCHS, _budget.MIN_UPDATES = 12, 2, 2
    digits = load_digits().data[:600]
    blobs, _ = make_blobs(301, centers=3, n_features=5, random_state=0)
    frame, _ = make_mixed(301, n_clusters=3, n_counts=2, random_state=0)
    frame = frame.astype({"kind_0": str}).sort_values("kind_0")
    holes = np.where(np.random.RandomState(1).uniform(size=blobs.shape) < 0.1, np.nan, blobs)
    holes[round(SHARE * len(blobs)) :] = blobs[round(SHARE * len(blobs)) :]
    moons, _ = make_moons(301, noise=0.05, random_state=0)
    rng = np.random.RandomState(0)
    is_first, which = np.arange(301) < round(SHARE * 301), np.arange(301) % 3
    dots = rng.uniform(size=(301, 240)) < rng.choice([0.1, 0.8], (3, 240))[which]
    pixels = dots * np.where(is_first[:, None], np.linspace(20.0, 100.0, 240), 255.0)
    components = PCA(12, random_state=0).fit_transform(pixels)
    words = 1.0 + 9.0 * dots
    words[~is_first] = (dots & (rng.uniform(size=dots.shape) < 0.1))[~is_first]
    words[is_first, 24:] = 0.0
    counts = dict.fromkeys(("count_0", "count_1"), "negative_binomial")
    small = {"hidden_layer_sizes": (32,), "pretrain_iter": 8, "max_iter": 8, "latent_dim": 4}
    # For where the start is not what matters: "auto" takes longer than all else.
    quick = {**small, "init_params": "kmeans"}
    tried = {**quick, "pretrain_iter": None, "max_iter": None, "learning_rate": 0.02}
    cases = {
        "vade digits": (VaDEClustering(10, random_state=0, **small), digits / 16),
        "gmvae table": (GMVAEClustering(3, random_state=0, **small), 1e3 + 7 * blobs),
        "vade restarts, held out": (
            VaDEClustering(
                3, random_state=0, n_init=2, early_stopping=True, n_iter_no_change=3, **quick
            ),
            blobs,
        ),
        "vade fresh seed": (VaDEClustering(3, **quick), blobs),
        "vade bfloat16": (VaDEClustering(3, random_state=0, precision="bfloat16", **quick), blobs),
        "vade frame": (VaDEClustering(3, random_state=0, likelihood=counts, **small), frame),
        "vade holes": (VaDEClustering(3, random_state=0, **small), holes),
        "vade counts": (
            VaDEClustering(3, random_state=0, likelihood="poisson", **tried),
            np.round(blobs - blobs.min()),
        ),
        "vade pixels": (VaDEClustering(3, random_state=0, **quick), pixels),
        "vade Gaussian pixels": (
            VaDEClustering(3, random_state=0, likelihood="gaussian", **quick),
            pixels,
        ),
        "vade components": (VaDEClustering(3, random_state=0, **quick), components),
        "vade words": (VaDEClustering(3, random_state=0, **quick), words),
        "vade moons": (VaDEClustering(2, random_state=0, **small), moons),
    }
    results = {}
    for name, (estimator, X) in cases.items():
        X = shard_of(X, rank, size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.fit(X)
        state = estimator._model.state_dict().values()
        flat = torch.cat([value.flatten().double() for value in state])
        affine = estimator._design.unit_map
        if isinstance(affine, ColumnsMap):
            affine = next(own for own in affine.maps if isinstance(own, AffineMap))
        results |= {
            name: flat.numpy(),
            f"{name} labels": estimator.labels_,
            f"{name} bound": np.array([estimator.lower_bound_]),
            f"{name} bounds": estimator.lower_bounds_,
            f"{name} offset": np.atleast_1d(getattr(affine, "offset", 0.0)),
            f"{name} scale": np.atleast_1d(getattr(affine, "scale", 0.0)),
            f"{name} epochs": np.array([estimator.n_iter_]),
        }
    return results


def wrong(rank, size):
    """The errors that every rank raises where one brings something else."""
    X = np.random.RandomState(0).randn(20, 3 + rank)
    messages = []
    for estimator, data in (
        (VaDEClustering(2), X),
        (VaDEClustering(100), X[:, :3]),
        (VaDEClustering(2, n_init=2, n_jobs=2), X[:, :3]),
        (VaDEClustering(2, likelihood="bernoulli", standardize=False), X[:, :3] * rank),
        (VaDEClustering(2), X[:, :3].astype(np.float32 if rank else np.float64)),
        (VaDEClustering(2), np.where(rank, np.inf, X[:, :3])),
        (VaDEClustering(2, init_params=np.arange(20 + rank) % 2), X[:, :3]),
    ):
        try:
            estimator.fit(data)
        except ValueError as error:
            messages.append(str(error))
    return {"messages": np.array(messages)}


def small_run(shard, X, watch, n_pretraining=0):
    """One run of a small VaDE, with who watches it."""
    affine = choose_map(X, "gaussian", True)
    recipe = Recipe(
        Phase("pretraining", n_pretraining, 1e-3, lambda progress: 1.0),
        Phase("training", 6, 1e-3, lambda progress: 1.0), "kmeans", 16, None,
    )  # fmt: skip

    def build(generator):
        return VaDE(
            n_features=4, n_clusters=2, latent_dim=2, covariance_type="full", hidden=(8,),
            activation="relu", likelihood="gaussian", variance_floor=1e-6, generator=generator,
        )  # fmt: skip

    return train(build, X, affine, recipe, seed=0, device=CPU, shard=shard, watch=watch)


class Stop(Watchers):
    """Wants to stop after two epochs."""

    def end_epoch(self, history, model_now):
        return history.n_iter == 2


def stops(rank, size):
    """Rank 1 has a watcher that stops training, rank 0 has none."""
    X = np.random.RandomState(0).randn(50, 4)
    run = small_run(Shard.of(X), X, Stop() if rank == 1 else Watchers())
    return {"n_iter": run.training.n_iter, "stopped": run.training.stopped}


def dies(rank, size):
    """Rank 1 ends in the middle of a fit; rank 0 tells how long it waited."""
    X = np.random.RandomState(0).randn(50, 4)
    died = []

    class Deadly(Watchers):
        def end_epoch(self, history, model_now):
            if rank == 1 and history.n_iter == 3:
                os._exit(1)
            died.append(time.monotonic())
            return False

    try:
        small_run(Shard.of(X), X, Deadly(), n_pretraining=10**6)
    except RuntimeError as error:
        return {"waited": np.array(time.monotonic() - died[-1]), "error": np.array(str(error))}
    return {}


class Death(BaseException):
    """What no code catches."""


def jitter(batch, generator):
    return batch + 0.1 * torch.randn(batch.shape, generator=generator)


def resumes(rank, size):
    """Parameters of a fit that is left alone, and of fits whose ranks die after some writings."""
    X, _ = make_blobs(301, centers=3, n_features=5, random_state=0)
    X = shard_of(X, rank, size)
    write = Checkpoint.write
    _checkpoint.INTERVAL = 0.0

    def fit(checkpoint, deadly=None):
        written = 0

        def count_and_die(self, state):
            nonlocal written
            write(self, state)
            written += 1
            if written == deadly:
                raise Death

        Checkpoint.write = count_and_die
        estimator = GMVAEClustering(
            3, hidden_layer_sizes=(16,), pretrain_iter=4, max_iter=4, batch_size=64,
            latent_dim=3, early_stopping=True, augment=jitter, random_state=0,
            checkpoint=checkpoint,
        )  # fmt: skip
        with suppress(Death), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.fit(X)
            parameters = estimator._model.parameters()
            return torch.cat([p.detach().flatten().double() for p in parameters]).numpy()

    results = {"undisturbed": fit(None)}
    for deadly in (9, 25):
        # Each rank's own disk, of which the first one's is used.
        checkpoint = Path(sys.argv[2]) / f"{deadly}-{rank}"
        assert fit(checkpoint, deadly) is None
        results[f"after {deadly}"] = fit(checkpoint)
        results[f"files of {deadly}"] = np.array(len(list(checkpoint.glob("*"))))
    return results


if __name__ == "__main__":
    task, folder, rank, size = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    if size > 1:
        dist.init_process_group(
            "gloo", init_method=f"file://{folder / task}.group", rank=rank, world_size=size
        )
    np.savez(folder / f"{task}_{rank}_of_{size}.npz", **globals()[task](rank, size))
    if size > 1 and task != "dies":
        dist.destroy_process_group()
