# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The report: one page that says what was found, for people who do not write Python."""

import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sklearn
import torch

from sklearn_gmvae import __version__
from sklearn_gmvae._command._findings import SURE, Findings
from sklearn_gmvae._command._html import Html, element, page, picture, table
from sklearn_gmvae._command._pictures import Pictures
from sklearn_gmvae._command._wording import names_text, number_text, percent_text, signed_text

N_TOLD, MAX_CENTRE_FEATURES, CLUSTERS_A_TABLE, VALUES_SHOWN = 3, 50, 8, 6
# In standard deviations: less is what clusters have in common.
LEAST_TOLD = 0.2
MODELS = {
    "VaDEClustering": "VaDE, Variational Deep Embedding (Jiang et al. 2017, arXiv:1611.05148)",
    "GMVAEClustering": "GMVAE, the Gaussian mixture variational autoencoder (Dilokthanakul et al. "
    "2016, arXiv:1611.02648)",
}
WORDS = {
    "Cluster": "A group of rows that the model takes for one kind. Its number says how large it "
    "is: 0 is the largest. Numbers mean nothing else, and another seed may number them otherwise.",
    "Probability (responsibility)": "How much of a row the model gives to each cluster; over "
    "all clusters it sums to 1. A row belongs to the cluster with the largest.",
    "Standard deviation (sd)": "A usual distance from the mean. Differences between clusters are "
    "told in standard deviations within clusters: below 0.5 clusters overlap almost wholly in "
    "that column, above 3 hardly at all.",
    "Latent space": "A few numbers for each row which the model has learned, in which rows of one "
    "kind lie together. Its axes have no units and no names.",
    "Centre (decoded mean)": "What the model takes for the typical row of a cluster, in the "
    "units of the file. It need not be a row of the file, and is not the mean of the cluster's "
    "rows.",
    "ELBO": "The evidence lower bound: what training makes as large as it can. It says how well "
    "the model describes the rows, in nats a row; it is comparable between models of the same "
    "file only, and says little about whether the clusters are useful.",
    "Seed": "The number that random draws begin with. The same seed, file and computer give the "
    "same clusters; if other seeds give quite other ones, none of them is to be trusted.",
}


@dataclass(frozen=True)
class Told:
    """What the report says besides what was found.

    Attributes
    ----------
    file : str
        The name of the user's file.
    notes, warnings : sequence of str
        Of reading and of fitting.
    command : str
        What was typed.
    seconds : float
    library, reading : str
        What to import, and Python that then reads such a file into ``X``.
    """

    file: str
    notes: Sequence[str]
    warnings: Sequence[str]
    command: str
    seconds: float
    library: str
    reading: str


def write_report(found: Findings, pictures: Pictures, told: Told) -> str:
    """The page as HTML."""
    sections = {
        "clusters": ("The clusters", _clusters(found, pictures)),
        "profile": ("What sets each cluster apart", _profile(pictures)),
        "map": ("How near they are to each other", _map(found, pictures)),
        "sure": ("How sure the model is", _sure(found, pictures)),
        "typical": ("Typical rows", _typical(found, pictures)),
        "centres": ("The centres", _centres(found, pictures)),
        "training": ("The training", _training(found, pictures)),
        "made": ("How this was made", _made(found, told)),
        "again": ("To use the model again", _again(told)),
        "words": ("What the words mean", _words()),
    }
    sections = {key: (title, parts) for key, (title, parts) in sections.items() if parts}
    title = f"Clusters of {told.file}"
    links = [
        element("li", element("a", name, href=f"#{key}")) for key, (name, _) in sections.items()
    ]
    body = [
        element("section", element("h2", name, id=key), *parts)
        for key, (name, parts) in sections.items()
    ]
    footer = element(
        "footer",
        f"Made by sklearn_gmvae {__version__}. This page holds everything it shows: it can be "
        "kept, sent and printed, and asks nothing of the network.",
    )
    return page(
        title,
        element("header", element("h1", title), _summary(found), *_notes(found, pictures, told)),
        element("nav", element("ul", *links), aria_label="Contents"),
        element("main", *body),
        footer,
    )


