# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where a training run is, and the file in which that survives the process.

A run goes through `PHASES`. What the present one needs of the earlier ones, and what its loop
holds between two steps, is `Progress.state`: plain values and arrays, nothing that could be run.
It is written at the beginning of each phase and every `INTERVAL` seconds of training, and a run
that reads it goes on with the very next step, on one machine bit for bit as if nothing had
happened.
"""

import os
import platform
import secrets
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import scipy
import sklearn
import torch

from sklearn_gmvae.models import DeepMixture
from sklearn_gmvae.training._anchor import Anchor
from sklearn_gmvae.training._optimizer import flat, pieces
from sklearn_gmvae.training._phase import History
from sklearn_gmvae.training._ranks import ALONE, Ranks
from sklearn_gmvae.utils import (
    from_plain,
    parse_array_file,
    read_array_bytes,
    to_plain,
    write_array_file,
    write_atomically,
)

# Seconds of training that a kill can cost.
INTERVAL = 120.0
# Seconds after which an unfinished file was left by a process that died while writing it.
STALE = 3600.0

# Bytes that are written before training, to see whether that is possible.
PROBE = 2**16

CPU = torch.device("cpu")

PHASES = ("trial", "pretraining", "start", "training", "end")


class Loop(Protocol):
    """What a phase's loop holds between two steps."""

    def state(self) -> dict[str, Any]: ...


class Checkpoint:
    """The file of one run; without a path nothing is ever read or written.

    Of several ranks the first one reads and writes it, for all.

    Parameters
    ----------
    path : Path, optional
    identity : str
        Fingerprint of all that makes the run what it is; a file of another one is not used.
    device : torch.device
    ranks : Ranks
    """

    def __init__(
        self,
        path: Path | None = None,
        identity: str = "",
        device: torch.device = CPU,
        ranks: Ranks = ALONE,
    ) -> None:
        self._path, self._identity, self._device, self._ranks = path, identity, device, ranks
        self._environments: list[dict[str, Any]] = []
        self._written = time.monotonic()

    def read(self) -> dict[str, Any] | None:
        """The state that was last written; None, with a warning where there is a file, if there is
        none that can be trusted.

        Raises
        ------
        OSError
            If there is a file that cannot be read.
        """
        if self._path is None:
            return None
        self._written = time.monotonic()
        content = None
        with self._ranks.agreed():
            if not self._ranks.rank:
                remove_stale(self._path)
                content = self._trusted(self._path)
        content = self._ranks.bytes_of_first(content)
        if content is None:
            return None
        header, arrays = parse_array_file(content)
        return from_plain(header["state"], arrays)

    def is_due(self) -> bool:
        """Whether it is time to write; the same on all ranks."""
        if self._path is None:
            return False
        is_due = time.monotonic() - self._written >= INTERVAL
        return bool(self._ranks.of_first(np.array(is_due)))

    def write(self, state: Callable[[], dict[str, Any]]) -> None:
        """Replace what is there by the present state, atomically; where the disk does not let us,
        warn: training would be lost by more."""
        if self._path is None:
            return
        now = state()  # on all ranks: each has a part of it
        if not self._ranks.rank:
            self._write(self._path, now)
        self._written = time.monotonic()

    def remove(self) -> None:
        """The file is of no use any more."""
        if self._path is not None and not self._ranks.rank:
            self._path.unlink(missing_ok=True)

    def _write(self, path: Path, state: dict[str, Any]) -> None:
        if (here := environment(self._device)) not in self._environments:
            self._environments.append(here)
        arrays: dict[str, np.ndarray] = {}
        header = {
            "checkpoint": self._identity,
            "environments": self._environments,
            "state": to_plain(state, "state", arrays),
        }
        try:
            write_array_file(path, header, arrays)
        except OSError as error:
            warnings.warn(
                f"The checkpoint {path} cannot be written at present: {error}. Training goes on; "
                "what is there, if anything, is the state of some minutes ago.",
                UserWarning,
                stacklevel=2,
            )

    def _trusted(self, path: Path) -> bytes | None:
        """The file's content, if it is a checkpoint of this run."""
        try:
            content = read_array_bytes(path)
            header, _ = parse_array_file(content)
            if header.get("checkpoint") != self._identity:
                raise ValueError("it is the checkpoint of another fit.")
            here = environment(self._device)
            environments = header.get("environments")
            if "state" not in header or not (
                isinstance(environments, list)
                and all(isinstance(then, dict) and set(then) == set(here) for then in environments)
            ):
                raise ValueError("it lacks the state, or where it was computed.")
        except FileNotFoundError:
            return None
        except ValueError as error:
            warnings.warn(
                f"The checkpoint {path} is not used, and this run begins anew: {error}",
                UserWarning,
                stacklevel=2,
            )
            return None
        self._environments = environments
        changes = {
            f"{name} was {then[name]!r}, is {here[name]!r}"
            for then in self._environments
            for name in here
            if then[name] != here[name]
        }
        if changes:
            warnings.warn(
                f"What the checkpoint {path} holds was computed elsewhere "
                f"({'; '.join(sorted(changes))}), and its last bits may differ from what is "
                "computed here. The result is as good; to have all of it from here, delete the "
                "file.",
                UserWarning,
                stacklevel=2,
            )
        return content


