# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""
Uncertainty: which rows to send to a person
===========================================

``predict_proba`` says how sure the model is of each row. Sorted by it, the rows at the beginning
are those that a person should look at: without them, what is left is right more often. On the right
the twelve least sure of them, with the two clusters that each is torn between.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from sklearn_gmvae import GMVAEClustering
from sklearn_gmvae.metrics import clustering_accuracy

digits = load_digits()
images, y = digits.images[:900], digits.target[:900]
X = images.reshape(900, 64) / 16
gmvae = GMVAEClustering(10, pretrain_iter=80, max_iter=80, random_state=0).fit(X)

probabilities = gmvae.predict_proba(X)
order = probabilities.max(1).argsort(kind="stable")  # the least sure first
shares = np.array([0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3])
accuracies = []
for share in shares:
    kept = order[round(share * len(X)) :]
    accuracies.append(clustering_accuracy(y[kept], gmvae.labels_[kept]))
    print(f"{share:.0%} sent to a person: accuracy {accuracies[-1]:.3f} on the others")

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
left.plot(100 * shares, accuracies, "o-")
left.set(xlabel="Rows sent to a person, %", ylabel="Accuracy on the others")
grid = right.get_subplotspec().subgridspec(3, 4)
right.set_axis_off()
for place, row in enumerate(order[:12]):
    ax = figure.add_subplot(grid[place // 4, place % 4])
    ax.imshow(images[row], cmap="gray_r")
    first, second = probabilities[row].argsort()[::-1][:2]
    ax.set_title(f"cluster {first} or {second}?", fontsize="small")
    ax.set(xticks=[], yticks=[])
plt.show()
