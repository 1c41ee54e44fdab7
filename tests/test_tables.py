# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Data frames with booleans, texts and categories."""

import json
import pickle
import sys
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_gmvae import GMVAEClustering, VaDEClustering, load
from sklearn_gmvae._table import Table, merged
from sklearn_gmvae.datasets import make_mixed

FEW = {"hidden_layer_sizes": (16,), "pretrain_iter": 10, "max_iter": 5, "random_state": 0}

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(distinct clusters found|not distinct):UserWarning"
)


def columns(n=60):
    rng = np.random.RandomState(0)
    return {
        "age": rng.uniform(20, 60, n),
        "member": rng.uniform(size=n) < 0.4,
        "city": np.array(["Bonn", "Ulm", "Kiel"], dtype=object)[rng.randint(3, size=n)],
        "visits": rng.poisson(3.0, n),
        "grade": np.array(["low", "high"], dtype=object)[rng.randint(2, size=n)],
    }


def pandas_frame():
    grades = pd.CategoricalDtype(["low", "high", "top"])  # "top" does not occur
    return pd.DataFrame(columns()).astype({"grade": grades})


def polars_frame():
    plain = {name: list(values) for name, values in columns().items()}
    return pl.DataFrame(plain).with_columns(pl.col("grade").cast(pl.Enum(["low", "high", "top"])))


FRAMES = {"pandas": pandas_frame, "polars": polars_frame}
KINDS = {
    "age": "gaussian", "member": "bernoulli", "city": "categorical", "visits": "gaussian",
    "grade": "categorical",
}  # fmt: skip


@pytest.fixture(scope="module")
def vade():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return VaDEClustering(2, **FEW).fit(pandas_frame())


@pytest.mark.parametrize("library", FRAMES)
def test_frames_work_directly_and_come_back_as_they_are(library):
    frame = FRAMES[library]()
    fitted = GMVAEClustering(2, **FEW).fit(frame)
    assert fitted.likelihood_ == KINDS
    assert list(fitted.feature_names_in_) == list(KINDS)
    np.testing.assert_array_equal(fitted.labels_, fitted.predict(frame))
    for back in (fitted.sample(7, random_state=0)[0], fitted.inverse_transform(fitted.means_)):
        assert type(back) is type(frame)
        assert list(back.columns) == list(KINDS)
        for name in ("age", "member", "city", "grade"):
            assert back[name].dtype == frame[name].dtype, name
        assert set(back["city"]) <= {"Bonn", "Ulm", "Kiel"}
        assert np.isfinite(fitted.score_samples(back)).all()
    assert fitted.cluster_centers_.shape == (2, 5)
    categories = [known.tolist() for known in fitted.categories_]
    assert categories == [[], [], ["Bonn", "Kiel", "Ulm"], [], ["low", "high", "top"]]
    centres = fitted.inverse_transform(fitted.means_)["city"]  # the same, in words
    numbers = fitted.cluster_centers_[:, 2].astype(int)
    assert [categories[2][i] for i in numbers] == list(centres)


def test_both_libraries_frames_are_the_same_table(vade):
    np.testing.assert_array_equal(vade.predict(polars_frame()), vade.labels_)
    np.testing.assert_array_equal(
        vade.score_samples(polars_frame()), vade.score_samples(pandas_frame())
    )


def test_encoded_and_decoded_again_nothing_is_lost():
    for make in FRAMES.values():
        frame = make()
        table = Table.of(frame)
        assert table.kinds == ("number", "boolean", "text", "number", "category")
        assert table.n_categories == (0, 0, 3, 0, 3)
        back = table.decode(table.encode(frame))
        for name in frame.columns:
            assert list(back[name]) == list(frame[name]), name


def test_only_frames_have_categories():
    with pytest.raises(AttributeError, match="not fitted on a data frame"):
        _ = VaDEClustering(2).categories_
    fitted = VaDEClustering(2, **FEW).fit(pandas_frame()[["age", "visits"]])
    assert not hasattr(fitted, "categories_")


def test_frames_of_numbers_stay_what_scikit_learn_makes_of_them():
    assert Table.of(pandas_frame()[["age", "visits"]]) is None
    assert Table.of(polars_frame()[["age", "visits"]]) is None
    assert Table.of(np.zeros((2, 2))) is None
    numbers = pd.DataFrame({"a": pd.Series([1, 2.5], dtype=object), "b": [1, 2]})
    assert Table.of(numbers) is None


def test_float32_frames_give_float32_answers():
    frame = pandas_frame().drop(columns="visits").astype({"age": np.float32})
    fitted = VaDEClustering(2, **FEW).fit(frame)
    assert fitted.transform(frame).dtype == np.float32
    assert fitted.transform(frame.astype({"age": float})).dtype == np.float64


