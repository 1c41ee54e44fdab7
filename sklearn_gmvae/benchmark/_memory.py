# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""How much memory fit and predict take beyond X: files larger than it, and sparse X and counts.

Counted is anonymous memory (RssAnon of Linux): what a process has for itself. Pages of a
memory-mapped file are the system's cache, which it takes back at need. Every case runs in a
process of its own, so that nothing that an earlier one left is counted.
"""

import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae._version import METHOD
from sklearn_gmvae.benchmark._machine import machine, versions
from sklearn_gmvae.benchmark._results import append_result, last_of_cases
from sklearn_gmvae.benchmark._rst import list_table

STATUS = Path("/proc/self/status")
SAMPLING_SECONDS = 0.005
# Until its standard input ends; then it prints kilobytes.
SAMPLER = """
import select, sys
peak = 0
print("begun", flush=True)
while True:
    with open(f"/proc/{sys.argv[1]}/status") as status:
        for line in status:
            if line.startswith("RssAnon:"):
                peak = max(peak, int(line.split()[1]))
    if select.select([sys.stdin], [], [], float(sys.argv[2]))[0]:
        break
print(peak)
"""

N_CLUSTERS = 10
N_FEATURES = 3072  # of the memory maps: 32 x 32 pixels of 3 colours
CSR_FEATURES = 2000
CSR_STORED = 20  # entries a row: 1 %
CSR_ROWS_PER_GIGABYTE = 125_000  # so that 8 mean a million rows
# Rows written at a time.
CHUNK = 4096


def anonymous_mb() -> float:
    """Anonymous resident memory of this process, in 1e6 bytes."""
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024 / 1e6
    raise OSError(f"This benchmark needs {STATUS} with a line RssAnon, as Linux (>= 4.5) has.")


class PeakMemory:
    """The largest `anonymous_mb` while the context lasts, sampled by another process: a thread of
    this one would have to wait for it, and miss what is there for some milliseconds only."""

    def __enter__(self) -> "PeakMemory":
        self.mb = anonymous_mb()
        self._sampler = subprocess.Popen(
            [sys.executable, "-SEc", SAMPLER, str(os.getpid()), str(SAMPLING_SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._sampler.stdout is not None, "it is a pipe"
        self._sampler.stdout.readline()  # it has begun
        return self

    def __exit__(self, *exception: object) -> None:
        kilobytes, _ = self._sampler.communicate()
        self.mb = max(self.mb, int(kilobytes) * 1024 / 1e6, anonymous_mb())


def memory(case: str, folder: Path, gigabytes: float) -> dict:
    """Measure one of `MEMORY_CASES`, whose X is written into ``folder`` and removed again; a
    JSON-ready record."""
    anonymous_mb()  # not here: say so before anything is written
    with MEMORY_CASES[case](folder, gigabytes) as path:
        code = f"from sklearn_gmvae.benchmark._memory import child; child({str(path)!r})"
        done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    return {
        "benchmark": "memory",
        "case": case,
        "method": METHOD,
        **json.loads(done.stdout),
        "versions": versions(),
        "machine": machine(),
    }


def memory_table(records: list[dict]) -> str:
    """Of the last record of every case: what X takes where it lies, and the most that `fit` or
    `predict` took above what was there before.

    Raises
    ------
    ValueError
        If there is none.
    """
    lines = [["Case", "Type", "Rows", "Columns", "X, MB", "Above X, MB", "Fit, s", "Predict, s"]]
    for case, r in last_of_cases(records, "memory").items():
        size = (f"{r['n_samples']:,}", f"{r['n_features']:,}", f"{r['x_mb']:,.0f}")
        seconds = (f"{r['seconds'][step]:.0f}" for step in ("fit", "predict"))
        lines.append([case, r["dtype"], *size, f"{r['above_x_mb']:.0f}", *seconds])
    return list_table(lines)


def child(path: str) -> None:
    """Fit and predict X of a file, in a process of its own, and print what it took."""
    after_import = anonymous_mb()
    X = sparse.load_npz(path) if path.endswith(".npz") else np.load(path, mmap_mode="r")
    before = anonymous_mb()
    is_counted = sparse.issparse(X) and X.dtype.kind == "i"
    estimator = VaDEClustering(
        N_CLUSTERS, hidden_layer_sizes=(64,), pretrain_iter=1, max_iter=1, random_state=0,
        likelihood="negative_binomial" if is_counted else "auto", device="cpu",
    )  # fmt: skip
    peaks, seconds = {}, {}
    steps: dict[str, Callable[[], object]] = {
        "fit": lambda: estimator.fit(X),
        "predict": lambda: estimator.predict(X),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # one epoch is no training
        for name, step in steps.items():
            started = time.perf_counter()
            with PeakMemory() as peak:
                step()
            peaks[name] = round(peak.mb, 1)
            seconds[name] = round(time.perf_counter() - started, 2)
    n_bytes = Path(path).stat().st_size if isinstance(X, np.ndarray) else sparse_bytes(X)
    record = {
        "n_samples": X.shape[0],
        "n_features": X.shape[1],
        "dtype": X.dtype.name,
        "x_mb": round(n_bytes / 1e6, 1),
        "after_import_mb": round(after_import, 1),
        "with_x_mb": round(before, 1),
        "peak_mb": peaks,
        "above_x_mb": round(max(peaks.values()) - before, 1),
        "seconds": seconds,
    }
    print(json.dumps(record))


def sparse_bytes(X: sparse.csr_array) -> int:
    """Memory of a CSR array's three parts."""
    return X.data.nbytes + X.indices.nbytes + X.indptr.nbytes


