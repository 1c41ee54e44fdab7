# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""numpydoc's checks of every public docstring, run by ``make lint``."""

import importlib
import inspect
import sys

from numpydoc.validate import validate

MODULES = ["", ".benchmark", ".datasets", ".inspection", ".metrics"]
# Not asked, and why.
LEFT_OUT = {
    "ES01": "a summary may say all there is to say",
    "SA01": "neighbours are named where a reader would look for them",
    "EX01": "examples stand where they show something; tests/test_docs.py runs them",
    "RT02": "returned values have names, as in scikit-learn",
    "RT03": "name, type and shape may say all",
    "RT04": "a description may begin with a name in lower case",
    "PR07": "type and shape may say all: X of shape (n_samples, n_features)",
    "PR08": "a description may begin with a name in lower case, such as lambda",
}


def public_names():
    """Functions, classes and their methods, by their public names."""
    for module in ("sklearn_gmvae" + name for name in MODULES):
        for name in importlib.import_module(module).__all__:
            thing = getattr(importlib.import_module(module), name)
            if not callable(thing):
                continue
            yield f"{module}.{name}"
            for method in dir(thing) if inspect.isclass(thing) else ():
                found = inspect.getattr_static(thing, method)
                found = getattr(found, "__func__", found)
                ours = str(getattr(found, "__module__", "")).startswith("sklearn_gmvae")
                if callable(found) and ours and not method.startswith("_"):
                    yield f"{module}.{name}.{method}"


if __name__ == "__main__":
    faults = [
        f"{name}: {code} {said}"
        for name in public_names()
        for code, said in validate(name)["errors"]
        if code not in LEFT_OUT
    ]
    print("\n".join(faults))
    sys.exit(bool(faults))