def test_unseen_and_missing_categories_count_as_missing(vade):
    frame = pandas_frame().head(3)
    unseen, missing = frame.copy(), frame.copy()
    unseen["city"] = ["Rom", "Ulm", "Bonn"]
    missing["city"] = [None, "Ulm", "Bonn"]
    np.testing.assert_array_equal(vade.score_samples(unseen), vade.score_samples(missing))
    known = frame.assign(city=["Kiel", "Ulm", "Bonn"])
    changed = vade.score_samples(known) != vade.score_samples(missing)
    assert changed.tolist() == [True, False, False]


def test_missing_categories_are_left_out_in_fit():
    frame = pandas_frame()
    frame.loc[::3, "city"] = None
    frame.loc[1::3, "grade"] = np.nan
    fitted = VaDEClustering(2, **FEW).fit(frame)
    assert np.isfinite(fitted.lower_bound_)
    assert set(fitted.sample(50, random_state=0)[0]["city"]) <= {"Bonn", "Ulm", "Kiel"}


def test_mapping_names_columns_and_leaves_the_others_to_their_dtype():
    fitted = VaDEClustering(2, likelihood={"visits": "poisson", 0: "gaussian"}, **FEW)
    fitted.fit(pandas_frame())
    assert fitted.likelihood_ == {**KINDS, "visits": "poisson"}
    numbers = VaDEClustering(2, likelihood={"visits": "categorical"}, **FEW).fit(pandas_frame())
    assert set(numbers.sample(30, random_state=0)[0]["visits"]) <= set(pandas_frame()["visits"])
    alone = VaDEClustering(2, **FEW).fit(pandas_frame()[["city", "grade"]])
    assert alone.likelihood_ == "categorical"


@pytest.mark.parametrize(
    ("change", "parameters", "message"),
    [
        ({}, {"likelihood": "gaussian"}, "Column 'city' .*texts.*likelihood='gaussian' is none"),
        ({}, {"likelihood": {"city": "poisson"}}, "Column 'city' .*likelihood='poisson' is none"),
        ({}, {"likelihood": {"town": "gaussian"}}, "names a column 'town', but X has 'age', 'memb"),
        ({"day": pd.Timestamp("2020-01-01")}, {}, "Column 'day' .*datetime64.*Convert it"),
        ({"age": [1, "x"] * 30}, {}, "Column 'age' .*object.*Convert it"),
        ({"age": np.nan}, {}, "X has no value at all in 1 of its 5 columns, age"),
        ({"grade": pd.Categorical([None] * 60)}, {}, "Column 'grade' of X has no value at all"),
        ({"grade": pd.Categorical([1, "x"] * 30)}, {}, "Column 'grade' .*some are texts and some"),
        ({3: 1.0}, {}, "should have a name of its own for every column, a text, but X has 3"),
    ],
)
def test_columns_that_cannot_be_are_told(change, parameters, message):
    with pytest.raises(ValueError, match=message):
        VaDEClustering(2, **parameters, **FEW).fit(put(pandas_frame(), change))


def put(frame, change):
    for name, values in change.items():
        frame[name] = values
    return frame


def test_dates_are_told_where_all_columns_are_numbers():
    X = np.random.RandomState(0).randn(30, 2)
    frames = pd.DataFrame(X, columns=["a", "b"]), pl.DataFrame(X, schema=["a", "b"])
    for frame in frames:
        fitted = VaDEClustering(2, **FEW).fit(frame)
        if isinstance(frame, pd.DataFrame):
            other = frame.assign(a=pd.Timestamp("2020-01-01"))
        else:
            other = frame.with_columns(a=pl.lit(1).cast(pl.Date))
        with pytest.raises(ValueError, match="Column 'a' of X should have numbers.*[Dd]ate"):
            fitted.predict(other)
    for name in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match="X should have numbers, but has dtype datetime64"):
            getattr(VaDEClustering(2, **FEW), name)(X.astype("M8[s]"))


def test_whatever_stands_for_nothing_in_a_column_of_objects_is_missing():
    X = np.random.RandomState(0).randn(30, 2)
    expected = VaDEClustering(2, **FEW).fit(pd.DataFrame(X).mask(X > 1.5)).labels_
    for nothing in (None, pd.NA, np.nan):
        frame = pd.DataFrame(X).astype(object)
        frame[X > 1.5] = nothing
        before = frame.copy()
        np.testing.assert_array_equal(VaDEClustering(2, **FEW).fit(frame).labels_, expected)
        pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    "dtype", ["object", "string", "category", "Int8", "float[pyarrow]", "int64[pyarrow]", "decimal"]
)
def test_numbers_of_any_dtype_are_numbers_where_all_columns_are(dtype):
    X = np.random.RandomState(0).randint(5, size=(30, 2)).astype(float)
    fitted = VaDEClustering(2, **FEW).fit(X)
    holes = np.where(X > 3, np.nan, X)
    if dtype == "decimal":
        dtype = pd.ArrowDtype(pa.decimal128(21, 2))
    # A text is what a number is written as.
    column = pd.array([None if v != v else int(v) for v in holes[:, 0]], dtype="Int64")
    frame = pd.DataFrame({0: pd.Series(column).astype(dtype), 1: X[:, 1]})
    before = frame.copy()
    expected = fitted.predict_proba(np.c_[holes[:, 0], X[:, 1]])
    np.testing.assert_array_equal(fitted.predict_proba(frame), expected)
    pd.testing.assert_frame_equal(frame, before)
    with pytest.raises(ValueError, match="Column 0 of X should have numbers"):
        fitted.predict(with_words(frame))