NO_CHECKPOINT = Checkpoint()


class Progress:
    """Where a run is, and what it needs to go on from there.

    Parameters
    ----------
    model : DeepMixture
        Of the run, in float32.
    generators : sequence of torch.Generator
        All that training draws from. Those of augmentation are each rank's own, the others are the
        same.
    seed : int
        Of the run.
    checkpoint : Checkpoint
    ranks : Ranks

    Attributes
    ----------
    phase : str
        The one under way, of `PHASES`.
    trial, pretraining, training : History
    anchor : Anchor or None
        What training holds the clusters to.
    loop : dict or None
        What the loop of this phase is to go on from; None: its beginning.
    """

    def __init__(
        self,
        model: DeepMixture,
        generators: Sequence[torch.Generator],
        seed: int,
        checkpoint: Checkpoint,
        ranks: Ranks,
    ) -> None:
        self._model, self._generators, self._seed = model, generators, seed
        self._checkpoint, self._ranks = checkpoint, ranks
        self.phase = ""
        self.trial, self.pretraining, self.training = History(), History(), History()
        self.anchor: Anchor | None = None
        self._seconds = {"pretraining": 0.0, "start": 0.0, "training": 0.0}
        self.loop: dict[str, Any] | None = None
        self._since = time.perf_counter()

    def begin(self, phase: str) -> None:
        """All phases before this one, if there are any, are done."""
        self._seconds = self.seconds()
        self._since = time.perf_counter()
        self.phase, self.loop = phase, None
        if phase == "trial":
            self._seconds = {phase: 0.0, **self._seconds}
        if phase == "end":
            self.anchor = None
        self._checkpoint.write(self.state)

    def after_step(self, loop: Loop, is_last: bool) -> None:
        """Write if it is time to, or if no further step is taken."""
        if is_last or self._checkpoint.is_due():
            self._checkpoint.write(partial(self.state, loop))

    def state(self, loop: Loop | None = None) -> dict[str, Any]:
        """Of this moment; with ``loop``, of one in the middle of its phase."""
        return {
            "seed": self._seed,
            "phase": self.phase,
            "seconds": self.seconds(),
            "generators": [
                self._ranks.gather(generator.get_state().numpy()[None])
                for generator in self._generators
            ],
            "trial": self.trial.state(),
            "pretraining": self.pretraining.state(),
            "training": self.training.state(),
            "anchor": None if self.anchor is None else self.anchor.state(),
            # The loop has them in full precision.
            "model": flat(list(self._model.parameters())) if loop is None else None,
            "loop": None if loop is None else loop.state(),
        }

    @torch.no_grad()
    def restore(self, state: dict[str, Any]) -> None:
        """Be where the run was; its anchor is left to whoever knows X."""
        self.phase, self.loop = state["phase"], state["loop"]
        # In order: a file keeps none of names.
        self._seconds = {p: state["seconds"][p] for p in PHASES if p in state["seconds"]}
        for generator, of_ranks in zip(self._generators, state["generators"], strict=True):
            generator.set_state(torch.tensor(of_ranks[self._ranks.rank], device="cpu"))
        self.trial.restore(state["trial"])
        self.pretraining.restore(state["pretraining"])
        self.training.restore(state["training"])
        if state["model"] is not None:
            parameters = list(self._model.parameters())
            for parameter, value in zip(
                parameters, pieces(state["model"], parameters), strict=True
            ):
                parameter.copy_(value)

    def seconds(self) -> dict[str, float]:
        """That each phase has taken so far, in all processes that the run was in."""
        seconds = dict(self._seconds)
        if self.phase in seconds:
            seconds[self.phase] += time.perf_counter() - self._since
        return seconds


def remove_stale(path: Path) -> None:
    """Remove what processes that died while they wrote ``path`` have left; others may be writing
    just now."""
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        with suppress(FileNotFoundError):  # another process was quicker
            if time.time() - left.stat().st_mtime > STALE:
                left.unlink()


def environment(device: torch.device) -> dict[str, Any]:
    """What the last bits of a result depend on besides X, parameters and code."""
    packages = {"torch": torch, "numpy": np, "scipy": scipy, "scikit-learn": sklearn}
    return {
        **{name: str(package.__version__) for name, package in packages.items()},
        "threads": torch.get_num_threads(),
        "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        "gpu": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
    }


def check_folder(path: str | os.PathLike[str], ranks: Ranks) -> None:
    """Make the folder if it is not there; the first rank does so.

    Raises
    ------
    ValueError
        If the path is empty.
    OSError
        If files cannot be written in it.
    """
    if not os.fspath(path):  # which Path takes for the folder that the process is in
        raise ValueError("checkpoint should name a folder or be None, but is ''.")
    if ranks.rank:
        return
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
        probe = Path(path) / f".{secrets.token_hex(8)}.probe"
        write_atomically(probe, b"\0" * PROBE)
        probe.unlink()
    except OSError as error:
        raise OSError(
            f"checkpoint={os.fspath(path)!r} should be a folder that can be written to, but: "
            f"{error}. Name another one, or use checkpoint=None."
        ) from error
