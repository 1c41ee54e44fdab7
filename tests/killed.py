# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fits that are killed and go on, for test_resume.py: ``python killed.py N SEED FOLDER CASE ...``.

Each fit has a process of its own, forked from this one, which has computed nothing with torch. N
times a phase is drawn, and a moment in it; the fit is killed (SIGKILL) then, half of the times its
successor too, and the last one is left alone. Prints a line of JSON for each.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from joblib import parallel_config

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.training import _checkpoint
from sklearn_gmvae.utils import read_array_file

SETTINGS = {
    "hidden_layer_sizes": (32, 32), "pretrain_iter": 12, "max_iter": 12, "batch_size": 64,
    "latent_dim": 4, "device": "cpu", "random_state": 0,
}  # fmt: skip
CASES = {
    "vade": (VaDEClustering, {"init_params": "merge"}),
    "gmvae": (GMVAEClustering, {"init_params": "merge", "early_stopping": True}),
    "images": (
        VaDEClustering,
        {
            "network": "conv", "hidden_layer_sizes": ((4, 3, 2), 16), "augment": "image",
        },
    ),
    "bfloat16": (GMVAEClustering, {"precision": "bfloat16", "init_params": "gmm"}),
    "restarts": (VaDEClustering, {"n_init": 3, "init_params": "kmeans"}),
    "warm": (VaDEClustering, {"warm_start": True, "init_params": "kmeans"}),
    "threads": (VaDEClustering, {"n_init": 3, "n_jobs": 2, "init_params": "kmeans"}),
    "processes": (VaDEClustering, {"n_init": 2, "n_jobs": 2, "max_iter": 60}),
}  # fmt: skip


def data():
    """Four bent clusters of 75 rows, (300, 16)."""
    rng = np.random.RandomState(0)
    cluster, along = np.arange(300) % 4, rng.uniform(-1, 1, 300)
    centres, bends = 4 * rng.standard_normal((2, 4, 16))
    X = centres[cluster] + bends[cluster] * along[:, None] ** 2
    return X + 0.3 * rng.standard_normal(X.shape)


def fit(case, checkpoint):
    """What there is to know of a fit, and how long its phases took."""
    _checkpoint.INTERVAL = 0.02
    warnings.simplefilter("ignore")
    estimator_class, parameters = CASES[case]
    estimator = estimator_class(4, **{**SETTINGS, **parameters, "checkpoint": checkpoint})
    backend = "loky" if case == "processes" else "threading"
    with parallel_config(backend=backend):
        X = data()
        estimator.fit(X)
        if case == "warm":
            estimator.fit(X)
    arrays = [
        estimator.labels_, estimator.lower_bounds_, estimator.pretrain_history_["objective"],
        estimator.score_samples(X), *(p.numpy() for p in estimator._model.state_dict().values()),
    ]  # fmt: skip
    digest = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    return {"digest": digest, "seconds": estimator.fit_seconds_}


class Child:
    """A fit in a process group of its own."""

    def __init__(self, case, checkpoint):
        self._pipe, end = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            os.setsid()
            code = 1
            try:
                os.write(end, json.dumps(fit(case, checkpoint)).encode())
                code = 0
            finally:
                os._exit(code)
        os.close(end)

    def kill(self):
        try:
            os.killpg(self._pid, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(self._pid, signal.SIGKILL)  # before it had its group
        self.result()

    def result(self):
        """What `fit` has returned; None after a death."""
        with open(self._pipe) as pipe:
            text = pipe.read()
        os.waitpid(self._pid, 0)
        return json.loads(text) if text else None


def phase_reached(folder):
    """The phase of the checkpoint that was written last; None: there is none yet."""
    files = sorted(Path(folder).glob("*.safetensors"), key=lambda path: path.stat().st_mtime)
    return read_array_file(files[-1])[0]["state"]["dict"]["phase"] if files else None


def main(n, seed, folder, cases):
    # Its imports take longer than a fit: here once, and not in every process.
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    rng = random.Random(seed)
    undisturbed, lasted = {}, {}
    for case in cases:
        undisturbed[case] = Child(case, None).result()["digest"]
        started = time.monotonic()
        written = Child(case, f"{folder}/{case}").result()
        lasted[case] = time.monotonic() - started, written["seconds"]
        assert written["digest"] == undisturbed[case], f"{case}: a checkpoint changes the fit"
    for number in range(n):
        case = cases[number % len(cases)]
        checkpoint, reached = f"{folder}/{number}", []
        for _ in range(rng.choice((1, 2))):
            total, seconds = lasted[case]
            phase = rng.choice([name for name, s in seconds.items() if s])
            before = list(seconds)[: list(seconds).index(phase)]
            moment = sum(seconds[name] for name in before) + rng.random() * seconds[phase]
            if case in ("restarts", "threads", "processes", "warm"):
                moment = rng.random() * total  # several runs
            child = Child(case, checkpoint)
            time.sleep(moment)
            child.kill()
            reached.append(phase_reached(checkpoint))
        same = Child(case, checkpoint).result()["digest"] == undisturbed[case]
        left = len(list(Path(checkpoint).glob(".*.tmp")))
        print(
            json.dumps({"case": case, "killed in": reached, "same": same, "left": left}), flush=True
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:] or list(CASES))
