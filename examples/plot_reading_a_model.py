# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Reading a model
===============

Four pictures of one fitted model, here of measurements of wines from three growers: did training
end well, where do the clusters lie, what sets each of them apart, and how sure is the model of its
rows?
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.inspection import (
    ClusterProfileDisplay,
    LatentSpaceDisplay,
    LowerBoundDisplay,
    ResponsibilityDisplay,
)

X = load_wine(as_frame=True).data
vade = VaDEClustering(3, random_state=0).fit(X)

# The largest cluster is number 0; its decoded mean is in the columns' own units.
print(f"weights: {vade.weights_.round(2)}, ELBO: {vade.lower_bound_:.2f} nats a row")
print(f"mean alcohol of the clusters: {vade.cluster_centers_[:, 0].round(2)}")

figure, axes = plt.subplots(2, 2, figsize=(15, 11), layout="constrained")
# The thick line should have levelled off.
LowerBoundDisplay.from_estimator(vade, ax=axes[0, 0])
# Clusters that overlap here may share rows.
LatentSpaceDisplay.from_estimator(vade, X, ax=axes[0, 1])
# Dark bars: what to call the clusters by.
features = ["alcohol", "color_intensity", "flavanoids", "hue", "proline"]
ClusterProfileDisplay.from_estimator(vade, X, features=features, ax=axes[1, 0])
# Dark shares: rows that another cluster might have.
ResponsibilityDisplay.from_estimator(vade, X, ax=axes[1, 1])
plt.show()
