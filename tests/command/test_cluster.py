# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The command from a file to its folder, on networks small enough for a test."""

import base64
import csv
import os
import re
import warnings
from functools import partial
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

import sklearn_gmvae
from sklearn_gmvae.__main__ import main
from sklearn_gmvae._command import _cluster
from sklearn_gmvae._command._report import _likelihoods
from sklearn_gmvae._command._wording import number_text, percent_text
from sklearn_gmvae._outcome import REMEDY

QUICK = {"hidden_layer_sizes": (8,), "pretrain_iter": 8, "max_iter": 8}
# Names and values that a report must show and never run, and that are no mathematics.
HOSTILE = [
    "<script>alert(1)</script>", '" onmouseover="alert(1)', "a & b", r"$\frac{$", "5 $ of 7 $",
    "</title><img src=x onerror=alert(1)>", "\u202egnp.exe",
]  # fmt: skip
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "footer",
    "h1", "h2", "p", "ul", "li", "a", "div", "span", "figure", "figcaption", "img", "table",
    "caption", "thead", "tbody", "tr", "th", "td", "pre", "code", "dl", "dt", "dd", "strong",
}  # fmt: skip


class Page(HTMLParser):
    """A page as a tree of (tag, attributes, children), texts among the children."""

    def __init__(self, text):
        super().__init__()
        self.root = ("", {}, [])
        self.stack = [self.root]
        self.feed(text)
        self.close()
        assert len(self.stack) == 1, "a tag is not closed"

    def handle_starttag(self, tag, attrs):
        node = (tag, dict(attrs), [])
        self.stack[-1][2].append(node)
        if tag not in ("img", "meta"):
            self.stack.append(node)

    def handle_endtag(self, tag):
        assert self.stack.pop()[0] == tag, f"</{tag}> closes another"

    def handle_data(self, data):
        self.stack[-1][2].append(data)

    def all(self, *tags, within=None):
        found = []
        for node in (within or self.root)[2]:
            if not isinstance(node, str):
                found += [node] * (not tags or node[0] in tags)
                found += self.all(*tags, within=node)
        return found

    def text(self, node):
        return "".join(n if isinstance(n, str) else self.text(n) for n in node[2])

    def table(self, caption):
        """The lines of cells of the table whose caption begins so."""
        for table in self.all("table"):
            if self.text(self.all("caption", within=table)[0]).startswith(caption):
                return [
                    [self.text(cell) for cell in self.all("th", "td", within=row)]
                    for row in self.all("tr", within=table)
                ]
        raise AssertionError(f"no table {caption!r}")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for name, estimator in _cluster.ESTIMATORS.items():
        monkeypatch.setitem(_cluster.ESTIMATORS, name, partial(estimator, **QUICK))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The folder and the file of a run on hostile names, with missing values and ids."""
    folder = tmp_path_factory.mktemp("hostile")
    rng = np.random.RandomState(0)
    y = rng.randint(3, size=120)
    centers = 6 * rng.randn(3, len(HOSTILE))
    frame = pd.DataFrame(centers[y] + rng.randn(120, len(HOSTILE)), columns=HOSTILE)
    frame.insert(0, "<b>id</b>", [f"<img src=x onerror=alert({i})>" for i in range(120)])
    frame["same"] = 1
    frame.loc[[5, 17], HOSTILE[2]] = np.nan
    path = folder / "<i>file & co.csv"
    frame.to_csv(path, sep=";", index=False, decimal=",")
    with pytest.MonkeyPatch.context() as patch:
        for name, estimator in _cluster.ESTIMATORS.items():
            patch.setitem(_cluster.ESTIMATORS, name, partial(estimator, **QUICK))
        arguments = ["--n-clusters", "3", "--out", str(folder / "out"), "--quiet"]
        arguments += ["--id-column", "<b>id</b>", "--complete-rows"]
        assert main(["cluster", str(path), *arguments]) == 0
    return folder, path


@pytest.fixture(scope="module")
def report(hostile):
    return Page((hostile[0] / "out" / "report.html").read_text(encoding="utf-8"))


def read_csv(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def test_folder_has_labels_probabilities_model_and_report(hostile):
    folder, path = hostile
    out = folder / "out"
    assert sorted(os.listdir(folder)) == [path.name, "out"]  # nothing temporary
    assert sorted(os.listdir(out)) == [
        "labels.csv", "model.safetensors", "probabilities.csv", "report.html",
    ]  # fmt: skip
    head, *labels = read_csv(out / "labels.csv")
    assert head == ["<b>id</b>", "cluster", "probability"]
    assert [line[0] for line in labels] == [f"<img src=x onerror=alert({i})>" for i in range(120)]
    without = [i for i, line in enumerate(labels) if line[1:] == ["", ""]]
    assert without == [5, 17]  # those with a missing value
    head, *lines = read_csv(out / "probabilities.csv")
    assert head == ["<b>id</b>", "cluster_0", "cluster_1", "cluster_2"]
    probabilities = np.array([line[1:] for line in lines], dtype=float)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)
    kept = [line for line in labels if line[1]]
    assert [line[0] for line in kept] == [line[0] for line in lines]
    assert [int(line[1]) for line in kept] == probabilities.argmax(1).tolist()
    np.testing.assert_allclose([float(line[2]) for line in kept], probabilities.max(1))


def test_python_in_the_report_gives_the_labels(hostile, report, monkeypatch):
    folder, _ = hostile
    monkeypatch.chdir(folder)
    (folder / "model.safetensors").write_bytes((folder / "out/model.safetensors").read_bytes())
    (pre,) = report.all("pre")
    code = report.text(pre).replace("[list(", ".dropna()[list(")  # of the complete rows
    names = {}
    exec(code, names)
    labels = [line[1] for line in read_csv(folder / "out/labels.csv")[1:] if line[1]]
    assert names["model"].predict(names["X"]).astype(str).tolist() == labels
    (folder / "model.safetensors").unlink()


def test_report_runs_nothing_and_asks_for_nothing(report):
    ids = {attributes.get("id") for _, attributes, _ in report.all()}
    for tag, attributes, _ in report.all():
        assert tag in ALLOWED
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("src", "data:").startswith("data:")
        if "href" in attributes:
            assert attributes["href"].removeprefix("#") in ids
    style = report.text(report.all("style")[0])
    assert "url(" not in style and "@import" not in style


def test_report_shows_hostile_names_and_values_as_they_are(report):
    shown = [name.replace("\u202e", "\ufffd") for name in HOSTILE]
    names = [line[0] for line in report.table("Centres of clusters 0 to 2")[1:]]
    assert sorted(names) == sorted([*shown, "same"])
    assert report.text(report.all("h1")[0]) == "Clusters of <i>file & co.csv"
    typical = report.table("The rows nearest")
    assert typical[0][:2] == ["Cluster", "<b>id</b>"]
    assert all(re.fullmatch(r"<img src=x onerror=alert\(\d+\)>", line[1]) for line in typical[1:])


def test_report_can_be_read_without_seeing_it(report):
    assert report.all("html")[0][1]["lang"] == "en"
    levels = [int(tag[1]) for tag, _, _ in report.all("h1", "h2", "h3")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    images = report.all("img")
    assert len(images) == 5
    for _, attributes, _ in images:
        png = base64.b64decode(attributes["src"].partition(",")[2])
        assert png.startswith(b"\x89PNG") and len(attributes["alt"]) > 40
        size = np.frombuffer(png, dtype=">u4", count=2, offset=16)
        drawn = np.array([int(attributes["width"]), int(attributes["height"])])
        np.testing.assert_allclose(size / drawn, 140 / 96, rtol=0.02)
    for table in report.all("table"):
        head, *rows = report.all("tr", within=table)
        assert all(c[0] == "th" and c[1]["scope"] == "col" and report.text(c) for c in head[2])
        assert all(row[2][0][1].get("scope") == "row" for row in rows)
        assert len({len(row[2]) for row in (head, *rows)}) == 1


def test_report_tells_what_was_found(hostile, report):
    folder, _ = hostile
    labels = [line[1] for line in read_csv(folder / "out/labels.csv")[1:] if line[1]]
    sizes = [labels.count(str(k)) for k in range(3)]
    assert sizes == sorted(sizes, reverse=True)
    lines = report.table("The clusters, the largest first")[1:]
    assert [int(line[2]) for line in lines] == sizes
    assert [line[3] for line in lines] == [f"{size / 118:.1%}".replace("%", " %") for size in sizes]
    model = sklearn_gmvae.load(folder / "out/model.safetensors")
    assert model.n_clusters == 3 and model.random_state == 0
    centers = {line[0]: line[1:] for line in report.table("Centres")[1:]}
    assert centers["a & b"] == [
        number_text(v)
        for v in model.cluster_centers_[:, list(model.feature_names_in_).index("a & b")]
    ]
    made = dict(report.table("What was done")[1:])
    assert made["Rows"] == "118 of 120" and made["Seed"] == "0"
    assert made["Columns left out"] == "<b>id</b>"
    assert "'<i>file & co.csv' --n-clusters 3" in made["Command"].replace(f"{folder}/", "")
    notes = report.text(report.all("header")[0])
    assert "2 of 120 rows have missing values" in notes
    assert "The same value in all rows, which tells nothing: same" in notes


def test_strongest_difference_of_a_cluster_is_told_in_words(hostile, report):
    folder, path = hostile
    frame = pd.read_csv(path, sep=";", decimal=",").dropna()
    labels = np.array([c[1] for c in read_csv(folder / "out/labels.csv")[1:] if c[1]])
    X = frame[HOSTILE]
    inside, outside = X[labels == "0"].mean(), X[labels != "0"].mean()
    within = np.sqrt(sum(((g - g.mean()) ** 2).sum() for _, g in X.groupby(labels)) / len(X))
    effect = (inside - outside) / within
    name = effect.abs().idxmax()
    first = report.table("The clusters")[1][5].split("; ")[0]
    assert first.startswith(name.replace("\u202e", "\ufffd"))
    sign = "+" if effect[name] > 0 else "\u2212"
    assert first.endswith(f"({sign}{abs(effect[name]):.1f} sd)")


def test_rows_that_are_pictures_are_shown_as_such(tmp_path, capsys):
    X = load_digits().data[:150].astype(np.float32)
    np.savez(tmp_path / "digits.npz", X=X, y=np.zeros(150))
    options = ["--n-clusters", "3", "--out", str(tmp_path / "out"), "--model", "gmvae"]
    assert main(["cluster", str(tmp_path / "digits.npz"), *options, "--seed", "7"]) == 0
    printed = capsys.readouterr().out
    assert "digits.npz: 150 rows, 64 columns to cluster" in printed
    assert "training: epoch 8/8, ELBO" in printed
    report = Page((tmp_path / "out/report.html").read_text(encoding="utf-8"))
    assert len(report.all("img")) == 4
    captions = [report.text(caption) for caption in report.all("caption")]
    assert not [caption for caption in captions if caption.startswith("Centre")]
    made = dict(report.table("What was done")[1:])
    assert made["Seed"] == "7" and made["Model"].startswith("GMVAE")
    assert "numpy.load('digits.npz')['X']" in report.text(report.all("pre")[0])


TABLE = "who,a,b\n" + "".join(f"p{i},{i * i},{-i}.5\n" for i in range(8))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["t.csv"], "'who' (text, such as 'p0', 'p1', and 8 of 8 are different). Leave it out"),
        (["t.csv", "--drop", "who", "--n-clusters", "9"], "is more than the 8 rows there are"),
        (["t.csv", "--n-clusters", "1"], "--n-clusters should be 2 or more, but got 1"),
        (["t.csv", "--seed", "-1"], "--seed should be 0 or more"),
        (["t.csv", "--columns", "c"], "there is no column 'c'"),
        (["t.csv", "--out", "nowhere/out"], "Make it first"),
        (["t.csv", "--out", "old"], "exists already. Name another folder, or remove it first"),
        (["other.csv"], "other.csv is not there"),
        (["t.pdf"], "ends in '.pdf'"),
    ],
)
def test_errors_are_one_line_status_2_and_no_folder(arguments, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "t.pdf").write_text(TABLE)
    (tmp_path / "old").mkdir()
    before = sorted(os.listdir(tmp_path))
    assert main(["cluster", "--n-clusters", "2", "--out", "out", *arguments]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ") and told in printed
    assert printed.count("\n") == 1
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("arguments", [["t.csv"], ["t.csv", "--columns", "a", "--drop", "b"]])
def test_usage_errors_have_status_2_too(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["cluster", *arguments])
    assert ended.value.code == 2


@pytest.mark.parametrize("error", [OSError("No space left on device"), KeyboardInterrupt()])
def test_failure_in_the_middle_leaves_no_folder(error, tmp_path, monkeypatch, capsys):
    (tmp_path / "t.csv").write_text(TABLE)

    def fail(*arguments):
        assert len(list(tmp_path.glob(".out.*/labels.csv"))) == 1  # written by then
        raise error

    monkeypatch.setattr(_cluster, "draw", fail)
    arguments = ["cluster", str(tmp_path / "t.csv"), "--n-clusters", "2", "--drop", "who"]
    status = main([*arguments, "--out", str(tmp_path / "out"), "--quiet"])
    assert status == (130 if isinstance(error, KeyboardInterrupt) else 2)
    assert os.listdir(tmp_path) == ["t.csv"]


def test_what_the_model_warns_of_is_printed_and_in_the_report(tmp_path, monkeypatch, capsys):
    (tmp_path / "t.csv").write_text(TABLE)

    class Warned(sklearn_gmvae.VaDEClustering):
        def fit(self, X, y=None):
            warnings.warn(f"only <2> clusters\nfound: {REMEDY}", UserWarning, stacklevel=1)
            warnings.warn("of no interest", DeprecationWarning, stacklevel=1)
            return super().fit(X, y)

        def save(self, path):  # of a class of its own load would know nothing
            path.write_bytes(b"")

    written = []
    monkeypatch.setitem(_cluster.ESTIMATORS, "vade", partial(Warned, **QUICK))
    monkeypatch.setattr(_cluster, "draw", lambda found: None)
    monkeypatch.setattr(
        _cluster, "write_report", lambda found, pictures, told: written.append(told) or ""
    )
    arguments = ["cluster", str(tmp_path / "t.csv"), "--n-clusters", "2", "--drop", "who"]
    assert main([*arguments, "--out", str(tmp_path / "out"), "--quiet"]) == 0
    told = "only <2> clusters found: ask for fewer --n-clusters or try another --seed"
    assert told in written[0].warnings
    assert "of no interest" not in written[0].warnings
    captured = capsys.readouterr()
    assert f"warning: {told}\n" in captured.err
    assert captured.out == ""


def test_likelihoods_of_many_columns_are_counted():
    assert _likelihoods("gaussian") == "gaussian"
    several = {"a": "gaussian", "b": "categorical", "c": "gaussian"}
    assert _likelihoods(several) == "gaussian (2), categorical (1)"


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["cluster", "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    for word in ("report.html", "labels.csv", "--id-column", "how to begin", "try several"):
        assert word in printed
    assert max(map(len, printed.splitlines())) <= 100


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-1.234, "\u22121.23"), (12345.6, "12,346"), (np.nan, ""), ("Rome", "Rome"),
     (2e12, "2.0e12"), (True, "1")],
)  # fmt: skip
def test_values_are_written_as_people_do(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0.0 %"), (1e-5, "below 0.1 %"), (0.25, "25.0 %"), (0.99999, "above 99.9 %"),
     (1, "100.0 %")],
)  # fmt: skip
def test_shares_are_never_rounded_to_none_or_all(share, text):
    assert percent_text(share) == text
