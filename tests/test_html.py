# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""The HTML representation that notebooks show: its link, and what it says of a fitted estimator."""

import inspect
from email.message import Message

import pytest
import sklearn
from sklearn.base import clone
from sklearn.utils.fixes import parse_version

from sklearn_gmvae import GMVAEClustering, VaDEClustering
from sklearn_gmvae.utils import _documentation

ESTIMATORS = [VaDEClustering, GMVAEClustering]


@pytest.fixture
def unpublished(monkeypatch, tmp_path):
    """No address in the metadata, and a folder in place of that of ``make doc``."""
    monkeypatch.setattr(_documentation, "published", lambda: "")
    monkeypatch.setattr(_documentation, "BUILT", tmp_path / "html")
    return tmp_path / "html"


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_html_of_published_documentation_links_to_the_class(cls, monkeypatch):
    found = Message()
    found["Project-URL"] = "Source, https://example.org/code"
    found["Project-URL"] = "Documentation, https://example.org/doc/"
    monkeypatch.setattr(_documentation, "metadata", lambda name: found)
    monkeypatch.setattr(_documentation, "published", _documentation.published.__wrapped__)
    page = f"https://example.org/doc/generated/sklearn_gmvae.{cls.__name__}.html"
    assert cls()._get_doc_link() == page
    assert f'href="{page}"' in cls()._repr_html_()


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_html_beside_built_pages_links_to_the_class(cls, unpublished):
    page = unpublished / "generated" / f"sklearn_gmvae.{cls.__name__}.html"
    page.parent.mkdir(parents=True)
    page.touch()
    assert f'href="{page.as_uri()}"' in cls()._repr_html_()


# Attributes that only X with names, or with texts, leaves.
OF_FRAMES = {"feature_names_in_", "categories_"}


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_html_without_documentation_has_no_link_of_ours(cls, unpublished):
    assert cls()._get_doc_link() == ""
    assert "<a " not in cls()._repr_html_()


def test_html_of_a_users_subclass_has_no_link_of_ours(unpublished):
    class Users(VaDEClustering):
        pass

    Users.__module__ = "users"
    assert Users()._get_doc_link() == ""


def test_metadata_that_are_not_installed_are_no_error(monkeypatch):
    def missing(name):
        raise _documentation.PackageNotFoundError(name)

    monkeypatch.setattr(_documentation, "metadata", missing)
    assert _documentation.published.__wrapped__() == ""


def test_every_fitted_attribute_is_documented_and_every_documented_one_is_there(quick, blobs):
    model = quick().fit(blobs[0])
    documented = documented_attributes(type(model))
    fitted = {name for name in vars(model) if name.endswith("_") and not name.startswith("_")}
    assert fitted == documented - OF_FRAMES


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.9"), reason="shown from 1.9 on"
)
def test_html_of_a_fitted_estimator_explains_its_attributes(quick, blobs, monkeypatch):
    monkeypatch.setattr(_documentation, "published", lambda: "https://example.org/doc")
    model = quick().fit(blobs[0])
    _, _, table = model._repr_html_().partition("Fitted attributes")
    for name in documented_attributes(type(model)) - OF_FRAMES:
        assert f"{name}: " in table, name  # its type and description, from the docstring
    assert "The decoded means" in table
    assert "Fitted attributes" not in clone(model)._repr_html_()


def documented_attributes(cls) -> set[str]:
    """Names in the section Attributes of the class's docstring."""
    section = inspect.getdoc(cls).split("Attributes\n----------\n")[1].split("\n\nSee Also")[0]
    return {line.partition(" :")[0] for line in section.splitlines() if line and line[0] != " "}