def _summary(found: Findings) -> Html:
    n, K = found.probabilities.shape
    sure = (found.probabilities.max(1) >= SURE).mean()
    largest, smallest = found.sizes.max() / n, found.sizes.min() / n
    return element(
        "p",
        f"{n:,} rows were put into {K} clusters by {len(found.rows.names):,} columns. The largest "
        f"cluster has {percent_text(largest)} of the rows, the smallest {percent_text(smallest)}. "
        f"Of {percent_text(sure)} of the rows the model is at least {SURE:.0%} sure.",
        class_="lead",
    )


def _notes(found: Findings, pictures: Pictures, told: Told) -> list[Html]:
    notes = [*told.notes, *found.rows.notes]
    if not pictures.has_all_letters:
        notes.append(
            "Some letters of the names are not in the pictures' font and appear as boxes there; "
            "the tables have them."
        )
    blocks = []
    if told.warnings:
        items = [element("li", text) for text in told.warnings]
        head = element("strong", "The model warns:")
        blocks.append(element("div", head, element("ul", *items), class_="note", role="note"))
    if notes:
        items = [element("li", text) for text in notes]
        head = element("strong", "To know about the file:")
        blocks.append(element("div", head, element("ul", *items), class_="note", role="note"))
    return blocks


def _clusters(found: Findings, pictures: Pictures) -> list[Html]:
    n, largest = len(found.labels), found.sizes.max()
    columns = ["Cluster", "Size", "Rows", "Share", "Mean probability"]
    if not pictures.rows_are_pictures:
        columns.append("What sets it apart most")
    lines = []
    for k, size in enumerate(found.sizes):
        bar = element("span", class_="bar", style=f"width: {100 * size / largest:.1f}%")
        certainty = "" if np.isnan(found.certainty[k]) else f"{found.certainty[k]:.3f}"
        line = [
            str(k),
            element("div", bar, class_="scale", aria_hidden="true"),
            f"{size:,}",
            percent_text(size / n),
            certainty,
        ]
        if not pictures.rows_are_pictures:
            line.append(element("div", _apart(found, k), class_="words"))
        lines.append(line)
    return [
        table("The clusters, the largest first", columns, lines),
        element(
            "p",
            "The mean probability says how sure the model is of the rows of a cluster.",
            ""
            if pictures.rows_are_pictures
            else " The last column compares the cluster's mean with that of all other rows, in "
            "the units of the file and, in brackets, in standard deviations within clusters; of "
            "texts, and of yes and no, it tells the shares of rows.",
        ),
    ]


def _apart(found: Findings, k: int) -> str:
    """The strongest differences of a cluster in words."""
    if not found.sizes[k]:
        return ""
    effects = np.abs(np.nan_to_num(found.effects[k]))
    strongest = np.argsort(-effects, kind="stable")[:N_TOLD]
    told = [_difference(found, k, j) for j in strongest if effects[j] >= LEAST_TOLD]
    return "; ".join(told) or "no column by itself"


def _difference(found: Findings, k: int, j: int) -> str:
    """How a cluster differs from all other rows in one column, or one category of a text."""
    mean, difference, effect = found.means[k, j], found.differences[k, j], found.effects[k, j]
    if found.are_shares[j]:
        others = percent_text(max(mean - difference, 0.0))
        return f"{found.names[j]}: {percent_text(mean)} of its rows, {others} of the others"
    size = f"{signed_text(effect, 1)} sd" if np.isfinite(effect) else "always"
    return f"{found.names[j]} {signed_text(difference)} ({size})"


