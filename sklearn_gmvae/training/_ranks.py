# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Several processes that fit one model together, each with rows of its own.

Where ``torch.distributed`` is initialised, by torchrun, dask or whoever started the processes,
every rank calls ``fit`` with its shard. All draw the same order of all rows and the same noise for
them, and each computes its own rows' share of every batch: what is summed over the ranks is what
one process with all the rows would have computed, however they are spread.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from sklearn_gmvae.training._rows import Rows


@dataclass(frozen=True)
class Ranks:
    """The processes of a fit; collective operations over them, which do nothing for one."""

    rank: int = 0
    size: int = 1

    @property
    def are_several(self) -> bool:
        return self.size > 1

    @torch.no_grad()
    def sum(self, values: Tensor) -> Tensor:
        """The sum over the ranks, the same bits on each; ``values`` may be overwritten."""
        if self.are_several:
            on_device = values.to(self._device(values.device))
            dist.all_reduce(on_device)
            return on_device.to(values.device)
        return values

    def gather(self, array: np.ndarray) -> np.ndarray:
        """The arrays of all ranks one after the other, (n_0 + n_1 + ..., ...) on each."""
        if not self.are_several:
            return array
        device = self._device(torch.device("cpu"))
        lengths = [torch.zeros(1, dtype=torch.int64, device=device) for _ in range(self.size)]
        dist.all_gather(lengths, torch.tensor([len(array)], device=device))
        longest = max(int(length) for length in lengths)
        padded = np.zeros((longest, *array.shape[1:]), dtype=array.dtype)
        padded[: len(array)] = array
        own = torch.from_numpy(padded).to(device)
        parts = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(parts, own)
        cut = [p[: int(n)].cpu().numpy() for p, n in zip(parts, lengths, strict=True)]
        return np.concatenate(cut)

    @torch.no_grad()
    def share(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite every rank's tensors with those of the first."""
        if not self.are_several:
            return
        for tensor in tensors:
            on_device = tensor.detach().to(self._device(tensor.device)).contiguous()
            dist.broadcast(on_device, src=0)
            tensor.copy_(on_device)

    def of_first(self, array: np.ndarray) -> np.ndarray:
        """The first rank's array, of the same shape and dtype on every rank."""
        if not self.are_several:
            return array
        shared = torch.from_numpy(array.copy())
        self.share([shared])
        return shared.numpy()

    def bytes_of_first(self, data: bytes | None) -> bytes | None:
        """The first rank's bytes, or None, on every rank."""
        if not self.are_several:
            return data
        size = int(self.of_first(np.array(-1 if data is None else len(data))))
        if size < 0:
            return None
        own = np.zeros(size, np.uint8) if self.rank else np.frombuffer(data or b"", np.uint8)
        return self.of_first(own).tobytes()

    @contextmanager
    def agreed(self) -> Iterator[None]:
        """What each rank does here by itself has succeeded on all of them, or all raise: the
        others must not wait for one that has gone.

        Raises
        ------
        ValueError
            If another rank failed.
        """
        try:
            yield
        except Exception:
            self.gather(np.array([True]))
            raise
        failed = np.flatnonzero(self.gather(np.array([False])))
        if len(failed):
            raise ValueError(
                f"Of {self.size} ranks, {', '.join(map(str, failed))} refused X or parameters. "
                "Their own errors say why; mend it there and call fit on all ranks again."
            )

    @staticmethod
    def _device(device: torch.device) -> torch.device:
        """Where a collective operation on a tensor of ``device`` takes place: NCCL knows no CPU,
        gloo no GPU."""
        if dist.get_backend() == "nccl":
            return device if device.type == "cuda" else torch.device("cuda")
        return torch.device("cpu")


ALONE = Ranks()


def all_ranks() -> Ranks:
    """Those of ``torch.distributed`` where it is initialised; else this process alone."""
    if dist.is_available() and dist.is_initialized():
        return Ranks(dist.get_rank(), dist.get_world_size())
    return ALONE


@dataclass(frozen=True)
class Shard:
    """Which of all ranks' rows are this one's: those numbered ``first``, ..., ``first + n - 1``.

    Attributes
    ----------
    first, n : int
        This rank's rows are numbered from ``first``; there are ``n``.
    n_total : int
        Rows of all ranks.
    ranks : Ranks
    """

    first: int
    n: int
    n_total: int
    ranks: Ranks

    @classmethod
    def of(cls, X: Rows) -> "Shard":
        """This rank's, of X (n, D): the ranks' rows follow one another.

        Raises
        ------
        ValueError
            If the ranks' X differ in D or dtype; on every rank.
        """
        ranks, (n, D) = all_ranks(), X.shape
        lengths, widths, dtypes = ranks.gather(np.array([[n, D, X.dtype.num]])).T
        if len(np.unique(widths)) > 1:
            raise ValueError(
                f"X has {', '.join(map(str, widths))} features on ranks 0 to {ranks.size - 1}; "
                "all ranks should bring the same columns."
            )
        if len(np.unique(dtypes)) > 1:
            raise ValueError(
                "X should have the same dtype on all ranks, since its units and its likelihood are "
                f"found together, but rank {ranks.rank} brings {X.dtype} and others do not. "
                "Convert it with astype."
            )
        return cls(int(lengths[: ranks.rank].sum()), n, int(lengths.sum()), ranks)

    @classmethod
    def alone(cls, n: int) -> "Shard":
        """All of n rows, whatever other processes do."""
        return cls(0, n, n, ALONE)

    def positions(self, rows: np.ndarray) -> np.ndarray | slice:
        """Where among ``rows``, numbers of all ranks' rows, this rank's stand."""
        if not self.ranks.are_several:
            return slice(None)
        return np.flatnonzero((rows >= self.first) & (rows < self.first + self.n))

    def every(self, step: int) -> slice:
        """Of all ranks' rows number 0, step, 2 step, ...: those of this rank's X."""
        return slice(-self.first % step, None, step)

    def mean(self, values: np.ndarray) -> float:
        """The mean over all ranks' rows of one value for each of this rank's."""
        if not self.ranks.are_several:
            return float(values.mean())
        total = torch.tensor(values.sum(dtype=np.float64), dtype=torch.float64, device="cpu")
        return float(self.ranks.sum(total)) / self.n_total

    def own(self, rows: np.ndarray) -> np.ndarray:
        """Those of ``rows`` that are this rank's, as numbers of rows of its X."""
        return rows[self.positions(rows)] - self.first if self.ranks.are_several else rows
