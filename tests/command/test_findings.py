# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a report tells, against slow and plain counts."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from sklearn_gmvae._command._columns import Rows
from sklearn_gmvae._command._findings import find, typical_rows


def found_of(X, labels, probabilities, Z):
    """Findings of an estimator that gives these answers."""
    n = len(X)
    means = np.stack([Z[labels == k].mean(0) for k in range(probabilities.shape[1])])
    estimator = SimpleNamespace(
        labels_=labels,
        means_=means,
        predict_proba=lambda rows: probabilities,
        transform=lambda rows: Z,
    )
    names = [str(name) for name in getattr(X, "columns", range(X.shape[1]))]
    return find(estimator, Rows(X, names, np.arange(n).astype(str), "row", np.arange(n), []))


def some_rows(n=60, K=3):
    rng = np.random.RandomState(0)
    labels = rng.permutation(np.arange(n) % K)
    probabilities = rng.dirichlet(np.ones(K), n)
    probabilities[np.arange(n), probabilities.argmax(1)] += 1  # the label's is the largest
    top = probabilities.argmax(1)
    probabilities[np.arange(n), top], probabilities[np.arange(n), labels] = (
        probabilities[np.arange(n), labels].copy(),
        probabilities[np.arange(n), top].copy(),
    )
    return labels, probabilities / probabilities.sum(1, keepdims=True), rng.randn(n, 2), rng


def test_typical_rows_are_those_nearest_to_the_mean_of_their_cluster():
    labels, _, Z, rng = some_rows()
    means = rng.randn(4, 2)  # of the last cluster there are no rows
    found = typical_rows(Z, labels, means, np.zeros(60, dtype=bool))
    for k in range(4):
        own = np.flatnonzero(labels == k)
        away = [((Z[i] - means[k]) ** 2).sum() for i in own]
        assert found[k].tolist() == own[np.argsort(away)][:3].tolist()
    # Whole rows before those with holes, of which there are two in the first cluster.
    incomplete = labels == 0
    incomplete[np.flatnonzero(labels == 0)[[4, 7]]] = False
    first = typical_rows(Z, labels, means, incomplete)[0]
    assert sorted(first[:2]) == np.flatnonzero(labels == 0)[[4, 7]].tolist()
    assert incomplete[first[2]]


def test_unsure_rows_are_those_with_the_smallest_largest_probability():
    labels, probabilities, Z, rng = some_rows()
    probabilities[7:] = np.eye(3)[labels[7:]]  # sure of all but seven
    found = found_of(rng.randn(60, 2), labels, probabilities, Z)
    order = sorted(range(7), key=lambda i: probabilities[i].max())
    assert found.unsure.tolist() == [i for i in order if probabilities[i].max() < 0.9]
    assert found.sizes.tolist() == [20, 20, 20]
    for k in range(3):
        expected = probabilities[labels == k].max(1).mean()
        np.testing.assert_allclose(found.certainty[k], expected)


def test_columns_that_tell_all_clusters_apart_come_before_those_of_one():
    labels, probabilities, Z, rng = some_rows()
    X = pd.DataFrame(
        {
            "nothing": rng.randn(60),
            "text": ["a", "b"] * 30,
            "some": rng.randn(60) + 2 * labels,
            "all": 0.1 * rng.randn(60) + 2 * labels,
        }
    )
    found = found_of(X, labels, probabilities, Z)
    assert [found.rows.names[j] for j in found.order][:2] == ["all", "some"]
    assert found.names.tolist() == ["nothing", "text = b", "some", "all"]
    assert found.are_shares.tolist() == [False, True, False, False]
    inside, outside = X["some"][labels == 1].mean(), X["some"][labels != 1].mean()
    np.testing.assert_allclose(found.differences[1, 2], inside - outside)
    np.testing.assert_allclose(found.means[1, 2], inside)


def test_texts_that_tell_clusters_apart_come_before_numbers_that_do_not():
    labels, probabilities, Z, rng = some_rows()
    town = np.array(["Aalst", "Ghent", "Bruges"])[labels]
    X = pd.DataFrame({"age": rng.randn(60), "town": town, "member": labels == 0})
    X.loc[rng.permutation(60)[:6], "town"] = "Ghent"
    found = found_of(X, labels, probabilities, Z)
    assert [found.rows.names[j] for j in found.order] == ["member", "town", "age"]
    assert found.are_shares.tolist() == [False, True, True, True, True]
    (j,) = np.flatnonzero(found.names == "town = Aalst")
    np.testing.assert_allclose(found.means[0, j], (X["town"][labels == 0] == "Aalst").mean())


def test_rows_shown_are_a_sorted_sample_without_repeats(monkeypatch):
    monkeypatch.setattr("sklearn_gmvae._command._findings.MAX_SHOWN", 10)
    monkeypatch.setattr("sklearn_gmvae._command._findings.MAX_PROFILED", 30)
    labels, probabilities, Z, rng = some_rows()
    found = found_of(rng.randn(60, 2), labels, probabilities, Z)
    assert len(found.shown) == 10
    assert (np.diff(found.shown) > 0).all()
    assert np.isfinite(found.effects).all()