def _profile(pictures: Pictures) -> list[Html]:
    if pictures.rows_are_pictures:
        what = "its decoded centre, rows that the model draws from it, and the most typical rows"
        return [
            _picture(
                pictures.samples,
                f"For each cluster, {what}, side by side as pictures.",
                f"For each cluster: {what}.",
            )
        ]
    parts = []
    if pictures.profile is not None:
        parts.append(
            _picture(
                pictures.profile,
                "A bar for each cluster and column: how far the cluster's mean is from that of all "
                "other rows. The table of clusters above tells the largest differences.",
                "Each line is a cluster, each column a column of the file, of which those that "
                "tell clusters apart best are shown. A bar to the right means that the cluster has "
                "more of it than all other rows, a hatched one to the left less.",
            )
        )
    return [
        *parts,
        _picture(
            pictures.samples,
            "For each cluster and column: the decoded centre as a bar, rows drawn by the model as "
            "ticks and typical rows as diamonds. The tables of typical rows and centres below "
            "have their values. Of a text: 1 where a row has it, 0 where not, and the share of "
            "such rows as the bar.",
            "The same clusters as they are, not compared: how far the rows of a cluster spread in "
            "each column around its centre.",
        ),
    ]


def _map(found: Findings, pictures: Pictures) -> list[Html]:
    n, shown = len(found.labels), len(found.shown)
    which = "All rows" if shown == n else f"{shown:,} rows, drawn at random from {n:,},"
    return [
        _picture(
            pictures.latent,
            "A map of the rows in the latent space, a colour and a mark for each cluster, with "
            "the clusters' numbers and ellipses.",
            f"{which} on a flat map of the model's latent space. Rows that are alike lie close "
            "together. Ellipses are the clusters as the model has them, with room for how unsure "
            "the place of each row is; where they overlap on the map, clusters may yet be apart "
            "in directions that the map cannot show.",
        )
    ]


def _sure(found: Findings, pictures: Pictures) -> list[Html]:
    largest = found.probabilities.max(1)
    n_unsure = np.count_nonzero(largest < SURE)
    parts = [
        _picture(
            pictures.responsibility,
            "Left: a bar for each cluster with the shares of its rows by the probability of their "
            "cluster. Right: with which other clusters its rows are torn, in percent. The table "
            "below names the rows to look at.",
            "Left, how sure the model is of the rows of each cluster: the darker, the less. Right, "
            "which other clusters these rows might belong to.",
        ),
        element(
            "p",
            f"{n_unsure:,} of {len(largest):,} rows have no cluster with a probability of "
            f"{SURE:g} or more. They lie between clusters, or are unlike all others: a person "
            "should look at them first. The file probabilities.csv has all of them."
            if n_unsure
            else f"Every row has a cluster with a probability of {SURE:g} or more.",
        ),
    ]
    lines = []
    for i in found.unsure:
        first, second = np.argsort(-found.probabilities[i], kind="stable")[:2]
        p = found.probabilities[i]
        lines.append(
            [_id(found, i), str(first), f"{p[first]:.3f}", str(second), f"{p[second]:.3f}"]
        )
    if lines:
        columns = [_id_name(found), "Cluster", "Probability", "Or cluster", "Probability"]
        title = f"The {len(lines)} rows that the model is least sure of"
        parts.append(table(title, columns, lines))
    return parts


def _typical(found: Findings, pictures: Pictures) -> list[Html]:
    features = [] if pictures.rows_are_pictures else list(found.order[:VALUES_SHOWN])
    lines = []
    for k, rows in enumerate(found.typical):
        for i in rows:
            values = [_value(found.rows.X, i, j) for j in features]
            lines.append([str(k), element("div", _id(found, i), class_="name"), *values])
    columns = ["Cluster", _id_name(found), *(found.rows.names[j] for j in features)]
    what = "The rows nearest to the centre of each cluster"
    if features and len(features) < len(found.rows.names):
        what += f", with the {len(features)} columns that tell clusters apart best"
    text = "To see what a cluster is about, look at these rows first."
    return [element("p", text), table(what, columns, lines, n_texts=2)]


