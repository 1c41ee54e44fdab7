# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files as people have them, and what is said of those that cannot be read."""

import sys

import numpy as np
import pandas as pd
import pytest

from sklearn_gmvae._command._read import find_separator, read_table

FRAME = pd.DataFrame({"age": [41, 7, 65], "net weight": [70.5, 21.25, 80.0]})


@pytest.fixture
def write(tmp_path):
    def write(data, name="table.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
        return path

    return write


def read_again(table, path, monkeypatch):
    """What the Python that goes with a table reads."""
    monkeypatch.chdir(path.parent)
    names = {"numpy": np, "pandas": pd}
    exec(table.reading, names)
    return names["X"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_csv_is_read_whatever_separates_its_columns(separator, write, monkeypatch):
    path = write(FRAME.to_csv(sep=separator, index=False))
    table = read_table(path)
    pd.testing.assert_frame_equal(table.data, FRAME)
    assert table.names == ["age", "net weight"] and table.is_named
    pd.testing.assert_frame_equal(read_again(table, path, monkeypatch), FRAME)


def test_commas_in_quotes_and_texts_separate_nothing(write):
    path = write('name;"place, year";n\n"Li, A";"Rome, 1990";1\n"Bo; C";"x";2\n')
    table = read_table(path)
    assert table.names == ["name", "place, year", "n"]
    assert table.data["name"].tolist() == ["Li, A", "Bo; C"]
    assert find_separator(['"a,b",c', "1,2", "3,4"]) == ","
    assert find_separator(["one column", "1", "2"]) == ","


def test_decimal_commas_are_numbers_where_semicolons_separate(write, monkeypatch):
    path = write("a;b\n1,5;2\n-0,25;3\n;4\n")
    table = read_table(path)
    np.testing.assert_array_equal(table.data["a"], [1.5, -0.25, np.nan])
    assert any("1,5" in note for note in table.notes)
    pd.testing.assert_frame_equal(read_again(table, path, monkeypatch), table.data)


def test_texts_with_a_comma_are_texts(write):
    table = read_table(write("a;b\nx, y;2\n1,5;3\n"))
    assert table.data["a"].tolist() == ["x, y", "1,5"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_of_encodings_are_no_part_of_names(encoding, write, monkeypatch):
    path = write("größe,b\n1,2\n", encoding=encoding)
    table = read_table(path)
    assert table.names == ["größe", "b"]
    assert not table.notes
    assert list(read_again(table, path, monkeypatch).columns) == table.names


def test_what_is_not_utf_8_is_read_and_told(write, monkeypatch):
    path = write("größe,b\n1,2\n", encoding="cp1252")
    table = read_table(path)
    assert table.names == ["größe", "b"]
    assert "Windows-1252" in table.notes[0]
    assert list(read_again(table, path, monkeypatch).columns) == table.names
    assert read_table(write(b"a\x81,b\n1,2\n")).data.shape == (1, 2)  # in neither


def test_missing_values_and_own_signs_for_them(write, monkeypatch):
    path = write("a,b\n1,\nNA,2\n?,3\n-9,4\n")
    table = read_table(path, missing=["?", "-9"])
    np.testing.assert_array_equal(table.data["a"], [1, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(table.data["b"], [np.nan, 2, 3, 4])
    pd.testing.assert_frame_equal(read_again(table, path, monkeypatch), table.data)


def test_first_line_of_numbers_is_asked_about(write, monkeypatch):
    path = write("1,2.5\n3,4\n")
    with pytest.raises(ValueError, match=r"only numbers \(1, 2.5\). Add --no-header if .*--header"):
        read_table(path)
    assert read_table(path, header=True).names == ["1", "2.5"]
    table = read_table(path, header=False)
    assert table.names == ["column 1", "column 2"]
    np.testing.assert_array_equal(table.data, [[1, 2.5], [3, 4]])
    pd.testing.assert_frame_equal(read_again(table, path, monkeypatch), table.data)


def test_names_lose_stray_blanks_and_those_given_twice_are_told_apart(write, monkeypatch):
    path = write(" a , b\tc,b c,b c\n1,2,3,4\n")
    with pytest.raises(ValueError, match="Several columns have the name 'b c'"):
        read_table(path)
    path = write(" a ,b\tc,d,d\n1,2,3,4\n")
    table = read_table(path)
    assert table.names == ["a", "b c", "d", "d.1"]
    assert list(read_again(table, path, monkeypatch).columns) == table.names


@pytest.mark.parametrize("end", [",", ", "])
def test_separators_at_the_end_of_lines_are_no_columns(end, write):
    table = read_table(write(f"a,b{end}\n1,2{end}\n3,4{end}\n"))
    assert table.names == ["a", "b"]
    table = read_table(write("a,b\n1,2,\n3,4,\n"))
    np.testing.assert_array_equal(table.data, [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("data", "name", "match"),
    [
        ("", "a.csv", "is empty"),
        ("\n\n", "a.csv", "only empty lines"),
        ("a,b\n", "a.csv", "0 rows and 2 columns"),
        ("a,b\n1,2\n3,4,5\n", "a.csv", "separated by commas: .*line 3.*Mend that line"),
        ("a,b\n1,2,3\n4,5,6\n", "a.csv", r"more values in a row than names .*\(2\)"),
        (b"PK\x03\x04\0\0\0", "a.csv", "is no text"),
        (b"PK\x03\x04", "a.xlsx", "ends in '.xlsx'.*save the sheet as CSV"),
        ("1", "a", "ends in 'nothing'"),
        (b"\x93NUMPY\x01\x00", "a.npy", "no readable .npy file"),
        (b"nothing", "a.npz", "no readable .npz file: it is damaged"),
    ],
)
def test_what_cannot_be_read_is_told(data, name, match, write):
    with pytest.raises(ValueError, match=match):
        read_table(write(data, name))


def test_folder_and_no_file_are_told(tmp_path):
    with pytest.raises(ValueError, match="is a folder"):
        read_table(tmp_path)
    with pytest.raises(ValueError, match="is not there"):
        read_table(tmp_path / "other.csv")


@pytest.mark.parametrize("module", ["pandas", "pyarrow"])
def test_what_is_not_installed_is_told(module, write, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)  # what makes its import fail
    name = "a.csv" if module == "pandas" else "a.parquet"
    with pytest.raises(ValueError, match=rf"needs {module}: pip install matplotlib pandas pyarrow"):
        read_table(write("a,b\n1,2\n", name))


def test_parquet_keeps_names_and_an_index_that_names_the_rows(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow", reason="of the extra [test]; pandas reads Parquet with it")
    path = tmp_path / "a.parquet"
    FRAME.to_parquet(path)
    pd.testing.assert_frame_equal(read_table(path).data, FRAME)
    FRAME.set_index(pd.Index(["x", "y", "z"], name="who")).to_parquet(path)
    table = read_table(path)
    assert table.names == ["who", "age", "net weight"]
    assert list(read_again(table, path, monkeypatch).columns) == table.names
    path.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(ValueError, match="no readable Parquet file"):
        read_table(path)


def test_npy_stays_on_disk_and_npz_has_one_array_or_x(tmp_path, monkeypatch):
    X = np.arange(6.0).reshape(3, 2)
    np.save(tmp_path / "a.npy", X)
    table = read_table(tmp_path / "a.npy")
    assert isinstance(table.data, np.memmap)
    assert table.names == ["x0", "x1"] and not table.is_named
    np.testing.assert_array_equal(read_again(table, tmp_path / "a.npy", monkeypatch), X)
    for name, arrays in (("one.npz", {"data": X}), ("x.npz", {"y": X[:, 0], "X": X})):
        np.savez(tmp_path / name, **arrays)
        table = read_table(tmp_path / name)
        np.testing.assert_array_equal(table.data, X)
        np.testing.assert_array_equal(read_again(table, tmp_path / name, monkeypatch), X)
    np.savez(tmp_path / "two.npz", a=X, b=X)
    with pytest.raises(ValueError, match="but has a, b"):
        read_table(tmp_path / "two.npz")


@pytest.mark.parametrize(
    ("array", "match"),
    [
        (np.zeros(3), r"shape \(3,\)"),
        (np.zeros((2, 3, 3)), "Reshape it"),
        (np.array([["a", "b"]]), "type <U1"),
        (np.zeros((0, 3)), "0 rows"),
    ],
)
def test_arrays_that_are_no_table_of_numbers_are_told(array, match, tmp_path):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(ValueError, match=match):
        read_table(tmp_path / "a.npy")


def test_arrays_of_objects_are_refused_since_reading_them_runs_code(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[1, "a"]], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="no readable .npy file: it is damaged, or"):
        read_table(tmp_path / "a.npy")
