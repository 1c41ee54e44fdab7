# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Damaged, foreign and forged files: an error that says so, or the very same model; never a crash,
code that runs, or time and memory out of proportion.

Damage leaves the digest as it was. A forger writes a digest that fits: then the file is refused, or
is a model that is well formed.
"""

import contextlib
import copy
import io
import json
import pickle
import re
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save as save_tensors

from sklearn_gmvae import VaDEClustering, load, training
from sklearn_gmvae.utils import _array_file, read_array_file

DATA = Path(__file__).parent / "data"
KINDS = ("vade", "gmvae", "mixed", "pictures", "holes", "filled")
MODELS = [DATA / f"v1_{name}.safetensors" for name in KINDS]
SECONDS = 1.0  # of this process, so that other work on the machine does not count

HUGE = [2**31, 2**40, 2**62, 2**63, 2**64, 10**30, 1e308, -1, 0, 10**6, 10**5]
STRANGE = [
    *HUGE, {"texts": ["labels_", 10**9]}, {"integers": "fitted.labels_"}, {"columns": [[1], []]},
    None, True, False, "", "relu\0", "../../etc/passwd", "__import__", "x" * 1000, 1.5, -1.5,
    [], {}, [[]], {"tuple": []}, {"tuple": [10**6] * 50}, {"dict": {}}, {"float": "nan"},
    {"array": "labels_"}, {"array": "fitted.labels_"}, {"dict": {"__class__": "os.system"}},
    {"device": "cuda:7"},
]  # fmt: skip


class Canary:
    """Runs code when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


# -- what a file is made of, and its forging -----------------------------------------------------


def parts(data):
    """safetensors' header and the bytes behind it."""
    n = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + n]), data[8 + n :]


def joined(header, body):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def forged(header, arrays):
    """A file with any header and arrays, and a digest that fits."""
    header = {**header, "format_version": 1}
    header["digest"] = _array_file._digest(header, arrays)
    return save_tensors(arrays, {"sklearn_gmvae": json.dumps(header)})


def places(node, path=()):
    """Every path into nested dicts and lists."""
    yield path
    if isinstance(node, list):
        node = dict(enumerate(node))
    if isinstance(node, dict):
        for key, item in node.items():
            yield from places(item, (*path, key))


def replaced(node, path, value):
    """A copy of nested dicts and lists with one value in another's place."""
    node = copy.deepcopy(node)
    at = node
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return node


# -- mutations: rng, the file's bytes -> mutated bytes -------------------------------------------


def flip_bits(rng, data):
    mutated = bytearray(data)
    end = len(data) if rng.random() < 0.5 else 8 + int.from_bytes(data[:8], "little")
    for position in rng.integers(end, size=rng.integers(1, 9)):
        mutated[position] ^= 1 << rng.integers(8)
    return bytes(mutated)


def truncate(rng, data):
    return data[: rng.integers(len(data))]


def append(rng, data):
    return data + rng.bytes(rng.integers(1, 1000))


def overwrite_block(rng, data):
    start = rng.integers(len(data))
    length = rng.integers(1, 512)
    block = bytes(length) if rng.random() < 0.5 else rng.bytes(length)
    return data[:start] + block[: len(data) - start] + data[start + length :]


