# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Results files: JSON lines, one a run, that a kill cannot damage."""

import json
import os
from pathlib import Path


def read_results(path: Path) -> list[dict]:
    """The records of a results file; none if it does not exist.

    A last line that a kill cut short is left out, as is any other that is no JSON.

    Parameters
    ----------
    path : Path
        A file of JSON lines.

    Returns
    -------
    records : list of dict
        In the order of the file.
    """
    if not path.exists():
        return []
    records = []
    for line in path.read_text().splitlines():
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return records


def append_result(path: Path, record: dict) -> None:
    """Append one record as a line of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if file.tell() and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n":
            file.write(b"\n")  # after a line that a kill cut short
        file.write(json.dumps(record).encode() + b"\n")


def last_of_cases(records: list[dict], benchmark: str) -> dict[str, dict]:
    """The last record of every case of the benchmark "speed" or "memory".

    Raises
    ------
    ValueError
        If there is none.
    """
    cases = {r["case"]: r for r in records if r.get("benchmark") == benchmark}
    if not cases:
        command = f"python -m sklearn_gmvae benchmark {benchmark}"
        raise ValueError(f"No {benchmark} records: run `{command}` first.")
    return cases
