# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""How fast training and prediction are, beside what this machine and others' loops can do.

Every figure is a ratio within one case, whose contestants take turns in one process: absolute times
of a shared machine say little. Training is on the GPU where there is one, as the estimators' is.
"""

import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae._version import METHOD
from sklearn_gmvae.benchmark._bare import BareVaDE
from sklearn_gmvae.benchmark._machine import machine, peak_memory_mb, reset_peak_memory, versions
from sklearn_gmvae.benchmark._results import append_result
from sklearn_gmvae.benchmark._time_to_accuracy import time_to_accuracy
from sklearn_gmvae.models import GMVAE, VaDE
from sklearn_gmvae.training import AffineMap, Batches, ModelRows, Phase, fit_module
from sklearn_gmvae.utils import multiplies_bfloat16, resolve_device

HIDDEN = (500, 500, 2000)  # the papers' network
BATCH = 256
# Products timed together, and batches of an epoch: some tenths of a second, or seconds, of a CPU.
N_PRODUCTS = {"cpu": 200, "cuda": 20_000}
N_BATCHES = {"cpu": 40, "cuda": 1_000}
# Each contestant's epochs, one at a time in turn, after one to warm up.
TURNS = 5

Contestants = Mapping[str, Callable[[], object]]


def speed(case: str) -> dict:
    """Measure one of `CASES`; a JSON-ready record."""
    reset_peak_memory()
    return {
        "benchmark": "speed",
        "case": case,
        "method": METHOD,
        "measured": CASES[case](),
        "peak_memory_mb": peak_memory_mb(),
        "versions": versions(),
        "machine": machine(),
    }


def in_turns(contestants: Contestants, n_turns: int = TURNS) -> dict[str, list[float]]:
    """Seconds of every call, the contestants one after the other in every turn."""
    for run in contestants.values():
        done(run)
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(n_turns):
        for name, run in contestants.items():
            started = time.perf_counter()
            done(run)
            seconds[name].append(round(time.perf_counter() - started, 5))
    return seconds


def done(run: Callable[[], object]) -> None:
    """Call it, and wait for what it has left to the GPU."""
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def trainer(
    model_class: type,
    X: np.ndarray,
    *,
    precision: torch.dtype = torch.float32,
    n_clusters: int = 10,
    latent_dim: int = 10,
    n_samples: int = 1,
    hidden: tuple[int, ...] = HIDDEN,
) -> Callable[[], None]:
    """One epoch of our training on X in [0, 1], at each call."""
    device = resolve_device("auto")
    extra: dict = (
        {"covariance_type": "full"}
        if model_class is VaDE
        else {"style_dim": latent_dim, "prior_width": 120, "min_information": 0.0}
    )
    model = model_class(
        n_features=X.shape[1],
        n_clusters=n_clusters,
        latent_dim=latent_dim,
        hidden=hidden,
        activation="relu",
        likelihood="bernoulli",
        variance_floor=1e-6,
        generator=torch.Generator().manual_seed(0),
        **extra,
    ).to(device)
    unit_map = AffineMap(np.array(0.0), np.array(1.0), bounds=(0.0, 1.0), is_density=False)
    batches = Batches(ModelRows(X, unit_map, device), np.arange(len(X)), BATCH)
    phase = Phase("speed", 1, 1e-3, lambda progress: 1.0, n_samples=n_samples, precision=precision)
    shuffling, noise = torch.Generator(), torch.Generator(device)

    def epoch() -> None:
        fit_module(model, model.elbo_at, batches, phase, shuffling=shuffling, noise=noise)

    return epoch


def flops(n_features: int, latent_dim: int, hidden: tuple[int, ...] = HIDDEN) -> int:
    """Multiplications and additions of VaDE's matrix products for one row of training: each layer's
    output, its weights' gradient and, but for the first, its input's."""
    encoder = list(pairwise([n_features, *hidden, 2 * latent_dim]))
    decoder = list(pairwise([latent_dim, *hidden[::-1], n_features]))
    products = [n_in * n_out for n_in, n_out in encoder + decoder]
    return 2 * (3 * sum(products) - products[0])


def products(precision: torch.dtype, device: torch.device) -> Callable[[], object]:
    """`N_PRODUCTS` times 256 x 500 by 500 x 2000, the network's widest product."""
    a = torch.randn(BATCH, 500, device=device).to(precision)
    b = torch.randn(500, 2000, device=device).to(precision)

    def multiply() -> None:
        for _ in range(N_PRODUCTS[device.type]):
            a @ b

    return multiply


def clustpy_trainer(X: np.ndarray, device: torch.device) -> Callable[[], object] | None:
    """One epoch of the training of ClustPy's VaDE on the same network; None without ClustPy."""
    try:
        from clustpy.deep._data_utils import get_dataloader
        from clustpy.deep.vade import _VaDE_Module, _VaDE_VAE
    except (ImportError, RuntimeError):
        return None
    network = _VaDE_VAE([X.shape[1], *HIDDEN, 10], activation_fn=torch.nn.ReLU).to(device)
    network.fitted = True
    module = _VaDE_Module(10, 10).to(device)
    optimizer = torch.optim.Adam([*network.parameters(), *module.parameters()], lr=1e-4)
    loader = get_dataloader(X, BATCH, shuffle=True)
    loss = torch.nn.BCELoss(reduction="sum")
    return lambda: module.fit(network, loader, loader, 1, device, optimizer, loss, 1.0, 1.0)


def pictures(n: int, n_features: int = 784) -> np.ndarray:
    """Grey values in [0, 1] of four fifths zeros, as handwriting has."""
    rng = np.random.RandomState(0)
    X = rng.random_sample((n, n_features)).astype(np.float32)
    return np.where(X > 0.8, 5 * X - 4, np.float32(0))


