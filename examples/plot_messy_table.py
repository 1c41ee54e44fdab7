# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
A table as it comes: numbers, texts, yes and no, counts, holes
==============================================================

Customers of a shop, as an export has them: ages in years and incomes in euros, a town and a device
as texts, a yes/no with blanks, numbers of orders, and one entry in eight missing. Nothing has to be
encoded, scaled or filled beforehand: each column has the likelihood of its dtype, counts are named,
and what is missing is left out.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_gmvae import VaDEClustering
from sklearn_gmvae.inspection import ClusterProfileDisplay

rng = np.random.default_rng(0)
n = 600
group = rng.integers(4, size=n)  # students, families, commuters, retired


def drawn(choices, *weights):
    """One of the choices for each row, by the weights of its group."""
    return np.array([rng.choice(choices, p=np.array(weights[g]) / sum(weights[g])) for g in group])


customers = pd.DataFrame(
    {
        "age": rng.normal(np.array([22, 38, 34, 69])[group], 4).round(),
        "income": rng.lognormal(np.log([9e3, 42e3, 46e3, 24e3])[group], 0.3).round(-2),
        "town": drawn(["Ghent", "Bruges", "Aalst"], (8, 1, 1), (2, 4, 4), (3, 1, 6), (2, 6, 2)),
        "device": drawn(["phone", "laptop", "tablet"], (6, 4, 0), (4, 3, 3), (8, 2, 0), (1, 3, 6)),
        "newsletter": pd.array(rng.random(n) < np.array([0.1, 0.7, 0.2, 0.8])[group], "boolean"),
        "orders": pd.array(rng.poisson(np.array([2, 9, 5, 3])[group]), "Int64"),
    }
)
customers = customers.mask(rng.random(customers.shape) < 1 / 8)
print(customers.head().to_string())
print(customers.isna().mean().map("{:.0%} missing".format).to_string())

# %%
# The model takes the table itself. ``likelihood_`` says what it has made of each column.

vade = VaDEClustering(4, likelihood={"orders": "poisson"}, random_state=0).fit(customers)
print(vade.likelihood_)

# %%
# The usual way needs a pipeline that fills, scales and encodes; k-means then sees a number for each
# category.

prepared = make_column_transformer(
    (
        make_pipeline(SimpleImputer(), StandardScaler()),
        make_column_selector(dtype_include="number"),
    ),
    (
        make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()),
        make_column_selector(dtype_exclude="number"),
    ),
)
texts = customers.astype({"newsletter": object}).where(customers.notna(), np.nan)
plain = make_pipeline(prepared, KMeans(4, n_init=10, random_state=0)).fit_predict(texts)
for name, labels in {"k-means": plain, "VaDE": vade.labels_}.items():
    print(f"{name}: adjusted Rand index {adjusted_rand_score(group, labels):.2f}")

# %%
# ``impute`` fills the table, in its own types, with what the model expects of each hole.

print(vade.impute(customers).head().to_string())

# %%
# What sets the clusters apart: texts have a column for each category.

ClusterProfileDisplay.from_estimator(vade, customers)
plt.show()
