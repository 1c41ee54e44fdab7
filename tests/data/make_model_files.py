# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Write the model files that `tests/test_persistence.py` loads, and what they answered.

    python tests/data/make_model_files.py

writes ``v<format version>_<name>.safetensors`` for each estimator and ``.json`` beside it: rows,
and the answers for them. Run it when FORMAT_VERSION rises, and commit the new files beside the
old, which must load for good. It overwrites none: an old file is of use because an old version
wrote it.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import make_blobs

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.utils import FORMAT_VERSION

HERE = Path(__file__).parent
ANSWERS = ["predict", "predict_proba", "transform", "score_samples"]
SETTINGS = {
    "latent_dim": 2, "hidden_layer_sizes": (8,), "batch_size": 16, "learning_rate": 1e-2,
    "pretrain_iter": 40, "max_iter": 20, "early_stopping": True, "random_state": 0,
}  # fmt: skip


def several_kinds(frame: pd.DataFrame) -> pd.DataFrame:
    """Two columns of numbers, and counts, booleans and texts made of the two others."""
    counts = np.exp((frame["Höhe"] / 5 + 2).clip(0, 4)).astype(int)
    texts = np.array(["Köln", "東京", ""], dtype=object)
    thirds = np.digitize(frame["重さ"], np.quantile(frame["重さ"], [1 / 3, 2 / 3]))
    return frame[["length", "width"]].assign(
        Besuche=counts, offen=frame["Höhe"] > 0, Ort=texts[thirds]
    )


def main() -> None:
    X, _ = make_blobs(60, centers=3, n_features=4, random_state=0)
    frame = pd.DataFrame(X, columns=["length", "width", "Höhe", "重さ"])
    vade = VaDEClustering(3, **SETTINGS)
    gmvae = GMVAEClustering(3, style_dim=2, likelihood="bernoulli", **SETTINGS)
    mixed = VaDEClustering(3, likelihood={"Besuche": "negative_binomial"}, **SETTINGS)
    shapes = {**SETTINGS, "network": "conv", "hidden_layer_sizes": ((4, 2, 1), 8)}
    pictures = VaDEClustering(3, image_shape=(1, 2, 2), **shapes)
    counts = (frame - frame.min()).round()
    holes = counts.mask(np.random.default_rng(0).random(counts.shape) < 0.1)
    gmvae_holes = GMVAEClustering(3, style_dim=2, likelihood="poisson", **SETTINGS)
    for name, estimator, X in (
        ("vade", vade, frame),
        ("gmvae", gmvae, frame),
        ("mixed", mixed, several_kinds(frame)),
        ("pictures", pictures, frame),
        ("holes", gmvae_holes, holes),
        ("filled", VaDEClustering(3, **SETTINGS), frame.mask(holes.isna())),
    ):
        path = HERE / f"v{FORMAT_VERSION}_{name}.safetensors"
        if path.exists():
            print(f"{path} is there: it stays as the version that wrote it left it.")
            continue
        estimator.fit(X)
        rows = X.iloc[:12]
        answers = {method: getattr(estimator, method)(rows).tolist() for method in ANSWERS}
        second, first = np.sort(estimator.predict_proba(rows), axis=1)[:, -2:].T
        assert (first - second).min() > 0.1, "labels that rounding could change"
        estimator.save(path)
        content = {"columns": list(X.columns), "X": rows.to_numpy().tolist(), **answers}
        path.with_suffix(".json").write_text(json.dumps(content, indent=1, ensure_ascii=False))
        print(f"{path}: {path.stat().st_size} bytes, smallest margin {(first - second).min():.3f}")


if __name__ == "__main__":
    main()
