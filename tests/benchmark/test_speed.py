# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The speed benchmark counts what is computed, times what it says, and its tables are ratios."""

import time

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from sklearn_gmvae import benchmark
from sklearn_gmvae.__main__ import main
from sklearn_gmvae.benchmark import _speed
from sklearn_gmvae.benchmark._bare import BareVaDE
from sklearn_gmvae.benchmark._speed import flops, in_turns, pictures, trainer
from sklearn_gmvae.models import GMVAE, VaDE


def test_flops_are_those_that_torch_counts_but_for_the_mixture():
    X = torch.from_numpy(pictures(256, 64))
    hidden = (128, 256)
    bare = BareVaDE(X, list(hidden), 3, 2, torch.float32)
    with FlopCounterMode(display=False) as counter:
        (-bare.elbo(X).mean()).backward()
    mixture = 3 * 3 * 2 * 256 * 3 * 2  # three products of 256 x 3 by 3 x 2, and their gradients
    counted = counter.get_total_flops()
    assert 0 <= counted - 256 * flops(64, 3, hidden) <= mixture


@torch.no_grad()
def test_bare_loop_computes_the_elbo_of_vade():
    X = torch.from_numpy(pictures(32, 12))
    bare = BareVaDE(X, [8], 3, 4, torch.float32)
    bare.log_var.uniform_(-1, 1)
    bare.logits.uniform_(-1, 1)
    bare.decoder[-1].weight.zero_()  # whatever z is drawn
    ours = VaDE(
        n_features=12, n_clusters=4, latent_dim=3, covariance_type="diag", hidden=(8,),
        activation="relu", likelihood="bernoulli", variance_floor=0.0,
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    for theirs, module in (
        (bare.encoder, ours.encoder.trunk), (bare.heads, ours.encoder.heads[0]),
        (bare.decoder[:-1], ours.decoder.trunk), (bare.decoder[-1], ours.decoder.head),
    ):  # fmt: skip
        module.load_state_dict(theirs.state_dict())
    variances = torch.diag_embed(bare.log_var.exp())
    ours.prior.set_parameters(bare.logits.softmax(0), bare.means, variances)
    bound = ours.elbo(X, n_samples=1, generator=torch.Generator().manual_seed(1)).total()
    # The bare loop leaves out constants: d / 2, of the entropy of q(z | x).
    torch.testing.assert_close(bare.elbo(X) + 1.5, bound, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("model_class", [VaDE, GMVAE])
def test_trainer_trains(model_class):
    epoch = trainer(model_class, pictures(300, 16), n_clusters=2, latent_dim=2, hidden=(8,))
    (model,) = [
        c.cell_contents for c in epoch.__closure__ if isinstance(c.cell_contents, model_class)
    ]
    before = model.decoder.head.bias.detach().clone()
    epoch()
    assert not torch.equal(model.decoder.head.bias, before)


def test_contestants_take_turns_after_one_to_warm_up():
    calls = []
    contestants = {
        "quick": lambda: calls.append("quick"),
        "slow": lambda: (calls.append("slow"), time.sleep(0.01)),
    }
    seconds = in_turns(contestants, 3)
    assert calls == ["quick", "slow"] * 4
    assert min(seconds["slow"]) >= 0.01
    assert len(seconds["quick"]) == 3


def test_command_writes_records_and_tables_are_ratios(tmp_path, monkeypatch, capsys):
    measured = {
        "throughput": {
            "n_samples": 1000,
            "flops_per_row": 2_000_000,
            "matmul_flops_per_second": {"float32": 8e9},
            "epoch_seconds": {
                "vade float32": [9.0, 0.5, 0.4],
                "bare loop float32": [0.4, 0.4, 0.4],
                "clustpy vade float32": [2.0, 2.0, 2.0],
            },
        },
        "n_clusters": {"epoch_seconds": {"vade": {"10": [2.0], "100": [3.0]}}},
        "n_samples": {"epoch_seconds": {"10": [1.0], "100": [12.0]}},
        "predict": {"seconds": {"predict": [0.3], "plain forward": [0.2]}},
        "import": {"seconds": {"torch, sklearn": [2.0], "all": [2.2]}},
    }
    monkeypatch.setattr(_speed, "CASES", {c: lambda c=c: measured[c] for c in measured})
    out = tmp_path / "speed.jsonl"
    list(benchmark.run_speed(list(measured), out))
    records = benchmark.read_results(out)
    assert [r["case"] for r in records] == list(measured)
    assert all(r["machine"] and r["versions"] for r in records)

    ours = benchmark.TABLES["throughput"](records).splitlines()[3].split()
    assert ours == ["vade", "float32", "2000", "4", "0.50", "0.80", "4.00"]
    growth = benchmark.TABLES["growth"](records)
    assert "1.00, 1.50" in growth  # an epoch of K = 100 to one of K = 10
    assert "1.00, 1.20" in growth  # a row of 100 to one of 10
    assert "1.50" in benchmark.TABLES["inference"](records)
    assert main(["benchmark", "--report", str(out), "--table", "growth"]) == 0
    assert capsys.readouterr().out.strip() == growth
    with pytest.raises(ValueError, match="No record of the case 'import'"):
        benchmark.TABLES["inference"](records[:4])
    with pytest.raises(ValueError, match="benchmark speed"):
        benchmark.TABLES["growth"]([])


def test_pictures_are_grey_values_mostly_zero():
    X = pictures(500, 64)
    assert X.dtype == np.float32
    assert X.min() == 0.0
    assert X.max() <= 1.0
    assert abs((X == 0).mean() - 0.8) < 5 * np.sqrt(0.8 * 0.2 / X.size)
