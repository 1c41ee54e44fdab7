# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Three accuracies of a clustering, never to be mixed: say which one a figure is."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics.cluster import contingency_matrix
from sklearn.utils import check_array, check_consistent_length, column_or_1d


def clustering_accuracy(y_true, y_pred):
    """Share of rows that are right under the best one-to-one match of clusters and classes.

    The measure of the DEC and VaDE papers (Xie et al. 2016, eq. 10), solved by the Hungarian
    method. With more clusters than classes the surplus clusters match nothing.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        The classes.
    y_pred : array-like of shape (n_samples,)
        The clusters; their numbering does not matter.

    Returns
    -------
    accuracy : float in [0, 1]

    Raises
    ------
    ValueError
        If the two differ in length or are empty.

    Examples
    --------
    >>> from sklearn_gmvae.metrics import clustering_accuracy
    >>> clustering_accuracy([0, 0, 1, 1], [1, 1, 0, 2])
    0.75
    """
    counts = _contingency(y_true, y_pred)
    classes, clusters = linear_sum_assignment(counts, maximize=True)
    return float(counts[classes, clusters].sum() / counts.sum())


def majority_accuracy(y_true, y_pred):
    """Share of rows that are right if every cluster takes the class most frequent in it.

    Many-to-one: it rises with the number of clusters, to 1 with as many as rows.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        The classes.
    y_pred : array-like of shape (n_samples,)
        The clusters.

    Returns
    -------
    accuracy : float in [0, 1]

    Raises
    ------
    ValueError
        If the two differ in length or are empty.

    Examples
    --------
    >>> from sklearn_gmvae.metrics import majority_accuracy
    >>> majority_accuracy([0, 0, 1, 1], [1, 1, 0, 2])
    1.0
    """
    counts = _contingency(y_true, y_pred)
    return float(counts.max(axis=0).sum() / counts.sum())


def confident_sample_accuracy(y_true, probabilities):
    """Share of rows that are right if every cluster takes the class of its most certain row.

    The measure of the AAE and GMVAE papers (Dilokthanakul et al. 2016, section 4.2), which
    apply it to test rows. Many-to-one. Of rows that are equally certain, as many are whose
    probability is 1 in floating point, the most frequent class counts, so that the order of the
    rows does not.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        The classes.
    probabilities : array-like of shape (n_samples, n_clusters)
        As from `predict_proba` on the same rows.

    Returns
    -------
    accuracy : float in [0, 1]

    Raises
    ------
    ValueError
        If the two differ in length or are empty, or `probabilities` is not finite.

    Examples
    --------
    >>> from sklearn_gmvae.metrics import confident_sample_accuracy
    >>> confident_sample_accuracy([0, 1, 1], [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    0.6666666666666666
    """
    y_true = column_or_1d(y_true)
    probabilities = check_array(probabilities)
    check_consistent_length(y_true, probabilities)
    classes, y = np.unique(y_true, return_inverse=True)
    surest = probabilities == probabilities.max(axis=0)
    votes = np.stack([np.bincount(y[rows], minlength=len(classes)) for rows in surest.T])
    class_of_cluster = votes.argmax(axis=1)
    return float(np.mean(class_of_cluster[probabilities.argmax(axis=1)] == y))


def _contingency(y_true, y_pred) -> np.ndarray:
    y_true, y_pred = column_or_1d(y_true), column_or_1d(y_pred)
    check_consistent_length(y_true, y_pred)
    if len(y_true) == 0:
        raise ValueError("Found 0 rows in y_true and y_pred, but at least 1 is needed.")
    return contingency_matrix(y_true, y_pred)
