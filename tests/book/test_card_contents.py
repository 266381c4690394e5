"""What cards are cut from: pieces of HTML."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "sphinx_ext")]

import cards  # noqa: E402

PAGE = """<section id="a"><div id="b" class="x"><div>in <b>it</b></div></div><div>after</div>
<figure id="f"><img class="figure-light" src="../_images/1.svg" alt="A ring"><img class="figure-dark"
src="../_images/1-dark.svg" alt="A ring"><figcaption><p><span class="caption-text"><strong
class="figure-number">Figure 3.4.</strong> A ring of <a href="x.html">eight</a>.</span>
<a class="headerlink" href="#f">#</a></p></figcaption></figure>
<dl><dt id="t">logit</dt><dt id="u">word</dt><dd><p>A number.</p></dd><dt id="v">next</dt><dd>2</dd></dl>
</section>"""


def test_an_element_is_cut_out_with_all_that_is_in_it():
    assert cards.element_at(PAGE, "b") == '<div id="b" class="x"><div>in <b>it</b></div></div>'
    assert cards.element_at(PAGE, "nowhere") == ""


def test_a_figures_card_has_its_number_its_caption_and_both_pictures():
    card = cards.content(PAGE, "book/03.html", "f", "figure", "Chapter")
    assert card["called"] == "Figure 3.4"
    assert 'data-src="_images/1.svg"' in card["html"] and "1-dark.svg" in card["html"]
    assert "A ring of eight." in card["html"]
    assert "Figure" not in card["html"] and "<a" not in card["html"] and "#" not in card["html"]


def test_a_terms_card_has_all_its_names_and_its_own_meaning():
    card = cards.content(PAGE, "book/glossary.html", "t", "term", "Glossary")
    assert card["called"] == "logit · word"
    assert card["html"] == "<p>A number.</p>"
    assert cards.content(PAGE, "p", "v", "term", "")["called"] == "next"


def test_what_is_cut_out_keeps_no_names_and_no_links():
    tidy = cards.tidied(
        '<p id="x" title="t">a <a href="b">c</a> <img src="../_images/p.png" loading="lazy"></p>',
        "book/a.html",
    )
    assert tidy == '<p>a c <img data-src="_images/p.png"></p>'


def test_papers_are_known_by_arxiv_and_doi_in_all_their_spellings():
    known = {"1406.2661": ("goodfellow2014",), "10.1109/18.61115": ("lin1991",)}
    for address in (
        "https://arxiv.org/abs/1406.2661",
        "https://arxiv.org/pdf/1406.2661v1",
        "http://www.arxiv.org/abs/1406.2661",
        "https://doi.org/10.48550/arXiv.1406.2661",
    ):
        assert cards.paper_of(address, known) == "goodfellow2014"
    assert cards.paper_of("https://doi.org/10.1109/18.61115", known) == "lin1991"
    assert cards.paper_of("https://example.org/1406.2661", known) == ""
