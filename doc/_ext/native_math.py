# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Formulas as MathML, which browsers draw themselves: pages need no script and no network.

docutils converts from LaTeX; what it cannot convert is a warning, so an error of the build.
"""

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


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
        return tex2mathml(node.astext(), as_block=as_block)
    except MathError as error:
        logger.warning("formula %r: %s", node.astext(), error, location=node)
        return ""


def setup(app) -> dict:
    """Register the renderer ``mathml``."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
