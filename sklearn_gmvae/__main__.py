# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""``python -m sklearn_gmvae demo|benchmark|cluster``."""

import argparse
import ast
import sys
from collections.abc import Mapping
from pathlib import Path

from sklearn.model_selection import ParameterGrid

from sklearn_gmvae import benchmark
from sklearn_gmvae._command import add_cluster
from sklearn_gmvae._demo import demo

DESCRIPTION = """\
Deep generative clustering: see it at work (demo), put the rows of a file into groups (cluster), or
measure it (benchmark).
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status is 0, or after an error that the user can mend 1 (2 of
    ``cluster``)."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (OSError, ValueError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return options.status
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130  # as shells count it
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sklearn_gmvae", description=DESCRIPTION)
    parser.set_defaults(status=1)
    commands = parser.add_subparsers(required=True)
    add_cluster(commands)

    run_demo = commands.add_parser(
        "demo", help="fit both estimators, KMeans and GaussianMixture, and draw pictures"
    )
    run_demo.add_argument(
        "--data",
        choices=["digits", "mnist"],
        default="digits",
        help="digits (default): bundled with scikit-learn; mnist: downloaded unless it is there",
    )
    run_demo.add_argument(
        "--out", type=Path, default=Path("demo"), help="folder of the pictures (default: demo)"
    )
    run_demo.add_argument("--seed", type=int, default=0, help="of random draws (default: 0)")
    run_demo.set_defaults(command=lambda o: demo(o.data, o.out, o.seed))

    bench = commands.add_parser(
        "benchmark", help="estimators x data sets x seeds into a results file; tables from it"
    )
    bench.add_argument(
        "kind",
        nargs="?",
        choices=["quality", "speed", "memory", "robustness", "missing"],
        default="quality",
        help="labels against classes (default), seconds, memory beyond X, what comes of odd X, or "
        "labels and imputed values where entries are missing",
    )
    bench.add_argument(
        "--cases",
        nargs="+",
        choices=[*benchmark.CASES, *benchmark.MEMORY_CASES],
        help="of the speed benchmark, or (the last "
        f"{len(benchmark.MEMORY_CASES)}) of the memory benchmark (default: all)",
    )
    bench.add_argument(
        "--folder", type=Path, help="of the memory benchmark: where its X is written, then removed"
    )
    bench.add_argument(
        "--gigabytes",
        type=float,
        default=8.0,
        help="of the memory benchmark: size of each file; CSR has 125,000 rows for each gigabyte "
        "(default: 8)",
    )
    bench.add_argument(
        "--data",
        nargs="+",
        metavar="NAME",
        help="data sets (default: digits, or of the missing benchmark "
        f"{' '.join(benchmark.MISSING_DATA)}; with --report: all that the files have): files "
        "NAME.npz with arrays X and y, regret-suite for those of the regret table, or "
        + ", ".join(benchmark.DATA),
    )
    bench.add_argument(
        "--estimators",
        nargs="+",
        choices=list(benchmark.ESTIMATORS),
        help="default: vade gmvae kmeans gmm-full; of the missing benchmark, which takes only the "
        "first two: vade",
    )
    bench.add_argument(
        "--shares",
        nargs="+",
        type=float,
        default=benchmark.SHARES,
        help="of the missing benchmark: which shares of the entries are removed (default: "
        f"{' '.join(map(str, benchmark.SHARES))})",
    )
    bench.add_argument(
        "--config",
        choices=["default", "paper"],
        default="default",
        help="the estimators as shipped, or with the recipe of each paper",
    )
    bench.add_argument(
        "--protocol",
        choices=["all", "split", "held-out", "chunks", "ranks"],
        default="all",
        help="fit and judge on all rows; fit on the published training rows and judge on the test "
        "rows; fit on four fifths of the rows and judge on the others; fit on all rows by "
        "partial_fit, or in two processes",
    )
    bench.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="parameters of the estimators, such as n_clusters=16 network=conv augment=image "
        '"image_shape=(1, 28, 28)"',
    )
    bench.add_argument(
        "--grid",
        nargs="+",
        default=[],
        metavar="NAME=VALUES",
        help="as --set, for every combination of the values, such as n_clusters=5,10 "
        "n_mc_samples=1,10",
    )
    bench.add_argument("--seeds", type=int, default=3, help="seeds 0, 1, ... (default: 3)")
    bench.add_argument("--out", type=Path, help="results file, JSON lines; resumed if it exists")
    bench.add_argument(
        "--report", nargs="+", type=Path, metavar="FILE", help="print the table of these files"
    )
    bench.add_argument(
        "--table",
        choices=list(benchmark.TABLES),
        default="results",
        help="with --report: which table (default: results)",
    )
    bench.add_argument(
        "--figure",
        type=Path,
        metavar="FILE",
        help="with --report: draw the table's figure into this file (.png, .svg, .pdf)",
    )
    bench.add_argument(
        "--into",
        type=Path,
        metavar="DOCUMENT",
        help="with --report: write it into this file, between two marker lines",
    )
    bench.add_argument(
        "--block",
        default="results",
        metavar="NAME",
        help="the markers are '.. begin NAME' and '.. end NAME' (default: results)",
    )
    bench.set_defaults(command=_benchmark)
    return parser


def _benchmark(options: argparse.Namespace) -> None:
    if options.report:
        missing = [str(path) for path in options.report if not path.exists()]
        if missing:
            raise FileNotFoundError(f"--report: no such results file: {', '.join(missing)}")
        records = [r for path in options.report for r in benchmark.read_results(path)]
        if options.data:
            records = [r for r in records if r.get("data") in _data_sets(options.data)]
        if options.figure:
            benchmark.save_figure(options.table, records, options.figure)
            return
        text = benchmark.TABLES[options.table](records)
        if options.into:
            benchmark.write_into(options.into, options.block, text)
        else:
            print(text)
        return
    if options.out is None:
        raise ValueError("--out FILE is needed: the results file to write, such as results.jsonl")
    if options.kind == "speed":
        for record in benchmark.run_speed(_cases(options, benchmark.CASES), options.out):
            print(f"{record['case']}: {record['measured']}", flush=True)
        return
    if options.kind == "robustness":
        for record in benchmark.run_robustness(options.out):
            print(
                f"{record['data']}, {record['fit']}: {record['outcome']} {record['said']}",
                flush=True,
            )
        return
    if options.kind == "memory":
        if options.folder is None:
            raise ValueError("--folder DIR is needed: where the memory benchmark writes its X")
        cases = _cases(options, benchmark.MEMORY_CASES)
        for record in benchmark.run_memory(cases, options.out, options.folder, options.gigabytes):
            print(
                f"{record['case']}: X {record['x_mb']:.0f} MB, fit and predict took "
                f"{record['above_x_mb']:.0f} MB above it, {sum(record['seconds'].values()):.1f} s",
                flush=True,
            )
        return
    if options.kind == "missing":
        _missing(options)
        return
    fixed = _settings("--set", options.settings)
    grid = {name: _values(v) for name, v in _settings("--grid", options.grid).items()}
    records = []
    for point in ParameterGrid(grid):
        for record in benchmark.run(
            _data_sets(options.data or ["digits"]),
            options.estimators or ["vade", "gmvae", "kmeans", "gmm-full"],
            options.seeds,
            options.out,
            config=options.config,
            protocol=options.protocol,
            settings={**fixed, **point},
        ):
            records.append(record)
            print(
                f"{record['data']} {benchmark.label(record)} seed {record['seed']}: "
                f"accuracy {record['accuracy']:.4f}, ARI {record['ari']:.4f}, "
                f"{record['seconds']:.1f} s",
                flush=True,
            )
    print(benchmark.table(records))


def _missing(options: argparse.Namespace) -> None:
    estimators = options.estimators or ["vade"]
    if unable := [name for name in estimators if name not in ("vade", "gmvae")]:
        raise ValueError(
            f"--estimators: {', '.join(unable)} cannot fit missing values; vade and gmvae can."
        )
    data = _data_sets(options.data or list(benchmark.MISSING_DATA))
    records = []
    for record in benchmark.run_missing(
        data, estimators, options.shares, options.seeds, options.out
    ):
        records.append(record)
        ari = f"ARI {record['ari']:.3f}, " if "ari" in record else ""
        print(
            f"{record['data']} {record['share']:.0%} removed, seed {record['seed']}, "
            f"{record['contestant']}: {ari}error {record['rmse']:.3f}, {record['seconds']:.1f} s",
            flush=True,
        )
    print(benchmark.TABLES["missing"](records))


def _cases(options: argparse.Namespace, known: Mapping[str, object]) -> list[str]:
    """The cases asked for, or all of this kind of benchmark."""
    if unknown := [case for case in options.cases or [] if case not in known]:
        raise ValueError(
            f"--cases: {', '.join(unknown)} is no case of benchmark {options.kind}, which has "
            f"{', '.join(known)}."
        )
    return options.cases or list(known)


def _data_sets(choices: list[str]) -> list[str]:
    """Names of data sets, each once, the suite's in place of its own."""
    names = [
        name
        for choice in choices
        for name in (benchmark.REGRET_SUITE if choice == "regret-suite" else [choice])
    ]
    return list(dict.fromkeys(names))


def _values(values) -> list:
    """The values of one --grid option: a tuple's, or those between commas."""
    if isinstance(values, str):
        return [_value(word) for word in values.split(",")]
    return list(values) if isinstance(values, tuple) else [values]


def _settings(option: str, pairs: list[str]) -> dict:
    """NAME=VALUE, the value a Python literal or else a string."""
    settings: dict = {}
    for pair in pairs:
        name, found, value = pair.partition("=")
        if not (name and found):
            raise ValueError(f"{option} takes NAME=VALUE, such as n_clusters=16, but got {pair!r}.")
        settings[name] = _value(value)
    return settings


def _value(text: str):
    """A Python literal, or else the string itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


if __name__ == "__main__":
    sys.exit(main())