def _centres(found: Findings, pictures: Pictures) -> list[Html]:
    if pictures.rows_are_pictures:
        return []
    # As `cluster_centers_`, and of a data frame in its own values.
    centers = found.estimator.inverse_transform(found.estimator.means_)
    features = found.order[:MAX_CENTRE_FEATURES]
    some = "" if len(features) == len(found.order) else f" of {len(found.order):,}"
    parts = [
        element(
            "p",
            f"What the model takes for the typical row of each cluster, in the units of the file: "
            f"{len(features)}{some} columns, those that tell clusters apart best first.",
        )
    ]
    for start in range(0, len(centers), CLUSTERS_A_TABLE):
        clusters = range(start, min(start + CLUSTERS_A_TABLE, len(centers)))
        lines = [
            [found.rows.names[j], *(_value(centers, k, j) for k in clusters)] for j in features
        ]
        title = f"Centres of clusters {clusters[0]} to {clusters[-1]}"
        if len(clusters) == 1:
            title = f"Centre of cluster {clusters[0]}"
        columns = ["Column", *(f"Cluster {k}" for k in clusters)]
        parts.append(table(title, columns, lines))
    return parts


def _training(found: Findings, pictures: Pictures) -> list[Html]:
    model = found.estimator
    return [
        _picture(
            pictures.bound,
            f"The ELBO over {model.n_iter_} epochs of training, and the terms that it is the sum "
            f"of. It ended at {model.lower_bounds_[-1]:.2f} nats a row.",
            "The thick line is what training makes large, the ELBO. It should rise and level off.",
        )
    ]


def _made(found: Findings, told: Told) -> list[Html]:
    model, rows = found.estimator, found.rows
    versions = ", ".join(
        f"{name} {version}"
        for name, version in (
            ("sklearn_gmvae", __version__),
            ("scikit-learn", sklearn.__version__),
            ("torch", torch.__version__),
            ("numpy", np.__version__),
            ("Python", platform.python_version()),
        )
    )
    facts = [
        ("File", told.file),
        ("Rows", f"{len(found.labels):,} of {len(rows.ids):,}"),
        ("Columns used", f"{len(rows.names):,}: {names_text(rows.names)}"),
        ("Columns left out", names_text(rows.left_out) or "none"),
        ("Rows are called by", f"column {rows.id_name}" if rows.id_name != "row" else "row number"),
        ("Model", MODELS[type(model).__name__]),
        ("Clusters asked for", str(len(found.sizes))),
        ("Seed", str(model.random_state)),
        ("Likelihood", _likelihoods(model.likelihood_)),
        ("Device", model.device_),
        ("Time", f"{told.seconds:.0f} seconds, on {datetime.now():%Y-%m-%d}"),
        ("Versions", versions),
        ("Command", element("code", told.command)),
    ]
    lines = [[name, element("span", value)] for name, value in facts]
    return [table("What was done", ["What", "Value"], lines, n_texts=2)]


def _likelihoods(given) -> str:
    """One, or which how many columns have."""
    if isinstance(given, str):
        return given
    counts = Counter(map(str, given.values()))
    return ", ".join(f"{name} ({n:,})" for name, n in counts.most_common())


def _again(told: Told) -> list[Html]:
    code = (
        f"import {told.library}\nimport sklearn_gmvae\n\n"
        'model = sklearn_gmvae.load("model.safetensors")\n'
        f"{told.reading}\n"
        "model.predict(X)          # the cluster of each row\n"
        "model.predict_proba(X)    # the probability of each cluster"
    )
    return [
        element(
            "p",
            "Beside this page are labels.csv (the cluster of each row), probabilities.csv (the "
            "probability of each cluster) and model.safetensors, the model itself. In Python, it "
            "puts new rows into the same clusters:",
        ),
        element("pre", element("code", code), tabindex="0"),
    ]


def _words() -> list[Html]:
    pairs = [(element("dt", word), element("dd", meaning)) for word, meaning in WORDS.items()]
    return [element("dl", *(part for pair in pairs for part in pair))]


def _picture(drawn, alt: str, caption: str) -> Html:
    return picture(drawn.png, drawn.width, drawn.height, alt, caption)


def _id(found: Findings, i: int) -> str:
    return found.rows.ids[found.rows.kept[i]]


def _id_name(found: Findings) -> str:
    return "Row" if found.rows.id_name == "row" else found.rows.id_name


def _value(X, i: int, j: int) -> str | Html:
    """One entry of the table; a text is set as one, and a number as one."""
    value = X.iloc[i, j] if hasattr(X, "iloc") else X[i, j]
    return element("span", value) if isinstance(value, str) else number_text(value)
