# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The command: its options, and its way from a file to a folder of results."""

import argparse
import csv
import shlex
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae._command._columns import Rows, choose_rows
from sklearn_gmvae._command._findings import Findings, find
from sklearn_gmvae._command._pictures import draw
from sklearn_gmvae._command._read import INSTALL, Table, read_table
from sklearn_gmvae._command._report import Told, write_report
from sklearn_gmvae._outcome import REMEDY
from sklearn_gmvae.utils import new_folder

ESTIMATORS: dict[str, Callable] = {"vade": VaDEClustering, "gmvae": GMVAEClustering}
# Of an error that the user can mend, as argparse's own.
STATUS = 2
DESCRIPTION = """\
Put the rows of a table into groups of similar rows (clusters), and describe the groups.

FILE is a table: CSV (or .tsv, .txt) whose first line names the columns, Parquet, or numpy's .npy
or .npz. Each row is one thing (a person, a day, a flower), each column a number or one of a few
words that is known of it. Columns in different units are fine: they are brought to one scale
first. Some values may be missing. FILE comes first, before options that take several names.
"""
EPILOG = f"""\
what you get, in the new folder DIR:
  report.html        what was found, with pictures: open it in a browser, begin here
  labels.csv         the cluster of each row, and how sure the model is of it
  probabilities.csv  the probability of each cluster for each row
  model.safetensors  the model, for sklearn_gmvae.load in Python

Rows are called by their number, 1 for the first below the names, or by --id-column. Clusters are
numbered from 0, the largest. A run that fails leaves no DIR.

how to begin:
  1. python -m sklearn_gmvae cluster people.csv --n-clusters 5 --out people-5
     If a column cannot be used (a name, a date), the error says how to leave it out.
  2. Leave out with --drop what should not make groups, such as numbers that only identify.
  3. Open people-5/report.html. Are "typical rows" of a cluster alike? Are clusters different?
  4. The number of clusters is your choice: try several, each with an --out of its own. Try
     another --seed too: groups that are there with every seed can be trusted.

more examples:
  python -m sklearn_gmvae cluster people.csv --n-clusters 5 --out out --id-column email --drop age
  python -m sklearn_gmvae cluster sales.parquet --n-clusters 8 --out out --columns price "in stock"
  python -m sklearn_gmvae cluster survey.csv --n-clusters 4 --out out --missing -9 "no answer" \\
      --complete-rows

Some hundred rows are enough to begin with; 100,000 rows of 20 columns take minutes. CSV and
Parquet need pandas and pyarrow, the report matplotlib: {INSTALL}
Errors say what to change, and the exit status is then {STATUS}.
"""


def add_cluster(commands) -> None:
    """Add the command ``cluster`` to argparse's subparsers."""
    parser = commands.add_parser(
        "cluster",
        help="put the rows of a file into groups: labels, a model and a report to look at",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the table to cluster")
    parser.add_argument(
        "--n-clusters", type=int, required=True, metavar="K", help="how many groups to make"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to make, for the results"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--columns", nargs="+", default=[], metavar="NAME", help="use these columns only"
    )
    which.add_argument(
        "--drop", nargs="+", default=[], metavar="NAME", help="leave these columns out"
    )
    parser.add_argument(
        "--id-column", metavar="NAME", help="column that names the rows; it is not clustered"
    )
    parser.add_argument(
        "--complete-rows",
        action="store_true",
        help="leave out rows in which a value is missing; they get no cluster",
    )
    parser.add_argument(
        "--missing",
        nargs="+",
        default=[],
        metavar="TEXT",
        help='what stands for a missing value in the file, besides nothing, "NA" and the like',
    )
    parser.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="of CSV: whether the first line names the columns (default: it does; asked for if it "
        "has only numbers)",
    )
    parser.add_argument(
        "--model",
        choices=list(ESTIMATORS),
        default="vade",
        help="vade (default), or gmvae, which also learns a style within clusters and is slower",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of random draws: the same gives the same (default: 0)"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but warnings")
    parser.set_defaults(command=cluster_file, status=STATUS)


