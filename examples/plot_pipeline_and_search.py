# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
A pipeline with GridSearchCV
============================

The estimators are scikit-learn's like any other: steps of a pipeline, cloned and searched over.
Without labels a search scores by ``score``, the ELBO of rows that were held out. It compares models
of the same rows, here by the width of the latent space; of the number of clusters it says
something, but not all. The bars are the spread over the three folds, which have rows of their own.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.inspection import LatentSpaceDisplay

X, y = load_wine(return_X_y=True)
vade = VaDEClustering(3, pretrain_iter=100, max_iter=100, random_state=0)
pipeline = make_pipeline(PowerTransformer(), vade)
search = GridSearchCV(
    pipeline,
    {"vadeclustering__latent_dim": [1, 2, 5, 10]},
    cv=KFold(3, shuffle=True, random_state=0),
).fit(X)

tried = search.cv_results_["param_vadeclustering__latent_dim"].astype(int)
scores, spread = (search.cv_results_[f"{what}_test_score"] for what in ("mean", "std"))
for latent_dim, score in zip(tried, scores, strict=True):
    print(f"latent_dim {latent_dim}: held-out ELBO {score:.2f} nats a row")
labels = search.predict(X)
print(f"ARI against the three growers: {adjusted_rand_score(y, labels):.2f}")

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
left.errorbar(tried, scores, spread, fmt="o-", capsize=3)
left.set(xlabel="latent_dim", ylabel="Held-out ELBO, nats a row")
best = search.best_estimator_
LatentSpaceDisplay.from_estimator(best[-1], best[:-1].transform(X), y, ax=right)
plt.show()
