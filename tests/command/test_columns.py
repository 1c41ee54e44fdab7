# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which columns and rows are clustered, and what is said of those that cannot be."""

import numpy as np
import pandas as pd
import pytest

from sklearn_gmvae._command._columns import choose_rows
from sklearn_gmvae._command._read import Table

FRAME = pd.DataFrame(
    {
        "who": ["Ann", "Bob", "Cy"],
        "age": [41, 7, 65],
        "weight": [70.5, np.nan, 80.0],
        "member": [True, False, True],
    }
)


def table_of(data):
    if isinstance(data, np.ndarray):
        return Table(data, [f"x{j}" for j in range(data.shape[1])], False, "")
    return Table(data, list(data.columns), True, "")


def test_columns_are_those_asked_for_in_their_order():
    rows = choose_rows(table_of(FRAME), columns=["member", "age"])
    assert rows.names == ["member", "age"] == list(rows.X.columns)
    assert rows.left_out == ["who", "weight"]
    np.testing.assert_array_equal(rows.X, [[1, 41], [0, 7], [1, 65]])
    assert rows.X.dtypes.tolist() == [bool, np.float64]
    assert rows.ids.tolist() == ["1", "2", "3"] and rows.id_name == "row"


def test_columns_that_are_dropped_or_name_the_rows_are_left_out():
    rows = choose_rows(table_of(FRAME), drop=["weight"], id_column="who")
    assert rows.names == ["age", "member"]
    assert rows.ids.tolist() == ["Ann", "Bob", "Cy"] and rows.id_name == "who"


def test_ids_may_be_missing_or_the_same_and_the_second_is_told():
    frame = FRAME.assign(who=["Ann", None, "Ann"])
    rows = choose_rows(table_of(frame), drop=["weight"], id_column="who")
    assert rows.ids.tolist() == ["Ann", "", "Ann"]
    assert any("'who' does not tell all rows apart" in note for note in rows.notes)


def test_complete_rows_leaves_out_rows_and_says_how_many():
    rows = choose_rows(table_of(FRAME), drop=["who"], complete_rows=True)
    assert rows.kept.tolist() == [0, 2]
    assert len(rows.ids) == 3 and len(rows.X) == 2
    assert "1 of 3 rows" in rows.notes[0]


def test_missing_values_are_taken_and_told():
    rows = choose_rows(table_of(FRAME), drop=["who"])
    np.testing.assert_array_equal(rows.X["weight"], [70.5, np.nan, 80])
    assert "missing in 'weight' (1 of 3)" in rows.notes[0]
    assert "--complete-rows" in rows.notes[0]
    assert len(rows.kept) == 3


def test_texts_are_taken_unless_they_name_the_rows():
    frame = pd.DataFrame({"town": ["Rome", "Oslo", None] * 4, "age": range(0, 24, 2)})
    frame["member"] = [True, False] * 6
    rows = choose_rows(table_of(frame))
    assert rows.X["town"].tolist()[:2] == ["Rome", "Oslo"]
    assert rows.X["age"].dtype == np.float64
    assert rows.X["member"].dtype == bool
    frame["left"] = pd.array([True, None, False] * 4, dtype="boolean")
    rows = choose_rows(table_of(frame))
    assert rows.X["left"].dtype == "boolean"
    del frame["left"]
    frame["who"] = [f"person {i}" for i in range(12)]
    frame["day"] = pd.to_datetime(["2020-01-01"] * 12)
    match = (
        r"2 of 5 .*'who' \(text, such as 'person 0', 'person 1', and 12 of 12 are different\), "
        r"'day' \(dates or times\)"
    )
    with pytest.raises(ValueError, match=match):
        choose_rows(table_of(frame))


def test_all_columns_that_cannot_be_clustered_are_told_at_once():
    frame = FRAME.assign(
        day=pd.to_datetime(["2020-01-01"] * 3), none=[None] * 3, far=[1.0, np.inf, 2.0]
    )
    with pytest.raises(ValueError) as error:
        choose_rows(table_of(frame))
    assert str(error.value) == (
        "4 of 7 columns cannot be clustered: 'who' (text, such as 'Ann', 'Bob', and 3 of 3 are "
        "different), 'day' (dates or times), 'none' (empty), 'far' (infinite values). Leave them "
        "out with --drop who day none far (or use one to name the rows: --id-column), or mend the "
        "file."
    )


@pytest.mark.parametrize(
    "texts", [["2024-10-01", "2024-11-01"], ["1.2.2023", "31.12.2024 10:30"], ["2024/1", "2024/2"]]
)
def test_texts_that_are_dates_are_no_kinds_of_rows(texts):
    frame = pd.DataFrame({"when": np.tile(texts, 20), "size": np.arange(40.0) % 7})
    with pytest.raises(ValueError, match="'when' .dates or times, such as '.*--drop when"):
        choose_rows(table_of(frame))


