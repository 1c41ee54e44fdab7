# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sphinx: ``make doc`` builds the pages into doc/_build/html, without a network."""

import sys
import warnings
from pathlib import Path

from sklearn.exceptions import ConvergenceWarning

import sklearn_gmvae
from sklearn_gmvae import inspection


def own_methods(cls: type) -> list[str]:
    """Public methods that are written in this package: those of bases first, as they begin with
    `fit`."""
    own = [base for base in (*cls.__mro__[1:], cls) if base.__module__.startswith("sklearn_gmvae")]
    names = dict.fromkeys(
        name for base in own for name, value in vars(base).items() if is_method(value)
    )
    return [name for name in names if not name.startswith("_")]


def is_method(value: object) -> bool:
    """Whether an entry of a class's dictionary is one."""
    return callable(value) or isinstance(value, classmethod | staticmethod)


def public_classes(*modules) -> dict[str, type]:
    """The classes among the modules' public names, by full name."""
    return {
        f"{module.__name__}.{name}": getattr(module, name)
        for module in modules
        for name in module.__all__
        if isinstance(getattr(module, name), type)
    }


HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "sklearn_gmvae"
author = "The sklearn_gmvae developers"
copyright = f"2026, {author}"
version = release = sklearn_gmvae.__version__

extensions = [
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
    "native_math",
    "other_projects",
]
# What generates pages writes below these two, which git ignores.
exclude_patterns = ["_build", "_templates", "auto_examples/**/*.ipynb"]
templates_path = ["_templates"]
# Single backquotes in docstrings: names, as in scikit-learn's.
default_role = "literal"

# Every reference has to lead somewhere, into these pages or, by `other_projects`, into others'.
nitpicky = True

autosummary_generate = True
# Methods that estimators have from scikit-learn are documented there; api.rst names them.
autosummary_context = {
    "own_methods": {
        name: own_methods(cls) for name, cls in public_classes(sklearn_gmvae, inspection).items()
    }
}
autodoc_default_options = {"member-order": "groupwise"}
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_theme = "pydata_sphinx_theme"
html_title = "sklearn_gmvae"
# Pages without others below them need no list of those.
html_sidebars = {
    page: []
    for page in (
        "index",
        "install",
        "quick_start",
        "benchmarks",
        "peers",
        "developers",
        "bibliography",
        "changelog",
    )
}
html_theme_options = {
    "show_prev_next": False,
    "show_nav_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
}
html_show_sourcelink = False
html_copy_source = False

sphinx_gallery_conf = {
    "examples_dirs": str(HERE.parent / "examples"),
    "gallery_dirs": "auto_examples",
    "filename_pattern": "/plot_",  # the others are shown and not run: they start processes
    "within_subsection_order": "gallery_order.CourseOrder",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("sklearn_gmvae",),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "show_signature": False,
    "remove_config_comments": True,
    "plot_gallery": "True",
}

# Examples may show clusterings that fail, and fit says so; the page does not have to.
warnings.simplefilter("ignore", ConvergenceWarning)