def with_words(frame):
    frame[0] = pd.Categorical(["a", None] * (len(frame) // 2))
    return frame


def test_frames_of_float32_in_arrow_stay_float32():
    X = np.random.RandomState(0).randn(30, 2).astype(np.float32)
    frame = pd.DataFrame(X, columns=["a", "b"]).astype("float[pyarrow]")
    assert VaDEClustering(2, **FEW).fit(frame).transform(frame).dtype == np.float32


def test_the_order_of_categories_comes_back(tmp_path):
    grades = pd.CategoricalDtype(["low", "high", "top"], ordered=True)
    fitted = VaDEClustering(2, **FEW).fit(pandas_frame().astype({"grade": grades}))
    fitted.save(tmp_path / "model")
    for model in (fitted, load(tmp_path / "model")):
        assert model.sample(3)[0]["grade"].dtype == grades
    assert not VaDEClustering(2, **FEW).fit(pandas_frame()).sample(3)[0]["grade"].dtype.ordered


def test_texts_that_name_the_rows_are_told():
    frame = pd.DataFrame({"id": [f"row {i}" for i in range(1001)]})
    with pytest.raises(ValueError, match="Column 'id' of X has 1001 different values, more than"):
        VaDEClustering(2, **FEW).fit(frame)


def test_other_rows_at_predict_are_told(vade):
    with pytest.raises(ValueError, match="should be a data frame with the columns 'age'.*ndarray"):
        vade.predict(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="feature names"):
        vade.predict(pandas_frame().rename(columns={"age": "years"}))
    with pytest.raises(ValueError, match="Column 'age' of X was number.*has now"):
        vade.predict(pandas_frame().assign(age="old"))
    with pytest.raises(ValueError, match="Column 'age' of X was number.*datetime64"):
        vade.predict(pandas_frame().assign(age=pd.Timestamp("2020-01-01")))
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        vade.predict(pandas_frame().head(0))


def test_partial_fit_knows_the_categories_of_a_dtype_from_the_first_chunk():
    frame = pandas_frame()
    online = VaDEClustering(2, **{**FEW, "pretrain_iter": 1, "max_iter": 2})
    for _ in range(4):
        online.partial_fit(frame.head(30)).partial_fit(frame.tail(30))
    assert online.labels_.shape == (30,)
    assert online.sample(3)[0]["grade"].dtype == frame["grade"].dtype
    late = pd.Categorical(["top"] * 60, categories=["low", "high", "top"])
    online.partial_fit(frame.assign(grade=late))
    assert online.labels_.shape == (60,)


def test_saved_and_pickled_tables_come_back(vade, tmp_path):
    vade.save(tmp_path / "first")
    loaded = load(tmp_path / "first", device="cpu")
    for again in (loaded, pickle.loads(pickle.dumps(vade))):
        assert again._design.table == vade._design.table
        assert again.likelihood_ == vade.likelihood_
        np.testing.assert_array_equal(
            again.score_samples(pandas_frame()), vade.score_samples(pandas_frame())
        )
        pd.testing.assert_frame_equal(
            again.sample(5, random_state=0)[0], vade.sample(5, random_state=0)[0]
        )
    loaded.save(tmp_path / "second")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_categories_that_are_numbers_keep_their_kind(tmp_path):
    frame = pd.DataFrame(
        {"a": pd.Categorical([1, 2, 5] * 20), "b": pd.Categorical([0.5, 1.5] * 30)}
    )
    fitted = VaDEClustering(2, **FEW).fit(frame)
    fitted.save(tmp_path / "model")
    drawn, _ = load(tmp_path / "model", device="cpu").sample(5, random_state=0)
    assert drawn.dtypes.equals(frame.dtypes)


def test_answering_without_the_library_says_what_to_install(vade, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="fitted on a pandas data frame.*not installed"):
        vade.sample(2)


def test_a_table_passes_through_a_pipeline(vade):
    pipeline = make_pipeline("passthrough", VaDEClustering(2, **FEW))
    np.testing.assert_array_equal(pipeline.fit_predict(pandas_frame()), vade.labels_)


class TwoRanks:
    """What `Ranks.gather` gives where the other rank has this and that."""

    are_several = True

    def __init__(self, *others):
        self.others = list(others)

    def gather(self, array):
        return np.concatenate([array, self.others.pop(0)])


def test_ranks_know_each_others_categories():
    first = Table("pandas", ("a", "b"), ("number", "text"), ((), ("x", "z")))
    text = (
        '{"library":"pandas","names":["a","b"],"kinds":["number","text"],"categories":[[],["w"]]}'
    )
    other = np.frombuffer(text.encode(), np.uint8)
    table = merged(first, TwoRanks(np.array([len(other)]), other))
    assert table.categories == ((), ("w", "x", "z"))
    nothing = np.frombuffer(b"null", np.uint8)
    with pytest.raises(ValueError, match="same columns of the same kinds on all ranks"):
        merged(first, TwoRanks(np.array([4]), nothing))


@pytest.mark.parametrize(
    ("other", "categories", "kind"),
    [
        (("ordered", ("low", "high")), ("low", "high"), "ordered"),
        (("ordered", ("high", "low")), ("high", "low"), "category"),
        (("ordered", ("low", "high", "top")), ("high", "low", "top"), "category"),
        (("category", ("low", "high")), ("low", "high"), "category"),
    ],
)
def test_ranks_know_an_order_that_all_have(other, categories, kind):
    own = Table("pandas", ("a",), ("ordered",), (("low", "high"),))
    plain = {**vars(own), "kinds": [other[0]], "categories": [other[1]]}
    text = np.frombuffer(json.dumps(plain).encode(), np.uint8)
    table = merged(own, TwoRanks(np.array([len(text)]), text))
    assert (table.kinds, table.categories) == ((kind,), (categories,))


def test_clusters_that_no_column_tells_apart_are_found():
    # The floor was fixed beforehand.
    X, y = make_mixed(200, n_clusters=2, n_categorical=6, n_boolean=4, random_state=0)
    fitted = VaDEClustering(2, pretrain_iter=150, max_iter=100, random_state=0).fit(X)
    assert adjusted_rand_score(y, fitted.labels_) > 0.9


@pytest.mark.slow
def test_clusters_of_mixed_columns_are_found_better_than_on_one_hot_columns():
    ours, k_means, mixture = [], [], []
    for seed in range(5):
        X, y = make_mixed(random_state=seed)
        fitted = VaDEClustering(4, random_state=seed).fit(X)
        ours.append(adjusted_rand_score(y, fitted.labels_))
        one_hot = StandardScaler().fit_transform(pd.get_dummies(X).astype(float))
        for model, found in (
            (KMeans(4, n_init=10, random_state=seed), k_means),
            (GaussianMixture(4, reg_covar=1e-3, n_init=3, random_state=seed), mixture),
        ):
            found.append(adjusted_rand_score(y, model.fit_predict(one_hot)))
    assert np.mean(ours) > np.mean(k_means)
    assert np.mean(ours) > np.mean(mixture)


def people(n=600, seed=0):
    """Numbers that tell four groups apart, among texts that tell little; and the groups."""
    rng = np.random.RandomState(seed)
    group = rng.randint(4, size=n)
    cities = np.array([[7, 2, 1], [1, 8, 1], [2, 2, 6], [3, 3, 4]]) / 10
    frame = pd.DataFrame(
        {
            "age": rng.normal(np.array([25, 40, 60, 45])[group], 4).round(),
            "income": rng.lognormal(np.array([10, 11, 10.5, 11.5])[group], 0.2),
            "city": [rng.choice(["Bonn", "Ulm", "Kiel"], p=cities[k]) for k in group],
            "member": np.where(rng.rand(n) < np.array([0.8, 0.3, 0.5, 0.1])[group], "yes", "no"),
        }
    )
    return frame, group


@pytest.mark.parametrize("estimator_class", [VaDEClustering, GMVAEClustering])
def test_texts_that_tell_little_do_not_hide_what_numbers_tell(estimator_class):
    X, group = people()

    def ari(start):
        fitted = estimator_class(
            4, hidden_layer_sizes=(32,), pretrain_iter=60, max_iter=30, init_params=start,
            random_state=0,
        ).fit(X)  # fmt: skip
        return adjusted_rand_score(group, fitted.labels_)

    one_hot = make_column_transformer(
        (StandardScaler(), ["age", "income"]), (OneHotEncoder(), ["city", "member"])
    ).fit_transform(X)
    baseline = KMeans(4, n_init=3, random_state=0).fit_predict(one_hot)
    # Codes hang together by the combinations of city and membership, so merging follows those.
    found = ari("auto")
    assert found > ari("merge") + 0.1
    # So short a training does not reach what the start found; a tenth is what it may lose.
    assert found > adjusted_rand_score(group, baseline) - 0.1