def test_texts_that_look_a_little_like_dates_are_words():
    frame = pd.DataFrame({"version": ["1.2.3", "3-4"] * 20, "size": np.arange(40.0) % 7})
    assert choose_rows(table_of(frame)).names == ["version", "size"]


def test_what_cannot_be_clustered_and_what_numbers_the_rows_are_told_together():
    frame = FRAME.iloc[np.arange(30) % 3].assign(i=np.arange(30), joined=["2024-01-01"] * 30)
    with pytest.raises(ValueError, match="'joined' .dates.*'i' only numbers the rows") as error:
        choose_rows(table_of(frame), drop=["who"])
    assert "--drop joined i (" in str(error.value)


def test_whole_numbers_that_all_differ_are_remarked_on():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame(
        {
            "account": rng.permutation(1000)[:150],
            "age": rng.randint(20, 60, 150),
            "x": rng.rand(150),
        }
    )
    (note,) = choose_rows(table_of(frame)).notes
    assert "All whole numbers differ in 'account'" in note
    assert "--drop account" in note
    assert choose_rows(table_of(frame), columns=["account", "x"]).notes == []


def test_few_texts_among_numbers_are_told_as_such():
    frame = pd.DataFrame({"age of person": ["1", "2", "3", "?", "4", "n. a."], "b": range(6)})
    match = r"2 of 6 values are no numbers, such as '\?', 'n. a.'; .*--missing '\?' 'n. a.'"
    with pytest.raises(ValueError, match=match) as error:
        choose_rows(table_of(frame))
    assert "--drop 'age of person'" in str(error.value)


def test_numbers_of_rows_are_told_unless_they_are_asked_for():
    frame = pd.DataFrame({"Unnamed: 0": np.arange(5, 25), "b": np.arange(20.0) ** 2})
    match = r"'Unnamed: 0' only numbers the rows.*--id-column 'Unnamed: 0' or --drop"
    with pytest.raises(ValueError, match=match):
        choose_rows(table_of(frame))
    assert choose_rows(table_of(frame), columns=["Unnamed: 0", "b"]).X.shape == (20, 2)
    assert choose_rows(table_of(frame), id_column="Unnamed: 0").ids[0] == "5"
    shuffled = frame.sample(frac=1, random_state=0)
    assert choose_rows(table_of(shuffled)).names == ["Unnamed: 0", "b"]


def test_constant_columns_are_told():
    rows = choose_rows(table_of(FRAME.assign(c=3)), drop=["who", "weight"])
    assert rows.notes == ["The same value in all rows, which tells nothing: c."]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"columns": ["Age"]}, "--columns: there is no column 'Age'. Did you mean 'age'?"),
        ({"drop": ["zzz"]}, "--drop: there is no column 'zzz'. There are 'who', 'age', 'weight'"),
        ({"id_column": "name"}, "--id-column: there is no column 'name'"),
        ({"drop": list(FRAME.columns)}, "No column is left"),
    ],
)
def test_columns_that_are_not_there_are_told(options, match):
    with pytest.raises(ValueError, match=match):
        choose_rows(table_of(FRAME), **options)


def test_every_row_incomplete_is_told():
    frame = pd.DataFrame({"a": [1, np.nan], "b": [np.nan, 2]})
    with pytest.raises(ValueError, match="--complete-rows leaves none.*'a' .1 of 2"):
        choose_rows(table_of(frame), complete_rows=True)


def test_whole_array_is_used_where_it_is():
    X = np.arange(12.0).reshape(4, 3) ** 2
    assert choose_rows(table_of(X)).X is X
    rows = choose_rows(table_of(X), columns=["x2", "x0"], id_column="x1")
    np.testing.assert_array_equal(rows.X, X[:, [2, 0]])
    assert rows.ids.tolist() == ["1.0", "16.0", "49.0", "100.0"]


def test_arrays_are_looked_through_in_parts(monkeypatch):
    monkeypatch.setattr("sklearn_gmvae._command._columns.ROWS_AT_A_TIME", 2)
    X = np.arange(15.0).reshape(5, 3) ** 2
    X[3, 1] = np.nan
    X[:, 2] = 7
    rows = choose_rows(table_of(X), complete_rows=True)
    assert rows.kept.tolist() == [0, 1, 2, 4]
    assert "which tells nothing: x2" in rows.notes[1]
    assert "missing in 'x1' (1 of 5)" in choose_rows(table_of(X)).notes[0]
    X[4, 0] = -np.inf
    with pytest.raises(ValueError, match="Infinite values in x0. Leave it out with --drop x0"):
        choose_rows(table_of(X))
    X[:, 0] = np.nan
    with pytest.raises(ValueError, match="No value at all in x0"):
        choose_rows(table_of(X))