def memory_map(dtype: type) -> Callable:
    """The case of a file of ``dtype``."""

    @contextmanager
    def written(folder: Path, gigabytes: float) -> Iterator[Path]:
        """Prototypes and noise, in a file that is removed afterwards."""
        path = new_file(folder, f"{np.dtype(dtype).name}.npy")
        n = max(1, round(gigabytes * 1e9 / (N_FEATURES * np.dtype(dtype).itemsize)))
        try:
            X = np.lib.format.open_memmap(path, "w+", dtype, (n, N_FEATURES))
            rng = np.random.default_rng(0)
            prototypes = rng.integers(0, 192, (N_CLUSTERS, N_FEATURES), dtype=np.uint8)
            for start in range(0, n, CHUNK):
                m = min(CHUNK, n - start)
                rows = prototypes[rng.integers(0, N_CLUSTERS, m)]
                rows += rng.integers(0, 64, rows.shape, dtype=np.uint8)
                X[start : start + m] = rows
            X.flush()
            yield path
        finally:
            path.unlink(missing_ok=True)

    return written


def csr(entries: Callable) -> Callable:
    """The case of sparse rows whose stored ``entries`` (generator, how many) are these."""

    @contextmanager
    def written(folder: Path, gigabytes: float) -> Iterator[Path]:
        """One entry in each block of columns, at a place that the cluster prefers."""
        path = new_file(folder, "csr.npz")
        n = max(1, round(gigabytes * CSR_ROWS_PER_GIGABYTE))
        width = CSR_FEATURES // CSR_STORED
        rng = np.random.default_rng(0)
        preferred = rng.integers(0, width, (N_CLUSTERS, CSR_STORED))
        places = preferred[rng.integers(0, N_CLUSTERS, n)]
        anywhere = rng.integers(0, width, places.shape)
        columns = np.where(rng.random(places.shape) < 0.5, places, anywhere)
        columns = (columns + width * np.arange(CSR_STORED)).astype(np.int32)
        data = entries(rng, columns.size)
        ends = np.arange(0, columns.size + 1, CSR_STORED)
        X = sparse.csr_array((data, columns.ravel(), ends), shape=(n, CSR_FEATURES))
        try:
            sparse.save_npz(path, X, compressed=False)
            yield path
        finally:
            path.unlink(missing_ok=True)

    return written


def amounts(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.exponential(2.0, n).astype(np.float32)


def counts(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.geometric(0.3, n).astype(np.int32)


def new_file(folder: Path, name: str) -> Path:
    """A path in ``folder``, which is made; never a file that is there already."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if path.exists():
        raise FileExistsError(f"--folder: {path} is there already and would be overwritten.")
    return path


MEMORY_CASES: dict[str, Callable] = {
    "uint8": memory_map(np.uint8),
    "float32": memory_map(np.float32),
    "float64": memory_map(np.float64),
    "csr": csr(amounts),
    "counts": csr(counts),
}


def run_memory(cases: list[str], out: Path, folder: Path, gigabytes: float) -> Iterator[dict]:
    """Measure the named cases, each appended to the file ``out`` as soon as it is there.

    Parameters
    ----------
    cases : list of str
        Keys of `MEMORY_CASES`.
    out : Path
        Results file of JSON lines; it is made if it is not there.
    folder : Path
        Where each case's X is written, and removed again; it is made if it is not there.
    gigabytes : float
        Size of each X in 1e9 bytes; "csr" and "counts" have 125,000 rows for each.

    Yields
    ------
    record : dict
        JSON-ready: `benchmark`, `case`, `method`, `n_samples`, `n_features`, `dtype`, `x_mb`;
        anonymous memory of the process `after_import_mb`, `with_x_mb` (before the fit), `peak_mb`
        of fit and of predict, and `above_x_mb` (the larger peak less `with_x_mb`), all in 1e6
        bytes; `seconds` of fit and of predict, `versions` and `machine`.

    Raises
    ------
    OSError
        If the system does not tell anonymous memory (Linux does).
    FileExistsError
        If `folder` has a file of the name that X is to be written to.
    """
    for case in cases:
        record = memory(case, folder, gigabytes)
        append_result(out, record)
        yield record
