# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""Documents say what the committed results say."""

import re
from pathlib import Path

import pytest

from sklearn_gmvae.__main__ import main

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = [REPOSITORY / "README.rst", *(REPOSITORY / "doc").glob("*.rst")]
# The commands that the documents name for their tables: ".. --into DOCUMENT --block NAME ..".
INTO_DOCUMENTS = [
    command
    for path in DOCUMENTS
    for command in re.findall(
        r"^ +python -m sklearn_gmvae (benchmark .*)$",
        path.read_text().replace("\\\n", ""),
        re.MULTILINE,
    )
    if "--into" in command
]


@pytest.mark.parametrize("command", INTO_DOCUMENTS)
def test_documents_hold_what_their_commands_write(command, tmp_path, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    arguments = command.split()
    place = arguments.index("--into") + 1
    original, copy = Path(arguments[place]), tmp_path / "copy.rst"
    copy.write_text(original.read_text())
    arguments[place] = str(copy)
    assert main(arguments) == 0
    assert copy.read_text() == original.read_text()


def test_every_table_has_its_command():
    written = {
        (arguments[arguments.index("--into") + 1], arguments[arguments.index("--block") + 1])
        for arguments in map(str.split, INTO_DOCUMENTS)
    }
    blocks = {
        (str(path.relative_to(REPOSITORY)), name)
        for path in DOCUMENTS
        for name in re.findall(r"^\.\. begin (\S+)$", path.read_text(), re.MULTILINE)
    }
    assert written == blocks