def throughput() -> dict:
    """Training of 784-500-500-2000-10 in batches of 256: ours, a bare loop, ClustPy."""
    device = resolve_device("auto")
    X = pictures(N_BATCHES[device.type] * BATCH)
    precisions = {"float32": torch.float32}
    if multiplies_bfloat16(device):
        precisions["bfloat16"] = torch.bfloat16
    contestants: dict[str, Callable[[], object]] = {}
    for name, precision in precisions.items():
        contestants[f"vade {name}"] = trainer(VaDE, X, precision=precision)
        contestants[f"gmvae {name}"] = trainer(GMVAE, X, precision=precision)
        bare = BareVaDE(torch.from_numpy(X).to(device), list(HIDDEN), 10, 10, precision)
        contestants[f"bare loop {name}"] = bare.epoch
    if (peer := clustpy_trainer(X, device)) is not None:
        contestants["clustpy vade float32"] = peer
    # In the same turns: the machine's rate changes from one minute to the next.
    contestants |= {name: products(precision, device) for name, precision in precisions.items()}
    seconds = in_turns(contestants)
    product = 2 * BATCH * 500 * 2000 * N_PRODUCTS[device.type]
    rates = {name: product / float(np.median(seconds.pop(name))) for name in precisions}
    return {
        "device": device.type,
        "n_samples": len(X),
        "flops_per_row": flops(784, 10),
        "matmul_flops_per_second": rates,
        "epoch_seconds": seconds,
    }


def growth(name: str, values: list[int]) -> Callable[[], dict]:
    """Seconds of an epoch of the papers' network over one of K, M, d or D."""

    def measure() -> dict:
        X = pictures(20 * BATCH)
        measured = {}
        for model_class in (VaDE, GMVAE):
            contestants = {}
            for value in values:
                data = pictures(20 * BATCH, value) if name == "n_features" else X
                settings: dict[str, Any] = {} if name == "n_features" else {name: value}
                contestants[str(value)] = trainer(model_class, data, **settings)
            measured[model_class.__name__.lower()] = in_turns(contestants)
        return {"n_samples": len(X), "epoch_seconds": measured}

    return measure


def rows() -> dict:
    """Seconds of an epoch of a table of 20 columns over the number of its rows."""
    sizes = (10_000, 100_000, 1_000_000)
    X = pictures(max(sizes), 20)
    contestants = {str(n): trainer(VaDE, X[:n], hidden=(128, 128)) for n in sizes}
    return {"epoch_seconds": in_turns(contestants, 3)}


def predict() -> dict:
    """`predict` of 784 float32 columns: against the encoder's plain forward pass, and against
    scikit-learn's GaussianMixture of as many clusters."""
    X = pictures(40 * BATCH)
    labels = np.arange(len(X)) % 10
    fitted = VaDEClustering(
        10, hidden_layer_sizes=HIDDEN, pretrain_iter=0, max_iter=1, init_params=labels,
        random_state=0, device="cpu",
    )  # fmt: skip
    mixture = GaussianMixture(10, reg_covar=1e-3, max_iter=1, init_params="random", random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # noise, and one epoch of it
        fitted.fit(X)
        mixture.fit(X[: 10 * BATCH])
    # Of its own, so that nothing of the package's inference is timed with it.
    network = BareVaDE(torch.from_numpy(X), list(HIDDEN), 10, 10, torch.float32)

    @torch.inference_mode()
    def forward() -> None:
        for x in network.X.split(BATCH):
            network.heads(network.encoder(x))

    seconds = in_turns({"predict": lambda: fitted.predict(X), "plain forward": forward})
    # Not in the same turns: its threads, of another pool, wait in a loop for more work, and slow
    # whoever comes next by a quarter.
    seconds |= in_turns({"GaussianMixture.predict": lambda: mixture.predict(X)})
    return {"n_samples": len(X), "seconds": seconds}


def importing() -> dict:
    """Seconds of ``import sklearn_gmvae`` beyond those of torch and scikit-learn, in new
    processes."""

    def fresh(modules: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", f"import {modules}"], check=True)

    return {
        "seconds": in_turns(
            {
                "torch, sklearn": fresh("torch, sklearn"),
                "torch, sklearn, sklearn_gmvae": fresh("torch, sklearn, sklearn_gmvae"),
            }
        )
    }


CASES: dict[str, Callable[[], dict]] = {
    "throughput": throughput,
    "n_clusters": growth("n_clusters", [10, 100]),
    "n_mc_samples": growth("n_samples", [1, 10]),
    "latent_dim": growth("latent_dim", [2, 10, 50]),
    "n_features": growth("n_features", [100, 784, 3072]),
    "n_samples": rows,
    "predict": predict,
    "import": importing,
    "mnist": time_to_accuracy,
}


def run_speed(cases: list[str], out: Path) -> Iterator[dict]:
    """Measure the named cases, each appended to the file ``out`` as soon as it is there.

    Parameters
    ----------
    cases : list of str
        Keys of `CASES`.
    out : Path
        Results file of JSON lines; it is made if it is not there.

    Yields
    ------
    record : dict
        JSON-ready: `benchmark`, `case`, `method`, `measured` (what the case returns: seconds, and
        what belongs to them), `peak_memory_mb` (1e6 bytes; None where the system does not tell),
        `versions` and `machine`.

    Raises
    ------
    OSError
        If the case "mnist" finds no data.
    """
    for case in cases:
        record = speed(case)
        append_result(out, record)
        yield record
