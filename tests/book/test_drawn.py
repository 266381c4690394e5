"""What is made when the book is built: formulas, icons, lighter pictures."""

import base64
import io
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from docutils import nodes
from PIL import Image

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.extend([str(TOOLS / "sphinx_ext"), str(TOOLS)])

import light_images  # noqa: E402
import small_icons  # noqa: E402
import valid_html  # noqa: E402
from drawn_formulas import formula_of  # noqa: E402
from fontTools.ttLib import TTFont  # noqa: E402
from formulas import draw, sheet  # noqa: E402

needs_engine = pytest.mark.skipif(
    find_spec("py_mini_racer") is None,
    reason="mini-racer is not installed: make install",
)


@needs_engine
def test_a_formula_is_a_drawing_with_a_text_and_without_a_stop():
    inline, tagged = (r"\frac{x}{2} \in \mathbb R", False), (r"\sum_i x_i = 2 \tag{3.1}", True)
    drawings, glyphs = draw([inline, tagged])
    for drawing in drawings.values():
        assert not drawing.error
        assert "<svg" in drawing.html and "<math" in drawing.html
        assert "tabindex" not in drawing.html and "script" not in drawing.html
    assert "<mfrac>" in drawings[inline].html and 'aria-hidden="true"' in drawings[inline].html
    assert "(3.1)" in drawings[tagged].html and 'display="true"' in drawings[tagged].html
    used = set(re.findall(r'href="#([^"]+)"', "".join(d.html for d in drawings.values())))
    assert used == set(glyphs)


@needs_engine
def test_a_formula_that_cannot_be_drawn_says_why_and_spares_the_others():
    drawings, _ = draw([(r"\nosuchthing", False), (r"x^2", False), (r"\frac{1}{", False)])
    wrong, right, open_brace = drawings.values()
    assert "nosuchthing" in wrong.error and not wrong.html
    assert right.html and not right.error
    assert open_brace.error


def test_a_sheet_holds_the_glyphs_of_its_page_and_no_others():
    html = sheet('<use href="#MJX-A"></use><use href="#MJX-A">', {"MJX-A": "M0 0", "MJX-B": "M1 1"})
    assert html.count("<path") == 1 and 'id="MJX-A"' in html
    assert sheet("no formula", {"MJX-A": "M0 0"}) == ""


def test_several_lines_of_a_display_are_aligned():
    def display(tex, nowrap=False):
        return formula_of(nodes.math_block(tex, tex, nowrap=nowrap))

    assert display("x = 1") == ("x = 1", True)
    assert display(r"a &= 1 \\ b &= 2")[0] == r"\begin{split}a &= 1 \\ b &= 2\end{split}"
    assert r"\begin{aligned}a\\b\end{aligned}" in display("a\n\nb")[0]
    assert display(r"\begin{align}a\end{align}", nowrap=True)[0] == r"\begin{align}a\end{align}"
    assert formula_of(nodes.math("x", "x")) == ("x", False)


def test_the_icons_are_small_and_hold_what_the_theme_shows():
    css = small_icons.style_sheet()
    assert len(css) < 12_000
    fonts = [base64.b64decode(data) for data in re.findall("base64,([A-Za-z0-9+/=]+)", css)]
    assert len(fonts) == len(small_icons.FONTS)
    signs = set().union(*(TTFont(io.BytesIO(font)).getBestCmap() for font in fonts))
    assert {0xF0C9, 0xF002, 0xF185, 0xF09B, 0xF135} <= signs  # bars, glass, sun, GitHub, rocket


def test_an_icon_that_the_theme_lacks_is_an_error(monkeypatch):
    monkeypatch.setattr(small_icons, "NAMES", ("no-such-icon",))
    with pytest.raises(small_icons.ExtensionError, match="no-such-icon"):
        small_icons.style_sheet()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_lighter_picture_is_the_same_picture(mode):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, len(mode)), dtype=np.uint8)
    picture = Image.fromarray(pixels.squeeze())
    lighter = Image.open(io.BytesIO(light_images.as_webp(picture)))
    assert np.array_equal(np.asarray(lighter.convert(mode)), np.asarray(picture))


def test_an_embedded_picture_becomes_lighter_in_its_place():
    buffer = io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(buffer, "PNG", compress_level=0)
    data = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    html = light_images.EMBEDDED.sub(light_images.embedded, f'<img src="{data}">')
    assert html.startswith('<img src="data:image/webp;base64,') and len(html) < len(data) / 10


def test_of_several_things_with_one_id_the_first_keeps_it():
    body = (
        '<div id="a" class="proof"><p id="a">A</p><pre>id="a"</pre></div><section id="b"></section>'
    )
    mended = '<div id="a" class="proof"><p>A</p><pre>id="a"</pre></div><section id="b"></section>'
    assert valid_html.without_repeated_ids(body) == mended


def test_a_folded_cell_is_named_by_its_words():
    cell = '<summary aria-label="Toggle hidden content">\n<p class="collapsed">Show</p></summary>'
    plain = '<summary>\n<span class="collapsed">Show</span></summary>'
    assert valid_html.FOLD.sub(valid_html.plain_summary, cell) == plain
