# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""HTML in which every text is escaped, and what a page of it needs.

What is no `Html` is a text of the user's: `element` escapes it, so that forgetting to is not
possible.
"""

import base64
import html
import re
from collections.abc import Iterable, Sequence

# What no HTML page may hold, and what could turn the direction of the text around it.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
VOID = {"img", "meta"}

STYLE = """
:root { color-scheme: light dark; --text: #1b1f24; --soft: #57606a; --page: #ffffff;
  --line: #d0d7de; --band: #f6f8fa; --bar: #3f90da; --note: #fff4d6; --noteline: #b07800;
  --link: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9da7b3;
  --page: #12161c; --line: #3a424c; --band: #1b2129; --bar: #5aa7ea; --note: #3a2f10;
  --noteline: #d9a531; --link: #79b8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 70rem; background: var(--page);
  color: var(--text); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans",
  sans-serif; }
h1 { font-size: 1.8rem; line-height: 1.25; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 2.75rem 0 .5rem; padding-top: .75rem;
  border-top: 1px solid var(--line); }
p, dd { max-width: 48rem; }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; list-style: none; padding: 0;
  margin: 1rem 0; }
.lead { font-size: 1.1rem; }
.note { background: var(--note); border-left: 4px solid var(--noteline); padding: .6rem 1rem;
  margin: 1rem 0; }
.note ul { margin: .3rem 0; padding-left: 1.2rem; }
figure { margin: 1rem 0; }
img { display: block; max-width: 100%; height: auto; background: #ffffff; border-radius: 6px;
  padding: 6px; border: 1px solid var(--line); }
figcaption { color: var(--soft); max-width: 48rem; margin-top: .4rem; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .35rem; white-space: nowrap; }
th, td { padding: .28rem .7rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; unicode-bidi: isolate; overflow-wrap: break-word; max-width: 34rem; }
thead th { background: var(--band); vertical-align: bottom; }
.number { text-align: right; white-space: nowrap; }
thead .number { white-space: normal; }
.bar { display: block; height: .7rem; min-width: 1px; background: var(--bar); margin-top: .4rem;
  border-radius: 2px; }
.scale { width: 8rem; }
.words { min-width: 18rem; }
.name { min-width: 7rem; }
pre { background: var(--band); border: 1px solid var(--line); border-radius: 6px;
  padding: .8rem 1rem; overflow-x: auto; font-size: .9rem; }
code { unicode-bidi: isolate; overflow-wrap: anywhere; }
dt { font-weight: 600; margin-top: .8rem; }
dd { margin: .1rem 0 0 0; }
footer { margin-top: 3rem; color: var(--soft); font-size: .9rem; }
@media print {
  :root { color-scheme: light; --text: #000; --soft: #333; --page: #fff; --line: #999;
    --band: #eee; --note: #fff; --noteline: #000; --link: #000; --bar: #555; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  .wide, pre { overflow: visible; }
  pre { white-space: pre-wrap; }
  h2, caption, thead, section > p { break-after: avoid; }
  figure, tr, .note, dt + dd { break-inside: avoid; }
  thead { display: table-header-group; }
  * { print-color-adjust: exact; }
}
"""


class Html(str):
    """A text that is HTML already."""


def escape(text: object) -> Html:
    """Anything as HTML that shows it."""
    if isinstance(text, Html):
        return text
    return Html(html.escape(FORBIDDEN.sub("\ufffd", str(text)), quote=True))


def element(tag: str, *children: object, **attributes: object) -> Html:
    """``<tag attributes>children</tag>``; of attributes' names a last "_" is dropped and others
    become "-"."""
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in VOID:
        return Html(f"<{tag}{given}>")
    return Html(f"<{tag}{given}>{''.join(map(escape, children))}</{tag}>")


def table(
    caption: str, columns: Sequence[object], lines: Iterable[Sequence[object]], n_texts: int = 1
) -> Html:
    """A table with headers; the first cell of each line is its header, and columns from
    ``n_texts`` on that have no `Html` are numbers."""

    lines = [list(line) for line in lines]
    numbers = [
        j >= n_texts and not any(isinstance(line[j], Html) for line in lines)
        for j in range(len(columns))
    ]

    def row(cells: Sequence[object], in_head: bool) -> Html:
        parts = []
        for j, cell in enumerate(cells):
            kind = "number" if numbers[j] else None
            if in_head or not j:
                scope = "col" if in_head else "row"
                parts.append(element("th", cell, scope=scope, class_=kind))
            else:
                parts.append(element("td", cell, class_=kind))
        return element("tr", *parts)

    head, rows = row(columns, True), [row(line, False) for line in lines]
    whole = element(
        "table", element("caption", caption), element("thead", head), element("tbody", *rows)
    )
    # What is wider than the page is scrolled; with the keyboard too.
    return element("div", whole, class_="wide", tabindex="0", role="region", aria_label=caption)


def picture(png: bytes, width: int, height: int, alt: str, caption: str) -> Html:
    """A picture in the page itself."""
    data = base64.b64encode(png).decode()
    image = element("img", src=f"data:image/png;base64,{data}", width=width, height=height, alt=alt)
    return element("figure", image, element("figcaption", caption))


def page(title: str, *parts: Html) -> str:
    """A whole page, which asks for nothing outside it and lets no script run."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(STYLE)),
    )
    return f"<!DOCTYPE html>\n{element('html', head, element('body', *parts), lang='en')}\n"
