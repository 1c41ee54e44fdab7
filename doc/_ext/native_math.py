# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Formulas as MathML, which browsers draw themselves: pages need no script and no network.

docutils converts from LaTeX; what it cannot convert is a warning, so an error of the build.
"""

import re
from html import unescape
from xml.etree import ElementTree

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
APPLY = "\N{FUNCTION APPLICATION}"
NAMED = re.compile("&(?!lt;|gt;|amp;)[A-Za-z]+;")  # entities of HTML, not of XML
THIN_SPACE = {"width": "0.17em"}


def visit_inline(translator: HTML5Translator, node) -> None:
    """A formula within a line."""
    translator.body.append(mathml(node, as_block=False))
    raise SkipNode


def visit_block(translator: HTML5Translator, node) -> None:
    """A formula by itself."""
    translator.body.append(f'<div class="formula">{mathml(node, as_block=True)}</div>')
    raise SkipNode


def mathml(node, *, as_block: bool) -> str:
    """The node's formula."""
    try:
        formula = tex2mathml(node.astext(), as_block=as_block)
    except MathError as error:
        logger.warning("formula %r: %s", node.astext(), error, location=node)
        return ""
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.fromstring(NAMED.sub(lambda entity: unescape(entity[0]), formula))
    for parent in list(root.iter()):
        set_functions_apart(parent)
    return ElementTree.tostring(root, encoding="unicode")


def set_functions_apart(parent: ElementTree.Element) -> None:
    """Thin spaces around a function without brackets, as LaTeX has them and docutils leaves out;
    signs have spaces of their own."""
    children = list(parent)
    for i in reversed(range(1, len(children))):
        left, right = children[i - 1 : i + 1]
        is_applied = left.text == APPLY and not is_sign(right)
        is_function = [element.text for element in children[i + 1 : i + 2]] == [APPLY]
        if is_applied or (is_function and not is_sign(left)):
            parent.insert(i, ElementTree.Element(f"{{{NAMESPACE}}}mspace", THIN_SPACE))


def is_sign(element: ElementTree.Element) -> bool:
    """Whether it is an operator or a bracket, or a space."""
    return element.tag.endswith(("}mo", "}mspace"))


def setup(app) -> dict:
    """Register the renderer ``mathml``."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