def cluster_file(options: argparse.Namespace) -> None:
    """Read, fit, write; the folder is there when all of it is.

    Raises
    ------
    ValueError, OSError
        In one line: what is wrong and what to do.
    """
    say = (lambda text: None) if options.quiet else (lambda text: print(text, flush=True))
    started = perf_counter()
    if options.n_clusters < 2:
        raise ValueError(f"--n-clusters should be 2 or more, but got {options.n_clusters}.")
    if options.seed < 0:
        raise ValueError(f"--seed should be 0 or more, but got {options.seed}.")
    _check_matplotlib()
    if not options.out.resolve().parent.is_dir():
        raise ValueError(
            f"--out: there is no folder {options.out.resolve().parent} to make "
            f"{options.out.name} in. Make it first."
        )
    with new_folder(options.out) as folder:
        estimator = ESTIMATORS[options.model](
            options.n_clusters, random_state=options.seed, verbose=0 if options.quiet else 1
        )
        table = read_table(options.file, options.header, options.missing)
        rows = choose_rows(
            table,
            columns=options.columns,
            drop=options.drop,
            id_column=options.id_column,
            complete_rows=options.complete_rows,
        )
        n = len(rows.kept)
        say(f"{options.file}: {n:,} rows, {len(rows.names):,} columns to cluster")
        if n < options.n_clusters:
            raise ValueError(
                f"--n-clusters {options.n_clusters} is more than the {n} rows there are. Ask for "
                "fewer clusters; some hundred rows are needed to find any that mean something."
            )
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            estimator.fit(rows.X)
        # Once each, and not what libraries tell programmers.
        warned = dict.fromkeys(
            _in_options(str(w.message)) for w in told if issubclass(w.category, UserWarning)
        )
        for text in warned:
            print(f"warning: {text}", file=sys.stderr)
        say("writing the report")
        found = find(estimator, rows)
        _write_tables(folder, found)
        estimator.save(folder / "model.safetensors")
        report = write_report(
            found,
            draw(found),
            Told(
                file=options.file.name,
                notes=table.notes,
                warnings=list(warned),
                command=_as_typed(options),
                seconds=perf_counter() - started,
                library="pandas" if table.is_named else "numpy",
                reading=_reading(table, rows),
            ),
        )
        (folder / "report.html").write_text(report, encoding="utf-8")
    say(f"{perf_counter() - started:.0f} s. Open {options.out / 'report.html'} in a browser.")


def _in_options(warning: str) -> str:
    """What `fit` says, in terms of what can be typed."""
    mend = "ask for fewer --n-clusters or try another --seed"
    for fits, ours in (
        (REMEDY, mend),
        (REMEDY.capitalize(), mend.capitalize()),
        ("n_clusters=", "--n-clusters "),
    ):
        warning = warning.replace(fits, ours)
    return " ".join(warning.split())


def _check_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401  before the time is spent that fitting takes
    except ImportError as error:
        raise ValueError(f"The report's pictures need matplotlib: {INSTALL}.") from error


def _write_tables(folder: Path, found: Findings) -> None:
    """labels.csv, of every row of the file, and probabilities.csv, of those that have any."""
    rows, K = found.rows, len(found.sizes)
    largest = found.probabilities.max(1)
    clusters = np.full(len(rows.ids), "", dtype=object)
    sure = np.full(len(rows.ids), "", dtype=object)
    clusters[rows.kept] = found.labels
    sure[rows.kept] = [f"{p:.6g}" for p in largest]
    _write_csv(
        folder / "labels.csv",
        [rows.id_name, "cluster", "probability"],
        zip(rows.ids, clusters, sure, strict=True),
    )
    _write_csv(
        folder / "probabilities.csv",
        [rows.id_name, *(f"cluster_{k}" for k in range(K))],
        (
            [row, *(f"{p:.6g}" for p in probabilities)]
            for row, probabilities in zip(rows.ids[rows.kept], found.probabilities, strict=True)
        ),
    )


def _write_csv(path: Path, header: Sequence[str], lines: Iterable) -> None:
    # With a mark at its beginning: without, spreadsheets take UTF-8 for something else.
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(lines)


def _as_typed(options: argparse.Namespace) -> str:
    """The command with the options that differ from their defaults."""
    words = ["python", "-m", "sklearn_gmvae", "cluster", str(options.file)]
    words += ["--n-clusters", str(options.n_clusters), "--out", str(options.out)]
    for option in ("columns", "drop", "missing"):
        if given := getattr(options, option):
            words += [f"--{option}", *given]
    if options.id_column is not None:
        words += ["--id-column", options.id_column]
    if options.complete_rows:
        words.append("--complete-rows")
    if options.header is not None:
        words.append("--header" if options.header else "--no-header")
    words += ["--model", options.model, "--seed", str(options.seed)]
    return shlex.join(words)


def _reading(table: Table, rows: Rows) -> str:
    """Python that reads the file's columns as they were clustered."""
    if table.is_named:
        return f"{table.reading}\nX = X[list(model.feature_names_in_)]"
    chosen = [table.names.index(name) for name in rows.names]
    some = "" if chosen == list(range(len(table.names))) else f"\nX = X[:, {chosen}]"
    return table.reading + some
