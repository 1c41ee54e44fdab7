# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables and figure of speed records."""

import numpy as np

from sklearn_gmvae.benchmark._results import last_of_cases
from sklearn_gmvae.benchmark._rst import list_table
from sklearn_gmvae.benchmark._time_to_accuracy import seconds_to

# By whose seconds the others' are divided.
REFERENCES = {"predict": "plain forward", "import": "torch, sklearn"}


def throughput_table(records: list[dict]) -> str:
    """Rows and FLOP a second in training, as shares of the machine's own matrix product and as
    multiples of the bare loop's in the same precision and of ClustPy's (float32 is all it has)."""
    measured = _case(records, "throughput")["measured"]
    seconds = {name: float(np.median(s)) for name, s in measured["epoch_seconds"].items()}
    peer = seconds.get("clustpy vade float32")
    titles = ("Rows/s", "GFLOP/s", "Of matrix product", "x bare loop", "x ClustPy")
    lines = [["Trainer", "Precision", *titles]]
    for name, median in seconds.items():
        trainer, _, precision = name.rpartition(" ")
        rate = measured["n_samples"] / median
        # VaDE's products; GMVAE has a few more.
        flops = rate * measured["flops_per_row"]
        ratios = (
            flops / measured["matmul_flops_per_second"][precision],
            seconds[f"bare loop {precision}"] / median,
            peer / median if peer else float("nan"),
        )
        cells = ["" if np.isnan(ratio) else f"{ratio:.2f}" for ratio in ratios]
        lines.append([trainer, precision, f"{rate:.0f}", f"{flops / 1e9:.0f}", *cells])
    return list_table(lines)


def growth_table(records: list[dict]) -> str:
    """Seconds of an epoch over K, M, d, D and n, and their ratios to the first of each row."""
    lines = [["Over", "Model", "Seconds of an epoch", "Ratio"]]
    for case, record in last_of_cases(records, "speed").items():
        epochs = record["measured"].get("epoch_seconds")
        if case == "throughput" or epochs is None:
            continue
        by_model = epochs if "vade" in epochs else {"vade": epochs}
        for model, by_value in by_model.items():
            medians = {value: float(np.median(s)) for value, s in by_value.items()}
            # Where the rows are what grows, the ratio is a row's.
            costs = [m / float(v) if case == "n_samples" else m for v, m in medians.items()]
            absolute = ", ".join(f"{value}: {m:.3g}" for value, m in medians.items())
            ratios = ", ".join(f"{cost / costs[0]:.2f}" for cost in costs)
            lines.append([case, model, absolute, ratios])
    return list_table(lines)


def inference_table(records: list[dict]) -> str:
    """Seconds of predictions and imports, and their ratios to each case's reference."""
    lines = [["Case", "What", "Seconds", "Ratio"]]
    for case in ("predict", "import"):
        seconds = _case(records, case)["measured"]["seconds"]
        medians = {name: float(np.median(s)) for name, s in seconds.items()}
        reference = medians[REFERENCES[case]]
        lines += [[case, name, f"{m:.3g}", f"{m / reference:.2f}"] for name, m in medians.items()]
    return list_table(lines)


def time_to_accuracy_table(records: list[dict]) -> str:
    """Seconds until each seed's clusters first have the paper's accuracy."""
    measured = _case(records, "mnist")["measured"]
    target = measured["target"]
    lines = [["Seed", f"Seconds to {target:.4f}", "At the end", "Seconds in all"]]
    for seed, curve in measured["seeds"].items():
        seconds = seconds_to(curve, target)
        reached = "never" if seconds is None else f"{seconds:.0f}"
        lines.append([seed, reached, f"{curve['accuracy'][-1]:.4f}", f"{curve['seconds'][-1]:.0f}"])
    return list_table(lines)


def _case(records: list[dict], case: str) -> dict:
    cases = last_of_cases(records, "speed")
    if case not in cases:
        raise ValueError(f"No record of the case {case!r}; these files have: {', '.join(cases)}.")
    return cases[case]
