# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reuters news in four topics, from scikit-learn's RCV1."""

import numpy as np
from sklearn.datasets import fetch_rcv1
from sklearn.utils import Bunch, check_random_state

TOPICS = ("CCAT", "GCAT", "MCAT", "ECAT")
N_WORDS = 2_000
N_DOCUMENTS = 685_071


def fetch_reuters(*, n_samples=None, random_state=0, return_X_y=False):
    """Reuters: news stories as tf-idf of 2,000 words, in one of four topics.

    The data of Xie et al. (2016) and Jiang et al. (2017), from RCV1-v2: the stories that are in
    exactly one of the root topics corporate (CCAT), government (GCAT), markets (MCAT) and economics
    (ECAT), with the 2,000 words that most of them contain. Fetched and cached (656 MB) by
    :func:`sklearn.datasets.fetch_rcv1`, whose tf-idf is normalised over all its words; the papers
    computed theirs on the 2,000 and did not publish it, so figures compare loosely.

    Parameters
    ----------
    n_samples : int, default=None
        Draw so many stories, as the papers' Reuters-10K does; None: all 685,071.
    random_state : int, RandomState instance or None, default=0
        Of that draw.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : Bunch with ``data`` (n_samples, 2000) CSR matrix of float32, ``target`` (n_samples,) int
        and ``target_names``, or the tuple ``(data, target)``.

    Raises
    ------
    ConnectionError
        If the data is not cached and cannot be fetched.
    ValueError
        If what was fetched does not have 685,071 such stories, or fewer than `n_samples`.
    """
    try:
        rcv1 = fetch_rcv1()
    except OSError as error:
        raise ConnectionError(
            f"RCV1 could not be fetched ({error}). Without network, copy scikit-learn's "
            "data folder (sklearn.datasets.get_data_home) from a machine that has the rcv1 files."
        ) from error
    names = list(rcv1.target_names)
    topics = rcv1.target.tocsc()[:, [names.index(topic) for topic in TOPICS]].toarray()
    single = np.flatnonzero(topics.sum(1) == 1)
    y = topics[single].argmax(1).astype(np.int64)
    if len(single) != N_DOCUMENTS or len(np.unique(y)) != len(TOPICS):
        raise ValueError(
            f"Expected {N_DOCUMENTS} stories in exactly one of {', '.join(TOPICS)}, but RCV1 here "
            f"has {len(single)}. Clear scikit-learn's cache and fetch again."
        )
    X = rcv1.data.tocsr()[single]
    n_stories_with = np.bincount(X.indices, minlength=X.shape[1])
    words = np.sort(np.argsort(-n_stories_with, kind="stable")[:N_WORDS])
    X = X[:, words].astype(np.float32)
    if n_samples is not None:
        if not 0 < n_samples <= N_DOCUMENTS:
            raise ValueError(f"n_samples should be in 1..{N_DOCUMENTS}, but got {n_samples!r}.")
        rng = check_random_state(random_state)
        rows = np.sort(rng.choice(N_DOCUMENTS, n_samples, replace=False))
        X, y = X[rows], y[rows]
    return (X, y) if return_X_y else Bunch(data=X, target=y, target_names=list(TOPICS))
