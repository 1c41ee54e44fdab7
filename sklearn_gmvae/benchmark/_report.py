# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables from results files, as reStructuredText, and into documents between two markers."""

from collections import defaultdict
from pathlib import Path

import numpy as np

METRICS = (
    ("Hungarian accuracy", "accuracy"),
    ("ARI", "ari"),
    ("NMI", "nmi"),
    ("Seconds", "seconds"),
)


def table(records: list[dict]) -> str:
    """One line a data set and estimator: mean, standard deviation and worst over the seeds.

    Where a run was repeated (other code, other parameters), its last record counts.
    """
    last = {(r["data"], r["estimator"], r["seed"]): r for r in records}
    groups = defaultdict(list)
    for (data, estimator, _), record in last.items():
        groups[data, estimator].append(record)
    lines = [["Data", "Estimator", "Seeds", *(title for title, _ in METRICS)]]
    for (data, estimator), group in groups.items():
        cells = [_cell([record[key] for record in group], key) for _, key in METRICS]
        lines.append([data, estimator, str(len(group)), *cells])
    return list_table(lines)


def _cell(values: list[float], key: str) -> str:
    if key == "seconds":
        return f"{np.median(values):.3g}"
    spread = f" ± {np.std(values, ddof=1):.3f}, worst {min(values):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"


def list_table(lines: list[list[str]]) -> str:
    """A reStructuredText simple table; the first line is the header."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    rows = [
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    return "\n".join([rule, rows[0], rule, *rows[1:], rule])


def write_into(document: Path, name: str, text: str) -> None:
    """Replace what stands between the markers ``.. begin NAME`` and ``.. end NAME``."""
    begin, end = f".. begin {name}\n", f"\n.. end {name}"
    before, found, rest = document.read_text().partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise ValueError(
            f"{document} has no lines '.. begin {name}' and '.. end {name}' to write between."
        )
    document.write_text(f"{before}{begin}\n{text}\n{end}{after}")
