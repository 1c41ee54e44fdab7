# Authors: The sklearn_gmvae developers
# SPDX-License-Identifier: BSD-3-Clause
"""No text of the user's becomes HTML."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from sklearn_gmvae._command._html import Html, element, escape, page, table


class Read(HTMLParser):
    """Tags, attributes and texts as a browser finds them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_data(self, data):
        self.texts.append(data)


def shown(text):
    return escape(text).replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace(
        "&#x27;", "'"
    ).replace("&amp;", "&")  # fmt: skip


@given(st.text(), st.text())
def test_texts_and_values_of_attributes_stay_texts(text, value):
    read = Read(element("p", text, title=value))
    assert read.tags == ["p"]
    assert read.attributes == [("title", shown(value))]
    assert "".join(read.texts) == shown(text)


def test_what_hides_or_turns_text_is_replaced():
    assert escape("a\x00b\u202ec\ud800") == "a\ufffdb\ufffdc\ufffd"
    assert escape("größe\n\t漢字 🙂") == "größe\n\t漢字 🙂"


def test_what_is_html_is_left_and_nothing_else_is():
    assert element("p", Html("<b>x</b>"), "<b>") == "<p><b>x</b>&lt;b&gt;</p>"
    assert element("img", alt=None, src="x") == '<img src="x">'
    assert element("th", 3, class_="number", aria_label="<") == (
        '<th class="number" aria-label="&lt;">3</th>'
    )


def test_table_has_headers_and_a_caption():
    text = table("<c>", ["a", "b", "c"], [["1", "2", element("i", "x")], ["3", "4", "5"]])
    read = Read(text)
    assert [v for k, v in read.attributes if k == "scope"] == ["col"] * 3 + ["row"] * 2
    assert [v for k, v in read.attributes if k == "class"] == ["wide"] + ["number"] * 3
    assert read.texts == ["<c>", "a", "b", "c", "1", "2", "x", "3", "4", "5"]


def test_page_lets_no_script_run_and_asks_for_nothing():
    text = page("</title><script>", element("h1", "x"))
    assert text.startswith("<!DOCTYPE html>\n<html lang=")
    assert "script" not in Read(text).tags
    assert escape("default-src 'none'; img-src data:") in text