def swap_blocks(rng, data):
    a, b, c = np.sort(rng.integers(len(data), size=3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def change_text(rng, data):
    """One character of the headers, digits mostly by digits: still JSON as a rule."""
    mutated = bytearray(data)
    n = 8 + int.from_bytes(data[:8], "little")
    digits = [i for i in range(8, n) if chr(data[i]).isdigit()]
    mutated[rng.choice(digits)] = ord(rng.choice(list("0123456789e.-")))
    return bytes(mutated)


def declare_otherwise(rng, data):
    """Shapes, dtypes and offsets that the tensors do not have."""
    header, body = parts(data)
    name = rng.choice([name for name in header if name != "__metadata__"])
    field = rng.choice(["shape", "dtype", "data_offsets"])
    if field == "shape":
        shape = header[name]["shape"]
        options = [shape[::-1], [*shape, 1], shape[1:], [2**62, 4], [2**64, 0], [-1], [2**40] * 9]
    elif field == "dtype":
        options = ["F64", "F32", "I64", "BF16", "F8_E4M3", "BOOL", "O", None, 3]
    else:
        options = [[0, 2**60], [2**63, 2**64], [-8, 0], [8, 0], [0, len(body)], [0], "0", None]
    header[name] = {**header[name], field: options[rng.integers(len(options))]}
    return joined(header, body)


def exchange_tensors(rng, data):
    """Two tensors under one another's names; of the same shape, only the digest can tell."""
    header, body = parts(data)
    first, second = rng.choice([n for n in header if n != "__metadata__"], 2, replace=False)
    header[first], header[second] = header[second], header[first]
    return joined(header, body)


def drop_or_add_tensor(rng, data):
    header, arrays = whole(data)
    name = str(rng.choice(sorted(arrays)))
    array = arrays.pop(name)
    if rng.random() < 0.5:
        arrays[rng.choice(["", name + "x", "model." + name, "__class__"])] = array
    return forged(header, arrays)


def nest(rng, data):
    """JSON so deep that a parser which calls itself runs out of stack."""
    depth = int(rng.choice([100, 130, 1000, 10_000, 100_000]))
    opening, closing = [("[", "]"), ('{"tuple":[', "]}"), ('{"a":', "}")][rng.integers(3)]
    nested = opening * depth + "1" + closing * (depth if rng.random() < 0.7 else 0)
    if rng.random() < 0.3:
        return joined(nested.encode(), b"")
    header, body = parts(data)
    text = header["__metadata__"]["sklearn_gmvae"]
    header["__metadata__"]["sklearn_gmvae"] = (
        nested if rng.random() < 0.3 else text[:-1] + f',"more":{nested}' + "}"
    )
    return joined(header, body)


def claim_length(rng, data):
    """Another length of the header."""
    claim = [
        0,
        1,
        2**17,
        2**18,
        2**18 + 1,
        2**27,
        2**40,
        2**63,
        2**64 - 1,
        len(data),
        len(data) - 8,
    ]
    return int(claim[rng.integers(len(claim))]).to_bytes(8, "little") + data[8:]


def foreign(rng, data):
    """Other programs' files: safetensors, numpy's, zip, text, noise, nothing."""
    kind = rng.integers(7)
    arrays = {f"w{i}": rng.standard_normal((3, i)).astype(np.float32) for i in range(5)}
    if kind == 0:
        return save_tensors(arrays)
    if kind == 1:
        values = ["1", "{}", "[]", '"x"', '{"format_version": 1}', '{"format_version": 2}', "null"]
        return save_tensors(arrays, {"sklearn_gmvae": values[rng.integers(len(values))]})
    file = io.BytesIO()
    if kind == 2:
        np.savez(file, **arrays)
    elif kind == 3:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("data.pkl", pickle.dumps(arrays))
    elif kind == 4:
        np.save(file, arrays["w3"])
    elif kind == 5:
        file.write(rng.bytes(rng.integers(2000)))
    return file.getvalue()


def strange_value(rng, data):
    """Anything in any place of the header, with a digest that fits."""
    header, arrays = whole(data)
    path = [*places(header)][1:]
    path = path[rng.integers(len(path))]
    header = replaced(header, path, STRANGE[rng.integers(len(STRANGE))])
    try:
        return forged(header, arrays)
    except ValueError:  # the value is no JSON: without a digest, then
        return save_tensors(arrays, {"sklearn_gmvae": json.dumps(header)})


def huge_architecture(rng, data):
    """An architecture of sizes that no memory has, with a digest that fits."""
    header, arrays = whole(data)
    architecture = header["design"]["architecture"]["dict"]
    name = rng.choice(["n_features", "n_clusters", "latent_dim", "hidden", "style_dim"])
    size = HUGE[rng.integers(len(HUGE))]
    architecture[name] = {"tuple": [size] * int(rng.integers(1, 400))} if name == "hidden" else size
    return forged(header, arrays)


def strange_array(rng, data):
    """Another array under one's name, with a digest that fits."""
    header, arrays = whole(data)
    name = str(rng.choice(sorted(arrays)))
    array = arrays[name]
    options = [
        array[..., None], array.astype(np.float64), array.astype(np.int8), array.reshape(-1)[:0],
        np.zeros((0, *array.shape), array.dtype), array.reshape(-1), array.T, np.array(3.0),
        np.full_like(array, 2**63 - 1 if array.dtype == np.int64 else -1 % 2**8),
    ]  # fmt: skip
    if array.dtype.kind == "f":
        options += [np.full_like(array, value) for value in (np.nan, np.inf, -1.0, 0.0, 1e30)]
    with np.errstate(over="ignore", invalid="ignore"):
        arrays[name] = np.ascontiguousarray(options[rng.integers(len(options))])
    return forged(header, arrays)


DAMAGE = [
    flip_bits, truncate, append, overwrite_block, swap_blocks, change_text, declare_otherwise,
    exchange_tensors, nest, claim_length, foreign,
]  # fmt: skip
FORGERY = [drop_or_add_tensor, strange_value, huge_architecture, strange_array]

_whole = {}


def whole(data):
    """Header and arrays of a good file, to be changed."""
    if data not in _whole:
        (path,) = (path for path in MODELS if path.read_bytes() == data)
        _whole[data] = read_array_file(path)
    header, arrays = _whole[data]
    return copy.deepcopy(header), dict(arrays)


# -- a process's memory --------------------------------------------------------------------------

SLACK = 2**24  # sixteen megabytes: of parsing and of the allocator's


def status(field):
    """Bytes, as Linux has them of this process; elsewhere 0, and nothing is shown."""
    path = Path("/proc/self/status")
    found = re.search(rf"{field}:\s+(\d+)", path.read_text()) if path.exists() else None
    return 1024 * int(found[1]) if found else 0


def memory_now():
    """Bytes in use, from which the peak is counted anew; where it cannot be, the peak."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return memory_peak()
    return status("VmRSS")


def memory_peak():
    return status("VmHWM")


# -- the laws ------------------------------------------------------------------------------------


def rows_of(model):
    content = json.loads(model.with_suffix(".json").read_text())
    return pd.DataFrame(content["X"], columns=content["columns"])


def outcome(path, expected, X, mutation, case):
    """What loading does, after checking that it is one of the few things it may do."""
    started = time.process_time()
    try:
        loaded = load(path, device="cpu")
    except ValueError as error:
        result, message = "refused", str(error)
    else:
        result, message = "loaded", ""
    took = time.process_time() - started
    assert took < SECONDS, f"{case}: {took:.1f} s"
    if result == "refused":
        assert message.startswith(f"Cannot load {str(path)!r}: "), f"{case}: {message}"
        assert len(message) < 2000, case
        return result
    with np.errstate(all="ignore"):
        answer = loaded.predict_proba(X)
    if mutation in DAMAGE:
        np.testing.assert_array_equal(answer, expected, err_msg=str(case))
        return "unchanged"
    assert answer.shape == (len(X), len(loaded.weights_)), case
    return "another model" if not np.array_equal(answer, expected) else "unchanged"


def fuzz(folder, mutations, n, seed):
    """Load ``n`` mutated files; how often what came of it."""
    rng = np.random.default_rng(seed)
    outcomes = Counter()
    goods = []
    for model in MODELS:
        X = rows_of(model)
        goods.append((model.read_bytes(), load(model, device="cpu").predict_proba(X), X))
    path = folder / "mutated.safetensors"
    before = memory_now()
    for i in range(n):
        data, expected, X = goods[i % len(goods)]
        mutation = mutations[(i // len(goods)) % len(mutations)]
        path.write_bytes(mutation(rng, data))
        case = (mutation.__name__, f"number {i} of seed {seed}")
        outcomes[mutation.__name__, outcome(path, expected, X, mutation, case)] += 1
    assert memory_peak() - before < SLACK
    return outcomes


pytestmark = pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")


@pytest.mark.parametrize("mutations", [DAMAGE, FORGERY], ids=["damage", "forgery"])
def test_mutated_files_are_refused_or_unchanged(tmp_path, mutations):
    outcomes = fuzz(tmp_path, mutations, 30 * len(mutations), seed=0)
    assert {name for name, _ in outcomes} == {mutation.__name__ for mutation in mutations}
    assert sum(n for (_, what), n in outcomes.items() if what == "refused") > 0


@pytest.mark.slow
def test_ten_thousand_mutated_files_are_refused_or_unchanged(tmp_path):
    outcomes = fuzz(tmp_path, DAMAGE, 10_000, seed=1) + fuzz(tmp_path, FORGERY, 2_000, seed=2)
    for (name, what), n in sorted(outcomes.items()):
        print(f"{name:20} {what:14} {n:6}")
    assert sum(outcomes.values()) == 12_000


@pytest.mark.parametrize("dump", [pickle.dump, lambda value, file: joblib.dump(value, file)])
def test_renamed_pickle_is_refused_and_its_code_does_not_run(tmp_path, dump):
    canary = tmp_path / "canary"
    path = tmp_path / "model.safetensors"
    with open(path, "wb") as file:
        dump({"model": Canary(canary)}, file)
    with pytest.raises(ValueError, match=r"Cannot load .*model\.safetensors.*begins as a pickle"):
        load(path)
    assert not canary.exists()
    pickle.loads(pickle.dumps(Canary(canary))).close()  # it would have
    assert canary.exists()


def test_pickle_inside_a_good_file_does_not_run(tmp_path):
    canary = tmp_path / "canary"
    header, arrays = whole(MODELS[0].read_bytes())
    poison = np.frombuffer(pickle.dumps(Canary(canary)), np.uint8)
    path = tmp_path / "model"
    for change in (
        lambda h, a: a.update({"fitted.labels_": poison}),
        lambda h, a: (
            a.update({"parameters.init_params": poison})
            or h["parameters"].update(init_params={"array": "parameters.init_params"})
        ),
        lambda h, a: h["parameters"].update(random_state=bytes(poison).decode("latin1")),
    ):
        changed = copy.deepcopy(header), dict(arrays)
        change(*changed)
        path.write_bytes(forged(*changed))
        with contextlib.suppress(ValueError):
            load(path)
        assert not canary.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h, a: h.update({"class": "os.system"}), "class should be one of .*'os.system'"),
        (lambda h, a: h.pop("class"), "class should be one of"),
        (lambda h, a: h.pop("parameters"), "should have an object 'parameters'"),
        (lambda h, a: h.update(fitted=None), "fitted attributes should be of type dict"),
        (lambda h, a: h["parameters"].update(n_heads=3), r"does not know, \['n_heads'\].*upgrade"),
        (lambda h, a: a.pop("model.decoder.head.bias"), r"lacks the weights \['decoder.head.bias'"),
        (lambda h, a: a.update({"model.x": np.zeros(2)}), r"weights that its model has not: \['x'"),
        (lambda h, a: a.update({"x": np.zeros(2)}), r"arrays that nothing refers to: \['x'\]"),
        (lambda h, a: a.pop("fitted.labels_"), "array 'fitted.labels_' is missing"),
        (
            lambda h, a: a.update({"fitted.labels_": a["fitted.labels_"] + 5}),
            r"labels_ should be in 0..2, but are in 5",
        ),
        (
            lambda h, a: a.update({"fitted.weights_": a["fitted.weights_"] * 2}),
            "weights_ should be >= 0 with sum 1, but",
        ),
        (
            lambda h, a: a.update({"model.prior.means": a["model.prior.means"].astype("f4")}),
            r"weight prior.means should be float64 of shape \(3, 2\), but is float32",
        ),
        (
            lambda h, a: a.update({"model.prior.means": a["model.prior.means"] * np.nan}),
            "weight prior.means has entries that are not finite",
        ),
        (
            lambda h, a: a.update({"affine.scale": a["affine.scale"] * 0}),
            "affine map's scale should be > 0",
        ),
        (
            lambda h, a: h["design"]["architecture"]["dict"].update(n_features=10**12),
            "n_features should be an integer from 1 to the number of weights",
        ),
        (
            lambda h, a: h["design"]["architecture"]["dict"].update(hidden={"tuple": [8, 8]}),
            "lacks the weights",
        ),
        (
            lambda h, a: h["design"]["architecture"]["dict"].update(activation="exec"),
            "The 'activation' parameter of VaDE must be",
        ),
        (
            lambda h, a: a.update({"feature_names_in_.lengths": np.array([2**62] * 4)}),
            "feature_names_in_ should be 4 texts",
        ),
        (
            lambda h, a: h["design"]["architecture"]["dict"].update(hidden={"tuple": [1] * 99}),
            "has 99 hidden layers, but",
        ),
        (
            lambda h, a: h["design"]["affine"]["dict"].pop("scale"),
            "affine map should have .*'scale'",
        ),
        (lambda h, a: h["fitted"]["dict"].pop("labels_"), "fitted attributes should be .*labels_"),
        (lambda h, a: h["fitted"]["dict"].update(n_iter_=-1), "n_iter_ should be >= 0, but is -1"),
        (
            lambda h, a: h["parameters"].update(activation={"texts": ["nowhere", 3]}),
            "expected the name of an array of texts and a number",
        ),
        (
            lambda h, a: (
                a.update({"x": np.zeros(2)}) or h["parameters"].update(activation={"integers": "x"})
            ),
            "should be int64 numbers, but is float64",
        ),
        (
            lambda h, a: h["parameters"].update(likelihood={"columns": [[1], []]}),
            "expected as many keys as values",
        ),
        (
            lambda h, a: h["parameters"].update(likelihood={"items": [[1]]}),
            "expected pairs of a key and a value",
        ),
    ],
)
def test_what_is_wrong_with_a_forged_file_is_told(tmp_path, change, message):
    header, arrays = whole(MODELS[0].read_bytes())
    change(header, arrays)
    (tmp_path / "model").write_bytes(forged(header, arrays))
    with pytest.raises(ValueError, match=message):
        load(tmp_path / "model")


def parts_of_likelihood(header):
    return header["design"]["architecture"]["dict"]["likelihood"]["tuple"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h, a: parts_of_likelihood(h).pop(), "parts of the likelihood should have 7 feat"),
        (
            lambda h, a: parts_of_likelihood(h)[0].update(tuple=["os.system", 2]),
            "part of the likelihood should be a name and sizes",
        ),
        (
            lambda h, a: parts_of_likelihood(h)[0].update(tuple=["categorical", 2]),
            "part of the likelihood should be a name and sizes",
        ),
        (
            lambda h, a: parts_of_likelihood(h)[0].update(tuple=["poisson", 2]),
            "lacks the weights .*likelihood.parts.0.centre",
        ),
        (
            lambda h, a: h["design"]["affine"]["dict"]["maps"][1].update(dict={"counts": 1.5}),
            "map of counts should be",
        ),
        (
            lambda h, a: h["design"]["affine"]["dict"].update(maps=[]),
            "should have a map of as many parts",
        ),
        (
            lambda h, a: a.update({"affine.columns.1": a["affine.columns.1"] * 0}),
            "columns should be each of X's once",
        ),
        (
            lambda h, a: a.update({"affine.columns.0": a["affine.columns.0"].astype(float)}),
            "columns of 'gaussian' should be int64",
        ),
        (
            lambda h, a: a.update({"affine.maps.3.codes": a["affine.maps.3.codes"][::-1].copy()}),
            "categories should ascend from 0",
        ),
        (
            lambda h, a: a.update({"affine.maps.3.codes": a["affine.maps.3.codes"] + 1}),
            "should have categories numbered from 0",
        ),
        (
            lambda h, a: a.update({"affine.maps.3.codes": a["affine.maps.3.codes"] + 10**6}),
            "ascend from 0 to 999 at most",
        ),
        (
            lambda h, a: h["design"]["table"]["dict"].update(library="os"),
            "table should have a library and kinds",
        ),
        (
            lambda h, a: h["design"]["affine"].update(dict={"counts": True}),
            "map of 4 parts of a row should have as many parts",
        ),
        (
            lambda h, a: h["design"]["affine"]["dict"]["maps"][3]["dict"].pop("sizes"),
            "map of categories should have sizes and codes",
        ),
        (
            lambda h, a: a.update({"affine.maps.3.sizes": a["affine.maps.3.sizes"] + 1}),
            "other numbers of categories than the likelihood",
        ),
        (
            lambda h, a: [a.pop(f"table.categories.{part}") for part in ("utf8", "lengths")],
            "a table should have categories, but has none",
        ),
        (
            lambda h, a: a.update(
                {
                    "table.categories.utf8": np.frombuffer(b"nulltrue[]", "u1").copy(),
                    "table.categories.lengths": np.array([4, 4, 2]),
                }
            ),
            "a category should be a text or a number, but is 'null'",
        ),
        (lambda h, a: a.update({"table.kinds": a["table.kinds"] + 9}), "names and kinds in 0..4"),
        (lambda h, a: a.pop("table.categories.utf8"), "table.categories should be 3 texts"),
        (
            lambda h, a: a.update(
                {
                    "table.categories.utf8": np.full(3, 49, "u1"),
                    "table.categories.lengths": np.ones(3, "i8"),
                }
            ),
            "categories of a column should differ",
        ),
        (
            lambda h, a: a.update({"table.categories.utf8": a["table.categories.utf8"] * 0 + 91}),
            "a category should be JSON",
        ),
        (
            lambda h, a: a.update({"model.likelihood.parts.1.centre": np.full(1, np.nan, "f4")}),
            "centre has entries that are not finite",
        ),
    ],
)
def test_what_is_wrong_with_forged_parts_and_tables_is_told(tmp_path, change, message):
    header, arrays = whole(MODELS[2].read_bytes())
    change(header, arrays)
    (tmp_path / "model").write_bytes(forged(header, arrays))
    with pytest.raises(ValueError, match=message):
        load(tmp_path / "model")


def test_forged_pictures_of_another_shape_are_told(tmp_path):
    header, arrays = whole(MODELS[KINDS.index("pictures")].read_bytes())
    header["design"]["architecture"]["dict"]["image_shape"] = {"tuple": [3, 2, 2]}
    (tmp_path / "model").write_bytes(forged(header, arrays))
    with pytest.raises(ValueError, match=r"no model can have the architecture|weight .* should be"):
        load(tmp_path / "model")


@pytest.mark.parametrize(
    "change",
    [np.zeros_like, np.negative, lambda precision: precision + np.triu(precision + 1.0, 1)],
    ids=["none", "negative", "not symmetric"],
)
def test_forged_precision_that_is_none_is_told(tmp_path, change):
    header, arrays = whole(MODELS[KINDS.index("filled")].read_bytes())
    name = "model.row_gaussian.precision"
    arrays[name] = change(arrays[name])
    (tmp_path / "model").write_bytes(forged(header, arrays))
    with pytest.raises(ValueError, match="precision should be symmetric and pos"):
        load(tmp_path / "model")


def test_precision_of_more_rows_than_a_fit_makes_is_refused(monkeypatch):
    monkeypatch.setattr(training, "MAX_FILLED", 3)  # the file has 4
    with pytest.raises(ValueError, match="positive definite, with at most 3 rows"):
        load(MODELS[KINDS.index("filled")])


def test_content_of_any_depth_is_refused(tmp_path):
    # Python's parser and its writer give up at different depths, which depend on the caller's.
    path = tmp_path / "model"
    for depth in [60, 150, *range(900, 1000)]:
        header = f'{{"format_version":1,"class":{"[" * depth}{"]" * depth}}}'
        path.write_bytes(save_tensors({"a": np.zeros(1)}, {"sklearn_gmvae": header}))
        with pytest.raises(ValueError, match="nested more than 50 deep|RecursionError"):
            load(path)


# -- memory --------------------------------------------------------------------------------------

MEASURE = """
import re, sys
from pathlib import Path
from sklearn_gmvae import load

def peak():  # VmHWM is this process's own; ru_maxrss would have the parent's in it
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

small, *paths = sys.argv[1:]
load(small, device="cpu")
for path in paths:
    before = peak()
    try:
        load(path, device="cpu")
    except ValueError as error:
        print("refused", peak() - before)
    else:
        print("loaded", peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells a process's peak memory")
def test_loading_takes_memory_for_twice_the_file_whatever_it_claims(tmp_path):
    header, arrays = whole(MODELS[0].read_bytes())
    architecture = header["design"]["architecture"]["dict"]
    # Sizes that pass for possible: the file brings a million weights of another shape.
    arrays["model.decoder.head.weight"] = np.zeros((1000, 1000), np.float32)
    architecture.update(n_features=90_000, latent_dim=90_000, hidden={"tuple": [90_000] * 10})
    claims, large = tmp_path / "claims", tmp_path / "large"
    claims.write_bytes(forged(header, arrays))
    X = np.random.RandomState(0).standard_normal((20, 30))
    sizes = {"hidden_layer_sizes": (3000, 3000), "pretrain_iter": 0, "max_iter": 1}
    VaDEClustering(1, precision="float32", **sizes).fit(X).save(large)

    # In a process that has loaded a small file already, and nothing large.
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, (MODELS[0], claims, large))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    outcomes = [line.split() for line in done.stdout.splitlines()]
    assert [what for what, _ in outcomes] == ["refused", "loaded"]
    for path, (_, taken) in zip((claims, large), outcomes, strict=True):
        assert int(taken) < 2 * path.stat().st_size + SLACK, path
