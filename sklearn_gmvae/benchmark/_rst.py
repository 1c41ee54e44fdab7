# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables as reStructuredText, and into documents between two markers."""

from pathlib import Path


def list_table(lines: list[list[str]]) -> str:
    """A reStructuredText simple table; the first line is the header.

    Parameters
    ----------
    lines : list of list of str
        The cells of each line, the header's included.

    Returns
    -------
    text : str
        The table, without a line break at its end.

    Raises
    ------
    ValueError
        If the lines differ in their number of cells.
    """
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    rows = [
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    return "\n".join([rule, rows[0], rule, *rows[1:], rule])


def write_into(document: Path, name: str, text: str) -> None:
    """Replace a block of a document.

    It stands between the lines ``.. begin NAME`` and ``.. end NAME``, which stay.

    Parameters
    ----------
    document : Path
        The text file, which is written anew.
    name : str
        NAME of the block.
    text : str
        What it is to hold; an empty line is put before and after it.

    Raises
    ------
    ValueError
        If the document has no such lines.
    """
    begin, end = f".. begin {name}\n", f"\n.. end {name}"
    before, found, rest = document.read_text().partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise ValueError(
            f"{document} has no lines '.. begin {name}' and '.. end {name}' to write between."
        )
    document.write_text(f"{before}{begin}\n{text}\n{end}{after}")
